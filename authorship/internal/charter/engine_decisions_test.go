package charter_test

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/authorship/internal/charter"
	"github.com/commonhold/commonhold/crdt"
)

// keys is a set of keys by index.
func (e *engine) keys(list []crdt.Author) (s set) {
	for _, a := range list {
		k := slices.IndexFunc(e.w.keys, func(name string) bool { return e.w.author(e.w.key(name)) == a })
		s |= of(k)
	}
	return s
}

// compareAmends compares the amends, how they stand, and their charters.
func (e *engine) compareAmends(st *state) error {
	var all set
	for a := range e.j.Amends() {
		p := e.number(a.Change)
		all |= of(p)
		if !st.s.has(p) || st.c.of(p).amend == nil {
			return fmt.Errorf("%d is an amend, not for the twin", p)
		}
		if err := e.compareAmend(st, p, a); err != nil {
			return err
		}
	}
	for p := range st.s.all() {
		if st.c.of(p).amend != nil && !all.has(p) {
			return fmt.Errorf("%d is an amend for the twin", p)
		}
	}
	return nil
}

// compareAmend compares one amend.
func (e *engine) compareAmend(st *state, p int, a charter.Amend) error {
	base := st.c.of(p).amend.base
	if got, want := a.State.String(), st.amendState(p); got != want {
		return fmt.Errorf("amend %d is %s, the twin says %s", p, got, want)
	}
	if base != 0 && !st.c.isRatified(base, st.s) {
		return nil // nobody may vote for it yet
	}
	void := ""
	if a.Void != charter.Ratifies {
		void = a.Void.String()
	}
	if want := st.c.flaw(p); void != want {
		return fmt.Errorf("amend %d is void by %q, the twin says %q", p, void, want)
	}
	var ratifies set
	for _, v := range st.c.ratifies(st.s) {
		if v.on() == "amend" && v.endorse.amend == p {
			ratifies |= of(v.at.change)
		}
	}
	if got := e.numbers(a.Ratifies); got != ratifies {
		return fmt.Errorf("ratifies of %d are %b, the twin says %b", p, got, ratifies)
	}
	rivals := of(st.c.ratifiedFrom(base, st.s)...) &^ of(p)
	if got := e.numbers(a.Rivals); ratifies != 0 && got != rivals {
		return fmt.Errorf("rivals of %d are %b, the twin says %b", p, got, rivals)
	}
	n, s := st.c.charter(base).members().len(), st.c.support(base, st.s)[p]
	if ratifies != 0 && (a.Support != s || a.Of != n) {
		return fmt.Errorf("support of %d is %d of %d, the twin says %d of %d", p, a.Support, a.Of, s, n)
	}
	if want := st.margin(p); a.Margin != want {
		return fmt.Errorf("margin of %d is %d, the twin says %d", p, a.Margin, want)
	}
	ballot := vote{endorse: endorse{base: base, amend: p}}
	if void == "" {
		if err := e.compareCount(st, ballot, a.Count); err != nil {
			return fmt.Errorf("amend %d: %w", p, err)
		}
	}
	if void == "BadCharter" {
		return nil // it is no charter
	}
	return e.compareCharter(st.c.charter(p), p)
}

// margin is how many must have forked before a final decision leaves the path: the least
// 2s-n on the way to it, none where one there is not final.
func (st *state) margin(p int) int {
	k := st.place(p)
	if k < 0 || !st.path[k].final() {
		return 0
	}
	least := maxChanges
	for _, e := range st.path[1 : k+1] {
		least = min(least, max(0, 2*e.support-e.of))
	}
	return least
}

// flaw is why every vote for an amend would be void.
func (c *court) flaw(p int) string {
	return c.barAmend(vote{endorse: endorse{base: c.of(p).amend.base, amend: p}}, c.w.whole())
}

