package authorship_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// The attacks on how a work is governed, each with what defeats it. Those on keys and on
// credit are TestAttack's.

// TestAttackReplay: what was decided in one work is carried to another of the same
// founders. Its changes are Foreign there, and acts that speak of it are void.
func TestAttackReplay(t *testing.T) {
	k := convene(t, authorship.Charter{})
	amend := k.decide(authorship.Amendment{Mode: authorship.ModePropose})
	other := convene(t, authorship.Charter{Source: "https://example.org/other"})
	all, err := k.ann.Since(crdt.Version{})
	must(t, err)
	if _, err := other.ann.Apply(all); !errors.Is(err, crdt.ErrForeign) {
		t.Errorf("changes of another work: %v", err)
	}
	for _, x := range []struct {
		body any
		want authorship.Reason
	}{
		{endorses(k.ann.ID(), amend.ID), authorship.BadBase},
		{endorses(other.ann.ID(), amend.ID), authorship.BadProposal},
		{endorses(amend.ID, amend.ID), authorship.BadBase},
		{map[string]any{"base": other.ann.ID(), "accept": list(amend.ID)}, authorship.Malformed},
	} {
		c := other.act(other.ann, raw("endorse", x.body))
		if v := explain(t, other.ben.View(), c).Votes; len(v) != 1 || v[0].Reason != x.want {
			t.Errorf("%v: %v, want %s", x.body, v, x.want)
		}
	}
	other.act(other.ann, raw("amend", map[string]any{"base": k.ann.ID(), "mode": "propose"}))
	other.act(other.ann, raw("hide", map[string]any{"changes": list(amend.ID)}))
	other.act(other.ann, raw("revoke", map[string]any{"key": keyBytes(key("Ben").Author()), "heads": list(amend.ID)}))
	c, err := authorship.CharterOf(other.cyd.View())
	must(t, err)
	if n := len(slices.Collect(authorship.Decisions(other.cyd.View()))); c.Mode != authorship.ModeDirect || n != 0 || len(slices.Collect(authorship.Hidden(other.cyd.View()))) != 0 {
		t.Errorf("mode %s, %d decisions", c.Mode, n)
	}
	other.alike()
}

// stale is a replica of a key as the work was at a version, beside the one that it has
// already: what a thief, or an expelled member, makes to write as if nothing had happened
// since, and what no store with a keyring does.
func stale(t *testing.T, from *crdt.Doc, by crdt.Signer, at crdt.Version) *crdt.Doc {
	t.Helper()
	past, err := from.Branch(nil, at, authorship.Rules())
	must(t, err)
	in := bridge.Of(past)
	var all []int
	for i := range in.Count() {
		all = append(all, i)
	}
	b, _ := in.Bundle(all, 1<<30)
	d, err := crdt.Join(by, from.ID(), authorship.Agree(terms), fixed())
	must(t, err)
	_, err = bridge.Of(d).Apply(b, "", true)
	must(t, err)
	return d
}

// brings lets a doc take in all that another has.
func brings(t *testing.T, from *crdt.Doc, to ...*crdt.Doc) {
	t.Helper()
	for _, d := range to {
		must(t, d.Merge(from))
	}
}

