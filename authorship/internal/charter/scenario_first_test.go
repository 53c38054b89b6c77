package charter_test

// scenario is one line of the table of scenarios.
type scenario struct {
	name string
	tell func() *story
}

// The scenarios S1 to S12: from the first works.
var firstScenarios = []scenario{
	{"S1", func() *story {
		s := tell("A", genesis{})
		x := s.do("X")
		p := s.do("X", amend{base: 0, admit: map[string][]string{"members": {"X"}}})
		v := s.vote("X", p)
		s.verdict(effective, x, p, v)
		s.ruled("NotMember", v)
		s.on()
		return s
	}},
	{"S2", func() *story { return mutualRemoval(genesis{}) }},
	{"S2 low share", func() *story { return mutualRemoval(genesis{amend: &share{1, 4}}) }},
	{"S3", func() *story {
		s, p1, p2 := switched()
		a := s.vote("A", p1)
		s.ruled(ratified, a)
		s.stands("ratified", p1)
		s.see("B", s.hand("C").tip)
		b := s.vote("B", p2)
		s.ruled(ratified, b)
		lead, other := s.firstByCID(p1, p2)
		s.stands("contested", lead)
		s.stands("superseded", other)
		s.see("C", b)
		s.do("C")
		s.on(p2)
		s.stands("final", p2)
		s.stands("superseded", p1)
		return s
	}},
	{"S3b", func() *story {
		s, p1, p2 := switched()
		s.see("A", s.hand("C").tip)
		s.ruled(noQuorum, s.vote("A", p1))
		s.see("B", s.hand("C").tip)
		b := s.vote("B", p2)
		s.ruled(ratified, b)
		s.see("A", b)
		s.ruled("BaseUsed", s.vote("A", p1))
		s.on(p2)
		return s
	}},
	{"S4", func() *story {
		s := tell("A", genesis{})
		o := s.do("O")
		s.see("K", o)
		k10 := s.do("K", boundTo{person: "O", sig: 1})
		k11, k12, k15 := s.do("K"), s.do("K"), s.do("K")
		s.see("F", k15)
		f := s.do("F")
		s.see("O", k15)
		s.verdict(effective, k10, k11, k12, k15, f)
		s.do("O", revoke{"K", []int{k10}})
		s.verdict(effective, o, k10, f)
		s.verdict(revoked, k11, k12, k15)
		s.accept("A", 0, k12)
		s.verdict(effective, o, k10, k11, k12, f)
		s.verdict(revoked, k15)
		return s
	}},
	{"S5", func() *story {
		s := tell("ABC", genesis{})
		b := s.do("B")
		p := s.do("A", amend{base: 0, mode: "propose"})
		v := s.pass(p, "A", "B")
		s.ruled(ratified, v)
		s.see("A", v)
		q := s.do("A", amend{base: p, cuts: []cut{{"B", nil}}})
		s.stands("final", p)
		s.ruled(ratified, s.pass(q, "A", "C"))
		s.on(p, q)
		s.stands("final", p)
		s.verdict(revoked, b, v)
		return s
	}},
	{"S6", func() *story {
		s := tell("AB", genesis{mode: "propose"})
		h1 := s.do("X", propose{})
		s.verdict(proposed, h1)
		s.ruled(ratified, s.accept("A", 0, h1))
		h2 := s.join("X", h1)
		s.verdict(effective, h1)
		s.verdict(proposed, h2)
		return s
	}},
	{"S7", moderating},
	{"S8", func() *story {
		s := tell("AC", genesis{amend: &share{1, 2}})
		k0 := s.do("K")
		s.see("A", k0)
		s.see("C", k0)
		p := s.do("A", amend{base: 0, mode: "propose"})
		k1 := s.do("K")
		s.verdict(effective, k0, k1)
		v := s.pass(p, "C", "A")
		s.ruled(ratified, v)
		c := s.do("C") // without A's vote
		z := s.do("Z")
		s.verdict(effective, k0, c)
		s.verdict(notMember, k1, z)
		s.ruled(ratified, s.accept("A", p, k1))
		s.verdict(effective, k0, k1, c)
		s.verdict(notMember, z)
		return s
	}},
	{"S9", func() *story {
		s := tell("A", genesis{})
		p := s.do("A", amend{base: 0, admit: map[string][]string{"members": {"B", "C"}}})
		s.ruled(ratified, s.vote("A", p))
		q := s.do("A", amend{base: p, mode: "propose"})
		s.ruled(noQuorum, s.vote("A", q))
		r := s.do("A", amend{base: 0, mode: "propose"})
		s.ruled("BaseUsed", s.vote("A", r))
		s.on(p)
		s.stands("final", p)
		s.stands("open", q)
		s.stands("lapsed", r)
		return s
	}},
	{"S10", func() *story {
		s := tell("A", genesis{chambers: map[string][]string{"makers": {"A", "B"}, "readers": {"C", "D"}}})
		p := s.do("A", amend{base: 0, mode: "propose"})
		s.ruled(noQuorum, s.pass(p, "A"))
		s.ruled(noQuorum, s.pass(p, "A", "B"))
		s.see("C", s.hand("B").tip)
		s.ruled(noQuorum, s.pass(p, "C"))
		s.on()
		s.see("D", s.hand("C").tip)
		s.ruled(ratified, s.pass(p, "D"))
		s.on(p)
		return s
	}},
	{"S11a", func() *story {
		s := tell("ABC", genesis{})
		b0, c0 := s.do("B"), s.do("C")
		s.see("A", b0, c0)
		p := s.do("A", amend{base: 0, terms: []string{"MIT", "CC0-1.0"}})
		v := s.pass(p, "A", "C")
		s.ruled(ratified, v)
		s.see("A", v)
		a, c := s.do("A", grant{"CC0-1.0"}), s.do("C", grant{"CC0-1.0"})
		s.see("B", a, c)
		b := s.do("B")
		s.verdict(effective, b0, c0, a, c)
		s.verdict(noTerms, b)
		s.do("B", grant{"CC0-1.0"})
		s.verdict(effective, b0, b)
		return s
	}},
	{"S11b", func() *story { // the engine reads no text: a quote is an edit
		s := tell("AB", genesis{mode: "propose"})
		s.verdict(effective, s.do("B"))
		return s
	}},
	{"S12", func() *story {
		s := tell("AB", genesis{moderators: []string{"M"}})
		t := s.do("X")
		for _, n := range []string{"A", "B", "M"} {
			s.see(n, t)
		}
		u := s.do("X")
		s.see("M", u)
		x := s.do("X")
		s.see("M", x)
		h := s.do("M", hide{list: []int{t}})
		s.see("A", h)
		p := s.do("A", amend{base: 0, moderators: []string{"N"}})
		v := s.pass(p, "A", "B")
		s.do("M", hide{list: []int{u}}) // late
		s.hides(t)
		s.see("M", v)
		s.do("M", hide{list: []int{x}})
		s.hides(t)
		return s
	}},
}

