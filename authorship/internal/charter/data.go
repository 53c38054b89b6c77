package charter

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// Limits of a charter. They decide which works open and which amends pass, so they may
// never differ between two programs.
const (
	maxMembers  = 4096 // all chambers together
	maxChambers = 16
	maxChamber  = 64   // bytes of the name of one
	MaxSource   = 4096 // bytes of where a work can be found
	maxShare    = 4096 // the lower number of a share
)

// The modes.
const (
	Direct  = "direct"  // what anybody writes is effective at once
	Propose = "propose" // what members write is; the rest waits to be accepted
)

// Share is a part of the members of a chamber: Num of Den of them.
type Share struct{ Num, Den int }

// good tells whether it is a share.
func (s Share) good() bool { return 0 <= s.Num && s.Num <= s.Den && 1 <= s.Den && s.Den <= maxShare }

// of is how many of n members it is, rounded up.
func (s Share) of(n int) int { return (n*s.Num + s.Den - 1) / s.Den }

// Charter is what holds in one epoch. It is immutable.
//
// Invariants:
//
//  1. Each chamber is strictly ascending, and all the union of them.
//  2. Moderators is strictly ascending; empty means every member.
type Charter struct {
	Mode          string
	Source        string // where the work can be found; never amended
	Terms         []string
	Members       map[string][]crdt.Author // by chamber
	Moderators    []crdt.Author
	Accept, Amend Share
	all           []crdt.Author
	bad           bool // an amend asks for what no charter has
	lacksGenesis  bool // terms of the genesis are missing
	names         []string
}

// ReadGenesis reads what a genesis says to the rules; ErrCharter for what they do not
// know.
func ReadGenesis(data crdt.Value, founder crdt.Author) (*Charter, error) {
	m := Fields(data, 2, "mode", "terms", "source", "members", "moderators", "accept", "amend")
	if m == nil {
		return nil, fmt.Errorf("authorship: the genesis says what these rules do not know: %w", ErrCharter)
	}
	c := &Charter{Accept: Share{0, 1}, Amend: Share{1, 2}, Members: map[string][]crdt.Author{"members": {founder}}}
	c.Mode, _ = m["mode"].(string)
	if c.Mode != Direct && c.Mode != Propose {
		return nil, fmt.Errorf("authorship: mode %v: %w", m["mode"], ErrCharter)
	}
	if source, there := m["source"]; there {
		s, ok := source.(string)
		if !ok || s == "" || len(s) > MaxSource {
			return nil, fmt.Errorf("authorship: source of the work: %w", ErrCharter)
		}
		c.Source = s
	}
	c.Terms = Texts(m["terms"])
	if err := CheckTerms(c.Terms); err != nil {
		return nil, err
	}
	ok := true
	if x, there := m["members"]; there {
		c.Members, ok = readChambers(x)
	}
	if x, there := m["moderators"]; there && ok {
		c.Moderators, ok = readKeys(x, false)
	}
	for name, to := range map[string]*Share{"accept": &c.Accept, "amend": &c.Amend} {
		if x, there := m[name]; there && ok {
			*to, ok = readShare(x)
			ok = ok && to.good()
		}
	}
	c.gather()
	if !ok || c.bad {
		return nil, fmt.Errorf("authorship: members and shares of the genesis: %w", ErrCharter)
	}
	return c, nil
}

// amended is the charter of an amend, a function of what it is based on and of what it
// says. genesis is the charter of the genesis, whose terms stay for ever.
func (c *Charter) amended(p *Amendment, genesis *Charter) *Charter {
	out := &Charter{
		Mode: c.Mode, Source: c.Source, Terms: c.Terms, Members: map[string][]crdt.Author{},
		Moderators: c.Moderators, Accept: c.Accept, Amend: c.Amend, bad: p.bad,
	}
	if p.Mode != "" {
		out.Mode = p.Mode
	}
	if p.Terms != nil {
		out.Terms = p.Terms
	}
	if p.Moderators != nil {
		out.Moderators = p.Moderators
	}
	if p.Accept != nil {
		out.Accept = *p.Accept
	}
	if p.Amend != nil {
		out.Amend = *p.Amend
	}
	gone := map[crdt.Author]bool{}
	for _, a := range p.Remove {
		gone[a] = true
	}
	for _, cut := range p.Cut {
		gone[cut.Key] = true
	}
	for name, list := range c.Members {
		out.Members[name] = without(list, gone)
	}
	for name, list := range p.Admit {
		out.Members[name] = union(out.Members[name], without(list, gone))
	}
	out.Moderators = without(out.Moderators, gone)
	out.lacksGenesis = slices.ContainsFunc(genesis.Terms, func(t string) bool {
		return !slices.ContainsFunc(out.Terms, func(s string) bool { return Fold(s) == Fold(t) })
	})
	out.gather()
	return out
}

// gather computes what follows from the fields.
func (c *Charter) gather() {
	c.names = slices.Sorted(maps.Keys(c.Members))
	for _, name := range c.names {
		c.all = union(c.all, c.Members[name])
		c.bad = c.bad || len(name) == 0 || len(name) > maxChamber
	}
	c.bad = c.bad || len(c.names) > maxChambers || len(c.all) > maxMembers || len(c.Moderators) > maxMembers
}

// All is every member, in the order of their keys. It must not be changed.
func (c *Charter) All() []crdt.Author { return c.all }

// Has tells whether a key is a member.
func (c *Charter) Has(a crdt.Author) bool { return contains(c.all, a) }

// Moderates tells whether a key is a moderator.
func (c *Charter) Moderates(a crdt.Author) bool {
	if len(c.Moderators) == 0 {
		return c.Has(a)
	}
	return contains(c.Moderators, a)
}

// Need is how many of n members of a chamber decide a matter.
func (c *Charter) Need(m Matter, n int) int {
	if m == Amending {
		return max(n/2+1, c.Amend.of(n))
	}
	return max(1, c.Accept.of(n))
}

// quorum tells whether voters decide a matter: in every chamber, none of which may be
// empty, and of a redaction two where there are two members. If not, short is where it
// fails first.
func (c *Charter) quorum(m Matter, voters map[crdt.Author]bool) (short shortfall, ok bool) {
	for _, name := range c.names {
		list := c.Members[name]
		have := 0
		for _, a := range list {
			if voters[a] {
				have++
			}
		}
		if need := c.Need(m, len(list)); have < need {
			return shortfall{name, have, need}, false
		}
	}
	if need := min(2, len(c.all)); m == Redacting && len(voters) < need {
		return shortfall{"", len(voters), need}, false
	}
	return shortfall{}, len(c.names) > 0
}

// shortfall is where a vote has no quorum; no chamber stands for all together.
type shortfall struct {
	chamber    string
	have, need int
}

// contains tells whether an ascending list has a key.
func contains(list []crdt.Author, a crdt.Author) bool {
	_, ok := slices.BinarySearchFunc(list, a, compare)
	return ok
}

// compare orders keys by their bytes.
func compare(a, b crdt.Author) int { return bytes.Compare(a[:], b[:]) }

// without is an ascending list without some keys.
func without(list []crdt.Author, gone map[crdt.Author]bool) []crdt.Author {
	if !slices.ContainsFunc(list, func(a crdt.Author) bool { return gone[a] }) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(a crdt.Author) bool { return gone[a] })
}

// union merges two ascending lists.
func union(a, b []crdt.Author) []crdt.Author {
	if len(a) == 0 {
		return b
	}
	out := slices.Concat(a, b)
	slices.SortFunc(out, compare)
	return slices.Compact(out)
}
