package crdt

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// What marks a text shows is read as events: from a position on, a name shows another
// mark. Both moments of a diff are brought to positions of the later one. Text that
// came in had no marks before; of text that stayed it is asked what its marks were.

// markName is what marks compete for.
type markName struct{ key, id string }

// compare orders names by key and ID.
func (n markName) compare(m markName) int {
	return cmp.Or(cmp.Compare(n.key, m.key), cmp.Compare(n.id, m.id))
}

// markShown is the mark that shows under a name, graph.None for none; its words are at
// off, which is noWords where they are absent.
type markShown struct {
	lv        graph.LV
	off, size uint32
}

// noMark shows nothing.
var noMark = markShown{lv: graph.None}

// same tells whether a reader sees no difference, whoever made them.
func (a markShown) same(b markShown, words []byte) bool {
	switch {
	case a.lv == graph.None || b.lv == graph.None:
		return a.lv == b.lv
	case a.off == noWords || b.off == noWords:
		return a.off == b.off
	}
	return bytes.Equal(words[a.off:a.off+a.size], words[b.off:b.off+b.size])
}

// value is it as a Value.
func (a markShown) value(d *Doc) Value {
	switch {
	case a.lv == graph.None:
		return Value{}
	case a.off == noWords:
		return Value{kind: withheldValue, by: d.authorOf(a.lv)}
	}
	return Value{kind: plainValue, raw: d.words[a.off : a.off+a.size : a.off+a.size], by: d.authorOf(a.lv)}
}

// markEvent says what shows under a name from a position on.
type markEvent struct {
	at   int
	name markName
	now  markShown
}

// markEvents reads the positions [i, j) of a text whose marks are m; present tells
// whether the words of a mark are to be seen.
func markEvents(m *marks.Marks, i, j int, present func(lv graph.LV) bool) (out []markEvent) {
	if m == nil || m.Len() == 0 {
		return nil
	}
	m.Runs(i, j, func(r marks.Run) bool {
		for _, c := range r.Changes {
			e := markEvent{at: r.From, now: noMark}
			e.name.key, e.name.id = m.SlotName(c.Slot)
			if c.Mark != marks.None {
				mk, _, _ := m.Mark(c.Mark)
				if e.now = (markShown{mk.LV, mk.Off, mk.Size}); !present(mk.LV) {
					e.now.off = noWords
				}
			}
			out = append(out, e)
		}
		return true
	})
	return out
}

// anyMark lets the words of every mark be seen.
func anyMark(graph.LV) bool { return true }

// extent is a stretch of positions [i, j) of a text.
type extent struct{ i, j int }

// mergeExtents sorts extents and makes one of those that meet; empty ones go.
func mergeExtents(list []extent) []extent {
	list = slices.DeleteFunc(list, func(e extent) bool { return e.i >= e.j })
	slices.SortFunc(list, func(a, b extent) int { return a.i - b.i })
	out := list[:0]
	for _, e := range list {
		if k := len(out) - 1; k >= 0 && e.i <= out[k].j {
			out[k].j = max(out[k].j, e.j)
			continue
		}
		out = append(out, e)
	}
	return out
}

// comes are the stretches of a text that came in.
func comes(list []edit) (out []extent) {
	for _, e := range list {
		if e.kind == come {
			out = append(out, extent{e.at, e.at + int(e.n)})
		}
	}
	return mergeExtents(out)
}

// markSpan is a stretch in which a text may show other marks than it did, and what it
// showed where its text was there.
type markSpan struct {
	extent
	then []markEvent
}

// marks compares or fills the marks of a text, given what came and went in it.
func (x *differ) marks(t *task, list []edit, fresh []extent) {
	q, m := x.now.s.Peek(t.at), x.now.s.Rich(t.at)
	var spans []markSpan
	switch {
	case q == nil:
		return
	case !t.fresh:
		spans = x.past.formats(t.at, list, fresh)
	case m != nil:
		spans = []markSpan{{extent: extent{0, q.Len()}}}
	}
	w := markPatches{d: x.d, s: x.now.s, q: q, m: m, unit: x.unit, path: t.path, remover: x.past.remover, fresh: fresh}
	for _, s := range spans {
		w.span(s)
	}
	for _, p := range w.out {
		x.put(p)
	}
}

