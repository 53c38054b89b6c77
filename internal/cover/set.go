package cover

import "slices"

// Node names one blocked change of a [Set]. It is given by [Set.Add] and ends with the call that returns it as applied or
// removed; after that it may be given again.
type Node int32

// None is no node: no prev, or no link as a reason.
const None Node = nil32

// Work counts what a [Set] has done, in steps that each take some nanoseconds and never shrink. Its sum is what may be
// charged to whoever sent the input.
type Work struct {
	Visits uint64 // changes looked at because a signature arrived that they wait for
	Links  uint64 // links looked at in such changes
	Steps  uint64 // reasons followed to see whether a new one would close a cycle
}

// Sum is the whole work.
func (w Work) Sum() uint64 { return w.Visits + w.Links + w.Steps }

// node is one blocked change. Its links stand in Set.links.
type node struct {
	why  Node // the blocked link that is its reason, or None: nothing covers it
	prev Node // its blocked predecessor in the chain, or None: null or applied

	kid, kidNext, kidPrev    Node // its chain children, and the others of its prev
	wait, waitNext, waitPrev Node // those whose reason it is, and the others of its reason

	support int32 // in pass: 1 if signed, and 1 for each child in the ring not known to be blocked
	rev     int32 // in pass: first of the ring's links to it, in Set.rev
	seq     uint64

	signed bool
	live   bool // a node, not a free slot (then waitNext is the next free one)
	in     bool // member of the ring being gathered
	stuck  bool // in pass: blocked again
}

// Set is the blocked part of the greatest covered set: complete changes (every link is applied or a node here) that
// cannot be applied yet. What is applied has left it for good.
//
// A change is applied exactly when all its links are and it is signed or a chain child of it is. So blocked is a least
// fixpoint, and each blocked change keeps the one reason by which it is derived: a blocked link, or that nothing covers
// it, which rests on all its chain children being blocked.
//
// At all times:
//
//  1. reasons form no cycle, where a change that nothing covers leads to each of its chain children;
//  2. a reason is a link of its change; a change without one is not signed;
//  3. prev is a link; kid lists hold exactly those that name the change as prev, and who has none stands in no kid list;
//  4. wait lists hold exactly those whose reason the change is, and who has none stands in no wait list;
//  5. seq ascends along links: a change is added after its links;
//  6. between calls no node is in, stuck or counted; free slots have no links.
//
// From 1 and 2 follows that nothing in a Set could be applied. That what left it is right, the slow twin says.
type Set struct {
	nodes []node
	free  Node
	n     int
	seq   uint64
	links links[Node]
	work  Work
	burst int // see burst; tests lower it

	ring []Node // R: changes whose reasons lead to the one being signed
	at   int    // gather: ring[:at] is expanded but for
	cur  Node   // the rest of a wait list
	rev  []rev  // pass: links inside the ring, by target
	todo []Node // pass, Drop: to be looked at
	out  []Node // the answer of the last call
}

// rev is one link inside the ring, seen from its target.
type rev struct {
	from Node
	next int32
}

// roomy is the number of nodes or entries above which an emptied room gives its memory back. Below it, keeping the
// memory is cheaper than asking for it again with each change that passes through.
const roomy = 4096

// NewSet returns an empty Set.
func NewSet() *Set { return &Set{free: None, cur: None, links: newLinks[Node](), burst: burst} }

// Len is the number of blocked changes.
func (s *Set) Len() int { return s.n }

// Work is the work done since the Set was made.
func (s *Set) Work() Work { return s.work }

// Why tells what blocks n: a link which is itself blocked, or None when n waits for a signature on itself or on a later
// change of its chain.
func (s *Set) Why(n Node) Node { return s.nodes[n].why }

// Add puts in a change that names the given blocked changes as links, and the blocked change prev before it in its chain
// (None: it has none, or it is applied). Applied links are left out; prev need not be repeated among the links. It
// returns the name of the change, and what became applied, links first and else in the order of Add; that slice is valid
// until the next call.
func (s *Set) Add(links []Node, prev Node, signed bool) (Node, []Node) {
	n := s.free
	if n != None {
		s.free = s.nodes[n].waitNext
	} else {
		n = Node(len(s.nodes))
		s.nodes = append(s.nodes, node{})
		s.links.grow(n)
	}
	s.nodes[n] = node{why: None, prev: prev, kid: None, kidNext: None, kidPrev: None, wait: None, waitNext: None, waitPrev: None,
		rev: nil32, seq: s.seq, live: true}
	s.seq++
	s.n++
	if prev != None { // first, to be tried last as a reason: it is the link that most often waits for n
		s.links.add(n, prev)
		p := &s.nodes[prev]
		if p.kid != None {
			s.nodes[p.kid].kidPrev = n
		}
		s.nodes[n].kidNext, p.kid = p.kid, n
	}
	for _, l := range links {
		if l != prev {
			s.links.add(n, l)
		}
	}
	if !signed {
		return n, nil
	}
	return n, s.Sign(n)
}

