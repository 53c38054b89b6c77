package blob

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// FuzzNode: bytes are a node in one spelling or refused, and nothing that they say is
// allocated for.
func FuzzNode(f *testing.F) {
	for _, n := range []int{0, 3, 12, 40, 108} {
		s, _ := written(f, tiny, pattern(n))
		for id, b := range s {
			if id.Prefix().Codec == cid.DagCBOR {
				f.Add(b, 0, int64(-1))
				f.Add(b, 1, int64(n))
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, height int, size int64) {
		height = max(0, min(height, MaxHeight))
		for _, g := range []geometry{tiny, standard} {
			n, err := g.decode(b, height, size)
			switch {
			case err != nil:
				if !errors.Is(err, block.ErrMalformed) && !errors.Is(err, block.ErrLimit) && !errors.Is(err, block.ErrInvalid) {
					t.Fatalf("an error of no kind: %v", err)
				}
			case !bytes.Equal(respell(&n), b):
				t.Fatalf("%x is taken for %x", b, respell(&n))
			case height == 0 && n.height != g.height(n.size), height > 0 && (n.size != size || n.height != height):
				t.Fatalf("a node of height %d and size %d at height %d, size %d", n.height, n.size, height, size)
			case int64(len(n.links)/linkSize) != g.count(n.size, n.height):
				t.Fatalf("%d bytes of links", len(n.links))
			}
		}
	})
}

// FuzzBlob: whatever a shelf holds, a read of a blob gives a beginning of the bytes
// that have its name, and never panics.
func FuzzBlob(f *testing.F) {
	all := pattern(40)
	f.Add(uint16(0), uint16(3), byte(1))
	f.Add(uint16(2), uint16(9), byte(0x80))
	f.Fuzz(func(t *testing.T, which, at uint16, flip byte) {
		s, id := written(t, tiny, all)
		r, err := tiny.open(id, s.get)
		if err != nil {
			t.Fatal(err)
		}
		n := uint16(0)
		err = r.Walk(func(_ Place, id cid.Cid) (bool, error) {
			if n++; n-1 == which%uint16(len(s)) && flip != 0 {
				b := bytes.Clone(s[id])
				b[int(at)%len(b)] ^= flip
				s[id] = b
			}
			return true, nil
		})
		if e := (*Error)(nil); err != nil && !errors.As(err, &e) {
			t.Fatal(err)
		}
		got, err := readAll(tiny, s, id)
		if (err == nil) != (flip == 0) || !bytes.HasPrefix(all, got) {
			t.Fatalf("%x, %v", got, err)
		}
	})
}
