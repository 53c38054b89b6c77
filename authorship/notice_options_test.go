package authorship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// listed are the names of people, keys where there are none.
func listed(list []authorship.Person) string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return strings.Join(out, ", ")
}

// TestNoticeOptions: who is listed, in which order, and by which name.
func TestNoticeOptions(t *testing.T) {
	a := found(t, key("zoe"))
	write(t, a, "a long contribution ")
	for who, words := range map[string]string{"Ann": "four", "Ben": "six of "} {
		b := join(t, a, key(who))
		write(t, b, words)
		must(t, a.Merge(b))
	}
	b := join(t, a, nameless("nobody"))
	write(t, b, "something else")
	must(t, a.Merge(b))
	v := a.View()
	none := authorship.Short(b.Author())
	of := func(opts ...authorship.NoticeOption) *authorship.Attribution { return authorship.Notice(v, opts...) }
	if s := listed(of(authorship.ByName()).Authors); s != "Ann, Ben, zoe, "+none {
		t.Errorf("by name: %s", s)
	}
	n := of(authorship.AtLeast(5), authorship.ByName())
	if s := listed(n.Authors); s != "Ben, zoe, "+none && s != "zoe, "+none || n.Others != 4-len(n.Authors) {
		t.Errorf("large ones: %s and %d", s, n.Others)
	}
	if s := n.String(); !strings.Contains(s, " and 1 other.") && !strings.Contains(s, " and 2 others.") {
		t.Errorf("%s", s)
	}
	checkExports(t, n)
	n = of(authorship.AtLeast(1000))
	if s := n.String(); s != `"Bread" by 4 others. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
	checkExports(t, n)
	n = of(authorship.Unnamed(key("Ann").Author()), authorship.ByName())
	if s := listed(n.Authors); s != "Ben, zoe, "+authorship.Short(key("Ann").Author())+", "+none && s != "Ben, zoe, "+none+", "+authorship.Short(key("Ann").Author()) {
		t.Errorf("unnamed: %s", s)
	}
	for _, s := range []string{n.AuthorList(), n.Text(), n.Citation(), n.HTML()} {
		if strings.Contains(s, "Ann") {
			t.Errorf("%s", s)
		}
	}
	checkExports(t, n)
}

// TestNoticeEvidence: what the work itself does not prove the other work does.
func TestNoticeEvidence(t *testing.T) {
	other, err := crdt.New(key("Cy"), authorship.Commons("Dough", "CC0-1.0"), fixed())
	must(t, err)
	write(t, other, "Rest it. ")
	a := found(t, key("Ann"))
	must(t, quoteInto(a, other))
	if q := authorship.Notice(a.View()).Quotes; len(q) != 1 || q[0].Pieces[0].Proof != authorship.Claimed || listed(q[0].Authors) != "Cy" {
		t.Errorf("%+v", q)
	}
	must(t, bridge.Of(other).Leave())
	q := authorship.Notice(a.View(), authorship.Proving(authorship.Works(other.View()))).Quotes
	if len(q) != 1 || q[0].Pieces[0].Proof != authorship.Proven || q[0].Authors[0].ID != other.Author() || q[0].Authors[0].Name != "Cy" {
		t.Errorf("%+v", q)
	}
}

// TestNoticeHearsay: somebody else's word for a name counts only for who has said none,
// and only with the key it is said of.
func TestNoticeHearsay(t *testing.T) {
	other := signedWork(t, "Cy", "Dough", "CC0-1.0", "Rest it. ")
	a := found(t, key("Ann"))
	part := other.View().Text("body").Copy().Parts()[0]
	proof, err := other.View().Proof(part.Change)
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { // says that the words are Mallory's, and proves that they are Cy's
		tx.Text("body").Quote(0, other.View().Text("body"))
		tx.ActWords("quote", map[string]any{"work": part.Work, "change": part.Change, "by": keyBytes(key("Mallory").Author()), "title": "D", "within": []any{terms},
			"proof": map[string]any{"change": proof.Change, "words": proof.Words, "later": []any{}, "signature": proof.Signature}}, "Mallory")
	})
	if q := authorship.Notice(a.View()).Quotes[0]; q.Authors[0].ID != other.Author() || q.Authors[0].Name != "" || len(q.Authors) != 1 {
		t.Errorf("%+v", q.Authors)
	}
	b := found(t, key("Ann"))
	must(t, quoteInto(b, other))
	c := join(t, b, says(nameless("Cy"), "name", nil)) // Cy comes here and withdraws the name
	edit(t, c, func(tx *crdt.Tx) { tx.Text("body").Append("x") })
	if q := authorship.Notice(c.View()).Quotes[0]; q.Authors[0].ID != other.Author() || q.Authors[0].Name != "" {
		t.Errorf("withdrawn: %+v", q.Authors)
	}
	if n := authorship.Notice(b.View()).Quotes[0]; n.Authors[0].Name != "Cy" || !slices.Equal(n.Terms, []string{"CC0-1.0"}) {
		t.Errorf("%+v", n)
	}
}
