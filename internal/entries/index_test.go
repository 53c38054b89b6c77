package entries

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The index finds what a plain list finds, near and far apart, in any order of arrival.
func TestIndexAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var x index
		var all []LV
		number := rapid.OneOf(rapid.Uint32Max(60), rapid.Uint32Max(3000), rapid.Uint32Max(100_000))
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				if lv := number.Draw(t, "lv"); !slices.Contains(all, lv) {
					if i := x.add(lv); i != uint32(len(all)) {
						t.Fatalf("number %d, want %d", i, len(all))
					}
					all = append(all, lv)
				}
			},
			"pop": func(t *rapid.T) {
				if n := len(all); n > 0 {
					x.pop(all[n-1])
					all = all[:n-1]
				}
			},
			"": func(t *rapid.T) {
				if err := x.check(len(all), func(i uint32) LV { return all[i] }); err != nil {
					t.Fatal(err)
				}
				lv := number.Draw(t, "lv")
				if want := uint32(slices.Index(all, lv)); x.find(lv) != want {
					t.Fatalf("local version %d: %d, want %d", lv, x.find(lv), want)
				}
				n := rapid.OneOf(rapid.Just(^lv), number).Draw(t, "n")
				var got, want []LV
				x.each(lv, n, func(i uint32) { got = append(got, all[i]) })
				for _, o := range all {
					if o >= lv && o-lv < n {
						want = append(want, o)
					}
				}
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Fatalf("%d from %d: %v, want %v", n, lv, got, want)
				}
			},
		})
	})
}
