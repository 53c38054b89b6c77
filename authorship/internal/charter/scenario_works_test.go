package charter_test

import "fmt"

// The scenarios about terms, accepts, moderation and amends.
var workScenarios = []scenario{
	{"T18", func() *story {
		s := tell("A", genesis{})
		x0 := s.do("X")
		s.see("A", x0)
		p := s.do("A", amend{base: 0, terms: []string{"MIT", "CC0-1.0"}})
		s.vote("A", p)
		a := s.do("A", grant{"CC0-1.0"})
		s.see("X", a)
		x1 := s.do("X")
		s.verdict(noTerms, x1)
		q := s.do("A", amend{base: p, terms: []string{"MIT"}})
		s.see("X", s.vote("A", q))
		x2 := s.do("X")
		s.verdict(effective, x0, a, x2)
		s.verdict(noTerms, x1)
		r := s.do("A", amend{base: q, terms: []string{"CC0-1.0"}})
		s.ruled("GenesisTerms", s.vote("A", r))
		s.on(p, q)
		return s
	}},
	{"T19", func() *story {
		s := tell("A", genesis{})
		s.mute["X"], s.mute["D"] = true, true
		x := s.do("X")
		s.verdict(noTerms, x)
		d := s.do("D", boundTo{person: "X", sig: 1})
		s.verdict(noTerms, x, d)
		s.do("D", grant{"MIT"})
		s.verdict(effective, x, d)
		s.mute["Y"] = true
		y := s.do("Y")
		s.verdict(noTerms, y)
		s.do("Y", grant{"MIT"})
		s.verdict(effective, x, y)
		return s
	}},
	{"T20", func() *story {
		s := tell("A", genesis{})
		s.mute["X"] = true
		x := s.do("X")
		g := s.do("G", boundTo{person: "X", agent: true, sig: 1}, grant{"MIT"})
		s.verdict(noTerms, x, g)
		s.do("X", grant{"MIT"})
		s.verdict(effective, x, g)
		return s
	}},
	{"T21", func() *story {
		s := tell("A", genesis{terms: []string{"MIT"}})
		p := s.do("A", amend{base: 0, terms: []string{"MIT", "CC0-1.0"}})
		s.see("X", s.vote("A", p))
		x := s.do("X")
		d0 := s.do("D", boundTo{person: "X", sig: 1})
		s.verdict(noTerms, x)
		d := s.do("D", grant{"CC0-1.0"}) // the thief
		s.verdict(effective, x, d)
		s.see("X", d)
		s.do("X", revoke{"D", []int{d0}})
		s.verdict(noTerms, x)
		s.verdict(revoked, d)
		s.verdict(effective, d0) // it had not seen the wider terms
		return s
	}},
	{"T22", func() *story {
		s := tell("ABC", genesis{})
		x := s.do("X")
		s.see("A", x)
		a := s.do("A", endorse{base: 0, redact: []int{x}}, hide{list: []int{x}})
		s.ruled(noQuorum, a)
		s.hides(x)
		s.erases()
		s.see("B", a)
		s.ruled(ratified, s.do("B", endorse{base: 0, redact: []int{x}}))
		s.erases(x)
		s.verdict(effective, x)
		return s
	}},
	{"T23", func() *story { // a name is read by no rule
		s := tell("A", genesis{})
		x := s.do("X", raw{"name", nil})
		s.verdict(effective, x, s.do("X", raw{"name", nil}))
		return s
	}},
	{"T24", func() *story {
		s := tell("ABC", genesis{mode: "propose"})
		x := s.do("X")
		s.accept("A", 0, x)
		s.see("B", x)
		h := s.do("B", hide{list: []int{x}})
		s.verdict(effective, x)
		s.hides(x)
		s.see("C", h)
		s.do("C", hide{list: []int{x}, off: true})
		s.verdict(effective, x)
		s.hides()
		return s
	}},
	{"T25", func() *story {
		s := tell("A", genesis{})
		x := s.do("X")
		s.see("A", x)
		p := s.do("A", amend{base: 0, admit: map[string][]string{"members": {"X"}}})
		s.ruled("NotMember", s.vote("X", p))
		s.see("X", s.vote("A", p))
		q := s.do("X", amend{base: p, mode: "propose"})
		s.ruled(noQuorum, s.vote("X", q))
		s.see("A", s.hand("X").tip)
		s.ruled(ratified, s.vote("A", q))
		s.on(p, q)
		return s
	}},
	{"T30", func() *story {
		s := tell("AB", genesis{mode: "propose", accept: &share{1, 2}})
		x := s.do("X")
		p := s.do("A", amend{base: 0, admit: map[string][]string{"members": {"C", "D"}}})
		s.ruled(ratified, s.accept("B", 0, x))
		s.ruled(ratified, s.pass(p, "B", "A"))
		s.verdict(effective, x)
		return s
	}},
	{"T31", func() *story {
		s := tell("ABC", genesis{mode: "propose"})
		x := s.do("X")
		v := s.accept("C", 0, x)
		s.see("A", v)
		p := s.do("A", amend{base: 0, remove: []string{"C"}})
		s.ruled(ratified, s.pass(p, "A", "B"))
		s.verdict(effective, x)
		return s
	}},
	{"T32", func() *story {
		s := tell("A", genesis{mode: "propose"})
		old := s.do("X")
		p := s.do("A", amend{base: 0, mode: "direct"})
		v := s.vote("A", p)
		late := s.do("X")
		s.see("X", v)
		s.verdict(effective, s.do("X"))
		s.verdict(notMember, old, late)
		return s
	}},
	{"T33", func() *story {
		s := tell("AB", genesis{mode: "propose"})
		b := s.do("B", propose{})
		s.verdict(proposed, b)
		b2 := s.do("B")
		s.verdict(effective, b2)
		s.accept("B", 0, b)
		s.verdict(effective, b, b2)
		return s
	}},
	{"T36", func() *story {
		s := tell("ABC", genesis{})
		x := s.do("X")
		p := s.do("A", amend{base: 0, remove: []string{"C"}})
		s.see("C", x)
		h := s.do("C", hide{list: []int{x}})
		s.hides(x)
		s.pass(p, "A", "B")
		s.hides()
		s.verdict(effective, h)
		return s
	}},
	{"T38", func() *story {
		s := tell("A", genesis{})
		p := s.do("A", amend{base: 0, mode: "propose", terms: []string{"MIT", "CC0-1.0"}, admit: map[string][]string{"members": {"B"}}})
		s.ruled(ratified, s.vote("A", p))
		s.see("B", s.hand("A").tip)
		b := s.do("B", grant{"CC0-1.0"})
		s.see("X", s.hand("A").tip)
		s.verdict(effective, b)
		s.verdict(notMember, s.do("X"))
		return s
	}},
	{"T39", badAmends},
}

