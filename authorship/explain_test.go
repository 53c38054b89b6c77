package authorship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// list is changes as an act has them.
func list(changes ...cid.Cid) []any {
	slices.SortFunc(changes, func(a, b cid.Cid) int { return strings.Compare(a.KeyString(), b.KeyString()) })
	out := []any{}
	for _, c := range changes {
		out = append(out, c)
	}
	return out
}

// raw is an act that no writer refuses.
func raw(kind string, body any) func(tx *crdt.Tx) error {
	return func(tx *crdt.Tx) error { tx.Alone(); tx.Act(kind, body); return tx.Err() }
}

// endorses is the body of a vote for an amendment.
func endorses(base, amend cid.Cid) map[string]any {
	return map[string]any{"base": base, "amend": amend}
}

// TestVoidVotes: each reason why a vote does not count, as Explain gives it, with its
// count where there is one.
func TestVoidVotes(t *testing.T) {
	k := convene(t, authorship.Charter{})
	e0 := k.ann.ID()
	good := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	body := func(m map[string]any) map[string]any { m["base"] = e0; return m }
	amend := func(m map[string]any) cid.Cid { return k.act(k.ann, raw("amend", body(m))).ID }
	share := amend(map[string]any{"amend": []any{2, 1}})
	genesis := amend(map[string]any{"terms": []any{"CC0-1.0"}})
	cut := amend(map[string]any{"cut": []any{map[string]any{"key": keyBytes(k.ben.Author()), "heads": []any{good.ID}}}})
	device := join(t, k.ann, key("Ann2").BoundTo(key("Ann"), false))
	later := k.act(k.ann, raw("amend", map[string]any{"base": good.ID, "mode": "direct"}))
	unseen := act(t, k.dan, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Mode: authorship.ModePropose, Why: "unseen"})
	})
	for _, x := range []struct {
		by   *crdt.Doc
		body any
		want authorship.Reason
	}{
		{device, endorses(e0, good.ID), authorship.NotPersonKey},
		{k.ann, endorses(unseen.ID, good.ID), authorship.BadBase},
		{k.dan, endorses(e0, good.ID), authorship.NotMember},
		{k.ann, endorses(good.ID, later.ID), authorship.BaseNotRatified},
		{k.ann, endorses(e0, later.ID), authorship.BadProposal},
		{k.ann, endorses(e0, share), authorship.BadCharter},
		{k.ann, endorses(e0, genesis), authorship.GenesisTerms},
		{k.ann, endorses(e0, cut), authorship.BadCut},
		{k.ann, endorses(e0, good.ID), authorship.NoQuorum},
		{k.ann, body(map[string]any{"amend": good.ID, "no": true}), authorship.Withdrawn},
		{k.ann, endorses(e0, e0), authorship.Withdrawn},
		{k.ann, body(map[string]any{"amend": good.ID, "no": false}), authorship.Malformed},
		{k.ann, body(map[string]any{}), authorship.Malformed},
		{k.ann, body(map[string]any{"amend": good.ID, "accept": list(good.ID)}), authorship.Malformed},
		{k.ann, body(map[string]any{"accept": list()}), authorship.Malformed},
		{k.ann, body(map[string]any{"accept": []any{good.ID, good.ID}}), authorship.Malformed},
		{k.ann, body(map[string]any{"redact": list(good.ID)}), authorship.NoQuorum},
	} {
		c := act(t, x.by, raw("endorse", x.body))
		v := explain(t, x.by.View(), c)
		if len(v.Votes) != 1 || v.Votes[0].Reason != x.want || v.Votes[0].Change != c.ID || (v.Votes[0].Count != nil) != v.Votes[0].Counts() || !strings.Contains(v.String(), string(x.want)) {
			t.Errorf("%v: %s, want %s", x.body, v, x.want)
		}
		if n := v.Votes[0].Count; x.want == authorship.NoQuorum && (n.Have != 1 || n.Need != map[bool]int{true: 2, false: 2}[n.Chamber == "members"] || n.Met()) {
			t.Errorf("%v: %s", x.body, n)
		}
	}
	twice := act(t, k.ann, func(tx *crdt.Tx) error {
		tx.Alone()
		tx.Act("endorse", endorses(e0, e0))
		tx.Act("endorse", endorses(e0, good.ID))
		return nil
	})
	if v := explain(t, k.ann.View(), twice).Votes; len(v) != 2 || v[0].Reason != authorship.Replaced || v[1].Reason != authorship.NoQuorum || v[0].Index == v[1].Index {
		t.Errorf("%v", v)
	}
	k.meet()
	k.endorse(good, k.ben)
	used := act(t, k.ann, raw("endorse", endorses(e0, good.ID)))
	if v := explain(t, k.ann.View(), used).Votes; v[0].Reason != authorship.BaseUsed {
		t.Errorf("%v", v)
	}
	for on, want := range map[cid.Cid]authorship.Reason{share: authorship.BadCharter, genesis: authorship.GenesisTerms, cut: authorship.BadCut} {
		if d := decision(t, k.ben.View(), on); d.Void != want || d.Ready() || d.State != authorship.Lapsed || !strings.Contains(d.String(), string(want)) {
			t.Errorf("%s, want %s", d, want)
		}
	}
	k.meet()
	k.alike()
}

