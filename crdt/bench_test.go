package crdt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// BenchmarkKeys puts values under n new keys, 100 an Update, merges them into a
// second replica and reads all: ns/key stays flat where the whole is linear.
func BenchmarkKeys(b *testing.B) {
	for _, n := range []int{20_000, 200_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				a, err := crdt.New(newKey("ann"))
				must(b, err)
				for k := 0; k < n; k += 100 {
					must(b, a.Update(func(tx *crdt.Tx) error {
						for j := k; j < k+100; j++ {
							tx.Map("m").Put(fmt.Sprintf("key %d", j), j)
						}
						return nil
					}))
				}
				c, err := a.Clone(newKey("ben"))
				must(b, err)
				if got := c.View().Map("m").Len(); got != n {
					b.Fatalf("%d keys of %d", got, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/key")
		})
	}
}

// BenchmarkPaste pastes a text of n bytes in one Update, merges it into a second
// replica and reads it: ns/byte stays flat where the whole is linear.
func BenchmarkPaste(b *testing.B) {
	for _, n := range []int{500_000, 5_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := strings.Repeat("Zwölf Boxkämpfer jagen Viktor. ", n/33+1)
			for range b.N {
				a, err := crdt.New(newKey("ann"))
				must(b, err)
				must(b, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Insert(0, text); return nil }))
				c, err := a.Clone(newKey("ben"))
				must(b, err)
				if got := c.View().Text("t").String(); got != text {
					b.Fatalf("%d bytes of %d", len(got), len(text))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(text)), "ns/byte")
		})
	}
}
