package charter

import (
	"encoding/binary"
	"slices"
)

// sets interns sets of ratified amends, by the indexes of their changes: what a change
// has in its past. Most changes have the set of one of their links, so that a set is a
// number and a union mostly a comparison.
//
// Invariants:
//
//  1. Set 0 is empty. The list of each is strictly ascending, and no two are equal.
//  2. byList gives each set by its list, and joined the union of two sets.
type sets struct {
	lists  [][]int32
	byList map[string]int32
	joined map[[2]int32]int32
}

// newSets makes one with the empty set.
func newSets() *sets {
	return &sets{lists: [][]int32{nil}, byList: map[string]int32{"": 0}, joined: map[[2]int32]int32{}}
}

// intern is the number of a set, given in strictly ascending order.
func (s *sets) intern(list []int32) int32 {
	key := make([]byte, 0, 4*len(list))
	for _, x := range list {
		key = binary.LittleEndian.AppendUint32(key, uint32(x))
	}
	id, ok := s.byList[string(key)]
	if !ok {
		id = int32(len(s.lists))
		s.lists = append(s.lists, list)
		s.byList[string(key)] = id
	}
	return id
}

// union is the set of what is in a or b.
func (s *sets) union(a, b int32) int32 {
	if a == b || b == 0 {
		return a
	}
	if a == 0 {
		return b
	}
	pair := [2]int32{min(a, b), max(a, b)}
	id, ok := s.joined[pair]
	if !ok {
		list := slices.Concat(s.lists[a], s.lists[b])
		slices.Sort(list)
		id = s.intern(slices.Compact(list))
		s.joined[pair] = id
	}
	return id
}

// with is a set with one more element.
func (s *sets) with(a, x int32) int32 {
	if s.has(a, x) {
		return a
	}
	list := append(slices.Clone(s.lists[a]), x)
	slices.Sort(list)
	return s.intern(list)
}

// has tells whether x is in a set.
func (s *sets) has(a, x int32) bool {
	_, ok := slices.BinarySearch(s.lists[a], x)
	return ok
}

// of are the elements of a set. They must not be changed.
func (s *sets) of(a int32) []int32 { return s.lists[a] }
