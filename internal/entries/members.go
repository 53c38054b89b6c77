package entries

import (
	"bytes"
	"cmp"
	"slices"
)

// Reading sets.

// byValue compares two values as sets are ordered: shorter first, then by bytes.
func byValue(a, b []byte) int {
	if c := cmp.Compare(len(a), len(b)); c != 0 {
		return c
	}
	return bytes.Compare(a, b)
}

// settle brings the order of a set up to date: values that came are merged in, those that went drop out.
// Costs the list and sorting what came since the last time.
func (t *Tags) settle(m *members) {
	if len(m.fresh) == 0 && len(m.sorted) == m.shown {
		return
	}
	gone := func(g uint32) bool {
		x := &t.groups[g]
		x.listed = x.alive > 0
		return !x.listed
	}
	m.sorted = slices.DeleteFunc(m.sorted, gone)
	m.fresh = slices.DeleteFunc(m.fresh, gone)
	less := func(a, b uint32) int { return byValue(t.value(&t.groups[a]), t.value(&t.groups[b])) }
	slices.SortFunc(m.fresh, less)
	if len(m.sorted) == 0 {
		m.sorted, m.fresh = m.fresh, m.sorted
		return
	}
	a, b := len(m.sorted)-1, len(m.fresh)-1
	m.sorted = append(m.sorted, m.fresh...)
	for k := len(m.sorted) - 1; b >= 0; k-- {
		if a >= 0 && less(m.sorted[a], m.fresh[b]) > 0 {
			m.sorted[k] = m.sorted[a]
			a--
		} else {
			m.sorted[k] = m.fresh[b]
			b--
		}
	}
	m.fresh = m.fresh[:0]
}

// Len is the number of values shown in a set.
func (t *Tags) Len(set int32) int {
	if m := t.sets[set]; m != nil {
		return m.shown
	}
	return 0
}

// Has tells whether a value, given by its canonical bytes, is in a set.
func (t *Tags) Has(set int32, value []byte) bool {
	g := t.lookup(set, value, t.hash(set, value))
	return g != none && t.groups[g].alive > 0
}

// Each yields the values shown in a set, shorter first, then by bytes, until yield says no. value lies in
// the arena and must not be changed. lv is one of its alive tags, which one may differ between replicas:
// where that matters, TagsOf has all of them. yield must not change the room.
func (t *Tags) Each(set int32, yield func(value []byte, lv LV) bool) {
	m := t.sets[set]
	if m == nil {
		return
	}
	t.settle(m)
	for _, g := range m.sorted {
		x := &t.groups[g]
		if !yield(t.value(x), t.tags[x.head].lv) {
			return
		}
	}
}

// TagsOf appends to dst the alive tags of a value, ascending: what a remove deletes.
func (t *Tags) TagsOf(set int32, value []byte, dst []LV) []LV {
	from := len(dst)
	if g := t.lookup(set, value, t.hash(set, value)); g != none {
		dst = t.appendAlive(g, dst)
	}
	slices.Sort(dst[from:])
	return dst
}

// Alive appends to dst all alive tags of a set, ascending, those without words too.
func (t *Tags) Alive(set int32, dst []LV) []LV {
	from := len(dst)
	if m := t.sets[set]; m != nil {
		t.settle(m)
		for _, g := range m.sorted {
			dst = t.appendAlive(g, dst)
		}
		if m.bare != none {
			dst = t.appendAlive(m.bare, dst)
		}
	}
	slices.Sort(dst[from:])
	return dst
}

// appendAlive appends the alive tags of a group in no order.
func (t *Tags) appendAlive(g uint32, dst []LV) []LV {
	for i := t.groups[g].head; i != none; i = t.tags[i].next {
		dst = append(dst, t.tags[i].lv)
	}
	return dst
}

// Any tells whether a tag of the set is alive, shown or not.
func (t *Tags) Any(set int32) bool {
	m := t.sets[set]
	return m != nil && (m.shown > 0 || m.bare != none && t.groups[m.bare].alive > 0)
}

// Tag reads one tag: its set, where its words lie and whether it is alive; false when lv is none.
func (t *Tags) Tag(lv LV) (set int32, off, size uint32, alive, ok bool) {
	i := t.index.find(lv)
	if i == none {
		return -1, NoWords, 0, false, false
	}
	g := &t.groups[t.tags[i].group]
	return g.set, g.off, g.size, t.tags[i].alive, true
}
