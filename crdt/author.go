package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
)

// Author is an ed25519 public key: the one who signs changes. It is comparable;
// its text form is its did:key.
type Author [32]byte

// String is the did:key of the author.
func (a Author) String() string { return block.Key(a).DID() }

// MarshalText gives the did:key, so that authors can be JSON keys.
func (a Author) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads a did:key, as [ParseAuthor] does; it is the inverse of
// MarshalText.
func (a *Author) UnmarshalText(text []byte) error {
	x, err := ParseAuthor(string(text))
	if err == nil {
		*a = x
	}
	return err
}

// ParseAuthor reads a did:key of an ed25519 key; it is the inverse of
// Author.String. ErrMalformed when it is none, ErrKey when the key is one that
// nobody owns (low order) or is not in canonical form.
func ParseAuthor(s string) (Author, error) {
	k, err := block.ParseDID(s)
	return Author(k), err
}

// Signer is a key that writes: Author names it, Sign signs a message with it.
// Sign is called with the doc's lock held and must not call the doc.
//
// A Signer with a method Start(*Tx) error is asked, when it opens its first change
// in a work, for what belongs there, such as its name or a binding to a person.
type Signer interface {
	Author() Author
	Sign(msg []byte) ([]byte, error)
}

// starter is the optional part of a Signer: acts for the key's first change of
// a work, made in the Update that opens it.
type starter interface {
	Start(tx *Tx) error
}

// checkSigns is how often a signature of the doc's own signer is verified: the
// first, and then one of so many. Verifying costs twice what signing does, and a
// signer that works does not break; one that does not is found at once.
const checkSigns = 64

// sign lets the signer sign a change of the work and checks what comes back, so
// that a faulty signer changes nothing.
func (d *Doc) sign(change block.ID) (sig [64]byte, err error) {
	b, err := d.key.Sign(block.SigningMessage(d.work, change))
	if err != nil {
		return sig, fmt.Errorf("crdt: signing: %w", err)
	}
	if len(b) != len(sig) || (d.signs%checkSigns == 0 && !block.Verify(d.work, change, d.me, b)) {
		return sig, fmt.Errorf("crdt: the signer's signature does not verify: %w", ErrSignature)
	}
	d.signs++
	copy(sig[:], b)
	return sig, nil
}
