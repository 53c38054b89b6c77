package charter

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// grants says which terms each person has granted. Terms are numbered as they are met.
//
// Invariants:
//
//  1. given has the terms of each change that grants; live is false where they are void:
//     by an agent, or cut and not accepted.
//  2. count of a person and a term is how many changes of branches that belong to the
//     person grant the term and are live.
//  3. asked has the terms of every epoch that was on the path.
type grants struct {
	ids   map[string]int32 // by folded term
	given map[int32]*given
	count map[grantKey]int32
	asked map[int32]bool
	lacks map[lackKey]*TermsError
}

// given is what one change grants.
type given struct {
	terms []int32
	live  bool
}

// grantKey is a person and a term.
type grantKey struct {
	person crdt.Author
	term   int32
}

// lackKey is a person and an epoch.
type lackKey struct {
	person crdt.Author
	epoch  int32
}

// newGrants makes an empty one.
func newGrants() *grants {
	return &grants{map[string]int32{}, map[int32]*given{}, map[grantKey]int32{}, map[int32]bool{}, map[lackKey]*TermsError{}}
}

// number gives terms as numbers.
func (g *grants) number(terms []string) []int32 {
	out := make([]int32, len(terms))
	for k, t := range terms {
		id, ok := g.ids[Fold(t)]
		if !ok {
			id = int32(len(g.ids))
			g.ids[Fold(t)] = id
		}
		out[k] = id
	}
	return out
}

// noteGrant takes in terms that change i grants.
func (j *Judge) noteGrant(i int32, terms []string) {
	if len(terms) == 0 || j.rows[i].root.Agent() {
		return
	}
	g := j.grants.given[i]
	if g == nil {
		g = &given{}
		j.grants.given[i] = g
		b := &j.rows[i].root.branch
		b.grants = append(b.grants, i)
	}
	for _, t := range j.grants.number(terms) {
		if !slices.Contains(g.terms, t) {
			g.terms = append(g.terms, t)
		}
	}
}

// regrant puts the grants of a change in force, or out of it.
func (j *Judge) regrant(i int32) {
	g := j.grants.given[i]
	if g == nil || g.live == !j.void(i) {
		return
	}
	g.live = !g.live
	by := int32(-1)
	if g.live {
		by = 1
	}
	j.give(j.rows[i].root.Person, g.terms, by)
}

// give adds terms to what a person has granted (by 1) or takes them away (-1), and has
// looked at again what waits for them.
func (j *Judge) give(person crdt.Author, terms []int32, by int32) {
	turned := false
	for _, t := range terms {
		j.steps++
		k := grantKey{person, t}
		was := j.grants.count[k]
		if j.grants.count[k] = was + by; was+by == 0 {
			delete(j.grants.count, k)
		}
		turned = turned || j.grants.asked[t] && (was == 0 || was+by == 0)
	}
	if !turned {
		return
	}
	for r := range j.persons.of(person) {
		if r.pays == 0 {
			continue
		}
		for _, i := range r.changes {
			j.mark(i)
		}
	}
}

// ask notes that an epoch asks for its terms.
func (j *Judge) ask(e *epoch) {
	for _, t := range e.required {
		j.grants.asked[t] = true
	}
}

// lack is what a person has not granted of what an epoch asks for, nil when nothing: the
// same value while the same is missing.
func (g *grants) lack(person crdt.Author, e *epoch) *TermsError {
	var missing []string
	for k, t := range e.required {
		if g.count[grantKey{person, t}] == 0 {
			missing = append(missing, e.charter.Terms[k])
		}
	}
	key := lackKey{person, e.change}
	if missing == nil {
		delete(g.lacks, key)
		return nil
	}
	if had := g.lacks[key]; had != nil && slices.Equal(had.Missing, missing) {
		return had
	}
	out := &TermsError{person, missing}
	g.lacks[key] = out
	return out
}
