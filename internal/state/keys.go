package state

import (
	"slices"
	"strings"
)

// Keys is the slots of one map that ever had an entry, sorted by key when they
// are read.
type Keys struct {
	slots  []int32
	sorted bool
}

// addKey notes a slot of a map; it must be new.
func (s *State) addKey(m, slot int32) {
	k := s.keys[m]
	if k == nil {
		k = &Keys{}
		s.keys[m] = k
	}
	k.slots = append(k.slots, slot)
	k.sorted = len(k.slots) == 1
}

// dropKey forgets a slot of a map, if it is noted.
func (s *State) dropKey(m, slot int32) {
	k := s.keys[m]
	if at := slices.Index(k.slots, slot); at >= 0 {
		k.slots = slices.Delete(k.slots, at, at+1)
	}
}

// Keys are the slots of the map at a place, by key; the caller must not change
// or keep the list.
func (s *State) Keys(m int32) []int32 {
	k := s.keys[m]
	if k == nil {
		return nil
	}
	if !k.sorted {
		slices.SortFunc(k.slots, func(a, b int32) int {
			return strings.Compare(s.T.Get(a).Name, s.T.Get(b).Name)
		})
		k.sorted = true
	}
	return k.slots
}

// values says where in the arena the first value of each list element lies, in
// order of LV.
type values struct {
	lv, off, size []uint32
}

// add notes the value of a new element.
func (v *values) add(lv LV, off, size uint32) {
	v.lv = append(v.lv, lv)
	v.off = append(v.off, off)
	v.size = append(v.size, size)
}

// get finds the value of an element.
func (v *values) get(lv LV) (off, size uint32, ok bool) {
	k, ok := slices.BinarySearch(v.lv, lv)
	if !ok {
		return 0, 0, false
	}
	return v.off[k], v.size[k], true
}

// truncate forgets the elements from lv on.
func (v *values) truncate(lv LV) {
	k, _ := slices.BinarySearch(v.lv, lv)
	v.lv, v.off, v.size = v.lv[:k], v.off[:k], v.size[:k]
}
