package shape

import (
	"slices"
	"sort"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// Class says what a number is.
type Class uint8

// The classes of numbers. An element, entry or node that makes a container
// carries the place of the container, whose upper place is the text or list, the
// slot, or the children it stands among.
const (
	Elem       Class = iota // of the text or list at the place
	ElemMaker               // list element, or block marker, that is the container at the place
	Entry                   // of the slot at the place
	EntryMaker              // entry of the slot above the container at the place
	Tag                     // of the set at the place
	Step                    // of the counter at the place
	Delete                  // delete number; no place
	Move                    // position of the list element whose positions are the place
	Node                    // of a tree: the map at the place, and its first position
	NodeMove                // position of a node among the children at the place
	Mark                    // of the text at the place
)

// What is a class with a place.
type What uint32

// Of makes a What; a delete number has place 0, which says nothing.
func Of(c Class, place int32) What { return What(uint32(place)<<4 | uint32(c)) }

// Class is the class of w.
func (w What) Class() Class { return Class(w & 15) }

// Place is the place of w.
func (w What) Place() int32 { return int32(w >> 4) }

// makes tells whether such a number makes the container at its place.
func (w What) makes() bool {
	c := w.Class()
	return c == ElemMaker || c == EntryMaker || c == Node
}

// Deletes is the What of every delete number.
const Deletes = What(Delete)

// Table holds the places and what each applied or open number is. Invariants:
//
//  1. find maps exactly the identities of the places that are not free.
//  2. A place that is not pinned is needed by as many held changes and lower
//     places as refs says; a place above a pinned one is pinned.
//  3. runs cover [0, end), ascend, and neighbours differ.
type Table struct {
	places []Place
	find   map[key]int32
	free   []int32
	gone   uint64  // elements of places that were taken back
	fresh  []int32 // places made since the last sweep
	open   []int32 // places named by an element of the open change

	runs []run
	end  LV

	met   int32 // root container that was named last
	metAt int   // run that was found last

	rd    block.Reader // working space of Admit
	op    block.Op
	parts []graph.Part
}

// run says that the LVs from first on, up to the next run, are what.
type run struct {
	first LV
	what  What
}

// New returns an empty table.
func New() *Table { return &Table{find: map[key]int32{}} }

// End is the first LV of which nothing is known.
func (t *Table) End() LV { return t.end }

// Append says what the next n LVs are.
func (t *Table) Append(n uint32, w What) {
	if k := len(t.runs) - 1; k >= 0 && t.runs[k].what == w { // the usual case
		t.end += n
		return
	}
	t.begin(n, w)
}

// begin is Append where a run begins.
func (t *Table) begin(n uint32, w What) {
	if n == 0 {
		return
	}
	if w.makes() {
		if p := &t.places[w.Place()]; p.maker == 0 {
			p.maker = t.end + 1
		}
	}
	if k := len(t.runs); k == cap(t.runs) {
		t.runs = slices.Grow(t.runs, max(4, k/2))
	}
	t.runs = append(t.runs, run{t.end, w})
	t.end += n
}

// Maker is a number that made the container at a place, by which it is named.
func (t *Table) Maker(p int32) LV { return t.places[p].maker - 1 }

// Truncate forgets the LVs from lv on.
func (t *Table) Truncate(lv LV) {
	k := len(t.runs)
	for k > 0 && t.runs[k-1].first >= lv {
		k--
		if t.runs[k].what.makes() {
			if p := &t.places[t.runs[k].what.Place()]; p.maker > lv {
				p.maker = 0
			}
		}
	}
	t.runs = t.runs[:k]
	t.end = lv
	t.forgetOpen(lv)
}

// At is what number lv is.
func (t *Table) At(lv LV) What { return t.runs[t.runAt(lv)].what }

// runAt is the index of the run of lv. The newest number is asked for most.
func (t *Table) runAt(lv LV) int {
	n := len(t.runs)
	if t.runs[n-1].first <= lv {
		return n - 1
	}
	if k := t.metAt; k+1 < n && t.runs[k].first <= lv && lv < t.runs[k+1].first {
		return k
	}
	lo, hi := 0, n-1 // runs[lo] begins at or below lv, runs[hi] above
	// Flips come ascending, and what somebody deletes lies near what they deleted before.
	if k := min(t.metAt, hi-1); t.runs[k].first <= lv {
		lo = k
		for step := 1; lo+step < hi; step *= 2 {
			if t.runs[lo+step].first > lv {
				hi = lo + step
				break
			}
			lo += step
		}
	} else {
		hi = k
		for step := 1; hi-step > lo; step *= 2 {
			if t.runs[hi-step].first <= lv {
				lo = hi - step
				break
			}
			hi -= step
		}
	}
	for lo+1 < hi {
		if m := (lo + hi) / 2; t.runs[m].first <= lv {
			lo = m
		} else {
			hi = m
		}
	}
	t.metAt = lo
	return lo
}

// Range yields what the numbers of [lv, lv+n) are, in stretches.
func (t *Table) Range(lv LV, n uint32, yield func(lv LV, n uint32, w What)) {
	if n == 0 {
		return
	}
	end := lv + n
	for k := t.runAt(lv); lv < end; k++ {
		stop := end
		if k+1 < len(t.runs) {
			stop = min(stop, t.runs[k+1].first)
		}
		yield(lv, stop-lv, t.runs[k].what)
		lv = stop
	}
}

// Next is the first run boundary above lv, or the end.
func (t *Table) Next(lv LV) LV {
	if k := t.runAt(lv); k+1 < len(t.runs) {
		return t.runs[k+1].first
	}
	return t.end
}

// whatAt is what a number is whose change may be held.
func (t *Table) whatAt(g *graph.Graph, r graph.Ref, off uint32) What {
	h := r.Held()
	if h == nil || h.ID.IsZero() {
		return t.At(g.LVOf(r, off))
	}
	return What(h.Parts[partAt(h, off)].What)
}

// partAt is the index of the part of a held change that has the number at off.
func partAt(h *graph.Held, off uint32) int {
	return sort.Search(len(h.Parts), func(i int) bool { return h.Parts[i].Off > off }) - 1
}

// Apply takes over what Admit found of a change that was just applied: its
// numbers get the next LVs and its places stay for good.
func (t *Table) Apply(h *graph.Held) {
	for i, p := range h.Parts {
		stop := h.Count
		if i+1 < len(h.Parts) {
			stop = h.Parts[i+1].Off
		}
		t.Append(stop-p.Off, What(p.What))
	}
	for _, p := range h.Places {
		if p != NoPlace {
			t.pin(p)
		}
	}
}

// Drop forgets a held change that will not be applied.
func (t *Table) Drop(h *graph.Held) {
	for _, p := range h.Places {
		if p != NoPlace {
			t.release(p)
		}
	}
	h.Places, h.Parts = nil, nil
}
