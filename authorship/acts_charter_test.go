package authorship_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// council is a work that Ann, Ben and Cyd have founded, with a replica each, and one of
// Dan, who is no member.
type council struct {
	t                  *testing.T
	ann, ben, cyd, dan *crdt.Doc
}

// members are three people as a charter names them.
func members(names ...string) map[string][]crdt.Author {
	var list []crdt.Author
	for _, n := range names {
		list = append(list, key(n).Author())
	}
	return map[string][]crdt.Author{"members": list}
}

// convene founds the work under a charter, whose members and terms it fills in.
func convene(t *testing.T, c authorship.Charter) *council {
	t.Helper()
	c.Title, c.Terms = "Bread", []string{terms}
	if c.Members == nil {
		c.Members = members("Ann", "Ben", "Cyd")
	}
	ann, err := crdt.New(key("Ann"), authorship.Found(c), fixed())
	must(t, err)
	k := &council{t: t, ann: ann}
	k.ben, k.cyd, k.dan = join(t, ann, key("Ben")), join(t, ann, key("Cyd")), join(t, ann, key("Dan"))
	return k
}

// consent lets everybody grant more than the work asks for.
func (k *council) consent(terms ...string) {
	k.t.Helper()
	for _, d := range k.all() {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Consent(tx, terms...) })
	}
}

// all are the replicas.
func (k *council) all() []*crdt.Doc { return []*crdt.Doc{k.ann, k.ben, k.cyd, k.dan} }

// meet lets all exchange what they have.
func (k *council) meet() { k.t.Helper(); meet(k.t, k.all()...) }

// act lets somebody write acts in a change of their own, after which all meet.
func (k *council) act(d *crdt.Doc, fn func(tx *crdt.Tx) error) crdt.Change {
	k.t.Helper()
	c := act(k.t, d, fn)
	k.meet()
	return c
}

// act lets somebody write acts in a change of their own.
func act(t testing.TB, d *crdt.Doc, fn func(tx *crdt.Tx) error) crdt.Change {
	t.Helper()
	must(t, d.Update(fn))
	_, _ = d.Commit("")
	c, _ := d.Newest()
	return c
}

// amend proposes an amendment.
func (k *council) amend(d *crdt.Doc, a authorship.Amendment) crdt.Change {
	k.t.Helper()
	return k.act(d, func(tx *crdt.Tx) error { return authorship.Amend(tx, a) })
}

// endorse lets people vote for it, one after another.
func (k *council) endorse(amend crdt.Change, by ...*crdt.Doc) {
	k.t.Helper()
	for _, d := range by {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, amend.ID) })
	}
}

// decide amends the charter with the votes of Ann and Ben.
func (k *council) decide(a authorship.Amendment) crdt.Change {
	k.t.Helper()
	c := k.amend(k.ann, a)
	k.endorse(c, k.ann, k.ben)
	return c
}

// decision is how a matter stands.
func decision(t testing.TB, v *crdt.View, on ...cid.Cid) authorship.Decision {
	t.Helper()
	for d := range authorship.Decisions(v) {
		if slices.Equal(d.On, on) {
			return d
		}
	}
	t.Fatalf("no decision on %v", on)
	panic("")
}

// explain is the verdict on a change.
func explain(t testing.TB, v *crdt.View, c crdt.Change) authorship.Verdict {
	t.Helper()
	x, err := authorship.Explain(v, c.ID)
	must(t, err)
	if (v.Verdict(c.ID) == nil) != x.Effective() {
		t.Errorf("%s is explained as %s and judged %v", c.ID, x, v.Verdict(c.ID))
	}
	return x
}

