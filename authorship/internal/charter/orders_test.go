package charter_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
)

// long runs far more orders and histories:
// go test ./authorship/internal/charter -args -long
var long = flag.Bool("long", false, "all orders of scenarios up to 10,000, and 20,000 random histories")

// ready are the changes outside a closed set whose links are all in it.
func (w *world) ready(s set) (out set) {
	for i, ch := range w.changes {
		if !s.has(i) && ch.past&^s == 0 {
			out |= of(i)
		}
	}
	return out
}

// orders counts the orders in which a world can be delivered, up to a limit.
func (w *world) orders(limit int) int {
	memo := map[set]int{}
	var count func(s set) int
	count = func(s set) int {
		if s == w.whole() {
			return 1
		}
		n, ok := memo[s]
		if !ok {
			for i := range w.ready(s).all() {
				n = min(limit, n+count(s|of(i)))
			}
			memo[s] = n
		}
		return n
	}
	return count(0)
}

// each calls f with every order.
func (w *world) each(f func(order []int)) {
	order := make([]int, 0, len(w.changes))
	var next func(s set)
	next = func(s set) {
		if s == w.whole() {
			f(order)
			return
		}
		for i := range w.ready(s).all() {
			order = append(order, i)
			next(s | of(i))
			order = order[:len(order)-1]
		}
	}
	next(0)
}

// shuffled is an order by chance.
func (w *world) shuffled(r *rand.Rand) (order []int) {
	var s set
	for s != w.whole() {
		ready := w.ready(s)
		k := r.IntN(ready.len())
		for i := range ready.all() {
			if k--; k < 0 {
				order = append(order, i)
				s |= of(i)
				break
			}
		}
	}
	return order
}

// judged is the twin's word on the sets of one world that were asked for.
type judged struct {
	c    *court
	memo map[set]*state
	by   map[set]string // the causes that the engine named in a set
}

func newJudged(w *world) *judged {
	return &judged{c: newCourt(w), memo: map[set]*state{}, by: map[set]string{}}
}

// at is the state of a set.
func (t *judged) at(s set) *state {
	st := t.memo[s]
	if st == nil {
		st = t.c.eff(s)
		t.memo[s] = st
	}
	return st
}

// deliver gives an engine the changes in an order and compares it with the twin after
// each.
func (t *judged) deliver(order []int, ahead bool) (*engine, error) {
	e, err := t.c.w.start(ahead)
	if err != nil {
		return nil, err
	}
	for k, i := range order {
		if err := e.add(i); err != nil {
			return e, err
		}
		if err := e.compare(t.at(e.in), true); err != nil {
			return e, fmt.Errorf("after %v: %w", order[:k+1], err)
		}
		if err := t.sameCauses(e); err != nil {
			return e, fmt.Errorf("after %v: %w", order[:k+1], err)
		}
	}
	return e, nil
}

// sameCauses: which of several causes is named depends on the set alone.
func (t *judged) sameCauses(e *engine) error {
	var all []int
	for x := range e.in.all() {
		v, _ := e.j.Verdict(e.w.id(x))
		all = append(all, e.number(v.By), e.number(v.Accepted))
	}
	if got, known := fmt.Sprint(all), t.by[e.in]; known == "" {
		t.by[e.in] = got
	} else if got != known {
		return fmt.Errorf("causes are %s, and were %s in another order", got, known)
	}
	return nil
}

// TestScenarios: in every order in which its changes can arrive a scenario comes out as
// expected, the engine being equal to the twin after each arrival.
func TestScenarios(t *testing.T) {
	limit := 200
	if *long {
		limit = 10000
	}
	total := 0
	for n, sc := range scenarios {
		t.Run(sc.name, func(t *testing.T) {
			s := sc.tell()
			twin := newJudged(s.world)
			for _, w := range s.wants {
				if got := w.got(twin.at(w.in)); got != w.want {
					t.Errorf("of the first %d changes: %s is %q, want %q", w.in.len(), w.what, got, w.want)
				}
			}
			ran := 0
			run := func(order []int) {
				if ran++; t.Failed() {
					return
				}
				if _, err := twin.deliver(order, ran%2 == 0); err != nil {
					t.Errorf("%v", err)
				}
			}
			first := make([]int, len(s.changes))
			for i := range first {
				first[i] = i
			}
			run(first)
			if s.orders(limit+1) <= limit {
				s.each(run)
			} else {
				seed := uint64(n)
				t.Logf("more than %d orders: as many by chance, seed %d", limit, seed)
				r := rand.New(rand.NewPCG(seed, 9))
				for range limit {
					run(s.shuffled(r))
				}
			}
			total += ran
		})
	}
	t.Logf("%d scenarios in %d orders", len(scenarios), total)
}
