package session

import "math/bits"

// bitset is a set of arrival indexes; it grows as needed. The zero value is
// empty.
type bitset []uint64

// add puts i ≥ 0 in.
func (b *bitset) add(i int) { b.addRange(i, i+1) }

// addRange puts i … j-1 in.
func (b *bitset) addRange(i, j int) {
	if i >= j {
		return
	}
	for need := (j + 63) / 64; len(*b) < need; {
		*b = append(*b, 0)
	}
	for ; i < j; i++ {
		(*b)[i/64] |= 1 << (i % 64)
	}
}

// has says whether i is in.
func (b bitset) has(i int) bool {
	return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0
}

// size counts the members.
func (b bitset) size() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}
