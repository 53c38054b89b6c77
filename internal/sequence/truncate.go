package sequence

// Truncate takes back every element from lv on, as if it had never been inserted:
// it is the inverse of the inserts since then. What was hidden or shown since
// stays so; the caller shows again what the taken back deletes had hidden.
// Leaves stay as splits have left them, which nothing but Check can see. Where a
// taken back element has siblings, order is asked about it.
func (s *Seq) Truncate(lv LV) {
	if lv >= s.next {
		return
	}
	s.cur = cursor{}
	s.next = 0
	for s.tail != nil {
		pg := s.tail
		for len(pg.pieces) > 0 {
			pc := &pg.pieces[len(pg.pieces)-1]
			first := pg.no<<pageBits | uint32(pc.at)
			last := pg.no<<pageBits | uint32(pc.last)
			if last < lv {
				s.next = last + 1
				return
			}
			s.retract(pg, pc, max(first, lv), last)
		}
		s.popPage()
	}
}

// retract takes away the elements a to b, the newest, which are the end of a
// piece or all of it.
func (s *Seq) retract(pg *page, pc *piece, a, b LV) {
	s.pull(a, b)
	pg.clearKids(a&pageMask, b&pageMask) // nothing hangs on b
	parent, side := s.Parent(a)
	if key := pack(parent, side); s.lists[key] != nil {
		s.unlist(s.lists[key], a)
		// Links are made when a sibling comes, to elements older than it, and a chain
		// that it cut is whole again without it: find them anew when they are needed.
		s.chains = [2]*chains{}
		if s.lists[key].n == 1 {
			delete(s.lists, key)
		}
	} else {
		s.setKid(parent, side, false)
	}
	if j := a&pageMask - uint32(pc.at); j > 0 {
		s.shrink(pg, pc, j)
	} else {
		s.untable(pg, pc)
		pg.popPiece()
	}
	if len(pg.pieces) > 0 {
		pg.cutEntries()
	}
}

// pull takes the elements a to b, the newest, out of spans and sums. They may lie
// in several spans, of which each ends with the newest that is still there.
func (s *Seq) pull(a, b LV) {
	for {
		p := s.find(b)
		l, i := p.leaf, p.i
		sp := l.spans[i]
		from := max(a, sp.lv)
		n := b + 1 - from
		if sp.n&hidden == 0 {
			s.add(l, -n)
			s.addExtra(l, extra{}.minus(s.extraOf(from, n)))
		}
		l.spans[i].n -= n
		if n == sp.len() {
			l.shut(i, 1)
			if i < len(l.spans) {
				l.mend(i)
			}
			if len(l.spans) == 0 {
				s.drop(l)
			}
		}
		if from == a {
			return
		}
		b = from - 1
	}
}
