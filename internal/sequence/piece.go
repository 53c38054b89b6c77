package sequence

import (
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

// piece is a stretch of elements of one page. Its first element hangs where up
// says, every other one is the greatest right child of the one before it, and
// their words lie one after another in the arena. One run of typing is one piece,
// but for page borders and for places where somebody got in between.
type piece struct {
	up       uint32 // packed parent and side of the first element
	off      uint32 // arena offset of the first element; NoWords; its LV in a list
	tab      uint16 // 1 + its place among the page's tables, 0 if all ASCII
	at, last uint8  // offsets in the page of its first and last element
}

// len returns the number of elements.
func (pc *piece) len() uint32 { return uint32(pc.last-pc.at) + 1 }

// blockLen is the number of runes for which a table has one line.
const blockLen = 64

// table tells where the runes of a piece lie: b[i] is what its first
// (i+1)*blockLen elements, or all if there are fewer, have more in bytes than in
// runes, u[i] the same in UTF-16 units. Lines after the last element say nothing.
type table struct {
	b, u [pageLen / blockLen]uint16
}

// upto returns what the first i lines of the table say.
func (t *table) upto(i uint32) extra {
	if i == 0 {
		return extra{}
	}
	return extra{uint32(t.b[i-1]), uint32(t.u[i-1])}
}

// wide returns what the rune with this first byte has more than one byte and one
// UTF-16 unit.
func wide(c byte) extra {
	switch {
	case c < utf8.RuneSelf:
		return extra{}
	case c < 0xE0:
		return extra{1, 0}
	case c < 0xF0:
		return extra{2, 0}
	}
	return extra{3, 1}
}

// find returns the piece that has offset o, or -1: counting the pieces that begin
// up to there takes no search.
func (p *page) find(o uint32) int {
	w := o >> 6 & 3
	i := int(p.ranks[w]) + bits.OnesCount64(p.heads[w]<<(63-o&63)) - 1
	if i >= 0 && uint32(p.pieces[i].last) < o {
		return -1
	}
	return i
}

// addPiece makes pc the i'th piece of the page.
func (p *page) addPiece(i int, pc piece) {
	p.pieces = append(p.pieces, pc)
	if n := len(p.pieces) - 1; i < n {
		copy(p.pieces[i+1:], p.pieces[i:n])
		p.pieces[i] = pc
	}
	p.heads[pc.at>>6] |= 1 << (pc.at & 63)
	for w := pc.at>>6 + 1; w < pageLen/64; w++ {
		p.ranks[w]++
	}
}

// popPiece takes the last piece away.
func (p *page) popPiece() {
	n := len(p.pieces) - 1
	at := p.pieces[n].at
	p.pieces = p.pieces[:n]
	p.heads[at>>6] &^= 1 << (at & 63)
	for w := at>>6 + 1; w < pageLen/64; w++ {
		p.ranks[w]--
	}
}

// piece returns the piece that has lv, by page and place, or a nil page where that
// is plain. lv must be an element.
func (s *Seq) piece(lv LV) (*page, int) {
	pg := s.page(lv)
	if pg == nil {
		return nil, 0
	}
	return pg, pg.find(lv & pageMask)
}

// headOf returns the first element of the piece that has lv.
func (s *Seq) headOf(lv LV) LV {
	pg, i := s.piece(lv)
	if pg == nil {
		from, _ := s.bounds(lv)
		return from
	}
	return lv&^pageMask | uint32(pg.pieces[i].at)
}

// lastOf returns the last element of the piece that has lv.
func (s *Seq) lastOf(lv LV) LV {
	pg, i := s.piece(lv)
	if pg == nil {
		_, to := s.bounds(lv)
		return to - 1
	}
	return lv&^pageMask | uint32(pg.pieces[i].last)
}

// table returns the table of a piece, nil if it is all ASCII.
func (p *page) table(pc *piece) *table {
	if pc.tab == 0 {
		return nil
	}
	return &(*p.tables)[pc.tab-1]
}

// lead returns what the first j elements of a piece have more than runes.
func (s *Seq) lead(p *page, pc *piece, j uint32) extra {
	t := p.table(pc)
	if t == nil || j == 0 {
		return extra{}
	}
	if j == pc.len() {
		return t.upto((j-1)/blockLen + 1)
	}
	x := t.upto(j / blockLen)
	from := j &^ (blockLen - 1)
	w := (*s.words)[pc.off+from+x.b:]
	for p := uint32(0); from < j; from++ {
		d := wide(w[p])
		x = x.plus(d)
		p += 1 + d.b
	}
	return x
}

// extraOf returns what the elements lv.., which are to be or have been visible, have
// more than runes.
func (s *Seq) extraOf(lv LV, n uint32) (x extra) {
	if s.tables == 0 {
		return x
	}
	for n > 0 {
		pg, i := s.piece(lv)
		pc := &pg.pieces[i]
		j := lv&pageMask - uint32(pc.at)
		m := min(n, pc.len()-j)
		if pc.tab != 0 {
			x = x.plus(s.lead(pg, pc, j+m)).minus(s.lead(pg, pc, j))
		}
		lv, n = lv+m, n-m
	}
	return x
}

// count enters into the table of a piece the words of its elements from j on,
// making the table when one of them is not ASCII, and returns what they have
// more than runes. off is the arena offset of element j.
func (s *Seq) count(p *page, pc *piece, j, off uint32) extra {
	n := pc.len() - j
	w := (*s.words)[off:]
	if pc.tab == 0 {
		if ascii(w[:n]) {
			return extra{}
		}
		if p.tables == nil {
			p.tables = new([]table)
		}
		*p.tables = append(*p.tables, table{})
		pc.tab = uint16(len(*p.tables))
		s.tables++
	}
	t := p.table(pc)
	x := t.upto((j + blockLen - 1) / blockLen)
	before := x
	for i := uint32(0); j < pc.len(); j++ {
		d := wide(w[i])
		i += 1 + d.b
		x = x.plus(d)
		t.b[j/blockLen], t.u[j/blockLen] = uint16(x.b), uint16(x.u)
	}
	return x.minus(before)
}

// shrink leaves a piece its first j elements, at least one.
func (s *Seq) shrink(p *page, pc *piece, j uint32) {
	x := s.lead(p, pc, j)
	pc.last = pc.at + uint8(j-1)
	if x == (extra{}) {
		s.untable(p, pc)
		return
	}
	t := p.table(pc)
	t.b[(j-1)/blockLen], t.u[(j-1)/blockLen] = uint16(x.b), uint16(x.u)
}

// untable forgets the table of a piece. The table keeps its place unless it is
// the last: truncation, which takes pieces from the end, leaves nothing behind.
func (s *Seq) untable(p *page, pc *piece) {
	if pc.tab == 0 {
		return
	}
	if int(pc.tab) == len(*p.tables) {
		*p.tables = (*p.tables)[:pc.tab-1]
	}
	pc.tab = 0
	s.tables--
}

// ascii reports whether all bytes are ASCII.
func ascii(w []byte) bool {
	var all uint64
	for ; len(w) >= 8; w = w[8:] {
		if all |= binary.LittleEndian.Uint64(w); all&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, c := range w {
		all |= uint64(c)
	}
	return all&utf8.RuneSelf == 0
}

// record enters n new elements into the pages, but for the index: the first hangs where up says,
// the others each on the right of the one before. It returns what they have more
// than runes (nothing while their words are absent).
func (s *Seq) record(lv LV, n uint32, up, off uint32) (sum extra) {
	if s.words == nil {
		off = lv
	}
	for first := lv; n > 0; {
		if off == NoWords && n > pageLen && lv != first {
			m := min(n-1, 1<<blockBits-lv&(1<<blockBits-1)) &^ pageMask
			s.lay(lv>>pageBits, m>>pageBits)
			lv, n = lv+m, n-m
			up = pack(lv-1, Right)
			continue
		}
		pg := s.newest(lv)
		o := lv & pageMask
		m := min(n, pageLen-o)
		var x extra
		pc := s.tailPiece(pg, o, up, off)
		var j uint32
		if pc != nil {
			j = pc.len()
			pc.last += uint8(m)
		} else {
			pg.addPiece(len(pg.pieces), piece{up: up, off: off, at: uint8(o), last: uint8(o + m - 1)})
			pc = &pg.pieces[len(pg.pieces)-1]
		}
		if n > m {
			pg.chainKids(o, o+m)
		} else {
			pg.chainKids(o, o+m-1)
		}
		if s.words != nil && off != NoWords {
			x = s.count(pg, pc, j, off)
			off += m + x.b
		} else if s.words == nil {
			off += m
		}
		sum = sum.plus(x)
		lv, n = lv+m, n-m
		up = pack(lv-1, Right)
	}
	return sum
}

// tailPiece returns the last piece if new elements from offset o on, hanging at
// up with words at off, run on from it, else nil. The newest element has no
// children yet, so the new one would be its greatest.
func (s *Seq) tailPiece(pg *page, o, up, off uint32) *piece {
	if len(pg.pieces) == 0 || o == 0 {
		return nil
	}
	pc := &pg.pieces[len(pg.pieces)-1]
	if uint32(pc.last)+1 != o || up != pack(pg.no<<pageBits|(o-1), Right) {
		return nil
	}
	if pc.off == NoWords || off == NoWords {
		if pc.off != off {
			return nil
		}
		return pc
	}
	if end := pc.off + pc.len() + s.lead(pg, pc, pc.len()).b; end != off {
		return nil
	}
	return pc
}

// part makes the element lv the first of a piece, if it is not that already.
func (s *Seq) part(lv LV) {
	pg := s.own(lv)
	o := lv & pageMask
	i := pg.find(o)
	if uint32(pg.pieces[i].at) == o {
		return
	}
	pc := &pg.pieces[i]
	j := o - uint32(pc.at)
	rest := piece{up: pack(lv-1, Right), off: pc.off, at: uint8(o), last: pc.last}
	if pc.off != NoWords {
		rest.off += j + s.lead(pg, pc, j).b
	}
	wide := pc.tab != 0
	s.shrink(pg, pc, j)
	if wide {
		s.count(pg, &rest, 0, rest.off)
	}
	pg.addPiece(i+1, rest)
	if c := s.chains[Right]; c != nil {
		c.insert(lv&^pageMask|uint32(pg.pieces[i].at), lv)
	}
}
