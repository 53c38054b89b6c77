package crdt

import (
	"encoding/binary"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/state"
)

// Side says to which of its two neighbours a cursor keeps.
type Side uint8

// The sides. With Before a cursor keeps to the character before its position, and
// what others insert at that position comes after it; with After it keeps to the
// character after its position, and such inserts come before it.
const (
	Before Side = iota
	After
)

// Cursor is a place in a text that keeps to a character, so that it stays right
// while others edit: in any view of the work, and in any replica. When the
// character is deleted it stands where that was, and is there again when the
// character comes back. At the edges of a text a cursor keeps to the edge: Before
// at position 0 to the beginning, After at the end to the end.
//
// A Cursor is a value. Its lasting form ([Cursor.MarshalText],
// [Cursor.MarshalBinary]) exists once the change of its character is sealed. The
// zero Cursor is nowhere.
type Cursor struct {
	kind cursorKind
	id   block.ID // of the change of its character
	off  uint32   // of the character in it
	d    *Doc     // nil, or id is not known yet,
	lv   graph.LV // and this is the character
}

// cursorKind tells the cases of Cursor.
type cursorKind uint8

const (
	nowhere cursorKind = iota
	atStart
	atEnd
	afterOne  // right after its character
	beforeOne // right before it
)

// cursorNames are the words for the kinds in text forms.
var cursorNames = [...]string{"", "start", "end", "before", "after"}

// IsZero tells whether the cursor is nowhere.
func (c Cursor) IsZero() bool { return c.kind == nowhere }

// Cursor is the place before position i of the text, a position beyond an end
// meaning that end, and one inside a character its beginning. Side says to which
// neighbour it keeps.
func (t Text) Cursor(i int, s Side) Cursor {
	c := edge(s)
	t.seq(func(_ *state.State, q *sequence.Seq, a, b int) {
		c = t.v.d.cursorAt(q, clip(q, t.unit, fromRunes(q, t.unit, a)+max(i, 0), a, b), s)
	})
	return c
}

// Find is where the cursor stands in this text, in the unit of t; alive tells
// whether its character is shown. A cursor of a character that is not in this
// view yet stands where that will come. One of another text, or of a change that
// is not here, is at 0 and not alive. In a part of a text positions count in it,
// and what lies outside is at its nearer end.
func (t Text) Find(c Cursor) (i int, alive bool) {
	if c.kind == atStart || c.kind == atEnd {
		alive = true // also in a text that is not there yet
	}
	t.seq(func(_ *state.State, q *sequence.Seq, a, b int) {
		var pos int
		pos, alive = t.v.d.findCursor(c, q, t.at)
		alive = alive && pos >= a && pos <= b
		i = fromRunes(q, t.unit, min(max(pos, a), b)) - fromRunes(q, t.unit, a)
	})
	return i, alive
}

// Cursor is a cursor in the text as it is now; see [Text.Cursor].
func (t TextTx) Cursor(i int, s Side) Cursor { return t.text().Cursor(i, s) }

// Find is where a cursor stands in the text as it is now; see [Text.Find].
func (t TextTx) Find(c Cursor) (i int, alive bool) { return t.text().Find(c) }

// edge is the cursor of an empty text.
func edge(s Side) Cursor {
	if s == After {
		return Cursor{kind: atEnd}
	}
	return Cursor{kind: atStart}
}

// cursorAt is the cursor at visible position pos of q.
func (d *Doc) cursorAt(q *sequence.Seq, pos int, s Side) Cursor {
	if s == Before && pos == 0 || s == After && pos == q.Len() {
		return edge(s)
	}
	if s == Before {
		return d.cursorOf(q.At(pos-1), s)
	}
	return d.cursorOf(q.At(pos), s)
}

// cursorOf is the cursor right after character lv, which it keeps to as the one
// before it, or right before it.
func (d *Doc) cursorOf(lv graph.LV, s Side) Cursor {
	c := Cursor{kind: afterOne}
	if s == After {
		c.kind = beforeOne
	}
	if id, off, ok := d.portable(lv); ok {
		c.id, c.off = id, off
	} else {
		c.d, c.lv = d, lv
	}
	return c
}

// element is the number of the character that a cursor keeps to, if it is here.
func (d *Doc) element(c Cursor) (graph.LV, bool) {
	if c.d != nil {
		return c.lv, c.d == d && c.lv < d.t.End()
	}
	i, ok := d.g.Find(c.id)
	if !ok || c.off >= d.g.Count(i) {
		return 0, false
	}
	return d.g.First(i) + c.off, true
}

// findCursor is where a cursor stands in q, the text at a place in some state, and
// whether its character is shown.
func (d *Doc) findCursor(c Cursor, q *sequence.Seq, at int32) (pos int, alive bool) {
	switch c.kind {
	case nowhere:
		return 0, false
	case atStart:
		return 0, true
	case atEnd:
		return q.Len(), true
	}
	lv, ok := d.element(c)
	if !ok {
		return 0, false
	}
	live := d.s.Peek(at)
	if live == nil || !live.Has(lv) {
		return 0, false
	}
	if !q.Has(lv) { // later than the view: the live work knows where it is
		return sort.Search(q.Len(), func(k int) bool { return !live.Before(q.At(k), lv) }), false
	}
	pos, alive = q.Index(lv)
	if alive && c.kind == afterOne {
		pos++
	}
	return pos, alive
}

