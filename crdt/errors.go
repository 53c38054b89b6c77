package crdt

import (
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// What bytes from elsewhere can be refused for. Test with errors.Is.
var (
	// ErrMalformed says that bytes are not in the one form the format allows.
	ErrMalformed = block.ErrMalformed
	// ErrLimit says that a limit of the format or a local quota is exceeded.
	ErrLimit = block.ErrLimit
	// ErrHash says that bytes are not what their CID names.
	ErrHash = block.ErrHash
	// ErrSignature says that a signature is not by the change's author, or not
	// over this change of this work.
	ErrSignature = block.ErrSignature
	// ErrKey says that a public key is not acceptable, or that the doc met a
	// change of its own key that it did not make and needs [Doc.Rekey].
	ErrKey = block.ErrKey
	// ErrInvalid says that a change is well formed and breaks a rule given its
	// past.
	ErrInvalid = block.ErrInvalid
	// ErrForeign says that a change belongs to another work.
	ErrForeign = block.ErrForeign
	// ErrRules says that the work names rules that were not handed in, or the
	// rules refuse: the work does not open, or the edit is not made.
	ErrRules = errors.New("rules of the work missing or against it")
	// ErrNotCovered is the reason of a change that waits for a signature of its
	// author, and the error of building on one.
	ErrNotCovered = errors.New("not covered by a signature")
	// ErrMissing is the reason of a change that waits for changes it links to.
	ErrMissing = errors.New("linked changes are missing")
)

// What a local edit or read can fail with.
var (
	// ErrRange says that a position lies outside the text or list.
	ErrRange = errors.New("position out of range")
	// ErrSplit says that a position lies inside a character.
	ErrSplit = errors.New("position inside a character")
	// ErrReadOnly says that the doc has no key to write with.
	ErrReadOnly = errors.New("read-only: no key")
	// ErrEmpty says that a joined work has not arrived yet.
	ErrEmpty = errors.New("the work has not arrived yet")
	// ErrUnsealed says that something of the open change has no portable name
	// yet.
	ErrUnsealed = errors.New("part of the open change, which has no name yet")
	// ErrNothing says that there is nothing to undo.
	ErrNothing = errors.New("nothing to do")
	// ErrNotFound says that a change or element is not in the work.
	ErrNotFound = errors.New("not found")
)

// ChangeError is what is wrong with one change of a batch. It unwraps to the
// reason.
type ChangeError struct {
	ID  cid.Cid // cid.Undef where the bytes gave none
	Err error
}

// Error names the change and the reason.
func (e *ChangeError) Error() string {
	if !e.ID.Defined() {
		return fmt.Sprintf("change: %v", e.Err)
	}
	return fmt.Sprintf("change %s: %v", e.ID, e.Err)
}

// Unwrap gives the reason.
func (e *ChangeError) Unwrap() error { return e.Err }
