package charter_test

// The scenarios about votes, rivals and forks.
var decisionScenarios = []scenario{
	{"T11", func() *story {
		s := tell("ABC", genesis{mode: "propose", accept: &share{2, 3}})
		h1 := s.do("X")
		h2 := s.do("X")
		a := s.accept("A", 0, h1)
		s.see("B", a)
		s.ruled(noQuorum, a)
		s.ruled(noQuorum, s.accept("B", 0, h2))
		s.verdict(notMember, h1, h2)
		return s
	}},
	{"T12", func() *story {
		s := tell("ABC", genesis{mode: "propose", accept: &share{2, 3}})
		h := s.do("X")
		s.accept("A", 0, h)
		back := s.do("A", endorse{base: 0, accept: []int{h}, no: true})
		s.ruled(withdrawn, back)
		s.see("B", back)
		s.ruled(noQuorum, s.accept("B", 0, h))
		s.verdict(notMember, h)
		return s
	}},
	{"T13", func() *story {
		s := tell("A", genesis{mode: "propose"})
		h := s.do("X", propose{})
		y0 := s.do("Y")
		y1 := s.join("Y", h)
		x2 := s.join("X", h)
		y2 := s.join("Y", h)
		s.accept("A", 0, x2, y1)
		s.verdict(effective, h, y1, x2)
		s.verdict(proposed, y2)
		s.verdict(notMember, y0)
		return s
	}},
	{"T14", func() *story {
		s, p1, p2 := twoProposals("ABC")
		s.see("C", s.pass(p1, "A"))
		s.ruled(noQuorum, s.vote("C", p2))
		s.see("B", s.hand("A").tip, s.hand("C").tip)
		s.ruled(ratified, s.vote("B", p1))
		s.on(p1)
		s.stands("lapsed", p2)
		return s
	}},
	{"T16", func() *story {
		s, p1, p2 := twoProposals("ABCD")
		s.ruled(noQuorum, s.pass(p1, "A", "B"))
		s.ruled(noQuorum, s.pass(p2, "C", "D"))
		s.on()
		s.see("C", s.hand("B").tip)
		s.ruled(ratified, s.vote("C", p1))
		s.on(p1)
		s.stands("ratified", p1)
		return s
	}},
	{"T15", func() *story {
		s := tell("AB", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		a, b := s.vote("A", p), s.vote("B", p)
		s.ruled(noQuorum, a)
		s.ruled(noQuorum, b)
		s.see("A", b)
		s.see("B", a)
		s.ruled(ratified, s.vote("A", p))
		s.ruled(ratified, s.vote("B", p))
		s.on(p)
		s.stands("final", p)
		return s
	}},
	{"T17", func() *story {
		s := tell("AB", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		s.vote("A", p)
		off := s.do("A", endorse{base: 0, amend: 0})
		s.ruled(withdrawn, off)
		s.see("B", off)
		s.ruled(noQuorum, s.vote("B", p))
		s.on()
		return s
	}},
	{"T26", func() *story {
		s := tell("A", genesis{})
		s.ruled("BadBase", s.do("A", endorse{base: alien, amend: alien}))
		s.ruled("BadProposal", s.do("A", endorse{base: 0, amend: alien}))
		x := s.do("A", endorse{base: 0, accept: []int{alien}})
		s.is("the vote is void", "1", func(st *state) string { return st.c.voids(x) })
		return s
	}},
	{"T27", func() *story {
		s, p1, p2 := twoProposals("ABC")
		s.fork("B2", "B", s.hand("B").tip)
		b, b2 := s.vote("B", p1), s.vote("B2", p2)
		s.see("A", b, b2)
		s.ruled(noQuorum, s.vote("A", p1))
		s.see("C", b, b2)
		s.ruled(noQuorum, s.vote("C", p2))
		s.on()
		return s
	}},
	{"T28", func() *story {
		s, p1, p2 := twoProposals("ABC")
		s.fork("B2", "B", s.hand("B").tip)
		s.see("A", s.vote("B", p1))
		s.see("C", s.vote("B2", p2))
		a, c := s.vote("A", p1), s.vote("C", p2)
		s.ruled(ratified, a)
		s.ruled(ratified, c)
		lead, other := s.firstByCID(p1, p2)
		s.stands("contested", lead)
		s.stands("superseded", other)
		s.see("B", a)
		s.see("B2", c)
		s.do("B")
		s.stands("final", p1) // B is not yet seen to disagree
		s.do("B2")
		s.stands("contested", lead)
		s.stands("superseded", other)
		return s
	}},
	{"T29", func() *story {
		s, p1, p2 := twoProposals("ABC")
		s.fork("B2", "B", s.hand("B").tip)
		s.see("B", s.vote("A", p1))
		s.ruled(ratified, s.vote("B", p1))
		s.see("A", s.hand("B").tip)
		s.do("A")
		s.stands("final", p1)
		s.see("C", s.vote("B2", p2)) // as if it had been before
		s.ruled(ratified, s.vote("C", p2))
		s.stands("final", p1)
		s.see("B2", s.hand("C").tip)
		s.do("B2")
		lead, other := s.firstByCID(p1, p2)
		s.stands("contested", lead)
		s.stands("superseded", other)
		return s
	}},
	{"T37", func() *story {
		s := tell("A", genesis{})
		s.fork("A2", "A", 0)
		p := s.do("A", amend{base: 0, admit: map[string][]string{"members": {"B", "C"}}})
		v := s.vote("A", p)
		s.stands("final", p)
		q := s.do("A2", amend{base: 0, mode: "propose"})
		w := s.vote("A2", q)
		lead, other := s.firstByCID(p, q)
		s.stands("contested", lead)
		s.stands("superseded", other)
		for _, n := range []string{"B", "C"} {
			s.see(n, v, w)
			s.do(n)
		}
		s.stands("contested", lead)
		return s
	}},
	{"T42", func() *story {
		s, p1, p2 := switched()
		a := s.vote("A", p1)
		s.see("B", s.hand("C").tip)
		b := s.vote("B", p2)
		s.see("C", a, b)
		s.do("C")
		lead, other := s.firstByCID(p1, p2)
		s.on(lead)
		s.stands("final", lead)
		s.stands("superseded", other)
		return s
	}},
}

// twoProposals begins a story: A's p1 and C's p2 on the genesis, which everybody has
// seen, and a change of each member.
func twoProposals(members string) (s *story, p1, p2 int) {
	s = tell(members, genesis{})
	p1 = s.do("A", amend{base: 0, mode: "propose"})
	p2 = s.do("C", amend{base: 0, accept: &share{1, 2}})
	s.see("B", p1, p2)
	s.do("B")
	return s, p1, p2
}

// voids are the places of the acts of a change that are not in their form, as bits.
func (c *court) voids(x int) string {
	return map[set]string{0: "0", 1: "1"}[c.of(x).void]
}
