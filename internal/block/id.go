package block

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// ID is the sha2-256 digest of a block; the zero ID means none. It does not
// say whether the block is a change or content: the place where it stands does.
type ID [sha256.Size]byte

// The bytes of a CIDv1 before its digest: version 1, codec dag-cbor (0x71) or
// raw (0x55), hash sha2-256 (0x12) of 32 (0x20) bytes.
const (
	changePrefix  = "\x01\x71\x12\x20"
	contentPrefix = "\x01\x55\x12\x20"
	// cidSize is the length of the only CIDs that this format spells, in bytes.
	cidSize = len(changePrefix) + sha256.Size
)

// Sum returns the ID that the bytes b have as a block.
func Sum(b []byte) ID { return sha256.Sum256(b) }

// CheckHash returns nil if b are the bytes that id names, else ErrHash.
func CheckHash(id ID, b []byte) error {
	if Sum(b) != id {
		return fmt.Errorf("block: %d bytes are not %s: %w", len(b), id.ChangeCID(), ErrHash)
	}
	return nil
}

// ChangeCID returns the CID of the change block with this ID. ChangeID is its
// inverse.
func (id ID) ChangeCID() cid.Cid { return id.cid(cid.DagCBOR) }

// ContentCID returns the CID of the content block with this ID. ContentID is
// its inverse.
func (id ID) ContentCID() cid.Cid { return id.cid(cid.Raw) }

// cid returns the CID of the block with this ID under the given codec.
func (id ID) cid(codec uint64) cid.Cid {
	var mh [2 + sha256.Size]byte
	mh[0], mh[1] = multihash.SHA2_256, sha256.Size
	copy(mh[2:], id[:])
	return cid.NewCidV1(codec, mh[:])
}

// ChangeID returns the ID in the CID of a change block. It accepts one
// spelling, CIDv1 dag-cbor sha2-256 of 32 bytes; anything else is
// ErrMalformed, the undefined CID too.
func ChangeID(c cid.Cid) (ID, error) { return idOf(c, changePrefix) }

// ContentID returns the ID in the CID of a content block. It accepts one
// spelling, CIDv1 raw sha2-256 of 32 bytes; anything else is ErrMalformed.
func ContentID(c cid.Cid) (ID, error) { return idOf(c, contentPrefix) }

// idOf returns the digest of a CID that has exactly the given prefix.
func idOf(c cid.Cid, prefix string) (id ID, err error) {
	s := c.KeyString()
	if len(s) != cidSize || s[:len(prefix)] != prefix {
		return ID{}, fmt.Errorf("block: CID of %d bytes, starting % x, is not % x and a digest: %w",
			len(s), s[:min(len(s), len(prefix))], prefix, ErrMalformed)
	}
	copy(id[:], s[len(prefix):])
	return id, nil
}

// Compare orders IDs by their bytes, as their CIDs are ordered: -1, 0 or 1.
func Compare(a, b ID) int { return bytes.Compare(a[:], b[:]) }

// IsZero tells whether this is the zero ID, which names no block.
func (id ID) IsZero() bool { return id == ID{} }
