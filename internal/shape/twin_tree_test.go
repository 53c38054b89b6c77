package shape

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
)

// childrenSpot is the order of the children of a node of a tree, or of its root.
func childrenSpot(tree *spot, of string) *spot {
	return &spot{fmt.Sprintf("(%s) children of %s", tree.path, of), tree, Children, 0, 0}
}

// hangs tells whether what an op inserts into a sequence stands at an element of it.
func (n *node) hangs(op *block.Op, c *spot) bool {
	if !op.HasAt {
		return true
	}
	_, _, p, ok := n.thing(op.At)
	return ok && same(p.list(), c)
}

// stands is what an op makes that gives something a place: a move, a node, a mark;
// false when it breaks a rule.
func (n *node) stands(op *block.Op) (fact, bool) {
	switch op.Code {
	case block.OpMove:
		m, off, e, ok := n.thing(op.Elem)
		if !ok || !e.item() || !n.hangs(op, e.list()) {
			return fact{}, false
		}
		slot := elementSpot(e.list(), ElemPos, 0, m.id, off)
		for _, o := range op.Over {
			om, ooff, of, ok := n.thing(o)
			if !ok || !(om == m && ooff == off) && !(of.class == Move && same(of.at, slot)) {
				return fact{}, false
			}
		}
		return fact{Move, slot}, true
	case block.OpMark:
		c := n.container(op.C)
		things := []block.Thing{op.Elem, op.Last}
		for _, g := range []block.Growth{op.Left, op.Right} {
			if g.Grow == block.GrowThing {
				things = append(things, g.At)
			}
		}
		for _, th := range things {
			if _, _, f, ok := n.thing(th); c == nil || !ok || !same(f.list(), c) {
				return fact{}, false
			}
		}
		return fact{Mark, c}, true
	}
	return n.inTree(op)
}

// inTree is stands of a node and a move of one.
func (n *node) inTree(op *block.Op) (fact, bool) {
	tree := n.container(op.C)
	if op.Code == block.OpTreeMove {
		_, _, f, ok := n.thing(op.Elem)
		if !ok || f.class != Node {
			return fact{}, false
		}
		tree = f.list().up
	}
	if tree == nil {
		return fact{}, false
	}
	c := childrenSpot(tree, "the root")
	if op.HasDest {
		m, off, f, ok := n.thing(op.Dest)
		if !ok || f.class != Node || !same(f.list().up, tree) {
			return fact{}, false
		}
		c = childrenSpot(tree, fmt.Sprintf("%x.%d", m.id[:6], off))
	}
	switch {
	case !n.hangs(op, c):
		return fact{}, false
	case op.Code == block.OpTreeMove:
		return fact{NodeMove, c}, true
	}
	return fact{Node, elementSpot(c, NodeMap, block.KindMap, n.id, uint32(len(n.facts)))}, true
}

// standing adds what an op needs that gives something a place; false when there is
// nothing to give one to.
func (s *scene) standing(op *block.Op) bool {
	r := s.w.r
	at := func(c *spot) {
		if n, ok := s.pick(func(f fact) bool { return same(f.list(), c) }); ok && r.IntN(3) > 0 {
			op.HasAt, op.At, op.Side = true, n.Thing, block.Side(r.IntN(2))
		}
	}
	switch op.Code {
	case block.OpMove:
		e, ok := s.pick(fact.item)
		if !ok {
			return false
		}
		op.Elem = e.Thing
		if m, off, f, ok := s.n.thing(e.Thing); ok && f.list() != nil {
			at(f.list())
			slot := elementSpot(f.list(), ElemPos, 0, m.id, off)
			if op.Over = s.over(func(f fact) bool { return f.class == Move && same(f.at, slot) }); len(op.Over) == 0 {
				op.Over = []block.Thing{e.Thing}
			}
		}
		return true
	case block.OpMark:
		op.C, op.Key, op.Bytes = s.container(block.KindText), "b", uint32(r.IntN(2))
		c := s.n.container(op.C)
		pick := func() block.Thing {
			n, _ := s.pick(func(f fact) bool { return same(f.list(), c) })
			return n.Thing
		}
		op.Elem, op.Last = pick(), pick()
		if r.IntN(2) == 0 {
			op.Left, op.Right = block.Growth{Grow: block.GrowEdge}, block.Growth{Grow: block.GrowThing, At: pick()}
		}
		return true
	}
	tree := (*spot)(nil)
	if op.Code == block.OpNode {
		op.C = s.container(block.KindTree)
		tree = s.n.container(op.C)
	} else {
		n, ok := s.pick(func(f fact) bool { return f.class == Node })
		if !ok {
			return false
		}
		op.Elem = n.Thing
		if n.class == Node {
			tree = n.list().up
		}
	}
	c := (*spot)(nil)
	if tree != nil {
		c = childrenSpot(tree, "the root")
	}
	if n, ok := s.pick(func(f fact) bool { return f.class == Node && same(f.list().up, tree) }); ok && r.IntN(2) == 0 {
		op.HasDest, op.Dest = true, n.Thing
		if m, off, f, ok := s.n.thing(n.Thing); ok && f.class == Node {
			c = childrenSpot(f.list().up, fmt.Sprintf("%x.%d", m.id[:6], off))
		}
	}
	at(c)
	return true
}