// answers is every answer about the charter that a view gives, as JSON and in words.
func answers(t testing.TB, v *crdt.View) string {
	t.Helper()
	all := map[string]any{}
	c, err := authorship.CharterOf(v)
	must(t, err)
	all["charter"] = c
	all["proposals"] = slices.Collect(authorship.Proposals(v))
	all["decisions"] = slices.Collect(authorship.Decisions(v))
	all["hidden"] = slices.Collect(authorship.Hidden(v))
	all["members"] = slices.Collect(authorship.Members(v))
	all["epochs"] = slices.Collect(authorship.Epochs(v))
	verdicts := map[string]authorship.Verdict{}
	off := slices.Collect(authorship.Ineffective(v))
	for c := range v.History() {
		x := explain(t, v, c)
		verdicts[c.ID.String()] = x
		k := slices.IndexFunc(off, func(y authorship.Verdict) bool { return y.Change == c.ID })
		if (k < 0) != x.Effective() || k >= 0 && fmt.Sprintf("%+v", off[k]) != fmt.Sprintf("%+v", x) {
			t.Errorf("%s is explained as %s, and among those that do not count %d", c.ID, x, k)
		}
		all["role "+c.Author.String()] = authorship.RoleOf(v, c.Author)
	}
	all["verdicts"], all["ineffective"] = verdicts, off
	b, err := json.Marshal(all)
	must(t, err)
	for x := range authorship.Decisions(v) {
		b = fmt.Append(b, "\n", x)
		for _, y := range x.Votes {
			b = fmt.Append(b, "\n", y)
		}
	}
	for x := range authorship.Proposals(v) {
		b = fmt.Append(b, "\n", x, x.Objections, x.Readings)
	}
	for _, x := range verdicts {
		if strings.Contains(x.String(), "%!") {
			t.Errorf("%s", x)
		}
	}
	return string(b)
}

// alike fails unless all replicas and a reader without a key give the same answers.
func (k *council) alike() {
	k.t.Helper()
	reader, err := k.dan.Clone(nil, authorship.Rules())
	must(k.t, err)
	want := answers(k.t, k.ann.View())
	for n, d := range append(k.all(), reader) {
		if got := answers(k.t, d.View()); got != want {
			k.t.Fatalf("replica %d answers\n%s\nAnn\n%s", n, got, want)
		}
	}
}

