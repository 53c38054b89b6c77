package life

import "slices"

// Alive tells whether the count of lv is zero.
func (l *Life) Alive(lv LV) bool { return !l.dead.get(lv) }

// Count returns the count of lv: 0 for an alive number, else how many things
// weigh on it. For a delete number that is its effective restores, and for
// another number its counting deletes, plus one if its change is switched off.
func (l *Life) Count(lv LV) uint32 {
	if !l.dead.get(lv) {
		return 0
	}
	return 1 + l.extra.at(lv)
}

// Run tells whether lv is alive, and how many numbers from lv on are the same,
// at most max. It passes over 2^20 equal numbers in about 20 looks.
func (l *Life) Run(lv LV, max uint32) (alive bool, n uint32) {
	dead, n, _ := l.dead.run(lv, max)
	return !dead, n
}

// Targets yields the delete numbers among [d, d+n) with what they target, as
// pieces in which d+i targets e+i, ascending by d; other numbers are passed
// over. Whether they count is not asked: a delete number counts while it is
// Alive. Costs O(log) and the pieces; deletes that went backwards, as a
// backspace key does, are pieces of one.
func (l *Life) Targets(d LV, n uint32, yield func(d, e LV, n uint32)) {
	l.TargetRuns(d, n, func(d, e LV, n uint32, back bool) {
		if !back {
			yield(d, e, n)
			return
		}
		for ; n > 0; n-- {
			yield(d, e+(n-1), 1)
			d++
		}
	})
}

// TargetRuns is Targets for who can do with whole runs that went backwards: in these
// d+i targets e+n-1-i.
func (l *Life) TargetRuns(d LV, n uint32, yield func(d, e LV, n uint32, back bool)) {
	l.deletes.each(d, n, func(r deleteRun, d LV, k uint32) { yield(d, r.targets(d, k), k, r.back()) }, nil)
}

// Deleters yields every delete number that targets e, ascending, and whether it
// counts. Its first call indexes the table of deletes by target, later ones add
// what is new; a call costs O(log² + hits·log). Unlike the other readers it
// counts as a change where concurrent use is concerned. yield may read the
// Life, Deleters included.
func (l *Life) Deleters(e LV, yield func(d LV, counts bool)) {
	l.index.extend(l.deletes.runs)
	hits := l.index.stab(l.deletes.runs, e)
	slices.Sort(hits)
	for _, d := range hits {
		yield(d, !l.dead.get(d))
	}
}