// TestAttackBackdate: who was expelled writes, votes and accepts as if before, on old
// parents and with an old time. Nothing of it counts, wherever and whenever it arrives;
// so does a thief of a revoked device.
func TestAttackBackdate(t *testing.T) {
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	waits := k.act(k.dan, func(tx *crdt.Tx) error { tx.Text("body").Append("waits"); return nil })
	k.act(k.cyd, func(tx *crdt.Tx) error { tx.Put("cyd", 1); return nil })
	before := k.ann.Heads()
	k.decide(authorship.Amendment{Remove: []crdt.Author{k.cyd.Author()}})

	cyd := stale(t, k.ann, key("Cyd"), before)
	edit := act(t, cyd, func(tx *crdt.Tx) error { tx.Text("body").Append("late"); return nil })
	vote := act(t, cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, waits.ID) })
	hide := act(t, cyd, func(tx *crdt.Tx) error { return authorship.Hide(tx, waits.ID) })
	if body(cyd) == "" {
		t.Error("in their own view it should have counted")
	}
	brings(t, cyd, k.ann, k.ben, k.dan)
	for _, d := range []*crdt.Doc{k.ann, k.ben, k.dan} {
		if body(d) != "" {
			t.Errorf("%q", body(d))
		}
		if x := explain(t, d.View(), edit); x.Reason != authorship.NotMember {
			t.Errorf("the edit is %s", x)
		}
		if x := explain(t, d.View(), waits); x.Reason != authorship.NotMember || x.Hidden.Defined() {
			t.Errorf("what was accepted, and hidden by %s, is %s", hide.ID, x)
		}
		if dec := decision(t, d.View(), waits.ID); dec.State == authorship.Ratified || len(dec.Votes) != 1 || dec.Votes[0].Change != vote.ID {
			t.Errorf("%s", dec)
		}
	}

	// A device that was revoked.
	device := key("Ben2").BoundTo(key("Ben"), false)
	d := join(t, k.ben, device)
	good := write(t, d, "good ")
	brings(t, d, k.ben)
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), good.ID) })
	thief := stale(t, d, device, good.Version())
	bad := write(t, thief, "bad")
	brings(t, thief, k.ann, k.ben)
	if x := explain(t, k.ann.View(), bad); x.Reason != authorship.Revoked || body(k.ann) != "good " {
		t.Errorf("%q: %s", body(k.ann), x)
	}
}

// TestAttackOmission: a member acts as if the result had not been seen. On one chain that
// is impossible, since what a key has seen only grows; a fork of the chain is evidence,
// and what its branches disagree on counts for nobody.
func TestAttackOmission(t *testing.T) {
	k := convene(t, authorship.Charter{})
	one := k.amend(k.ann, authorship.Amendment{Mode: authorship.ModePropose})
	two := k.amend(k.ben, authorship.Amendment{Amend: &authorship.Share{Num: 1, Den: 1}})
	open := k.ann.Heads()
	k.endorse(one, k.ann, k.cyd)
	again := k.act(k.cyd, raw("endorse", endorses(k.ann.ID(), two.ID)))
	if v := explain(t, k.ann.View(), again).Votes; v[0].Reason != authorship.BaseUsed {
		t.Errorf("%v", v)
	}
	// Cyd's key goes on from before, on another branch, votes for the rival, and shows
	// nobody the first vote.
	cyd := stale(t, k.ann, key("Cyd"), open)
	act(t, cyd, func(tx *crdt.Tx) error { return authorship.Endorse(tx, two.ID) })
	brings(t, cyd, k.ann, k.ben, k.dan)
	if n := len(slices.Collect(k.ann.Evidence())); n != 1 {
		t.Errorf("%d pieces of evidence", n)
	}
	k.act(k.ben, raw("endorse", endorses(k.ann.ID(), two.ID)))
	for _, d := range []*crdt.Doc{k.ann, k.ben, k.dan} {
		a, b := decision(t, d.View(), one.ID), decision(t, d.View(), two.ID)
		if a.State != authorship.Ratified && a.State != authorship.Final || b.State == authorship.Ratified || b.State == authorship.Final {
			t.Errorf("%s; %s", a, b)
		}
	}
}

