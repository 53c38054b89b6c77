package marks

import "slices"

// leafMax is the number of ends in a leaf. A leaf is searched by halving and read
// from end to end, so it is small; and ranges within one leaf cost nothing else.
// Tests run with smaller leaves.
const leafMax = 32

// index finds items by where they lie in document order. There are two kinds.
//
// An index of ranges holds items with two ends and says which of them cover a
// place. It is a segment tree (Bentley): an item is in the set of each node all of
// whose ends it encloses, unless it encloses those of the node's parent too. So
// the items that cover a place are in the sets on the way from its leaf to the
// root, and among the ends in the leaf itself:
//
//	       .            item (A Z) has ends in leaves 1 and 4;
//	   .       .        it is in the sets of leaves 2 and 3
//	 1   2   3   4
//	(A           Z)
//
// An index of points holds items with one end and says which lie in a stretch. It
// is a range tree: each inner node has the set of all items below it.
//
// Sets are ordered by the caller, so a whole set can be asked for its greatest
// item of one kind without a walk. The tree grows by what is inserted, at places
// which strangers choose; it is kept level as a scapegoat tree is (Galperin and
// Rivest): a subtree that leans is built anew, in time that the edits which made
// it lean have paid for.
//
// At all times:
//
//  1. Ends ascend strictly in document order through the leaves; ends at one spot
//     are ordered by number.
//  2. n counts the ends below a node; only a root may have none, no leaf has more
//     than leaf. Each node knows its parent.
//  3. cut is the first end below the right kid.
//  4. No kid of a node with more than 4 times leaf ends has more than three
//     quarters of them.
//  5. at names the leaves of the ends of each item that is here.
//  6. Sets: as above.
//  7. Points: far is the item below a node that reaches least far, if there is any
//     and the index was given an order of reach.
type index struct {
	text  Text
	leaf  int // leafMax, at least 2
	sets  *sets
	ends  func(item uint32) (a, z spot) // of a point only a counts
	reach func(a, b uint32) bool        // whether a reaches less far than b; nil for ranges

	root *node
	at   [][2]*node
}

// node is a part of the text. It is a leaf if it has no kids.
type node struct {
	up  *node
	kid [2]*node
	in  []uint32 // of a leaf: ends, as twice the item and one for its second end
	n   int
	cut uint32 // of an inner node
	set uint32
	far uint32   // none in ranges
	due []uint32 // what its set will have; nil but while it is built anew
}

// none is no item.
const none uint32 = 1<<32 - 1

// spot is where an end lies.
func (x *index) spot(end uint32) spot {
	a, z := x.ends(end >> 1)
	if end&1 == 1 {
		return z
	}
	return a
}

// points tells of which kind the index is.
func (x *index) points() bool { return x.reach != nil }

// has tells whether an item is here.
func (x *index) has(item uint32) bool { return int(item) < len(x.at) && x.at[item][0] != nil }

// len is the number of ends.
func (x *index) len() int {
	if x.root == nil {
		return 0
	}
	return x.root.n
}

// passed tells whether an end lies at a spot or before it.
func (x *index) passed(end uint32, s spot) bool { return compare(x.text, x.spot(end), s) <= 0 }

// precedes tells whether end e, at spot s, stands before end f.
func (x *index) precedes(e uint32, s spot, f uint32) bool {
	c := compare(x.text, s, x.spot(f))
	return c < 0 || c == 0 && e < f
}

// side is the kid of its parent that n is.
func (n *node) side() int {
	if n.up.kid[1] == n {
		return 1
	}
	return 0
}

// add puts an item in whose ends the caller knows by now.
func (x *index) add(item uint32) {
	for int(item) >= len(x.at) {
		x.at = append(x.at, [2]*node{})
	}
	if x.root == nil {
		x.root = &node{far: none}
	}
	a, z := x.ends(item)
	first := x.descend(x.root, 2*item, a)
	x.enter(first, 2*item, a)
	if x.points() {
		for n := first; n != nil; n = n.up {
			if n.kid[0] != nil {
				n.set = x.sets.insert(n.set, item)
			}
			if n.far == none || x.reach(item, n.far) {
				n.far = item
			}
		}
		x.level(first, first)
		return
	}
	last := x.descend(x.around(first, 2*item+1, z), 2*item+1, z)
	x.enter(last, 2*item+1, z)
	between(first, last, func(n *node) { n.set = x.sets.insert(n.set, item) })
	x.level(first, last)
}

