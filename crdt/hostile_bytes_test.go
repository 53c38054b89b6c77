package crdt_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestBytes: every prefix and every one-byte change of a change block is refused
// under the name of the good one; under its own name it is refused or waits as
// another change without a signature. The work never changes without an error.
func TestBytes(t *testing.T) {
	a, b := honest(t, "bytes")
	words, ops := worded(t)
	f := &forger{t, newKey("ann"), a}
	good := f.change(words, append(ops, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 1, Len: 2}}})...)
	sig := f.sign(good)
	heads, json := b.Heads(), fmt.Sprint(b.View().MarshalJSON())
	tried := 0
	try := func(name string, raw []byte) {
		t.Helper()
		tried++
		named := bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{{ID: good.ID, Change: raw, Words: words}}, Sigs: []bridge.Sig{sig}}
		if err := give(b, named); !errors.Is(err, crdt.ErrHash) {
			t.Fatalf("%s: under the good name: %v", name, err)
		}
		own := named
		own.Items = []bridge.Item{{Change: raw, Words: words}}
		s := sig
		s.Change = block.Sum(raw)
		own.Sigs = []bridge.Sig{s} // the good signature on the bad bytes
		if err := give(b, own); err == nil {
			t.Fatalf("%s: taken", name)
		}
		if b.Heads() != heads || fmt.Sprint(b.View().MarshalJSON()) != json {
			t.Fatalf("%s: the work has changed", name)
		}
	}
	for k := range good.Change {
		try(fmt.Sprintf("prefix %d", k), good.Change[:k])
		for _, x := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x7f} {
			raw := append([]byte(nil), good.Change...)
			raw[k] ^= x
			try(fmt.Sprintf("byte %d ^ %#x", k, x), raw)
		}
	}
	try("one byte more", append(append([]byte(nil), good.Change...), 0))
	try("twice", append(append([]byte(nil), good.Change...), good.Change...))
	for k := range 256 {
		try("one byte", []byte{byte(k)})
	}
	if tried < 2000 {
		t.Errorf("%d tries", tried)
	}
	must(t, b.CheckRooms())
	must(t, f.give(b, good))
	works(t, b, a)
}

// allocated is the bytes that fn allocates.
func allocated(fn func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	fn()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestCountBombs: small changes that speak of a million numbers each cost little,
// in bytes and in steps, and stay cheap when they are repeated.
func TestCountBombs(t *testing.T) {
	a, b := honest(t, "bombs")
	f := &forger{t, newKey("mallory"), a}
	const n = 1 << 20
	noWords := func(it bridge.Item) bridge.Item { it.Words = nil; return it }
	typed := func(prev *bridge.Item) bridge.Item {
		h := block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(a).Work(), Text: block.ID{1}, Size: n}
		if prev != nil {
			var p block.Change
			must(t, block.Decode(prev.Change, &p))
			h = block.Header{By: p.By, Seq: p.Seq + 1, Prev: prev.ID, Start: p.Start + uint64(p.Count), Text: block.ID{1}, Size: n}
		}
		return noWords(f.encode(h, nil, block.Op{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Right, Runes: n, Bytes: n}))
	}
	last := typed(nil)
	var items []bridge.Item
	items = append(items, last)
	for range 15 {
		last = typed(&last)
		items = append(items, last)
	}
	size := 0
	for _, it := range items {
		size += len(it.Change)
	}
	got := allocated(func() { must(t, f.give(b, items...)) })
	t.Logf("%d changes of %d bytes that make %d characters without words: %d bytes allocated", len(items), size, 16*n, got)
	if limit := uint64(64*size + 1<<20); got > limit {
		t.Errorf("%d bytes allocated, limit %d", got, limit)
	}
	// One delete of a million, then the same again and again, and its restore.
	del := f.after(last, nil, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 0, N: 0, Len: n}}})
	must(t, f.give(b, del))
	last = del
	steps, visits := b.LifeSteps(), b.SeqVisits("t")
	rounds := 20
	got = allocated(func() {
		for range rounds {
			last = f.after(last, nil, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 0, N: 0, Len: n}}})
			must(t, f.give(b, last))
		}
	})
	steps, visits = b.LifeSteps()-steps, b.SeqVisits("t")-visits
	t.Logf("%d deletes of the same million: %d steps, %d visits, %d bytes allocated", rounds, steps, visits, got)
	if steps > uint64(rounds)*20000 || visits > uint64(rounds)*1000 || got > 8<<20 {
		t.Errorf("%d deletes of the same million: %d steps, %d visits, %d bytes", rounds, steps, visits, got)
	}
	must(t, a.Merge(b)) // the checks of the rooms are linear in characters: too slow here
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); return nil }))
	must(t, b.Merge(a))
	same(t, a, b)
}

