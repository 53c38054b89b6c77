package tree

// Deciding. A move is decided by the moves above it alone, so what is due is worked off from the greatest
// down, and what was decided in a settle stays decided in it. At each moment during a settle every alive
// move above the one its node stands by is in queue, or goes to a node that does not live, or greater
// edges that are in force lead from its destination to its node. So when an edge goes away, exactly the
// moves of the last kind whose way led over it have to be decided anew: stir finds them.

// settle decides what is due.
func (t *Tree) settle() {
	if len(t.queue) == 0 && len(t.turned) == 0 {
		return
	}
	t.limit = t.visits + uint64(max(0, 4*len(t.nodes)+len(t.moves)/4+t.patience))
	t.turn()
	// A decision costs about 32 visits: with too many, do not even begin.
	if uint64(len(t.queue))*32 > t.limit-t.visits {
		t.anew()
		return
	}
	for len(t.queue) > 0 && !t.spent() {
		t.decide(t.pull())
	}
	if t.spent() { // stir may have stopped half way
		t.anew()
	}
}

// spent tells whether a settle has cost so much that deciding everything anew is cheaper.
func (t *Tree) spent() bool { return t.visits >= t.limit }

// turn notes which nodes came to life or died, and what is to be decided because of that.
func (t *Tree) turn() {
	for _, y := range t.turned {
		n := &t.nodes[y]
		if n.is(isLiving) == (n.alive > 0) {
			continue
		}
		n.flags ^= isLiving
		if n.is(isLiving) {
			t.living++
			t.settleOn(y, stray)
			for k := n.into; k != 0; k = t.moves[k].next {
				t.visits++
				if x := &t.moves[k]; x.is(isAlive) && t.over(k, x.node) {
					t.push(k)
				}
			}
			continue
		}
		t.living--
		if n.eff == stray {
			t.settleOn(y, gone)
		}
		for z := n.first; z != 0; z = t.nodes[z].next {
			t.visits++
			t.push(t.nodes[z].eff)
		}
	}
	t.turned = t.turned[:0]
}

// fit tells whether a move is a candidate.
func (t *Tree) fit(m uint32) bool {
	x := &t.moves[m]
	return x.is(isAlive) && t.nodes[x.dest].is(isLiving)
}

// over tells whether a move of node y is above the one it stands by.
func (t *Tree) over(m, y uint32) bool {
	e := t.nodes[y].eff
	return e == gone || e == stray || t.above(m, e)
}

// decide decides one move, the greatest that is due.
func (t *Tree) decide(m uint32) {
	y := t.moves[m].node
	n := &t.nodes[y]
	switch {
	case n.eff != m:
		if t.over(m, y) && t.fit(m) {
			t.attach(m)
		}
	case !t.fit(m):
		t.fall(y)
	case n.is(isWaiting) && !t.attach(m):
		t.fall(y)
	}
}

// attach makes the node of m stand by m and tells true, unless greater edges lead from the destination to
// the node. If others lead there, the least of them is in the way of m: its node waits to be decided when
// its turn comes.
func (t *Tree) attach(m uint32) bool {
	y, d := t.moves[m].node, t.moves[m].dest
	n := &t.nodes[y]
	if d != root {
		if low, ok := t.below(d, y); ok {
			if low == 0 || t.above(low, m) {
				return false
			}
			t.release(t.moves[low].node)
		}
	}
	e, linked := n.eff, n.is(isLinked)
	if linked {
		t.cut(y)
	}
	t.settleOn(y, m)
	t.link(y)
	if linked {
		t.stirRest(y, e)
	}
	return true
}

// release takes the edge of a node out of force; the move is to be decided again.
func (t *Tree) release(z uint32) {
	e := t.nodes[z].eff
	t.detach(z)
	t.wait(z, e)
}

// fall lets a node try its next candidate below the move it stood by.
func (t *Tree) fall(y uint32) {
	n := &t.nodes[y]
	k := t.nextBelow(n.eff)
	for k != 0 && !t.fit(k) {
		k = t.nextBelow(k)
	}
	if n.is(isLinked) {
		t.detach(y)
	}
	switch {
	case k != 0:
		t.wait(y, k)
	case n.is(isLiving):
		t.settleOn(y, stray)
	default:
		t.settleOn(y, gone)
	}
}

