package charter_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// wild writes a world by chance: members in one or two chambers, their devices and
// agents, and strangers; in every second world a third of the members fork their
// keys, backdate what they write and withhold it.
type wild struct {
	*world
	r       *rand.Rand
	c       *court
	flavour flavour
	members []string
	hands   []string // who writes; branches of one key are several
	forks   []string // names of members who may fork
	held    set      // changes that only their author's branch has seen
}

// flavour is what a world is mostly about.
type flavour int

const (
	everyday flavour = iota
	politics         // members vote on rivals and see little of each other
	founding         // one or two members change the charter often
	keyring          // devices, binds, revokes, grants
	flavours
)

// runWild writes the world of a seed.
func runWild(seed uint64) *world {
	r := rand.New(rand.NewPCG(seed, 20))
	g := &wild{r: r, flavour: flavour(seed / 2 % uint64(flavours))}
	g.begin(seed)
	for n := 14 + r.IntN(24); len(g.changes) < n; {
		switch k := r.IntN(24); {
		case k == 0 || k < 3 && g.flavour == founding:
			g.decide()
		case k == 3 || k < 6 && g.flavour == politics:
			g.intrigue()
		case k == 6:
			g.expel()
		default:
			g.step()
		}
	}
	return g.world
}

var licences = []string{"MIT", "CC0-1.0", "CC-BY-4.0", "GPL-3.0-only"}

