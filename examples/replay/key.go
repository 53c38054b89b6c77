package main

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// key is a signer made from a name, so that every run has the same keys and
// with them the same bytes.
type key struct{ private ed25519.PrivateKey }

// newKey is the key of author number n.
func newKey(n int) key {
	seed := sha256.Sum256(fmt.Appendf(nil, "replay author %d", n))
	return key{ed25519.NewKeyFromSeed(seed[:])}
}

func (k key) Author() crdt.Author {
	return crdt.Author(k.private.Public().(ed25519.PublicKey))
}

func (k key) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.private, msg), nil }
