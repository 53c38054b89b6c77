package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// ListTx edits a list. Elements are named by their Elem, which stays right when
// others insert before it.
type ListTx struct {
	tx *Tx
	at int32
}

// list is the list for reading.
func (l ListTx) list() List { return List{place{l.tx.now(), l.at}} }

// Len is how many elements are shown.
func (l ListTx) Len() int { return l.list().Len() }

// Elem is the element at position i; see [List.Elem].
func (l ListTx) Elem(i int) Elem { return l.list().Elem(i) }

// Index is the position of e; see [List.Index].
func (l ListTx) Index(e Elem) (int, bool) { return l.list().Index(e) }

// Get is the value at position i; see [List.Get].
func (l ListTx) Get(i int) Value { return l.list().Get(i) }

// Insert puts values before position i and returns the first of the new
// elements; the zero Elem when the Update is doomed.
func (l ListTx) Insert(i int, values ...any) Elem {
	d := l.tx.doc()
	var first Elem
	for k, v := range values {
		e := l.insertOne(d, i+k, v)
		if k == 0 {
			first = e
		}
	}
	return first
}

// insertOne puts one value before position i; values that follow each other go
// into one op.
func (l ListTx) insertOne(d *Doc, i int, v any) Elem {
	if l.tx.err != nil {
		return Elem{}
	}
	x, err := NewValue(v)
	if err != nil {
		l.tx.doom(err)
		return Elem{}
	}
	if !l.inRange(d, i) || !d.room(l.tx, len(x.raw), 0, 1) || !l.tx.words(x.raw) {
		return Elem{}
	}
	q := d.s.Seq(l.at)
	d.touch(l.at)
	lv := d.numbers(1, shape.Of(shape.Elem, l.at))
	size := uint32(len(x.raw))
	d.s.AddValues(lv, []uint32{size}, uint32(len(d.words))-size)
	parent, side, cont := q.InsertAt(i, lv, 1, 0)
	o := d.open
	if k := len(o.ops); cont && k > o.fence && o.ops[k-1].Code == block.OpValues && lv > o.h.LV {
		o.ops[k-1].Lens = append(o.ops[k-1].Lens, size)
		o.bytes += 5
		return Elem{d, lv + 1}
	}
	op := block.Op{Code: block.OpValues, Side: block.Side(side), Lens: []uint32{size}, C: d.containerOp(l.at)}
	op.HasAt, op.At = d.thingOp(parent)
	o.push(op)
	return Elem{d, lv + 1}
}

// inRange dooms the Update when i is no position of the list.
func (l ListTx) inRange(d *Doc, i int) bool {
	n := 0
	if q := d.s.Peek(l.at); q != nil {
		n = q.Len()
	}
	if i < 0 || i > n {
		l.tx.doom(fmt.Errorf("crdt: list position %d of %d: %w", i, n, ErrRange))
		return false
	}
	return true
}

// InsertMap puts a new map before position i.
func (l ListTx) InsertMap(i int) (Elem, MapTx) {
	e, p := l.insertChild(i, block.KindMap)
	return e, MapTx{l.tx, p}
}

// InsertText puts a new text before position i.
func (l ListTx) InsertText(i int) (Elem, TextTx) {
	e, p := l.insertChild(i, block.KindText)
	return e, TextTx{l.tx, p, Runes}
}

// InsertList puts a new list before position i.
func (l ListTx) InsertList(i int) (Elem, ListTx) {
	e, p := l.insertChild(i, block.KindList)
	return e, ListTx{l.tx, p}
}

// InsertTree puts a new tree before position i.
func (l ListTx) InsertTree(i int) (Elem, TreeTx) {
	e, p := l.insertChild(i, block.KindTree)
	return e, TreeTx{l.tx, p}
}

// insertChild puts a new container before position i.
func (l ListTx) insertChild(i int, kind block.Kind) (Elem, int32) {
	d := l.tx.doc()
	if l.tx.err != nil || !l.inRange(d, i) || !d.room(l.tx, 0, 0, 1) {
		return Elem{}, d.scrap(kind)
	}
	q := d.s.Seq(l.at)
	d.touch(l.at)
	lv := d.open.next()
	p := d.t.InternElement(d.g, shape.ElemChild, l.at, kind, graph.Of(d.open.h), lv-d.open.h.LV)
	d.numbers(1, shape.Of(shape.ElemMaker, p))
	parent, side, _ := q.InsertAt(i, lv, 1, 0)
	op := block.Op{Code: block.OpListChild, Side: block.Side(side), Kind: kind, C: d.containerOp(l.at)}
	op.HasAt, op.At = d.thingOp(parent)
	d.open.push(op)
	return Elem{d, lv + 1}, p
}

