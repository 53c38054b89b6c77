package crdt

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Block is a paragraph, heading, list item, quote or the like of a text. A block
// begins with a marker, an element of the text that counts one position and reads
// as a line feed; text before the first marker is a block without one.
type Block struct {
	Kind  string         // "paragraph", "heading", "item", "quote", "code" or what an app likes; empty: a paragraph
	Level int            // of a heading or a list item, 0 when not said
	Attrs map[string]any // what else is said of it
	Text  Text           // its text, the marker left out; only where blocks are read
	At    int            // position of its marker in the unit of the text, -1 for none; only where blocks are read
}

// The keys of a marker's map that Block has fields for.
const (
	kindKey  = "kind"
	levelKey = "level"
)

// Split begins a new block at position i. What b does not say is copied from the
// block that i is in. At the start of a block that is not empty the new one goes
// before it and is empty, so that a heading keeps its text.
func (t TextTx) Split(i int, b Block) {
	d := t.tx.doc()
	pos, ok := t.position(i)
	if !ok {
		return
	}
	attrs := map[string]any{}
	at := d.markerBefore(t.at, pos)
	if at >= 0 {
		attrs = d.attrs(t.at, at)
		q := d.s.Seq(t.at)
		if at == pos-1 && pos < q.Len() && !d.isMarker(q.At(pos)) {
			pos = at
		}
	}
	maps.Copy(attrs, b.said())
	t.insertMarker(pos, attrs)
}

// SetBlock changes what is said of the block that position i is in to what b says;
// what b does not say stays. A block without a marker gets one.
func (t TextTx) SetBlock(i int, b Block) {
	d := t.tx.doc()
	pos, ok := t.position(i)
	if !ok {
		return
	}
	at := d.markerBefore(t.at, pos)
	if at < 0 {
		t.insertMarker(0, b.said())
		return
	}
	old := d.attrs(t.at, at)
	m := MapTx{t.tx, d.t.At(d.s.Seq(t.at).At(at)).Place()}
	said := b.said()
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if was, ok := old[key]; !ok || !sameValue(was, said[key]) {
			m.Put(key, said[key])
		}
	}
}

// sameValue tells whether two plain values are written alike.
func sameValue(a, b any) bool {
	x, err := NewValue(a)
	y, err2 := NewValue(b)
	return err == nil && err2 == nil && slices.Equal(x.raw, y.raw)
}

// Join joins the block that position i is in with the one before it: the marker
// between them goes, or, if the one before is empty, that one's, so that a heading
// after an empty line stays a heading. ErrRange when there is none before.
func (t TextTx) Join(i int) {
	d := t.tx.doc()
	pos, ok := t.position(i)
	if !ok {
		return
	}
	at := d.markerBefore(t.at, pos)
	if at <= 0 {
		t.tx.doom(fmt.Errorf("crdt: no block before position %d: %w", i, ErrRange))
		return
	}
	if q := d.s.Seq(t.at); d.isMarker(q.At(at - 1)) {
		at--
	}
	d.deleteText(t.tx, t.at, at, 1)
}

// position converts a position to runes; it dooms the Update otherwise.
func (t TextTx) position(i int) (int, bool) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return 0, false
	}
	pos, err := toRunes(d.s.Peek(t.at), t.unit, i)
	if err != nil {
		t.tx.doom(err)
	}
	return pos, err == nil
}

// said are the attributes that b gives.
func (b *Block) said() map[string]any {
	out := maps.Clone(b.Attrs)
	if out == nil {
		out = map[string]any{}
	}
	if b.Kind != "" {
		out[kindKey] = b.Kind
	}
	if b.Level != 0 {
		out[levelKey] = b.Level
	}
	return out
}

// insertMarker puts a block marker before rune position pos.
func (t TextTx) insertMarker(pos int, attrs map[string]any) {
	d := t.tx.d
	if !d.room(t.tx, 0, 0, 1) {
		return
	}
	d.touch(t.at)
	lv := d.open.next()
	p := d.t.InternElement(d.g, shape.ElemChild, t.at, block.KindMap, graph.Of(d.open.h), lv-d.open.h.LV)
	d.numbers(1, shape.Of(shape.ElemMaker, p))
	parent, side, _ := d.s.Seq(t.at).InsertAt(pos, lv, 1, 0)
	d.s.AddMarker(t.at, lv)
	op := block.Op{Code: block.OpBlock, Side: block.Side(side), C: d.containerOp(t.at)}
	op.HasAt, op.At = d.thingOp(parent)
	d.open.push(op)
	m := MapTx{t.tx, p}
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		m.Put(key, attrs[key])
	}
}

