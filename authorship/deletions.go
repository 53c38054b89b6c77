package authorship

import (
	mathbits "math/bits"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// unit is the share of one character.
const unit = 1 << 32

// deletions splits each character that is gone equally among the persons who have
// deleted it, whatever keys they did it with. Shares are counted in parts of 2^32,
// so that the sums do not depend on the order in which things arrived. It costs the
// stretches, a bit for each number between the first character and the last, and the
// characters that were deleted more than once.
func (t *table) deletions(list []crdt.Deletion, authors []*Person) {
	if len(list) == 0 {
		return
	}
	number, people := numbered(authors)
	whole := make([]int, len(people)) // characters that one has deleted, and shares besides
	shares := make([]uint64, len(people))
	twice := more(list)
	by := map[uint32][]int32{} // of twice: who
	for _, d := range list {
		who := number[d.Change]
		twice.each(d.At, d.N, func(at, n uint32, several bool) {
			if !several {
				whole[who] += int(n)
				return
			}
			for end := at + n; at < end; at++ {
				if !slices.Contains(by[at], who) {
					by[at] = append(by[at], who)
				}
			}
		})
	}
	for _, list := range by {
		share := uint64(unit) / uint64(len(list))
		for _, who := range list {
			shares[who] += share
		}
	}
	for k, who := range people {
		if who.ID != (crdt.Author{}) { // else it is nobody's
			t.of(*who).Deletions += whole[k] + int((shares[k]+unit/2)/unit)
		}
	}
}

// numbered gives each person a number, by change, in order of appearance.
func numbered(authors []*Person) (number []int32, people []*Person) {
	number = make([]int32, len(authors))
	of := map[crdt.Author]int32{}
	known := map[*Person]int32{}
	for k, who := range authors {
		n, ok := known[who]
		if !ok {
			if n, ok = of[who.ID]; !ok {
				n = int32(len(people))
				people = append(people, who)
				of[who.ID] = n
			}
			known[who] = n
		}
		number[k] = n
	}
	return number, people
}

// more is the characters that are in more than one of a list of deletions.
func more(list []crdt.Deletion) bits {
	first, last := list[0].At, list[0].At
	for _, d := range list {
		first, last = min(first, d.At), max(last, d.At+d.N)
	}
	once, twice := newBits(first, last), newBits(first, last)
	for _, d := range list {
		once.each(d.At, d.N, func(at, n uint32, in bool) {
			if in {
				twice.put(at, n)
			}
		})
		once.put(d.At, d.N)
	}
	return twice
}

// bits is a set of numbers from first on.
type bits struct {
	first uint32
	words []uint64
}

// newBits makes room for the numbers from first to before last.
func newBits(first, last uint32) bits { return bits{first, make([]uint64, (last-first)/64+1)} }

// put adds n numbers from at on.
func (b bits) put(at, n uint32) {
	at -= b.first
	for end := at + n; at < end; {
		k := min(end-at, 64-at%64)
		b.words[at/64] |= ^uint64(0) >> (64 - k) << (at % 64)
		at += k
	}
}

// each splits n numbers from at on into those that are in b and those that are not,
// in pieces of at most 64.
func (b bits) each(at, n uint32, yield func(at, n uint32, in bool)) {
	for end := at + n; at < end; {
		low := (at - b.first) % 64
		w := b.words[(at-b.first)/64] >> low
		in := w&1 != 0
		if in {
			w = ^w
		}
		k := min(end-at, 64-low, uint32(mathbits.TrailingZeros64(w)))
		yield(at, k, in)
		at += k
	}
}
