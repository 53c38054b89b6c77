package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// sight is what the work shows of some numbers: enough to tell afterwards
// whether a reader sees a difference. Its cost is that of the numbers, and of marks
// that of all marks where they act.
type sight struct {
	d     *Doc
	elems []seen
	slots map[int32][]entries.Entry // what each slot shows
	tags  map[graph.LV]bool         // whether the value of a tag is in its set
	sums  map[int32]sum             // of each counter
	marks map[int32][]markSpan      // of each text: what showed where the marks act
	acts  map[int32][]extent        // where the marks act, while they are collected

	stances map[graph.LV]graph.LV // by which number a list element or node stands
}

// seen is a stretch of numbers that are alive, or not, in a container.
type seen struct {
	stretch
	at    int32 // shape.NoPlace: shown wherever it is
	alive bool
}

// sum is what a counter shows, and whether there is any step: a root counter
// without one is not shown.
type sum struct {
	hi  int64
	lo  uint64
	any bool
}

// sight looks at what an inverse is about to delete and bring back.
func (d *Doc) sight(v *inverse) *sight {
	s := &sight{d: d, slots: map[int32][]entries.Entry{}, tags: map[graph.LV]bool{}, sums: map[int32]sum{}, marks: map[int32][]markSpan{}, acts: map[int32][]extent{}, stances: map[graph.LV]graph.LV{}}
	for _, r := range v.distinct() {
		d.t.Range(r.lv, r.n, s.look)
	}
	for _, r := range v.back {
		d.s.Life.Targets(r.lv, r.n, func(_, e graph.LV, n uint32) { d.t.Range(e, n, s.look) })
	}
	for text, list := range s.acts {
		spans := spansOf(list)
		for k := range spans {
			spans[k].then = markEvents(d.s.Rich(text), spans[k].i, spans[k].j, anyMark)
		}
		s.marks[text] = spans
	}
	return s
}

// rangeIfAlive is where a mark acts, or would if it were alive.
func rangeIfAlive(m *marks.Marks, lv graph.LV) (i, j int) {
	if _, alive, ok := m.Mark(lv); ok && !alive {
		m.Flip(lv, 1, true)
		defer m.Flip(lv, 1, false)
	}
	return m.Range(lv)
}

// look notes what is shown of a stretch of numbers.
func (s *sight) look(lv graph.LV, n uint32, w shape.What) {
	d := s.d
	switch w.Class() {
	case shape.Entry:
		s.slot(w.Place())
	case shape.EntryMaker:
		s.slot(d.t.Get(w.Place()).Up)
	case shape.Tag:
		for end := lv + n; lv < end; lv++ {
			s.tags[lv] = s.has(lv)
		}
	case shape.Step:
		s.sums[w.Place()] = s.sum(w.Place())
	case shape.Move, shape.Node, shape.NodeMove:
		for end := lv + n; lv < end; lv++ {
			s.lookStance(lv, w)
		}
	case shape.Mark:
		for end := lv + n; lv < end; lv++ {
			i, j := rangeIfAlive(d.s.Rich(w.Place()), lv)
			s.acts[w.Place()] = append(s.acts[w.Place()], extent{i, j})
		}
	default:
		at := shape.NoPlace
		switch w.Class() {
		case shape.Elem:
			at = w.Place()
		case shape.ElemMaker:
			at = d.t.Get(w.Place()).Up
		}
		for end := lv + n; lv < end; {
			on, k := d.s.Life.Run(lv, end-lv)
			s.elems = append(s.elems, seen{stretch{lv, k}, at, on})
			lv += k
		}
	}
}

// slot notes what a slot shows.
func (s *sight) slot(slot int32) {
	if _, ok := s.slots[slot]; !ok {
		s.slots[slot] = s.d.s.Slots.Conflicts(slot, nil)
	}
}

// has tells whether the value of a tag is in its set.
func (s *sight) has(lv graph.LV) bool {
	set, off, size, _, _ := s.d.s.Tags.Tag(lv)
	return off != noWords && s.d.s.Tags.Has(set, s.d.words[off:off+size])
}

// sum is what a counter shows now.
func (s *sight) sum(at int32) sum {
	hi, lo := s.d.s.Steps.Sum(at)
	return sum{hi, lo, s.d.s.Steps.Any(at)}
}

