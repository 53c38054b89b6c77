package pack

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// What may be out of the ordinary with a change, in colShape.
const (
	shapeMore   = 1 << iota // another part follows
	shapeAbsent             // it has words, but they are not here
	shapeSalted             // there is salt before its words
	shapeRare               // colRare says more
)

// And what is so seldom, in colRare.
const (
	rarePrev  = 1 << iota // prev is not the author's newest change here
	rareChain             // seq and start do not follow from prev
	rareWith              // co-authors
	rareTag               // a tag
	rareWork              // the work stands where it should not, or not where it should
)

// shape is what colShape and colRare say of a change.
type shape struct{ plain, rare uint8 }

// begin codes the header of a change, which is m.header in both directions, and
// makes ready for its ops. absent and salted say how its words are. A writer has
// the first op in m.op.
func (m *model) begin(absent, salted bool) shape {
	h := &m.header
	last := m.author
	m.by(last)
	m.prev = m.newest[m.author]
	s := m.shape(absent, salted)
	if s.rare&rarePrev != 0 {
		m.otherPrev()
	} else if h.Prev = (block.ID{}); m.prev != none {
		h.Prev, _ = m.id(m.prev)
	}
	seq, start := m.follows()
	if s.rare&rareChain != 0 {
		seq, start = m.num(colChain, h.Seq), m.num(colChain, h.Start)
	}
	h.Seq, h.Start, h.More = seq, start, s.plain&shapeMore != 0
	h.Time = m.time + m.signed(colTime, h.Time-m.time)
	m.time = h.Time
	m.links = m.links[:0]
	h.Parents = m.linked(colLinks, colParent, h.Parents, block.MaxParents)
	h.Refs = m.linked(colRefs, colRef, h.Refs, block.MaxRefs)
	m.rare(s.rare)
	m.reach()
	m.made, m.words, m.after = 0, 0, 0
	m.source(last)
	return s
}

// by codes the author: 0 for whoever came after the last one the last time, 1
// for a new one, and the others as they are numbered.
func (m *model) by(last uint32) {
	expected := uint32(none)
	if last != none {
		expected = m.follow[last]
	}
	v := uint64(1)
	if m.write {
		if a, ok := m.who[m.header.By]; ok && a == expected {
			v = 0
		} else if ok {
			v = uint64(a) + 2
		}
	}
	v = m.num(colAuthor, v)
	switch {
	case v == 0 && expected != none:
		m.author = expected
	case v == 1:
		m.fixed(colRaw, m.header.By[:])
		m.author = m.someone(m.header.By)
	case v >= 2 && v-2 < uint64(len(m.authors)):
		m.author = uint32(v - 2)
	default:
		m.fail("author %d of %d", v, len(m.authors))
		m.author = m.someone(m.header.By)
	}
	m.header.By = m.authors[m.author]
	if last != none {
		m.follow[last] = m.author
	}
}

// someone returns the number of an author, and makes room for one not met before.
func (m *model) someone(k block.Key) uint32 {
	a := m.history.author(k)
	if int(a) == len(m.contexts) {
		m.contexts = append(m.contexts, newContext())
		m.follow = append(m.follow, none)
	}
	return a
}

// shape codes what is out of the ordinary. m.prev is what prev ought to be.
func (m *model) shape(absent, salted bool) (s shape) {
	h := &m.header
	if m.write {
		s.rare = m.oddities()
		for k, is := range [...]bool{h.More, absent, salted, s.rare != 0} {
			if is {
				s.plain |= 1 << k
			}
		}
	}
	s.plain = m.sym(colShape, s.plain)
	if s.plain&shapeRare != 0 {
		s.rare = m.sym(colRare, s.rare)
	}
	return s
}

// oddities returns what is rare with a change that is written.
func (m *model) oddities() (rare uint8) {
	h := &m.header
	var expected block.ID
	prev := m.prev
	if prev != none {
		expected, _ = m.id(prev)
	}
	if h.Prev != expected {
		rare |= rarePrev
		if i, ok := m.find[h.Prev]; ok && !h.Prev.IsZero() {
			m.prev = i
		} else {
			m.prev = none
		}
	}
	if seq, start := m.follows(); h.Seq != seq || h.Start != start {
		rare |= rareChain
	}
	m.prev = prev
	if len(h.With) > 0 {
		rare |= rareWith
	}
	if h.HasTag {
		rare |= rareTag
	}
	if h.Work != m.workOf() {
		rare |= rareWork
	}
	return rare
}

