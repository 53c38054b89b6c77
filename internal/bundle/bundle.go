package bundle

import (
	"crypto/sha256"

	"github.com/commonhold/commonhold/internal/bridge"
)

// Item is one change with, perhaps, its words; Sig is a detached signature on a
// change, which need not be in the bundle. They are those of package bridge, by
// which package crdt hands them on without knowing their bytes.
type (
	Item = bridge.Item
	Sig  = bridge.Sig
)

// Bundle is a list of changes of one work, links before what links to them, and
// the signatures that go with them. The package keeps the order and judges none
// of it. A Bundle may be decoded into again and again: its slices are reused.
// It is not safe for concurrent use.
type Bundle struct {
	Work  [32]byte // sha2-256 of the genesis change
	Items []Item
	Sigs  []Sig
}

// Name computes the ID of every item. It costs one hash a change, about 200 ns
// for one of 200 bytes.
func (b *Bundle) Name() {
	for i := range b.Items {
		b.Items[i].ID = sha256.Sum256(b.Items[i].Change)
	}
}

// reset empties b but keeps the room its slices have. References into an earlier
// buffer are dropped, so that it can be collected.
func (b *Bundle) reset() {
	clear(b.Items[:cap(b.Items)])
	b.Work, b.Items, b.Sigs = [32]byte{}, b.Items[:0], b.Sigs[:0]
}
