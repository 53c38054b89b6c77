package authorship_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// lax joins a work with a program that keeps to no consent.
func lax(t testing.TB, d *crdt.Doc, by crdt.Signer) *crdt.Doc {
	t.Helper()
	c, err := d.Clone(by, authorship.Checked(func(err error) { t.Fatal(err) }), fixed())
	must(t, err)
	return c
}

// TestConsent: the first change of each person carries the grant; without
// consent there is no edit, and reading goes on.
func TestConsent(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Knead.")
	if n := len(grantsOf(a.View(), key("Ann"))); n != 0 {
		t.Errorf("the founder grants %d times besides the genesis", n)
	}
	b := join(t, a, key("Ben"))
	write(t, b, " Wait.")
	write(t, b, " Bake.")
	if got := grantsOf(b.View(), key("Ben")); len(got) != 1 || got[0] != 0 {
		t.Errorf("Ben grants in his changes %v", got)
	}

	c, err := a.Clone(key("Cy"), authorship.Rules())
	must(t, err)
	err = c.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil })
	wantTerms(t, err, terms)
	if !errors.Is(err, crdt.ErrRules) || body(c) != "Knead." {
		t.Errorf("%v, %q", err, body(c))
	}
	d, err := a.Clone(key("Cy"), authorship.Agree("MIT"))
	must(t, err)
	wantTerms(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }), terms)

	e, err := b.Clone(key("Ben2").BoundTo(key("Ben"), false), authorship.Rules())
	must(t, err)
	write(t, e, " Eat.") // Ben has granted, and his device shows that it is his
	if body(e) != "Knead. Wait. Bake. Eat." {
		t.Errorf("%q", body(e))
	}
	f := join(t, b, key("Ben3").BoundTo(key("Ben"), false))
	write(t, f, " Sleep.")
	if got := grantsOf(f.View(), key("Ben3")); len(got) != 1 || got[0] != 0 {
		t.Errorf("a device that may grants in its changes %v", got)
	}
	if _, err := a.Clone(key("Cy"), crdt.WithRules(nil, crdt.Value{})); !errors.Is(err, crdt.ErrRules) {
		t.Errorf("without rules: %v", err)
	}
}

// grantsOf are the Seqs of a key's changes that grant.
func grantsOf(v *crdt.View, k *authorship.Key) []uint64 {
	var out []uint64
	for a := range v.Acts("grant") {
		if c, _ := v.Change(a.Change); a.Author == k.Author() {
			out = append(out, c.Seq)
		}
	}
	return out
}

// TestAgreeFits: consent is to what the work asks for, in any spelling, and to
// nothing else.
func TestAgreeFits(t *testing.T) {
	for _, c := range []struct {
		work  string
		agree []string
		ok    bool
	}{
		{"MIT", []string{"mit"}, true},
		{"MIT OR Apache-2.0", []string{"Apache-2.0", "MIT"}, true},
		{"MIT OR Apache-2.0", []string{"Apache-2.0 OR MIT OR CC0-1.0"}, true},
		{"MIT OR Apache-2.0", []string{"MIT"}, false},
		{"MIT AND CC-BY-4.0", []string{"CC-BY-4.0 and MIT"}, false},
		{"MIT AND CC-BY-4.0", []string{"CC-BY-4.0 AND MIT"}, true},
		{"MIT AND CC-BY-4.0", []string{"CC-BY-4.0", "MIT"}, false},
		{"GPL-2.0-or-later WITH Classpath-exception-2.0", []string{"GPL-2.0-or-later"}, false},
	} {
		a, err := crdt.New(key("Ann"), authorship.Commons("x", c.work))
		must(t, err)
		b, err := a.Clone(key("Ben"), authorship.Agree(c.agree...))
		must(t, err)
		err = b.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return nil })
		if (err == nil) != c.ok {
			t.Errorf("%q, consent to %q: %v", c.work, c.agree, err)
		}
		if c.ok {
			must(t, a.Merge(b))
			if body(a) != "x" {
				t.Errorf("%q, consent to %q: not effective", c.work, c.agree)
			}
		}
	}
}

