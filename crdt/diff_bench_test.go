package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// grown is a doc with a text of about n bytes, typed at random places so that it
// has many spans, and as many hundredths of it as keys of a map.
func grown(b *testing.B, n int) *crdt.Doc {
	d, err := crdt.New(newKey("ann"))
	must(b, err)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	words := "Zwölf Boxkämpfer jagen Viktor. "
	for at, k := 0, 0; at < n; k++ {
		must(b, d.Update(func(tx *crdt.Tx) error {
			t := tx.Text("t")
			for range 50 {
				t.Insert(r.IntN(t.Len()+1), words)
				if at += len(words); r.IntN(4) == 0 {
					i := r.IntN(t.Len() - 9)
					t.Delete(i, i+9)
				}
			}
			for j := range 15 {
				tx.Map("m").Put(fmt.Sprint(k, " ", j), j)
			}
			return nil
		}))
	}
	return d
}

// BenchmarkDiffKeystroke makes the diff after each keystroke in a text: its cost
// does not follow the size of the work.
func BenchmarkDiffKeystroke(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		for _, edit := range []struct {
			name string
			do   func(tx *crdt.Tx, k int)
		}{
			{"insert", func(tx *crdt.Tx, k int) { tx.Text("t").Insert(tx.Text("t").Len()/2, "x") }},
			{"delete", func(tx *crdt.Tx, k int) { tx.Text("t").Delete(tx.Text("t").Len()/2, tx.Text("t").Len()/2+1) }},
			{"put", func(tx *crdt.Tx, k int) { tx.Map("m").Put(fmt.Sprint(k%100, " 3"), k) }},
		} {
			b.Run(fmt.Sprintf("%d/%s", n, edit.name), func(b *testing.B) {
				d := grown(b, n)
				last := d.View()
				b.ResetTimer()
				for k := range b.N {
					b.StopTimer()
					if edit.name == "delete" { // so that there is something left to delete
						must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Insert(tx.Text("t").Len()/2, "x"); return nil }))
						last = d.View()
					}
					must(b, d.Update(func(tx *crdt.Tx) error { edit.do(tx, k); return nil }))
					now := d.View()
					b.StartTimer()
					patches, err := crdt.DiffIn(last, now, crdt.UTF16)
					if err != nil || len(patches) != 1 {
						b.Fatalf("%v, %v", patches, err)
					}
					last = now
				}
			})
		}
	}
}

// BenchmarkMirrorKeystroke types into a mirror and pulls what another has typed.
func BenchmarkMirrorKeystroke(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := grown(b, n)
			m := d.Mirror(d.View().Text("t").In(crdt.UTF16))
			at := m.Len() / 2
			b.ResetTimer()
			for range b.N {
				must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Insert(5, "y"); return nil }))
				must(b, m.Replace(at, at+1, "z"))
				if got := m.Pull(); len(got) != 1 {
					b.Fatal(got)
				}
				at++
			}
		})
	}
}

// BenchmarkDiffFar makes the diff between two far versions: linear in the work.
func BenchmarkDiffFar(b *testing.B) {
	for _, n := range []int{100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d := grown(b, n)
			c, err := d.Commit("")
			must(b, err)
			must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Delete(10, 1000); return nil }))
			_, err = d.Commit("")
			must(b, err)
			for range b.N {
				from, err := d.At(c.Parents)
				must(b, err)
				to, err := d.At(c.Version())
				must(b, err)
				if _, err = crdt.Diff(from, to); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/byte")
		})
	}
}

// BenchmarkDiffPaste makes the patches of a large paste, and of its undo.
func BenchmarkDiffPaste(b *testing.B) {
	for _, n := range []int{500_000, 5_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			text := strings.Repeat("Zwölf Boxkämpfer jagen Viktor. ", n/33+1)
			for range b.N {
				b.StopTimer()
				d, err := crdt.New(newKey("ann"))
				must(b, err)
				v := d.View()
				must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Insert(0, text); return nil }))
				w := d.View()
				b.StartTimer()
				in, err := crdt.DiffIn(v, w, crdt.UTF16)
				must(b, err)
				b.StopTimer()
				must(b, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Delete(0, tx.Text("t").Len()); return nil }))
				x := d.View()
				b.StartTimer()
				out, err := crdt.DiffIn(w, x, crdt.UTF16)
				must(b, err)
				if len(in) != 2 || len(in[1].Text) != len(text) || len(out) != 2 {
					b.Fatalf("%d and %d patches", len(in), len(out))
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*len(text)), "ns/byte")
		})
	}
}
