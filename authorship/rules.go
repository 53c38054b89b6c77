package authorship

import (
	"slices"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// rules is the crdt.Rules of this package. It is immutable.
type rules struct {
	consent []string // what the program consents to grant, in its one spelling
	err     error    // what is wrong with that
}

// Agree opens works of this package for reading and writing: where the terms
// of a work are among those given here, the first change of whoever writes in the
// document grants them. Where the work asks for other terms as well, it opens
// and edits fail with a [TermsError]; so they do when the members have decided on
// further terms since: then the program asks its user, and opens the work anew with all
// of them. Members alone may go on without consent, so that they can vote on the terms;
// what else they write waits for the grant.
//
// To agree is to license: a program says these terms after its user has.
func Agree(terms ...string) crdt.Option {
	r := &rules{}
	r.consent, r.err = parseTerms(terms...)
	return with(r)
}

// Rules opens works of this package for reading. Edits fail with a [TermsError]
// unless the person has granted the terms of the work before; see [Agree].
func Rules() crdt.Option { return with(&rules{}) }

// with hands rules to a document that has its work already.
func with(r *rules) crdt.Option { return crdt.WithRules(r, crdt.Value{}) }

// Name is what the genesis calls these rules.
func (r *rules) Name() string { return RulesName }

// Start gives a judge for one closed set of changes. It implements crdt.Rules.
func (r *rules) Start(h crdt.History, data crdt.Value) (crdt.Judge, error) {
	j, err := charter.Start(h, data)
	if err != nil {
		if r.err != nil {
			err = r.err // why the data of a new work is not in its form
		}
		return nil, err
	}
	return &judge{Judge: j, r: r}, nil
}

// covers tells whether the program consents to all of these terms.
func (r *rules) covers(terms []string) bool {
	for _, t := range terms {
		if !slices.ContainsFunc(r.consent, func(s string) bool { return fold(s) == fold(t) }) {
			return false
		}
	}
	return true
}