// Put sets the value of an element. ErrNotFound when e is no element of this
// list.
func (l ListTx) Put(e Elem, v any) {
	d := l.tx.doc()
	if l.tx.err != nil {
		return
	}
	lv, ok := l.own(e)
	if !ok {
		return
	}
	x, err := NewValue(v)
	if err != nil {
		l.tx.doom(err)
		return
	}
	if !d.room(l.tx, len(x.raw), 1, 1) {
		return
	}
	r, off := d.refOf(lv)
	slot := d.t.InternElement(d.g, shape.ElemSlot, l.at, 0, r, off)
	d.s.AddElemSlot(slot, lv)
	d.hideChildren(l.tx, slot)
	if !l.tx.words(x.raw) {
		return
	}
	over := d.frontier(slot)
	n := d.numbers(1, shape.Of(shape.Entry, slot))
	size := uint32(len(x.raw))
	d.s.AddEntry(slot, n, over, entries.Value, -1, uint32(len(d.words))-size, size)
	op := block.Op{Code: block.OpSet, Over: d.overOp(over), Bytes: size}
	_, op.At = d.thingOp(lv)
	op.HasAt = true
	d.open.push(op)
}

// own is the LV of an element of this list; it dooms the Update otherwise.
func (l ListTx) own(e Elem) (graph.LV, bool) {
	d := l.tx.doc()
	lv, ok := d.elemLV(e)
	if ok {
		w := d.t.At(lv)
		ok = (w.Class() == shape.Elem && w.Place() == l.at) || (w.Class() == shape.ElemMaker && d.t.Get(w.Place()).Up == l.at)
	}
	if !ok {
		l.tx.doom(fmt.Errorf("crdt: no element of the list: %w", ErrNotFound))
	}
	return lv, ok
}

// Delete removes an element; a container in it goes with it and comes back with
// it. An element that is deleted already stays so.
func (l ListTx) Delete(e Elem) {
	d := l.tx.doc()
	if l.tx.err != nil {
		return
	}
	lv, ok := l.own(e)
	if !ok || !d.room(l.tx, 0, 1, 1) {
		return
	}
	d.open.fresh = d.open.fresh || !d.s.Life.Alive(lv)
	d.deleteNumbers(lv, 1)
	d.s.Settle()
}

// DeleteRange removes the elements at positions [i, j).
func (l ListTx) DeleteRange(i, j int) {
	d := l.tx.doc()
	if l.tx.err != nil || !l.inRange(d, i) || !l.inRange(d, j) {
		return
	}
	if j < i {
		l.tx.doom(fmt.Errorf("crdt: range %d to %d: %w", i, j, ErrRange))
		return
	}
	if d.s.Moved(l.at) {
		l.deleteElems(i, j)
		return
	}
	d.deleteText(l.tx, l.at, i, j-i)
}

// Map is the map that element e is, [ListTx.InsertMap]; it dooms the Update
// with ErrNotFound when e is none.
func (l ListTx) Map(e Elem) MapTx { return MapTx{l.tx, l.child(e, block.KindMap)} }

// Text is the text that element e is.
func (l ListTx) Text(e Elem) TextTx { return TextTx{l.tx, l.child(e, block.KindText), Runes} }

// List is the list that element e is.
func (l ListTx) List(e Elem) ListTx { return ListTx{l.tx, l.child(e, block.KindList)} }

// Tree is the tree that element e is.
func (l ListTx) Tree(e Elem) TreeTx { return TreeTx{l.tx, l.child(e, block.KindTree)} }

// child is the place of the container that element e is.
func (l ListTx) child(e Elem, kind block.Kind) int32 {
	d := l.tx.doc()
	lv, ok := l.own(e)
	if ok {
		if w := d.t.At(lv); w.Class() == shape.ElemMaker && d.t.Container(w.Place()) == kind {
			return w.Place()
		}
		l.tx.doom(fmt.Errorf("crdt: the element is no such container: %w", ErrNotFound))
	}
	return d.scrap(kind)
}
