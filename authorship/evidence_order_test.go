package authorship_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestSaidOrder: of what several say of the source of a quote whose quoter says nothing,
// or one person says with two devices, all replicas show the same.
func TestSaidOrder(t *testing.T) {
	zoe, err := crdt.New(key("Zoe"), crdt.Title("Elsewhere"))
	must(t, err)
	must(t, zoe.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("words of Zoe"); return nil }))
	_, err = zoe.Commit("")
	must(t, err)
	from := zoe.View().Text("body")
	quoted, err := crdt.New(key("Ann"))
	must(t, err)
	must(t, quoted.Update(func(tx *crdt.Tx) error { return authorship.Quote(tx, tx.Text("body"), 0, from) }))
	var said []crdt.Act
	for a := range quoted.View().OpenActs() {
		said = append(said, a)
	}
	if len(said) != 1 {
		t.Fatalf("acts: %v", said)
	}
	ben := key("Ben")
	for round := range 8 {
		for name, keys := range map[string][2]*authorship.Key{"two people": {ben, key("Cyd")}, "two devices": {ben, key("laptop").BoundTo(ben, false)}} {
			d, err := crdt.New(key("Ann"))
			must(t, err)
			must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Paste(0, from.Copy()); return nil }))
			var others []*crdt.Doc
			for n, k := range keys {
				b, err := d.Clone(k)
				must(t, err)
				body := said[0].Body.Any().(map[string]any)
				body["title"] = fmt.Sprint("title ", n, round)
				delete(body, "proof")
				must(t, b.Update(func(tx *crdt.Tx) error { tx.Act(said[0].Kind, body); return nil }))
				others = append(others, b)
			}
			var want string
			for n := range 2 {
				r, err := crdt.Join(nil, d.ID())
				must(t, err)
				must(t, r.Merge(others[n]))
				must(t, r.Merge(others[1-n]))
				got := ""
				for s := range authorship.Blame(r.View().Text("body")) {
					if s.Origin == nil || s.Origin.Title == "" {
						t.Fatalf("nothing is said: %+v", s)
					}
					got += fmt.Sprintf("%q: %+v\n", s.Text, *s.Origin)
				}
				notice, err := json.MarshalIndent(authorship.Notice(r.View()), "", " ")
				must(t, err)
				if got += string(notice); n == 0 {
					want = got
				} else if got != want {
					t.Errorf("%s, round %d: two replicas with the same changes say\n%s\nand\n%s", name, round, want, got)
				}
			}
		}
	}
}
