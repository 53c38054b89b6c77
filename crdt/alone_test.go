package crdt_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestAlone: an Update that is to be alone is sealed, and what was open before it.
func TestAlone(t *testing.T) {
	a, err := crdt.New(newKey("a"))
	must(t, err)
	genesis, ok := a.Newest()
	if !ok || genesis.ID != a.ID() {
		t.Errorf("newest: %v", genesis)
	}
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Alone(); tx.Alone(); tx.Text("t").Append("y"); return nil }))
	if c, _ := a.Newest(); a.View().Open() || c.Seq != 2 {
		t.Errorf("open %v, newest %v", a.View().Open(), c)
	}
	read, err := a.Clone(nil)
	must(t, err)
	if _, ok := read.Newest(); ok {
		t.Error("a reader has made a change")
	}
}

// TestRefer: of many heads more than 64 can be named.
func TestRefer(t *testing.T) {
	a, err := crdt.New(newKey("a"))
	must(t, err)
	var all []crdt.Change
	for n := range 80 {
		b, err := a.Branch(newKey(fmt.Sprint(n)), crdt.Change{ID: a.ID()}.Version())
		must(t, err)
		must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
		c, err := b.Commit("")
		must(t, err)
		all = append(all, c)
		must(t, a.Merge(b))
	}
	if n := len(a.Heads().IDs()); n != 80 {
		t.Errorf("%d heads", n)
	}
	must(t, a.Update(func(tx *crdt.Tx) error {
		tx.Alone()
		for _, c := range all {
			tx.Refer(c.ID, c.ID)
		}
		tx.Act("x", 1)
		return nil
	}))
	c, _ := a.Newest()
	if a.Heads() != c.Version() {
		t.Errorf("%d heads", len(a.Heads().IDs()))
	}
	b, err := a.Clone(newKey("b"))
	must(t, err)
	if b.Heads() != a.Heads() {
		t.Error("a copy differs")
	}
	if err := a.Update(func(tx *crdt.Tx) error { tx.Refer(crdt.Change{}.ID); return nil }); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("%v", err)
	}
	must(t, a.CheckRooms())
}
