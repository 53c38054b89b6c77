package charter_test

import "slices"

// verdict is why a change is not effective, "" when it is.
type verdict string

// The verdicts.
const (
	effective verdict = ""
	revoked   verdict = "Revoked"
	proposed  verdict = "Proposed"
	notMember verdict = "NotMember"
	noTerms   verdict = "Terms"
)

// state is eff(S) with what led to it: the nine steps for one set.
type state struct {
	c    *court
	s    set
	path []epoch // 2 and 3

	cutD     []int          // 4: by change, the last epoch of the path that cuts it, 0 for none
	cut      set            // 5
	cutBy    []set          // by change: amends and revokes
	binds    []bond         // 6: those not cutD
	accepted set            // 7
	takenBy  []set          // by change: the votes that made it so
	standing []vote         // the accepts and redactions that stand
	erased   set            // by redactions that stand
	grants   map[int]strset // 8
	verdicts []verdict      // 9, by change; those outside the set are empty
	causes   []set          // by change that is not effective: changes that may be named
	hidden   set
}

type strset map[string]bool

// bond is a bind by a person key.
type bond struct {
	person, key int
	agent       bool
}

// eff works a set out.
func (c *court) eff(s set) *state { return c.suppose(s, nil) }

// suppose works a set out as if the members of the tip had accepted these heads too.
func (c *court) suppose(s set, heads []int) *state {
	n := len(c.w.changes)
	st := &state{c: c, s: s, path: c.path(s), cutD: make([]int, n), verdicts: make([]verdict, n)}
	st.cutBy, st.takenBy, st.causes = make([]set, n), make([]set, n), make([]set, n)
	st.findCuts()
	st.findBinds()
	st.findAccepted()
	st.take(heads, len(st.path)-1, 0)
	st.findGrants()
	st.judge()
	st.findHidden()
	return st
}

// author is the key of a change.
func (st *state) author(x int) int { return st.c.w.changes[x].key }

// findCuts: what a decision of the path cuts, and what a person's revoke does, itself
// not cut by a decision.
func (st *state) findCuts() {
	for n, e := range st.path[1:] {
		for _, cut := range st.c.of(e.p).amend.cuts {
			for x := range st.s.all() {
				if st.author(x) == st.c.w.key(cut.key) && !st.c.covers(cut.heads, x) {
					st.cutD[x] = n + 1
					st.cutBy[x] |= of(e.p)
				}
			}
		}
	}
	for x := range st.s.all() {
		if st.cutD[x] > 0 {
			st.cut |= of(x)
		}
	}
	for y := range st.s.all() {
		if st.cutD[y] > 0 || st.c.of(y).claim != nil {
			continue
		}
		for _, a := range st.c.of(y).other {
			r, ok := a.(revoke)
			if !ok {
				continue
			}
			for x := range st.s.all() {
				if st.author(x) == st.c.w.key(r.key) && st.c.of(x).person == st.author(y) && !st.c.covers(r.heads, x) {
					st.cut |= of(x)
					st.cutBy[x] |= of(y)
				}
			}
		}
	}
}

// findBinds finds the binds of person keys that no decision cuts.
func (st *state) findBinds() {
	for y := range st.s.all() {
		if st.cutD[y] > 0 || st.c.of(y).claim != nil {
			continue
		}
		for _, a := range st.c.of(y).other {
			if b, ok := a.(bind); ok {
				st.binds = append(st.binds, bond{st.author(y), st.c.w.key(b.key), b.agent})
			}
		}
	}
}

// person is whose a change is, and whether the key may act for that person: a person
// key, or a confirmed device.
func (st *state) person(x int) (person int, acts bool) {
	f := st.c.of(x)
	if f.claim == nil {
		return st.author(x), true
	}
	if f.claim.sig == 1 || slices.Contains(st.binds, bond{f.person, st.author(x), f.claim.agent}) {
		return f.person, !f.claim.agent
	}
	return st.author(x), false
}

// holds walks the epochs from the latest that is ratified in the past of x on: the
// right must hold in each, until one had seen x. Where it does not it names the epoch.
func (st *state) holds(x int, right func(e epoch) bool) (holds bool, without int) {
	from := st.since(x)
	for _, e := range st.path[from:] {
		if e.p != st.path[from].p && e.acc.has(x) {
			return true, 0
		}
		if !right(e) {
			return false, e.p
		}
	}
	return true, 0
}

// settled is the first epoch after those whose decision had seen x, -1 for none.
func (st *state) settled(x int) int {
	for _, e := range st.path[st.since(x)+1:] {
		if e.acc.has(x) {
			return e.p
		}
	}
	return -1
}

