package authorship

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Reason is why a change is not effective, or why a vote decides nothing. It is empty for
// an effective change.
type Reason string

// Why a change is not effective.
const (
	Revoked      Reason = "Revoked"      // its key was cut before it
	Proposed     Reason = "Proposed"     // it waits to be accepted
	NotMember    Reason = "NotMember"    // its author may not change the work unasked; of a vote: is no member at its base
	TermsMissing Reason = "TermsMissing" // its person has not granted what the work asks for
)

// What became of a vote: Ratifies decides, NoQuorum and Withdrawn count and do not decide,
// all others, and NotMember, are void.
const (
	Ratifies        Reason = "Ratifies"
	NoQuorum        Reason = "NoQuorum"        // not enough members say the same, or the voter's branches disagree
	Withdrawn       Reason = "Withdrawn"       // it says no, or to leave the charter as it is
	Malformed       Reason = "Malformed"       // it is not in its form, or names what it could not know
	Replaced        Reason = "Replaced"        // a later act of the same change votes on the same
	NotPersonKey    Reason = "NotPersonKey"    // devices and agents do not vote
	BadBase         Reason = "BadBase"         // its base is no epoch that it knew
	BaseNotRatified Reason = "BaseNotRatified" // its base was not decided then
	BaseUsed        Reason = "BaseUsed"        // its base was amended, and it knew
	BadProposal     Reason = "BadProposal"     // it votes for what is no amendment of its base
	BadCharter      Reason = "BadCharter"      // the amendment asks for what no charter has
	GenesisTerms    Reason = "GenesisTerms"    // the amendment drops terms of the genesis
	BadCut          Reason = "BadCut"          // the amendment cuts a key at a head of another
)

// reasonOf is what became of a vote.
func reasonOf(r charter.Reason) Reason { return Reason(r.String()) }

// VoidError says that the rules would find an act void, which therefore was not written.
type VoidError struct{ Reason Reason }

// Error gives the reason.
func (e *VoidError) Error() string { return "authorship: the act would be void: " + string(e.Reason) }

// Is makes errors.Is find ErrNotMember and ErrCharter where the reason says so.
func (e *VoidError) Is(target error) bool {
	switch e.Reason {
	case NotMember:
		return target == ErrNotMember
	case BadCharter, GenesisTerms, BadCut, BadProposal:
		return target == ErrCharter
	}
	return false
}

// Count is how far a matter has come. Chamber is the first that falls short, in order
// of their names, or the first of all when none does: Have of its members say so, Need
// would do, Silent are the others. It is empty where two members must agree, of whatever
// chamber.
type Count struct {
	Chamber string   `json:"chamber,omitempty"`
	Have    int      `json:"have"`
	Need    int      `json:"need"`
	Silent  []Person `json:"silent,omitempty"`
	Voters  []Person `json:"voters,omitempty"` // who says so, in all chambers
}

// Met tells whether enough say so. Who of them knows of all the votes decides by saying
// so again.
func (c Count) Met() bool { return c.Have >= c.Need }

// String is the count in words.
func (c Count) String() string {
	s := fmt.Sprintf("%d of %d", c.Have, c.Need)
	if c.Chamber != "" {
		s += " of " + c.Chamber
	}
	if len(c.Silent) > 0 && !c.Met() {
		s += ", silent: " + names(c.Silent)
	}
	return s
}

// names is people in a row.
func names(list []Person) string {
	parts := make([]string, len(list))
	for k, p := range list {
		parts[k] = p.String()
	}
	return strings.Join(parts, ", ")
}

// Verdict is what the rules say of a change in a view, and why.
type Verdict struct {
	Change cid.Cid `json:"change"`
	Author Person  `json:"author"`
	Reason Reason  `json:"reason,omitempty"` // empty: it is effective
	// Cause is what made it so: the amendment or revoke that cut it, the change that
	// proposes, the epoch since which the author lacks the right or that asks for the terms.
	Cause cid.Cid `json:"cause,omitzero"`
	// Missing are the terms that the person has not granted.
	Missing []string `json:"missing,omitempty"`
	// Epoch is the one that it is judged by first, Settled the one whose decision has seen
	// it, so that later ones ask nothing of it.
	Epoch   cid.Cid `json:"epoch,omitzero"`
	Settled cid.Cid `json:"settled,omitzero"`
	// Accepted is the vote that made it effective by decision, Hidden the hide that keeps
	// its words from being shown, Erased the vote by which they are gone.
	Accepted cid.Cid `json:"accepted,omitzero"`
	Hidden   cid.Cid `json:"hidden,omitzero"`
	Erased   cid.Cid `json:"erased,omitzero"`
	// Lacks is what its acceptance lacks, while it waits for that.
	Lacks *Count `json:"lacks,omitempty"`
	// Votes are those that it casts.
	Votes []Vote `json:"votes,omitempty"`
}

// Effective tells whether the change counts.
func (v Verdict) Effective() bool { return v.Reason == "" }

// String is the verdict in a sentence.
func (v Verdict) String() string {
	s := v.sentence()
	if v.Hidden.Defined() {
		s += "; its words are hidden by " + v.Hidden.String()
	}
	if v.Erased.Defined() {
		s += "; its words are erased by " + v.Erased.String()
	}
	for _, x := range v.Votes {
		s += "; " + x.String()
	}
	return s
}

