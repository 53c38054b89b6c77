package tree

// splays is a forest of splay trees (Sleator, Tarjan: "Self-adjusting binary search trees") over numbers
// from 1; 0 is none. What the order in a tree means is its owner's affair. The root of a tree may have an
// up that does not know it as a child: the path-parent of forest.go.
type splays struct {
	at    []links
	pull  func(x uint32) // sums up a tree in its root x from its children, whose sums are good
	turns uint64         // rotations so far
}

// links are the neighbours of one number in its tree.
type links struct {
	up  uint32
	kid [2]uint32 // left and right
}

// top tells whether x is the root of its tree.
func (s *splays) top(x uint32) bool {
	u := s.at[x].up
	return u == 0 || s.at[u].kid[0] != x && s.at[u].kid[1] != x
}

// side is 1 if x, which is not the root of its tree, is a right child, else 0.
func (s *splays) side(x uint32) int {
	if s.at[s.at[x].up].kid[1] == x {
		return 1
	}
	return 0
}

// rotate lifts x, which is not the root of its tree, above its parent. The sum of x is not good then.
func (s *splays) rotate(x uint32) {
	s.turns++
	y := s.at[x].up
	z := s.at[y].up
	k := s.side(x)
	if !s.top(y) {
		s.at[z].kid[s.side(y)] = x
	}
	c := s.at[x].kid[1-k]
	s.at[y].kid[k] = c
	if c != 0 {
		s.at[c].up = y
	}
	s.at[x].kid[1-k], s.at[y].up, s.at[x].up = y, x, z
	s.pull(y)
}

// splay lifts x to the root of its tree and sums it up. Costs O(log n) amortized.
func (s *splays) splay(x uint32) {
	for !s.top(x) {
		if y := s.at[x].up; !s.top(y) {
			if s.side(x) == s.side(y) {
				s.rotate(y)
			} else {
				s.rotate(x)
			}
		}
		s.rotate(x)
	}
	s.pull(x)
}
