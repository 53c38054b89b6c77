package blob

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// reads fails unless a blob reads as it should: whole, in pieces, from any place.
func reads(t testing.TB, g geometry, s shelf, id cid.Cid, want []byte) {
	t.Helper()
	r, err := g.open(id, s.get)
	if err != nil {
		t.Fatal(err)
	}
	if r.Size() != int64(len(want)) || r.ID() != id {
		t.Fatalf("size %d of %d", r.Size(), len(want))
	}
	if err := iotest.TestReader(struct{ io.ReadSeeker }{r}, want); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if n, err := r.WriteTo(&out); n != int64(len(want)) || err != nil || !bytes.Equal(out.Bytes(), want) {
		t.Fatalf("WriteTo: %d bytes, %v", n, err)
	}
}

// written writes a blob in a geometry.
func written(t testing.TB, g geometry, all []byte) (shelf, cid.Cid) {
	t.Helper()
	s := shelf{}
	id, _, err := g.write(bytes.NewReader(all), s.put)
	if err != nil {
		t.Fatal(err)
	}
	return s, id
}

// counted counts the blocks that are asked for.
type counted struct {
	shelf
	n int
}

func (c *counted) get(p Place, id cid.Cid) ([]byte, error) { c.n++; return c.shelf.get(p, id) }

