package marks

import (
	"fmt"
	"slices"
)

// toy is a text in its plainest form: a slice of elements in document order.
type toy struct {
	seq []elem
	pos []int // by LV: where in seq; -1 for numbers that are no elements
}

// elem is one element of the toy.
type elem struct {
	lv    LV
	shown bool
	block bool // a block marker
	on    bool // its change is effective
	char  rune
}

func (x *toy) Len() int {
	n := 0
	for _, e := range x.seq {
		if e.shown {
			n++
		}
	}
	return n
}

func (x *toy) At(pos int) LV {
	for _, e := range x.seq {
		if e.shown {
			if pos == 0 {
				return e.lv
			}
			pos--
		}
	}
	panic("toy: no such position")
}

func (x *toy) Index(lv LV) (pos int, shown bool) {
	for _, e := range x.seq {
		if e.lv == lv {
			return pos, e.shown
		}
		if e.shown {
			pos++
		}
	}
	panic(fmt.Sprintf("toy: no element %d", lv))
}

// find is where an element stands; it panics for what is none.
func (x *toy) find(lv LV) int {
	if int(lv) >= len(x.pos) || x.pos[lv] < 0 {
		panic(fmt.Sprintf("toy: no element %d", lv))
	}
	return x.pos[lv]
}

func (x *toy) Order(a, b LV) int { return x.find(a) - x.find(b) }

func (x *toy) Next(lv LV) LV {
	i := 0
	if lv != None {
		i = x.find(lv) + 1
	}
	if i == len(x.seq) {
		return None
	}
	return x.seq[i].lv
}

// insert puts elements after one, None for the beginning.
func (x *toy) insert(at LV, list ...elem) {
	i := 0
	if at != None {
		i = x.find(at) + 1
	}
	x.seq = slices.Insert(x.seq, i, list...)
	x.number()
}

// cut takes out the elements from lv on.
func (x *toy) cut(lv LV) {
	x.seq = slices.DeleteFunc(x.seq, func(e elem) bool { return e.lv >= lv })
	x.number()
}

// number finds pos anew.
func (x *toy) number() {
	x.pos = x.pos[:0]
	for i, e := range x.seq {
		for int(e.lv) >= len(x.pos) {
			x.pos = append(x.pos, -1)
		}
		x.pos[e.lv] = i
	}
}

// copy is a toy of its own.
func (x *toy) copy() *toy { return &toy{slices.Clone(x.seq), slices.Clone(x.pos)} }
