package marks

import (
	"bytes"
	"slices"
)

// What the neighbours call for, in one slot:
//
//	like     if both neighbours show the same, nothing or equal values, that
//	else     the greatest of: the mark that wins on the left one if it grows to the
//	         right, the mark that wins on the right one if it grows to the left, and
//	         the marks that act on both
//
// A mark that does not grow therefore calls for nothing at its ends, and where a
// mark stops showing in the midst of another the other one goes on. At an edge of the
// text there is one neighbour.
//
// A mark that is added grows to the right up to the next element, deleted or not: who
// types on stays in it, and what is deleted there comes back as it was. One like a
// mark that does not grow does not.

// additions are the marks to add to text that goes just after an element of the gap.
// steady tells whether text that then goes behind it would need none: the new text
// shows what wins at the place, and is the left neighbour of the next.
func (s *site) additions(at LV) (list []Addition, steady bool) {
	m := s.m
	place := m.whereAfter(at)
	var left, right where
	if s.left != None {
		left = m.whereElem(s.left)
	}
	if s.right != None {
		right = m.whereElem(s.right)
	}
	steady = true
	for _, slot := range s.slots(left, right) {
		l, r := none, none
		if s.left != None {
			l, _ = m.winner(slot, left, none)
		}
		if s.right != None {
			r, _ = m.winner(slot, right, none)
		}
		c := s.called(slot, l, r, s.left != None, left)
		p, _ := m.winner(slot, place, none)
		steady = steady && m.alike(s.called(slot, p, r, true, place), p)
		if m.alike(c, p) {
			continue
		}
		a := Addition{Slot: slot, Like: None, Right: None}
		if m.shows(c) {
			a.Like = m.records[c].LV
		}
		if a.Like == None || m.records[c].is(growsR) {
			if a.Right = m.text.Next(at); a.Right == None {
				a.Right = Edge
			}
		}
		list = append(list, a)
	}
	return list, steady && len(list) == 0
}

// slots are the slots that may show different things on the neighbours and between
// them, by key and ID.
func (s *site) slots(left, right where) (list []int32) {
	m := s.m
	m.scratch.fresh(len(m.slots))
	for _, h := range s.marks {
		m.offer(h.i)
	}
	if len(s.stops) > 0 {
		if s.left != None {
			m.offerStretch(&m.rights, left.low, left.at)
		}
		if s.right != None {
			m.offerStretch(&m.lefts, right.at, right.high)
		}
	}
	list = slices.Clone(m.scratch.slots)
	slices.SortFunc(list, m.bySlotName)
	return list
}

// called is the record that the neighbours call for in a slot, none for none. l and r
// win on them, left is the place of the left one, if there is one.
func (s *site) called(slot int32, l, r uint32, hasLeft bool, left where) uint32 {
	m := s.m
	both := hasLeft && s.right != None
	if both && m.alike(l, r) {
		return l
	}
	best := none
	if l != none && m.records[l].is(growsR) {
		best = l
	}
	if r != none && m.records[r].is(growsL) && (best == none || m.above(r, best)) {
		best = r
	}
	if best != none || !both { // what acts on both is not above a winner
		return best
	}
	for l != none && !m.acts(l, s.right) {
		l, _ = m.winner(slot, left, l)
	}
	return l
}

// shows tells whether a reader sees something where a record wins, none for none.
func (m *Marks) shows(i uint32) bool { return i != none && !m.records[i].Null }

// alike tells whether two records that win show the same: nothing, or equal values.
func (m *Marks) alike(i, j uint32) bool {
	if !m.shows(i) || !m.shows(j) {
		return m.shows(i) == m.shows(j)
	}
	a, b := &m.records[i], &m.records[j]
	if i == j || a.Off == NoWords || b.Off == NoWords {
		return i == j
	}
	w := *m.words
	return bytes.Equal(w[a.Off:a.Off+a.Size], w[b.Off:b.Off+b.Size])
}
