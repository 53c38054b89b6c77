package life

import (
	"math/bits"
	"testing"
	"unsafe"
)

// million is the most numbers that one change may name.
const million = 1 << 20

// ceiling is the most steps that a call may take which flips that many numbers,
// O((flips + 1)·log): for each a way down the tree of eight-fold nodes and back.
func ceiling(flips int) uint64 { return uint64(flips+1) * 4 * topLevel * fan }

// steps counts the steps of a call.
func steps(l *Life, call func()) uint64 {
	before := l.Steps()
	call()
	return l.Steps() - before
}

// flips counts the numbers that flipped since the last call.
func flips(l *Life) (n int) {
	l.TakeFlips(func(_ LV, k uint32, _ bool) { n += int(k) })
	return n
}

// alternating returns a Life in which of the numbers [0, n) every other one is
// dead, and the next free number.
func alternating(n LV) (l *Life, next LV) {
	l, next = New(), n
	for e := LV(0); e < n; e += 2 {
		l.Delete(next, e, 1)
		next++
	}
	flips(l)
	return l, next
}

// TestDeadPatternIsCheap deletes 2^20 numbers, every other one dead, two
// thousand times. After the first time nothing flips; restoring the deletes one
// by one flips nothing until the last.
func TestDeadPatternIsCheap(t *testing.T) {
	const times = 1900
	l, next := alternating(million)
	// The edges move, so that folding equal stretches is no help.
	cut := func(i int) uint32 { return uint32(i*7919) % 4096 }
	var first []LV
	for i := range times {
		got := steps(l, func() { l.Delete(next, cut(i), million-2*cut(i)) })
		flipped := flips(l)
		if limit := ceiling(flipped); got > limit {
			t.Fatalf("delete %d took %d steps for %d flips, more than %d", i, got, flipped, limit)
		}
		if i == 0 && flipped != million/2 {
			t.Fatalf("the first delete flipped %d", flipped)
		}
		first = append(first, next)
		next += million - 2*cut(i)
	}
	worst := uint64(0)
	for i, d := range first {
		n := million - 2*cut(i)
		got := steps(l, func() { l.Restore(d, n, true) })
		flipped := flips(l)
		if last := i == times-1; !last && l.Count(million/2+1) != uint32(times-1-i) {
			t.Fatalf("after restore %d the middle has count %d", i, l.Count(million/2+1))
		}
		// The delete numbers themselves flip in whole pages.
		if limit := ceiling(flipped) + million/pageLen + 2; got > limit {
			t.Fatalf("restore %d took %d steps for %d flips, more than %d", i, got, flipped, limit)
		}
		if flipped < 100 {
			worst = max(worst, got)
		}
	}
	t.Logf("restores with few flips: at most %d steps", worst)
	if alive, _ := l.Run(1, 1); !alive || l.Alive(0) {
		t.Fatal("the pattern did not come back")
	}
	if n := len(l.extra.leaves.free); n != int(l.extra.leaves.used) {
		t.Fatalf("%d of %d leaves are free", n, l.extra.leaves.used)
	}
}

// TestSingleRestoresAreCheap restores a delete of 2^20 numbers of which all have
// another delete, number by number.
func TestSingleRestoresAreCheap(t *testing.T) {
	l := New()
	l.Delete(million, 0, million)
	l.Delete(2*million, 0, million)
	got := steps(l, func() {
		for i := LV(0); i < million; i += 5 {
			l.Restore(million+i, 1, true)
		}
	})
	if limit := uint64(million/5) * ceiling(0); got > limit {
		t.Fatalf("%d steps, more than %d", got, limit)
	}
	if n := flips(l); n != million {
		t.Fatalf("%d flips, want those of the deletes", n)
	}
}

// TestSwitchIsCheap switches a change of 2^18 elements, and one of 2^18 deletes
// of them, off and on where little flips and where much does.
func TestSwitchIsCheap(t *testing.T) {
	const n = million / 4
	l, next := alternating(n)
	l.Delete(next, 0, n)
	flips(l)
	cases := []struct {
		name  string
		lv    LV
		flips int // numbers that are not delete numbers
		pages int // of delete numbers that flip
	}{
		{"dead elements", 0, 0, 0},
		{"deletes of which every second alone kills", next, n / 2, n / pageLen},
	}
	for _, c := range cases {
		for _, on := range []bool{false, true} {
			got := steps(l, func() { l.Switch(c.lv, n, on) })
			if n := flips(l); n != c.flips {
				t.Fatalf("%s, %v: %d flips, want %d", c.name, on, n, c.flips)
			}
			if limit := ceiling(c.flips) + uint64(c.pages) + 2; got > limit {
				t.Fatalf("%s, %v: %d steps, more than %d", c.name, on, got, limit)
			}
		}
	}
}