// sentence is whether it counts, and why.
func (v Verdict) sentence() string {
	switch v.Reason {
	case "":
		if v.Accepted.Defined() {
			return "effective, accepted by " + v.Accepted.String()
		}
		return "effective"
	case Revoked:
		return "Revoked: cut by " + v.Cause.String()
	case Proposed:
		return "Proposed: waits to be accepted, " + v.Lacks.String()
	case NotMember:
		return fmt.Sprintf("NotMember: %s is no member since %s; to be accepted, %s", v.Author, v.Cause, v.Lacks)
	}
	return fmt.Sprintf("%s: %s has not granted %s", v.Reason, v.Author, strings.Join(v.Missing, ", "))
}

// Explain says whether a change is effective in a view, and why. Its error is
// crdt.ErrNotFound for a change that the view does not show, ErrCharter for a work
// without these rules. It takes what the change has to do with, however much else there
// is; the names of people are read once for as long as nothing new arrives.
func Explain(v *crdt.View, c cid.Cid) (Verdict, error) {
	x := judgement{Verdict: charter.Verdict{Change: c}}
	found := false
	k, n, err := keptBy(v, func(j *charter.Judge) { found = x.ask(j) })
	switch {
	case err != nil:
		return Verdict{Change: c}, err
	case !found:
		return Verdict{Change: c}, fmt.Errorf("authorship: %s: %w", c, crdt.ErrNotFound)
	}
	out := Verdict{}
	k.ask(v, n, func(p *people) { out = p.verdict(&x) })
	return out, nil
}

// Ineffective yields the verdicts on the changes of a view that do not count: what waits,
// and for what, and what was cut, in the order on which all replicas agree. It yields
// nothing for a work without these rules.
func Ineffective(v *crdt.View) iter.Seq[Verdict] {
	return func(yield func(Verdict) bool) {
		var list []cid.Cid
		for c := range v.Ineffective() {
			list = append(list, c.ID)
		}
		v.Sort(list)
		var raw []judgement
		err := judged(v, func(j *charter.Judge) {
			for _, c := range list {
				if x := (judgement{Verdict: charter.Verdict{Change: c}}); x.ask(j) {
					raw = append(raw, x)
				}
			}
		})
		if err != nil || len(raw) == 0 {
			return
		}
		p := peopleOf(v)
		for k := range raw {
			if !yield(p.verdict(&raw[k])) {
				return
			}
		}
	}
}

// judgement is what a judge says of a change.
type judgement struct {
	charter.Verdict
	votes          []charter.Vote
	hidden, erased cid.Cid
	lacks          *charter.Count // nil: it does not wait to be accepted
}

// ask asks a judge of the change that the verdict names; false when it has not met it.
func (x *judgement) ask(j *charter.Judge) (found bool) {
	c := x.Change
	if x.Verdict, found = j.Verdict(c); !found {
		return false
	}
	x.votes = j.Votes(c)
	x.hidden, _ = j.Hidden(c)
	x.erased, _ = j.Erased(c)
	if errors.Is(x.Err, charter.ErrProposed) || errors.Is(x.Err, charter.ErrNotMember) {
		n := j.Lacks(c)
		x.lacks = &n
	}
	return true
}

// verdict is a judgement as it is shown.
func (p *people) verdict(x *judgement) Verdict {
	out := Verdict{
		Change: x.Change, Author: p.byChange(x.Change), Cause: x.By, Epoch: x.Epoch, Settled: x.Settled,
		Accepted: x.Accepted, Hidden: x.hidden, Erased: x.erased, Votes: p.votes(x.votes),
	}
	var terms *charter.TermsError
	switch {
	case errors.Is(x.Err, charter.ErrRevoked):
		out.Reason = Revoked
	case errors.Is(x.Err, charter.ErrProposed):
		out.Reason = Proposed
	case errors.Is(x.Err, charter.ErrNotMember):
		out.Reason = NotMember
	case errors.As(x.Err, &terms):
		out.Reason, out.Missing = TermsMissing, terms.Missing
	}
	if x.lacks != nil {
		n := p.count(*x.lacks)
		out.Lacks = &n
	}
	return out
}

// noVotes is the count of an accept for which nobody has voted.
func noVotes(c *charter.Charter) charter.Count {
	chambers := slices.Sorted(maps.Keys(c.Members))
	if len(chambers) == 0 {
		return charter.Count{Need: 1}
	}
	list := c.Members[chambers[0]]
	return charter.Count{Chamber: chambers[0], Need: c.Need(charter.Accepting, len(list)), Silent: list}
}

// judged lets fn ask the judge of a view. ErrCharter for a work without these rules, or
// one that has not arrived. fn must not call the view.
func judged(v *crdt.View, fn func(*charter.Judge)) error {
	_, _, err := keptBy(v, fn)
	return err
}

// keptBy is judged, and gives what keeps the people of the judge, and of how many changes.
func keptBy(v *crdt.View, fn func(*charter.Judge)) (k *keeper, changes int, err error) {
	name, _ := v.Rules()
	if name == RulesName {
		v.Judge(func(j crdt.Judge) {
			if e, ok := j.(interface {
				engine() *charter.Judge
				keeper() *keeper
			}); ok {
				k, changes = e.keeper(), e.engine().Len()
				fn(e.engine())
			}
		})
	}
	if k == nil {
		return nil, 0, fmt.Errorf("authorship: rules %q: %w", name, ErrCharter)
	}
	return k, changes, nil
}
