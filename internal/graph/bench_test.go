package graph

import (
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// chainGraph is a graph of n changes by one key, four numbers each; forked
// graphs have a second tip at the end.
func chainGraph(b *testing.B, n int, forked bool) *Graph {
	g, key := New(), testKey(1)
	for k := range n {
		add(b, g, key, idOf(k), int32(k)-1, 4)
	}
	if forked {
		add(b, g, key, idOf(n), int32(n)-2, 4)
	}
	return g
}

// BenchmarkResolve finds random numbers of a chain of 10^5 changes.
func BenchmarkResolve(b *testing.B) {
	for name, forked := range map[string]bool{"line": false, "forked": true} {
		b.Run(name, func(b *testing.B) {
			const n = 100_000
			g := chainGraph(b, n, forked)
			r := rand.New(rand.NewPCG(1, 1))
			at := make([]uint64, 4096)
			for k := range at {
				at[k] = r.Uint64N(4 * n)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for k := range b.N {
				g.Resolve(At(n-1), at[k%len(at)])
			}
		})
	}
}

// BenchmarkAppend links and appends changes of one chain.
func BenchmarkAppend(b *testing.B) {
	g, key := New(), testKey(1)
	ops := make([]byte, 40)
	b.ReportAllocs()
	for k := range b.N {
		h := &Held{Header: block.Header{By: key, Seq: uint64(k), Start: 4 * uint64(k)}, Ops: ops, NOps: 1, Count: 4, ID: idOf(k)}
		if k > 0 {
			h.Prev = g.ID(int32(k) - 1)
		}
		if err := g.Link(h, func(block.ID) Ref { return At(int32(k) - 1) }); err != nil {
			b.Fatal(err)
		}
		g.Append(h, NoWords)
	}
}

// BenchmarkMissing asks for the last ten changes of a history of 10^5.
func BenchmarkMissing(b *testing.B) {
	const n = 100_000
	for name, forked := range map[string]bool{"line": false, "forked": true} {
		b.Run(name, func(b *testing.B) {
			g := chainGraph(b, n, forked)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N {
				g.Missing([]int32{n - 11})
			}
		})
	}
}
