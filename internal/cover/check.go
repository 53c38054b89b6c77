package cover

import (
	"errors"
	"fmt"
)

// Check restates the invariants of Set, each with the number it has at the struct, for tests. It costs as much as the Set is
// large.
func (s *Set) Check() error {
	if err := s.links.check(); err != nil {
		return err
	}
	live, kids, waits := 0, 0, 0
	for i := range s.nodes {
		y, n := Node(i), &s.nodes[i]
		if n.in || n.stuck || n.support != 0 {
			return fmt.Errorf("set 6: node %d is in %v, stuck %v, counted %d", y, n.in, n.stuck, n.support)
		}
		if !n.live {
			if s.links.at[y] != (ends{nil32, nil32, nil32}) {
				return fmt.Errorf("set 6: free slot %d has links", y)
			}
			continue
		}
		live++
		if err := s.checkNode(y, n, &kids, &waits); err != nil {
			return err
		}
	}
	for i := range s.nodes {
		if n := &s.nodes[i]; n.live && n.prev != None {
			kids--
		}
		if n := &s.nodes[i]; n.live && n.why != None {
			waits--
		}
	}
	if kids != 0 {
		return fmt.Errorf("set 3: kid lists hold %d more than name a prev", kids)
	}
	if waits != 0 {
		return fmt.Errorf("set 4: wait lists hold %d more than have a reason", waits)
	}
	free := 0
	for f := s.free; f != None && free <= len(s.nodes); f = s.nodes[f].waitNext {
		free++
	}
	if live != s.n || live+free != len(s.nodes) {
		return fmt.Errorf("set 6: %d slots, %d live, counted %d, %d free", len(s.nodes), live, s.n, free)
	}
	return s.checkReasons()
}

// checkNode restates what concerns one node, and counts the members of its lists.
func (s *Set) checkNode(y Node, n *node, kids, waits *int) error {
	why, prev := n.why == None, n.prev == None
	for e := s.links.at[y].out; e != nil32; e = s.links.edges[e].outNext {
		l := s.links.edges[e].to
		if why, prev = why || l == n.why, prev || l == n.prev; s.nodes[l].seq >= n.seq || !s.nodes[l].live {
			return fmt.Errorf("set 5: node %d (%d) links to %d (%d)", y, n.seq, l, s.nodes[l].seq)
		}
	}
	if !why || n.why == None && n.signed {
		return fmt.Errorf("set 2: node %d has reason %d, signed %v", y, n.why, n.signed)
	}
	if !prev {
		return fmt.Errorf("set 3: prev %d of node %d is no link", n.prev, y)
	}
	if n.prev == None && (n.kidNext != None || n.kidPrev != None) {
		return fmt.Errorf("set 3: node %d without prev stands between kids %d and %d", y, n.kidPrev, n.kidNext)
	}
	if n.why == None && (n.waitNext != None || n.waitPrev != None) {
		return fmt.Errorf("set 4: node %d without reason waits between %d and %d", y, n.waitPrev, n.waitNext)
	}
	last := None
	for k := n.kid; k != None; k = s.nodes[k].kidNext {
		if s.nodes[k].prev != y || s.nodes[k].kidPrev != last {
			return fmt.Errorf("set 3: %d after %d among the kids of %d", k, last, y)
		}
		*kids++
		last = k
	}
	last = None
	for w := n.wait; w != None; w = s.nodes[w].waitNext {
		if s.nodes[w].why != y || s.nodes[w].waitPrev != last {
			return fmt.Errorf("set 4: %d after %d among those who wait for %d", w, last, y)
		}
		*waits++
		last = w
	}
	return nil
}

