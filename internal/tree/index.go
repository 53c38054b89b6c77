package tree

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/sparse"
)

// index finds the move of a local version. Moves ascend, so where they are few among the numbers of the
// document they are found by halving; a crowd is in a sparse index, and there are never more than 512 local
// versions for each move in that: a document may be large, and hold many trees of one node.
//
// At all times: find answers with each move that was added and not taken back, and with 0 for all other
// local versions; spots is empty unless a crowd had to be found.
type index struct {
	crowd int // as few moves are found by halving; fewer in tests
	spots sparse.Index
}

// crowd is the number of moves from which on there are spots.
const crowd = 64

// add notes the last of the moves, which has just come.
func (x *index) add(moves []move) {
	m := len(moves) - 1
	d := int(moves[m].lv >> 9)
	switch {
	case !x.spots.Empty() && d < len(moves):
		*x.spots.At(moves[m].lv) = uint32(m)
	case !x.spots.Empty():
		x.spots = sparse.Index{}
	case m >= x.crowd && d < len(moves)/2:
		for k := 1; k <= m; k++ {
			*x.spots.At(moves[k].lv) = uint32(k)
		}
	}
}

// find returns the move of lv, or 0.
func (x *index) find(moves []move, lv LV) uint32 {
	if !x.spots.Empty() {
		return x.spots.Get(lv)
	}
	lo, hi := 0, len(moves) // moves[lo] is at or below lv, if it is one; moves[hi] above
	for lo+1 < hi {
		if m := int(uint(lo+hi) >> 1); moves[m].lv <= lv {
			lo = m
		} else {
			hi = m
		}
	}
	if lo > 0 && moves[lo].lv == lv {
		return uint32(lo)
	}
	return 0
}

// drop takes back lv. What it leaves empty is used again by the numbers that come next.
func (x *index) drop(lv LV) {
	if !x.spots.Empty() {
		x.spots.Drop(lv)
	}
}

// check restates the clause of index.
func (x *index) check(moves []move) error {
	if set := x.spots.Count(); set != len(moves)-1 && !x.spots.Empty() {
		return fmt.Errorf("%d numbers of %d moves", set, len(moves)-1)
	}
	for m := 1; m < len(moves); m++ {
		if got := x.find(moves, moves[m].lv); got != uint32(m) {
			return fmt.Errorf("local version %d is move %d, want %d", moves[m].lv, got, m)
		}
	}
	return nil
}
