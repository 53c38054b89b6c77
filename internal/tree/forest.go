package tree

// The forest is the tree as it stands, in a form in which a path to root costs O(log n) amortized however
// long it is: a link-cut tree (Sleator, Tarjan: "A data structure for dynamic trees"). Its nodes are cut
// into paths that lead upward; each path is a splay tree in which what is nearer to root is left; up of
// the root of a splay tree is the node above the upper end of its path.
//
// Root itself is not in it: nodes that stand at root, and those that stand nowhere, are the roots of its
// trees. Of a subtree of a splay tree it knows low, the least edge (the edge of a node is the move it
// stands by, if it is linked), and most, the greatest hope.

// pullNode sums up a subtree of a path in its root.
func (t *Tree) pullNode(y uint32) {
	n := &t.nodes[y]
	t.visits++
	low, most := uint32(0), n.hope
	if n.is(isLinked) {
		low = n.eff
	}
	for _, k := range t.forest.at[y].kid {
		if k != 0 {
			low, most = t.lesser(low, t.nodes[k].low), t.greater(most, t.nodes[k].most)
		}
	}
	n.low, n.most = low, most
}

// access makes the way from y up to root one path that ends at y, and y the root of its splay tree. It
// returns where the path joins the one that was accessed before, if that was in the same tree.
func (t *Tree) access(y uint32) (last uint32) {
	f := &t.forest
	below := uint32(0)
	for x := y; x != 0; x = f.at[x].up {
		t.visits++
		f.splay(x)
		f.at[x].kid[1] = below
		t.pullNode(x)
		below, last = x, x
	}
	f.splay(y)
	return last
}

// below tells whether d is y or stands below it, and if so the least edge from d up to y, 0 if d is y. In a
// tree that is not deep the records of the nodes say it sooner than the forest.
func (t *Tree) below(d, y uint32) (low uint32, ok bool) {
	if t.nodes[y].first == 0 { // nothing is below it
		return 0, d == y
	}
	for x, k := d, t.short; k > 0; k-- {
		t.visits++
		n := &t.nodes[x]
		if x == y || !n.is(isLinked) {
			return low, x == y
		}
		low, x = t.lesser(low, n.eff), t.moves[n.eff].dest
	}
	t.access(y)
	if t.access(d) != y {
		return 0, false
	}
	t.forest.splay(y)
	return t.nodes[t.forest.at[y].kid[1]].low, true
}

// meet is the lowest node that is above or equal to both a and b, which differ; 0 if there is none. The way
// from b to root is the path of b then.
func (t *Tree) meet(a, b uint32) uint32 {
	t.access(a)
	x := t.access(b)
	if t.forest.at[a].up == 0 {
		return 0
	}
	return x
}

// link puts y, which has no edge, below the destination of the move it stands by.
func (t *Tree) link(y uint32) {
	d := t.moves[t.nodes[y].eff].dest
	if d == root {
		return
	}
	t.access(y)
	t.forest.at[y].up = d
	t.nodes[y].flags |= isLinked
	t.pullNode(y)
}

// cut takes away the edge of y.
func (t *Tree) cut(y uint32) {
	t.access(y)
	f := &t.forest
	f.at[f.at[y].kid[0]].up = 0
	f.at[0].up = 0
	f.at[y].kid[0] = 0
	t.nodes[y].flags &^= isLinked
	t.pullNode(y)
}
