package charter_test

import (
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship/internal/charter"
)

// engine is the engine at work on a world, and what it has said so far.
type engine struct {
	w      *world
	h      *history
	j      *charter.Judge
	in     set
	told   []verdict // by what Add yielded
	erased set       // by what Erase yielded
}

// start begins an engine. Where ahead is set the history shows it all changes at once,
// as it does for a view of the past, and else only those that were added.
func (w *world) start(ahead bool) (*engine, error) {
	e := &engine{w: w, h: &history{w: w}, told: make([]verdict, len(w.changes))}
	if ahead {
		for i := range w.changes {
			w.id(i)
		}
		e.h.shown = w.whole()
	}
	j, err := charter.Start(e.h, w.data())
	e.j = j
	return e, err
}

// add delivers a change.
func (e *engine) add(i int) error {
	c := e.w.id(i)
	e.h.shown |= of(i)
	e.in |= of(i)
	for id, err := range e.j.Add(c) {
		k, ok := e.w.at[id]
		if !ok || !e.in.has(k) {
			return fmt.Errorf("adding %d yields the verdict of %v, which was not added", i, id)
		}
		e.told[k] = wordOf(err)
	}
	for id := range e.j.Erase() {
		k, ok := e.w.at[id]
		if !ok || e.erased.has(k) {
			return fmt.Errorf("adding %d erases %d again", i, k)
		}
		e.erased |= of(k)
	}
	return nil
}

// suppose compares what would be others if heads were accepted, and that nothing is.
func (e *engine) suppose(t *judged, heads []int) error {
	var ids []cid.Cid
	for _, h := range heads {
		ids = append(ids, e.w.id(h))
	}
	is, would := t.at(e.in), t.c.suppose(e.in, heads)
	var turned, twin set
	for id, err := range e.j.Suppose(ids) {
		x := e.number(id)
		if turned |= of(x); wordOf(err) != would.verdicts[x] {
			return fmt.Errorf("verdict of %d would be %q, the twin says %q", x, wordOf(err), would.verdicts[x])
		}
	}
	for x := range e.in.all() {
		if is.verdicts[x] != would.verdicts[x] {
			twin |= of(x)
		}
	}
	if twin&^turned != 0 {
		return fmt.Errorf("if %v were accepted, %b would be others, the twin says %b", heads, turned, twin)
	}
	return e.compare(is, true)
}

// wordOf is the word for a verdict.
func wordOf(err error) verdict {
	var terms *charter.TermsError
	switch {
	case err == nil:
		return effective
	case errors.Is(err, charter.ErrRevoked):
		return revoked
	case errors.Is(err, charter.ErrProposed):
		return proposed
	case errors.Is(err, charter.ErrNotMember):
		return notMember
	case errors.As(err, &terms):
		return noTerms
	}
	return verdict(err.Error())
}

// number is the index of a change, -1 for cid.Undef.
func (e *engine) number(c cid.Cid) int {
	if k, ok := e.w.at[c]; ok && c.Defined() {
		return k
	}
	return -1
}

func (e *engine) numbers(list []cid.Cid) (s set) {
	for _, c := range list {
		s |= of(e.number(c))
	}
	return s
}

// compare tells where the engine differs from the twin on the same set; whole compares
// also what is about votes and decisions, not only what they lead to.
func (e *engine) compare(st *state, whole bool) error {
	checks := []func(*state) error{e.compareVerdicts, e.comparePath, e.compareShown}
	if whole {
		checks = append(checks, e.compareCauses, e.compareVotes, e.compareAmends, e.compareAccepts, e.compareProposals,
			func(*state) error { return e.j.Check() })
	}
	for _, check := range checks {
		if err := check(st); err != nil {
			return err
		}
	}
	return nil
}

// compareVerdicts compares the verdicts that were yielded.
func (e *engine) compareVerdicts(st *state) error {
	for x := range st.s.all() {
		if e.told[x] != st.verdicts[x] && !st.c.w.changes[x].more { // parts are judged as their last one
			return fmt.Errorf("verdict of %d is %q, the twin says %q", x, e.told[x], st.verdicts[x])
		}
	}
	return nil
}

// comparePath compares the path.
func (e *engine) comparePath(st *state) error {
	var mine, twin []int
	for _, ep := range e.j.Path() {
		mine = append(mine, e.number(ep.ID))
	}
	for _, ep := range st.path {
		twin = append(twin, ep.p)
	}
	if !slices.Equal(mine, twin) {
		return fmt.Errorf("path is %v, the twin says %v", mine, twin)
	}
	return nil
}

