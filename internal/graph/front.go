package graph

import "fmt"

// front is a list of changes that ascends, to which newer ones are added at the
// end and from which any may be taken: heads and tips. Its invariants:
//
//  1. Entry k is a change x, or ^x once x was taken; x ascends.
//  2. taken counts the entries that were taken; the last entry is not one of
//     them, and they are at most half of all.
//
// So adding and taking cost O(log), whatever the number of heads is.
type front struct {
	list  []int32
	taken int
}

// add adds a change, newer than all in the list.
func (f *front) add(x int32) { f.list = append(f.list, x) }

// len is the number of changes in the list.
func (f *front) len() int { return len(f.list) - f.taken }

// take removes a change if it is in the list.
func (f *front) take(x int32) {
	lo, hi := 0, len(f.list)
	if hi > 0 && f.list[hi-1] == x { // the usual case
		lo = hi - 1
	}
	for lo < hi {
		if m := (lo + hi) / 2; max(f.list[m], ^f.list[m]) < x {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo == len(f.list) || f.list[lo] != x {
		return
	}
	f.list[lo] = ^x
	f.taken++
	for n := len(f.list); n > 0 && f.list[n-1] < 0; n-- {
		f.list = f.list[:n-1]
		f.taken--
	}
	if 2*f.taken > len(f.list) {
		f.all()
	}
}

// all are the changes in the list, ascending; the caller must not change or
// keep them.
func (f *front) all() []int32 {
	if f.taken == 0 {
		return f.list
	}
	kept := f.list[:0]
	for _, x := range f.list {
		if x >= 0 {
			kept = append(kept, x)
		}
	}
	f.list, f.taken = kept, 0
	return kept
}

// check restates the invariants.
func (f *front) check() error {
	taken := 0
	for k, x := range f.list {
		if x < 0 {
			taken++
		}
		if k > 0 && max(x, ^x) <= max(f.list[k-1], ^f.list[k-1]) {
			return fmt.Errorf("graph: front, invariant 1: %d at %d does not ascend", x, k)
		}
	}
	if n := len(f.list); taken != f.taken || 2*taken > n || (n > 0 && f.list[n-1] < 0) {
		return fmt.Errorf("graph: front, invariant 2: %d of %d are taken, said %d", taken, n, f.taken)
	}
	return nil
}
