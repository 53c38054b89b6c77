package marks

import "fmt"

// sets keeps many ordered sets of small numbers in one array: the marks that
// cover a part of the text, the block markers. A set is named by its root, 0 is
// the empty one. Each set is a weight-balanced tree (Nievergelt and Reingold,
// with the parameters 3 and 2 of Hirai and Yamamoto, "Balancing weight-balanced
// trees", 2011): most sets hold one item, a hostile one 100,000, and both have to
// be cheap. No randomness: strangers know every constant here.
//
// At all times, for each set:
//
//  1. Items ascend strictly by order from left to right.
//  2. size counts the items of a subtree.
//  3. Of two subtrees neither weighs more than three times the other, the
//     weight of a subtree being its size and one.
//
// And a record is in one set once, or in the list of free ones.
type sets struct {
	order func(a, b uint32) int
	at    []knot // at[0] stands for the empty set
	free  uint32 // linked by kid[0]
}

// knot is one item of a set with the two halves of the rest below it.
type knot struct {
	item uint32
	size uint32
	kid  [2]uint32
}

// nothing is where rooms begin: the empty set, which nobody writes to.
var nothing [1]knot

// newSets returns a room for sets whose items are ordered by order, which must
// give 0 for equal items only.
func newSets(order func(a, b uint32) int) *sets {
	return &sets{order: order, at: nothing[:]}
}

// size is the number of items in a set.
func (s *sets) size(root uint32) int { return int(s.at[root].size) }

// insert adds an item that is not in the set and returns the set's root.
func (s *sets) insert(root, item uint32) uint32 {
	if root == 0 {
		return s.make(item)
	}
	side := 0
	switch c := s.order(item, s.at[root].item); {
	case c == 0:
		panic(fmt.Sprintf("marks: sets 1: item %d is in the set already", item))
	case c > 0:
		side = 1
	}
	kid := s.insert(s.at[root].kid[side], item) // may move s.at
	s.at[root].kid[side] = kid
	return s.balance(root)
}

// make takes a record for a set of one item.
func (s *sets) make(item uint32) uint32 {
	i := s.free
	if i == 0 {
		i = uint32(len(s.at))
		s.at = append(s.at, knot{})
	} else {
		s.free = s.at[i].kid[0]
	}
	s.at[i] = knot{item: item, size: 1}
	return i
}

// build makes a set of items that ascend by order.
func (s *sets) build(items []uint32) uint32 {
	if len(items) == 0 {
		return 0
	}
	half := len(items) / 2
	root := s.make(items[half])
	l, r := s.build(items[:half]), s.build(items[half+1:]) // may move s.at
	s.at[root].kid, s.at[root].size = [2]uint32{l, r}, uint32(len(items))
	return root
}

// remove takes an item of the set out and returns the set's root.
func (s *sets) remove(root, item uint32) uint32 {
	if root == 0 {
		panic(fmt.Sprintf("marks: sets 1: item %d is not in the set", item))
	}
	k := &s.at[root]
	switch c := s.order(item, k.item); {
	case c < 0:
		k.kid[0] = s.remove(k.kid[0], item)
	case c > 0:
		k.kid[1] = s.remove(k.kid[1], item)
	case k.kid[0] == 0 || k.kid[1] == 0:
		rest := k.kid[0] + k.kid[1]
		s.release(root)
		return rest
	default:
		k.kid[1], k.item = s.shift(k.kid[1])
	}
	return s.balance(root)
}

// shift takes the least item out of a set that has one; it returns the set's
// root and the item.
func (s *sets) shift(root uint32) (rest, item uint32) {
	k := &s.at[root]
	if k.kid[0] == 0 {
		rest, item = k.kid[1], k.item
		s.release(root)
		return rest, item
	}
	k.kid[0], item = s.shift(k.kid[0])
	return s.balance(root), item
}

// release gives a record back.
func (s *sets) release(i uint32) {
	s.at[i] = knot{kid: [2]uint32{s.free, 0}}
	s.free = i
}

// clear gives a whole set back.
func (s *sets) clear(root uint32) {
	if root != 0 {
		kid := s.at[root].kid
		s.clear(kid[0])
		s.clear(kid[1])
		s.release(root)
	}
}

// weight is the size of a set and one.
func (s *sets) weight(root uint32) uint32 { return s.at[root].size + 1 }

// balance counts the items of a subtree anew and restores clause 3 after one
// item came or went on one side of it.
func (s *sets) balance(t uint32) uint32 {
	kid := s.at[t].kid
	l, r := s.weight(kid[0]), s.weight(kid[1])
	s.at[t].size = l + r - 1
	switch {
	case l > 3*r:
		return s.lean(t, 0)
	case r > 3*l:
		return s.lean(t, 1)
	}
	return t
}

// lean turns t towards the lighter side, side being the heavier one.
func (s *sets) lean(t uint32, side int) uint32 {
	k := s.at[t].kid[side]
	if inner, outer := s.at[k].kid[1-side], s.at[k].kid[side]; s.weight(inner) >= 2*s.weight(outer) {
		s.at[t].kid[side] = s.rotate(k, 1-side)
	}
	return s.rotate(t, side)
}

// rotate lifts the kid of t on a side above t and returns it.
func (s *sets) rotate(t uint32, side int) uint32 {
	k := s.at[t].kid[side]
	s.at[t].kid[side] = s.at[k].kid[1-side]
	s.at[k].kid[1-side] = t
	for _, x := range [2]uint32{t, k} {
		kid := s.at[x].kid
		s.at[x].size = s.at[kid[0]].size + s.at[kid[1]].size + 1
	}
	return k
}

// least returns the least item for which ok holds; ok must hold for all items
// from some item on. false when there is none.
func (s *sets) least(root uint32, ok func(item uint32) bool) (item uint32, found bool) {
	for root != 0 {
		k := &s.at[root]
		if ok(k.item) {
			item, found = k.item, true
			root = k.kid[0]
		} else {
			root = k.kid[1]
		}
	}
	return item, found
}

// greatest returns the greatest item for which ok holds; ok must hold for all
// items up to some item. false when there is none.
func (s *sets) greatest(root uint32, ok func(item uint32) bool) (item uint32, found bool) {
	for root != 0 {
		k := &s.at[root]
		if ok(k.item) {
			item, found = k.item, true
			root = k.kid[1]
		} else {
			root = k.kid[0]
		}
	}
	return item, found
}

// each hands all items to yield, ascending. yield must not change the set.
func (s *sets) each(root uint32, yield func(item uint32)) {
	if root != 0 {
		k := s.at[root]
		s.each(k.kid[0], yield)
		yield(k.item)
		s.each(k.kid[1], yield)
	}
}
