package authorship

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// persons says to whom keys belong, in one closed set of changes: CHARTER 3.1 in
// code. A person is a key whose first change has no boundTo. Another key belongs
// to the person that its boundTo names, once that carries the person's signature
// or the person's chain has the matching bind; until then it is its own.
//
// A key may have made more than one first change (it has forked); each is the
// root of its branch, and what belongs to a person is a branch. So nobody carries
// the work of a key over to another person by starting the key anew.
//
// Invariants:
//
//  1. roots has the first change of each branch that was added, and byKey the
//     same by key, in the order in which they were added.
//  2. bound has the binds by authors whose own branch has no boundTo.
//  3. person of a root is what the rule above says.
type persons struct {
	work  cid.Cid
	roots map[cid.Cid]*root
	byKey map[crdt.Author][]*root
	bound map[binding]bool
}

// root is the first change of a branch of a key, cid.Undef while it is open.
type root struct {
	id     cid.Cid
	key    crdt.Author
	claim  *boundTo // nil: a person's
	signed bool     // the claim carries the person's signature
	person crdt.Author

	granted uint16 // terms of the genesis that the branch granted, of the judge
	tips    map[cid.Cid]struct{}
}

// newPersons makes an empty one for a work.
func newPersons(work cid.Cid) *persons {
	return &persons{work: work, roots: map[cid.Cid]*root{}, byKey: map[crdt.Author][]*root{}, bound: map[binding]bool{}}
}

// add takes in the first change of a branch; claim is its boundTo, nil for
// none.
func (p *persons) add(id cid.Cid, key crdt.Author, claim *boundTo) *root {
	r := &root{id: id, key: key, claim: claim, person: key}
	if claim != nil {
		r.signed = claim.signed(p.work, key)
	}
	r.person = p.personOf(r)
	p.roots[id] = r
	p.byKey[key] = append(p.byKey[key], r)
	return r
}

// confirmed tells whether a branch is bound from both sides.
func (p *persons) confirmed(r *root) bool {
	return r.claim != nil && (r.signed || p.bound[binding{r.claim.person, r.key, r.claim.agent}])
}

// personOf is whose a branch is.
func (p *persons) personOf(r *root) crdt.Author {
	if p.confirmed(r) {
		return r.claim.person
	}
	return r.key
}

// agent tells whether a branch is an agent's, confirmed or not.
func (r *root) agent() bool { return r.claim != nil && r.claim.agent }

// bind takes in a bind on a branch; only a person can confirm. It gives the
// branches whose person has changed, with the persons they have now.
func (p *persons) bind(b binding, on *root) []*root {
	if on.claim != nil || p.bound[b] {
		return nil
	}
	p.bound[b] = true
	var moved []*root
	for _, r := range p.byKey[b.key] {
		if r.person != p.personOf(r) {
			moved = append(moved, r)
		}
	}
	return moved
}

// claimOf is the boundTo of a first change, nil for none: the first in its form,
// if there are several.
func claimOf(acts func(func(crdt.Act) bool)) *boundTo {
	for a := range acts {
		if a.Kind == actBoundTo {
			if b, ok := readBoundTo(a); ok {
				return &b
			}
		}
	}
	return nil
}
