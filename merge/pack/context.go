package pack

import "github.com/commonhold/commonhold/internal/block"

// recents is how many places an author may come back to are remembered.
const recents = 6

// spot is a place in a sequence: beside an element, on one side.
type spot struct {
	elem uint32
	side block.Side
}

// span is the numbers from lo to below hi.
type span struct{ lo, hi uint32 }

// context is what foretells where an author goes on: nearly every insert goes
// behind the element inserted last, or to where something was deleted last.
type context struct {
	spots [recents]spot // the newest first
	n     int           // how many there are
	done  span          // inserted or deleted last
	named span          // told last
	// containers are the numbers of the containers used last, by kind.
	containers [block.KindTree + 1]uint32
}

// newContext is the context of nothing.
func newContext() (x context) {
	for k := range x.containers {
		x.containers[k] = none
	}
	return x
}

// rank returns the place of a spot among the recent ones, recents if it is none.
func (x *context) rank(s spot) int {
	for k := range x.n {
		if x.spots[k] == s {
			return k
		}
	}
	return recents
}

// rankOf is rank for whichever spot is beside the element.
func (x *context) rankOf(elem uint32) int {
	for k := range x.n {
		if x.spots[k].elem == elem {
			return k
		}
	}
	return recents
}

// visit makes s the newest spot. What was at place rank goes.
func (x *context) visit(s spot, rank int) {
	if rank >= x.n {
		rank = min(x.n, recents-1)
		x.n = min(x.n+1, recents)
	}
	copy(x.spots[1:rank+1], x.spots[:rank])
	x.spots[0] = s
}

// form is how a thing is told: from which span, and where it lies to it.
type form = uint8

// The forms. A thing stands for n numbers, one or those of a run.
const (
	afterDone   form = iota // begins so many behind the end of done
	beforeDone              // ends so many before the beginning of done
	insideDone              // begins so many before the last of done
	afterNamed              // the same with named
	beforeNamed             //
	insideNamed             //
	outright                // link and number
)

// tell returns how far n numbers from lv on are from a span, and the form, as
// one of the first three.
func (s span) tell(lv, n uint32) (f form, gap uint64) {
	switch {
	case lv >= s.hi:
		return afterDone, uint64(lv - s.hi)
	case uint64(lv)+uint64(n) <= uint64(s.lo):
		return beforeDone, uint64(s.lo) - uint64(lv) - uint64(n)
	}
	return insideDone, uint64(s.hi - 1 - lv)
}

// find is the inverse of tell. The result may be no number at all, even below 0.
func (s span) find(f form, gap uint64, n uint32) int64 {
	gap = min(gap, 1<<40)
	switch f {
	case afterDone:
		return int64(s.hi) + int64(gap)
	case beforeDone:
		return int64(s.lo) - int64(n) - int64(gap)
	}
	return int64(s.hi) - 1 - int64(gap)
}

// tell returns the form and gap by which n numbers from lv on are told: from
// named only if that is clearly nearer, since done is what one expects.
func (x *context) tell(lv, n uint32) (form, uint64) {
	f, gap := x.done.tell(lv, n)
	if g, near := x.named.tell(lv, n); near < gap/2 {
		return g + afterNamed, near
	}
	return f, gap
}

// find is the inverse of tell.
func (x *context) find(f form, gap uint64, n uint32) int64 {
	if f >= afterNamed {
		return x.named.find(f-afterNamed, gap, n)
	}
	return x.done.find(f, gap, n)
}

// slots remembers which number was written last to a slot of a map, a value or
// position of a list element: the entry that the next one takes the place of,
// unless others write there too. It is a fixed number of cells in which slots
// that fall together push one another out: what it says only has to be likely,
// and the same on both sides.
type slots [1 << 14]struct{ tag, lv uint32 }

// cell returns the cell of a slot, and the tag that it has if it is this slot's.
func (s *slots) cell(slot uint64) (*struct{ tag, lv uint32 }, uint32) {
	slot *= 0x9e3779b97f4a7c15
	return &s[slot>>50], uint32(slot>>18) | 1
}
