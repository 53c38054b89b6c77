package sequence

import "fmt"

const (
	pageBits = 8 // 256 LVs a page: an offset in it is a byte
	pageLen  = 1 << pageBits
	pageMask = pageLen - 1
	leafMask = 1<<(32-pageBits) - 1 // an index entry: offset in the page, leaf number

	pagesInBlock = 1 << (blockBits - pageBits) // spans and tracts keep to a block
)

// page is all that is known by number about 256 consecutive LVs. Sequences of one
// document share one LV space, so a sequence has pages only where it has
// elements.
type page struct {
	kids   [2][pageLen / 64]uint64 // by side: a bit for each LV, something hangs there
	heads  [pageLen / 64]uint64    // a bit for each LV, a piece begins there
	ranks  [pageLen / 64]uint8     // how many pieces begin before each of these words
	no     uint32
	ents   []uint32 // offset<<24 | leaf, ascending; in force up to the next
	pieces []piece  // ascending
	tables *[]table // of the pieces that are not all ASCII
}

// roomyPage is a page with room for what most come to hold, in one piece of memory.
type roomyPage struct {
	page
	pieceRoom [8]piece
	entRoom   [8]uint32
}

// page returns the page that has lv, or nil, in particular where it is plain.
func (s *Seq) page(lv LV) *page {
	pg := s.guess(lv)
	if pg == nil || pg.no != lv>>pageBits {
		pg, _ = s.lookup(lv >> pageBits)
	}
	return pg
}

// guess returns the page that has lv if as many pages are missing before it as
// before the one that aim saw last, which is the rule; else another one or nil.
func (s *Seq) guess(lv LV) *page {
	if i := lv>>pageBits - s.base - s.gaps; i < uint32(len(s.pages)) {
		return s.pages[i]
	}
	return nil
}

// aim is page, and makes guesses good for what is near lv. Only edits call it:
// reading leaves a Seq as it is.
func (s *Seq) aim(lv LV) *page {
	no := lv >> pageBits
	pg := s.guess(lv)
	if pg == nil || pg.no != no {
		if i := s.pageIndex(no); i >= 0 && s.nos[i] == no && s.pages[i] != nil {
			s.gaps = no - s.base - uint32(i)
			return s.pages[i]
		}
		pg, _ = s.lookup(no)
	}
	return pg
}

// pageIndex returns the place of the last page or tract that does not begin after
// the page with a number, or -1. Numbers ascend by at least one from place to place,
// which bounds the search by the number of those missing.
func (s *Seq) pageIndex(no uint32) int {
	if len(s.pages) == 0 || no < s.base || no > s.tail.no {
		return -1
	}
	lo, hi := 0, min(int(no-s.base), len(s.nos)-1)
	if back := int(s.tail.no - no); back < len(s.nos) {
		lo = len(s.nos) - 1 - back
	}
	for lo < hi {
		m := int(uint(lo+hi+1) >> 1)
		if s.nos[m] <= no {
			lo = m
		} else {
			hi = m - 1
		}
	}
	return lo
}

// newest returns the page of lv, which is at or after the last page, making it
// if it is not there.
func (s *Seq) newest(lv LV) *page {
	no := lv >> pageBits
	if s.tail == nil || s.tail.no != no {
		if len(s.pages) == 0 {
			s.base = no
			s.tail = &page{no: no} // small: most sequences have one page, with little in it
		} else {
			r := new(roomyPage)
			r.no, r.pieces, r.ents = no, r.pieceRoom[:0], r.entRoom[:0]
			s.tail = &r.page
		}
		s.pages = append(s.pages, s.tail)
		s.nos = append(s.nos, no)
	}
	return s.tail
}

// kid reports whether something hangs on the element at offset o on a side.
func (p *page) kid(o uint32, side Side) bool {
	return p.kids[side&1][o>>6&3]>>(o&63)&1 != 0
}

