package sequence

import (
	"fmt"
	"unicode/utf8"
)

// cursor remembers where the last edit was, so that the next one, which is most
// often beside it, starts there. It survives every edit: each leaves it at its
// own place.
type cursor struct {
	leaf *leaf // nil: nowhere
	i    int   // span
	at   int   // visible elements before the span; -1 after an edit by LV
}

// InsertAt inserts n elements lv, lv+1, … before the visible position pos, in
// runes, and returns how the first of them hangs in the tree: what its op must
// say. cont is true if that is plain continuation, on the right of lv-1. lv must
// be above every LV that was ever in use here; the words of the elements lie in
// the arena from off on.
//
// The new element never becomes the sibling of one known here: where the element
// before it already has a right child, the next element in document order is the
// leftmost of that child's subtree and so has no left child.
func (s *Seq) InsertAt(pos int, lv LV, n uint32, off uint32) (parent LV, side Side, cont bool) {
	if c := &s.cur; n == 1 && c.leaf != nil {
		// Typing: right after the newest element, which is always childless.
		sp := c.leaf.spans[c.i]
		if sp.lv+sp.n == lv && c.at >= 0 && pos == c.at+int(sp.n) && s.grow(c.leaf, c.i, lv, off) {
			return lv - 1, Right, true
		}
	}
	s.fresh(lv, n, off, true)
	if pos < 0 || pos > int(s.vis) {
		panic(fmt.Sprintf("sequence: insert at %d of %d", pos, s.vis))
	}
	p := place{}
	switch {
	case s.head == nil:
		parent, side = None, Right
	case pos == 0:
		parent, side = s.head.spans[0].lv, Left
		s.setKid(parent, Left, true)
		p = place{leaf: s.head}
	default:
		p = s.seek(pos - 1)
		sp := p.leaf.spans[p.i]
		parent, side = sp.lv+p.k, Right
		pg := s.aim(parent) // not plain, since parent is visible
		if pg.kid(parent&pageMask, Right) {
			parent, side = s.following(p), Left
			pg = s.own(parent)
		}
		pg.setKid(parent&pageMask, side, true)
		p.k++
	}
	s.insert(p, lv, n, pack(parent, side), off, true)
	return parent, side, side == Right && parent != None && parent+1 == lv
}

// grow adds one element lv to the end of span i, which is visible and ends with
// lv-1, and to the newest piece, if these can take it and it is ASCII.
func (s *Seq) grow(l *leaf, i int, lv LV, off uint32) bool {
	pg := s.tail
	o := lv & pageMask
	if o == 0 || lv != s.next || lv >= MaxLV {
		return false
	}
	pc := &pg.pieces[len(pg.pieces)-1]
	if s.words != nil && (pc.off+pc.len() != off || (*s.words)[off] >= utf8.RuneSelf) {
		return false // in particular if the piece is not all ASCII: its words end later
	}
	pc.last = uint8(o)
	pg.kids[Right][(o-1)>>6&3] |= 1 << ((o - 1) & 63)
	l.spans[i].n++
	s.next = lv + 1
	s.add(l, 1)
	return true
}

// insert enters n new elements at p: into the pages, the spans and the sums. up
// says where the first hangs; its bit is set already. The cursor stays after
// them.
func (s *Seq) insert(p place, lv LV, n uint32, up, off uint32, shown bool) {
	x := s.record(lv, n, up, off)
	flag := uint32(hidden)
	if shown {
		flag = 0
	}
	for n > 0 {
		m := min(n, 1<<blockBits-lv&(1<<blockBits-1))
		if p.leaf == nil {
			p = s.plant(span{lv, m | flag})
		} else {
			p = s.put(p, span{lv, m | flag})
		}
		s.enter(lv, m, p.leaf.id)
		s.next = lv + m
		if shown {
			s.add(p.leaf, m)
			if x != (extra{}) {
				s.addExtra(p.leaf, s.extraOf(lv, m))
			}
		}
		lv, n = lv+m, n-m
	}
	s.cur = cursor{p.leaf, p.i, p.at}
}

