package authorship_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// quoteInto is a quote of the whole text of from at the beginning of that of d.
func quoteInto(d, from *crdt.Doc, opts ...authorship.QuoteOption) error {
	return d.Update(func(tx *crdt.Tx) error {
		return authorship.Quote(tx, tx.Text("body"), 0, from.View().Text("body"), opts...)
	})
}

// TestTermsQuote: what the terms of another work do not allow is not quoted, and nothing
// changes; the error says what is under which terms; an exception quotes nevertheless,
// is written down with its reason and in nobody's way.
func TestTermsQuote(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Ann's. ")
	for offers, fits := range map[string]bool{
		"CC0-1.0": true, "CC-BY-4.0": true, "CC-BY-SA-4.0": true, "LAL-1.3": true, "MIT OR CC-BY-SA-3.0": true,
		"GPL-3.0-only": false, "MIT": false, "CC-BY-SA-4.0 AND MIT": false, "LicenseRef-own": false,
	} {
		d := join(t, a, key("Ben "+offers))
		other := signedWork(t, "Cy", "Dough", offers, "Rest it. ")
		heads := d.View().Version()
		err := quoteInto(d, other)
		if fits {
			must(t, err)
			if out := authorship.Outbound(d.View()); !slices.Equal(out, []string{terms}) {
				t.Errorf("%s: outbound %q", offers, out)
			}
			continue
		}
		e := termsError(t, err)
		if !slices.Equal(e.Missing, []string{terms}) || e.Source != other.ID() || !slices.Equal(e.WorkTerms, []string{terms}) ||
			!slices.Equal(e.SourceTerms, []string{offers}) || len(e.Blocking) != 0 || e.Person != (crdt.Author{}) {
			t.Errorf("%s: %+v", offers, e)
		}
		if s := e.Error(); !strings.Contains(s, offers) || !strings.Contains(s, terms) {
			t.Errorf("%s", s)
		}
		if d.View().Version() != heads || d.View().Open() || body(d) != "Ann's. " {
			t.Errorf("%s: a refused quote changed something: %q", offers, body(d))
		}
		if err := quoteInto(d, other, authorship.WithException(" ")); !errors.Is(err, authorship.ErrTerms) {
			t.Errorf("no reason: %v", err)
		}
		must(t, quoteInto(d, other, authorship.WithException("Art. 10\n(1)")))
		r := authorship.Terms(d.View())
		if !slices.Equal(r.Outbound, []string{terms}) || len(r.Blocks) != 0 || len(r.Exceptions) != 1 {
			t.Fatalf("%s: %s", offers, r)
		}
		x := r.Exceptions[0]
		if x.Reason != "Art. 10 (1)" || x.By.ID != d.Author() || x.Author.ID != other.Author() || x.Author.Name != "Cy" || x.Title != "Dough" ||
			len(x.Ranges) != 1 || x.Ranges[0].String() != "/body[0:9]" || !slices.Equal(x.Terms, []string{offers}) {
			t.Errorf("%s: %+v", offers, x)
		}
		if n := authorship.Notice(d.View()); len(n.Exceptions) != 1 || !strings.Contains(n.Text(), "Reason: Art. 10 (1)") {
			t.Errorf("%s", n.Text())
		}
	}
}

// TestTermsQuoteWhole: a work that offers several alternatives takes in what may be used
// under all of them, not under one; a work without terms takes in everything.
func TestTermsQuoteWhole(t *testing.T) {
	both, err := crdt.New(key("Ann"), authorship.Commons("Bread", "CC-BY-SA-4.0 OR GPL-3.0-only"), fixed())
	must(t, err)
	must(t, quoteInto(both, signedWork(t, "Cy", "Dough", "CC-BY-SA-4.0", "x")))
	must(t, quoteInto(both, signedWork(t, "Cy", "Dough", "MIT OR CC0-1.0", "x")))
	e := termsError(t, quoteInto(both, signedWork(t, "Cy", "Dough", "GPL-3.0-only", "x")))
	if !slices.Equal(e.Missing, []string{"CC-BY-SA-4.0"}) {
		t.Errorf("%+v", e)
	}
	free, err := crdt.New(key("Ann"), crdt.Title("Bread"))
	must(t, err)
	must(t, quoteInto(free, signedWork(t, "Cy", "Dough", "MIT", "x")))
	bare, err := crdt.New(key("Cy"), crdt.Title("Dough"))
	must(t, err)
	write(t, bare, "x")
	if e := termsError(t, quoteInto(both, bare)); e.SourceTerms != nil || !strings.Contains(e.Error(), "no terms") {
		t.Errorf("%+v", e)
	}
	// Inside a work nothing is asked.
	own := both.View().Text("body")
	edit(t, both, func(tx *crdt.Tx) { must(t, authorship.Quote(tx, tx.Text("body"), 0, own)) })
}

