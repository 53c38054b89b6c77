package authorship

import (
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

var (
	// ErrCharter says that terms, or what a genesis says to the rules, are not in
	// the one form that the rules understand: the work is not founded, or does not
	// open.
	ErrCharter = charter.ErrCharter
	// ErrRevoked is the verdict on a change whose key was cut before it, by a decision or
	// by its person.
	ErrRevoked = charter.ErrRevoked
	// ErrProposed is the verdict on a change of a proposal that is not accepted.
	ErrProposed = charter.ErrProposed
	// ErrNotMember is the verdict on a change by somebody who may not change the work
	// unasked, and the refusal of an act that takes a member.
	ErrNotMember = charter.ErrNotMember
	// ErrTerms is what every [TermsError] wraps.
	ErrTerms = errors.New("the terms do not allow it")
	// ErrNotBound is what lacks where a key says that it belongs to a person who
	// has not confirmed it.
	ErrNotBound = errors.New("the person has not confirmed the key")
	// ErrNotWritten says that a change is proven, and the text that is claimed of it
	// was not typed there.
	ErrNotWritten = errors.New("the words were not written there")
	// ErrErased says that a proof is without the words of its change.
	ErrErased = errors.New("the words are not there")
	// ErrKeyring says that the files of a keyring are not what was written.
	ErrKeyring = errors.New("damaged keyring")
	// ErrWeak says that a key in a file could be guessed, or is not the key that
	// the file says it is.
	ErrWeak = errors.New("weak key")
	// ErrExposed says that others may read or change the files of a keyring.
	ErrExposed = errors.New("keyring is open to others")
	// ErrCopied says that a store which had this signer was opened again since, as
	// a copy or in another process: the key writes there now. It wraps
	// crdt.ErrKey.
	ErrCopied = fmt.Errorf("another opening of this store has its key: %w", crdt.ErrKey)
)