// TestGrantLate: a change whose author did not grant waits visibly, and becomes
// effective when the grant arrives, in every order.
func TestGrantLate(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Knead.")
	b := lax(t, a, key("Ben"))
	first := write(t, b, " Wait.")
	must(t, bridge.Of(b).Leave())
	if body(b) != "Knead." {
		t.Errorf("ungranted work shows: %q", body(b))
	}
	wantTerms(t, b.View().Verdict(first.ID), terms)
	if r := authorship.Verify(b.View()); len(r.Lacks) != 1 || r.Lacks[0].Level != authorship.Bound || r.Lacks[0].Change != first.ID {
		t.Errorf("%v", r)
	}
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)) })
	must(t, bridge.Of(b).Leave())
	if body(b) != "Knead. Wait." {
		t.Errorf("granted work does not show: %q", body(b))
	}
	write(t, a, " Bake.")
	must(t, a.Merge(b))
	if n := everyOrder(t, a); n != 120 {
		t.Errorf("%d orders", n)
	}
}

// TestGrantElsewhere: a device's grant frees what the person wrote, and the
// other way round; several terms come one by one.
func TestGrantElsewhere(t *testing.T) {
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "MIT OR CC0-1.0"), fixed())
	must(t, err)
	b := lax(t, a, key("Ben"))
	one := write(t, b, "one ")
	must(t, bridge.Of(b).Leave())
	wantTerms(t, b.View().Verdict(one.ID), "MIT", "CC0-1.0")
	b2 := lax(t, a, key("Ben2").BoundTo(key("Ben"), false))
	two := edit(t, b2, func(tx *crdt.Tx) {
		must(t, authorship.Consent(tx, "CC0-1.0"))
		tx.Text("body").Append("two ")
	})
	wantTerms(t, b2.View().Verdict(two.ID), "MIT")
	must(t, b.Merge(b2))
	wantTerms(t, b.View().Verdict(one.ID), "MIT")
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, "mit", "0BSD")) })
	must(t, a.Merge(b))
	if n := len(verdicts(a.View())); n != 0 {
		t.Errorf("%v", verdicts(a.View()))
	}
	everyOrder(t, a)
}

// TestAgents: an agent's work needs its person's grant; its own are void; it is
// credited apart.
func TestAgents(t *testing.T) {
	ann, ben := key("Ann"), key("Ben")
	a := found(t, ann)
	bot := key("scribe").BoundTo(ben, true)
	s, err := a.Clone(bot, authorship.Agree(terms))
	must(t, err)
	wantTerms(t, s.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return nil }), terms)

	s = lax(t, a, bot)
	c := edit(t, s, func(tx *crdt.Tx) {
		must(t, authorship.Consent(tx, terms)) // void
		tx.Text("body").Append("text by a program")
	})
	must(t, bridge.Of(s).Leave())
	wantTerms(t, s.View().Verdict(c.ID), terms)
	b := join(t, a, ben)
	write(t, b, "")
	edit(t, b, func(tx *crdt.Tx) { tx.Text("body").Append("by Ben, ") })
	meet(t, a, b, s)
	everyOrder(t, a)
	spans := blame(a)
	if len(spans) != 2 {
		t.Fatalf("%v", spans)
	}
	for _, span := range spans {
		if agent := span.Text == "text by a program"; agent != span.Author.Agent || agent != (span.Kind == authorship.Generated) ||
			agent != (span.Author.OnBehalf == ben.Author()) || span.Level != authorship.Effective {
			t.Errorf("%+v", span)
		}
	}
	for _, c := range authorship.Credits(a.View()) {
		if c.Person.ID == ben.Author() && c.Characters != len("byBen,") {
			t.Errorf("the person is credited for the agent: %+v", c)
		}
	}
	// With the person's grant the agent may go on.
	s2, err := a.Clone(key("scribe2").BoundTo(ben, true), authorship.Rules())
	must(t, err)
	write(t, s2, "more")
	if got := grantsOf(s2.View(), key("scribe2")); len(got) != 0 || !strings.HasSuffix(body(s2), "more") && !strings.Contains(body(s2), "more") {
		t.Errorf("%v %q", got, body(s2))
	}
}

