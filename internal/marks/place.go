package marks

import (
	"slices"
)

// No ghosts (DESIGN 6, the Marks row). Between two visible elements there may be
// deleted ones, and marks may begin and end among these: at each place in the gap
// other marks act. A local insert takes
//
//	first    a place outside ranges whose elements are all dead
//	then     a place outside ranges that end or begin in the gap and do not grow
//	         there
//	then     a place inside ranges that end or begin in the gap and grow there
//	then     the place furthest to the left, where the text alone would put it
//
// and each rule decides among what the rules before it leave, by number of ranges.
// Where the place then shows other marks than the neighbours call for (call.go),
// the change that inserts adds marks.
//
// Peritext leaves this to the application; without it a word typed where a bold
// word was deleted comes out bold, which users report as a ghost.

// Place is where a local insert goes and what marks its change adds.
type Place struct {
	// After is the element, visible or not, just after which the new text goes; None
	// before all others.
	After LV
	// Add are the marks to add over the new text, from its first to its last element,
	// by key and ID of their slots.
	Add []Addition
}

// Addition is a mark to add over new text. It never grows to the left.
type Addition struct {
	Slot  int32
	Like  LV // the mark whose value it has, None for a null mark
	Right LV // its growth to the right, as in Mark
}

// typing remembers the last gap that was looked through. Who types on has in the rest
// of the gap the same ends, and the best place is the first: it lies in every range that
// the place before lay in, all of which now have a living element, and a place that is
// not in one of these must be in another that is all dead, or the place before had not
// been the best. Without this each letter typed into a text whose 100,000 marks were
// deleted with it would cost all of them.
type typing struct {
	version uint64
	gap     gap // behind the place that was taken
	marker  LV  // the next marker behind it
	right   LV  // the visible element behind the gap
	steady  bool
}

// Place says where a local insert at a visible position goes. It costs the ends of
// ranges and the markers in the gap, and not even those for who types on.
func (m *Marks) Place(pos int) Place {
	s := site{m: m, left: None, right: None}
	if pos > 0 {
		s.left = m.text.At(pos - 1)
	}
	if m.cover.len() == 0 {
		return Place{After: s.left}
	}
	if pos < m.text.Len() {
		s.right = m.text.At(pos)
	}
	from, to := m.cover.start(), m.cover.locate(finish)
	if s.left != None {
		from = m.cover.locate(before(s.left))
	}
	if s.right != None {
		to = m.cover.locate(before(s.right))
	}
	b := m.markerAfter(s.left)
	if from == to && !s.inGap(b) {
		return Place{After: s.left}
	}
	if s.goesOn(from, b) {
		return Place{After: s.left}
	}
	s.look(from, to, b)
	p := Place{After: s.elems[s.best()]}
	add, steady := s.additions(p.After)
	p.Add = add
	m.typing = typing{m.version, m.whereAfter(p.After).gap, m.markerAfter(p.After), s.right, steady}
	return p
}

// goesOn tells whether what was found of the last gap holds of this one: nothing has
// changed, it ends where that one did, and nothing begins or ends from the place that
// was taken there to the first place here, so that left shows what that place does.
// from is the gap in cover before left, b the first marker after it.
func (s *site) goesOn(from gap, b LV) bool {
	t := &s.m.typing
	return t.steady && t.version == s.m.version && t.right == s.right && t.gap == from && t.marker == b &&
		s.left != None && !s.m.isLive(s.left) && s.m.cover.locate(after(s.left)) == from
}

// site is a gap between two visible elements, None at the edges of the text. Its
// places are numbered: place k is just after elems[k], elems[0] being left; between
// them are only places that are like the one before.
type site struct {
	m           *Marks
	left, right LV
	elems       []LV
	stops       []int // those of elems that are live markers, but for left
	marks       []held
	number      map[uint32]int // of a record in marks
}

// held is a record whose range ends or begins in a gap: it acts at the places
// [from, to), and on left and right or not. Ends that are not in the gap are -1 first.
type held struct {
	i               uint32
	from, to        int
	onLeft, onRight bool
}

