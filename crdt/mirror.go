package crdt

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// Mirror is what one editor shows of a text. The editor shows [Mirror.String] at
// first. When its user edits, it calls Replace with the offsets that he saw; when
// it has time, it calls Pull and applies the patches. Meanwhile the work moves on
// under it, by sync, by undo, by other editors: Replace finds the characters that
// the user meant, wherever they are now, and deletes no others.
//
//	for {
//		select {
//		case e := <-keystrokes:
//			err := m.Replace(e.From, e.To, e.Text)
//		case <-m.Changed():
//			editor.Apply(m.Pull())
//		}
//	}
//
// Offsets count in the unit of the text that the mirror was made of. The editor
// shows String after every step: what it replaced itself, and the patches that it
// pulled, and nothing else. A text that is deleted from the work goes empty.
//
// Of marks and blocks it shows at first those of the text that the mirror was made of,
// and then what patches say: what it inserts itself has none until it pulls, and
// what it marks shows by Pull too.
//
// A Mirror is safe for concurrent use, in that the doc is; but offsets mean what
// the editor shows, so one goroutine should do with it. No method may be called
// inside Update. The cost of a call is that of what has changed since the last
// one, and of what has not been pulled.
//
// Invariants:
//
//  1. The editor shows an element exactly when base shows it and no run of apart
//     has it, or base does not and one has.
//  2. Runs of apart ascend and are disjoint.
type Mirror struct {
	d     *Doc
	unit  Unit
	at    int32   // the text, shape.NoPlace: it is not there yet
	name  *string // then: of the root text that it will be
	err   error   // what Replace says when there is no such text
	base  *View
	apart []apart
	rich  *View // of which the editor shows the marks and blocks, as far as it shows the text
}

// apart is a stretch of elements that the editor shows and the doc does not, or the
// other way round.
type apart struct {
	stretch
	by Author // who deleted them, if they are not shown
}

// Mirror gives a mirror of a whole text, which begins with what the text shows. A
// root text need not be there yet. Of a text that belongs to another doc, or to a
// key that shows none, it is empty, and Replace fails with ErrForeign or
// ErrNotFound.
func (d *Doc) Mirror(t Text) *Mirror {
	d.mu.Lock()
	defer d.mu.Unlock()
	m := &Mirror{d: d, unit: t.unit, at: t.at, base: t.v}
	switch {
	case t.v.d != d:
		m.at, m.err = shape.NoPlace, fmt.Errorf("crdt: mirror of a text of another doc: %w", ErrForeign)
	case t.at == shape.NoPlace && t.v.unborn == nil:
		m.err = fmt.Errorf("crdt: mirror of no text: %w", ErrNotFound)
	case t.at == shape.NoPlace:
		m.name = t.v.unborn
	}
	if t.v.inside != nil || t.v.d != d {
		m.base = d.view()
	}
	m.rich = m.base
	return m
}

// textNamed is the root text of a name, with its name while nothing was ever in it.
func (v *View) textNamed(name string) place {
	if p, ok := v.summaryText(name); ok {
		return p
	}
	p := v.named(block.KindText, name)
	if p.at == shape.NoPlace {
		v.lock()
		defer v.unlock()
		w := *v
		w.unborn = &name
		p.v = &w
	}
	return p
}

// sync takes in what has happened since the last call and gives the text, nil while
// nothing was ever in it. The lock must be held.
func (m *Mirror) sync() *sequence.Seq {
	d := m.d
	if m.at == shape.NoPlace && m.name != nil {
		if p, ok := d.t.Lookup(shape.Root, shape.NoPlace, block.KindText, 0, *m.name); ok {
			m.at = p
		}
	}
	if !d.current(m.base) {
		now := d.view()
		if m.at != shape.NoPlace {
			m.apart = either(m.apart, m.turned(now))
		}
		m.base = now
	}
	if m.at == shape.NoPlace {
		return nil
	}
	return d.s.Peek(m.at)
}

