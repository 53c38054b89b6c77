package entries

import (
	"slices"
	"sort"
)

// pile is a slot with many entries: a sorted list cut into chunks, and what makes reads cheap.
//
// In the order of cost a read of the winner is answered by
//
//	top      the greatest alive entry, unless it is a key delete          nothing to walk
//	solid    ... or if it is a key delete that reaches all below it       no winner
//	heap     ... else the greatest that no live entry names               counted, see cover.go
//
// When top dies, the next is found by a look at each chunk above it and at the entries of one chunk.
//
// At all times:
//  1. Chunks are not empty and hold at most wide entries; they ascend strictly, in themselves and along
//     dir; link of an entry is its chunk; alive counts the chunk's alive entries; n counts all entries.
//  2. If known is set, top is the greatest alive entry, none when there is none.
//  3. heads has the entries that no entry that is not Ineffective names; limbo the Ineffective Child
//     entries. A bag counts its members, lists each once, lists nothing twice, and flags what it lists.
//  4. solid lists, ascending, exactly the flagged entries; each reaches all entries below it.
//  5. If counted is set, live of each entry is the number of over links to it from live entries (alive, or
//     live itself above 0), and heap is a heap by the total order that has each alive entry with live 0
//     that is not Absent, and no entry twice, and flags what it has. Else heap is empty.
type pile struct {
	slot int32
	n    int
	dir  []uint32 // chunks, ascending

	top   uint32
	known bool

	heads bag
	limbo bag
	solid []uint32

	heap    []uint32
	counted bool
	spent   int // steps that keeping the counts has cost
}

// chunk is a stretch of a pile.
type chunk struct {
	items []uint32 // entries, ascending
	alive int
}

// pileUp makes a pile of a chain that has grown too long.
func (s *Slots) pileUp(slot int32) {
	var items []uint32
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none {
			break
		}
		items = append(items, i)
	}
	slices.Reverse(items)
	p := &pile{slot: slot, n: len(items)}
	c := s.newChunk(items)
	p.dir = append(p.dir, c)
	for k, i := range items {
		e := s.at(i)
		if e.named == 0 {
			s.join(&p.heads, i, inHeads)
		}
		if inLimboBag(e) {
			s.join(&p.limbo, i, inLimbo)
		}
		// live is free until the pile is counted: here, what the entry reaches, a bit for each item.
		e.live = 0
		for _, t := range s.links(i) {
			e.live |= 1<<slices.Index(items, t) | s.at(t).live
		}
		if e.live == 1<<k-1 {
			e.flags |= isSolid
			p.solid = append(p.solid, i)
		}
	}
	id := uint32(len(s.piles))
	if n := len(s.freePiles); n > 0 {
		id, s.freePiles = s.freePiles[n-1], s.freePiles[:n-1]
		s.piles[id] = p
	} else {
		s.piles = append(s.piles, p)
	}
	s.table[slot] = id | pileBit
}

// newChunk makes a chunk of entries, which it keeps, and returns its number.
func (s *Slots) newChunk(items []uint32) uint32 {
	id := uint32(len(s.chunks))
	if n := len(s.freeChunks); n > 0 {
		id, s.freeChunks = s.freeChunks[n-1], s.freeChunks[:n-1]
	} else {
		s.chunks = append(s.chunks, chunk{})
	}
	c := chunk{items: items}
	for _, i := range items {
		e := s.at(i)
		e.link = id
		if e.state() == Alive {
			c.alive++
		}
	}
	s.chunks[id] = c
	return id
}

// stack adds a new entry to a pile; what it names is counted already.
func (s *Slots) stack(p *pile, i uint32) {
	s.join(&p.heads, i, inHeads)
	if inLimboBag(s.at(i)) {
		s.join(&p.limbo, i, inLimbo)
	}
	p.n++
	if s.insert(p, i) {
		s.harden(p)
	} else {
		// Nothing names a new entry, so nothing above it reaches all below any more.
		for k := len(p.solid); k > 0 && !s.above(i, p.solid[k-1]); k-- {
			s.at(p.solid[k-1]).flags &^= isSolid
			p.solid = p.solid[:k-1]
		}
	}
	if s.at(i).state() == Alive {
		s.revive(p, i, true)
	}
}

