package entries

// ref is what the table says of a slot.
func (s *Slots) ref(slot int32) uint32 {
	if slot < 0 || int(slot) >= len(s.table) {
		return 0
	}
	return s.table[slot]
}

// pileOf is the pile of a slot, nil when it is a chain or has no entry.
func (s *Slots) pileOf(slot int32) *pile {
	if r := s.ref(slot); r&pileBit != 0 {
		return s.piles[r&^pileBit]
	}
	return nil
}

// thread puts a new entry into the chain of its slot and returns how many are in it then.
func (s *Slots) thread(i uint32) int {
	slot := s.at(i).slot
	upper, lower := none, none
	if r := s.table[slot]; r != 0 {
		lower = r - 1
	}
	n := 1
	for lower != none && !s.above(i, lower) {
		upper, lower = lower, s.at(lower).link
		n++
	}
	s.at(i).link = lower
	if upper == none {
		s.table[slot] = i + 1
	} else {
		s.at(upper).link = i
	}
	for ; lower != none; lower = s.at(lower).link {
		n++
	}
	return n
}

// unthread takes an entry out of the chain of its slot.
func (s *Slots) unthread(i uint32) {
	e := s.at(i)
	if s.table[e.slot] == i+1 {
		s.table[e.slot] = e.link + 1 // none + 1 is 0
		return
	}
	upper := s.table[e.slot] - 1
	for s.at(upper).link != i {
		upper = s.at(upper).link
	}
	s.at(upper).link = e.link
}

// descent walks the entries of a slot from the greatest down. The slot must not change meanwhile.
type descent struct {
	s     *Slots
	chain uint32 // in a chain: the next entry
	p     *pile
	d     int      // in a pile: the chunk in p.dir
	items []uint32 // what is left of it
}

// descend begins a walk over a slot.
func (s *Slots) descend(slot int32) descent {
	it := descent{s: s, chain: none}
	if it.p = s.pileOf(slot); it.p != nil {
		it.d = len(it.p.dir)
	} else if r := s.ref(slot); r != 0 {
		it.chain = r - 1
	}
	return it
}

// skipDead passes over the chunks of a pile that have no alive entry; only before the first next.
func (it *descent) skipDead() {
	for it.p != nil && it.d > 0 && it.s.chunks[it.p.dir[it.d-1]].alive == 0 {
		it.d--
		it.s.visits++
	}
}

// next is the next lower entry, none at the end.
func (it *descent) next() uint32 {
	if it.p == nil {
		i := it.chain
		if i != none {
			it.chain = it.s.at(i).link
			it.s.visits++
		}
		return i
	}
	if len(it.items) == 0 {
		if it.d == 0 {
			return none
		}
		it.d--
		it.items = it.s.chunks[it.p.dir[it.d]].items
	}
	k := len(it.items) - 1
	i := it.items[k]
	it.items = it.items[:k]
	it.s.visits++
	return i
}
