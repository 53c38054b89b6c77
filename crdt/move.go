package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// A list element that was moved stands in the list's sequence by a number of its
// own for each place: the number of the element is the first, and each move makes
// another. One of them is shown. So a number that stands in a sequence is turned
// into the element by State.ElemOf, and an element into the number by which it
// stands by State.PosOf, wherever a list is read.

// Move puts an element at position to of the list, where it stands afterwards: to
// is from 0 to Len-1. Whoever moves the same element at the same time, there is
// one of it still, at the place of one of the movers; who deletes it wins; who
// sets its value sets it at the new place. An element that stands there already is
// not moved.
//
// The Update is doomed by ErrNotFound when e is no element that the list shows, by
// ErrRange when to is no position of one.
func (l ListTx) Move(e Elem, to int) {
	d := l.tx.doc()
	if l.tx.err != nil {
		return
	}
	lv, ok := l.own(e)
	if !ok {
		return
	}
	q := d.s.Seq(l.at)
	from, shown := standsAt(d.s, q, lv)
	switch {
	case !shown:
		l.tx.doom(fmt.Errorf("crdt: the element is not shown: %w", ErrNotFound))
		return
	case to < 0 || to >= q.Len():
		l.tx.doom(fmt.Errorf("crdt: list position %d of %d: %w", to, q.Len(), ErrRange))
		return
	case to == from:
		return
	case to > from: // the place behind it falls away
		to++
	}
	r, off := d.refOf(lv)
	slot := d.t.InternElement(d.g, shape.ElemPos, l.at, 0, r, off)
	d.s.AddElemPos(slot, lv)
	over := d.frontierIn(d.s.Positions(), slot)
	if !d.room(l.tx, 0, len(over), 1) {
		return
	}
	d.touch(l.at)
	n := d.numbers(1, shape.Of(shape.Move, slot))
	parent, side, _ := q.InsertAt(to, n, 1, 0)
	d.s.AddMove(slot, lv, n, over)
	op := block.Op{Code: block.OpMove, Side: block.Side(side), Over: d.overOp(over)}
	_, op.Elem = d.thingOp(lv)
	op.HasAt, op.At = d.thingOp(parent)
	d.open.push(op)
	d.s.Settle()
}

// deleteElems deletes the elements shown at [i, j) of a list in which some were
// moved: what stands there need not be the number of the element.
func (l ListTx) deleteElems(i, j int) {
	d := l.tx.doc()
	var list []stretch
	d.s.Seq(l.at).Runs(i, j, func(lv graph.LV, n uint32) bool {
		for end := lv + n; lv < end; lv++ {
			e := d.s.ElemOf(lv)
			if k := len(list) - 1; k >= 0 && list[k].lv+list[k].n == e && list[k].n < block.MaxNamed/2 {
				list[k].n++
				continue
			}
			list = append(list, stretch{e, 1})
		}
		return true
	})
	for _, r := range list {
		if !d.room(l.tx, 0, int(r.n), int(r.n)) {
			return
		}
		d.deleteNumbers(r.lv, r.n)
	}
	d.s.Settle()
}

// standsAt is the position of a list element in its sequence; false when it is not
// shown, or lv is no element of it.
func standsAt(s *state.State, q *sequence.Seq, lv graph.LV) (pos int, shown bool) {
	if !q.Has(lv) || s.T.At(lv).Class() == shape.Move {
		return 0, false
	}
	at := s.PosOf(lv)
	if at == graph.None {
		at = lv // hidden like all its positions
	}
	return q.Index(at)
}

// By tells who put element e into the list, and who moved it to where it stands;
// moved is zero when it stands where it was put, both when it is not shown here.
// Who has set its value is in [Value.By].
func (l List) By(e Elem) (made, moved Author) {
	l.seq(func(s *state.State, q *sequence.Seq) {
		lv, ok := l.v.d.elemLV(e)
		if !ok {
			return
		}
		if _, shown := standsAt(s, q, lv); !shown {
			return
		}
		made = l.v.d.authorOf(lv)
		if at := s.PosOf(lv); at != lv {
			moved = l.v.d.authorOf(at)
		}
	})
	return made, moved
}
