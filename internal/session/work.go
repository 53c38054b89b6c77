package session

import "github.com/commonhold/commonhold/internal/tips"

// A Tip is a change that has no successor on its author's chain. The tips of a
// closed set of changes name the set.
type Tip = tips.Tip

// A Work is the document as a session sees it: the set of applied changes, which
// is closed (the links of each change are in it) and only grows. Changes are
// named by their id or by their arrival index: 0, 1, 2 … in the order in which
// they were applied, links first.
//
// The session does not change slices that it is given. It does not expect a Work to stand still between two
// calls; a change that came in between is sent later or once too often.
type Work interface {
	// ID is the id of the work.
	ID() [32]byte
	// Digest is a collision-resistant hash of the work's id and the set.
	Digest() [32]byte
	// Count is the size of the set.
	Count() int
	// Heads are the ids of the changes that no other links to, ascending.
	Heads() [][32]byte
	// Tips are all tips, each with its arrival index.
	Tips() tips.Tree
	// Index is the arrival index of a change, false if it is not in the set.
	Index(id [32]byte) (int, bool)
	// Locator lists changes on the chain below a change of the set, nearest
	// first, at doubling distance: 1, 2, 4 … links of prev away, at most 64.
	Locator(id [32]byte) [][32]byte
	// Missing lists, ascending, the arrival indexes of all changes that are
	// neither among those of have nor in the past of one of them.
	Missing(have []int) []int
	// Bundle encodes the first n changes of idx (ascending, not empty) and
	// the signatures that cover them: as many as fit in maxBytes, but at
	// least one, and never more than 34 MiB.
	Bundle(idx []int, maxBytes int) (b []byte, n int, err error)
	// Apply takes in a bundle of the peer. What it added to the set are the
	// changes from … to-1; none if they are equal. What else is added on the
	// way, such as an open change of ours that is sealed first, lies outside.
	// They need not count in the set before Flush.
	// source is the one of Options. Apply must not keep b. Changes that wait
	// for others are no error. An error that wraps ErrLocal is a failure on
	// this side; every other means bytes that no honest peer sends, and the
	// set is then as it was.
	Apply(b []byte, source any) (from, to int, err error)
	// Flush makes what Apply has added part of the set: durable, signed, whatever it
	// takes before it may be offered. The error is one of this side.
	Flush() error
	// Deferred counts the changes that are known and kept out of the set:
	// waiting, over quota, not wanted.
	Deferred() int

	// Wordless lists those of the changes from … to-1 whose words are wanted:
	// they are not here, and nothing has erased them.
	Wordless(from, to int) [][32]byte
	// Lacks tells whether a change of the set is still one of those.
	Lacks(id [32]byte) bool
	// Words are those of a change of the set; nil when they are not here.
	Words(id [32]byte) []byte
	// TakeWords takes in the words of a change; of one that has them, or whose words are
	// erased, it does nothing. An error is as that of Apply: one that does not wrap ErrLocal
	// means that they are not the words of the change.
	TakeWords(id [32]byte, words []byte) error
	// Late counts the words that came after their change was in the set.
	Late() int
	// Blame is why what came from source turned out to be such as no honest peer
	// sends, after Apply had let it wait; nil when nothing did.
	Blame(source any) error
}