// harden lists the greatest entry of a pile as solid if it is: if it is the only head, each other entry
// is named by an entry that is not Ineffective, which is above it and, unless it is the greatest, named
// in turn: so each is reached from the greatest.
func (s *Slots) harden(p *pile) {
	last := s.chunks[p.dir[len(p.dir)-1]].items
	i := last[len(last)-1]
	if e := s.at(i); p.heads.n == 1 && e.named == 0 && !e.is(isSolid) {
		e.flags |= isSolid
		p.solid = append(p.solid, i)
	}
}

// insert puts a new entry into the chunks of a pile and tells whether it is the greatest.
func (s *Slots) insert(p *pile, i uint32) bool {
	d := len(p.dir) - 1
	last := s.chunks[p.dir[d]].items
	if s.above(i, last[len(last)-1]) {
		if len(last) < s.wide {
			s.put(p.dir[d], len(last), i)
		} else {
			p.dir = append(p.dir, s.newChunk(append(make([]uint32, 0, s.wide), i)))
		}
		return true
	}
	d = sort.Search(len(p.dir), func(k int) bool { return !s.above(i, s.chunks[p.dir[k]].items[0]) })
	d = max(d-1, 0)
	c := p.dir[d]
	if items := s.chunks[c].items; len(items) == s.wide {
		half := len(items) / 2
		upper := append(make([]uint32, 0, s.wide), items[half:]...)
		s.newChunkAfter(p, d, upper)
		s.chunks[c].items = items[:half]
		s.chunks[c].alive -= s.chunks[p.dir[d+1]].alive
		if s.above(i, upper[0]) {
			c = p.dir[d+1]
		}
	}
	items := s.chunks[c].items
	s.put(c, sort.Search(len(items), func(k int) bool { return !s.above(i, items[k]) }), i)
	return false
}

// newChunkAfter makes a chunk and lists it behind the d-th of a pile.
func (s *Slots) newChunkAfter(p *pile, d int, items []uint32) {
	p.dir = slices.Insert(p.dir, d+1, s.newChunk(items))
}

// put puts an entry into a chunk at position k.
func (s *Slots) put(c uint32, k int, i uint32) {
	ch := &s.chunks[c]
	ch.items = slices.Insert(ch.items, k, i)
	s.at(i).link = c
	if s.at(i).state() == Alive {
		ch.alive++
	}
}

// revive notes that an entry of a pile came to life or died; its chunk has counted it.
func (s *Slots) revive(p *pile, i uint32, alive bool) {
	switch {
	case !alive:
		p.known = p.known && p.top != i
	case p.known && (p.top == none || s.above(i, p.top)):
		p.top = i
	}
	s.recount(p, i, alive)
}

// greatest is the greatest alive entry of a pile, none when there is none.
func (s *Slots) greatest(p *pile) uint32 {
	if p.known {
		return p.top
	}
	p.top, p.known = none, true
	it := descent{s: s, p: p, d: len(p.dir)}
	it.skipDead()
	for p.top == none {
		i := it.next()
		if i == none {
			break
		}
		if s.at(i).state() == Alive {
			p.top = i
		}
	}
	return p.top
}

// unstack takes the newest entry of all, which nothing names any more, out of its pile.
func (s *Slots) unstack(p *pile, i uint32) {
	s.uncount(p)
	e := s.at(i)
	s.drop(&p.heads, i, inHeads, true)
	s.drop(&p.limbo, i, inLimbo, inLimboBag(e))
	if e.is(isSolid) { // it was the greatest when it came, and what came later is gone
		p.solid = p.solid[:len(p.solid)-1]
	}
	p.known = p.known && p.top != i
	p.n--
	c := &s.chunks[e.link]
	c.items = slices.DeleteFunc(c.items, func(j uint32) bool { return j == i })
	if e.state() == Alive {
		c.alive--
	}
	if len(c.items) > 0 {
		return
	}
	*c = chunk{}
	p.dir = slices.DeleteFunc(p.dir, func(d uint32) bool { return d == e.link })
	s.freeChunks = append(s.freeChunks, e.link)
	if len(p.dir) == 0 {
		id := s.table[p.slot] &^ pileBit
		s.piles[id], s.table[p.slot] = nil, 0
		s.freePiles = append(s.freePiles, id)
	}
}
