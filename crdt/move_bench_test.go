package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// perThing reports what one of n things of each round took.
func perThing(b *testing.B, n int, what string) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/"+what)
}

// longList is a work with a list of n elements.
func longList(b *testing.B, n int) (*crdt.Doc, []crdt.Elem) {
	var all []crdt.Elem
	d := newDoc(b, func(tx *crdt.Tx) {
		for k := range n {
			all = append(all, tx.List("l").Insert(k, k))
		}
	})
	return d, all
}

// BenchmarkListMoves moves list elements at random, ten in an Update, and lets
// another replica take all of it in: what one move costs must not grow with the list.
func BenchmarkListMoves(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				d, all := longList(b, n/10)
				r := rand.New(rand.NewPCG(1, uint64(n)))
				b.StartTimer()
				for range n / 10 {
					must(b, d.Update(func(tx *crdt.Tx) error {
						for range 10 {
							tx.List("l").Move(all[r.IntN(len(all))], r.IntN(len(all)))
						}
						return nil
					}))
				}
				c, err := d.Clone(newKey("ben"))
				must(b, err)
				if c.View().List("l").Len() != len(all) {
					b.Fatal("elements are lost")
				}
			}
			perThing(b, n, "move")
		})
	}
}

// largeTree is a work with a tree of n nodes, each below a random earlier one.
func largeTree(b *testing.B, r *rand.Rand, n int) (*crdt.Doc, []crdt.Elem) {
	all := []crdt.Elem{{}}
	d := newDoc(b, func(tx *crdt.Tx) {
		for range n {
			e, _ := tx.Tree("T").Insert(all[r.IntN(len(all))], 0)
			all = append(all, e)
		}
	})
	return d, all[1:]
}

// lastingNames seals what is open and names nodes.
func lastingNames(b testing.TB, d *crdt.Doc, all []crdt.Elem) (names [][]byte) {
	_, err := d.Since(d.Heads())
	must(b, err)
	for _, e := range all {
		name, err := e.MarshalText()
		must(b, err)
		names = append(names, name)
	}
	return names
}

// moveNodes moves n nodes at random, ten in an Update, none below itself.
func moveNodes(b testing.TB, d *crdt.Doc, r *rand.Rand, names [][]byte, n int) {
	all := make([]crdt.Elem, len(names))
	for k := range names {
		e, err := d.ParseElem(names[k])
		must(b, err)
		all[k] = e
	}
	for n > 0 {
		must(b, d.Update(func(tx *crdt.Tx) error {
			tr := tx.Tree("T")
			for range 10 {
				x, to := all[r.IntN(len(all))], all[r.IntN(len(all))]
				inside := false
				for p, ok := to, true; ok && !p.IsZero(); p, ok = tr.Parent(p) {
					inside = inside || p == x
				}
				if !inside {
					tr.Move(x, to, 0)
					n--
				}
			}
			return nil
		}))
	}
}

// BenchmarkTreeLate makes tree moves in one replica, and then 500 more arrive that
// another made long before: what they cost must not grow with the moves since.
func BenchmarkTreeLate(b *testing.B) {
	const late = 500
	for _, n := range []int{5_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.StopTimer()
			for range b.N {
				r := rand.New(rand.NewPCG(2, uint64(n)))
				d, all := largeTree(b, r, n/10)
				names := lastingNames(b, d, all)
				old, err := d.Clone(newKey("ben"))
				must(b, err)
				moveNodes(b, d, r, names, n)
				moveNodes(b, old, r, names, late)
				batch, err := old.Since(d.Heads())
				must(b, err)
				b.StartTimer()
				_, err = d.Apply(batch)
				must(b, err)
				if d.View().Tree("T").Len() != len(all) {
					b.Fatal("nodes are lost")
				}
				b.StopTimer()
			}
			perThing(b, late, "late-move")
		})
	}
}

// BenchmarkTreeMoves is what tree moves cost where they are made, and where they are
// taken in.
func BenchmarkTreeMoves(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				r := rand.New(rand.NewPCG(3, uint64(n)))
				d, all := largeTree(b, r, n/10)
				names := lastingNames(b, d, all)
				b.StartTimer()
				moveNodes(b, d, r, names, n)
				c, err := d.Clone(newKey("ben"))
				must(b, err)
				if c.View().Tree("T").Len() != len(all) {
					b.Fatal("nodes are lost")
				}
			}
			perThing(b, n, "move")
		})
	}
}
