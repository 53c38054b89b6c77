package entries

import "fmt"

// Check restates the invariants of Tags clause by clause and says what fails and where: for tests.
func (t *Tags) Check() error {
	if err := t.index.check(len(t.tags), func(i uint32) LV { return t.tags[i].lv }); err != nil {
		return fmt.Errorf("%w (tags 1)", err)
	}
	for i := 1; i < len(t.tags); i++ {
		if t.tags[i].lv <= t.tags[i-1].lv {
			return fmt.Errorf("entries: tags 1: local version %d after %d", t.tags[i].lv, t.tags[i-1].lv)
		}
	}
	all, alive := make([]uint32, len(t.groups)), make([]uint32, len(t.groups))
	for _, x := range t.tags {
		all[x.group]++
		if x.alive {
			alive[x.group]++
		}
	}
	used, words := 0, 0
	for g := range t.groups {
		x := &t.groups[g]
		if all[g] == 0 {
			continue
		}
		used++
		if err := t.checkGroup(uint32(g), all[g], alive[g]); err != nil {
			return err
		}
		if x.off != NoWords {
			words++
		} else if m := t.sets[x.set]; m == nil || m.bare != uint32(g) {
			return fmt.Errorf("entries: tags 2: group %d is not the bare one of set %d", g, x.set)
		}
	}
	if used+len(t.free) != len(t.groups) {
		return fmt.Errorf("entries: tags 5: %d used, %d free, %d groups", used, len(t.free), len(t.groups))
	}
	found := 0
	for _, g := range t.find {
		for ; g != none; g = t.groups[g].other {
			found++
		}
	}
	if found != words {
		return fmt.Errorf("entries: tags 3: %d groups found, %d have words", found, words)
	}
	return t.checkSets(all)
}

// checkGroup checks clauses 2 and 3 for one group in use.
func (t *Tags) checkGroup(g, all, alive uint32) error {
	x := &t.groups[g]
	linked, last := uint32(0), none
	for i := x.head; i != none; i = t.tags[i].next {
		if y := &t.tags[i]; y.group != g || !y.alive || y.prev != last || linked > alive {
			return fmt.Errorf("entries: tags 2: group %d: tag %d after %d", g, i, last)
		}
		linked, last = linked+1, i
	}
	if x.tags != all || x.alive != alive || linked != alive {
		return fmt.Errorf("entries: tags 2: group %d: %d tags, said %d; %d alive, said %d, linked %d", g, all, x.tags, alive, x.alive, linked)
	}
	if x.off == NoWords {
		return nil
	}
	value := t.value(x)
	if x.hash != t.hash(x.set, value) || t.lookup(x.set, value, x.hash) != g {
		return fmt.Errorf("entries: tags 3: group %d of set %d is not found", g, x.set)
	}
	return nil
}

// checkSets checks clause 4.
func (t *Tags) checkSets(all []uint32) error {
	listed := make([]int, len(t.groups))
	for set, m := range t.sets {
		for k, g := range m.sorted {
			if k > 0 && byValue(t.value(&t.groups[m.sorted[k-1]]), t.value(&t.groups[g])) >= 0 {
				return fmt.Errorf("entries: tags 4: set %d: group %d after %d", set, g, m.sorted[k-1])
			}
		}
		for _, list := range [][]uint32{m.sorted, m.fresh} {
			for _, g := range list {
				if t.groups[g].set != set || all[g] == 0 {
					return fmt.Errorf("entries: tags 4: set %d lists group %d", set, g)
				}
				listed[g]++
			}
		}
		shown := 0
		for g := range t.groups {
			if x := &t.groups[g]; x.set == set && all[g] > 0 && x.off != NoWords && x.alive > 0 {
				shown++
			}
		}
		if shown != m.shown {
			return fmt.Errorf("entries: tags 4: set %d: %d shown, said %d", set, shown, m.shown)
		}
	}
	for g := range t.groups {
		x := &t.groups[g]
		if all[g] == 0 {
			continue
		}
		if want := x.off != NoWords && x.alive > 0; listed[g] > 1 || listed[g] == 0 && want || x.listed != (listed[g] == 1) {
			return fmt.Errorf("entries: tags 4: group %d is listed %d times", g, listed[g])
		}
	}
	return nil
}
