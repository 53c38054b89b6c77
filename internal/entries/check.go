package entries

import "fmt"

// Check restates the invariants of Slots and pile clause by clause and says what fails and where. It
// costs a walk over everything for each solid entry: for tests.
func (s *Slots) Check() error {
	n := 0
	for _, p := range s.pages {
		n += len(p)
	}
	if err := s.index.check(n, func(i uint32) LV { return s.at(i).lv }); err != nil {
		return fmt.Errorf("%w (slots 1)", err)
	}
	named := make([]uint32, n)
	for i := uint32(0); i < uint32(n); i++ {
		for _, t := range s.links(i) {
			if t >= i || s.at(t).slot != s.at(i).slot || s.hooks.Order(s.at(i).lv, s.at(t).lv) <= 0 {
				return fmt.Errorf("entries: slots 2: entry %d names %d", i, t)
			}
			if s.at(i).state() != Ineffective {
				named[t]++
			}
		}
	}
	for i := uint32(0); i < uint32(n); i++ {
		if e := s.at(i); e.named != named[i] {
			return fmt.Errorf("entries: slots 3: entry %d: named %d, counted %d", i, e.named, named[i])
		}
		if s.at(i).is(reached | standing) {
			return fmt.Errorf("entries: slots 6: entry %d: flags %#x", i, s.at(i).flags)
		}
	}
	return s.checkTable(n)
}

// checkTable checks clauses 4 and 5 of Slots, and each pile.
func (s *Slots) checkTable(n int) error {
	met, chunks, piles := 0, len(s.freeChunks), len(s.freePiles)
	for slot := range s.table {
		k, last := 0, none
		p := s.pileOf(int32(slot))
		for it := s.descend(int32(slot)); ; {
			i := it.next()
			if i == none {
				break
			}
			if s.at(i).slot != int32(slot) || last != none && s.hooks.Order(s.at(last).lv, s.at(i).lv) <= 0 {
				return fmt.Errorf("entries: slots 4: slot %d: entry %d below %d", slot, i, last)
			}
			k, last = k+1, i
		}
		if met += k; p == nil && k > s.short {
			return fmt.Errorf("entries: slots 4: slot %d: a chain of %d", slot, k)
		}
		if p == nil {
			continue
		}
		if p.slot != int32(slot) || p.n != k {
			return fmt.Errorf("entries: pile 1: slot %d: pile of %d has %d of %d", slot, p.slot, k, p.n)
		}
		piles, chunks = piles+1, chunks+len(p.dir)
		if err := s.checkPile(p); err != nil {
			return err
		}
	}
	if met != n {
		return fmt.Errorf("entries: slots 4: %d entries in slots, %d records", met, n)
	}
	for _, c := range s.freeChunks {
		if s.chunks[c].items != nil {
			return fmt.Errorf("entries: slots 5: free chunk %d has entries", c)
		}
	}
	if chunks != len(s.chunks) || piles != len(s.piles) {
		return fmt.Errorf("entries: slots 5: %d of %d chunks, %d of %d piles", chunks, len(s.chunks), piles, len(s.piles))
	}
	return nil
}

// checkPile checks the clauses of one pile, whose order was checked.
func (s *Slots) checkPile(p *pile) error {
	top := none
	for _, d := range p.dir {
		c, alive := &s.chunks[d], 0
		for _, i := range c.items {
			if s.at(i).link != d {
				return fmt.Errorf("entries: pile 1: slot %d: entry %d in chunk %d says %d", p.slot, i, d, s.at(i).link)
			}
			if s.at(i).state() == Alive {
				alive, top = alive+1, i
			}
		}
		if alive != c.alive || len(c.items) == 0 || len(c.items) > s.wide {
			return fmt.Errorf("entries: pile 1: slot %d: chunk %d: %d entries, %d alive, said %d", p.slot, d, len(c.items), alive, c.alive)
		}
	}
	if p.known && p.top != top {
		return fmt.Errorf("entries: pile 2: slot %d: greatest alive %d, said %d", p.slot, top, p.top)
	}
	if err := s.checkBag(p, &p.heads, inHeads, inHeadsBag); err != nil {
		return err
	}
	if err := s.checkBag(p, &p.limbo, inLimbo, inLimboBag); err != nil {
		return err
	}
	if err := s.checkSolid(p); err != nil {
		return err
	}
	return s.checkCounts(p)
}

