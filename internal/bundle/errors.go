package bundle

import "errors"

// What decoding and encoding may answer. Every error of this package is one of
// these, wrapped with what was found.
var (
	// ErrMalformed: the bytes are not a frame of the kind asked for. The
	// checksum was right, so somebody wrote them so; or there is no frame at all.
	ErrMalformed = errors.New("bundle: malformed")
	// ErrLimit: the body, or the ratio of packed to unpacked, is over the bounds
	// of the format.
	ErrLimit = errors.New("bundle: over the limit")
	// ErrCorrupt: the bytes begin like a frame, but the checksum says that they
	// are not what was written.
	ErrCorrupt = errors.New("bundle: checksum does not match")
	// ErrVersion: a later version of the format. A newer program may read it.
	ErrVersion = errors.New("bundle: unknown version")
)
