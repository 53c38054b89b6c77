package sparse

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestIndex plays with an index and with a map, which must agree.
func TestIndex(t *testing.T) {
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 1))
		var x Index
		twin := map[uint32]uint32{}
		for range 600 {
			lv := uint32(r.IntN(2 << r.IntN(14)))
			if r.IntN(3) == 0 {
				if _, ok := twin[lv]; ok {
					x.Drop(lv)
					delete(twin, lv)
				}
			} else if p := x.At(lv); *p != twin[lv] {
				t.Fatalf("seed %d: %d has %d, want %d", seed, lv, *p, twin[lv])
			} else {
				*p = 1 + uint32(r.IntN(9))
				twin[lv] = *p
			}
			if got := x.Get(lv); got != twin[lv] || x.Count() != len(twin) || x.Get(lv+1<<20) != 0 {
				t.Fatalf("seed %d: %d has %d, want %d; %d of %d values", seed, lv, got, twin[lv], x.Count(), len(twin))
			}
			from, n := uint32(r.IntN(2<<r.IntN(14))), uint32(r.IntN(2<<r.IntN(11)))
			var got, want []uint32
			x.Each(from, n, func(v uint32) { got = append(got, v) })
			for lv := from; lv < from+n; lv++ {
				if v := twin[lv]; v != 0 {
					want = append(want, v)
				}
			}
			if !slices.Equal(got, want) {
				t.Fatalf("seed %d: from %d on %d have %v, want %v", seed, from, n, got, want)
			}
		}
		if x.Empty() {
			t.Errorf("seed %d: nothing was put in", seed)
		}
	}
	if x := (Index{}); !x.Empty() || x.Get(7) != 0 || x.Count() != 0 {
		t.Error("the zero value is not empty")
	}
	(&Index{}).Each(0, ^uint32(0), func(uint32) { t.Error("nothing has a value") })
}
