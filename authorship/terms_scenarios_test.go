package authorship_test

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// unasked is a replica of a program that asks for no consent.
func unasked(t testing.TB, d *crdt.Doc, by crdt.Signer) *crdt.Doc {
	t.Helper()
	c, err := d.Clone(by, authorship.Checked(func(err error) { t.Fatal(err) }), fixed())
	must(t, err)
	return c
}

// outbound compares the terms of a view, and what they are for whoever gets the same
// changes in other orders.
func outbound(t *testing.T, when string, d *crdt.Doc, want ...string) *authorship.TermsReport {
	t.Helper()
	r := authorship.Terms(d.View())
	if !slices.Equal(r.Outbound, want) || !slices.Equal(authorship.Outbound(d.View()), want) {
		t.Errorf("%s: outbound %q, want %q\n%s", when, r.Outbound, want, r)
	}
	list := pieces(t, d)
	json1, err := json.Marshal(r)
	must(t, err)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		fresh, err := crdt.Join(nil, d.ID(), authorship.Checked(func(err error) { t.Fatal(err) }))
		must(t, err)
		for _, k := range rng.Perm(len(list)) {
			must(t, list[k](fresh))
		}
		got, err := json.Marshal(byChange(authorship.Terms(fresh.View())))
		must(t, err)
		if want, err := json.Marshal(byChange(r)); err != nil || string(got) != string(want) {
			t.Fatalf("%s: in another order\n%s\nnot\n%s", when, got, json1)
		}
	}
	return r
}

// byChange is a report whose waiting changes are ordered by name: the order of arrival is
// each replica's own.
func byChange(r *authorship.TermsReport) *authorship.TermsReport {
	c := *r
	c.Waiting = slices.SortedFunc(slices.Values(r.Waiting), func(a, b authorship.Waiting) int {
		return slices.Compare(a.Change.Bytes(), b.Change.Bytes())
	})
	return &c
}

// TestTermsWiden is S11a: widen; A, C grant, B not; B edits; B's text is deleted; B
// grants.
func TestTermsWiden(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.ben = unasked(t, k.ann, key("Ben"))
	k.dan = unasked(t, k.ann, nameless("Dan"))
	write(t, k.ann, "Ann. ")
	k.meet()
	edit(t, k.ben, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)); tx.Text("body").Append("Ben. ") })
	k.meet()
	write(t, k.cyd, "Cyd. ")
	k.meet()
	outbound(t, "at first", k.ann, terms)
	for _, d := range []*crdt.Doc{k.ann, k.cyd} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Consent(tx, "MIT") })
	}
	amend := k.amend(k.ann, authorship.Amendment{Terms: []string{"MIT", terms}})
	k.endorse(amend, k.ann, k.cyd)
	r := outbound(t, "widened", k.ann, terms)
	if body(k.ann) != "Ann. Ben. Cyd. " || len(r.Blocks) != 1 || r.Blocks[0].Person.Name != "Ben" || !slices.Equal(r.Blocks[0].Missing, []string{"MIT"}) ||
		len(r.Blocks[0].Ranges) != 1 || r.Blocks[0].Ranges[0].String() != "/body[5:10]" {
		t.Errorf("%q %s", body(k.ann), r)
	}
	// A fork may choose what everybody has granted, and nothing else.
	must(t, bridge.Of(k.ann).Leave())
	for _, ask := range [][]string{{"MIT"}, {"MIT", terms}} {
		_, err := authorship.Fork(k.ann.View(), key("Eve"), authorship.Charter{Terms: ask})
		e := termsError(t, err)
		if !slices.Equal(e.Missing, []string{"MIT"}) || !slices.Equal(e.SourceTerms, []string{terms}) || len(e.Blocking) != 1 || e.Blocking[0].Name != "Ben" || e.Source != k.ann.ID() {
			t.Errorf("%+v", e)
		}
	}
	fork, err := authorship.Fork(k.ann.View(), key("Eve"), authorship.Charter{})
	must(t, err)
	if got := authorship.Outbound(fork.View()); !slices.Equal(got, []string{terms}) {
		t.Errorf("the fork is under %q", got)
	}
	late := write(t, k.ben, "More.")
	k.meet()
	r = outbound(t, "Ben edits", k.ann, terms)
	if body(k.ann) != "Ann. Ben. Cyd. " || len(r.Waiting) != 1 || r.Waiting[0].Change != late.ID || !slices.Equal(r.Waiting[0].Missing, []string{"MIT"}) {
		t.Errorf("%q %s", body(k.ann), r)
	}
	edit(t, k.ann, func(tx *crdt.Tx) { tx.Text("body").Delete(5, 10) })
	k.meet()
	outbound(t, "Ben's text is gone", k.ann, "MIT", terms)
	g := k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Consent(tx, "MIT") })
	outbound(t, "Ben grants", k.ann, "MIT", terms)
	if got := authorship.FreedBy(k.ann.View(), late.ID); body(k.ann) != "Ann. Cyd. More." || len(got) != 1 || got[0] != g.ID {
		t.Errorf("%q, freed by %v", body(k.ann), got)
	}
}

