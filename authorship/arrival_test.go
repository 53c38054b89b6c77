package authorship_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestErasedTold: of erased words a replica that has had them tells what one tells that
// never has.
func TestErasedTold(t *testing.T) {
	d, err := crdt.New(key("Ann"), authorship.Found(authorship.Charter{Title: "X", Terms: []string{"CC-BY-4.0"}}))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("secret words"); return nil }))
	bad, err := d.Commit("")
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error {
		x := tx.Text("body")
		tx.Text("other").Quote(0, x.Slice(0, 6))
		x.Delete(3, 8)
		return nil
	}))
	copied, err := d.Commit("")
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) }))
	tell := func(d *crdt.Doc) string {
		v := d.View()
		b, err := json.MarshalIndent([]any{
			v, authorship.Deleted(v.Text("body")), slices.Collect(authorship.Blame(v.Text("other"))), authorship.Credits(v), authorship.Biographies(v.Text("other")),
		}, "", " ")
		must(t, err)
		return string(b)
	}
	for range 2 {
		late, err := crdt.Join(nil, d.ID(), authorship.Rules())
		must(t, err)
		must(t, late.Merge(d))
		if had, has := tell(d), tell(late); had != has {
			t.Errorf("who has had the words tells\n%s\nand who has not\n%s", had, has)
		}
		for _, x := range authorship.Deleted(d.View().Text("body")) {
			if x.Text != "" || x.Length != 5 {
				t.Errorf("erased and deleted: %+v", x)
			}
		}
		must(t, d.Update(func(tx *crdt.Tx) error { return authorship.Redact(tx, copied.ID) })) // the copy, too
	}
}

// TestRatifiesOrder: the votes that have decided are told in one order by all replicas.
func TestRatifiesOrder(t *testing.T) {
	for round := range 8 {
		ann, ben, dan := key("Ann"), key("Ben"), key(fmt.Sprint("Dan", round))
		d, err := crdt.New(ann, authorship.Found(authorship.Charter{Title: "X", Terms: []string{"CC-BY-4.0"}, Mode: authorship.ModePropose,
			Members: map[string][]crdt.Author{"members": {ann.Author(), ben.Author()}}}))
		must(t, err)
		p, err := d.Clone(dan, authorship.Agree("CC-BY-4.0"))
		must(t, err)
		must(t, p.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("proposed"); return nil }))
		c, err := p.Commit("")
		must(t, err)
		b, err := d.Clone(ben, authorship.Agree("CC-BY-4.0"))
		must(t, err)
		voters := []*crdt.Doc{d, b}
		for _, v := range voters {
			must(t, v.Merge(p))
			must(t, v.Update(func(tx *crdt.Tx) error { return authorship.Accept(tx, c.ID) }))
		}
		var want string
		for n := range 2 {
			r, err := crdt.Join(nil, d.ID(), authorship.Rules())
			must(t, err)
			must(t, r.Merge(voters[n]))
			must(t, r.Merge(voters[1-n]))
			list := slices.Collect(authorship.Decisions(r.View()))
			if len(list) != 1 || len(list[0].Ratifies) != 2 {
				t.Fatalf("decisions: %+v", list)
			}
			if got := fmt.Sprint(list[0].Ratifies); n == 0 {
				want = got
			} else if got != want {
				t.Fatalf("round %d: two replicas with the same changes say\n%s\nand\n%s", round, want, got)
			}
		}
	}
}
