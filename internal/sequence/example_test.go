package sequence_test

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/sequence"
)

// The example of the package comment: Ana typed "abc" and then "XY" after the a,
// while Ben typed "Z" there.
func Example() {
	arena := []byte("abcXYZ")
	order := func(a, b sequence.LV) int { return int(a) - int(b) } // of the changes' CIDs, really
	s := sequence.New(order, &arena)

	s.InsertAt(0, 0, 3, 0)
	fmt.Println(s.InsertAt(1, 3, 2, 3))       // X hangs on b (LV 1), left
	s.Insert(1, sequence.Left, 5, 1, 5, true) // so does Ben's Z
	fmt.Println(string(s.AppendText(nil, 0, 6)))

	s.DeleteAt(1, 3, func(lv sequence.LV, n uint32) { fmt.Println("hidden:", lv, n) })
	fmt.Println(string(s.AppendText(nil, 0, s.Len())))
	// Output:
	// 1 0 false
	// aXYZbc
	// hidden: 3 3
	// abc
}
