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

// eventful is a work in which much was decided.
func eventful(t *testing.T) *council {
	k := convene(t, authorship.Charter{Accept: authorship.Share{Num: 1, Den: 2}})
	first := write(t, k.dan, "one ")
	k.meet()
	c := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	k.endorse(c, k.ann)
	late := write(t, k.dan, "late ")
	k.endorse(c, k.ben)
	p := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("two "); return authorship.Propose(tx, "Two") })
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Object(tx, p.ID, "why?") })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Review(tx, p.ID) })
	for _, d := range []*crdt.Doc{k.ann, k.cyd} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Hide(tx, first.ID) })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, late.ID) })
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	good := write(t, device, "good ")
	write(t, device, "stolen ")
	must(t, k.ben.Merge(device))
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), good.ID) })
	cut := k.amend(k.cyd, authorship.Amendment{Cut: []authorship.Cut{{Key: k.dan.Author(), Heads: []cid.Cid{first.ID}}}, Admit: members("Eve")})
	k.endorse(cut, k.ann, k.cyd)
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, late.ID) })
	return k
}

// TestReaderWithoutKey: whoever only reads gets every answer that the founder gets, of
// the present and of every version.
func TestReaderWithoutKey(t *testing.T) {
	k := eventful(t)
	k.alike()
	reader, err := crdt.Join(nil, k.ann.ID(), authorship.Rules())
	must(t, err)
	must(t, reader.Merge(k.cyd))
	n := 0
	for c := range reader.View().History() {
		mine, err := k.ann.At(c.Version())
		must(t, err)
		theirs, err := reader.At(c.Version())
		must(t, err)
		if a, b := answers(t, mine), answers(t, theirs); a != b {
			t.Fatalf("at %s the founder answers\n%s\nthe reader\n%s", c.ID, a, b)
		}
		n++
	}
	if n < 20 {
		t.Errorf("%d versions", n)
	}
}

// TestAnswersThen: a view of the past gives the answers of a replica that has nothing
// later, whose judge has grown change by change.
func TestAnswersThen(t *testing.T) {
	k := eventful(t)
	n := 0
	for c := range k.ann.View().History() {
		then, err := k.ann.At(c.Version())
		must(t, err)
		branch, err := k.ann.Branch(nil, c.Version(), authorship.Rules())
		if errors.Is(err, crdt.ErrNotCovered) {
			continue
		}
		must(t, err)
		n++
		if a, b := answers(t, then), answers(t, branch.View()); a != b {
			t.Fatalf("at %s the view answers\n%s\na replica\n%s", c.ID, a, b)
		}
	}
	if n < 15 {
		t.Errorf("%d versions", n)
	}
}

// TestVoidActs: acts that are not in their form, that name what their author could not
// know, or that are not theirs to make, do nothing and break nothing.
func TestVoidActs(t *testing.T) {
	k := convene(t, authorship.Charter{})
	words := write(t, k.ann, "words")
	k.meet()
	unseen := write(t, k.cyd, "unseen ") // Ann has not seen it
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	work := write(t, device, "device ")
	must(t, k.ben.Merge(device))
	must(t, k.ann.Merge(k.ben))
	e0 := k.ann.ID()
	other := crdt.Change{ID: e0}.Version().IDs()[0]
	mine := keyBytes(key("Ben2").Author())
	for _, x := range []struct {
		by   *crdt.Doc
		kind string
		body any
	}{
		{k.dan, "hide", map[string]any{"changes": list(words.ID)}},
		{k.ann, "hide", map[string]any{"changes": list()}},
		{k.ann, "hide", map[string]any{"changes": []any{words.ID, words.ID}}},
		{k.ann, "hide", map[string]any{"changes": list(words.ID), "off": false}},
		{k.ann, "hide", map[string]any{"changes": list(words.ID), "more": 1}},
		{k.ann, "hide", map[string]any{"changes": []any{"words"}}},
		{k.ann, "hide", map[string]any{"changes": list(words.ID, unseen.ID)}},
		{k.ann, "hide", words.ID},
		{k.ann, "revoke", map[string]any{"key": mine, "heads": list()}}, // not her device
		{k.ben, "revoke", map[string]any{"key": mine}},
		{k.ben, "revoke", map[string]any{"key": mine[2:], "heads": list()}},
		{k.ben, "revoke", map[string]any{"key": mine, "heads": []any{work.ID, work.ID}}},
		{k.ben, "revoke", map[string]any{"key": mine, "heads": list(unseen.ID)}},
		{device, "revoke", map[string]any{"key": mine, "heads": list()}},
		{k.ann, "amend", map[string]any{"base": unseen.ID, "mode": "propose"}},
		{k.ann, "amend", map[string]any{"base": e0, "mode": 1}},
		{k.ann, "amend", map[string]any{"base": e0, "remove": list()}},
		{k.ann, "amend", map[string]any{"base": e0, "admit": map[string]any{}}},
		{k.ann, "amend", map[string]any{"base": e0, "cut": []any{map[string]any{"key": mine, "heads": list(unseen.ID)}}}},
		{k.ann, "amend", map[string]any{"mode": "propose"}},
		{k.ann, "amend", other},
		{k.ann, "object", map[string]any{"change": unseen.ID}},
		{k.ann, "object", nil},
	} {
		c := act(t, x.by, raw(x.kind, x.body))
		v := x.by.View()
		if x := explain(t, v, c); !x.Effective() {
			t.Errorf("a void act makes its change %s", x)
		}
		if n := len(slices.Collect(authorship.Hidden(v))) + len(slices.Collect(authorship.Decisions(v))); n != 0 {
			t.Errorf("%s %v: %d hidden or decided", x.kind, x.body, n)
		}
		if x.by != k.dan {
			if y := explain(t, v, work); !y.Effective() {
				t.Errorf("%s %v: %s", x.kind, x.body, y)
			}
		}
	}
	p := act(t, k.dan, raw("propose", map[string]any{}))
	if n := len(slices.Collect(authorship.Proposals(k.dan.View()))); n != 0 || explain(t, k.dan.View(), p).Reason != "" {
		t.Errorf("%d proposals", n)
	}
	must(t, k.ben.Merge(device))
	k.meet()
	k.alike()
}

