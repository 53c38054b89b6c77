package state

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// elemPos is the slot of the positions of a list element.
func (u *universe) elemPos(x *num) *box {
	return u.box(x.at, 0, 0, "", "(%s) positions of %s", x.at.path, x.name())
}

// nodeMap is the map that a node is.
func (u *universe) nodeMap(tree *box, n *node, off uint32) *box {
	return u.box(tree, block.KindMap, 0, "", "(%s) node %d.%d", tree.path, n.index, off)
}

// pushMove adds what gives an element or a node a place.
func (s *scene) pushMove(op block.Op, parent *num, add func(*num) *num) {
	x := &num{parent: parent, side: op.Side}
	if op.HasDest {
		x.dest = s.thing(op.Dest)
	}
	switch op.Code {
	case block.OpMove:
		x.elem = s.thing(op.Elem)
		x.at, x.over = s.u.elemPos(x.elem), s.things(op.Over)
	case block.OpNode:
		x.at, x.node = s.container(op.C), x
		x.made = s.u.nodeMap(x.at, s.n, uint32(len(s.n.nums)))
	case block.OpTreeMove:
		x.node = s.thing(op.Elem)
		x.at = x.node.at
	}
	add(x)
}

// sequence is the text or list in which a number is an element, nil for none.
func (x *num) sequence() *box {
	switch {
	case x.code == block.OpMove:
		return x.elem.at
	case x.isElement():
		return x.at
	}
	return nil
}

// beside are the numbers of the sequence that an op makes an element of.
func (s *scene) beside(op *block.Op) func(*num) bool {
	var c *box
	var dest *num
	switch op.Code {
	case block.OpMove:
		c = s.thing(op.Elem).at
	case block.OpNode, block.OpTreeMove:
		if op.Code == block.OpNode {
			c = s.container(op.C)
		} else {
			c = s.thing(op.Elem).at
		}
		if op.HasDest {
			dest = s.thing(op.Dest)
		}
		return func(x *num) bool { return x.node != nil && x.at == c && x.dest == dest }
	default:
		c = s.container(op.C)
	}
	return func(x *num) bool { return x.sequence() == c }
}

// moving fills an op that gives an element or a node a place; a node may go below
// itself. False when there is none.
func (s *scene) moving(op *block.Op) bool {
	r := s.u.r
	var tree *box
	switch op.Code {
	case block.OpMove:
		n, found := s.pick(func(x *num) bool { return x.isElement() && x.at.kind == block.KindList })
		if !found {
			return false
		}
		op.Elem = n.Thing
		op.Over = s.over(func(x *num) bool { return x.elem == n.num && x.code == block.OpMove || x == n.num })
	case block.OpNode:
		op.C = s.containerOf(block.KindTree)
		tree = s.container(op.C)
	case block.OpTreeMove:
		n, found := s.pick(func(x *num) bool { return x.code == block.OpNode })
		if !found {
			return false
		}
		op.Elem, tree = n.Thing, n.at
	}
	if n, ok := s.pick(func(x *num) bool { return x.code == block.OpNode && x.at == tree }); ok && r.IntN(4) > 0 {
		op.HasDest, op.Dest = true, n.Thing
	}
	if n, ok := s.pick(s.beside(op)); ok && r.IntN(5) > 0 {
		op.HasAt, op.At, op.Side = true, n.Thing, block.Side(r.IntN(2))
	}
	return true
}

// order is the total order.
func order(a, b *num) int {
	return cmp.Or(cmp.Compare(a.n.depth, b.n.depth), bytes.Compare(a.n.id[:], b.n.id[:]), cmp.Compare(a.off, b.off))
}

// positionsOf is the slot of the positions of an element that was moved.
func (s *set) positionsOf(x *num) *box {
	for _, e := range s.all(func(e *num) bool { return e.elem == x && e.code == block.OpMove }) {
		return e.at
	}
	return nil
}

// standing is by which number the element of x stands: its greatest alive position;
// nil when it is not shown.
func (s *set) standing(x *num) *num {
	elem := x
	if x.code == block.OpMove {
		elem = x.elem
	}
	if !s.shown(elem) {
		return nil
	}
	at := elem
	for _, e := range s.all(func(e *num) bool { return e.elem == elem && e.code == block.OpMove && s.alive(e) }) {
		if order(e, at) > 0 {
			at = e
		}
	}
	return at
}

