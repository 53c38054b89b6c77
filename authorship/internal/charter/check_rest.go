package charter

import (
	"maps"
	"slices"
)

// checkPath restates the first invariant of the judge.
func (j *Judge) checkPath() error {
	want := append([]*epoch{j.epochs[0]}, j.tail(j.epochs[0])...)
	if !slices.Equal(j.path, want) {
		return broken("judge", 1, "a path of %d epochs, want %d", len(j.path), len(want))
	}
	var strict []int32
	for k, e := range j.path {
		if e.charter.Mode == Propose {
			strict = append(strict, int32(k))
		}
	}
	if !slices.Equal(j.strict, strict) {
		return broken("judge", 1, "epochs %v propose, want %v", j.strict, strict)
	}
	for k := range j.rows {
		seen := j.rows[k].seen
		had := int32(0)
		for _, p := range j.sets.of(seen) {
			had = max(had, j.epochs[p].index)
		}
		if j.latest(seen) != had {
			return broken("judge", 1, "the latest epoch of %v is %d, want %d", j.sets.of(seen), j.latest(seen), had)
		}
	}
	return nil
}

// checkSettled restates what settled is, and that open has what nothing settled.
func (j *Judge) checkSettled() error {
	open := map[int32]bool{}
	for _, i := range j.open {
		open[i] = true
	}
	for k := range j.rows {
		i, want := int32(k), unsettled
		for _, e := range j.path {
			if slices.ContainsFunc(e.ratifies, func(r int32) bool { return r != i && j.inPast(i, r) }) {
				want = e.index
				break
			}
		}
		if j.rows[i].settled != want {
			return broken("row", 3, "change %d is settled by %d, want %d", i, j.rows[i].settled, want)
		}
		if want == unsettled && !open[i] {
			return broken("judge", 2, "change %d is not settled and not open", i)
		}
	}
	return nil
}

// checkCuts restates what is cut and revoked, and what acts are in force for it.
func (j *Judge) checkCuts() error {
	revoking := map[pair]int{}
	for k := range j.rows {
		i, r, want := int32(k), &j.rows[k], none
		for _, e := range j.path {
			for _, c := range e.cuts {
				if c.key == r.root.Key && !j.covered(c.heads)[i] {
					want = e.index
				}
			}
		}
		if r.cut != want {
			return broken("row", 4, "change %d is cut by %d, want %d", i, r.cut, want)
		}
		on := false
		if p, ok := pairOf(r.root); ok {
			for _, list := range j.revokes {
				for _, x := range list {
					on = on || x.of == p && j.rows[x.change].cut == none && !j.covered(x.heads)[i]
				}
			}
		}
		if err := j.checkFront(r.root); err != nil {
			return err
		}
		if j.revoked[i] != on {
			return broken("revocation", 1, "change %d is revoked: %v, want %v", i, j.revoked[i], on)
		}
		for _, x := range j.revokes[i] {
			if x.on {
				revoking[x.of]++
			}
			if x.on != (r.cut == none) {
				return broken("revocation", 1, "a revoke in change %d, cut by %d, is in force: %v", i, r.cut, x.on)
			}
		}
	}
	for p, list := range j.revoking {
		if len(list) != revoking[p] {
			return broken("revocation", 1, "%d revokes of %s are in force, want %d", len(list), p.key, revoking[p])
		}
	}
	return j.checkBinds()
}

// checkFront restates what the front of a branch is.
func (j *Judge) checkFront(r *Root) error {
	p, ok := pairOf(r)
	if !ok || len(j.revoking[p]) == 0 {
		if r.front != nil {
			return broken("branch", 5, "root %s, which nothing revokes, has the front %v", r.ID, r.front)
		}
		return nil
	}
	left := slices.DeleteFunc(slices.Clone(r.changes), func(i int32) bool { return j.revoked[i] })
	want := slices.DeleteFunc(slices.Clone(left), func(i int32) bool {
		return slices.ContainsFunc(left, func(k int32) bool { return k != i && j.onChain(i, k) })
	})
	front := slices.Sorted(slices.Values(r.front))
	if r.front == nil || !slices.Equal(front, want) {
		return broken("branch", 5, "the front of root %s is %v, want %v", r.ID, r.front, want)
	}
	return nil
}

