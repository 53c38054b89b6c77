package crdt

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// Tx is one running Update. It reads as the root map of the work, its own edits
// included, and gives the handles that edit. Edits return nothing: the first
// that fails dooms the Update, which then returns its error; the rest of the
// edits do nothing. A Tx and its handles are valid only inside their Update and
// panic after it. A Tx is not safe for concurrent use.
type Tx struct{ *running } // nil once the Update has ended

// running is the state of the Update that runs. A doc has one and uses it again;
// of a Tx, which is made for every keystroke and never used again, only the
// pointer to it is new.
type running struct {
	of  *Doc
	err error
	own bool // this Update is to be its own change
}

// doc is the doc, as long as the Update runs. Its rooms know all that was typed.
func (tx *Tx) doc() *Doc {
	d := tx.live()
	if d.keys.at != noPlace {
		d.settle()
	}
	return d
}

// live is doc where nothing is asked of the rooms.
func (tx *Tx) live() *Doc {
	if tx.running == nil {
		panic("crdt: a Tx or a handle of it is used after its Update has ended")
	}
	return tx.of
}

// doom makes the Update fail with err, unless it fails already.
func (tx *Tx) doom(err error) {
	if tx.err == nil {
		tx.err = err
	}
}

// Err is the error of the first edit that failed, with which Update will
// return.
func (tx *Tx) Err() error { return tx.doc().now.err }

// Author is who edits.
func (tx *Tx) Author() Author { return Author(tx.doc().me) }

// View is the work as it is now, with the edits of this Update so far.
func (tx *Tx) View() *View {
	v := tx.doc().view()
	v.inside = tx
	return v
}

// root is the root map.
func (tx *Tx) root() MapTx { return MapTx{tx, tx.doc().rootMap()} }

// Put sets a key of the root map; see [MapTx.Put].
func (tx *Tx) Put(key string, v any) { tx.root().Put(key, v) }

// Delete removes a key of the root map; see [MapTx.Delete].
func (tx *Tx) Delete(key string) { tx.root().Delete(key) }

// Get reads a key of the root map; see [Map.Get].
func (tx *Tx) Get(key string) Value { return tx.View().Get(key) }

// Map is the root map container of a name; root containers need no making.
func (tx *Tx) Map(name string) MapTx { return MapTx{tx, tx.named(block.KindMap, name)} }

// Text is the root text of a name.
func (tx *Tx) Text(name string) TextTx { return TextTx{tx, tx.named(block.KindText, name), Runes} }

// List is the root list of a name.
func (tx *Tx) List(name string) ListTx { return ListTx{tx, tx.named(block.KindList, name)} }

// Set is the root set of a name.
func (tx *Tx) Set(name string) SetTx { return SetTx{tx, tx.named(block.KindSet, name)} }

// Counter is the root counter of a name.
func (tx *Tx) Counter(name string) CounterTx { return CounterTx{tx, tx.named(block.KindCounter, name)} }

// Tree is the root tree of a name.
func (tx *Tx) Tree(name string) TreeTx { return TreeTx{tx, tx.named(block.KindTree, name)} }

// named is the place of a root container.
func (tx *Tx) named(kind block.Kind, name string) int32 {
	if c := &tx.live().lastRoot; c.kind == kind && c.name == name {
		return c.place
	}
	d := tx.doc()
	if len(name) > block.MaxRootName || !utf8.ValidString(name) {
		tx.doom(fmt.Errorf("crdt: name of %d bytes: %w", len(name), ErrLimit))
		return d.rootMap()
	}
	p := d.root(kind, name)
	d.lastRoot = rootCache{kind, name, p}
	return p
}

// rootCache remembers the root container asked for last: typing asks for the
// same one again and again.
type rootCache struct {
	kind  block.Kind
	name  string
	place int32
}