// follows returns the seq and start that follow from m.prev.
func (m *model) follows() (seq, start uint64) {
	if m.prev == none {
		return 0, 0
	}
	return m.seq(m.prev) + 1, m.start(m.prev) + uint64(m.count(m.prev))
}

// workOf returns the work that the header ought to name.
func (m *model) workOf() block.ID {
	if h := &m.header; h.Seq == 0 && !h.IsGenesis() {
		return m.work
	}
	return block.ID{}
}

// otherPrev codes a prev that is not the author's newest change here: 0 for
// none, 1 for one told outright, and how far back it stands in the pack.
func (m *model) otherPrev() {
	h := &m.header
	v := uint64(1)
	if m.write {
		if i, ok := m.find[h.Prev]; ok {
			v = uint64(m.len()-i) + 1
		} else if h.Prev.IsZero() {
			v = 0
		}
	}
	v = m.num(colPrev, v)
	m.prev = none
	switch v {
	case 0:
		h.Prev = block.ID{}
	case 1:
		m.fixed(colRaw, h.Prev[:])
	default:
		h.Prev, m.prev = m.back(v - 1)
	}
}

// back returns the change that stands so far before the next one in the pack.
func (m *model) back(d uint64) (block.ID, uint32) {
	if d <= uint64(m.len()) {
		i := m.len() - uint32(d)
		if id, ok := m.id(i); ok {
			return id, i
		}
	}
	m.fail("link to the change %d before", d)
	return block.ID{}, none
}

// linked codes parents or refs, which ids are and become, and appends to links
// which changes they are: first those in the pack, the newest first, each as the
// distance from the one before, then 0 and its ID for each of the others.
func (m *model) linked(count, which column, ids []block.ID, limit uint64) []block.ID {
	n := int(m.upto(count, uint64(len(ids)), limit))
	if n == 0 {
		return ids[:0]
	}
	list := m.sortedRefs[:0]
	if m.write {
		for _, id := range ids {
			i, ok := m.find[id]
			if !ok {
				i = none
			}
			list = append(list, link{id, i})
		}
		slices.SortStableFunc(list, func(a, b link) int { return int(int64(b.i+1) - int64(a.i+1)) })
	}
	from := uint64(0)
	for k := 0; k < n && m.err == nil; k++ {
		var l link
		var v uint64
		if m.write {
			if l = list[k]; l.i != none {
				v = uint64(m.len()-l.i) - from
			}
		}
		if v = m.num(which, v); v == 0 {
			l.i = none
			m.fixed(colRaw, l.id[:])
		} else {
			from += v
			l.id, l.i = m.back(from)
		}
		if !m.write {
			list = append(list, l)
		}
	}
	if m.sortedRefs = list; m.err != nil {
		return ids[:0]
	}
	slices.SortFunc(list, func(a, b link) int { return block.Compare(a.id, b.id) })
	ids = ids[:0]
	for _, l := range list {
		ids = append(ids, l.id)
		m.links = append(m.links, l.i)
	}
	return ids
}

// rare codes the parts of the header that a change seldom has.
func (m *model) rare(is uint8) {
	h := &m.header
	n := uint64(0)
	if is&rareWith != 0 {
		n = m.upto(colWith, uint64(len(h.With)), block.MaxWith)
	}
	if h.With = h.With[:min(int(n), len(h.With))]; !m.write {
		h.With = append(h.With[:0], make([]block.Key, n)...)
	}
	for k := range h.With {
		m.with(&h.With[k])
	}
	if h.HasTag = is&rareTag != 0; h.HasTag {
		h.Tag = uint32(m.upto(colTag, uint64(h.Tag), block.MaxParents+block.MaxRefs))
	} else {
		h.Tag = 0
	}
	if is&rareWork == 0 {
		h.Work = m.workOf()
	} else {
		m.fixed(colRaw, h.Work[:])
	}
}

// with codes a co-author: 0 for one that is new here, else its number.
func (m *model) with(k *block.Key) {
	v := uint64(0)
	if m.write {
		if a, ok := m.who[*k]; ok {
			v = uint64(a) + 1
		}
	}
	switch v = m.num(colWith, v); {
	case v == 0:
		m.fixed(colRaw, k[:])
		m.someone(*k)
	case v <= uint64(len(m.authors)):
		*k = m.authors[v-1]
	default:
		m.fail("co-author %d of %d", v, len(m.authors))
	}
}

// reach stamps what the links of the change at hand reach.
func (m *model) reach() {
	m.stamp = m.len() + 1
	if m.prev != none {
		m.reaches(m.prev, 0, true)
	}
	for k, i := range m.links {
		if i != none {
			m.reaches(i, uint32(k+1), false)
		}
	}
}