// Sign reports a verified signature on n and returns what became applied by it, as [Set.Add] does. Reporting it again
// does nothing.
func (s *Set) Sign(n Node) []Node {
	s.nodes[n].signed = true
	if s.nodes[n].why != None {
		return nil // its link still blocks it; so it is with each that was signed before (invariant 2)
	}
	first := s.links.at[n].out
	if first == nil32 {
		s.start(n)
		s.gather(all)
		return s.pass()
	}
	l := s.links.edges[first].to
	if !s.awaited(n) {
		s.await(n, l)
		return nil
	}
	if !s.closure(n, l) {
		s.discard()
		s.await(n, l)
		return nil
	}
	return s.pass()
}

// Drop removes n and everything that links to it, directly or not, and returns what it removed, n first; the slice is
// valid until the next call. The rest stays blocked for the reasons it had: who waited for a removed change linked to it
// and went too, and one child less covers nobody. Cost: the changes removed and their links.
func (s *Set) Drop(n Node) []Node {
	s.out = append(s.out[:0], n)
	s.nodes[n].in = true
	for i := 0; i < len(s.out); i++ {
		for e := s.links.at[s.out[i]].in; e != nil32; e = s.links.edges[e].inNext {
			if f := s.links.edges[e].from; !s.nodes[f].in {
				s.nodes[f].in = true
				s.out = append(s.out, f)
			}
		}
	}
	for _, d := range s.out {
		s.unwait(d)
		s.orphan(d)
	}
	for _, d := range s.out {
		s.release(d)
	}
	s.shrink()
	return s.out
}

// await gives y the blocked link l as its reason.
func (s *Set) await(y, l Node) {
	n, t := &s.nodes[y], &s.nodes[l]
	n.why = l
	n.waitPrev, n.waitNext = None, t.wait
	if t.wait != None {
		s.nodes[t.wait].waitPrev = y
	}
	t.wait = y
}

// unwait takes y out of the wait list of its reason.
func (s *Set) unwait(y Node) {
	n := &s.nodes[y]
	if n.why == None {
		return
	}
	if n.waitPrev != None {
		s.nodes[n.waitPrev].waitNext = n.waitNext
	} else {
		s.nodes[n.why].wait = n.waitNext
	}
	if n.waitNext != None {
		s.nodes[n.waitNext].waitPrev = n.waitPrev
	}
	n.why, n.waitNext, n.waitPrev = None, None, None
}

// orphan takes y out of the kid list of its prev.
func (s *Set) orphan(y Node) {
	n := &s.nodes[y]
	if n.prev == None {
		return
	}
	if n.kidPrev != None {
		s.nodes[n.kidPrev].kidNext = n.kidNext
	} else {
		s.nodes[n.prev].kid = n.kidNext
	}
	if n.kidNext != None {
		s.nodes[n.kidNext].kidPrev = n.kidPrev
	}
	n.prev, n.kidNext, n.kidPrev = None, None, None
}

// release frees y and cuts its links in both directions. Nobody may wait for it or name it as prev any more.
func (s *Set) release(y Node) {
	for e := s.links.at[y].out; e != nil32; e = s.links.at[y].out {
		s.links.cut(e)
	}
	for e := s.links.at[y].in; e != nil32; e = s.links.at[y].in {
		s.links.cut(e)
	}
	s.nodes[y] = node{waitNext: s.free}
	s.free = y
	s.n--
}

// shrink gives memory back when the Set has become empty after having been large.
func (s *Set) shrink() {
	if s.n == 0 && cap(s.nodes) > roomy {
		*s = Set{free: None, cur: None, links: newLinks[Node](), burst: s.burst, seq: s.seq, work: s.work, out: s.out}
	}
}

// answer sorts what became applied by the order of Add, which has links first (invariant 5).
func (s *Set) answer() []Node {
	slices.SortFunc(s.out, func(a, b Node) int {
		if s.nodes[a].seq < s.nodes[b].seq {
			return -1
		}
		return 1
	})
	return s.out
}
