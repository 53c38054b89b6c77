package pack

import (
	"math/rand/v2"
	"testing"
)

// TestCoverTwin compares cover with walking down from every signature.
func TestCoverTwin(t *testing.T) {
	whole := 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 3))
		var c cover
		var prevs []int
		var signed []bool
		for k := range 1 + r.IntN(12) {
			prev := r.IntN(k+1) - 1
			var sig *[64]byte
			if r.IntN(3) == 0 {
				sig = &[64]byte{byte(k)}
			}
			prevs, signed = append(prevs, prev), append(signed, sig != nil)
			c.add(prev, sig)
			covered, later := make([]bool, k+1), make([]bool, k+1)
			for i := range signed {
				for j := i; signed[i] && j >= 0; j = prevs[j] {
					covered[j] = true
					later[j] = later[j] || j != i
				}
			}
			open := 0
			for _, is := range covered {
				if !is {
					open++
				}
			}
			if c.open != open {
				t.Fatalf("seed %d: %d changes open, want %d", seed, c.open, open)
			}
			if open == 0 {
				whole++
			}
			if k < 8 && r.IntN(3) > 0 {
				continue
			}
			got := map[int]bool{}
			c.needed(func(k int, sig *[64]byte) { got[k] = int(sig[0]) == k })
			for i := range signed {
				if want := signed[i] && !later[i]; got[i] != want {
					t.Fatalf("seed %d: signature on %d of %v %v needed: %t", seed, i, prevs, signed, got[i])
				}
			}
		}
		c.reset()
		if c.open != 0 || len(c.list) != 0 {
			t.Fatal("not empty after reset")
		}
	}
	if whole < 1000 {
		t.Errorf("only %d times all was covered", whole)
	}
}
