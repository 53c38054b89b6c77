package tree

import "fmt"

// index finds the move of a local version. Moves are few among the numbers of a document full of text:
//
//	spots    one pointer for 512 local versions, nil where there is no move
//	spot     the numbers of 32 blocks, zero where there is no move
//	blocks   16 moves, zero where there is none
//
// A lone move costs 200 bytes, one of a crowd five. The zero value is empty. Block zero is never used.
//
// At all times: find answers with each move that was added and not taken back, and with 0 for all other
// local versions.
type index struct {
	spots  []*[32]uint32
	blocks [][16]uint32
}

// add notes that lv is move m.
func (x *index) add(lv LV, m uint32) {
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
func (x *index) find(lv LV) uint32 {
	d := int(lv >> 9)
	if d >= len(x.spots) || x.spots[d] == nil {
		return 0
	}
	return x.blocks[x.spots[d][lv>>4&31]][lv&15]
}

// drop takes back lv. What it leaves empty is used again by the numbers that come next.
func (x *index) drop(lv LV) { x.blocks[x.spots[lv>>9][lv>>4&31]][lv&15] = 0 }

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
	if set != len(moves) {
		return fmt.Errorf("%d numbers of %d moves", set-1, len(moves)-1)
	}
	for m := 1; m < len(moves); m++ {
		if got := x.find(moves[m].lv); got != uint32(m) {
			return fmt.Errorf("local version %d is move %d, want %d", moves[m].lv, got, m)
		}
	}
	return nil
}
