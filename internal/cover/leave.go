package cover

// Signature is an ed25519 signature.
type Signature = [64]byte

// Early is a signature that came before its change.
type Early struct {
	Signature Signature
	From      Tag
}

// Keep remembers a signature of a change that is not here, so that it could not be verified yet; the oldest beyond
// [MaxEarly] is forgotten. It returns false, and keeps nothing, if the change is pending or refused. Whether it is applied
// the caller knows.
func (p *Pending[T]) Keep(id ID, sig *Signature, from Tag) bool {
	if s, ok := p.index[id]; ok && p.entries[s].state != wanted || p.Refusal(id) != nil {
		return false
	}
	p.early.put(id, Early{*sig, from})
	return true
}

// Early takes out the signatures kept for a change, oldest first, to be verified now that the change is here.
func (p *Pending[T]) Early(id ID) []Early { return p.early.take(id) }

// Poison refuses a change for good: it is remembered as invalid for the given reason, and whatever waits or is blocked
// because it builds on it is refused too, and remembered. The last [MaxPoison] invalid changes are remembered, and
// apart from those, so that no crowd of followers can make the room forget them, the last MaxPoison others. A change that
// is ready stays so.
func (p *Pending[T]) Poison(id ID, err error) {
	if s, ok := p.index[id]; ok && p.entries[s].state == Ready || p.Refusal(id) != nil {
		return
	}
	p.condemn(&Refusal{ID: id, Cause: id, Err: err})
	p.finish(2)
}

// Forget takes a source's name off every change it brought; those that nobody else brought are dropped, with all that
// builds on them.
func (p *Pending[T]) Forget(tag Tag) {
	if s := p.sources.by[tag]; s != nil {
		p.shed(s, s.count)
	}
}

// Refusal returns the reason why a change is refused, or nil. A refused change need not be fetched.
func (p *Pending[T]) Refusal(id ID) *Refusal {
	if r, ok := p.poison.get(id); ok {
		return r
	}
	r, _ := p.branch.get(id)
	return r
}

// condemn remembers r, and removes the change and all that builds on it.
func (p *Pending[T]) condemn(r *Refusal) {
	p.remember(r)
	if s, ok := p.index[r.ID]; ok {
		p.remove(s, r)
	}
}

// remember keeps r among the invalid ones or among those that build on one.
func (p *Pending[T]) remember(r *Refusal) {
	p.early.take(r.ID)
	if r.ID == r.Cause {
		p.poison.put(r.ID, r)
	} else {
		p.branch.put(r.ID, r)
	}
}

// remove takes out the entry first and everything that builds on it: as refused because of r, or as dropped if r is nil.
// Cost: the entries removed and their links.
func (p *Pending[T]) remove(first spot, r *Refusal) {
	p.gone = p.gone[:0]
	p.going(first)
	for i := 0; i < len(p.gone); i++ {
		s := p.gone[i]
		for e := p.links.at[s].in; e != nil32; e = p.links.edges[e].inNext {
			p.going(p.links.edges[e].from)
		}
		if p.entries[s].state != Blocked || p.entries[s].node == None {
			continue
		}
		for _, n := range p.set.Drop(p.entries[s].node) {
			t := p.byNode[n]
			p.byNode[n] = nil32
			p.entries[t].node = None
			p.going(t)
		}
	}
	for _, s := range p.gone {
		p.report(s, r)
		p.unlink(s)
	}
	for _, s := range p.gone {
		if p.entries[s].state == wanted {
			p.unlist(&p.wants, s)
		} else {
			p.leave(s)
		}
		p.erase(s)
	}
}

// going marks an entry for removal.
func (p *Pending[T]) going(s spot) {
	if e := &p.entries[s]; !e.going {
		e.going = true
		p.gone = append(p.gone, s)
	}
}

// report says that s was held and is so no longer, unless the caller of Offer is told by its result.
func (p *Pending[T]) report(s spot, r *Refusal) {
	e := &p.entries[s]
	if e.state == wanted {
		return
	}
	if p.left != nil {
		p.left(e.data)
	}
	switch {
	case r == nil:
		p.dropped = append(p.dropped, e.id)
		return
	case e.id != r.ID:
		r = &Refusal{ID: e.id, Cause: r.Cause, Err: r.Err}
		p.remember(r)
	}
	if e.id != p.offering {
		p.refused = append(p.refused, r)
		for i := e.notes; i != nil32; i = p.sources.notes[i].next {
			p.blamed = append(p.blamed, Blame{p.sources.notes[i].src.tag, r})
		}
	}
}

