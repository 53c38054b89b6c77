package crdt

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Invert takes a change back by the inverse of each of its ops (DESIGN 6): what
// it made is deleted, what it deleted is restored, as the same elements with
// their first authors, and what it restored is deleted anew unless somebody else
// restored it too. The inverse of an inverse is the redo.
//
// Four things stay: a container that was only made by walking a path to it, a
// container in which another author's work is alive, a list element whose winning
// value is another author's, and a node of a tree with another author's node below
// it or work in it. Invert never touches their work.
//
// ErrNotFound when the doc has no such sealed change.
func (tx *Tx) Invert(change cid.Cid) {
	d := tx.doc()
	if tx.err != nil {
		return
	}
	i, ok := d.find(change)
	if !ok {
		tx.doom(fmt.Errorf("crdt: invert %s: %w", change, ErrNotFound))
		return
	}
	inv := inverse{tx: tx, d: d, of: []int32{i}}
	inv.collect()
	inv.write()
}

// collect finds what the inverse is, of all its changes as if they were one.
func (v *inverse) collect() {
	for _, i := range v.of {
		v.d.t.Range(v.d.g.First(i), v.d.g.Count(i), v.made)
	}
	v.restores()
}

// write writes what was collected.
func (v *inverse) write() {
	d := v.d
	for _, r := range v.distinct() {
		v.each(r, func(r stretch) { d.deleteNumbers(r.lv, r.n) })
	}
	v.begun = false
	for _, r := range v.back {
		v.each(r, d.restoreNumbers)
	}
	d.s.Settle()
	if v.undoes {
		v.unhide()
	}
	v.carry()
}

// inverse is one Invert: what it will delete and which delete numbers it will
// restore.
type inverse struct {
	tx      *Tx
	d       *Doc
	of      []int32    // changes of one author, ascending
	left    []graph.LV // elements and child entries that stay for others' sake
	deletes []stretch
	back    []stretch
	begun   bool      // its first op was written
	undoes  bool      // it is a press of undo
	looks   int       // markers that were looked at for before
	markers markersOf // that it takes back
	before  markersOf // that presses before it took back, near what it brings to light
}

// each writes a stretch in pieces that fit into a change.
func (v *inverse) each(r stretch, write func(stretch)) {
	for r.n > 0 {
		k := min(r.n, block.MaxNamed/2)
		if !v.d.room(v.tx, 0, int(k), int(k)) {
			return
		}
		v.d.open.fresh = v.d.open.fresh || !v.begun
		v.begun = true
		write(stretch{r.lv, k})
		r.lv, r.n = r.lv+k, r.n-k
	}
}

// made collects what to do about numbers that the change made.
func (v *inverse) made(lv graph.LV, n uint32, w shape.What) {
	if w.Class() == shape.Delete {
		v.back = append(v.back, stretch{lv, n})
		return
	}
	if w.Class() == shape.Elem && v.d.t.Container(w.Place()) == block.KindText {
		v.delete(lv, n)
		return
	}
	for end := lv + n; lv < end; lv++ {
		if !v.stays(lv, w) {
			v.delete(lv, 1)
			v.markers.add(v.d, lv, w)
		}
	}
}

// delete collects numbers to delete, neighbours in one stretch.
func (v *inverse) delete(lv graph.LV, n uint32) {
	if k := len(v.deletes) - 1; k >= 0 && v.deletes[k].lv+v.deletes[k].n == lv {
		v.deletes[k].n += n
		return
	}
	v.deletes = append(v.deletes, stretch{lv, n})
}

// distinct are the numbers to delete in ascending stretches, each number once.
func (v *inverse) distinct() []stretch { return union(v.deletes) }

// stays tells whether a number stays though its change is taken back.
func (v *inverse) stays(lv graph.LV, w shape.What) bool {
	if w.Class() == shape.EntryMaker && len(v.d.s.Slots.Over(lv, nil)) == 0 {
		return true // nobody's act
	}
	return v.keeps(lv, w)
}

// keeps tells whether a number stays for others' sake, and notes it then.
func (v *inverse) keeps(lv graph.LV, w shape.What) bool {
	stays := false
	switch w.Class() {
	case shape.EntryMaker:
		stays = v.othersIn(w.Place())
	case shape.ElemMaker:
		stays = v.othersValue(lv) || v.othersIn(w.Place())
	case shape.Elem:
		stays = v.othersValue(lv)
	case shape.Node:
		stays = v.othersBelow(lv)
	}
	if stays {
		v.left = append(v.left, lv)
	}
	return stays
}

// othersValue tells whether the winning value of a list element is another
// author's.
func (v *inverse) othersValue(lv graph.LV) bool {
	slot, ok := v.d.s.ElemSlot(lv)
	if !ok {
		return false
	}
	e, ok := v.d.s.Slots.Winner(slot)
	return ok && v.others(e.LV)
}

// others tells whether a number is another author's than the changes'.
func (v *inverse) others(lv graph.LV) bool {
	return v.d.authorOf(lv) != Author(v.d.g.Key(v.of[0]))
}

