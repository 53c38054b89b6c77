package sequence

import (
	"cmp"
	"hash/fnv"
	"slices"
	"strings"
)

// ident is the name of an element that all replicas agree on.
type ident struct {
	who, n int
}

// root is the parent of the elements that hang on the root.
var root = ident{-1, 0}

// compareIdents is a total order that favours nobody.
func compareIdents(a, b ident) int {
	mix := func(x ident) uint64 {
		h := fnv.New64a()
		h.Write([]byte{byte(x.who), byte(x.n), byte(x.n >> 8), byte(x.n >> 16)})
		return h.Sum64()
	}
	return cmp.Or(cmp.Compare(mix(a), mix(b)), cmp.Compare(a.who, b.who), cmp.Compare(a.n, b.n))
}

// twin is the Fugue tree as the paper writes it down: explicit nodes with two
// child lists, traversed whole for every question. It is the judge of Seq.
type twin struct {
	nodes map[ident]*node
}

// node is an element of a twin.
type node struct {
	id, parent  ident
	side        Side
	left, right []ident // ascending
	value       rune
	hidden      bool
}

func newTwin() *twin {
	return &twin{nodes: map[ident]*node{root: {id: root, hidden: true}}}
}

// traverse is the paper's: left children, the node, right children.
func (t *twin) traverse(id ident, visit func(*node)) {
	n := t.nodes[id]
	for _, c := range n.left {
		t.traverse(c, visit)
	}
	visit(n)
	for _, c := range n.right {
		t.traverse(c, visit)
	}
}

// all returns all elements in document order.
func (t *twin) all() (all []*node) {
	t.traverse(root, func(n *node) {
		if n.id != root {
			all = append(all, n)
		}
	})
	return all
}

// visible returns the visible elements in document order.
func (t *twin) visible() []*node {
	return slices.DeleteFunc(t.all(), func(n *node) bool { return n.hidden })
}

// text returns the visible text.
func (t *twin) text() string {
	var b strings.Builder
	for _, n := range t.visible() {
		b.WriteRune(n.value)
	}
	return b.String()
}

// choose is the paper's insert: leftOrigin is the visible element before the
// position or the root; the new node is its right child if it has none, else the
// left child of the next node in the traversal, deleted ones included.
func (t *twin) choose(pos int) (parent ident, side Side) {
	leftOrigin := root
	if pos > 0 {
		leftOrigin = t.visible()[pos-1].id
	}
	if len(t.nodes[leftOrigin].right) == 0 {
		return leftOrigin, Right
	}
	all := t.all()
	next := 0
	if leftOrigin != root {
		next = 1 + slices.IndexFunc(all, func(n *node) bool { return n.id == leftOrigin })
	}
	return all[next].id, Left
}

// insert adds a node where its op says.
func (t *twin) insert(id, parent ident, side Side, value rune, hidden bool) {
	p := t.nodes[parent]
	t.nodes[id] = &node{id: id, parent: parent, side: side, value: value, hidden: hidden}
	if side == Left {
		p.left = append(p.left, id)
		slices.SortFunc(p.left, compareIdents)
	} else {
		p.right = append(p.right, id)
		slices.SortFunc(p.right, compareIdents)
	}
}

// remove takes back a node that nothing hangs on.
func (t *twin) remove(id ident) {
	n := t.nodes[id]
	p := t.nodes[n.parent]
	not := func(x ident) bool { return x == id }
	p.left, p.right = slices.DeleteFunc(p.left, not), slices.DeleteFunc(p.right, not)
	delete(t.nodes, id)
}
