package charter

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// tallies are the votes that count. A vote is judged once, by what its change had seen:
// whatever comes later is left out by asking whether it is in that past.
//
// Invariants:
//
//  1. A tally is the votes on one matter of one base; its ballots are one a member who
//     voted there, in the order of their first votes.
//  2. A ballot has one vote a change, in the order in which the changes arrived; forked
//     says that one of them is not on the chain of the one before.
type tally struct {
	base    *epoch
	matter  Matter
	heads   []int32
	ballots []*ballot
	by      map[crdt.Author]*ballot
	passed  []*accept // of an accept or a redaction
}

// tallyKey names a tally: a base and a matter.
type tallyKey struct {
	base   int32
	matter string
}

// ballot is the votes of one member on one matter.
type ballot struct {
	by     crdt.Author
	votes  []said
	forked bool
}

// said is what a vote says: to amend by a change (the base itself: to leave it), or to
// accept or redact; no takes it back.
type said struct {
	change int32
	choice int32 // none unless amending
	no     bool
}

// same tells whether two votes say the same.
func (s said) same(t said) bool { return s.choice == t.choice && s.no == t.no }

// paper is an endorse that may count.
type paper struct {
	Endorsement
	base *epoch
	key  string
}

// vote judges the endorses of change i, which has just been taken in.
func (j *Judge) vote(i int32) {
	var papers []paper
	for _, a := range j.acts {
		if a.Kind != KindEndorse {
			continue
		}
		e, ok := ReadEndorse(a)
		if !ok || j.entitled(i, &e) != Ratifies || !j.formed(i, &e) {
			continue
		}
		p := paper{e, j.epochs[j.at(e.Base)], e.key()}
		papers = slices.DeleteFunc(papers, func(q paper) bool { return q.base == p.base && q.key == p.key })
		papers = append(papers, p)
	}
	for k := range papers {
		p := &papers[k]
		if j.judge(i, p) != Ratifies {
			continue
		}
		t, s := j.cast(i, p)
		if j.outcome(t, s) == Ratifies {
			j.ratify(i, p, t)
		}
	}
}

// entitled judges a vote by who casts it and on which base. It looks nothing up but the
// base, so that strangers' votes cost no more.
func (j *Judge) entitled(i int32, e *Endorsement) Reason {
	j.steps++
	r := &j.rows[i]
	if r.root.Claim != nil {
		return NotPersonKey
	}
	base := j.epochs[j.at(e.Base)]
	if base == nil || base.change != 0 && !j.sets.has(r.seen, base.change) {
		return BadBase
	}
	if !base.charter.Has(r.root.Key) {
		return NotMember
	}
	return Ratifies
}

// unentitled is the reason of a vote on a base that was not ratified in its past.
func (j *Judge) unentitled(i int32, e *Endorsement) Reason {
	base := j.at(e.Base)
	if base == none || !j.sees(i, e.Base) || j.amendOf(base) == nil {
		return BadBase
	}
	if !j.charterOf(j.amends[base]).Has(j.rows[i].root.Key) {
		return NotMember
	}
	return BaseNotRatified
}

// formed tells whether a vote names nothing but what it has seen, and no head that is
// part of an Update and not its end. The amend it is for is looked at later.
func (j *Judge) formed(i int32, e *Endorsement) bool {
	if !j.seesAll(i, e.Heads) {
		return false
	}
	return e.Matter != Accepting || !slices.ContainsFunc(j.allAt(e.Heads), func(h int32) bool { return j.rows[h].more })
}

// judge judges a vote that is formed, by somebody entitled: Ratifies when it counts.
func (j *Judge) judge(i int32, p *paper) Reason {
	if j.uses(j.rows[i].seen, p.base) {
		return BaseUsed
	}
	if p.Matter != Amending || p.Amend == p.Base {
		return Ratifies
	}
	k := j.at(p.Amend)
	a := j.amends[k]
	if a == nil || j.at(a.Base) != p.base.change || !j.sees(i, p.Amend) || j.amendOf(k) == nil {
		return BadProposal
	}
	return j.flaw(a, j.charterOf(a))
}

