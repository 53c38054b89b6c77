package tree

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// pair is a room and its twin, fed with the same. Ranks are drawn, so moves come in any order.
type pair struct {
	t    *Tree
	w    *twin
	rank map[LV]int
	used map[int]bool
	next LV
	now  map[LV]LV // node -> move, by changes alone
	draw func(n int) int
	wide int // ranks are drawn below it

	met map[string]int
}

// newPair returns a pair without moves.
func newPair(draw func(n int) int, patience, wide int) *pair {
	p := &pair{rank: map[LV]int{}, used: map[int]bool{}, now: map[LV]LV{}, draw: draw, wide: wide, met: map[string]int{}}
	p.t = New(func(a, b LV) int { return p.rank[a] - p.rank[b] })
	p.t.patience = patience
	p.t.ranks.wide = 4
	p.t.short = draw(3)
	p.w = &twin{draw: draw}
	return p
}

// number makes a number with a rank: the greatest so far, or anywhere.
func (p *pair) number() LV {
	lv := p.next
	p.next += LV(1 + p.draw(3)*p.draw(2)*300)
	r := p.draw(p.wide)
	if p.draw(2) == 0 {
		r = p.wide + int(lv)
	}
	for p.used[r] {
		r++
	}
	p.used[r], p.rank[lv] = true, r
	return lv
}

// pick is one of the nodes, or None.
func (p *pair) pick() LV {
	k := p.draw(len(p.now) + 1)
	for _, f := range p.w.facts {
		if f.lv == f.node {
			if k--; k < 0 {
				return f.lv
			}
		}
	}
	return None
}

// add adds a move of a node, or makes one.
func (p *pair) add(node, dest LV) LV {
	lv := p.number()
	if node == None {
		node = lv
		p.t.Insert(lv, dest)
		p.now[lv] = None
	} else {
		p.t.Move(lv, node, dest)
	}
	p.w.facts = append(p.w.facts, &fact{lv, node, dest, p.rank[lv], true})
	return lv
}

// flip turns some moves over: in half of the cases all of a node.
func (p *pair) flip() {
	if len(p.w.facts) == 0 {
		return
	}
	f := p.w.facts[p.draw(len(p.w.facts))]
	set := []*fact{f}
	alive := !f.alive
	if p.draw(2) == 0 {
		set = slices.DeleteFunc(slices.Clone(p.w.facts), func(g *fact) bool { return g.node != f.node })
	}
	for _, f := range set {
		f.alive = alive
		p.t.Flip(f.lv, alive)
	}
}

// truncate takes the newest moves back.
func (p *pair) truncate() {
	n := len(p.w.facts)
	if n == 0 {
		return
	}
	n -= p.draw(min(n, 4))
	lv := p.next
	if n < len(p.w.facts) {
		lv = p.w.facts[n].lv
		p.next = lv
	}
	p.t.Truncate(lv)
	for _, f := range p.w.facts[n:] {
		delete(p.now, f.lv)
		delete(p.used, p.rank[f.lv])
		for y, m := range p.now {
			if m == f.lv {
				p.now[y] = None // its position element is gone too
			}
		}
	}
	p.w.facts = p.w.facts[:n]
	p.met["truncated"]++
}

// local asks what local edits would delete, and does one.
func (p *pair) local() error {
	node, dest := p.pick(), p.pick()
	places := p.w.places()
	got, lift, err := p.t.MoveDrops(node, dest, nil)
	switch {
	case !places[node].shown || dest != None && !places[dest].shown:
		if !errors.Is(err, ErrGone) {
			return fmt.Errorf("move of %d to %d: %v", node, dest, err)
		}
		return nil
	case dest != None && under(places, dest, node):
		if !errors.Is(err, ErrInside) {
			return fmt.Errorf("move of %d to %d: %v", node, dest, err)
		}
		return nil
	case err != nil:
		return fmt.Errorf("move of %d to %d: %w", node, dest, err)
	}
	want, lifts := p.w.drops(node, dest)
	if len(lifts) == 0 {
		lifts = []LV{None}
	}
	if !slices.Equal(got, want) || !slices.Equal(lifts, []LV{lift}) {
		return fmt.Errorf("move of %d to %d drops %v, lifts %v; want %v, %v", node, dest, got, lift, want, lifts)
	}
	if len(got) > 0 {
		p.met["drops"]++
	}
	if len(got) > 1 {
		p.met["several drops"]++
	}
	if got, want := p.t.DeleteTargets(node, nil), p.w.targets(node); !slices.Equal(got, want) {
		return fmt.Errorf("delete of %d deletes %v, want %v", node, got, want)
	}
	if p.draw(2) == 0 {
		return nil
	}
	p.greatest(node, dest)
	if lift != None {
		p.greatest(lift, None)
		p.met["lifted"]++
	}
	for _, f := range p.w.facts {
		if slices.Contains(got, f.lv) {
			f.alive = false
			p.t.Flip(f.lv, false)
		}
	}
	after := p.w.places()
	for y := range places {
		if y == lift && places[y].move == Stray && after[y].shown && after[y].dest == None {
			continue
		}
		if y != node && places[y] != after[y] {
			return fmt.Errorf("move of %d to %d, dropping %v: %d was at %v, is at %v", node, dest, got, y, places[y], after[y])
		}
	}
	return nil
}