// TestClaims: one side alone binds nothing. A key that claims a person is its
// own until that person binds it; a bind of a key that claims nothing, somebody
// else or the other kind does nothing.
func TestClaims(t *testing.T) {
	ann, ben, dev := key("Ann"), key("Ben"), nameless("dev").Claim(key("Ben").Author(), false)
	a := found(t, ann)
	write(t, a, "Ann's. ")
	d := join(t, a, dev)
	write(t, d, "Whose? ")
	must(t, a.Merge(d))
	level := func() (string, authorship.Level) {
		for _, s := range blame(a) {
			if s.Text == "Whose? " {
				return s.Author.String(), s.Level
			}
		}
		t.Fatal("no span")
		return "", 0
	}
	if who, l := level(); who != authorship.Short(dev.Author()) || l != authorship.Covered {
		t.Errorf("a mere claim shows as %s, %s", who, l)
	}
	b := join(t, a, ben)
	edit(t, b, func(tx *crdt.Tx) {
		authorship.Bind(tx, dev.Author(), true)      // another kind
		authorship.Bind(tx, ann.Author(), false)     // claims nothing
		authorship.Bind(tx, key("x").Author(), true) // unknown
		tx.Act("bind", map[string]any{"key": keyBytes(dev.Author()), "agent": false, "x": 1})
	})
	edit(t, a, func(tx *crdt.Tx) { authorship.Bind(tx, dev.Author(), false) }) // not the person it names
	meet(t, a, b)
	if who, l := level(); who != authorship.Short(dev.Author()) || l != authorship.Covered {
		t.Errorf("bound from one side it shows as %s, %s", who, l)
	}
	if r := authorship.Verify(a.View()); r.Bound != r.Held-1 || !errors.Is(r.Lacks[len(r.Lacks)-1].Err, authorship.ErrNotBound) {
		t.Errorf("%v", r)
	}
	edit(t, b, func(tx *crdt.Tx) { authorship.Bind(tx, dev.Author(), false) })
	meet(t, a, b)
	if who, l := level(); who != "Ben" || l != authorship.Effective {
		t.Errorf("bound from both sides it shows as %s, %s", who, l)
	}
}

// TestClaimedName: a key that nobody has confirmed does not go by a name, so that
// it cannot pass for a device of somebody who has one.
func TestClaimedName(t *testing.T) {
	a := found(t, key("Ann"))
	fake := join(t, a, authorship.KeyFromSeed("Ann", [32]byte{9}).Claim(key("Ann").Author(), false))
	write(t, fake, "Forged.")
	if got, want := said(fake), authorship.Short(fake.Author())+": Forged."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if n := authorship.Name(fake.View(), fake.Author()); n != "" {
		t.Errorf("%q", n)
	}
}

// TestBindEveryOrder: device, bind and grant arrive in every order.
func TestBindEveryOrder(t *testing.T) {
	a := found(t, key("Ann"))
	ben, dev := key("Ben"), key("dev").Claim(key("Ben").Author(), false)
	d := lax(t, a, dev)
	write(t, d, "device ")
	write(t, d, "again ")
	b := lax(t, a, ben)
	edit(t, b, func(tx *crdt.Tx) { authorship.Bind(tx, dev.Author(), false) })
	edit(t, b, func(tx *crdt.Tx) { must(t, authorship.Consent(tx, terms)) })
	for _, x := range []*crdt.Doc{d, b} {
		must(t, bridge.Of(x).Leave())
	}
	meet(t, a, b, d)
	if len(verdicts(a.View())) != 0 {
		t.Fatalf("%v", verdicts(a.View()))
	}
	if len(pieces(t, a)) != 5 {
		t.Fatal("pieces")
	}
	everyOrder(t, a)
}

