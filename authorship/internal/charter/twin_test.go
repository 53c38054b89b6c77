package charter_test

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// The twin is the rules once more, written from their text and not from the engine:
// for a set of changes it works everything out from nothing, step by step, in the
// words of the text. What the text says to be a function of one past alone, such as
// the judgement of a vote, is remembered by that past; nothing else is.

// court judges the votes of a world.
type court struct {
	w        *world
	charters map[int]*charterOf
	ruled    map[voteID]ruling
	leaders  map[leading]int
	facts    []facts
}

// facts are what is read off one change and those before it on its own prev path.
type facts struct {
	root   int
	claim  *boundTo // in its form, of the root; nil: a person key
	person int      // whom the claim names, -1: none
	amend  *amend   // the one that stands in the change, nil: none
	votes  []vote   // in their form, by place; those void by a later one are left out
	other  []act    // the other acts in their form
	prop   bool
	void   set // by place: acts that are not in their form
}

func newCourt(w *world) *court {
	return &court{w: w, charters: map[int]*charterOf{}, ruled: map[voteID]ruling{}, leaders: map[leading]int{}}
}

// of reads a change.
func (c *court) of(i int) *facts {
	for len(c.facts) <= i {
		c.facts = append(c.facts, c.read(len(c.facts)))
	}
	return &c.facts[i]
}

func (c *court) read(i int) (f facts) {
	ch := c.w.changes[i]
	f.root, f.person = i, -1
	if ch.prev >= 0 {
		before := c.of(ch.prev)
		f.root, f.claim, f.person = before.root, before.claim, before.person
	}
	for k, a := range ch.acts {
		switch a := a.(type) {
		case boundTo:
			if ch.seq == 0 && f.claim == nil && c.w.key(a.person) != ch.key {
				f.claim, f.person = &a, c.w.key(a.person)
			}
		case amend:
			if f.amend == nil && c.amendForm(ch, a) {
				f.amend = &a
			} else {
				f.void |= of(k)
			}
		case endorse:
			if c.voteForm(ch, a) {
				f.votes = append(f.votes, vote{voteID{i, k}, a})
			} else {
				f.void |= of(k)
			}
		case propose:
			f.prop = true
		case revoke:
			if c.w.key(a.key) != ch.key && c.within(ch, a.heads) {
				f.other = append(f.other, a)
			}
		case hide:
			if len(a.list) > 0 && c.within(ch, a.list) {
				f.other = append(f.other, a)
			}
		case bind:
			if c.w.key(a.key) != ch.key {
				f.other = append(f.other, a)
			}
		case grant:
			f.other = append(f.other, a)
		}
	}
	f.votes = lastOfMatter(f.votes, i, &f.void)
	return f
}

// lastOfMatter keeps of votes of one change on one base and matter the last.
func lastOfMatter(votes []vote, change int, void *set) (out []vote) {
	for k, v := range votes {
		if slices.ContainsFunc(votes[k+1:], v.sameMatter) {
			*void |= of(v.at.place)
		} else {
			out = append(out, v)
		}
	}
	return out
}

// within tells whether an act of ch may name these changes: they are in its past.
func (c *court) within(ch *change, list []int) bool {
	return !slices.ContainsFunc(list, func(x int) bool { return !ch.past.has(x) })
}

// amendForm: what it names is in its past, and its base is the genesis or an amend.
func (c *court) amendForm(ch *change, a amend) bool {
	if !ch.past.has(a.base) || a.base != 0 && c.of(a.base).amend == nil {
		return false
	}
	for _, cut := range a.cuts {
		if !c.within(ch, cut.heads) {
			return false
		}
	}
	return true
}

// voteForm: heads and targets are in its past, and no head is a part. Base and amend
// may be anything; they have reasons of their own.
func (c *court) voteForm(ch *change, e endorse) bool {
	if slices.ContainsFunc(e.accept, func(h int) bool { return c.within(ch, e.accept) && c.w.changes[h].more }) {
		return false
	}
	return c.within(ch, e.accept) && c.within(ch, e.redact) &&
		(e.accept == nil || len(e.accept) > 0) && (e.redact == nil || len(e.redact) > 0)
}