// TestExplain: each reason why a change is not effective, with its cause, and by what it
// becomes so.
func TestExplain(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.consent("CC0-1.0")
	early := write(t, k.dan, "early ")
	k.meet()
	epoch := k.decide(authorship.Amendment{Mode: authorship.ModePropose})
	k.act(k.cyd, func(tx *crdt.Tx) error { tx.Text("body").Append("member "); return nil })
	waits := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("late "); return nil })
	if x := explain(t, k.ann.View(), early); !x.Effective() || x.Epoch != k.ann.ID() || x.Settled != epoch.ID || x.Author.Name != "Dan" || x.String() != "effective" {
		t.Errorf("%+v", x)
	}
	x := explain(t, k.ann.View(), waits)
	if x.Reason != authorship.NotMember || x.Cause != epoch.ID || x.Epoch != epoch.ID || x.Lacks.Have != 0 || x.Lacks.Need != 1 || x.Settled.Defined() {
		t.Errorf("%+v", x)
	}
	if s := x.String(); !strings.HasPrefix(s, "NotMember: Dan is no member since "+epoch.ID.String()+"; to be accepted, 0 of 1 of members, silent: ") {
		t.Errorf("%s", s)
	}
	vote := k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, waits.ID) })
	if x := explain(t, k.ben.View(), waits); !x.Effective() || x.Accepted != vote.ID || x.String() != "effective, accepted by "+vote.ID.String() {
		t.Errorf("%s", x)
	}
	k.alike()

	// Terms.
	wide := k.decide(authorship.Amendment{Terms: []string{terms, "CC0-1.0"}, Mode: authorship.ModeDirect})
	ungranted, err := k.ann.Clone(key("Eve"), authorship.Checked(func(err error) { t.Error(err) }), fixed())
	must(t, err)
	eve := act(t, ungranted, func(tx *crdt.Tx) error { tx.Text("body").Append("free"); return nil })
	must(t, bridge.Of(ungranted).Leave())
	must(t, k.ann.Merge(ungranted))
	if x := explain(t, k.ann.View(), eve); x.Reason != authorship.TermsMissing || !slices.Equal(x.Missing, []string{terms, "CC0-1.0"}) || x.Cause != wide.ID || !strings.Contains(x.String(), "CC0-1.0") {
		t.Errorf("%+v", x)
	}

	// A cut by decision and by the person.
	k.meet()
	gone := k.decide(authorship.Amendment{Cut: []authorship.Cut{{Key: k.dan.Author(), Heads: []cid.Cid{early.ID}}}})
	if x := explain(t, k.ann.View(), waits); x.Reason != authorship.Revoked || x.Cause != gone.ID || x.String() != "Revoked: cut by "+gone.ID.String() {
		t.Errorf("%+v", x)
	}
	if x := explain(t, k.ann.View(), early); !x.Effective() {
		t.Errorf("%+v", x)
	}
	again := k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, waits.ID) })
	if x := explain(t, k.ann.View(), waits); !x.Effective() || x.Accepted != again.ID {
		t.Errorf("%+v", x)
	}
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false), authorship.Agree(terms, "CC0-1.0"))
	first := write(t, device, "mine ")
	stolen := write(t, device, "stolen ")
	must(t, k.ben.Merge(device))
	revoke := k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), first.ID) })
	if x := explain(t, k.ann.View(), stolen); x.Reason != authorship.Revoked || x.Cause != revoke.ID {
		t.Errorf("%+v", x)
	}
	if x := explain(t, k.ann.View(), first); !x.Effective() || x.Author.Name != "Ben" {
		t.Errorf("%+v", x)
	}
	k.alike()
}

