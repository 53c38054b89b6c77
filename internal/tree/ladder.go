package tree

// The ladder of a node is a splay tree of its moves, ascending in the total order, that knows of each
// subtree whether an alive move is in it. The root is node.rungs. Moves that come in order make a spine,
// each in O(1); the first late ones straighten it, which those before have paid for.

// pullMove sums up a subtree of a ladder in its root.
func (t *Tree) pullMove(m uint32) {
	x, l := &t.moves[m], &t.ladder.at[m]
	t.visits++
	if x.is(isAlive) || t.moves[l.kid[0]].is(anyAlive) || t.moves[l.kid[1]].is(anyAlive) {
		x.flags |= anyAlive
	} else {
		x.flags &^= anyAlive
	}
}

// climb puts a new move into the ladder of node y.
func (t *Tree) climb(y, m uint32) {
	at := t.ladder.at
	x := t.nodes[y].rungs
	for {
		t.visits++
		side := 0
		if t.above(m, x) {
			side = 1
		}
		if at[x].kid[side] == 0 {
			at[x].kid[side], at[m].up = m, x
			break
		}
		x = at[x].kid[side]
	}
	t.ladder.splay(m)
	t.nodes[y].rungs = m
}

// leave takes a move out of the ladder of its node, which has others.
func (t *Tree) leave(m uint32) {
	at := t.ladder.at
	n := &t.nodes[t.moves[m].node]
	t.ladder.splay(m)
	low, high := at[m].kid[0], at[m].kid[1]
	at[m] = links{}
	at[low].up, at[high].up = 0, 0
	n.rungs = high
	if low == 0 {
		return
	}
	for ; at[low].kid[1] != 0; low = at[low].kid[1] {
		t.visits++
	}
	t.ladder.splay(low)
	if high != 0 {
		at[low].kid[1], at[high].up = high, low
		t.pullMove(low)
	}
	n.rungs = low
}

// nextBelow is the greatest alive move of m's node below m, 0 if there is none.
func (t *Tree) nextBelow(m uint32) uint32 {
	t.ladder.splay(m)
	t.nodes[t.moves[m].node].rungs = m
	return t.greatestIn(t.ladder.at[m].kid[0])
}

// greatestIn is the greatest alive move in a subtree of a ladder, 0 if there is none. It becomes the root
// of its ladder.
func (t *Tree) greatestIn(x uint32) uint32 {
	if !t.moves[x].is(anyAlive) { // move 0 has no flags
		return 0
	}
	for {
		t.visits++
		kid := t.ladder.at[x].kid
		switch {
		case t.moves[kid[1]].is(anyAlive):
			x = kid[1]
			continue
		case !t.moves[x].is(isAlive):
			x = kid[0]
			continue
		}
		t.ladder.splay(x)
		t.nodes[t.moves[x].node].rungs = x
		return x
	}
}

// justBelow is the greatest move of node y, dead or alive, below e, a move of any node; 0 if there is none.
func (t *Tree) justBelow(y, e uint32) uint32 {
	under, last := uint32(0), uint32(0)
	for x := t.nodes[y].rungs; x != 0; {
		t.visits++
		last = x
		if t.above(e, x) {
			under, x = x, t.ladder.at[x].kid[1]
		} else {
			x = t.ladder.at[x].kid[0]
		}
	}
	t.ladder.splay(last) // pays for the way down
	t.nodes[y].rungs = last
	return under
}
