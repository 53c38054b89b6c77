package authorship_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// garden is a work of Ann and Ben with something of every kind, signed.
func garden(t testing.TB, offers string) *crdt.Doc {
	t.Helper()
	a, err := crdt.New(key("Ann"), fixed(), authorship.Found(authorship.Charter{
		Title: "Garden", Source: "https://example.org/garden", Terms: []string{offers},
	}))
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) {
		body := tx.Text("body")
		body.Append("Dig. ")
		body.Split(0, crdt.Block{Kind: "heading", Level: 2, Attrs: map[string]any{"id": "x"}})
		body.Append("Sow.")
		tx.Map("oven").Put("heat", 220)
		tx.Map("oven").Map("inner").Text("words").Append("hot")
		tx.Put("top", []any{"a", map[string]any{"k": int64(7)}, []byte{1, 2}})
		tx.Map("").Text("child").Append("below the root map")
		tx.Map("oven").Map("empty")
		tx.Set("tools").Add("spade", 7)
		tx.Counter("rows").Add(5)
		l := tx.List("steps")
		l.Insert(0, "one", 2, nil)
		_, m := l.InsertMap(3)
		m.Put("deep", true)
		_, words := l.InsertText(4)
		words.Append("in a list")
		_, inner := l.InsertList(5)
		inner.Insert(0, "nested")
		_, grove := l.InsertTree(6)
		grove.Insert(crdt.Elem{}, 0)
		tree := tx.Tree("beds")
		n, data := tree.Insert(crdt.Elem{}, 0)
		data.Put("name", "north")
		n2, data := tree.Insert(n, 0)
		data.Text("note").Append("shade")
		tree.Insert(n2, 0)
		tree.Insert(n, 1)
		tree.Insert(crdt.Elem{}, 1)
	})
	b, err := a.Clone(key("Ben"), authorship.Agree(strings.Split(offers, " OR ")...), fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		body := tx.Text("body")
		body.Append(" Ben waters.")
		body.Split(body.Len(), crdt.Block{Kind: "item"})
		body.Split(body.Len(), crdt.Block{})
		body.Append("End")
		body.Mark(2, 9, crdt.Mark{Key: "bold", Value: true})
		body.Mark(4, 12, crdt.Mark{Key: "note", Value: "really?", ID: "c1"})
		tx.Counter("rows").Add(-2)
		tx.Set("tools").Add("rake")
	})
	must(t, a.Merge(b))
	must(t, bridge.Of(a).Leave())
	return a
}

// shape is what blocks and marks of a text are, as text.
func shape(x crdt.Text) string {
	var b strings.Builder
	for k := range x.Blocks() {
		fmt.Fprintf(&b, "%s %d %v %d %q\n", k.Kind, k.Level, k.Attrs, k.At, k.Text)
	}
	at := make([][]string, x.Len())    // marks by position: who made them is not carried
	new := make([][]string, x.Len()+1) // those of what is typed before a position
	for m := range x.Marks() {
		name := fmt.Sprint(m.Key, "/", m.ID, " ", m.Value.Any())
		for k := m.From; k < m.To; k++ {
			at[k] = append(at[k], name)
		}
		for k := m.From; k <= m.To; k++ {
			if k == m.From && m.Expand&crdt.ExpandBefore == 0 || k == m.To && m.Expand&crdt.ExpandAfter == 0 || slices.Contains(new[k], name) {
				continue
			}
			new[k] = append(new[k], name)
		}
	}
	for what, list := range [][][]string{at, new} {
		for k := range list {
			slices.Sort(list[k])
			if k == 0 || !slices.Equal(list[k], list[k-1]) {
				fmt.Fprintf(&b, "%s %d %q\n", []string{"shows", "typed"}[what], k, list[k])
			}
		}
	}
	return b.String()
}

// TestFork: a fork shows what the work showed, whoever wrote it still did, by proof, and
// it comes back by quote.
func TestFork(t *testing.T) {
	a := garden(t, "CC-BY-SA-4.0 OR GPL-3.0-only")
	eve := key("Eve")
	f, err := authorship.Fork(a.View(), eve, authorship.Charter{Terms: []string{"cc-by-sa-4.0"}}, fixed())
	must(t, err)
	want, err := a.View().MarshalJSON()
	must(t, err)
	got, err := f.View().MarshalJSON()
	must(t, err)
	if string(got) != string(want) {
		t.Errorf("the fork shows\n%s\nwant\n%s", got, want)
	}
	if got, want := shape(f.View().Text("body")), shape(a.View().Text("body")); got != want || !strings.Contains(want, "really?") || strings.Count(want, "\n") < 6 {
		t.Errorf("the text is\n%s\nwant\n%s", got, want)
	}
	c, err := authorship.CharterOf(f.View())
	must(t, err)
	if f.ID() == a.ID() || c.Title != "Garden" || !slices.Equal(c.Terms, []string{"CC-BY-SA-4.0"}) || f.View().Open() {
		t.Errorf("%+v", c)
	}
	for _, name := range []string{"body", "child"} {
		text := f.View().Text(name)
		if name == "child" {
			text = f.View().Map("").Text(name)
		}
		for s := range authorship.Blame(text) {
			if strings.Trim(s.Text, "\n") == "" {
				continue // the markers are the founder's
			}
			who := key("Ann").Author()
			if strings.Contains(s.Text, "Ben") || s.Text == "End" {
				who = key("Ben").Author()
			}
			if o := s.Origin; s.Author.ID != who || o == nil || o.Proof != authorship.Proven || o.Work != a.ID() || o.Title != "Garden" || o.PlacedBy.ID != eve.Author() {
				t.Errorf("%q: %+v, %+v", s.Text, s, s.Origin)
			}
		}
	}
	if out := authorship.Outbound(f.View()); !slices.Equal(out, []string{"CC-BY-SA-4.0"}) {
		t.Errorf("outbound %q", out)
	}
	// Home by quote: its own words are its own, the new ones are the fork's.
	edit(t, f, func(tx *crdt.Tx) { tx.Text("body").Insert(1, "Eve weeds. ") })
	must(t, bridge.Of(f).Leave())
	edit(t, a, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("back"), 0, f.View().Text("body").Slice(1, 17)))
	})
	for s := range authorship.Blame(a.View().Text("back")) {
		if o := s.Origin; o == nil || o.Proof != authorship.Proven || (o.Work == a.ID()) != (s.Text == "Dig. ") {
			t.Errorf("back: %q %+v", s.Text, o)
		}
	}
	if s := a.View().Text("back").String(); s != "Eve weeds. Dig. " {
		t.Errorf("%q", s)
	}
}

// termsError is the TermsError that err is, an empty one for nil.
func termsError(t testing.TB, err error) *authorship.TermsError {
	t.Helper()
	var e *authorship.TermsError
	if err == nil {
		return &authorship.TermsError{}
	}
	if !errors.As(err, &e) || !errors.Is(err, authorship.ErrTerms) {
		t.Fatalf("%v is no TermsError", err)
	}
	return e
}
