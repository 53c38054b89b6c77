package sequence

import "fmt"

// Insert enters n elements that came from elsewhere: the first hangs on parent on
// a side, each other one on the right of the one before it. parent is an element
// of this sequence or None, which has right children only. lv must be above every
// LV that was ever in use here. Elements whose words are absent have off NoWords
// and are inserted with shown false.
func (s *Seq) Insert(parent LV, side Side, lv LV, n uint32, off uint32, shown bool) {
	if c := &s.cur; n == 1 && shown && side == Right && parent+1 == lv && c.leaf != nil {
		sp := c.leaf.spans[c.i]
		if sp.lv+sp.n == lv && s.grow(c.leaf, c.i, lv, off) {
			return
		}
	}
	s.fresh(lv, n, off, shown)
	if parent == None {
		if side == Left {
			panic(fmt.Sprintf("sequence: LV %d hangs left of the root", lv))
		}
	} else if s.aim(parent); !s.Has(parent) {
		panic(fmt.Sprintf("sequence: LV %d hangs on %d, which is no element of this sequence", lv, parent))
	}
	p := place{at: -1}
	switch {
	case s.hasKid(parent, side):
		p = s.join(parent, side, lv)
	case parent == None:
	case side == Right:
		p = s.after(parent)
	default:
		p = s.find(parent)
	}
	s.setKid(parent, side, true)
	s.insert(p, lv, n, pack(parent, side), off, shown)
}

// Show makes the n elements from lv on visible, or hides them. All must be
// elements of this sequence, and have words if they are to be visible. Elements
// that are so already stay so.
func (s *Seq) Show(lv LV, n uint32, shown bool) {
	for n > 0 {
		s.aim(lv)
		p := s.find(lv)
		sp := p.leaf.spans[p.i]
		m := min(n, sp.len()-p.k)
		if shown != (sp.n&hidden == 0) {
			if shown {
				s.worded(lv, m)
			}
			s.turn(p, m)
		}
		lv, n = lv+m, n-m
	}
}

// worded panics if the words of one of n elements are absent.
func (s *Seq) worded(lv LV, n uint32) {
	if s.words == nil {
		return
	}
	for n > 0 {
		pg, i := s.piece(lv)
		pc := &pg.pieces[i]
		if pc.off == NoWords {
			panic(fmt.Sprintf("sequence: rule 5: LV %d is shown without words", lv))
		}
		m := min(n, uint32(pc.last)+1-lv&pageMask)
		lv, n = lv+m, n-m
	}
}

// Fill gives n elements that have no words, from lv on, the words that lie in the
// arena from off on. They stay hidden until Show.
func (s *Seq) Fill(lv LV, n uint32, off uint32) {
	end := lv + n
	s.part(lv)
	if s.Has(end) {
		s.part(end)
	}
	for lv < end {
		pg, i := s.piece(lv)
		pc := &pg.pieces[i]
		if pc.off != NoWords {
			panic(fmt.Sprintf("sequence: fill: LV %d has words already", lv))
		}
		pc.off = off
		off += pc.len() + s.count(pg, pc, 0, off).b
		lv += pc.len()
	}
}
