package sequence

// join puts x, which arrived, among those that hang on parent on a side already,
// and returns where it goes in document order. The lists and chains then know x;
// the pages do not yet.
func (s *Seq) join(parent LV, side Side, x LV) place {
	pred, succ := s.list(s.siblings(parent, side), x)
	if side == Left && pred == None {
		s.cut(Left, parent)
	}
	if side == Right && succ == None && parent != None {
		// x is now the greatest. Where pred was, in one piece with the parent, the
		// piece ends at the parent.
		if pred == parent+1 {
			s.part(pred)
		}
		s.cut(Right, s.headOf(parent))
	}
	return s.spot(parent, side, pred, succ)
}

// cut parts what is remembered of the chain of x, a node of it, below x.
func (s *Seq) cut(side Side, x LV) {
	if c := s.chains[side]; c != nil {
		s.visits += uint64(c.cut(x))
	}
}

// leftmost returns the first element in document order of the subtree of x.
func (s *Seq) leftmost(x LV) LV {
	if !s.hasKid(x, Left) {
		return x
	}
	return s.deepest(Left, x)
}

// rightmost returns the last element in document order of the subtree of x.
func (s *Seq) rightmost(x LV) LV {
	if last := s.lastOf(x); !s.hasKid(last, Right) {
		return last
	}
	return s.lastOf(s.deepest(Right, s.headOf(x)))
}

// deepest returns the last node of the chain on a side that begins at x, and
// remembers the nodes it walks over.
func (s *Seq) deepest(side Side, x LV) LV {
	c := s.chains[side]
	if c == nil {
		c = &chains{links: make(map[LV]link)}
		s.chains[side] = c
	}
	n := c.of(x)
	for {
		s.visits++
		y, ok := s.below(side, c.last[n])
		if !ok {
			return c.last[n]
		}
		c.extend(n, y)
	}
}

// below returns the node after x in its chain, if x is not the last.
func (s *Seq) below(side Side, x LV) (LV, bool) {
	if side == Left {
		if !s.hasKid(x, Left) {
			return None, false
		}
		return s.firstLeft(x), true
	}
	last := s.lastOf(x)
	if !s.hasKid(last, Right) {
		return None, false
	}
	return s.lastRight(last), true
}
