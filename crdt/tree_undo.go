package crdt

import (
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// othersBelow tells whether another author's node stands below a node, or anything
// of another author is alive in the map of it or of a node below it: then it stays
// though its making is taken back.
func (v *inverse) othersBelow(node graph.LV) bool {
	d := v.d
	r := d.s.Tree(d.t.TreeOf(d.t.At(node)))
	stack := []graph.LV{node}
	for len(stack) > 0 {
		lv := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if lv != node && v.others(lv) || v.othersIn(d.t.At(lv).Place()) {
			return true
		}
		stack = r.Children(lv, stack)
	}
	return false
}

// othersInTree tells whether another author's node is in the tree at a place, and
// adds the maps of its nodes to the stack.
func (v *inverse) othersInTree(at int32, stack *[]int32) bool {
	found := false
	v.d.walk(v.d.s, at, func(lv graph.LV, _ int) {
		found = found || v.others(lv)
		*stack = append(*stack, v.d.t.At(lv).Place())
	})
	return found
}

// stance is by which number a list element or a node stands: graph.None when it is
// not shown.
func (d *Doc) stance(lv graph.LV) graph.LV {
	w := d.t.At(lv)
	if w.Class() != shape.Node {
		if at := d.s.PosOf(lv); at == graph.None || d.s.Life.Alive(lv) {
			return at
		}
		return graph.None
	}
	if r := d.s.Tree(d.t.TreeOf(w)); r != nil {
		_, move, _ := r.Parent(lv)
		return move // tree.None is graph.None
	}
	return tree.None
}

// lookStance notes by which number the element or node of a position stands.
func (s *sight) lookStance(lv graph.LV, w shape.What) {
	d, of := s.d, lv
	switch w.Class() {
	case shape.Move:
		of = d.s.ElemOf(lv)
	case shape.NodeMove:
		of, _, _ = d.s.Tree(d.t.TreeOf(w)).Of(lv)
	}
	if _, ok := s.stances[of]; !ok {
		s.stances[of] = d.stance(of)
	}
}

// stancesChanged tells whether any element or node stands elsewhere now, in a list
// or tree that is shown.
func (s *sight) stancesChanged() bool {
	d := s.d
	for lv, was := range s.stances {
		if w := d.t.At(lv); d.stance(lv) != was && (w.Class() == shape.Node && d.shown(d.t.TreeOf(w)) || w.Class() != shape.Node && d.shown(d.t.SequenceOf(w))) {
			return true
		}
	}
	return false
}

// shownNode tells whether the node that a map is, is shown, and gives its tree.
func (d *Doc) shownNode(at int32) (of int32, shown bool) {
	of = d.t.Get(d.t.Get(at).Up).Up
	r := d.s.Tree(of)
	return of, r != nil && r.Shown(d.t.Maker(at))
}