// turned are the elements of the text that base shows and now, which is the
// present, does not, or the other way round.
func (m *Mirror) turned(now *View) []apart {
	d := m.d
	var p past
	if d.recent(m.base) {
		p = d.sinceIn(m.base, m.at)
	} else {
		p = newStates(m.base, now)
	}
	var out []apart
	for _, e := range p.edits(m.at) {
		for e.kind == gone && e.n > 0 {
			by, k := p.remover(e.lv, e.n)
			out = append(out, apart{stretch{e.lv, k}, by})
			e.lv, e.n = e.lv+k, e.n-k
		}
		if e.kind == come {
			out = append(out, apart{stretch: e.stretch})
		}
	}
	slices.SortFunc(out, func(a, b apart) int { return cmp.Compare(a.lv, b.lv) })
	return out
}

// either are the elements that are in one of two rows and not in both.
func either(a, b []apart) []apart {
	var out []apart
	add := func(x apart, n uint32) {
		if n == 0 {
			return
		}
		if k := len(out) - 1; k >= 0 && out[k].lv+out[k].n == x.lv && out[k].by == x.by {
			out[k].n += n
			return
		}
		x.n = n
		out = append(out, x)
	}
	for len(a) > 0 && len(b) > 0 {
		if b[0].lv < a[0].lv {
			a, b = b, a
		}
		x, y := &a[0], &b[0]
		alone := min(x.n, y.lv-x.lv)
		add(*x, alone)
		if x.lv, x.n = x.lv+alone, x.n-alone; x.n > 0 {
			k := min(x.n, y.n)
			x.lv, x.n, y.lv, y.n = x.lv+k, x.n-k, y.lv+k, y.n-k
		}
		if x.n == 0 {
			a = a[1:]
		}
		if y.n == 0 {
			b = b[1:]
		}
	}
	for _, x := range append(a, b...) {
		add(x, x.n)
	}
	return out
}

// edits is apart as edits of what the editor shows, in document order.
func (m *Mirror) edits(q *sequence.Seq) []edit {
	var out []edit
	for _, r := range m.apart {
		for r.n > 0 {
			at, k, shown := q.Extent(r.lv, r.n)
			e := edit{stretch{r.lv, k}, at, gone}
			if shown {
				e.kind = come
			}
			out = append(out, e)
			r.lv, r.n = r.lv+k, r.n-k
		}
	}
	sortEdits(q, out)
	return out
}

// remover is who deleted elements that are apart.
func (m *Mirror) remover(lv graph.LV, n uint32) (Author, uint32) {
	k, ok := slices.BinarySearchFunc(m.apart, lv, func(r apart, lv graph.LV) int { return cmp.Compare(r.lv, lv) })
	if !ok {
		k--
	}
	return m.apart[k].by, min(n, m.apart[k].lv+m.apart[k].n-lv)
}

// Pull gives the patches from what the editor shows to what the text is now, and
// takes it that the editor shows that. Their Path is where the work shows the
// text, empty where it does not.
func (m *Mirror) Pull() []Patch {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	if len(m.apart) == 0 && !m.richer() {
		return nil
	}
	path, _ := m.d.pathOf(m.at)
	w := textPatches{d: m.d, now: q, was: q, unit: m.unit, path: path, remover: m.remover}
	list := m.edits(q)
	for _, e := range list {
		w.edit(e)
	}
	out := w.done()
	if m.richer() {
		out = append(out, m.formats(path, list)...)
	}
	m.apart, m.rich = nil, m.base
	return out
}

// Changed is closed as soon as there may be something to pull. Ask for it anew
// after each Pull.
func (m *Mirror) Changed() <-chan struct{} {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	if len(m.apart) > 0 || !m.d.current(m.base) || m.richer() {
		return rung
	}
	return m.d.bellNow()
}

// rung is a bell that has rung.
var rung = func() <-chan struct{} { c := make(chan struct{}); close(c); return c }()

