package authorship_test

import (
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// widen has the one member of a work grant other terms, and decide them.
func widen(t testing.TB, d *crdt.Doc, terms ...string) {
	t.Helper()
	act(t, d, func(tx *crdt.Tx) error { return authorship.Consent(tx, terms...) })
	c := act(t, d, func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Terms: terms}) })
	act(t, d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, c.ID) })
}
