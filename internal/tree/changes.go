package tree

import "slices"

// moveLV is the local version of what a node stands by.
func (t *Tree) moveLV(eff uint32) LV {
	switch eff {
	case gone:
		return None
	case stray:
		return Stray
	}
	return t.moves[eff].lv
}

// TakeChanges tells which nodes changed their place on balance since the last call, ascending, and forgets
// that they did: the move by which the node stood and the one by which it stands now. Either may be None,
// the node being gone, or Stray. The caller hides the position element of old and shows that of now, where
// they are moves. yield must not change the room.
func (t *Tree) TakeChanges(yield func(node, old, now LV)) {
	t.settle()
	slices.Sort(t.touched)
	for _, y := range t.touched {
		n := &t.nodes[y]
		n.flags &^= isTouched
		if n.was != n.eff {
			yield(t.lv(y), t.moveLV(n.was), t.moveLV(n.eff))
		}
	}
	t.touched = t.touched[:0]
}

// Truncate forgets the moves with local versions from lv on, which are the newest, and the nodes that they
// made: the rollback of a local edit. TakeChanges tells how others change their places because of it, but
// speaks of nothing that was forgotten: a node that stood by a forgotten move is told of as if it had been
// gone. Costs what is forgotten, and settling.
func (t *Tree) Truncate(lv LV) {
	from := len(t.moves)
	for from > 1 && t.moves[from-1].lv >= lv {
		from--
		t.Flip(t.moves[from].lv, false)
	}
	if from == len(t.moves) {
		return
	}
	t.settle()
	nodes := len(t.nodes)
	for m := uint32(len(t.moves)) - 1; m >= uint32(from); m-- {
		x := t.moves[m]
		t.unplace(m)
		t.index.drop(x.lv)
		t.nodes[x.dest].into = x.next
		if t.nodes[x.node].made == m {
			nodes--
		} else {
			t.leave(m)
		}
		t.moves, t.ladder.at = t.moves[:m], t.ladder.at[:m]
	}
	t.touched = slices.DeleteFunc(t.touched, func(y uint32) bool {
		n := &t.nodes[y]
		if n.was != stray && n.was >= uint32(from) {
			n.was = gone
		}
		return y >= uint32(nodes)
	})
	t.nodes, t.forest.at = t.nodes[:nodes], t.forest.at[:nodes]
}

// Visits counts the steps that the calls so far have taken: looks at moves and nodes, and turns of trees.
// It exists for tests, which count work instead of measuring time.
func (t *Tree) Visits() uint64 { return t.visits }
