package sequence

import "fmt"

const (
	pageBits = 8 // 256 LVs a page: an offset in it is a byte
	pageLen  = 1 << pageBits
	pageMask = pageLen - 1
	leafMask = 1<<(32-pageBits) - 1 // an index entry: offset in the page, leaf number
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

// page returns the page that has lv, or nil.
func (s *Seq) page(lv LV) *page {
	pg := s.guess(lv)
	if pg == nil || pg.no != lv>>pageBits {
		pg = s.pageAmongGaps(lv >> pageBits)
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

// aim makes guesses good for what is near lv. Only edits call it: reading leaves
// a Seq as it is.
func (s *Seq) aim(lv LV) {
	no := lv >> pageBits
	if pg := s.guess(lv); pg == nil || pg.no != no {
		if i := s.pageIndex(no); i >= 0 {
			s.gaps = no - s.base - uint32(i)
		}
	}
}

// pageAmongGaps returns the page with a number, or nil.
func (s *Seq) pageAmongGaps(no uint32) *page {
	if i := s.pageIndex(no); i >= 0 {
		return s.pages[i]
	}
	return nil
}

// pageIndex returns the place of the page with a number, or -1. Numbers ascend by
// at least one from page to page, which bounds the search by the number of those
// missing.
func (s *Seq) pageIndex(no uint32) int {
	if len(s.pages) == 0 || no < s.base || no > s.tail.no {
		return -1
	}
	lo, hi := 0, min(int(no-s.base), len(s.nos)-1)
	if back := int(s.tail.no - no); back < len(s.nos) {
		lo = len(s.nos) - 1 - back
	}
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if s.nos[m] < no {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if s.nos[lo] != no {
		return -1
	}
	return lo
}

// newest returns the page of lv, which is at or after the last page, making it
// if it is not there.
func (s *Seq) newest(lv LV) *page {
	no := lv >> pageBits
	if s.tail == nil || s.tail.no != no {
		s.tail = &page{no: no}
		if len(s.pages) == 0 {
			s.base = no // small: most sequences have one page, with little in it
		} else {
			s.tail.pieces, s.tail.ents = make([]piece, 0, 8), make([]uint32, 0, 8)
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

// hasKid reports whether something hangs on parent on a side.
func (s *Seq) hasKid(parent LV, side Side) bool {
	if parent == None {
		return side == Right && s.head != nil
	}
	return s.page(parent).kid(parent&pageMask, side)
}

// setKid writes whether something hangs on parent on a side. The root needs no bit.
func (s *Seq) setKid(parent LV, side Side, on bool) {
	if parent == None {
		return
	}
	w := &s.page(parent).kids[side&1][parent>>6&3]
	if bit := uint64(1) << (parent & 63); on {
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
	if l := s.cur.leaf; l != nil {
		if i := s.cur.i; l.spans[i].has(lv) {
			return place{l, i, lv - l.spans[i].lv, -1}
		} else if i > 0 && l.spans[i-1].has(lv) {
			return place{l, i - 1, lv - l.spans[i-1].lv, -1}
		} else if i+1 < len(l.spans) && l.spans[i+1].has(lv) {
			return place{l, i + 1, lv - l.spans[i+1].lv, -1}
		}
	}
	pg := s.page(lv)
	if pg == nil || len(pg.ents) == 0 {
		panic(fmt.Sprintf("sequence: LV %d is no element of this sequence", lv))
	}
	if e := pg.entry(lv & pageMask); e > 0 {
		l := s.leaves[pg.ents[e-1]&leafMask]
		if i := l.find(lv); i >= 0 {
			return place{l, i, lv - l.spans[i].lv, -1}
		}
	}
	panic(fmt.Sprintf("sequence: LV %d is no element of this sequence", lv))
}

// enter writes the leaf of a span of the newest elements into the index. Their
// pages are there already.
func (s *Seq) enter(lv LV, n uint32, id uint32) {
	for n > 0 {
		pg := s.page(lv)
		if i := len(pg.ents); i == 0 || pg.ents[i-1]&leafMask != id {
			pg.ents = append(pg.ents, (lv&pageMask)<<(32-pageBits)|id)
		}
		m := min(n, pageLen-lv&pageMask)
		lv, n = lv+m, n-m
	}
}

// reindex writes that a span now is in another leaf.
func (s *Seq) reindex(sp span, id uint32) {
	lv, n := sp.lv, sp.len()
	for n > 0 {
		m := min(n, pageLen-lv&pageMask)
		s.aim(lv)
		pg := s.page(lv)
		end := min(pg.end(), s.next-lv&^pageMask) // recorded elements may not be entered yet
		pg.assign(lv&pageMask, lv&pageMask+m, end, id)
		lv, n = lv+m, n-m
	}
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
