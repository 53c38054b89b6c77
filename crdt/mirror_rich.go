package crdt

import (
	"maps"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// richer tells whether the text may show other marks or blocks than the editor.
func (m *Mirror) richer() bool {
	return m.at != shape.NoPlace && m.d.s.Rich(m.at) != nil && !m.d.current(m.rich)
}

// formats are the patches of marks and blocks from what the editor shows, given the
// edits that bring its text up to date. What came in with these has no marks, and
// neither has what was not there in the view of which the editor shows the marks: it
// has typed that since.
func (m *Mirror) formats(path string, edits []edit) []Patch {
	d := m.d
	x := differ{d: d, v: m.base, now: moment{d, d.s}, unit: m.unit}
	if d.recent(m.rich) {
		x.past = d.sinceIn(m.rich, m.at)
	} else {
		x.past = newStates(m.rich, m.base)
	}
	t := task{at: m.at, path: path}
	list := x.past.edits(m.at)
	x.marks(&t, list, mergeExtents(append(comes(list), comes(edits)...)))
	x.blocks(&t, append(list, edits...))
	return x.drain()
}

// Mark puts a mark over [i, j) of what the editor shows, as [TextTx.Mark] does, and
// over what others have deleted in it meanwhile, should that come back. The errors are
// those of [Mirror.Replace] and TextTx.Mark; nothing was done then.
func (m *Mirror) Mark(i, j int, k Mark) error {
	raw, err := k.raw()
	if err != nil {
		return err
	}
	return m.edit(i, j, func(w *stroke, s sheet, lo, hi spot) {
		if lo == hi {
			return
		}
		q := w.tx.doc().s.Peek(w.at)
		mk := marks.Mark{First: s.after(q, lo), Last: s.element(q, hi), Left: marks.None, Right: marks.None}
		if k.Expand&ExpandBefore != 0 {
			if mk.Left = marks.Edge; lo != (spot{}) {
				mk.Left = s.element(q, lo)
			}
		}
		if k.Expand&ExpandAfter != 0 {
			if mk.Right = s.after(q, hi); mk.Right == graph.None {
				mk.Right = marks.Edge
			}
		}
		w.tx.doc().mark(w.tx, w.at, k.Key, k.ID, raw, mk)
	})
}

// Split begins a new block at offset i, as [TextTx.Split] does. The editor shows it
// when it pulls. To join two blocks an editor replaces the line feed between them by
// nothing, or, where the first one is empty, the one that begins that.
func (m *Mirror) Split(i int, b Block) error {
	return m.block(i, func(w *stroke, pos int, after graph.LV, hidden bool) {
		d, t := w.tx.doc(), TextTx{w.tx, w.at, Runes}
		if !hidden {
			t.Split(pos, b)
			return
		}
		attrs := d.attrsBefore(w.at, pos)
		maps.Copy(attrs, b.said())
		t.putMarker(markerPlace{after: after, exact: true}, attrs)
	})
}

// SetBlock changes what is said of the block that offset i is in, as
// [TextTx.SetBlock] does. The editor shows it when it pulls.
func (m *Mirror) SetBlock(i int, b Block) error {
	return m.block(i, func(w *stroke, pos int, _ graph.LV, _ bool) {
		TextTx{w.tx, w.at, Runes}.SetBlock(pos, b)
	})
}

// block edits at an offset. A marker that is put in is still to be pulled.
func (m *Mirror) block(i int, fn func(w *stroke, pos int, after graph.LV, hidden bool)) error {
	return m.edit(i, i, func(w *stroke, s sheet, at, _ spot) {
		d := w.tx.doc()
		next := d.t.End()
		pos, after, hidden := s.anchor(d.s.Peek(w.at), at)
		fn(w, pos, after, hidden)
		if w.tx.err == nil && d.t.End() > next && isMarker(d.s, next) {
			w.again = append(w.again, apart{stretch: stretch{next, 1}})
		}
	})
}
