package crdt

import (
	"maps"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// A mark ends its growth at a block marker, and most text that is typed in bold is bold
// by growth alone. Who divides a block must not change how its text looks: the change
// that puts the marker in marks anew what the marker takes marks away from. Growth stays
// ended where a marker was deleted; so what takes back that a marker was made does
// the same.

// carry marks the text at c so that it shows what it would show if some block markers
// were not there. Text that came after the first of them is left as it is: whoever wrote
// it has seen it so.
func (d *Doc) carry(tx *Tx, c int32, markers []graph.LV) {
	m := d.s.Rich(c)
	if m == nil || m.Len() == 0 || tx.err != nil {
		return
	}
	markers = slices.DeleteFunc(markers, func(b graph.LV) bool { return b < d.g.NextLV() && !d.s.Effective(d.g.ChangeOf(b)) })
	w := carrying{d: d, c: c, m: m, markers: withLater(m, markers)}
	for _, x := range w.find() {
		key, id := m.SlotName(x.like.Slot)
		var raw []byte
		if !x.like.Null {
			if x.like.Off == marks.NoWords {
				continue // nobody here knows its value
			}
			raw = slices.Clone(d.words[x.like.Off : x.like.Off+x.like.Size])
		}
		first, last, left, right := m.Bounds(x.i, x.j, x.like.Expand())
		d.mark(tx, c, key, id, raw, marks.Mark{First: first, Last: last, Left: left, Right: right})
	}
}

// withLater adds to markers those that came later and stand next to them, one after
// another. They took nothing away that had not been taken already, so nobody has marked
// anew for them what the first ones took; and a deleted one would go on to take it.
func withLater(m *marks.Marks, markers []graph.LV) []graph.LV {
	slices.Sort(markers)
	seen := map[graph.LV]bool{}
	for _, b := range markers {
		if seen[b] {
			continue // next to an older one, which has found what is next to this
		}
		seen[b] = true
		for x := m.MarkerBefore(b); x != marks.None && x > b; x = m.MarkerBefore(x) {
			seen[x] = true
		}
		for x := m.MarkerAfter(b); x != marks.None && x > b; x = m.MarkerAfter(x) {
			seen[x] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// carrying is one carry.
type carrying struct {
	d       *Doc
	c       int32
	m       *marks.Marks
	markers []graph.LV
}

// carried is a stretch that is to have a mark like another one.
type carried struct {
	extent
	like marks.Mark
}

// find gives what is to be marked.
func (w *carrying) find() (out []carried) {
	var list []extent
	for _, b := range w.markers {
		i, j := w.m.Reach(b)
		list = append(list, extent{i, j})
		w.m.Switch(b, 1, false)
	}
	w.turn(true)
	spans := spansOf(list)
	for k := range spans {
		spans[k].then = markEvents(w.m, spans[k].i, spans[k].j, anyMark)
	}
	w.turn(false)
	defer w.turn(true)
	p := markPatches{d: w.d, s: w.d.s, q: w.d.s.Seq(w.c), m: w.m, remover: func(_ graph.LV, n uint32) (Author, uint32) { return Author{}, n }}
	for _, s := range spans {
		p.span(s)
	}
	for _, x := range p.out {
		mk, _, ok := w.m.Mark(w.m.Winner(w.m.Slot(x.Key, x.ID), p.q.At(x.At)))
		if !ok {
			panic("crdt: a marker gives a mark that goes where the marker goes")
		}
		for _, e := range w.old(x.At, x.At+x.Len) {
			out = append(out, carried{e, mk})
		}
	}
	return out
}

// turn switches the markers off or on.
func (w *carrying) turn(on bool) {
	for _, b := range w.markers {
		w.m.Switch(b, 1, on)
	}
}

// old are the parts of [i, j) that are older than the markers.
func (w *carrying) old(i, j int) (out []extent) {
	limit := slices.Min(w.markers)
	w.d.s.Seq(w.c).Runs(i, j, func(lv graph.LV, n uint32) bool {
		if lv < limit {
			out = append(out, extent{i, i + int(min(n, limit-lv))})
		}
		i += int(n)
		return true
	})
	return mergeExtents(out)
}

// ofText tells whether a number is a block marker, and of which text.
func (d *Doc) ofText(w shape.What) (text int32, ok bool) {
	if w.Class() != shape.ElemMaker {
		return shape.NoPlace, false
	}
	text = d.t.Get(w.Place()).Up
	return text, d.t.Container(text) == block.KindText
}

// markersOf are block markers by text.
type markersOf map[int32][]graph.LV

// add takes in a number that may be a block marker.
func (x *markersOf) add(d *Doc, lv graph.LV, w shape.What) {
	if text, ok := d.ofText(w); ok {
		x.put(text, lv)
	}
}

// put takes in a marker.
func (x *markersOf) put(text int32, lv graph.LV) {
	if *x == nil {
		*x = markersOf{}
	}
	(*x)[text] = append((*x)[text], lv)
}
