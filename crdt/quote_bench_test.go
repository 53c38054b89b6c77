package crdt_test

import (
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// BenchmarkQuotes measures who wrote a text of n characters that were moved about
// one by one, by n changes: linear in them.
func BenchmarkQuotes(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			a, d := pair(b, "knead the dough and bake it")
			for k := range n {
				must(b, d.Update(func(tx *crdt.Tx) error {
					tx.Text("t").Move(k%20, k%20+2, tx.Text("t"), (k*7)%25)
					tx.Text("t").Quote(0, tx.Text("t").Slice(3, 5))
					return nil
				}))
				_, err := d.Commit("")
				must(b, err)
			}
			must(b, a.Merge(d))
			text := a.View().Text("t")
			for b.Loop() {
				text.Sources()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/change")
		})
	}
}
