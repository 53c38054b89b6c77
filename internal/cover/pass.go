package cover

import "math"

// all asks gather for the whole ring.
const all = math.MaxInt

// burst is the number of steps after which following reasons and gathering the ring take turns, so that together they
// cost about twice the cheaper of the two. Small, since most answers come within a few steps.
const burst = 16

// verdict is what following the reasons of a change says.
type verdict uint8

const (
	open  verdict = iota // not at an end yet
	apart                // they end elsewhere
	joint                // they lead to the change asked about, or fork and perhaps do
)

// awaited tells whether the reason of any change rests on y being blocked.
func (s *Set) awaited(y Node) bool {
	n := &s.nodes[y]
	return n.wait != None || n.prev != None && s.nodes[n.prev].why == None
}

// closure finds out whether the reasons of l lead to y. If they do not, it returns false, and l can be y's reason. If
// they do, it returns true and the ring of y is complete.
//
// The reasons of l are a line until they fork, where only the complete ring knows; and both can be long where the other
// is short: a long line of reasons above a change nobody waits for, or a crowd waiting for a change whose link ends at
// once. So they take turns.
func (s *Set) closure(y, l Node) bool {
	s.start(y)
	at, v := l, open
	for n := s.burst; ; {
		switch at, v = s.follow(at, y, n); v {
		case apart:
			return false
		case joint:
			n = all
		}
		if s.gather(n) {
			return s.nodes[l].in
		}
	}
}

// follow goes at most n steps along the reasons from l and returns where it stands.
func (s *Set) follow(l, y Node, n int) (Node, verdict) {
	for ; n > 0; n-- {
		s.work.Steps++
		if l == y {
			return l, joint
		}
		t := &s.nodes[l]
		if t.why != None {
			l = t.why
			continue
		}
		if t.kid == None {
			return l, apart
		}
		if l = t.kid; s.nodes[l].kidNext != None {
			return l, joint // it rests on several children: perhaps
		}
	}
	return l, open
}

// start begins a ring with y.
func (s *Set) start(y Node) {
	s.ring = s.ring[:0]
	s.at, s.cur = -1, None
	s.join(y)
}

// join makes r a member of the ring.
func (s *Set) join(r Node) {
	s.work.Visits++
	n := &s.nodes[r]
	n.in, n.stuck, n.support, n.rev = true, false, 0, nil32
	s.ring = append(s.ring, r)
}

// gather closes the ring under "its reason is in the ring" and "nothing covers it, and a chain child of it is in the
// ring", in at most n steps, and tells whether it is closed. A ring holds exactly the changes whose reasons lead to its
// first member; all others stay blocked whatever happens to it.
func (s *Set) gather(n int) bool {
	for ; n > 0; n-- {
		if w := s.cur; w != None {
			s.cur = s.nodes[w].waitNext
			s.join(w)
			continue
		}
		s.at++
		if s.at == len(s.ring) {
			s.at--
			return true
		}
		r := &s.nodes[s.ring[s.at]]
		s.cur = r.wait
		if p := r.prev; p != None && s.nodes[p].why == None && !s.nodes[p].in {
			s.join(p)
		}
	}
	return false
}

// discard forgets the ring without having changed a reason.
func (s *Set) discard() {
	for _, r := range s.ring {
		s.nodes[r].in = false
	}
	s.ring = s.ring[:0]
}

// pass decides the ring anew, as if each member had no reason yet: first who cannot be applied because of something
// outside, then who falls with those, and what is left is applied. Cost: the members and their links.
func (s *Set) pass() []Node {
	s.weigh()
	s.spread()
	return s.settle()
}

// weigh counts the support of each member, records the links inside the ring and blocks those whose reason lies outside
// it: a link there, or no cover from within. A link is preferred, since a signature that arrives later is then only noted.
func (s *Set) weigh() {
	s.rev, s.todo = s.rev[:0], s.todo[:0]
	for _, r := range s.ring {
		n := &s.nodes[r]
		n.why, n.wait, n.waitNext, n.waitPrev = None, None, None, None
		if n.signed {
			n.support++
		}
		if n.prev != None && s.nodes[n.prev].in {
			s.nodes[n.prev].support++
		}
	}
	for _, r := range s.ring {
		for e := s.links.at[r].out; e != nil32; e = s.links.edges[e].outNext {
			s.work.Links++
			l := s.links.edges[e].to
			t := &s.nodes[l]
			if !t.in {
				s.block(r, l)
				break
			}
			s.rev = append(s.rev, rev{r, t.rev})
			t.rev = int32(len(s.rev) - 1)
		}
		if n := &s.nodes[r]; n.support == 0 && !n.stuck {
			s.block(r, None)
		}
	}
}

// block gives r its new reason and has it passed on. Whatever a reason rests on was blocked before, so no cycle arises.
func (s *Set) block(r, why Node) {
	s.nodes[r].stuck = true
	s.nodes[r].why = why
	s.todo = append(s.todo, r)
}

// spread blocks whoever links to a blocked member, and whoever has lost the last child that covered it.
func (s *Set) spread() {
	for len(s.todo) > 0 {
		r := s.todo[len(s.todo)-1]
		s.todo = s.todo[:len(s.todo)-1]
		n := &s.nodes[r]
		for e := n.rev; e != nil32; e = s.rev[e].next {
			if f := s.rev[e].from; !s.nodes[f].stuck {
				s.block(f, r)
			}
		}
		if n.prev == None {
			continue
		}
		if p := &s.nodes[n.prev]; p.in && !p.stuck {
			if p.support--; p.support == 0 {
				s.block(n.prev, None)
			}
		}
	}
}

// settle writes down the new reasons and takes the applied members out.
func (s *Set) settle() []Node {
	s.out = s.out[:0]
	for _, r := range s.ring {
		n := &s.nodes[r]
		n.in = false
		n.support, n.rev = 0, nil32
		if !n.stuck {
			s.out = append(s.out, r)
			continue
		}
		n.stuck = false
		if n.why != None {
			s.await(r, n.why)
		}
	}
	s.ring = s.ring[:0]
	out := s.answer()
	for _, r := range out {
		for e := s.links.at[r].in; e != nil32; e = s.links.at[r].in {
			f := &s.nodes[s.links.edges[e].from]
			if f.prev == r {
				f.prev, f.kidNext, f.kidPrev = None, None, None
			}
			s.links.cut(e)
		}
	}
	for _, r := range out {
		s.release(r)
	}
	s.shrink()
	return out
}
