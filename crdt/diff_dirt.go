package crdt

import (
	"encoding/binary"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// past is the moment that a diff begins at. It is read in two ways: by what is new
// since, or as a state of its own. Whatever may differ is in what it says, what
// does not differ may be.
type past interface {
	slot(slot int32) shown
	elem(lv graph.LV) shown
	name(name string) shown

	names() []string          // root names, ascending
	slots(m int32) []int32    // of a map, by key
	edits(c int32) []edit     // of a text or list, in document order
	members(c int32) []member // of a set, as sets are shown
	steps(c int32) (moved bool, by Author)
	formats(c int32, list []edit, fresh []extent) []markSpan // where the marks of a text may differ, given its edits
	markers(c int32) []graph.LV                              // block markers of a text shown then and now that may say something else
	stances(c int32) []stance                                // nodes of a tree that may stand by another move, ascending
	within(c int32) []graph.LV                               // nodes shown then and now in whose maps something may differ

	// words is where the elements of a text that have gone can be read.
	words(c int32) *sequence.Seq
	// remover is who deleted element, entry or tag lv, and of how many of the n
	// numbers from lv on that is as true; zero when nobody did, as of what a
	// change made that does not count any more. Of several the least is taken.
	remover(lv graph.LV, n uint32) (Author, uint32)
}

// edit is a stretch of elements next to each other that came or went, or an
// element of a list that stayed and may show something else. Of an element that was
// moved, what comes and goes are the numbers by which it stands; one that stayed is
// named by its own.
type edit struct {
	stretch
	at   int // position now, of what has gone: where it would be
	kind editKind
}

// editKind tells the cases of edit.
type editKind uint8

const (
	gone editKind = iota
	come
	stayed
)

// member is a value that came into a set or went from it. lv is its tag that is
// first in the total order.
type member struct {
	raw  []byte
	lv   graph.LV
	gone bool
}

// dirt is where in a container something may differ.
type dirt struct {
	slots  []int32    // of a map
	runs   []stretch  // elements of a text or list that may have come or gone
	elems  []graph.LV // elements of a list, or nodes, that may show something else
	places []graph.LV // elements of a list that were moved ever, and may stand elsewhere
	tags   []graph.LV
	moved  []graph.LV // steps
	marks  []stretch
	// markers are block markers that came to count for how marks grow, or ceased to.
	markers []graph.LV
	edited  []edit // runs and elems, once they were looked at
	looked  bool
}

// gather finds the containers in which something may differ, and all above them.
func (p *since) gather() {
	p.dirt, p.roots = map[int32]*dirt{}, map[string]bool{}
	p.each(p.note)
	if root, ok := p.d.t.Lookup(shape.Root, shape.NoPlace, block.KindMap, 0, ""); ok && p.dirt[root] != nil {
		for _, slot := range p.dirt[root].slots {
			p.roots[p.d.t.Get(slot).Name] = true
		}
	}
}

// each yields the numbers that are new or that shifts cover.
func (p *since) each(yield func(lv graph.LV, n uint32, w shape.What)) {
	for _, x := range p.shifts {
		p.d.t.Range(x.lv, x.n, yield)
	}
	if end := p.d.t.End(); end > p.end {
		p.d.t.Range(p.end, end-p.end, yield)
	}
}

// note notes where a stretch of numbers is.
func (p *since) note(lv graph.LV, n uint32, w shape.What) {
	t := p.d.t
	switch at := w.Place(); w.Class() {
	case shape.Elem, shape.ElemMaker:
		of := t.SequenceOf(w)
		x := p.at(of)
		if p.noteElems(x, of, stretch{lv, n}); w.Class() == shape.ElemMaker && t.Container(of) == block.KindText {
			p.noteMarker(x, lv)
		}
	case shape.Mark:
		x := p.at(at)
		x.marks = append(x.marks, stretch{lv, n})
	case shape.Move:
		x := p.at(t.Get(at).Up)
		x.places = append(x.places, p.s.ElemOf(lv))
	case shape.Node, shape.NodeMove:
		p.at(t.TreeOf(w))
	case shape.EntryMaker:
		slot := t.Get(at).Up
		x := p.at(t.Get(slot).Up)
		x.slots = append(x.slots, slot)
	case shape.Entry:
		pl := t.Get(at)
		x := p.at(pl.Up)
		if pl.Sort == shape.Slot {
			x.slots = append(x.slots, at)
		} else {
			x.elems = append(x.elems, p.d.elementAt(at))
		}
	case shape.Tag:
		x := p.at(at)
		for ; n > 0; lv, n = lv+1, n-1 {
			x.tags = append(x.tags, lv)
		}
	case shape.Step:
		x := p.at(at)
		for ; n > 0; lv, n = lv+1, n-1 {
			x.moved = append(x.moved, lv)
		}
	}
}

// at is the dirt of a container. What contains it may show something else too.
func (p *since) at(c int32) *dirt {
	x := p.dirt[c]
	if x != nil {
		return x
	}
	x = &dirt{}
	p.dirt[c] = x
	for t := p.d.t; ; {
		pl := t.Get(c)
		up := pl.Up
		switch pl.Sort {
		case shape.Child:
			up = t.Get(up).Up
		case shape.ElemChild:
		case shape.NodeMap:
			up = t.Get(up).Up
		default:
			p.roots[pl.Name] = true
			return x
		}
		y, met := p.dirt[up], true
		if y == nil {
			y, met = &dirt{}, false
			p.dirt[up] = y
		}
		if pl.Sort == shape.Child {
			y.slots = append(y.slots, pl.Up)
		} else {
			y.elems = append(y.elems, t.Maker(c))
		}
		if met {
			return x
		}
		c = up
	}
}

// elementAt is the list element of which a place is the slot or the container, by
// its name.
func (d *Doc) elementAt(p int32) graph.LV {
	name := []byte(d.t.Get(p).Name)
	if len(name) == 4 { // of the open change
		return binary.BigEndian.Uint32(name)
	}
	i, ok := d.g.Find(block.ID(name[:32]))
	if !ok {
		panic("crdt: a place is of an element of a change that is not applied")
	}
	return d.g.First(i) + binary.BigEndian.Uint32(name[32:])
}

// names are the root names that may show something else.
func (p *since) names() []string { return sortedKeysOf(p.roots) }

// slots are those of a map that may differ.
func (p *since) slots(m int32) []int32 {
	x := p.dirt[m]
	if x == nil {
		return nil
	}
	return p.d.byKey(x.slots)
}

// byKey sorts slots of one map by key, each once.
func (d *Doc) byKey(slots []int32) []int32 {
	slices.SortFunc(slots, func(a, b int32) int {
		x, y := d.t.Get(a), d.t.Get(b)
		switch {
		case x.Name < y.Name:
			return -1
		case x.Name > y.Name:
			return 1
		}
		return 0
	})
	return slices.Compact(slots)
}

// edits are what came, went or may show something else in a text or list.
func (p *since) edits(c int32) []edit {
	x, q := p.dirt[c], p.s.Peek(c)
	if x == nil || q == nil {
		return nil
	}
	if x.looked {
		return x.edited
	}
	x.looked = true
	for _, r := range x.runs {
		x.edited = p.changed(x.edited, q, r)
	}
	slices.Sort(x.places)
	for _, lv := range slices.Compact(x.places) {
		x.edited = p.moved(x.edited, q, lv)
	}
	if p.d.t.Container(c) == block.KindText { // what its markers say is no matter of position
		sortEdits(q, x.edited)
		return x.edited
	}
	slices.Sort(x.elems)
	for _, lv := range slices.Compact(x.elems) {
		if at, now := standsAt(p.s, q, lv); now && p.stood(lv) == p.s.PosOf(lv) {
			x.edited = append(x.edited, edit{stretch{lv, 1}, at, stayed})
		}
	}
	sortEdits(q, x.edited)
	return x.edited
}

// shown tells whether an element was shown then.
func (p *since) shown(lv graph.LV) bool {
	return p.alive(lv) && (p.present(lv) || p.d.t.At(lv).Class() == shape.ElemMaker)
}

// changed adds the elements of a stretch of q that are shown now and were not, or
// the other way round.
func (p *since) changed(list []edit, q *sequence.Seq, r stretch) []edit {
	for r.n > 0 {
		at, k, now := q.Extent(r.lv, r.n)
		for end := r.lv + k; r.lv < end; {
			then, m := p.run(r.lv, end-r.lv)
			if then { // words are there or not by change
				_, m = p.d.changeRun(r.lv, m)
				then = p.shown(r.lv)
			}
			switch {
			case now && !then:
				list = append(list, edit{stretch{r.lv, m}, at, come})
			case then && !now:
				list = append(list, edit{stretch{r.lv, m}, at, gone})
			}
			if now {
				at += int(m)
			}
			r.lv, r.n = r.lv+m, r.n-m
		}
	}
	return list
}

// sortEdits puts edits in document order. What has gone stands before the visible
// element at its position.
func sortEdits(q *sequence.Seq, list []edit) {
	slices.SortFunc(list, func(a, b edit) int {
		switch {
		case a.at != b.at:
			return a.at - b.at
		case a.kind != gone || b.kind != gone:
			return int(a.kind) - int(b.kind)
		case a.lv == b.lv:
			return 0
		case q.Before(a.lv, b.lv):
			return -1
		}
		return 1
	})
}

// words: the present knows all elements.
func (p *since) words(c int32) *sequence.Seq { return p.s.Peek(c) }

// remover: what was alive then and is not now is so by what counts now and did
// not then, and of that shifts know the least delete.
func (p *since) remover(lv graph.LV, n uint32) (Author, uint32) {
	i, n := p.d.changeRun(lv, n)
	if i != graph.None32 && !p.s.Effective(i) {
		return Author{}, n
	}
	k := p.shiftAt(lv)
	if k == len(p.shifts) || p.shifts[k].lv > lv || p.shifts[k].del == graph.None {
		return Author{}, n
	}
	x := p.shifts[k]
	return p.d.authorOf(x.del), min(n, x.lv+x.n-lv)
}

// members are the values of a set that came or went.
func (p *since) members(c int32) []member {
	x := p.dirt[c]
	if x == nil {
		return nil
	}
	s := p.s
	met := map[string]graph.LV{} // by value: a tag that was there, graph.None when there is none so far
	for _, lv := range x.tags {
		_, off, size, _, ok := s.Tags.Tag(lv)
		if !ok || off == noWords {
			continue
		}
		raw := string((*s.Words)[off : off+size])
		first, ok := met[raw]
		if !ok {
			first = graph.None
		}
		if p.alive(lv) && p.present(lv) {
			first = p.d.first(first, lv)
		}
		met[raw] = first
	}
	var out []member
	var tags []graph.LV
	for raw, first := range met {
		tags = s.Tags.TagsOf(c, []byte(raw), tags[:0])
		now := graph.None
		for _, lv := range tags {
			now = p.d.first(now, lv)
			if p.alive(lv) && p.present(lv) {
				first = p.d.first(first, lv)
			}
		}
		switch {
		case now != graph.None && first == graph.None:
			out = append(out, member{[]byte(raw), now, false})
		case now == graph.None && first != graph.None:
			out = append(out, member{[]byte(raw), first, true})
		}
	}
	slices.SortFunc(out, func(a, b member) int { return byValue(a.raw, b.raw) })
	return out
}

// byValue is the order in which sets are shown.
func byValue(a, b []byte) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return slices.Compare(a, b)
}

