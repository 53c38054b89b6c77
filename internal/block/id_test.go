package block_test

import (
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// TestIDRoundTrip: a CID in our spelling and an ID are the same thing, and the
// two kinds of blocks are kept apart.
func TestIDRoundTrip(t *testing.T) {
	id := block.Sum([]byte("hello"))
	if s := id.ChangeCID().String(); s != "bafyreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq" {
		t.Error(s)
	}
	if s := id.ContentCID().String(); s != "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq" {
		t.Error(s)
	}
	if got, err := block.ChangeID(id.ChangeCID()); got != id || err != nil {
		t.Error(got, err)
	}
	if got, err := block.ContentID(id.ContentCID()); got != id || err != nil {
		t.Error(got, err)
	}
	if _, err := block.ChangeID(id.ContentCID()); kindOf(t, err) != block.ErrMalformed {
		t.Error(err)
	}
	if _, err := block.ContentID(id.ChangeCID()); kindOf(t, err) != block.ErrMalformed {
		t.Error(err)
	}
	if _, err := block.ChangeID(cid.Undef); kindOf(t, err) != block.ErrMalformed {
		t.Error(err)
	}
	if id.IsZero() || !(block.ID{}).IsZero() {
		t.Error("IsZero")
	}
	if block.Compare(block.ID{1}, block.ID{2}) != -1 || block.Compare(id, id) != 0 {
		t.Error("Compare")
	}
}

// TestIDOtherHashes: every other hash function and length of digest that
// go-cid can spell is refused, identity and truncated digests among them.
func TestIDOtherHashes(t *testing.T) {
	tried := 0
	for code := range multihash.Codes {
		for n := range 65 {
			mh, err := multihash.Encode(make([]byte, n), code)
			if err != nil {
				continue
			}
			for _, codec := range []uint64{0, 1, cid.Raw, cid.DagProtobuf, cid.DagCBOR, cid.Libp2pKey, cid.DagJSON, 0xf1, 1 << 40} {
				c := cid.NewCidV1(codec, mh)
				ours := code == multihash.SHA2_256 && n == 32
				_, err := block.ChangeID(c)
				if (err == nil) != (ours && codec == cid.DagCBOR) || err != nil && kindOf(t, err) != block.ErrMalformed {
					t.Fatalf("codec %x, hash %x of %d: %v", codec, code, n, err)
				}
				_, err = block.ContentID(c)
				if (err == nil) != (ours && codec == cid.Raw) || err != nil && kindOf(t, err) != block.ErrMalformed {
					t.Fatalf("codec %x, hash %x of %d: %v", codec, code, n, err)
				}
				tried++
			}
		}
	}
	if tried < 10_000 {
		t.Errorf("%d CIDs tried", tried)
	}
	mh, err := multihash.Sum([]byte("x"), multihash.SHA2_256, -1)
	check(err)
	if _, err := block.ChangeID(cid.NewCidV0(mh)); kindOf(t, err) != block.ErrMalformed {
		t.Errorf("CIDv0: %v", err)
	}
}

// TestCheckHash: each digest bit counts.
func TestCheckHash(t *testing.T) {
	b := []byte("words")
	id := block.Sum(b)
	if err := block.CheckHash(id, b); err != nil {
		t.Fatal(err)
	}
	for i := range 256 {
		other := id
		other[i/8] ^= 1 << (i % 8)
		if err := block.CheckHash(other, b); kindOf(t, err) != block.ErrHash {
			t.Fatalf("bit %d: %v", i, err)
		}
	}
	if err := block.CheckHash(id, slices.Concat(b, b)); kindOf(t, err) != block.ErrHash {
		t.Error(err)
	}
}
