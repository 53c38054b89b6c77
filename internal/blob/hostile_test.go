package blob

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// readAll opens and reads a blob, and tells where it stopped.
func readAll(g geometry, s shelf, id cid.Cid) ([]byte, error) {
	r, err := g.open(id, s.get)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// TestEveryBit: whatever bit of whatever block is flipped, whatever is left off or
// added, a read gives only bytes of the blob, from its beginning, and then an *Error
// that names the block.
func TestEveryBit(t *testing.T) {
	all := pattern(40)
	s, id := written(t, tiny, all)
	try := func(at cid.Cid, damaged []byte) {
		t.Helper()
		was := s[at]
		s[at] = damaged
		defer func() { s[at] = was }()
		got, err := readAll(tiny, s, id)
		var e *Error
		if !errors.As(err, &e) || e.Block != at || e.Blob != id || !errors.Is(err, block.ErrHash) {
			t.Fatalf("%s damaged: %v", at, err)
		}
		if !bytes.HasPrefix(all, got) {
			t.Fatalf("%s damaged: %x was handed out", at, got)
		}
	}
	for at, b := range s {
		for bit := range 8 * len(b) {
			d := bytes.Clone(b)
			d[bit/8] ^= 1 << (bit % 8)
			try(at, d)
		}
		for n := range b {
			try(at, b[:n])
		}
		try(at, append(bytes.Clone(b), 0))
		try(at, append(bytes.Clone(b), b...))
		for other := range s {
			if other != at {
				try(at, s[other])
			}
		}
	}
}

// TestNodes: of the bytes of a node, every bit, every prefix and every way to spell it
// otherwise is refused, or is another node that is spelled as one; what decode takes
// encode gives back.
func TestNodes(t *testing.T) {
	var nodes [][]byte
	for _, n := range []int{0, 3, 12, 13, 40, 108} {
		s, _ := written(t, tiny, pattern(n))
		for id, b := range s {
			if id.Prefix().Codec == cid.DagCBOR {
				nodes = append(nodes, b)
			}
		}
	}
	try := func(b []byte) bool {
		t.Helper()
		n, err := tiny.decode(b, 0, -1)
		if err != nil {
			if !errors.Is(err, block.ErrMalformed) && !errors.Is(err, block.ErrLimit) {
				t.Fatalf("%x: %v", b, err)
			}
			return false
		}
		if again := respell(&n); !bytes.Equal(again, b) {
			t.Fatalf("%x is taken for %x", b, again)
		}
		return true
	}
	for _, b := range nodes {
		for bit := range 8 * len(b) {
			d := bytes.Clone(b)
			d[bit/8] ^= 1 << (bit % 8)
			try(d) // in a size or a digest it is another node
		}
		for n := range b {
			if try(b[:n]) {
				t.Errorf("a prefix %x is taken", b[:n])
			}
		}
		for _, more := range [][]byte{{0}, {0xf6}, b} {
			if try(append(bytes.Clone(b), more...)) {
				t.Errorf("more bytes are taken")
			}
		}
	}
	for name, bad := range map[string][]byte{
		"empty":            {},
		"a change":         []byte("\xac\x61v\x01"),
		"another version":  []byte("\xa3\x64blob\x02\x64size\x00\x65links\x80"),
		"keys in disorder": []byte("\xa3\x64size\x00\x64blob\x01\x65links\x80"),
		"one key more":     []byte("\xa4\x64blob\x01\x64size\x00\x65links\x80\x66height\x01"),
		"no links":         []byte("\xa2\x64blob\x01\x64size\x00"),
		"a long size":      []byte("\xa3\x64blob\x01\x64size\x18\x00\x65links\x80"),
		"a longer size":    []byte("\xa3\x64blob\x01\x64size\x1b\x00\x00\x00\x00\x00\x00\x00\x00\x65links\x80"),
		"a float":          []byte("\xa3\x64blob\x01\x64size\xfb\x00\x00\x00\x00\x00\x00\x00\x00\x65links\x80"),
		"a negative size":  []byte("\xa3\x64blob\x01\x64size\x20\x65links\x80"),
		"a cut size":       []byte("\xa3\x64blob\x01\x64size\x1b\x00"),
		"links without":    []byte("\xa3\x64blob\x01\x64size\x01\x65links\x80"),
		"a long array":     []byte("\xa3\x64blob\x01\x64size\x00\x65links\x98\x00"),
		"no end":           []byte("\xa3\x64blob\x01\x64size\x00\x65links\x9f\xff"),
		"null":             []byte("\xa3\x64blob\x01\x64size\x00\x65links\xf6"),
	} {
		if _, err := tiny.decode(bad, 0, -1); !errors.Is(err, block.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, size := range []uint64{109, 1 << 32, 1 << 63, 1<<64 - 1} {
		b := append(appendHead([]byte(nodeHead), 0, size), "\x65links\x80"...)
		if _, err := tiny.decode(b, 0, -1); !errors.Is(err, block.ErrLimit) {
			t.Errorf("size %d: %v", size, err)
		}
	}
}

// respell encodes a node that was decoded.
func respell(n *node) []byte {
	var below []block.ID
	for at := 0; at < len(n.links); at += linkSize {
		below = append(below, block.ID(n.links[at+linkSize-len(block.ID{}):]))
	}
	return encode(n.size, n.height, below)
}

// forge puts a block into a shelf and gives its digest.
func forge(s shelf, height int, b []byte) block.ID {
	id := block.Sum(b)
	s[nameOf(height, id)] = b
	return id
}

// TestLiars: trees that hash and do not keep the form: chunks that are too short, too
// long, empty, or missing, nodes of other sizes, other heights, of the same node
// inside. Nothing of a wrong block is handed out.
func TestLiars(t *testing.T) {
	c := func(s shelf, b string) block.ID { return forge(s, 0, []byte(b)) }
	n := func(s shelf, height int, size int64, below ...block.ID) block.ID {
		return forge(s, height, encode(size, height, below))
	}
	for _, l := range []struct {
		name string
		make func(s shelf) block.ID
		good string // what may be read before
		want error
	}{
		{"a short chunk", func(s shelf) block.ID { return n(s, 1, 7, c(s, "abcd"), c(s, "ef")) }, "abcd", block.ErrInvalid},
		{"a short chunk in the middle", func(s shelf) block.ID { return n(s, 1, 11, c(s, "abcd"), c(s, "efg"), c(s, "hij")) }, "abcd", block.ErrInvalid},
		{"a long chunk", func(s shelf) block.ID { return n(s, 1, 6, c(s, "abcd"), c(s, "efg")) }, "abcd", block.ErrInvalid},
		{"a chunk above the size", func(s shelf) block.ID { return n(s, 1, 5, c(s, "abcde"), c(s, "f")) }, "", block.ErrInvalid},
		{"an empty chunk", func(s shelf) block.ID { return n(s, 1, 3, c(s, "")) }, "", block.ErrInvalid},
		{"a missing chunk", func(s shelf) block.ID { return n(s, 1, 8, c(s, "abcd"), block.Sum([]byte("ef"))) }, "abcd", errAbsent},
		{"a node of another size", func(s shelf) block.ID {
			return n(s, 2, 15, n(s, 1, 12, c(s, "abcd"), c(s, "efgh"), c(s, "ijkl")), n(s, 1, 4, c(s, "mnop")))
		}, "abcdefghijkl", block.ErrInvalid},
		{"a node that is not full", func(s shelf) block.ID {
			return n(s, 2, 14, n(s, 1, 8, c(s, "abcd"), c(s, "efgh")), n(s, 1, 6, c(s, "ijkl"), c(s, "mn")))
		}, "", block.ErrInvalid},
		{"a node of another height", func(s shelf) block.ID {
			return n(s, 2, 13, n(s, 2, 12, n(s, 1, 12, c(s, "abcd"), c(s, "efgh"), c(s, "ijkl"))), n(s, 1, 1, c(s, "m")))
		}, "", block.ErrMalformed},
		{"a chunk for a node", func(s shelf) block.ID {
			return n(s, 2, 13, forge(s, 1, []byte("abcd")), n(s, 1, 1, c(s, "m")))
		}, "", block.ErrMalformed},
		{"a root that is higher than it need be", func(s shelf) block.ID {
			return n(s, 2, 4, n(s, 1, 4, c(s, "abcd")))
		}, "", block.ErrMalformed},
		{"a root that is none", func(s shelf) block.ID { return forge(s, 1, []byte("{}")) }, "", block.ErrMalformed},
		{"a root over the limit", func(s shelf) block.ID { return n(s, 3, 109) }, "", block.ErrLimit},
	} {
		s := shelf{}
		id := l.make(s).ChangeCID()
		got, err := readAll(tiny, s, id)
		if !errors.Is(err, l.want) || string(got) != l.good {
			t.Errorf("%s: %q, %v", l.name, got, err)
		}
		if e := (*Error)(nil); l.want != errAbsent && (!errors.As(err, &e) || e.Blob != id) {
			t.Errorf("%s: %v does not name a block", l.name, err)
		}
	}
	s, _ := written(t, tiny, []byte("abc"))
	for _, id := range []cid.Cid{cid.Undef, block.Sum([]byte("abc")).ContentCID(), cid.NewCidV0(block.Sum(nil).ChangeCID().Hash())} {
		if _, err := tiny.open(id, s.get); !errors.Is(err, block.ErrMalformed) {
			t.Errorf("%v as the name of a blob: %v", id, err)
		}
	}
}

// TestRandomNodes: nodes of random parts are taken exactly if encode would give them.
func TestRandomNodes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	taken := 0
	for range 20000 {
		height := 1 + rng.IntN(3)
		size := rng.Int64N(tiny.span(tiny.high) + 10)
		below := make([]block.ID, rng.IntN(5))
		for i := range below {
			binary.BigEndian.PutUint64(below[i][:], rng.Uint64())
		}
		b := encode(size, height, below)
		fits := size <= tiny.span(tiny.high) && height == tiny.height(size) && int64(len(below)) == tiny.count(size, height)
		_, err := tiny.decode(b, 0, -1)
		// What is below height 1 differs from what is below the others, and nothing
		// tells those from each other; without links nothing tells heights apart.
		fits = fits || size <= tiny.span(tiny.high) && (height > 1) == (tiny.height(size) > 1) && int64(len(below)) == tiny.count(size, tiny.height(size))
		fits = fits || size == 0 && len(below) == 0
		if (err == nil) != fits {
			t.Fatalf("size %d, height %d, %d links: %v", size, height, len(below), err)
		}
		if err == nil {
			taken++
		}
	}
	if taken < 100 {
		t.Errorf("only %d were good", taken)
	}
}
