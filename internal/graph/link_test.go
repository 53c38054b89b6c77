package graph

import (
	"errors"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestLinkRefuses wants each rule that Link checks broken once, on applied and
// on held changes.
func TestLinkRefuses(t *testing.T) {
	for _, held := range []bool{false, true} {
		w := linear(t, 10)
		tip := w.all[9]
		if held {
			tip = w.make(0, tip, nil, nil)
			w.link(tip)
		}
		good := func() *Held {
			h := &Held{ID: idOf(1)}
			h.By, h.Prev, h.Seq, h.Start = w.keys[0], tip.id, tip.head.Seq+1, tip.head.Start+uint64(tip.count)
			return h
		}
		if err := w.g.Link(good(), w.find); err != nil {
			t.Fatalf("held %v: the good one: %v", held, err)
		}
		tests := map[string]func(h *Held){
			"seq repeats":          func(h *Held) { h.Seq-- },
			"seq has a gap":        func(h *Held) { h.Seq++ },
			"seq of 2^63":          func(h *Held) { h.Seq = 1 << 63 },
			"seq wraps a column":   func(h *Held) { h.Seq += 1 << 32 },
			"start below":          func(h *Held) { h.Start-- },
			"start above":          func(h *Held) { h.Start++ },
			"prev is of other key": func(h *Held) { h.By = testKey(5) },
		}
		for name, damage := range tests {
			h := good()
			damage(h)
			if err := w.g.Link(h, w.find); !errors.Is(err, block.ErrInvalid) {
				t.Errorf("held %v: %s: %v", held, name, err)
			}
		}
		first := &Held{ID: idOf(2)}
		first.By, first.Parents, first.Work = testKey(5), []block.ID{tip.id}, idOf(3)
		if err := w.g.Link(first, w.find); !errors.Is(err, block.ErrForeign) {
			t.Errorf("held %v: another work: %v", held, err)
		}
	}
}

// TestOpenAndFollow takes an open change of several parts through its life:
// numbers are found before, while and after the parts are applied.
func TestOpenAndFollow(t *testing.T) {
	for _, chain := range []int{0, 1, 7, 40} {
		w := newWorld(t, 4, 2)
		w.link(w.all[0])
		w.apply(w.all[0])
		side := w.make(0, w.all[0], nil, nil)
		w.link(side)
		w.apply(side)
		prev := None32
		for k := range chain {
			h := add(t, w.g, w.keys[1], idOf(k), prev, uint32(k%3), 0)
			prev, _ = Of(h).Applied()
		}
		g := w.g
		var open Held
		g.Open(&open, w.keys[1], prev, []int32{side.index})
		parts := []*Held{&open}
		var want []LV // of each number of the chain
		for i := int32(0); int(i) < g.Len(); i++ {
			for k := range g.Count(i) {
				if g.Key(i) == w.keys[1] {
					want = append(want, g.First(i)+k)
				}
			}
		}
		compare := func(when string) {
			t.Helper()
			tip := Of(parts[len(parts)-1])
			for n, lv := range want {
				x, off, ok := g.Resolve(tip, uint64(n))
				if !ok || g.LVOf(x, off) != lv {
					t.Fatalf("chain %d, %s: number %d of %d is LV %d, %v, want %d", chain, when, n, len(want), g.LVOf(x, off), ok, lv)
				}
			}
			if _, _, ok := g.Resolve(tip, uint64(len(want))); ok {
				t.Fatalf("chain %d, %s: a number too many", chain, when)
			}
		}
		if at := open.AddRef(0); at != 2 {
			t.Errorf("the ref stands at %d", at)
		}
		if r, ok := g.LinkOf(Of(&open), 2); !ok || r != At(0) {
			t.Errorf("link 2 is %v", r)
		}
		next := g.NextLV()
		for k := range 3 {
			h := parts[k]
			for range 4 {
				want = append(want, next)
				next++
				h.Count++
				compare("open")
			}
			if k < 2 {
				parts = append(parts, g.Follow(h))
			}
		}
		if prev == None32 && open.Work != g.WorkID() {
			t.Error("the first change of a key does not name the work")
		}
		for k, h := range parts {
			h.Parents, h.Refs = g.IDs(h.Links[:min(1, len(h.Links))]), g.IDs(h.Links[min(1, len(h.Links)):])
			h.ID = idOf(1000 + k)
			if i := g.Append(h, NoWords); g.First(i) != h.LV || g.skipAt(At(i)).index() != h.Skip.index() {
				t.Errorf("part %d begins at %d, said %d, skips to %d, said %d", k, g.First(i), h.LV, g.skipAt(At(i)).index(), h.Skip.index())
			}
			if err := g.Check(); err != nil {
				t.Fatal(err)
			}
			compare("sealed")
		}
	}
}
