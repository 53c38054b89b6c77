package tips

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"iter"
	"math/bits"
	"slices"
)

// A Tip is a change that has no successor on its author's chain.
type Tip struct {
	Author [32]byte
	Seq    uint64
	ID     [32]byte
}

// Compare orders tips by author, seq and id, as their items are by bytes.
func Compare(a, b Tip) int {
	return cmp.Or(bytes.Compare(a.Author[:], b.Author[:]), cmp.Compare(a.Seq, b.Seq), bytes.Compare(a.ID[:], b.ID[:]))
}

// Lengths of an item.
const (
	Size    = 32 + 8 + 32
	nibbles = 2 * Size
)

// item is a tip as the tree has it.
type item [Size]byte

// itemOf spells a tip.
func itemOf(t Tip) (k item) {
	copy(k[:], t.Author[:])
	binary.BigEndian.PutUint64(k[32:], t.Seq)
	copy(k[40:], t.ID[:])
	return k
}

// tip reads an item.
func (k *item) tip() (t Tip) {
	copy(t.Author[:], k[:])
	t.Seq = binary.BigEndian.Uint64(k[32:])
	copy(t.ID[:], k[40:])
	return t
}

// at is nibble n.
func (k *item) at(n int) byte { return k[n/2] >> (4 * (1 - n%2)) & 15 }

// common is how many nibbles two items have in common, of the first n.
func (k *item) common(o *item, n int) int {
	for i := 0; 2*i < n; i++ {
		if x := k[i] ^ o[i]; x != 0 {
			return min(n, 2*i+bits.LeadingZeros8(x)/4)
		}
	}
	return n
}

// node is one of a tree: a leaf, or what two or more items have in common up to
// depth. It is never changed once its hash is set.
//
// Invariants:
//  1. A leaf has depth nibbles and no kids; any other has two kids or more, one for
//     each bit of bitmap, in order.
//  2. All items below agree with key in the first depth nibbles; those of the kid
//     of bit x have x at depth.
//  3. count is the number of leaves below, and hash as the package comment has it.
type node struct {
	key    item
	place  int32 // of a leaf: what the caller said of it
	depth  uint8
	bitmap uint16
	count  int32
	kids   []*node
	hash   [32]byte
}

// Tree is a set of tips. The zero value is empty.
type Tree struct{ root *node }

// Entry is a tip with a number of the caller's, which has no part in hashes.
type Entry struct {
	Tip   Tip
	Place int32
}

// With is the set without some tips and with others. Tips that are not there need
// not be taken out, and those that are there not put in. It costs a walk down and
// some hashes for each.
func (t Tree) With(out []Tip, in []Entry) Tree {
	root := t.root
	for _, x := range out {
		k := itemOf(x)
		root = root.without(&k)
	}
	for _, x := range in {
		root = root.with(&node{key: itemOf(x.Tip), place: x.Place, depth: nibbles, count: 1})
	}
	root.seal()
	return Tree{root}
}

// Len is how many tips there are.
func (t Tree) Len() int {
	if t.root == nil {
		return 0
	}
	return int(t.root.count)
}

// Root names the set; zeros name the empty one.
func (t Tree) Root() [32]byte {
	if t.root == nil {
		return [32]byte{}
	}
	return t.root.hash
}

// Digest is that of a work that has the set: SHA-256 of a domain, the id of the work
// and the root.
func (t Tree) Digest(work [32]byte) [32]byte {
	h := sha256.New()
	h.Write([]byte("commonhold/tips/v1\x00"))
	h.Write(work[:])
	root := t.Root()
	h.Write(root[:])
	return [32]byte(h.Sum(nil))
}

// All yields the tips with their numbers, ascending.
func (t Tree) All() iter.Seq[Entry] { return t.root.all() }

// Of yields the tips of one author, ascending.
func (t Tree) Of(author [32]byte) iter.Seq[Entry] {
	p := span{n: 64}
	copy(p.key[:], author[:])
	return t.root.under(&p).all()
}

// HasAuthor tells whether there is a tip of an author.
func (t Tree) HasAuthor(author [32]byte) bool {
	p := span{n: 64}
	copy(p.key[:], author[:])
	return t.root.under(&p) != nil
}

// all yields what lies below a node.
func (n *node) all() iter.Seq[Entry] {
	return func(yield func(Entry) bool) { n.each(yield) }
}