// since is the place on the path of the latest epoch ratified in the past of x.
func (st *state) since(x int) int {
	n := 0
	for k, e := range st.path {
		if e.ratifiedIn&st.c.w.changes[x].past != 0 {
			n = k
		}
	}
	return n
}

// place is where an epoch stands on the path, -1 when it does not.
func (st *state) place(p int) int {
	return slices.IndexFunc(st.path, func(e epoch) bool { return e.p == p })
}

// stands tells whether an accept or redaction stands: its base is on the path, and in
// each later epoch that had not seen it those of its voters who are still members
// would have met the share of the base.
func (st *state) stands(v vote) bool {
	base := st.place(v.base)
	if base < 0 {
		return false
	}
	voters := st.c.judge(v).voters
	for _, e := range st.path[base+1:] {
		if !e.acc.has(v.at.change) && !st.c.reached(st.path[base].charter, v.on(), voters&e.charter.members()) {
			return false
		}
	}
	return true
}

// findAccepted: for each head the changes of its group on its prev path, where no
// epoch after the base of the accept cuts them.
func (st *state) findAccepted() {
	for _, v := range st.c.ratifies(st.s) {
		if v.on() == "amend" || !st.stands(v) {
			continue
		}
		st.standing = append(st.standing, v)
		if v.on() == "redact" {
			st.erased |= of(v.redact...)
			continue
		}
		st.take(v.accept, st.place(v.base), of(v.at.change))
	}
}

// take accepts heads by the members of the epoch at place base.
func (st *state) take(heads []int, base int, by set) {
	for _, h := range heads {
		for y := h; y >= 0; y = st.c.w.changes[y].prev {
			if st.c.group(y) == st.c.group(h) && st.cutD[y] <= base {
				st.accepted |= of(y)
				st.takenBy[y] |= by
			}
		}
	}
}

// counts tells whether the acts of a change count as far as cuts go.
func (st *state) counts(x int) bool { return !st.cut.has(x) || st.accepted.has(x) }

// findGrants: of changes that count, not of agents. The genesis is a grant.
func (st *state) findGrants() {
	st.grants = map[int]strset{}
	for x := range st.s.all() {
		if f := st.c.of(x); !st.counts(x) || f.claim != nil && f.claim.agent {
			continue
		}
		p, _ := st.person(x)
		if st.grants[p] == nil {
			st.grants[p] = strset{}
		}
		if x == 0 {
			for _, t := range st.c.w.genesis.terms {
				st.grants[p][t] = true
			}
		}
		for _, a := range st.c.of(x).other {
			if g, ok := a.(grant); ok {
				for _, t := range g {
					st.grants[p][t] = true
				}
			}
		}
	}
}

// judge gives every change of the set its verdict.
func (st *state) judge() {
	for x := range st.s.all() {
		st.verdicts[x], st.causes[x] = st.verdict(x)
	}
}

// verdict is the verdict on a change, and what may be named as its cause.
func (st *state) verdict(x int) (v verdict, causes set) {
	person, acts := st.person(x)
	if !st.accepted.has(x) {
		ok, without := st.holds(x, func(e epoch) bool {
			return e.charter.mode == "direct" || acts && e.charter.members().has(person)
		})
		switch {
		case st.cut.has(x):
			return revoked, st.cutBy[x]
		case st.c.group(x) >= 0:
			return proposed, of(st.c.group(x))
		case !ok:
			return notMember, of(without)
		}
	}
	if len(st.missing(x, person)) > 0 {
		return noTerms, of(st.path[st.since(x)].p)
	}
	return effective, 0
}

// missing are the terms that a change requires and its person has not granted.
func (st *state) missing(x, person int) (out []string) {
	for _, t := range st.path[st.since(x)].charter.terms {
		if !st.grants[person][t] {
			out = append(out, t)
		}
	}
	return out
}

// findHidden: some standing hide names it, and no standing off has that hide in its
// past.
func (st *state) findHidden() {
	type said struct {
		by int
		hide
	}
	var on, off []said
	for y := range st.s.all() {
		person, acts := st.person(y)
		moderator := func(e epoch) bool {
			return acts && (e.charter.moderators.has(person) || e.charter.everyMember && e.charter.members().has(person))
		}
		for _, a := range st.c.of(y).other {
			h, ok := a.(hide)
			if !ok || !st.counts(y) {
				continue
			}
			if stands, _ := st.holds(y, moderator); stands && h.off {
				off = append(off, said{y, h})
			} else if stands {
				on = append(on, said{y, h})
			}
		}
	}
	for _, h := range on {
		for _, t := range h.list {
			if !slices.ContainsFunc(off, func(o said) bool {
				return slices.Contains(o.list, t) && st.c.w.changes[o.by].past.has(h.by)
			}) {
				st.hidden |= of(t)
			}
		}
	}
}
