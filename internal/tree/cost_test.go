package tree

import (
	"math/bits"
	"math/rand/v2"
	"testing"
)

// bulk is a room whose order is given by a rank for each local version.
type bulk struct {
	t    *Tree
	rank []int
}

// newBulk returns a room without nodes.
func newBulk() *bulk {
	b := &bulk{}
	b.t = New(func(x, y LV) int { return b.rank[x] - b.rank[y] })
	return b
}

// insert makes a node with the greatest rank so far, if ranks were not handed in.
func (b *bulk) insert(dest LV) LV {
	lv := LV(len(b.rank))
	b.rank = append(b.rank, len(b.rank))
	b.t.Insert(lv, dest)
	return lv
}

// move adds a move at a rank, which must be its own.
func (b *bulk) move(node, dest LV, rank int) LV {
	lv := LV(len(b.rank))
	b.rank = append(b.rank, rank)
	b.t.Move(lv, node, dest)
	return lv
}

// chain makes n nodes, each below the one before.
func (b *bulk) chain(n int) {
	last := None
	for range n {
		last = b.insert(last)
	}
}

// late is a rank above those of n nodes, below those of moves by greatest.
func late(k int) int { return 1<<28 + k }

// greatest adds a move above all others.
func (b *bulk) greatest(node, dest LV) LV { return b.move(node, dest, 1<<29+len(b.rank)) }

// lives are lives of a tree in which somebody does his worst with n nodes and n moves, settling after each.
// play returns the number of batches; what it does before start is not counted.
var lives = []struct {
	name string
	most float64 // visits a batch: times log2 n
	all  float64 // visits a batch: times nodes and moves in the room, where a batch may cost as much as deciding anew
	play func(b *bulk, n int, start func()) (batches int)
}{
	{"nodes anywhere", 2, 0, func(b *bulk, n int, start func()) int {
		rng := rand.New(rand.NewPCG(1, 0))
		b.insert(None)
		start()
		for i := range n {
			b.insert(LV(rng.IntN(i + 1)))
			b.t.Len()
		}
		return n
	}},
	{"moves anywhere, in order", 40, 0, func(b *bulk, n int, start func()) int {
		rng := rand.New(rand.NewPCG(1, 0))
		for i := range n {
			b.insert(LV(rng.IntN(i+1)) - 1)
		}
		start()
		for range n {
			b.greatest(LV(rng.IntN(n)), LV(rng.IntN(n)))
			b.t.Len()
		}
		return n
	}},
	{"moves anywhere, in any order", 40, 0, func(b *bulk, n int, start func()) int {
		rng := rand.New(rand.NewPCG(1, 0))
		for i := range n {
			b.insert(LV(rng.IntN(i+1)) - 1)
		}
		start()
		for _, r := range rng.Perm(n) {
			b.move(LV(rng.IntN(n)), LV(rng.IntN(n)), late(r))
			b.t.Len()
		}
		return n
	}},
	{"one node moved often, in reverse order", 40, 0, func(b *bulk, n int, start func()) int {
		for range n {
			b.insert(None)
		}
		start()
		for i := range n {
			b.move(0, LV(i%(n-1)+1), late(-i))
			b.t.Len()
		}
		return n
	}},
	{"leaf of a deep chain goes up and down", 20, 0, func(b *bulk, n int, start func()) int {
		b.chain(n)
		leaf := b.insert(0)
		start()
		for i := range n {
			b.greatest(leaf, LV([]int{n - 1, n / 2, 1}[i%3]))
			b.t.Len()
		}
		return n
	}},
	{"lower half of a deep chain goes up and down", 40, 0, func(b *bulk, n int, start func()) int {
		b.chain(n)
		start()
		for i := range n {
			b.greatest(LV(n/2), LV([]int{n/2 - 1, n / 4, 1}[i%3]))
			b.t.Len()
		}
		return n
	}},
	{"top of a deep chain to its bottom, below all edges", 40, 0, func(b *bulk, n int, start func()) int {
		b.chain(n)
		for y := range n {
			b.move(LV(y), LV(y-1), late(2*n*y))
		}
		b.t.Len()
		start()
		for i := range n {
			b.move(LV(i%9), LV(n-1-i%7), late(2*n*(i%9)+i+1))
			b.t.Len()
		}
		return n
	}},
	{"top of a deep chain to its bottom and back", 40, 0, func(b *bulk, n int, start func()) int {
		b.chain(n)
		start()
		for i := range n {
			b.greatest(LV(0), LV([]int{n - 1, -1}[i%2]))
			b.t.Len()
		}
		return n
	}},
	{"ring grows, then its moves die and return", 60, 0, func(b *bulk, n int, start func()) int {
		for range n {
			b.insert(None)
		}
		start()
		for y := range n {
			b.greatest(LV(y), LV((y+1)%n))
			b.t.Len()
		}
		for i := range n {
			b.t.Flip(LV(n+i*7%n), i%2 == 1)
			b.t.Len()
		}
		return 2 * n
	}},
	{"a node with many blocked moves below it is carried about", 60, 0, func(b *bulk, n int, start func()) int {
		w, m, y := blocked(b, n)
		start()
		for i := range n {
			b.greatest(y, []LV{w, m}[i%2])
			b.t.Len()
		}
		return n
	}},
	{"many owners of a blocked move above a node that is carried about", 60, 0, func(b *bulk, n int, start func()) int {
		b.chain(n)
		y, z := b.insert(LV(n-1)), b.insert(LV(n-1))
		for o := range n {
			b.move(LV(o), LV(o-1), late(2*o))
		}
		b.greatest(z, LV(n-1))
		b.greatest(y, LV(n-1))
		b.t.Len()
		for o := range n {
			b.move(LV(o), y, late(2*o+1)) // greater edges lead from y up to o
		}
		b.t.Len()
		start()
		for i := range n {
			b.greatest(y, []LV{z, LV(n - 1)}[i%2])
			b.t.Len()
		}
		return n
	}},
	{"a node with many blocked moves below it goes in and out", 0, 8, func(b *bulk, n int, start func()) int {
		w, _, y := blocked(b, n)
		start()
		for i := range 100 {
			b.greatest(y, []LV{None, w}[i%2])
			b.t.Len()
		}
		return 100
	}},
	{"a folder with many moves into it dies and returns", 0, 8, func(b *bulk, n int, start func()) int {
		f, g := b.insert(None), b.insert(None)
		for range n / 2 {
			b.greatest(b.insert(None), f)
			b.greatest(b.insert(g), f)
		}
		b.t.Len()
		start()
		for i := range 100 {
			b.t.Flip(f, i%2 == 1)
			b.t.Len()
		}
		return 100
	}},
	{"a node with many moves to folders that are gone", 0, 8, func(b *bulk, n int, start func()) int {
		f, x, g := b.insert(None), b.insert(None), b.insert(None)
		for range n {
			b.greatest(x, f)
		}
		b.t.Flip(f, false)
		m := b.greatest(x, g)
		b.t.Len()
		start()
		for i := range 100 {
			b.t.Flip(m, i%2 == 1)
			b.t.Len()
		}
		return 100
	}},
}

