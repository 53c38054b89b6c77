package life

import "sort"

// twin is the slow judge, straight from the words of the design:
//
//	del(d, e) counts iff d's change is effective and no effective restore
//	names (d, e). alive(e) = e's change is effective and no delete of e counts.
//
// It keeps what happened as lists and works everything out anew when asked.
type twin struct {
	changes  []*twinChange
	restores []*twinRestore
	numbers  []twinNumber // ascending by lv
	told     map[LV]bool  // what the shower believes: alive?
}

// twinChange made the numbers [lv, lv+n).
type twinChange struct {
	lv        LV
	n         uint32
	effective bool
}

// twinRestore names the delete numbers [d, d+n).
type twinRestore struct {
	d         LV
	n         uint32
	effective bool
}

// twinNumber is one number; deletes tells whether it is a delete number, of
// target.
type twinNumber struct {
	lv      LV
	change  *twinChange
	deletes bool
	target  LV
}

// twinState is the twin's answer for each of its numbers, in their order.
type twinState struct {
	alive    []bool
	count    []uint32 // what weighs on the number
	deleters [][]LV   // the delete numbers that target it
}

func newTwin() *twin { return &twin{told: make(map[LV]bool)} }

// find returns the place of lv among the numbers.
func (w *twin) find(lv LV) (int, bool) {
	i := sort.Search(len(w.numbers), func(i int) bool { return w.numbers[i].lv >= lv })
	return i, i < len(w.numbers) && w.numbers[i].lv == lv
}

// make adds a number to a change.
func (w *twin) make(c *twinChange, lv LV, deletes bool, target LV) {
	w.numbers = append(w.numbers, twinNumber{lv, c, deletes, target})
	w.told[lv] = true
	c.n++
}

// state works out which numbers are alive.
func (w *twin) state() twinState {
	n := len(w.numbers)
	s := twinState{make([]bool, n), make([]uint32, n), make([][]LV, n)}
	named := make([]uint32, n)
	for _, r := range w.restores {
		if r.effective {
			for d := r.d; d < r.d+r.n; d++ {
				i, _ := w.find(d)
				named[i]++
			}
		}
	}
	deleted := make([]uint32, n)
	for i, x := range w.numbers {
		if x.deletes {
			e, _ := w.find(x.target)
			s.deleters[e] = append(s.deleters[e], x.lv)
			if x.change.effective && named[i] == 0 {
				deleted[e]++
			}
		}
	}
	for i, x := range w.numbers {
		s.alive[i] = x.change.effective && deleted[i]+named[i] == 0
		s.count[i] = deleted[i] + named[i]
		if !x.change.effective {
			s.count[i]++
		}
	}
	return s
}

// flip is one report of TakeFlips.
type flip struct {
	lv    LV
	n     uint32
	alive bool
}

// flips returns what the shower does not know yet, in runs, and tells it.
func (w *twin) flips() (out []flip) {
	s := w.state()
	for i, x := range w.numbers {
		if x.deletes || w.told[x.lv] == s.alive[i] {
			continue
		}
		w.told[x.lv] = s.alive[i]
		if k := len(out); k > 0 && out[k-1].lv+out[k-1].n == x.lv && out[k-1].alive == s.alive[i] {
			out[k-1].n++
			continue
		}
		out = append(out, flip{x.lv, 1, s.alive[i]})
	}
	return out
}

// retarget lets the delete numbers [d, d+n) target [e, e+n).
func (w *twin) retarget(d, e LV, n uint32) {
	i, _ := w.find(d)
	for k := range n {
		w.numbers[i+int(k)].target = e + k
	}
}

// truncate forgets the numbers from lv on. Changes and restores are shortened.
func (w *twin) truncate(lv LV) {
	i, _ := w.find(lv)
	for _, x := range w.numbers[i:] {
		delete(w.told, x.lv)
		x.change.n--
	}
	w.numbers = w.numbers[:i]
	var changes []*twinChange
	for _, c := range w.changes {
		if c.n > 0 {
			changes = append(changes, c)
		}
	}
	w.changes = changes
	var restores []*twinRestore
	for _, r := range w.restores {
		if r.d < lv {
			r.n = min(r.n, lv-r.d)
			restores = append(restores, r)
		}
	}
	w.restores = restores
}
