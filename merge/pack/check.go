package pack

import "fmt"

// mustHold panics if an invariant does not hold.
func (h *history) mustHold() {
	if err := h.check(); err != nil {
		panic(err.Error())
	}
}

// check restates the invariants of history, clause by clause.
func (h *history) check() error {
	base, seen := uint32(0), make([]int, len(h.chains))
	for i := range h.len() {
		r := h.rows.at(i)
		if r.base != base && i == 0 || r.base < base {
			return fmt.Errorf("pack: rule 1: change %d begins at %d, after %d", i, r.base, base)
		}
		base = r.base
		c := &h.chains[r.chain]
		k := seen[r.chain]
		if k >= len(c.members) || c.members[k] != i {
			return fmt.Errorf("pack: rule 2: change %d is not member %d of chain %d", i, k, r.chain)
		}
		if k == 0 && r.start != 0 || k > 0 && h.start(i) != h.start(c.members[k-1])+uint64(h.count(c.members[k-1])) {
			return fmt.Errorf("pack: rule 2: change %d begins at %d of its chain", i, r.start)
		}
		if c.up != none && c.up >= c.members[0] {
			return fmt.Errorf("pack: rule 2: chain %d forks from change %d, before it", r.chain, c.up)
		}
		seen[r.chain]++
	}
	if h.end < base {
		return fmt.Errorf("pack: rule 1: the numbers end at %d, the last change begins at %d", h.end, base)
	}
	for x := range h.chains {
		if seen[x] != len(h.chains[x].members) {
			return fmt.Errorf("pack: rule 2: chain %d has %d members, %d changes", x, len(h.chains[x].members), seen[x])
		}
	}
	return h.checkIDs()
}

// checkIDs restates the third invariant and the fourth.
func (h *history) checkIDs() error {
	kept := 0
	for i := range h.len() {
		id, ok := h.id(i)
		c := &h.chains[h.rows.at(i).chain]
		if tip := c.members[len(c.members)-1] == i; ok != (tip || h.len()-i <= h.span) || tip && id != c.tip {
			return fmt.Errorf("pack: rule 3: name of change %d is kept: %t", i, ok)
		}
		if !ok || h.find == nil {
			continue
		}
		if k, found := h.find[id]; !found || k < i {
			return fmt.Errorf("pack: rule 3: change %d is found as %d", i, k)
		} else if k == i {
			kept++
		}
	}
	if h.find != nil && kept != len(h.find) {
		return fmt.Errorf("pack: rule 3: %d changes are found, %d are kept", len(h.find), kept)
	}
	for a, i := range h.newest {
		if i != none && i >= h.len() {
			return fmt.Errorf("pack: rule 4: newest change of author %d is %d", a, i)
		}
	}
	if len(h.newest) != len(h.authors) || len(h.who) != len(h.authors) {
		return fmt.Errorf("pack: rule 4: %d authors, %d newest changes, %d numbers", len(h.authors), len(h.newest), len(h.who))
	}
	return nil
}
