// Package news spells what a node says about a work: which heads it holds. The comment
// of package libp2p draws the bytes.
//
// [Of] makes an [Announcement], [Read] takes apart what a stranger has sent.
package news

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// What an announcement is bounded by.
const (
	version     = 1
	lastVersion = 31 // that there will ever be
	digestLen   = 32
	fixed       = 1 + 8 + 4 + digestLen // bytes before the heads

	// Listed is how many heads are named.
	Listed = 16

	// MaxLen is the length of the longest.
	MaxLen = fixed + Listed*digestLen

	// maxHeads is how many heads an announcement may speak of: more chains than a
	// work ever has side by side.
	maxHeads = 1 << 24
)

var (
	// ErrForm says that bytes are no announcement about the work.
	ErrForm = errors.New("libp2p: no announcement")
	// ErrVersion says that they may be one of a later version.
	ErrVersion = errors.New("libp2p: announcement of a later version")
)

// Digest is the digest in the CID of a work or a change.
type Digest [digestLen]byte

// Announcement says which heads somebody holds: what they are, or if they are many
// the first of them and a hash of all.
type Announcement struct {
	Changes uint64 // how many it holds: of two announcements of one peer the greater is the later
	Total   uint32 // heads
	Sum     Digest
	Heads   []Digest // the first of them, ascending
}

// DigestOf is the digest in the CID of a work or a change.
func DigestOf(c cid.Cid) (d Digest, err error) {
	hash := c.Hash()
	if len(hash) != 2+digestLen {
		return d, fmt.Errorf("%w: %s names no change", ErrForm, c)
	}
	copy(d[:], hash[2:])
	return d, nil
}

// ChangeID is the CID of the change with a digest; it differs from that of the work in
// nothing else.
func ChangeID(work cid.Cid, d Digest) (cid.Cid, error) {
	b := work.Bytes()
	copy(b[len(b)-digestLen:], d[:])
	return cid.Cast(b)
}

// Topic is the name of the topic of a work.
func Topic(work Digest) string {
	sum := sha256.Sum256(append([]byte("commonhold/topic/v1\x00"), work[:]...))
	return "/commonhold/heads/1/" + hex.EncodeToString(sum[:])
}

// Of makes the announcement of a version of so many changes, neither of them zero.
func Of(work Digest, v crdt.Version, changes int) (Announcement, error) {
	var all []Digest
	for _, id := range v.IDs() {
		d, err := DigestOf(id)
		if err != nil {
			return Announcement{}, err
		}
		all = append(all, d)
	}
	return Announcement{uint64(changes), uint32(len(all)), sumOf(work, all), all[:min(len(all), Listed)]}, nil
}

// sumOf is the hash of all heads.
func sumOf(work Digest, heads []Digest) (sum Digest) {
	h := sha256.New()
	h.Write([]byte("commonhold/heads/v1\x00"))
	h.Write(work[:])
	for k := range heads {
		h.Write(heads[k][:])
	}
	h.Sum(sum[:0])
	return sum
}

// Encode spells an announcement, Read is its inverse.
func (a *Announcement) Encode() []byte {
	b := append(make([]byte, 0, MaxLen), version)
	b = binary.BigEndian.AppendUint64(b, a.Changes)
	b = binary.BigEndian.AppendUint32(b, a.Total)
	b = append(b, a.Sum[:]...)
	for k := range a.Heads {
		b = append(b, a.Heads[k][:]...)
	}
	return b
}

// Read takes a message about a work apart. ErrForm for one that Encode does not write;
// ErrVersion for one that a later version may.
func Read(work Digest, b []byte) (a Announcement, err error) {
	if len(b) > 0 && b[0] > version && b[0] <= lastVersion && len(b) <= MaxLen {
		return a, fmt.Errorf("%w: %d", ErrVersion, b[0])
	}
	if len(b) < fixed || len(b) > MaxLen || b[0] != version {
		return a, fmt.Errorf("%w: %d bytes", ErrForm, len(b))
	}
	a.Changes, a.Total = binary.BigEndian.Uint64(b[1:]), binary.BigEndian.Uint32(b[9:])
	copy(a.Sum[:], b[13:])
	b = b[fixed:]
	if a.Total == 0 || a.Total > maxHeads || a.Changes < uint64(a.Total) || len(b) != int(min(a.Total, Listed))*digestLen {
		return Announcement{}, fmt.Errorf("%w: %d heads in %d bytes", ErrForm, a.Total, len(b))
	}
	a.Heads = make([]Digest, len(b)/digestLen)
	for k := range a.Heads {
		copy(a.Heads[k][:], b[k*digestLen:])
		if k > 0 && bytes.Compare(a.Heads[k-1][:], a.Heads[k][:]) >= 0 {
			return Announcement{}, fmt.Errorf("%w: heads do not ascend", ErrForm)
		}
	}
	if a.Total <= Listed && a.Sum != sumOf(work, a.Heads) {
		return Announcement{}, fmt.Errorf("%w: the sum is another", ErrForm)
	}
	return a, nil
}
