package blob

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"github.com/fxamacker/cbor/v2"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"

	"github.com/commonhold/commonhold/internal/block"
)

// tiny is a geometry in which a blob of 108 bytes has the highest tree.
var tiny = geometry{chunk: 4, fan: 3, high: 3}

// shelf is a place for blocks.
type shelf map[cid.Cid][]byte

var errAbsent = errors.New("no such block")

func (s shelf) put(id cid.Cid, b []byte) error { s[id] = b; return nil }

func (s shelf) get(_ Place, id cid.Cid) ([]byte, error) {
	b, ok := s[id]
	if !ok {
		return nil, fmt.Errorf("%s: %w", id, errAbsent)
	}
	return b, nil
}

// twin makes the blocks of a blob from the words of the format: all chunks, then row
// by row, until one block is left; the root is at least of height 1.
type twin struct {
	geometry
	blocks shelf
}

// twinNode is a node as the CBOR library spells it.
type twinNode struct {
	Version int        `cbor:"blob"`
	Size    int        `cbor:"size"`
	Links   []cbor.Tag `cbor:"links"`
}

// spell encodes a value as DAG-CBOR does.
func spell(t testing.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.EncOptions{Sort: cbor.SortLengthFirst, NilContainers: cbor.NilContainerAsEmpty}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// named names a block, and keeps it.
func (w *twin) named(t testing.TB, codec uint64, b []byte) cid.Cid {
	t.Helper()
	sum, err := multihash.Sum(b, multihash.SHA2_256, -1)
	if err != nil {
		t.Fatal(err)
	}
	id := cid.NewCidV1(codec, sum)
	w.blocks[id] = b
	return id
}

// part is a block and the bytes below it.
type part struct {
	id   cid.Cid
	size int
}

// make gives the name of the root.
func (w *twin) make(t testing.TB, all []byte) cid.Cid {
	t.Helper()
	var row []part
	for len(all) > 0 {
		n := min(len(all), int(w.chunk))
		row = append(row, part{w.named(t, cid.Raw, all[:n]), n})
		all = all[n:]
	}
	for height := 1; ; height++ {
		var above []part
		for first := true; first || len(row) > 0; first = false {
			n := min(len(row), int(w.fan))
			node := twinNode{Version: 1}
			for _, p := range row[:n] {
				node.Size += p.size
				node.Links = append(node.Links, cbor.Tag{Number: 42, Content: append([]byte{0}, p.id.Bytes()...)})
			}
			above = append(above, part{w.named(t, cid.DagCBOR, spell(t, node)), node.Size})
			row = row[n:]
		}
		if len(above) == 1 {
			return above[0].id
		}
		row = above
	}
}

// pattern is bytes of which no two chunks are the same.
func pattern(n int) []byte {
	b := make([]byte, 0, n+8)
	for i := uint32(0); len(b) < n; i++ {
		b = append(b, byte(i>>16), byte(i>>8), byte(i), 0x5a)
	}
	return b[:n]
}

// TestTwin: blobs of every size, in a small geometry, and of sizes around its edges in
// the standard one, have exactly the blocks that the format says, each put once, those
// below a node before it; and read back as they were.
func TestTwin(t *testing.T) {
	check := func(g geometry, all []byte) {
		t.Helper()
		w := twin{g, shelf{}}
		want := w.make(t, all)
		got := shelf{}
		id, size, err := g.write(bytes.NewReader(all), func(id cid.Cid, b []byte) error {
			if id.Prefix().Codec == cid.DagCBOR {
				n, err := cborLinks(b)
				if err != nil {
					return err
				}
				for _, below := range n {
					if got[below] == nil {
						t.Fatalf("%d bytes: a node was put before what is below it", len(all))
					}
				}
			}
			return got.put(id, b)
		})
		if err != nil || id != want || size != int64(len(all)) {
			t.Fatalf("%d bytes: %s of %d, %v, want %s", len(all), id, size, err, want)
		}
		if len(got) != len(w.blocks) {
			t.Fatalf("%d bytes: %d blocks, want %d", len(all), len(got), len(w.blocks))
		}
		for id, b := range w.blocks {
			if !bytes.Equal(got[id], b) {
				t.Fatalf("%d bytes: block %s is %x, want %x", len(all), id, got[id], b)
			}
		}
		reads(t, g, got, id, all)
	}
	for n := range int(tiny.span(tiny.high)) + 1 {
		check(tiny, pattern(n))
	}
	check(tiny, make([]byte, tiny.span(tiny.high))) // all chunks are one block
	for _, n := range []int{0, 1, ChunkSize - 1, ChunkSize, ChunkSize + 1, 3*ChunkSize + 7} {
		check(standard, pattern(n))
	}
}

// cborLinks are the links of a node, as the CBOR library reads them.
func cborLinks(b []byte) (ids []cid.Cid, err error) {
	var n twinNode
	if err := cbor.Unmarshal(b, &n); err != nil {
		return nil, err
	}
	for _, tag := range n.Links {
		id, err := cid.Cast(tag.Content.([]byte)[1:])
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// TestLimits: what the documents say of the form is so.
func TestLimits(t *testing.T) {
	if standard.span(MaxHeight) != MaxSize || ChunkSize != 262144 || Fan != 256 {
		t.Error("the limits of a blob have changed")
	}
	full := encode(MaxSize, 1, make([]block.ID, Fan))
	if len(full) > MaxNode || len(full) < MaxNode-16 {
		t.Errorf("a full node has %d bytes, the most is said to be %d", len(full), MaxNode)
	}
	for h := 1; h <= MaxHeight; h++ {
		if got := standard.height(standard.span(h)); got != h {
			t.Errorf("a blob that fills height %d has height %d", h, got)
		}
		if got := standard.height(standard.span(h) + 1); got != h+1 {
			t.Errorf("a blob of one byte more than height %d has height %d", h, got)
		}
	}
	if standard.height(0) != 1 {
		t.Error("a blob of nothing has no root")
	}
}
