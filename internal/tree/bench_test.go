package tree

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

// add makes a local version at a depth.
func (o *depthOrder) add(depth int, rng *rand.Rand) LV {
	o.depth = append(o.depth, uint32(depth))
	o.hash = append(o.hash, rng.Uint64())
	return LV(len(o.depth) - 1)
}

// compare is the total order.
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

// local makes a tree of nodes and then moves of them anywhere as a writer makes them, those into themselves
// refused, settling after each batch.
func local(nodes, moves, batch int, rng *rand.Rand) (*Tree, *depthOrder) {
	o := &depthOrder{}
	t := New(o.compare)
	for i := range nodes {
		t.Insert(o.add(i, rng), LV(rng.IntN(i+1))-1)
	}
	var drops []LV
	for i := 0; i < moves; {
		node, dest := LV(rng.IntN(nodes)), LV(rng.IntN(nodes))
		var err error
		if drops, _, err = t.MoveDrops(node, dest, drops[:0]); err != nil {
			continue
		}
		t.Move(o.add(nodes+i, rng), node, dest)
		for _, lv := range drops {
			t.Flip(lv, false)
		}
		if i++; i%batch == 0 {
			t.TakeChanges(func(_, _, _ LV) {})
		}
	}
	return t, o
}

// hostile is moves of anything anywhere, each above all before, which nobody refuses.
func hostile(nodes, moves, batch int) *Tree {
	rng := rand.New(rand.NewPCG(1, 0))
	o := &depthOrder{}
	t := New(o.compare)
	for i := range nodes {
		t.Insert(o.add(i, rng), LV(rng.IntN(i+1))-1)
	}
	for i := range moves {
		t.Move(o.add(nodes+i, rng), LV(rng.IntN(nodes)), LV(rng.IntN(nodes)))
		if i%batch == 0 {
			t.TakeChanges(func(_, _, _ LV) {})
		}
	}
	t.TakeChanges(func(_, _, _ LV) {})
	return t
}

// Moves of a writer in a tree of 1,000 nodes: n against 10 n.
func BenchmarkLocal(b *testing.B) {
	for _, n := range []int{5_000, 50_000, 500_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				local(1_000, n, 1, rand.New(rand.NewPCG(1, 0)))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/move")
		})
	}
}

// Moves of anything anywhere, each its own batch: n against 10 n.
func BenchmarkHostile(b *testing.B) {
	for _, n := range []int{5_000, 50_000, 500_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				hostile(1_000, n, 1)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/move")
		})
	}
}

// The same in one batch, as a document is opened.
func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{50_000, 500_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				hostile(1_000, n, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/move")
		})
	}
}

// Moves of a writer of which one in a hundred arrives late, made beside any of the others: n against 10 n.
func BenchmarkLate(b *testing.B) {
	for _, n := range []int{5_000, 50_000, 500_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				rng := rand.New(rand.NewPCG(2, 0))
				t, o := local(1_000, n-n/100, 1, rng)
				for range n / 100 {
					t.Move(o.add(1_000+rng.IntN(n), rng), LV(rng.IntN(1_000)), LV(rng.IntN(1_000)))
					t.TakeChanges(func(_, _, _ LV) {})
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/move")
		})
	}
}

// A chain of nodes and moves of its lower half and of a leaf, each its own batch.
func BenchmarkDeep(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c := newBulk()
			c.chain(n)
			c.t.Len()
			i := 0
			for b.Loop() {
				c.greatest(LV(n/2), LV([]int{n/2 - 1, n / 4, 1}[i%3]))
				c.greatest(LV(n-1), LV([]int{n - 2, 0}[i%2]))
				c.t.TakeChanges(func(_, _, _ LV) {})
				i++
			}
		})
	}
}

// What deciding everything anew costs, and so at most a batch.
func BenchmarkAnew(b *testing.B) {
	t := hostile(1_000, 500_000, 500_000)
	for b.Loop() {
		t.anew()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(t.moves)), "ns/move")
}

// The attack that costs most: see lives.
func BenchmarkInAndOut(b *testing.B) {
	c := newBulk()
	w, _, y := blocked(c, 20_000)
	i := 0
	for b.Loop() {
		c.greatest(y, []LV{None, w}[i%2])
		c.t.Len()
		i++
	}
}
