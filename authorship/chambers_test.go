package authorship_test

import (
	"slices"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestEmptyChamber is T6 with two chambers: the last member of one leaves by a decision
// that all of both make. From then on the empty one agrees to nothing, and so nobody
// decides; edits go on, and who wants more forks.
func TestEmptyChamber(t *testing.T) {
	ann, ben, cyd := key("Ann").Author(), key("Ben").Author(), key("Cyd").Author()
	k := convene(t, authorship.Charter{Members: map[string][]crdt.Author{"bakers": {ann}, "eaters": {ben, cyd}}})
	leaves := k.amend(k.ann, authorship.Amendment{Remove: []crdt.Author{ann}})
	k.endorse(leaves, k.ann, k.ben, k.cyd)
	if d := decision(t, k.dan.View(), leaves.ID); d.State != authorship.Ratified {
		t.Fatalf("%s", d)
	}
	c, err := authorship.CharterOf(k.dan.View())
	must(t, err)
	if list, ok := c.Members["bakers"]; !ok || len(list) != 0 || len(c.Members) != 2 {
		t.Errorf("%v", c.Members)
	}
	lines(t, k.ann, "Ann goes on. ")
	again := k.amend(k.ben, authorship.Amendment{Admit: map[string][]crdt.Author{"bakers": {ann}}})
	k.endorse(again, k.ben, k.cyd)
	k.reads("nobody decides", "Ann goes on. ")
	d := decision(t, k.dan.View(), again.ID)
	if d.State != authorship.Open || d.Count.Met() || d.Count.Chamber != "bakers" || d.Count.Have != 0 || d.Count.Need < 1 || len(d.Count.Silent) != 0 || len(d.Count.Voters) != 2 {
		t.Errorf("%s %+v", d, d.Count)
	}
	if x := explain(t, k.dan.View(), leaves); !x.Effective() || x.Reason != "" {
		t.Errorf("%s", x)
	}
	if r := authorship.RoleOf(k.dan.View(), ann); r.Member || !r.Contributor {
		t.Errorf("%s", r)
	}
	words := write(t, k.dan, "spam ")
	k.meet()
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, words.ID) })
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Redact(tx, words.ID) })
	if list := slices.Collect(authorship.Hidden(k.dan.View())); len(list) != 0 {
		t.Errorf("%v", list)
	}
	k.alike()
	rye, err := authorship.Fork(k.dan.View(), key("Dan"), authorship.Charter{Title: "Rye"}, fixed())
	must(t, err)
	if body(rye) != body(k.dan) {
		t.Errorf("%q", body(rye))
	}
}
