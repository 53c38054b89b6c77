package charter

import (
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// cut is one of a decision: of a key, only what the heads cover stays.
type cut struct {
	key   crdt.Author
	heads []int32
}

// covered are the changes on the prev paths of heads.
func (j *Judge) covered(heads []int32) map[int32]bool {
	out := map[int32]bool{}
	for _, i := range heads {
		for ; i != none && !out[i]; i = j.rows[i].prev {
			j.steps++
			out[i] = true
		}
	}
	return out
}

// cutBy applies the cuts of the tip of the path, and gives the changes that it cuts.
func (j *Judge) cutBy(e *epoch) (out []int32) {
	for _, c := range e.cuts {
		j.lastCut[c.key] = e.index
		keep := j.covered(c.heads)
		for _, r := range j.persons.Of(c.key) {
			for _, i := range r.changes {
				j.steps++
				if !keep[i] {
					j.rows[i].cut = e.index
					out = append(out, i)
				}
			}
		}
	}
	return out
}

// uncut takes back the cuts of epochs that left the path, and gives the changes that were
// cut by them. The others of their keys are applied anew.
func (j *Judge) uncut(had []*epoch) (out []int32) {
	var keys []crdt.Author
	for _, e := range had {
		for _, c := range e.cuts {
			if !slices.Contains(keys, c.key) {
				keys = append(keys, c.key)
			}
		}
	}
	for _, key := range keys {
		delete(j.lastCut, key)
		for _, r := range j.persons.Of(key) {
			for _, i := range r.changes {
				j.rows[i].cut = none
				out = append(out, i)
			}
		}
	}
	for _, e := range j.path {
		for _, c := range e.cuts {
			if !slices.Contains(keys, c.key) {
				continue
			}
			j.lastCut[c.key] = e.index
			keep := j.covered(c.heads)
			for _, i := range out {
				if j.rows[i].root.Key == c.key && !keep[i] {
					j.rows[i].cut = e.index
				}
			}
		}
	}
	return out
}

// recut brings up to date what changes say whose cuts have changed: binds and revokes are
// in force while no decision cuts them.
func (j *Judge) recut(list []int32) {
	for _, i := range list {
		j.mark(i)
		on := j.rows[i].cut == none
		for _, b := range j.binds[i] {
			j.bind(i, b, on)
		}
		for _, r := range j.revokes[i] {
			j.revoke(r, on)
		}
	}
}

// bond is a bind, in force or not.
type bond struct {
	Binding
	on bool
}

// bind puts a bind of change i in force, or out of it.
func (j *Judge) bind(i int32, b *bond, on bool) {
	if b.on == on {
		return
	}
	b.on = on
	do := j.persons.Unbind
	if on {
		do = j.persons.Bind
	}
	for _, m := range do(b.Binding, j.rows[i].root) {
		j.moved++
		for _, h := range m.Root.hides {
			j.placeHide(h)
		}
		m.Root.hides = nil
		for _, i := range m.Root.grants {
			if g := j.grants.given[i]; g.live {
				j.give(m.Was, g.terms, -1)
				j.give(m.Root.Person, g.terms, 1)
			}
		}
		for _, i := range m.Root.changes {
			j.mark(i)
		}
	}
}

// revocation is a revoke, in force or not.
//
// Invariant: it is in force exactly when no decision cuts it, and in the list of its pair
// then; a change is revoked exactly when one in force is by the person that the change's
// root names, of its key, and does not cover it.
type revocation struct {
	change int32
	of     pair
	heads  []int32
	on     bool
}

// pair is a person and a key that says it is the person's.
type pair struct{ person, key crdt.Author }

// pairOf is the pair that a branch names.
func pairOf(r *Root) (pair, bool) {
	if r.Claim == nil {
		return pair{}, false
	}
	return pair{r.Claim.Person, r.Key}, true
}

// noteRevoke takes in a revoke of change i.
func (j *Judge) noteRevoke(i int32, a crdt.Act) {
	r, ok := ReadRevoke(a)
	if !ok || j.rows[i].root.Claim != nil || !j.seesAll(i, r.Heads) {
		return
	}
	x := &revocation{change: i, of: pair{a.Author, r.Key}, heads: j.allAt(r.Heads)}
	j.revokes[i] = append(j.revokes[i], x)
	j.revoke(x, j.rows[i].cut == none)
}

// revoke puts a revoke in force, or out of it.
func (j *Judge) revoke(x *revocation, on bool) {
	if x.on == on {
		return
	}
	x.on = on
	list := j.revoking[x.of]
	if on {
		list = append(list, x)
	} else {
		list = slices.DeleteFunc(list, func(y *revocation) bool { return y == x })
	}
	j.revoking[x.of] = list
	for _, agent := range []bool{false, true} {
		for _, r := range j.persons.claims[Binding{x.of.person, x.of.key, agent}] {
			if on {
				j.revokeBy(x, r)
			} else {
				j.unrevoke(r, list)
			}
		}
	}
}

// unrevoke has only some revokes in force on a branch.
func (j *Judge) unrevoke(r *Root, list []*revocation) {
	for _, i := range r.changes {
		j.steps++
		if j.revoked[i] {
			j.moved++
			delete(j.revoked, i)
			j.mark(i)
		}
	}
	r.front = nil
	for _, x := range list {
		j.revokeBy(x, r)
	}
}

// revokeBy revokes the changes of a branch that a revoke does not cover. It goes down from
// the front, so that each change is revoked once, however many revokes there are.
func (j *Judge) revokeBy(x *revocation, r *Root) {
	if r.front == nil {
		r.front = j.tipsOf(r)
	}
	front := []int32{}
	for _, i := range r.front {
		for ; i != none && !j.revoked[i] && !j.below(i, x.heads); i = j.rows[i].prev {
			j.moved++
			j.revoked[i] = true
			j.mark(i)
		}
		if i != none && !j.revoked[i] {
			front = append(front, i)
		}
	}
	slices.SortFunc(front, func(a, b int32) int { return int(b) - int(a) })
	r.front = r.front[:0]
	for _, i := range front {
		if !j.below(i, r.front) {
			r.front = append(r.front, i)
		}
	}
}

// tipsOf are the changes of a branch that no other follows.
func (j *Judge) tipsOf(r *Root) []int32 {
	followed := map[int32]bool{}
	for _, i := range r.changes {
		j.steps++
		followed[j.rows[i].prev] = true
	}
	return slices.DeleteFunc(slices.Clone(r.changes), func(i int32) bool { return followed[i] })
}

// below tells whether a change is one of others or on the prev path of one.
func (j *Judge) below(i int32, heads []int32) bool {
	return slices.ContainsFunc(heads, func(h int32) bool { return j.onChain(i, h) })
}

// cutter is the change that cuts change i: the amend, or of several revokes the one with
// the least name.
func (j *Judge) cutter(i int32) cid.Cid {
	r := &j.rows[i]
	if r.cut != none {
		return j.rows[j.path[r.cut].change].id
	}
	least := cid.Undef
	if p, ok := pairOf(r.root); ok {
		for _, x := range j.revoking[p] {
			id := j.rows[x.change].id
			if !j.below(i, x.heads) && (!least.Defined() || id.KeyString() < least.KeyString()) {
				least = id
			}
		}
	}
	return least
}

// void tells whether a cut voids the acts of a change: none that an accept lifts.
func (j *Judge) void(i int32) bool {
	return (j.rows[i].cut != none || j.revoked[i]) && !j.accepted(i)
}

// Cut tells whether a change is cut, by a decision or by its person, and by what; also
// when an accept makes it effective nevertheless.
func (j *Judge) Cut(c cid.Cid) (by cid.Cid, cut bool) {
	i := j.at(c)
	if i == none || j.rows[i].cut == none && !j.revoked[i] {
		return cid.Undef, false
	}
	return j.cutter(i), true
}
