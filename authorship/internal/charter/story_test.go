package charter_test

import (
	"fmt"
	"slices"
	"strings"
)

// story is a world that is written together with what it must lead to: an
// expectation is about the set of all changes written so far.
type story struct {
	*world
	wants []want
	mute  map[string]bool // keys that grant nothing by themselves
}

// want is one expectation about one closed set.
type want struct {
	in   set
	what string
	got  func(*state) string
	want string
}

// tell begins a story in a work of these members, a letter each, that the first founds.
func tell(members string, g genesis) *story {
	if g.terms == nil {
		g.terms = []string{"MIT"}
	}
	if g.chambers == nil && len(members) > 1 {
		g.chambers = map[string][]string{"members": strings.Split(members, "")}
	}
	return &story{world: found(members[:1], g), mute: map[string]bool{}}
}

// do writes a change; the first one of a key grants the terms of the genesis.
func (s *story) do(who string, acts ...act) int {
	return s.world.do(who, s.first(who, acts)...)
}

// join writes a change of a proposal.
func (s *story) join(who string, tag int, acts ...act) int {
	return s.world.join(who, tag, s.first(who, acts)...)
}

func (s *story) first(who string, acts []act) []act {
	if s.hand(who).tip < 0 && !s.mute[who] {
		acts = append(slices.Clone(acts), grant(s.genesis.terms))
	}
	return acts
}

// vote lets who see an amend and vote for it.
func (s *story) vote(who string, p int) int {
	s.see(who, p)
	return s.do(who, endorse{base: s.baseOf(p), amend: p})
}

// baseOf is the base of an amend.
func (s *story) baseOf(p int) int { return newCourt(s.world).of(p).amend.base }

// accept lets who see heads and vote to accept them.
func (s *story) accept(who string, base int, heads ...int) int {
	s.see(who, heads...)
	return s.do(who, endorse{base: base, accept: heads})
}

// pass lets the named vote for an amend one after the other, each seeing the votes
// before, and gives the last vote.
func (s *story) pass(p int, names ...string) int {
	v := p
	for _, n := range names {
		s.see(n, v)
		v = s.vote(n, p)
	}
	return v
}

// is writes an expectation down.
func (s *story) is(what, value string, got func(*state) string) {
	s.wants = append(s.wants, want{s.whole(), what, got, value})
}

// verdict expects a verdict of changes.
func (s *story) verdict(v verdict, list ...int) {
	for _, x := range list {
		s.is(fmt.Sprintf("verdict of %d", x), string(v), func(st *state) string { return string(st.verdicts[x]) })
	}
}

// ruled expects how the only vote of a change is judged.
func (s *story) ruled(reason string, x int) {
	s.is(fmt.Sprintf("vote of %d", x), reason, func(st *state) string { return st.ruling(x) })
}

// ruling is how the only vote of a change is judged.
func (st *state) ruling(x int) string {
	f := st.c.of(x)
	if len(f.votes) != 1 || f.void != 0 {
		return fmt.Sprintf("%d votes, void %b", len(f.votes), f.void)
	}
	return st.c.judge(f.votes[0]).reason
}

// on expects the amends of the path.
func (s *story) on(path ...int) {
	s.is("path", fmt.Sprint(path), func(st *state) string {
		out := []int{}
		for _, e := range st.path[1:] {
			out = append(out, e.p)
		}
		return fmt.Sprint(out)
	})
}

// stands expects the state of an amend.
func (s *story) stands(as string, p int) {
	s.is(fmt.Sprintf("state of %d", p), as, func(st *state) string { return st.amendState(p) })
}

// hides expects which changes are hidden.
func (s *story) hides(list ...int) {
	s.is("hidden", fmt.Sprint(of(list...)), func(st *state) string { return fmt.Sprint(st.hidden) })
}

// erases expects the changes whose words a decision erases.
func (s *story) erases(list ...int) {
	s.is("erased", fmt.Sprint(of(list...)), func(st *state) string { return fmt.Sprint(st.erased) })
}

// mine expects to whom changes belong.
func (s *story) mine(person string, list ...int) {
	for _, x := range list {
		s.is(fmt.Sprintf("person of %d", x), person, func(st *state) string {
			p, _ := st.person(x)
			return st.c.w.keys[p]
		})
	}
}

// amendState is how an amend stands.
func (st *state) amendState(p int) string {
	isRatified := st.c.isRatified(p, st.s)
	k := st.place(p)
	switch {
	case k > 0 && st.path[k].final():
		return "final"
	case k > 0 && st.path[k].rivals > 1:
		return "contested"
	case k > 0:
		return "ratified"
	case isRatified:
		return "superseded"
	case st.mayPass(st.c.of(p).amend.base):
		return "open"
	}
	return "lapsed"
}

// mayPass tells whether an epoch is the tip, or an amend that is open itself.
func (st *state) mayPass(base int) bool {
	if k := st.place(base); k >= 0 {
		return k == len(st.path)-1
	}
	return st.amendState(base) == "open"
}
