package entries

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/sparse"
)

// index finds the room's dense number of a local version. Entries come nearly in order of local
// version (the first value of a list element enters when the element is first set).
//
// At all times: find answers with i for the i-th local version that was added and not taken back, and
// with none for all others.
type index struct {
	plus sparse.Index // dense numbers plus one
	n    uint32
}

// add gives lv the next dense number. A local version comes once, else a panic: the document numbers
// each thing once.
func (x *index) add(lv LV) uint32 {
	if lv == None {
		panic("entries: a number comes once: none is no number")
	}
	at := x.plus.At(lv)
	if *at != 0 {
		panic(fmt.Sprintf("entries: a number comes once: local version %d", lv))
	}
	x.n++
	*at = x.n
	return x.n - 1
}

// find returns the dense number of lv, or none.
func (x *index) find(lv LV) uint32 { return x.plus.Get(lv) - 1 }

// pop takes back lv, the one that was added last.
func (x *index) pop(lv LV) {
	x.n--
	if x.plus.Drop(lv); x.n == 0 {
		*x = index{}
	}
}

// each yields the dense numbers of the local versions in [lv, lv+n), ascending.
func (x *index) each(lv LV, n uint32, yield func(i uint32)) {
	x.plus.Each(lv, n, func(i uint32) { yield(i - 1) })
}

// check restates the clause of index; lv names the local version of each dense number.
func (x *index) check(n int, lv func(i uint32) LV) error {
	if set := x.plus.Count(); set != n || int(x.n) != n {
		return fmt.Errorf("entries: index: %d numbers, count %d, want %d", set, x.n, n)
	}
	for i := uint32(0); i < uint32(n); i++ {
		if got := x.find(lv(i)); got != i {
			return fmt.Errorf("entries: index: local version %d is number %d, want %d", lv(i), got, i)
		}
	}
	return nil
}