// String is what the editor shows.
func (m *Mirror) String() string {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	var b []byte
	for _, s := range m.sheet(q) {
		b = s.appendText(b, q)
	}
	return string(b)
}

// Len is the length of what the editor shows, in its unit.
func (m *Mirror) Len() int {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	return m.sheet(m.sync()).len()
}

// Replace does what the user of the editor did: [i, j) of what the editor shows
// goes, and s comes in its place. New words stand right after the character that
// stood before them, or before the end of what they replace; of the characters
// in the range those that others have deleted meanwhile are deleted once more, so
// that they do not come back when the others think better of it.
//
// ErrRange when i or j lies outside what the editor shows or j before i, ErrSplit
// when one lies inside a character, ErrMalformed when s is not valid UTF-8, and
// the errors of [Doc.Update]; then nothing was done, and the editor has to take
// its edit back.
func (m *Mirror) Replace(i, j int, s string) error {
	if !utf8.ValidString(s) {
		return fmt.Errorf("crdt: text: %w", ErrMalformed)
	}
	return m.edit(i, j, func(w *stroke, sheet sheet, lo, hi spot) {
		w.insert(sheet, hi, s)
		w.delete(sheet, lo, hi)
	})
}

// edit runs fn on [i, j) of what the editor shows, in one Update.
func (m *Mirror) edit(i, j int, fn func(w *stroke, s sheet, lo, hi spot)) error {
	d := m.d
	d.mu.Lock()
	defer d.mu.Unlock()
	q := m.sync()
	sheet := m.sheet(q)
	switch {
	case m.err != nil:
		return m.err
	case i < 0 || j < i || j > sheet.len():
		return fmt.Errorf("crdt: %d to %d of %d: %w", i, j, sheet.len(), ErrRange)
	}
	lo, ok := sheet.spot(q, m.unit, i)
	hi, ok2 := sheet.spot(q, m.unit, j)
	if !ok || !ok2 {
		return fmt.Errorf("crdt: %d or %d: %w", i, j, ErrSplit)
	}
	var w stroke
	err := d.update(func(tx *Tx) error {
		w = stroke{tx: tx, at: m.place(tx)}
		fn(&w, sheet, lo, hi)
		w.seen = d.view()
		return nil
	})
	if err != nil {
		return err
	}
	m.at, m.base = w.at, w.seen
	m.apart = either(m.apart, w.again)
	m.sync()
	return nil
}

// place is the text, which is a root text if it is not there yet.
func (m *Mirror) place(tx *Tx) int32 {
	if m.at != shape.NoPlace {
		return m.at
	}
	return tx.named(block.KindText, *m.name)
}

// pathOf is the path to a container that the work shows now.
func (d *Doc) pathOf(c int32) (string, bool) {
	now := moment{d, d.s}
	var names []string
	for {
		pl := d.t.Get(c)
		switch pl.Sort {
		case shape.Child:
			if x := now.slot(pl.Up); x.kind != showsBox || x.Child != c {
				return "", false
			}
			slot := d.t.Get(pl.Up)
			names, c = append(names, slot.Name), slot.Up
		case shape.ElemChild:
			lv := d.t.Maker(c)
			at, shown := standsAt(d.s, d.s.Seq(pl.Up), lv)
			if x := now.elem(lv); !shown || x.kind != showsBox || x.Child != c {
				return "", false
			}
			names, c = append(names, fmt.Sprint(at)), pl.Up
		case shape.NodeMap:
			of := d.t.Get(pl.Up).Up
			in, ok := d.nodeNames(d.s, of, d.t.Maker(c), math.MaxInt)
			if !ok {
				return "", false
			}
			slices.Reverse(in)
			names, c = append(names, in...), of
		default:
			if pl.Name != "" || pl.Kind != block.KindMap {
				if x := now.name(pl.Name); x.kind != showsBox || x.Child != c {
					return "", false
				}
				names = append(names, pl.Name)
			}
			slices.Reverse(names)
			path := ""
			for _, n := range names {
				path = child(path, n)
			}
			return path, true
		}
	}
}
