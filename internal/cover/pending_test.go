package cover

import (
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

// tags are the sources of the random tests; more than MaxSources, and nobody in particular.
var tags = []Tag{"", "a", "b", "c", "d", "e", "f", "g", "h", "i"}

// worldOf names a history and gives it sizes and verdicts; draw(n) is a number below n.
func worldOf(h []change, draw func(n int) int) *world {
	w := &world{h: h}
	evil := max(0, draw(6)-2)
	for x := range h {
		w.ids = append(w.ids, ID{byte(x + 1), 7})
		w.size = append(w.size, 100+draw(1500))
		w.bad = append(w.bad, draw(40) < evil)
	}
	return w
}

// limitsOf gives narrow or wide bounds.
func limitsOf(draw func(n int) int) Limits {
	if draw(2) == 0 {
		return Limits{Changes: 1000, Bytes: 1 << 20}
	}
	return Limits{Changes: 1 + draw(6), Bytes: 2000 + draw(4000)}
}

// step makes one event.
func (v *machine) step(draw func(n int) int, sources int) {
	x := draw(len(v.w.h))
	tag := tags[draw(sources)]
	switch e := draw(100); {
	case e < 55:
		v.offer(x, draw(4) == 0, tag)
	case e < 75:
		v.sign(x)
	case e == 75 && draw(3) == 0:
		v.poison(x)
	case e < 78:
		v.forget(tag)
	case e < 85:
		v.outside(x)
	default:
		v.take()
	}
}

// TestPendingAgainstTwin compares a Pending with its twin after every event of random histories: changes and signatures
// in any order and from many sources, invalid ones among them, bounds wide and narrow.
func TestPendingAgainstTwin(t *testing.T) {
	const demanded = 20_000
	var ready, dropped, refused, door, events, done int
	for seed := range uint64(demanded) {
		r := rand.New(rand.NewPCG(seed, 3))
		v := newMachine(t, worldOf(randomHistory(r, 4+int(seed%13)), r.IntN), limitsOf(r.IntN), 1+r.IntN(4))
		v.p.set.burst = 1 + int(seed%3)
		sources := 1 + r.IntN(len(tags))
		for range 20 + 5*len(v.w.h) {
			v.step(r.IntN, sources)
			v.compare()
			events++
		}
		ready, dropped, refused, door = ready+v.ends.ready, dropped+v.ends.dropped, refused+v.ends.refused, door+v.ends.door
		done++
	}
	t.Logf("%d histories, %d events: %d applied, %d dropped, %d refused while held, %d at the door", done, events, ready, dropped, refused, door)
	if done < demanded || events < 40*demanded || min(ready, dropped, refused, door) < demanded/4 {
		t.Fatal("fewer than promised")
	}
}

// TestPendingMachine is the same as a rapid machine, which shrinks what it finds.
func TestPendingMachine(t *testing.T) {
	steps := 0
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") }
		var h []change
		var own [3][]int
		for i := range 1 + draw(10) {
			a := draw(len(own))
			c := change{prev: -1}
			if k := len(own[a]); k > 0 {
				c.prev = own[a][draw(k)]
				c.links = append(c.links, c.prev)
			}
			if i > 0 {
				if l := draw(i); l != c.prev {
					c.links = append(c.links, l)
				}
			}
			own[a] = append(own[a], i)
			h = append(h, c)
		}
		v := newMachine(t, worldOf(h, draw), limitsOf(draw), 1+draw(4))
		v.t = rapidTB{t, rt}
		pick := func(act func(x int)) func(*rapid.T) { return func(*rapid.T) { act(draw(len(h))) } }
		rt.Repeat(map[string]func(*rapid.T){
			"":        func(*rapid.T) { v.compare(); steps++ },
			"offer":   pick(func(x int) { v.offer(x, draw(4) == 0, tags[draw(len(tags))]) }),
			"sign":    pick(v.sign),
			"poison":  pick(v.poison),
			"outside": pick(v.outside),
			"forget":  func(*rapid.T) { v.forget(tags[draw(len(tags))]) },
			"take":    func(*rapid.T) { v.take() },
		})
	})
	t.Logf("%d steps", steps)
}

// rapidTB lets the machine fail inside rapid.
type rapidTB struct {
	testing.TB
	rt *rapid.T
}

func (r rapidTB) Fatalf(format string, args ...any) { r.rt.Fatalf(format, args...) }
