package charter

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// none is the index of no change.
const none int32 = -1

// unsettled is the index of an epoch after all.
const unsettled int32 = 1<<31 - 1

// row is what the judge keeps of a change, by the order in which changes arrived.
//
// Invariants:
//
//  1. prev and links are below the row's own index; root is that of prev.
//  2. seen is the set of the amends ratified in the past of the change, and after the
//     same with those that the change itself ratifies.
//  3. settled is the index on the path of the first epoch whose acc has the change,
//     unsettled when none has.
//  4. cut is the index on the path of the last epoch that cuts the change, none when
//     none does.
//  5. said is what Add has last said of the change.
type row struct {
	id          cid.Cid
	root        *Root
	prev        int32
	from, to    uint32 // in the judge's links, prev included
	group       int32  // the change that proposes, or none
	seen, after int32
	settled     int32
	cut         int32
	said        code
	more        bool // a part that another part follows
	due         bool // its verdict is to be looked at again
}

// branch is what the judge keeps of a root.
//
// Invariants:
//
//  1. changes has the branch's changes in the order in which they arrived; forked says
//     that one of them does not follow the one before.
//  2. grants are those of them that have a grant act.
//  3. accepts are the accepts with a head among them, each once.
//  4. pays counts those of the changes whose verdict depends on grants.
//  5. While a revoke of the branch is in force, front is the changes that none revokes and
//     that no other such change follows; else it is nil.
//  6. hides are those of the branch that no epoch was asked about, since it claims to be
//     somebody's and that person has not confirmed it.
type branch struct {
	changes []int32
	forked  bool
	grants  []int32
	accepts []*accept
	pays    int
	front   []int32
	hides   []*hide
}

// at is the index of a change.
func (j *Judge) at(c cid.Cid) int32 {
	if i, ok := j.index[c]; ok {
		return i
	}
	return none
}

// linksOf are the links of a change, prev first.
func (j *Judge) linksOf(i int32) []int32 {
	r := &j.rows[i]
	j.steps += uint64(r.to - r.from)
	return j.links[r.from:r.to]
}

// inPast tells whether a is of, or in its past.
func (j *Judge) inPast(a, of int32) bool {
	j.steps++
	if a == 0 || a == of {
		return true
	}
	return a < of && j.h.InPast(j.rows[a].id, j.rows[of].id)
}

// onChain tells whether a is of, or on its prev path.
func (j *Judge) onChain(a, of int32) bool {
	j.steps++
	if a == of || j.rows[a].root != j.rows[of].root || a > of {
		return a == of
	}
	if !j.rows[a].root.forked {
		return true
	}
	return j.h.OnChain(j.rows[a].id, j.rows[of].id)
}

// take takes a change in as a row.
func (j *Judge) take(c cid.Cid) int32 {
	ch := j.h.Change(c)
	i := int32(len(j.rows))
	r := row{id: c, prev: none, group: none, settled: unsettled, cut: none, from: uint32(len(j.links)), more: ch.More}
	for l := range j.h.Links(c) {
		j.steps++
		k := j.at(l)
		if k == none {
			panic("charter: change " + c.String() + " comes before its link " + l.String())
		}
		j.links = append(j.links, k)
		r.seen = j.sets.union(r.seen, j.rows[k].after)
	}
	r.to = uint32(len(j.links))
	r.after = r.seen
	if ch.Seq > 0 {
		r.prev = j.links[r.from]
		r.root = j.rows[r.prev].root
	}
	j.acts = j.acts[:0]
	for a := range j.h.Acts(c) {
		j.acts = append(j.acts, a)
	}
	if j.persons == nil {
		j.persons = NewPersons(c) // the genesis comes first
	}
	if r.root == nil {
		r.root = j.persons.Add(c, ch.Author, j.claim())
	}
	b := &r.root.branch
	b.forked = b.forked || len(b.changes) > 0 && b.changes[len(b.changes)-1] != r.prev
	b.changes = append(b.changes, i)
	b.pays++
	switch {
	case j.proposes():
		r.group = i
	case ch.Tag.Defined():
		r.group = j.at(ch.Tag)
	case r.prev != none && j.rows[r.prev].more:
		r.group = j.rows[r.prev].group
	}
	if k, ok := j.lastCut[ch.Author]; ok {
		r.cut = k
	}
	j.index[c] = i
	j.rows = append(j.rows, r)
	if r.group != none {
		if j.groups[r.group] == nil {
			j.groupList = append(j.groupList, r.group)
		}
		j.groups[r.group] = append(j.groups[r.group], i)
	}
	return i
}

// claim is the boundTo of the change that is taken in.
func (j *Judge) claim() *Claim {
	return ClaimOf(func(yield func(crdt.Act) bool) {
		for _, a := range j.acts {
			if !yield(a) {
				return
			}
		}
	})
}

// proposes tells whether the change that is taken in has a propose.
func (j *Judge) proposes() bool {
	for _, a := range j.acts {
		if a.Kind == KindPropose && ReadPropose(a) {
			return true
		}
	}
	return false
}
