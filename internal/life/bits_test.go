package life

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// steplist is the slow twin of bitmap and extra: a function over the numbers,
// as the differences at the places where it changes.
type steplist map[LV]int32

// add adds by to each number of [lv, lv+n).
func (s steplist) add(lv LV, n uint32, by int32) {
	s[lv] += by
	s[lv+n] -= by
}

// at returns the value of lv.
func (s steplist) at(lv LV) (value int32) {
	for at, by := range s {
		if at <= lv {
			value += by
		}
	}
	return value
}

// run returns how many numbers from lv on, at most n, are of the kind of lv.
func (s steplist) run(lv LV, n uint32, kind func(value int32) bool) uint32 {
	value := s.at(lv)
	was := kind(value)
	for _, at := range slices.Sorted(maps.Keys(s)) {
		if at <= lv {
			continue
		}
		value += s[at]
		if kind(value) != was {
			return min(n, at-lv)
		}
	}
	return n
}

// edge draws a number near the edge of a word, page or chunk, below limit.
func edge(t *rapid.T, limit int) uint32 {
	unit := rapid.SampledFrom([]int{1, fan, 64, pageLen, 16 * pageLen, chunkLen}).Draw(t, "unit")
	at := rapid.IntRange(0, limit/unit).Draw(t, "at")*unit + rapid.IntRange(-2, 2).Draw(t, "off")
	return uint32(max(0, min(at, limit-1)))
}

// stretch draws a stretch of numbers below limit, [lv, lv+n), n ≥ 1.
func stretch(t *rapid.T, limit int) (lv LV, n uint32) {
	a, b := edge(t, limit), edge(t, limit)
	return min(a, b), max(a, b) - min(a, b) + 1
}

// TestBitmap toggles long and short stretches, edges first.
func TestBitmap(t *testing.T) {
	const limit = 4 * chunkLen
	odd := func(value int32) bool { return value%2 != 0 }
	rapid.Check(t, func(t *rapid.T) {
		var b bitmap
		slow := steplist{}
		t.Repeat(map[string]func(*rapid.T){
			"toggle": func(t *rapid.T) {
				lv, n := stretch(t, limit)
				b.toggle(lv, n)
				slow.add(lv, n, 1)
			},
			"run": func(t *rapid.T) {
				lv, n := stretch(t, limit)
				want := slow.run(lv, n, odd)
				one, k, looks := b.run(lv, n)
				if one != odd(slow.at(lv)) || k != want || b.get(lv) != one {
					t.Fatalf("run(%d, %d) = %v, %d; want %v, %d", lv, n, one, k, !one, want)
				}
				if looks > 40 {
					t.Fatalf("run(%d, %d) took %d looks", lv, n, looks)
				}
			},
			"": func(t *rapid.T) {
				if err := b.check("bitmap"); err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}

// TestBitmapEnd asks over chunks that are missing and at the very end of the LV
// space.
func TestBitmapEnd(t *testing.T) {
	var b bitmap
	b.toggle(2*chunkLen, 1)
	b.toggle(chunkLen+3, 1)
	if one, k, _ := b.run(0, 5*chunkLen); one || k != chunkLen+3 {
		t.Errorf("run over a missing chunk = %v, %d", one, k)
	}
	b = bitmap{}
	if one, k, _ := b.run(5, ^uint32(0)); one || k != ^uint32(0) {
		t.Errorf("run over everything = %v, %d", one, k)
	}
	if one, k, _ := b.run(7, 0); one || k != 0 {
		t.Errorf("run over nothing = %v, %d", one, k)
	}
	last := ^LV(0) - 1
	b.toggle(last, 1)
	if one, k, _ := b.run(last, ^uint32(0)); !one || k != 1 {
		t.Errorf("run at the last number = %v, %d", one, k)
	}
	if one, k, _ := b.run(0, last); one || k != last {
		t.Errorf("run up to the last number = %v, %d", one, k)
	}
}
