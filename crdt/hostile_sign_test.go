package crdt_test

import (
	"encoding/hex"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// textOp inserts ASCII words at the start of the root text of a name.
func textOp(name, words string) block.Op {
	return block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: name}, Side: block.Right,
		Runes: uint32(len(words)), Bytes: uint32(len(words))}
}

// TestSignatures: a signature that is not by the author over this change of this
// work is refused and held against the pair, never the change.
func TestSignatures(t *testing.T) {
	a, b := honest(t, "signatures")
	other, _ := honest(t, "another work")
	f := &forger{t, newKey("mallory"), a}
	it := f.change([]byte("hi"), textOp("t", "hi"))
	two := f.after(it, []byte("ho"), textOp("t", "ho"))
	work := bridge.Of(a).Work()
	flip := func(at int, bit byte) bridge.Sig {
		s := f.sign(it)
		s.Sig[at] ^= bit
		return s
	}
	of := func(s bridge.Sig, c bridge.Item) bridge.Sig { s.Change = c.ID; return s }
	for name, sig := range map[string]bridge.Sig{
		"other change":  of(f.sign(two), it),
		"other key":     f.signAs(newKey("eve"), work, it),
		"other work":    f.signAs(f.key, bridge.Of(other).Work(), it),
		"zero":          {Change: it.ID},
		"bit of R":      flip(3, 4),
		"bit of S":      flip(40, 1),
		"high bit of S": flip(63, 0x80),
	} {
		t.Run(name, func(t *testing.T) {
			for _, d := range []*crdt.Doc{a, b} {
				refused(t, d, bridge.Bundle{Work: work, Items: []bridge.Item{it}, Sigs: []bridge.Sig{sig}}, crdt.ErrSignature)
			}
			works(t, a, b)
		})
	}
	for k := range 64 {
		refused(t, b, bridge.Bundle{Work: work, Items: []bridge.Item{it}, Sigs: []bridge.Sig{flip(k, 1<<(k%8))}}, crdt.ErrSignature)
	}
	must(t, f.give(b, it)) // the change itself was never to blame
	if got := b.View().Text("t").String(); len(got) < 2 || got[:2] != "hi" && got[len(got)-2:] != "hi" {
		t.Errorf("text %q", got)
	}
	must(t, b.Merge(a))
	must(t, a.Merge(b))
	works(t, a, b)
}

// TestBadKeys: keys that nobody owns, or that are not in canonical form, make no
// changes, whatever the signature.
func TestBadKeys(t *testing.T) {
	a, b := honest(t, "keys")
	for _, hx := range []string{
		"0100000000000000000000000000000000000000000000000000000000000000", // the identity
		"0000000000000000000000000000000000000000000000000000000000000000", // order 4
		"0000000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // order 2
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a", // order 8
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p: 0 in another spelling
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // p + 1
		"0200000000000000000000000000000000000000000000000000000000000000", // not on the curve
	} {
		var key block.Key
		raw, err := hex.DecodeString(hx)
		must(t, err)
		copy(key[:], raw)
		f := &forger{t, newKey("nobody"), a}
		h := block.Header{By: key, Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(a).Work()}
		it := f.encode(h, []byte("hi"), textOp("t", "hi"))
		for _, sig := range []bridge.Sig{f.sign(it), {Change: it.ID}, {Change: it.ID, Sig: [64]byte{1}}} {
			refused(t, b, bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}, Sigs: []bridge.Sig{sig}}, crdt.ErrKey)
		}
		if _, err := crdt.New(fixedKey{crdt.Author(key)}); !errors.Is(err, crdt.ErrKey) {
			t.Errorf("key %s founds a work: %v", hx, err)
		}
	}
	works(t, a, b)
}

// fixedKey is a signer that signs nothing.
type fixedKey struct{ by crdt.Author }

func (k fixedKey) Author() crdt.Author         { return k.by }
func (k fixedKey) Sign([]byte) ([]byte, error) { return make([]byte, 64), nil }

// TestStripped: without a signature a change waits, reason ErrNotCovered, and
// what builds on it too; the signature, even that of a later change, brings it
// in.
func TestStripped(t *testing.T) {
	a, b := honest(t, "stripped")
	f := &forger{t, newKey("ann"), a}
	one := f.change([]byte("hi"), textOp("t", "hi"))
	two := f.after(one, []byte("ho"), textOp("t", "ho"))
	work := bridge.Of(a).Work()
	was := footprint(t, b)
	must(t, give(b, bridge.Bundle{Work: work, Items: []bridge.Item{one, two}}))
	if got := footprint(t, b); got != was {
		t.Errorf("an unsigned change shows:\n%s\n%s", was, got)
	}
	n := 0
	for c, why := range b.Pending() {
		n++
		if !errors.Is(why, crdt.ErrNotCovered) {
			t.Errorf("%v waits for %v", c.ID, why)
		}
	}
	if n != 2 {
		t.Errorf("%d changes wait", n)
	}
	works(t, a, b)
	must(t, give(b, bridge.Bundle{Work: work, Sigs: []bridge.Sig{f.sign(two)}})) // alone, later
	for range b.Pending() {
		t.Errorf("still pending")
	}
	works(t, b, a)
}

