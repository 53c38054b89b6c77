package authorship

import (
	"fmt"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Matter is what a vote is about.
type Matter string

// The matters of votes.
const (
	ToAmend  Matter = "amend"  // the charter
	ToAccept Matter = "accept" // changes that wait
	ToRedact Matter = "redact" // the words of changes
)

// State is how a matter stands.
type State string

// The states. What is final is contested only if members have forked their keys.
const (
	Open       State = "open"       // nothing is decided yet
	Ratified   State = "ratified"   // decided
	Final      State = "final"      // and more than half of the members of its base support it
	Contested  State = "contested"  // there are rivals, and none is final
	Superseded State = "superseded" // decided, and a rival is in force
	Lapsed     State = "lapsed"     // the charter has gone on without it: votes can be cast anew
)

// Vote is a vote, as it was judged once and for ever by what its author had seen.
type Vote struct {
	Change cid.Cid   `json:"change"`
	Index  int       `json:"index"` // of the act in the change
	By     Person    `json:"by"`
	Base   cid.Cid   `json:"base"` // the epoch whose members decide
	Matter Matter    `json:"matter"`
	On     []cid.Cid `json:"on"` // the amendment, or the heads or changes; the base itself: leave it
	No     bool      `json:"no,omitempty"`
	Reason Reason    `json:"reason"`          // what became of it
	Count  *Count    `json:"count,omitempty"` // of a vote that counts: as it saw the others
}

// Counts tells whether the vote counts, deciding or not.
func (v Vote) Counts() bool {
	return v.Reason == Ratifies || v.Reason == NoQuorum || v.Reason == Withdrawn
}

// String is the vote in words.
func (v Vote) String() string {
	s := fmt.Sprintf("%s votes to %s", v.By, v.Matter)
	if v.Matter == ToAmend && slices.Equal(v.On, []cid.Cid{v.Base}) {
		s = fmt.Sprintf("%s votes to leave it", v.By)
	}
	if v.No {
		s = fmt.Sprintf("%s no longer votes to %s", v.By, v.Matter)
	}
	s += ": " + string(v.Reason)
	if v.Reason == NoQuorum {
		s += ", " + v.Count.String()
	}
	return s
}

// Decision is a matter that was proposed or voted on, and how it stands in a view.
type Decision struct {
	Matter Matter `json:"matter"`
	// Base is the epoch whose members decide. On is the amendment, the heads that are to
	// be accepted, or the changes whose words are to be erased.
	Base cid.Cid   `json:"base"`
	On   []cid.Cid `json:"on"`
	// By is who has proposed the amendment, and Amendment what it says; of other matters
	// By is who was the first to vote.
	By        Person     `json:"by"`
	Amendment *Amendment `json:"amendment,omitempty"`
	State     State      `json:"state"`
	// Void is why nobody can endorse the amendment.
	Void Reason `json:"void,omitempty"`
	// Ratifies are the votes that decided it, Rivals the other amendments of its base that
	// were decided.
	Ratifies []cid.Cid `json:"ratifies,omitempty"`
	Rivals   []cid.Cid `json:"rivals,omitempty"`
	// Support of Of members of the base have seen this amendment decided before any rival.
	// Margin is how many members must have forked their keys, at least, before a final
	// decision flips, or one that it stands on.
	Support int `json:"support,omitempty"`
	Of      int `json:"of,omitempty"`
	Margin  int `json:"margin,omitempty"`
	// Count is of all votes that are there.
	Count Count `json:"count"`
	// Votes are all that were cast, the void ones too.
	Votes []Vote `json:"votes,omitempty"`
}

// Ready tells whether enough members say so and nobody of them has known of all their
// votes: then it is decided by the next of them who says so again.
func (d Decision) Ready() bool { return d.State == Open && d.Void == "" && d.Count.Met() }

// String is the decision in words.
func (d Decision) String() string {
	s := fmt.Sprintf("to %s by %s: %s", d.Matter, d.By, d.State)
	switch {
	case d.Void != "":
		s += ", void: " + string(d.Void)
	case d.State == Open:
		s += ", " + d.Count.String()
	case d.State == Final:
		s += fmt.Sprintf(", supported by %d of %d, flips only if at least %d members have forked their keys", d.Support, d.Of, d.Margin)
	case d.State == Contested:
		s += fmt.Sprintf(", supported by %d of %d", d.Support, d.Of)
	}
	return s
}

// Decisions yields the matters of a view that were proposed or voted on: amendments
// first, then what is to be accepted or erased, each in the order on which all replicas
// agree. It yields nothing for a work without these rules.
func Decisions(v *crdt.View) iter.Seq[Decision] {
	return func(yield func(Decision) bool) {
		for _, d := range decisionsOf(v) {
			if !yield(d) {
				return
			}
		}
	}
}

// decisionsOf collects the decisions of a view.
func decisionsOf(v *crdt.View) []Decision {
	var amends []charter.Amend
	var accepts []standing
	votes, cast := map[string][]charter.Vote{}, castIn(v)
	err := judged(v, func(j *charter.Judge) {
		amends = slices.Collect(j.Amends())
		accepts = acceptsOf(j)
		for _, c := range cast {
			for _, x := range j.Votes(c) {
				votes[voteKey(&x)] = append(votes[voteKey(&x)], x)
			}
		}
	})
	if err != nil {
		return nil
	}
	p := peopleOf(v)
	inOrder(v, amends, func(a charter.Amend) cid.Cid { return a.Change })
	var out []Decision
	for _, a := range amends {
		d := p.amended(v, &a)
		d.Votes = p.votes(votes[matterKey(a.Base, charter.Amending, []cid.Cid{a.Change})])
		out = append(out, d)
	}
	var list []Decision
	for _, s := range accepts {
		d := p.accepted(&s)
		d.Votes = p.votes(votes[matterKey(s.Base, s.Matter, s.Heads)])
		list = append(list, d)
	}
	inOrder(v, list, func(d Decision) cid.Cid { return d.Votes[0].Change })
	for _, d := range list {
		d.By = d.Votes[0].By
		out = append(out, d)
	}
	return out
}

// castIn are the changes of a view that endorse anything, in the order on which all
// agree.
func castIn(v *crdt.View) []cid.Cid {
	var out []cid.Cid
	for a := range v.Acts(charter.KindEndorse) {
		if n := len(out); n == 0 || out[n-1] != a.Change {
			out = append(out, a.Change)
		}
	}
	v.Sort(out)
	return out
}

// inOrder sorts what changes have made by these.
func inOrder[T any](v *crdt.View, list []T, of func(T) cid.Cid) {
	ids := make([]cid.Cid, len(list))
	for k, x := range list {
		ids[k] = of(x)
	}
	v.Sort(ids)
	place := make(map[cid.Cid]int, len(ids))
	for k, c := range ids {
		place[c] = k
	}
	slices.SortStableFunc(list, func(a, b T) int { return place[of(a)] - place[of(b)] })
}

// standing is an accept or a redaction and how it stands.
type standing struct {
	charter.Accept
	state State
}

// acceptsOf are the accepts and redactions of a view.
func acceptsOf(j *charter.Judge) []standing {
	path := j.Path()
	var out []standing
	for a := range j.Accepts() {
		s := standing{a, Open}
		passed, on := len(a.By) > 0, slices.ContainsFunc(path, func(e charter.Epoch) bool { return e.ID == a.Base })
		switch {
		case a.Stands:
			s.state = Ratified
		case passed && !on:
			s.state = Superseded
		case passed || a.Base != path[len(path)-1].ID:
			s.state = Lapsed
		}
		out = append(out, s)
	}
	return out
}

// matterKey names what votes are on.
func matterKey(base cid.Cid, m charter.Matter, on []cid.Cid) string {
	s := base.KeyString() + m.String()
	for _, c := range on {
		s += c.KeyString()
	}
	return s
}

// voteKey names what a vote is on.
func voteKey(x *charter.Vote) string { return matterKey(x.Base, x.Matter, onOf(x)) }

// onOf is what a vote speaks of.
func onOf(x *charter.Vote) []cid.Cid {
	if x.Matter == charter.Amending {
		return []cid.Cid{x.Amend}
	}
	return x.Heads
}

// amended is an amendment as a decision.
func (p *people) amended(v *crdt.View, a *charter.Amend) Decision {
	v.Sort(a.Ratifies)
	d := Decision{
		Matter: ToAmend, Base: a.Base, On: []cid.Cid{a.Change}, By: p.byChange(a.Change), State: State(a.State.String()),
		Ratifies: a.Ratifies, Rivals: a.Rivals, Support: a.Support, Of: a.Of, Count: p.count(a.Count),
	}
	if d.State == Final {
		d.Margin = a.Margin
	}
	if a.Void != charter.Ratifies {
		d.Void = reasonOf(a.Void)
	}
	x := amendmentOf(&a.Amendment)
	for act := range v.ActsIn(a.Change) {
		if act.Kind == charter.KindAmend && x.Why == "" {
			x.Why = clean(act.Words)
		}
	}
	d.Amendment = &x
	return d
}

// accepted is an accept or a redaction as a decision.
func (p *people) accepted(s *standing) Decision {
	p.v.Sort(s.By)
	return Decision{Matter: Matter(s.Matter.String()), Base: s.Base, On: s.Heads, State: s.state, Ratifies: s.By, Count: p.count(s.Count)}
}

// amendmentOf is what an act says.
func amendmentOf(a *charter.Amendment) Amendment {
	x := Amendment{Mode: Mode(a.Mode), Terms: a.Terms, Admit: a.Admit, Remove: a.Remove, Moderators: a.Moderators}
	for _, y := range []struct {
		from *charter.Share
		to   **Share
	}{{a.Accept, &x.Accept}, {a.Amend, &x.Amend}} {
		if y.from != nil {
			s := Share(*y.from)
			*y.to = &s
		}
	}
	for _, c := range a.Cut {
		x.Cut = append(x.Cut, Cut(c))
	}
	return x
}

// votes are votes as they are shown.
func (p *people) votes(list []charter.Vote) []Vote {
	var out []Vote
	for _, x := range list {
		out = append(out, p.vote(x))
	}
	return out
}

// vote is one vote as it is shown.
func (p *people) vote(x charter.Vote) Vote {
	v := Vote{
		Change: x.Change, Index: x.Index, By: p.byChange(x.Change), Base: x.Base, Matter: Matter(x.Matter.String()),
		On: onOf(&x), No: x.No, Reason: reasonOf(x.Reason),
	}
	if x.Reason.Counts() {
		n := p.count(x.Count)
		v.Count = &n
	}
	return v
}

// count is a count as it is shown.
func (p *people) count(n charter.Count) Count {
	return Count{Chamber: n.Chamber, Have: n.Have, Need: n.Need, Silent: p.all(n.Silent), Voters: p.all(n.Voters)}
}

// all is who goes by keys.
func (p *people) all(keys []crdt.Author) []Person {
	var out []Person
	for _, k := range keys {
		out = append(out, p.plain(k))
	}
	return out
}

// byChange is who has made a change that the view shows.
func (p *people) byChange(c cid.Cid) Person {
	s, _ := p.v.Source(c)
	return p.of(s.Root, s.Author)
}