// unlink cuts the links of s, whose followers go too, and lets go of ids that nobody wants any more.
func (p *Pending[T]) unlink(s spot) {
	for i := p.links.at[s].in; i != nil32; i = p.links.at[s].in {
		p.links.cut(i)
	}
	for i := p.links.at[s].out; i != nil32; i = p.links.at[s].out {
		t := p.links.edges[i].to
		p.links.cut(i)
		if e := &p.entries[t]; e.state == wanted && !e.going && p.links.at[t].in == nil32 {
			p.unlist(&p.wants, t)
			p.erase(t)
		}
	}
}

// charge lays the cost of an event on one of those who brought the change that caused it: on the one with the most credit
// left, so that nobody suffers for having brought what a flooder brought too. Not on who brought the signature: that may
// be a new name each time, while whoever brings changes leaves bytes here that pay for it.
func (p *Pending[T]) charge(s spot, cost uint64) {
	if cost == 0 {
		return
	}
	i := p.entries[s].notes
	rich := p.sources.notes[i].src
	for ; i != nil32; i = p.sources.notes[i].next {
		if src := p.sources.notes[i].src; src.credit > rich.credit {
			rich = src
		}
	}
	if rich.credit -= int64(cost); rich.credit < 0 && !rich.broke {
		rich.broke = true
		p.broke = append(p.broke, rich)
	}
}

// finish ends a call: sources that spent too much are forgotten, and nobody may hold more than factor times a bound. The
// source that fills most of its own bound yields first, so whoever floods pays, and of each source the oldest goes first.
// Cost: constant, and logarithmic in the number of sources, for each note that was ever written.
func (p *Pending[T]) finish(factor int) {
	for i, src := range p.broke {
		p.shed(src, src.count)
		p.broke[i] = nil
	}
	p.broke = p.broke[:0]
	b := &p.sources
	for len(b.heap) > 0 {
		top := b.heap[0]
		if b.load(top) <= uint64(factor)*b.full() && p.count <= factor*WorkFactor*b.limits.Changes &&
			p.bytes <= factor*WorkFactor*b.limits.Bytes {
			return
		}
		p.shed(top, 1)
	}
}

// shed takes the name of src off the n oldest changes it brought, and drops those that bear no name then. Fewer, if some
// go meanwhile because they build on one that went.
func (p *Pending[T]) shed(src *source, n int) {
	for ; n > 0 && src.count > 0; n-- {
		i := src.first
		s := p.sources.notes[i].of
		e := &p.entries[s]
		e.notes = p.sources.erase(i, e.size, e.notes)
		if e.notes == nil32 {
			p.remove(s, nil)
		}
	}
}

// fresh returns a new entry for id: wanted, in no list.
func (p *Pending[T]) fresh(id ID) spot {
	s := p.free
	if s != nil32 {
		p.free = p.entries[s].newer
	} else {
		s = spot(len(p.entries))
		p.entries = append(p.entries, entry[T]{})
		p.links.grow(s)
	}
	p.entries[s] = entry[T]{id: id, prev: nil32, node: None, notes: nil32, older: nil32, newer: nil32, live: true}
	p.index[id] = s
	return s
}

// erase frees an entry that stands in no list and has no links.
func (p *Pending[T]) erase(s spot) {
	delete(p.index, p.entries[s].id)
	p.entries[s] = entry[T]{newer: p.free}
	p.free = s
}

// enlist puts s at the young end of a list.
func (p *Pending[T]) enlist(l *list, s spot) {
	e := &p.entries[s]
	e.older, e.newer = l.last, nil32
	if l.last != nil32 {
		p.entries[l.last].newer = s
	} else {
		l.first = s
	}
	l.last = s
}

// unlist takes s out of a list.
func (p *Pending[T]) unlist(l *list, s spot) {
	e := &p.entries[s]
	if e.older != nil32 {
		p.entries[e.older].newer = e.newer
	} else {
		l.first = e.newer
	}
	if e.newer != nil32 {
		p.entries[e.newer].older = e.older
	} else {
		l.last = e.older
	}
	e.older, e.newer = nil32, nil32
}

// shrink gives memory back when the room has become empty after having been large.
func (p *Pending[T]) shrink() {
	if len(p.index) > 0 || cap(p.entries) <= roomy {
		return
	}
	p.index = make(map[ID]spot)
	p.entries, p.free, p.links = nil, nil32, newLinks[spot]()
	p.byNode, p.ready, p.queue, p.gone, p.hits, p.nodes = nil, nil, nil, nil, nil, nil
	p.sources = newSources(p.sources.limits)
}