// checkReasons looks for a cycle of reasons (invariant 1): it strikes out whatever rests only on what is struck out.
func (s *Set) checkReasons() error {
	rests := make([]int, len(s.nodes)) // on how many that are not struck out
	var todo []Node
	left := 0
	for i := range s.nodes {
		n := &s.nodes[i]
		if !n.live {
			continue
		}
		left++
		if n.why != None {
			rests[i]++
		} else {
			for k := n.kid; k != None; k = s.nodes[k].kidNext {
				rests[i]++
			}
		}
		if rests[i] == 0 {
			todo = append(todo, Node(i))
		}
	}
	strike := func(y Node) {
		if rests[y]--; rests[y] == 0 {
			todo = append(todo, y)
		}
	}
	for ; len(todo) > 0; left-- {
		y := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for w := s.nodes[y].wait; w != None; w = s.nodes[w].waitNext {
			strike(w)
		}
		if p := s.nodes[y].prev; p != None && s.nodes[p].why == None {
			strike(p)
		}
	}
	if left != 0 {
		return fmt.Errorf("set 1: %d reasons stand in cycles", left)
	}
	return nil
}

// Check restates the invariants of Pending, each with the number it has at the struct, for tests. It costs as much as the room
// holds.
func (p *Pending[T]) Check() error {
	var held, wants int
	var sum sums
	sum.by = make(map[Tag]*source)
	for id, s := range p.index {
		e := &p.entries[s]
		if e.id != id || !e.live || e.going {
			return fmt.Errorf("pending 1: index of %x is entry %d (live %v, going %v) of %x", id, s, e.live, e.going, e.id)
		}
		if p.Refusal(id) != nil {
			return fmt.Errorf("pending 8: %x is refused and in state %d", id, e.state)
		}
		if err := p.checkEntry(s, e); err != nil {
			return err
		}
		switch e.state {
		case wanted:
			wants++
		case Waiting, Blocked:
			held++
			if err := sum.add(&p.sources, e.notes, s, e.size); err != nil {
				return err
			}
		}
	}
	if held+wants+len(p.ready) != len(p.index) {
		return fmt.Errorf("pending 1: %d ids, %d held, %d wanted, %d ready", len(p.index), held, wants, len(p.ready))
	}
	for _, s := range p.ready {
		if p.entries[s].state != Ready {
			return fmt.Errorf("pending 1: entry %d is to be taken in state %d", s, p.entries[s].state)
		}
	}
	return errors.Join(p.checkList(p.held, held, Waiting, Blocked), p.checkList(p.wants, wants, wanted, wanted),
		p.checkTotals(held, &sum), sum.check(&p.sources),
		p.set.Check(), p.links.check(), p.poison.check(), p.branch.check(), p.early.check())
}

// checkEntry restates what concerns one entry.
func (p *Pending[T]) checkEntry(s spot, e *entry[T]) error {
	lacks, prev := int32(0), e.prev == nil32
	for i := p.links.at[s].out; i != nil32; i = p.links.edges[i].outNext {
		t := p.links.edges[i].to
		prev = prev || t == e.prev
		switch p.entries[t].state {
		case wanted, Waiting:
			lacks++
		case Ready:
			return fmt.Errorf("pending 2: entry %d links to %d, which is ready", s, t)
		}
	}
	has := p.links.at[s]
	if lacks != e.lacks || (e.state == Waiting) != (lacks > 0) || e.state != Waiting && has.out != nil32 || e.state == Ready && has.in != nil32 {
		return fmt.Errorf("pending 2: entry %d in state %d lacks %d, counted %d", s, e.state, lacks, e.lacks)
	}
	if e.state == wanted && (has.in == nil32 || e.notes != nil32 || e.size != 0 || e.signed) {
		return fmt.Errorf("pending 3: wanted entry %d: %+v", s, *e)
	}
	if (e.state == Blocked) != (e.node != None) || e.state == Blocked && p.byNode[e.node] != s {
		return fmt.Errorf("pending 4: entry %d in state %d is node %d", s, e.state, e.node)
	}
	if e.state == Blocked && (!p.set.nodes[e.node].live || p.set.nodes[e.node].signed != e.signed) {
		return fmt.Errorf("pending 4: entry %d, signed %v, and its node %d disagree", s, e.signed, e.node)
	}
	if !prev {
		return fmt.Errorf("pending 5: prev %d of entry %d is no link", e.prev, s)
	}
	if held := e.state == Waiting || e.state == Blocked; held != (e.notes != nil32) {
		return fmt.Errorf("pending 6: entry %d in state %d, notes %d", s, e.state, e.notes)
	}
	return nil
}

