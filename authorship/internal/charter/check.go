package charter

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// broken says which invariant does not hold.
func broken(of string, n int, format string, args ...any) error {
	return fmt.Errorf("charter: %s, invariant %d: %s", of, n, fmt.Sprintf(format, args...))
}

// Check restates the invariants of the judge and of its parts clause by clause, each
// from what it is defined by.
func (j *Judge) Check() error {
	if j.persons == nil {
		return nil
	}
	for _, check := range []func() error{
		j.sets.check, j.persons.check, j.checkRows, j.checkBranches, j.checkTallies, j.checkEpochs, j.checkSupport, j.checkPath,
		j.checkSettled, j.checkCuts, j.checkAccepts, j.checkGrants, j.checkWords, j.checkSaid, j.checkLanes,
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// check restates the invariants of the sets.
func (s *sets) check() error {
	if len(s.lists[0]) > 0 || len(s.byList) != len(s.lists) {
		return broken("sets", 1, "%d lists, %d by their elements", len(s.lists), len(s.byList))
	}
	for id, list := range s.lists {
		for k := 1; k < len(list); k++ {
			if list[k-1] >= list[k] {
				return broken("sets", 1, "set %d is %v", id, list)
			}
		}
		if s.intern(list) != int32(id) {
			return broken("sets", 2, "set %d is found as %d", id, s.intern(list))
		}
	}
	for pair, id := range s.joined {
		want := slices.Concat(s.lists[pair[0]], s.lists[pair[1]])
		slices.Sort(want)
		if !slices.Equal(slices.Compact(want), s.lists[id]) {
			return broken("sets", 2, "%v and %v join to %v", s.lists[pair[0]], s.lists[pair[1]], s.lists[id])
		}
	}
	return nil
}

// check restates the invariants of the persons.
func (p *Persons) check() error {
	n := 0
	for key, list := range p.byKey {
		for _, r := range list {
			n++
			if r.Key != key || p.roots[r.ID] != r {
				return broken("persons", 1, "root %s of %s is listed under %s", r.ID, r.Key, key)
			}
			if r.Person != p.personOf(r) {
				return broken("persons", 3, "root %s is %s's, want %s", r.ID, r.Person, p.personOf(r))
			}
			if claims := r.Claim != nil; claims && !slices.Contains(p.claims[r.claimed()], r) {
				return broken("persons", 1, "root %s is not listed under its claim", r.ID)
			}
			times := 0
			for _, x := range p.branches[r.Person] {
				if x == r {
					times++
				}
			}
			if times != 1 {
				return broken("persons", 4, "root %s is listed %d times for %s", r.ID, times, r.Person)
			}
		}
	}
	for b, list := range p.claims {
		if slices.ContainsFunc(list, func(r *Root) bool { return r.Claim == nil || r.claimed() != b || p.roots[r.ID] != r }) {
			return broken("persons", 1, "a claim of %s lists another root", b.Key)
		}
	}
	if n != len(p.roots) {
		return broken("persons", 1, "%d roots, %d by key", len(p.roots), n)
	}
	for b, n := range p.bound {
		if n < 1 || !slices.ContainsFunc(p.byKey[b.Person], func(r *Root) bool { return r.Claim == nil }) {
			return broken("persons", 2, "%s has %d binds in force and is no person", b.Person, n)
		}
	}
	return nil
}

// checkRows restates the first invariants of the rows.
func (j *Judge) checkRows() error {
	for k := range j.rows {
		i, r := int32(k), &j.rows[k]
		seen := int32(0)
		for _, l := range j.links[r.from:r.to] {
			if l >= i {
				return broken("row", 1, "change %d links to %d", i, l)
			}
			seen = j.sets.union(seen, j.rows[l].after)
		}
		if r.prev >= i || r.prev != none && (r.root != j.rows[r.prev].root || r.prev != j.links[r.from]) {
			return broken("row", 1, "change %d follows %d", i, r.prev)
		}
		if r.seen != seen {
			return broken("row", 2, "change %d has seen %v, want %v", i, j.sets.of(r.seen), j.sets.of(seen))
		}
		for p, e := range j.epochs {
			want := j.sets.has(seen, p) || slices.Contains(e.ratifies, i)
			if j.sets.has(r.after, p) != want {
				return broken("row", 2, "change %d and the amend %d: after is %v", i, p, j.sets.of(r.after))
			}
		}
		if r.due {
			return broken("row", 5, "change %d is marked and was not looked at", i)
		}
	}
	return nil
}

// checkBranches restates the invariants of the branches.
func (j *Judge) checkBranches() error {
	changes, grants := map[*Root][]int32{}, map[*Root][]int32{}
	forked, pays := map[*Root]bool{}, map[*Root]int{}
	for k := range j.rows {
		r := &j.rows[k]
		if r.said.pays() {
			pays[r.root]++
		}
		if list := changes[r.root]; len(list) > 0 && list[len(list)-1] != r.prev {
			forked[r.root] = true
		}
		changes[r.root] = append(changes[r.root], int32(k))
		if j.grants.given[int32(k)] != nil {
			grants[r.root] = append(grants[r.root], int32(k))
		}
	}
	accepts := map[*Root]map[*accept]bool{}
	for _, a := range j.accepts {
		for _, h := range a.heads {
			if r := j.rows[h].root; a.matter == Accepting {
				if accepts[r] == nil {
					accepts[r] = map[*accept]bool{}
				}
				accepts[r][a] = true
			}
		}
	}
	for _, r := range j.persons.roots {
		switch {
		case !slices.Equal(r.changes, changes[r]) || r.forked != forked[r]:
			return broken("branch", 1, "root %s has %v, forked %v, want %v", r.ID, r.changes, r.forked, changes[r])
		case r.pays != pays[r]:
			return broken("branch", 4, "root %s has %d changes that ask for terms, want %d", r.ID, r.pays, pays[r])
		case !slices.Equal(r.grants, grants[r]):
			return broken("branch", 2, "root %s grants in %v, want %v", r.ID, r.grants, grants[r])
		case len(r.accepts) != len(accepts[r]) || slices.ContainsFunc(r.accepts, func(a *accept) bool { return !accepts[r][a] }):
			return broken("branch", 3, "root %s has %d accepts, want %d", r.ID, len(r.accepts), len(accepts[r]))
		}
	}
	return nil
}

// checkTallies restates the invariants of the tallies, and that a vote is judged as it was
// when it came.
func (j *Judge) checkTallies() error {
	ratifies := map[int32]int{}
	for key, t := range j.tallies {
		if key.base != t.base.change || len(t.ballots) != len(t.by) {
			return broken("tally", 1, "base %d, %d ballots, %d members", t.base.change, len(t.ballots), len(t.by))
		}
		for _, b := range t.ballots {
			if t.by[b.by] != b || !t.base.charter.Has(b.by) || len(b.votes) == 0 {
				return broken("tally", 1, "a ballot of %s with %d votes", b.by, len(b.votes))
			}
			forked := false
			for k, v := range b.votes {
				if k > 0 && b.votes[k-1].change >= v.change {
					return broken("tally", 2, "votes of %s in changes %d, %d", b.by, b.votes[k-1].change, v.change)
				}
				forked = forked || k > 0 && !j.h.OnChain(j.rows[b.votes[k-1].change].id, j.rows[v.change].id)
				if j.outcome(t, v) == Ratifies {
					ratifies[v.change]++
				}
			}
			if forked != b.forked {
				return broken("tally", 2, "forked of %s is %v", b.by, b.forked)
			}
		}
	}
	for _, e := range j.epochs {
		for _, r := range e.ratifies {
			ratifies[r]--
		}
	}
	for _, a := range j.accepts {
		ratifies[a.change]--
	}
	for i, n := range ratifies {
		if n != 0 {
			return broken("tally", 2, "change %d is judged to ratify %d more than it did", i, n)
		}
	}
	return nil
}

// checkEpochs restates the invariants of the epochs.
func (j *Judge) checkEpochs() error {
	next := map[*epoch]int{}
	for i, e := range j.epochs {
		if e.change != i || (e.base == nil) != (i == 0) || (len(e.ratifies) == 0) != (i == 0) {
			return broken("epoch", 1, "epoch %d has %d ratifies", i, len(e.ratifies))
		}
		if e.base != nil {
			next[e.base]++
			if !slices.Contains(e.base.next, e) {
				return broken("epoch", 2, "epoch %d is not next of %d", i, e.base.change)
			}
		}
		on := int32(slices.Index(j.path, e))
		if e.index != on {
			return broken("epoch", 3, "epoch %d says it is at %d of the path, and is at %d", i, e.index, on)
		}
		for _, m := range slices.Concat(e.charter.all, e.charter.Moderators) {
			if !j.elected[m] {
				return broken("epoch", 3, "%s of epoch %d was never elected", m, i)
			}
		}
	}
	for _, e := range j.epochs {
		if next[e] != len(e.next) {
			return broken("epoch", 2, "epoch %d has %d next, want %d", e.change, len(e.next), next[e])
		}
	}
	return nil
}

// checkSupport restates the invariants of the support.
func (j *Judge) checkSupport() error {
	for _, base := range j.epochs {
		want := map[crdt.Author][]sight{}
		of := map[*epoch]int{}
		for k := range j.rows {
			i, r := int32(k), &j.rows[k]
			before := r.prev != none && j.uses(j.rows[r.prev].after, base)
			if base.charter.Has(r.root.Key) && j.uses(r.after, base) && !before {
				want[r.root.Key] = append(want[r.root.Key], sight{i, j.meets(i, base)})
			}
		}
		for m, list := range want {
			if !slices.Equal(base.sights[m], list) {
				return broken("support", 1, "sights of %s from %d are %v, want %v", m, base.change, base.sights[m], list)
			}
			if e := choice(list); e != nil {
				of[e]++
			}
		}
		if len(want) != len(base.sights) {
			return broken("support", 1, "%d members have sights from %d, want %d", len(base.sights), base.change, len(want))
		}
		for _, e := range base.next {
			if base.of[e] != of[e] {
				return broken("support", 2, "amend %d has %d, want %d", e.change, base.of[e], of[e])
			}
		}
	}
	return nil
}
