package authorship_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// stolen is a work of Ann in which Ben's phone wrote before and after he revoked its key,
// and she took in again what it wrote after, and Ben's doc; own says that he has written
// there too.
func stolen(t *testing.T, own bool, after func(tx *crdt.Tx)) (a, b *crdt.Doc) {
	t.Helper()
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "MIT"), fixed())
	must(t, err)
	write(t, a, "Ann's. ")
	agree := authorship.Agree("MIT")
	b, err = a.Clone(key("Ben"), agree, fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		if own {
			tx.Text("body").Append("Ben's. ")
		} else {
			tx.Text("gone").Append("x")
			tx.Text("gone").Delete(0, 1)
		}
	})
	p, err := b.Clone(nameless("phone").BoundTo(key("Ben"), false), agree, fixed())
	must(t, err)
	good := edit(t, p, func(tx *crdt.Tx) {
		if own {
			tx.Text("body").Append("On the way. ")
		} else {
			tx.Text("gone").Insert(0, "y")
			tx.Text("gone").Delete(0, 1)
		}
	})
	bad := edit(t, p, after)
	must(t, b.Merge(p))
	act(t, b, func(tx *crdt.Tx) error { return authorship.Revoke(tx, p.Author(), good.ID) })
	must(t, a.Merge(b))
	act(t, a, func(tx *crdt.Tx) error { return authorship.Accept(tx, bad.ID) })
	if x := explain(t, a.View(), bad); x.Reason != "" {
		t.Fatalf("%v", x)
	}
	return a, b
}

// byPhone is how what the phone wrote and Ann adopted is shown.
func byPhone() authorship.Person { return authorship.Person{ID: nameless("phone").Author()} }

// holders are who holds something of a view, in order, as the terms report has it once
// the work offers what only Ann has granted.
func holders(t *testing.T, a *crdt.Doc) []authorship.Block {
	t.Helper()
	widen(t, a, "ISC", "MIT")
	r := authorship.Terms(a.View())
	if !slices.Equal(r.Outbound, []string{"MIT"}) || !slices.Equal(authorship.Outbound(a.View()), r.Outbound) {
		t.Errorf("outbound %q", r.Outbound)
	}
	return r.Blocks
}

// TestAdoptedTerms: what was adopted is held under the bare key, as Blame shows it, and by
// the grants of the key's person; the notice names nobody for it.
func TestAdoptedTerms(t *testing.T) {
	a, _ := stolen(t, true, func(tx *crdt.Tx) { tx.Text("body").Append("The thief's.") })
	var spans []authorship.Person
	for _, s := range blame(a) {
		spans = append(spans, s.Author)
	}
	blocks := holders(t, a)
	if len(blocks) != 2 || len(spans) != 4 || blocks[0].Person != spans[1] || spans[2] != spans[1] || spans[1].Name != "Ben" || blocks[1].Person != spans[3] || spans[3] != byPhone() {
		t.Fatalf("%+v\n%+v", blocks, spans)
	}
	if r := blocks[1].Ranges; len(r) != 1 || r[0].Path != "/body" || body(a)[r[0].From:r[0].To] != "The thief's." {
		t.Errorf("%+v", r)
	}
	if s := authorship.Notice(a.View()).String(); s != `"Bread" by Ann and Ben. MIT.` {
		t.Errorf("%s", s)
	}
	// No more is asked than the person has granted.
	a, b := stolen(t, true, func(tx *crdt.Tx) { tx.Text("body").Append("The thief's.") })
	act(t, b, func(tx *crdt.Tx) error { return authorship.Consent(tx, "ISC") })
	must(t, a.Merge(b))
	widen(t, a, "ISC", "MIT")
	if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{"ISC", "MIT"}) {
		t.Errorf("outbound %q", out)
	}
}

