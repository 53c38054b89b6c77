package life

import (
	"slices"
	"testing"
)

// pairsOf returns the targets of n delete numbers from d on.
func pairsOf(l *Life, d LV, n uint32) (targets []LV) {
	l.Targets(d, n, func(_, e LV, n uint32) {
		for k := range n {
			targets = append(targets, e+k)
		}
	})
	return targets
}

// wantDeleter wants d, alone, to target e.
func wantDeleter(t *testing.T, l *Life, e, d LV) {
	t.Helper()
	var got []LV
	l.Deleters(e, func(d LV, _ bool) { got = append(got, d) })
	if !slices.Equal(got, []LV{d}) {
		t.Errorf("Deleters(%d) = %v, want %d", e, got, d)
	}
}

// TestPairIndexed pairs runs that the index has already.
func TestPairIndexed(t *testing.T) {
	l := New()
	for i, e := range []LV{20, 22, 21} {
		l.DeleteAlive(200+LV(i), e, 1)
	}
	wantDeleter(t, l, 22, 201)
	l.Pair(200, 20, 3)
	l.DeleteAlive(300, 30, 1)
	wantDeleter(t, l, 22, 202)
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
}

// TestPair deletes backwards, pairs anew, and restores by number.
func TestPair(t *testing.T) {
	l := New()
	l.DeleteAlive(100, 10, 1) // goes on backwards with the next, as one run
	l.DeleteAlive(101, 9, 1)
	l.DeleteAlive(102, 8, 1)
	l.Pair(101, 8, 2)
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
	if got := pairsOf(l, 100, 3); !slices.Equal(got, []LV{10, 8, 9}) {
		t.Errorf("targets %v, want 10 8 9", got)
	}
	l.Restore(101, 1, true)
	l.TakeFlips(func(lv LV, n uint32, alive bool) {
		if lv != 8 || n != 1 || !alive {
			t.Errorf("restoring 101 flips %d+%d %v, want 8+1 alive", lv, n, alive)
		}
	})
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
}

// TestUnpair rolls the last of three backspaces back: the number that it
// deleted lives again, not the one that has the newest delete number.
func TestUnpair(t *testing.T) {
	l := New()
	l.DeleteAlive(99, 7, 1) // another op's, that joins the run of the pairs
	for i := range LV(3) {
		l.DeleteAlive(100+i, 10-i, 1)
		l.Pair(100, 10-i, i+1)
	}
	if n := len(l.deletes.runs); n != 1 {
		t.Errorf("%d runs", n)
	}
	want := []flip{{8, 1, true}}
	for i := range LV(10) {
		l.DeleteAlive(110+i, 70+2*i, 1)
		want = append(want, flip{70 + 2*i, 1, true})
	}
	wantDeleter(t, l, 8, 100) // indexes the runs but the last
	l.Unpair(100, 9, 2)
	wantDeleter(t, l, 8, 102)
	wantDeleter(t, l, 10, 101)
	wantDeleter(t, l, 70, 110)
	if got := pairsOf(l, 99, 4); !slices.Equal(got, []LV{7, 9, 10, 8}) {
		t.Errorf("targets %v, want 7 9 10 8", got)
	}
	l.Truncate(102)
	var got []flip
	l.TakeFlips(func(lv LV, n uint32, alive bool) { got = append(got, flip{lv, n, alive}) })
	if !slices.Equal(got, want) {
		t.Errorf("the rollback flips %v, want %v", got, want)
	}
	l.Unpair(100, 9, 2) // is so already
	l.Unpair(99, 7, 1)
	if err := l.Check(); err != nil {
		t.Fatal(err)
	}
}
