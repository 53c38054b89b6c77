package crdt

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// Expand says on which sides a mark takes in text that is typed at its ends. Bold
// grows at its end, a link and a comment do not grow.
type Expand uint8

// The ways to expand.
const (
	ExpandNone   Expand = Expand(marks.ExpandNone)
	ExpandBefore Expand = Expand(marks.ExpandBefore)
	ExpandAfter  Expand = Expand(marks.ExpandAfter)
	ExpandBoth   Expand = Expand(marks.ExpandBoth)
)

// Mark is a mark to be put over a range of a text (after Litt, Lim, Kleppmann and
// van Hardenberg, "Peritext: A CRDT for Collaborative Rich Text Editing", CSCW
// 2022). Marks of one key take each other's place where they overlap; with IDs
// several values of a key stand side by side, as comments do. A nil Value takes the
// mark away; it then grows as Expand says, too.
type Mark struct {
	Key    string // at least 1 and at most 256 bytes
	Value  any    // a plain value, see [NewValue]
	Expand Expand
	ID     string // at most 256 bytes; usually empty
}

// Mark puts a mark over [i, j). Nothing happens when the range is empty. The Update
// is doomed with ErrRange or ErrSplit by bad positions, with ErrLimit by a key or an
// ID out of bounds, with the error of NewValue by a value that is none.
func (t TextTx) Mark(i, j int, m Mark) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return
	}
	a, b, err := span(d.s.Peek(t.at), t.unit, i, j)
	var raw []byte
	if err == nil {
		raw, err = m.raw()
	}
	if err != nil {
		t.tx.doom(err)
		return
	}
	if a < b {
		first, last, left, right := d.s.MakeRich(t.at).Bounds(a, b, marks.Expand(m.Expand))
		d.mark(t.tx, t.at, m.Key, m.ID, raw, marks.Mark{First: first, Last: last, Left: left, Right: right})
	}
}

// raw is the value as it is written, nil for none.
func (m *Mark) raw() ([]byte, error) {
	switch {
	case m.Key == "" || len(m.Key) > block.MaxMarkName || len(m.ID) > block.MaxMarkName:
		return nil, fmt.Errorf("crdt: mark with a key of %d and an ID of %d bytes: %w", len(m.Key), len(m.ID), ErrLimit)
	case !utf8.ValidString(m.Key) || !utf8.ValidString(m.ID) || m.Expand > ExpandBoth:
		return nil, fmt.Errorf("crdt: mark: %w", ErrMalformed)
	case m.Value == nil:
		return nil, nil
	}
	v, err := NewValue(m.Value)
	return v.raw, err
}

// mark writes a mark whose ends are known over the text at c; without raw it is one
// that takes away.
func (d *Doc) mark(tx *Tx, c int32, key, id string, raw []byte, mk marks.Mark) {
	if !d.room(tx, len(raw), 0, 1) {
		return
	}
	mk.Null, mk.Off, mk.Size = raw == nil, marks.NoWords, uint32(len(raw))
	if raw != nil {
		if !tx.words(raw) {
			return
		}
		mk.Off = uint32(len(d.words) - len(raw))
	}
	op := block.Op{Code: block.OpMark, Key: key, ID: id, Bytes: mk.Size, C: d.containerOp(c)}
	_, op.Elem = d.thingOp(mk.First)
	_, op.Last = d.thingOp(mk.Last)
	op.Left, op.Right = d.growthOp(mk.Left), d.growthOp(mk.Right)
	mk.LV = d.numbers(1, shape.Of(shape.Mark, c))
	mk.Slot = d.s.MakeRich(c).Slot(key, id)
	d.s.AddMark(c, mk)
	d.open.push(op)
}

// growthOp names how far a mark grows on one side.
func (d *Doc) growthOp(lv graph.LV) block.Growth {
	switch lv {
	case marks.None:
		return block.Growth{}
	case marks.Edge:
		return block.Growth{Grow: block.GrowEdge}
	}
	_, th := d.thingOp(lv)
	return block.Growth{Grow: block.GrowThing, At: th}
}

// Unmark takes the marks of a key, those with an ID left out, away from [i, j). What
// is typed at its borders afterwards is as it was to be at the borders of the marks.
func (t TextTx) Unmark(i, j int, key string) { t.UnmarkID(i, j, key, "") }