// TestManyHeads: where a work has more heads than a change names by itself, a vote knows
// all of them.
func TestManyHeads(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	genesis := crdt.Change{ID: k.ann.ID()}.Version()
	var heads []cid.Cid
	for n := range 70 {
		d, err := k.ann.Branch(nameless(fmt.Sprint("stranger ", n)), genesis, authorship.Agree(terms), fixed())
		must(t, err)
		heads = append(heads, write(t, d, "x").ID)
		must(t, k.ann.Merge(d))
	}
	deep := join(t, k.ben, nameless("deep")) // shallow heads are those that are not named
	for range 3 {
		write(t, deep, "y")
	}
	must(t, k.ann.Merge(deep))
	if n := len(k.ann.Heads().IDs()); n != 71 {
		t.Fatalf("%d heads", n)
	}
	act(t, k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, append(heads, heads[3])...) })
	if got := k.ann.View().Text("body").String(); got != strings.Repeat("x", 70) || len(k.ann.Heads().IDs()) != 1 {
		t.Errorf("%q, %d heads", got, len(k.ann.Heads().IDs()))
	}
}

// TestProposeParts: a proposal that is too large for one change is proposed and accepted
// whole.
func TestProposeParts(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	large := strings.Repeat("abcdefgh", 1<<18) // 2 MiB
	c := k.act(k.dan, func(tx *crdt.Tx) error {
		if err := authorship.Propose(tx, "large"); err != nil {
			return err
		}
		for i := 0; i < len(large); i += 1 << 15 {
			tx.Text("body").Append(large[i : i+1<<15])
		}
		return nil
	})
	p := slices.Collect(authorship.Proposals(k.ann.View()))
	if len(p) != 1 || len(p[0].Changes) < 2 || !slices.Equal(p[0].Heads, []cid.Cid{c.ID}) || len(p[0].Waiting) != len(p[0].Changes) || p[0].ID == c.ID {
		t.Fatalf("%+v", p)
	}
	if body(k.ann) != "" {
		t.Error("it counts before it is accepted")
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, p[0].Heads...) })
	if body(k.cyd) != large {
		t.Errorf("%d bytes are there", len(body(k.cyd)))
	}
	k.alike()
}

// TestPlainValues: what is read goes into JSON and comes back.
func TestPlainValues(t *testing.T) {
	v := eventful(t).ann.View()
	again := func(x, y any) {
		t.Helper()
		b, err := json.Marshal(x)
		must(t, err)
		must(t, json.Unmarshal(b, y))
		c, err := json.Marshal(y)
		must(t, err)
		if string(b) != string(c) {
			t.Errorf("%s\n%s", b, c)
		}
	}
	for x := range authorship.Decisions(v) {
		again(x, new(authorship.Decision))
	}
	for x := range authorship.Proposals(v) {
		again(x, new(authorship.Proposal))
	}
	for x := range authorship.Hidden(v) {
		again(x, new(authorship.Concealed))
	}
	for x := range authorship.Epochs(v) {
		again(x, new(authorship.Epoch))
	}
	for x := range authorship.Members(v) {
		again(x, new(authorship.Role))
	}
	for c := range v.History() {
		again(explain(t, v, c), new(authorship.Verdict))
	}
	again(authorship.Amendment{Moderators: []crdt.Author{}}, new(authorship.Amendment))
	if b, err := json.Marshal(authorship.Amendment{Moderators: []crdt.Author{}}); err != nil || string(b) != `{"moderators":[]}` {
		t.Errorf("%s, %v", b, err)
	}
}

