package marks

import "slices"

// Change says what a slot shows from some place on.
type Change struct {
	Slot int32
	Mark LV // the mark that wins, None when nothing shows
}

// Run is a stretch of visible elements, positions [From, To), that show the same
// marks.
type Run struct {
	From, To int
	// Changes are what is different from the run before it, by key and ID; in the
	// first run of a reading, all that shows. The slice is good until yield returns.
	Changes []Change
}

// Runs reads the visible positions [i, j) as runs of equal marks, in order and as
// long as possible, until yield returns false. Equal is said of marks, not of values:
// where one mark with some value takes over from another with the same, a new run
// begins. Runs say what changes, because 100,000 marks can begin one after another
// and none end. yield may read the room, not change it.
//
// It costs the marks at i and the ends of marks between i and j.
func (m *Marks) Runs(i, j int, yield func(Run) bool) {
	if i == j {
		return
	}
	s := sweep{m: m, pos: i, cur: map[int32]uint32{}, out: map[int32]uint32{}, yield: yield}
	last := m.text.At(j - 1)
	s.last, s.end = before(last), m.cover.locate(before(last))
	s.start(m.text.At(i))
	for s.step() && !s.stop {
	}
	if s.flush(j); !s.stop {
		yield(Run{s.from, j, s.open})
	}
}

// sweep goes through a text from one place where something begins or ends to the
// next. At all times cur is what wins, null marks included, at w; out is what has been
// said of it; touched are the slots in which they may differ; grown are the slots
// whose winner acts by growth that the next marker stops, and maybe others.
type sweep struct {
	m   *Marks
	w   where
	cur map[int32]uint32
	out map[int32]uint32

	grown   []int32
	touched []int32

	end    gap // where the sweep ends, in cover
	last   spot
	marker LV   // the live marker that comes next, or on which the sweep is
	edge   spot // the next edge of it; finish if that is after last

	pos   int // where what is in cur begins
	from  int // where the run that is open began
	open  []Change
	spare []Change // room for the next
	begun bool     // a run is open
	stop  bool     // yield said no
	yield func(Run) bool
}

// start puts the sweep on an element.
func (s *sweep) start(lv LV) {
	m := s.m
	s.w = m.whereElem(lv)
	s.from = s.pos
	switch s.marker = m.markerAfter(lv); {
	case m.rights.len() == 0 && m.lefts.len() == 0:
		s.edge = finish // markers stop nothing
	case m.isLive(lv):
		s.marker = lv
		s.aim(after(lv))
	default:
		s.aim(s.w.high)
	}
	m.winners(s.w)
	for _, i := range m.taken() {
		k := m.records[i].Slot
		s.cur[k] = i
		s.touched = append(s.touched, k)
		if m.records[i].is(stoppedR) {
			s.grown = append(s.grown, k)
		}
	}
}

// aim sets the next edge of a marker.
func (s *sweep) aim(edge spot) {
	if s.edge = edge; compare(s.m.text, edge, s.last) > 0 {
		s.edge = finish
	}
}

// step goes over the next end of a range in cover or edge of a marker; false if
// there is none up to last. Where two are at one spot their order does not matter:
// whatever wins too long by it ends in the next step.
func (s *sweep) step() bool {
	m := s.m
	e, g, ok := s.w.gap.next()
	if ok = ok && s.w.gap != s.end; s.edge != finish && (!ok || compare(m.text, s.edge, m.cover.spot(e)) < 0) {
		s.cross()
		return true
	}
	if !ok {
		return false
	}
	i := e >> 1
	s.w.at, s.w.gap = m.cover.spot(e), g
	slot := m.records[i].Slot
	switch best, has := s.cur[slot]; {
	case e&1 == 0 && (!has || best != i && m.above(i, best)):
		s.set(slot, i)
	case e&1 == 1 && has && best == i:
		s.renew(slot)
	}
	return true
}

// renew finds the winner of a slot anew.
func (s *sweep) renew(slot int32) {
	i, grown := s.m.winner(slot, s.w, none)
	if grown {
		s.grown = append(s.grown, slot)
	}
	if best, has := s.cur[slot]; !has && i != none || has && best != i {
		s.set(slot, i)
	}
}

// cross goes over the next edge of a marker. Before a marker growth to the right
// stops, after it growth to the left begins.
func (s *sweep) cross() {
	m := s.m
	if s.w.at = s.edge; s.edge == before(s.marker) {
		s.w.low, s.w.high = s.edge, s.edge
		s.aim(after(s.marker))
		list := s.grown
		s.grown = nil
		for _, k := range list {
			if _, has := s.cur[k]; has {
				s.renew(k)
			}
		}
		return
	}
	s.w.high = finish
	if s.marker = m.markerAfter(s.marker); s.marker != None {
		s.w.high = before(s.marker)
	}
	s.aim(s.w.high)
	m.scratch.fresh(len(m.slots))
	m.offerStretch(&m.lefts, s.w.at, s.w.high)
	for _, i := range m.taken() { // set may yield, and yield may read
		k := m.records[i].Slot
		if best, has := s.cur[k]; !has || best != i && m.above(i, best) {
			s.set(k, i)
		}
	}
}

// set writes the winner of a slot from w on, none if there is none.
func (s *sweep) set(slot int32, i uint32) {
	s.flush(position(s.m.text, s.w.at))
	if i == none {
		delete(s.cur, slot)
	} else {
		s.cur[slot] = i
	}
	s.touched = append(s.touched, slot)
}

// flush says what shows from pos on if that lies before next: it closes the run that
// is open if something is different now.
func (s *sweep) flush(next int) {
	if next == s.pos {
		return
	}
	list := s.spare[:0]
	for _, k := range s.touched {
		if c, differs := s.differs(k); differs {
			list = append(list, c)
		}
	}
	s.touched = s.touched[:0]
	if s.begun && len(list) > 0 && !s.stop && !s.yield(Run{s.from, s.pos, s.open}) {
		s.stop = true
	}
	if !s.begun || len(list) > 0 {
		if len(list) > 1 {
			slices.SortFunc(list, func(a, b Change) int { return s.m.bySlotName(a.Slot, b.Slot) })
		}
		s.begun, s.from, s.open, s.spare = true, s.pos, list, s.open
	}
	s.pos = next
}

// differs tells how a slot differs from what was said of it, and that it is said now.
func (s *sweep) differs(slot int32) (Change, bool) {
	now, has := s.cur[slot]
	if has && s.m.records[now].Null {
		has = false
	}
	said, was := s.out[slot]
	switch {
	case !has && !was || has && was && now == said:
		return Change{}, false
	case !has:
		delete(s.out, slot)
		return Change{slot, None}, true
	}
	s.out[slot] = now
	return Change{slot, s.m.records[now].LV}, true
}
