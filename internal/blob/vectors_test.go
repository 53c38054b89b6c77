package blob

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// vectors is what testdata/vectors.json says: blobs with all their blocks, and blocks
// with one fault.
type vectors struct {
	Good []struct {
		Name   string
		Repeat string // hex, over and over
		Size   int64
		Height int
		Root   string
		Nodes  map[string]string // all of them, in hex
		Chunks []string          // those that differ, in the order they come
	}
	Bad []struct {
		Name   string
		Root   string
		Blocks map[string]string
		Error  string
	}
}

// readVectors reads the file.
func readVectors(t *testing.T) (v vectors) {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	return v
}

// repeated gives a word over and over, so many bytes of it.
type repeated struct {
	word []byte
	at   int
	left int64
}

func (r *repeated) Read(b []byte) (n int, err error) {
	if r.left == 0 {
		return 0, io.EOF
	}
	b = b[:min(int64(len(b)), r.left)]
	for n = 0; n < len(b); n++ {
		b[n] = r.word[(r.at+n)%len(r.word)]
	}
	r.at, r.left = (r.at+n)%len(r.word), r.left-int64(n)
	return n, nil
}

// unhex reads hex.
func unhex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestVectors: the blobs of the vectors have exactly the blocks that these say, and
// read back, up to a megabyte of them; those with a fault are refused with the kind of error that these say.
func TestVectors(t *testing.T) {
	v := readVectors(t)
	if len(v.Good) < 6 || len(v.Bad) < 16 {
		t.Fatalf("%d good and %d bad vectors", len(v.Good), len(v.Bad))
	}
	for _, g := range v.Good {
		s, nodes, chunks := shelf{}, map[string]string{}, []string{}
		put := func(id cid.Cid, b []byte) error {
			if s[id] == nil && id.Prefix().Codec == cid.Raw {
				chunks = append(chunks, id.String())
			} else if id.Prefix().Codec == cid.DagCBOR {
				nodes[id.String()] = hex.EncodeToString(b)
			}
			return s.put(id, b)
		}
		word := unhex(t, g.Repeat)
		id, size, err := Write(&repeated{word, 0, g.Size}, put)
		if err != nil || id.String() != g.Root || size != g.Size {
			t.Errorf("%s: %s of %d bytes, %v", g.Name, id, size, err)
			continue
		}
		if strings.Join(chunks, " ") != strings.Join(g.Chunks, " ") {
			t.Errorf("%s: chunks %v", g.Name, chunks)
		}
		for name, b := range g.Nodes {
			if nodes[name] != b {
				t.Errorf("%s: node %s is %s", g.Name, name, nodes[name])
			}
		}
		if len(nodes) != len(g.Nodes) {
			t.Errorf("%s: %d nodes, not %d", g.Name, len(nodes), len(g.Nodes))
		}
		r, err := Open(id, s.get)
		if err != nil || r.Size() != g.Size || r.Height() != g.Height {
			t.Errorf("%s: %v", g.Name, err)
			continue
		}
		from := max(0, g.Size-4*ChunkSize-5) // of the large ones the end
		if _, err := r.Seek(from, io.SeekStart); err != nil {
			t.Error(err)
		}
		want := repeated{word, int(from % int64(len(word))), g.Size - from}
		if n, err := io.Copy(&compare{t, g.Name, &want}, r); n != g.Size-from || err != nil {
			t.Errorf("%s: read %d bytes, %v", g.Name, n, err)
		}
	}
	kinds := map[string]error{"malformed": block.ErrMalformed, "hash": block.ErrHash, "invalid": block.ErrInvalid, "limit": block.ErrLimit}
	for _, b := range v.Bad {
		s := shelf{}
		for name, bytes := range b.Blocks {
			id, err := cid.Decode(name)
			if err != nil {
				t.Fatal(err)
			}
			s[id] = unhex(t, bytes)
		}
		id, err := cid.Decode(b.Root)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := readAll(standard, s, id); kinds[b.Error] == nil || !errors.Is(err, kinds[b.Error]) {
			t.Errorf("%s: %v, want %s", b.Name, err, b.Error)
		}
	}
}

// compare is where bytes go that must be those of another stream.
type compare struct {
	t    *testing.T
	name string
	want io.Reader
}

func (c *compare) Write(b []byte) (int, error) {
	want := make([]byte, len(b))
	if _, err := io.ReadFull(c.want, want); err != nil || !bytes.Equal(want, b) {
		c.t.Errorf("%s: other bytes, %v", c.name, err)
	}
	return len(b), nil
}

// TestFormatText: the node that crdt/FORMAT.md spells is the one that the vectors
// have, and the limits that it states are these.
func TestFormatText(t *testing.T) {
	b, err := os.ReadFile("../../crdt/FORMAT.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	_, rest, ok := strings.Cut(text, "```blob node\n")
	spelled, _, end := strings.Cut(rest, "```")
	if !ok || !end {
		t.Fatal("FORMAT.md spells no node")
	}
	var node []byte
	for line := range strings.Lines(spelled) {
		line, _, _ = strings.Cut(line, ";")
		node = append(node, unhex(t, strings.Join(strings.Fields(line), ""))...)
	}
	s := shelf{}
	id, _, err := Write(strings.NewReader("Hello, world!"), s.put)
	if err != nil || !bytes.Equal(s[id], node) {
		t.Errorf("FORMAT.md spells %x, it is %x", node, s[id])
	}
	for _, want := range []string{
		id.String(), block.Sum([]byte("Hello, world!")).ContentCID().String(),
		"| chunk, bytes | 262,144 |", "| links of a node | 256 |", "| height of the root | 3 |", "| blob, bytes | 4,398,046,511,104 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("FORMAT.md does not say %q", want)
		}
	}
}
