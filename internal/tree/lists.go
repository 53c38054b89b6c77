package tree

import "slices"

// What is in no list, and the list of strays, in node.home.
const (
	homeless  uint32 = 1<<32 - 1
	homeStray uint32 = 1<<32 - 2
)

// head is where the list of a home begins.
func (t *Tree) head(home uint32) *uint32 {
	if home == homeStray {
		return &t.strays
	}
	return &t.nodes[home].first
}

// rehome puts node y into the list of a home, or into none.
func (t *Tree) rehome(y, home uint32) {
	n := &t.nodes[y]
	if n.home == home {
		return
	}
	if n.home == homeStray || home == homeStray {
		t.known = false
	}
	if n.home != homeless {
		if n.prev != 0 {
			t.nodes[n.prev].next = n.next
		} else {
			*t.head(n.home) = n.next
		}
		if n.next != 0 {
			t.nodes[n.next].prev = n.prev
		}
	}
	n.home, n.prev, n.next = home, 0, 0
	if home == homeless {
		return
	}
	first := t.head(home)
	if n.next = *first; n.next != 0 {
		t.nodes[n.next].prev = y
	}
	*first = y
}

// lv is the local version of a node.
func (t *Tree) lv(y uint32) LV { return t.moves[t.nodes[y].made].lv }

// find is the node that a local version names, 0 if it names none.
func (t *Tree) find(node LV) uint32 {
	if m := t.index.find(t.moves, node); m != 0 && t.nodes[t.moves[m].node].made == m {
		return t.moves[m].node
	}
	return 0
}

// Node tells whether a local version names a node of this tree, shown or gone: what the document checks
// before it comes here.
func (t *Tree) Node(lv LV) bool { return t.find(lv) != 0 }

// Of reads one move, the first one of a node included: the node it moves and where to, None for root;
// false when lv is none.
func (t *Tree) Of(lv LV) (node, dest LV, ok bool) {
	m := t.index.find(t.moves, lv)
	if m == 0 {
		return None, None, false
	}
	x := &t.moves[m]
	return t.lv(x.node), t.destLV(x.dest), true
}

// destLV is the local version of a destination.
func (t *Tree) destLV(d uint32) LV {
	if d == root {
		return None
	}
	return t.lv(d)
}

// Parent reads where a node stands: below dest, or at root if that is None, by a move, which is Stray if
// it stands there for want of a candidate. shown is false for a node that is gone and for what is none.
func (t *Tree) Parent(node LV) (dest, move LV, shown bool) {
	t.settle()
	y := t.find(node)
	if y == 0 || t.nodes[y].eff == gone {
		return None, None, false
	}
	if t.nodes[y].eff == stray {
		return None, Stray, true
	}
	x := &t.moves[t.nodes[y].eff]
	return t.destLV(x.dest), x.lv, true
}

// Shown tells whether lv is a node that is shown.
func (t *Tree) Shown(lv LV) bool {
	t.settle()
	y := t.find(lv)
	return y != 0 && t.nodes[y].is(isLiving)
}

// Len is the number of nodes that are shown.
func (t *Tree) Len() int {
	t.settle()
	return t.living
}

// Children appends to dst the nodes that stand below dest by a move, at root if that is None, in no
// order: their position elements have one. Strays are not among them.
func (t *Tree) Children(dest LV, dst []LV) []LV {
	t.settle()
	d := root
	if dest != None {
		if d = t.find(dest); d == 0 {
			return dst
		}
	}
	for y := t.nodes[d].first; y != 0; y = t.nodes[y].next {
		dst = append(dst, t.lv(y))
	}
	return dst
}

// Strays appends to dst the nodes that stand at root for want of a candidate, so without a position
// there, in the total order of the nodes' numbers: the same in each replica. They come after all other
// nodes at root. Costs sorting them when they are not as they were at the last call.
func (t *Tree) Strays(dst []LV) []LV {
	t.settle()
	if !t.known {
		t.sorted, t.known = t.sorted[:0], true
		for y := t.strays; y != 0; y = t.nodes[y].next {
			t.sorted = append(t.sorted, t.lv(y))
		}
		slices.SortFunc(t.sorted, t.order)
	}
	return append(dst, t.sorted...)
}