// TestAdoptedAlone: nothing names the person where all that is shown of a key was adopted,
// of whatever kind it is.
func TestAdoptedAlone(t *testing.T) {
	for name, fn := range map[string]func(tx *crdt.Tx){
		"text":    func(tx *crdt.Tx) { tx.Text("body").Append("x") },
		"value":   func(tx *crdt.Tx) { tx.Put("k", 1) },
		"mark":    func(tx *crdt.Tx) { tx.Text("body").Mark(0, 3, crdt.Mark{Key: "bold", Value: true}) },
		"list":    func(tx *crdt.Tx) { tx.List("l").Insert(0, 1) },
		"set":     func(tx *crdt.Tx) { tx.Set("s").Add(1) },
		"counter": func(tx *crdt.Tx) { tx.Counter("c").Add(1) },
		"tree":    func(tx *crdt.Tx) { tx.Tree("t").Insert(crdt.Elem{}, 0) },
	} {
		a, _ := stolen(t, false, fn)
		blocks := holders(t, a)
		if len(blocks) != 1 || blocks[0].Person != byPhone() || len(blocks[0].Ranges) != 1 {
			t.Errorf("%s: %+v", name, blocks)
		}
		n := authorship.Notice(a.View())
		if s := n.String(); s != `"Bread" by Ann. MIT.` {
			t.Errorf("%s: %s", name, s)
		}
		f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
		must(t, err)
		for s := range authorship.Blame(f.View().Text("body")) {
			if s.Text == "x" && s.Author != byPhone() {
				t.Errorf("%s: %+v", name, s.Author)
			}
		}
		want := []string{"Ann"}
		if name == "text" {
			want = append(want, byPhone().String())
		}
		if q := authorship.Notice(f.View()).Quotes; len(q) != 1 || called(q[0].Authors) != strings.Join(want, ", ") {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

// TestAdoptedQuote: a quote that was adopted stands by the bare key too, and finds what
// the act in it says; what was adopted can be quoted in turn, in an Update.
func TestAdoptedQuote(t *testing.T) {
	o, err := crdt.New(key("Olga"), authorship.Commons("Rye", "MIT"), fixed())
	must(t, err)
	write(t, o, "Sour.")
	must(t, bridge.Of(o).Leave())
	a, _ := stolen(t, true, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("body"), 0, o.View().Text("body")))
	})
	n := authorship.Notice(a.View())
	if len(n.Quotes) != 1 || len(n.Quotes[0].Pieces) != 1 || n.Quotes[0].Pieces[0].By != byPhone() ||
		!slices.Equal(n.Terms, []string{"MIT"}) || blame(a)[0].Author.Name != "Olga" || blame(a)[0].Origin.PlacedBy != n.Quotes[0].Pieces[0].By {
		t.Errorf("%s, %+v", n, n.Quotes)
	}
	// What the key says of a source is not the person's word, nor the other way round.
	g, err := crdt.New(key("Gil"), authorship.Commons("Spelt", "GPL-3.0-only"), fixed())
	must(t, err)
	write(t, g, "Grind.")
	must(t, bridge.Of(g).Leave())
	quote := func(reason string) func(tx *crdt.Tx) {
		return func(tx *crdt.Tx) {
			must(t, authorship.Quote(tx, tx.Text("body"), 0, g.View().Text("body"), authorship.WithException(reason)))
		}
	}
	a, b := stolen(t, true, quote("the thief's"))
	edit(t, b, quote("Ben's"))
	must(t, a.Merge(b))
	reasons := map[string]string{}
	for _, x := range authorship.Notice(a.View()).Exceptions {
		reasons[x.By.String()] += x.Reason
	}
	if len(reasons) != 2 || reasons["Ben"] != "Ben's" || reasons[byPhone().String()] != "the thief's" {
		t.Errorf("%q", reasons)
	}
	c, _ := stolen(t, true, func(tx *crdt.Tx) { tx.Text("body").Insert(0, "The thief's.") })
	must(t, bridge.Of(c).Leave())
	edit(t, o, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("body"), 0, c.View().Text("body").Slice(0, 12)))
	})
	if s := blame(o)[0]; s.Text != "The thief's." || s.Author != byPhone() || s.Origin.Proof != authorship.Proven {
		t.Errorf("%+v", s)
	}
	// Nobody has granted more than the key's person has.
	isc, err := crdt.New(key("Olga"), authorship.Commons("Oats", "ISC"), fixed())
	must(t, err)
	widen(t, c, "ISC", "MIT")
	err = isc.Update(func(tx *crdt.Tx) error {
		return authorship.Quote(tx, tx.Text("body"), 0, c.View().Text("body").Slice(0, 12))
	})
	var e *authorship.TermsError
	if !errors.As(err, &e) || len(e.Blocking) != 1 || e.Blocking[0] != byPhone() {
		t.Errorf("%v", err)
	}
	// Its own doc, open.
	must(t, c.Update(func(tx *crdt.Tx) error {
		if out := authorship.Outbound(tx.View()); !slices.Equal(out, []string{"MIT"}) {
			t.Errorf("outbound %q", out)
		}
		return authorship.Quote(tx, tx.Text("copy"), 0, tx.View().Text("body").Slice(0, 3))
	}))
}
