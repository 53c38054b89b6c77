package life

import (
	"fmt"
	"slices"
	"sort"
)

// deleteRun says that delete numbers d, d+1, … target e, e+1, …, or, when the
// run goes back, e, e-1, … (somebody held the backspace key). Twelve bytes.
type deleteRun struct {
	d, e LV
	n    uint32 // how many; the top bit says that the targets go back
}

// backBit is the bit of deleteRun.n that says that the targets go back.
// Lengths stay below it because a replica's capacity is 2^31 numbers.
const backBit = 1 << 31

// len is the number of delete numbers in the run.
func (r deleteRun) len() uint32 { return r.n &^ backBit }

// back tells whether the targets go back.
func (r deleteRun) back() bool { return r.n&backBit != 0 }

// end is the first number after the delete numbers of the run.
func (r deleteRun) end() LV { return r.d + r.len() }

// targets returns the targets of the delete numbers [d, d+k) of the run as the
// range [lo, lo+k), whichever way they go.
func (r deleteRun) targets(d LV, k uint32) (lo LV) {
	if r.back() {
		return r.e - (d - r.d) - (k - 1)
	}
	return r.e + (d - r.d)
}

// by returns the delete number of the run that targets e, if there is one.
func (r deleteRun) by(e LV) (d LV, ok bool) {
	i := e - r.e
	if r.back() {
		i = r.e - e
	}
	return r.d + i, i < r.len()
}

// deletes is the table of all delete numbers and their targets.
//
// Invariants:
//  1. Runs are not empty, ascend by d and do not overlap.
//  2. Each target is below its delete number.
//  3. No target is a delete number: liveness is two deep.
type deletes struct {
	runs []deleteRun
}

// push appends delete numbers [d, d+n) with targets [e, e+n), n ≥ 1, extending
// the last run where the numbers and targets go on from it.
func (t *deletes) push(d, e LV, n uint32) {
	if n > d || e > d-n {
		panic(fmt.Sprintf("life: delete number %d targets %d numbers from %d, which do not end below it (deletes, rule 2)", d, n, e))
	}
	if k := len(t.runs); k > 0 {
		r := &t.runs[k-1]
		end := r.end()
		if d < end {
			panic(fmt.Sprintf("life: delete number %d is not above the last one, %d (deletes, rule 1)", d, end-1))
		}
		if d == end {
			if !r.back() && e == r.e+r.n {
				r.n += n
				return
			}
			if n == 1 && e == r.e-r.len() && (r.back() || r.n == 1) {
				r.n = (r.n + 1) | backBit
				return
			}
		}
	}
	if k := len(t.runs); k == cap(t.runs) {
		t.runs = slices.Grow(t.runs, max(4, k/2))
	}
	t.runs = append(t.runs, deleteRun{d, e, n})
}

// seek returns the index of the first run that ends above lv.
func (t *deletes) seek(lv LV) int {
	if k := len(t.runs); k == 0 || lv >= t.runs[k-1].end() {
		return k
	}
	return sort.Search(len(t.runs), func(i int) bool { return t.runs[i].end() > lv })
}

// each splits [lv, lv+n) into the numbers that are no delete numbers, told to
// other where it is not nil, and the pieces of runs, told to run; ascending.
func (t *deletes) each(lv LV, n uint32, run func(r deleteRun, d LV, k uint32), other func(lv LV, n uint32)) {
	for i := t.seek(lv); n > 0; i++ {
		if gap := t.gap(i, lv, n); gap > 0 {
			if other != nil {
				other(lv, gap)
			}
			lv += gap
			n -= gap
		}
		if n > 0 {
			r := t.runs[i]
			k := min(n, r.end()-lv)
			run(r, lv, k)
			lv += k
			n -= k
		}
	}
}

// gap returns how many of the numbers [lv, lv+n) come before run i.
func (t *deletes) gap(i int, lv LV, n uint32) uint32 {
	if i == len(t.runs) {
		return n
	}
	if d := t.runs[i].d; d > lv {
		return min(n, d-lv)
	}
	return 0
}

// pop takes the newest delete numbers off the table that are at or above lv and
// lie in one run, and returns them; ok is false when there are none.
func (t *deletes) pop(lv LV) (r deleteRun, d LV, k uint32, ok bool) {
	last := len(t.runs) - 1
	if last < 0 || t.runs[last].end() <= lv {
		return deleteRun{}, 0, 0, false
	}
	r = t.runs[last]
	d = max(lv, r.d)
	k = r.end() - d
	if d == r.d {
		t.runs = t.runs[:last]
		return r, d, k, true
	}
	left := &t.runs[last]
	left.n -= k
	if left.len() == 1 {
		left.n = 1 // one number goes neither way
	}
	return r, d, k, true
}