// checkBinds restates which binds are in force.
func (j *Judge) checkBinds() error {
	bound := map[Binding]int{}
	for i, list := range j.binds {
		for _, b := range list {
			if b.on != (j.rows[i].cut == none) {
				return broken("persons", 2, "a bind in change %d, cut by %d, is in force: %v", i, j.rows[i].cut, b.on)
			}
			if b.on {
				bound[b.Binding]++
			}
		}
	}
	if !maps.Equal(bound, j.persons.bound) {
		return broken("persons", 2, "%d bindings in force, want %d", len(j.persons.bound), len(bound))
	}
	return nil
}

// checkAccepts restates the invariants of the accepts.
func (j *Judge) checkAccepts() error {
	best, erased := map[int32]int32{}, map[int32]int{}
	for _, a := range j.accepts {
		if a.stands != j.holds(a) {
			return broken("accept", 1, "the accept in change %d stands: %v", a.change, a.stands)
		}
		if !a.stands {
			continue
		}
		for _, h := range a.heads {
			if a.matter == Redacting {
				erased[h]++
				continue
			}
			for i := h; i != none; i = j.rows[i].prev {
				if j.rows[i].group == j.rows[h].group {
					best[i] = max(best[i], a.base.index)
				}
			}
		}
	}
	if !maps.Equal(best, j.best) {
		return broken("accept", 2, "accepted are %v, want %v", j.best, best)
	}
	if !maps.Equal(erased, j.erased) {
		return broken("accept", 3, "erased are %v, want %v", j.erased, erased)
	}
	return nil
}

// checkGrants restates the invariants of the grants.
func (j *Judge) checkGrants() error {
	count := map[grantKey]int32{}
	for i, g := range j.grants.given {
		r := j.rows[i].root
		if g.live != !j.void(i) || r.Agent() {
			return broken("grants", 1, "the grant of change %d is live: %v", i, g.live)
		}
		for _, t := range g.terms {
			if g.live {
				count[grantKey{r.Person, t}]++
			}
		}
	}
	if !maps.Equal(count, j.grants.count) {
		return broken("grants", 2, "counts are %v, want %v", j.grants.count, count)
	}
	for _, e := range j.path {
		for _, t := range e.required {
			if !j.grants.asked[t] {
				return broken("grants", 3, "term %d of epoch %d is not asked for", t, e.index)
			}
		}
	}
	return nil
}

// checkWords restates the invariants of the words.
func (j *Judge) checkWords() error {
	listed := map[*hide]bool{}
	for t, list := range j.words.on {
		for _, h := range list {
			listed[h] = true
			if r := j.rows[h.change].root; r.Agent() || !j.elected[r.Person] && j.personal(r) || !slices.Contains(h.targets, t) {
				return broken("words", 1, "the hide in change %d is listed under %d", h.change, t)
			}
		}
	}
	for m, list := range j.words.waits {
		for _, h := range list {
			if r := j.rows[h.change].root; listed[h] || r.Agent() || j.elected[m] || j.personal(r) && r.Person != m {
				return broken("words", 1, "the hide in change %d waits for %s", h.change, m)
			}
		}
	}
	for _, r := range j.persons.roots {
		if len(r.hides) > 0 && (r.Agent() || j.personal(r)) {
			return broken("branch", 6, "root %s, which is confirmed, has %d hides", r.ID, len(r.hides))
		}
	}
	if j.words.moved == j.moved {
		for t, by := range j.words.memo {
			if now := j.hider(t); now != by {
				return broken("words", 2, "change %d is hidden by %s, want %s", t, by, now)
			}
		}
	}
	return nil
}

// checkSaid restates that every verdict was said.
func (j *Judge) checkSaid() error {
	for k := range j.rows {
		i, r := int32(k), &j.rows[k]
		now, lack := j.verdict(i)
		if now != r.said {
			return broken("judge", 3, "change %d was said to be %d, and is %d", i, r.said, now)
		}
		if (now == lacking) != (j.lacks[i] != nil) || now == lacking && !j.same(i, lack) {
			return broken("judge", 3, "change %d was said to lack %v, and lacks %v", i, j.lacks[i], lack)
		}
	}
	return nil
}
