package state

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// Check checks the rooms, and restates the invariants of State clause by clause,
// given the applied changes that it was fed, ascending. It is for tests, after
// Settle, and costs more than linear time. Numbers of the open change are known
// by being newer than all applied ones.
func (s *State) Check(changes []int32) error {
	if err := cmp.Or(s.Life.Check(), s.Slots.Check(), s.Tags.Check(), s.Steps.Check()); err != nil {
		return err
	}
	for place, q := range s.seqs {
		if err := q.Check(); err != nil {
			return fmt.Errorf("state: sequence at %d: %w", place, err)
		}
		if err := s.checkSeq(place, q, changes); err != nil {
			return err
		}
	}
	for i := int32(0); int(i) < s.G.Len(); i++ {
		_, here := slices.BinarySearch(changes, i)
		if err := s.checkNumbers(s.G.First(i), s.G.Count(i), here); err != nil {
			return fmt.Errorf("%w, of change %d, fed: %v", err, i, here)
		}
	}
	if next := s.G.NextLV(); s.T.End() > next {
		if err := s.checkOpen(next, s.T.End()-next); err != nil {
			return err
		}
	}
	if err := cmp.Or(s.checkMoves(), s.checkRich(), s.checkTrees()); err != nil {
		return err
	}
	return s.checkSlots()
}

// checkSeq checks invariant 1 for one text or list.
func (s *State) checkSeq(place int32, q *sequence.Seq, changes []int32) (err error) {
	q.All(func(lv LV, n uint32, shown bool) bool {
		for end := lv + n; lv < end; lv++ {
			w := s.T.At(lv)
			if of := s.T.SequenceOf(w); of != place {
				err = fmt.Errorf("state: invariant 1: number %d stands in sequence %d, and is %d of %d", lv, place, w.Class(), of)
			}
			_, moved := s.moves.slot[lv]
			if c := w.Class(); moved || c == shape.Move || c == shape.Node || c == shape.NodeMove {
				continue // checkMoves and checkTrees say more
			}
			if want := s.Life.Alive(lv) && (w.Class() == shape.ElemMaker || s.Present(lv)); shown != want {
				err = fmt.Errorf("state: invariant 1: element %d is shown: %v, want %v", lv, shown, want)
			}
			if lv < s.G.NextLV() {
				if _, ok := slices.BinarySearch(changes, s.G.ChangeOf(lv)); !ok {
					err = fmt.Errorf("state: invariant 1: element %d is of a change that is not here", lv)
				}
			}
		}
		return err == nil
	})
	return err
}

// checkNumbers checks invariant 2, and that elements stand in their sequence,
// for the numbers of a change that was fed or was not.
func (s *State) checkNumbers(lv LV, n uint32, fed bool) error {
	for end := lv + n; lv < end; lv++ {
		w := s.T.At(lv)
		here, alive, at := s.room(lv, w)
		switch {
		case w.Class() == shape.Delete:
		case here != fed:
			return fmt.Errorf("state: invariant 2: number %d is in its room: %v", lv, here)
		case here && at != w.Place():
			return fmt.Errorf("state: invariant 2: number %d is of %d, and stands in %d", lv, w.Place(), at)
		case here && alive != s.Life.Alive(lv):
			return fmt.Errorf("state: invariant 2: number %d is alive: %v, its room says %v", lv, !alive, alive)
		}
		if w.Class() == shape.Entry || w.Class() == shape.EntryMaker {
			if e, ok := s.Slots.Entry(lv); ok && e.State != s.entryState(lv) {
				return fmt.Errorf("state: invariant 2: entry %d is %d, its room says %d", lv, s.entryState(lv), e.State)
			}
		}
	}
	return nil
}

// checkOpen is checkNumbers for the open change, which a state shows up to some
// number.
func (s *State) checkOpen(lv LV, n uint32) error {
	fed := true
	for end := lv + n; lv < end; lv++ {
		if w := s.T.At(lv); w.Class() != shape.Delete {
			here, _, _ := s.room(lv, w)
			if here && !fed {
				return fmt.Errorf("state: invariant 2: number %d is in its room, one before it is not", lv)
			}
			fed = here
		}
		if err := s.checkNumbers(lv, 1, fed); err != nil {
			return err
		}
	}
	return nil
}

