package authorship_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"
	mh "github.com/multiformats/go-multihash"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestAttack is the attacks on keys, signatures and credit, by number and name, each with
// what defeats it. All attacks of the list are checked by
//
//	go test ./authorship -run TestAttack
//
// The rest of what is known of each stands in tests of the part that defeats it:
//
//	 1 tip grafting              crdt TestForeignTip; TestCopies, TestCopiesNeverShare
//	 3 forged prefix             crdt TestSignatures
//	 4 stripped signature        crdt TestStripped, TestWithheldParent
//	 6 forked key                TestForkedKey, crdt TestForkedParts
//	 7 fork flood                internal/cover TestFloodOfLinks, TestWorkBound; TestSpamCut
//	 8 replay                    TestAttackReplay
//	 9, 10, 11 names and bytes   crdt TestBytes, TestSignatures; the vectors of the format
//	12 weak keys                 crdt TestBadKeys
//	16 theft by binding          TestClaims, TestForgedBindings
//	17 false quotes              TestQuoteForged, TestQuoteProofRefused
//	18 laundering                TestKeyring, TestCopies
//	19 backdating                TestAttackBackdate
//	20 omission                  TestAttackOmission
//	21 revocation abuse          TestAttackRevokeAll
//	22 late veto                 TestAttackLateVeto
//	23 bombs                     crdt TestCountBombs, TestRunBombs, TestSiblingBomb; internal/cover TestUntaggedHasTheWorksBound
//	24 signing oracle            TestAttackOracle
//
// Of 2, 5, 25 and 26 only a part is defended; the tests show which.
func TestAttack(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, a.play)
	}
}

// handmade is a change that somebody writes by hand, who keeps to no rule.
type handmade struct {
	t    testing.TB
	work block.ID
	h    block.Header
	it   bridge.Item
}

// byHand makes a change of a key that types words at the beginning of the body. edit may
// alter its header.
func byHand(t testing.TB, d *crdt.Doc, by crdt.Author, words string, edit func(*block.Header)) *handmade {
	t.Helper()
	x := &handmade{t: t, work: bridge.Of(d).Work()}
	x.h = block.Header{By: block.Key(by), Work: x.work, Text: block.Sum([]byte(words)), Size: uint32(len(words))}
	for _, c := range d.Heads().IDs() {
		x.h.Parents = append(x.h.Parents, mustID(c))
	}
	slices.SortFunc(x.h.Parents, block.Compare)
	if edit != nil {
		edit(&x.h)
	}
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: "body"}, Side: block.Right, Runes: uint32(len([]rune(words))), Bytes: uint32(len(words))}
	value, err := block.EncodeValue(map[string]any{"terms": []any{terms}})
	must(t, err)
	ops := block.AppendOp(nil, &op)
	ops = block.AppendOp(ops, &block.Op{Code: block.OpAct, Name: "grant", Value: value, HasValue: true})
	x.it = bridge.Item{Change: block.Encode(&x.h, 2, ops), Words: []byte(words)}
	return x
}

// after makes it the next of a chain, whose newest change in the doc is tip.
func after(tip crdt.Change, numbers uint64) func(*block.Header) {
	return func(h *block.Header) {
		h.Seq, h.Prev, h.Start, h.Work, h.Parents = tip.Seq+1, mustID(tip.ID), numbers, block.ID{}, nil
	}
}

// id is the name of the change.
func (x *handmade) id() cid.Cid { return block.Sum(x.it.Change).ChangeCID() }

// signed is a signature on it, of a message, or of the right one.
func (x *handmade) signed(by *authorship.Key, msg []byte) bridge.Sig {
	s := bridge.Sig{Change: block.Sum(x.it.Change)}
	if msg == nil {
		msg = block.SigningMessage(x.work, s.Change)
	}
	b, err := by.Sign(msg)
	must(x.t, err)
	copy(s.Sig[:], b)
	return s
}

// give hands it to a doc.
func (x *handmade) give(d *crdt.Doc, sigs ...bridge.Sig) error {
	_, err := bridge.Of(d).Apply(bridge.Bundle{Work: x.work, Items: []bridge.Item{x.it}, Sigs: sigs}, "", false)
	return err
}

