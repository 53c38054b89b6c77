package cover

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// change is one change of a test history, named by its place in it; links and prev are earlier places.
type change struct {
	prev  int   // -1: none
	links []int // prev among them
}

// covered is the slow twin, written from the definition: start with all that is here, and remove what has a link outside
// or neither a signature nor a chain child inside, until nothing changes. (The applied stay by themselves.)
func covered(h []change, here, signed []bool) []bool {
	in := slices.Clone(here)
	for again := true; again; {
		again = false
		for x := range h {
			if !in[x] {
				continue
			}
			ok := signed[x]
			for y := range h {
				ok = ok || in[y] && h[y].prev == x
			}
			for _, l := range h[x].links {
				ok = ok && in[l]
			}
			if !ok {
				in[x], again = false, true
			}
		}
	}
	return in
}

// randomHistory makes up to max changes by up to 4 authors who fork now and then.
func randomHistory(r *rand.Rand, max int) []change {
	n := 1 + r.IntN(max)
	authors := 1 + r.IntN(4)
	forks, wide := r.IntN(3), 1+r.IntN(4)
	own := make([][]int, authors)
	h := make([]change, n)
	for i := range h {
		a := r.IntN(authors)
		c := change{prev: -1}
		if k := len(own[a]); k > 0 {
			c.prev = own[a][k-1]
			if r.IntN(6) < forks {
				c.prev = own[a][r.IntN(k)]
			}
			c.links = append(c.links, c.prev)
		}
		for k := r.IntN(wide); k > 0 && i > 0; k-- {
			l := i - 1 - r.IntN(min(i, 6))
			if !slices.Contains(c.links, l) {
				c.links = append(c.links, l)
			}
		}
		own[a] = append(own[a], i)
		h[i] = c
	}
	return h
}

// player drives a Set and the twin side by side.
type player struct {
	t      testing.TB
	h      []change
	set    *Set
	node   []Node // of those in the set
	place  map[Node]int
	here   []bool // applied or in the set
	gone   []bool // applied
	signed []bool // reported
	order  []int  // of Add
	seq    int
	log    []string
}

func newPlayer(t testing.TB, h []change) *player {
	n := len(h)
	return &player{t: t, h: h, set: NewSet(), node: make([]Node, n), place: map[Node]int{}, here: make([]bool, n),
		gone: make([]bool, n), signed: make([]bool, n), order: make([]int, n)}
}

// can tells whether x may be added: it is not here and its links are.
func (p *player) can(x int) bool {
	ok := !p.here[x]
	for _, l := range p.h[x].links {
		ok = ok && p.here[l]
	}
	return ok
}

func (p *player) add(x int, signed bool) {
	p.log = append(p.log, fmt.Sprintf("add %d %v", x, signed))
	prev := None
	var links []Node
	for _, l := range p.h[x].links {
		switch {
		case p.gone[l]:
		case l == p.h[x].prev && x%2 == 0:
			prev = p.node[l]
		case l == p.h[x].prev:
			prev = p.node[l]
			links = append(links, prev)
		default:
			links = append(links, p.node[l])
		}
	}
	p.here[x], p.signed[x] = true, signed
	p.seq++
	p.order[x] = p.seq
	n, out := p.set.Add(links, prev, signed)
	p.node[x] = n
	p.place[n] = x
	p.compare(out)
}

func (p *player) sign(x int) {
	p.log = append(p.log, fmt.Sprintf("sign %d", x))
	p.signed[x] = true
	p.compare(p.set.Sign(p.node[x]))
}

func (p *player) drop(x int) {
	p.log = append(p.log, fmt.Sprintf("drop %d", x))
	want := map[int]bool{x: true}
	for y := x + 1; y < len(p.h); y++ {
		for _, l := range p.h[y].links {
			if want[l] && p.here[y] {
				want[y] = true
			}
		}
	}
	out := p.set.Drop(p.node[x])
	if len(out) != len(want) || p.place[out[0]] != x {
		p.fail("dropped %d, want %v", len(out), want)
	}
	for _, n := range out {
		y := p.place[n]
		if !want[y] {
			p.fail("dropped %d", y)
		}
		delete(p.place, n)
		p.here[y], p.signed[y] = false, false
	}
	p.compare(nil)
}

// compare holds what came out against the twin, and the rest against its invariants.
func (p *player) compare(out []Node) {
	in := covered(p.h, p.here, p.signed)
	var want, got []int
	for x := range p.h {
		if in[x] && !p.gone[x] {
			want = append(want, x)
		}
		if p.gone[x] && !in[x] {
			p.fail("the twin takes back %d", x)
		}
	}
	slices.SortFunc(want, func(a, b int) int { return p.order[a] - p.order[b] })
	for _, n := range out {
		x := p.place[n]
		delete(p.place, n)
		p.gone[x] = true
		got = append(got, x)
	}
	if !slices.Equal(got, want) {
		p.fail("applied %v, want %v", got, want)
	}
	if p.set.Len() != len(p.place) {
		p.fail("%d blocked, want %d", p.set.Len(), len(p.place))
	}
	for n, x := range p.place {
		if l := p.set.Why(n); l != None && !slices.Contains(p.h[x].links, p.place[l]) {
			p.fail("%d waits for %d", x, p.place[l])
		}
	}
	if err := p.set.Check(); err != nil {
		p.fail("%v", err)
	}
}

