package crdt

import (
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// A list element that was moved goes from one place and comes in at another, with all
// that is in it; diff_shuffle.go makes one patch of both.

// noteElems notes elements of the list or text at a place; of those that were ever
// moved it is asked where they stand.
func (p *since) noteElems(x *dirt, of int32, r stretch) {
	if !p.s.Moved(of) {
		x.runs = append(x.runs, r)
		return
	}
	for ; r.n > 0; r.lv, r.n = r.lv+1, r.n-1 {
		if _, moved := p.s.PosSlot(r.lv); moved {
			x.places = append(x.places, r.lv)
			continue
		}
		x.runs = append(x.runs, stretch{r.lv, 1})
	}
}

// stood is the number by which a list element stood then, graph.None when it was
// not shown: its greatest position that was alive.
func (p *since) stood(elem graph.LV) graph.LV {
	if !p.shown(elem) {
		return graph.None
	}
	slot, moved := p.s.PosSlot(elem)
	if !moved {
		return elem
	}
	at := elem
	p.s.Positions().Down(slot, func(e entries.Entry, _ bool) bool {
		if p.alive(e.LV) {
			at = e.LV
			return false
		}
		return true
	})
	return at
}

// moved adds what has become of an element that was moved ever.
func (p *since) moved(list []edit, q *sequence.Seq, elem graph.LV) []edit {
	then, now := p.stood(elem), p.s.PosOf(elem)
	if then == now {
		return list
	}
	if then != graph.None {
		at, _ := q.Index(then)
		list = append(list, edit{stretch{then, 1}, at, gone})
	}
	if now != graph.None {
		at, _ := q.Index(now)
		list = append(list, edit{stretch{now, 1}, at, come})
	}
	return list
}

// places is what a list with moved elements shows in one state, one by one; both:
// the other state shows the same element by the same number.
func (p *states) places(c int32, m, other moment) []shownPiece {
	q, r := m.s.Peek(c), other.s.Peek(c)
	if q == nil {
		return nil
	}
	var out []shownPiece
	q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
		for end := lv + n; lv < end; lv++ {
			both := r != nil && r.Has(lv)
			if both {
				_, both = r.Index(lv)
			}
			out = append(out, shownPiece{stretch{lv, 1}, both})
		}
		return true
	})
	return out
}

// comes adds the patch that what stands by a number comes into a list: by who moved
// it there, if it is a move.
func (x *differ) comes(t *task, lv graph.LV, at int) {
	e := x.now.s.ElemOf(lv)
	n := len(x.next)
	x.element(t, PatchInsert, at, x.now.elem(e))
	if e != lv && n < len(x.next) {
		x.next[n].patch.By = x.d.authorOf(lv)
	}
}

// left is who took the elements from number lv on out of their places in a list, and
// of how many of the n that is as true: who deleted them, or moved them on, or took
// a move back.
func (x *differ) left(list int32, lv graph.LV, n uint32) (Author, uint32) {
	if !x.d.s.Moved(list) {
		return x.past.remover(lv, n)
	}
	s, e := x.now.s, x.d.s.ElemOf(lv)
	at := s.PosOf(e)
	switch {
	case !s.Life.Alive(e) || at == graph.None:
		by, _ := x.past.remover(e, 1)
		return by, 1
	case lv != e && !s.Life.Alive(lv):
		by, _ := x.past.remover(lv, 1)
		return by, 1
	case s.T.At(at).Class() == shape.Move:
		return x.d.authorOf(at), 1
	}
	return Author{}, 1
}
