package authorship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// derive translates a part of a work in another one.
func derive(d, from *crdt.Doc, part authorship.Range, opts ...authorship.QuoteOption) error {
	v := from.View()
	return d.Update(func(tx *crdt.Tx) error {
		if err := authorship.Derive(tx, authorship.Translation, v, part, opts...); err != nil {
			return err
		}
		tx.Text("body").Append("Ruhen. ")
		return nil
	})
}

// TestTermsDerive: what the terms of another work do not allow is not translated either,
// and nothing changes; by an exception it is, and the reason stands in the notice.
func TestTermsDerive(t *testing.T) {
	for offers, fits := range map[string]bool{
		"CC0-1.0": true, "CC-BY-4.0": true, "CC-BY-SA-4.0": true, "MIT OR CC-BY-SA-3.0": true,
		"GPL-3.0-only": false, "MIT": false, "CC-BY-NC-4.0": false,
	} {
		d := found(t, key("Ann"))
		other := signedWork(t, "Cy", "Dough", offers, "Rest it. ")
		heads := d.View().Version()
		err := derive(d, other, authorship.Range{Path: "/body"})
		if fits {
			must(t, err)
			continue
		}
		e := termsError(t, err)
		if !slices.Equal(e.Missing, []string{terms}) || e.Source != other.ID() || !slices.Equal(e.WorkTerms, []string{terms}) ||
			!slices.Equal(e.SourceTerms, []string{offers}) || len(e.Blocking) != 0 {
			t.Errorf("%s: %+v", offers, e)
		}
		if d.View().Version() != heads || d.View().Open() || body(d) != "" {
			t.Errorf("%s: a refused translation changed something: %q", offers, body(d))
		}
		if err := derive(d, other, authorship.Range{}, authorship.WithException(" ")); termsError(t, err).Source != other.ID() {
			t.Errorf("no reason: %v", err)
		}
		must(t, derive(d, other, authorship.Range{Path: "/body", From: 0, To: 4}, authorship.WithException("parody <b>\n(1)")))
		list := authorship.Derivations(d.View())
		if len(list) != 1 || list[0].Exception != "parody <b> (1)" || list[0].Work != other.ID() {
			t.Fatalf("%s: %+v", offers, list)
		}
		n := authorship.Notice(d.View())
		if len(n.Quotes) != 1 || n.Quotes[0].Exception != "parody <b> (1)" || !strings.Contains(n.Text(), "By exception: parody <b> (1)\n") ||
			!strings.Contains(n.HTML(), "By exception: parody &lt;b&gt; (1)") || !strings.Contains(n.Markdown(), `By exception: parody \<b\> \(1\)`) {
			t.Errorf("%s: %+v\n%s%s", offers, n.Quotes, n.Text(), n.HTML())
		}
		checkExports(t, n)
		if s := authorship.ContributorsOf(d.View()).String(); !strings.Contains(s, "by exception: parody") {
			t.Error(s)
		}
		if r := authorship.Terms(d.View()); !slices.Equal(r.Outbound, []string{terms}) || len(r.Exceptions) != 0 {
			t.Errorf("%s: %s", offers, r)
		}
		// Who quotes the same work is not excused by that.
		if err := quoteInto(d, other); termsError(t, err).Source != other.ID() {
			t.Errorf("%s: %v", offers, err)
		}
	}
}

// TestTermsDerivePart: only those are asked who are in the part; inside a work nobody is.
func TestTermsDerivePart(t *testing.T) {
	a, err := crdt.New(key("Cy"), authorship.Commons("Dough", "MIT"), fixed())
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("body").Append("Cy. "); tx.Put("title", "Dough") })
	b, err := a.Clone(key("Eve"), authorship.Agree("MIT"), fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("body").Append("Eve.") })
	must(t, a.Merge(b))
	widen(t, a, "CC0-1.0", "MIT")
	for _, x := range []struct {
		part     authorship.Range
		blocking []crdt.Author // nil: it is allowed
	}{
		{authorship.Range{Path: "/body", From: 0, To: 4}, nil},
		{authorship.Range{Path: "/body", From: 4, To: 8}, []crdt.Author{b.Author()}},
		{authorship.Range{Path: "/body", From: 2, To: 800}, []crdt.Author{b.Author()}},
		{authorship.Range{Path: "/body"}, []crdt.Author{b.Author()}},
		{authorship.Range{Path: "/title"}, []crdt.Author{b.Author()}}, // a value: all of the work
		{authorship.Range{Path: "/nowhere"}, []crdt.Author{b.Author()}},
		{authorship.Range{}, []crdt.Author{b.Author()}},
	} {
		d := found(t, key("Ann"))
		err := derive(d, a, x.part)
		if x.blocking == nil {
			must(t, err)
			continue
		}
		e := termsError(t, err)
		var got []crdt.Author
		for _, p := range e.Blocking {
			got = append(got, p.ID)
		}
		if !slices.Equal(got, x.blocking) || !slices.Equal(e.SourceTerms, []string{"MIT"}) {
			t.Errorf("%s: %+v", x.part, e)
		}
	}
	edit(t, b, func(tx *crdt.Tx) {
		must(t, authorship.Derive(tx, authorship.Adaptation, tx.View(), authorship.Range{}))
		tx.Text("body").Append("Adapted.")
	})
	// An exception beside nothing that it excuses is void.
	c := act(t, b, raw("except", map[string]any{"work": a.ID(), "change": a.ID()}))
	if list := authorship.Derivations(b.View()); len(list) != 1 || list[0].Exception != "" || list[0].Change == c.ID || c.ID == cid.Undef {
		t.Errorf("%+v", list)
	}
}
