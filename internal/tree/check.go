package tree

import "fmt"

// Check restates the invariants of Tree clause by clause and says what fails and where; those that hold
// after settle only when nothing is due. It costs a walk to root for each move: for tests.
func (t *Tree) Check() error {
	if err := t.index.check(t.moves); err != nil {
		return fmt.Errorf("tree: clause 1: %w", err)
	}
	for _, check := range []func() error{
		t.checkRecords, t.checkRanks, t.checkLadders, t.checkInto, t.checkLists, t.checkForest, t.checkSums,
		t.checkHopes, t.checkQueue, t.checkTouched, t.checkSettled, t.checkRule,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// checkRecords checks the rest of clause 1.
func (t *Tree) checkRecords() error {
	made := uint32(0)
	for m := uint32(1); m < uint32(len(t.moves)); m++ {
		x := &t.moves[m]
		if m > 1 && x.lv <= t.moves[m-1].lv {
			return fmt.Errorf("tree: clause 1: local version %d after %d", x.lv, t.moves[m-1].lv)
		}
		if x.node == made+1 {
			made++
			if made >= uint32(len(t.nodes)) || t.nodes[made].made != m {
				return fmt.Errorf("tree: clause 1: move %d does not make node %d", m, made)
			}
		}
		if x.node == root || x.node > made || x.dest > made {
			return fmt.Errorf("tree: clause 1: move %d of node %d to %d, of %d", m, x.node, x.dest, made)
		}
	}
	if int(made) != len(t.nodes)-1 {
		return fmt.Errorf("tree: clause 1: %d nodes, made %d", len(t.nodes)-1, made)
	}
	return nil
}

// checkRanks checks clause 2.
func (t *Tree) checkRanks() error {
	r := &t.ranks
	last, n := uint32(0), 0
	for k, c := range r.dir {
		h := &r.chunks[c]
		if h.ord != uint32(k) || len(h.items) == 0 || len(h.items) > r.wide {
			return fmt.Errorf("tree: clause 2: chunk %d: %d moves, number %d, says %d", c, len(h.items), k, h.ord)
		}
		for i, m := range h.items {
			if t.moves[m].chunk != c || int(t.moves[m].pos) != i {
				return fmt.Errorf("tree: clause 2: move %d at %d of chunk %d says %d of %d", m, i, c, t.moves[m].pos, t.moves[m].chunk)
			}
			if last != 0 && t.order(t.moves[last].lv, t.moves[m].lv) >= 0 {
				return fmt.Errorf("tree: clause 2: move %d is not above %d", m, last)
			}
			last = m
			n++
		}
	}
	if n != len(t.moves)-1 || len(r.dir)+len(r.free) != len(r.chunks) {
		return fmt.Errorf("tree: clause 2: %d of %d moves, %d and %d of %d chunks", n, len(t.moves)-1, len(r.dir), len(r.free), len(r.chunks))
	}
	for _, c := range r.free {
		if r.chunks[c].items != nil {
			return fmt.Errorf("tree: clause 2: free chunk %d has moves", c)
		}
	}
	return nil
}

// inOrder yields a splay tree from left to right. It says what is wrong with its links, or that it has
// more than most members.
func (s *splays) inOrder(top uint32, most int, yield func(x uint32)) error {
	var stack []uint32
	for x := top; x != 0 || len(stack) > 0; {
		for ; x != 0; x = s.at[x].kid[0] {
			for _, k := range s.at[x].kid {
				if k != 0 && s.at[k].up != x {
					return fmt.Errorf("%d is under %d and says %d", k, x, s.at[k].up)
				}
			}
			if stack = append(stack, x); len(stack) > most {
				return fmt.Errorf("a cycle at %d", x)
			}
		}
		x = stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		yield(x)
		if most--; most < 0 {
			return fmt.Errorf("too many at %d", top)
		}
		x = s.at[x].kid[1]
	}
	return nil
}

// checkLadders checks clause 3.
func (t *Tree) checkLadders() error {
	n := 0
	for y := uint32(1); y < uint32(len(t.nodes)); y++ {
		v := &t.nodes[y]
		last, top, alive := uint32(0), uint32(0), uint32(0)
		var bad error
		err := t.ladder.inOrder(v.rungs, len(t.moves), func(m uint32) {
			x := &t.moves[m]
			if x.node != y || last != 0 && !t.above(m, last) {
				bad = fmt.Errorf("tree: clause 3: ladder of %d: move %d of %d above %d", y, m, x.node, last)
			}
			kid := t.ladder.at[m].kid
			if any := x.is(isAlive) || t.moves[kid[0]].is(anyAlive) || t.moves[kid[1]].is(anyAlive); any != x.is(anyAlive) {
				bad = fmt.Errorf("tree: clause 3: ladder of %d: an alive move below %d: %v", y, m, any)
			}
			if x.is(isAlive) {
				alive, top = alive+1, m
			}
			last = m
			n++
		})
		if err != nil || t.ladder.at[v.rungs].up != 0 {
			return fmt.Errorf("tree: clause 3: ladder of %d: root %d: %w", y, v.rungs, err)
		}
		if bad != nil {
			return bad
		}
		if alive != v.alive || top != v.top {
			return fmt.Errorf("tree: clause 3: node %d: %d alive, greatest %d, said %d, %d", y, alive, top, v.alive, v.top)
		}
	}
	if n != len(t.moves)-1 || t.moves[0].flags != 0 {
		return fmt.Errorf("tree: clause 3: %d of %d moves, flags %d of none", n, len(t.moves)-1, t.moves[0].flags)
	}
	return nil
}

// checkInto checks clause 4.
func (t *Tree) checkInto() error {
	next := make([]uint32, len(t.nodes))
	for m := uint32(1); m < uint32(len(t.moves)); m++ {
		x := &t.moves[m]
		if x.next != next[x.dest] {
			return fmt.Errorf("tree: clause 4: move %d to %d is followed by %d, want %d", m, x.dest, x.next, next[x.dest])
		}
		next[x.dest] = m
	}
	for d, m := range next {
		if t.nodes[d].into != m {
			return fmt.Errorf("tree: clause 4: moves to %d begin with %d, want %d", d, t.nodes[d].into, m)
		}
	}
	return nil
}

// homeOf is the list in which a node belongs.
func (t *Tree) homeOf(y uint32) uint32 {
	n := &t.nodes[y]
	switch {
	case n.is(isWaiting) || n.eff == gone:
		return homeless
	case n.eff == stray:
		return homeStray
	}
	return t.moves[n.eff].dest
}

// checkLists checks clause 5.
func (t *Tree) checkLists() error {
	homes := append(make([]uint32, 0, len(t.nodes)+1), homeStray)
	want := 0
	for y := range uint32(len(t.nodes)) {
		homes = append(homes, y)
		if y == root {
			continue
		}
		if h := t.homeOf(y); h != t.nodes[y].home {
			return fmt.Errorf("tree: clause 5: node %d is listed at %d, belongs to %d", y, t.nodes[y].home, h)
		} else if h != homeless {
			want++
		}
	}
	met := 0
	for _, h := range homes {
		prev := uint32(0)
		for y := *t.head(h); y != 0; y = t.nodes[y].next {
			if n := &t.nodes[y]; n.home != h || n.prev != prev || met >= want {
				return fmt.Errorf("tree: clause 5: list of %d: node %d of %d after %d says %d", h, y, n.home, prev, n.prev)
			}
			prev = y
			met++
		}
	}
	if met != want {
		return fmt.Errorf("tree: clause 5: %d nodes in lists, want %d", met, want)
	}
	if strays := len(t.sorted); t.known {
		for y := t.strays; y != 0; y = t.nodes[y].next {
			strays--
		}
		if strays != 0 {
			return fmt.Errorf("tree: clause 5: %d strays are sorted, %d too many", len(t.sorted), strays)
		}
	}
	return nil
}
