package shape

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// invalid is the error of an op that breaks a rule given its past.
func invalid(rule string, args ...any) error {
	return fmt.Errorf("shape: "+rule+": %w", append(args, block.ErrInvalid)...)
}

// Admit tests every op of a held change against the change's past and notes in
// it what its numbers are and where. It depends on the change and its past
// only. On ErrInvalid nothing is kept.
func (t *Table) Admit(g *graph.Graph, h *graph.Held) error {
	r, op := &t.rd, &t.op
	r.ResetBriefs(h.Ops, h.Briefs)
	self := graph.Of(h)
	h.Places = slices.Grow(h.Places[:0], h.NOps)
	kept := h.Parts[:0]
	h.Parts = t.parts[:0] // they grow in working space
	t.fresh = t.fresh[:0]
	defer t.sweep()
	var off uint32
	for k := 0; r.Next(op); k++ {
		h.Acts = h.Acts || op.Code == block.OpAct
		h.Noted = h.Noted || op.Code == block.OpNote
		p, w, err := t.Locate(g, self, off, op)
		if err != nil {
			t.Drop(h)
			return fmt.Errorf("op %d: %w", k, err)
		}
		h.Places = append(h.Places, p)
		if p != NoPlace {
			t.need(p)
		}
		if n := op.Numbers(); n > 0 {
			if l := len(h.Parts); l == 0 || h.Parts[l-1].What != uint32(w) {
				h.Parts = append(h.Parts, graph.Part{Off: off, What: uint32(w)})
			}
			off += n
		}
	}
	t.parts, h.Parts = h.Parts, append(kept, h.Parts...)
	return nil
}

// Locate finds the place that an op of change r speaks of and what its numbers
// are; off is the offset in the change of the first of them. The place of an op
// that makes a container is the container's. ErrInvalid when the op names
// something that is not there or is of another kind. Places that are new are
// made, unpinned.
func (t *Table) Locate(g *graph.Graph, r graph.Ref, off uint32, op *block.Op) (int32, What, error) {
	switch op.Code {
	case block.OpText, block.OpValues, block.OpListChild, block.OpBlock, block.OpQuote:
		return t.locateElement(g, r, off, op)
	case block.OpSet, block.OpMove:
		return t.locateOfElement(g, r, op)
	case block.OpPut, block.OpAbsent, block.OpChild:
		return t.locateEntry(g, r, op)
	case block.OpAdd, block.OpStep:
		c, err := t.container(g, r, op.C)
		if op.Code == block.OpAdd {
			return c, Of(Tag, c), err
		}
		return c, Of(Step, c), err
	case block.OpDelete, block.OpRestore:
		return NoPlace, Deletes, t.checkRuns(g, r, op)
	case block.OpNode, block.OpTreeMove:
		return t.locateNode(g, r, off, op)
	case block.OpMark:
		return t.locateMark(g, r, op)
	}
	return NoPlace, 0, nil // genesis, note, act: no numbers
}

// locateElement places an insert into a text or list.
func (t *Table) locateElement(g *graph.Graph, r graph.Ref, off uint32, op *block.Op) (int32, What, error) {
	c, err := t.container(g, r, op.C)
	if err != nil {
		return NoPlace, 0, err
	}
	if err := t.checkParent(g, r, op, c); err != nil {
		return NoPlace, 0, err
	}
	kind := op.Kind
	switch op.Code {
	case block.OpBlock:
		kind = block.KindMap
	case block.OpListChild:
	default:
		return c, Of(Elem, c), nil
	}
	p := t.intern(key{t.Element(g, r, off), c, 0, ElemChild, kind})
	return p, Of(ElemMaker, p), nil
}

// checkParent tests that an insert into the sequence at c stands at an element
// of it.
func (t *Table) checkParent(g *graph.Graph, r graph.Ref, op *block.Op, c int32) error {
	if !op.HasAt {
		return nil
	}
	_, _, w, err := t.thing(g, r, op.At)
	if err == nil && t.SequenceOf(w) != c {
		return invalid("parent is no element of the container")
	}
	return err
}