// said is what a paper says in change i.
func (j *Judge) said(i int32, p *paper) said {
	s := said{i, none, p.No}
	if p.Matter == Amending {
		s.choice = j.at(p.Amend)
	}
	return s
}

// cast writes down a vote that counts.
func (j *Judge) cast(i int32, p *paper) (*tally, said) {
	key := tallyKey{p.base.change, p.key}
	t := j.tallies[key]
	if t == nil {
		t = &tally{base: p.base, matter: p.Matter, heads: j.allAt(p.Heads), by: map[crdt.Author]*ballot{}}
		j.tallies[key] = t
		j.tallyList = append(j.tallyList, t)
		j.lay(t)
	}
	by := j.rows[i].root.Key
	b := t.by[by]
	if b == nil {
		b = &ballot{by: by}
		t.by[by] = b
		t.ballots = append(t.ballots, b)
	}
	if n := len(b.votes); n > 0 && !j.onChain(b.votes[n-1].change, i) {
		b.forked = true
	}
	s := j.said(i, p)
	b.votes = append(b.votes, s)
	return t, s
}

// outcome is whether a vote that counts decides.
func (j *Judge) outcome(t *tally, s said) Reason {
	if s.no || t.matter == Amending && s.choice == t.base.change {
		return Withdrawn
	}
	voters := j.voters(t, s, s.change)
	if !voters[j.rows[s.change].root.Key] {
		return NoQuorum
	}
	if _, ok := t.base.charter.quorum(t.matter, voters); !ok {
		return NoQuorum
	}
	return Ratifies
}

// voters are the members whose last votes in the past of a change, itself included, all
// say what s says. none stands for everything that is there.
func (j *Judge) voters(t *tally, s said, past int32) map[crdt.Author]bool {
	j.runs++
	out := map[crdt.Author]bool{}
	for _, b := range t.ballots {
		last := j.last(b, past)
		if len(last) > 0 && !slices.ContainsFunc(last, func(v said) bool { return !v.same(s) }) {
			out[b.by] = true
		}
	}
	return out
}

// last are the votes of a ballot in the past of a change that no other there follows.
func (j *Judge) last(b *ballot, past int32) []said {
	in := func(v said) bool { return past == none || j.inPast(v.change, past) }
	if !b.forked {
		// What a change has seen of one line of votes is its beginning.
		n, _ := slices.BinarySearchFunc(b.votes, true, func(v said, _ bool) int {
			if in(v) {
				return -1
			}
			return 1
		})
		return b.votes[max(0, n-1):n]
	}
	var out []said
	for _, v := range b.votes {
		if in(v) {
			out = slices.DeleteFunc(out, func(u said) bool { return j.onChain(u.change, v.change) })
			out = append(out, v)
		}
	}
	return out
}

// ratify writes down that change i decides a matter.
func (j *Judge) ratify(i int32, p *paper, t *tally) {
	switch p.Matter {
	case Amending:
		k := j.at(p.Amend)
		e := j.epochs[k]
		if e == nil {
			e = j.newEpoch(k, p.base, j.charterOf(j.amends[k]))
			e.cuts = j.cutsOf(j.amends[k])
		}
		e.ratifies = append(e.ratifies, i)
		j.rows[i].after = j.sets.with(j.rows[i].after, k)
		j.decided = append(j.decided, e)
	default:
		a := &accept{change: i, base: p.base, matter: p.Matter, heads: t.heads}
		for by := range j.voters(t, said{i, none, false}, i) {
			a.voters = append(a.voters, by)
		}
		slices.SortFunc(a.voters, compare)
		t.passed = append(t.passed, a)
		j.admit(a)
	}
}
