package crdt

import (
	"maps"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// A press that takes a block marker back marks anew what is shown beside it (carry).
// What is not shown then, deleted text and marks under others, comes to light by presses
// further back: these look for markers of undone changes around what they bring back,
// and mark that anew, too. A redo does not: its way back deletes what these presses
// marked, and marks of its own would lie above those that it restores.

// A text may have 100,000 markers that were taken back beside each other, and a press may
// bring 100,000 pieces back: more than this is not looked at, and stays as it is shown.
const (
	nearby    = 16   // markers on each side of a place, and of a text
	mostLooks = 1024 // markers of a press
)

// unhide adds the markers that stop marks from growing over what the press has brought
// to light.
func (v *inverse) unhide() {
	for _, r := range v.back {
		v.d.s.Life.Targets(r.lv, r.n, func(_, e graph.LV, n uint32) { v.d.t.Range(e, n, v.unhideText) })
	}
	for _, r := range v.distinct() {
		v.d.t.Range(r.lv, r.n, v.unhideMarks)
	}
}

// unhideText looks around elements of a text that were restored.
func (v *inverse) unhideText(lv graph.LV, n uint32, w shape.What) {
	if w.Class() != shape.Elem {
		return
	}
	if m := v.d.s.Rich(w.Place()); m != nil {
		v.near(m, w.Place(), lv, lv)
		v.near(m, w.Place(), lv+n-1, lv+n-1)
	}
}

// unhideMarks looks around marks that were deleted.
func (v *inverse) unhideMarks(lv graph.LV, n uint32, w shape.What) {
	if w.Class() != shape.Mark {
		return
	}
	m := v.d.s.Rich(w.Place())
	for end := lv + n; lv < end; lv++ {
		if mk, _, ok := m.Mark(lv); ok {
			v.near(m, w.Place(), mk.First, mk.Last)
		}
	}
}

// near adds the markers of undone changes that stand before from, one after another,
// those after to, and those between.
func (v *inverse) near(m *marks.Marks, text int32, from, to graph.LV) {
	for k, b := 0, m.MarkerBefore(from); k < nearby && v.undone(b); k, b = k+1, m.MarkerBefore(b) {
		v.found(text, b)
	}
	for k, b := 0, m.MarkerAfter(to); k < nearby && v.undone(b); k, b = k+1, m.MarkerAfter(b) {
		v.found(text, b)
	}
	if from == to {
		return
	}
	q := v.d.s.Seq(text)
	for k, b := 0, m.MarkerAfter(from); k < nearby && b != marks.None && q.Before(b, to); k, b = k+1, m.MarkerAfter(b) {
		if v.undone(b) {
			v.found(text, b)
		}
	}
}

// found notes a marker, up to as many as are worth their time.
func (v *inverse) found(text int32, b graph.LV) {
	if list := v.before[text]; len(list) < nearby && !slices.Contains(list, b) {
		v.before.put(text, b)
	}
}

// undone tells whether a marker is gone because its author has undone the change that
// made it, and for no other reason.
func (v *inverse) undone(b graph.LV) bool {
	d := v.d
	if b == marks.None || v.looks >= mostLooks || v.others(b) || d.s.Life.Alive(b) {
		return false
	}
	v.looks++
	only := true
	d.s.Life.Deleters(b, func(del graph.LV, counts bool) {
		if !only || !counts {
			return
		}
		if only = del < d.g.NextLV() && !v.others(del); only { // else this press takes it back
			c := d.g.ChangeOf(del)
			kind, _ := d.pressOf(c, int(d.g.Seq(c)))
			only = kind == actUndo
		}
	})
	return only
}

// carry lets the texts look as if the markers had not been made. Where presses before
// this one took some back, too, each text is to look as if those had not been made that
// came after it.
func (v *inverse) carry() {
	texts := map[int32]bool{}
	for _, x := range []markersOf{v.markers, v.before} {
		for text := range x {
			texts[text] = true
		}
	}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		made, before := v.markers[text], v.before[text]
		slices.Sort(made)
		all := slices.Concat(made, before)
		slices.Sort(all)
		all = slices.Compact(all)
		for k, b := range all {
			if slices.Contains(before, b) || b == made[0] {
				v.d.carry(v.tx, text, slices.Clone(all[k:]))
			}
		}
	}
}