// othersIn tells whether anything of another author is alive in a container or
// below it.
func (v *inverse) othersIn(c int32) bool {
	d := v.d
	stack := []int32{c}
	seen := map[int32]bool{} // several entries may stand for one container
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		seen[c] = true
		found := false
		switch d.t.Container(c) {
		case block.KindText, block.KindList:
			if q := d.s.Peek(c); q != nil {
				q.All(func(lv graph.LV, n uint32, _ bool) bool {
					d.eachElement(lv, n, func(lv graph.LV, n uint32) { found = found || v.othersAmong(lv, n, &stack) })
					return !found
				})
			}
		case block.KindMap:
			for _, slot := range d.s.Keys(c) {
				if e, ok := d.s.Slots.Winner(slot); ok && v.others(e.LV) {
					found = true
				}
				for _, lv := range d.s.Slots.Entries(slot, nil) {
					e, _ := d.s.Slots.Entry(lv)
					if e.Kind == entries.Child {
						stack = append(stack, e.Child)
					}
				}
			}
		case block.KindSet:
			for _, lv := range d.s.Tags.Alive(c, nil) {
				found = found || v.others(lv)
			}
		case block.KindCounter:
			d.s.Steps.EachAlive(c, func(lv graph.LV, _ int64) bool {
				found = v.others(lv)
				return !found
			})
		case block.KindTree:
			found = v.othersInTree(c, &stack)
		}
		if found {
			return true
		}
	}
	return false
}

// othersAmong tells whether an alive element of a range is another author's, and
// adds the containers that its elements are to the stack.
func (v *inverse) othersAmong(lv graph.LV, n uint32, stack *[]int32) bool {
	d := v.d
	for _, r := range d.alive(nil, lv, n) {
		for e := r.lv; e < r.lv+r.n; e++ { // a value that another gave an element is work in the list
			if v.othersValue(e) {
				return true
			}
		}
		for lv, end := r.lv, r.lv+r.n; lv < end; {
			_, k := d.changeRun(lv, end-lv)
			if v.others(lv) {
				return true
			}
			lv += k
		}
		d.t.Range(r.lv, r.n, func(lv graph.LV, _ uint32, w shape.What) {
			if w.Class() == shape.ElemMaker {
				*stack = append(*stack, w.Place())
			}
		})
	}
	return false
}

// restores collects what the changes restored and nobody else did: it is deleted
// anew, unless they had deleted it themselves.
func (v *inverse) restores() {
	d, g := v.d, v.d.g
	own := map[graph.LV]uint32{} // how many restores of theirs that count name a delete number
	for _, i := range v.of {
		counts := uint32(0)
		if d.s.Effective(i) {
			counts = 1
		}
		d.eachRestore(i, func(d0 graph.LV, n uint32) {
			for k := range n {
				own[d0+k] += counts
			}
		})
	}
	for _, i := range v.of {
		d.eachRestore(i, func(d0 graph.LV, n uint32) {
			for k := range n {
				base, fresh := own[d0+k]
				if !fresh {
					continue // done already
				}
				delete(own, d0+k)
				c := g.ChangeOf(d0 + k)
				if _, theirs := slices.BinarySearch(v.of, c); theirs {
					continue
				}
				if !d.s.Effective(c) {
					base++
				}
				if d.s.Life.Count(d0+k) <= base {
					d.s.Life.Targets(d0+k, 1, func(_, e graph.LV, _ uint32) { v.anew(e) })
				}
			}
		})
	}
}

// anew collects a number that is to be deleted anew, unless it is the author's own and
// another has worked in it since it was brought back.
func (v *inverse) anew(lv graph.LV) {
	w := v.d.t.At(lv)
	if v.others(lv) || w.Class() == shape.Elem && v.d.t.Container(w.Place()) == block.KindText || !v.keeps(lv, w) {
		v.delete(lv, 1)
	}
}

// eachRestore yields the delete numbers that the restores of change i name.
func (d *Doc) eachRestore(i int32, yield func(lv graph.LV, n uint32)) {
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	for r.Next(&op) {
		if op.Code != block.OpRestore {
			continue
		}
		for _, run := range op.Runs {
			l, _ := d.g.LinkOf(graph.At(i), run.C)
			d.g.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) { yield(d.g.LVOf(x, off), n) })
		}
	}
}

// restoreNumbers restores what the given delete numbers deleted; the state has
// to be settled afterwards.
func (d *Doc) restoreNumbers(r stretch) {
	o := d.open
	o.named += r.n
	if k := len(o.ops); k <= o.fence || o.ops[k-1].Code != block.OpRestore || o.fresh {
		o.push(block.Op{Code: block.OpRestore})
		o.fresh = false
	}
	op := &o.ops[len(o.ops)-1]
	for lv, n := r.lv, r.n; n > 0; {
		t, k := d.stretch(lv, n)
		if last := len(op.Runs) - 1; last >= 0 && op.Runs[last].C == t.C && op.Runs[last].N+uint64(op.Runs[last].Len) == t.N {
			op.Runs[last].Len += k
		} else {
			op.Runs = append(op.Runs, block.Run{C: t.C, N: t.N, Len: k})
			o.bytes += 12
		}
		lv, n = lv+k, n-k
	}
	d.s.Life.Restore(r.lv, r.n, true)
	d.save.restored = append(d.save.restored, r)
}
