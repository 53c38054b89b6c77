package charter

import (
	"errors"
	"fmt"
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

var (
	// ErrCharter says that terms, or what a genesis says to the rules, are not in the
	// one form that the rules understand.
	ErrCharter = errors.New("malformed charter")
	// ErrRevoked is the verdict on a change of a key that was cut before it.
	ErrRevoked = errors.New("the key was revoked before this change")
	// ErrProposed is the verdict on a change of a proposal that is not accepted.
	ErrProposed = errors.New("the change is proposed and not accepted")
	// ErrNotMember is the verdict on a change by somebody who may not change the work
	// unasked.
	ErrNotMember = errors.New("the author is no member")
)

// TermsError is the verdict on a change whose person has not granted what the work
// asks for.
type TermsError struct {
	Person  crdt.Author
	Missing []string // SPDX expressions, in the order of the charter
}

// Error names the person and what is missing.
func (e *TermsError) Error() string {
	return fmt.Sprintf("charter: %s has not granted %s", e.Person, strings.Join(e.Missing, ", "))
}
