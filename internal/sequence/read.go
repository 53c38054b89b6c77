package sequence

import (
	"fmt"
	"slices"
)

// At returns the visible element at position pos, in runes.
func (s *Seq) At(pos int) LV {
	if pos < 0 || pos >= int(s.vis) {
		panic(fmt.Sprintf("sequence: element %d of %d", pos, s.vis))
	}
	p := s.seek(pos)
	return p.leaf.spans[p.i].lv + p.k
}

// Index returns how many visible elements stand before lv, which is an element,
// and whether it is visible itself.
func (s *Seq) Index(lv LV) (pos int, shown bool) {
	p := s.find(lv)
	sp := p.leaf.spans[p.i]
	n := uint32(0)
	if sp.n&hidden == 0 {
		n, shown = p.k, true
	}
	for _, sp := range p.leaf.spans[:p.i] {
		n += sp.shown()
	}
	slot := p.leaf.slot
	for up := p.leaf.up; up != nil; up = up.up {
		for _, v := range up.vis[:slot] {
			n += v
		}
		slot = up.slot
	}
	return int(n), shown
}

// Runs hands to yield the visible elements from position i to before position j,
// in document order and in runs as long as possible, until yield returns false.
func (s *Seq) Runs(i, j int, yield func(lv LV, n uint32) bool) {
	var run span
	for p, left := s.from(i, j); left > 0; {
		sp := p.leaf.spans[p.i]
		if sp.n&hidden == 0 {
			m := min(left, sp.n-p.k)
			left -= m
			switch lv := sp.lv + p.k; {
			case run.n > 0 && run.lv+run.n == lv:
				run.n += m
			case run.n > 0 && !yield(run.lv, run.n):
				return
			default:
				run = span{lv, m}
			}
		}
		p.step()
	}
	if run.n > 0 {
		yield(run.lv, run.n)
	}
}

// from returns the place before position i and the number of elements up to j.
func (s *Seq) from(i, j int) (place, uint32) {
	if i < 0 || j < i || j > int(s.vis) {
		panic(fmt.Sprintf("sequence: range %d to %d of %d", i, j, s.vis))
	}
	if i == j {
		return place{}, 0
	}
	return s.seek(i), uint32(j - i)
}

// step moves to the beginning of the next span, if there is one.
func (p *place) step() {
	p.i++
	p.k = 0
	if p.i == len(p.leaf.spans) && p.leaf.next != nil {
		p.leaf, p.i = p.leaf.next, 0
	}
}

// All hands to yield every element, deleted ones included, in document order and
// in runs as long as possible, until yield returns false.
func (s *Seq) All(yield func(lv LV, n uint32, shown bool) bool) {
	var run span
	for l := s.head; l != nil; l = l.next {
		for _, sp := range l.spans {
			switch {
			case run.n != 0 && run.lv+run.len() == sp.lv && (run.n^sp.n)&hidden == 0:
				run.n += sp.len()
			case run.n != 0 && !yield(run.lv, run.len(), run.n&hidden == 0):
				return
			default:
				run = sp
			}
		}
	}
	if run.n != 0 {
		yield(run.lv, run.len(), run.n&hidden == 0)
	}
}

// AppendText appends the words of the visible elements from position i to before
// position j, in UTF-8. It is for texts only.
func (s *Seq) AppendText(dst []byte, i, j int) []byte {
	p, left := s.from(i, j)
	if left == 0 {
		return dst
	}
	size := s.ext.b
	if left < s.vis {
		size = s.extraBefore(uint32(j)).b - s.extraBefore(uint32(i)).b
	}
	dst = slices.Grow(dst, int(left+size))
	return s.appendSpans(dst, p, left)
}

// appendSpans appends the words of n visible elements from p on. What lies
// together in the arena is copied together.
func (s *Seq) appendSpans(dst []byte, p place, n uint32) []byte {
	words := *s.words
	var a, b uint32 // found, not yet copied
	for l, i := p.leaf, p.i; ; l, i = l.next, 0 {
		for ; i < len(l.spans); i++ {
			lv, m := l.spans[i].lv+p.k, l.spans[i].shown()
			if m == 0 {
				continue
			}
			m = min(m-p.k, n)
			n -= m
			p.k = 0
			for m > 0 {
				c, d, k := s.bytesAt(lv, m)
				if c != b {
					dst = append(dst, words[a:b]...)
					a = c
				}
				b = d
				lv, m = lv+k, m-k
			}
			if n == 0 {
				return append(dst, words[a:b]...)
			}
		}
	}
}

// bytesAt returns the stretch of the arena that holds the first m of n elements
// from lv on, with m as large as one piece allows. Absent words are an empty
// stretch.
func (s *Seq) bytesAt(lv LV, n uint32) (a, b, m uint32) {
	pg := s.guess(lv) // s.piece, written out: this is most of reading a text
	if pg == nil || pg.no != lv>>pageBits {
		if pg = s.page(lv); pg == nil {
			_, to := s.bounds(lv)
			return 0, 0, min(n, to-lv)
		}
	}
	pc := &pg.pieces[pg.find(lv&pageMask)]
	j := lv&pageMask - uint32(pc.at)
	m = min(n, pc.len()-j)
	if pc.off == NoWords {
		return 0, 0, m
	}
	a = pc.off + j
	if pc.tab == 0 {
		return a, a + m, m
	}
	return a + s.lead(pg, pc, j).b, a + m + s.lead(pg, pc, j+m).b, m
}

// Words hands to yield the words of n elements of a text from lv on, visible or
// not, in as many slices of the arena as they lie in. Absent words are left out.
// The slices must not be changed, and not be kept beyond the next edit.
func (s *Seq) Words(lv LV, n uint32, yield func([]byte)) {
	for n > 0 {
		a, b, m := s.bytesAt(lv, n)
		if a < b {
			yield((*s.words)[a:b:b])
		}
		lv, n = lv+m, n-m
	}
}