// TestAttackRevokeAll: the thief of a person's own key revokes all devices of that person
// from the start. The members cut the key and admit a new one; what the devices had
// written comes back by one accept, with its grants.
func TestAttackRevokeAll(t *testing.T) {
	k := convene(t, authorship.Charter{})
	k.act(k.ben, func(tx *crdt.Tx) error { tx.Put("ben", 1); return nil })
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	work := write(t, device, "years of work")
	brings(t, device, k.ann, k.ben, k.cyd)
	k.meet()
	mine, _ := k.ben.Newest()
	revoke := k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author()) }) // the thief
	if x := explain(t, k.ann.View(), work); x.Reason != authorship.Revoked || x.Cause != revoke.ID || body(k.ann) != "" {
		t.Errorf("%s", x)
	}
	fresh := key("Ben again")
	amend := k.amend(k.ann, authorship.Amendment{
		Cut:   []authorship.Cut{{Key: k.ben.Author(), Heads: []cid.Cid{mine.ID}}},
		Admit: map[string][]crdt.Author{"members": {fresh.Author()}},
	})
	k.endorse(amend, k.ann, k.cyd)
	if x := explain(t, k.ann.View(), revoke); x.Reason != authorship.Revoked || x.Cause != amend.ID {
		t.Errorf("%s", x)
	}
	if x := explain(t, k.ann.View(), work); !x.Effective() || body(k.ann) != "years of work" {
		t.Errorf("with the thief's revoke cut the device counts: %s", x)
	}
	if got := authorship.RoleOf(k.ann.View(), fresh.Author()); !got.Member {
		t.Errorf("%s", got)
	}
	// Of a leaver who revokes their own devices: one accept.
	other := join(t, k.cyd, nameless("Cyd2").BoundTo(key("Cyd"), false))
	text := write(t, other, ", and more")
	brings(t, other, k.cyd)
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Revoke(tx, other.Author()) })
	if body(k.ann) != "years of work" {
		t.Errorf("%q", body(k.ann))
	}
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, text.ID) })
	if body(k.dan) != "years of work, and more" {
		t.Errorf("%q: %s", body(k.dan), explain(t, k.dan.View(), text))
	}
}

// TestAttackLateVeto: a key is cut back to before a vote of it that has decided
// something, by the members or by its owner. A cut never reaches into a decision.
func TestAttackLateVeto(t *testing.T) {
	k := convene(t, authorship.Charter{})
	first := k.decide(authorship.Amendment{Mode: authorship.ModePropose})
	k.act(k.cyd, func(tx *crdt.Tx) error { tx.Put("seen", 1); return nil })
	veto := k.act(k.ben, raw("revoke", map[string]any{"key": keyBytes(k.ann.Author()), "heads": list()}))
	cut := k.amend(k.ann, authorship.Amendment{Cut: []authorship.Cut{{Key: k.ben.Author()}}})
	k.endorse(cut, k.ann, k.cyd)
	c, err := authorship.CharterOf(k.dan.View())
	must(t, err)
	if d := decision(t, k.dan.View(), first.ID); c.Mode != authorship.ModePropose || d.State != authorship.Final || d.Ratifies == nil {
		t.Errorf("mode %s, %s", c.Mode, d)
	}
	if x := explain(t, k.dan.View(), veto); x.Reason != authorship.Revoked || x.Cause != cut.ID {
		t.Errorf("%s", x)
	}
	k.alike()
}

// TestAttackOracle: somebody is made to endorse what they could not read: it is not here,
// or its author has not signed it.
func TestAttackOracle(t *testing.T) {
	k := convene(t, authorship.Charter{})
	trap := act(t, k.dan, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Admit: map[string][]crdt.Author{"members": {tx.Author()}}})
	})
	in := bridge.Of(k.dan)
	must(t, in.Leave())
	i := in.Count() - 1
	b, _ := in.Bundle([]int{i}, 1)
	b.Sigs = nil // stripped
	_, err := bridge.Of(k.ann).Apply(b, "dan", false)
	must(t, err)
	for _, fn := range []func(tx *crdt.Tx) error{
		func(tx *crdt.Tx) error { return authorship.Endorse(tx, trap.ID) },
		func(tx *crdt.Tx) error { return authorship.Accept(tx, trap.ID) },
		func(tx *crdt.Tx) error { return authorship.Redact(tx, trap.ID) },
	} {
		if err := k.ann.Update(fn); !errors.Is(err, authorship.ErrNotHeld) {
			t.Errorf("%v", err)
		}
	}
	blind := act(t, k.ann, raw("endorse", endorses(k.ann.ID(), trap.ID))) // a careless program
	k.meet()
	if v := explain(t, k.cyd.View(), blind).Votes; v[0].Reason != authorship.BadProposal {
		t.Errorf("%v", v)
	}
}
