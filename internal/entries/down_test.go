package entries

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestDown compares Down and Limbo with the twin after each step of a random life.
func TestDown(t *testing.T) {
	solid, limbo := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(map[string]int{})
		m.s.short, m.s.wide = rapid.IntRange(0, 3).Draw(t, "short"), 4
		life := m.life()
		life[""] = func(t *rapid.T) {
			for slot := range int32(slotCount) {
				m.s.Winner(slot) // hardens
				want := m.w.entries(slot)
				slices.Reverse(want)
				var got []LV
				some := false
				m.s.Down(slot, func(e Entry, all bool) bool {
					some = some || e.Kind == Child && e.State == Ineffective
					if x, ok := m.s.Entry(e.LV); !ok || x != e {
						t.Fatalf("entry %d comes as %v, it is %v", e.LV, e, x)
					}
					if got = append(got, e.LV); !all {
						return true
					}
					solid++
					hit := map[LV]bool{}
					m.w.reach(e.LV, hit)
					for _, lv := range want[len(got):] {
						if !hit[lv] {
							t.Fatalf("slot %d: %d is said to reach all below it, and does not reach %d", slot, e.LV, lv)
						}
					}
					return true
				})
				if !slices.Equal(got, want) {
					t.Fatalf("slot %d is %v, want %v", slot, got, want)
				}
				if m.s.Limbo(slot) != some {
					t.Fatalf("slot %d has an ineffective child entry: %v", slot, some)
				}
				if some {
					limbo++
				}
				n := 0
				m.s.Down(slot, func(Entry, bool) bool { n++; return n < 2 })
				if n > 2 || n < min(2, len(want)) {
					t.Fatalf("slot %d: Down goes on after no: %d", slot, n)
				}
			}
		}
		t.Repeat(life)
	})
	if (solid == 0 || limbo == 0) && !testing.Short() {
		t.Errorf("%d solid entries and %d slots in limbo were met", solid, limbo)
	}
}