// hasKid reports whether something hangs on parent, an element, on a side.
func (s *Seq) hasKid(parent LV, side Side) bool {
	pg := s.page(parent)
	if pg == nil {
		return side == Right // a plain page
	}
	return pg.kid(parent&pageMask, side)
}

// setKid writes whether something hangs on parent on a side. The root needs no bit.
func (s *Seq) setKid(parent LV, side Side, on bool) {
	if parent == None {
		return
	}
	s.own(parent).setKid(parent&pageMask, side, on)
}

// setKid writes whether something hangs on the element at offset o on a side.
func (p *page) setKid(o uint32, side Side, on bool) {
	w := &p.kids[side&1][o>>6&3]
	if bit := uint64(1) << (o & 63); on {
		*w |= bit
	} else {
		*w &^= bit
	}
}

// chainKids writes, for the elements at offsets a to b-1, that each has the next
// one on its right.
func (p *page) chainKids(a, b uint32) {
	for ; a < b; a = a&^63 + 64 {
		p.kids[Right][a>>6&3] |= ones(a, b)
	}
}

// clearKids forgets what hangs on the elements at offsets a to b-1.
func (p *page) clearKids(a, b uint32) {
	for ; a < b; a = a&^63 + 64 {
		p.kids[Left][a>>6&3] &^= ones(a, b)
		p.kids[Right][a>>6&3] &^= ones(a, b)
	}
}

// ones returns the bits of the offsets from a to before b, in the word that has
// that of a. a < b.
func ones(a, b uint32) uint64 {
	return ^uint64(0) << (a & 63) & (^uint64(0) >> (63 - min(b-1-a&^63, 63)))
}

// entry returns the number of entries that begin at or before offset o.
func (p *page) entry(o uint32) int {
	i := len(p.ents)
	if i > 16 {
		lo, hi := 0, i
		for lo < hi {
			m := int(uint(lo+hi) >> 1)
			if p.ents[m]>>(32-pageBits) <= o {
				lo = m + 1
			} else {
				hi = m
			}
		}
		return lo
	}
	for i > 0 && p.ents[i-1]>>(32-pageBits) > o {
		i--
	}
	return i
}

// find returns the place before lv.
func (s *Seq) find(lv LV) place {
	if p := s.beside(lv); p.leaf != nil {
		return p
	}
	return s.findBy(s.page(lv), lv)
}

// beside is find for the elements of the cursor's span and the two beside it, and
// no place for others.
func (s *Seq) beside(lv LV) place {
	if l := s.cur.leaf; l != nil {
		if i := s.cur.i; l.spans[i].has(lv) {
			return place{l, i, lv - l.spans[i].lv, -1}
		} else if i > 0 && l.spans[i-1].has(lv) {
			return place{l, i - 1, lv - l.spans[i-1].lv, -1}
		} else if i+1 < len(l.spans) && l.spans[i+1].has(lv) {
			return place{l, i + 1, lv - l.spans[i+1].lv, -1}
		}
	}
	return place{}
}

// findBy is find by the index, given the page of lv.
func (s *Seq) findBy(pg *page, lv LV) place {
	if id := s.leafOf(pg, lv); id <= leafMask {
		l := s.leaves[id]
		if i := l.find(lv); i >= 0 {
			return place{l, i, lv - l.spans[i].lv, -1}
		}
	}
	panic(fmt.Sprintf("sequence: LV %d is no element of this sequence", lv))
}

// leafOf returns the number of the leaf that the index, by the page of lv, has for
// lv. It is beyond leafMask if there is none; if there is one, lv need not be an
// element.
func (s *Seq) leafOf(pg *page, lv LV) uint32 {
	if pg == nil {
		if _, t := s.lookup(lv >> pageBits); t != nil {
			return t.leafOf(lv >> pageBits)
		}
		return leafMask + 1
	}
	if e := pg.entry(lv & pageMask); e > 0 {
		return pg.ents[e-1] & leafMask
	}
	return leafMask + 1
}

