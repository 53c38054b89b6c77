package crdt_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// sizes are numbers of marks or blocks: what follows from the second against the first
// is said at each benchmark.
var sizes = []int{10_000, 100_000}

// words makes a text of n words of four characters.
func wordsDoc(b *testing.B, n int) *crdt.Doc {
	b.Helper()
	d, err := crdt.New(newKey("ann"))
	must(b, err)
	must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(strings.Repeat("abc ", n)); return nil }))
	return d
}

// markWords marks every word, or, nested, from every word to the end with an ID of its
// own.
func markWords(b *testing.B, d *crdt.Doc, n int, nested bool) {
	b.Helper()
	for from := 0; from < n; from += 10_000 {
		must(b, d.Update(func(tx *crdt.Tx) error {
			t := tx.Text("t")
			for k := from; k < min(n, from+10_000); k++ {
				if nested {
					t.Mark(4*k, 4*n, crdt.Mark{Key: "c", ID: fmt.Sprint(k), Value: k})
				} else {
					t.Mark(4*k, 4*k+3, crdt.Mark{Key: "b", Value: k % 2, Expand: crdt.ExpandAfter})
				}
			}
			return nil
		}))
	}
}

// splitWords divides the text into blocks of one word.
func splitWords(b *testing.B, d *crdt.Doc, n int) {
	b.Helper()
	for from := n; from > 0; from -= 10_000 {
		must(b, d.Update(func(tx *crdt.Tx) error {
			t := tx.Text("t")
			for k := from; k > max(0, from-10_000); k-- {
				t.Split(4*k-4, crdt.Block{Kind: "p"})
			}
			return nil
		}))
	}
}

// BenchmarkMarks is all that one does with many marks over a text: making them, each by
// a replica and by another that receives them, reading them, and one edit with its diff
// among them. The time for each mark stays nearly the same from 10^4 to 10^5; an edit
// and its diff do not depend on how many there are.
func BenchmarkMarks(b *testing.B) {
	for _, n := range sizes {
		d := wordsDoc(b, n)
		markWords(b, d, n, false)
		per := func(b *testing.B) { b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/mark") }
		b.Run(fmt.Sprintf("make/%d", n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				d := wordsDoc(b, n)
				b.StartTimer()
				markWords(b, d, n, false)
			}
			per(b)
		})
		b.Run(fmt.Sprintf("receive/%d", n), func(b *testing.B) {
			for range b.N {
				_, err := d.Clone(newKey("ben"))
				must(b, err)
			}
			per(b)
		})
		b.Run(fmt.Sprintf("runs/%d", n), func(b *testing.B) {
			for range b.N {
				count := 0
				for range d.View().Text("t").Runs() {
					count++
				}
				if count < n {
					b.Fatal(count)
				}
			}
			per(b)
		})
		editing(b, d, n)
	}
}

// editing measures one edit each, and one diff.
func editing(b *testing.B, d *crdt.Doc, n int) {
	edits := 0
	for name, do := range map[string]func(t crdt.TextTx, k int){
		"type":  func(t crdt.TextTx, k int) { t.Insert(k, "x") },
		"mark":  func(t crdt.TextTx, k int) { t.Mark(k, k+9, crdt.Mark{Key: "i", Value: edits}) },
		"split": func(t crdt.TextTx, k int) { t.Split(k, crdt.Block{}) },
	} {
		b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
			last, k := d.View(), 0
			for range b.N {
				edits++
				k = (k + 4*7919) % (4*n - 10)
				must(b, d.Update(func(tx *crdt.Tx) error { do(tx.Text("t"), k); return nil }))
				now := d.View()
				list, err := crdt.Diff(last, now)
				must(b, err)
				if len(list) == 0 {
					b.Fatal("no patch")
				}
				last = now
			}
		})
	}
}

// BenchmarkNested is 10^4 and 10^5 comments each of which goes on to the end of the text,
// read one by one, and the end of the text read as runs.
func BenchmarkNested(b *testing.B) {
	for _, n := range sizes {
		d := wordsDoc(b, n)
		markWords(b, d, n, true)
		b.Run(fmt.Sprintf("marks/%d", n), func(b *testing.B) {
			for range b.N {
				count := 0
				for range d.View().Text("t").Marks() {
					count++
				}
				if count != n {
					b.Fatal(count)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/mark")
		})
		b.Run(fmt.Sprintf("end/%d", n), func(b *testing.B) {
			for range b.N {
				for r := range d.View().Text("t").Slice(4*n-1, 4*n).Runs() {
					if len(r.Marks) != n {
						b.Fatal(len(r.Marks))
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/mark")
		})
	}
}

// BenchmarkBlocks is the same of blocks.
func BenchmarkBlocks(b *testing.B) {
	for _, n := range sizes {
		d := wordsDoc(b, n)
		splitWords(b, d, n)
		per := func(b *testing.B) { b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/block") }
		b.Run(fmt.Sprintf("make/%d", n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				d := wordsDoc(b, n)
				b.StartTimer()
				splitWords(b, d, n)
			}
			per(b)
		})
		b.Run(fmt.Sprintf("receive/%d", n), func(b *testing.B) {
			for range b.N {
				_, err := d.Clone(newKey("ben"))
				must(b, err)
			}
			per(b)
		})
		b.Run(fmt.Sprintf("read/%d", n), func(b *testing.B) {
			for range b.N {
				count := 0
				for x := range d.View().Text("t").Blocks() {
					if x.Kind == "p" {
						count++
					}
				}
				if count < n {
					b.Fatal(count)
				}
			}
			per(b)
		})
		b.Run(fmt.Sprintf("gone/%d", n), func(b *testing.B) { // all markers deleted, then one divides
			d := wordsDoc(b, n)
			splitWords(b, d, n)
			must(b, d.Update(func(tx *crdt.Tx) error {
				for k := n - 1; k >= 0; k-- {
					tx.Text("t").Delete(5*k, 5*k+1)
				}
				return nil
			}))
			b.ResetTimer()
			for range b.N {
				must(b, d.Update(func(tx *crdt.Tx) error {
					tx.Text("t").Split(4*n-2, crdt.Block{})
					tx.Text("t").Delete(4*n-2, 4*n-1)
					return nil
				}))
			}
		})
		editing(b, d, n)
	}
}

// BenchmarkDeletedBlocks divides, changes and joins blocks in a text of which all blocks
// but one were joined before: what it costs does not depend on how many there were.
func BenchmarkDeletedBlocks(b *testing.B) {
	for _, n := range sizes {
		d := wordsDoc(b, n)
		splitWords(b, d, n)
		for k := n; k > 1; {
			must(b, d.Update(func(tx *crdt.Tx) error {
				t := tx.Text("t")
				for range min(10_000, k-1) {
					t.Join(5*k - 1)
					k--
				}
				return nil
			}))
		}
		if blocks := 0; true {
			for range d.View().Text("t").Blocks() {
				blocks++
			}
			if blocks != 1 {
				b.Fatalf("%d blocks", blocks)
			}
		}
		for _, name := range []string{"split and join", "set", "blocks"} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for k := range b.N {
					if name == "blocks" {
						for range d.View().Text("t").Slice(2*n, 3*n).Blocks() {
						}
						continue
					}
					must(b, d.Update(func(tx *crdt.Tx) error {
						t := tx.Text("t")
						if name == "set" {
							t.SetBlock(3*n, crdt.Block{Level: k%3 + 1})
							return nil
						}
						t.Split(3*n, crdt.Block{Kind: "h"})
						t.Join(3*n + 1)
						return nil
					}))
				}
			})
		}
	}
}