// TestForgedBindings: a signature for another work, key or kind, or by another
// person, confirms nothing; an act that is not in its form is void.
func TestForgedBindings(t *testing.T) {
	ann, ben, mal := key("Ann"), key("Ben"), key("Mal")
	a := found(t, ann)
	write(t, a, "Knead.")
	other := found(t, ann, crdt.Title("Cake"))
	if other.ID() == a.ID() {
		t.Fatal("one work")
	}
	good := func(m map[string]any) map[string]any {
		out := map[string]any{"person": keyBytes(ben.Author()), "agent": false, "sig": bindSig(ben, a.ID(), mal.Author(), "device")}
		for k, v := range m {
			if out[k] = v; v == nil {
				delete(out, k)
			}
		}
		return out
	}
	weak := crdt.Author{1} // a point of order 1: its signatures are anybody's
	for name, c := range map[string]struct {
		body  any
		bound bool
		own   bool // not even a claim: a person of its own
	}{
		"as it should be":  {good(nil), true, false},
		"another work":     {good(map[string]any{"sig": bindSig(ben, other.ID(), mal.Author(), "device")}), false, false},
		"another key":      {good(map[string]any{"sig": bindSig(ben, a.ID(), ann.Author(), "device")}), false, false},
		"another kind":     {good(map[string]any{"sig": bindSig(ben, a.ID(), mal.Author(), "agent")}), false, false},
		"kind changed":     {good(map[string]any{"agent": true}), false, false},
		"another person":   {good(map[string]any{"sig": bindSig(ann, a.ID(), mal.Author(), "device")}), false, false},
		"signed by itself": {good(map[string]any{"sig": bindSig(mal, a.ID(), mal.Author(), "device")}), false, false},
		"no signature":     {good(map[string]any{"sig": nil}), false, false},
		"short signature":  {good(map[string]any{"sig": make([]byte, 63)}), false, true},
		"signature a text": {good(map[string]any{"sig": "x"}), false, true},
		"unknown field":    {good(map[string]any{"more": 1}), false, true},
		"no person":        {good(map[string]any{"person": nil}), false, true},
		"bare person":      {good(map[string]any{"person": ben.Author().String()}), false, true},
		"weak person":      {good(map[string]any{"person": keyBytes(weak), "sig": nil}), false, true},
		"agent a number":   {good(map[string]any{"agent": 1}), false, true},
		"itself":           {good(map[string]any{"person": keyBytes(mal.Author()), "sig": nil}), false, true},
		"no map":           {"boundTo Ben", false, true},
		"nothing":          {nil, false, true},
	} {
		d, err := a.Clone(says(mal, "boundTo", c.body), authorship.Agree(terms))
		must(t, err)
		if name == "kind changed" { // an agent of somebody who has granted nothing
			wantTerms(t, d.Update(func(tx *crdt.Tx) error { tx.Put("x", 1); return nil }), terms)
			continue
		}
		write(t, d, " Forged.")
		must(t, bridge.Of(d).Leave())
		same(t, d, name)
		spans := blame(d)
		s := spans[len(spans)-1]
		if (s.Author.ID == ben.Author()) != c.bound {
			t.Errorf("%s: belongs to %s", name, s.Author.ID)
		}
		if (s.Level == authorship.Covered) != (!c.bound && !c.own) {
			t.Errorf("%s: %s", name, s.Level)
		}
		if !strings.HasSuffix(body(d), "Forged.") {
			t.Errorf("%s: %q", name, body(d))
		}
	}
}

// TestBindingLate: a boundTo counts in the first change of a key only.
func TestBindingLate(t *testing.T) {
	ben, mal := key("Ben"), key("Mal")
	a := found(t, key("Ann"))
	m := join(t, a, mal)
	write(t, m, "mine ")
	edit(t, m, func(tx *crdt.Tx) {
		tx.Act("boundTo", map[string]any{"person": keyBytes(ben.Author()), "agent": false, "sig": bindSig(ben, a.ID(), mal.Author(), "device")})
		tx.Text("body").Append("his")
	})
	must(t, bridge.Of(m).Leave())
	for _, s := range blame(m) {
		if s.Author.ID != mal.Author() {
			t.Errorf("%+v", s)
		}
	}
	same(t, m, "late")
	b := join(t, m, ben)
	write(t, b, "Ben's")
	if n := authorship.Name(b.View(), mal.Author()); n != "Mal" {
		t.Errorf("%q", n)
	}
}

// TestForkedKey: a key that starts anew cannot carry its earlier work to a
// person; each branch is whose it says.
func TestForkedKey(t *testing.T) {
	ben, mal := key("Ben"), key("Mal")
	a := found(t, key("Ann"))
	one := join(t, a, mal)
	write(t, one, "before ")
	two := lax(t, a, mal.BoundTo(ben, false))
	c := write(t, two, "after ")
	for _, d := range []*crdt.Doc{one, two} {
		must(t, bridge.Of(d).Leave())
	}
	if body(two) != "" {
		t.Errorf("Ben has not granted: %q", body(two))
	}
	r, err := crdt.Join(nil, a.ID(), authorship.Checked(func(err error) { t.Fatal(err) }))
	must(t, err)
	for _, d := range []*crdt.Doc{one, two} {
		must(t, r.Merge(d))
	}
	wantTerms(t, r.View().Verdict(c.ID), terms) // Mal's own branch has, Ben has not
	b := join(t, a, ben)
	write(t, b, "Ben ")
	must(t, r.Merge(b))
	for s := range authorship.Blame(r.View().Text("body")) {
		if s.Author.ID != map[string]crdt.Author{"before ": mal.Author(), "after ": ben.Author(), "Ben ": ben.Author()}[s.Text] {
			t.Errorf("%q is by %s", s.Text, s.Author.ID)
		}
	}
	everyOrder(t, r)
}

