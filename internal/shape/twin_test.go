package shape

import (
	"encoding/binary"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
)

// spot is a place as the tests know it: by its identity in words (DESIGN 6).
type spot struct {
	path string
	up   *spot
	sort Sort
	kind block.Kind
	inc  uint32
}

// fact is what a number is, in words.
type fact struct {
	class Class
	at    *spot // nil for a delete number
}

func rootSpot(kind block.Kind, name string) *spot {
	return &spot{fmt.Sprintf("root %d %q", kind, name), nil, Root, kind, 0}
}

func slotSpot(m *spot, key string) *spot {
	return &spot{fmt.Sprintf("(%s) key %q", m.path, key), m, Slot, 0, 0}
}

func childSpot(slot *spot, kind block.Kind, inc uint32) *spot {
	return &spot{fmt.Sprintf("(%s) child %d.%d", slot.path, kind, inc), slot, Child, kind, inc}
}

// elementSpot is the slot of the element, or the container that it is.
func elementSpot(list *spot, sort Sort, kind block.Kind, id block.ID, off uint32) *spot {
	return &spot{fmt.Sprintf("(%s) %d element %x.%d %d", list.path, sort, id[:6], off, kind), list, sort, kind, 0}
}

// list is the sequence of an element, a text, a list or children, nil when f is none.
func (f fact) list() *spot {
	switch f.class {
	case Elem, NodeMove:
		return f.at
	case ElemMaker, Move, Node:
		return f.at.up
	}
	return nil
}

// item tells whether f is an element of a list, and no position of one.
func (f fact) item() bool {
	return (f.class == Elem || f.class == ElemMaker) && f.list().kind == block.KindList
}

// slot is the slot of an entry, nil when f is none.
func (f fact) slot() *spot {
	switch f.class {
	case Entry:
		return f.at
	case EntryMaker:
		return f.at.up
	}
	return nil
}

// same compares spots by identity.
func same(a, b *spot) bool { return a != nil && b != nil && a.path == b.path }

// node is a change: its facts are there once it was found valid.
type node struct {
	id    block.ID
	start uint64
	prev  *node
	links []*node
	facts []fact
	spots []*spot // of each op
}

// at walks the prev path for number n: its change, offset and fact.
func (n *node) at(x uint64) (*node, uint32, fact, bool) {
	for m := n; m != nil; m = m.prev {
		if x >= m.start {
			if x-m.start >= uint64(len(m.facts)) {
				return nil, 0, fact{}, false
			}
			return m, uint32(x - m.start), m.facts[x-m.start], true
		}
	}
	return nil, 0, fact{}, false
}

// thing resolves what an op names.
func (n *node) thing(t block.Thing) (*node, uint32, fact, bool) {
	switch {
	case t.C == 0:
		return n.at(t.N)
	case int(t.C) <= len(n.links):
		return n.links[t.C-1].at(t.N)
	}
	return nil, 0, fact{}, false
}

// container finds the container that an op names.
func (n *node) container(c block.Container) *spot {
	if !c.Child {
		return rootSpot(c.Kind, c.Name)
	}
	_, _, f, ok := n.thing(c.At)
	if !ok || (f.class != ElemMaker && f.class != EntryMaker && f.class != Node) || f.at.kind != c.Kind {
		return nil
	}
	return f.at
}

// op adds an op to the node; false when it breaks a rule. The rules are those of
// DESIGN 4 and 6: what an op names is in its past and of the right kind.
func (n *node) op(op *block.Op) bool {
	var f fact
	switch op.Code {
	case block.OpText, block.OpValues, block.OpListChild, block.OpBlock, block.OpQuote:
		c := n.container(op.C)
		if c == nil || !n.hangs(op, c) {
			return false
		}
		f = fact{Elem, c}
		switch op.Code {
		case block.OpListChild:
			f = fact{ElemMaker, elementSpot(c, ElemChild, op.Kind, n.id, uint32(len(n.facts)))}
		case block.OpBlock:
			f = fact{ElemMaker, elementSpot(c, ElemChild, block.KindMap, n.id, uint32(len(n.facts)))}
		}
	case block.OpMove, block.OpNode, block.OpTreeMove, block.OpMark:
		var ok bool
		if f, ok = n.stands(op); !ok {
			return false
		}
	case block.OpSet:
		m, off, e, ok := n.thing(op.At)
		if !ok || !e.item() {
			return false
		}
		slot := elementSpot(e.list(), ElemSlot, 0, m.id, off)
		for _, o := range op.Over {
			om, ooff, of, ok := n.thing(o)
			if !ok || !(om == m && ooff == off) && !same(of.slot(), slot) {
				return false
			}
		}
		f = fact{Entry, slot}
	case block.OpPut, block.OpAbsent, block.OpChild:
		m := n.container(op.C)
		if m == nil {
			return false
		}
		slot := slotSpot(m, op.Key)
		for _, o := range op.Over {
			if _, _, of, ok := n.thing(o); !ok || !same(of.slot(), slot) {
				return false
			}
		}
		f = fact{Entry, slot}
		if op.Code == block.OpChild {
			inc := uint32(0)
			if op.HasAt {
				_, _, b, ok := n.thing(op.At)
				if !ok || b.class != EntryMaker || !same(b.slot(), slot) || b.at.kind != op.Kind {
					return false
				}
				inc = b.at.inc + 1
			}
			f = fact{EntryMaker, childSpot(slot, op.Kind, inc)}
		}
	case block.OpAdd, block.OpStep:
		f = fact{map[block.Code]Class{block.OpAdd: Tag, block.OpStep: Step}[op.Code], n.container(op.C)}
		if f.at == nil {
			return false
		}
	case block.OpDelete, block.OpRestore:
		f.class = Delete
		for _, r := range op.Runs {
			for k := range uint64(r.Len) {
				_, _, t, ok := n.thing(block.Thing{C: r.C, N: r.N + k})
				if !ok || (t.class == Delete) != (op.Code == block.OpRestore) {
					return false
				}
			}
		}
	}
	for range op.Numbers() {
		n.facts = append(n.facts, f)
	}
	n.spots = append(n.spots, f.at)
	return true
}

// pathOf spells the identity of a place of a table as the twin does.
func pathOf(t *Table, p int32) string {
	pl := t.Get(p)
	switch pl.Sort {
	case Root:
		return rootSpot(pl.Kind, pl.Name).path
	case Slot:
		return slotSpot(&spot{path: pathOf(t, pl.Up)}, pl.Name).path
	case Child:
		return childSpot(&spot{path: pathOf(t, pl.Up)}, pl.Kind, pl.Inc).path
	case Children:
		name := "the root"
		if len(pl.Name) == 36 {
			name = fmt.Sprintf("%x.%d", pl.Name[:6], binary.BigEndian.Uint32([]byte(pl.Name[32:])))
		}
		return childrenSpot(&spot{path: pathOf(t, pl.Up)}, name).path
	case ElemSlot, ElemChild, ElemPos, NodeMap:
		if len(pl.Name) != 36 {
			return fmt.Sprintf("element of the open change %x", pl.Name)
		}
		off := binary.BigEndian.Uint32([]byte(pl.Name[32:]))
		return elementSpot(&spot{path: pathOf(t, pl.Up)}, pl.Sort, pl.Kind, block.ID([]byte(pl.Name)[:32]), off).path
	}
	return "free"
}
