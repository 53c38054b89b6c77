package entries

import "fmt"

// index finds the room's dense number of a local version. Entries are few among the numbers of a
// document full of text, and come nearly in order of local version (the first value of a list element
// enters when the element is first set):
//
//	spots    one pointer for 512 local versions, nil where there is no entry
//	spot     the numbers of 32 blocks, zero where there is no entry
//	blocks   16 dense numbers plus one, zero where there is no entry
//
// A document of text alone pays nothing, a lone entry 200 bytes, one of a crowd five. The zero value is
// empty. Block zero is never used.
//
// At all times: find answers with i for the i-th local version that was added and not taken back, and
// with none for all others.
type index struct {
	spots  []*[32]uint32
	blocks [][16]uint32
	n      uint32
}

// add gives lv the next dense number. A local version comes once, else a panic: the document numbers
// each thing once.
func (x *index) add(lv LV) uint32 {
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
	at := &x.blocks[*b][lv&15]
	if *at != 0 || lv == None {
		panic(fmt.Sprintf("entries: a number comes once: local version %d", lv))
	}
	x.n++
	*at = x.n
	return x.n - 1
}

// find returns the dense number of lv, or none.
func (x *index) find(lv LV) uint32 {
	d := int(lv >> 9)
	if d >= len(x.spots) || x.spots[d] == nil {
		return none
	}
	b := x.spots[d][lv>>4&31]
	if b == 0 {
		return none
	}
	return x.blocks[b][lv&15] - 1
}

// pop takes back lv, the one that was added last.
func (x *index) pop(lv LV) {
	x.n--
	x.blocks[x.spots[lv>>9][lv>>4&31]][lv&15] = 0
	if x.n == 0 {
		*x = index{}
	}
}

// each yields the dense numbers of the local versions in [lv, lv+n), ascending.
func (x *index) each(lv LV, n uint32, yield func(i uint32)) {
	end := uint64(lv) + uint64(n)
	for at := uint64(lv); at < end; {
		d := int(at >> 9)
		switch {
		case d >= len(x.spots):
			return
		case x.spots[d] == nil:
			at = (at>>9 + 1) << 9
		case x.spots[d][at>>4&31] == 0:
			at = (at>>4 + 1) << 4
		default:
			if i := x.blocks[x.spots[d][at>>4&31]][at&15]; i != 0 {
				yield(i - 1)
			}
			at++
		}
	}
}

// check restates the clause of index; lv names the local version of each dense number.
func (x *index) check(n int, lv func(i uint32) LV) error {
	set := 0
	for _, b := range x.blocks {
		for _, i := range b {
			if i != 0 {
				set++
			}
		}
	}
	if set != n || int(x.n) != n {
		return fmt.Errorf("entries: index: %d numbers, count %d, want %d", set, x.n, n)
	}
	for i := uint32(0); i < uint32(n); i++ {
		if got := x.find(lv(i)); got != i {
			return fmt.Errorf("entries: index: local version %d is number %d, want %d", lv(i), got, i)
		}
	}
	return nil
}
