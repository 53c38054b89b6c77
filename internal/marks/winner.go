package marks

import (
	"cmp"
	"slices"
)

// The rule of what wins (DESIGN 6, the Marks row): per slot the greatest alive mark
// that acts. A record acts at a place exactly if one of these holds:
//
//	cover    the place is in its core or in growth that reaches its neighbour
//	rights   its last stands before the place, a marker stops its growth to the
//	         right, and no marker that is on stands after its last and up to the place
//	lefts    the same to the left: its first stands after the place, and no marker
//	         that is on stands from the place to before its first
//
// So in rights and lefts those act that lie between the place and the nearest marker.

// where is a place as the indexes see it: an element, or room for one.
type where struct {
	at   spot // all up to it is before the place
	low  spot // before the last live marker that is not after the place, or begin
	high spot // before the first that is not before the place, or finish; low is never it
	gap  gap  // in cover
}

// whereElem is the place of an element.
func (m *Marks) whereElem(lv LV) where {
	w := where{at: before(lv), gap: m.cover.locate(before(lv))}
	w.low, w.high = m.blockOf(lv)
	if m.isLive(lv) {
		w.low, w.high = w.at, w.at // nothing grows over a marker
	}
	return w
}

// whereAfter is the place of an element that would stand just after lv, or before
// all others if lv is None.
func (m *Marks) whereAfter(lv LV) where {
	if lv == None {
		w := where{at: begin, low: begin, high: finish, gap: m.cover.locate(begin)}
		if b := m.markerAfter(None); b != None {
			w.high = before(b)
		}
		return w
	}
	w := where{at: after(lv), gap: m.cover.locate(after(lv))}
	w.low, w.high = m.blockOf(lv)
	if m.isLive(lv) {
		w.low = before(lv)
	}
	return w
}

// isLive tells whether an element is a marker that is on.
func (m *Marks) isLive(lv LV) bool {
	i := m.marker(lv)
	return i < len(m.markers) && m.markers[i].lv == lv && m.markers[i].on
}

// scratch finds the greatest mark of each of many slots in one pass. A slot has an
// entry in best if its round is the present one.
type scratch struct {
	round uint32
	of    []uint32 // by slot: the round in which best was written
	best  []uint32 // by slot: a record
	slots []int32  // those of this round
}

// fresh begins a round.
func (s *scratch) fresh(slots int) {
	if s.round++; s.round == 0 {
		clear(s.of)
		s.round = 1
	}
	if n := slots - len(s.of); n > 0 {
		s.of = append(s.of, make([]uint32, n)...)
		s.best = append(s.best, make([]uint32, n)...)
	}
	s.slots = s.slots[:0]
}

// offer takes a record into account.
func (m *Marks) offer(i uint32) {
	s, k := &m.scratch, m.records[i].Slot
	switch {
	case s.of[k] != s.round:
		s.of[k], s.best[k] = s.round, i
		s.slots = append(s.slots, k)
	case m.above(i, s.best[k]):
		s.best[k] = i
	}
}

// taken returns the greatest of each slot in this round, in a new slice.
func (m *Marks) taken() []uint32 {
	list := make([]uint32, len(m.scratch.slots))
	for n, k := range m.scratch.slots {
		list[n] = m.scratch.best[k]
	}
	return list
}

// offerTops takes the greatest record of each slot in a set of cover, rights or
// lefts into account.
func (m *Marks) offerTops(x *index, root uint32) {
	if x.sets.size(root) < 4 {
		x.sets.each(root, m.offer)
		return
	}
	for slot := int32(0); ; slot++ {
		i, ok := x.sets.least(root, func(i uint32) bool { return m.records[i].Slot >= slot })
		if !ok {
			return
		}
		m.offer(i)
		slot = m.records[i].Slot
	}
}

// winners begins a round of scratch with the winner of each slot at a place, null
// ones too.
func (m *Marks) winners(w where) {
	m.scratch.fresh(len(m.slots))
	w.gap.open(m.offer)
	for n := w.gap.leaf; n != nil; n = n.up {
		if n.set != 0 {
			m.offerTops(&m.cover, n.set)
		}
	}
	m.offerStretch(&m.rights, w.low, w.at)
	m.offerStretch(&m.lefts, w.at, w.high)
}

