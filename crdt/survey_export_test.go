package crdt

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// MostFates is for tests.
const MostFates = mostFates

// CheckFates compares the fates of a survey, character by character, with what a list of
// all that was taken back says, and gives how many things the largest fate holds and
// how many there would be without a bound.
func CheckFates(v *View) (held, all int, err error) {
	v.lock()
	defer v.unlock()
	c := newCount(v, shape.NoPlace)
	c.survey = newSurveying()
	c.roots()
	c.read()
	c.past()
	list := slices.Clone(c.survey.taken)
	f := c.survey.fates(c)
	change := func(lv graph.LV) int32 { by, _ := c.d.changeRun(lv, 1); return by }
	end := graph.LV(0)
	for _, t := range list {
		end = max(end, t.e+t.n)
	}
	k := 0
	for at := graph.LV(0); at < end; at++ {
		var over []taken
		for _, t := range list {
			if by := change(t.d); t.e <= at && at < t.e+t.n && (by == graph.None32 || c.s.Effective(by)) {
				over = append(over, taken{e: at, d: t.d + (at - t.e), back: t.back})
			}
		}
		all = max(all, len(over))
		slices.SortFunc(over, func(a, b taken) int {
			by := 0
			if a.back != b.back {
				by = 1
				if c.d.g.Less(a.back, b.back) {
					by = -1
				}
			}
			return -cmp.Or(c.s.Order(a.d, b.d), by)
		})
		want := map[string]int{}
		for _, t := range over[:min(len(over), mostFates)] {
			want[fmt.Sprint(c.index(change(t.d)), c.index(t.back))]++
		}
		got := map[string]int{}
		for k < len(f.at) && f.at[k].lv+f.at[k].n <= at {
			k++
		}
		n := 0
		if k < len(f.at) && f.at[k].lv <= at {
			for _, g := range f.list[f.at[k].fate] {
				for _, b := range g.Back {
					got[fmt.Sprint(g.Change, b)]++
					n++
				}
			}
		}
		held = max(held, n)
		if fmt.Sprint(got) != fmt.Sprint(want) {
			return 0, 0, fmt.Errorf("character %d: %v, want %v", at, got, want)
		}
	}
	return held, all, nil
}
