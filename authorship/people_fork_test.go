package authorship_test

import (
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestConfirmForked: a co-author whose key has forked, one branch as somebody's device
// and one as itself, confirms on both: all replicas name the same person.
func TestConfirmForked(t *testing.T) {
	ann, pat := key("Ann"), key("Pat")
	for round := range 8 {
		dev := key(fmt.Sprint("device", round))
		d, err := crdt.New(ann)
		must(t, err)
		must(t, d.Update(func(tx *crdt.Tx) error {
			tx.CoAuthor(dev.Author())
			tx.Text("body").Append("written by two")
			return nil
		}))
		c, ok := d.Newest()
		if !ok {
			t.Fatal("no change")
		}
		named := c.ID
		var branches []*crdt.Doc
		for _, k := range []*authorship.Key{dev, dev.BoundTo(pat, false)} {
			b, err := d.Clone(k)
			must(t, err)
			must(t, b.Update(func(tx *crdt.Tx) error { authorship.Confirm(tx, named); return nil }))
			branches = append(branches, b)
		}
		var want string
		for n := range 2 {
			r, err := crdt.Join(nil, d.ID())
			must(t, err)
			must(t, r.Merge(branches[n]))
			must(t, r.Merge(branches[1-n]))
			got := fmt.Sprintf("%+v %+v", blame(r), authorship.Credits(r.View()))
			if n == 0 {
				want = got
			} else if got != want {
				t.Fatalf("round %d: two replicas with the same changes say\n%s\nand\n%s", round, want, got)
			}
		}
	}
}