// listed tells whether list has exactly the entries of a pile with the flag, each once.
func (s *Slots) listed(p *pile, list []uint32, flag uint16) bool {
	in := make(map[uint32]bool, len(list))
	for _, i := range list {
		if in[i] {
			return false
		}
		in[i] = true
	}
	for it := s.descend(p.slot); ; {
		i := it.next()
		if i == none {
			return len(in) == 0
		}
		if s.at(i).is(flag) != in[i] {
			return false
		}
		delete(in, i)
	}
}

// checkBag checks clause 3 of pile for one bag.
func (s *Slots) checkBag(p *pile, b *bag, flag uint16, member func(*entry) bool) error {
	n, lost := 0, 0
	for it := s.descend(p.slot); ; {
		i := it.next()
		if i == none {
			break
		}
		if e := s.at(i); member(e) {
			n++
			if !e.is(flag) {
				lost++
			}
		}
	}
	if n != b.n || lost > 0 || !s.listed(p, b.list, flag) {
		return fmt.Errorf("entries: pile 3: slot %d: bag %#x: %d members, said %d, %d not listed, %d listed", p.slot, flag, n, b.n, lost, len(b.list))
	}
	return nil
}

// checkSolid checks clause 4 of pile.
func (s *Slots) checkSolid(p *pile) error {
	if !s.listed(p, p.solid, isSolid) {
		return fmt.Errorf("entries: pile 4: slot %d: solid flags and list differ", p.slot)
	}
	for k, i := range p.solid {
		if k > 0 && s.hooks.Order(s.at(p.solid[k-1]).lv, s.at(i).lv) >= 0 {
			return fmt.Errorf("entries: pile 4: slot %d: solid %d is not above %d", p.slot, i, p.solid[k-1])
		}
		hit := map[uint32]bool{i: true}
		below := false
		for it := s.descend(p.slot); ; {
			j := it.next()
			if j == none {
				break
			}
			if below && !hit[j] {
				return fmt.Errorf("entries: pile 4: slot %d: solid %d does not reach %d", p.slot, i, j)
			}
			below = below || j == i
			if hit[j] {
				for _, t := range s.links(j) {
					hit[t] = true
				}
			}
		}
	}
	return nil
}

// checkCounts checks clause 5 of pile.
func (s *Slots) checkCounts(p *pile) error {
	if !s.listed(p, p.heap, inHeap) || !p.counted && len(p.heap) > 0 {
		return fmt.Errorf("entries: pile 5: slot %d: heap flags and list differ", p.slot)
	}
	for k := range p.heap {
		if up := (k - 1) / 2; k > 0 && s.hooks.Order(s.at(p.heap[up]).lv, s.at(p.heap[k]).lv) <= 0 {
			return fmt.Errorf("entries: pile 5: slot %d: heap %d under %d", p.slot, p.heap[k], p.heap[up])
		}
	}
	if !p.counted {
		return nil
	}
	live := map[uint32]uint32{}
	for it := s.descend(p.slot); ; {
		i := it.next()
		if i == none {
			return nil
		}
		e := s.at(i)
		if e.live != live[i] {
			return fmt.Errorf("entries: pile 5: slot %d: entry %d: live %d, counted %d", p.slot, i, e.live, live[i])
		}
		if e.live == 0 && s.shows(i) && !e.is(inHeap) {
			return fmt.Errorf("entries: pile 5: slot %d: visible entry %d is not in the heap", p.slot, i)
		}
		if e.state() == Alive || e.live > 0 {
			for _, t := range s.links(i) {
				live[t]++
			}
		}
	}
}
