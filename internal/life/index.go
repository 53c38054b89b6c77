package life

import (
	"cmp"
	"slices"
)

// index finds the runs of deletes that target a number. Nothing is kept until
// the first question.
//
// The table of runs only grows at its end (and is cut there), so the index is a
// row of sorted levels over consecutive stretches of the table, each level more
// than twice as long as the next: what is new becomes a level of its own and
// swallows its left neighbours that are not. So a run is sorted again O(log) times
// in its life. The last run of the table may still grow and is never indexed,
// but always asked directly.
//
// Invariants:
//  1. Levels cover runs [0, done) of the table, each [from, to), in order, none
//     of them empty; done is less than the length of the table, or both are 0.
//  2. items of a level ascend by low, the lowest target of the run; every run of
//     [from, to) is among them once. Items of runs beyond to were cut away
//     since and are passed over; they are fewer than half.
//  3. top of an item is the greatest target in its subtree: the range [i, j) of
//     items has its root in the middle, at i + (j-i)/2.
type index struct {
	levels []level
	done   int
	steps  uint64 // items looked at, for tests of cost
}

// level is the index of the runs [from, to) of the table.
type level struct {
	from, to int
	items    []item
}

// item is one run of deletes in a level.
type item struct {
	low LV     // its lowest target
	top LV     // the highest target in its subtree
	run uint32 // its place in the table
}

// extend indexes the runs that are new since the last call.
func (x *index) extend(runs []deleteRun) {
	upto := len(runs) - 1
	if x.done >= upto {
		return
	}
	from := x.done
	for k := len(x.levels); k > 0; k = len(x.levels) {
		if v := &x.levels[k-1]; v.to-v.from > 2*(upto-from) {
			break
		}
		from = x.levels[k-1].from
		x.levels = x.levels[:k-1]
	}
	v := level{from: from, to: upto, items: make([]item, 0, upto-from)}
	for i := from; i < upto; i++ {
		r := runs[i]
		low := r.targets(r.d, r.len())
		v.items = append(v.items, item{low: low, top: low + r.len() - 1, run: uint32(i)})
	}
	slices.SortFunc(v.items, func(a, b item) int {
		return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.run, b.run))
	})
	raiseTops(v.items)
	x.levels = append(x.levels, v)
	x.done = upto
	x.steps += uint64(upto - from)
}

// raiseTops turns the top of each item, so far the highest target of its own
// run, into that of its subtree, and returns the greatest.
func raiseTops(items []item) (top LV) {
	if len(items) == 0 {
		return 0
	}
	mid := len(items) / 2
	root := &items[mid]
	root.top = max(root.top, raiseTops(items[:mid]), raiseTops(items[mid+1:]))
	return root.top
}

// cut forgets runs from the n-th on, and run n-1, which may grow again. A level
// that loses half of itself is dropped whole: what is left of it is indexed
// again at the next question, which the runs that went have paid for.
func (x *index) cut(n int) {
	x.done = max(0, min(x.done, n-1))
	for k := len(x.levels); k > 0; k-- {
		v := &x.levels[k-1]
		v.to = min(v.to, x.done)
		if 2*(v.to-v.from) > len(v.items) {
			return
		}
		x.done = min(x.done, v.from)
		x.levels = x.levels[:k-1]
	}
}

// stab returns the delete numbers that target e, in no order. The slice belongs
// to the caller.
func (x *index) stab(runs []deleteRun, e LV) (hits []LV) {
	for i := range x.levels {
		hits = x.stabItems(runs, &x.levels[i], x.levels[i].items, e, hits)
	}
	for _, r := range runs[x.done:] {
		if d, ok := r.by(e); ok {
			hits = append(hits, d)
		}
	}
	return hits
}

// stabItems appends to hits the delete numbers that target e in a subtree of a
// level. It goes O(log) deep.
func (x *index) stabItems(runs []deleteRun, v *level, items []item, e LV, hits []LV) []LV {
	for len(items) > 0 {
		x.steps++
		mid := len(items) / 2
		root := items[mid]
		if root.top < e {
			return hits
		}
		hits = x.stabItems(runs, v, items[:mid], e, hits)
		if root.low > e {
			return hits
		}
		if int(root.run) < v.to {
			if d, ok := runs[root.run].by(e); ok {
				hits = append(hits, d)
			}
		}
		items = items[mid+1:]
	}
	return hits
}
