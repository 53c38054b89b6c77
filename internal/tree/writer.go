package tree

import (
	"errors"
	"fmt"
	"slices"
)

// Why a local edit is refused.
var (
	// ErrInside: the destination is the node itself or stands below it.
	ErrInside = errors.New("tree: a node cannot go below itself")
	// ErrGone: the node or the destination is not shown, or is none.
	ErrGone = errors.New("tree: no such node is shown")
)

// node is the node that a local version names, which must be there.
func (t *Tree) node(lv LV) uint32 {
	y := t.find(lv)
	if y == 0 {
		panic(fmt.Sprintf("tree: moves name nodes that were added: local version %d is none", lv))
	}
	return y
}

// dest is the destination that a local version names, which must be there; root for None.
func (t *Tree) dest(lv LV) uint32 {
	if lv == None {
		return root
	}
	return t.node(lv)
}

// Under tells whether node d stands below node y or is the same; false when one of them is not shown. None
// as y is root, which all shown nodes are below. Costs O(log n) amortized.
func (t *Tree) Under(d, y LV) bool {
	if !t.Shown(d) {
		return false
	}
	if y == None {
		return true
	}
	if !t.Shown(y) {
		return false
	}
	_, ok := t.below(t.find(d), t.find(y))
	return ok
}

// MoveDrops says what else a change holds that moves a node below dest, root if None, so that no other
// node changes its place: it deletes drops, the dropped moves of other nodes that would take effect because
// the node leaves, ascending and appended to dst; and it moves lift, unless that is None, to root, behind
// all others there. Undoing the change undoes all of it. With an error, ErrInside or ErrGone, the move
// makes no sense and is not to be written. The room is not changed.
//
// A move of node w was dropped because its destination stood below w. If that led over the node that now
// leaves, the move would take effect, unless the new place, too, is below w, by greater moves. Nothing
// else can: once these are deleted, each move of another node is decided as before, from the greatest
// down. So it is the least set that does it. A stray that has no other alive moves would be gone with
// them; it is lifted instead. There is one at most: of the nodes above another only the highest can be a
// stray. Costs a step for each dropped move of the nodes above the one that leaves.
func (t *Tree) MoveDrops(node, dest LV, dst []LV) (drops []LV, lift LV, err error) {
	if !t.Shown(node) || dest != None && !t.Shown(dest) {
		return dst, None, ErrGone
	}
	if dest != None && t.Under(dest, node) {
		return dst, None, ErrInside
	}
	drops, lift = dst, None
	if t.hopefuls == 0 {
		return drops, lift, nil
	}
	y, d := t.find(node), t.dest(dest)
	t.owners = t.owners[:0]
	t.access(y)
	t.collect(t.forest.at[y].kid[0], 0)
	for _, w := range t.owners {
		n := len(drops)
		drops = t.wake(w, y, d, drops)
		if uint32(len(drops)-n) == t.nodes[w].alive {
			drops, lift = drops[:n], t.lv(w)
		}
	}
	slices.Sort(drops[len(dst):])
	return drops, lift, nil
}

// wake appends to dst the dropped moves of node w that take effect if node y, below it, goes below d.
func (t *Tree) wake(w, y, d uint32, dst []LV) []LV {
	low, still := uint32(0), false
	if d != root {
		low, still = t.below(d, w)
	}
	for k := t.nodes[w].top; k != 0 && t.over(k, w); k = t.nextBelow(k) {
		t.visits++
		if still && (low == 0 || t.above(low, k)) {
			break // blocked by the new place, and so are those below
		}
		if _, ok := t.below(t.moves[k].dest, y); ok {
			dst = append(dst, t.moves[k].lv)
		}
	}
	return dst
}

// DeleteTargets appends to dst, ascending, what a local delete of a node deletes: the node's own number,
// even if a delete of it counts already, so that the undo of that one does not bring the node back; and
// every alive move of the node and of each node that stands below it. Nothing for a node that is not
// shown. Costs O(log n) amortized for each.
func (t *Tree) DeleteTargets(node LV, dst []LV) []LV {
	if !t.Shown(node) {
		return dst
	}
	from := len(dst)
	y := t.find(node)
	if !t.moves[t.nodes[y].made].is(isAlive) {
		dst = append(dst, node)
	}
	stack := append(t.stack[:0], y)
	for len(stack) > 0 {
		y := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n := &t.nodes[y]
		t.visits++
		for k := n.top; k != 0; k = t.nextBelow(k) {
			t.visits++
			dst = append(dst, t.moves[k].lv)
		}
		for z := n.first; z != 0; z = t.nodes[z].next {
			stack = append(stack, z)
		}
	}
	t.stack = stack
	slices.Sort(dst[from:])
	return dst
}
