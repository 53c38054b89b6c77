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
	var p place
	if parent == None {
		p = s.hangOnRoot(side, lv)
	} else {
		p = s.hang(parent, side, lv)
	}
	s.insert(p, lv, n, pack(parent, side), off, shown)
}

// hangOnRoot is hang for the root.
func (s *Seq) hangOnRoot(side Side, lv LV) place {
	if side == Left {
		panic(fmt.Sprintf("sequence: LV %d hangs left of the root", lv))
	}
	if s.head != nil {
		return s.join(None, Right, lv)
	}
	return place{at: -1}
}

// hang notes at parent that lv comes to hang there on a side, and returns where lv
// goes.
func (s *Seq) hang(parent LV, side Side, lv LV) place {
	pg := s.aim(parent)
	o := parent & pageMask
	if pg == nil && s.Has(parent) {
		pg = s.own(parent)
	}
	if pg == nil || pg.find(o) < 0 {
		panic(fmt.Sprintf("sequence: LV %d hangs on %d, which is no element of this sequence", lv, parent))
	}
	if pg.kid(o, side) {
		return s.join(parent, side, lv)
	}
	pg.setKid(o, side, true)
	p := s.beside(parent)
	if p.leaf == nil {
		p = s.findBy(pg, parent)
	}
	if side == Right {
		p.k++
	}
	return p
}

// Show makes the n elements from lv on visible, or hides them. All must be
// elements of this sequence, and have words if they are to be visible. Elements
// that are so already stay so.
func (s *Seq) Show(lv LV, n uint32, shown bool) {
	for n > 0 {
		p := s.beside(lv)
		if p.leaf == nil {
			p = s.findBy(s.aim(lv), lv)
		}
		sp := p.leaf.spans[p.i]
		m := min(n, sp.len()-p.k)
		if shown != (sp.n&hidden == 0) {
			if shown {
				s.worded(lv, m)
			}
			s.turn(p, m)
			s.turned++
		}
		lv, n = lv+m, n-m
	}
}

// Turned returns how many spans Show has shown or hidden so far. Tests judge cost by it;
// it never goes down.
func (s *Seq) Turned() uint64 { return s.turned }

// worded panics if the words of one of n elements are absent.
func (s *Seq) worded(lv LV, n uint32) {
	if s.words == nil {
		return
	}
	for n > 0 {
		pg, i := s.piece(lv)
		if pg == nil || pg.pieces[i].off == NoWords {
			panic(fmt.Sprintf("sequence: rule 5: LV %d is shown without words", lv))
		}
		pc := &pg.pieces[i]
		m := min(n, uint32(pc.last)+1-lv&pageMask)
		lv, n = lv+m, n-m
	}
}

// Fill gives n elements that have no words, from lv on, the words that lie in the
// arena from off on. They stay hidden until Show.
func (s *Seq) Fill(lv LV, n uint32, off uint32) {
	end := lv + n
	s.part(lv)
	if end&pageMask != 0 && s.Has(end) {
		s.part(end)
	}
	for lv < end {
		pg := s.own(lv)
		pc := &pg.pieces[pg.find(lv&pageMask)]
		if pc.off != NoWords {
			panic(fmt.Sprintf("sequence: fill: LV %d has words already", lv))
		}
		pc.off = off
		off += pc.len() + s.count(pg, pc, 0, off).b
		lv += pc.len()
	}
}