// TestTermsReport: a quote whose terms do not fit and that came all the same is shown,
// and reported with who, what and where, until it is deleted: S11b.
func TestTermsReport(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Ann's.")
	other := signedWork(t, "Cy", "Dough", "GPL-3.0-only", "Rest it. ")
	b := join(t, a, key("Ben"))
	must(t, b.Update(func(tx *crdt.Tx) error { // past Quote, as another program may
		tx.Text("body").Quote(0, other.View().Text("body"))
		return nil
	}))
	must(t, a.Merge(b))
	r := authorship.Terms(a.View())
	if body(a) != "Rest it. Ann's." || len(r.Outbound) != 0 || len(r.Blocks) != 1 || len(authorship.Outbound(a.View())) != 0 {
		t.Fatalf("%q %s", body(a), r)
	}
	x := r.Blocks[0]
	if x.Person.Name != "Ben" || x.Quote == nil || x.Quote.Work != other.ID() || x.Quote.Terms != nil || !slices.Equal(x.Missing, []string{terms}) ||
		len(x.Ranges) != 1 || x.Ranges[0].String() != "/body[0:9]" {
		t.Errorf("%+v", x)
	}
	if s := r.String(); s != "offered CC-BY-SA-4.0; outbound nothing\nBen blocks CC-BY-SA-4.0 by a quote under nothing at /body[0:9]" {
		t.Errorf("%s", s)
	}
	if out := authorship.OutboundOf(a.View().Text("body").Slice(9, 15)); !slices.Equal(out, []string{terms}) {
		t.Errorf("of Ann's part %q", out)
	}
	if out := authorship.OutboundOf(a.View().Text("body").Slice(8, 15)); out != nil {
		t.Errorf("with a letter of the quote %q", out)
	}
	if n := authorship.Notice(a.View()); n.Terms != nil || !slices.Equal(n.Offered, []string{terms}) || !strings.Contains(n.Text(), "Licence: none for all of it; CC-BY-SA-4.0 for parts") {
		t.Errorf("%s", n.Text())
	}
	if _, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}); !errors.Is(err, crdt.ErrUnsealed) && !errors.Is(err, authorship.ErrTerms) {
		t.Errorf("forked: %v", err)
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 9) })
	if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{terms}) {
		t.Errorf("deleted: %q", out)
	}
	j, err := json.Marshal(r)
	must(t, err)
	var back authorship.TermsReport
	must(t, json.Unmarshal(j, &back))
	if back.String() != r.String() {
		t.Errorf("%s", back.String())
	}
}

