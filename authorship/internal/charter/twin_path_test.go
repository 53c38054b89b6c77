package charter_test

import "slices"

// leading asks who leads from a base in a set.
type leading struct {
	base int
	in   set
}

// leader is the first of the rivals from base in a set, -1: none.
func (c *court) leader(base int, s set) int {
	key := leading{base, s}
	p, ok := c.leaders[key]
	if !ok {
		p = -1
		rivals := c.ratifiedFrom(base, s)
		if len(rivals) > 0 {
			support := c.support(base, s)
			p = slices.MinFunc(rivals, func(a, b int) int {
				if d := support[b] - support[a]; d != 0 {
					return d
				}
				if c.less(a, b) {
					return -1
				}
				return 1
			})
		}
		c.leaders[key] = p
	}
	return p
}

// support is how many members of base support each amend in a set.
func (c *court) support(base int, s set) map[int]int {
	out := map[int]int{}
	for m := range c.charter(base).members().all() {
		if p := c.supports(m, base, s); p >= 0 {
			out[p]++
		}
	}
	return out
}

// supports is the amend from base that a member supports, -1: none. On each branch of
// the member's chain the earliest change counts that is, or has in its past, a
// ratify from base.
func (c *court) supports(m, base int, s set) int {
	choice := -1
	for x := range s.all() {
		ch := c.w.changes[x]
		if ch.key != m {
			continue
		}
		p := c.choice(x, base)
		if p < 0 || ch.prev >= 0 && c.choice(ch.prev, base) >= 0 {
			continue // nothing yet, or not the earliest
		}
		if choice >= 0 && choice != p {
			return -1
		}
		choice = p
	}
	return choice
}

// choice is the amend from base that a change is a ratify of, or else the first one
// in its past; -1: it is and has none.
func (c *court) choice(x, base int) int {
	for _, v := range c.of(x).votes {
		if v.on() == "amend" && v.base == base && c.judge(v).reason == ratified {
			return v.endorse.amend
		}
	}
	return c.leader(base, c.w.changes[x].past)
}

// epoch is one step of the path.
type epoch struct {
	p             int // genesis or amend
	charter       *charterOf
	acc           set
	support, of   int // for it among the members of its base; of is 0 for the genesis
	rivals        int // amends ratified from the same base, itself included
	ratifiedIn    set // changes with a ratify of it
	forkedMembers int // of its base, in the set
}

// final: more than half of the members of the base support it.
func (e epoch) final() bool { return 2*e.support > e.of }

// path is the way from the genesis in a set: steps 2 and 3.
func (c *court) path(s set) []epoch {
	out := []epoch{{charter: c.charter(0)}}
	for {
		base := out[len(out)-1].p
		p := c.leader(base, s)
		if p < 0 {
			return out
		}
		e := epoch{p: p, charter: c.charter(p), rivals: len(c.ratifiedFrom(base, s))}
		electorate := c.charter(base).members()
		e.support, e.of = c.support(base, s)[p], electorate.len()
		for _, v := range c.ratifies(s) {
			if v.on() == "amend" && v.endorse.amend == p {
				e.ratifiedIn |= of(v.at.change)
				e.acc |= c.w.changes[v.at.change].past
			}
		}
		for m := range electorate.all() {
			if c.forked(m, s) {
				e.forkedMembers++
			}
		}
		out = append(out, e)
	}
}

// forked tells whether a set has two changes of a key neither of which is on the
// prev path of the other.
func (c *court) forked(key int, s set) bool {
	var mine []int
	for x := range s.all() {
		if c.w.changes[x].key == key {
			mine = append(mine, x)
		}
	}
	for _, a := range mine {
		for _, b := range mine {
			if !c.w.onChain(a, b) && !c.w.onChain(b, a) {
				return true
			}
		}
	}
	return false
}
