package crdt_test

import (
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// TestFatesOfManyUndone deletes overlapping parts of a text and takes the deletes back,
// more often than a fate holds, by several people, some of it twice.
func TestFatesOfManyUndone(t *testing.T) {
	for seed := range uint64(4) {
		rng := rand.New(rand.NewPCG(seed, 5))
		a, err := crdt.New(newKey("ann"))
		if err != nil {
			t.Fatal(err)
		}
		const long = 200
		update := func(d *crdt.Doc, fn func(tx *crdt.Tx)) cid.Cid {
			t.Helper()
			if err := d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }); err != nil {
				t.Fatal(err)
			}
			c, err := d.Commit("")
			if err != nil {
				t.Fatal(err)
			}
			return c.ID
		}
		update(a, func(tx *crdt.Tx) { tx.Text("body").Append(string(make([]byte, long))) })
		b, err := a.Clone(newKey("ben"))
		if err != nil {
			t.Fatal(err)
		}
		for round := range 120 {
			i := rng.IntN(long / 2)
			j := long - rng.IntN(long/2)
			var deleted [2]cid.Cid
			for k, d := range []*crdt.Doc{a, b} {
				deleted[k] = update(d, func(tx *crdt.Tx) { tx.Text("body").Delete(i, j-k) })
			}
			if err := a.Merge(b); err != nil {
				t.Fatal(err)
			}
			if err := b.Merge(a); err != nil {
				t.Fatal(err)
			}
			update(a, func(tx *crdt.Tx) { tx.Invert(deleted[0]); tx.Invert(deleted[1]) })
			if round%7 == 0 {
				update(b, func(tx *crdt.Tx) { tx.Invert(deleted[round%2]) })
			}
			if err := b.Merge(a); err != nil {
				t.Fatal(err)
			}
			if err := a.Merge(b); err != nil {
				t.Fatal(err)
			}
		}
		held, all, err := crdt.CheckFates(b.View())
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if held != crdt.MostFates || all < 240 {
			t.Fatalf("seed %d: %d held, of %d", seed, held, all)
		}
	}
}
