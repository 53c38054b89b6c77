package charter_test

// Scenarios beyond the table, for what its lines do not tell apart.
var moreScenarios = []scenario{
	{"shares are rounded up", func() *story {
		s := tell("ABC", genesis{mode: "propose", accept: &share{1, 2}})
		x := s.do("X")
		a := s.accept("A", 0, x)
		s.ruled(noQuorum, a)
		s.see("B", a)
		s.ruled(ratified, s.accept("B", 0, x))
		s.verdict(effective, x)
		return s
	}},
	{"a member's key that only claims to be a device", func() *story {
		s := tell("AB", genesis{mode: "propose"})
		b := s.do("B", boundTo{person: "A"})
		s.mine("B", b)
		s.verdict(notMember, b)
		s.do("A", bind{key: "B"})
		s.verdict(effective, b)
		return s
	}},
	{"enough agree but not the branches of the voter", func() *story {
		s, p1, p2 := twoProposals("ABC")
		s.fork("B2", "B", s.hand("B").tip)
		a := s.vote("A", p1)
		c := s.vote("C", p1)
		b2 := s.vote("B2", p2)
		s.see("B", a, c, b2)
		s.ruled(noQuorum, s.vote("B", p1))
		s.on()
		s.see("A", c)
		s.ruled(ratified, s.vote("A", p1))
		s.on(p1)
		return s
	}},
	{"an epoch ratified elsewhere", func() *story {
		s := tell("AB", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		q := s.do("A", amend{base: p, mode: "direct"})
		v := s.pass(p, "A", "B")
		s.see("A", q)
		s.ruled("BaseNotRatified", s.vote("A", q))
		s.see("A", v)
		s.ruled(noQuorum, s.vote("A", q))
		return s
	}},
	{"a further ratify has seen more", func() *story {
		s := tell("AB", genesis{})
		x := s.do("X")
		p := s.do("A", amend{base: 0, mode: "propose"})
		a, b := s.vote("A", p), s.vote("B", p)
		s.see("A", b)
		s.ruled(ratified, s.vote("A", p))
		s.verdict(notMember, x)
		s.see("B", a, x)
		s.ruled(ratified, s.vote("B", p))
		s.verdict(effective, x)
		s.on(p)
		return s
	}},
	{"cuts go with the epoch that loses", func() *story {
		s := tell("ABC", genesis{})
		x := s.do("X")
		s.fork("B2", "B", -1)
		p := s.do("A", amend{base: 0, cuts: []cut{{"X", nil}}})
		s.pass(p, "A", "B")
		s.verdict(revoked, x)
		q := s.do("C", amend{base: 0, accept: &share{1, 2}})
		s.ruled(ratified, s.pass(q, "C", "B2"))
		s.see("C", s.hand("B2").tip)
		s.do("C")
		s.do("B2")
		s.verdict(effective, x)
		s.on(q)
		return s
	}},
	{"who has met one decision stays with it", func() *story {
		s, p1, p2 := switched()
		a := s.vote("A", p1)
		s.see("B", s.hand("C").tip)
		b := s.vote("B", p2)
		s.see("A", b)
		s.see("B", a)
		s.do("A")
		s.do("B")
		lead, other := s.firstByCID(p1, p2)
		s.stands("contested", lead)
		s.stands("superseded", other)
		s.see("C", s.hand("A").tip, s.hand("B").tip)
		s.do("C")
		s.stands("final", lead)
		return s
	}},
	{"who is removed moderates no more", func() *story {
		s := tell("ABC", genesis{moderators: []string{"C", "A"}})
		x := s.do("X")
		p := s.do("A", amend{base: 0, remove: []string{"C"}})
		s.see("C", x, s.pass(p, "A", "B"))
		s.do("C", hide{list: []int{x}})
		s.hides()
		s.see("A", x)
		s.do("A", hide{list: []int{x}})
		s.hides(x)
		return s
	}},
	{"an accept gives no licence", func() *story {
		s := tell("A", genesis{mode: "propose"})
		s.mute["X"] = true
		x := s.do("X", propose{})
		s.accept("A", 0, x)
		s.verdict(noTerms, x)
		s.do("X", grant{"MIT"})
		s.verdict(effective, x)
		return s
	}},
	{"a cut comes before a proposal", func() *story {
		s := tell("A", genesis{mode: "propose"})
		x := s.do("X", propose{})
		p := s.do("A", amend{base: 0, cuts: []cut{{"X", nil}}})
		s.vote("A", p)
		s.verdict(revoked, x)
		return s
	}},
	{"a cut takes hides and binds with it", func() *story {
		s := tell("ABC", genesis{mode: "propose"})
		x := s.do("X")
		d := s.do("D", boundTo{person: "C"})
		s.see("C", x)
		c := s.do("C", hide{list: []int{x}}, bind{key: "D"})
		s.hides(x)
		s.verdict(effective, d)
		s.see("A", c, d)
		p := s.do("A", amend{base: 0, cuts: []cut{{"C", nil}}})
		v := s.pass(p, "A", "B")
		s.hides()
		s.verdict(notMember, d)
		s.mine("D", d)
		s.see("A", v)
		s.accept("A", p, c)
		s.hides(x)
		s.mine("D", d) // an accept brings no bind back
		return s
	}},
	{"the last vote of a change stands", func() *story {
		s := tell("A", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		q := s.do("A", amend{base: 0, accept: &share{1, 2}})
		s.do("A", endorse{base: 0, amend: p}, endorse{base: 0, amend: q})
		s.on(q)
		return s
	}},
	{"parts of one Update propose together", func() *story {
		s := tell("A", genesis{})
		s.do("X")
		end := s.update("X", []act{propose{}}, nil)
		s.verdict(proposed, end)
		s.see("A", end)
		part := s.do("A", endorse{base: 0, accept: []int{end - 1}})
		s.is("a vote on a part is void", "1", func(st *state) string { return st.c.voids(part) })
		s.verdict(proposed, end)
		s.ruled(ratified, s.accept("A", 0, end))
		s.verdict(effective, end)
		return s
	}},
	{"wider terms ask nothing of who has not seen them", func() *story {
		s := tell("ABC", genesis{})
		p := s.do("A", amend{base: 0, terms: []string{"MIT", "CC0-1.0"}})
		s.pass(p, "A", "B")
		s.see("X", s.hand("B").tip)
		x := s.do("X", grant{"CC0-1.0"})
		late := s.do("Y")
		s.verdict(effective, x, late)
		return s
	}},
}
