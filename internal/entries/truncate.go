package entries

// undone is an entry that a rollback took out though it is to stay.
type undone struct {
	e    entry
	over []LV
}

// Truncate forgets the entries with local versions from lv on: the rollback of a local edit. It is the
// inverse of Add. Entries below lv stay, also those that were added later: the first value of a list
// element enters its slot when the element is first set. Costs what was added since.
func (s *Slots) Truncate(lv LV) {
	left := 0
	s.index.each(lv, ^lv, func(uint32) { left++ })
	var stay []undone
	for left > 0 {
		i := s.index.n - 1
		e := *s.at(i)
		if e.lv >= lv {
			left--
		} else {
			stay = append(stay, undone{e, s.Over(e.lv, nil)})
		}
		s.pop(i)
	}
	for k := len(stay) - 1; k >= 0; k-- {
		e := &stay[k].e
		s.Add(e.slot, e.lv, stay[k].over, e.kind(), int32(e.off), e.off, e.size)
	}
}

// pop takes entry i out, the one that was added last, which nothing names.
func (s *Slots) pop(i uint32) {
	e := s.at(i)
	p := s.pileOf(e.slot)
	if e.state() != Ineffective {
		for _, t := range s.links(i) {
			s.unname(p, t)
		}
	}
	if p != nil {
		s.unstack(p, i)
	} else {
		s.unthread(i)
	}
	s.overs = s.overs[:e.over]
	s.index.pop(e.lv)
	n := len(s.pages) - 1
	s.pages[n] = s.pages[n][:len(s.pages[n])-1]
	if len(s.pages[n]) == 0 {
		s.pages = s.pages[:n]
	}
}