// markPatches makes the patches of the marks of one text: one for what a name shows
// otherwise by one author in neighbouring positions.
type markPatches struct {
	d       *Doc
	s       *state.State
	q       *sequence.Seq
	m       *marks.Marks // nil when there never were any
	unit    Unit
	path    string
	remover func(lv graph.LV, n uint32) (Author, uint32)
	fresh   []extent // text that came in

	out       []Patch
	now, then map[markName]markShown
	open      map[markName]int // patches that are not ended, by index
	in        bool             // in text that came in
}

// span compares one stretch.
func (w *markPatches) span(s markSpan) {
	now, then := markEvents(w.m, s.i, s.j, anyMark), s.then
	w.now, w.then, w.open, w.in = map[markName]markShown{}, map[markName]markShown{}, map[markName]int{}, false
	f, _ := slices.BinarySearchFunc(w.fresh, s.i, func(e extent, i int) int { return e.j - 1 - i })
	for at := s.i; at < s.j; {
		var touched []markName
		now, touched = takeEvents(w.now, now, at, touched)
		then, touched = takeEvents(w.then, then, at, touched)
		if f < len(w.fresh) && w.fresh[f].j == at {
			f++
		}
		next := s.j
		if f < len(w.fresh) {
			if in := w.fresh[f].i <= at; in != w.in {
				w.in = in
				touched = w.all(touched)
			}
			if next = min(next, w.fresh[f].i); w.in {
				next = min(s.j, w.fresh[f].j)
			}
		} else if w.in {
			w.in = false
			touched = w.all(touched)
		}
		slices.SortFunc(touched, markName.compare)
		for _, name := range slices.Compact(touched) {
			w.settle(name, at)
		}
		if len(now) > 0 {
			next = min(next, now[0].at)
		}
		if len(then) > 0 {
			next = min(next, then[0].at)
		}
		at = next
	}
	for name := range w.open {
		w.end(name, s.j)
	}
}

// takeEvents takes in the events up to a position, and gives the rest and the names
// that they are of.
func takeEvents(shows map[markName]markShown, list []markEvent, at int, names []markName) ([]markEvent, []markName) {
	for len(list) > 0 && list[0].at <= at {
		e := list[0]
		if list = list[1:]; e.now.lv == graph.None {
			delete(shows, e.name)
		} else {
			shows[e.name] = e.now
		}
		names = append(names, e.name)
	}
	return list, names
}

// all adds the names that show anything now or did.
func (w *markPatches) all(names []markName) []markName {
	for name := range w.now {
		names = append(names, name)
	}
	for name := range w.then {
		names = append(names, name)
	}
	return names
}

// settle begins, goes on with or ends the patch of a name at a position.
func (w *markPatches) settle(name markName, at int) {
	now, ok := w.now[name]
	if !ok {
		now = noMark
	}
	then, ok := w.then[name]
	if !ok || w.in {
		then = noMark
	}
	k, open := w.open[name]
	if now.same(then, w.d.words) {
		if open {
			w.end(name, at)
		}
		return
	}
	by := w.by(name, now, then, at)
	value := now.value(w.d)
	if open {
		if p := &w.out[k]; p.By == by && equalValues(p.Value, value) {
			return
		}
		w.end(name, at)
	}
	w.open[name] = len(w.out)
	w.out = append(w.out, Patch{Path: w.path, Op: PatchMark, At: at, Key: name.key, ID: name.id, Value: value, By: by})
}

// end ends the patch of a name at a position.
func (w *markPatches) end(name markName, at int) {
	p := &w.out[w.open[name]]
	delete(w.open, name)
	from := p.At
	p.At = fromRunes(w.q, w.unit, from)
	p.Len = fromRunes(w.q, w.unit, at) - p.At
}

// by is who made what a name shows, or took away what it showed: by a mark that takes
// away, or by deleting the mark.
func (w *markPatches) by(name markName, now, then markShown, at int) (by Author) {
	if now.lv != graph.None {
		return w.d.authorOf(now.lv)
	}
	if w.m != nil {
		if lv := w.m.Winner(w.m.Slot(name.key, name.id), w.q.At(at)); lv != marks.None {
			return w.d.authorOf(lv)
		}
	}
	if !w.s.Life.Alive(then.lv) {
		by, _ = w.remover(then.lv, 1)
	}
	return by
}

// noteMarker notes a block marker that came to count for how marks grow, or ceased to.
func (p *since) noteMarker(x *dirt, lv graph.LV) {
	if lv >= p.end || p.markerThen(lv) != p.markerNow(lv) {
		x.markers = append(x.markers, lv)
	}
}