// greatest adds a move above all others.
func (p *pair) greatest(node, dest LV) {
	lv := p.next
	p.next++
	p.rank[lv] = 1<<20 + int(lv)
	p.used[p.rank[lv]] = true
	p.t.Move(lv, node, dest)
	p.w.facts = append(p.w.facts, &fact{lv, node, dest, p.rank[lv], true})
}

// compare compares everything that can be read.
func (p *pair) compare() error {
	if err := p.t.Check(); err != nil {
		return err
	}
	if p.draw(3) == 0 {
		return nil // let more become due
	}
	want := p.w.places()
	p.t.TakeChanges(func(node, old, now LV) {
		if p.now[node] != old || old == now {
			p.met[fmt.Sprintf("bad change of %d from %d, which stood by %d", node, old, p.now[node])]++
		}
		p.now[node] = now
	})
	shown, strays := 0, []LV{}
	kids := map[LV][]LV{}
	for y, at := range want {
		var got place
		if got.dest, got.move, got.shown = p.t.Parent(y); got != at {
			return fmt.Errorf("node %d is at %v, want %v", y, got, at)
		}
		if p.now[y] != at.move {
			return fmt.Errorf("node %d stands by %d according to changes, want %d", y, p.now[y], at.move)
		}
		if at.shown {
			shown++
		}
		switch {
		case at.move == Stray:
			strays = append(strays, y)
			p.met["stray"]++
		case at.shown:
			kids[at.dest] = append(kids[at.dest], y)
		}
	}
	for _, f := range p.w.facts {
		if f.alive && want[f.node].move != f.lv && p.w.has(f.node) && (want[f.node].move == Stray || p.rank[f.lv] > p.rank[want[f.node].move]) && (f.dest == None || p.w.has(f.dest)) {
			p.met["dropped"]++
		}
	}
	slices.SortFunc(strays, func(a, b LV) int { return p.rank[a] - p.rank[b] })
	if got := p.t.Strays(nil); !slices.Equal(got, strays) {
		return fmt.Errorf("strays %v, want %v", got, strays)
	}
	for d := range p.now {
		if err := p.compareKids(d, kids[d]); err != nil {
			return err
		}
	}
	if got := p.t.Len(); got != shown {
		return fmt.Errorf("%d nodes shown, want %d", got, shown)
	}
	if err := p.compareKids(None, kids[None]); err != nil {
		return err
	}
	return p.t.Check()
}

// compareKids compares the children of one destination.
func (p *pair) compareKids(d LV, want []LV) error {
	got := p.t.Children(d, nil)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		return fmt.Errorf("children of %d: %v, want %v", d, got, want)
	}
	return nil
}

// step does one thing.
func (p *pair) step(grow int) error {
	switch k := p.draw(10); {
	case len(p.now) < 2 || k == 0 && len(p.now) < grow:
		p.add(None, p.pick())
	case k < 6:
		if y := p.pick(); y != None {
			p.add(y, p.pick())
		}
	case k < 8:
		p.flip()
	case k < 9 || p.draw(3) > 0:
		if err := p.local(); err != nil {
			return err
		}
	default:
		p.truncate()
	}
	return p.compare()
}

// Random histories equal the twin after every step, however patient the room is.
func TestRandom(t *testing.T) {
	histories := 10_000
	if testing.Short() {
		histories = 1_500
	}
	met := map[string]int{}
	for seed := range histories {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		p := newPair(rng.IntN, []int{1 << 20, 1 << 20, -1 << 20, rng.IntN(300) - 50}[seed%4], 60)
		steps, grow := 20, 3+seed%6
		if seed%5 == 0 {
			steps, grow = 80, 12
		}
		for i := range steps {
			if err := p.step(grow); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, i, err)
			}
		}
		for what, n := range p.met {
			met[what] += n
		}
	}
	t.Log(histories, "histories:", met)
	for _, what := range []string{"dropped", "stray", "drops", "several drops", "lifted", "truncated"} {
		if met[what] == 0 && !testing.Short() {
			t.Errorf("no history met: %s", what)
		}
		delete(met, what)
	}
	for what := range met {
		if what != "dropped" {
			t.Error(what)
		}
	}
}

