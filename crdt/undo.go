package crdt

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Undo takes back what the key of a Doc has edited, newest first, and brings it
// back again. It edits by inverse ops (see [Tx.Invert]): what was deleted returns
// as the same elements with their first author, and nothing that another author
// has made is ever touched.
//
// # Groups
//
// One press takes back one group. All Updates since the last Break, Undo or Redo
// are one group, however long they took and whatever was merged in between; an
// editor calls Break where its user pauses, moves the cursor or begins something
// else. Of what was edited before NewUndo, in this process or an earlier one,
// each change is a group: changes end where the replica sealed them, which Break
// does too.
//
// # What is remembered
//
// Nothing but the history. An undo and a redo are changes of their own, and say
// by an act which changes they take back; the stacks are a function of the
// changes of the key. So undo works after the work was closed and opened again,
// several Undo of one Doc agree, and what was redone can be undone. Who goes on
// with another key ([Doc.Rekey]) begins with empty stacks.
//
// # Marks beside block markers
//
// A block marker ends the growth of marks even where it is deleted, in all replicas and
// for good. A press that takes a marker back therefore marks anew what is shown, and
// presses further back what they bring to light, so that the text looks as it did. One
// thing remains: text that is older than such a mark, and was deleted where the mark
// then grew, comes back with it and keeps it. Redo shows what the undo has shown.
//
// An Undo is safe for concurrent use.
type Undo struct {
	d     *Doc
	limit int
	stack stack
}

// Undone is what one press did.
type Undone struct {
	// Changes are the changes of the group, oldest first. After a redo they are
	// those that were undone first, whatever was undone and redone since.
	Changes []cid.Cid
	// By is the change that the press made.
	By cid.Cid
	// Visible tells whether anything that the work shows is another. A press may
	// find that others have deleted or overwritten all of it already.
	Visible bool
	// Left is what the press left in place because another author works in it.
	Left []Left
	// Cursor is where who pressed now looks: after an undo where the first edit
	// of a text in the group began, after a redo where the last one ended. It is
	// in the text at Path, a JSON pointer; zero for a group without such edits.
	Cursor Cursor
	Path   string
}

// Left is a container, list element or node that stays though who made it took it
// back: something alive in it, or its value, is another author's.
type Left struct {
	Path string // where it is, as a JSON pointer; see [View.Lookup]
	Elem Elem   // of a list element or a node; zero of what stands under a key
}

// NewUndo makes an Undo for what the doc's own key edits. It costs time linear
// in the changes of that key.
func NewUndo(d *Doc) *Undo {
	u := &Undo{d: d}
	d.mu.Lock()
	defer d.mu.Unlock()
	u.stack.read(d, true)
	return u
}

// Limit lets the newest n groups be undone, and no older ones; 0, as at first,
// lets all. Groups that it drops are gone from this Undo for good.
func (u *Undo) Limit(n int) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.limit = max(n, 0)
	u.read()
}

// Break ends the group: the next Update begins another. It seals what is open.
func (u *Undo) Break() {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if u.d.writable() == nil {
		u.d.seal()
	}
	u.read()
	u.stack.closed = true
}

// CanUndo and CanRedo tell whether there is a group to take or bring back.
func (u *Undo) CanUndo() bool {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.read()
	return len(u.stack.done) > 0 || u.d.opens()
}

// CanRedo tells whether there is a group to bring back: the last edit of this key
// was an Undo, or a Redo that has left some.
func (u *Undo) CanRedo() bool {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	u.read()
	return len(u.stack.undone) > 0 && !u.d.opens()
}

// Undo takes the newest group back that is not undone. It is one change, made
// even where nothing visible is left to take back, so that each press counts
// once. ErrNothing when there is no group; the errors of [Doc.Update], and then
// nothing was done.
func (u *Undo) Undo() (Undone, error) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if err := u.settle(); err != nil {
		return Undone{}, err
	}
	n := len(u.stack.done)
	if n == 0 {
		return Undone{}, fmt.Errorf("crdt: undo: %w", ErrNothing)
	}
	return u.press(actUndo, u.stack.done[n-1])
}

// Redo brings the group back that was undone last, as the same elements. It is
// possible until this key edits something else. ErrNothing when there is none.
func (u *Undo) Redo() (Undone, error) {
	u.d.mu.Lock()
	defer u.d.mu.Unlock()
	if err := u.settle(); err != nil {
		return Undone{}, err
	}
	n := len(u.stack.undone)
	if n == 0 {
		return Undone{}, fmt.Errorf("crdt: redo: %w", ErrNothing)
	}
	return u.press(actRedo, u.stack.undone[n-1])
}

// read brings the stacks up to date with the sealed changes.
func (u *Undo) read() {
	u.stack.read(u.d, false)
	if n := len(u.stack.done) - u.limit; u.limit > 0 && n > 0 {
		u.stack.done = slices.Delete(u.stack.done, 0, n)
	}
}

// settle seals what is open, where undo could take anything of it back, so that
// it has a name, and brings the stacks up to date. The error says why this doc
// cannot edit.
func (u *Undo) settle() error {
	if err := u.d.writable(); err != nil {
		return err
	}
	if u.d.opens() {
		u.d.seal()
	}
	u.read()
	return nil
}

// press writes the inverse of a group as a change of its own.
func (u *Undo) press(kind string, g group) (Undone, error) {
	d := u.d
	d.seal() // acts and notes are no part of the press
	var out Undone
	inv := inverse{d: d, of: u.stack.changes(g.by), undoes: kind == actUndo}
	err := d.update(func(tx *Tx) error {
		if !tx.separate() {
			return tx.err
		}
		tx.Act(kind, []any{g.by.lo, g.by.hi})
		inv.tx = tx
		inv.collect()
		s := d.sight(&inv)
		inv.write()
		out.Visible = s.changed()
		return nil
	})
	if err != nil {
		return Undone{}, err
	}
	for _, i := range u.stack.changes(g.of) {
		out.Changes = append(out.Changes, d.cidAt(i))
	}
	out.By = d.cidAt(d.ownTip)
	for _, lv := range inv.left {
		out.Left = append(out.Left, d.leftAt(lv))
	}
	if c := d.caretOf(u.stack.changes(g.of), kind == actUndo); c.at != shape.NoPlace {
		out.Cursor, out.Path = d.cursorOf(c.lv, c.keeps), d.pointerOf(c.at)
	}
	u.read()
	return out, nil
}

// leftAt says what a number that stays is.
func (d *Doc) leftAt(lv graph.LV) Left {
	w := d.t.At(lv)
	l := Left{Path: d.pointerTo(lv, w)}
	if w.Class() != shape.EntryMaker {
		l.Elem = Elem{d, lv + 1}
	}
	return l
}