// each calls f for the leaves until it says no. A tree is no deeper than nibbles.
func (n *node) each(f func(Entry) bool) bool {
	if n == nil {
		return true
	}
	if n.kids == nil {
		return f(Entry{n.key.tip(), n.place})
	}
	for _, k := range n.kids {
		if !k.each(f) {
			return false
		}
	}
	return true
}

// size is the number of leaves.
func (n *node) size() int {
	if n == nil {
		return 0
	}
	return int(n.count)
}

// kid is the child of a nibble, and where it stands or would stand among the kids.
func (n *node) kid(x byte) (*node, int) {
	at := bits.OnesCount16(n.bitmap & (1<<x - 1))
	if n.bitmap>>x&1 == 0 {
		return nil, at
	}
	return n.kids[at], at
}

// under is the node of the items under a prefix, nil for none.
func (n *node) under(p *span) *node {
	for n != nil {
		if c := n.key.common(&p.key, min(int(n.depth), p.n)); c == p.n {
			return n
		} else if c < int(n.depth) {
			return nil
		}
		n, _ = n.kid(p.key.at(int(n.depth)))
	}
	return nil
}

// with is a node with one more leaf; hashes on the way are to be made.
func (n *node) with(leaf *node) *node {
	if n == nil {
		return leaf
	}
	c := n.key.common(&leaf.key, int(n.depth))
	if c == nibbles {
		return n
	}
	if c < int(n.depth) { // it leaves the path to n
		out := &node{key: leaf.key, depth: uint8(c), count: n.count + 1}
		a, b := n.key.at(c), leaf.key.at(c)
		out.bitmap, out.kids = 1<<a|1<<b, []*node{n, leaf}
		if b < a {
			out.kids = []*node{leaf, n}
		}
		return out
	}
	x := leaf.key.at(c)
	was, at := n.kid(x)
	size := was.size()
	now := was.with(leaf)
	if now.size() == size {
		return n
	}
	out := n.copied(x, at, was, now)
	out.count = n.count - int32(size) + now.count
	return out
}

// copied is n with kid x, which stands at, replaced by one that is not nil. A node
// without a hash is of the tree that is being made, and is changed itself.
func (n *node) copied(x byte, at int, was, now *node) *node {
	if n.hash == [32]byte{} {
		if was != nil {
			n.kids[at] = now
		} else {
			n.kids, n.bitmap = slices.Insert(n.kids, at, now), n.bitmap|1<<x
		}
		return n
	}
	out := &node{key: n.key, depth: n.depth, bitmap: n.bitmap | 1<<x}
	out.kids = make([]*node, bits.OnesCount16(out.bitmap))
	copy(out.kids, n.kids[:at])
	out.kids[at] = now
	if was != nil {
		at++
	}
	copy(out.kids[len(out.kids)-len(n.kids)+at:], n.kids[at:])
	return out
}

// without is a node without one leaf.
func (n *node) without(k *item) *node {
	if n == nil || n.key.common(k, int(n.depth)) < int(n.depth) {
		return n
	}
	if n.kids == nil {
		return nil
	}
	x := k.at(int(n.depth))
	was, at := n.kid(x)
	size := was.size()
	now := was.without(k)
	switch {
	case now.size() == size:
		return n
	case now != nil:
		out := n.copied(x, at, was, now)
		out.count = n.count - 1
		return out
	case len(n.kids) == 2: // one kid is no node
		return n.kids[1-at]
	}
	out := &node{key: n.key, depth: n.depth, bitmap: n.bitmap &^ (1 << x), count: n.count - 1}
	out.kids = append(append(make([]*node, 0, len(n.kids)-1), n.kids[:at]...), n.kids[at+1:]...)
	return out
}

// seal makes the hashes that are not made yet: those of new nodes, whose parents are
// new as well.
func (n *node) seal() {
	if n == nil || n.hash != [32]byte{} {
		return
	}
	if n.kids == nil {
		var b [1 + Size]byte
		copy(b[1:], n.key[:])
		n.hash = sha256.Sum256(b[:])
		return
	}
	var b [3 + 16*32]byte
	b[0] = 1
	binary.BigEndian.PutUint16(b[1:], n.bitmap)
	for i, k := range n.kids {
		k.seal()
		copy(b[3+32*i:], k.hash[:])
	}
	n.hash = sha256.Sum256(b[:3+32*len(n.kids)])
}
