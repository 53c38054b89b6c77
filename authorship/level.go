package authorship

import "fmt"

// Level says how well it is proven who made a change. Each level has the ones
// before it. There is no level "verified": say what was. Whether a change has a witness
// stands beside the levels, see [Report]. No history is ever dropped, in packs neither, so
// there is no level for changes of which only somebody's signed word is left.
type Level uint8

const (
	// Held: the bytes are those that the change's name is the hash of, and all
	// that it builds on is here. Edits that are not signed yet stand here.
	Held Level = iota
	// Covered: its key has signed it, or a later change of its chain.
	Covered
	// Bound: the key is a person's, or both sides say whose device or agent it is, and
	// nobody has given up the key before this change.
	Bound
	// Effective: it counts under the rules of the work.
	Effective
)

var levels = [...]string{"held", "covered", "bound", "effective"}

// String is the word for the level.
func (l Level) String() string {
	if int(l) < len(levels) {
		return levels[l]
	}
	return fmt.Sprintf("level %d", uint8(l))
}

// MarshalText gives the word.
func (l Level) MarshalText() ([]byte, error) { return []byte(l.String()), nil }