// TestPropose: a proposal waits with what it lacks, objections and readings beside it,
// is accepted, and what is added to it waits again.
func TestPropose(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose, Accept: authorship.Share{Num: 1, Den: 2}})
	first := k.act(k.dan, func(tx *crdt.Tx) error {
		if err := authorship.Propose(tx, "Longer  rest"); err != nil {
			return err
		}
		tx.Text("body").Append("Wait two hours.")
		return nil
	})
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Object(tx, first.ID, "too long") })
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Review(tx, first.ID) })
	second := k.act(k.dan, func(tx *crdt.Tx) error {
		tx.Tag(first.ID)
		tx.Text("body").Append(" Or three.")
		return nil
	})
	p := slices.Collect(authorship.Proposals(k.ann.View()))
	if len(p) != 1 || p[0].ID != first.ID || p[0].Title != "Longer rest" || p[0].By.Name != "Dan" || p[0].Accepted() ||
		!slices.Equal(p[0].Changes, []cid.Cid{first.ID, second.ID}) || !slices.Equal(p[0].Heads, []cid.Cid{second.ID}) || len(p[0].Waiting) != 2 {
		t.Fatalf("%+v", p)
	}
	if l := p[0].Lacks; l == nil || l.Chamber != "members" || l.Have != 0 || l.Need != 2 || len(l.Silent) != 3 {
		t.Errorf("it lacks %v", p[0].Lacks)
	}
	if o := p[0].Objections; len(o) != 1 || o[0].By.Name != "Ben" || o[0].Why != "too long" || o[0].Current || o[0].To != first.ID {
		t.Errorf("objections %v", o)
	}
	if r := p[0].Readings; len(r) != 1 || r[0].By.Name != "Cyd" || r[0].Current {
		t.Errorf("readings %v: what came later was not read", r)
	}
	if got := p[0].String(); got != `"Longer rest" by Dan: waits, 0 of 2 of members, silent: `+silent(p[0].Lacks) {
		t.Errorf("%s", got)
	}
	if x := explain(t, k.ann.View(), second); x.Reason != authorship.Proposed || x.Cause != first.ID || x.Lacks == nil || x.Lacks.Need != 2 {
		t.Errorf("%s", x)
	}
	k.alike()

	accept := func(by *crdt.Doc, heads ...cid.Cid) crdt.Change {
		return k.act(by, func(tx *crdt.Tx) error { return authorship.Accept(tx, heads...) })
	}
	accept(k.ann, first.ID)
	if d := decision(t, k.cyd.View(), first.ID); d.State != authorship.Open || d.Count.Have != 1 || d.Matter != authorship.ToAccept || d.By.Name != "Ann" || d.Ready() {
		t.Errorf("%s", d)
	}
	if x := explain(t, k.ann.View(), first); x.Lacks.Have != 1 || len(x.Lacks.Silent) != 2 {
		t.Errorf("%s", x)
	}
	vote := accept(k.cyd, first.ID)
	if got := body(k.dan); got != "Wait two hours." {
		t.Errorf("%q", got)
	}
	if x := explain(t, k.ann.View(), first); !x.Effective() || x.Accepted != vote.ID {
		t.Errorf("%s", x)
	}
	if x := explain(t, k.ann.View(), vote); len(x.Votes) != 1 || x.Votes[0].Reason != authorship.Ratifies || !x.Votes[0].Counts() {
		t.Errorf("%s", x)
	}
	p = slices.Collect(authorship.Proposals(k.ben.View()))
	if !slices.Equal(p[0].Waiting, []cid.Cid{second.ID}) || len(p[0].Decisions) != 1 || p[0].Decisions[0].State != authorship.Ratified {
		t.Errorf("%+v", p[0])
	}
	k.alike()

	// A preview shows what accepting the rest would make.
	with, err := k.ann.View().With(second.Version())
	must(t, err)
	if got := with.Text("body").String(); got != " Or three.Wait two hours." {
		t.Errorf("a preview shows %q", got)
	}
	if body(k.ann) != "Wait two hours." {
		t.Error("a preview decides")
	}
	accept(k.ann, second.ID)
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.WithdrawAccept(tx, second.ID) })
	accept(k.cyd, second.ID)
	if body(k.ann) != "Wait two hours." {
		t.Error("a vote that was taken back counts")
	}
	accept(k.ann, second.ID)
	if p := slices.Collect(authorship.Proposals(k.ben.View())); body(k.ann) != " Or three.Wait two hours." || !p[0].Accepted() || p[0].Lacks != nil || !strings.HasSuffix(p[0].String(), "accepted") {
		t.Errorf("%q: %s", body(k.ann), p[0])
	}
	k.alike()
}

// silent is the names of who has not voted.
func silent(c *authorship.Count) string {
	var parts []string
	for _, p := range c.Silent {
		parts = append(parts, p.String())
	}
	return strings.Join(parts, ", ")
}

