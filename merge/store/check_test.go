package store

import (
	"context"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
)

// TestMemoryCheck: a damaged store is found by its check, clause by clause.
func TestMemoryCheck(t *testing.T) {
	work, err := cid.Parse("bafkreigh2akiscaildcqabsyg3dfr6chu3fgpregiymsck7e7aqa4s52zy")
	if err != nil {
		t.Fatal(err)
	}
	for name, damage := range map[string]func(*memoryWork){
		"invariant 1: order 0":       func(w *memoryWork) { w.segments[0].order = 0 },
		"invariant 1: order twice":   func(w *memoryWork) { w.segments[1].order = 1 },
		"invariant 1: beyond last":   func(w *memoryWork) { w.last = 1 },
		"invariant 2: other order":   func(w *memoryWork) { w.orders[w.segments[0].ID] = 7 },
		"invariant 2: unknown order": func(w *memoryWork) { w.orders["x"] = 7 },
		"invariant 3: hash":          func(w *memoryWork) { w.segments[0].Changes[0]++ },
		"invariant 3: journal":       func(w *memoryWork) { w.journal.Records = [][]byte{nil} },
		"invariant 3: held":          func(w *memoryWork) { w.held[cid.Undef] = nil },
		"invariant 3: gone":          func(w *memoryWork) { w.gone[work] = strings.Repeat("x", MaxName+1) },
	} {
		m := Memory().(*memory)
		if _, _, err := m.Open(context.Background()); err != nil {
			t.Fatal(err)
		}
		one, two := NewSegment([]byte("one"), nil), NewSegment([]byte("two"), nil)
		if err := m.Append(context.Background(), work, one, two); err != nil {
			t.Fatal(err)
		}
		if err := m.check(); err != nil {
			t.Fatalf("before the damage: %v", err)
		}
		damage(m.works[work])
		want, _, _ := strings.Cut(name, ": ")
		if err := m.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: check says %v", name, err)
		}
	}
}
