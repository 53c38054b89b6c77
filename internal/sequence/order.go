package sequence

import "sort"

// This file holds the one rule on which replicas could disagree for ever: who
// comes first among concurrent elements at one place.
//
// Origin: Weidner, Gentle, Kleppmann, "The Art of the Fugue", the tree traversal
// of plain Fugue: "traverse x's left children in ascending order, visit x,
// traverse x's right children in ascending order". Fugue leaves the order among
// the children on one side open as long as it is total and never changes; here
// it is that of (change CID, offset), handed in as order.
//
// What the rule does not look at is as important: not time of arrival, not LVs
// (which differ from replica to replica), not what has been deleted.

// before reports whether a stands before b, both hanging on one element on one
// side.
func (s *Seq) before(a, b LV) bool {
	s.visits++
	return s.order(a, b) < 0
}

// seat returns how many of some siblings, which ascend, stand before x.
func (s *Seq) seat(ascending []LV, x LV) int {
	return sort.Search(len(ascending), func(i int) bool { return !s.before(ascending[i], x) })
}

// spot returns where x goes, which has just been listed between pred and succ
// among the children of parent on a side. Either of these is None if x is the
// first or the last; x is never alone. The subtrees of siblings follow each other
// without a gap, so the end of pred's is the beginning of succ's, and the one
// that is cheaper to find will do.
func (s *Seq) spot(parent LV, side Side, pred, succ LV) place {
	switch {
	case side == Right && pred == None && parent == None:
		return place{leaf: s.head, at: -1}
	case side == Right && pred == None:
		return s.after(parent)
	case side == Left && succ == None:
		return s.find(parent)
	case succ == None:
		return s.after(s.rightmost(pred))
	case pred == None || !s.hasKid(succ, Left):
		return s.find(s.leftmost(succ))
	case !s.hasKid(s.lastOf(pred), Right):
		return s.after(s.lastOf(pred))
	}
	return s.find(s.leftmost(succ))
}

// after returns the place after lv.
func (s *Seq) after(lv LV) place {
	p := s.find(lv)
	p.k++
	return p
}
