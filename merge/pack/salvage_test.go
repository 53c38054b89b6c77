package pack_test

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge/pack"
)

// long makes a document of n changes by two authors.
func long(t testing.TB, n int) *crdt.Doc {
	a, err := crdt.New(newKey(0))
	check(t, err)
	b, err := a.Clone(newKey(1))
	check(t, err)
	for k := range n {
		d := a
		if k/100%2 == 1 {
			d = b
		}
		if k%100 == 0 {
			check(t, a.Merge(b))
			check(t, b.Merge(a))
		}
		check(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append(string(rune('a' + k%26))); return nil }))
		_, err := d.Commit("")
		check(t, err)
	}
	check(t, a.Merge(b))
	return a
}

// TestSalvage damages the second group of a pack: the first is saved whole, and
// what it makes can be completed from another replica.
func TestSalvage(t *testing.T) {
	d := long(t, 15000)
	p := write(t, d)
	info, err := pack.Inspect(bytes.NewReader(p))
	check(t, err)
	if info.Groups != 2 {
		t.Fatalf("%d groups", info.Groups)
	}
	damaged := bytes.Clone(p)
	damaged[len(p)-100] ^= 4
	for name, q := range map[string][]byte{"damaged": damaged, "cut": p[:len(p)-100]} {
		if e, err := pack.Read(bytes.NewReader(q), cid.Undef, nil); e != nil || !errors.Is(err, pack.ErrCorrupt) {
			t.Fatalf("%s: read: %v", name, err)
		}
		e, err := pack.Salvage(bytes.NewReader(q), d.ID(), newKey(5))
		if e == nil || !errors.Is(err, pack.ErrCorrupt) {
			t.Fatalf("%s: nothing salvaged: %v", name, err)
		}
		in := bridge.Of(e)
		if n := in.Count(); n < 12000 || n >= 15000 || in.Pending() > 0 {
			t.Errorf("%s: %d changes salvaged, %d wait", name, n, in.Pending())
		}
		check(t, e.Merge(d))
		same(t, d, e)
	}
	if e, err := pack.Salvage(bytes.NewReader(p[:60]), cid.Undef, nil); e != nil || !errors.Is(err, pack.ErrCorrupt) {
		t.Errorf("salvaged from 60 bytes: %v", err)
	}
	if e, err := pack.Salvage(bytes.NewReader(p), cid.Undef, nil); err != nil {
		t.Errorf("salvaging a sound pack: %v", err)
	} else {
		same(t, d, e)
	}
}

// TestOrders reads packs whose changes stand backwards, or twice; and packs that
// lack what others stand on, or signatures.
func TestOrders(t *testing.T) {
	d := session(t, 3, 3, 200)
	write(t, d) // which signs
	in := bridge.Of(d)
	idx := make([]int, in.Count())
	for k := range idx {
		idx[k] = k
	}
	all, _ := in.Bundle(idx, 1<<30)
	backwards := slices.Clone(all.Items)
	slices.Reverse(backwards)
	for name, c := range map[string]struct {
		items []bridge.Item
		sigs  []bridge.Sig
		want  error
	}{
		"backwards":         {backwards, all.Sigs, nil},
		"one twice":         {append(slices.Clip(all.Items), all.Items[len(all.Items)/2]), all.Sigs, nil},
		"all twice":         {append(slices.Clip(all.Items), all.Items...), all.Sigs, nil},
		"without a genesis": {all.Items[1:], all.Sigs, crdt.ErrMissing},
		"without one":       {append(slices.Clone(all.Items[:9]), all.Items[10:]...), all.Sigs, crdt.ErrMissing},
		"not signed":        {all.Items, nil, crdt.ErrNotCovered},
	} {
		p, err := pack.PackOf(bridge.Bundle{Work: all.Work, Items: c.items, Sigs: c.sigs})
		check(t, err)
		e, err := pack.Read(bytes.NewReader(p), cid.Undef, nil)
		if c.want != nil {
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v, want %v", name, err, c.want)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		same(t, d, e)
	}
}

// TestDamagedDocuments turns bits of real packs, some behind their checksums:
// Read refuses them or makes the same document.
func TestDamagedDocuments(t *testing.T) {
	d := session(t, 3, 3, 300)
	p := write(t, d)
	kept, refused := 0, 0
	for k := 0; k < 8*len(p); k += 8*len(p)/400 + 1 {
		q := bytes.Clone(p)
		q[k/8] ^= 1 << (k % 8)
		for _, r := range [][]byte{q, pack.Reseal(q)} {
			e, err := pack.Read(bytes.NewReader(r), cid.Undef, nil)
			if err != nil {
				refused++
				continue
			}
			kept++
			same(t, d, e)
		}
	}
	t.Logf("%d refused, %d the same document", refused, kept)
	if refused < 300 {
		t.Error("too few were refused")
	}
}
