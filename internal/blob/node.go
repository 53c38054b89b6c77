package blob

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// The limits of the form. They decide what a name means, so they may never differ
// between versions.
const (
	// ChunkSize is the bytes of every chunk but the last: what is fetched and hashed
	// before its first byte can be read, and what other IPFS tools cut files into.
	ChunkSize = 1 << 18
	// Fan is how many links a node has at most: a node has at most 11 KiB.
	Fan = 256
	// MaxHeight is the height of the highest root.
	MaxHeight = 3
	// MaxSize is the bytes of the largest blob, 4 TiB: what a root of MaxHeight has
	// room for.
	MaxSize int64 = 1 << 42
	// MaxNode is the bytes of the longest node.
	MaxNode = len(nodeHead) + 9 + len(linksKey) + 3 + Fan*linkSize
)

// The parts of a node that never differ; see the package comment.
const (
	nodeHead  = "\xa3\x64blob\x01\x64size"
	linksKey  = "\x65links"
	linkHead  = "\xd8\x2a\x58\x25\x00"
	chunkName = "\x01\x55\x12\x20" // what a chunk's CID begins with
	nodeName  = "\x01\x71\x12\x20" // and a node's
	linkSize  = len(linkHead) + len(chunkName) + len(block.ID{})
)

// geometry is the three numbers of the form. There is one; tests have smaller ones,
// in which a tree of every height is a few bytes.
type geometry struct {
	chunk int64
	fan   int64
	high  int
}

// standard is the geometry of every blob.
var standard = geometry{ChunkSize, Fan, MaxHeight}

// span is how many bytes there are in a full block of a height; 0 is a chunk's.
func (g geometry) span(height int) int64 {
	n := g.chunk
	for range height {
		n *= g.fan
	}
	return n
}

// height is that of the root of so many bytes.
func (g geometry) height(size int64) int {
	h := 1
	for size > g.span(h) {
		h++
	}
	return h
}

// node is a block of height 1 or more, taken apart.
type node struct {
	size   int64
	height int
	links  []byte // count times linkSize
}

// count is how many links a node of that size and height has.
func (g geometry) count(size int64, height int) int64 {
	below := g.span(height - 1)
	return (size + below - 1) / below
}

// nameHead is what the names of blocks of a height begin with.
func nameHead(height int) string {
	if height == 0 {
		return chunkName
	}
	return nodeName
}

// encode spells a node of the digests of what is below it; decode is its inverse.
func encode(size int64, height int, below []block.ID) []byte {
	b := make([]byte, 0, len(nodeHead)+9+len(linksKey)+3+len(below)*linkSize)
	b = append(b, nodeHead...)
	b = appendHead(b, 0, uint64(size))
	b = append(b, linksKey...)
	b = appendHead(b, 4, uint64(len(below)))
	for i := range below {
		b = append(b, linkHead...)
		b = append(b, nameHead(height-1)...)
		b = append(b, below[i][:]...)
	}
	return b
}

// appendHead spells the head of a CBOR item of a major type in its shortest form.
func appendHead(b []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(b, major|byte(n))
	case n < 1<<8:
		return append(b, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(b, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(b, major|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, major|27), n)
}

// decode takes a node apart that stands at a height, or, with height 0, as a root.
// size is what its place has room for, -1 for a root. The size is read leniently; then
// all that is before the digests is spelled again and compared, so there is one
// spelling. The links alias b.
func (g geometry) decode(b []byte, height int, size int64) (n node, err error) {
	rest, ok := bytes.CutPrefix(b, []byte(nodeHead))
	if !ok || len(rest) == 0 {
		return n, fmt.Errorf("blob: %d bytes do not begin as a node: %w", len(b), block.ErrMalformed)
	}
	says, ok := readUint(rest)
	if !ok {
		return n, fmt.Errorf("blob: the size of a node is no number: %w", block.ErrMalformed)
	}
	if says > uint64(g.span(g.high)) {
		return n, fmt.Errorf("blob: a node of %d bytes, the most is %d: %w", says, g.span(g.high), block.ErrLimit)
	}
	n.size, n.height = int64(says), height
	if height == 0 {
		n.height = g.height(n.size)
	}
	head := appendHead([]byte(nodeHead), 0, says)
	head = append(head, linksKey...)
	count := g.count(n.size, n.height)
	head = appendHead(head, 4, uint64(count))
	if links, ok := bytes.CutPrefix(b, head); ok && int64(len(links)) == count*int64(linkSize) {
		n.links = links
	} else {
		return node{}, fmt.Errorf("blob: a node of %d bytes, %d links and height %d is not spelled as one: %w", n.size, count, n.height, block.ErrMalformed)
	}
	prefix := []byte(linkHead + nameHead(n.height-1))
	for at := 0; at < len(n.links); at += linkSize {
		if !bytes.HasPrefix(n.links[at:], prefix) {
			return node{}, fmt.Errorf("blob: link %d is none to a block of height %d: %w", at/linkSize, n.height-1, block.ErrMalformed)
		}
	}
	if height > 0 && n.size != size {
		return node{}, fmt.Errorf("blob: a node of %d bytes where %d belong: %w", n.size, size, block.ErrInvalid)
	}
	return n, nil
}

// readUint reads the argument of an unsigned integer, in whatever form.
func readUint(b []byte) (uint64, bool) {
	if b[0] < 24 {
		return uint64(b[0]), true
	}
	if b[0] > 27 || len(b) < 1+1<<(b[0]-24) {
		return 0, false
	}
	n := uint64(0)
	for _, x := range b[1 : 1+1<<(b[0]-24)] {
		n = n<<8 | uint64(x)
	}
	return n, true
}

// link is the name of what the i-th link leads to.
func (n *node) link(i int64) cid.Cid {
	at := int(i)*linkSize + len(linkHead)
	return name(n.links[at : at+len(chunkName)+len(block.ID{})])
}

// name is the CID of the bytes given, which begin with chunkName or nodeName.
func name(b []byte) cid.Cid {
	_, id, err := cid.CidFromBytes(b)
	if err != nil {
		panic(fmt.Sprintf("blob: %x is no CID: %v", b, err))
	}
	return id
}

// nameOf is the name of a block of a height.
func nameOf(height int, id block.ID) cid.Cid {
	if height == 0 {
		return id.ContentCID()
	}
	return id.ChangeCID()
}

// digest is what a name of a block of a height says of its bytes.
func digest(height int, id cid.Cid) (block.ID, error) {
	if height == 0 {
		return block.ContentID(id)
	}
	return block.ChangeID(id)
}
