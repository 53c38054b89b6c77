package sequence

import "fmt"

// Extent tells about the n elements from lv on, all of this sequence, n ≥ 1: how
// many visible elements stand before lv, how many of them (lv included) stand
// next to each other in document order and are all visible or all hidden, and
// which. It costs what [Seq.Index] costs, whatever it passes over; long runs come
// in a few pieces.
func (s *Seq) Extent(lv LV, n uint32) (pos int, m uint32, shown bool) {
	pos, shown = s.Index(lv)
	p := s.find(lv)
	return pos, min(n, p.leaf.spans[p.i].len()-p.k), shown
}

// Before reports whether a stands before b in document order, where hidden
// elements have their place too. Both are elements of this sequence. O(log).
func (s *Seq) Before(a, b LV) bool {
	p, q := s.find(a), s.find(b)
	if p.leaf == q.leaf {
		return p.i < q.i || p.i == q.i && p.k < q.k
	}
	x, y := p.leaf.slot, q.leaf.slot
	for u, v := p.leaf.up, q.leaf.up; u != v; u, v = u.up, v.up { // all leaves lie at one depth
		x, y = u.slot, v.slot
	}
	return x < y
}

// InsertAfter is InsertAt right after the element e, visible or not: for who
// types where something stood that somebody else has deleted. It never makes a
// sibling of a known element either, for the same reason.
func (s *Seq) InsertAfter(e LV, lv LV, n uint32, off uint32) (parent LV, side Side, cont bool) {
	s.fresh(lv, n, off, true)
	if !s.Has(e) {
		panic(fmt.Sprintf("sequence: LV %d is to stand after %d, which is no element of this sequence", lv, e))
	}
	p := s.find(e)
	if parent, side = e, Right; s.hasKid(e, Right) {
		parent, side = s.following(p), Left
	}
	p.k++
	s.setKid(parent, side, true)
	s.insert(p, lv, n, pack(parent, side), off, true)
	return parent, side, side == Right && parent+1 == lv
}

// Next is the element after lv in document order, visible or not; the first one
// for None, and None after the last. O(1) beyond finding lv.
func (s *Seq) Next(lv LV) LV {
	if lv == None {
		if s.head == nil {
			return None
		}
		return s.head.spans[0].lv
	}
	p := s.find(lv)
	if p.leaf.next == nil && p.i+1 == len(p.leaf.spans) && p.k+1 == p.leaf.spans[p.i].len() {
		return None
	}
	return s.following(p)
}