// TestAmend: every field of an amendment is written, read, decided upon, and in force
// then.
func TestAmend(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.consent("CC0-1.0")
	share := &authorship.Share{Num: 2, Den: 3}
	device := act(t, k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("spam"); return nil })
	k.meet()
	want := authorship.Amendment{
		Mode: authorship.ModePropose, Terms: []string{terms, "CC0-1.0"}, Admit: map[string][]crdt.Author{"bakers": {key("Eve").Author()}, "members": {key("Fay").Author()}},
		Remove: []crdt.Author{key("Cyd").Author()}, Moderators: []crdt.Author{key("Ann").Author()}, Accept: share, Amend: share,
		Cut: []authorship.Cut{{Key: k.dan.Author(), Heads: []cid.Cid{device.ID}}}, Why: "as we said",
	}
	c := k.amend(k.cyd, want)
	if d := decision(t, k.ben.View(), c.ID); fmt.Sprint(*d.Amendment) != fmt.Sprint(want) || d.State != authorship.Open || d.Count.Need != 2 || d.By.Name != "Cyd" || d.Base != k.ann.ID() {
		t.Fatalf("%+v\nwant %+v", d, want)
	}
	k.endorse(c, k.ann)
	k.endorse(c, k.cyd)
	d := decision(t, k.ben.View(), c.ID)
	if d.State != authorship.Ratified || d.Support != 1 || d.Of != 3 || len(d.Ratifies) != 1 || len(d.Votes) != 2 || len(d.Rivals) != 0 {
		t.Errorf("%+v", d)
	}
	for n, by := range []*crdt.Doc{k.ben, k.ann} { // who goes on from it supports it
		write(t, by, "x")
		k.meet()
		if d := decision(t, k.ben.View(), c.ID); d.State != authorship.Final || d.Support != n+2 || d.Margin != 2*n+1 || !strings.Contains(d.String(), fmt.Sprint("final, supported by ", n+2, " of 3")) {
			t.Errorf("%+v", d)
		}
	}
	got, err := authorship.CharterOf(k.dan.View())
	must(t, err)
	if got.Mode != want.Mode || !slices.Equal(got.Terms, want.Terms) || got.Accept != *share || got.Amend != *share || got.Title != "Bread" ||
		!slices.Equal(got.Moderators, want.Moderators) || len(got.Members) != 2 || len(got.Members["members"]) != 3 || len(got.Members["bakers"]) != 1 {
		t.Errorf("%+v", got)
	}
	if epochs := slices.Collect(authorship.Epochs(k.ann.View())); len(epochs) != 2 || epochs[0].ID != k.ann.ID() || epochs[1].ID != c.ID || epochs[0].Charter.Mode != authorship.ModeDirect || epochs[1].Charter.Mode != want.Mode {
		t.Errorf("%+v", epochs)
	}
	var names []string
	for m := range authorship.Members(k.dan.View()) {
		names = append(names, m.Person.String()+": "+m.String()+" of "+strings.Join(m.Chambers, "+"))
	}
	slices.Sort(names)
	if s := strings.Join(names, "; "); !strings.Contains(s, "Ann: member, moderator of members; Ben: member of members;") || strings.Contains(s, "Cyd") || !strings.Contains(s, " of bakers") {
		t.Errorf("members: %s", s)
	}
	for name, want := range map[string]string{"Ann": "member, moderator", "Ben": "member", "Cyd": "contributor", "Dan": "contributor", "Zoe": "reader"} {
		if got := authorship.RoleOf(k.ann.View(), key(name).Author()); got.String() != want || got.Contributor && name == "Zoe" {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	k.alike()

	// Of a view of the past everything is as it was then.
	then, err := k.ann.At(c.Parents)
	must(t, err)
	if old, err := authorship.CharterOf(then); err != nil || old.Mode != authorship.ModeDirect || len(old.Members["members"]) != 3 {
		t.Errorf("%+v, %v", old, err)
	}
	if n := len(slices.Collect(authorship.Decisions(then))); n != 0 {
		t.Errorf("%d decisions before the first", n)
	}
	if _, err := authorship.Explain(then, c.ID); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("%v", err)
	}
}

