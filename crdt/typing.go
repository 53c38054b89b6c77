package crdt

import (
	"slices"
	"sync"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// typing is a run of keystrokes in one text: letters that follow each other, or
// deletes that touch each other. The rooms learn of all of them at once, when
// anything but the next such keystroke happens: so a keystroke costs a store and
// a few comparisons. Whoever takes the lock of the doc ([mutex.Lock]) or uses the
// Tx for anything else ([Tx.doc]) tells the rooms first. Its invariants:
//
//  1. While it is armed (at is not noPlace), nothing was done after its
//     keystrokes, and the open change is there and has room for them.
//  2. Of letters: the last n bytes of the arena are they, each one ASCII
//     character, and go before position pos less n of the text at, which has no
//     marks. The rooms, the number table and the ops know nothing of them. The
//     arena has not grown beyond room. on says that they go on in the last op of
//     the open change, which inserts into that text and ends there.
//  3. Of deletes: gone characters from position pos on are to be deleted, of the
//     room that the text has. n is 0.
type typing struct {
	at   int32 // noPlace: not armed
	on   bool
	pos  int // of letters: where the next is expected, in runes
	n    int
	gone int
	room int
}

// maxGone is how many characters are deleted in one go at most: what the open
// change surely has room for.
const maxGone = 256

// typed takes in a letter that goes on with those before it; false when it is
// another edit.
func (d *Doc) typed(c int32, pos int, s string) bool {
	k := &d.keys
	if len(s) != 1 || pos != k.pos || c != k.at || s[0] >= utf8.RuneSelf || len(d.words) >= k.room || k.gone > 0 {
		return false
	}
	d.words = append(d.words, s[0])
	k.n++
	k.pos++
	return true
}

// letter takes in the first letter of a run; false when s is another text. The
// rooms know all that came before.
func (d *Doc) letter(tx *Tx, c int32, pos int, s string) bool {
	if len(s) != 1 || s[0] >= utf8.RuneSelf || d.s.Marked(c) {
		return false
	}
	if !d.ready(tx, 1, 1) {
		return true // the Update is doomed
	}
	if off := len(d.words); off == cap(d.words) {
		d.words = slices.Grow(d.words, max(1, off/2))
	}
	d.words = append(d.words, s[0])
	d.arm(c, pos+1)
	d.keys.n, d.keys.on = 1, false
	return true
}

// arm makes ready for letters after an insert that ended before position pos of
// the text at c and is the last op of the open change.
func (d *Doc) arm(c int32, pos int) {
	room := min(int64(cap(d.words)), int64(d.open.wordsAt)+partWords, maxWords, int64(len(d.words))+int64(graph.MaxLV)-int64(d.t.End())-1)
	d.keys = typing{at: c, pos: pos, room: int(room), on: true}
}

// struck takes in the delete of [i, j), which touches those before it; false
// when it is another edit.
func (d *Doc) struck(c int32, i, j int) bool {
	k := &d.keys
	if n := k.gone + j - i; k.gone == 0 || c != k.at || i < 0 || j < i || n > maxGone {
		return false
	} else if i == k.pos && k.pos+n <= k.room {
		k.gone = n
		return true
	} else if j == k.pos {
		k.pos, k.gone = i, n
		return true
	}
	return false
}

// strike takes in the first delete of a run, of n characters of the text at c,
// which has room of them; false when it is none for a run.
func (d *Doc) strike(tx *Tx, c int32, pos, n, room int) bool {
	if n == 0 || n > maxGone {
		return false
	}
	if d.room(tx, 0, maxGone, maxGone) {
		d.keys = typing{at: c, pos: pos, gone: n, room: room}
	}
	return true
}

// settle tells the rooms what was typed.
func (d *Doc) settle() {
	k := d.keys
	d.keys = typing{at: noPlace}
	switch {
	case k.n > 0:
		d.inserted(k.at, k.pos-k.n, uint32(k.n), uint32(k.n))
	case k.gone > 0:
		d.s.Seq(k.at).DeleteAt(k.pos, k.gone, d.hide)
	}
}

// inserted makes the op of n runes, the last size bytes of the arena, that go
// before position pos of the text at c, which has no marks.
func (d *Doc) inserted(c int32, pos int, n, size uint32) {
	d.touch(c)
	o := d.open
	lv := o.next()
	o.h.Count += n
	d.t.Append(n, shape.Of(shape.Elem, c))
	parent, side, cont := d.s.Seq(c).InsertAt(pos, lv, n, uint32(len(d.words))-size)
	if cont && o.typing == c && lv > o.h.LV {
		op := &o.ops[len(o.ops)-1]
		op.Runes += n
		op.Bytes += size
		return
	}
	d.pushText(c, lv, parent, block.Side(side), n, size)
}

// goOn makes ready for an Update that may go on with what was typed before it: a
// savepoint can tell letters from the last op only where they belong to it.
func (d *Doc) goOn() {
	k := d.keys
	if k.at == noPlace || k.gone == 0 && (k.on || k.n == 0) {
		return
	}
	d.settle()
	if k.n > 0 {
		d.arm(k.at, k.pos)
	}
}

// mutex is the lock of a doc; who takes it finds the rooms knowing the history and
// all that was typed.
type mutex struct {
	sync.Mutex
	d *Doc
}

// Lock locks the doc, reads its history if there is only a summary yet, and settles
// what was typed.
func (m *mutex) Lock() {
	m.Mutex.Lock()
	if m.d.sum != nil {
		m.d.load()
	}
	if m.d.keys.at != noPlace {
		m.d.settle()
	}
}

// peek is Lock without reading the history: it gives the summary, nil where there is
// none, and then the doc is as Lock leaves it.
func (m *mutex) peek() *summary {
	m.Mutex.Lock()
	if m.d.keys.at != noPlace {
		m.d.settle()
	}
	return m.d.sum
}