// isMarker tells whether an element of a text is a block marker.
func (d *Doc) isMarker(lv graph.LV) bool { return d.t.At(lv).Class() == shape.ElemMaker }

// markerBefore is the position of the last marker before rune position pos, -1 for
// none.
func (d *Doc) markerBefore(c int32, pos int) int {
	m := d.s.Rich(c)
	if m == nil || pos == 0 {
		return -1
	}
	q := d.s.Seq(c)
	for lv := q.At(pos - 1); lv != marks.None; lv = m.MarkerBefore(lv) {
		if at, shown := q.Index(lv); shown && d.isMarker(lv) {
			return at
		}
	}
	return -1
}

// attrs are the attributes of the block whose marker stands at a rune position.
func (d *Doc) attrs(c int32, at int) map[string]any {
	out := map[string]any{}
	m := d.t.At(d.s.Seq(c).At(at)).Place()
	for _, slot := range d.s.Keys(m) {
		if e, ok := d.s.Slots.Winner(slot); ok && e.Size > 0 && e.Off != noWords {
			if v, err := block.DecodeValue(d.words[e.Off : e.Off+e.Size]); err == nil {
				out[d.t.Get(slot).Name] = v
			}
		}
	}
	return out
}

// Blocks yields the blocks of the text in order, each with its attributes and its
// text. Text before the first marker is a block without a marker; there is none when
// the text begins with a marker.
func (t Text) Blocks() iter.Seq[Block] {
	return func(yield func(Block) bool) {
		for _, b := range t.blocks() {
			if !yield(b) {
				return
			}
		}
	}
}

// blocks collects the blocks.
func (t Text) blocks() []Block {
	var out []Block
	t.seq(func(s *state.State, q *sequence.Seq, i, j int) {
		part := func(a, b int) Text { p := t; p.i, p.j = a, b; return p }
		base := fromRunes(q, t.unit, i)
		from := i
		for lv := t.firstMarker(s, q, i); lv != marks.None; lv = s.Rich(t.at).MarkerAfter(lv) {
			k, shown := q.Index(lv)
			if k >= j {
				break
			}
			if !shown {
				continue
			}
			if len(out) > 0 || k > i {
				out = closeBlock(out, part(from, k))
			}
			out = append(out, t.blockAt(s, lv, fromRunes(q, t.unit, k)-base))
			from = k + 1
		}
		if len(out) > 0 || j > i {
			out = closeBlock(out, part(from, j))
		}
	})
	return out
}

// firstMarker is the first marker at rune position i or behind it, marks.None for
// none; it may be hidden.
func (t Text) firstMarker(s *state.State, q *sequence.Seq, i int) graph.LV {
	m := s.Rich(t.at)
	switch {
	case m == nil:
		return marks.None
	case i == 0:
		return m.MarkerAfter(marks.None)
	}
	return m.MarkerAfter(q.At(i - 1))
}

// closeBlock gives the last block its text; one before the first marker is begun by
// it.
func closeBlock(out []Block, text Text) []Block {
	if len(out) == 0 {
		return append(out, Block{At: -1, Text: text})
	}
	out[len(out)-1].Text = text
	return out
}

// blockAt reads what a marker says.
func (t Text) blockAt(s *state.State, lv graph.LV, at int) Block {
	b := Block{At: at}
	for _, slot := range s.Keys(s.T.At(lv).Place()) {
		e, ok := s.Slots.Winner(slot)
		if !ok || e.Kind == entries.Child { // a container is no attribute; a stranger may have put one there
			continue
		}
		v := t.value(s, e)
		switch key := s.T.Get(slot).Name; key {
		case kindKey:
			b.Kind, _ = v.Any().(string)
		case levelKey:
			n, _ := v.Any().(int64)
			b.Level = int(n)
		default:
			if b.Attrs == nil {
				b.Attrs = map[string]any{}
			}
			b.Attrs[key] = v.Any()
		}
	}
	return b
}
