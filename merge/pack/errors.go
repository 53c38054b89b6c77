package pack

import (
	"errors"

	"github.com/commonhold/commonhold/crdt"
)

// What reading may answer, besides what [crdt.Doc.Apply] says of the changes:
// test with errors.Is.
var (
	// ErrCorrupt says that the bytes begin like a pack, and are not what was
	// written: they end early, or a checksum does not match.
	ErrCorrupt = errors.New("pack damaged")
	// ErrVersion says that a later version of the format wrote the pack. A newer
	// program may read it.
	ErrVersion = errors.New("unknown version of packs")
	// ErrMalformed says that the bytes are no pack, or no CAR, that anybody should
	// have written. It is crdt.ErrMalformed.
	ErrMalformed = crdt.ErrMalformed
	// ErrLimit says that they ask for more than a reader gives. It is crdt.ErrLimit.
	ErrLimit = crdt.ErrLimit
)
