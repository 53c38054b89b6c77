package tree

// anew decides all moves, from the greatest down: the rule in its second form. A node without a place is
// the root of what stands below it so far, so sets of nodes that are merged at each place taken, and know
// their root, answer whether a destination is below it. Costs O(n log n) for n moves, whatever they are.
func (t *Tree) anew() {
	for _, m := range t.queue {
		t.moves[m].flags &^= isQueued
	}
	t.queue = t.queue[:0]
	// set[y] is y while y has no place, else a node nearer to the root of its set.
	set := make([]uint32, len(t.nodes))
	eff := make([]uint32, len(t.nodes))
	for y := range set {
		set[y] = uint32(y)
	}
	left := t.living // nodes without a place
	for k := len(t.ranks.dir) - 1; k >= 0 && left > 0; k-- {
		items := t.ranks.chunks[t.ranks.dir[k]].items
		for i := len(items) - 1; i >= 0; i-- {
			t.visits++
			m := items[i]
			x := &t.moves[m]
			if eff[x.node] != 0 || !t.fit(m) {
				continue
			}
			d := x.dest
			for set[d] != d {
				set[d] = set[set[d]]
				d = set[d]
			}
			if d != x.node {
				left--
				eff[x.node] = m
				set[x.node] = d
			}
		}
	}
	t.resettle(eff)
}

// resettle brings all nodes to what was decided for them; 0 stands for no candidate.
func (t *Tree) resettle(eff []uint32) {
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		t.forest.at[y] = links{}
		n.flags &^= isLinked
		if eff[y] == 0 && n.is(isLiving) {
			eff[y] = stray
		}
		if eff[y] != n.eff || n.is(isWaiting) {
			t.settleOn(y, eff[y])
		}
	}
	// Every node is a path of its own, so its sum needs no other.
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		if e := n.eff; e != gone && e != stray && t.moves[e].dest != root {
			t.forest.at[y].up = t.moves[e].dest
			n.flags |= isLinked
		}
		t.pullNode(y)
	}
}
