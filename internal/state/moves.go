package state

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// moves is the positions of list elements that were moved. A position is an
// element of the list's own sequence (Kleppmann, "Moving elements in list
// CRDTs", 2020): the number of the element is its first one, each move makes
// another, and the greatest alive one is where the element shows. Invariants,
// once State has settled:
//
//  1. An element has a slot when an applied or open change moved it, and then its
//     own number is the first entry of the slot. A rollback of the first move of an
//     older element leaves its slot with that entry alone.
//  2. at is the position that is shown in the sequence, sequence.None when the
//     element is not alive or its words are absent; no other position of the
//     element is shown.
//  3. in counts the moved elements of each list.
type moves struct {
	slots *entries.Slots
	slot  map[LV]int32 // of moved elements
	elem  map[int32]LV // the element of a slot
	at    map[int32]LV
	in    map[int32]int
	due   []int32 // slots whose position may have changed
}

// newMoves makes the room of no moves.
func newMoves(s *State) moves {
	inside := func(int32) bool { return false }
	return moves{
		slots: entries.New(entries.Hooks{Order: s.Order, State: s.entryState, Off: s.undeleted, Inside: inside}),
		slot:  map[LV]int32{}, elem: map[int32]LV{}, at: map[int32]LV{}, in: map[int32]int{},
	}
}

// AddMove adds the position lv of a list element, which is an element of the
// list's sequence already, hidden. slot is the place of the element's positions.
// Settle is due afterwards.
func (s *State) AddMove(slot int32, elem, lv LV, over []LV) {
	s.AddElemPos(slot, elem)
	m := &s.moves
	m.slots.Add(slot, lv, over, entries.Value, -1, graph.NoWords, 0)
	m.due = append(m.due, slot)
	s.unsure = append(s.unsure, stretch{lv, 1})
}

// AddElemPos makes the slot of the positions of an element that is moved for the
// first time.
func (s *State) AddElemPos(slot int32, elem LV) {
	m := &s.moves
	if _, ok := m.slot[elem]; ok {
		return
	}
	m.slot[elem], m.elem[slot] = slot, elem
	m.in[s.T.Get(slot).Up]++
	m.at[slot] = graph.None
	if s.Life.Alive(elem) && s.shownAtAll(elem) {
		m.at[slot] = elem
	}
	m.slots.Add(slot, elem, nil, entries.Value, -1, graph.NoWords, 0)
	m.due = append(m.due, slot)
	s.unsure = append(s.unsure, stretch{elem, 1})
}

// Moved tells whether any element of the list at a place was ever moved: then
// what stands in its sequence may be a position of another number.
func (s *State) Moved(list int32) bool { return s.moves.in[list] > 0 }

// ElemOf is the list element whose position a number of a list's sequence is:
// itself, unless it is a move.
func (s *State) ElemOf(lv LV) LV {
	if len(s.moves.slot) > 0 {
		if w := s.T.At(lv); w.Class() == shape.Move {
			return s.moves.elem[w.Place()]
		}
	}
	return lv
}

// PosOf is the number by which a list element stands in its list's sequence now,
// graph.None when it is moved and not shown; an element that was never moved is
// its own position, shown or not.
func (s *State) PosOf(elem LV) LV {
	if slot, ok := s.moves.slot[elem]; ok {
		return s.moves.at[slot]
	}
	return elem
}

// PosSlot is the slot of the positions of a list element that was moved.
func (s *State) PosSlot(elem LV) (int32, bool) {
	slot, ok := s.moves.slot[elem]
	return slot, ok
}

// Positions are the entries of moved elements, for reading.
func (s *State) Positions() *entries.Slots { return s.moves.slots }

