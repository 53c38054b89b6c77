package charter_test

import "fmt"

// ballot is a vote on what is open and not yet said: mostly for what most are for.
func (g *wild) ballot(h *hand, base int) (act, bool) {
	r := g.r
	var best vote
	most := -1
	for x := range h.seen.all() {
		f := g.c.of(x)
		if f.amend != nil && f.amend.base == base && (g.c.flaw(x) == "" || r.IntN(20) == 0) {
			g.better(h, vote{endorse: endorse{base: base, amend: x}}, &best, &most)
		}
		for _, v := range f.votes {
			if v.base == base && !v.against() && v.on() != "amend" && g.c.judge(v).counts() {
				g.better(h, v, &best, &most)
			}
		}
	}
	switch {
	case most < 0:
		return nil, false
	case r.IntN(16) == 0:
		best.no = true
	case r.IntN(20) == 0 && best.on() == "amend":
		best.endorse.amend = base
	}
	return best.endorse, true
}

// better takes a vote over the best one so far if more members are for it, or by
// chance. Who is for something already votes again only where that may help.
func (g *wild) better(h *hand, v vote, best *vote, most *int) {
	all := g.c.votesOn(v, h.seen, nil)
	voters := g.c.voters(v, all)
	if voters.has(h.key) && !g.c.reached(g.c.charter(v.base), v.on(), voters) && g.r.IntN(10) > 0 {
		return
	}
	n := 2*voters.len() + g.r.IntN(3)
	if g.flavour == politics {
		n = g.r.IntN(4) + voters.len()
	}
	if n > *most {
		*best, *most = v, n
	}
}

// electors are the hands of the members of the tip as a hand sees it, in an order of
// chance: one branch of each, which has a first change.
func (g *wild) electors(h *hand) (base int, out []string) {
	path := g.c.path(h.seen)
	tip := path[len(path)-1]
	var met set
	for _, k := range g.r.Perm(len(g.hands)) {
		name := g.hands[k]
		m := g.hand(name)
		if tip.charter.members().has(m.key) && !met.has(m.key) && m.tip >= 0 {
			met |= of(m.key)
			out = append(out, name)
		}
	}
	return tip.p, out
}

// decide lets somebody propose an amend and the members vote for it one by one.
func (g *wild) decide() {
	h := g.hand(g.hands[g.r.IntN(len(g.hands))])
	base, who := g.electors(h)
	if h.tip < 0 || len(who) == 0 {
		return
	}
	last := g.write(h, -1, []act{g.amendment(h, base)})
	p := last
	for _, name := range who {
		g.see(name, last)
		last = g.write(g.hand(name), -1, []act{endorse{base: base, amend: p}})
	}
}

// expel lets a member accept or redact something while the others expel that member,
// and one of them accept it again.
func (g *wild) expel() {
	base, who := g.electors(g.hand(g.hands[0]))
	if len(who) < 3 {
		return
	}
	h := g.hand(who[0])
	key := g.keys[h.key]
	v := endorse{base: base, accept: g.waiting(h)}
	if g.r.IntN(4) == 0 {
		v = endorse{base: base, redact: v.accept}
	}
	a := amend{base: base, remove: []string{key}}
	if g.r.IntN(2) == 0 {
		a = amend{base: base, cuts: []cut{{key, g.heads(g.hand(who[1]).seen, h.key)}}}
	}
	p := g.write(g.hand(who[1]), -1, []act{a})
	late := g.write(h, -1, []act{v})
	last := p
	for _, name := range who[1:] {
		g.see(name, last)
		last = g.write(g.hand(name), -1, []act{endorse{base: base, amend: p}})
	}
	if g.r.IntN(2) == 0 {
		g.see(who[1], last, late)
		v.base = p
		g.write(g.hand(who[1]), -1, []act{v})
	}
}

// intrigue lets one member vote for one amend and then for another, on one branch or
// on two, before others who each see but one of the votes.
func (g *wild) intrigue() {
	base, who := g.electors(g.hand(g.hands[0]))
	if len(who) < 3 {
		return
	}
	first, second, traitor := who[0], who[1], who[2]
	p := g.write(g.hand(first), -1, []act{g.amendment(g.hand(first), base)})
	q := g.write(g.hand(second), -1, []act{g.amendment(g.hand(second), base)})
	h := g.hand(traitor)
	at := h.tip
	g.see(traitor, p)
	g.see(first, g.write(h, -1, []act{endorse{base: base, amend: p}}))
	if g.r.IntN(2) == 0 {
		name := fmt.Sprint(traitor, "'", len(g.changes))
		g.fork(name, traitor, at)
		g.hands = append(g.hands, name)
		traitor = name
		h = g.hand(name)
	}
	g.see(traitor, q)
	g.see(second, g.write(h, -1, []act{endorse{base: base, amend: q}}))
	for _, name := range who[3:] {
		if side := g.r.IntN(3); side < 2 {
			g.see(name, g.hand(who[side]).tip)
			v := endorse{base: base, amend: []int{p, q}[side]}
			g.see(who[side], g.write(g.hand(name), -1, []act{v}))
		}
	}
	g.write(g.hand(first), -1, []act{endorse{base: base, amend: p}})
	g.write(g.hand(second), -1, []act{endorse{base: base, amend: q}})
}

// amendment is one to three changes of a charter.
func (g *wild) amendment(h *hand, base int) act {
	r := g.r
	a := amend{base: base}
	for more := true; more; more = r.IntN(4) == 0 {
		switch r.IntN(12) {
		case 0, 1:
			a.mode = pick(r, "direct", "propose", "propose", "direct", "none")
		case 2:
			a.terms = pick(r, licences[:2], licences[:1], licences[:3], licences[:2], licences[1:2])
		case 3, 4:
			a.admit = map[string][]string{pick(r, "members", "makers", "readers"): {pick(r, "X", "Y", "D1", pick(r, g.members...))}}
		case 5, 6:
			a.remove = []string{pick(r, g.members...)}
		case 7:
			a.moderators = pick(r, []string{}, []string{"A"}, []string{"X"}, []string{"B", "Y"})
		case 8:
			a.accept = pick(r, &share{0, 1}, &share{1, 2}, &share{2, 3}, &share{1, 3}, &share{3, 2})
		case 9:
			a.amend = pick(r, &share{1, 2}, &share{1, 1}, &share{1, 4})
		default:
			key := g.keys[g.changes[g.some(h.seen, func(int) bool { return true })].key]
			a.cuts = []cut{{key, g.heads(h.seen, g.key(key))}}
		}
	}
	return a
}
