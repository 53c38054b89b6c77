package graph

import (
	"math/rand/v2"
	"testing"
)

// TestChangeOfSkewed finds the changes of numbers where changes are of very unequal
// sizes, none among them, in any order of asking.
func TestChangeOfSkewed(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 7))
	for round := range 200 {
		g := &Graph{rows: make([]row, 1+r.IntN(60)), first: []LV{0}}
		var of []int32 // by number
		for k := range g.rows {
			n := uint32(0)
			switch r.IntN(4) {
			case 0, 1:
				n = r.Uint32N(4)
			case 2:
				n = 1 << r.Uint32N(12)
			}
			g.first = append(g.first, g.first[k]+n)
			for range n {
				of = append(of, int32(k))
			}
		}
		for range 500 {
			if len(of) == 0 {
				break
			}
			lv := r.IntN(len(of))
			if got := g.ChangeOf(LV(lv)); got != of[lv] {
				t.Fatalf("round %d: number %d is of change %d, want %d of %v", round, lv, got, of[lv], g.first)
			}
		}
	}
}