// changed tells whether any of it is shown otherwise now, in a container that is
// shown itself.
func (s *sight) changed() bool {
	d := s.d
	for _, e := range s.elems {
		if on, k := d.s.Life.Run(e.lv, e.n); (on != e.alive || k < e.n) && d.s.Present(e.lv) && d.shown(e.at) {
			return true
		}
	}
	for slot, was := range s.slots {
		if !slices.Equal(was, d.s.Slots.Conflicts(slot, nil)) && d.shown(slot) {
			return true
		}
	}
	for lv, had := range s.tags {
		if set, _, _, _, _ := d.s.Tags.Tag(lv); s.has(lv) != had && d.shown(set) {
			return true
		}
	}
	for at, was := range s.sums {
		if s.sum(at) != was && d.shown(at) {
			return true
		}
	}
	return s.marksChanged() || s.stancesChanged()
}

// marksChanged tells whether a text that is shown shows other marks. Positions are
// what they were: else a character has come or gone, and nobody asks.
func (s *sight) marksChanged() bool {
	d := s.d
	for text, spans := range s.marks {
		if !d.shown(text) {
			continue
		}
		none := func(_ graph.LV, n uint32) (Author, uint32) { return Author{}, n }
		w := markPatches{d: d, s: d.s, q: d.s.Seq(text), m: d.s.Rich(text), remover: none}
		for _, x := range spans {
			w.span(x)
		}
		if len(w.out) > 0 {
			return true
		}
	}
	return false
}

// shown tells whether a reader who walks from the root meets the container, or
// the slot, at a place.
func (d *Doc) shown(at int32) bool {
	for at != shape.NoPlace {
		p := d.t.Get(at)
		switch p.Sort {
		case shape.Child:
			if !d.shows(p.Up, at) {
				return false
			}
		case shape.ElemSlot:
			if list := d.s.Slots.Entries(at, nil); len(list) == 0 || !d.s.Life.Alive(list[0]) {
				return false // the element is the first value of its slot
			}
		case shape.ElemChild:
			e := d.t.Maker(at)
			if slot, ok := d.s.ElemSlot(e); !d.s.Life.Alive(e) || ok && !d.shows(slot, at) {
				return false
			}
		case shape.NodeMap:
			of, shown := d.shownNode(at)
			if !shown {
				return false
			}
			at = of
			continue
		}
		at = p.Up
	}
	return true
}

// shows tells whether a slot shows a container, as its value or in conflict.
func (d *Doc) shows(slot, child int32) bool {
	return slices.ContainsFunc(d.s.Slots.Conflicts(slot, nil), func(e entries.Entry) bool {
		return e.Kind == entries.Child && e.Child == child
	})
}

// caret is a place in a text: right after an element, which may be deleted, or
// right before it.
type caret struct {
	at    int32 // the text, shape.NoPlace for none
	lv    graph.LV
	keeps Side // Before: to the element before the place
}

// caretOf is where somebody who has just undone a group of changes, or redone it,
// looks: where the first edit of a text in it began, or where the last one
// ended.
func (d *Doc) caretOf(of []int32, undo bool) caret {
	out := caret{at: shape.NoPlace}
	for k := range of {
		i := of[len(of)-1-k]
		if undo {
			i = of[k]
		}
		var r block.Reader
		var op block.Op
		lv := d.g.First(i)
		for r.Reset(d.g.Ops(i)); r.Next(&op); lv += op.Numbers() {
			if c, ok := d.caretOfOp(&op, lv, undo); ok {
				if out = c; undo {
					return out
				}
			}
		}
		if out.at != shape.NoPlace {
			return out
		}
	}
	return out
}

// caretOfOp is the caret before or after one op, whose numbers begin at lv.
func (d *Doc) caretOfOp(op *block.Op, lv graph.LV, undo bool) (caret, bool) {
	switch {
	case op.Code == block.OpText && undo:
		return caret{d.t.At(lv).Place(), lv, After}, true
	case op.Code == block.OpText:
		return caret{d.t.At(lv).Place(), lv + op.Runes - 1, Before}, true
	case op.Code != block.OpDelete:
		return caret{}, false
	}
	var out caret
	found := false
	d.s.Life.Targets(lv, op.Numbers(), func(_, e graph.LV, n uint32) {
		w := d.t.At(e)
		if w.Class() != shape.Elem || d.t.Container(w.Place()) != block.KindText || found && !undo {
			return
		}
		found = true
		if out = (caret{w.Place(), e, After}); undo { // after what was deleted last
			out.lv, out.keeps = e+n-1, Before
		}
	})
	return out, found
}