// inGap tells whether a marker, None for none, stands between the neighbours.
func (s *site) inGap(b LV) bool {
	return b != None && b != s.right && (s.right == None || s.m.text.Order(b, s.right) < 0)
}

// look finds the places, markers and marks of the gap. from and to are its gaps in
// cover, b is the first marker after left.
func (s *site) look(from, to gap, b LV) {
	m := s.m
	s.elems = append(s.elems, s.left)
	s.number = map[uint32]int{}
	for g := from; g != to; {
		var e uint32
		e, g, _ = g.next()
		at := m.cover.spot(e)
		k := len(s.elems)
		switch {
		case at == begin || s.left != None && at == after(s.left):
			k = 0
		case at == finish || s.right != None && at == before(s.right):
			b = s.passMarkers(b, None)
			k = len(s.elems)
		default:
			x := at.elem()
			b = s.passMarkers(b, x)
			if k = len(s.elems) - 1; s.elems[k] != x {
				s.elems, k = append(s.elems, x), k+1
			}
		}
		n, ok := s.number[e>>1]
		if !ok {
			n = len(s.marks)
			s.number[e>>1] = n
			s.marks = append(s.marks, held{i: e >> 1, from: -1, to: -1})
		}
		if e&1 == 0 {
			s.marks[n].from = k
		} else {
			s.marks[n].to = k
		}
	}
	s.passMarkers(b, None)
	for n := range s.marks {
		s.complete(&s.marks[n])
	}
}

// passMarkers makes places of the markers from b on, as far as they are in the gap
// and not after x, and returns the first that is not.
func (s *site) passMarkers(b, x LV) LV {
	for s.inGap(b) && (x == None || b == x || s.m.text.Order(b, x) < 0) {
		s.stops = append(s.stops, len(s.elems))
		s.elems = append(s.elems, b)
		b = s.m.markerAfter(b)
	}
	return b
}

// complete finds where a range acts that has an end in the gap, growth that markers
// stop included.
func (s *site) complete(h *held) {
	r := &s.m.records[h.i]
	if h.onLeft = h.from < 0; h.onLeft {
		h.from = 0
	} else if r.is(stoppedL) {
		n, _ := slices.BinarySearch(s.stops, h.from)
		if h.from = 0; n > 0 {
			h.from = s.stops[n-1]
		} else {
			h.onLeft = !s.m.isLive(s.left)
		}
	}
	if h.onRight = h.to < 0; h.onRight {
		h.to = len(s.elems)
	} else if r.is(stoppedR) {
		n, _ := slices.BinarySearch(s.stops, h.to+1)
		if h.to = len(s.elems); n < len(s.stops) {
			h.to = s.stops[n]
		} else {
			h.onRight = s.right != None && !s.m.isLive(s.right)
		}
	}
}

// best returns the best place.
func (s *site) best() (place int) {
	n := len(s.elems) + 1
	dead, hard, soft := make([]int, n), make([]int, n), make([]int, n) // differences
	for _, h := range s.marks {
		if h.from >= h.to || h.onLeft && h.onRight {
			continue
		}
		r, rule := &s.m.records[h.i], dead
		switch {
		case h.onLeft && r.is(growsR) || h.onRight && r.is(growsL):
			rule = soft
		case h.onLeft || h.onRight:
			rule = hard
		}
		rule[h.from]++
		rule[h.to]--
	}
	if k := len(s.stops); k > 0 { // growth of marks that have no end in the gap
		if s.left != None {
			w := s.m.whereElem(s.left)
			c := s.m.rights.count(w.low, w.at)
			soft[0] += c
			soft[s.stops[0]] -= c
		}
		if s.right != None {
			w := s.m.whereElem(s.right)
			soft[s.stops[k-1]] += s.m.lefts.count(w.at, w.high)
		}
	}
	for k := 1; k < len(s.elems); k++ {
		dead[k], hard[k], soft[k] = dead[k]+dead[k-1], hard[k]+hard[k-1], soft[k]+soft[k-1]
		if c := [3]int{dead[k] - dead[place], hard[k] - hard[place], soft[place] - soft[k]}; slices.Compare(c[:], make([]int, 3)) < 0 {
			place = k
		}
	}
	return place
}
