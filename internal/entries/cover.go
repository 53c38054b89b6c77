package entries

// Counting what is reached. A pile is counted when its winner is asked for while its greatest alive entry
// is a key delete that does not hide all below it: many people deleted and set one key at the same time.
// Call an entry live if it is alive or a live entry names it. Then the visible entries are the alive ones
// that no live entry names, and live counts those names for each entry. No circle can keep itself live,
// because links lead down, so the counts can be kept step by step:
//
//	an entry comes to life, or appears     if nothing live names it, it is live now: count what it names
//	a count becomes one                    alive: it was live already; else it is live now, as above
//	an entry dies, a count becomes zero    the inverse
//
// A flip costs the entry's own links and those of the dead ones that it alone keeps live. A long chain of
// dead entries under one that is undone and redone would cost its length each time, read or not, so the
// counts are dropped when they have cost some walks, and taken anew when they are needed.

// countedWinner is the winner of a pile by its counts.
func (s *Slots) countedWinner(p *pile) uint32 {
	if !p.counted {
		s.count(p)
	}
	for len(p.heap) > 0 {
		i := p.heap[0]
		if e := s.at(i); e.state() == Alive && e.live == 0 {
			return i
		}
		s.popHeap(p)
	}
	return none
}

// count begins to count a pile: one walk from the greatest entry down.
func (s *Slots) count(p *pile) {
	for _, d := range p.dir {
		for _, i := range s.chunks[d].items {
			s.at(i).live = 0
		}
	}
	for it := s.descend(p.slot); ; {
		i := it.next()
		if i == none {
			break
		}
		e := s.at(i)
		if e.state() != Alive && e.live == 0 {
			continue
		}
		if e.live == 0 && e.kind() != Absent {
			e.flags |= inHeap
			p.heap = append(p.heap, i) // descending, so a heap
		}
		for _, t := range s.links(i) {
			s.visits++
			s.at(t).live++
		}
	}
	p.counted = true
}

// uncount drops the counts of a pile.
func (s *Slots) uncount(p *pile) {
	for _, i := range p.heap {
		s.at(i).flags &^= inHeap
	}
	p.heap, p.counted, p.spent = nil, false, 0
}

// recount follows an entry of a pile that came to life or died.
func (s *Slots) recount(p *pile, i uint32, alive bool) {
	e := s.at(i)
	switch {
	case !p.counted:
	case e.live > 0: // live before and after
	case alive:
		s.pushHeap(p, i)
		s.cover(p, i)
	default:
		s.uncover(p, i)
	}
	if p.spent > 4*p.n+64 {
		s.uncount(p)
	}
}

// cover counts what an entry names that has become live.
func (s *Slots) cover(p *pile, i uint32) {
	work := append(s.work[:0], s.links(i)...)
	for len(work) > 0 {
		t := work[len(work)-1]
		work = work[:len(work)-1]
		p.spent++
		s.visits++
		e := s.at(t)
		e.live++
		if e.live == 1 && e.state() != Alive {
			work = append(work, s.links(t)...)
		}
	}
	s.work = work
}

// uncover is the inverse of cover.
func (s *Slots) uncover(p *pile, i uint32) {
	work := append(s.work[:0], s.links(i)...)
	for len(work) > 0 {
		t := work[len(work)-1]
		work = work[:len(work)-1]
		p.spent++
		s.visits++
		e := s.at(t)
		e.live--
		switch {
		case e.live > 0:
		case e.state() == Alive:
			s.pushHeap(p, t)
		default:
			work = append(work, s.links(t)...)
		}
	}
	s.work = work
}

// pushHeap puts a visible entry on the heap unless it is there or Absent.
func (s *Slots) pushHeap(p *pile, i uint32) {
	e := s.at(i)
	if e.kind() == Absent || e.is(inHeap) {
		return
	}
	e.flags |= inHeap
	k := len(p.heap)
	p.heap = append(p.heap, i)
	for k > 0 {
		up := (k - 1) / 2
		if !s.above(i, p.heap[up]) {
			break
		}
		p.heap[k] = p.heap[up]
		k = up
	}
	p.heap[k] = i
}

// popHeap takes the greatest off the heap.
func (s *Slots) popHeap(p *pile) {
	n := len(p.heap) - 1
	s.at(p.heap[0]).flags &^= inHeap
	i := p.heap[n]
	p.heap = p.heap[:n]
	k := 0
	for {
		kid := 2*k + 1
		if kid >= n {
			break
		}
		if kid+1 < n && s.above(p.heap[kid+1], p.heap[kid]) {
			kid++
		}
		if !s.above(p.heap[kid], i) {
			break
		}
		p.heap[k] = p.heap[kid]
		k = kid
	}
	if n > 0 {
		p.heap[k] = i
	}
}
