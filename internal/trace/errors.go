package trace

import "errors"

// Errors of this package; test for them with errors.Is.
var (
	// ErrMalformed: the bytes are not a trace, or a transaction names parents,
	// agents or positions that do not exist.
	ErrMalformed = errors.New("trace: malformed")
	// ErrLimit: the trace is larger than this package agrees to hold.
	ErrLimit = errors.New("trace: over a limit")
	// ErrEnd: the history does not end with the text that it names.
	ErrEnd = errors.New("trace: wrong end text")
)

// Limits of what Read accepts. The largest public trace has 16 MB of JSON,
// 260,000 edits and 300 agents.
const (
	// MaxBytes bounds the JSON after decompression, so that a small file
	// cannot unpack into all memory.
	MaxBytes = 64 << 20
	// MaxTxns bounds the transactions.
	MaxTxns = 1 << 22
	// MaxEdits bounds the edits of all transactions together.
	MaxEdits = 1 << 22
	// MaxText bounds the inserted text of all edits together, in bytes; it
	// also keeps every position and length far inside 32 bits.
	MaxText = 64 << 20
	// MaxAgents bounds the agents: each costs a view of the text in Flatten.
	MaxAgents = 1 << 10
	// MaxParents bounds the parents of one transaction.
	MaxParents = 1 << 10
	// MaxClock bounds agents times transactions, the size of what Seen holds.
	MaxClock = 1 << 25
)
