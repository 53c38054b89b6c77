package marks

import "slices"

// between hands to yield each node that a range with its ends in two leaves, a
// before z, is in the set of.
func between(a, z *node, yield func(n *node)) {
	if a == z {
		return
	}
	b, y := a, z // to be the kids of the lowest node that is above both
	for d := a.depth() - z.depth(); b.up != y.up; d = 0 {
		for ; d > 0; d-- {
			b = b.up
		}
		for ; d < 0; d++ {
			y = y.up
		}
		if b.up != y.up {
			b, y = b.up, y.up
		}
	}
	beside(a, b, 0, yield)
	beside(z, y, 1, yield)
}

// beside hands to yield, on the way from n up to top, the sibling of each node that
// is its parent's kid on a side.
func beside(n, top *node, side int, yield func(n *node)) {
	for ; n != top; n = n.up {
		if n.side() == side {
			yield(n.up.kid[1-side])
		}
	}
}

// depth is the number of nodes above n.
func (n *node) depth() int {
	d := 0
	for ; n.up != nil; n = n.up {
		d++
	}
	return d
}

// under tells whether n is top or below it.
func (n *node) under(top *node) bool {
	for ; n != nil; n = n.up {
		if n == top {
			return true
		}
	}
	return false
}

// level restores clauses 2 and 4 on the ways from two nodes up, after ends came or
// went below them: it builds anew the highest subtree on each that breaks them. If
// that of one encloses the other node, both have the same.
func (x *index) level(a, b *node) {
	s, t := x.leaning(a), x.leaning(b)
	if s != nil {
		x.rebuild(s)
	}
	if t != nil && t != s {
		x.rebuild(t)
	}
}

// leaning returns the highest node from n up that breaks clause 2 or 4, or nil.
func (x *index) leaning(n *node) (top *node) {
	if len(n.in) > x.leaf {
		top = n
	}
	for ; n != nil; n = n.up {
		if n.kid[0] != nil && x.leans(n) {
			top = n
		}
	}
	return top
}

// leans tells whether an inner node breaks clause 4.
func (x *index) leans(n *node) bool {
	return n.n > 4*x.leaf && 4*max(n.kid[0].n, n.kid[1].n) > 3*n.n
}

// rebuild builds the part of the tree below top anew, with half of the ends on
// either side everywhere. Ranges that enclose all of it stay in the set of top, all
// other items have an end in it and get their places in its sets anew: in their order,
// so that the sets need no comparisons.
func (x *index) rebuild(top *node) {
	ends := x.gather(top, make([]uint32, 0, top.n))
	if x.points() {
		x.sets.clear(top.set)
		top.set = 0
	}
	x.shape(top, ends)
	items := make([]uint32, 0, len(ends))
	for _, e := range ends {
		if e&1 == 0 || !x.at[e>>1][0].under(top) {
			items = append(items, e>>1)
		}
	}
	slices.SortFunc(items, func(a, b uint32) int { return x.sets.order(a, b) })
	for _, item := range items {
		x.seat(item, top)
	}
	x.fill(top)
}

// seat notes an item, which has an end below top, at each node below top whose set it
// is to be in.
func (x *index) seat(item uint32, top *node) {
	put := func(n *node) { n.due = append(n.due, item) }
	a, z := x.at[item][0], x.at[item][1]
	switch {
	case x.points():
		for n := a; n != top; n = n.up {
			put(n.up)
		}
	case !a.under(top):
		beside(z, top, 1, put)
	case !z.under(top):
		beside(a, top, 0, put)
	default:
		between(a, z, put)
	}
}

// fill makes sets of what was noted at n and below.
func (x *index) fill(n *node) {
	if len(n.due) > 0 {
		n.set = x.sets.build(n.due)
		n.due = nil
	}
	if n.kid[0] != nil {
		x.fill(n.kid[0])
		x.fill(n.kid[1])
	}
}

// gather appends the ends below n in order, and gives back the sets below it.
func (x *index) gather(n *node, ends []uint32) []uint32 {
	if n.kid[0] == nil {
		return append(ends, n.in...)
	}
	for _, k := range n.kid {
		ends = x.gather(k, ends)
		x.sets.clear(k.set)
	}
	return ends
}

// shape makes n a level tree of ends, of which there is at least one, without sets.
func (x *index) shape(n *node, ends []uint32) {
	n.n, n.in, n.kid = len(ends), nil, [2]*node{}
	if len(ends) <= x.leaf*3/4 { // room to grow
		n.in = append(make([]uint32, 0, x.leaf), ends...)
		for _, e := range ends {
			x.at[e>>1][e&1] = n
		}
	} else {
		half := len(ends) / 2
		for i, part := range [2][]uint32{ends[:half], ends[half:]} {
			n.kid[i] = &node{up: n, far: none}
			x.shape(n.kid[i], part)
		}
		n.cut = ends[half]
	}
	if x.points() {
		n.far = x.least(n)
	}
}