// checkList restates invariant 1 for a list of n entries in either of two states.
func (p *Pending[T]) checkList(l list, n int, a, b State) error {
	last := spot(nil32)
	for s := l.first; s != nil32; s = p.entries[s].newer {
		if e := &p.entries[s]; e.older != last || e.state != a && e.state != b {
			return fmt.Errorf("pending 1: entry %d in state %d after %d in the list of states %d and %d", s, e.state, last, a, b)
		}
		last = s
		n--
	}
	if n != 0 || l.last != last {
		return fmt.Errorf("pending 1: %d entries not in the list of states %d and %d, which ends at %d, not %d", n, a, b, last, l.last)
	}
	return nil
}

// checkTotals restates invariants 4 (the number of nodes), 6 and 7.
func (p *Pending[T]) checkTotals(held int, sum *sums) error {
	blocked := 0
	for _, s := range p.byNode {
		if s != nil32 {
			blocked++
		}
	}
	if blocked != p.set.Len() {
		return fmt.Errorf("pending 4: %d entries are blocked, %d nodes", blocked, p.set.Len())
	}
	if p.count != held || p.bytes != sum.bytes {
		return fmt.Errorf("pending 6: %d held with %d bytes, counted %d with %d", held, sum.bytes, p.count, p.bytes)
	}
	l := p.sources.limits
	if p.count > 2*WorkFactor*l.Changes || p.bytes > 2*WorkFactor*l.Bytes {
		return fmt.Errorf("pending 7: %d changes and %d bytes held", p.count, p.bytes)
	}
	return nil
}

// sums recounts what the sources hold.
type sums struct {
	bytes int
	notes int
	by    map[Tag]*source
}

// add recounts one held change of size bytes.
func (u *sums) add(b *sources, head int32, s spot, size int) error {
	u.bytes += size
	seen := make(map[Tag]bool)
	for i := head; i != nil32; i = b.notes[i].next {
		n := &b.notes[i]
		if n.of != s || seen[n.src.tag] || len(seen) == MaxSources || b.by[n.src.tag] != n.src {
			return fmt.Errorf("sources 1: note %d of entry %d: %+v", i, s, *n)
		}
		seen[n.src.tag] = true
		t := u.by[n.src.tag]
		if t == nil {
			t = &source{}
			u.by[n.src.tag] = t
		}
		t.count++
		t.bytes += size
		u.notes++
	}
	return nil
}

// check restates the invariants of sources, given the recount.
func (u *sums) check(b *sources) error {
	if len(u.by) != len(b.by) || len(b.by) != len(b.heap) {
		return fmt.Errorf("sources 2: %d with notes, %d by tag, %d in the heap", len(u.by), len(b.by), len(b.heap))
	}
	for i, s := range b.heap {
		if t := u.by[s.tag]; t == nil || t.count != s.count || t.bytes != s.bytes {
			return fmt.Errorf("sources 2: %q counts %d, %d bytes; recount %v", s.tag, s.count, s.bytes, t)
		}
		if s.at != i || i > 0 && b.Less(i, (i-1)/2) || b.by[s.tag] != s || s.broke {
			return fmt.Errorf("sources 3: %q at %d of the heap (at %d, broke %v)", s.tag, i, s.at, s.broke)
		}
		if b.load(s) > 2*b.full() {
			return fmt.Errorf("pending 7: %q holds %d changes, %d bytes", s.tag, s.count, s.bytes)
		}
		last := int32(nil32)
		for j := s.first; j != nil32; j = b.notes[j].newer {
			if b.notes[j].src != s || b.notes[j].older != last {
				return fmt.Errorf("sources 2: note %d after %d in the list of %q", j, last, s.tag)
			}
			last = j
			u.notes--
		}
		if s.last != last {
			return fmt.Errorf("sources 2: the list of %q ends at %d, not %d", s.tag, last, s.last)
		}
	}
	if u.notes != 0 {
		return fmt.Errorf("sources 1, 2: %d notes in no list of a source", u.notes)
	}
	return nil
}
