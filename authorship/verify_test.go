package authorship_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestLevels: each level with a change that has reached just it, and what it lacks.
func TestLevels(t *testing.T) {
	c, err := crdt.New(key("Ann"), authorship.Found(authorship.Charter{Title: "Bread", Terms: []string{terms}, Mode: authorship.ModePropose}), fixed())
	must(t, err)
	ben := join(t, c, key("Ben"))
	waits := write(t, ben, "waits")
	claims := join(t, c, nameless("device").Claim(key("Ann").Author(), false))
	claimed := write(t, claims, "claimed")
	lost := join(t, c, nameless("lost").BoundTo(key("Ann"), false))
	good := write(t, lost, "good")
	bad := write(t, lost, "bad")
	for _, d := range []*crdt.Doc{ben, claims, lost} {
		must(t, c.Merge(d))
	}
	act(t, c, func(tx *crdt.Tx) error { return authorship.Revoke(tx, lost.Author(), good.ID) })
	_, err = c.Since(crdt.Version{}) // what leaves is signed
	must(t, err)
	own := write(t, c, "not signed yet")
	must(t, c.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("open"); return nil }))

	r := authorship.Verify(c.View())
	if r.Held != 8 || r.Covered != 6 || r.Bound != 4 || r.Effective != 3 {
		t.Errorf("%s", r)
	}
	want := map[cid.Cid]authorship.Lack{
		cid.Undef:  {Level: authorship.Held, Err: crdt.ErrNotCovered},
		own.ID:     {Level: authorship.Held, Err: crdt.ErrNotCovered},
		claimed.ID: {Level: authorship.Covered, Err: authorship.ErrNotBound},
		bad.ID:     {Level: authorship.Covered, Err: authorship.ErrRevoked},
		waits.ID:   {Level: authorship.Bound, Err: authorship.ErrNotMember},
	}
	if len(r.Lacks) != len(want) || r.Lacks[0].Change.Defined() {
		t.Errorf("%d lack something, %d should", len(r.Lacks), len(want))
	}
	for _, l := range r.Lacks {
		if w := want[l.Change]; l.Level != w.Level || !errors.Is(l.Err, w.Err) || l.Says != l.Err.Error() {
			t.Errorf("%+v, want %+v", l, w)
		}
	}
	text, err := json.Marshal(r)
	must(t, err)
	for _, s := range []string{r.String(), string(text)} {
		if strings.Contains(strings.ToLower(s), "verified") {
			t.Errorf("%s", s)
		}
	}
}

// TestWitness: a change has a witness when somebody else's later change, or a checked
// anchor, has it in its past. Own devices and own agents are nobody else.
func TestWitness(t *testing.T) {
	ann := found(t, key("Ann"))
	one := write(t, ann, "one")
	phone := join(t, ann, nameless("phone").BoundTo(key("Ann"), false))
	write(t, phone, "two")
	bot := join(t, phone, nameless("bot").BoundTo(key("Ann"), true))
	three := write(t, bot, "three")
	must(t, ann.Merge(bot))
	_, err := ann.Since(crdt.Version{})
	must(t, err)
	if r := authorship.Verify(ann.View()); r.Witnessed != 0 || len(r.Unwitnessed) != 4 || r.Unwitnessed[0] != three.ID {
		t.Errorf("%s", r)
	}
	at := join(t, ann, key("Ben"))
	ben := write(t, at, "four")
	must(t, ann.Merge(at))
	if r := authorship.Verify(ann.View()); r.Witnessed != 4 || !slices.Equal(r.Unwitnessed, []cid.Cid{ben.ID}) {
		t.Errorf("%s", r)
	}
	other := found(t, key("Cy"))
	first, _ := other.Newest()
	act(t, other, func(tx *crdt.Tx) error { return authorship.WriteAnchor(tx, "rfc3161", []byte("token"), first.ID) })
	for says, checks := range map[bool]func(authorship.Anchor) bool{
		false: nil,
		true:  func(a authorship.Anchor) bool { return a.Kind == "rfc3161" && string(a.Token) == "token" },
	} {
		r := authorship.Verify(other.View(), authorship.Witness(checks))
		want := 0
		if says {
			want = 1
		}
		if r.Witnessed != want || len(r.Anchors) != 1 || r.Anchors[0].Checked != says || r.Anchors[0].By.Name != "Cy" || r.Anchors[0].Heads[0] != first.ID {
			t.Errorf("%+v", r)
		}
	}
	must(t, other.Update(func(tx *crdt.Tx) error {
		for _, c := range []struct {
			err  error
			want error
		}{
			{authorship.WriteAnchor(tx, "x", nil), authorship.ErrNotHeld},
			{authorship.WriteAnchor(tx, "x", nil, one.ID), authorship.ErrNotHeld},
			{authorship.WriteAnchor(tx, "", nil, first.ID), crdt.ErrMalformed},
			{authorship.WriteAnchor(tx, strings.Repeat("x", 65), nil, first.ID), crdt.ErrLimit},
			{authorship.WriteAnchor(tx, "x", make([]byte, 33<<10), first.ID), crdt.ErrLimit},
		} {
			if !errors.Is(c.err, c.want) {
				t.Errorf("%v, want %v", c.err, c.want)
			}
		}
		return nil
	}))
}

// TestActsInForm: acts that are not exactly in their form are void.
func TestActsInForm(t *testing.T) {
	ann := found(t, key("Ann"))
	head, _ := ann.Newest()
	heads, work, me := []any{head.ID}, ann.ID(), []any{keyBytes(ann.Author())}
	for kind, bodies := range map[string][]any{
		"import": {
			nil, map[string]any{"source": ""}, map[string]any{"source": 1}, map[string]any{"claimed": []any{}}, map[string]any{"claimed": []any{1}},
			map[string]any{"more": true}, map[string]any{"claimed": []any{strings.Repeat("x", 257)}},
		},
		"derive": {
			map[string]any{"authors": me, "heads": heads, "kind": "copy", "title": "", "work": work},
			map[string]any{"authors": me, "heads": []any{}, "kind": "translation", "title": "", "work": work},
			map[string]any{"authors": []any{"x"}, "heads": heads, "kind": "translation", "title": "", "work": work},
			map[string]any{"authors": me, "heads": heads, "kind": "translation", "title": "", "work": work, "range": []any{2, 1}},
			map[string]any{"authors": me, "heads": heads, "kind": "translation", "title": "", "work": work, "path": ""},
			map[string]any{"authors": me, "heads": heads, "kind": "translation", "work": work},
		},
		"anchor": {
			map[string]any{"heads": []any{}, "kind": "x", "token": []byte{}}, map[string]any{"heads": heads, "kind": "", "token": []byte{}},
			map[string]any{"heads": heads, "kind": "x", "token": "x"},
		},
		"review": {map[string]any{"heads": []any{}}, map[string]any{"heads": []any{1}}, nil},
	} {
		for _, body := range bodies {
			edit(t, ann, func(tx *crdt.Tx) { tx.Act(kind, body); tx.Text("body").Append("x") })
			v := ann.View()
			c := credit(t, ann, "Ann")
			if len(authorship.Imports(v))+len(authorship.Derivations(v))+len(authorship.Verify(v, authorship.Witness(func(authorship.Anchor) bool { return true })).Anchors) != 0 ||
				c.Imported+c.Derived+c.Reviews+c.Translations+c.Imports != 0 {
				t.Fatalf("%s %v counts", kind, body)
			}
		}
	}
}