// compareShown compares what is hidden and erased.
func (e *engine) compareShown(st *state) error {
	for x := range st.s.all() {
		if _, is := e.j.Hidden(e.w.id(x)); is != st.hidden.has(x) {
			return fmt.Errorf("hidden of %d is %v, the twin says %v", x, is, !is)
		}
		if _, is := e.j.Erased(e.w.id(x)); is != st.erased.has(x) {
			return fmt.Errorf("erased of %d is %v, the twin says %v", x, is, !is)
		}
	}
	if st.erased&^e.erased != 0 {
		return fmt.Errorf("Erase yielded %b, the twin erases %b", e.erased, st.erased)
	}
	return nil
}

// compareCauses compares verdicts that are asked for, their causes, and persons.
func (e *engine) compareCauses(st *state) error {
	for x := range st.s.all() {
		v, ok := e.j.Verdict(e.w.id(x))
		by, epoch, settled, taken := e.number(v.By), e.number(v.Epoch), e.number(v.Settled), e.number(v.Accepted)
		switch {
		case !ok || e.number(v.Change) != x:
			return fmt.Errorf("no verdict of %d", x)
		case wordOf(v.Err) != st.verdicts[x]:
			return fmt.Errorf("Verdict of %d is %q, the twin says %q", x, wordOf(v.Err), st.verdicts[x])
		case v.Err != nil && !st.causes[x].has(by):
			return fmt.Errorf("%q of %d is by %d, the twin says %b", wordOf(v.Err), x, by, st.causes[x])
		case epoch != st.path[st.since(x)].p || settled != st.settled(x):
			return fmt.Errorf("%d is judged from %d to %d, the twin says %d to %d", x, epoch, settled, st.path[st.since(x)].p, st.settled(x))
		case taken >= 0 != st.accepted.has(x) || taken >= 0 && !st.takenBy[x].has(taken):
			return fmt.Errorf("%d is accepted by %d, the twin says %b", x, taken, st.takenBy[x])
		}
		person, acts := st.person(x)
		p, _ := e.j.PersonOf(e.w.id(x))
		claim := st.c.of(x).claim
		if p.ID != e.w.author(person) || p.Claimed != (claim != nil) || p.Agent != (claim != nil && claim.agent) || p.Confirmed != (claim != nil && (acts || person != st.author(x))) {
			return fmt.Errorf("person of %d is %+v, the twin says %s, %v", x, p, e.w.keys[person], acts)
		}
		var terms *charter.TermsError
		if errors.As(v.Err, &terms) {
			missing := st.missing(x, person)
			if terms.Person != p.ID || !slices.Equal(terms.Missing, missing) {
				return fmt.Errorf("terms of %d: %v of %s, the twin says %v", x, terms.Missing, terms.Person, missing)
			}
		}
	}
	return nil
}

// compareVotes compares how votes are judged.
func (e *engine) compareVotes(st *state) error {
	for x := range st.s.all() {
		if err := e.compareVotesOf(st.c, x); err != nil {
			return err
		}
	}
	return nil
}

// compareVotesOf compares how the votes of one change are judged.
func (e *engine) compareVotesOf(c *court, x int) error {
	f := c.of(x)
	votes := e.j.Votes(e.w.id(x))
	for _, v := range votes {
		if f.void.has(v.Index) && !v.Reason.Counts() {
			continue // void for the twin too; which of several reasons is named is open
		}
		k := slices.IndexFunc(f.votes, func(u vote) bool { return u.at.place == v.Index })
		if k < 0 {
			return fmt.Errorf("vote %d of %d is %s, void for the twin", v.Index, x, v.Reason)
		}
		r := c.judge(f.votes[k])
		reason := v.Reason.String()
		if v.Reason == charter.Ratifies {
			reason = ratified
		}
		if reason != r.reason {
			return fmt.Errorf("vote %d of %d is %s, the twin says %s", v.Index, x, reason, r.reason)
		}
		if r.counts() && e.keys(v.Voters) != r.voters {
			return fmt.Errorf("vote %d of %d has voters %b, the twin says %b", v.Index, x, e.keys(v.Voters), r.voters)
		}
	}
	if len(votes) < len(f.votes) {
		return fmt.Errorf("%d votes of %d, the twin has %d", len(votes), x, len(f.votes))
	}
	return nil
}