// SequenceOf is the place of the sequence in which a number is an element: a
// text, a list, or the children of a node; NoPlace if it is none.
func (t *Table) SequenceOf(w What) int32 {
	switch w.Class() {
	case Elem, NodeMove:
		return w.Place()
	case ElemMaker, Move, Node:
		return t.places[w.Place()].Up
	}
	return NoPlace
}

// locateOfElement places a new value or position of a list element.
func (t *Table) locateOfElement(g *graph.Graph, r graph.Ref, op *block.Op) (int32, What, error) {
	th, sort, class := op.At, ElemSlot, Entry
	if op.Code == block.OpMove {
		th, sort, class = op.Elem, ElemPos, Move
	}
	er, eo, w, err := t.thing(g, r, th)
	if err != nil {
		return NoPlace, 0, err
	}
	list := t.SequenceOf(w)
	if (w.Class() != Elem && w.Class() != ElemMaker) || t.places[list].Kind != block.KindList {
		return NoPlace, 0, invalid("op %d names no list element", op.Code)
	}
	if op.Code == block.OpMove {
		if err := t.checkParent(g, r, op, list); err != nil {
			return NoPlace, 0, err
		}
	}
	slot := t.intern(key{t.Element(g, er, eo), list, 0, sort, 0})
	for _, o := range op.Over {
		or, oo, w, err := t.thing(g, r, o)
		if err != nil {
			return NoPlace, 0, err
		}
		itself := g.IDOf(or) == g.IDOf(er) && oo == eo
		if !itself && w != Of(class, slot) {
			return NoPlace, 0, invalid("over names no value or position of the element")
		}
	}
	return slot, Of(class, slot), nil
}

// locateNode places a node of a tree or a move of one.
func (t *Table) locateNode(g *graph.Graph, r graph.Ref, off uint32, op *block.Op) (int32, What, error) {
	var tree int32
	var err error
	if op.Code == block.OpNode {
		tree, err = t.container(g, r, op.C)
	} else {
		_, _, tree, err = t.node(g, r, op.Elem)
	}
	if err != nil {
		return NoPlace, 0, err
	}
	name := "" // of the root of the tree
	if op.HasDest {
		dr, do, of, err := t.node(g, r, op.Dest)
		if err != nil {
			return NoPlace, 0, err
		}
		if of != tree {
			return NoPlace, 0, invalid("destination is a node of another tree")
		}
		name = t.Element(g, dr, do)
	}
	c := t.intern(key{name, tree, 0, Children, 0})
	if err := t.checkParent(g, r, op, c); err != nil {
		return NoPlace, 0, err
	}
	if op.Code == block.OpTreeMove {
		return c, Of(NodeMove, c), nil
	}
	p := t.intern(key{t.Element(g, r, off), c, 0, NodeMap, block.KindMap})
	return p, Of(Node, p), nil
}

// node resolves a thing that must be a node, and gives its tree.
func (t *Table) node(g *graph.Graph, r graph.Ref, th block.Thing) (x graph.Ref, off uint32, tree int32, err error) {
	x, off, w, err := t.thing(g, r, th)
	if err == nil && w.Class() != Node {
		err = invalid("no node at number %d of place %d", th.N, th.C)
	}
	if err != nil {
		return graph.NoRef, 0, NoPlace, err
	}
	return x, off, t.TreeOf(w), nil
}

// TreeOf is the place of the tree of a node or a move of one.
func (t *Table) TreeOf(w What) int32 { return t.places[t.SequenceOf(w)].Up }

// locateMark places a mark: all elements that it names are of its text.
func (t *Table) locateMark(g *graph.Graph, r graph.Ref, op *block.Op) (int32, What, error) {
	c, err := t.container(g, r, op.C)
	if err != nil {
		return NoPlace, 0, err
	}
	check := func(th block.Thing) {
		_, _, w, e := t.thing(g, r, th)
		if e == nil && t.SequenceOf(w) != c {
			e = invalid("mark names no element of its text")
		}
		if err == nil {
			err = e
		}
	}
	check(op.Elem)
	check(op.Last)
	for _, grow := range []block.Growth{op.Left, op.Right} {
		if grow.Grow == block.GrowThing {
			check(grow.At)
		}
	}
	if err != nil {
		return NoPlace, 0, err
	}
	return c, Of(Mark, c), nil
}

