package crdt_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// position takes in a move of a list element: an entry of its positions, and an
// element of the sequence.
func (t *twin) position(x *twChange, op *block.Op) {
	e := t.thing(x, op.Elem)
	n := x.number(op)
	n.elem = e
	if e.pos == nil {
		e.pos = &twSlot{entries: []*twNum{e}}
	}
	t.entry(x, op, n, e.pos)
	t.hang(x, op, n, e.box)
}

// hang puts a number at its place in a sequence.
func (t *twin) hang(x *twChange, op *block.Op, n *twNum, b *twBox) {
	if !op.HasAt {
		b.top = append(b.top, n)
		return
	}
	parent := t.thing(x, op.At)
	parent.kids[op.Side] = append(parent.kids[op.Side], n)
}

// standing is the number by which an element stands: the greatest alive position,
// the element itself being the first; nil when it is not shown.
func (n *twNum) standing() *twNum {
	if !n.alive() || (n.child == nil && !n.has) {
		return nil
	}
	at := n
	if n.pos != nil {
		for _, p := range n.pos.entries {
			if p.alive() && p.compare(at) > 0 {
				at = p
			}
		}
	}
	return at
}

// shownElems are the elements of a list that a reader sees, where they stand.
func (b *twBox) shownElems() []*twNum {
	var out []*twNum
	for _, n := range b.order() {
		e := n
		if n.elem != nil {
			e = n.elem
		}
		if e.standing() == n {
			out = append(out, e)
		}
	}
	return out
}

// treeMove takes in a node or a move of one. The positions in each destination are a
// sequence of their own, whose first ones are found when it is read.
func (t *twin) treeMove(x *twChange, op *block.Op) {
	n := x.number(op)
	n.elem = n
	if op.Code == block.OpNode {
		n.box = t.container(x, op.C)
		n.child = t.box(fmt.Sprintf("element %x %d of a tree", x.id, n.at), block.KindMap)
	} else {
		n.elem = t.thing(x, op.Elem)
		n.box = n.elem.box
	}
	if op.HasDest {
		n.dest = t.thing(x, op.Dest)
	}
	n.box.moves = append(n.box.moves, n)
	t.hang(x, op, n, &twBox{})
}

// twPlace is where a node stands: by a move, or nil, at the root, for want of one.
type twPlace struct{ by *twNum }

// stands is where each node of a tree stands that lives: by the words of DESIGN 6.
func (b *twBox) stands() map[*twNum]twPlace {
	lives := map[*twNum]bool{} // an alive move, the first one or another
	for _, m := range b.moves {
		lives[m.elem] = lives[m.elem] || m.alive()
	}
	// The candidates of each node, greatest first: alive moves to the root or to a
	// destination that lives.
	list := map[*twNum][]*twNum{}
	for _, m := range b.moves {
		if m.alive() && (m.dest == nil || lives[m.dest]) {
			list[m.elem] = append(list[m.elem], m)
		}
	}
	for _, l := range list {
		slices.SortFunc(l, func(x, y *twNum) int { return y.compare(x) })
	}
	// While a cycle exists the least move in it is dropped.
	for {
		least := leastInCycle(list)
		if least == nil {
			break
		}
		list[least.elem] = list[least.elem][1:]
	}
	out := map[*twNum]twPlace{}
	for n, on := range lives {
		switch {
		case !on:
		case len(list[n]) > 0:
			out[n] = twPlace{list[n][0]}
		default:
			out[n] = twPlace{}
		}
	}
	return out
}

// leastInCycle is the least move in a cycle, nil when there is none.
func leastInCycle(list map[*twNum][]*twNum) *twNum {
	for start := range list {
		seen := map[*twNum]bool{}
		var way []*twNum
		for n := start; n != nil && len(list[n]) > 0; n = list[n][0].dest {
			if seen[n] {
				for way[0].elem != n {
					way = way[1:]
				}
				return slices.MinFunc(way, (*twNum).compare)
			}
			seen[n] = true
			way = append(way, list[n][0])
		}
	}
	return nil
}

// shownNodes are the nodes of a tree that live.
func (b *twBox) shownNodes() []*twNum {
	if b.kind != block.KindTree {
		return nil
	}
	var out []*twNum
	for n := range b.stands() {
		out = append(out, n)
	}
	slices.SortFunc(out, (*twNum).compare)
	return out
}

// children are the nodes below each, nil being the root, in their order: strays
// come last, in the total order.
func (b *twBox) children() map[*twNum][]*twNum {
	stands := b.stands()
	out := map[*twNum][]*twNum{}
	pos := map[*twNum]int{}
	tops := map[*twNum][]*twNum{} // moves with no parent in their sequence
	for _, m := range b.moves {
		if !m.op.HasAt {
			tops[m.dest] = append(tops[m.dest], m)
		}
	}
	for _, top := range tops {
		for k, m := range (&twBox{top: top}).order() {
			pos[m] = k
		}
	}
	var strays []*twNum
	for n, p := range stands {
		if p.by == nil {
			strays = append(strays, n)
			continue
		}
		out[p.by.dest] = append(out[p.by.dest], n)
	}
	for _, l := range out {
		slices.SortFunc(l, func(x, y *twNum) int { return pos[stands[x].by] - pos[stands[y].by] })
	}
	slices.SortFunc(strays, (*twNum).compare)
	out[nil] = append(out[nil], strays...)
	return out
}

// othersBelow tells whether another's node, or work in a node, is in a node or below
// it.
func (x *twChange) othersBelow(n *twNum) bool {
	children := n.box.children()
	var found func(m *twNum) bool
	found = func(m *twNum) bool {
		return m != n && m.ch.c.By != x.c.By || m.child.othersIn(x) || slices.ContainsFunc(children[m], found)
	}
	return found(n)
}

// treeJSON is the tree as JSON.
func (b *twBox) treeJSON() string {
	children := b.children()
	var list func(of *twNum) string
	list = func(of *twNum) string {
		var out []string
		for _, n := range children[of] {
			s := `{"data":` + n.child.json()
			if len(children[n]) > 0 {
				s += `,"children":` + list(n)
			}
			out = append(out, s+"}")
		}
		return "[" + strings.Join(out, ",") + "]"
	}
	return list(nil)
}

// dumpTree is the tree with who made each node, and who moved it.
func (b *twBox) dumpTree() string {
	children, stands := b.children(), b.stands()
	var list func(of *twNum) string
	list = func(of *twNum) string {
		var out []string
		for _, n := range children[of] {
			s := short(n.author())
			if m := stands[n].by; m != nil && m != n {
				s += "by " + short(m.author())
			}
			out = append(out, s+n.child.dump()+list(n))
		}
		return "(" + strings.Join(out, " ") + ")"
	}
	return "T" + list(nil)
}

// dumpTree is the same of a view.
func dumpTree(t crdt.Tree) string {
	var list func(of crdt.Elem) string
	list = func(of crdt.Elem) string {
		var out []string
		for e := range t.Children(of) {
			made, moved := t.By(e)
			s := short(made)
			if moved != (crdt.Author{}) {
				s += "by " + short(moved)
			}
			out = append(out, s+dumpMap(t.Data(e))+list(e))
		}
		return "(" + strings.Join(out, " ") + ")"
	}
	return "T" + list(crdt.Elem{})
}