// TestConcurrent: what was proposed, voted and hidden at the same time is read alike by
// all, whatever they met first.
func TestConcurrent(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose, Accept: authorship.Share{Num: 1, Den: 1}})
	for n, d := range k.all() {
		name := fmt.Sprint("proposal ", n)
		p := act(t, d, func(tx *crdt.Tx) error { tx.Text("body").Append(name); return authorship.Propose(tx, name) })
		act(t, d, func(tx *crdt.Tx) error { return authorship.Object(tx, p.ID, name) })
		act(t, d, func(tx *crdt.Tx) error { return authorship.Review(tx, p.ID) })
		act(t, d, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Mode: authorship.ModeDirect, Why: name})
		})
		if d != k.dan {
			act(t, d, func(tx *crdt.Tx) error { return authorship.Hide(tx, p.ID) })
			act(t, d, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
		}
	}
	first := slices.Collect(authorship.Proposals(k.dan.View()))[0].ID
	k.meet()
	for n, d := range k.all() { // all on all, at the same time
		for p := range authorship.Proposals(d.View()) {
			act(t, d, func(tx *crdt.Tx) error { return authorship.Object(tx, p.ID, fmt.Sprint(n)) })
			act(t, d, func(tx *crdt.Tx) error { return authorship.Review(tx, p.ID) })
			if d != k.dan {
				act(t, d, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
			}
		}
	}
	k.meet()
	k.alike()
	if n := len(slices.Collect(authorship.Proposals(k.ann.View()))); n != 4 {
		t.Errorf("%d proposals", n)
	}
	for p := range authorship.Proposals(k.ann.View()) {
		if len(p.Objections) != 5 || len(p.Readings) != 5 || len(p.Decisions) != 1 || len(p.Decisions[0].Votes) < 3 {
			t.Errorf("%+v", p)
		}
	}
	if d := decision(t, k.cyd.View(), first); !d.Ready() || d.By.Name == "" {
		t.Errorf("%s", d)
	}

	// Who speaks of a proposal that they had not seen is not heard.
	blind := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	p := act(t, blind.dan, func(tx *crdt.Tx) error { return authorship.Propose(tx, "unseen") })
	act(t, blind.ann, raw("object", map[string]any{"change": p.ID}))
	act(t, blind.ann, raw("review", map[string]any{"heads": list(p.ID)}))
	blind.meet()
	if x := slices.Collect(authorship.Proposals(blind.ann.View()))[0]; len(x.Objections)+len(x.Readings) != 0 {
		t.Errorf("%v %v", x.Objections, x.Readings)
	}
}

// TestAskedAgain: an epoch change asks open votes again.
func TestAskedAgain(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose, Accept: authorship.Share{Num: 1, Den: 2}})
	p := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return authorship.Propose(tx, "x") })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	lacks := func() int { return explain(t, k.cyd.View(), p).Lacks.Have }
	if lacks() != 1 || slices.Collect(authorship.Proposals(k.cyd.View()))[0].Lacks.Have != 1 {
		t.Errorf("%d have voted", lacks())
	}
	k.decide(authorship.Amendment{Amend: &authorship.Share{Num: 1, Den: 1}})
	if lacks() != 0 || slices.Collect(authorship.Proposals(k.cyd.View()))[0].Lacks.Have != 0 {
		t.Errorf("%d have voted", lacks())
	}
	if d := decision(t, k.cyd.View(), p.ID); d.State != authorship.Lapsed {
		t.Errorf("%s", d)
	}
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	}
	if body(k.dan) != "x" {
		t.Errorf("%s", explain(t, k.dan.View(), p))
	}
	if d := slices.Collect(authorship.Proposals(k.cyd.View()))[0].Decisions; len(d) != 2 || d[0].State != authorship.Lapsed || d[1].State != authorship.Ratified {
		t.Errorf("%v", d)
	}
	k.alike()
}