// first is the one of two numbers that comes first in the total order.
func (d *Doc) first(a, b graph.LV) graph.LV {
	if a == graph.None || b != graph.None && d.s.Order(b, a) < 0 {
		return b
	}
	return a
}

// steps tells whether the sum of a counter is another.
func (p *since) steps(c int32) (moved bool, by Author) {
	x := p.dirt[c]
	if x == nil {
		return false, Author{}
	}
	var m movement
	for _, lv := range x.moved {
		if _, amount, now, ok := p.s.Steps.Step(lv); ok && now != p.alive(lv) {
			m.add(amount, now, p.d.authorOf(lv))
		}
	}
	return m.of()
}

// movement adds up steps that came and went, in 128 bits.
type movement struct {
	hi    int64
	lo    uint64
	by    Author
	steps int
	mixed bool
}

// add adds a step that came, or takes one away that went.
func (m *movement) add(amount int64, came bool, by Author) {
	lo := m.lo
	if came {
		m.lo += uint64(amount)
		m.hi += amount >> 63
		if m.lo < lo {
			m.hi++
		}
	} else {
		m.lo -= uint64(amount)
		m.hi -= amount >> 63
		if m.lo > lo {
			m.hi--
		}
	}
	m.mixed = m.mixed || m.steps > 0 && by != m.by
	m.by = by
	m.steps++
}

// of is whether the sum has moved, and whose steps did it, if they are one's.
func (m *movement) of() (bool, Author) {
	switch {
	case m.hi == 0 && m.lo == 0:
		return false, Author{}
	case m.mixed:
		return true, Author{}
	}
	return true, m.by
}
