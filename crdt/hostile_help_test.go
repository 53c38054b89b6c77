package crdt_test

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"math"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// forger writes changes by hand, as somebody who keeps to no rule can.
type forger struct {
	t   testing.TB
	key testKey
	d   *crdt.Doc // whose work it is, and whose changes it links to
}

// id is the id of the newest change of a doc, which must have one head.
func headOf(t testing.TB, d *crdt.Doc) block.ID {
	t.Helper()
	ids := d.Heads().IDs()
	if len(ids) != 1 {
		t.Fatalf("%d heads", len(ids))
	}
	id, err := block.ChangeID(ids[0])
	must(t, err)
	return id
}

// change is a first change of the forger's key on the head of its doc, with ops
// and words.
func (f *forger) change(words []byte, ops ...block.Op) bridge.Item {
	return f.on([]block.ID{headOf(f.t, f.d)}, nil, words, ops...)
}

// on is a first change of the key on given parents and refs.
func (f *forger) on(parents, refs []block.ID, words []byte, ops ...block.Op) bridge.Item {
	h := block.Header{By: block.Key(f.key.Author()), Parents: parents, Refs: refs, Work: bridge.Of(f.d).Work()}
	return f.encode(h, words, ops...)
}

// after is a change on another of the same chain.
func (f *forger) after(prev bridge.Item, words []byte, ops ...block.Op) bridge.Item {
	var p block.Change
	must(f.t, block.Decode(prev.Change, &p))
	h := block.Header{By: p.By, Seq: p.Seq + 1, Prev: block.Sum(prev.Change), Start: p.Start + uint64(p.Count)}
	return f.encode(h, words, ops...)
}

// encode makes the block of a header, words and ops.
func (f *forger) encode(h block.Header, words []byte, ops ...block.Op) bridge.Item {
	if len(words) > 0 {
		h.Text, h.Size = block.Sum(words), uint32(len(words))
	}
	var b []byte
	for k := range ops {
		b = block.AppendOp(b, &ops[k])
	}
	it := bridge.Item{Change: block.Encode(&h, len(ops), b), Words: words}
	it.ID = block.Sum(it.Change)
	return it
}

// sign is the forger's signature on a change.
func (f *forger) sign(it bridge.Item) bridge.Sig { return f.signAs(f.key, bridge.Of(f.d).Work(), it) }

// signAs is the signature of a key on a change as one of a work.
func (f *forger) signAs(key testKey, work [32]byte, it bridge.Item) bridge.Sig {
	s := bridge.Sig{Change: block.Sum(it.Change)}
	copy(s.Sig[:], ed25519.Sign(key.k, block.SigningMessage(work, s.Change)))
	return s
}

// give delivers changes, signed each by the forger.
func (f *forger) give(d *crdt.Doc, items ...bridge.Item) error {
	var sigs []bridge.Sig
	for _, it := range items {
		sigs = append(sigs, f.sign(it))
	}
	return give(d, bridge.Bundle{Work: bridge.Of(f.d).Work(), Items: items, Sigs: sigs})
}

// give delivers a bundle.
func give(d *crdt.Doc, b bridge.Bundle) error {
	_, err := bridge.Of(d).Apply(b, "stranger", false)
	return err
}

// footprint is what must not change when input is refused: heads, JSON, and all
// that leaves.
func footprint(t testing.TB, d *crdt.Doc) string {
	t.Helper()
	must(t, bridge.Of(d).Leave())
	in := bridge.Of(d)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b := bridge.Bundle{}
	if len(all) > 0 {
		b, _ = in.Bundle(all, math.MaxInt)
	}
	json, err := d.View().MarshalJSON()
	must(t, err)
	must(t, d.CheckRooms())
	return fmt.Sprintf("%v %s %x", d.Heads(), json, b)
}

// refused delivers a bundle that must be refused with an error and change
// nothing, and tests that an honest edit still works.
func refused(t testing.TB, d *crdt.Doc, b bridge.Bundle, want error) {
	t.Helper()
	was := footprint(t, d)
	err := give(d, b)
	if want != nil && !errors.Is(err, want) {
		t.Errorf("error %v, want %v", err, want)
	}
	if got := footprint(t, d); got != was {
		t.Errorf("changed by what was refused (%v):\n%s\n%s", err, was, got)
	}
}

// honest makes a work with every container in it, and a second person's
// replica.
func honest(t testing.TB, name string) (*crdt.Doc, *crdt.Doc) {
	t.Helper()
	a, err := crdt.New(newKey(name+" a"), crdt.Title(name))
	must(t, err)
	must(t, a.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append("hello")
		tx.Map("m").Put("k", 1)
		tx.Map("m").Map("sub").Put("x", 2)
		tx.List("l").Insert(0, 1, 2, 3)
		tx.List("l").InsertMap(3)
		tx.Set("s").Add("x")
		tx.Counter("c").Add(5)
		tx.Text("t").Delete(0, 1)
		return nil
	}))
	b, err := a.Clone(newKey(name + " b"))
	must(t, err)
	return a, b
}

// works tests that an honest edit still commits and syncs.
func works(t testing.TB, a, b *crdt.Doc) {
	t.Helper()
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); return nil }))
	must(t, b.Merge(a))
	must(t, a.Merge(b))
	same(t, a, b)
	must(t, a.CheckRooms())
	must(t, b.CheckRooms())
}