// TestAsked: a member's program votes again where that is asked: at the threshold, and
// after the charter has gone on.
func TestAsked(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose, Accept: authorship.Share{Num: 1, Den: 2}})
	asked := func(d *crdt.Doc) []authorship.Decision {
		return slices.Collect(authorship.Asked(d.View(), d.Author()))
	}
	again := func(d *crdt.Doc) {
		t.Helper()
		for _, x := range asked(d) {
			k.act(d, func(tx *crdt.Tx) error { return authorship.VoteAgain(tx, x) })
		}
	}
	words := k.act(k.cyd, func(tx *crdt.Tx) error { tx.Text("body").Append("words"); return nil })
	p := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return authorship.Propose(tx, "x") })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Redact(tx, words.ID) })
	amend := k.amend(k.cyd, authorship.Amendment{Amend: &authorship.Share{Num: 1, Den: 1}})
	if len(asked(k.ann))+len(asked(k.dan)) != 0 {
		t.Errorf("asked %v", asked(k.ann))
	}
	for _, d := range []*crdt.Doc{k.ann, k.ben} { // at the same time
		act(t, d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, amend.ID) })
	}
	k.meet()
	if a := asked(k.ann); len(a) != 1 || a[0].On[0] != amend.ID || len(asked(k.cyd)) != 0 {
		t.Errorf("asked %v", a)
	}
	again(k.ben)
	if d := decision(t, k.cyd.View(), amend.ID); d.State != authorship.Ratified {
		t.Errorf("%s", d)
	}
	if a := asked(k.ann); len(a) != 2 || a[0].State != authorship.Lapsed || len(asked(k.ben)) != 0 {
		t.Errorf("asked %v", a)
	}
	again(k.ann)
	if a := asked(k.ann); len(a) != 0 {
		t.Errorf("asked %v", a)
	}
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, words.ID) })
	if body(k.dan) != "x" {
		t.Errorf("%q", body(k.dan))
	}
	last := k.amend(k.ann, authorship.Amendment{Accept: &authorship.Share{Num: 1, Den: 3}})
	k.endorse(last, k.ann, k.ben, k.cyd) // all of them, by now
	if d := decision(t, k.cyd.View(), last.ID); d.State != authorship.Ratified {
		t.Errorf("%s", d)
	}
	if a := asked(k.ann); len(a) != 0 {
		t.Errorf("what has come about is asked again: %v", a)
	}
	gone := convene(t, authorship.Charter{Mode: authorship.ModePropose, Accept: authorship.Share{Num: 1, Den: 2}})
	p = gone.act(gone.dan, func(tx *crdt.Tx) error { return authorship.Propose(tx, "x") })
	gone.act(gone.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	gone.endorse(gone.amend(gone.ben, authorship.Amendment{Remove: []crdt.Author{gone.ann.Author()}}), gone.ben, gone.cyd)
	if a := asked(gone.ann); len(a) != 0 {
		t.Errorf("who is no member any more is asked %v", a)
	}
}

// TestLate: after the change to ModePropose one accept takes in what was written
// meanwhile.
func TestLate(t *testing.T) {
	k := convene(t, authorship.Charter{})
	eve := join(t, k.ann, key("Eve"))
	c := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	k.endorse(c, k.ann, k.ben)
	write(t, eve, "one ") // she has not heard of it
	write(t, eve, "two ")
	must(t, k.ann.Merge(eve))
	k.act(k.dan, func(tx *crdt.Tx) error { return authorship.Propose(tx, "no late work") })
	late := authorship.Late(k.ann.View())
	if newest, _ := eve.Newest(); len(late) != 1 || late[0] != newest.ID {
		t.Errorf("late %v", late)
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, late...) })
	if n := len(authorship.Late(k.ben.View())); body(k.ben) != "one two " || n != 0 {
		t.Errorf("%q, %d late", body(k.ben), n)
	}
}

// TestChambers: every chamber has to agree, and the count says which one is short.
func TestChambers(t *testing.T) {
	k := convene(t, authorship.Charter{Members: map[string][]crdt.Author{
		"bakers": {key("Ann").Author()}, "eaters": {key("Ben").Author(), key("Cyd").Author()},
	}})
	c := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	short := func(chamber string, have, need int, silent ...string) {
		t.Helper()
		n := decision(t, k.dan.View(), c.ID).Count
		if n.Chamber != chamber || n.Have != have || n.Need != need || len(n.Silent) != len(silent) {
			t.Errorf("%+v", n)
		}
	}
	short("bakers", 0, 1, "Ann")
	k.endorse(c, k.ann)
	short("eaters", 0, 2, "Ben", "Cyd")
	k.endorse(c, k.cyd)
	short("eaters", 1, 2, "Ben")
	k.endorse(c, k.ben)
	if d := decision(t, k.dan.View(), c.ID); d.State != authorship.Ratified || !d.Count.Met() || len(d.Count.Voters) != 3 {
		t.Errorf("%s %+v", d, d.Count)
	}
	if r := authorship.RoleOf(k.dan.View(), k.ben.Author()); !slices.Equal(r.Chambers, []string{"eaters"}) {
		t.Errorf("%+v", r)
	}
	p := k.act(k.dan, func(tx *crdt.Tx) error { return authorship.Propose(tx, "x") })
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	if x := explain(t, k.ben.View(), p); x.Lacks.Chamber != "eaters" || x.Lacks.Need != 1 {
		t.Errorf("%s", x)
	}
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, p.ID) })
	if x := explain(t, k.ben.View(), p); !x.Effective() {
		t.Errorf("%s", x)
	}
	k.alike()
}