// TestForkedAway: when a bind takes a branch away from a key, with its grant, the
// other branch of the key lacks it: verdicts go off as well as on.
func TestForkedAway(t *testing.T) {
	ben, mal := key("Ben"), key("Mal")
	a := found(t, key("Ann"))
	one := lax(t, a, mal)
	write(t, one, "ungranted ")
	two := join(t, a, mal.Claim(ben.Author(), false))
	write(t, two, "granted ")
	r, err := crdt.Join(nil, a.ID(), authorship.Checked(func(err error) { t.Fatal(err) }))
	must(t, err)
	for _, d := range []*crdt.Doc{one, two} {
		must(t, bridge.Of(d).Leave())
		must(t, r.Merge(d))
	}
	if len(verdicts(r.View())) != 0 {
		t.Errorf("the key has granted: %v", verdicts(r.View()))
	}
	b := lax(t, a, ben)
	edit(t, b, func(tx *crdt.Tx) { authorship.Bind(tx, mal.Author(), false) })
	must(t, r.Merge(b))
	if body(r) != "granted " {
		t.Errorf("%q", body(r))
	}
	everyOrder(t, r)
}

// TestGenesisData: a genesis that says anything else does not open, and is not
// founded.
func TestGenesisData(t *testing.T) {
	good := map[string]any{"mode": "direct", "terms": []any{"MIT"}}
	ann := keyBytes(key("Ann").Author())
	open := func(data any) error {
		v, err := crdt.NewValue(data)
		must(t, err)
		d, err := crdt.New(key("Ann"), crdt.WithRules(named{}, v))
		must(t, err)
		b, err := d.Since(crdt.Version{})
		must(t, err)
		r, err := crdt.Join(nil, d.ID(), authorship.Rules())
		must(t, err)
		_, err = r.Apply(b)
		if err != nil && r.View().Changes() != 0 {
			t.Error("refused and applied")
		}
		return err
	}
	must(t, open(good))
	must(t, open(map[string]any{"mode": "propose", "terms": []any{"MIT"}, "source": "x", "members": chambers(16, ann),
		"moderators": []any{ann}, "accept": []any{0, 4096}, "amend": []any{4096, 4096}}))
	for name, change := range map[string]map[string]any{
		"unknown field":   {"more": []any{}},
		"unknown mode":    {"mode": "vote"},
		"no members":      {"members": map[string]any{}},
		"members a list":  {"members": []any{ann}},
		"empty chamber":   {"members": map[string]any{"all": []any{}}},
		"no name":         {"members": map[string]any{"": []any{ann}}},
		"long name":       {"members": map[string]any{strings.Repeat("x", 65): []any{ann}}},
		"17 chambers":     {"members": chambers(17, ann)},
		"member twice":    {"members": map[string]any{"all": []any{ann, ann}}},
		"no key":          {"members": map[string]any{"all": []any{ann[2:]}}},
		"no moderators":   {"moderators": []any{}},
		"moderator twice": {"moderators": []any{ann, ann}},
		"more than all":   {"accept": []any{3, 2}},
		"less than none":  {"amend": []any{-1, 2}},
		"of none":         {"amend": []any{0, 0}},
		"of too many":     {"accept": []any{1, 4097}},
		"a huge share":    {"accept": []any{uint64(1) << 63, uint64(1) << 63}},
		"half a share":    {"accept": []any{1}},
		"a share a float": {"accept": []any{1.0, 2.0}},
		"no mode":         {"mode": nil},
		"mode a number":   {"mode": 1},
		"no terms":        {"terms": []any{}},
		"terms missing":   {"terms": nil},
		"terms a text":    {"terms": "MIT"},
		"terms a number":  {"terms": []any{1}},
		"not SPDX":        {"terms": []any{"do what you like"}},
		"twice":           {"terms": []any{"MIT", "mit"}},
		"alternatives":    {"terms": []any{"MIT OR ISC"}},
		"other spelling":  {"terms": []any{"MIT  AND ISC"}},
		"17 terms":        {"terms": seventeen()},
		"empty source":    {"source": ""},
		"source a number": {"source": 1},
		"long source":     {"source": strings.Repeat("x", 4097)},
	} {
		data := map[string]any{}
		for k, v := range good {
			data[k] = v
		}
		for k, v := range change {
			if data[k] = v; v == nil {
				delete(data, k)
			}
		}
		if err := open(data); !errors.Is(err, crdt.ErrRules) || !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, data := range []any{nil, "direct", []any{}} {
		if err := open(data); !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%v: %v", data, err)
		}
	}
}

