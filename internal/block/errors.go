package block

import "errors"

// The kinds of refusal. Every error of this package wraps exactly one of them;
// ask with errors.Is. They say who is at fault and what may be remembered: the
// verdict on bytes never changes, so a refused block stays refused.
var (
	// ErrMalformed: the bytes are not the one spelling of anything in this format.
	ErrMalformed = errors.New("malformed")
	// ErrLimit: a limit of the format is exceeded (limits.go).
	ErrLimit = errors.New("over a limit of the format")
	// ErrHash: the bytes are not those that the ID names.
	ErrHash = errors.New("bytes do not match their hash")
	// ErrSignature: a signature is wrong for its change, author or work.
	ErrSignature = errors.New("bad signature")
	// ErrKey: an author's key that nobody, or everybody, could own.
	ErrKey = errors.New("unacceptable key")
	// ErrInvalid: well spelled, but it breaks a rule of changes.
	ErrInvalid = errors.New("invalid change")
	// ErrForeign: it belongs to another work.
	ErrForeign = errors.New("belongs to another work")
)
