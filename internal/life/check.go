package life

import "fmt"

// Check tells the first invariant that does not hold, as an error that names the
// structure, the rule and the numbers, or nil. It looks at everything, in time
// proportional to the numbers that the structures cover, and is for tests.
func (l *Life) Check() error {
	for _, part := range []func() error{
		func() error { return l.dead.check("dead") },
		l.extra.check,
		l.deletes.check,
		l.pending.check,
		func() error { return l.index.check(l.deletes.runs) },
		l.checkExtra,
		l.checkTargets,
		l.checkPending,
	} {
		if err := part(); err != nil {
			return fmt.Errorf("life: %w", err)
		}
	}
	return nil
}

// checkExtra restates rule 1 of Life: only dead numbers have extra counts.
func (l *Life) checkExtra() error {
	end := uint64(len(l.extra.top)) << chunkBits
	for lv := uint64(0); lv < end; {
		n := uint32(min(end-lv, 1<<31))
		zero, k := l.extra.run(LV(lv), n)
		if !zero {
			if dead, m, _ := l.dead.run(LV(lv), k); !dead || m < k {
				return fmt.Errorf("rule 1: of the %d numbers from %d, all with extra counts, some are alive", k, lv)
			}
		}
		lv += uint64(k)
	}
	return nil
}

// checkTargets restates rule 2 of Life: alive delete numbers count.
func (l *Life) checkTargets() error {
	counting := make(map[LV]uint32)
	for _, r := range l.deletes.runs {
		for d := r.d; d < r.end(); d++ {
			if l.Alive(d) {
				counting[r.targets(d, 1)]++
			}
		}
	}
	for e, n := range counting {
		if c := l.Count(e); c < n {
			return fmt.Errorf("rule 2: number %d has count %d and %d alive delete numbers", e, c, n)
		}
	}
	return nil
}

// checkPending restates rule 3 of Life: no delete number is pending.
func (l *Life) checkPending() error {
	for _, r := range l.deletes.runs {
		if set, k, _ := l.pending.run(r.d, r.len()); set || k < r.len() {
			return fmt.Errorf("rule 3: a delete number of the run from %d is pending", r.d)
		}
	}
	return nil
}

// check restates the rules of deletes.
func (t *deletes) check() error {
	var end LV
	for i, r := range t.runs {
		if r.len() == 0 || r.d < end || (r.back() && r.len() == 1) {
			return fmt.Errorf("deletes, rule 1: run %d (%d, %d, %#x) after number %d", i, r.d, r.e, r.n, end)
		}
		end = r.end()
		for d := r.d; d < end; d++ {
			if e := r.targets(d, 1); e >= d {
				return fmt.Errorf("deletes, rule 2: delete number %d targets %d", d, e)
			}
		}
		err := error(nil)
		t.each(r.targets(r.d, r.len()), r.len(), func(_ deleteRun, d LV, _ uint32) {
			err = fmt.Errorf("deletes, rule 3: run %d (%d, %d, %#x) targets the delete number %d", i, r.d, r.e, r.n, d)
		}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// check restates the rule of pending.
func (p *pending) check() error {
	if err := p.bitmap.check("pending"); err != nil {
		return err
	}
	end := uint64(len(p.chunks)) << chunkBits
	for lv := uint64(0); lv < end; {
		set, k, _ := p.run(LV(lv), uint32(min(end-lv, 1<<31)))
		if set && (lv < uint64(p.lo) || lv+uint64(k) > uint64(p.hi)) {
			return fmt.Errorf("pending, rule 1: %d numbers from %d are not in [%d, %d)", k, lv, p.lo, p.hi)
		}
		lv += uint64(k)
	}
	return nil
}

// check restates the rules of index over the table it indexes.
func (x *index) check(runs []deleteRun) error {
	at := 0
	for i, v := range x.levels {
		if v.from != at || v.to <= v.from || 2*(v.to-v.from) <= len(v.items) {
			return fmt.Errorf("index, rule 1: level %d is [%d, %d) of %d items, after %d", i, v.from, v.to, len(v.items), at)
		}
		at = v.to
		seen := make(map[uint32]bool)
		for j, it := range v.items {
			if j > 0 && v.items[j-1].low > it.low {
				return fmt.Errorf("index, rule 2: level %d, item %d: low %d after %d", i, j, it.low, v.items[j-1].low)
			}
			if int(it.run) >= v.to {
				continue
			}
			r := runs[it.run]
			if low := r.targets(r.d, r.len()); int(it.run) < v.from || low != it.low || seen[it.run] {
				return fmt.Errorf("index, rule 2: level %d, item %d: run %d, low %d", i, j, it.run, it.low)
			}
			seen[it.run] = true
		}
		if len(seen) != v.to-v.from {
			return fmt.Errorf("index, rule 2: level %d has %d of %d runs", i, len(seen), v.to-v.from)
		}
		if err := checkTops(runs, &v, v.items); err != nil {
			return fmt.Errorf("index, rule 3: level %d: %w", i, err)
		}
	}
	if at != x.done || (x.done > 0 && x.done >= len(runs)) {
		return fmt.Errorf("index, rule 1: levels end at %d, done is %d of %d runs", at, x.done, len(runs))
	}
	return nil
}

// checkTops restates rule 3 of index for the items of a subtree. Of an item that
// was cut away only the order of tops is known.
func checkTops(runs []deleteRun, v *level, items []item) error {
	if len(items) == 0 {
		return nil
	}
	mid := len(items) / 2
	root := items[mid]
	for _, half := range [][]item{items[:mid], items[mid+1:]} {
		if err := checkTops(runs, v, half); err != nil {
			return err
		}
		if len(half) > 0 && half[len(half)/2].top > root.top {
			return fmt.Errorf("run %d has top %d below that of its subtree", root.run, root.top)
		}
	}
	if int(root.run) < v.to {
		if high := root.low + runs[root.run].len() - 1; high > root.top {
			return fmt.Errorf("run %d ends at %d above its top %d", root.run, high, root.top)
		}
	}
	return nil
}