// TestLeaveIt: votes are switched, taken back and cast again; who holds enough of them
// decides by saying so again.
func TestLeaveIt(t *testing.T) {
	k := convene(t, authorship.Charter{})
	c := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	k.endorse(c, k.ann)
	for _, fn := range []func(tx *crdt.Tx) error{
		authorship.LeaveIt, func(tx *crdt.Tx) error { return authorship.Withdraw(tx, c.ID) },
	} {
		x := k.act(k.ann, fn)
		if v := explain(t, k.ben.View(), x).Votes; len(v) != 1 || v[0].Reason != authorship.Withdrawn {
			t.Errorf("%v", v)
		}
		k.endorse(c, k.ben)
		if d := decision(t, k.cyd.View(), c.ID); d.State != authorship.Open || d.Count.Have != 1 {
			t.Errorf("%s", d)
		}
		k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Withdraw(tx, c.ID) })
	}
	must(t, k.ann.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return nil }))
	must(t, k.ann.Update(authorship.LeaveIt))
	if x, _ := k.ann.Newest(); k.ann.View().Open() || x.Ops != 1 || len(explain(t, k.ann.View(), x).Votes) != 1 {
		t.Errorf("a vote is no change of its own: %+v", x)
	}
	k.meet()
	// Both vote at the same time: nobody has seen enough votes.
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		act(t, d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, c.ID) })
	}
	k.meet()
	if d := decision(t, k.cyd.View(), c.ID); d.State != authorship.Open || !d.Ready() {
		t.Errorf("%s", d)
	}
	k.endorse(c, k.ben)
	if d := decision(t, k.cyd.View(), c.ID); d.State != authorship.Ratified || d.Ready() {
		t.Errorf("%s", d)
	}
	k.alike()
}

