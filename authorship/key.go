package authorship

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"unicode/utf8"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Key is an ed25519 key that writes, with the name its owner goes by. It is a
// crdt.Signer, immutable and safe for concurrent use; copies are made by
// pointer. Nothing prints its secret part.
//
// A key writes in one replica of a work: a second store, a fork, a private draft
// has a key of its own, bound to the person by [Key.BoundTo].
type Key struct {
	name   string
	secret ed25519.PrivateKey
	author crdt.Author
	bond   *bond // nil: the key of a person
}

// bond says whose device or agent a key is.
type bond struct {
	person crdt.Author
	agent  bool
	by     *Key // the person's key, which signs; nil: a claim that waits for Bind
}

// NewKey makes a key from the machine's randomness. It lives in memory only: a
// [Keyring] keeps keys. The name is what the owner wants to be called, empty for
// none; anybody can take any name.
func NewKey(name string) *Key {
	var seed [32]byte
	if _, err := rand.Read(seed[:]); err != nil {
		panic("authorship: the machine has no randomness: " + err.Error())
	}
	return KeyFromSeed(name, seed)
}

// KeyFromSeed makes the key that the 32 secret bytes of a seed stand for, as RFC
// 8032 defines it: always the same. It is for tests and for programs that keep
// seeds themselves; whoever knows the seed is the owner.
func KeyFromSeed(name string, seed [32]byte) *Key {
	k := &Key{name: name, secret: ed25519.NewKeyFromSeed(seed[:])}
	copy(k.author[:], k.secret[32:])
	return k
}

// BoundTo gives the same key as a device of a person, or as an agent of theirs: a
// program that writes by itself. The first change that it makes in a work says so
// and carries the signature of the person's key, which confirms it at once.
//
// A device's work counts as the person's. An agent's never does: it is credited
// apart, and needs the person's grant.
func (k *Key) BoundTo(person *Key, agent bool) *Key {
	return &Key{k.name, k.secret, k.author, &bond{person.author, agent, person}}
}

// Claim gives the same key as a device or agent of a person whose key is not at
// hand: it counts for itself alone until that person confirms it with [Bind].
func (k *Key) Claim(person crdt.Author, agent bool) *Key {
	return &Key{k.name, k.secret, k.author, &bond{person, agent, nil}}
}

// Author is the public key.
func (k *Key) Author() crdt.Author { return k.author }

// Name is the name that the key was made with.
func (k *Key) Name() string { return k.name }

// String is the did:key of the public key.
func (k *Key) String() string { return k.author.String() }

// GoString is the same; the secret is never printed.
func (k *Key) GoString() string { return k.String() }

// Sign signs a message. It never fails.
func (k *Key) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.secret, msg), nil }

// Start says what belongs into the first change that the key makes in a work: its
// name, and whose device or agent it is. crdt calls it, inside that Update. A
// genesis holds no binding, since the work has no id yet that could be signed:
// whoever founds a work does it as a person.
func (k *Key) Start(tx *crdt.Tx) error {
	if b := k.bond; b != nil && tx.Work().Defined() {
		var sig []byte
		if b.by != nil {
			var err error
			if sig, err = b.by.Sign(bindMessage(tx.Work(), k.author, b.agent)); err != nil {
				return err
			}
		}
		tx.Act(actBoundTo, charter.Claim{Person: b.person, Agent: b.agent, Sig: sig}.Body())
	}
	if k.name == "" {
		return tx.Err()
	}
	return SetName(tx, k.name)
}

// SetName says what the author of tx wants to be called from now on; empty
// withdraws the name: notices and blame then show the key. The name is words, so
// that it can be erased, and it is a claim. Errors: crdt.ErrLimit for more than
// 256 bytes, crdt.ErrMalformed for what is not UTF-8.
func SetName(tx *crdt.Tx, name string) error {
	if err := checkName(name); err != nil {
		return err
	}
	tx.ActWords(actName, nil, name)
	return tx.Err()
}

// checkName refuses a name that nobody would show.
func checkName(name string) error {
	if len(name) > maxName {
		return fmt.Errorf("authorship: name of %d bytes: %w", len(name), crdt.ErrLimit)
	}
	if !utf8.ValidString(name) {
		return fmt.Errorf("authorship: name %q: %w", name, crdt.ErrMalformed)
	}
	return nil
}