// isEpoch tells whether a change can be a base.
func (c *court) isEpoch(i int) bool { return i == 0 || i > 0 && c.of(i).amend != nil }

// covers tells whether x is on the prev path of one of heads.
func (c *court) covers(heads []int, x int) bool {
	return slices.ContainsFunc(heads, func(h int) bool { return c.w.onChain(x, h) })
}

// group is the proposal to which a change belongs, -1: none. A part of an Update that
// says none is of that of the part before.
func (c *court) group(x int) int {
	ch := c.w.changes[x]
	switch {
	case c.of(x).prop:
		return x
	case ch.tag < 0 && ch.prev >= 0 && c.w.changes[ch.prev].more:
		return c.group(ch.prev)
	}
	return ch.tag
}

// less orders changes by CID.
func (c *court) less(a, b int) bool {
	return bytes.Compare(c.w.id(a).Bytes(), c.w.id(b).Bytes()) < 0
}

// charterOf is the charter of an epoch.
type charterOf struct {
	mode          string
	terms         []string
	chambers      []chamber // by name
	moderators    set
	everyMember   bool // moderates
	accept, amend share
}

type chamber struct {
	name string
	keys set
}

// members are those of all chambers.
func (ch *charterOf) members() (s set) {
	for _, c := range ch.chambers {
		s |= c.keys
	}
	return s
}

// charter is a function of the amend alone.
func (c *court) charter(p int) *charterOf {
	ch := c.charters[p]
	if ch == nil {
		if p == 0 {
			ch = c.first()
		} else {
			ch = c.next(c.charter(c.of(p).amend.base), c.of(p).amend)
		}
		c.charters[p] = ch
	}
	return ch
}

func (c *court) keys(names []string) (s set) {
	for _, n := range names {
		s |= of(c.w.key(n))
	}
	return s
}

// first is the charter of the genesis.
func (c *court) first() *charterOf {
	g := c.w.genesis
	ch := &charterOf{mode: g.mode, terms: g.terms, moderators: c.keys(g.moderators), everyMember: g.moderators == nil}
	ch.accept, ch.amend = share{0, 1}, share{1, 2}
	if g.accept != nil {
		ch.accept = *g.accept
	}
	if g.amend != nil {
		ch.amend = *g.amend
	}
	if ch.mode == "" {
		ch.mode = "direct"
	}
	if g.chambers == nil {
		ch.chambers = []chamber{{"members", of(c.w.changes[0].key)}}
	}
	for _, name := range slices.Sorted(maps.Keys(g.chambers)) {
		ch.chambers = append(ch.chambers, chamber{name, c.keys(g.chambers[name])})
	}
	return ch
}

// next is base with the fields of a replaced, then admit, then who is removed or cut
// taken out.
func (c *court) next(base *charterOf, a *amend) *charterOf {
	ch := *base
	ch.chambers = slices.Clone(base.chambers)
	if a.mode != "" {
		ch.mode = a.mode
	}
	if a.terms != nil || a.noTerms {
		ch.terms = a.terms
	}
	if a.moderators != nil {
		ch.moderators = c.keys(a.moderators)
		ch.everyMember = len(a.moderators) == 0
	}
	if a.accept != nil {
		ch.accept = *a.accept
	}
	if a.amend != nil {
		ch.amend = *a.amend
	}
	for name, keys := range a.admit {
		k := slices.IndexFunc(ch.chambers, func(x chamber) bool { return x.name == name })
		if k < 0 {
			k = len(ch.chambers)
			ch.chambers = append(ch.chambers, chamber{name: name})
		}
		ch.chambers[k].keys |= c.keys(keys)
	}
	slices.SortFunc(ch.chambers, func(a, b chamber) int { return strings.Compare(a.name, b.name) })
	gone := c.keys(a.remove)
	for _, cut := range a.cuts {
		gone |= of(c.w.key(cut.key))
	}
	for k := range ch.chambers {
		ch.chambers[k].keys &^= gone
	}
	if !ch.everyMember {
		ch.moderators &^= gone
		ch.everyMember = ch.moderators == 0
	}
	return &ch
}