// named gives the cursor with its lasting name, if there is one by now.
func (c Cursor) named() (Cursor, error) {
	if c.d == nil {
		return c, nil
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	id, off, ok := c.d.portable(c.lv)
	if !ok {
		return Cursor{}, fmt.Errorf("crdt: cursor: %w", ErrUnsealed)
	}
	return Cursor{kind: c.kind, id: id, off: off}, nil
}

// MarshalText is the lasting form as text: start, end, or the CID of the change,
// a colon, the offset of the character in it, a colon, and before or after, as the
// [Side] has it. ErrUnsealed while that change is open; ErrNotFound for the zero
// Cursor. It takes the doc's lock: not inside Update.
func (c Cursor) MarshalText() ([]byte, error) {
	c, err := c.named()
	switch {
	case err != nil:
		return nil, err
	case c.kind == nowhere:
		return nil, fmt.Errorf("crdt: zero cursor: %w", ErrNotFound)
	case c.kind <= atEnd:
		return []byte(cursorNames[c.kind]), nil
	}
	return fmt.Appendf(nil, "%s:%d:%s", c.id.ChangeCID(), c.off, cursorNames[c.kind]), nil
}

// UnmarshalText reads the text form; it is the inverse of MarshalText.
// ErrMalformed for anything else.
func (c *Cursor) UnmarshalText(text []byte) error {
	x, err := ParseCursor(string(text))
	if err == nil {
		*c = x
	}
	return err
}

// ParseCursor reads the text form of a cursor, which is spelled in one way only.
// ErrMalformed. Whether its character is known is a matter of [Text.Find].
func ParseCursor(s string) (Cursor, error) {
	bad := fmt.Errorf("crdt: cursor %.100q: %w", s, ErrMalformed)
	for k := atStart; k <= atEnd; k++ {
		if s == cursorNames[k] {
			return Cursor{kind: k}, nil
		}
	}
	part := strings.Split(s, ":")
	if len(part) != 3 {
		return Cursor{}, bad
	}
	var c Cursor
	for k := afterOne; k <= beforeOne; k++ {
		if part[2] == cursorNames[k] {
			c.kind = k
		}
	}
	off, err := strconv.ParseUint(part[1], 10, 32)
	if err != nil || c.kind == nowhere || strconv.FormatUint(off, 10) != part[1] {
		return Cursor{}, bad
	}
	name, err := cid.Decode(part[0])
	if err != nil || name.String() != part[0] {
		return Cursor{}, bad
	}
	if c.id, err = block.ChangeID(name); err != nil {
		return Cursor{}, bad
	}
	c.off = uint32(off)
	return c, nil
}

// cidLen is the length of the CID of a change.
const cidLen = 36

// MarshalBinary is the lasting form in bytes: one that says which kind of cursor
// it is (1 start, 2 end, 3 before, 4 after), and for the latter two the CID of the
// change and the offset of the character in it as a varint. Errors are those of
// MarshalText.
func (c Cursor) MarshalBinary() ([]byte, error) {
	c, err := c.named()
	switch {
	case err != nil:
		return nil, err
	case c.kind == nowhere:
		return nil, fmt.Errorf("crdt: zero cursor: %w", ErrNotFound)
	case c.kind <= atEnd:
		return []byte{byte(c.kind)}, nil
	}
	b := append([]byte{byte(c.kind)}, c.id.ChangeCID().Bytes()...)
	return binary.AppendUvarint(b, uint64(c.off)), nil
}

// UnmarshalBinary reads the form of MarshalBinary, whose inverse it is.
// ErrMalformed for anything else.
func (c *Cursor) UnmarshalBinary(b []byte) error {
	bad := fmt.Errorf("crdt: cursor of %d bytes: %w", len(b), ErrMalformed)
	switch {
	case len(b) == 1 && (b[0] == byte(atStart) || b[0] == byte(atEnd)):
		*c = Cursor{kind: cursorKind(b[0])}
		return nil
	case len(b) <= 1+cidLen || b[0] != byte(afterOne) && b[0] != byte(beforeOne):
		return bad
	}
	name, err := cid.Cast(b[1 : 1+cidLen])
	if err != nil {
		return bad
	}
	id, err := block.ChangeID(name)
	if err != nil {
		return bad
	}
	off, n := binary.Uvarint(b[1+cidLen:])
	if n != len(b)-1-cidLen || n > 1 && b[len(b)-1] == 0 || off != uint64(uint32(off)) {
		return bad
	}
	*c = Cursor{kind: cursorKind(b[0]), id: id, off: uint32(off)}
	return nil
}