// remove takes an item out. It does not ask where its ends are.
func (x *index) remove(item uint32) {
	leaves := x.at[item]
	x.at[item] = [2]*node{}
	if x.points() {
		n := x.leave(leaves[0], 2*item)
		x.level(n, n)
		return
	}
	between(leaves[0], leaves[1], func(n *node) { n.set = x.sets.remove(n.set, item) })
	n := x.leave(leaves[1], 2*item+1)
	x.level(x.leave(leaves[0], 2*item), n)
}

// descend returns the leaf below n that has or gets end e at spot s.
func (x *index) descend(n *node, e uint32, s spot) *node {
	for n.kid[0] != nil {
		if x.precedes(e, s, n.cut) {
			n = n.kid[0]
		} else {
			n = n.kid[1]
		}
	}
	return n
}

// around returns a node near leaf that has or gets end e at spot s, which comes
// after an end of leaf. Most ranges are short, so this saves half of a search.
func (x *index) around(leaf *node, e uint32, s spot) *node {
	top := leaf
	for n := leaf; n.up != nil; n = n.up {
		if n.side() == 1 {
			continue
		}
		if x.precedes(e, s, n.up.cut) {
			return top
		}
		top = n.up
	}
	return top
}

// enter puts end e, which lies at s, into a leaf.
func (x *index) enter(leaf *node, e uint32, s spot) {
	lo, hi := 0, len(leaf.in)
	for lo < hi {
		m := (lo + hi) / 2
		if x.precedes(e, s, leaf.in[m]) {
			hi = m
		} else {
			lo = m + 1
		}
	}
	leaf.in = slices.Insert(leaf.in, lo, e)
	x.at[e>>1][e&1] = leaf
	for n := leaf; n != nil; n = n.up {
		n.n++
	}
}

// leave takes end e out of its leaf, and the leaf out of the tree if that was the
// last, and returns the lowest node that is left of the way to it.
func (x *index) leave(leaf *node, e uint32) *node {
	i := slices.Index(leaf.in, e)
	leaf.in = slices.Delete(leaf.in, i, i+1)
	for n := leaf; n != nil; n = n.up {
		n.n--
		if x.points() && n.kid[0] != nil {
			n.set = x.sets.remove(n.set, e>>1)
		}
	}
	at := leaf
	if len(leaf.in) == 0 && leaf.up != nil {
		at = x.cutOff(leaf)
	}
	if i == 0 && at.n > 0 {
		at.firstIs(at.first())
	}
	x.farther(at, e>>1)
	return at
}

// cutOff takes an empty leaf out together with its parent and returns the node
// that is now in the parent's place. In ranges its set has been empty, for an item
// that encloses it and not the parent would have an end in the empty leaf.
func (x *index) cutOff(leaf *node) *node {
	p := leaf.up
	rest := p.kid[1-leaf.side()]
	if x.points() {
		x.sets.clear(p.set)
	} else {
		x.sets.clear(leaf.set)
		rest.set = p.set
	}
	rest.up = p.up
	if p.up == nil {
		x.root = rest
	} else {
		p.up.kid[p.side()] = rest
	}
	leaf.up = nil
	return rest
}

// first returns the first end below n, which has one.
func (n *node) first() uint32 {
	for n.kid[0] != nil {
		n = n.kid[0]
	}
	return n.in[0]
}

// firstIs writes the first end below n where clause 3 asks for it.
func (n *node) firstIs(e uint32) {
	for n.up != nil {
		if n.side() == 1 {
			n.up.cut = e
			return
		}
		n = n.up
	}
}

// farther finds far anew from n up, after item has gone.
func (x *index) farther(n *node, item uint32) {
	for ; x.points() && n != nil; n = n.up {
		if n.far == item {
			n.far = x.least(n)
		}
	}
}

// least is what far is, found from the leaf's ends or from the kids.
func (x *index) least(n *node) uint32 {
	far := none
	try := func(item uint32) {
		if item != none && (far == none || x.reach(item, far)) {
			far = item
		}
	}
	if n.kid[0] != nil {
		try(n.kid[0].far)
		try(n.kid[1].far)
		return far
	}
	for _, e := range n.in {
		try(e >> 1)
	}
	return far
}
