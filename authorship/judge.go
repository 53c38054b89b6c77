package authorship

import (
	"errors"
	"iter"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// judge is the crdt.Judge of this package: the engine of the charter, and the consent of
// the program to license what it writes.
type judge struct {
	*charter.Judge
	r    *rules
	kept keeper
}

// engine is what judges.
func (j *judge) engine() *charter.Judge { return j.Judge }

// keeper keeps the people of what is judged.
func (j *judge) keeper() *keeper { return &j.kept }

// Add takes in a change; see crdt.Judge.
func (j *judge) Add(c cid.Cid) iter.Seq2[cid.Cid, error] { return spoken(j.Judge.Add(c)) }

// Suppose yields the verdicts that would be others if an accept of exactly these heads
// stood.
func (j *judge) Suppose(heads []cid.Cid) iter.Seq2[cid.Cid, error] {
	return spoken(j.Judge.Suppose(heads))
}

// spoken gives verdicts with the errors of this package.
func spoken(turned iter.Seq2[cid.Cid, error]) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		for c, err := range turned {
			var lacks *charter.TermsError
			if errors.As(err, &lacks) {
				err = &TermsError{Person: lacks.Person, Missing: lacks.Missing}
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

// Before lets a change of this replica begin, or refuses it; see crdt.Judge. The
// first change of a key carries a grant of its own where the program consents,
// also when the person has granted before: then the change is effective with
// whoever has it, and has not the other store's work yet. Members may write without
// consent, since they may have to vote on the very terms: acts count whatever the
// verdict, and what else they write waits for the grant.
func (j *judge) Before(tx *crdt.Tx) error {
	w := j.Writer(tx.Author(), tx.Acts())
	switch {
	case w.Missing == nil && (!w.First || w.Person.Agent):
		return nil
	case !w.Person.Agent && j.r.err == nil && j.r.covers(j.Tip().Charter.Terms):
		grant(tx, j.Tip().Charter.Terms)
		return nil
	case w.Missing == nil || w.Member:
		return nil
	case j.r.err != nil:
		return j.r.err
	}
	return &TermsError{Person: w.Person.ID, Missing: w.Missing}
}