// TestRunBombs: a change with as many runs as fit, on every other character, and
// the same runs again and again, cost in proportion to their bytes.
func TestRunBombs(t *testing.T) {
	a, b := honest(t, "runs")
	f := &forger{t, newKey("mallory"), a}
	const n = 60000
	first := f.encode(block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(a).Work(), Text: block.ID{1}, Size: n}, nil,
		block.Op{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Right, Runes: n, Bytes: n})
	must(t, f.give(b, first))
	var runs, odd []block.Run
	for k := uint64(0); k < n; k += 2 {
		runs = append(runs, block.Run{C: 0, N: k, Len: 1})
		odd = append(odd, block.Run{C: 0, N: n - 1 - k, Len: 1}) // descending
	}
	last := first
	var cost []uint64
	rounds := 8
	if testing.Short() {
		rounds = 4
	}
	for k := range rounds {
		r := runs
		if k%2 == 1 {
			r = odd
		}
		last = f.after(last, nil, block.Op{Code: block.OpDelete, Runs: r})
		before := b.LifeSteps() + b.SeqVisits("t")
		bytes := allocated(func() { must(t, f.give(b, last)) })
		cost = append(cost, b.LifeSteps()+b.SeqVisits("t")-before)
		if bytes > uint64(64*len(last.Change)+1<<20) {
			t.Errorf("round %d: %d bytes allocated for a change of %d", k, bytes, len(last.Change))
		}
	}
	t.Logf("%d runs a change: steps and visits %v", len(runs), cost)
	for k, c := range cost {
		if c > 200*uint64(len(runs)) {
			t.Errorf("round %d: %d steps and visits for %d runs", k, c, len(runs))
		}
	}
	must(t, b.CheckRooms())
	works(t, b, a)
}

// TestSiblingBomb: many keys write at one place: nodes visited an insert stay
// flat.
func TestSiblingBomb(t *testing.T) {
	m := 1500
	if testing.Short() {
		m = 400
	}
	a, b := honest(t, "siblings")
	head := headOf(t, a)
	var per [2]uint64
	for k := range m {
		f := &forger{t, newKey(fmt.Sprint("sibling ", k)), a}
		it := f.on([]block.ID{head}, nil, []byte("s"), block.Op{Code: block.OpText, C: root(block.KindText, "t"), HasAt: true, At: at(nText + 2), Side: block.Right, Runes: 1, Bytes: 1})
		before := b.SeqVisits("t")
		must(t, f.give(b, it))
		per[2*k/m] += b.SeqVisits("t") - before
	}
	t.Logf("%d siblings: visits %d, then %d", m, per[0], per[1])
	if per[1] > 2*per[0]+uint64(m)*20 {
		t.Errorf("visits grow: %d, then %d", per[0], per[1])
	}
	must(t, b.CheckRooms())
	// The next change names 64 of the heads and the rest stay.
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); tx.Put("k", 1); return nil }))
	_, err := b.Commit("")
	must(t, err)
	if n := len(b.Heads().IDs()); n != m-64+1 {
		t.Errorf("%d heads", n)
	}
	must(t, a.Merge(b))
	same(t, a, b)
}
