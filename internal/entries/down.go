package entries

// Down yields the entries of the slot, in whatever state, greatest first, until yield says no: what a
// reader of another moment needs. all says that the entry is known to reach every entry below it. yield
// may read the room. Costs the entries yielded.
func (s *Slots) Down(slot int32, yield func(e Entry, all bool) bool) {
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none || !yield(s.entryOf(i), s.at(i).is(isSolid)) {
			return
		}
	}
}

// Limbo tells whether the slot has an Ineffective entry of a child, so that a child may stand.
func (s *Slots) Limbo(slot int32) bool {
	some := false
	s.limbo(slot, func(int32) { some = true })
	return some
}
