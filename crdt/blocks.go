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
	At    int            // position of its marker in the unit of the text, -1 for none there; only where blocks are read
}

// The keys of a marker's map that Block has fields for.
const (
	kindKey  = "kind"
	levelKey = "level"
)

// Split begins a new block at position i. What b does not say is copied from the
// block that i is in. At the start of a block that is not empty the new one goes
// before it and is empty, so that a heading keeps its text. The text looks as before:
// marks, which end their growth at the new marker, are put anew over what they had grown
// over.
func (t TextTx) Split(i int, b Block) {
	d := t.tx.doc()
	pos, ok := t.position(i)
	if !ok {
		return
	}
	attrs := d.attrsBefore(t.at, pos)
	if q := d.s.Peek(t.at); pos > 0 && isMarker(d.s, q.At(pos-1)) && pos < q.Len() && !isMarker(d.s, q.At(pos)) {
		pos--
	}
	maps.Copy(attrs, b.said())
	t.putMarker(markerPlace{pos: pos}, attrs)
}

// attrsBefore are the attributes of the block that rune position pos is in.
func (d *Doc) attrsBefore(c int32, pos int) map[string]any {
	if lv, _ := markerBefore(d.s, c, pos); lv != marks.None {
		return d.attrs(lv)
	}
	return map[string]any{}
}

// SetBlock changes what is said of the block that position i is in to what b says;
// what b does not say stays. A block without a marker gets one.
func (t TextTx) SetBlock(i int, b Block) {
	d := t.tx.doc()
	pos, ok := t.position(i)
	if !ok {
		return
	}
	lv, _ := markerBefore(d.s, t.at, pos)
	if lv == marks.None {
		t.putMarker(markerPlace{}, b.said())
		return
	}
	old := d.attrs(lv)
	m := MapTx{t.tx, d.t.At(lv).Place()}
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
	_, at := markerBefore(d.s, t.at, pos)
	if at <= 0 {
		t.tx.doom(fmt.Errorf("crdt: no block before position %d: %w", i, ErrRange))
		return
	}
	if q := d.s.Seq(t.at); isMarker(d.s, q.At(at-1)) {
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

// markerPlace is where a block marker goes: before a rune position, or right after an
// element, graph.None for the beginning.
type markerPlace struct {
	pos   int
	after graph.LV
	exact bool // after counts
}

// putMarker puts a block marker there that says attrs.
func (t TextTx) putMarker(at markerPlace, attrs map[string]any) {
	d := t.tx.doc()
	if !d.room(t.tx, 0, 0, 1) {
		return
	}
	d.touch(t.at)
	lv := d.open.next()
	p := d.t.InternElement(d.g, shape.ElemChild, t.at, block.KindMap, graph.Of(d.open.h), lv-d.open.h.LV)
	d.numbers(1, shape.Of(shape.ElemMaker, p))
	var parent graph.LV
	var side sequence.Side
	if at.exact {
		parent, side, _ = d.insertAfter(t.at, at.after, lv, 1, 0)
	} else {
		parent, side, _ = d.s.Seq(t.at).InsertAt(at.pos, lv, 1, 0)
	}
	d.s.AddMarker(t.at, lv)
	op := block.Op{Code: block.OpBlock, Side: block.Side(side), C: d.containerOp(t.at)}
	op.HasAt, op.At = d.thingOp(parent)
	d.open.push(op)
	m := MapTx{t.tx, p}
	for _, key := range slices.Sorted(maps.Keys(attrs)) {
		m.Put(key, attrs[key])
	}
	d.carry(t.tx, t.at, []graph.LV{lv})
}

// markerBefore is the last block marker that a text shows before rune position pos,
// and its position; marks.None and -1 for none.
func markerBefore(s *state.State, c int32, pos int) (lv graph.LV, at int) {
	m, q := s.Rich(c), s.Peek(c)
	if m == nil || pos == 0 {
		return marks.None, -1
	}
	e := q.At(pos - 1)
	if isMarker(s, e) {
		return e, pos - 1
	}
	if lv = m.BlockBefore(e); lv == marks.None {
		return marks.None, -1
	}
	at, _ = q.Index(lv)
	return lv, at
}

// markerFrom is the first one at rune position pos or behind it.
func markerFrom(s *state.State, c int32, pos int) (lv graph.LV, at int) {
	m, q := s.Rich(c), s.Peek(c)
	if m == nil || pos == q.Len() {
		return marks.None, -1
	}
	e := q.At(pos)
	if isMarker(s, e) {
		return e, pos
	}
	if lv = m.BlockAfter(e); lv == marks.None {
		return marks.None, -1
	}
	at, _ = q.Index(lv)
	return lv, at
}

// isMarker tells whether an element of a text is a block marker.
func isMarker(s *state.State, lv graph.LV) bool { return s.T.At(lv).Class() == shape.ElemMaker }

// attrs are the attributes that a block marker says, plain values only.
func (d *Doc) attrs(marker graph.LV) map[string]any {
	out := map[string]any{}
	for _, slot := range d.s.Keys(d.t.At(marker).Place()) {
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
// the text begins with a marker. The first block of a part that begins inside a block
// says what that says.
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
		for lv, k := markerFrom(s, t.at, i); lv != marks.None && k < j; lv, k = markerFrom(s, t.at, k+1) {
			if len(out) > 0 || k > i {
				out = t.closeBlock(s, out, part(from, k))
			}
			out = append(out, t.blockAt(s, lv, fromRunes(q, t.unit, k)-base))
			from = k + 1
		}
		if len(out) > 0 || j > i {
			out = t.closeBlock(s, out, part(from, j))
		}
	})
	return out
}

// closeBlock gives the last block its text; one whose marker is not there is begun by
// it.
func (t Text) closeBlock(s *state.State, out []Block, text Text) []Block {
	if len(out) == 0 {
		b := Block{At: -1}
		if lv, _ := markerBefore(s, t.at, text.i); lv != marks.None {
			b = t.blockAt(s, lv, -1)
		}
		out = append(out, b)
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
			if n, _ := v.Any().(int64); n == int64(int32(n)) { // the same on machines of 32 bits
				b.Level = int(n)
			}
		default:
			if b.Attrs == nil {
				b.Attrs = map[string]any{}
			}
			b.Attrs[key] = v.Any()
		}
	}
	return b
}
