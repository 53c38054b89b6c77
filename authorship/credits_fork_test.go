package authorship_test

import (
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestCreditsForked: a key that has forked, one branch as somebody's agent and one as
// itself, is the same in the credits of all replicas, also where nothing of it is shown.
func TestCreditsForked(t *testing.T) {
	for round := range 8 {
		d, err := crdt.New(key("Ann"))
		must(t, err)
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("what Ann wrote"); return nil }))
		bot := key(fmt.Sprint("bot", round))
		var branches []*crdt.Doc
		for n, k := range []*authorship.Key{bot, bot.BoundTo(key("Pat"), true)} {
			b, err := d.Clone(k)
			must(t, err)
			must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("body").Delete(n, n+1); return nil }))
			branches = append(branches, b)
		}
		var want string
		for n := range 2 {
			r, err := crdt.Join(nil, d.ID())
			must(t, err)
			must(t, r.Merge(branches[n]))
			must(t, r.Merge(branches[1-n]))
			got := ""
			for _, list := range [][]authorship.Credit{authorship.Credits(r.View()), authorship.CreditsOf(r.View().Text("body"))} {
				for _, c := range list {
					got += fmt.Sprintf("%s %v %s %d\n", c.Person, c.Person.Agent, c.Person.OnBehalf, c.Deletions)
				}
			}
			if n == 0 {
				want = got
			} else if got != want {
				t.Fatalf("round %d: two replicas with the same changes say\n%s\nand\n%s", round, want, got)
			}
		}
	}
}
