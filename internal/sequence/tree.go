package sequence

import "slices"

// maxFanout is the number of children for which inner nodes have sums.
const maxFanout = 32

// extra is what a stretch of visible elements has more than runes: bytes in
// UTF-8, and units in UTF-16. ASCII has nothing extra.
type extra struct{ b, u uint32 }

// plus adds two extras.
func (x extra) plus(y extra) extra { return extra{x.b + y.b, x.u + y.u} }

// minus takes y out of x.
func (x extra) minus(y extra) extra { return extra{x.b - y.b, x.u - y.u} }

// in returns what x amounts to in a unit.
func (x extra) in(u Unit) uint32 {
	switch u {
	case UTF8:
		return x.b
	case UTF16:
		return x.u
	}
	return 0
}

// inner is a node above the leaves. Exactly one of kids and leaves is in use.
type inner struct {
	up     *inner // nil at the root
	slot   int    // place in up
	kids   []*inner
	leaves []*leaf
	vis    [maxFanout]uint32
	ext    *[maxFanout]extra // nil while nothing below is other than ASCII
}

// len returns the number of children.
func (p *inner) len() int { return len(p.kids) + len(p.leaves) }

// extra returns the extra sum of child i.
func (p *inner) extra(i int) extra {
	if p.ext == nil {
		return extra{}
	}
	return p.ext[i]
}

// set writes the sums of child i.
func (p *inner) set(i int, vis uint32, x extra) {
	p.vis[i] = vis
	if p.ext == nil {
		if x == (extra{}) {
			return
		}
		p.ext = new([maxFanout]extra)
	}
	p.ext[i] = x
}

// sum returns the sums of all children.
func (p *inner) sum() (vis uint32, x extra) {
	for i := range p.len() {
		vis += p.vis[i]
		x = x.plus(p.extra(i))
	}
	return vis, x
}

// add adds d visible elements, d modulo 2^32, to all sums that count the leaf.
func (s *Seq) add(l *leaf, d uint32) {
	s.vis += d
	slot := l.slot
	for p := l.up; p != nil; p = p.up {
		p.vis[slot&(maxFanout-1)] += d
		slot = p.slot
	}
}

// addExtra adds x, modulo 2^32, to all extra sums that count the leaf.
func (s *Seq) addExtra(l *leaf, x extra) {
	if x == (extra{}) {
		return
	}
	s.ext = s.ext.plus(x)
	slot := l.slot
	for p := l.up; p != nil; p = p.up {
		p.set(slot, p.vis[slot], p.extra(slot).plus(x))
		slot = p.slot
	}
}

// nameable reports whether another leaf can have a number.
func (s *Seq) nameable() bool { return len(s.free) > 0 || len(s.leaves) < s.size.leaves }

// name gives a new leaf its number.
func (s *Seq) name(l *leaf) {
	if n := len(s.free); n > 0 {
		l.id = s.free[n-1]
		s.free = s.free[:n-1]
		s.leaves[l.id] = l
		return
	}
	l.id = uint32(len(s.leaves))
	s.leaves = append(s.leaves, l)
}

// split moves the spans of l from mid on into a new leaf after it. The parent
// gets its free slot first, while all sums are true: nothing is ever split while
// a sum is still to be entered.
func (s *Seq) split(l *leaf, mid int) *leaf {
	p := s.parentWithRoom(l)
	r := &leaf{spans: make([]span, len(l.spans)-mid, max(s.size.leaf, len(l.spans)-mid)), next: l.next, prev: l}
	copy(r.spans, l.spans[mid:])
	l.spans = l.spans[:mid]
	if l.next != nil {
		l.next.prev = r
	}
	l.next = r
	s.name(r)
	s.reindexAll(r)

	vis, x := r.shown(), extra{}
	if p.extra(l.slot) != (extra{}) {
		for _, sp := range r.spans {
			if sp.n&hidden == 0 {
				x = x.plus(s.extraOf(sp.lv, sp.n))
			}
		}
	}
	p.set(l.slot, p.vis[l.slot]-vis, p.extra(l.slot).minus(x))
	p.open(l.slot+1, vis, x)
	p.leaves = slices.Insert(p.leaves, l.slot+1, r)
	p.number(l.slot + 1)
	return r
}