// mutualRemoval is S2: A and C remove B, B and D remove A.
func mutualRemoval(g genesis) *story {
	s := tell("ABCD", g)
	p := s.do("A", amend{base: 0, remove: []string{"B"}})
	s.ruled(noQuorum, s.pass(p, "A", "C"))
	q := s.do("D", amend{base: 0, remove: []string{"A"}})
	s.ruled(noQuorum, s.pass(q, "D", "B"))
	s.on()
	s.stands("open", p)
	s.stands("open", q)
	return s
}

// switched is the beginning of S3: C votes for p1 and then for p2; A has seen the
// first vote only.
func switched() (s *story, p1, p2 int) {
	s = tell("ABC", genesis{})
	p1 = s.do("A", amend{base: 0, mode: "propose"})
	p2 = s.do("B", amend{base: 0, accept: &share{1, 2}})
	s.see("C", p1, p2)
	s.see("A", s.vote("C", p1))
	s.ruled(noQuorum, s.vote("C", p2))
	return s, p1, p2
}

// firstByCID orders two changes as rivals of equal support stand.
func (s *story) firstByCID(a, b int) (first, second int) {
	if newCourt(s.world).less(a, b) {
		return a, b
	}
	return b, a
}

// moderating is S7.
func moderating() *story {
	s := tell("ABC", genesis{})
	t := s.do("X")
	s.see("A", t)
	s.see("B", t)
	h := s.do("A", hide{list: []int{t}})
	s.hides(t)
	s.do("B", hide{list: []int{t}, off: true}) // concurrent
	s.hides(t)
	s.see("B", h)
	u := s.do("B", hide{list: []int{t}, off: true})
	s.hides()
	s.see("A", u)
	h = s.do("A", hide{list: []int{t}})
	s.hides(t)
	s.see("X", h)
	s.do("X", hide{list: []int{t}, off: true}) // a stranger
	s.hides(t)
	p := s.do("A", amend{base: 0, remove: []string{"C"}})
	v := s.pass(p, "A", "B")
	s.see("C", h)
	s.verdict(effective, s.do("C", hide{list: []int{t}, off: true})) // late
	s.ruled(ratified, v)
	s.hides(t)
	return s
}