// locateEntry places an entry of a map key.
func (t *Table) locateEntry(g *graph.Graph, r graph.Ref, op *block.Op) (int32, What, error) {
	m, err := t.container(g, r, op.C)
	if err != nil {
		return NoPlace, 0, err
	}
	slot := t.intern(key{op.Key, m, 0, Slot, 0})
	for _, o := range op.Over {
		_, _, w, err := t.thing(g, r, o)
		if err != nil {
			return NoPlace, 0, err
		}
		if t.slotOf(w) != slot {
			return NoPlace, 0, invalid("over names no entry of the key")
		}
	}
	if op.Code != block.OpChild {
		return slot, Of(Entry, slot), nil
	}
	var inc uint32
	if op.HasAt {
		_, _, w, err := t.thing(g, r, op.At)
		if err != nil {
			return NoPlace, 0, err
		}
		if w.Class() != EntryMaker || t.slotOf(w) != slot || t.places[w.Place()].Kind != op.Kind {
			return NoPlace, 0, invalid("base names no child of the key and kind")
		}
		inc = t.places[w.Place()].Inc + 1
	}
	p := t.intern(key{"", slot, inc, Child, op.Kind})
	return p, Of(EntryMaker, p), nil
}

// slotOf is the slot an entry belongs to, NoPlace if w is none.
func (t *Table) slotOf(w What) int32 {
	switch w.Class() {
	case Entry:
		return w.Place()
	case EntryMaker:
		return t.places[w.Place()].Up
	}
	return NoPlace
}

// container finds the container that C names in change r.
func (t *Table) container(g *graph.Graph, r graph.Ref, c block.Container) (int32, error) {
	if !c.Child {
		if m := t.met; m < int32(len(t.places)) && t.places[m].Sort == Root && t.places[m].Kind == c.Kind && t.places[m].Name == c.Name {
			return m, nil
		}
		t.met = t.intern(key{c.Name, NoPlace, 0, Root, c.Kind})
		return t.met, nil
	}
	_, _, w, err := t.thing(g, r, c.At)
	if err != nil {
		return NoPlace, err
	}
	if !w.makes() || t.places[w.Place()].Kind != c.Kind {
		return NoPlace, invalid("container names no child of its kind")
	}
	return w.Place(), nil
}

// thing resolves a thing of change r.
func (t *Table) thing(g *graph.Graph, r graph.Ref, th block.Thing) (graph.Ref, uint32, What, error) {
	l, ok := g.LinkOf(r, th.C)
	if ok {
		if x, off, found := g.Resolve(l, th.N); found {
			return x, off, t.whatAt(g, x, off), nil
		}
	}
	return graph.NoRef, 0, 0, invalid("no number %d at place %d", th.N, th.C)
}

// checkRuns tests that a delete names deletable numbers only and a restore
// delete numbers only.
func (t *Table) checkRuns(g *graph.Graph, r graph.Ref, op *block.Op) error {
	wantDelete := op.Code == block.OpRestore
	for _, run := range op.Runs {
		l, ok := g.LinkOf(r, run.C)
		if !ok {
			return invalid("no place %d", run.C)
		}
		fits := true
		ok = g.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) {
			fits = fits && t.all(g, x, off, n, wantDelete)
		})
		if !ok || !fits {
			return invalid("run %d+%d at place %d names the wrong numbers", run.N, run.Len, run.C)
		}
	}
	return nil
}

// all tells whether n numbers of a change are all delete numbers, or none.
func (t *Table) all(g *graph.Graph, x graph.Ref, off, n uint32, deletes bool) bool {
	fits := true
	if h := x.Held(); h != nil && !h.ID.IsZero() {
		for k := partAt(h, off); k < len(h.Parts) && h.Parts[k].Off < off+n; k++ {
			fits = fits && (What(h.Parts[k].What).Class() == Delete) == deletes
		}
		return fits
	}
	t.Range(g.LVOf(x, off), n, func(_ LV, _ uint32, w What) {
		fits = fits && (w.Class() == Delete) == deletes
	})
	return fits
}
