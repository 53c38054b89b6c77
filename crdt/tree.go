package crdt

import (
	"iter"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
	"github.com/commonhold/commonhold/internal/tree"
)

// Tree is a tree of nodes in a view: each has a map of its own and children in an
// order. A node is named by its [Elem]; the zero Elem is the root, which has
// children and nothing else.
//
// However people move nodes at the same time, a tree stays one: nothing is ever
// below itself, and no node is twice or lost. A node that was moved into, or made
// in, a node that somebody deleted meanwhile stands at the root, after all others
// there, until that one comes back or it is moved.
type Tree struct{ place }

// nodes runs fn on the tree, if anything was ever in it.
func (t Tree) nodes(fn func(*state.State, *tree.Tree)) {
	if t.at == shape.NoPlace {
		return
	}
	t.v.read(func(s *state.State) {
		if r := s.Tree(t.at); r != nil {
			fn(s, r)
		}
	})
}

// nodeLV is the number of node e, graph.None for the root; false when it names no
// node of this tree in the view.
func (t Tree) nodeLV(r *tree.Tree, e Elem) (graph.LV, bool) {
	if e.IsZero() {
		return graph.None, true
	}
	lv, ok := t.v.d.elemLV(e)
	return lv, ok && r.Node(lv)
}

// elem is the node of a number, or the root.
func (t Tree) elem(lv graph.LV) Elem {
	if lv == graph.None {
		return Elem{}
	}
	return Elem{t.v.d, lv + 1}
}

// childrenAt is the place of the order of the children of dest, graph.None for the
// root of the tree; false when nothing was ever there.
func (d *Doc) childrenAt(at int32, dest graph.LV) (int32, bool) {
	name := ""
	if dest != graph.None {
		r, off := d.refOf(dest)
		name = d.t.Element(d.g, r, off)
	}
	return d.t.Lookup(shape.Children, at, 0, 0, name)
}

// childrenOf appends to dst the children of a node of the tree at a place, in their
// order; those of the root for graph.None.
func (d *Doc) childrenOf(s *state.State, at int32, node graph.LV, dst []graph.LV) []graph.LV {
	r := s.Tree(at)
	if c, ok := d.childrenAt(at, node); ok {
		if q := s.Peek(c); q != nil {
			q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
				for end := lv + n; lv < end; lv++ {
					child, _, _ := r.Of(lv)
					dst = append(dst, child)
				}
				return true
			})
		}
	}
	if node == graph.None {
		dst = r.Strays(dst)
	}
	return dst
}

// walk yields the nodes of the tree at a place, each before what is below it, with
// their depth, 0 at the root; without recursion, trees are as deep as strangers
// make them.
func (d *Doc) walk(s *state.State, at int32, yield func(lv graph.LV, depth int)) {
	type step struct {
		lv    graph.LV
		depth int
	}
	if s.Tree(at) == nil {
		return
	}
	stack := []step{{graph.None, -1}}
	var list []graph.LV
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if x.lv != graph.None {
			yield(x.lv, x.depth)
		}
		list = d.childrenOf(s, at, x.lv, list[:0])
		for _, lv := range slices.Backward(list) {
			stack = append(stack, step{lv, x.depth + 1})
		}
	}
}

// Len is how many nodes there are, however deep.
func (t Tree) Len() int {
	n := 0
	t.nodes(func(_ *state.State, r *tree.Tree) { n = r.Len() })
	return n
}

// Has tells whether node e is shown.
func (t Tree) Has(e Elem) bool {
	has := false
	t.nodes(func(_ *state.State, r *tree.Tree) {
		lv, ok := t.nodeLV(r, e)
		has = ok && lv != graph.None && r.Shown(lv)
	})
	return has
}

// Children yields the children of node e in their order; none when it is not shown.
func (t Tree) Children(e Elem) iter.Seq[Elem] {
	return func(yield func(Elem) bool) {
		var list []graph.LV
		t.nodes(func(s *state.State, r *tree.Tree) {
			if lv, ok := t.nodeLV(r, e); ok && (lv == graph.None || r.Shown(lv)) {
				list = t.v.d.childrenOf(s, t.at, lv, nil)
			}
		})
		for _, lv := range list {
			if !yield(t.elem(lv)) {
				return
			}
		}
	}
}