// markerNow and markerThen tell whether a block marker counts for how marks grow: its
// change is effective.
func (p *since) markerNow(lv graph.LV) bool {
	return lv >= p.d.g.NextLV() || p.s.Effective(p.d.g.ChangeOf(lv))
}

func (p *since) markerThen(lv graph.LV) bool {
	return lv < p.end && (lv >= p.d.g.NextLV() || p.effective(p.d.g.ChangeOf(lv)))
}

// formats: marks that came, went or got their words, and growth that markers stop or do
// not stop any more, say where something may differ. What was shown there is read from
// the marks of the present, turned back for a moment.
func (p *since) formats(c int32, _ []edit, fresh []extent) []markSpan {
	m := p.s.Rich(c)
	if m == nil || m.Len() == 0 {
		return nil
	}
	x := p.dirt[c]
	if x == nil || len(x.marks)+len(x.markers) == 0 {
		return spansOf(fresh)
	}
	touched, forward := p.turnBack(m, x)
	defer forward()
	spans := spansOf(append(touched, fresh...))
	for k := range spans {
		spans[k].then = markEvents(m, spans[k].i, spans[k].j, p.present)
		for j := range spans[k].then {
			if e := &spans[k].then[j].now; e.lv != graph.None && p.lost(e.lv) {
				e.off, e.size = 0, 0 // what it was is not known any more: not what it is
			}
		}
	}
	return spans
}

// spansOf makes spans of extents.
func spansOf(list []extent) (out []markSpan) {
	for _, e := range mergeExtents(list) {
		out = append(out, markSpan{extent: e})
	}
	return out
}

// turnBack makes the marks of a text what they were then, one after another. It gives
// where any of these steps lets a mark act otherwise, and the way forward again.
func (p *since) turnBack(m *marks.Marks, x *dirt) (touched []extent, forward func()) {
	var back []func()
	step := func(do, undo func(), reach func() (i, j int)) {
		i, j := reach()
		do()
		k, l := reach()
		touched = append(touched, extent{i, j}, extent{k, l})
		back = append(back, undo)
	}
	for _, r := range x.marks {
		for lv := r.lv; lv < r.lv+r.n; lv++ {
			_, now, ok := m.Mark(lv)
			switch then := p.alive(lv); {
			case ok && now != then:
				step(func() { m.Flip(lv, 1, then) }, func() { m.Flip(lv, 1, now) }, func() (int, int) { return m.Range(lv) })
			case ok && p.present(lv) != p.s.Present(lv): // its words have come or gone
				i, j := m.Range(lv)
				touched = append(touched, extent{i, j})
			}
		}
	}
	for _, lv := range x.markers {
		now, then := p.markerNow(lv), p.markerThen(lv)
		step(func() { m.Switch(lv, 1, then) }, func() { m.Switch(lv, 1, now) }, func() (int, int) { return m.Reach(lv) })
	}
	return touched, func() {
		for _, f := range slices.Backward(back) {
			f()
		}
	}
}

// formats: all of the text, what was shown being brought to where it is now.
func (p *states) formats(c int32, list []edit, _ []extent) []markSpan {
	q := p.b.s.Peek(c)
	if q == nil || q.Len() == 0 || p.b.s.Rich(c) == nil && p.s.Rich(c) == nil {
		return nil
	}
	span := markSpan{extent: extent{0, q.Len()}}
	if was := p.s.Peek(c); was != nil {
		span.then = markEvents(p.s.Rich(c), 0, was.Len(), anyMark)
	}
	from, to := 0, 0 // the same place, then and now
	rest := span.then
	pass := func(n int) { // the next n positions of then, which begin at to
		for ; len(rest) > 0 && rest[0].at < from+n; rest = rest[1:] {
			rest[0].at += to - from
		}
		from += n
	}
	for _, e := range list {
		stay := e.at - to
		pass(stay)
		if to = e.at; e.kind == come {
			to += int(e.n)
			continue
		}
		for n := int(e.n); len(rest) > 0 && rest[0].at < from+n; rest = rest[1:] {
			rest[0].at = to
		}
		from += int(e.n)
	}
	for k := range rest {
		rest[k].at += to - from
	}
	return []markSpan{span}
}

// inText tells whether numbers of a kind are of the text at a place: its elements and
// marks, and what is in its block markers.
func (d *Doc) inText(w shape.What, text int32) bool {
	if w.Class() == shape.Delete {
		return false
	}
	for at := w.Place(); at != shape.NoPlace; at = d.t.Get(at).Up {
		if at == text {
			return true
		}
	}
	return false
}
