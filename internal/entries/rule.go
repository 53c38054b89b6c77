package entries

import "slices"

// The rule of overwrites (DESIGN 6, "Overwrites delete nothing" and the Map row). It is the one place
// where a mistake would make replicas show different values for ever.
//
//	candidate   an alive entry; and of a child that stands, each of its entries. A child stands while
//	            all its entries are switched off, no delete of any of them counts, and something inside
//	            it is alive.
//	visible     a candidate that no other candidate reaches through over links. Links pass through
//	            every entry on the way, dead or switched off.
//	winner      the greatest visible entry that is not Absent.
//	conflicts   all visible entries that are not Absent, greatest first. Entries of one child are one
//	            thing to look at, so of each child only its greatest visible entry is listed: a child is
//	            visible when any of its entries is.
//
// So an Absent entry is a candidate like the others and hides what it reaches, and a value that it does
// not reach, because somebody set it at the same time, stays.
//
// Why plain reads need no reachability: what an entry names lies in its past, or before it in the same
// change. A change is deeper than all its past, so in the total order (depth, CID, offset) every over link
// leads down, and by induction everything an entry reaches is below it. Hence nothing reaches the greatest
// candidate, and unless it is Absent it is the winner.
//
// If the greatest candidate is Absent, what is below it may be reached or not. Two facts keep that cheap
// (pile): most often the key delete named all it saw and nothing has come below it since, then it is solid
// and hides all; and else counts of links from live entries say what is reached, without a walk.

// Winner is the entry that a reader of the slot sees; false when the key does not exist. A winner without
// words comes with Off NoWords. Costs nothing to walk unless the greatest candidate is a key delete that
// does not hide all, or a child may stand; see pile.
func (s *Slots) Winner(slot int32) (Entry, bool) {
	i := s.winner(slot)
	if i == none {
		return Entry{}, false
	}
	return s.entryOf(i), true
}

// Conflicts appends to dst the visible entries of the slot, greatest first, so the winner first; one for
// each child; no Absent ones. Costs a walk over the slot down to the first entry that hides all below.
func (s *Slots) Conflicts(slot int32, dst []Entry) []Entry {
	first := int32(-1) // the first child listed; a second one needs the map
	var more map[int32]bool
	s.walk(slot, s.standing(slot), func(i uint32) bool {
		e := s.entryOf(i)
		switch {
		case e.Kind == Absent || e.Kind == Child && (e.Child == first || more[e.Child]):
			return true
		case e.Kind == Child && first < 0:
			first = e.Child
		case e.Kind == Child:
			if more == nil {
				more = make(map[int32]bool)
			}
			more[e.Child] = true
		}
		dst = append(dst, e)
		return true
	})
	return dst
}

// winner is the number of the winner of a slot, none when the key does not exist.
func (s *Slots) winner(slot int32) uint32 {
	p := s.pileOf(slot)
	if p == nil {
		if r := s.ref(slot); r == 0 || s.shows(r-1) {
			return r - 1 // none when there is no entry
		}
		return s.walkWinner(slot, s.standing(slot))
	}
	if p.limbo.n > 0 {
		if stand := s.standing(slot); len(stand) > 0 {
			return s.walkWinner(slot, stand)
		}
	}
	g := s.greatest(p)
	if g == none || s.at(g).kind() != Absent {
		return g
	}
	if s.harden(p); s.at(g).is(isSolid) {
		return none
	}
	return s.countedWinner(p)
}

// shows tells whether an entry is alive and not Absent: if it is the greatest candidate, it wins.
func (s *Slots) shows(i uint32) bool {
	e := s.at(i)
	return e.state() == Alive && e.kind() != Absent
}

// walkWinner finds the winner by walking down the slot; stand is what standing says.
func (s *Slots) walkWinner(slot int32, stand []uint32) uint32 {
	w := none
	s.walk(slot, stand, func(i uint32) bool {
		if s.at(i).kind() != Absent {
			w = i
		}
		return w == none
	})
	return w
}

// walk yields the visible entries of a slot, Absent ones too, greatest first, until yield says no; stand
// is what standing says. Each entry is met after all that might reach it, because links lead down, so one
// pass decides: candidates and entries that are reached mark what they name, and a candidate that is not
// marked when it is met is visible. Below a solid entry that marks, everything is reached.
func (s *Slots) walk(slot int32, stand []uint32, yield func(i uint32) bool) {
	marked := s.scratch[:0]
	for _, i := range stand {
		s.at(i).flags |= standing
	}
	it := s.descend(slot)
	if len(stand) == 0 {
		it.skipDead()
	}
	for i := it.next(); i != none; i = it.next() {
		e := s.at(i)
		hidden := e.is(reached)
		if !hidden && e.state() != Alive && !e.is(standing) {
			continue
		}
		if !hidden && !yield(i) || e.is(isSolid) {
			break
		}
		for _, t := range s.links(i) {
			s.visits++
			if to := s.at(t); !to.is(reached) {
				to.flags |= reached
				marked = append(marked, t)
			}
		}
	}
	for _, i := range marked {
		s.at(i).flags &^= reached
	}
	for _, i := range stand {
		s.at(i).flags &^= standing
	}
	s.scratch = marked
}

// standing lists the entries of each child of a slot that stands, greatest first. A child can stand only while it
// has an entry in limbo and something inside it is alive; if one may, each entry of the slot is looked at.
// The hooks it calls may read the room, so it uses none of the room's scratch.
func (s *Slots) standing(slot int32) []uint32 {
	type child struct {
		fallen bool // an entry of it is effective or deleted
	}
	var may map[int32]*child // nil for one in which nothing is alive
	some := false
	s.limbo(slot, func(place int32) {
		if _, asked := may[place]; asked {
			return // a child may have many entries, and Inside looks through all of it
		}
		if may == nil {
			may = make(map[int32]*child)
		}
		may[place] = nil
		if s.hooks.Inside(place) {
			may[place], some = &child{}, true
		}
	})
	if !some {
		return nil
	}
	var stand []uint32
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none {
			break
		}
		e := s.at(i)
		if e.kind() != Child || may[int32(e.off)] == nil {
			continue
		}
		c := may[int32(e.off)]
		stand = append(stand, i)
		c.fallen = c.fallen || e.state() != Ineffective || !s.hooks.Off(e.lv)
	}
	return slices.DeleteFunc(stand, func(i uint32) bool { return may[int32(s.at(i).off)].fallen })
}

// limbo yields the places of the children of a slot that have an Ineffective entry, some more than once.
func (s *Slots) limbo(slot int32, yield func(place int32)) {
	if p := s.pileOf(slot); p != nil {
		if p.limbo.n == 0 {
			return
		}
		for _, i := range p.limbo.list {
			s.visits++
			if e := s.at(i); inLimboBag(e) {
				yield(int32(e.off))
			}
		}
		return
	}
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none {
			return
		}
		if e := s.at(i); inLimboBag(e) {
			yield(int32(e.off))
		}
	}
}
