package authorship

import (
	"errors"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// lacking is the TermsError in an error.
func lacking(err error) (*TermsError, bool) {
	var e *TermsError
	ok := errors.As(err, &e)
	return e, ok
}

// FreedBy are the changes by whose grants a change that had been made without them
// counts: those that grant a term of the work which the person had not granted in the
// past of the change, in the order of the history, oldest first. None where the
// person had granted everything before, and none while the change still waits.
func FreedBy(v *crdt.View, change cid.Cid) []cid.Cid {
	s, ok := v.Source(change)
	if _, waits := lacking(v.Verdict(change)); !ok || waits {
		return nil
	}
	p := peopleOf(v)
	asked := required(v, change)
	person := p.branch(s.Root, s.Author).Person
	past := pastOf(v, change)
	grants := map[cid.Cid][]string{}
	had := map[string]bool{}
	if g, ok := v.Source(v.ID()); ok && p.branch(g.Root, g.Author).Person == person {
		for _, t := range termsOf(v) { // the founder grants by founding
			had[fold(t)] = true
		}
	}
	for a := range v.Acts(actGrant) {
		r := p.branch(p.root(a), a.Author)
		if r.Agent() || r.Person != person || revoked(v, a) {
			continue
		}
		for _, t := range readGrant(a) {
			if past[a.Change] {
				had[fold(t)] = true
			} else if slices.ContainsFunc(asked, func(s string) bool { return fold(s) == fold(t) }) {
				grants[a.Change] = append(grants[a.Change], t)
			}
		}
	}
	var out []cid.Cid
	for g := range v.History() {
		if slices.ContainsFunc(grants[g.ID], func(t string) bool { return !had[fold(t)] }) {
			out = append(out, g.ID)
		}
	}
	slices.Reverse(out)
	return out
}

// required are the terms that a change needs: those of the latest epoch of the charter
// that was ratified in its past.
func required(v *crdt.View, change cid.Cid) []string {
	var out []string
	if judged(v, func(j *charter.Judge) {
		if e, ok := j.At(change); ok {
			out = e.Charter.Terms
		}
	}) != nil {
		return nil
	}
	return out
}

// revoked tells whether an act is void because the key of its change was cut before it,
// and nobody has accepted the change since.
func revoked(v *crdt.View, a crdt.Act) bool {
	return a.Change.Defined() && errors.Is(v.Verdict(a.Change), ErrRevoked)
}

// pastOf is a change and everything that it was made on.
func pastOf(v *crdt.View, change cid.Cid) map[cid.Cid]bool {
	past := map[cid.Cid]bool{}
	todo := []cid.Cid{change}
	for len(todo) > 0 {
		c := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if past[c] {
			continue
		}
		past[c] = true
		if ch, ok := v.Change(c); ok {
			todo = append(todo, ch.Parents.IDs()...)
		}
	}
	return past
}