// settleOn notes that node y stands by a move, is a stray or gone.
func (t *Tree) settleOn(y, eff uint32) {
	home := homeless
	switch eff {
	case gone:
	case stray:
		home = homeStray
	default:
		home = t.moves[eff].dest
	}
	t.set(y, eff, home)
	t.nodes[y].flags &^= isWaiting
}

// wait lets node y try a move when its turn comes.
func (t *Tree) wait(y, eff uint32) {
	t.set(y, eff, homeless)
	t.nodes[y].flags |= isWaiting
	t.push(eff)
}

// set notes what a node stands by and where it is listed.
func (t *Tree) set(y, eff, home uint32) {
	n := &t.nodes[y]
	if !n.is(isTouched) {
		n.flags |= isTouched
		n.was = n.eff
		t.touched = append(t.touched, y)
	}
	n.eff = eff
	t.rehome(y, home)
	t.hopeFor(y)
}

// hopeFor brings the hope of a node up to date.
func (t *Tree) hopeFor(y uint32) {
	n := &t.nodes[y]
	h := n.top
	if h == n.eff {
		h = 0
	}
	if h == n.hope {
		return
	}
	if n.hope == 0 {
		t.hopefuls++
	} else if h == 0 {
		t.hopefuls--
	}
	n.hope = h
	t.forest.splay(y)
}

// detach cuts the edge of node y, and whatever it blocked is to be decided anew.
func (t *Tree) detach(y uint32) {
	t.owners = t.owners[:0]
	if t.hopefuls > 0 {
		t.access(y)
		t.collect(t.forest.at[y].kid[0], 0)
	}
	e := t.nodes[y].eff
	t.cut(y)
	t.stir(t.owners, y, 0, e)
}

// stirRest is what detach does of node y, whose edge was e, when it has another already. Above the
// node at which the ways of both meet, moves are blocked as before unless they are above the least edge of
// the new way.
func (t *Tree) stirRest(y, e uint32) {
	if t.hopefuls == 0 {
		return
	}
	t.owners = t.owners[:0]
	p := t.moves[e].dest
	x := t.meet(y, p)
	if x == 0 {
		t.collect(p, 0) // the whole way from p to root
		t.stir(t.owners, y, 0, e)
		return
	}
	low, _ := t.below(y, x)
	t.access(p)
	t.forest.splay(x)
	kid := t.forest.at[x].kid
	t.collect(kid[1], 0)
	n := len(t.owners)
	if t.above(e, low) {
		if h := t.nodes[x].hope; h != 0 && t.above(h, low) {
			t.owners = append(t.owners, x)
		}
		t.collect(kid[0], low)
	}
	t.stir(t.owners[:n], y, 0, e)
	t.stir(t.owners[n:], y, low, e)
}

// collect adds to owners the nodes in a subtree of a path that have a hope above floor.
func (t *Tree) collect(x, floor uint32) {
	stack := append(t.stack[:0], x)
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &t.nodes[x]
		t.visits++
		if x == 0 || n.most == 0 || floor != 0 && !t.above(n.most, floor) {
			continue
		}
		if n.hope != 0 && (floor == 0 || t.above(n.hope, floor)) {
			t.owners = append(t.owners, x)
		}
		stack = append(stack, t.forest.at[x].kid[0], t.forest.at[x].kid[1])
	}
	t.stack = stack
}

// stir queues the moves of owners, above floor and below e, which the edge e of y may have blocked: those
// that go to y or below it.
func (t *Tree) stir(owners []uint32, y, floor, e uint32) {
	for _, w := range owners {
		for k := t.justBelow(w, e); k != 0 && t.over(k, w) && (floor == 0 || t.above(k, floor)); k = t.nextBelow(k) {
			t.visits++
			if t.spent() {
				return // anew decides them all
			}
			if t.moves[k].is(isQueued) || !t.fit(k) {
				continue
			}
			if _, ok := t.below(t.moves[k].dest, y); ok {
				t.push(k)
			}
		}
	}
}