// TestSeek: a read at any place asks for the nodes of one way down and for one chunk,
// at most; a place behind the end gives io.EOF, one before the beginning is refused and
// leaves the place as it was.
func TestSeek(t *testing.T) {
	all := pattern(101)
	s, id := written(t, tiny, all)
	c := &counted{shelf: s}
	r, err := tiny.open(id, c.get)
	if err != nil {
		t.Fatal(err)
	}
	if c.n != 1 {
		t.Fatalf("opening asks for %d blocks", c.n)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var one [1]byte
	for range 2000 {
		at := rng.Int64N(int64(len(all)))
		if _, err := r.Seek(at, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		c.n = 0
		if _, err := io.ReadFull(r, one[:]); err != nil || one[0] != all[at] {
			t.Fatalf("byte %d is %x, %v, not %x", at, one[0], err, all[at])
		}
		if c.n > r.Height() {
			t.Fatalf("a read asks for %d blocks, the tree has height %d", c.n, r.Height())
		}
	}
	for _, bad := range []struct {
		offset int64
		whence int
	}{{-1, io.SeekStart}, {-102, io.SeekEnd}, {1 << 62, io.SeekCurrent}, {0, 3}} {
		if bad.offset == 1<<62 {
			if _, err := r.Seek(1<<62, io.SeekStart); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := r.Seek(0, io.SeekCurrent)
		if at, err := r.Seek(bad.offset, bad.whence); err == nil {
			t.Errorf("seeking %d from %d gives %d", bad.offset, bad.whence, at)
		}
		if at, _ := r.Seek(0, io.SeekCurrent); at != before {
			t.Errorf("a seek that was refused moved from %d to %d", before, at)
		}
	}
	if _, err := r.Seek(5, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if n, err := r.Read(one[:]); n != 0 || err != io.EOF {
		t.Errorf("behind the end: %d, %v", n, err)
	}
	if n, err := r.Read(nil); n != 0 || err != nil {
		t.Errorf("a read of nothing: %d, %v", n, err)
	}
}

// TestAgain: a read that failed can be tried again, and goes on where it was.
func TestAgain(t *testing.T) {
	all := pattern(60)
	s, id := written(t, tiny, all)
	fail, sick := 0, errors.New("the line is down")
	r, err := tiny.open(id, func(p Place, id cid.Cid) ([]byte, error) {
		if fail++; fail%2 == 0 {
			return nil, sick
		}
		return s.get(p, id)
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []byte
	var b [3]byte
	for {
		n, err := r.Read(b[:])
		got = append(got, b[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, sick) {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(got, all) {
		t.Errorf("got %x", got)
	}
}

// TestPlaces: each block is found by its place, and no other place has one; Walk gives
// all of them, with their places, nodes first, and goes no deeper than it is told.
func TestPlaces(t *testing.T) {
	for _, n := range []int{0, 4, 13, 37, 100} {
		s, id := written(t, tiny, pattern(n))
		r, err := tiny.open(id, s.get)
		if err != nil {
			t.Fatal(err)
		}
		seen := map[cid.Cid]Place{}
		err = r.Walk(func(p Place, id cid.Cid) (bool, error) {
			if seen[id] = p; (id.Prefix().Codec == cid.Raw) != (p.Height == 0) {
				t.Errorf("%s stands at %v", id, p)
			}
			got, b, err := r.Block(p)
			if err != nil || got != id || !bytes.Equal(b, s[id]) {
				t.Errorf("%v: %s, %v", p, got, err)
			}
			return true, nil
		})
		if err != nil || len(seen) != len(s) {
			t.Fatalf("%d blocks of %d, %v", len(seen), len(s), err)
		}
		if got, b, err := r.Block(Root); err != nil || got != id || !bytes.Equal(b, s[id]) {
			t.Errorf("the root: %s, %v", got, err)
		}
		for _, p := range []Place{{-2, 0}, {-1, 1}, {0, -1}, {0, int64(n+3) / 4}, {r.Height(), 1}, {r.Height() + 1, 0}, {1 << 30, 1 << 62}} {
			if _, _, err := r.Block(p); !errors.Is(err, ErrPlace) {
				t.Errorf("%d bytes: at %v: %v", n, p, err)
			}
		}
		top, stop := 0, errors.New("stop")
		if err := r.Walk(func(Place, cid.Cid) (bool, error) { top++; return false, nil }); err != nil || top != 1 {
			t.Errorf("%d blocks, %v", top, err)
		}
		if err := r.Walk(func(Place, cid.Cid) (bool, error) { return true, stop }); err != stop {
			t.Errorf("walking on: %v", err)
		}
	}
}

// TestWriteFails: an error of the stream, of the place for the blocks, or of the limit
// is returned as it is; also the one of a download that broke off.
func TestWriteFails(t *testing.T) {
	all := pattern(50)
	sick := errors.New("sick")
	for _, err := range []error{sick, io.ErrUnexpectedEOF} {
		for n := range len(all) {
			r := io.MultiReader(bytes.NewReader(all[:n]), iotest.ErrReader(err))
			if _, _, got := tiny.write(r, shelf{}.put); got != err {
				t.Fatalf("after %d bytes: %v", n, got)
			}
		}
	}
	blocks := 0
	for n := 0; ; n++ {
		blocks = 0
		_, _, err := tiny.write(bytes.NewReader(all), func(cid.Cid, []byte) error {
			if blocks++; blocks > n {
				return sick
			}
			return nil
		})
		if err == nil {
			break
		}
		if err != sick {
			t.Fatal(err)
		}
	}
	if blocks != 13+5+2+1 {
		t.Errorf("%d blocks", blocks)
	}
	s := shelf{}
	if _, _, err := tiny.write(bytes.NewReader(pattern(109)), s.put); !errors.Is(err, block.ErrLimit) {
		t.Errorf("over the limit: %v", err)
	}
	if _, _, err := tiny.write(never{}, s.put); err != io.ErrNoProgress {
		t.Errorf("a stream that gives nothing: %v", err)
	}
	for _, r := range []io.Reader{iotest.OneByteReader(bytes.NewReader(all)), iotest.DataErrReader(bytes.NewReader(all)), iotest.HalfReader(bytes.NewReader(all))} {
		_, want := written(t, tiny, all)
		if id, n, err := tiny.write(r, s.put); id != want || n != int64(len(all)) || err != nil {
			t.Errorf("in other pieces: %s, %d, %v", id, n, err)
		}
	}
}

// never is a stream that gives nothing and does not end.
type never struct{}

func (never) Read([]byte) (int, error) { return 0, nil }
