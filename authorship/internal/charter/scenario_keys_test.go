package charter_test

// The scenarios about persons, keys, cuts and who may do what.
var keyScenarios = []scenario{
	{"T1", func() *story {
		s := tell("A", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		s.see("G", p)
		s.do("G", boundTo{person: "A", agent: true, sig: 1})
		s.ruled("NotPersonKey", s.vote("G", p))
		s.on()
		return s
	}},
	{"T2", func() *story {
		s := tell("A", genesis{mode: "propose"})
		g := s.do("G", boundTo{person: "A", agent: true, sig: 1})
		d := s.do("D", boundTo{person: "A", sig: 1})
		s.mine("A", g, d)
		s.verdict(notMember, g, s.do("G"))
		s.verdict(effective, d, s.do("D"))
		return s
	}},
	{"T3", func() *story {
		s := tell("AB", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose"})
		s.do("D", boundTo{person: "A", sig: 1})
		s.see("D", s.vote("A", p))
		s.ruled("NotPersonKey", s.vote("D", p))
		s.on()
		return s
	}},
	{"T4", func() *story {
		s := tell("A", genesis{mode: "propose"})
		x := s.do("X", boundTo{person: "A"})
		y := s.do("Y")
		wrong := s.do("W", boundTo{person: "A", sig: 2}) // signed as an agent
		s.verdict(notMember, x, y, wrong)
		s.mine("X", x)
		s.do("A", bind{key: "X"})
		s.verdict(effective, x)
		s.verdict(notMember, y, wrong)
		s.do("A", bind{key: "Y"})
		s.mine("A", x)
		s.mine("Y", y)
		s.mine("W", wrong)
		s.verdict(notMember, y, wrong)
		return s
	}},
	{"T5", func() *story {
		s := tell("ABC", genesis{})
		b0 := s.do("B")
		d := s.do("D", boundTo{person: "B", sig: 1})
		s.verdict(effective, d)
		thief := s.do("B", revoke{"D", nil})
		s.verdict(revoked, d)
		s.see("A", thief)
		p := s.do("A", amend{base: 0, admit: map[string][]string{"members": {"N"}}, cuts: []cut{{"B", []int{b0}}}})
		s.ruled(ratified, s.pass(p, "A", "C"))
		s.verdict(effective, b0, d)
		s.verdict(revoked, thief, s.do("B"))
		s.see("N", s.hand("C").tip)
		q := s.do("N", amend{base: p, mode: "propose"})
		s.ruled(noQuorum, s.vote("N", q))
		return s
	}},
	{"T6", func() *story {
		s := tell("A", genesis{})
		p := s.do("A", amend{base: 0, remove: []string{"A"}})
		s.ruled(ratified, s.vote("A", p))
		x := s.hand("A").tip
		s.see("X", x)
		s.verdict(effective, s.do("A"), s.do("X"))
		q := s.do("X", amend{base: p, admit: map[string][]string{"members": {"X"}}})
		s.ruled("NotMember", s.vote("X", q))
		s.ruled("NotMember", s.vote("A", q))
		s.ruled("NotMember", s.accept("A", p, q))
		s.on(p)
		return s
	}},
	{"T7", func() *story {
		s := tell("ABC", genesis{})
		p := s.do("A", amend{base: 0, remove: []string{"C"}})
		s.see("C", s.pass(p, "A", "B"))
		c := s.do("C")
		q := s.do("C", amend{base: p, mode: "propose"})
		s.verdict(effective, c)
		s.ruled("NotMember", s.vote("C", q))
		return s
	}},
	{"T8", func() *story {
		s := tell("ABC", genesis{mode: "propose"})
		x := s.do("X")
		p := s.do("A", amend{base: 0, remove: []string{"C"}})
		s.pass(p, "A", "B")
		c := s.do("C")
		s.ruled(ratified, s.accept("C", 0, x))
		s.verdict(notMember, c, x)
		return s
	}},
	{"T9", func() *story {
		s := tell("AB", genesis{})
		k1, k2 := s.do("K"), s.do("K")
		s.see("A", k2)
		p := s.do("A", amend{base: 0, cuts: []cut{{"K", []int{k1}}}})
		k3 := s.do("K")
		s.pass(p, "A", "B")
		s.verdict(effective, k1)
		s.verdict(revoked, k2, k3)
		return s
	}},
	{"T40", func() *story {
		s := tell("AB", genesis{})
		k1, k2 := s.do("K"), s.do("K")
		p := s.do("A", amend{base: 0, cuts: []cut{{"K", nil}}})
		s.ruled(ratified, s.accept("A", 0, k1))
		s.verdict(effective, k1, k2)
		s.see("A", s.pass(p, "A", "B"))
		s.verdict(revoked, k1, k2) // the accept is older
		s.accept("A", p, k1)
		s.verdict(effective, k1)
		s.verdict(revoked, k2)
		return s
	}},
	{"T45", func() *story {
		s := tell("ABM", genesis{mode: "propose"})
		spam := s.do("S")
		s.ruled(ratified, s.accept("M", 0, spam))
		s.verdict(effective, spam)
		s.see("A", s.hand("M").tip)
		p := s.do("A", amend{base: 0, cuts: []cut{{"M", nil}, {"S", nil}}})
		v := s.pass(p, "A", "B")
		s.verdict(revoked, spam)
		s.ruled(ratified, s.accept("M", 0, spam)) // late
		s.verdict(revoked, spam)
		s.see("A", v)
		s.accept("A", p, spam)
		s.verdict(effective, spam)
		return s
	}},
	{"T10", func() *story {
		s := tell("AB", genesis{mode: "propose"})
		for _, n := range []string{"X", "Y", "Z"} {
			x := s.do(n)
			p := s.do(n, amend{base: 0, admit: map[string][]string{"members": {n}}})
			v := s.vote(n, p)
			s.verdict(notMember, x, p, v)
			s.ruled("NotMember", v)
		}
		s.verdict(effective, s.do("B"))
		s.on()
		return s
	}},
	{"T34", func() *story {
		s := tell("A", genesis{})
		d := s.do("D", boundTo{person: "X", sig: 1})
		p := s.do("A", amend{base: 0, mode: "propose", admit: map[string][]string{"members": {"D"}}})
		s.see("D", s.vote("A", p))
		q := s.do("D", amend{base: p, mode: "direct"})
		s.ruled("NotPersonKey", s.vote("D", q))
		s.mine("X", d)
		s.verdict(notMember, q) // X is no member
		return s
	}},
	{"T35", func() *story {
		s := tell("A", genesis{})
		s.fork("K2", "K", -1)
		k := s.do("K", boundTo{person: "O", sig: 1})
		mine := s.do("K")
		other := s.do("K2", boundTo{person: "T", sig: 1})
		s.mine("O", k, mine)
		s.mine("T", other)
		s.see("T", mine, other)
		s.do("T", grant{"MIT"}, revoke{"K", nil})
		s.verdict(effective, mine)
		s.verdict(revoked, other)
		return s
	}},
	{"T41", func() *story {
		s := tell("A", genesis{})
		s.mute["L"] = true
		l := s.do("L")
		s.verdict(noTerms, l)
		s.see("D", l)
		d := s.do("D", boundTo{person: "L", sig: 1})
		s.verdict(effective, l, d)
		s.see("L", d)
		r := s.do("L", revoke{"D", nil})
		s.verdict(revoked, d)
		s.verdict(noTerms, l, r)
		s.accept("A", 0, d)
		s.verdict(effective, l, d, r)
		return s
	}},
	{"T43", func() *story {
		s := tell("A", genesis{mode: "propose"})
		d := s.do("D", boundTo{person: "A"})
		s.do("A", bind{key: "D"})
		s.verdict(effective, d)
		s.do("A", bind{key: "D", agent: true})
		late := s.do("D", boundTo{person: "A", agent: true, sig: 1}) // not its first change
		s.verdict(effective, d, late)
		s.mine("A", d, late)
		return s
	}},
	{"T44", func() *story {
		s := tell("A", genesis{mode: "propose"})
		l := s.do("L")
		s.see("D", l)
		d := s.do("D", boundTo{person: "L", sig: 1})
		s.ruled(ratified, s.accept("A", 0, d))
		s.verdict(effective, d)
		s.do("L", revoke{"D", nil})
		s.verdict(effective, d)
		return s
	}},
}
