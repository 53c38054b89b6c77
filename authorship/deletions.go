package authorship

import (
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// unit is the share of one character.
const unit = 1 << 32

// deletions splits each character that is gone equally among the persons who have
// deleted it, whatever keys they did it with. Shares are counted in parts of 2^32,
// so that the sums do not depend on the order in which things arrived. It costs the
// characters.
func (t *table) deletions(list []crdt.Deletion, authors []Person) {
	if len(list) == 0 {
		return
	}
	number := make([]int32, len(authors)) // of each change: its person + 1
	of := map[crdt.Author]int32{}
	var people []Person
	for k, who := range authors {
		if _, ok := of[who.ID]; !ok {
			people = append(people, who)
			of[who.ID] = int32(len(people))
		}
		number[k] = of[who.ID]
	}
	first, last := list[0].At, list[0].At
	for _, d := range list {
		first, last = min(first, d.At), max(last, d.At+d.N)
	}
	by := make([]int32, last-first)   // by character: who has deleted it, or the first of them
	more := map[uint32][]int32{}      // the others
	whole := make([]int, len(people)) // characters that one has deleted, and shares besides
	shares := make([]uint64, len(people))
	for _, d := range list {
		who := number[d.Change]
		own := by[d.At-first : d.At-first+d.N]
		for k, had := range own {
			switch at := d.At + uint32(k); {
			case had == 0:
				own[k] = who
				whole[who-1]++
			case had != who && !slices.Contains(more[at], who):
				more[at] = append(more[at], who)
			}
		}
	}
	for at, others := range more {
		share := uint64(unit) / uint64(1+len(others))
		whole[by[at-first]-1]--
		for _, who := range append(others, by[at-first]) {
			shares[who-1] += share
		}
	}
	for k, who := range people {
		if who.ID != (crdt.Author{}) { // else it is nobody's
			t.of(who).Deletions += whole[k] + int((shares[k]+unit/2)/unit)
		}
	}
}
