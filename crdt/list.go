package crdt

import (
	"fmt"
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Elem names one element of a list, or one node of a tree, for good. It is comparable within one Doc;
// the zero Elem names nothing. Its portable form ([Elem.MarshalText]) exists
// once its change is sealed.
type Elem struct {
	d  *Doc
	lv uint32 // + 1
}

// IsZero tells whether e names nothing.
func (e Elem) IsZero() bool { return e.lv == 0 }

// MarshalText is the portable name: the CID of the change, a colon, the offset
// in it. ErrUnsealed while the change is open, ErrNotFound for the zero Elem.
func (e Elem) MarshalText() ([]byte, error) {
	if e.lv == 0 {
		return nil, ErrNotFound
	}
	e.d.mu.Lock()
	defer e.d.mu.Unlock()
	id, off, ok := e.d.portable(e.lv - 1)
	if !ok {
		return nil, ErrUnsealed
	}
	return fmt.Appendf(nil, "%s:%d", id.ChangeCID(), off), nil
}

// portable is the lasting name of a number.
func (d *Doc) portable(lv graph.LV) (block.ID, uint32, bool) {
	if lv >= d.g.NextLV() {
		return block.ID{}, 0, false
	}
	i := d.g.ChangeOf(lv)
	return d.g.ID(i), lv - d.g.First(i), true
}

// ParseElem reads the portable name of an element of this doc; it is the
// inverse of Elem.MarshalText. ErrMalformed, or ErrNotFound when the doc has no
// such change or number. Inside an Update it is [Tx.ParseElem].
func (d *Doc) ParseElem(text []byte) (Elem, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.parseElem(text)
}

// ParseElem reads the portable name of an element, as [Doc.ParseElem] does, which
// like every call of the Doc waits for ever inside its Update.
func (tx *Tx) ParseElem(text []byte) (Elem, error) { return tx.doc().parseElem(text) }

// parseElem is ParseElem; the lock must be held.
func (d *Doc) parseElem(text []byte) (Elem, error) {
	var name string
	var off uint32
	if _, err := fmt.Sscanf(string(text), "%59s:%d", &name, &off); err != nil {
		return Elem{}, fmt.Errorf("crdt: element: %w", ErrMalformed)
	}
	c, err := cid.Decode(name)
	if err != nil {
		return Elem{}, fmt.Errorf("crdt: element: %w", ErrMalformed)
	}
	i, ok := d.find(c)
	if !ok || off >= d.g.Count(i) {
		return Elem{}, fmt.Errorf("crdt: element %s: %w", text, ErrNotFound)
	}
	return Elem{d, d.g.First(i) + off + 1}, nil
}

// elemLV is the number that an Elem names here; one of another doc by its
// lasting name.
func (d *Doc) elemLV(e Elem) (graph.LV, bool) {
	if e.lv == 0 {
		return 0, false
	}
	if e.d == d {
		return e.lv - 1, e.lv-1 < d.t.End()
	}
	return 0, false
}

// List is a list in a view.
type List struct{ place }

// seq runs fn on the sequence of the list, if anything was ever in it.
func (l List) seq(fn func(s *state.State, q *sequence.Seq)) {
	if l.at == shape.NoPlace {
		return
	}
	l.v.read(func(s *state.State) {
		if q := s.Peek(l.at); q != nil {
			fn(s, q)
		}
	})
}

// Len is how many elements are shown.
func (l List) Len() int {
	n := 0
	l.seq(func(_ *state.State, q *sequence.Seq) { n = q.Len() })
	return n
}

// Elem is the element at position i, the zero Elem outside the list.
func (l List) Elem(i int) Elem {
	var e Elem
	l.seq(func(s *state.State, q *sequence.Seq) {
		if i >= 0 && i < q.Len() {
			e = Elem{l.v.d, s.ElemOf(q.At(i)) + 1}
		}
	})
	return e
}

// Index is the position of e; false when it is not shown or not of this list.
func (l List) Index(e Elem) (int, bool) {
	at, shown := 0, false
	l.seq(func(s *state.State, q *sequence.Seq) {
		if lv, ok := l.v.d.elemLV(e); ok {
			at, shown = standsAt(s, q, lv)
		}
	})
	return at, shown
}

// Get is the value at position i; one that does not exist outside the list.
func (l List) Get(i int) Value {
	var out Value
	l.seq(func(s *state.State, q *sequence.Seq) {
		if i >= 0 && i < q.Len() {
			out = l.elem(s, s.ElemOf(q.At(i)))
		}
	})
	return out
}

// Value is the value of e; one that does not exist when e is not shown here.
func (l List) Value(e Elem) Value {
	var out Value
	l.seq(func(s *state.State, q *sequence.Seq) {
		if lv, ok := l.v.d.elemLV(e); ok {
			if _, shown := standsAt(s, q, lv); shown {
				out = l.elem(s, lv)
			}
		}
	})
	return out
}

// Conflicts yields the values of e that no other was written over, the winner
// first.
func (l List) Conflicts(e Elem) iter.Seq2[Value, Author] {
	return func(yield func(Value, Author) bool) {
		var list []Value
		l.seq(func(s *state.State, q *sequence.Seq) {
			lv, ok := l.v.d.elemLV(e)
			if !ok || !q.Has(lv) || s.T.At(lv).Class() == shape.Move {
				return
			}
			slot, set := s.ElemSlot(lv)
			if !set {
				list = append(list, l.elem(s, lv))
				return
			}
			for _, e := range s.Slots.Conflicts(slot, nil) {
				list = append(list, l.value(s, e))
			}
		})
		for _, v := range list {
			if !yield(v, v.by) {
				return
			}
		}
	}
}

// elem is the value of a shown element: its newest, or the one it began with.
func (l List) elem(s *state.State, lv graph.LV) Value {
	if slot, ok := s.ElemSlot(lv); ok {
		if e, ok := s.Slots.Winner(slot); ok {
			return l.value(s, e)
		}
	}
	if w := s.T.At(lv); w.Class() == shape.ElemMaker {
		return l.value(s, entries.Entry{LV: lv, Kind: entries.Child, Child: w.Place()})
	}
	off, size, _ := s.ElemValue(lv)
	return l.value(s, entries.Entry{LV: lv, Off: off, Size: size})
}

// All yields the elements with their values, in order.
func (l List) All() iter.Seq2[Elem, Value] {
	return func(yield func(Elem, Value) bool) {
		var elems []Elem
		var list []Value
		l.seq(func(s *state.State, q *sequence.Seq) {
			q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
				for end := lv + n; lv < end; lv++ {
					e := s.ElemOf(lv)
					elems = append(elems, Elem{l.v.d, e + 1})
					list = append(list, l.elem(s, e))
				}
				return true
			})
		})
		for k := range elems {
			if !yield(elems[k], list[k]) {
				return
			}
		}
	}
}

// Map is the map that element e is, empty where it is none.
func (l List) Map(e Elem) Map { return Map{l.child(e, block.KindMap)} }

// Text is the text that element e is, empty where it is none.
func (l List) Text(e Elem) Text { return Text{l.child(e, block.KindText), Runes, 0, -1} }

// List is the list that element e is, empty where it is none.
func (l List) List(e Elem) List { return List{l.child(e, block.KindList)} }

// Tree is the tree that element e is, empty where it is none.
func (l List) Tree(e Elem) Tree { return Tree{l.child(e, block.KindTree)} }

// child is the container that element e shows.
func (l List) child(e Elem, kind block.Kind) place {
	v := l.Value(e)
	if v.kind == containerValue && l.v.container(v.at.at) == kind {
		return v.at
	}
	return l.v.none()
}