// UnmarkID is Unmark for the marks of a key with an ID.
func (t TextTx) UnmarkID(i, j int, key, id string) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return
	}
	a, b, err := span(d.s.Peek(t.at), t.unit, i, j)
	if err == nil {
		_, err = (&Mark{Key: key, ID: id}).raw()
	}
	if err != nil {
		t.tx.doom(err)
		return
	}
	if a == b {
		return
	}
	for _, r := range d.expands(t.at, a, b, key, id) {
		first, last, left, right := d.s.MakeRich(t.at).Bounds(r.i, r.j, r.expand.Removal())
		d.mark(t.tx, t.at, key, id, nil, marks.Mark{First: first, Last: last, Left: left, Right: right})
	}
}

// expanding is a part [i, j) of a text where the marks of a slot expand alike.
type expanding struct {
	i, j   int
	expand marks.Expand
}

// expands cuts [i, j) into parts where the marks of a slot expand alike; where it
// shows none they do as those before, or behind.
func (d *Doc) expands(c int32, i, j int, key, id string) []expanding {
	m := d.s.MakeRich(c)
	slot := m.Slot(key, id)
	var out []expanding
	now, any := marks.ExpandNone, false
	m.Runs(i, j, func(r marks.Run) bool {
		for _, ch := range r.Changes {
			if ch.Slot == slot && ch.Mark != marks.None {
				mk, _, _ := m.Mark(ch.Mark)
				if now = mk.Expand(); !any { // what lies before it
					any = true
					for k := range out {
						out[k].expand = now
					}
				}
			}
		}
		if n := len(out); n > 0 && out[n-1].expand == now {
			out[n-1].j = r.To
		} else {
			out = append(out, expanding{r.From, r.To, now})
		}
		return true
	})
	return out
}

// insertRich is the rest of insertText where the text has marks.
func (d *Doc) insertRich(tx *Tx, c int32, pos int, lv graph.LV, n, off, size uint32) {
	parent, side, cont, add := d.insertMarked(c, pos, lv, n, off)
	if o := d.open; cont && o.typing == c && lv > o.h.LV {
		op := &o.ops[len(o.ops)-1]
		op.Runes += n
		op.Bytes += size
	} else {
		d.pushText(c, lv, parent, block.Side(side), n, size)
	}
	d.addMarks(tx, c, lv, n, add)
}

// insertMarked is InsertAt of the sequence where the text has marks: the place is
// the one that no mark of deleted text and no mark that ends there catches (DESIGN
// 6); what the neighbours call for and the place does not give is to be added.
func (d *Doc) insertMarked(c int32, pos int, lv graph.LV, n, off uint32) (parent graph.LV, side sequence.Side, cont bool, add []marks.Addition) {
	q := d.s.Seq(c)
	pl := d.s.Rich(c).Place(pos)
	if pl.After == marks.None || pos > 0 && pl.After == q.At(pos-1) {
		parent, side, cont = q.InsertAt(pos, lv, n, off)
	} else {
		parent, side, cont = q.InsertAfter(pl.After, lv, n, off)
	}
	return parent, side, cont, pl.Add
}

// addMarks writes the marks that new text of n elements from lv on needs.
func (d *Doc) addMarks(tx *Tx, c int32, lv graph.LV, n uint32, add []marks.Addition) {
	m := d.s.Rich(c)
	for _, a := range add {
		key, id := m.SlotName(a.Slot)
		var raw []byte
		if a.Like != marks.None {
			mk, _, _ := m.Mark(a.Like)
			if mk.Off == marks.NoWords {
				continue // nobody here knows its value
			}
			raw = slices.Clone(d.words[mk.Off : mk.Off+mk.Size])
		}
		d.mark(tx, c, key, id, raw, marks.Mark{First: lv, Last: lv + n - 1, Left: marks.None, Right: a.Right})
	}
}

// insertAfter is InsertAfter of the sequence, with graph.None for the beginning.
func (d *Doc) insertAfter(c int32, e, lv graph.LV, n, off uint32) (parent graph.LV, side sequence.Side, cont bool) {
	if e == graph.None {
		return d.s.Seq(c).InsertAt(0, lv, n, off)
	}
	return d.s.Seq(c).InsertAfter(e, lv, n, off)
}
