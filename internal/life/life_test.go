package life_test

import (
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/internal/life"
)

// The example of the package comment.
func Example() {
	l := life.New()
	show := func(what string) {
		text := []byte("abc")
		for i := range text {
			if !l.Alive(life.LV(i)) {
				text[i] = ' '
			}
		}
		fmt.Printf("%-11s %d %d %d %s\n", what, l.Count(1), l.Count(3), l.Count(4), text)
	}
	show("typed")
	l.Delete(3, 1, 1)
	show("3 deletes 1")
	l.Delete(4, 1, 1)
	show("4 deletes 1")
	l.Restore(3, 1, true)
	show("restore 3")
	l.Restore(4, 1, true)
	show("restore 4")
	l.TakeFlips(func(life.LV, uint32, bool) { fmt.Println("something flipped") })
	// Output:
	// typed       0 0 0 abc
	// 3 deletes 1 1 0 0 a c
	// 4 deletes 1 2 0 0 a c
	// restore 3   1 1 0 a c
	// restore 4   0 1 1 abc
}

// A change that deletes its own elements is switched off and on again.
func ExampleLife_Switch() {
	l := life.New()
	l.Delete(10, 0, 10) // numbers 0…9 are somebody's words
	l.Delete(20, 5, 1)  // numbers 20 and 21 are one change
	l.Delete(21, 4, 1)
	tell := func(lv life.LV, n uint32, alive bool) { fmt.Println(lv, n, alive) }
	l.TakeFlips(tell)

	l.Switch(10, 10, false) // the first deletes do not count any more
	l.TakeFlips(tell)
	l.Deleters(5, func(d life.LV, counts bool) { fmt.Println("deleted by", d, counts) })
	l.Switch(20, 2, false)
	l.TakeFlips(tell)
	// Output:
	// 0 10 false
	// 0 4 true
	// 6 4 true
	// deleted by 15 false
	// deleted by 20 true
	// 4 2 true
}

// Nothing is a range too.
func TestNothing(t *testing.T) {
	l := life.New()
	l.Delete(5, 1, 0)
	l.DeleteAlive(5, 1, 0)
	l.Restore(5, 0, true)
	l.Restore(5, 0, false)
	l.Switch(5, 0, false)
	l.Switch(5, 0, true)
	l.Truncate(0)
	l.Targets(0, 100, func(d, e life.LV, n uint32) { t.Errorf("%d targets %d", d, e) })
	l.Deleters(0, func(d life.LV, _ bool) { t.Errorf("%d deletes 0", d) })
	l.TakeFlips(func(lv life.LV, _ uint32, _ bool) { t.Errorf("%d flipped", lv) })
	if alive, n := l.Run(0, 0); !alive || n != 0 {
		t.Errorf("Run of nothing = %v, %d", alive, n)
	}
}

// BenchmarkDeleteAlive is the local hot path: single characters of a text,
// mostly forwards and backwards in short runs.
func BenchmarkDeleteAlive(b *testing.B) {
	for _, c := range []struct {
		name string
		e    func(i uint32) life.LV
	}{
		{"forwards", func(i uint32) life.LV { return i }},
		{"backwards", func(i uint32) life.LV { return 1<<20 - 1 - i }},
		{"backwards by eights", func(i uint32) life.LV { return i ^ 7 }},
		{"scattered", func(i uint32) life.LV { return i * 0x9e3775 % (1 << 20) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			l := life.New()
			for i := range uint32(b.N) {
				if i%(1<<20) == 0 {
					l = life.New()
				}
				l.DeleteAlive(1<<20+i%(1<<20), c.e(i%(1<<20)), 1)
			}
		})
	}
}

// BenchmarkDelete is the remote path for single characters, flips taken after
// every thousand.
func BenchmarkDelete(b *testing.B) {
	b.ReportAllocs()
	l := life.New()
	for i := range uint32(b.N) {
		if i%(1<<20) == 0 {
			l = life.New()
		}
		l.Delete(1<<20+i%(1<<20), (i^7)%(1<<20), 1)
		if i%1000 == 999 {
			l.TakeFlips(func(life.LV, uint32, bool) {})
		}
	}
}

// BenchmarkDeadPattern deletes and restores 2^20 numbers which are dead already
// in a scattered pattern; BenchmarkSwitchPattern flips every second of them.
func BenchmarkDeadPattern(b *testing.B) {
	const n = 1 << 20
	l := life.New()
	for i := range life.LV(n / 2) {
		l.Delete(n+i, 2*i, 1)
	}
	l.Delete(2*n, 0, n)
	for b.Loop() {
		l.Delete(3*n, 0, n)
		l.Restore(3*n, n, true)
		l.Restore(3*n, n, false)
		l.Truncate(3 * n)
		l.TakeFlips(func(life.LV, uint32, bool) {})
	}
}

func BenchmarkSwitchPattern(b *testing.B) {
	const n = 1 << 20
	l := life.New()
	for i := range life.LV(n / 2) {
		l.Delete(n+i, 2*i, 1)
	}
	for b.Loop() {
		l.Switch(0, n, false)
		l.Switch(0, n, true)
		l.TakeFlips(func(life.LV, uint32, bool) {})
	}
}

// BenchmarkRun reads a text of short dead and alive runs from end to end.
func BenchmarkRun(b *testing.B) {
	const n = 1 << 16
	l := life.New()
	for i := range life.LV(n / 16) {
		l.Delete(n+8*i, 16*i, 8)
	}
	runs := 0
	for b.Loop() {
		for lv := life.LV(0); lv < n; runs++ {
			_, k := l.Run(lv, n-lv)
			lv += k
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(runs), "ns/run")
}

// BenchmarkDeleters asks who deleted what among 10,000 runs.
func BenchmarkDeleters(b *testing.B) {
	l := life.New()
	for i := range life.LV(10000) {
		l.Delete(100000+9*i, i*7919%10000*8, 8)
	}
	hits, e := 0, life.LV(0)
	for b.Loop() {
		l.Deleters(e%80000, func(life.LV, bool) { hits++ })
		e += 7919
	}
}