// Note gives this Update a note; it becomes its own change. The note is words:
// it can be erased.
func (tx *Tx) Note(note string) {
	if note == "" || !tx.separate() {
		return
	}
	d := tx.doc()
	if !utf8.ValidString(note) {
		tx.doom(fmt.Errorf("crdt: note: %w", ErrMalformed))
		return
	}
	if !d.room(tx, len(note), 0, 0) || !tx.words([]byte(note)) {
		return
	}
	d.open.push(block.Op{Code: block.OpNote, Bytes: uint32(len(note))})
}

// CoAuthor names people who made this change too; it becomes its own change.
// They count as authors once they confirm.
func (tx *Tx) CoAuthor(with ...Author) {
	if len(with) == 0 || !tx.separate() {
		return
	}
	d := tx.doc()
	d.openNow()
	o := d.open
	keys := append([]block.Key(nil), o.with...)
	for _, a := range with {
		if err := block.Key(a).Check(); err != nil {
			tx.doom(fmt.Errorf("crdt: co-author: %w", err))
			return
		}
		if block.Key(a) != d.me {
			keys = append(keys, block.Key(a))
		}
	}
	keys = sortedKeys(keys)
	if len(keys) > block.MaxWith {
		tx.doom(fmt.Errorf("crdt: %d co-authors: %w", len(keys), ErrLimit))
		return
	}
	o.with = keys
}

// Tag says that this change belongs to a proposal; it becomes its own change.
func (tx *Tx) Tag(proposal cid.Cid) {
	if !tx.separate() {
		return
	}
	d := tx.doc()
	i, ok := d.find(proposal)
	if !ok {
		tx.doom(fmt.Errorf("crdt: tag %s: %w", proposal, ErrNotFound))
		return
	}
	d.openNow()
	d.linkTo(i)
	d.open.tag = i
}

// separate makes this Update its own change: what was open before it is sealed
// first. Edits of this Update made before the call stay in it.
func (tx *Tx) separate() bool {
	d := tx.doc()
	if tx.err != nil {
		return false
	}
	if tx.own {
		return true
	}
	if d.save.open != nil && d.save.nops > 0 {
		if d.t.End() != d.save.lv || d.open != d.save.open || len(d.open.ops) != d.save.nops {
			tx.doom(errors.New("crdt: Note, CoAuthor and Tag come before the edits of their Update"))
			return false
		}
		d.seal()
		d.begin(&d.save)
	}
	tx.own = true
	return true
}

// Act says something about the work: an op that crdt stores and orders, and
// that rules and authorship understand. Kind names it, body is a plain value of
// at most 64 KiB encoded.
func (tx *Tx) Act(kind string, body any) { tx.ActWords(kind, body, "") }

// ActWords is Act with free text beside the body; the text is words, so no rule
// reads it and it can be erased.
func (tx *Tx) ActWords(kind string, body any, words string) {
	d := tx.doc()
	if tx.err != nil {
		return
	}
	v, err := NewValue(body)
	switch {
	case err != nil:
		tx.doom(err)
		return
	case len(v.raw) > block.MaxAct || len(kind) > block.MaxKindName || kind == "":
		tx.doom(fmt.Errorf("crdt: act %q of %d bytes: %w", kind, len(v.raw), ErrLimit))
		return
	case !utf8.ValidString(kind) || !utf8.ValidString(words):
		tx.doom(fmt.Errorf("crdt: act: %w", ErrMalformed))
		return
	}
	if !d.room(tx, len(words), 0, 0) || (words != "" && !tx.words([]byte(words))) {
		return
	}
	d.open.push(block.Op{Code: block.OpAct, Name: kind, Value: v.raw, HasValue: true, Bytes: uint32(len(words))})
}

// words puts the words of one op into the arena.
func (tx *Tx) words(b []byte) bool {
	d := tx.doc()
	if err := d.beginWords(); err != nil {
		tx.doom(err)
		return false
	}
	d.words = append(d.words, b...)
	return true
}
