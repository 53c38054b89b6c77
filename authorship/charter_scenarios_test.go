package authorship_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// The scenarios of the charter in which somebody reads text, as people play them. All
// scenarios, these too, run without people in internal/charter; those about terms and
// what the work is under, S11a, S11b and T18 to T21, are in the tests of terms.

// threeWays gives the changes of a doc to three fresh replicas in orders of chance, one
// by one and from each other, and compares all that they show.
func threeWays(t *testing.T, when string, d *crdt.Doc) {
	t.Helper()
	show := func(d *crdt.Doc) string { return body(d) + "\n" + answers(t, d.View()) }
	want := show(d)
	list := pieces(t, d)
	r := rand.New(rand.NewPCG(7, uint64(len(list))))
	for range 4 {
		var rs [3]*crdt.Doc
		for k := range rs {
			fresh, err := crdt.Join(nil, d.ID(), authorship.Checked(func(err error) { t.Fatal(err) }))
			must(t, err)
			rs[k] = fresh
		}
		one, two := r.Perm(len(list)), r.Perm(len(list))
		for k := range list {
			must(t, list[one[k]](rs[0]))
			must(t, list[two[k]](rs[1]))
			if r.IntN(4) == 0 {
				must(t, rs[2].Merge(rs[r.IntN(2)]))
			}
		}
		must(t, rs[2].Merge(rs[1]))
		for k, x := range rs {
			if got := show(x); got != want || x.Heads() != d.Heads() {
				t.Fatalf("%s: replica %d shows\n%s\nnot\n%s", when, k, got, want)
			}
		}
	}
}

// reads fails unless every replica shows this text.
func (k *council) reads(when, text string) {
	k.t.Helper()
	k.meet()
	for n, d := range k.all() {
		if body(d) != text {
			k.t.Fatalf("%s: replica %d reads %q, not %q", when, n, body(d), text)
		}
	}
	threeWays(k.t, when, k.ann)
}

// judged fails unless these changes have this verdict.
func (k *council) judged(want authorship.Reason, list ...crdt.Change) {
	k.t.Helper()
	for _, c := range list {
		if got := explain(k.t, k.ann.View(), c); got.Reason != want {
			k.t.Errorf("%s, not %q", got, want)
		}
	}
}

// lines writes to the end of the text, each in a change of its own.
func lines(t *testing.T, d *crdt.Doc, list ...string) (out []crdt.Change) {
	t.Helper()
	for _, s := range list {
		out = append(out, write(t, d, s))
	}
	return out
}

// TestStrangerWrites is S1: a stranger consents and edits; the work has it, the stranger
// has the credit, and no vote.
func TestStrangerWrites(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.dan, "By Dan. ")
	k.reads("Dan", "By Dan. ")
	dan := key("Dan").Author()
	if r := authorship.RoleOf(k.ann.View(), dan); !r.Contributor || r.Member {
		t.Errorf("Dan is %s", r)
	}
	if list := authorship.Credits(k.ann.View()); !slices.ContainsFunc(list, func(c authorship.Credit) bool {
		return c.Person.ID == dan && c.Characters == 6
	}) {
		t.Errorf("credits %v", list)
	}
	p := k.amend(k.dan, authorship.Amendment{Admit: members("Dan")})
	err := k.dan.Update(func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
	if void := new(authorship.VoidError); !errors.As(err, &void) || void.Reason != authorship.NotMember {
		t.Errorf("Dan's vote: %v", err)
	}
	k.endorse(p, k.ann)
	if d := decision(t, k.ann.View(), p.ID); d.State != authorship.Open {
		t.Errorf("%s", d)
	}
	threeWays(t, "Dan asks", k.ann)
}

// TestStolenDevice is S4: the thief of a device writes, a friend goes on from there, the
// owner gives the device up, and a member takes two of the thief's changes back in.
func TestStolenDevice(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.ben, "Ben. ")
	device := join(t, k.ben, nameless("Ben2").BoundTo(key("Ben"), false))
	own := lines(t, device, "own. ")
	stolen := lines(t, device, "11. ", "12. ", "13. ", "14. ", "15. ")
	must(t, k.dan.Merge(device))
	friend := lines(t, k.dan, "friend. ")
	k.reads("stolen", "Ben. own. 11. 12. 13. 14. 15. friend. ")
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Revoke(tx, device.Author(), own[0].ID) })
	k.reads("revoked", "Ben. own. friend. ")
	k.judged(authorship.Revoked, stolen...)
	k.judged("", own[0], friend[0])
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, stolen[1].ID) })
	k.reads("accepted", "Ben. own. 11. 12. friend. ")
	k.judged("", stolen[:2]...)
	k.judged(authorship.Revoked, stolen[2:]...)
	for _, c := range authorship.Credits(k.cyd.View()) {
		// What members let stand of a key that was cut is nobody's, and their doing.
		if c.Person.Name == "Ben" && c.Characters != len("Ben.own.") || c.Person.Name == "Ann" && c.Adoptions != 2 {
			t.Errorf("%+v", c)
		}
	}
}

