package tree

import "fmt"

// index finds the move of a local version. Moves ascend, so where they are few among the numbers of the
// document they are found by halving; a crowd has
//
//	spots    one pointer for 512 local versions, nil where there is no move
//	spot     the numbers of 32 blocks, zero where there is no move
//	blocks   16 moves, zero where there is none
//
// A lone move costs 200 bytes in these, one of a crowd five, and there are never more pointers than moves: a
// document may be large, and hold many trees of one node. Block zero is never used.
//
// At all times: find answers with each move that was added and not taken back, and with 0 for all other
// local versions; there are spots only while a crowd had to be found.
type index struct {
	crowd  int // as few moves are found by halving; fewer in tests
	spots  []*[32]uint32
	blocks [][16]uint32
}

// crowd is the number of moves from which on there are spots.
const crowd = 64

// add notes the last of the moves, which has just come.
func (x *index) add(moves []move) {
	m := len(moves) - 1
	d := int(moves[m].lv >> 9)
	switch {
	case len(x.spots) > 0 && d < len(moves):
		x.put(moves[m].lv, uint32(m))
	case len(x.spots) > 0:
		x.spots, x.blocks = nil, nil
	case m >= x.crowd && d < len(moves)/2:
		for k := 1; k <= m; k++ {
			x.put(moves[k].lv, uint32(k))
		}
	}
}

// put notes that lv is move m.
func (x *index) put(lv LV, m uint32) {
	d := int(lv >> 9)
	for len(x.spots) <= d {
		x.spots = append(x.spots, nil)
	}
	if x.spots[d] == nil {
		x.spots[d] = new([32]uint32)
	}
	b := &x.spots[d][lv>>4&31]
	if *b == 0 {
		if x.blocks == nil {
			x.blocks = make([][16]uint32, 1, 4)
		}
		*b = uint32(len(x.blocks))
		x.blocks = append(x.blocks, [16]uint32{})
	}
	x.blocks[*b][lv&15] = m
}

// find returns the move of lv, or 0.
func (x *index) find(moves []move, lv LV) uint32 {
	if len(x.spots) == 0 {
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
	d := int(lv >> 9)
	if d >= len(x.spots) || x.spots[d] == nil {
		return 0
	}
	return x.blocks[x.spots[d][lv>>4&31]][lv&15]
}

// drop takes back lv. What it leaves empty is used again by the numbers that come next.
func (x *index) drop(lv LV) {
	if len(x.spots) > 0 {
		x.blocks[x.spots[lv>>9][lv>>4&31]][lv&15] = 0
	}
}

// check restates the clause of index.
func (x *index) check(moves []move) error {
	set := 1
	for _, b := range x.blocks {
		for _, m := range b {
			if m != 0 {
				set++
			}
		}
	}
	if set != len(moves) && len(x.spots) > 0 {
		return fmt.Errorf("%d numbers of %d moves", set-1, len(moves)-1)
	}
	for m := 1; m < len(moves); m++ {
		if got := x.find(moves, moves[m].lv); got != uint32(m) {
			return fmt.Errorf("local version %d is move %d, want %d", moves[m].lv, got, m)
		}
	}
	return nil
}
