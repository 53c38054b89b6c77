package life

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/invariant"
)

// Pair pairs the newest delete numbers, d … d+n-1, with e … e+n-1, which are
// the targets they have already, in whatever order. It serves a local edit whose
// numbers nobody has named yet: the backspace key deletes backwards, and its op
// says so as one range. All of them count, so that nothing flips. It costs
// O(log) and a step for each run that it joins.
//
// Pairing gives newer numbers older targets, so before a Truncate inside d …
// d+n-1 the caller says by Unpair who deleted what.
func (l *Life) Pair(d, e LV, n uint32) {
	var paired uint32
	for {
		r, from, k, ok := l.deletes.pop(d)
		if !ok {
			break
		}
		if lo := r.targets(from, k); k > n || lo < e || lo-e > n-k {
			panic(fmt.Sprintf("life: Pair of %d numbers from %d with targets from %d: %d targets %d", n, d, e, from, lo))
		}
		paired += k
	}
	if paired != n {
		panic(fmt.Sprintf("life: Pair of %d numbers from %d, but %d delete numbers lie there", n, d, paired))
	}
	l.index.cut(len(l.deletes.runs))
	if n > 0 {
		l.deletes.push(d, e, n)
	}
	if invariant.Enabled {
		l.mustCount(d, n)
	}
}

// DeleteBefore is DeleteAlive and Pair in one, for the backspace key: the delete
// numbers d … d+n-1 come after all others and delete e … e+n-1, and together
// with the total-n numbers before them, which delete what follows e+n, they are
// paired as one ascending run.
func (l *Life) DeleteBefore(d, e LV, n, total uint32) {
	if k := len(l.deletes.runs); k > 0 && !invariant.Enabled {
		r := &l.deletes.runs[k-1]
		if r.d == d+n-total && r.n == total-n && r.e == e+n && (!r.back() || r.len() == 1) {
			r.e, r.n = e, total
			l.dead.toggle(e, n)
			return
		}
	}
	l.DeleteAlive(d, e, n)
	l.Pair(d+n-total, e, total)
}

// Unpair is the inverse of Pair for a rollback: the delete numbers d … d+n-1,
// the first of those that Pair paired, have the targets e … e+n-1 again, and
// the later ones share the other targets. A Truncate among them then forgets the
// right deletes. Nothing flips, and nothing happens where the pairs are these
// already.
func (l *Life) Unpair(d, e LV, n uint32) {
	if l.pairs(d, e, n) {
		return
	}
	i := l.deletes.seek(d)
	if i == len(l.deletes.runs) || l.deletes.runs[i].d > d {
		panic(fmt.Sprintf("life: Unpair of %d numbers from %d, which is no delete number", n, d))
	}
	r := l.deletes.runs[i]
	before := d - r.d
	low, most := r.e+before, r.len()-before
	if r.back() || n > most || e < low || e-low > most-n {
		panic(fmt.Sprintf("life: Unpair of %d numbers from %d with targets from %d, but %d have targets from %d", n, d, e, most, low))
	}
	head := e - low
	l.index.cut(i)
	l.deletes.replace(i, []deleteRun{
		{r.d, r.e, before},
		{d, e, n},
		{d + n, low, head},
		{d + n + head, e + n, most - n - head},
	})
	if invariant.Enabled {
		l.mustCount(d, most)
	}
}

// pairs tells whether the delete numbers d … d+n-1 target e … e+n-1.
func (l *Life) pairs(d, e LV, n uint32) bool {
	same := true
	l.deletes.each(d, n, func(r deleteRun, from LV, k uint32) {
		same = same && r.targets(from, k) == e+(from-d) && (k == 1 || !r.back())
	}, func(LV, uint32) { same = false })
	return same
}

// replace puts other runs in the place of run i; those of length 0 are left out.
func (t *deletes) replace(i int, by []deleteRun) {
	by = slices.DeleteFunc(by, func(r deleteRun) bool { return r.n == 0 })
	t.runs = slices.Replace(t.runs, i, i+1, by...)
}

// mustCount panics when one of the delete numbers is dead.
func (l *Life) mustCount(d LV, n uint32) {
	if dead, k, _ := l.dead.run(d, n); n > 0 && (dead || k < n) {
		panic(fmt.Sprintf("life: of the %d delete numbers from %d that are paired anew some do not count", n, d))
	}
}