// TestClosing is S8: the work goes from direct to propose while a contributor, a member
// and somebody new write; one accept takes the contributor's late work in.
func TestClosing(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.dan, "seen. ")
	k.meet()
	eve := join(t, k.ann, key("Eve"))
	p := act(t, k.ann, func(tx *crdt.Tx) error {
		return authorship.Amend(tx, authorship.Amendment{Mode: authorship.ModePropose})
	})
	dan, cyd, new := lines(t, k.dan, "Dan. "), lines(t, k.cyd, "Cyd. "), lines(t, eve, "Eve. ")
	must(t, k.ben.Merge(k.ann))
	b := act(t, k.ben, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
	must(t, k.ann.Merge(k.ben))
	act(t, k.ann, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
	must(t, k.ann.Merge(eve))
	k.meet()
	k.judged(authorship.NotMember, dan[0], new[0])
	k.judged("", cyd[0], b)
	k.reads("closed", "seen. Cyd. ")
	k.act(k.ann, func(tx *crdt.Tx) error { return authorship.Accept(tx, dan[0].ID) })
	k.judged("", dan[0])
	k.judged(authorship.NotMember, new[0])
	if got := body(k.ben); !strings.Contains(got, "Dan. ") || strings.Contains(got, "Eve. ") {
		t.Errorf("%q", got)
	}
	k.reads("accepted", body(k.ben))
}

// TestModeratorReplaced is S12: what a moderator hid before the members chose another
// stays hidden; what was hidden late, or after, is shown.
func TestModeratorReplaced(t *testing.T) {
	k := convene(t, authorship.Charter{Moderators: []crdt.Author{key("Dan").Author()}})
	texts := lines(t, k.cyd, "before. ", "late. ", "after. ")
	k.meet()
	hide := func(c crdt.Change) func(*crdt.Tx) error {
		return func(tx *crdt.Tx) error { return authorship.Hide(tx, c.ID) }
	}
	before := k.act(k.dan, hide(texts[0]))
	p := k.amend(k.ann, authorship.Amendment{Moderators: []crdt.Author{key("Cyd").Author()}})
	late := act(t, k.dan, hide(texts[1]))
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		must(t, k.ben.Merge(k.ann))
		act(t, d, func(tx *crdt.Tx) error { return authorship.Endorse(tx, p.ID) })
	}
	k.meet()
	if err := k.dan.Update(hide(texts[2])); !errors.Is(err, authorship.ErrNotModerator) {
		t.Errorf("hiding after: %v", err)
	}
	k.act(k.dan, func(tx *crdt.Tx) error { // a program that does not ask first
		tx.Act("hide", map[string]any{"changes": []any{texts[2].ID}})
		return nil
	})
	k.judged("", before, late)
	var hidden []cid.Cid
	for h := range authorship.Hidden(k.ben.View()) {
		hidden = append(hidden, h.Change)
	}
	if !slices.Equal(hidden, []cid.Cid{texts[0].ID}) {
		t.Errorf("hidden %v of %v", hidden, texts)
	}
	k.reads("at last", "before. late. after. ")
}

// TestRedactByTwo is T22: one member can hide words, and only two erase them; what they
// were part of stays as it was judged.
func TestRedactByTwo(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.dan, "good. ")
	bad := lines(t, k.dan, "secret. ")[0]
	k.meet()
	k.act(k.ann, func(tx *crdt.Tx) error {
		return errors.Join(authorship.Hide(tx, bad.ID), authorship.Redact(tx, bad.ID))
	})
	k.reads("hidden", "good. secret. ")
	k.act(k.ben, func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	k.judged("", bad)
	for n, d := range k.all() {
		if body(d) != "good. " || fmt.Sprint(slices.Collect(d.View().Erased())) != fmt.Sprint([]cid.Cid{bad.ID}) {
			t.Errorf("replica %d reads %q", n, body(d))
		}
	}
	threeWays(t, "erased", k.ann)
}

// TestSpamCut is T40: the members cut everything that a key wrote, and then take one
// change back in.
func TestSpamCut(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.ann, "Ann. ")
	spam := lines(t, k.dan, "useful. ", "spam. ", "spam. ")
	k.meet()
	p := k.amend(k.ann, authorship.Amendment{Cut: []authorship.Cut{{Key: key("Dan").Author()}}})
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, spam[2].ID) })
	k.endorse(p, k.ann, k.ben)
	spam = append(spam, lines(t, k.dan, "more. ")...)
	k.meet()
	k.judged(authorship.Revoked, spam...) // the accept is older
	k.reads("cut", "Ann. ")
	k.act(k.cyd, func(tx *crdt.Tx) error { return authorship.Accept(tx, spam[0].ID) })
	k.judged("", spam[0])
	k.judged(authorship.Revoked, spam[1:]...)
	if got := body(k.dan); len(got) != len("Ann. useful. ") {
		t.Errorf("%q", got)
	}
	k.reads("one back", body(k.dan))
}
