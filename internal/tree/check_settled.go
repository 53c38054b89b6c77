package tree

import "fmt"

// checkForest checks the first sentence of clause 6.
func (t *Tree) checkForest() error {
	met := 0
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		if !t.forest.top(y) {
			continue
		}
		up := t.forest.at[y].up
		var bad error
		err := t.forest.inOrder(y, len(t.nodes), func(x uint32) {
			if want := t.parent(x); want != up {
				bad = fmt.Errorf("tree: clause 6: node %d is below %d in forest, want %d", x, up, want)
			}
			up = x
			met++
		})
		if err != nil {
			return fmt.Errorf("tree: clause 6: %w", err)
		}
		if bad != nil {
			return bad
		}
	}
	if met != len(t.nodes)-1 || t.forest.at[0] != (links{}) || t.ladder.at[0] != (links{}) {
		return fmt.Errorf("tree: clause 6: %d of %d nodes in forest, links of none %v %v", met, len(t.nodes)-1, t.forest.at[0], t.ladder.at[0])
	}
	return nil
}

// parent is the node above y in forest as its record says.
func (t *Tree) parent(y uint32) uint32 {
	n := &t.nodes[y]
	inForce := !n.is(isWaiting) && n.eff != gone && n.eff != stray
	if inForce && t.moves[n.eff].dest != root {
		return t.moves[n.eff].dest
	}
	return root
}

// checkSums checks the rest of clause 6.
func (t *Tree) checkSums() error {
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		if n.is(isLinked) != (t.parent(y) != root) {
			return fmt.Errorf("tree: clause 6: node %d: linked %v, parent %d", y, n.is(isLinked), t.parent(y))
		}
		low, most := uint32(0), n.hope
		if n.is(isLinked) {
			low = n.eff
		}
		for _, k := range t.forest.at[y].kid {
			low, most = t.lesser(low, t.nodes[k].low), t.greater(most, t.nodes[k].most)
		}
		if low != n.low || most != n.most {
			return fmt.Errorf("tree: clause 6: node %d: sums %d %d, said %d %d", y, low, most, n.low, n.most)
		}
	}
	if n := &t.nodes[root]; n.low != 0 || n.most != 0 || n.hope != 0 {
		return fmt.Errorf("tree: clause 6: root has sums %d %d %d", n.low, n.most, n.hope)
	}
	return nil
}

// checkHopes checks clause 7.
func (t *Tree) checkHopes() error {
	hopefuls := 0
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		want := n.top
		if want == n.eff {
			want = 0
		}
		if n.hope != want {
			return fmt.Errorf("tree: clause 7: node %d: hope %d, said %d", y, want, n.hope)
		}
		if want != 0 {
			hopefuls++
		}
	}
	if hopefuls != t.hopefuls {
		return fmt.Errorf("tree: clause 7: %d have hope, counted %d", hopefuls, t.hopefuls)
	}
	return nil
}

// checkQueue checks clause 8.
func (t *Tree) checkQueue() error {
	in := map[uint32]bool{}
	for k, m := range t.queue {
		if k > 0 && t.above(m, t.queue[(k-1)/2]) {
			return fmt.Errorf("tree: clause 8: move %d lies under %d", m, t.queue[(k-1)/2])
		}
		if in[m] {
			return fmt.Errorf("tree: clause 8: move %d is in twice", m)
		}
		in[m] = true
	}
	for m := range t.moves {
		if t.moves[m].is(isQueued) != in[uint32(m)] {
			return fmt.Errorf("tree: clause 8: move %d: flagged %v, in %v", m, t.moves[m].is(isQueued), in[uint32(m)])
		}
	}
	return nil
}

// checkTouched checks clause 9.
func (t *Tree) checkTouched() error {
	in := map[uint32]bool{}
	for _, y := range t.touched {
		if in[y] || int(y) >= len(t.nodes) || !t.nodes[y].is(isTouched) {
			return fmt.Errorf("tree: clause 9: node %d is in twice, or not flagged", y)
		}
		if was := t.nodes[y].was; was != stray && int(was) >= len(t.moves) {
			return fmt.Errorf("tree: clause 9: node %d stood by move %d of %d", y, was, len(t.moves)-1)
		}
		in[y] = true
	}
	for y := range t.nodes {
		if t.nodes[y].is(isTouched) != in[uint32(y)] {
			return fmt.Errorf("tree: clause 9: node %d: flagged %v, in %v", y, t.nodes[y].is(isTouched), in[uint32(y)])
		}
	}
	return nil
}

// checkSettled checks clause 10.
func (t *Tree) checkSettled() error {
	if len(t.queue) > 0 || len(t.turned) > 0 {
		return nil
	}
	living := 0
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		if n.is(isWaiting) || n.is(isLiving) != (n.alive > 0) {
			return fmt.Errorf("tree: clause 10: node %d: waiting %v, living %v, %d alive", y, n.is(isWaiting), n.is(isLiving), n.alive)
		}
		if n.is(isLiving) {
			living++
		}
	}
	if living != t.living || !t.nodes[root].is(isLiving) {
		return fmt.Errorf("tree: clause 10: %d nodes live, counted %d", living, t.living)
	}
	return nil
}

// checkRule checks clause 11.
func (t *Tree) checkRule() error {
	if len(t.queue) > 0 || len(t.turned) > 0 {
		return nil
	}
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		n := &t.nodes[y]
		switch {
		case n.eff == gone || n.eff == stray:
			if (n.eff == stray) != n.is(isLiving) {
				return fmt.Errorf("tree: clause 11: node %d stands by %d, living %v", y, n.eff, n.is(isLiving))
			}
		case t.moves[n.eff].node != y || !t.fit(n.eff):
			return fmt.Errorf("tree: clause 11: node %d stands by move %d of %d, a candidate %v", y, n.eff, t.moves[n.eff].node, t.fit(n.eff))
		}
		steps := 0
		for x := t.parent(y); x != root; x = t.parent(x) {
			if steps++; steps > len(t.nodes) || x == y {
				return fmt.Errorf("tree: clause 11: node %d is in a cycle or above one", y)
			}
		}
	}
	for m := uint32(1); m < uint32(len(t.moves)); m++ {
		y := t.moves[m].node
		if !t.over(m, y) || !t.fit(m) {
			continue
		}
		x := t.moves[m].dest
		for x != y && x != root && t.parent(x) != root && t.above(t.nodes[x].eff, m) {
			x = t.parent(x)
		}
		if x != y {
			return fmt.Errorf("tree: clause 11: node %d stands by %d, not by %d, which nothing above it blocks", y, t.nodes[y].eff, m)
		}
	}
	return nil
}