func (p *player) fail(format string, args ...any) {
	p.t.Helper()
	p.t.Fatalf("%s\nhistory %+v\nevents %v", fmt.Sprintf(format, args...), p.h, p.log)
}

// play runs one random history: changes in any order that has links first, signatures with their change or later,
// drops, and what was dropped again. It returns the number of events.
func (p *player) play(r *rand.Rand) int {
	signs, drops := 1+r.IntN(5), r.IntN(2)*r.IntN(3)
	n := len(p.h)
	events := 0
	for budget := 10 * n; budget > 0; budget-- {
		x := r.IntN(n)
		switch {
		case p.can(x):
			p.add(x, r.IntN(20) < signs)
		case p.here[x] && !p.gone[x] && r.IntN(30) < drops:
			p.drop(x)
		case p.here[x] && !p.gone[x] && r.IntN(30) < signs:
			p.sign(x)
		default:
			continue
		}
		events++
	}
	return events
}

// histories is the number of random histories each twin test must have done to pass.
const histories = 50_000

// TestSetAgainstTwin compares a Set with the naive fixpoint after every event.
func TestSetAgainstTwin(t *testing.T) {
	events, applied, done := 0, 0, 0
	var work Work
	for seed := range uint64(histories) {
		r := rand.New(rand.NewPCG(seed, 1))
		p := newPlayer(t, randomHistory(r, 6+int(seed%26)))
		p.set.burst = 1 + int(seed%4)
		events += p.play(r)
		for _, g := range p.gone {
			if g {
				applied++
			}
		}
		w := p.set.Work()
		work.Visits, work.Links, work.Steps = work.Visits+w.Visits, work.Links+w.Links, work.Steps+w.Steps
		done++
	}
	t.Logf("%d histories, %d events, %d changes applied, %+v", done, events, applied, work)
	if done < histories || events < 10*histories || applied < 5*histories {
		t.Fatal("fewer than promised")
	}
}

// TestTwoWhoAnswer has two people answer each other, only their last changes signed, in any order: everything applies.
func TestTwoWhoAnswer(t *testing.T) {
	const demanded = 5000
	done := 0
	for seed := range uint64(demanded) {
		r := rand.New(rand.NewPCG(seed, 2))
		n := 4 + r.IntN(24)
		h := make([]change, n)
		last := [2]int{-1, -1}
		for i := range h {
			a := i % 2
			if r.IntN(3) == 0 && i > 2 && i < n-2 {
				a = 1 - a
			}
			h[i].prev = last[a]
			for _, l := range last {
				if l >= 0 {
					h[i].links = append(h[i].links, l)
				}
			}
			last[a] = i
		}
		p := newPlayer(t, h)
		early := [2]bool{r.IntN(2) == 0, r.IntN(2) == 0}
		for left := n; left > 0; {
			if x := r.IntN(n); p.can(x) {
				p.add(x, early[0] && x == last[0] || early[1] && x == last[1])
				left--
			}
		}
		for a := range 2 {
			if !early[a] && !p.gone[last[a]] {
				p.sign(last[a])
			}
		}
		for x := range h {
			if !p.gone[x] {
				p.fail("%d is not applied", x)
			}
		}
		done++
	}
	t.Logf("%d histories", done)
	if done < demanded {
		t.Fatal("fewer than promised")
	}
}

// TestWithheldCover has a signed change that would cover its chain but builds on one that nothing covers.
func TestWithheldCover(t *testing.T) {
	s := NewSet()
	secret, _ := s.Add(nil, None, false)
	a, _ := s.Add(nil, None, false)
	b, out := s.Add([]Node{secret}, a, true)
	if len(out) != 0 || s.Why(b) != secret || s.Why(a) != None || s.Why(secret) != None {
		t.Fatalf("applied %v; reasons %d %d %d", out, s.Why(a), s.Why(b), s.Why(secret))
	}
	c, out := s.Add(nil, a, true) // another branch covers a, and b still waits
	if !slices.Equal(out, []Node{a, c}) || s.Why(b) != secret {
		t.Fatalf("applied %v, want %v; %d waits for %d", out, []Node{a, c}, b, s.Why(b))
	}
	if out = s.Sign(secret); !slices.Equal(out, []Node{secret, b}) {
		t.Fatalf("applied %v, want %v", out, []Node{secret, b})
	}
	if err := s.Check(); err != nil || s.Len() != 0 {
		t.Fatal(err, s.Len())
	}
}

// TestSetAsksForLittle counts allocations of the usual way: a signed change on applied ones.
func TestSetAsksForLittle(t *testing.T) {
	s := NewSet()
	if n := testing.AllocsPerRun(1000, func() {
		a, _ := s.Add(nil, None, false)
		if _, out := s.Add(nil, a, true); len(out) != 2 {
			t.Fatal("not applied")
		}
	}); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}