// waits tells whether a change waits for a signature, and is not shown.
func (x *handmade) waits(d *crdt.Doc) bool {
	_, shown := d.View().Change(x.id())
	for c, err := range d.Pending() {
		if c.ID == x.id() {
			return errors.Is(err, crdt.ErrNotCovered) && !shown
		}
	}
	return false
}

// pair is Ann, who has written, and Ben, who has too.
func pair(t testing.TB) (ann, ben *crdt.Doc) {
	ann = found(t, key("Ann"))
	write(t, ann, "knead")
	ben = join(t, ann, key("Ben"))
	write(t, ben, "rest")
	meet(t, ann, ben)
	return ann, ben
}

// attacks are those on keys, signatures and credit.
var attacks = []struct {
	name string
	play func(*testing.T)
}{
	{"01-tip-grafting", func(t *testing.T) {
		ann, ben := pair(t)
		tip, _ := ann.Newest()
		x := byHand(t, ann, ann.Author(), "evil", after(tip, 5))
		must(t, x.give(ann))
		must(t, x.give(ben))
		// Without a signature it waits, and her next change and signature do not carry it in.
		write(t, ann, "!")
		meet(t, ann, ben)
		for _, d := range []*crdt.Doc{ann, ben} {
			if !x.waits(d) || body(d) != "kneadrest!" {
				t.Errorf("%q", body(d))
			}
		}
		// What a thief of the key has signed is not built upon: the key is given up.
		tip, _ = ann.Newest()
		y := byHand(t, ann, ann.Author(), "evil", after(tip, 6))
		must(t, y.give(ann, y.signed(key("Ann"), nil)))
		if err := ann.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }); !errors.Is(err, crdt.ErrKey) {
			t.Errorf("an edit on a foreign tip: %v", err)
		}
		must(t, ann.Rekey(nameless("new").BoundTo(key("Ann"), false)))
		write(t, ann, "?")
	}},
	{"02-local-injection", func(t *testing.T) {
		// Whoever can write the files of a store as its user can write as that user. What is
		// defended: others cannot make the store sign, and nobody else's key is used.
		ann, _ := pair(t)
		tip, _ := ann.Newest()
		x := byHand(t, ann, ann.Author(), "evil", after(tip, 5))
		if err := x.give(ann, x.signed(key("Eve"), nil)); !errors.Is(err, crdt.ErrSignature) {
			t.Error(err)
		}
		if _, shown := ann.View().Change(x.id()); shown {
			t.Error("a change that another key signed is shown")
		}
	}},
	{"03-forged-prefix", func(t *testing.T) {
		ann, ben := pair(t)
		genesis, _ := ann.View().Change(ann.ID())
		x := byHand(t, ann, ann.Author(), "old", after(genesis, 0))
		err := x.give(ben, x.signed(key("Eve"), nil))
		if _, shown := ben.View().Change(x.id()); shown || body(ben) != "kneadrest" {
			t.Errorf("%v, %q", err, body(ben))
		}
	}},
	{"04-stripped-signature", func(t *testing.T) {
		_, ben := pair(t)
		x := byHand(t, ben, key("Cy").Author(), "late", nil)
		must(t, x.give(ben))
		if !x.waits(ben) {
			t.Error("it does not wait")
		}
		_, err := bridge.Of(ben).Apply(bridge.Bundle{Work: x.work, Sigs: []bridge.Sig{x.signed(key("Cy"), nil)}}, "", false)
		must(t, err)
		if body(ben) != "lateknead"+"rest" {
			t.Errorf("%q", body(ben))
		}
	}},
	{"05-old-tip", func(t *testing.T) {
		ann, ben := pair(t)
		old, err := ben.Since(crdt.Version{})
		must(t, err)
		write(t, ann, "!")
		must(t, ben.Merge(ann))
		at := ben.Heads()
		if r, err := ben.Apply(old); err != nil || len(r.Applied) != 0 || ben.Heads() != at {
			t.Errorf("%+v, %v: who saw more goes back", r, err)
		}
	}},
	{"06-forked-key", func(t *testing.T) {
		ann, ben := pair(t)
		tip, _ := ben.Newest()
		x, y := byHand(t, ben, ben.Author(), "one", after(tip, 4)), byHand(t, ben, ben.Author(), "two", after(tip, 4))
		other, err := ann.Clone(nil, authorship.Rules())
		must(t, err)
		for _, z := range []*handmade{x, y} {
			must(t, z.give(ann, z.signed(key("Ben"), nil)))
		}
		for _, z := range []*handmade{y, x} {
			must(t, z.give(other, z.signed(key("Ben"), nil)))
		}
		for _, d := range []*crdt.Doc{ann, other} {
			list := slices.Collect(d.Evidence())
			if len(list) != 1 || list[0].A.Author != ben.Author() || list[0].A.Seq != list[0].B.Seq || body(d) != body(ann) {
				t.Errorf("%+v, %q", list, body(d))
			}
		}
	}},
	{"07-fork-flood", func(t *testing.T) {
		ann, ben := pair(t)
		tip, _ := ben.Newest()
		for k := range 40 {
			x := byHand(t, ben, ben.Author(), fmt.Sprint("spam ", k), after(tip, 4))
			must(t, x.give(ann, x.signed(key("Ben"), nil)))
		}
		if n := len(slices.Collect(ann.Evidence())); n == 0 {
			t.Error("no evidence")
		}
		amend := act(t, ann, func(tx *crdt.Tx) error {
			return authorship.Amend(tx, authorship.Amendment{Cut: []authorship.Cut{{Key: ben.Author(), Heads: []cid.Cid{tip.ID}}}})
		})
		act(t, ann, func(tx *crdt.Tx) error { return authorship.Endorse(tx, amend.ID) })
		if body(ann) != "kneadrest" {
			t.Errorf("%q after the cut", body(ann))
		}
		// A replica takes in no more than its host lets it.
		small, err := crdt.Join(nil, ann.ID(), authorship.Rules(), crdt.MaxBytes(4000))
		must(t, err)
		all, err := ben.Since(crdt.Version{})
		must(t, err)
		_, err = small.Apply(all)
		must(t, err)
		for k := range 40 {
			x := byHand(t, ben, ben.Author(), fmt.Sprint("spam ", k), after(tip, 4))
			err = x.give(small, x.signed(key("Ben"), nil))
		}
		if !errors.Is(err, crdt.ErrLimit) {
			t.Errorf("a small replica takes in everything: %v", err)
		}
	}},
	{"09-other-parents", func(t *testing.T) {
		ann, ben := pair(t)
		x := byHand(t, ann, key("Cy").Author(), "true", nil)
		y := byHand(t, ann, key("Cy").Author(), "true", func(h *block.Header) { h.Parents = []block.ID{mustID(ann.ID())} })
		sig := x.signed(key("Cy"), nil)
		must(t, x.give(ben, sig))
		sig.Change = block.Sum(y.it.Change)
		if err := y.give(ben, sig); x.id() == y.id() || !errors.Is(err, crdt.ErrSignature) {
			t.Errorf("true words under other parents: %v", err)
		}
	}},
	{"10-two-names", func(t *testing.T) {
		ann, ben := pair(t)
		tip, _ := ann.Newest()
		for name, c := range map[string]cid.Cid{
			"raw":     cid.NewCidV1(cid.Raw, tip.ID.Hash()),
			"version": cid.NewCidV0(tip.ID.Hash()),
		} {
			if _, ok := ann.View().Change(c); ok {
				t.Errorf("%s: the change has a second name", name)
			}
			if _, err := crdt.NewVersion(c); err == nil {
				t.Errorf("%s: a version of it", name)
			}
		}
		in, err := mh.Sum(nil, mh.IDENTITY, -1)
		must(t, err)
		if _, err := crdt.Join(nil, cid.NewCidV1(cid.DagCBOR, in)); err == nil {
			t.Error("a work whose name is its bytes")
		}
		x := byHand(t, ann, key("Cy").Author(), "true", nil)
		x.it.Change = append(x.it.Change, 0)
		if err := x.give(ben, x.signed(key("Cy"), nil)); !errors.Is(err, crdt.ErrMalformed) {
			t.Errorf("other bytes of a change: %v", err)
		}
	}},
	{"11-other-signature", func(t *testing.T) {
		_, ben := pair(t)
		x := byHand(t, ben, key("Cy").Author(), "once", nil)
		sig := x.signed(key("Cy"), nil)
		twin := sig
		// The order of the group: s + L is the same number to a verifier that does not look.
		order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
		s := slices.Clone(sig.Sig[32:])
		slices.Reverse(s)
		b := new(big.Int).Add(new(big.Int).SetBytes(s), order).FillBytes(make([]byte, 32))
		slices.Reverse(b)
		copy(twin.Sig[32:], b)
		if err := x.give(ben, twin); !errors.Is(err, crdt.ErrSignature) {
			t.Errorf("a second form of a signature: %v", err)
		}
		for range 2 {
			must(t, x.give(ben, sig))
		}
		if body(ben) != "oncekneadrest" {
			t.Errorf("%q", body(ben))
		}
	}},
	{"12-weak-keys", func(t *testing.T) {
		ann, ben := pair(t)
		everybodys := crdt.Author{1} // the identity point: one signature fits every message
		x := byHand(t, ann, everybodys, "anybody", nil)
		sig := bridge.Sig{Change: block.Sum(x.it.Change)}
		sig.Sig[0] = 1
		if err := x.give(ben, sig); err == nil || body(ben) != "kneadrest" {
			t.Errorf("%v, %q", err, body(ben))
		}
		if _, err := crdt.ParseAuthor(everybodys.String()); err == nil {
			t.Error("it is a key")
		}
	}},
	{"13-other-messages", func(t *testing.T) {
		ann, ben := pair(t)
		x := byHand(t, ann, key("Cy").Author(), "signed for something else", nil)
		id := block.Sum(x.it.Change)
		for name, msg := range map[string][]byte{
			"the name":     x.id().Bytes(),
			"the hash":     id[:],
			"no work":      append([]byte("commonhold/change/v1\x00"), x.id().Bytes()...),
			"another work": block.SigningMessage(id, id),
			"a binding":    append([]byte("commonhold/bind/v1\x00"), block.SigningMessage(x.work, id)[len("commonhold/change/v1\x00"):]...),
		} {
			if err := x.give(ben, x.signed(key("Cy"), msg)); !errors.Is(err, crdt.ErrSignature) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}},
	{"14-co-author-stripping", func(t *testing.T) {
		ann, ben := pair(t)
		c := edit(t, ann, func(tx *crdt.Tx) { tx.CoAuthor(ben.Author()); tx.Text("body").Append("both") })
		must(t, ben.Merge(ann))
		without, err := ben.Clone(nil, authorship.Rules()) // never gets what Ben says
		must(t, err)
		edit(t, ben, func(tx *crdt.Tx) { authorship.Confirm(tx, c.ID) })
		must(t, ann.Merge(ben))
		last := func(d *crdt.Doc) authorship.Span { list := blame(d); return list[len(list)-1] }
		if s := last(ann); called(s.CoAuthors) != "Ben" || s.Claimed != nil {
			t.Errorf("%+v", s)
		}
		if s := last(without); s.CoAuthors != nil || called(s.Claimed) != "Ben" {
			t.Errorf("%+v", s)
		}
		// The name is in the change: without it that is another change, which she has not signed.
		p, err := ann.View().Proof(c.ID)
		if err != nil {
			_, err = ann.Since(crdt.Version{})
			must(t, err)
			p, err = ann.View().Proof(c.ID)
			must(t, err)
		}
		var b block.Change
		must(t, block.Decode(p.Change, &b))
		h := b.Header
		h.With = nil
		stripped := block.Encode(&h, b.NOps, b.Ops)
		if bytes.Equal(stripped, p.Change) {
			t.Fatal("nothing was stripped")
		}
		p.Change = stripped
		if err := authorship.VerifyQuote(authorship.QuoteProof{Proof: p, Text: "both"}); err == nil {
			t.Error("a change without its co-author is proven")
		}
	}},
	{"15-false-co-author", func(t *testing.T) {
		ann, ben := pair(t)
		famous := join(t, ann, key("Famous"))
		write(t, famous, "x")
		edit(t, ben, func(tx *crdt.Tx) { tx.CoAuthor(famous.Author()); tx.Text("body").Append("praise") })
		meet(t, ann, ben, famous)
		if c := credit(t, ann, "Famous"); c.Characters != 1 {
			t.Errorf("%+v", c)
		}
		if c := credit(t, ann, "Ben"); c.Characters != 10 {
			t.Errorf("%+v", c)
		}
	}},
	{"16-theft-by-binding", func(t *testing.T) {
		ann, ben := pair(t)
		edit(t, ann, func(tx *crdt.Tx) { authorship.Bind(tx, ben.Author(), false) })
		meet(t, ann, ben)
		if a, b := credit(t, ben, "Ann"), credit(t, ben, "Ben"); a.Characters != 5 || b.Characters != 4 {
			t.Errorf("%+v and %+v", a, b)
		}
		claims := join(t, ann, nameless("claims").Claim(key("Ann").Author(), false))
		_ = claims.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("hers"); return nil })
		if c := credit(t, claims, "Ann"); c.Characters != 5 {
			t.Errorf("%+v", c)
		}
	}},
	{"17-words-in-anothers-mouth", func(t *testing.T) {
		ann, ben := pair(t)
		c, _ := ann.Newest()
		forged(t, ben, "I agree", block.Origin{Change: mustID(c.ID)})
		for s := range authorship.Blame(ben.View().Text("body")) {
			if s.Text == "I agree" && (s.Author.ID != key("Eve").Author() || s.Origin.Proof != authorship.Mismatch) {
				t.Errorf("%+v", s)
			}
		}
	}},
	{"18-laundering", func(t *testing.T) {
		ann, ben := pair(t)
		tip, _ := ann.Newest()
		thief := byHand(t, ann, ann.Author(), "stolen", after(tip, 5))
		must(t, thief.give(ben, thief.signed(key("Ann"), nil)))
		must(t, ann.Merge(ben)) // the owner meets what the thief wrote, and the key writes no more
		if err := ann.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("!"); return nil }); !errors.Is(err, crdt.ErrKey) {
			t.Errorf("the owner goes on, on the thief's change: %v", err)
		}
		if _, err := ann.Commit("covers everything"); !errors.Is(err, crdt.ErrKey) {
			t.Errorf("a note covers it: %v", err)
		}
	}},
	{"23-bombs", func(t *testing.T) {
		ann, ben := pair(t)
		was := ben.Heads()
		for name, b := range map[string][]byte{
			"giant header": append([]byte{0x8f}, make([]byte, 8<<20)...),
			"deep":         bytes.Repeat([]byte{0x81}, 1<<20),
			"count":        {0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
		} {
			x := &handmade{t: t, work: bridge.Of(ann).Work(), it: bridge.Item{Change: b}}
			if err := x.give(ben); err == nil || ben.Heads() != was {
				t.Errorf("%s: %v", name, err)
			}
		}
	}},
	{"25-sybils", func(t *testing.T) {
		// Free by design. They decide nothing, and what they can add to a measure is capped.
		ann, _ := pair(t)
		var some cid.Cid
		for k := range 30 {
			d := join(t, ann, key(fmt.Sprint("sybil ", k)))
			some = write(t, d, "x").ID
			if err := d.Update(func(tx *crdt.Tx) error { return authorship.Accept(tx, some) }); err == nil {
				t.Error("a stranger votes")
			}
			must(t, ann.Merge(d))
		}
		for _, m := range authorship.Measures(ann.View()) {
			if m.Person.Name == "Ann" && m.Persistence > 5*m.Characters {
				t.Errorf("persistence %d of %d characters", m.Persistence, m.Characters)
			}
		}
	}},
	{"26-withholding", func(t *testing.T) {
		// Nobody can tell what is not shown to them; what comes later changes nothing that
		// was said before.
		ann, ben := pair(t)
		hidden := join(t, ann, key("Cy"))
		c := write(t, hidden, "withheld")
		write(t, ben, "!")
		must(t, ann.Merge(ben))
		before := credit(t, ann, "Ben")
		must(t, ann.Merge(hidden))
		if _, ok := ann.View().Change(c.ID); !ok || credit(t, ann, "Ben") != before {
			t.Errorf("%+v", credit(t, ann, "Ben"))
		}
	}},
}