// TestTermsWord: what a quoter states is the quoter's word: it is believed, and what the
// facts do not bear out is reported as doubtful. What others state of the same source
// moves nobody's quote.
func TestTermsWord(t *testing.T) {
	a := found(t, key("Ann"))
	other := signedWork(t, "Cy", "Dough", "GPL-3.0-only", "Rest it. ")
	part := other.View().Text("body").Copy().Parts()[0]
	state := func(within, of string) map[string]any {
		return map[string]any{"work": part.Work, "change": part.Change, "by": keyBytes(other.Author()), "title": "Dough", "terms": []any{of}, "within": []any{within}}
	}
	b := join(t, a, key("Ben"))
	edit(t, b, func(tx *crdt.Tx) {
		tx.Text("body").Quote(0, other.View().Text("body"))
		tx.Act("quote", state(terms, "GPL-3.0-only"))
	})
	c := join(t, a, key("Cy2"))
	edit(t, c, func(tx *crdt.Tx) { tx.Act("quote", state("MIT", "MIT")) })
	must(t, a.Merge(c))
	must(t, a.Merge(b))
	if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{terms}) {
		t.Errorf("%q", out)
	}
	n := authorship.Notice(a.View())
	if len(n.Quotes) != 1 || !slices.Equal(n.Quotes[0].Terms, []string{"GPL-3.0-only"}) || n.Quotes[0].Pieces[0].By.Name != "Ben" {
		t.Errorf("%+v", n.Quotes)
	}
	// Taken over inside the work, what is stated of it goes on.
	edit(t, a, func(tx *crdt.Tx) { body := tx.Text("body"); body.Quote(0, body.Slice(0, 4)) })
	if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{terms}) {
		t.Errorf("copied: %q", out)
	}
	// A lie in the other direction: Eve says that it may be used under less.
	d := join(t, a, key("Eve"))
	edit(t, d, func(tx *crdt.Tx) {
		tx.Text("more").Quote(0, other.View().Text("body"))
		tx.Act("quote", state("MIT", "MIT"))
	})
	r := authorship.Terms(d.View())
	if len(r.Outbound) != 0 || len(r.Blocks) != 1 || r.Blocks[0].Person.Name != "Eve" || r.Blocks[0].Ranges[0].Path != "/more" {
		t.Errorf("%s", r)
	}
}

// TestTermsDoubtful: see TestTermsWord.
func TestTermsDoubtful(t *testing.T) {
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "CC-BY-SA-4.0 OR MIT"), fixed())
	must(t, err)
	other := signedWork(t, "Cy", "Dough", "GPL-3.0-only", "Rest it. ")
	part := other.View().Text("body").Copy().Parts()[0]
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("body").Quote(0, other.View().Text("body"))
		tx.Act("quote", map[string]any{"work": part.Work, "change": part.Change, "by": keyBytes(other.Author()), "title": "D", "terms": []any{"GPL-3.0-only"}, "within": []any{"MIT"}})
	})
	r := authorship.Terms(a.View())
	if !slices.Equal(r.Outbound, []string{"MIT"}) || len(r.Blocks) != 1 || !slices.Equal(r.Blocks[0].Missing, []string{"CC-BY-SA-4.0"}) ||
		!slices.Equal(r.Blocks[0].Quote.Doubtful, []string{"MIT"}) {
		t.Errorf("%s %+v", r, r.Blocks[0].Quote)
	}
}

// TestTermsWaiting: changes that wait for a grant are reported, and the grant that freed
// one is named.
func TestTermsWaiting(t *testing.T) {
	a := found(t, key("Ann"))
	first := write(t, a, "Ann's. ")
	b, err := a.Clone(key("Ben"), authorship.Checked(func(err error) { t.Fatal(err) }), fixed())
	must(t, err)
	c := write(t, b, "Ben's. ")
	r := authorship.Terms(b.View())
	if len(r.Waiting) != 1 || r.Waiting[0].Change != c.ID || r.Waiting[0].Person.Name != "Ben" || !slices.Equal(r.Waiting[0].Missing, []string{terms}) || !slices.Equal(r.Outbound, []string{terms}) {
		t.Fatalf("%s", r)
	}
	if got := authorship.FreedBy(b.View(), c.ID); got != nil {
		t.Errorf("it waits and was freed by %v", got)
	}
	two, err := crdt.New(key("Ann"), authorship.Commons("Bread", "CC-BY-SA-4.0 OR MIT"), fixed())
	must(t, err)
	half, err := two.Clone(key("Ben"), authorship.Checked(func(err error) { t.Fatal(err) }), fixed())
	must(t, err)
	halved := write(t, half, "Half. ")
	edit(t, half, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "MIT")) })
	if got := authorship.FreedBy(half.View(), halved.ID); got != nil {
		t.Errorf("half of it waits and was freed by %v", got)
	}
	g := edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms, "MIT")) })
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "ISC")) })
	if got := authorship.FreedBy(b.View(), c.ID); len(got) != 1 || got[0] != g.ID || body(b) != "Ann's. Ben's. " {
		t.Errorf("freed by %v, not %s", got, g.ID)
	}
	later := write(t, b, "More.")
	for _, x := range []crdt.Change{first, later} {
		if got := authorship.FreedBy(b.View(), x.ID); got != nil {
			t.Errorf("%s was granted before and freed by %v", x.ID, got)
		}
	}
	if got := authorship.FreedBy(b.View(), word("no change")); got != nil {
		t.Error(got)
	}
}

