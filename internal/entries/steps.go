package entries

import (
	"fmt"
	"math/bits"
)

// Steps holds the steps of counters. A counter is the exact sum of its alive steps, in 128 bits: at most
// 2^32 steps of at most 2^63 each, so nothing overflows inside and the order of steps cannot show.
//
// At all times:
//  1. Steps ascend by local version; index finds exactly these, each under its number.
//  2. A counter lists its steps in the order in which they were added.
//  3. hi and lo are the sum of its alive steps as one signed number, hi the upper half; alive counts them.
type Steps struct {
	index    index
	steps    []step
	counters map[int32]*counter
}

// step is one step of a counter: 24 bytes.
type step struct {
	amount  int64
	lv      LV
	counter int32
	alive   bool
}

// counter is one counter.
type counter struct {
	steps []uint32
	alive int
	hi    int64
	lo    uint64
}

// NewSteps returns a room without steps.
func NewSteps() *Steps { return &Steps{counters: map[int32]*counter{}} }

// plus adds a step to the sum.
func (c *counter) plus(amount int64) {
	lo, carry := bits.Add64(c.lo, uint64(amount), 0)
	c.lo = lo
	c.hi += amount>>63 + int64(carry)
	c.alive++
}

// minus is the inverse of plus.
func (c *counter) minus(amount int64) {
	lo, borrow := bits.Sub64(c.lo, uint64(amount), 0)
	c.lo = lo
	c.hi -= amount>>63 + int64(borrow)
	c.alive--
}

// Add adds an alive step to the counter at a place. Steps come in ascending order of local version, else a
// panic.
func (s *Steps) Add(at int32, lv LV, amount int64) {
	if n := len(s.steps); n > 0 && s.steps[n-1].lv >= lv {
		panic(fmt.Sprintf("entries: steps ascend: local version %d after %d", lv, s.steps[n-1].lv))
	}
	i := s.index.add(lv)
	s.steps = append(s.steps, step{amount: amount, lv: lv, counter: at, alive: true})
	c := s.counters[at]
	if c == nil {
		c = &counter{}
		s.counters[at] = c
	}
	c.steps = append(c.steps, i)
	c.plus(amount)
}

// Flip tells that a step came to life or died; what it is already does nothing. lv must be a step.
func (s *Steps) Flip(lv LV, alive bool) {
	i := s.index.find(lv)
	if i == none {
		panic(fmt.Sprintf("entries: flips name what was added: local version %d is no step", lv))
	}
	x := &s.steps[i]
	if x.alive == alive {
		return
	}
	x.alive = alive
	if alive {
		s.counters[x.counter].plus(x.amount)
	} else {
		s.counters[x.counter].minus(x.amount)
	}
}

// Truncate forgets the steps with local versions from lv on, which are the newest.
func (s *Steps) Truncate(lv LV) {
	for n := len(s.steps); n > 0 && s.steps[n-1].lv >= lv; n-- {
		x := s.steps[n-1]
		c := s.counters[x.counter]
		if x.alive {
			c.minus(x.amount)
		}
		if c.steps = c.steps[:len(c.steps)-1]; len(c.steps) == 0 {
			delete(s.counters, x.counter)
		}
		s.index.pop(x.lv)
		s.steps = s.steps[:n-1]
	}
}

// Sum is the sum of the alive steps of a counter as one signed number of 128 bits: hi * 2^64 + lo.
func (s *Steps) Sum(at int32) (hi int64, lo uint64) {
	if c := s.counters[at]; c != nil {
		return c.hi, c.lo
	}
	return 0, 0
}

// Int64 is the sum of a counter; false when it lies outside int64, whatever the order of its steps was.
func (s *Steps) Int64(at int32) (int64, bool) {
	hi, lo := s.Sum(at)
	return int64(lo), hi == int64(lo)>>63
}

// Any tells whether a step of the counter is alive.
func (s *Steps) Any(at int32) bool {
	c := s.counters[at]
	return c != nil && c.alive > 0
}

// EachAlive yields the alive steps of a counter in the order in which they were added, until yield says
// no. Costs a look at each step the counter ever had.
func (s *Steps) EachAlive(at int32, yield func(lv LV, amount int64) bool) {
	c := s.counters[at]
	if c == nil {
		return
	}
	for _, i := range c.steps {
		if x := &s.steps[i]; x.alive && !yield(x.lv, x.amount) {
			return
		}
	}
}

// Step reads one step; false when lv is none.
func (s *Steps) Step(lv LV) (at int32, amount int64, alive, ok bool) {
	i := s.index.find(lv)
	if i == none {
		return -1, 0, false, false
	}
	x := &s.steps[i]
	return x.counter, x.amount, x.alive, true
}

// Check restates the invariants of Steps clause by clause and says what fails and where: for tests.
func (s *Steps) Check() error {
	if err := s.index.check(len(s.steps), func(i uint32) LV { return s.steps[i].lv }); err != nil {
		return fmt.Errorf("%w (steps 1)", err)
	}
	for i := 1; i < len(s.steps); i++ {
		if s.steps[i].lv <= s.steps[i-1].lv {
			return fmt.Errorf("entries: steps 1: local version %d after %d", s.steps[i].lv, s.steps[i-1].lv)
		}
	}
	met := 0
	for at, c := range s.counters {
		sum := counter{}
		for k, i := range c.steps {
			if s.steps[i].counter != at || k > 0 && i <= c.steps[k-1] {
				return fmt.Errorf("entries: steps 2: counter %d: step %d at %d", at, i, k)
			}
			if s.steps[i].alive {
				sum.plus(s.steps[i].amount)
			}
		}
		if met += len(c.steps); sum.hi != c.hi || sum.lo != c.lo || sum.alive != c.alive {
			return fmt.Errorf("entries: steps 3: counter %d: %d alive, sum %d:%d, said %d, %d:%d", at, sum.alive, sum.hi, sum.lo, c.alive, c.hi, c.lo)
		}
	}
	if met != len(s.steps) {
		return fmt.Errorf("entries: steps 2: %d of %d steps in counters", met, len(s.steps))
	}
	return nil
}