// TestWithheldParent: a covering change whose parent is withheld covers nothing.
func TestWithheldParent(t *testing.T) {
	a, b := honest(t, "withheld")
	ann, ben := &forger{t, newKey("ann"), a}, &forger{t, newKey("ben"), a}
	one := ann.change([]byte("hi"), textOp("t", "hi"))
	secret := ben.change([]byte("no"), textOp("t", "no"))
	two := ann.encode(block.Header{By: block.Key(ann.key.Author()), Seq: 1, Prev: one.ID, Start: 2, Parents: []block.ID{secret.ID}},
		[]byte("ho"), textOp("t", "ho"))
	work := bridge.Of(a).Work()
	was := footprint(t, b)
	must(t, give(b, bridge.Bundle{Work: work, Items: []bridge.Item{one, two}, Sigs: []bridge.Sig{ann.sign(two)}}))
	if got := footprint(t, b); got != was {
		t.Errorf("covered by what waits:\n%s\n%s", was, got)
	}
	for c, why := range b.Pending() {
		t.Log(c.ID, why)
	}
	must(t, give(b, bridge.Bundle{Work: work, Items: []bridge.Item{secret}, Sigs: []bridge.Sig{ben.sign(secret)}}))
	if n := bridge.Of(b).Pending(); n != 0 {
		t.Errorf("%d still wait", n)
	}
	works(t, b, a)
}

// TestAnswers: two people who answer each other, with only their tips signed: a
// late joiner applies everything, however it arrives.
func TestAnswers(t *testing.T) {
	rounds := 5000
	if testing.Short() {
		rounds = 500
	}
	a, _ := honest(t, "answers")
	base := bundleOf(a)
	f, g := &forger{t, newKey("f"), a}, &forger{t, newKey("g"), a}
	first := map[*forger]bridge.Item{f: f.change([]byte("hi"), textOp("t", "hi")), g: g.change([]byte("ho"), textOp("t", "ho"))}
	applied := 0
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 3))
		items := []bridge.Item{first[f], first[g]}
		tips := map[*forger]bridge.Item{f: first[f], g: first[g]}
		for range 2 + r.IntN(12) {
			x, y := f, g
			if r.IntN(2) == 0 {
				x, y = g, f
			}
			var p block.Change
			must(t, block.Decode(tips[x].Change, &p))
			h := block.Header{By: p.By, Seq: p.Seq + 1, Prev: tips[x].ID, Start: p.Start + uint64(p.Count)}
			if r.IntN(4) > 0 {
				h.Parents = []block.ID{tips[y].ID}
			}
			tips[x] = x.encode(h, []byte("a"), textOp("t", "a"))
			items = append(items, tips[x])
		}
		all := bridge.Bundle{Work: base.Work, Sigs: []bridge.Sig{f.sign(tips[f]), g.sign(tips[g])}}
		r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
		late, err := crdt.Join(nil, a.ID())
		must(t, err)
		_, err = bridge.Of(late).Apply(base, "", true)
		must(t, err)
		if r.IntN(2) == 0 {
			all.Items = items
			must(t, give(late, all))
		} else {
			for _, it := range items {
				must(t, give(late, bridge.Bundle{Work: all.Work, Items: []bridge.Item{it}}))
			}
			must(t, give(late, all))
		}
		if in := bridge.Of(late); in.Pending() != 0 || in.Count() != len(base.Items)+len(items) {
			t.Fatalf("seed %d: %d of %d applied, %d wait", seed, in.Count(), len(base.Items)+len(items), in.Pending())
		}
		applied += len(items)
		if seed%100 == 0 {
			must(t, late.CheckRooms())
		}
	}
	t.Logf("%d histories, %d changes", rounds, applied)
}

// TestForeignTip: a change of the doc's own key that it did not make is applied;
// edits are refused until Rekey.
func TestForeignTip(t *testing.T) {
	a, b := honest(t, "foreign tip")
	f := &forger{t, newKey("foreign tip b"), a} // b's key
	it := f.change([]byte("hi"), textOp("t", "hi"))
	must(t, f.give(b, it))
	if got := b.View().Text("t").String(); got != "hiello" && got != "ellohi" {
		t.Errorf("text %q", got)
	}
	edit := func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }
	was := footprint(t, b)
	if err := b.Update(edit); !errors.Is(err, crdt.ErrKey) {
		t.Errorf("an edit returned %v", err)
	}
	if _, err := b.Commit("note"); !errors.Is(err, crdt.ErrKey) {
		t.Errorf("a commit returned %v", err)
	}
	if got := footprint(t, b); got != was {
		t.Errorf("a latched edit changed something")
	}
	if err := b.Rekey(newKey("foreign tip a")); !errors.Is(err, crdt.ErrKey) {
		t.Errorf("rekey to a key in use: %v", err)
	}
	must(t, b.Rekey(newKey("foreign tip new")))
	must(t, b.Update(edit))
	must(t, a.Merge(b))
	must(t, b.Merge(a))
	works(t, a, b)
}
