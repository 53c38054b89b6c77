package store

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"
)

// What a store answers when it does not do what it was asked. Test with
// errors.Is; the context's own error comes back as it is.
var (
	// Opening.

	// ErrLocked: somebody has the store open, here or in another process.
	ErrLocked = errors.New("store: in use by another program or already open")
	// ErrVersion: a later version of this library wrote the store.
	ErrVersion = errors.New("store: written by a newer version")

	// Any call.

	// ErrClosed: the store is not open, not yet or no longer.
	ErrClosed = errors.New("store: not open")
	// ErrStore: the medium failed: no space, no right to write, an I/O error, the
	// file gone. Writing is off until the store is opened again.
	ErrStore = errors.New("store: medium failed")
	// ErrCorrupt: bytes are not what was written. Always in a CorruptError.
	ErrCorrupt = errors.New("store: corrupt")

	// The caller's doing; nothing has changed.

	// ErrArgument: something that cannot be stored or be meant.
	ErrArgument = errors.New("store: bad argument")
	// ErrLimit: something longer than the limits of this package.
	ErrLimit = errors.New("store: over the limit")
	// ErrNotFound: the segment or the journal named is not there.
	ErrNotFound = errors.New("store: not found")
)

// CorruptError says what is lost. It is ErrCorrupt, and unwraps to Err too.
type CorruptError struct {
	Work    cid.Cid // Undef when the store as a whole is damaged
	Segment string  // ID of the segment, "" when it is none or cannot be told
	Part    string  // "changes", "words", "journal", "held", "blocks", "gone", "names", "works", "meta", or "pages" of the medium
	Err     error   // what was found
}

// Error names the part, the segment and the work, as far as they are known.
func (e *CorruptError) Error() string {
	s := "store: corrupt " + e.Part
	if e.Segment != "" {
		s += " of segment " + e.Segment
	}
	if e.Work.Defined() {
		s += " of work " + e.Work.String()
	}
	return fmt.Sprintf("%s: %v", s, e.Err)
}

// Unwrap lets errors.Is find ErrCorrupt and the cause.
func (e *CorruptError) Unwrap() []error { return []error{ErrCorrupt, e.Err} }

// OfWork is for implementations: it adds the work to a CorruptError that does not
// name one, and gives other errors back. It changes a copy, since several calls may
// have got the same error.
func OfWork(err error, work cid.Cid) error {
	c, ok := err.(*CorruptError)
	if !ok || c.Work.Defined() {
		return err
	}
	named := *c
	named.Work = work
	return &named
}