// room tells what the room of a number says of it: whether it is there, whether
// it is alive, and where.
func (s *State) room(lv LV, w shape.What) (here, alive bool, at int32) {
	switch w.Class() {
	case shape.Elem:
		q := s.Peek(w.Place())
		return q != nil && q.Has(lv), s.Life.Alive(lv), w.Place() // invariant 1 says the rest
	case shape.ElemMaker:
		q := s.Peek(s.T.Get(w.Place()).Up)
		return q != nil && q.Has(lv), s.Life.Alive(lv), w.Place()
	case shape.Entry:
		e, ok := s.Slots.Entry(lv)
		return ok, e.State == entries.Alive, e.Slot
	case shape.Move:
		e, ok := s.moves.slots.Entry(lv)
		return ok, e.State == entries.Alive, e.Slot
	case shape.EntryMaker:
		e, ok := s.Slots.Entry(lv)
		return ok && e.Slot == s.T.Get(w.Place()).Up, e.State == entries.Alive, e.Child
	case shape.Mark:
		m := s.rich[w.Place()]
		if m == nil {
			return false, false, shape.NoPlace
		}
		_, lives, ok := m.Mark(lv)
		return ok, lives, w.Place()
	case shape.Node, shape.NodeMove:
		t := s.trees[s.T.TreeOf(w)]
		if t == nil {
			return false, false, shape.NoPlace
		}
		_, _, ok := t.Of(lv)
		return ok, s.Life.Alive(lv), w.Place() // checkTrees says the rest
	case shape.Tag:
		set, _, _, alive, ok := s.Tags.Tag(lv)
		return ok, alive, set
	case shape.Step:
		counter, _, alive, ok := s.Steps.Step(lv)
		return ok, alive, counter
	}
	return false, false, shape.NoPlace
}

// checkSlots checks invariant 3, and that the keys of a map are its slots that
// have an entry.
func (s *State) checkSlots() error {
	for elem, slot := range s.elemSlot {
		list := s.Slots.Entries(slot, nil)
		if !slices.Contains(list, elem) {
			return fmt.Errorf("state: invariant 3: element %d is no value of its slot %d", elem, slot)
		}
	}
	keys := 0
	for m, k := range s.keys {
		keys += len(k.slots)
		for n, slot := range k.slots {
			p := s.T.Get(slot)
			if p.Sort != shape.Slot || p.Up != m || !s.Slots.Has(slot) {
				return fmt.Errorf("state: keys of map %d: %d is none, or empty", m, slot)
			}
			if k.sorted && n > 0 && s.T.Get(k.slots[n-1]).Name >= p.Name {
				return fmt.Errorf("state: keys of map %d: %q at %d", m, p.Name, n)
			}
		}
	}
	used := map[int32]bool{}
	for lv := LV(0); lv < s.T.End(); lv++ {
		e, ok := s.Slots.Entry(lv)
		if !ok {
			continue
		}
		p := s.T.Get(e.Slot)
		if p.Sort == shape.Slot {
			used[e.Slot] = true
			continue
		}
		if w := s.T.At(lv); w.Class() == shape.Entry && !s.isElemSlot(e.Slot) || w.Class() != shape.Entry && s.elemSlot[lv] != e.Slot {
			return fmt.Errorf("state: invariant 3: slot %d of an element has value %d and is not noted", e.Slot, lv)
		}
	}
	if len(used) != keys {
		return fmt.Errorf("state: %d keys have entries, %d are noted", len(used), keys)
	}
	return nil
}

// isElemSlot tells whether a slot is noted as that of a list element.
func (s *State) isElemSlot(slot int32) bool {
	for _, x := range s.elemSlot {
		if x == slot {
			return true
		}
	}
	return false
}
