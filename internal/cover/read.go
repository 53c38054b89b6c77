package cover

import "iter"

// Get returns a pending change and the reason why it is pending.
func (p *Pending[T]) Get(id ID) (data T, why Reason, ok bool) {
	s, ok := p.index[id]
	if !ok || p.entries[s].state == wanted {
		return data, why, false
	}
	e := &p.entries[s]
	why.State = e.state
	switch e.state {
	case Waiting:
		for i := p.links.at[s].out; i != nil32; i = p.links.edges[i].outNext {
			if t := &p.entries[p.links.edges[i].to]; t.state != Blocked {
				why.Link = t.id
				break
			}
		}
	case Blocked:
		if l := p.set.Why(e.node); l != None {
			why.Link = p.entries[p.byNode[l]].id
		}
	}
	return e.data, why, true
}

// All yields what waits or is blocked, in order of arrival. The room must not be changed meanwhile.
func (p *Pending[T]) All() iter.Seq2[ID, T] {
	return func(yield func(ID, T) bool) {
		for s := p.held.first; s != nil32; s = p.entries[s].newer {
			if !yield(p.entries[s].id, p.entries[s].data) {
				return
			}
		}
	}
}

// Missing yields the ids that waiting changes name and nobody has offered, first wanted first. The room must not be
// changed meanwhile.
func (p *Pending[T]) Missing() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		for s := p.wants.first; s != nil32; s = p.entries[s].newer {
			if !yield(p.entries[s].id) {
				return
			}
		}
	}
}

// Len is the number of changes that wait or are blocked.
func (p *Pending[T]) Len() int { return p.count }

// Bytes is what they count.
func (p *Pending[T]) Bytes() int { return p.bytes }

// Holds tells how many changes and bytes are noted for a source.
func (p *Pending[T]) Holds(tag Tag) (changes, bytes int) {
	if s := p.sources.by[tag]; s != nil {
		return s.count, s.bytes
	}
	return 0, 0
}

// Work is what signatures have cost since the room was made.
func (p *Pending[T]) Work() Work { return p.set.work }