// All yields all nodes with their depth, 0 being the children of the root: each
// before what is below it, children in their order.
func (t Tree) All() iter.Seq2[Elem, int] {
	return func(yield func(Elem, int) bool) {
		var list []graph.LV
		var depths []int
		t.nodes(func(s *state.State, _ *tree.Tree) {
			t.v.d.walk(s, t.at, func(lv graph.LV, depth int) {
				list, depths = append(list, lv), append(depths, depth)
			})
		})
		for k, lv := range list {
			if !yield(t.elem(lv), depths[k]) {
				return
			}
		}
	}
}

// Parent is the node that e stands below, the zero Elem when that is the root;
// false when e is not shown.
func (t Tree) Parent(e Elem) (parent Elem, shown bool) {
	t.nodes(func(_ *state.State, r *tree.Tree) {
		if lv, ok := t.nodeLV(r, e); ok && lv != graph.None {
			var dest graph.LV
			if dest, _, shown = r.Parent(lv); shown {
				parent = t.elem(dest)
			}
		}
	})
	return parent, shown
}

// Index is the position of e among the children of its parent; false when it is
// not shown.
func (t Tree) Index(e Elem) (i int, shown bool) {
	t.nodes(func(s *state.State, r *tree.Tree) {
		if lv, ok := t.nodeLV(r, e); ok && lv != graph.None {
			_, i, shown = t.v.d.standsBelow(s, t.at, lv)
		}
	})
	return i, shown
}

// standsBelow is where a node stands: below which other, graph.None for the root,
// and at which position there; false when it is not shown.
func (d *Doc) standsBelow(s *state.State, at int32, node graph.LV) (dest graph.LV, i int, shown bool) {
	r := s.Tree(at)
	dest, move, shown := r.Parent(node)
	switch {
	case !shown:
		return graph.None, 0, false
	case move != tree.Stray:
		i, _ = s.Seq(d.t.SequenceOf(d.t.At(move))).Index(move)
		return dest, i, true
	}
	if c, ok := d.childrenAt(at, graph.None); ok {
		if q := s.Peek(c); q != nil {
			i = q.Len()
		}
	}
	return dest, i + slices.Index(r.Strays(nil), node), true
}

// Data is the map of node e; empty when it is not shown, and for the root.
func (t Tree) Data(e Elem) Map {
	at := shape.NoPlace
	t.nodes(func(s *state.State, r *tree.Tree) {
		if lv, ok := t.nodeLV(r, e); ok && lv != graph.None && r.Shown(lv) {
			at = s.T.At(lv).Place()
		}
	})
	return Map{place{t.v, at}}
}

// By tells who made node e, and who moved it to where it stands; moved is zero when
// it stands where it was made, or at the root for want of a place, both when it is
// not shown.
func (t Tree) By(e Elem) (made, moved Author) {
	t.nodes(func(_ *state.State, r *tree.Tree) {
		lv, ok := t.nodeLV(r, e)
		if !ok || lv == graph.None {
			return
		}
		_, move, shown := r.Parent(lv)
		if !shown {
			return
		}
		made = t.v.d.authorOf(lv)
		if move != lv && move != tree.Stray {
			moved = t.v.d.authorOf(move)
		}
	})
	return made, moved
}

// insideTree adds the alive nodes and moves of the tree at a place to a list. What
// is in a node goes with it.
func (d *Doc) insideTree(list []stretch, at int32) []stretch {
	r := d.s.Tree(at)
	if r == nil {
		return list
	}
	var all []graph.LV
	for _, lv := range r.Strays(r.Children(graph.None, nil)) {
		all = r.DeleteTargets(lv, all)
	}
	slices.Sort(all)
	for _, lv := range all {
		switch k := len(list) - 1; {
		case !d.s.Life.Alive(lv): // a node that lives by a move
		case k >= 0 && list[k].lv+list[k].n == lv && list[k].n < block.MaxNamed/2:
			list[k].n++
		default:
			list = append(list, stretch{lv, 1})
		}
	}
	return list
}
