package sequence

import (
	"math/bits"
	"slices"
)

// tract stands in for pages that would all say the same: the middle of one long
// run whose words are absent. An op can declare a million elements in a few
// bytes, so what nobody has touched may cost nothing by the element.
//
// A tract lies within one block of 1<<blockBits LVs. Its pages are plain until
// something happens to them: every element of a plain page is hidden, has no
// words, has nothing on its left, hangs on the right of the one before it and
// has the one after it on its right, and all are in one span. So the first and
// the last page of a run are never plain, and who hangs an element on one of a
// plain page makes the page first. Neighbouring plain pages of a tract
// count as one piece. A page that must say more is made for itself (own), and
// when the last plain one has gone, the pages take the place of the tract.
type tract struct {
	no, n uint32 // pages no to no+n-1
	leaf  uint32 // the leaf of all elements, unless made is there
	made  *made  // nil while all pages are plain
}

// made is what is known of a tract that is not plain all over.
type made struct {
	has   uint64               // by number within the block: it has a page of its own
	pages []*page              // these, ascending
	leaf  [pagesInBlock]uint32 // the leaves of the plain pages, by number within the block
}

// plain reports whether the page with a number, of this tract, is plain.
func (t *tract) plain(no uint32) bool {
	return t.made == nil || t.made.has>>(no%pagesInBlock)&1 == 0
}

// page returns a page of the tract, nil if it is plain.
func (t *tract) page(no uint32) *page {
	if t.plain(no) {
		return nil
	}
	below := uint64(1)<<(no%pagesInBlock) - 1
	return t.made.pages[bits.OnesCount64(t.made.has&below)]
}

// leafOf returns the number of the leaf of a plain page's elements.
func (t *tract) leafOf(no uint32) uint32 {
	if t.made == nil {
		return t.leaf
	}
	return t.made.leaf[no%pagesInBlock]
}

// open makes room for what is known of single pages.
func (t *tract) open() *made {
	if t.made == nil {
		t.made = new(made)
		for i := range t.made.leaf {
			t.made.leaf[i] = t.leaf
		}
	}
	return t.made
}

// around returns the first of the plain pages that lie around a plain page without
// a gap, and the page after their last.
func (t *tract) around(no uint32) (from, to uint32) {
	from, to = t.no, t.no+t.n
	if t.made != nil {
		i := no % pagesInBlock
		if below := t.made.has & (1<<i - 1); below != 0 {
			from = no - i + uint32(bits.Len64(below))
		}
		if above := t.made.has >> i; above != 0 {
			to = no + uint32(bits.TrailingZeros64(above))
		}
	}
	return from, to
}

// spell returns what a plain page says, written out.
func (t *tract) spell(no uint32) *page {
	pg := &page{
		no:     no,
		heads:  [pageLen / 64]uint64{1},
		ranks:  [pageLen / 64]uint8{0, 1, 1, 1},
		ents:   []uint32{t.leafOf(no)},
		pieces: []piece{{up: pack(no<<pageBits-1, Right), off: NoWords, last: pageMask}},
	}
	pg.chainKids(0, pageLen)
	return pg
}

// lay adds a tract of n pages after all that are there. They are not the run's
// last, so a page follows, and their leaf is entered with their spans.
func (s *Seq) lay(no, n uint32) {
	s.tracts = append(s.tracts, tract{no: no, n: n})
	s.pages = append(s.pages, nil)
	s.nos = append(s.nos, no)
}

// tractAt returns the tract that begins with a page, which is there.
func (s *Seq) tractAt(no uint32) *tract {
	lo, hi := 0, len(s.tracts)-1
	for lo < hi {
		m := int(uint(lo+hi+1) >> 1)
		if s.tracts[m].no <= no {
			lo = m
		} else {
			hi = m - 1
		}
	}
	return &s.tracts[lo]
}

// lookup returns the page with a number or, if it is plain, its tract. Both are
// nil if no element is there.
func (s *Seq) lookup(no uint32) (*page, *tract) {
	i := s.pageIndex(no)
	if i < 0 {
		return nil, nil
	}
	if pg := s.pages[i]; pg != nil {
		if pg.no != no {
			return nil, nil
		}
		return pg, nil
	}
	t := s.tractAt(s.nos[i])
	if no-t.no >= t.n {
		return nil, nil
	}
	if pg := t.page(no); pg != nil {
		return pg, nil
	}
	return nil, t
}

// bounds returns the first element of the plain piece that has lv, and the element
// after its last. lv must be in a plain page.
func (s *Seq) bounds(lv LV) (from, to LV) {
	_, t := s.lookup(lv >> pageBits)
	from, to = t.around(lv >> pageBits)
	return from << pageBits, to << pageBits
}

// own returns the page that has lv, an element, to write to it. A plain page is
// made first, which parts the piece that it was in.
func (s *Seq) own(lv LV) *page {
	if pg := s.page(lv); pg != nil {
		return pg
	}
	no := lv >> pageBits
	_, t := s.lookup(no)
	pg := t.spell(no)
	if c := s.chains[Right]; c != nil {
		from, to := t.around(no)
		if from < no {
			c.insert(from<<pageBits, no<<pageBits)
		}
		if no+1 < to {
			c.insert(no<<pageBits, (no+1)<<pageBits)
		}
	}
	m := t.open()
	bit := uint64(1) << (no % pagesInBlock)
	m.pages = slices.Insert(m.pages, bits.OnesCount64(m.has&(bit-1)), pg)
	m.has |= bit
	if len(m.pages) == int(t.n) {
		s.dissolve(t)
	}
	return pg
}

// dissolve puts the pages of a tract, none of them plain, in its place.
func (s *Seq) dissolve(t *tract) {
	i := s.pageIndex(t.no)
	pages := t.made.pages
	s.pages = slices.Replace(s.pages, i, i+1, pages...)
	s.nos = slices.Replace(s.nos, i, i+1, make([]uint32, len(pages))...)
	for j, pg := range pages {
		s.nos[i+j] = pg.no
	}
	*t = tract{}
	s.tracts = slices.DeleteFunc(s.tracts, func(t tract) bool { return t.n == 0 })
}

// popPage takes the last page away and finds the new tail. Where that is in a tract,
// it leaves the tract, of which the rest is still followed by a page.
func (s *Seq) popPage() {
	n := len(s.pages) - 1
	s.pages[n] = nil
	s.pages, s.nos = s.pages[:n], s.nos[:n]
	if n > 0 && s.pages[n-1] == nil {
		t := &s.tracts[len(s.tracts)-1]
		s.pages = append(s.pages, t.pop())
		s.nos = append(s.nos, t.no+t.n)
	}
	if s.tail = nil; len(s.pages) > 0 {
		s.tail = s.pages[len(s.pages)-1]
	}
}

// pop takes the last page out of a tract. It is not plain: it had to say that nothing
// hangs on its last element any more. So another one is.
func (t *tract) pop() *page {
	t.n--
	m := t.made
	k := len(m.pages) - 1
	pg := m.pages[k]
	m.pages = m.pages[:k]
	m.has &^= 1 << (pg.no % pagesInBlock)
	return pg
}