// TestLongScansAreCheap reads over 2^20 equal numbers.
func TestLongScansAreCheap(t *testing.T) {
	l := New()
	l.Delete(2*million, 77, million)
	for _, lv := range []LV{77, 2 * million} {
		if _, _, looks := l.dead.run(lv, million); looks > 25 {
			t.Errorf("%d looks from %d", looks, lv)
		}
	}
	if alive, n := l.Run(77, 1<<30); alive || n != million {
		t.Errorf("Run = %v, %d", alive, n)
	}
}

// TestTakeFlipsIsCheap takes two flips at the far ends of the LV space.
func TestTakeFlipsIsCheap(t *testing.T) {
	l := New()
	l.Delete(1<<31-2, 3, 1)
	l.Delete(1<<31-1, 1<<31-5, 1)
	if got := steps(l, func() { flips(l) }); got > 1<<31/chunkLen+20 {
		t.Errorf("%d steps", got)
	}
}

// TestDeletersIsCheap asks after every delete, with all runs over one another,
// and now and then after a rollback.
func TestDeletersIsCheap(t *testing.T) {
	const times = 20000
	l, next := New(), LV(1<<20)
	none := func(LV, bool) {}
	rolled := 0
	got := steps(l, func() {
		for i := range LV(times) {
			l.Delete(next, i%1000*40, 30) // 20 deep everywhere at the end
			next += 31
			l.Deleters(i%1000*40+35, none) // between the runs: no hit
			if i%16 == 15 {
				l.Truncate(next - 31)
				l.TakeFlips(func(LV, uint32, bool) {})
				rolled++
			}
		}
	})
	log := uint64(bits.Len(times))
	if limit := times * 3 * log * log; got > limit {
		t.Errorf("%d steps for %d questions, more than %d", got, times, limit)
	}
	hits := 0
	l.Deleters(40*15+3, func(LV, bool) { hits++ })
	if hits == 0 || len(l.deletes.runs) != times-rolled {
		t.Errorf("%d hits, %d runs", hits, len(l.deletes.runs))
	}
}

// TestDeletersOneTarget asks for a number that thousands of runs name, which
// were then rolled back: they must not be met any more.
func TestDeletersOneTarget(t *testing.T) {
	l, next := New(), LV(1000)
	for range 5000 {
		l.Delete(next, 5, 3)
		next += 3
		l.Deleters(0, func(LV, bool) {})
	}
	l.Truncate(1000 + 3*10)
	hits := 0
	got := steps(l, func() { l.Deleters(6, func(LV, bool) { hits++ }) })
	if hits != 10 || got > 100 {
		t.Errorf("%d hits in %d steps", hits, got)
	}
}

// TestMemory holds the figures that stay: twelve bytes a run of deletes, one run
// for a held key in either direction, little for few numbers far apart.
func TestMemory(t *testing.T) {
	if n := unsafe.Sizeof(deleteRun{}); n != 12 {
		t.Errorf("a run of deletes takes %d bytes", n)
	}
	l := New()
	for i := range LV(1000) { // the delete key, held down
		l.DeleteAlive(10000+i, i, 1)
	}
	for i := range LV(1000) { // the backspace key, held down
		l.DeleteAlive(11000+i, 2999-i, 1)
	}
	if n := len(l.deletes.runs); n != 2 {
		t.Errorf("%d runs for two keys held down", n)
	}
	sparse := New()
	for i := range LV(100) {
		sparse.Delete(1<<30+i, i<<22, 1)
	}
	if n := len(sparse.dead.pages); n != 100 {
		t.Errorf("%d pages for 100 numbers far apart", n)
	}
}

// TestNoAllocation: the local hot path allocates nothing.
func TestNoAllocation(t *testing.T) {
	l := New()
	l.DeleteAlive(1<<20, 0, 1)
	next, e := LV(1<<20+1), LV(1)
	if n := testing.AllocsPerRun(900, func() {
		l.DeleteAlive(next, e, 1)
		next++
		e++
	}); n != 0 {
		t.Errorf("DeleteAlive: %v allocations", n)
	}
	l.Delete(next, 2000, 1000)
	flips(l)
	if n := testing.AllocsPerRun(100, func() {
		l.Restore(next, 1000, true)
		flips(l)
		l.Restore(next, 1000, false)
		flips(l)
	}); n != 0 {
		t.Errorf("Restore and TakeFlips: %v allocations", n)
	}
}
