package charter

import (
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// accept is a vote by which an accept or a redaction passed.
//
// Invariants:
//
//  1. stands is true exactly when its base is on the path and in each later epoch that
//     had not seen it its voters who are members there would have met the base's share.
//  2. The judge's best of a change is the greatest index of the base of a standing accept
//     that has the change: for each head, those of its group on its prev path.
//  3. The judge's erased counts, by change, the standing redactions that name it.
type accept struct {
	change int32
	base   *epoch
	matter Matter
	heads  []int32
	voters []crdt.Author
	stands bool
}

// admit takes in an accept.
func (j *Judge) admit(a *accept) {
	j.accepts = append(j.accepts, a)
	for _, m := range a.voters {
		j.byVoter[m] = append(j.byVoter[m], a)
	}
	if a.matter == Redacting {
		for _, h := range a.heads {
			j.redacts[h] = append(j.redacts[h], a)
		}
	}
	if a.matter == Accepting {
		for _, h := range a.heads {
			if b := &j.rows[h].root.branch; !slices.Contains(b.accepts, a) {
				b.accepts = append(b.accepts, a)
			}
		}
	}
	if j.holds(a) {
		j.raise(a)
	}
}

// holds tells whether an accept stands.
func (j *Judge) holds(a *accept) bool {
	j.runs++
	if a.base.index == none {
		return false
	}
	for _, e := range j.path[a.base.index+1:] {
		if j.had(e, a.change) {
			continue
		}
		left := map[crdt.Author]bool{}
		for _, m := range a.voters {
			j.steps++
			if e.charter.Has(m) {
				left[m] = true
			}
		}
		if _, ok := a.base.charter.quorum(a.matter, left); !ok {
			return false
		}
	}
	return true
}

// had tells whether an epoch of the path had seen a change.
func (j *Judge) had(e *epoch, i int32) bool {
	if s := j.rows[i].settled; s >= e.index {
		return s == e.index
	}
	return slices.ContainsFunc(e.ratifies, func(r int32) bool { return r != i && j.inPast(i, r) })
}

// raise lets an accept stand.
func (j *Judge) raise(a *accept) {
	a.stands = true
	j.moved++
	if a.matter == Accepting {
		j.cover(a)
		return
	}
	for _, i := range a.heads {
		j.erased[i]++
		if !j.told[i] {
			j.erasing = append(j.erasing, i)
		}
	}
}

// cover makes effective what a standing accept has.
func (j *Judge) cover(a *accept) {
	for _, h := range a.heads {
		group := j.rows[h].group
		for i := h; i != none; i = j.rows[i].prev {
			j.steps++
			if j.rows[i].group != group {
				continue
			}
			if best, ok := j.best[i]; ok && best >= a.base.index {
				break // and so has all of the group before it
			}
			j.best[i] = a.base.index
			j.mark(i)
		}
	}
}

// drop lets an accept fall.
func (j *Judge) drop(a *accept) {
	a.stands = false
	j.moved++
	if a.matter == Redacting {
		for _, i := range a.heads {
			if j.erased[i]--; j.erased[i] == 0 {
				delete(j.erased, i)
			}
		}
		return
	}
	for _, h := range a.heads {
		j.uncover(j.rows[h].root)
	}
}

// uncover computes anew which changes of a branch accepts have.
func (j *Judge) uncover(r *Root) {
	for _, i := range r.changes {
		j.steps++
		if _, ok := j.best[i]; ok {
			delete(j.best, i)
			j.mark(i)
		}
	}
	for _, a := range r.accepts {
		if a.stands {
			j.cover(a)
		}
	}
}

// fallen are the accepts that do not stand.
func (j *Judge) fallen() []*accept {
	j.steps += uint64(len(j.accepts))
	return slices.DeleteFunc(slices.Clone(j.accepts), func(a *accept) bool { return a.stands })
}

// reaccept asks all accepts anew, after the path has switched.
func (j *Judge) reaccept() {
	for i := range j.rows {
		if _, ok := j.best[int32(i)]; ok {
			j.mark(int32(i))
		}
	}
	clear(j.best)
	clear(j.erased)
	for _, a := range j.accepts {
		if a.stands = j.holds(a); a.stands {
			j.raise(a)
		}
	}
}

// accepted tells whether an accept of a change stands that no cut is newer than.
func (j *Judge) accepted(i int32) bool {
	best, ok := j.best[i]
	return ok && best >= j.rows[i].cut
}

// acceptOf is the vote by which the change was accepted: of several on one base the one
// with the least name.
func (j *Judge) acceptOf(i int32) cid.Cid {
	least, on := cid.Undef, none
	if !j.accepted(i) {
		return least
	}
	for _, a := range j.rows[i].root.accepts {
		if !a.stands || a.base.index < on || !j.covers(a, i) {
			continue
		}
		if id := j.rows[a.change].id; a.base.index > on || id.KeyString() < least.KeyString() {
			least, on = id, a.base.index
		}
	}
	return least
}

// covers tells whether an accept has a change.
func (j *Judge) covers(a *accept, i int32) bool {
	return slices.ContainsFunc(a.heads, func(h int32) bool {
		return j.rows[h].group == j.rows[i].group && j.onChain(i, h)
	})
}

// Suppose yields the verdicts that would be others if an accept of exactly these heads,
// of those that are there, stood. It changes nothing.
func (j *Judge) Suppose(heads []cid.Cid) iter.Seq2[cid.Cid, error] {
	if len(j.path) == 0 {
		return func(func(cid.Cid, error) bool) {}
	}
	a := &accept{change: none, base: j.tip(), matter: Accepting, stands: true}
	for _, c := range heads {
		if i := j.at(c); i != none && !slices.Contains(a.heads, i) {
			a.heads = append(a.heads, i)
		}
	}
	j.cover(a)
	turned := slices.Clone(j.flush())
	for _, h := range a.heads {
		j.uncover(j.rows[h].root)
	}
	j.flush()
	return func(yield func(cid.Cid, error) bool) {
		for _, t := range turned {
			if !yield(t.change, t.err) {
				return
			}
		}
	}
}

// Erase yields the changes whose words decisions that stand erase and that it has not
// yielded before.
func (j *Judge) Erase() iter.Seq[cid.Cid] {
	var list []cid.Cid
	for _, i := range j.erasing {
		if j.erased[i] > 0 && !j.told[i] {
			j.told[i] = true
			list = append(list, j.rows[i].id)
		}
	}
	j.erasing = nil
	return slices.Values(list)
}
