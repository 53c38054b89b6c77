package crdt

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// TextTx edits a text. Positions are counted in its unit, code points unless
// [TextTx.In] says otherwise; ranges are half-open. A position outside the text
// dooms the Update with ErrRange, one inside a character with ErrSplit.
type TextTx struct {
	tx   *Tx
	at   int32
	unit Unit
}

// In gives the same text with positions counted in u.
func (t TextTx) In(u Unit) TextTx { t.unit = u; return t }

// text is the text for reading.
func (t TextTx) text() Text { return Text{place{t.tx.now(), t.at}, t.unit, 0, -1} }

// Len is the length in the unit of the handle.
func (t TextTx) Len() int { return length(t.tx.doc().s.Peek(t.at), t.unit) }

// String is the whole text.
func (t TextTx) String() string { return t.text().String() }

// Slice is the part [i, j); see [Text.Slice].
func (t TextTx) Slice(i, j int) Text { return t.text().Slice(i, j) }

// Insert puts s before position i. ErrMalformed when s is not valid UTF-8.
func (t TextTx) Insert(i int, s string) {
	if d := t.tx.live(); t.tx.err == nil && t.unit == Runes && d.typed(t.at, i, s) {
		return
	}
	d := t.tx.doc()
	if t.tx.err != nil || s == "" {
		return
	}
	q := d.s.Peek(t.at)
	if t.unit != Runes || q == nil || uint(i) > uint(q.Len()) {
		pos, err := toRunes(q, t.unit, i)
		if err != nil {
			t.tx.doom(err)
			return
		}
		i = pos
	}
	if d.letter(t.tx, t.at, i, s) {
		return
	}
	t.insert(i, s)
	if o := d.open; t.tx.err == nil && o.typing == t.at && !d.s.Marked(t.at) {
		d.arm(t.at, i+utf8.RuneCountInString(s))
	}
}

// Append puts s at the end.
func (t TextTx) Append(s string) {
	d := t.tx.doc()
	if t.tx.err != nil || s == "" {
		return
	}
	t.insert(length(d.s.Peek(t.at), Runes), s)
}

// chunk is how many bytes of text go into one op at most: a part of a change
// then has room for one.
const chunk = 512 << 10

// insert puts s before rune position pos, in pieces where it is long.
func (t TextTx) insert(pos int, s string) {
	if !utf8.ValidString(s) {
		t.tx.doom(fmt.Errorf("crdt: text: %w", ErrMalformed))
		return
	}
	for len(s) > chunk {
		k := chunk
		for !utf8.RuneStart(s[k]) {
			k--
		}
		n := utf8.RuneCountInString(s[:k])
		if !t.tx.doc().insertText(t.tx, t.at, pos, s[:k], n) {
			return
		}
		pos, s = pos+n, s[k:]
	}
	t.tx.doc().insertText(t.tx, t.at, pos, s, utf8.RuneCountInString(s))
}

// insertText puts the n runes of s before rune position pos of the text at c.
func (d *Doc) insertText(tx *Tx, c int32, pos int, s string, n int) bool {
	if !d.ready(tx, len(s), n) {
		return false
	}
	o := d.open
	off := len(d.words)
	if off+len(s) > cap(d.words) { // by a half: a quarter, as append has it, copies more
		d.words = slices.Grow(d.words, max(len(s), off/2))
	}
	d.words = append(d.words, s...)
	if !d.s.Marked(c) {
		d.inserted(c, pos, uint32(n), uint32(len(s)))
		return true
	}
	d.touch(c)
	lv := o.next()
	o.h.Count += uint32(n)
	d.t.Append(uint32(n), shape.Of(shape.Elem, c))
	d.insertRich(tx, c, pos, lv, uint32(n), uint32(off), uint32(len(s)))
	return true
}

// ready makes sure that an insert of n runes in size bytes
// can be made; it is false, and the Update doomed, when it cannot.
func (d *Doc) ready(tx *Tx, size, n int) bool {
	if !d.room(tx, size, 0, n) {
		return false
	}
	if err := d.beginWords(); err != nil {
		tx.doom(err)
		return false
	}
	return true
}

// touch notes that the running Update inserts into the sequence at c.
func (d *Doc) touch(c int32) {
	if k := len(d.save.seqs); k == 0 || d.save.seqs[k-1] != c {
		d.save.seqs = append(d.save.seqs, c)
	}
}

// Delete removes [i, j).
func (t TextTx) Delete(i, j int) {
	if d := t.tx.live(); t.tx.err == nil && t.unit == Runes && d.struck(t.at, i, j) {
		return
	}
	d := t.tx.doc()
	if t.tx.err != nil {
		return
	}
	q := d.s.Peek(t.at)
	if t.unit != Runes || q == nil || i < 0 || i > j || j > q.Len() {
		a, b, err := span(q, t.unit, i, j)
		if err != nil {
			t.tx.doom(err)
			return
		}
		i, j = a, b
	}
	if q != nil && d.strike(t.tx, t.at, i, j-i, q.Len()) {
		return
	}
	d.deleteText(t.tx, t.at, i, j-i)
}

// span converts [i, j) to runes.
func span(q *sequence.Seq, u Unit, i, j int) (a, b int, err error) {
	if j < i {
		return 0, 0, fmt.Errorf("crdt: range %d to %d: %w", i, j, ErrRange)
	}
	if a, err = toRunes(q, u, i); err != nil {
		return 0, 0, err
	}
	b, err = toRunes(q, u, j)
	return a, b, err
}

// deleteText removes n elements from visible position pos on.
func (d *Doc) deleteText(tx *Tx, c int32, pos, n int) {
	for n > 0 {
		k := min(n, block.MaxNamed/2)
		if !d.room(tx, 0, k, k) {
			return
		}
		d.s.Seq(c).DeleteAt(pos, k, d.hide)
		n -= k
	}
}

// deleted notes that elements which a text or list has just hidden are deleted
// by the open change. It is the callback of DeleteAt, made once per doc.
func (d *Doc) deleted(lv graph.LV, n uint32) {
	o := d.open
	first := o.next()
	o.h.Count += n
	d.t.Append(n, shape.Deletes)
	if d.pushDelete(lv, n) {
		op := &o.ops[len(o.ops)-1]
		d.s.Life.DeleteBefore(first, lv, n, op.Runs[len(op.Runs)-1].Len)
	} else {
		d.s.Life.DeleteAlive(first, lv, n)
	}
	d.s.Hidden(lv, n)
}

// Replace removes [i, j) and puts s there.
func (t TextTx) Replace(i, j int, s string) {
	t.Insert(j, s)
	t.Delete(i, j)
}