// chambers are n of them, with one member.
func chambers(n int, member []byte) map[string]any {
	out := map[string]any{}
	for k := range n {
		out[fmt.Sprintf("%064d", k)] = []any{member}
	}
	return out
}

// seventeen are one too many terms.
func seventeen() []any {
	var out []any
	for k := range 17 {
		out = append(out, fmt.Sprintf("LicenseRef-%d", k))
	}
	return out
}

// named has the name of the rules and judges nothing.
type named struct{}

func (named) Name() string                                       { return authorship.RulesName }
func (named) Start(crdt.History, crdt.Value) (crdt.Judge, error) { return judgeNothing{}, nil }

// TestCharter: what was founded is what is read.
func TestCharter(t *testing.T) {
	ann, ben, cy := key("Ann").Author(), key("Ben").Author(), key("Cy").Author()
	for _, c := range []struct{ says, want authorship.Charter }{
		{
			authorship.Charter{Title: "Bread", Source: "https://example.org/bread", Terms: []string{"MIT OR ISC AND CC0-1.0"}},
			authorship.Charter{
				Title: "Bread", Source: "https://example.org/bread", Terms: []string{"MIT", "CC0-1.0 AND ISC"}, Mode: authorship.ModeDirect,
				Members: map[string][]crdt.Author{"members": {ann}}, Accept: authorship.Share{Den: 1}, Amend: authorship.Share{Num: 1, Den: 2},
			},
		},
		{
			authorship.Charter{
				Title: "Bread", Terms: []string{"MIT"}, Mode: authorship.ModePropose,
				Members:    map[string][]crdt.Author{"bakers": {cy, ben, cy}, "eaters": {ann}},
				Moderators: []crdt.Author{cy, ben, cy}, Accept: authorship.Share{Num: 1, Den: 3}, Amend: authorship.Share{Num: 2, Den: 3},
			},
			authorship.Charter{
				Title: "Bread", Terms: []string{"MIT"}, Mode: authorship.ModePropose,
				Members:    map[string][]crdt.Author{"bakers": sorted(ben, cy), "eaters": {ann}},
				Moderators: sorted(ben, cy), Accept: authorship.Share{Num: 1, Den: 3}, Amend: authorship.Share{Num: 2, Den: 3},
			},
		},
	} {
		d, err := crdt.New(key("Ann"), authorship.Found(c.says))
		must(t, err)
		got, err := authorship.CharterOf(d.View())
		must(t, err)
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%v, want %v", got, c.want)
		}
	}
	bare, err := crdt.New(key("Ann"), crdt.Title("Notes"))
	must(t, err)
	if _, err := authorship.CharterOf(bare.View()); !errors.Is(err, authorship.ErrCharter) {
		t.Errorf("%v", err)
	}
	write(t, bare, "x")
	if s := authorship.Notice(bare.View()).String(); s != `"Notes" by Ann.` {
		t.Errorf("%s", s)
	}
}

// sorted is keys in their order.
func sorted(keys ...crdt.Author) []crdt.Author {
	slices.SortFunc(keys, func(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) })
	return keys
}

