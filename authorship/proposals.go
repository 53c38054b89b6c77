package authorship

import (
	"fmt"
	"iter"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// Proposal is a proposed change with those that have joined it, and how far they have
// come.
type Proposal struct {
	ID    cid.Cid `json:"id"`
	Title string  `json:"title,omitempty"` // cleaned; empty also where its words are hidden or gone
	By    Person  `json:"by"`
	// Changes are all of it; Heads the last of each author, which is what to accept;
	// Waiting those that are not effective.
	Changes []cid.Cid `json:"changes"`
	Heads   []cid.Cid `json:"heads"`
	Waiting []cid.Cid `json:"waiting,omitempty"`
	// Lacks is what accepting the heads lacks now, nil when nothing waits for it.
	Lacks *Count `json:"lacks,omitempty"`
	// Decisions are the votes on accepting changes of it.
	Decisions  []Decision  `json:"decisions,omitempty"`
	Objections []Objection `json:"objections,omitempty"`
	Readings   []Reading   `json:"readings,omitempty"`
}

// Accepted tells whether nothing of the proposal waits.
func (p Proposal) Accepted() bool { return len(p.Waiting) == 0 }

// String is the proposal in words.
func (p Proposal) String() string {
	s := fmt.Sprintf("%q by %s: ", p.Title, p.By)
	switch {
	case p.Accepted():
		return s + "accepted"
	case len(p.Waiting) < len(p.Changes):
		s += fmt.Sprintf("accepted but for %d of %d changes", len(p.Waiting), len(p.Changes))
	default:
		s += "waits"
	}
	if p.Lacks != nil {
		s += ", " + p.Lacks.String()
	}
	return s
}

// Objection is that somebody speaks against a change as it was: what came later was not
// meant.
type Objection struct {
	Change cid.Cid `json:"change"` // that says it
	By     Person  `json:"by"`
	To     cid.Cid `json:"to"`
	Why    string  `json:"why,omitempty"` // cleaned
	// Current tells that the proposal has nothing that the objector had not seen.
	Current bool `json:"current"`
}

// String is the objection in words.
func (o Objection) String() string { return fmt.Sprintf("%s objects: %s", o.By, o.Why) }

// Reading is that somebody has read the work as it was at some heads ([Review]), of which
// one at least is a change of the proposal.
type Reading struct {
	Change cid.Cid   `json:"change"` // that says it
	By     Person    `json:"by"`
	Heads  []cid.Cid `json:"heads"`
	// Current tells that all of the proposal was read.
	Current bool `json:"current"`
}

// String is the reading in words.
func (r Reading) String() string {
	if r.Current {
		return r.By.String() + " has read it"
	}
	return r.By.String() + " has read a part of it"
}

// Proposals yields the proposals of a view in the order on which all replicas agree. It
// yields nothing for a work without these rules.
func Proposals(v *crdt.View) iter.Seq[Proposal] {
	return func(yield func(Proposal) bool) {
		for _, p := range proposalsOf(v) {
			if !yield(p) {
				return
			}
		}
	}
}

// proposalsOf collects the proposals of a view.
func proposalsOf(v *crdt.View) []Proposal {
	var raw []charter.Proposal
	lacks := map[cid.Cid]charter.Count{}
	hidden := map[cid.Cid]bool{}
	err := judged(v, func(j *charter.Judge) {
		for x := range j.Proposals() {
			raw = append(raw, x)
			if len(x.Waits) > 0 {
				lacks[x.ID] = lacksAll(j, &x)
			}
			_, hidden[x.ID] = j.Hidden(x.ID)
		}
	})
	if err != nil || len(raw) == 0 {
		return nil
	}
	inOrder(v, raw, func(x charter.Proposal) cid.Cid { return x.ID })
	p := peopleOf(v)
	r := readingsOf(v, p, raw)
	voted := map[string]Decision{}
	for d := range Decisions(v) {
		if d.Matter == ToAccept {
			voted[matterKey(d.Base, charter.Accepting, d.On)] = d
		}
	}
	var out []Proposal
	for _, x := range raw {
		q := Proposal{ID: x.ID, By: p.byChange(x.ID), Changes: x.Changes, Heads: x.Heads, Waiting: x.Waits}
		for _, list := range [][]cid.Cid{q.Changes, q.Heads, q.Waiting} {
			v.Sort(list)
		}
		if n, ok := lacks[x.ID]; ok {
			c := p.count(n)
			q.Lacks = &c
		}
		for a := range v.ActsIn(x.ID) {
			if a.Kind == charter.KindPropose && q.Title == "" && !hidden[x.ID] {
				q.Title = clean(a.Words)
			}
		}
		for _, a := range x.Accepts {
			if d, ok := voted[matterKey(a.Base, a.Matter, a.Heads)]; ok {
				q.Decisions = append(q.Decisions, d)
			}
		}
		inOrder(v, q.Decisions, func(d Decision) cid.Cid { return d.Votes[0].Change })
		q.Objections, q.Readings = r.of(&q)
		out = append(out, q)
	}
	return out
}

// lacksAll is what accepting all heads of a proposal lacks on the tip.
func lacksAll(j *charter.Judge, x *charter.Proposal) charter.Count {
	tip := j.Tip()
	heads := slices.Clone(x.Heads)
	slices.SortFunc(heads, byCID)
	for _, a := range x.Accepts {
		if a.Matter == charter.Accepting && a.Base == tip.ID && slices.Equal(a.Heads, heads) {
			return a.Count
		}
	}
	return noVotes(tip.Charter)
}

// readings are the objections and reviews of a view, by proposal.
type readings struct {
	v          *crdt.View
	objections map[cid.Cid][]Objection
	readings   map[cid.Cid][]Reading
}

// readingsOf reads them.
func readingsOf(v *crdt.View, p *people, raw []charter.Proposal) *readings {
	r := &readings{v, map[cid.Cid][]Objection{}, map[cid.Cid][]Reading{}}
	of := map[cid.Cid]cid.Cid{} // proposal by change
	for _, x := range raw {
		for _, c := range x.Changes {
			of[c] = x.ID
		}
	}
	for a := range v.Acts(actObject) {
		to, ok := readObject(a)
		if id, in := of[to]; ok && in && v.InPast(to, a.Change) {
			o := Objection{Change: a.Change, By: p.byChange(a.Change), To: to, Why: clean(a.Words)}
			r.objections[id] = append(r.objections[id], o)
		}
	}
	for a := range v.Acts(actReview) {
		met := map[cid.Cid]bool{}
		heads := readReview(a)
		for _, h := range heads {
			if id, in := of[h]; in && !met[id] && v.InPast(h, a.Change) {
				met[id] = true
				r.readings[id] = append(r.readings[id], Reading{Change: a.Change, By: p.byChange(a.Change), Heads: heads})
			}
		}
	}
	return r
}

// readObject reads which change an objection is to.
func readObject(a crdt.Act) (cid.Cid, bool) {
	c, ok := charter.Fields(a.Body, 1, "change")["change"].(cid.Cid)
	return c, ok
}

// of are those of a proposal, in order, each compared with what it has by now.
func (r *readings) of(q *Proposal) ([]Objection, []Reading) {
	objections, read := r.objections[q.ID], r.readings[q.ID]
	inOrder(r.v, objections, func(o Objection) cid.Cid { return o.Change })
	inOrder(r.v, read, func(o Reading) cid.Cid { return o.Change })
	for k := range objections {
		objections[k].Current = r.seen(q, []cid.Cid{objections[k].Change})
	}
	for k := range read {
		read[k].Current = r.seen(q, read[k].Heads)
	}
	return objections, read
}

// seen tells whether all heads of a proposal are in the past of some changes.
func (r *readings) seen(q *Proposal, by []cid.Cid) bool {
	return !slices.ContainsFunc(q.Heads, func(h cid.Cid) bool {
		return !slices.ContainsFunc(by, func(c cid.Cid) bool { return r.v.InPast(h, c) })
	})
}
