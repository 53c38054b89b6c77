package entries

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// depthOrder is an order as the document asks it: by depth of the change, then by its digest.
type depthOrder struct {
	depth []uint32
	hash  []uint64
}

func (o *depthOrder) compare(a, b LV) int {
	switch {
	case o.depth[a] != o.depth[b]:
		return int(o.depth[a]) - int(o.depth[b])
	case o.hash[a] < o.hash[b]:
		return -1
	case o.hash[a] > o.hash[b]:
		return 1
	}
	return 0
}

func newDepthOrder(n int, depth func(i int) uint32) *depthOrder {
	o := &depthOrder{}
	rng := rand.New(rand.NewPCG(1, 0))
	for i := range n {
		o.depth = append(o.depth, depth(i))
		o.hash = append(o.hash, rng.Uint64())
	}
	return o
}

// 100,000 puts over 1,000 keys as a local writer makes them, and the reads of all keys at the end.
func BenchmarkPuts(b *testing.B) {
	const n, keys = 100_000, 1_000
	o := newDepthOrder(n, func(i int) uint32 { return uint32(i / 100) })
	for b.Loop() {
		s := New(Hooks{Order: o.compare, State: func(LV) State { return Alive }})
		var over []LV
		for i := range n {
			slot := int32(i * 7919 % keys)
			over = s.Frontier(slot, over[:0])
			s.Add(slot, LV(i), over, Value, -1, 0, 1)
		}
		for slot := range int32(keys) {
			s.Winner(slot)
		}
	}
}

// 200,000 keys, each put once.
func BenchmarkKeys(b *testing.B) {
	const n = 200_000
	o := newDepthOrder(n, func(i int) uint32 { return uint32(i / 100) })
	for b.Loop() {
		s := New(Hooks{Order: o.compare, State: func(LV) State { return Alive }})
		for i := range n {
			s.Add(int32(i), LV(i), nil, Value, -1, 0, 1)
		}
		for slot := range int32(n) {
			s.Winner(slot)
		}
	}
}

// Concurrent entries of one slot, arriving in random order, with the winner read after each.
func BenchmarkOneSlot(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		for _, kind := range []string{"values", "deletes too"} {
			b.Run(fmt.Sprint(n, " ", kind), func(b *testing.B) {
				o := newDepthOrder(n, func(int) uint32 { return 5 })
				for b.Loop() {
					s := New(Hooks{Order: o.compare, State: func(LV) State { return Alive }})
					for i := range n {
						k := Value
						if kind != "values" && i%2 == 1 {
							k = Absent
						}
						s.Add(0, LV(i), nil, k, -1, 0, 1)
						s.Winner(0)
					}
				}
			})
		}
	}
}

// 100,000 adds of 10,000 values to a set, and a walk over it.
func BenchmarkTags(b *testing.B) {
	const n = 100_000
	var words []byte
	var offs []uint32
	for i := range n {
		offs = append(offs, uint32(len(words)))
		words = fmt.Appendf(words, "%d", i*7919%10_000)
	}
	offs = append(offs, uint32(len(words)))
	for b.Loop() {
		t := NewTags(&words)
		for i := range n {
			t.Add(1, LV(i), offs[i], offs[i+1]-offs[i])
		}
		t.Each(1, func([]byte, LV) bool { return true })
	}
}

// 100,000 steps of one counter, each undone.
func BenchmarkSteps(b *testing.B) {
	for b.Loop() {
		s := NewSteps()
		for i := range LV(100_000) {
			s.Add(1, i, int64(i))
			s.Flip(i, false)
		}
	}
}
