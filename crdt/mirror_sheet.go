package crdt

import (
	"cmp"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// sheet is what an editor shows, in order: parts that the doc shows too, and parts
// that it does not.
type sheet []sheetPart

// sheetPart is a part of a sheet. Lengths and offsets count in the unit of the
// mirror but where said.
type sheetPart struct {
	stretch     // elements that the doc hides; n is 0 of a part that it shows,
	at, end int // which are these positions in the doc, in code points
	from    int // offset in the sheet
	size    int
}

// sheet is what the editor shows of q, nil being empty.
func (m *Mirror) sheet(q *sequence.Seq) sheet {
	if q == nil {
		return nil
	}
	var out sheet
	at, from := 0, 0
	kept := func(end int) {
		if end > at {
			size := fromRunes(q, m.unit, end) - fromRunes(q, m.unit, at)
			out = append(out, sheetPart{at: at, end: end, from: from, size: size})
			from += size
		}
	}
	for _, e := range m.edits(q) {
		kept(e.at)
		at = e.at
		if e.kind == come {
			at += int(e.n)
			continue
		}
		size := units(q, m.unit, e.lv, e.n)
		out = append(out, sheetPart{stretch: e.stretch, at: at, end: at, from: from, size: size})
		from += size
	}
	kept(q.Len())
	return out
}

// len is the length of the sheet.
func (s sheet) len() int {
	if len(s) == 0 {
		return 0
	}
	last := s[len(s)-1]
	return last.from + last.size
}

// appendText appends the words of a part.
func (p *sheetPart) appendText(b []byte, q *sequence.Seq) []byte {
	if p.n == 0 {
		return q.AppendText(b, p.at, p.end)
	}
	q.Words(p.lv, p.n, func(w []byte) { b = append(b, w...) })
	return b
}

// spot is a place in a sheet: after the first runes, one or more, of a part; the
// zero spot is the beginning.
type spot struct{ part, runes int }

// spot finds the place at an offset within the sheet; false inside a character.
func (s sheet) spot(q *sequence.Seq, u Unit, i int) (spot, bool) {
	if i == 0 {
		return spot{}, true
	}
	k, _ := slices.BinarySearchFunc(s, i, func(p sheetPart, i int) int { return p.from + p.size - i })
	p := &s[k]
	if p.n == 0 {
		pos, err := toRunes(q, u, fromRunes(q, u, p.at)+i-p.from)
		return spot{k, pos - p.at}, err == nil
	}
	n, ok := p.runes(q, u, i-p.from)
	return spot{k, n}, ok
}

// runes is how many elements of a hidden part take up a length.
func (p *sheetPart) runes(q *sequence.Seq, u Unit, size int) (int, bool) {
	if u == Runes {
		return size, true
	}
	n := 0
	q.Words(p.lv, p.n, func(b []byte) {
		for len(b) > 0 && size > 0 {
			r, k := utf8.DecodeRune(b)
			b = b[k:]
			n++
			switch {
			case u == UTF8:
				size -= k
			case r > 0xffff:
				size -= 2
			default:
				size--
			}
		}
	})
	return n, size == 0
}

// element is the element before a spot, which is not the beginning.
func (s sheet) element(q *sequence.Seq, x spot) graph.LV {
	p := &s[x.part]
	if p.n == 0 {
		return q.At(p.at + x.runes - 1)
	}
	return p.lv + graph.LV(x.runes) - 1
}

// stroke is one Replace on its way into the doc.
type stroke struct {
	tx    *Tx
	at    int32
	again []apart // what was deleted that others had deleted already, or made that the editor is to pull
	seen  *View   // the doc after it
}

// insert puts s after a spot.
func (w *stroke) insert(s sheet, x spot, text string) {
	switch pos, after, hidden := s.anchor(w.tx.doc().s.Peek(w.at), x); {
	case text == "":
	case hidden:
		w.insertAfter(after, text)
	default:
		TextTx{w.tx, w.at, Runes}.insert(pos, text)
	}
}

// anchor is where something goes that comes in at a spot: at a rune position of the
// doc, and, where the editor shows what the doc hides there, right after an element,
// graph.None for the beginning.
func (s sheet) anchor(q *sequence.Seq, x spot) (pos int, after graph.LV, hidden bool) {
	switch {
	case x == (spot{}) && (len(s) == 0 || s[0].n == 0):
		return 0, graph.None, false
	case x == (spot{}):
		return 0, graph.None, true
	}
	p := &s[x.part]
	beside := x.runes == p.length() && x.part+1 < len(s) && s[x.part+1].n > 0
	switch {
	case p.n > 0:
		return p.at, s.element(q, x), true
	case beside:
		return p.at + x.runes, s.element(q, x), true
	}
	return p.at + x.runes, graph.None, false
}

// after is the element after a spot, graph.None at the end.
func (s sheet) after(q *sequence.Seq, x spot) graph.LV {
	if len(s) == 0 {
		return graph.None
	}
	if x.runes++; x.runes > s[x.part].length() {
		x = spot{x.part + 1, 1}
	}
	if x.part == len(s) {
		return graph.None
	}
	return s.element(q, x)
}

// insertAfter puts text right after an element, so that it is in its place when what
// the doc hides there comes back. It has the marks that act there, as if it had been
// typed when its author saw them.
func (w *stroke) insertAfter(e graph.LV, text string) {
	d := w.tx.doc()
	for len(text) > 0 {
		k := min(len(text), chunk)
		for k < len(text) && !utf8.RuneStart(text[k]) {
			k--
		}
		part := text[:k]
		n := uint32(utf8.RuneCountInString(part))
		if !d.ready(w.tx, len(part), int(n)) {
			return
		}
		off := uint32(len(d.words))
		d.words = append(d.words, part...)
		d.touch(w.at)
		lv := d.numbers(n, shape.Of(shape.Elem, w.at))
		parent, side, cont := d.insertAfter(w.at, e, lv, n, off)
		if o := d.open; cont && o.typing == w.at && lv > o.h.LV { // the next piece of a long text
			op := &o.ops[len(o.ops)-1]
			op.Runes, op.Bytes = op.Runes+n, op.Bytes+uint32(len(part))
		} else {
			d.pushText(w.at, lv, parent, block.Side(side), n, uint32(len(part)))
		}
		e, text = lv+n-1, text[k:]
	}
}

// delete deletes what lies between two spots: first what the doc shows, from the
// end on, so that positions stay right, then what it hides.
func (w *stroke) delete(s sheet, lo, hi spot) {
	d := w.tx.doc()
	for k := hi.part; k >= lo.part && w.tx.err == nil && lo != hi; k-- {
		p := &s[k]
		from, to := 0, p.end-p.at
		if p.n > 0 {
			to = int(p.n)
		}
		if k == lo.part {
			from = lo.runes
		}
		if k == hi.part {
			to = hi.runes
		}
		switch {
		case from == to:
		case p.n == 0:
			d.deleteText(w.tx, w.at, p.at+from, to-from)
		default:
			w.again = append(w.again, apart{stretch: stretch{p.lv + graph.LV(from), uint32(to - from)}})
		}
	}
	slices.SortFunc(w.again, func(a, b apart) int { return cmp.Compare(a.lv, b.lv) })
	for _, r := range w.again {
		for lv, n := r.lv, r.n; n > 0; {
			k := min(n, block.MaxNamed/2)
			if !d.room(w.tx, 0, int(k), int(k)) {
				return
			}
			d.open.fresh = true // they may be named already
			d.deleteNumbers(lv, k)
			lv, n = lv+k, n-k
		}
	}
	if len(w.again) > 0 {
		d.s.Settle()
	}
}

// Cursor is the place at offset i of what the editor shows; see [Text.Cursor].
func (m *Mirror) Cursor(i int, s Side) Cursor {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	sheet := m.sheet(q)
	i = min(max(i, 0), sheet.len())
	if s == Before && i == 0 || s == After && i == sheet.len() {
		return edge(s)
	}
	x, ok := sheet.spot(q, m.unit, i)
	for !ok {
		i--
		x, ok = sheet.spot(q, m.unit, i)
	}
	if s == Before {
		if i == 0 {
			return edge(s)
		}
		return m.d.cursorOf(sheet.element(q, x), s)
	}
	x.runes++
	if p := &sheet[x.part]; i > 0 && x.runes > p.length() {
		x = spot{x.part + 1, 1}
	}
	return m.d.cursorOf(sheet.element(q, x), s)
}

// length is the length of a part in code points.
func (p *sheetPart) length() int {
	if p.n > 0 {
		return int(p.n)
	}
	return p.end - p.at
}

// Find is where a cursor stands in what the editor shows; see [Text.Find].
func (m *Mirror) Find(c Cursor) (i int, alive bool) {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	if q == nil {
		return 0, c.kind == atStart || c.kind == atEnd
	}
	switch c.kind {
	case nowhere:
		return 0, false
	case atStart:
		return 0, true
	case atEnd:
		return m.sheet(q).len(), true
	}
	lv, ok := m.d.element(c)
	if !ok || !q.Has(lv) {
		return 0, false
	}
	i, alive = m.offset(q, lv)
	if alive && c.kind == afterOne {
		i += units(q, m.unit, lv, 1)
	}
	return i, alive
}

// offset is where the editor shows element lv, or would, and whether it does.
func (m *Mirror) offset(q *sequence.Seq, lv graph.LV) (i int, shown bool) {
	pos, shown := q.Index(lv)
	i = fromRunes(q, m.unit, pos)
	for _, e := range m.edits(q) {
		n := uint32(0) // elements of e before lv
		switch {
		case lv-e.lv < e.n:
			n, shown = lv-e.lv, !shown
		case e.at < pos || e.at == pos && e.kind == gone && q.Before(e.lv, lv):
			n = e.n
		}
		if size := units(q, m.unit, e.lv, n); e.kind == gone {
			i += size
		} else {
			i -= size
		}
	}
	return i, shown
}