// flipMoves tells the room that elements or moves came to life or died.
func (s *State) flipMoves(lv LV, n uint32, w shape.What) {
	m := &s.moves
	if len(m.slot) == 0 {
		return
	}
	switch w.Class() {
	case shape.Move:
		m.slots.Flip(lv, n)
		m.due = append(m.due, w.Place())
	case shape.Elem, shape.ElemMaker:
		if m.in[s.T.SequenceOf(w)] == 0 {
			return
		}
		m.slots.Flip(lv, n)
		if int(n) > len(m.slot) {
			for elem, slot := range m.slot {
				if elem-lv < n {
					m.due = append(m.due, slot)
				}
			}
			return
		}
		for end := lv + n; lv < end; lv++ {
			if slot, ok := m.slot[lv]; ok {
				m.due = append(m.due, slot)
			}
		}
	}
}

// settleMoves shows each element that is due at its greatest alive position and
// nowhere else.
func (s *State) settleMoves() {
	m := &s.moves
	slices.Sort(m.due)
	for _, slot := range slices.Compact(m.due) {
		elem := m.elem[slot]
		want := LV(graph.None)
		if s.Life.Alive(elem) && s.shownAtAll(elem) {
			if e, ok := m.slots.Winner(slot); ok {
				want = e.LV
			}
		}
		q := s.Seq(s.T.Get(slot).Up)
		for _, lv := range []LV{elem, m.at[slot]} { // the element itself may have been shown by its own flip
			if lv != want && lv != graph.None {
				q.Show(lv, 1, false)
			}
		}
		if want != graph.None {
			q.Show(want, 1, true)
		}
		m.at[slot] = want
	}
	m.due = m.due[:0]
}

// shownAtAll tells whether a list element can be shown: it is a container, or its
// words are present.
func (s *State) shownAtAll(elem LV) bool {
	return s.T.At(elem).Class() == shape.ElemMaker || s.Present(elem)
}

// truncateMoves forgets the positions from lv on, whose elements of sequences are
// gone already; the number table still knows them. An element from lv on that was
// moved was so by a number from lv on.
func (s *State) truncateMoves(lv LV) {
	m := &s.moves
	if len(m.slot) == 0 {
		return
	}
	m.slots.Truncate(lv)
	s.T.Range(lv, s.T.End()-lv, func(_ LV, _ uint32, w shape.What) {
		if w.Class() != shape.Move {
			return
		}
		slot := w.Place()
		switch elem, known := m.elem[slot]; {
		case !known:
		case elem >= lv:
			m.in[s.T.Get(slot).Up]--
			delete(m.slot, elem)
			delete(m.elem, slot)
			delete(m.at, slot)
		case m.at[slot] != graph.None && m.at[slot] >= lv:
			m.at[slot] = graph.None
			m.due = append(m.due, slot)
		}
	})
	s.settleMoves()
}

// checkMoves checks the invariants of moves.
func (s *State) checkMoves() error {
	m := &s.moves
	if err := m.slots.Check(); err != nil {
		return fmt.Errorf("state: positions: %w", err)
	}
	in := map[int32]int{}
	for elem, slot := range m.slot {
		list := m.slots.Entries(slot, nil)
		if m.elem[slot] != elem || !slices.Contains(list, elem) {
			return fmt.Errorf("state: moves, invariant 1: element %d is no position of its slot %d", elem, slot)
		}
		in[s.T.Get(slot).Up]++
		want := LV(graph.None)
		if e, ok := m.slots.Winner(slot); ok && s.Life.Alive(elem) && s.shownAtAll(elem) {
			want = e.LV
		}
		if m.at[slot] != want {
			return fmt.Errorf("state: moves, invariant 2: element %d is at %d, want %d", elem, m.at[slot], want)
		}
		q := s.Peek(s.T.Get(slot).Up)
		for _, lv := range list {
			if q == nil || !q.Has(lv) {
				return fmt.Errorf("state: moves, invariant 1: position %d of element %d is in no sequence", lv, elem)
			}
			if _, shown := q.Index(lv); shown != (lv == want) {
				return fmt.Errorf("state: moves, invariant 2: position %d of element %d is shown: %v", lv, elem, shown)
			}
		}
	}
	for list, n := range m.in {
		if n != in[list] {
			return fmt.Errorf("state: moves, invariant 3: list %d has %d moved elements, noted %d", list, in[list], n)
		}
	}
	return nil
}