// badAmends is T39: each amend has what no charter may have.
func badAmends() *story {
	s := tell("AB", genesis{})
	b := s.do("B")
	s.see("A", b)
	many := map[string][]string{}
	var terms []string
	for k := range 17 {
		many[fmt.Sprint("chamber ", k)] = []string{"B"}
		terms = append(terms, fmt.Sprint("LicenseRef-", k))
	}
	terms[0] = "MIT"
	for _, bad := range []struct {
		reason string
		amend  amend
	}{
		{"BadCharter", amend{base: 0, mode: "dictate"}},
		{"BadCharter", amend{base: 0, noTerms: true}},
		{"BadCharter", amend{base: 0, accept: &share{3, 2}}},
		{"BadCharter", amend{base: 0, amend: &share{0, 0}}},
		{"BadCharter", amend{base: 0, amend: &share{1, 4097}}},
		{"BadCharter", amend{base: 0, admit: many}},
		{"BadCharter", amend{base: 0, terms: terms}},
		{"GenesisTerms", amend{base: 0, terms: []string{"CC0-1.0"}}},
		{"BadCut", amend{base: 0, cuts: []cut{{"B", []int{0}}}}},
		{"GenesisTerms", amend{base: 0, terms: []string{"CC0-1.0"}, cuts: []cut{{"B", []int{0}}}}},
	} {
		s.ruled(bad.reason, s.vote("A", s.do("A", bad.amend)))
	}
	s.ruled("BadProposal", s.do("A", endorse{base: 0, amend: b}))
	s.ruled("BadBase", s.do("A", endorse{base: b, amend: b}))
	p := s.do("A", amend{base: 0, mode: "propose"})
	q := s.do("A", amend{base: p, mode: "direct"})
	s.ruled("BaseNotRatified", s.vote("A", q))
	s.ruled("BadProposal", s.do("A", endorse{base: 0, amend: q}))
	s.on()
	s.stands("open", p)
	s.stands("open", q)
	return s
}