// TestRefused: what would be void is not written.
func TestRefused(t *testing.T) {
	k := convene(t, authorship.Charter{Moderators: []crdt.Author{key("Ann").Author()}})
	c := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	other := convene(t, authorship.Charter{}).amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose, Why: "elsewhere"})
	unseen := act(t, k.ben, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Mode: authorship.ModePropose, Why: "x"})
	})
	words := write(t, k.ann, "x")
	k2 := join(t, k.ann, key("Ann2").BoundTo(key("Ann"), false))
	ann, ben, dan := key("Ann").Author(), key("Ben").Author(), key("Dan").Author() // a doc is not asked inside its Update
	void := func(r authorship.Reason) error { return &authorship.VoidError{Reason: r} }
	for name, x := range map[string]struct {
		by   *crdt.Doc
		fn   func(tx *crdt.Tx) error
		want error
	}{
		"endorse what is not held":   {k.ann, func(tx *crdt.Tx) error { return authorship.Endorse(tx, unseen.ID) }, authorship.ErrNotHeld},
		"endorse another work's":     {k.cyd, func(tx *crdt.Tx) error { return authorship.Endorse(tx, other.ID) }, authorship.ErrNotHeld},
		"endorse what is no amend":   {k.ann, func(tx *crdt.Tx) error { return authorship.Endorse(tx, words.ID) }, void(authorship.BadProposal)},
		"endorse by a stranger":      {k.dan, func(tx *crdt.Tx) error { return authorship.Endorse(tx, c.ID) }, authorship.ErrNotMember},
		"endorse by a device":        {k2, func(tx *crdt.Tx) error { return authorship.Endorse(tx, c.ID) }, void(authorship.NotPersonKey)},
		"leave it by a stranger":     {k.dan, authorship.LeaveIt, authorship.ErrNotMember},
		"accept nothing":             {k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx) }, authorship.ErrNotHeld},
		"accept what is not held":    {k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, words.ID, unseen.ID) }, authorship.ErrNotHeld},
		"redact what is not held":    {k.ann, func(tx *crdt.Tx) error { return authorship.Redact(tx, unseen.ID) }, authorship.ErrNotHeld},
		"object to what is not held": {k.ann, func(tx *crdt.Tx) error { return authorship.Object(tx, unseen.ID, "why") }, authorship.ErrNotHeld},
		"hide what is not held":      {k.ann, func(tx *crdt.Tx) error { return authorship.Hide(tx, unseen.ID) }, authorship.ErrNotHeld},
		"hide by no moderator":       {k.ben, func(tx *crdt.Tx) error { return authorship.Hide(tx, c.ID) }, authorship.ErrNotModerator},
		"unhide by no moderator":     {k.ben, func(tx *crdt.Tx) error { return authorship.Unhide(tx, c.ID) }, authorship.ErrNotModerator},
		"revoke the own key":         {k.ann, func(tx *crdt.Tx) error { return authorship.Revoke(tx, ann) }, authorship.ErrOwnKey},
		"revoke by a device":         {k2, func(tx *crdt.Tx) error { return authorship.Revoke(tx, ann) }, void(authorship.NotPersonKey)},
		"revoke at another's head":   {k.ann, func(tx *crdt.Tx) error { return authorship.Revoke(tx, key("Ann2").Author(), c.ID) }, void(authorship.BadCut)},
		"revoke at what is not held": {k.ann, func(tx *crdt.Tx) error { return authorship.Revoke(tx, ben, unseen.ID) }, authorship.ErrNotHeld},
		"amend nothing":              {k.ann, func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Why: "because"}) }, authorship.ErrCharter},
		"a mode":                     {k.ann, func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Mode: "chaos"}) }, authorship.ErrCharter},
		"genesis terms":              {k.ann, func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Terms: []string{"CC0-1.0"}}) }, authorship.ErrCharter},
		"no terms":                   {k.ann, func(tx *crdt.Tx) error { return authorship.Amend(tx, authorship.Amendment{Terms: []string{}}) }, authorship.ErrCharter},
		"a share": {k.ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Amend: &authorship.Share{Num: 3, Den: 2}})
		}, authorship.ErrCharter},
		"a chamber": {k.ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Admit: map[string][]crdt.Author{"": {dan}}})
		}, authorship.ErrCharter},
		"nobody": {k.ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Admit: map[string][]crdt.Author{}})
		}, authorship.ErrCharter},
		"two cuts of a key": {k.ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Cut: []authorship.Cut{{Key: dan}, {Key: dan}}})
		}, authorship.ErrCharter},
		"a cut at another's head": {k.ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Cut: []authorship.Cut{{Key: dan, Heads: []cid.Cid{c.ID}}}})
		}, authorship.ErrCharter},
		"a title":    {k.ann, func(tx *crdt.Tx) error { return authorship.Propose(tx, strings.Repeat("x", 2000)) }, crdt.ErrLimit},
		"free text":  {k.ann, func(tx *crdt.Tx) error { return authorship.Object(tx, c.ID, strings.Repeat("x", 20000)) }, crdt.ErrLimit},
		"bad UTF-8":  {k.ann, func(tx *crdt.Tx) error { return authorship.Object(tx, c.ID, "\xff") }, crdt.ErrMalformed},
		"edit first": {k.ann, func(tx *crdt.Tx) error { tx.Text("body").Append("y"); return authorship.Endorse(tx, c.ID) }, nil},
	} {
		heads := x.by.View().Version()
		n := len(slices.Collect(x.by.View().Acts()))
		err := x.by.Update(x.fn)
		if x.want == nil {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		var got, want *authorship.VoidError
		switch {
		case errors.As(x.want, &want):
			if !errors.As(err, &got) || *got != *want || got.Error() == "" {
				t.Errorf("%s: %v, want %v", name, err, x.want)
			}
		case !errors.Is(err, x.want):
			t.Errorf("%s: %v, want %v", name, err, x.want)
		}
		if x.by.View().Version() != heads || len(slices.Collect(x.by.View().Acts())) != n {
			t.Errorf("%s: something was written", name)
		}
	}
	plain, err := crdt.New(key("Ann"))
	must(t, err)
	work := plain.ID()
	for name, fn := range map[string]func(tx *crdt.Tx) error{
		"amend": func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Mode: authorship.ModePropose})
		},
		"vote": authorship.LeaveIt,
		"hide": func(tx *crdt.Tx) error { return authorship.Hide(tx, work) },
	} {
		if err := plain.Update(fn); !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%s in a work without rules: %v", name, err)
		}
	}
	if n := len(slices.Collect(authorship.Decisions(plain.View()))) + len(slices.Collect(authorship.Proposals(plain.View()))) + len(slices.Collect(authorship.Members(plain.View()))); n != 0 {
		t.Errorf("a work without rules has %d matters", n)
	}
}
