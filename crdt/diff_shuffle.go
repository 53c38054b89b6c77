package crdt

import (
	"strconv"

	"github.com/commonhold/commonhold/internal/graph"
)

// An element of a list that went from one place and comes in at another is one patch,
// not two: whoever follows keeps what is in it. Patches are applied in order, so where
// it goes from, and to, has to be counted in what the patches before it have left:
//
//	done | what is still as it was, but for what has moved on into it and away from it
//
// An element that moves forward is put where it will be met again; one that moves back is
// taken from where it still is.

// shuffle counts the places of elements that move among the edits of a list.
//
// At all times present says of each edit how many elements stand there: those that will
// go and have not yet, and one where an element was put that is to come.
type shuffle struct {
	edits   []edit
	partner map[int]int // of edits by index, both ways
	coming  []int       // how many elements come before each edit
	present []int       // sums, as Fenwick has them
}

// shuffle finds the elements that move; nil when there are none.
func (x *differ) shuffle(t *task, edits []edit) *shuffle {
	if t.fresh || !x.d.s.Moved(t.at) {
		return nil
	}
	w := shuffle{edits: edits, partner: map[int]int{}}
	first := map[graph.LV]int{}
	for k, e := range edits {
		if e.kind == stayed || e.n != 1 {
			continue
		}
		elem := x.d.s.ElemOf(e.lv)
		if at, ok := first[elem]; ok {
			w.partner[k], w.partner[at] = at, k
		} else {
			first[elem] = k
		}
	}
	if len(w.partner) == 0 {
		return nil
	}
	w.coming, w.present = make([]int, len(edits)+1), make([]int, len(edits)+1)
	for k, e := range edits {
		w.coming[k+1] = w.coming[k]
		switch e.kind {
		case come:
			w.coming[k+1] += int(e.n)
		case gone:
			w.add(k, int(e.n))
		}
	}
	return &w
}

// add says that n elements more stand at edit k.
func (w *shuffle) add(k, n int) {
	for k++; k < len(w.present); k += k & -k {
		w.present[k] += n
	}
}

// before is how many stand at the edits before k.
func (w *shuffle) before(k int) (n int) {
	for ; k > 0; k -= k & -k {
		n += w.present[k]
	}
	return n
}

// place is where what stands at edit k is now, as edit i is made, which is not behind it:
// behind all that stays and all that still stands between. Nothing stands before i.
func (w *shuffle) place(i, k int) int {
	a, b := w.edits[i].at-w.coming[i], w.edits[k].at-w.coming[k] // what stays before each
	return w.edits[i].at + b - a + w.before(k)
}

// moves makes the patch of an edit that is a half of a move, and tells true: the first
// half that is met moves the element, and the half that comes looks into it.
func (x *differ) moves(t *task, w *shuffle, i int) bool {
	k, ok := w.partner[i]
	if !ok {
		return false
	}
	e := w.edits[i]
	off, on := i, k // where it goes from, and where it comes in
	if e.kind == come {
		off, on = k, i
	}
	if i < k {
		from := w.place(i, off)
		w.add(off, -1)
		to := w.place(i, on)
		if w.add(on, 1); from != to {
			by, _ := x.left(t.at, w.edits[off].lv, 1)
			x.put(Patch{Path: t.path, Op: PatchMove, At: from, To: to, By: by})
		}
	}
	if e.kind == come {
		w.add(on, -1)
		x.keeps(t, x.now.s.ElemOf(e.lv), e.at)
	}
	return true
}

// keeps compares what an element shows that was there and stands at a position now.
func (x *differ) keeps(t *task, elem graph.LV, at int) {
	was, now := x.past.elem(elem), x.now.elem(elem)
	switch {
	case was.kind == showsBox && was.same(now):
		x.enter(now.Child, x.step(t, strconv.Itoa(at)), false)
	case !was.same(now):
		x.element(t, PatchSet, at, now)
	}
}