// offerStretch takes into account the greatest of each slot among the points in
// (lo, hi].
func (m *Marks) offerStretch(x *index, lo, hi spot) {
	if x.len() > 0 {
		x.stretch(lo, hi, func(root uint32) { m.offerTops(x, root) }, m.offer)
	}
}

// search looks for the greatest record of one slot below a limit.
type search struct {
	m     *Marks
	slot  int32
	limit uint32 // a record of the slot, or none: no limit
	best  uint32 // none while there is none
}

// fits tells whether a record of the slot is below the limit.
func (s *search) fits(i uint32) bool { return s.limit == none || s.m.above(s.limit, i) }

// item takes one record into account.
func (s *search) item(i uint32) {
	if s.m.records[i].Slot == s.slot && s.fits(i) && (s.best == none || s.m.above(i, s.best)) {
		s.best = i
	}
}

// set takes a set of cover, rights or lefts into account.
func (s *search) set(x *index, root uint32) {
	i, ok := x.sets.least(root, func(i uint32) bool {
		k := s.m.records[i].Slot
		return k > s.slot || k == s.slot && s.fits(i)
	})
	if ok {
		s.item(i)
	}
}

// winner returns the record that wins in a slot at a place among those below the
// record limit, which is none for all; none if no record acts. grown tells that it
// acts there by growth to the right that a marker will stop.
func (m *Marks) winner(slot int32, w where, limit uint32) (i uint32, grown bool) {
	s := search{m: m, slot: slot, limit: limit, best: none}
	w.gap.open(s.item)
	for n := w.gap.leaf; n != nil; n = n.up {
		if n.set != 0 {
			s.set(&m.cover, n.set)
		}
	}
	if m.lefts.len() > 0 {
		m.lefts.stretch(w.at, w.high, func(root uint32) { s.set(&m.lefts, root) }, s.item)
	}
	i = s.best
	if m.rights.len() > 0 {
		m.rights.stretch(w.low, w.at, func(root uint32) { s.set(&m.rights, root) }, s.item)
	}
	return s.best, s.best != i
}

// acts tells whether a laid record acts at an element: the formula of the package
// comment, for one mark.
func (m *Marks) acts(i uint32, lv LV) bool {
	a, z := m.spots(i)
	return compare(m.text, a, before(lv)) <= 0 && compare(m.text, z, before(lv)) > 0
}

// spots are where the range of a laid record begins and ends, stopped growth
// included.
func (m *Marks) spots(i uint32) (a, z spot) {
	r := &m.records[i]
	a, z = m.coverEnds(i)
	if r.is(stoppedL) {
		a = after(m.markerBefore(r.First))
	}
	if r.is(stoppedR) {
		z = before(m.markerAfter(r.Last))
	}
	return a, z
}

// Winner is the mark that wins in a slot at an element, None when none acts. It may
// be a null mark.
func (m *Marks) Winner(slot int32, lv LV) LV {
	i, _ := m.winner(slot, m.whereElem(lv), none)
	if i == none {
		return None
	}
	return m.records[i].LV
}

// At appends the marks that a reader sees at an element: for each slot the winner,
// null ones left out, by key and ID.
func (m *Marks) At(lv LV, dst []LV) []LV {
	m.winners(m.whereElem(lv))
	slices.SortFunc(m.scratch.slots, m.bySlotName)
	for _, k := range m.scratch.slots {
		if r := &m.records[m.scratch.best[k]]; !r.Null {
			dst = append(dst, r.LV)
		}
	}
	return dst
}

// bySlotName orders slots by key and ID, which all replicas do alike.
func (m *Marks) bySlotName(a, b int32) int {
	s, t := &m.slots[a], &m.slots[b]
	return cmp.Or(cmp.Compare(s.key, t.key), cmp.Compare(s.id, t.id))
}

// Range is the stretch of visible positions [i, j) on which a mark acts, whether it
// wins there or not; empty for a mark that is dead or void.
func (m *Marks) Range(lv LV) (i, j int) {
	k, ok := m.find(lv)
	if !ok || !m.records[k].is(laidBit) {
		return 0, 0
	}
	a, z := m.spots(k)
	return position(m.text, a), position(m.text, z)
}