// The same with histories that shrink when they fail.
func TestRandomShrinking(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "draw") }
		p := newPair(draw, 1<<20, 60)
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			if err := p.step(6); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// A history gives one outcome, whatever the order in which its moves and flips come and how they are
// cut into batches.
func TestAnyOrder(t *testing.T) {
	for seed := range 300 {
		rng := rand.New(rand.NewPCG(uint64(seed), 2))
		p := newPair(rng.IntN, 1<<20, 60)
		for len(p.now) < 5 {
			p.add(None, p.pick())
		}
		for range 12 {
			p.add(p.w.facts[rng.IntN(5)].node, p.pick())
		}
		for range 4 {
			p.flip()
		}
		want := p.w.places()
		for range 10 {
			perm := rng.Perm(len(p.w.facts))
			// A node comes before its moves and what goes to it.
			slices.SortStableFunc(perm[:], func(a, b int) int {
				x, y := p.w.facts[a], p.w.facts[b]
				return first(y) - first(x)
			})
			makers := perm[:5]
			slices.Sort(makers)
			rank, name := map[LV]int{}, map[LV]LV{None: None}
			r := New(func(a, b LV) int { return rank[a] - rank[b] })
			r.patience, r.short = []int{1 << 20, -1 << 20, rng.IntN(300)}[rng.IntN(3)], rng.IntN(3)
			for k, i := range perm {
				f, lv := p.w.facts[i], LV(k)
				rank[lv], name[f.lv] = f.rank, lv
				if f.lv == f.node {
					r.Insert(lv, name[f.dest])
				} else {
					r.Move(lv, name[f.node], name[f.dest])
				}
				r.Flip(lv, f.alive)
				if rng.IntN(3) == 0 {
					r.Len()
				}
			}
			name[Stray] = Stray
			for y, at := range want {
				dest, move, shown := r.Parent(name[y])
				if dest != name[at.dest] || move != name[at.move] || shown != at.shown {
					t.Fatalf("seed %d: node %d is at %d by %d, want %d by %d", seed, y, dest, move, name[at.dest], name[at.move])
				}
			}
			if err := r.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
}

// first is 1 for the first move of a node.
func first(f *fact) int {
	if f.lv == f.node {
		return 1
	}
	return 0
}

// Large rooms: deciding step by step equals deciding anew, which the twin has judged on small ones.
func TestLarge(t *testing.T) {
	rounds := 60
	if testing.Short() {
		rounds = 2
	}
	for seed := range rounds {
		rng := rand.New(rand.NewPCG(uint64(seed), 4))
		rank := map[LV]int64{}
		order := func(a, b LV) int { return cmp.Compare(rank[a], rank[b]) }
		patient, hasty := New(order), New(order)
		patient.patience, hasty.patience = 1<<30, -1<<30
		nodes, next := 20+rng.IntN(400), LV(0)
		number := func() LV {
			next++
			rank[next] = rng.Int64N(1<<20)<<20 + int64(next) // anywhere
			if rng.IntN(3) > 0 {
				rank[next] += int64(next) << 30
			}
			return next
		}
		for range nodes {
			lv, dest := number(), None
			if lv > 1 {
				dest = LV(rng.IntN(int(lv-1))) + 1
			}
			patient.Insert(lv, dest)
			hasty.Insert(lv, dest)
		}
		for range 1500 {
			switch k := rng.IntN(10); {
			case k < 7:
				lv, node, dest := number(), LV(rng.IntN(nodes))+1, LV(rng.IntN(nodes))+1
				patient.Move(lv, node, dest)
				hasty.Move(lv, node, dest)
			default:
				lv, alive := LV(rng.IntN(int(next)))+1, rng.IntN(3) > 0
				patient.Flip(lv, alive)
				hasty.Flip(lv, alive)
			}
			if rng.IntN(3) > 0 {
				continue
			}
			for y := range LV(nodes) {
				d, m, ok := patient.Parent(y + 1)
				if e, n, well := hasty.Parent(y + 1); d != e || m != n || ok != well {
					t.Fatalf("seed %d: node %d is at %d by %d, anew %d by %d", seed, y+1, d, m, e, n)
				}
			}
		}
		for _, r := range []*Tree{patient, hasty} {
			if err := r.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
