package merge

import (
	"errors"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/store"
)

var (
	// ErrNotFound says that the repo has no such work.
	ErrNotFound = errors.New("merge: no such work")
	// ErrClosed says that the repo or replica was closed.
	ErrClosed = errors.New("merge: closed")
	// ErrPeer says that the other side broke the protocol, fell silent or ended the
	// session; the work is intact.
	ErrPeer = session.ErrPeer
	// ErrPartial says that a sync ended with the two sides still different: the
	// reason is in its text. Another peer may complete it.
	ErrPartial = errors.New("merge: in part")
	// ErrDenied says that the other side does not serve the work, or not to us.
	ErrDenied = errors.New("merge: denied")
	// ErrAbsent says that a block of what is attached is neither stored here nor to be
	// had of a peer that is connected now.
	ErrAbsent = errors.New("merge: not here, and nobody who is connected gives it")
	// ErrBusy says that something else has to end first.
	ErrBusy = errors.New("merge: busy")
	// ErrStore says that the medium failed.
	ErrStore = store.ErrStore
	// ErrCorrupt says that stored bytes are not what was written.
	ErrCorrupt = store.ErrCorrupt
	// ErrForeign says that the other side speaks about another work.
	ErrForeign = crdt.ErrForeign
)
