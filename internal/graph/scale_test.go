package graph

import (
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// The histories here are so long that what is quadratic would not end.

// TestDeepHistory has a line of a million changes and a stack too small for
// anything recursive.
func TestDeepHistory(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	const n = 1_000_000
	g, key := New(), testKey(1)
	h := &Held{}
	{ // Append
		for k := range n {
			*h = Held{Header: block.Header{By: key, Seq: uint64(k), Start: 2 * uint64(k)}, Count: 2, ID: idOf(k)}
			prev := int32(k) - 1
			if k > 0 {
				h.Prev = g.ID(prev)
			}
			if err := g.Link(h, func(block.ID) Ref { return At(prev) }); err != nil {
				t.Fatal(err)
			}
			g.Append(h, NoWords)
		}
	}
	r := rand.New(rand.NewPCG(1, 1))
	read := func() {
		for range 100_000 {
			x := r.Uint64N(2 * n)
			if m, off, ok := g.Resolve(At(n-1), x); !ok || m != At(int32(x/2)) || uint64(off) != x%2 {
				t.Fatalf("Resolve(%d) is %v %d", x, m, off)
			}
			if !g.OnPath(int32(x/2), n-1) || !g.InPast(int32(x/2), n-1) {
				t.Fatalf("change %d is not in the past", x/2)
			}
		}
	}
	read()                 // Resolve
	g.chains[0].list = nil // as when the key has forked: by skip pointers
	read()                 // Resolve by skips
	{                      // Past and Missing
		if got := g.Past(g.Heads()); len(got) != n {
			t.Errorf("%d changes in the past", len(got))
		}
		if got := g.Missing(nil); len(got) != n {
			t.Errorf("%d changes missing", len(got))
		}
		if got := g.Missing([]int32{n - 3}); !slices.Equal(got, []int32{n - 2, n - 1}) {
			t.Errorf("missing are %v", got)
		}
	}
	{ // Expand
		calls := 0
		ok := g.Expand(At(n-1), 1, 2*n-2, func(x Ref, off, k uint32) { calls++ })
		if !ok || calls != 1 {
			t.Errorf("Expand is %v with %d pieces", ok, calls)
		}
	}
	if got := g.Locator(n-1, 100); len(got) != 20 || got[19] != 0 {
		t.Errorf("locator of %d: %v", len(got), got)
	}
}

// TestExpandSkips: a run that spans many changes without numbers passes over them
// in O(log), however many there are.
func TestExpandSkips(t *testing.T) {
	for _, forked := range []bool{false, true} {
		for _, n := range []int{1_000, 100_000} {
			g, key := New(), testKey(1)
			add(t, g, key, idOf(0), None32, 1)
			for k := range n { // notes
				add(t, g, key, idOf(k+1), int32(k), 0)
			}
			last := add(t, g, key, idOf(n+1), int32(n), 1)
			if forked {
				g.chains[0].list, g.chains[0].stretches = nil, nil // by skip pointers
			}
			g.walked = 0
			pieces := uint32(0)
			if !g.Expand(Of(last), 0, 2, func(_ Ref, _, k uint32) { pieces += k }) || pieces != 2 {
				t.Fatalf("%d of 2 numbers", pieces)
			}
			if g.walked > 80 {
				t.Errorf("forked %v: %d steps over %d changes without numbers", forked, g.walked, n)
			}
		}
	}
}

// TestManyHeads has a fan of 10^5 heads, by as many keys and by one that forks;
// each head is continued, then all are merged.
func TestManyHeads(t *testing.T) {
	const n = 100_000
	for name, forks := range map[string]bool{"keys": false, "forks": true} {
		g := New()
		add(t, g, block.Key{1}, idOf(0), None32, 1)
		id := 1
		next := func(key block.Key, prev int32, links ...int32) {
			add(t, g, key, idOf(id), prev, 1, links...)
			id++
		}
		{ // the fan
			for k := range n {
				if forks {
					next(block.Key{1}, 0)
				} else {
					next(keyOf(k), None32, 0)
				}
			}
		}
		if len(g.Heads()) != n {
			t.Fatalf("%d heads", len(g.Heads()))
		}
		{ // going on
			for k := range n {
				next(g.Key(int32(k+1)), int32(k+1))
			}
		}
		{ // merging
			for k := n + 1; k <= 2*n; k += block.MaxParents {
				var links []int32
				for l := k; l < min(k+block.MaxParents, 2*n+1); l++ {
					links = append(links, int32(l))
				}
				next(block.Key{2}, lastOf(g, block.Key{2}), links...)
			}
		}
		if len(g.Heads()) != 1 {
			t.Errorf("%s: %d heads are left", name, len(g.Heads()))
		}
		if err := g.Check(); err != nil {
			t.Error(err)
		}
		{ // Missing
			if got := g.Missing([]int32{n}); len(got) != g.Len()-2 {
				t.Errorf("%d missing", len(got))
			}
		}
	}
}

// keyOf is a key for a number; packages block and cover look at keys, this one
// does not.
func keyOf(k int) block.Key { return block.Key{3, byte(k), byte(k >> 8), byte(k >> 16)} }

// lastOf is the newest change of a key, None32 when it has none.
func lastOf(g *Graph, key block.Key) int32 {
	if c, ok := g.ChainOfKey(key); ok {
		return g.Tips(c)[0]
	}
	return None32
}

// TestHeldLines has a long chain that waits, once as one line and once with a
// fork at each change, so that each begins a line.
func TestHeldLines(t *testing.T) {
	for _, forks := range []bool{false, true} {
		const n = 20_000
		g, key := New(), testKey(1)
		known := map[block.ID]*Held{}
		link := func(prev *Held, k int) *Held {
			h := &Held{Header: block.Header{By: key}, Count: 1, ID: idOf(k)}
			if prev != nil {
				h.Prev, h.Seq, h.Start = prev.ID, prev.Seq+1, prev.Start+1
			}
			if err := g.Link(h, func(id block.ID) Ref { return Of(known[id]) }); err != nil {
				t.Fatal(err)
			}
			known[h.ID] = h
			return h
		}
		list := []*Held{link(nil, 0)}
		for k := 1; k < n; k++ {
			if forks {
				link(list[k-1], n+k)
			}
			list = append(list, link(list[k-1], k))
		}
		read := func() {
			for k := range n {
				x := (k * 7919) % n
				if m, off, ok := g.Resolve(Of(list[n-1]), uint64(x)); !ok || g.IDOf(m) != list[x].ID || off != 0 {
					t.Fatalf("forks %v: number %d is not found", forks, x)
				}
			}
		}
		read() // Resolve
		for _, h := range list[:n/2] {
			g.Append(h, NoWords)
		}
		read() // Resolve, half of it applied
	}
}
