package authorship

import "github.com/commonhold/commonhold/crdt"

// grants says which terms of the genesis each person has granted. Terms are bits
// by their place in the genesis; what else is granted decides nothing here.
//
// Invariant: count of a person and a term is how many branches of keys that
// belong to the person have granted the term, agents' left out.
type grants struct {
	terms  []string
	bit    map[string]uint16 // by folded term
	all    uint16
	people map[crdt.Author]*[maxTerms]int32
	errs   map[crdt.Author]*TermsError // of the persons who lack terms
}

// newGrants makes one for the terms of a genesis.
func newGrants(terms []string) *grants {
	g := &grants{terms: terms, bit: map[string]uint16{}, people: map[crdt.Author]*[maxTerms]int32{}, errs: map[crdt.Author]*TermsError{}}
	for k, t := range terms {
		g.bit[fold(t)] = 1 << k
		g.all |= 1 << k
	}
	return g
}

// bits are the terms of the genesis among a list.
func (g *grants) bits(list []string) uint16 {
	var b uint16
	for _, t := range list {
		b |= g.bit[fold(t)]
	}
	return b
}

// move adds a branch's grants to a person's (by 1) or takes them away (-1).
func (g *grants) move(person crdt.Author, granted uint16, by int32) {
	if granted == 0 {
		return
	}
	n := g.people[person]
	if n == nil {
		n = new([maxTerms]int32)
		g.people[person] = n
	}
	for k := range g.terms {
		if granted&(1<<k) != 0 {
			n[k] += by
		}
	}
}

// missing are the terms that a person has not granted.
func (g *grants) missing(person crdt.Author) uint16 {
	out := g.all
	if n := g.people[person]; n != nil {
		for k := range g.terms {
			if n[k] > 0 {
				out &^= 1 << k
			}
		}
	}
	return out
}

// verdict is nil when a person has granted everything, else what is missing:
// always the same value while the same is missing.
func (g *grants) verdict(person crdt.Author) error {
	miss := g.missing(person)
	if miss == 0 {
		delete(g.errs, person)
		return nil
	}
	if e := g.errs[person]; e != nil && g.bits(e.Missing) == miss {
		return e
	}
	e := &TermsError{Person: person}
	for k, t := range g.terms {
		if miss&(1<<k) != 0 {
			e.Missing = append(e.Missing, t)
		}
	}
	g.errs[person] = e
	return e
}
