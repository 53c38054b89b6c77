package crdt

import (
	"fmt"
	"unicode/utf8"
)

// SetString makes the text be s by writing only what differs. The two are
// compared by grapheme clusters, so that no character as a reader sees it is
// torn: clusters that stay keep their author and their identity, so that
// cursors, marks and concurrent edits in them stay where they were. A text that
// is s already is not edited at all.
//
// The same two texts always give the same edits. Where they differ by at most
// 2,048 clusters nothing is written anew that could have stayed; beyond that
// the comparison looks for the longer parts that stay, in time that does not
// grow with the number of differences. ErrMalformed when s is not valid UTF-8.
func (t TextTx) SetString(s string) {
	d := t.tx.doc()
	if t.tx.err != nil {
		return
	}
	if !utf8.ValidString(s) {
		t.tx.doom(fmt.Errorf("crdt: text: %w", ErrMalformed))
		return
	}
	was := t.String()
	list := differences(was, s)
	// What goes away goes first: deletes that follow each other share an op.
	at, kept := 0, 0 // in bytes of was; in code points that stay
	for _, x := range list {
		kept += utf8.RuneCountInString(was[at:x.i])
		d.deleteText(t.tx, t.at, kept, utf8.RuneCountInString(was[x.i:x.j]))
		at = x.j
	}
	at, kept = 0, 0 // in bytes and code points of s
	for _, x := range list {
		kept += utf8.RuneCountInString(s[at:x.k])
		if at = x.k; x.l > x.k {
			t.insert(kept, s[x.k:x.l])
		}
	}
}