// blocked makes w over m over y, and n children of y to which old moves of w go.
func blocked(b *bulk, n int) (w, m, y LV) {
	w = b.insert(None)
	m = b.insert(w)
	y = b.insert(m)
	for range n {
		b.greatest(b.insert(y), y)
	}
	b.greatest(m, w)
	b.greatest(y, m)
	b.t.Len()
	for i := range n {
		b.move(w, LV(3+2*i), late(i))
	}
	b.t.Len()
	return w, m, y
}

// No batch costs more than O(log n), or where the package comment says so O(moves), whatever is played.
func TestCost(t *testing.T) {
	for _, l := range lives {
		t.Run(l.name, func(t *testing.T) {
			sizes := []int{1_000, 10_000}
			if testing.Short() {
				sizes = sizes[:1]
			}
			for _, n := range sizes {
				b := newBulk()
				begun := uint64(0)
				batches := l.play(b, n, func() {
					b.t.Len()
					begun = b.t.Visits()
				})
				each := float64(b.t.Visits()-begun) / float64(batches)
				most := l.most*float64(bits.Len(uint(n))) + l.all*float64(len(b.t.nodes)+len(b.rank)+1_000)
				t.Logf("n %d: %.0f visits a batch, %.2f log n, %.2f of all; at most %.0f", n, each, each/float64(bits.Len(uint(n))), each/float64(len(b.t.nodes)+len(b.rank)), most)
				if each > most {
					t.Errorf("n %d: %.0f visits a batch, more than %.0f", n, each, most)
				}
			}
		})
	}
}