// TestTermsQuotedBack is S11b: what a fork under other terms has added comes back past
// Quote, as another program lets it: it is effective, and nothing is outbound until it is
// deleted. Quote refuses it.
func TestTermsQuotedBack(t *testing.T) {
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "CC-BY-SA-4.0 OR GPL-3.0-only"), fixed())
	must(t, err)
	write(t, a, "Ann. ")
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{Terms: []string{"GPL-3.0-only"}}, fixed())
	must(t, err)
	write(t, f, "Eve. ")
	must(t, bridge.Of(f).Leave())
	if e := termsError(t, quoteInto(a, f)); !slices.Equal(e.Missing, []string{"CC-BY-SA-4.0"}) {
		t.Errorf("%+v", e)
	}
	edit(t, a, func(tx *crdt.Tx) { // its own words come home whatever the fork is under
		must(t, authorship.Quote(tx, tx.Text("home"), 0, f.View().Text("body").Slice(0, 5)))
	})
	outbound(t, "home", a, "CC-BY-SA-4.0", "GPL-3.0-only")
	part := f.View().Text("body").Slice(5, 10).Copy().Parts()[0]
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("body").Quote(0, f.View().Text("body").Slice(5, 10))
		tx.Act("quote", map[string]any{"work": part.Work, "change": part.Change, "by": keyBytes(f.Author()), "title": "F", "terms": []any{"GPL-3.0-only"}, "within": []any{"GPL-3.0-only"}})
	})
	outbound(t, "back", a, "GPL-3.0-only")
	edit(t, a, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 5) })
	outbound(t, "deleted", a, "CC-BY-SA-4.0", "GPL-3.0-only")
}

// TestTermsNarrow is T18: widening and narrowing are not retroactive, and the terms of
// the genesis stay.
func TestTermsNarrow(t *testing.T) {
	a := found(t, key("Ann"))
	b := unasked(t, a, key("Ben"))
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)); tx.Text("body").Append("Ben. ") })
	must(t, a.Merge(b))
	widen(t, a, "MIT", terms)
	must(t, b.Merge(a))
	late := write(t, b, "Late. ")
	must(t, a.Merge(b))
	outbound(t, "widened", a, terms)
	widen(t, a, terms)
	r := outbound(t, "narrowed", a, terms)
	if len(r.Waiting) != 1 || r.Waiting[0].Change != late.ID || body(a) != "Ben. " || !slices.Equal(r.Offered, []string{terms}) {
		t.Errorf("%q %s", body(a), r)
	}
	must(t, b.Merge(a))
	write(t, b, "Now. ")
	must(t, a.Merge(b))
	outbound(t, "after it", a, terms)
	if err := a.Update(func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Terms: []string{"MIT"}}) }); err == nil {
		t.Error("the terms of the genesis were dropped")
	}
}

// TestTermsLate is T19 and T20: a late grant frees, by a device too; an agent's is void.
func TestTermsLate(t *testing.T) {
	for kind, freed := range map[string]bool{"person": true, "device": true, "agent": false} {
		a := found(t, key("Ann"))
		b := unasked(t, a, key("Ben"))
		c := write(t, b, "Ben. ")
		by := b
		if kind != "person" {
			by = unasked(t, b, nameless(kind).BoundTo(key("Ben"), kind == "agent"))
		}
		edit(t, by, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)) })
		must(t, a.Merge(by))
		r := outbound(t, kind, a, terms)
		if got := authorship.FreedBy(a.View(), c.ID); (len(got) == 1) != freed || (len(r.Waiting) == 0) != freed || (body(a) == "Ben. ") != freed {
			t.Errorf("%s: %q, %s, freed by %v", kind, body(a), r, got)
		}
	}
}

// TestTermsAgent: what an agent grants widens nothing of its person's.
func TestTermsAgent(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	write(t, b, "Ben. ")
	bot := unasked(t, b, key("scribe").BoundTo(key("Ben"), true))
	edit(t, bot, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "MIT", terms)); tx.Text("body").Append("Bot. ") })
	must(t, a.Merge(bot))
	widen(t, a, "MIT", terms)
	r := outbound(t, "by an agent", a, terms)
	if body(a) != "Ben. Bot. " || len(r.Blocks) != 2 {
		t.Errorf("%q %s", body(a), r)
	}
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "MIT")) })
	must(t, a.Merge(b))
	outbound(t, "by the person", a, "MIT", terms)
}

// TestTermsHidden: what is hidden counts, what is erased does not.
func TestTermsHidden(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.consent("MIT")
	eve := join(t, k.ann, key("Eve"))
	c := edit(t, eve, func(tx *crdt.Tx) { tx.Text("body").Append("Eve. "); tx.Put("k", "Eve's") })
	must(t, k.ann.Merge(eve))
	k.meet()
	k.decide(authorship.Amendment{Terms: []string{"MIT", terms}})
	outbound(t, "shown", k.ann, terms)
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Hide(tx, c.ID) })
	outbound(t, "hidden", k.ann, terms)
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Redact(tx, c.ID) })
	}
	if got := authorship.Outbound(k.ann.View()); !slices.Equal(got, []string{"MIT", terms}) {
		t.Errorf("erased: %s", authorship.Terms(k.ann.View()))
	}
}

// TestTermsThief is T21: what a thief grants falls with the cut of the key.
func TestTermsThief(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	write(t, b, "Ben. ")
	must(t, a.Merge(b))
	widen(t, a, "CC0-1.0", terms)
	outbound(t, "before", a, terms)
	thief := unasked(t, b, nameless("Ben's device").BoundTo(key("Ben"), false))
	edit(t, thief, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "CC0-1.0", terms)) })
	must(t, a.Merge(thief))
	outbound(t, "the thief grants", a, "CC0-1.0", terms)
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Revoke(tx, thief.Author())) })
	must(t, a.Merge(b))
	outbound(t, "revoked", a, terms)
}