// TestHidden: hides and unhides, and what is erased.
func TestHidden(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.act(k.dan, func(tx *crdt.Tx) error { tx.Put("x", 1); return nil }) // his name stands in his first change
	bad := write(t, k.dan, "bad ")
	k.meet()
	hide := k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Hide(tx, bad.ID) })
	one := func(v *crdt.View) authorship.Concealed {
		t.Helper()
		all := slices.Collect(authorship.Hidden(v))
		if len(all) != 1 || all[0].Change != bad.ID || all[0].Author.Name != "Dan" {
			t.Fatalf("%v", all)
		}
		return all[0]
	}
	if h := one(k.dan.View()); h.By != hide.ID || h.Erased || h.String() != "words of Dan hidden by Ann" {
		t.Errorf("%+v", h)
	}
	if x := explain(t, k.ben.View(), bad); !x.Effective() || x.Hidden != hide.ID || !strings.Contains(x.String(), "hidden by "+hide.ID.String()) {
		t.Errorf("%s", x)
	}
	if body(k.ann) != "bad " {
		t.Error("hiding is display")
	}
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Unhide(tx, bad.ID) })
	if n := len(slices.Collect(authorship.Hidden(k.dan.View()))); n != 0 {
		t.Errorf("%d hidden", n)
	}
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Hide(tx, bad.ID) })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	if d := decision(t, k.dan.View(), bad.ID); d.Matter != authorship.ToRedact || d.State != authorship.Open || d.Count.Need != 2 || one(k.ann.View()).Erased {
		t.Errorf("one erases: %s", d)
	}
	vote := k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	if h := one(k.dan.View()); h.By != vote.ID || !h.Erased || h.Who.Name != "Cyd" || !strings.HasPrefix(h.String(), "words of Dan erased by decision") {
		t.Errorf("%+v", h)
	}
	for _, d := range k.all() {
		if got := d.View().Text("body").String(); got != "" {
			t.Errorf("%q", got)
		}
		if x := explain(t, d.View(), bad); !x.Effective() || x.Erased != vote.ID || !slices.Equal(slices.Collect(d.View().Erased()), []cid.Cid{bad.ID}) {
			t.Errorf("%s", x)
		}
	}
	k.alike()
}

// TestRedactTitle: a title that is hidden or erased is not shown.
func TestRedactTitle(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	p := k.act(k.dan, func(tx *crdt.Tx) error { return authorship.Propose(tx, "an insult") })
	title := func() string { return slices.Collect(authorship.Proposals(k.cyd.View()))[0].Title }
	if title() != "an insult" {
		t.Errorf("%q", title())
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Hide(tx, p.ID) })
	if title() != "" {
		t.Errorf("hidden: %q", title())
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Unhide(tx, p.ID) })
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Redact(tx, p.ID) })
	}
	if title() != "" {
		t.Errorf("erased: %q", title())
	}
	k.alike()
}

// TestRedactFalls: a redaction falls when one of its two voters was removed at the same
// time. Who had met it first has erased the words, and takes them in again.
func TestRedactFalls(t *testing.T) {
	k := convene(t, authorship.Charter{})
	bad := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("bad "); return nil })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	act(t, k.cyd, func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	if body(k.cyd) != "" || explain(t, k.cyd.View(), bad).Erased == cid.Undef {
		t.Errorf("%q", body(k.cyd))
	}
	amend := act(t, k.ann, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Remove: []crdt.Author{key("Cyd").Author()}})
	})
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		must(t, d.Merge(k.ann))
		act(t, d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, amend.ID) })
		must(t, k.ann.Merge(d))
	}
	k.meet()
	for _, d := range k.all() {
		v := d.View()
		if n := len(slices.Collect(authorship.Hidden(v))) + len(slices.Collect(v.Erased())); n != 0 {
			t.Errorf("%d hidden or refused", n)
		}
		if x := decision(t, v, bad.ID); x.State != authorship.Lapsed {
			t.Errorf("%s", x)
		}
	}
	if body(k.ann) != "bad " {
		t.Errorf("%q", body(k.ann))
	}
	all, err := k.ann.Since(crdt.Version{})
	must(t, err)
	if _, err := k.cyd.Apply(all); err != nil || body(k.cyd) != "bad " {
		t.Errorf("%q: %v", body(k.cyd), err)
	}
	k.alike()
}
