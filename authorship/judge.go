package authorship

import (
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// judge holds the verdicts of one growing closed set. Mode direct asks one
// thing of a change: that the person to whom its branch belongs has granted the
// terms of the genesis, anywhere in the set. The genesis itself is the founder's
// grant; agents grant nothing. So a change that came before its grant, or whose
// key came before its binding, becomes effective when that arrives, in whatever
// order things do.
//
// Invariants:
//
//  1. told of a person is the verdict that Add has last said of every change of
//     the branches that belong to the person.
//  2. branch of a person has all these branches, and perhaps some that belong
//     to another person by now.
type judge struct {
	h      crdt.History
	r      *rules
	p      *persons
	g      *grants
	told   map[crdt.Author]error
	branch map[crdt.Author][]*root
	turned []turn
}

// turn is one verdict that changed.
type turn struct {
	change cid.Cid
	err    error
}

// newJudge starts a judge for a work with these terms.
func newJudge(h crdt.History, r *rules, terms []string) *judge {
	return &judge{h: h, r: r, g: newGrants(terms), told: map[crdt.Author]error{}, branch: map[crdt.Author][]*root{}}
}

// Add takes in a change; see crdt.Judge.
func (j *judge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	j.turned = j.turned[:0]
	j.add(c)
	turned := j.turned
	return func(yield func(cid.Cid, error) bool) {
		for _, t := range turned {
			if !yield(t.change, t.err) {
				return
			}
		}
	}
}

// add is Add; what turned is left in j.turned.
func (j *judge) add(c cid.Cid) {
	ch := j.h.Change(c)
	if j.p == nil {
		j.p = newPersons(c) // the genesis comes first
	}
	var r *root
	if ch.Seq == 0 {
		r = j.newRoot(c, ch.Author)
	} else {
		r = j.rootOf(c, ch.Author)
	}
	for a := range j.h.Acts(c) {
		switch a.Kind {
		case actGrant:
			j.grant(r, j.g.bits(readGrant(a)))
		case actBind:
			if b, ok := readBind(a); ok {
				for _, moved := range j.p.bind(b, r) {
					j.rebind(moved)
				}
			}
		}
	}
	if ch.Seq > 0 {
		delete(r.tips, j.prev(c))
	}
	r.tips[c] = struct{}{}
	if err := j.told[r.person]; err != nil {
		j.turned = append(j.turned, turn{c, err})
	}
}

// newRoot takes in the first change of a branch.
func (j *judge) newRoot(c cid.Cid, key crdt.Author) *root {
	r := j.p.add(c, key, claimOf(j.h.Acts(c)))
	r.tips = map[cid.Cid]struct{}{}
	j.review(r.person)
	j.branch[r.person] = append(j.branch[r.person], r)
	if c == j.p.work {
		j.grant(r, j.g.all)
	}
	return r
}

// rootOf is the branch of a change that is not its first.
func (j *judge) rootOf(c cid.Cid, key crdt.Author) *root {
	list := j.p.byKey[key]
	for _, r := range list[1:] {
		if j.h.OnChain(r.id, c) {
			return r
		}
	}
	return list[0]
}

// prev is the author's change before c: crdt yields it first.
func (j *judge) prev(c cid.Cid) cid.Cid {
	for l := range j.h.Links(c) {
		return l
	}
	return cid.Undef
}

// grant adds terms to what a branch has granted.
func (j *judge) grant(r *root, bits uint16) {
	bits &^= r.granted
	if r.agent() || bits == 0 {
		return
	}
	r.granted |= bits
	j.g.move(r.person, bits, 1)
	j.review(r.person)
}

// rebind moves a branch to the person to whom it belongs by now.
func (j *judge) rebind(r *root) {
	was := r.person
	told := j.told[was]
	r.person = j.p.personOf(r)
	j.g.move(was, r.granted, -1)
	j.g.move(r.person, r.granted, 1)
	j.review(was)
	j.review(r.person)
	j.branch[r.person] = append(j.branch[r.person], r)
	if err := j.told[r.person]; err != told {
		j.tell(r, err)
	}
}

// review tells what changed for the branches of a person.
func (j *judge) review(person crdt.Author) {
	err := j.g.verdict(person)
	if j.told[person] == err {
		return
	}
	j.told[person] = err
	for _, r := range j.branch[person] {
		if r.person == person {
			j.tell(r, err)
		}
	}
}

// tell says a verdict of every change of a branch.
func (j *judge) tell(r *root, err error) {
	seen := map[cid.Cid]bool{}
	for c := range r.tips {
		for !seen[c] {
			seen[c] = true
			j.turned = append(j.turned, turn{c, err})
			if c == r.id {
				break
			}
			c = j.prev(c)
		}
	}
}

// Before lets a change of this replica begin, or refuses it; see crdt.Judge. The
// first change of a key carries a grant of its own where the program consents,
// also when the person has granted before: then the change is effective with
// whoever has it, and has not the other store's work yet.
func (j *judge) Before(tx *crdt.Tx) error {
	person, agent, first := j.who(tx)
	err := j.g.verdict(person)
	switch {
	case err == nil && (!first || agent):
		return nil
	case !agent && j.r.err == nil && j.r.covers(j.g.terms):
		grant(tx, j.g.terms)
		return nil
	case err != nil && j.r.err != nil:
		return j.r.err
	}
	return err
}

// who is the person for whom the key of tx writes, whether it is an agent, and
// whether this is its first change here.
func (j *judge) who(tx *crdt.Tx) (person crdt.Author, agent, first bool) {
	key := tx.Author()
	if list := j.p.byKey[key]; len(list) > 0 {
		r := list[len(list)-1]
		return r.person, r.agent(), false
	}
	r := root{key: key, claim: claimOf(tx.Acts())}
	if r.claim != nil {
		r.signed = r.claim.signed(j.p.work, key)
	}
	return j.p.personOf(&r), r.agent(), true
}