// begin writes the genesis.
func (g *wild) begin(seed uint64) {
	r := g.r
	g.members = []string{"A", "B", "C", "D", "E"}[:3+r.IntN(3)]
	if g.flavour == founding {
		g.members = g.members[:1+r.IntN(2)]
	} else if g.flavour == politics {
		g.members = g.members[:3+r.IntN(2)]
	}
	conf := genesis{terms: licences[:1], mode: pick(r, "direct", "propose"), chambers: map[string][]string{"members": slices.Clone(g.members)}}
	if n := len(g.members); n > 1 && r.IntN(4) == 0 {
		k := 1 + r.IntN(n-1)
		conf.chambers = map[string][]string{"makers": slices.Clone(g.members[:k]), "readers": slices.Clone(g.members[k-r.IntN(2):])}
	}
	if r.IntN(4) == 0 {
		conf.moderators = pick(r, []string{"A"}, []string{"X"}, []string{"B", "X"})
	}
	conf.accept = pick(r, nil, nil, &share{1, 2}, &share{2, 3}, &share{1, 1})
	conf.amend = pick(r, nil, nil, nil, &share{2, 3}, &share{1, 4})
	g.world = found("A", conf)
	g.luck = fmt.Sprint("wild ", seed)
	g.c = newCourt(g.world)
	g.hands = slices.Concat(g.members, g.members, g.members)
	switch g.flavour {
	case everyday:
		g.hands = append(g.hands, "X", "Y", "D1", "D2", "G1")
	case politics:
		g.hands = append(g.hands, "X")
	case founding:
		g.hands = append(g.hands, g.members...)
		g.hands = append(g.hands, "X", "Y", "B", "D1", "G1")
	case keyring:
		g.hands = append(g.members, "A", "X", "D1", "D1", "D2", "D2", "G1")
	}
	if seed%2 == 1 {
		r.Shuffle(len(g.members), func(i, j int) { g.members[i], g.members[j] = g.members[j], g.members[i] })
		g.forks = slices.Clone(g.members[:max(1, len(g.members)/3)])
		if g.flavour == keyring {
			g.forks = append(g.forks, "D1")
		}
	}
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// step writes one change; before, its author may have read others.
func (g *wild) step() {
	r := g.r
	who := g.hands[r.IntN(len(g.hands))]
	if len(g.forks) > 0 && r.IntN(6) == 0 {
		who = g.misbehave()
	}
	h := g.hand(who)
	reads := r.IntN(6)
	if g.flavour == politics {
		reads = min(reads, 4-r.IntN(3))
	}
	switch reads {
	case 0:
	case 1, 2:
		if i := r.IntN(len(g.changes)); !g.changes[i].more && g.changes[i].past&g.held == 0 && !g.held.has(i) {
			g.see(who, i)
		}
	default:
		for i := range g.changes {
			if !g.held.has(i) && g.changes[i].past&g.held == 0 {
				g.see(who, i)
			}
		}
	}
	var acts []act
	if h.tip < 0 {
		acts = g.opening(who)
	} else {
		acts = g.acts(h)
	}
	for r.IntN(8) == 0 {
		acts = append(acts, g.acts(h)...)
	}
	tag := -1
	if r.IntN(12) == 0 {
		tag = g.some(h.seen, func(i int) bool { return g.c.of(i).prop })
	}
	i := g.write(h, tag, acts)
	if r.IntN(16) == 0 {
		g.changes[i].more = true
		g.c = newCourt(g.world) // what was read of the change is no more so
		i = g.write(h, -1, g.acts(h))
	}
	if slices.Contains(g.forks, g.keys[h.key]) && r.IntN(4) == 0 {
		g.held |= of(i)
	}
	if r.IntN(8) == 0 { // what was withheld comes out
		g.held = 0
	}
}

// misbehave makes a new branch of the key of a member who forks, or goes on with an
// old one.
func (g *wild) misbehave() string {
	name := pick(g.r, g.forks...)
	mine := g.chain(name)
	branch := fmt.Sprint(name, "'", g.r.IntN(3))
	if _, ok := g.parties[branch]; ok {
		return branch
	}
	if len(mine) == 0 {
		return name
	}
	if at := mine[g.r.IntN(len(mine))]; g.changes[at].more {
		return name
	} else if g.r.IntN(6) > 0 {
		g.fork(branch, name, at)
	} else {
		g.fork(branch, name, -1)
	}
	if g.r.IntN(2) == 0 { // it saw one thing more than then
		g.see(branch, g.r.IntN(len(g.changes)))
	}
	g.hands = append(g.hands, branch)
	return branch
}

// chain are all changes of the key of that name.
func (g *wild) chain(name string) (out []int) {
	for i, ch := range g.changes {
		if ch.key == g.key(name) {
			out = append(out, i)
		}
	}
	return out
}

// opening is what the first change of a chain says.
func (g *wild) opening(who string) (acts []act) {
	r := g.r
	key := g.keys[g.hand(who).key]
	owner := pick(r, g.members...)
	switch {
	case key[0] == 'D' && len(key) > 1:
		acts = append(acts, boundTo{person: pick(r, owner, owner, "X"), sig: r.IntN(3), agent: r.IntN(8) == 0})
	case key[0] == 'G':
		acts = append(acts, boundTo{person: owner, agent: true, sig: r.IntN(3)})
	case r.IntN(20) == 0 || who != key && r.IntN(3) == 0:
		acts = append(acts, boundTo{person: pick(r, "X", owner), sig: r.IntN(2)})
	}
	if r.IntN(5) > 0 {
		acts = append(acts, grant(licences[:1+r.IntN(2)]))
	}
	return acts
}

// some is a change of a set by chance for which f holds, -1 for none.
func (g *wild) some(s set, f func(i int) bool) int {
	var all []int
	for i := range s.all() {
		if f(i) {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return -1
	}
	return all[g.r.IntN(len(all))]
}

// base is the tip as a branch sees it, and now and then another epoch.
func (g *wild) base(h *hand) int {
	path := g.c.path(h.seen)
	if g.r.IntN(10) == 0 {
		if p := g.some(h.seen, g.c.isEpoch); p >= 0 {
			return p
		}
	}
	return path[len(path)-1].p
}

// acts are what a branch writes next.
func (g *wild) acts(h *hand) []act {
	r := g.r
	base := g.base(h)
	ch := g.c.charter(base)
	if ch.members().has(h.key) && r.IntN(5) > 1 {
		if v, ok := g.ballot(h, base); ok {
			return []act{v}
		}
	}
	amends := 2
	if g.flavour == politics || g.flavour == founding && ch.members().has(h.key) {
		amends = 9
	}
	if r.IntN(12) < amends {
		return []act{g.amendment(h, base)}
	}
	switch r.IntN(12) {
	case 0:
		return []act{propose{}}
	case 1, 2:
		return []act{grant(licences[r.IntN(2) : 2+r.IntN(3)])}
	case 3:
		return []act{hide{g.several(h.seen), r.IntN(2) == 0}}
	case 4:
		return []act{bind{pick(r, "D1", "D2", "G1", "X"), r.IntN(3) == 0}}
	case 5:
		return []act{g.revocation(h)}
	case 6, 7:
		return []act{endorse{base: base, accept: g.waiting(h), no: r.IntN(6) == 0}}
	case 8:
		return []act{endorse{base: base, redact: g.several(h.seen), no: r.IntN(8) == 0}}
	case 9:
		if t := g.some(h.seen, func(i int) bool { return true }); r.IntN(2) == 0 {
			return []act{endorse{base: base, amend: t, no: r.IntN(3) == 0}} // often void
		}
	}
	return nil
}

// several are one to three changes of a set, ascending.
func (g *wild) several(s set) (out []int) {
	var picked set
	for range 1 + g.r.IntN(3)/2 {
		picked |= of(g.some(s, func(int) bool { return true }))
	}
	return slices.Collect(picked.all())
}

// waiting are changes that are not effective, or any.
func (g *wild) waiting(h *hand) []int {
	st := g.c.eff(h.seen)
	x := g.some(h.seen, func(i int) bool { return st.verdicts[i] != effective })
	if cut := g.some(st.cut, func(int) bool { return true }); cut >= 0 && g.r.IntN(2) == 0 {
		x = cut
	}
	if x < 0 || g.r.IntN(4) == 0 {
		return g.several(h.seen)
	}
	return []int{x}
}

// revocation is of a device, mostly one that names the author.
func (g *wild) revocation(h *hand) act {
	d := g.some(h.seen, func(i int) bool { return g.c.of(i).person == h.key })
	if d < 0 || g.r.IntN(6) == 0 {
		return revoke{pick(g.r, "D1", "D2", "X"), nil}
	}
	return revoke{g.keys[g.changes[d].key], g.heads(h.seen, g.changes[d].key)}
}

// heads are none or one of the changes of a key, now and then of another.
func (g *wild) heads(s set, key int) []int {
	if x := g.some(s, func(i int) bool { return g.changes[i].key == key }); x >= 0 && g.r.IntN(3) > 0 {
		return []int{x}
	}
	if g.r.IntN(10) == 0 {
		return g.several(s)
	}
	return nil
}