// enter writes the leaf of a span of the newest elements into the index. Their
// pages are there already.
func (s *Seq) enter(lv LV, n uint32, id uint32) {
	for n > 0 {
		pg := s.tail
		if pg.no != lv>>pageBits {
			pg = s.page(lv)
		}
		if pg == nil {
			_, t := s.lookup(lv >> pageBits)
			t.leaf = id
			lv, n = lv+t.n<<pageBits, n-t.n<<pageBits
			continue
		}
		if i := len(pg.ents); i == 0 || pg.ents[i-1]&leafMask != id {
			pg.ents = append(pg.ents, (lv&pageMask)<<(32-pageBits)|id)
		}
		m := min(n, pageLen-lv&pageMask)
		lv, n = lv+m, n-m
	}
}

// reindexAll writes that the spans of a new leaf now are there. What runs on from
// span to span, as what is left of a word runs on into what was deleted of it, is
// written at once.
func (s *Seq) reindexAll(l *leaf) {
	lv, n := l.spans[0].lv, uint32(0)
	for _, sp := range l.spans {
		if sp.lv != lv+n {
			s.reindex(lv, n, l.id)
			lv, n = sp.lv, 0
		}
		n += sp.len()
	}
	s.reindex(lv, n, l.id)
}

// reindex writes that n elements from lv on, which were in one leaf, now are in
// another.
func (s *Seq) reindex(lv LV, n uint32, id uint32) {
	for n > 0 {
		pg := s.aim(lv)
		if pg == nil {
			m := s.reindexPlain(lv, n, id)
			lv, n = lv+m, n-m
			continue
		}
		m := min(n, pageLen-lv&pageMask)
		end := min(pg.end(), s.next-lv&^pageMask) // recorded elements may not be entered yet
		pg.assign(lv&pageMask, lv&pageMask+m, end, id)
		lv, n = lv+m, n-m
	}
}

// reindexPlain is reindex for the plain pages, all of them whole, with which n
// elements begin, and returns how many of the elements are in these.
func (s *Seq) reindexPlain(lv LV, n uint32, id uint32) uint32 {
	no := lv >> pageBits
	_, t := s.lookup(no)
	_, to := t.around(no)
	n = min(n, to<<pageBits-lv)
	if t.made == nil && n == t.n<<pageBits {
		t.leaf = id
		return n
	}
	d := t.open()
	for i := range n >> pageBits {
		d.leaf[(no+i)%pagesInBlock] = id
	}
	return n
}

// assign puts the offsets a to b-1, which are in one leaf, into another, and leaves
// those from b to before end where they are. One entry is in force from a to
// before b, since neighbouring entries differ.
func (p *page) assign(a, b, end, id uint32) {
	ents := p.ents
	j := p.entry(a)
	i := j // entries before i begin before a, entries from j on at b or later
	last := ents[j-1] & leafMask
	if ents[j-1]>>(32-pageBits) == a {
		i--
	}
	var with [2]uint32
	n := 0
	if i == 0 || ents[i-1]&leafMask != id {
		with[n] = a<<(32-pageBits) | id
		n++
	}
	if j < len(ents) && ents[j]>>(32-pageBits) == b {
		if ents[j]&leafMask == id {
			j++
		}
	} else if b < end && last != id {
		with[n] = b<<(32-pageBits) | last
		n++
	}
	if grow := n - (j - i); grow != 0 {
		for range grow {
			p.ents = append(p.ents, 0)
		}
		copy(p.ents[i+n:], p.ents[j:len(ents)])
		p.ents = p.ents[:len(ents)+grow]
	}
	copy(p.ents[i:], with[:n])
}

// end returns the offset after the page's last element.
func (p *page) end() uint32 { return uint32(p.pieces[len(p.pieces)-1].last) + 1 }

// cutEntries forgets the entries that begin after the last element.
func (p *page) cutEntries() {
	o, n := p.end(), len(p.ents)
	for n > 0 && p.ents[n-1]>>(32-pageBits) >= o {
		n--
	}
	p.ents = p.ents[:n]
}
