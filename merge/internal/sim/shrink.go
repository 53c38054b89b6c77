package sim

import "slices"

// Shrink makes a plan shorter as long as it fails: it drops steps, peers and faults,
// and runs at most that many plans to find out. It returns the shortest plan that fails
// and how many it has run. fails says whether a plan fails, and must be true of p.
func Shrink(p *Plan, fails func(*Plan) bool, most int) (short *Plan, tries int) {
	s := &shrinker{best: p, fails: fails, left: most}
	for before := -1; before != s.size() && s.left > 0; {
		before = s.size()
		s.steps()
		s.peers()
		s.faults()
	}
	return s.best, most - s.left
}

// shrinker is one shrinking.
type shrinker struct {
	best  *Plan
	fails func(*Plan) bool
	left  int
}

// size is what becomes less.
func (s *shrinker) size() int {
	n := 4*len(s.best.Steps) + 100*s.best.peers()
	for _, f := range s.best.numbers() {
		if *f.at != 0 {
			n++
		}
	}
	return n
}

// try takes a plan that still fails in the place of the best.
func (s *shrinker) try(q *Plan) bool {
	if s.left == 0 || q.Check() != nil {
		return false
	}
	s.left--
	if !s.fails(q) {
		return false
	}
	s.best = q
	return true
}

// steps drops steps, half of them, a quarter, and so on down to one.
func (s *shrinker) steps() {
	for n := len(s.best.Steps); n > 0; n /= 2 {
		for at := 0; at < len(s.best.Steps); {
			q := s.best.clone()
			q.Steps = slices.Delete(q.Steps, at, min(at+n, len(q.Steps)))
			if !s.try(q) {
				at += n
			}
		}
	}
}

// peers drops peers, the last first; never the one that founds the work.
func (s *shrinker) peers() {
	for i := s.best.peers() - 1; i > 0; i-- {
		s.try(s.best.without(i))
	}
}

// faults lets the network be good, and leaves out what is said by a bit.
func (s *shrinker) faults() {
	for k := range s.best.numbers() {
		q := s.best.clone()
		if f := q.numbers()[k]; f.name != "honest" && f.name != "delay" && *f.at != 0 {
			*f.at = 0
			s.try(q)
		}
	}
	for _, off := range []func(*Plan){
		func(q *Plan) { q.Salt = false },
		func(q *Plan) { q.Stay = false },
		func(q *Plan) { q.Mix = 1 << kindType },
	} {
		q := s.best.clone()
		if off(q); q.Salt != s.best.Salt || q.Stay != s.best.Stay || q.Mix != s.best.Mix {
			s.try(q)
		}
	}
}

// without is the plan without a peer, its links and its steps; the peers and links
// after those are called by a number less.
func (p *Plan) without(peer int) *Plan {
	q := *p
	q.Links, q.Steps = nil, nil
	if peer < p.Honest {
		q.Honest--
		q.Late = min(q.Late, q.Honest-1)
		if q.Slow == peer {
			q.Slow = 0
		} else if q.Slow > peer {
			q.Slow--
		}
	} else {
		k := peer - p.Honest
		q.Hostile = p.Hostile[:k] + p.Hostile[k+1:]
	}
	fewer := func(i int) int {
		if i > peer {
			return i - 1
		}
		return i
	}
	links := make([]int, len(p.Links)) // their new numbers
	for i, l := range p.Links {
		links[i] = -1
		if l[0] != peer && l[1] != peer {
			links[i] = len(q.Links)
			q.Links = append(q.Links, [2]int{fewer(l[0]), fewer(l[1])})
		}
	}
	for _, st := range p.Steps {
		switch {
		case st.Op == opCut:
			st.At = links[st.At]
		case st.At == peer && st.Op != opPart && st.Op != opWait:
			st.At = -1
		default:
			st.At = min(fewer(st.At), q.peers()-1)
		}
		if st.At >= 0 {
			q.Steps = append(q.Steps, st)
		}
	}
	return &q
}
