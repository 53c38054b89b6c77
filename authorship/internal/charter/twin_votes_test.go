package charter_test

import "slices"

// voteID names a vote: a change and the place of the act among its acts.
type voteID struct{ change, place int }

// vote is an endorse in its form.
type vote struct {
	at voteID
	endorse
}

// ruling is how a vote is judged, once for ever.
type ruling struct {
	reason string // ratify, or why not
	voters set    // who says the same, where it counts
}

// The reasons of votes. All but three are those of votes that do not count.
const (
	ratified  = "Ratify"
	noQuorum  = "NoQuorum"
	withdrawn = "Withdrawn"
)

// counts tells whether a vote counts.
func (r ruling) counts() bool {
	return r.reason == ratified || r.reason == noQuorum || r.reason == withdrawn
}

// on is what a vote is about.
func (v vote) on() string {
	switch {
	case v.accept != nil:
		return "accept"
	case v.redact != nil:
		return "redact"
	}
	return "amend"
}

// sameMatter: "the amend of this base", or the exact list of heads.
func (v vote) sameMatter(u vote) bool {
	return v.base == u.base && v.on() == u.on() && sameSet(v.accept, u.accept) && sameSet(v.redact, u.redact)
}

// says tells whether two votes on one matter say the same.
func (v vote) says(u vote) bool {
	return v.no == u.no && (v.on() != "amend" || v.endorse.amend == u.endorse.amend)
}

// against tells whether a vote takes back or says no.
func (v vote) against() bool { return v.no || v.on() == "amend" && v.endorse.amend == v.base }

func sameSet(a, b []int) bool { return of(a...) == of(b...) }

// judge judges a vote by its past alone.
func (c *court) judge(v vote) ruling {
	r, ok := c.ruled[v.at]
	if !ok {
		r.reason = c.bar(v)
		if r.reason == "" {
			r = c.count(v)
		}
		c.ruled[v.at] = r
	}
	return r
}

// bar is the first reason why a vote does not count, "" when it does.
func (c *court) bar(v vote) string {
	past := c.w.changes[v.at.change].past
	switch {
	case c.of(v.at.change).claim != nil:
		return "NotPersonKey"
	case !past.has(v.base) || !c.isEpoch(v.base):
		return "BadBase"
	case !c.charter(v.base).members().has(c.w.changes[v.at.change].key):
		return "NotMember"
	case v.base != 0 && !c.isRatified(v.base, past):
		return "BaseNotRatified"
	case len(c.ratifiedFrom(v.base, past)) > 0:
		return "BaseUsed"
	}
	if v.on() != "amend" || v.endorse.amend == v.base {
		return ""
	}
	return c.barAmend(v, past)
}

// barAmend is what is wrong with the amend that a vote is about.
func (c *court) barAmend(v vote, past set) string {
	p := v.endorse.amend
	if !past.has(p) || c.of(p).amend == nil || c.of(p).amend.base != v.base {
		return "BadProposal"
	}
	a, ch := c.of(p).amend, c.charter(p)
	good := func(s share) bool { return 0 <= s.n && s.n <= s.d && 1 <= s.d && s.d <= 4096 }
	if ch.mode != "direct" && ch.mode != "propose" || len(ch.terms) == 0 || len(ch.terms) > 16 ||
		!good(ch.accept) || !good(ch.amend) || len(ch.chambers) > 16 {
		return "BadCharter"
	}
	for _, t := range c.charter(0).terms {
		if !slices.Contains(ch.terms, t) {
			return "GenesisTerms"
		}
	}
	for _, cut := range a.cuts {
		for _, h := range cut.heads {
			if c.w.changes[h].key != c.w.key(cut.key) {
				return "BadCut"
			}
		}
	}
	return ""
}

// count finds who says what a vote says, and whether that is enough.
func (c *court) count(v vote) (r ruling) {
	me := c.w.changes[v.at.change]
	electorate := c.charter(v.base)
	r.voters = c.voters(v, c.votesOn(v, me.past, &v))
	r.reason = noQuorum
	if v.against() {
		r.reason = withdrawn
	} else if r.voters.has(me.key) && c.reached(electorate, v.on(), r.voters) {
		r.reason = ratified
	}
	return r
}

// votesOn are the counting votes on the matter of v in a set, and one more.
func (c *court) votesOn(v vote, s set, more *vote) (out []vote) {
	for x := range s.all() {
		for _, u := range c.of(x).votes {
			if u.sameMatter(v) && c.judge(u).counts() {
				out = append(out, u)
			}
		}
	}
	if more != nil {
		out = append(out, *more)
	}
	return out
}

// voters are the members whose prev-greatest votes of all these say what v says.
func (c *court) voters(v vote, all []vote) (out set) {
	var dissent set
	for _, u := range all {
		key := c.w.changes[u.at.change].key
		if slices.ContainsFunc(all, func(t vote) bool {
			return t.at.change != u.at.change && c.w.onChain(u.at.change, t.at.change)
		}) {
			continue // there is a greater one
		}
		if u.says(v) {
			out |= of(key)
		} else {
			dissent |= of(key)
		}
	}
	return out &^ dissent
}

// reached tells whether voters are enough in every chamber.
func (c *court) reached(ch *charterOf, on string, voters set) bool {
	if n := ch.members().len(); on == "redact" && n >= 2 && voters.len() < 2 {
		return false
	}
	for _, room := range ch.chambers {
		if (voters & room.keys).len() < ch.need(on, room) {
			return false
		}
	}
	return true
}

// need is how many of a chamber must agree.
func (ch *charterOf) need(on string, room chamber) int {
	if n := room.keys.len(); on == "amend" {
		return max(n/2+1, up(n, ch.amend))
	} else {
		return max(1, up(n, ch.accept))
	}
}

// up is a share of n, rounded up.
func up(n int, s share) int { return (n*s.n + s.d - 1) / s.d }

// ratifies yields the ratifies in a set.
func (c *court) ratifies(s set) (out []vote) {
	for x := range s.all() {
		for _, v := range c.of(x).votes {
			if c.judge(v).reason == ratified {
				out = append(out, v)
			}
		}
	}
	return out
}

// isRatified tells whether a set has a ratify of the amend p.
func (c *court) isRatified(p int, s set) bool {
	return slices.ContainsFunc(c.ratifies(s), func(v vote) bool { return v.on() == "amend" && v.endorse.amend == p })
}

// ratifiedFrom are the amends with that base that are ratified in a set.
func (c *court) ratifiedFrom(base int, s set) (out []int) {
	for _, v := range c.ratifies(s) {
		if p := v.endorse.amend; v.on() == "amend" && v.base == base && !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}
