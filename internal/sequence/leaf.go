package sequence

// hidden is the flag in span.n of elements that are not visible.
const hidden = 1 << 31

// blockBits bounds the length of a span: none crosses a multiple of 1<<blockBits
// in LV. A leaf that splits re-enters its spans in the index page by page, so a
// span of a hundred million pasted characters must not exist; and bounding by
// LV, not by length, keeps merging independent of the order of edits.
const blockBits = 14

// span is a stretch of elements lv, lv+1, … that follow each other in document
// order and are all visible or all hidden. The pair is kept together, not as two
// arrays, because every search reads both halves.
type span struct {
	lv LV
	n  uint32 // length, and the flag hidden
}

// len returns the number of elements.
func (p span) len() uint32 { return p.n &^ hidden }

// shown returns the number of visible elements: the length or 0, without a branch.
func (p span) shown() uint32 { return p.n &^ uint32(int32(p.n)>>31) }

// has reports whether lv is in the span.
func (p span) has(lv LV) bool { return lv-p.lv < p.len() }

// joins reports whether b, standing right after a, can be one span with it.
func joins(a, b span) bool {
	return a.lv+a.len() == b.lv && (a.n^b.n)&hidden == 0 && b.lv&(1<<blockBits-1) != 0
}

// leaf is a node of the lowest level of the B+tree.
type leaf struct {
	spans      []span // in document order; grows in small steps up to the limit
	up         *inner // nil if the leaf is the whole tree
	slot       int    // place in up
	id         uint32 // its number in Seq.leaves
	next, prev *leaf
}

// open makes room for k spans before span i and leaves rubbish in it.
func (l *leaf) open(i, k int) {
	n := len(l.spans)
	if n+k > cap(l.spans) {
		grown := make([]span, n+k, max(2*cap(l.spans), n+k))
		copy(grown, l.spans[:i])
		copy(grown[i+k:], l.spans[i:])
		l.spans = grown
		return
	}
	l.spans = l.spans[:n+k]
	copy(l.spans[i+k:], l.spans[i:n])
}

// shut removes k spans from span i on.
func (l *leaf) shut(i, k int) {
	copy(l.spans[i:], l.spans[i+k:])
	l.spans = l.spans[:len(l.spans)-k]
}

// shown returns the number of visible elements in the leaf.
func (l *leaf) shown() (n uint32) {
	for _, p := range l.spans {
		n += p.shown()
	}
	return n
}

// find returns the span that holds lv, or -1.
func (l *leaf) find(lv LV) int {
	for i, p := range l.spans {
		if p.has(lv) {
			return i
		}
	}
	return -1
}

// place is a spot in document order: after the first k elements of span i. at
// counts the visible elements before span i, or is -1 where nobody knows.
type place struct {
	leaf *leaf
	i    int
	k    uint32
	at   int
}

// plant puts a span into a sequence that has no element.
func (s *Seq) plant(sp span) place {
	l := &leaf{spans: make([]span, 1, 4)}
	l.spans[0] = sp
	s.name(l)
	s.head = l
	return place{leaf: l, k: sp.len()}
}

// put inserts sp at p and returns the place after it. Sums and index are the
// caller's. No room is made once a span has been cut, so no half of a cut span
// can change leaf.
func (s *Seq) put(p place, sp span) place {
	l, i := p.leaf, p.i
	if p.k == 0 && i > 0 {
		i--
		p.k = l.spans[i].len() // only edits by LV come here, so at is unknown
	}
	old := l.spans[i]
	switch {
	case p.k == 0: // before the leaf's first span
		l, i = s.room(l, i, 1)
		l.open(i, 1)
		l.spans[i] = sp
		return place{l, i, sp.len(), p.at}
	case p.k < old.len():
		l, i = s.room(l, i, 2)
		l.open(i+1, 2)
		l.spans[i].n = p.k | old.n&hidden
		l.spans[i+2] = span{old.lv + p.k, old.n - p.k}
	case joins(old, sp):
		l.spans[i].n += sp.len()
		return place{l, i, old.len() + sp.len(), p.at}
	default:
		l, i = s.room(l, i, 1)
		l.open(i+1, 1)
	}
	l.spans[i+1] = sp
	if p.at >= 0 {
		p.at += int(l.spans[i].shown())
	}
	return place{l, i + 1, sp.len(), p.at}
}

// flip turns the m elements after p from visible to hidden or back, all of them
// in span p.i, and returns the place before them. at is kept only for hiding.
// Sums are the caller's; the index never changes unless a leaf splits.
func (s *Seq) flip(p place, m uint32) place {
	l, i, k := p.leaf, p.i, p.k
	old := l.spans[i]
	turned := span{old.lv + k, m | ^old.n&hidden}
	at := -1
	if old.n&hidden == 0 && p.at >= 0 {
		at = p.at + int(k)
	}
	switch {
	case m == old.len():
		l.spans[i] = turned
		i = l.mend(i)
	case k == 0:
		if i > 0 && joins(l.spans[i-1], turned) {
			l.spans[i-1].n += m
			l.spans[i] = span{old.lv + m, old.n - m}
			return place{l, i - 1, l.spans[i-1].len() - m, at}
		}
		l, i = s.room(l, i, 1)
		l.open(i, 1)
		l.spans[i] = turned
		l.spans[i+1] = span{old.lv + m, old.n - m}
	case k+m == old.len():
		if i+1 < len(l.spans) && joins(turned, l.spans[i+1]) {
			l.spans[i].n -= m
			l.spans[i+1].lv -= m
			l.spans[i+1].n += m
			return place{l, i + 1, 0, at}
		}
		l, i = s.room(l, i, 1)
		l.open(i+1, 1)
		l.spans[i].n -= m
		i++
		l.spans[i] = turned
	default:
		l, i = s.room(l, i, 2)
		l.open(i+1, 2)
		l.spans[i].n = k | old.n&hidden
		l.spans[i+2] = span{turned.lv + m, (old.len() - k - m) | old.n&hidden}
		i++
		l.spans[i] = turned
	}
	return place{l, i, turned.lv - l.spans[i].lv, at}
}

// mend joins span i with its neighbours where they can be one, and returns where
// its elements are then.
func (l *leaf) mend(i int) int {
	if i+1 < len(l.spans) && joins(l.spans[i], l.spans[i+1]) {
		l.spans[i].n += l.spans[i+1].len()
		l.shut(i+1, 1)
	}
	if i > 0 && joins(l.spans[i-1], l.spans[i]) {
		i--
		l.spans[i].n += l.spans[i+1].len()
		l.shut(i+1, 1)
	}
	return i
}

// room sees to it that k more spans fit into the leaf of span i, splitting it if
// need be, and returns where span i is then. When the leaf numbers run out
// leaves grow instead: slower, never wrong.
func (s *Seq) room(l *leaf, i, k int) (*leaf, int) {
	if len(l.spans)+k <= s.size.leaf || len(l.spans) < 2 || !s.nameable() {
		return l, i
	}
	mid := len(l.spans) / 2
	if late := len(l.spans) * 3 / 4; i >= late {
		mid = late // who writes on at one place goes on in the new leaf, which has room
	}
	r := s.split(l, mid)
	if i >= mid {
		return r, i - mid
	}
	return l, i
}