// TestFoundRefuses: terms that are none found no work.
func TestFoundRefuses(t *testing.T) {
	for _, c := range []authorship.Charter{
		{Title: "x"}, {Title: "x", Terms: []string{""}}, {Title: "x", Terms: []string{"MIT", "("}},
		{Title: "x", Terms: []string{"MIT"}, Source: strings.Repeat("x", 5000)},
		{Title: "x", Terms: []string{"MIT"}, Source: "\xff"},
		{Title: "x", Terms: []string{"MIT"}, Mode: "vote"},
		{Title: "x", Terms: []string{"MIT"}, Members: map[string][]crdt.Author{"all": nil}},
		{Title: "x", Terms: []string{"MIT"}, Members: map[string][]crdt.Author{"all": {{}}}},
		{Title: "x", Terms: []string{"MIT"}, Accept: authorship.Share{Num: 2, Den: 1}},
		{Title: "x", Terms: []string{"MIT"}, Amend: authorship.Share{Num: 1}},
	} {
		if _, err := crdt.New(key("Ann"), authorship.Found(c)); !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%v: %v", c.Terms, err)
		}
	}
	a := found(t, key("Ann"))
	b, err := a.Clone(key("Ben"), authorship.Agree("what?"))
	must(t, err)
	if err := b.Update(func(tx *crdt.Tx) error { tx.Put("x", 1); return nil }); !errors.Is(err, authorship.ErrCharter) {
		t.Errorf("%v", err)
	}
}

// TestRandomRules: random histories of persons, devices, agents, claims and
// forked keys; after every change that arrives, in random order, the verdicts are
// the twin's and the invariants hold.
func TestRandomRules(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fail := func(err error) { t.Fatalf("%v", err) }
		ok := func(err error) {
			if err != nil {
				t.Fatalf("%v", err)
			}
		}
		many := rapid.SampledFrom([]string{"MIT", "MIT OR ISC", "MIT OR ISC OR CC0-1.0"}).Draw(t, "terms")
		a, err := crdt.New(key("P0"), authorship.Commons("x", many), fixed())
		ok(err)
		pool := []*crdt.Doc{a}
		for n := rapid.IntRange(1, 5).Draw(t, "writers"); n > 0; n-- {
			k := key(rapid.SampledFrom([]string{"P1", "P2", "K1", "K2"}).Draw(t, "key"))
			p := key(rapid.SampledFrom([]string{"P0", "P1", "P2"}).Draw(t, "person"))
			agent := rapid.Bool().Draw(t, "agent")
			switch rapid.IntRange(0, 3).Draw(t, "kind") {
			case 0:
				k = k.BoundTo(p, agent)
			case 1:
				k = k.Claim(p.Author(), agent)
			}
			d, err := a.Clone(k, authorship.Checked(fail), fixed())
			ok(err)
			pool = append(pool, d)
		}
		for n := rapid.IntRange(1, 12).Draw(t, "edits"); n > 0; n-- {
			d := rapid.SampledFrom(pool).Draw(t, "doc")
			err := d.Update(func(tx *crdt.Tx) error {
				switch rapid.IntRange(0, 3).Draw(t, "edit") {
				case 0:
					return authorship.Consent(tx, rapid.SampledFrom([]string{"MIT", "ISC", "CC0-1.0", "MIT OR ISC", "0BSD"}).Draw(t, "grant"))
				case 1:
					authorship.Bind(tx, key(rapid.SampledFrom([]string{"P1", "K1", "K2"}).Draw(t, "bound")).Author(), rapid.Bool().Draw(t, "as agent"))
				default:
					tx.Text("body").Append("x")
				}
				return nil
			})
			if errors.Is(err, crdt.ErrKey) || errors.Is(err, authorship.ErrTerms) {
				continue // met a change of its own key; or a key forked from the founder's document
			}
			ok(err)
			ok(bridge.Of(d).Leave())
			same(t, d, "writer")
			if rapid.Bool().Draw(t, "meet") {
				ok(d.Merge(rapid.SampledFrom(pool).Draw(t, "with")))
				same(t, d, "merged")
			}
		}
		all, err := crdt.Join(nil, a.ID(), authorship.Checked(fail))
		ok(err)
		for _, d := range pool {
			ok(all.Merge(d))
			same(t, all, "all")
		}
		in := bridge.Of(all)
		r, err := crdt.Join(nil, a.ID(), authorship.Checked(fail))
		ok(err)
		for _, k := range rapid.Permutation(upTo(in.Count())).Draw(t, "order") {
			b, _ := in.Bundle([]int{k}, 1<<30)
			_, err := bridge.Of(r).Apply(b, "", false)
			ok(err)
			same(t, r, "reader")
		}
		if r.Heads() != all.Heads() || body(r) != body(all) {
			t.Fatalf("%q, want %q", body(r), body(all))
		}
	})
}

// upTo are 0 … n-1.
func upTo(n int) []int {
	out := make([]int, n)
	for k := range out {
		out[k] = k
	}
	return out
}
