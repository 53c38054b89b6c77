package authorship

import "fmt"

// check restates the invariants of the persons clause by clause.
func (p *persons) check() error {
	n := 0
	for key, list := range p.byKey {
		for _, r := range list {
			n++
			if r.key != key || p.roots[r.id] != r {
				return fmt.Errorf("authorship: persons, invariant 1: root %s of %s is listed under %s", r.id, r.key, key)
			}
			if r.person != p.personOf(r) {
				return fmt.Errorf("authorship: persons, invariant 3: root %s is %s's, want %s", r.id, r.person, p.personOf(r))
			}
		}
	}
	if n != len(p.roots) {
		return fmt.Errorf("authorship: persons, invariant 1: %d roots, %d by key", len(p.roots), n)
	}
	for b := range p.bound {
		person := false
		for _, r := range p.byKey[b.person] {
			person = person || r.claim == nil
		}
		if !person {
			return fmt.Errorf("authorship: persons, invariant 2: %s binds and is no person", b.person)
		}
	}
	return nil
}

// check restates the invariant of the grants, given all branches.
func (g *grants) check(p *persons) error {
	for person, n := range g.people {
		var want [maxTerms]int32
		for _, r := range p.roots {
			if r.person == person && !r.agent() {
				for k := range g.terms {
					want[k] += int32(r.granted >> k & 1)
				}
			}
		}
		if *n != want {
			return fmt.Errorf("authorship: grants, invariant: %s has %v, want %v", person, *n, want)
		}
	}
	for _, r := range p.roots {
		if r.agent() && r.granted != 0 {
			return fmt.Errorf("authorship: grants, invariant: agent %s has granted", r.key)
		}
		if r.granted != 0 && g.people[r.person] == nil {
			return fmt.Errorf("authorship: grants, invariant: %s has no count", r.person)
		}
	}
	return nil
}

// check restates the invariants of the judge and of what it has.
func (j *judge) check() error {
	if err := j.p.check(); err != nil {
		return err
	}
	if err := j.g.check(j.p); err != nil {
		return err
	}
	for _, r := range j.p.roots {
		if want := j.g.verdict(r.person); j.told[r.person] != want {
			return fmt.Errorf("authorship: judge, invariant 1: %s was told %v, want %v", r.person, j.told[r.person], want)
		}
		n := 0
		for _, x := range j.branch[r.person] {
			if x == r {
				n++
			}
		}
		if n != 1 {
			return fmt.Errorf("authorship: judge, invariant 2: branch %s is listed %d times for %s", r.id, n, r.person)
		}
	}
	return nil
}