// compareCount compares how far a matter has come.
func (e *engine) compareCount(st *state, ballot vote, n charter.Count) error {
	voters := st.c.voters(ballot, st.c.votesOn(ballot, st.s, nil))
	if got := e.keys(n.Voters); got != voters {
		return fmt.Errorf("voters are %b, the twin says %b", got, voters)
	}
	ch := st.c.charter(ballot.base)
	for _, room := range ch.chambers {
		have, need := (voters & room.keys).len(), ch.need(ballot.on(), room)
		if have >= need {
			continue
		}
		if n.Chamber != room.name || n.Have != have || n.Need < need || e.keys(n.Silent) != room.keys&^voters {
			return fmt.Errorf("count is %+v, the twin says %d of %d in %q", n, have, need, room.name)
		}
		return nil
	}
	if n.Chamber != "" {
		return fmt.Errorf("count is %+v, the twin misses nothing", n)
	}
	return nil
}

// compareCharter compares the charter of an epoch.
func (e *engine) compareCharter(want *charterOf, p int) error {
	got, ok := e.j.CharterOf(e.w.id(p))
	if !ok {
		return fmt.Errorf("no charter of %d", p)
	}
	members := map[string]set{}
	for _, room := range want.chambers {
		members[room.name] = room.keys
	}
	same := got.Mode == want.mode && slices.Equal(got.Terms, want.terms) && len(got.Members) == len(members) &&
		share{got.Accept.Num, got.Accept.Den} == want.accept && share{got.Amend.Num, got.Amend.Den} == want.amend &&
		(len(got.Moderators) == 0) == want.everyMember && (want.everyMember || e.keys(got.Moderators) == want.moderators)
	for name, keys := range got.Members {
		same = same && e.keys(keys) == members[name]
	}
	if !same {
		return fmt.Errorf("charter of %d is %+v, the twin says %+v", p, got, want)
	}
	return nil
}

// compareAccepts compares the matters of accepts and redactions.
func (e *engine) compareAccepts(st *state) error {
	type matter struct {
		on   string
		base int
		list set
	}
	twin := map[matter]vote{}
	by := map[matter]set{}
	stands := map[matter]bool{}
	of0 := func(v vote) matter { return matter{v.on(), v.base, of(v.accept...) | of(v.redact...)} }
	for x := range st.s.all() {
		for _, v := range st.c.of(x).votes {
			if r := st.c.judge(v); v.on() != "amend" && r.counts() {
				v.no = false
				twin[of0(v)] = v
				if r.reason == ratified {
					by[of0(v)] |= of(x)
				}
			}
		}
	}
	for _, v := range st.standing {
		stands[of0(v)] = true
	}
	n := 0
	for a := range e.j.Accepts() {
		m := matter{"accept", e.number(a.Base), e.numbers(a.Heads)}
		if a.Matter == charter.Redacting {
			m.on = "redact"
		}
		v, ok := twin[m]
		if n++; !ok {
			return fmt.Errorf("matter %v is unknown to the twin", m)
		}
		if got := e.numbers(a.By); got != by[m] || a.Stands != stands[m] {
			return fmt.Errorf("matter %v passed by %b, stands %v, the twin says %b, %v", m, got, a.Stands, by[m], stands[m])
		}
		if err := e.compareCount(st, v, a.Count); err != nil && m.on == "accept" {
			return fmt.Errorf("matter %v: %w", m, err)
		}
	}
	if n != len(twin) {
		return fmt.Errorf("%d matters, the twin has %d", n, len(twin))
	}
	return nil
}

// compareProposals compares the groups.
func (e *engine) compareProposals(st *state) error {
	twin := map[int]set{}
	for x := range st.s.all() {
		if g := st.c.group(x); g >= 0 {
			twin[g] |= of(x)
		}
	}
	n := 0
	for p := range e.j.Proposals() {
		g := e.number(p.ID)
		n++
		var waits, heads set
		for x := range twin[g].all() {
			if st.verdicts[x] != effective {
				waits |= of(x)
			}
			last := true
			for y := range twin[g].all() {
				last = last && (x == y || !st.c.w.onChain(x, y))
			}
			if last {
				heads |= of(x)
			}
		}
		if e.numbers(p.Changes) != twin[g] || e.numbers(p.Waits) != waits || e.numbers(p.Heads) != heads {
			return fmt.Errorf("group %d is %b, heads %b, waits %b, the twin says %b, %b, %b", g,
				e.numbers(p.Changes), e.numbers(p.Heads), e.numbers(p.Waits), twin[g], heads, waits)
		}
	}
	if n != len(twin) {
		return fmt.Errorf("%d groups, the twin has %d", n, len(twin))
	}
	return nil
}