// DeleteAt hides the n visible elements from position pos on, in runes, and hands
// their LVs to yield as they stood: in document order, in runs as long as
// possible. yield must not call the Seq.
func (s *Seq) DeleteAt(pos int, n int, yield func(lv LV, n uint32)) {
	if pos < 0 || n < 0 || n > int(s.vis)-pos {
		panic(fmt.Sprintf("sequence: delete of %d at %d of %d", n, pos, s.vis))
	}
	if n == 1 {
		if lv, ok := s.nibble(pos); ok {
			yield(lv, 1)
			return
		}
	}
	var run span
	for n > 0 {
		p := s.seek(pos)
		sp := p.leaf.spans[p.i]
		m := min(uint32(n), sp.n-p.k)
		lv := sp.lv + p.k
		s.turn(p, m)
		if run.n > 0 && run.lv+run.n == lv {
			run.n += m
		} else {
			if run.n > 0 {
				yield(run.lv, run.n)
			}
			run = span{lv, m}
		}
		n -= int(m)
	}
	if run.n > 0 {
		yield(run.lv, run.n)
	}
}

// nibble hides the visible element pos, if that only moves the border between the
// cursor's span, which is hidden, and a visible one of two or more beside it. So it is
// for who deletes on, in either direction. (A hidden span's n is hidden or more, so one
// comparison asks for both.)
func (s *Seq) nibble(pos int) (lv LV, ok bool) {
	l, i, at := s.cur.leaf, s.cur.i, s.cur.at
	if l == nil || uint(at-pos) > 1 || s.tables > 0 {
		return 0, false
	}
	gone := &l.spans[i]
	if gone.n&hidden == 0 {
		return 0, false
	}
	if at == pos { // the next one
		if i+1 == len(l.spans) {
			return 0, false
		}
		a, lv := &l.spans[i+1], gone.lv+gone.len()
		if a.n-2 >= hidden-2 || a.lv != lv || lv&(1<<blockBits-1) == 0 {
			return 0, false
		}
		a.lv++
		a.n--
		gone.n++
		s.add(l, ^uint32(0))
		return lv, true
	}
	if i == 0 {
		return 0, false
	}
	a := &l.spans[i-1]
	if a.n-2 >= hidden-2 || a.lv+a.n != gone.lv || gone.lv&(1<<blockBits-1) == 0 {
		return 0, false
	}
	a.n--
	gone.lv--
	gone.n++
	s.cur.at = pos
	s.add(l, ^uint32(0))
	return gone.lv, true
}

// turn flips the m elements after p, all in one span, with sums and cursor.
func (s *Seq) turn(p place, m uint32) {
	sp := p.leaf.spans[p.i]
	q := s.flip(p, m)
	d := m // modulo 2^32
	if sp.n&hidden == 0 {
		d = -m
	}
	s.add(q.leaf, d)
	if s.tables > 0 {
		x := s.extraOf(sp.lv+p.k, m)
		if sp.n&hidden == 0 {
			x = extra{}.minus(x)
		}
		s.addExtra(q.leaf, x)
	}
	s.cur = cursor{q.leaf, q.i, q.at}
}

// seek returns the place before the visible element idx, which exists. It walks
// from the cursor where the element is in the cursor's leaf, and from the root
// otherwise.
func (s *Seq) seek(idx int) place {
	l, i, at := s.cur.leaf, s.cur.i, s.cur.at
	if l == nil || at < 0 {
		return s.descend(idx)
	}
	if p := l.spans[i]; idx >= at {
		if k := uint32(idx - at); k < p.shown() {
			return place{l, i, k, at}
		}
	} else if i > 0 {
		if n := int(l.spans[i-1].shown()); idx >= at-n {
			return place{l, i - 1, uint32(idx - at + n), at - n}
		}
	}
	if l.up != nil {
		if in := int(l.up.vis[l.slot&(maxFanout-1)]); idx < at-in || idx >= at+in {
			return s.descend(idx)
		}
	}
	for idx < at && i > 0 {
		i--
		at -= int(l.spans[i].shown())
	}
	if idx < at {
		return s.descend(idx)
	}
	for ; i < len(l.spans); i++ {
		n := int(l.spans[i].shown())
		if idx < at+n {
			return place{l, i, uint32(idx - at), at}
		}
		at += n
	}
	return s.descend(idx)
}

// descend is seek from the root.
func (s *Seq) descend(idx int) place {
	l, left := s.head, uint32(idx)
	for n := s.root; n != nil; {
		i := 0
		for left >= n.vis[i&(maxFanout-1)] {
			left -= n.vis[i&(maxFanout-1)]
			i++
		}
		if n.leaves != nil {
			l = n.leaves[i]
			break
		}
		n = n.kids[i]
	}
	i := 0
	for {
		n := l.spans[i].shown()
		if left < n {
			return place{l, i, left, idx - int(left)}
		}
		left -= n
		i++
	}
}