// TestOutboundKinds: whoever has written anything that is shown is asked, whatever it is;
// what is deleted or written over asks nobody.
func TestOutboundKinds(t *testing.T) {
	for name, fn := range map[string]struct{ do, undo func(*crdt.Tx) }{
		"text":    {func(tx *crdt.Tx) { tx.Text("x").Append("a") }, func(tx *crdt.Tx) { tx.Text("x").Delete(0, 1) }},
		"space":   {func(tx *crdt.Tx) { tx.Text("x").Append(" ") }, func(tx *crdt.Tx) { tx.Text("x").Delete(0, 1) }},
		"block":   {func(tx *crdt.Tx) { tx.Text("body").Split(2, crdt.Block{}) }, func(tx *crdt.Tx) { tx.Text("body").Delete(2, 3) }},
		"mark":    {func(tx *crdt.Tx) { tx.Text("body").Mark(0, 2, crdt.Mark{Key: "c", Value: "well"}) }, func(tx *crdt.Tx) { tx.Text("body").Unmark(0, 2, "c") }},
		"value":   {func(tx *crdt.Tx) { tx.Put("k", 1) }, func(tx *crdt.Tx) { tx.Put("k", 2) }},
		"key":     {func(tx *crdt.Tx) { tx.Map("m").Map("n").Put("k", 1) }, func(tx *crdt.Tx) { tx.Map("m").Map("n").Delete("k") }},
		"element": {func(tx *crdt.Tx) { tx.List("l").Insert(0, 1) }, func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(0)) }},
		"deep":    {func(tx *crdt.Tx) { _, m := tx.List("l").InsertMap(0); m.Text("t").Append("x") }, func(tx *crdt.Tx) { l := tx.List("l"); l.Delete(l.Elem(0)) }},
		"member":  {func(tx *crdt.Tx) { tx.Set("s").Add(1) }, func(tx *crdt.Tx) { tx.Set("s").Remove(1) }},
		"step":    {func(tx *crdt.Tx) { tx.Counter("c").Add(1) }, nil},
		"node": {func(tx *crdt.Tx) { tx.Tree("t").Insert(crdt.Elem{}, 0) }, func(tx *crdt.Tx) {
			for e := range tx.Tree("t").Children(crdt.Elem{}) {
				tx.Tree("t").Delete(e)
				return
			}
		}},
		"copy": {func(tx *crdt.Tx) { body := tx.Text("body"); body.Quote(0, body.Slice(0, 2)) }, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) }},
	} {
		t.Run(name, func(t *testing.T) {
			a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "MIT"), fixed())
			must(t, err)
			write(t, a, "Ann")
			b, err := a.Clone(key("Eve"), authorship.Agree("MIT"), fixed())
			must(t, err)
			edit(t, b, fn.do)
			must(t, a.Merge(b))
			widen(t, a, "ISC", "MIT")
			r := authorship.Terms(a.View())
			if !slices.Equal(r.Outbound, []string{"MIT"}) || len(r.Blocks) != 1 || r.Blocks[0].Person.Name != "Eve" || len(r.Blocks[0].Ranges) == 0 || !slices.Equal(r.Blocks[0].Missing, []string{"ISC"}) {
				t.Errorf("%s", r)
			}
			for _, g := range r.Blocks {
				for _, x := range g.Ranges {
					if v, err := a.View().Lookup(x.Path); err != nil || !v.Exists() {
						t.Errorf("%s leads nowhere: %v", x, err)
					}
				}
			}
			if fn.undo == nil {
				return
			}
			edit(t, a, fn.undo)
			if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{"ISC", "MIT"}) {
				t.Errorf("gone: %s", authorship.Terms(a.View()))
			}
		})
	}
}