// parentWithRoom returns the parent of l after making sure that it can take one
// more child.
func (s *Seq) parentWithRoom(l *leaf) *inner {
	if l.up == nil {
		s.root = &inner{leaves: []*leaf{l}}
		s.root.set(0, s.vis, s.ext)
		l.up, l.slot = s.root, 0
	}
	if l.up.len() == s.size.fanout {
		s.divide(l.up)
	}
	return l.up
}

// divide moves the upper half of a full node into a new node after it. Its depth
// is the tree's, a handful.
func (s *Seq) divide(p *inner) {
	if p.up == nil {
		s.root = &inner{kids: []*inner{p}}
		s.root.set(0, s.vis, s.ext)
		p.up, p.slot = s.root, 0
	}
	if p.up.len() == s.size.fanout {
		s.divide(p.up)
	}
	half, n := p.len()/2, p.len()
	q := &inner{}
	for i := half; i < n; i++ {
		q.set(i-half, p.vis[i], p.extra(i))
	}
	if p.kids != nil {
		q.kids = append(make([]*inner, 0, s.size.fanout), p.kids[half:]...)
		p.kids = slices.Delete(p.kids, half, n)
	} else {
		q.leaves = append(make([]*leaf, 0, s.size.fanout), p.leaves[half:]...)
		p.leaves = slices.Delete(p.leaves, half, n)
	}
	q.number(0)

	vis, x := q.sum()
	up := p.up
	up.set(p.slot, up.vis[p.slot]-vis, up.extra(p.slot).minus(x))
	up.open(p.slot+1, vis, x)
	up.kids = slices.Insert(up.kids, p.slot+1, q)
	up.number(p.slot + 1)
}

// open moves the sums from child i on up by one and writes those of a new child.
func (p *inner) open(i int, vis uint32, x extra) {
	n := p.len()
	copy(p.vis[i+1:n+1], p.vis[i:n])
	if p.ext != nil {
		copy(p.ext[i+1:n+1], p.ext[i:n])
	}
	p.set(i, vis, x)
}

// shut takes child i out, with its sums.
func (p *inner) shut(i int) {
	n := p.len()
	copy(p.vis[i:n], p.vis[i+1:n])
	if p.ext != nil {
		copy(p.ext[i:n], p.ext[i+1:n])
	}
	if p.kids != nil {
		p.kids = slices.Delete(p.kids, i, i+1)
	} else {
		p.leaves = slices.Delete(p.leaves, i, i+1)
	}
	p.number(i)
}

// number tells the children from i on who their parent is and where they are.
func (p *inner) number(i int) {
	for j := i; j < len(p.kids); j++ {
		p.kids[j].up, p.kids[j].slot = p, j
	}
	for j := i; j < len(p.leaves); j++ {
		p.leaves[j].up, p.leaves[j].slot = p, j
	}
}

// drop takes an empty leaf out of the tree, and the nodes that this empties.
func (s *Seq) drop(l *leaf) {
	if l.prev != nil {
		l.prev.next = l.next
	} else {
		s.head = l.next
	}
	if l.next != nil {
		l.next.prev = l.prev
	}
	s.leaves[l.id] = nil
	s.free = append(s.free, l.id)

	slot := l.slot
	for p := l.up; p != nil; p = p.up {
		p.shut(slot)
		if p.len() > 0 {
			break
		}
		slot = p.slot
	}
	for s.root != nil && len(s.root.kids) == 1 {
		s.root = s.root.kids[0]
		s.root.up, s.root.slot = nil, 0
	}
	if s.root != nil && s.root.len() == 1 {
		s.root = nil
		s.head.up, s.head.slot = nil, 0
	}
	if s.head == nil {
		s.root = nil
	}
}
