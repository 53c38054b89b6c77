package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/sequence"
)

// Unit says what a text position counts.
type Unit uint8

// The units of text positions: code points, bytes of UTF-8, code units of
// UTF-16.
const (
	Runes Unit = iota
	UTF8
	UTF16
)

// sequence is the unit as package sequence names it.
func (u Unit) sequence() sequence.Unit {
	if u == UTF8 {
		return sequence.UTF8
	}
	return sequence.UTF16
}

// toRunes converts a position of q from unit u; ErrRange outside the text,
// ErrSplit inside a character.
func toRunes(q *sequence.Seq, u Unit, i int) (int, error) {
	if q == nil {
		if i != 0 {
			return 0, fmt.Errorf("crdt: %d in an empty text: %w", i, ErrRange)
		}
		return 0, nil
	}
	if u == Runes {
		if i < 0 || i > q.Len() {
			return 0, fmt.Errorf("crdt: %d of %d: %w", i, q.Len(), ErrRange)
		}
		return i, nil
	}
	if i < 0 || i > q.Units(u.sequence()) {
		return 0, fmt.Errorf("crdt: %d of %d: %w", i, q.Units(u.sequence()), ErrRange)
	}
	pos, ok := q.ToRunes(u.sequence(), i)
	if !ok {
		return 0, fmt.Errorf("crdt: %d: %w", i, ErrSplit)
	}
	return pos, nil
}

// length is the length of q in unit u.
func length(q *sequence.Seq, u Unit) int {
	switch {
	case q == nil:
		return 0
	case u == Runes:
		return q.Len()
	}
	return q.Units(u.sequence())
}

// fromRunes converts a position of q in runes to unit u.
func fromRunes(q *sequence.Seq, u Unit, pos int) int {
	if u == Runes || q == nil {
		return pos
	}
	return q.FromRunes(u.sequence(), pos)
}
