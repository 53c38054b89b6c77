package charter_test

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"testing"
)

// tally counts what random histories had in them, by name.
type tally map[string]int

// floors are what a thousand histories have at least; histories that are about less
// would test less.
var floors = tally{
	"sets": 20000, "epochs": 800, "path of 3 or more": 40, "amend contested": 30, "amend superseded": 80, "amend final": 500,
	"path switched": 40, "final decision flipped": 4, "accept stands": 300, "redact stands": 80, "accept fallen": 30, "hidden": 80, "erased": 40,
	"verdict Revoked": 1000, "verdict Proposed": 500, "verdict NotMember": 2000, "verdict Terms": 1500, "accepted though cut": 15,
	"amend Ratify": 700, "amend NoQuorum": 2000, "amend Withdrawn": 150, "amend NotPersonKey": 150, "amend BadBase": 3, "amend NotMember": 30,
	"amend BaseNotRatified": 25, "amend BaseUsed": 300, "amend BadProposal": 70, "amend BadCharter": 120, "amend GenesisTerms": 40, "amend BadCut": 10,
	"forked keys": 400, "confirmed devices": 300, "parts": 300,
}

// TestByzantine: on random histories the engine equals the twin after each arrival; a
// vote judged in the smallest set that has it is judged the same in all; no final
// decision with support s of n flips unless 2s-n members have forked; and with other
// keys and CIDs, in another order, the outcome is the same.
func TestByzantine(t *testing.T) {
	n := 2000
	switch {
	case *long:
		n = 20000
	case testing.Short():
		n = 200
	}
	sum := tally{}
	for seed := range uint64(n) {
		if err := oneWild(runWild(seed), seed, sum); err != nil {
			small := shrink(runWild(seed), func(w *world) bool {
				got := oneWild(w, seed, tally{})
				return got != nil && got.Error()[:5] == err.Error()[:5]
			})
			t.Fatalf("history %d: %v\nit shrinks to: %v\n%s", seed, err, oneWild(small, seed, tally{}), small)
		}
	}
	for name, least := range floors {
		if n >= 1000 && sum[name]*1000 < least*n {
			t.Errorf("%d histories have %d times %q", n, sum[name], name)
		}
	}
	t.Logf("%d histories: %v", n, sum)
}

// oneWild runs one random history.
func oneWild(w *world, seed uint64, sum tally) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	r := rand.New(rand.NewPCG(seed, 21))
	twin := newJudged(w)
	var e *engine
	if e, err = w.start(seed%3 == 0); err != nil {
		return err
	}
	watch := newWatch()
	for k, i := range w.shuffled(r) {
		if err := e.add(i); err != nil {
			return err
		}
		st := twin.at(e.in)
		if err := e.compare(st, k%6 == 5 || e.in == w.whole()); err != nil {
			return fmt.Errorf("of %b after %d: %w", e.in, i, err)
		}
		if err := e.compareVotesOf(twin.c, i); err != nil {
			return err
		}
		if err := watch.step(st, sum); err != nil {
			return fmt.Errorf("of %b after %d: %w", e.in, i, err)
		}
	}
	sum.count(twin.at(w.whole()))
	if err := e.suppose(twin, []int{r.IntN(len(w.changes)), r.IntN(len(w.changes))}); err != nil {
		return err
	}
	if err := smallest(w, twin, r); err != nil {
		return err
	}
	return again(w, twin, r)
}

// smallest judges one vote in the smallest set that has it.
func smallest(w *world, twin *judged, r *rand.Rand) error {
	var voted []int
	for x := range w.changes {
		if len(twin.c.of(x).votes) > 0 {
			voted = append(voted, x)
		}
	}
	if len(voted) == 0 {
		return nil
	}
	x := voted[r.IntN(len(voted))]
	e, err := w.start(false)
	if err != nil {
		return err
	}
	for i := range w.upTo(x).all() {
		if err := e.add(i); err != nil {
			return err
		}
	}
	if err := e.compareVotesOf(twin.c, x); err != nil {
		return fmt.Errorf("in the smallest set: %w", err)
	}
	return nil
}

// again delivers the same history with other names in another order.
func again(w *world, twin *judged, r *rand.Rand) error {
	v := w.renumber(fmt.Sprint("again ", r.IntN(4)))
	e, err := v.start(true)
	if err != nil {
		return err
	}
	for _, i := range v.shuffled(r) {
		if err := e.add(i); err != nil {
			return err
		}
	}
	if err := e.compare(twin.at(w.whole()), true); err != nil {
		return fmt.Errorf("renumbered: %w", err)
	}
	return nil
}

// watch follows the decisions of one history as it grows.
type watch struct {
	before *state
	margin map[int]int // of amends that were final: the most that 2s-n ever was
}

func newWatch() *watch { return &watch{margin: map[int]int{}} }

// step compares the path with the one before. Where they part, the decision that is
// left must not have been final, or enough members of its base have forked by now.
func (w *watch) step(st *state, sum tally) error {
	if w.before != nil {
		for k, e := range w.before.path {
			if k < len(st.path) && st.path[k].p == e.p {
				continue
			}
			sum["path switched"]++
			if k == len(st.path) {
				return fmt.Errorf("the path loses %d", e.p)
			}
			if margin, was := w.margin[e.p]; was {
				forks := st.path[k].forkedMembers
				sum["final decision flipped"]++
				if forks < margin {
					return fmt.Errorf("decision %d was final with a margin of %d and flips with %d forks", e.p, margin, forks)
				}
			}
			break
		}
	}
	for _, e := range st.path[1:] {
		if e.final() {
			w.margin[e.p] = max(w.margin[e.p], 2*e.support-e.of)
		}
	}
	w.before = st
	return nil
}

// count counts what a history had in it.
func (sum tally) count(st *state) {
	sum["sets"] += st.s.len()
	sum["hidden"] += st.hidden.len()
	sum["erased"] += st.erased.len()
	sum["epochs"] += len(st.path) - 1
	sum["accepted though cut"] += (st.accepted & st.cut).len()
	if len(st.path) > 3 {
		sum["path of 3 or more"]++
	}
	for k := range st.c.w.keys {
		if st.c.forked(k, st.s) {
			sum["forked keys"]++
		}
	}
	stands := map[voteID]bool{}
	for _, v := range st.standing {
		stands[v.at] = true
		sum[v.on()+" stands"]++
	}
	for x := range st.s.all() {
		sum["verdict "+string(st.verdicts[x])]++
		if st.c.of(x).amend != nil {
			sum["amend "+st.amendState(x)]++
		}
		if p, acts := st.person(x); acts && p != st.author(x) {
			sum["confirmed devices"]++
		}
		if st.c.w.changes[x].more {
			sum["parts"]++
		}
		for _, v := range st.c.of(x).votes {
			reason := st.c.judge(v).reason
			sum[v.on()+" "+reason]++
			if v.on() != "amend" && reason == ratified && !stands[v.at] {
				sum[v.on()+" fallen"]++
			}
		}
	}
}
