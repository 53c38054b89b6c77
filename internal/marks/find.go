package marks

import "slices"

// gap is a place between two ends of an index: before end i of a leaf, or after its
// last. It is named by the leaf of the end before it, so one place has one name; and a
// text that never had ends has a gap without a leaf.
type gap struct {
	leaf *node
	i    int
}

// locate returns the gap after all ends that lie at a spot or before it.
func (x *index) locate(s spot) gap {
	n := x.root
	if n == nil {
		return gap{}
	}
	for n.kid[0] != nil {
		if x.passed(n.cut, s) {
			n = n.kid[1]
		} else {
			n = n.kid[0]
		}
	}
	return gap{n, x.passing(n, s)}
}

// passing counts the ends in a leaf that lie at a spot or before it.
func (x *index) passing(leaf *node, s spot) int {
	lo, hi := 0, len(leaf.in)
	for lo < hi {
		m := (lo + hi) / 2
		if x.passed(leaf.in[m], s) {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo
}

// next returns the end after a gap and the gap after that end; false at the end
// of the text.
func (g gap) next() (end uint32, after gap, ok bool) {
	n := g.leaf
	if n == nil || len(n.in) == 0 {
		return 0, g, false
	}
	if g.i < len(n.in) {
		return n.in[g.i], gap{n, g.i + 1}, true
	}
	for n.up != nil && n.side() == 1 {
		n = n.up
	}
	if n.up == nil {
		return 0, g, false
	}
	for n = n.up.kid[1]; n.kid[0] != nil; {
		n = n.kid[0]
	}
	return n.in[0], gap{n, 1}, true
}

// open hands to yield the ranges with an end in the leaf of a gap that cover the
// gap. Others that cover it are in the sets on the way up.
func (g gap) open(yield func(item uint32)) {
	if g.leaf == nil {
		return
	}
	in := g.leaf.in
	for i, e := range in[:g.i] {
		if e&1 == 0 && !slices.Contains(in[i+1:g.i], e+1) {
			yield(e >> 1)
		}
	}
	for i, e := range in[g.i:] {
		if e&1 == 1 && !slices.Contains(in[g.i:g.i+i], e-1) && !slices.Contains(in[:g.i], e-1) {
			yield(e >> 1)
		}
	}
}

// stretch hands to set the sets, and to item the single items, that together are
// the points in (lo, hi]. hi is not before lo.
func (x *index) stretch(lo, hi spot, set func(root uint32), item func(item uint32)) {
	if x.len() > 0 && lo != hi {
		x.visit(x.root, lo, hi, false, false, set, item)
	}
}

// visit is stretch below n. all from lo, or up to hi, is said when all ends below
// n are known to be on the right side of it.
func (x *index) visit(n *node, lo, hi spot, fromLo, toHi bool, set, item func(uint32)) {
	switch {
	case n.kid[0] == nil:
		i, j := 0, len(n.in)
		if !fromLo {
			i = x.passing(n, lo)
		}
		if !toHi {
			j = x.passing(n, hi)
		}
		for ; i < j; i++ {
			item(n.in[i] >> 1)
		}
	case fromLo && toHi:
		set(n.set)
	default:
		right := toHi || x.passed(n.cut, hi) // whether any below the right kid may be
		left := fromLo || !x.passed(n.cut, lo)
		if left {
			x.visit(n.kid[0], lo, hi, fromLo, toHi || right, set, item)
		}
		if right {
			x.visit(n.kid[1], lo, hi, fromLo || left, toHi, set, item)
		}
	}
}

// count is the number of points in (lo, hi].
func (x *index) count(lo, hi spot) (n int) {
	x.stretch(lo, hi, func(root uint32) { n += x.sets.size(root) }, func(uint32) { n++ })
	return n
}

// near hands to yield the points in (lo, hi] for which ok holds. If it holds for an
// item it must hold for each that reaches less far: where it holds for none, none is
// looked at.
func (x *index) near(lo, hi spot, ok func(item uint32) bool, yield func(item uint32)) {
	var walk func(n *node)
	walk = func(n *node) {
		if n.far == none || !ok(n.far) {
			return
		}
		if n.kid[0] == nil {
			for _, e := range n.in {
				if ok(e>>1) && x.passed(e, hi) && !x.passed(e, lo) {
					yield(e >> 1)
				}
			}
			return
		}
		if !x.passed(n.cut, lo) {
			walk(n.kid[0])
		}
		if x.passed(n.cut, hi) {
			walk(n.kid[1])
		}
	}
	if x.root != nil {
		walk(x.root)
	}
}

// start is the gap before all ends, of which there is one at least.
func (x *index) start() gap {
	n := x.root
	for n.kid[0] != nil {
		n = n.kid[0]
	}
	return gap{n, 0}
}
