package sequence

import "slices"

// siblings lists the children of one element on one side, ascending by order. At
// all times no chunk is empty or longer than sizes.chunk, and the list is that of
// the chunks one after another. One sorted slice would make 40,000 concurrent
// siblings quadratic, by moving memory.
type siblings struct {
	chunks [][]LV
	n      int
}

// first returns the smallest sibling.
func (l *siblings) first() LV { return l.chunks[0][0] }

// last returns the greatest sibling.
func (l *siblings) last() LV {
	c := l.chunks[len(l.chunks)-1]
	return c[len(c)-1]
}

// seatIn returns the chunk and the place in it where x stands or belongs.
func (s *Seq) seatIn(l *siblings, x LV) (c, i int) {
	lo, hi := 0, len(l.chunks)-1 // the last chunk whose first is not after x, or 0
	for lo < hi {
		m := (lo + hi + 1) / 2
		if s.before(x, l.chunks[m][0]) {
			hi = m - 1
		} else {
			lo = m
		}
	}
	return lo, s.seat(l.chunks[lo], x)
}

// list puts x into the list and returns the siblings next to it, None where it
// is the first or the last.
func (s *Seq) list(l *siblings, x LV) (pred, succ LV) {
	c, i := s.seatIn(l, x)
	pred, succ = None, None
	if i > 0 {
		pred = l.chunks[c][i-1]
	}
	if i < len(l.chunks[c]) {
		succ = l.chunks[c][i]
	} else if c+1 < len(l.chunks) {
		succ = l.chunks[c+1][0]
	}
	l.chunks[c] = slices.Insert(l.chunks[c], i, x)
	l.n++
	if full := l.chunks[c]; len(full) > s.size.chunk {
		half := len(full) / 2
		l.chunks = slices.Insert(l.chunks, c+1, slices.Clone(full[half:]))
		l.chunks[c] = full[:half]
	}
	return pred, succ
}

// unlist takes x out of the list.
func (s *Seq) unlist(l *siblings, x LV) {
	c, i := s.seatIn(l, x)
	l.chunks[c] = slices.Delete(l.chunks[c], i, i+1)
	l.n--
	if len(l.chunks[c]) == 0 {
		l.chunks = slices.Delete(l.chunks, c, c+1)
	}
}

// siblings returns the list of those that hang on parent on a side, of whom there
// is at least one. A list is made when a second child comes, never for one.
func (s *Seq) siblings(parent LV, side Side) *siblings {
	key := pack(parent, side)
	l := s.lists[key]
	if l == nil {
		l = &siblings{chunks: [][]LV{{s.onlyChild(parent, side)}}, n: 1}
		if s.lists == nil {
			s.lists = make(map[uint32]*siblings)
		}
		s.lists[key] = l
	}
	return l
}

// firstLeft returns the smallest left child of parent, which has one.
func (s *Seq) firstLeft(parent LV) LV {
	if l := s.lists[pack(parent, Left)]; l != nil {
		return l.first()
	}
	return s.onlyChild(parent, Left)
}

// lastRight returns the greatest right child of parent, which has one.
func (s *Seq) lastRight(parent LV) LV {
	if l := s.lists[pack(parent, Right)]; l != nil {
		return l.last()
	}
	return s.onlyChild(parent, Right)
}

// onlyChild returns the one element that hangs on parent on a side, and is not
// listed. Document order leads to it: next to the parent stands the far end of
// the child's subtree, and from there it is parents only. A climb for a left
// child goes over a chain of right children, whose top it is; being a left child
// of one element only, that chain is climbed for it alone, and a chain that is
// cut gets a top which is nobody's left child. So no link is climbed more than
// twice in its life, once for a list and once for the chains (chain.go).
func (s *Seq) onlyChild(parent LV, side Side) LV {
	if side == Right {
		return s.onlyRight(parent)
	}
	x := s.previous(s.find(parent)) // a left child is newer, so not in one span with parent
	for {
		s.visits++
		x = s.headOf(x)
		up, _ := s.Parent(x)
		if up == parent {
			return x
		}
		x = up
	}
}

// onlyRight is onlyChild for the right side.
func (s *Seq) onlyRight(parent LV) LV {
	var x LV
	if parent == None {
		x = s.head.spans[0].lv
	} else {
		if x = parent + 1; s.Has(x) {
			if up, side := s.Parent(x); up == parent && side == Right {
				return x
			}
		}
		x = s.following(s.find(parent))
	}
	for {
		s.visits++
		up, _ := s.Parent(x)
		if up == parent {
			return x
		}
		x = up
	}
}

// previous returns the last element of the span before the one that begins at p.
func (s *Seq) previous(p place) LV {
	l, i := p.leaf, p.i-1
	if i < 0 {
		l = l.prev
		i = len(l.spans) - 1
	}
	return l.spans[i].lv + l.spans[i].len() - 1
}

// following returns the element after the one at p, deleted or not. There is one.
func (s *Seq) following(p place) LV {
	l, i := p.leaf, p.i
	if sp := l.spans[i]; p.k+1 < sp.len() {
		return sp.lv + p.k + 1
	}
	if i+1 < len(l.spans) {
		return l.spans[i+1].lv
	}
	return l.next.spans[0].lv
}
