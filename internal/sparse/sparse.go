// Package sparse finds what few of a document's many numbers stand for: in a document full
// of text only here and there a number is an entry, a tag or a move. Rooms that keep dense
// lists of their own things find in it which of them a local version is.
//
//	ix := sparse.Index{}
//	*ix.At(lv) = 7      // lv stands for 7
//	ix.Get(lv)          // 7
//	ix.Drop(lv)         // lv stands for nothing again
//
// It is not safe for concurrent use, but for Get, Each and Count by themselves.
package sparse

// Index says of each local version what it stands for, zero for nothing:
//
//	spots    one pointer for 512 local versions, nil where none stands for anything
//	spot     the numbers of 32 blocks, zero where none does
//	blocks   16 values, zero where there is none
//
// A document of text alone pays nothing, a lone value 200 bytes, one of a crowd five. The
// zero value is empty.
//
// At all times: block zero is nobody's and has zeros; each other block is in one spot.
type Index struct {
	spots  []*[32]uint32
	blocks [][16]uint32
}

// At is where the value of lv lies, which is made where there is none. The place is good
// until the next At.
func (x *Index) At(lv uint32) *uint32 {
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
	return &x.blocks[*b][lv&15]
}

// Get is the value of lv, zero for none.
func (x *Index) Get(lv uint32) uint32 {
	d := int(lv >> 9)
	if d >= len(x.spots) || x.spots[d] == nil {
		return 0
	}
	return x.blocks[x.spots[d][lv>>4&31]][lv&15]
}

// Drop takes the value of lv away, which must have had one. Its block stays for those that
// come.
func (x *Index) Drop(lv uint32) { x.blocks[x.spots[lv>>9][lv>>4&31]][lv&15] = 0 }

// Each yields the values of the n local versions from lv on, ascending. It costs what is
// there, and little for each 512 of them.
func (x *Index) Each(lv, n uint32, yield func(v uint32)) {
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
			if v := x.blocks[x.spots[d][at>>4&31]][at&15]; v != 0 {
				yield(v)
			}
			at++
		}
	}
}

// Empty tells whether nothing was ever put in.
func (x *Index) Empty() bool { return len(x.spots) == 0 }

// Count is how many local versions have a value. It looks at all, and is for checks.
func (x *Index) Count() (n int) {
	for _, b := range x.blocks {
		for _, v := range b {
			if v != 0 {
				n++
			}
		}
	}
	return n
}