// stances is the move by which each node of a tree stands that lives, nil for strays:
// each points by its greatest candidate, and while there is a cycle the least move in
// one is dropped.
func (s *set) stances(c *box) map[*num]*num {
	moves := s.all(func(x *num) bool { return x.node != nil && x.at == c && s.alive(x) })
	slices.SortFunc(moves, order)
	lives := map[*num]bool{}
	for _, m := range moves {
		lives[m.node] = true
	}
	left := map[*num][]*num{} // candidates, the greatest last
	for _, m := range moves {
		if m.dest == nil || lives[m.dest] {
			left[m.node] = append(left[m.node], m)
		}
	}
	points := func(x *num) *num {
		if l := left[x]; len(l) > 0 {
			return l[len(l)-1]
		}
		return nil
	}
	for again := true; again; {
		again = false
		for x := range lives {
			var way []*num
			for y, k := x, 0; y != nil && points(y) != nil && k <= len(lives); y, k = points(y).dest, k+1 {
				way = append(way, points(y))
			}
			if len(way) > len(lives) { // the end of it goes round
				m := slices.MinFunc(way[slices.Index(way, way[len(way)-1])+1:], order)
				left[m.node] = left[m.node][:len(left[m.node])-1]
				again = true
			}
		}
	}
	out := map[*num]*num{}
	for x := range lives {
		out[x] = points(x)
	}
	return out
}

// dumpTree spells the children of each node, and the strays.
func (s *set) dumpTree(b *strings.Builder, c *box) {
	stands := s.stances(c)
	of := append([]*num{nil}, s.all(func(x *num) bool { return x.code == block.OpNode && x.at == c })...)
	slices.SortFunc(of[1:], func(x, y *num) int { return cmp.Compare(x.name(), y.name()) })
	for _, dest := range of {
		fmt.Fprintf(b, "  below %s:", nodeName(dest))
		for _, m := range s.ordered(func(x *num) bool { return x.node != nil && x.at == c && x.dest == dest }) {
			fmt.Fprintf(b, " %s %v", m.name(), stands[m.node] == m)
		}
		b.WriteString("\n")
	}
	var strays []*num
	for x, by := range stands {
		if by == nil {
			strays = append(strays, x)
		}
	}
	slices.SortFunc(strays, order)
	fmt.Fprintf(b, "  %d nodes, strays %s\n", len(stands), names(strays))
}

// nodeName is the name of a node, or of the root.
func nodeName(x *num) string {
	if x == nil {
		return "the root"
	}
	return x.name()
}

// element is the name of a number in places.
func (p *replica) element(x *num) string {
	if k := slices.Index(p.nodes, x.n); k >= 0 {
		return p.t.Element(p.g, graph.At(int32(k)), x.off)
	}
	h := &graph.Held{LV: p.g.NextLV()}
	p.g.Open(h, block.Key{}, graph.None32, nil)
	return p.t.Element(p.g, graph.Of(h), x.off)
}

// childrenPlace is the place of the children of a node of a tree, nil for its root.
func (p *replica) childrenPlace(c *box, dest *num) (int32, bool) {
	name := ""
	if dest != nil {
		name = p.element(dest)
	}
	return p.t.Lookup(shape.Children, p.place(c), 0, 0, name)
}

// nodePlace is the place of the map that a node is.
func (p *replica) nodePlace(c *box) int32 {
	for _, n := range p.has.list {
		for _, x := range n.nums {
			if x.made == c {
				up, _ := p.childrenPlace(x.at, x.dest)
				at, ok := p.t.Lookup(shape.NodeMap, up, block.KindMap, 0, p.element(x))
				if !ok {
					p.u.t.Fatalf("no place is %s", c.path)
				}
				return at
			}
		}
	}
	return shape.NoPlace
}

// dumpTree spells a tree as the twin does.
func (p *replica) dumpTree(b *strings.Builder, s *State, at int32, c *box) {
	r := s.Tree(at)
	if r == nil {
		r = tree.New(s.Order)
	}
	of := []*num{nil}
	for _, n := range p.has.list {
		for _, x := range n.nums {
			if x.code == block.OpNode && x.at == c && r.Node(p.lv(x)) {
				of = append(of, x)
			}
		}
	}
	slices.SortFunc(of[1:], func(x, y *num) int { return cmp.Compare(x.name(), y.name()) })
	for _, dest := range of {
		fmt.Fprintf(b, "  below %s:", nodeName(dest))
		var q *sequence.Seq
		if place, ok := p.childrenPlace(c, dest); ok {
			q = s.Peek(place)
		}
		if q != nil {
			q.All(func(lv LV, n uint32, shown bool) bool {
				for end := lv + n; lv < end; lv++ {
					fmt.Fprintf(b, " %s %v", p.name(lv), shown)
				}
				return true
			})
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "  %d nodes, strays %s\n", r.Len(), p.names(r.Strays(nil), false))
}
