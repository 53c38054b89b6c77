package life

import (
	"testing"

	"pgregory.net/rapid"
)

// TestExtra adds to long and short stretches, edges first. Only what was added
// is taken away, and in the end all of it, which must leave nothing.
func TestExtra(t *testing.T) {
	const limit = 4 * chunkLen
	zero := func(value int32) bool { return value == 0 }
	rapid.Check(t, func(t *rapid.T) {
		var x extra
		slow := steplist{}
		var added [][2]uint32
		add := func(a [2]uint32, by int32) {
			x.add(a[0], a[1], by)
			slow.add(a[0], a[1], by)
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				lv, n := stretch(t, limit)
				added = append(added, [2]uint32{lv, n})
				add(added[len(added)-1], 1)
			},
			"take": func(t *rapid.T) {
				if len(added) == 0 {
					return
				}
				i := rapid.IntRange(0, len(added)-1).Draw(t, "which")
				add(added[i], -1)
				added[i] = added[len(added)-1]
				added = added[:len(added)-1]
			},
			"run": func(t *rapid.T) {
				lv, n := stretch(t, limit)
				value, want := slow.at(lv), slow.run(lv, n, zero)
				before := x.steps
				isZero, k := x.run(lv, n)
				if isZero != zero(value) || k != want || x.at(lv) != uint32(value) {
					t.Fatalf("run(%d, %d) = %d, value %d; want %d, value %d", lv, n, k, x.at(lv), want, value)
				}
				if steps := x.steps - before; steps > 3*topLevel*fan {
					t.Fatalf("run(%d, %d) took %d steps", lv, n, steps)
				}
			},
			"": func(t *rapid.T) {
				if err := x.check(); err != nil {
					t.Fatal(err)
				}
			},
		})
		for _, a := range added {
			add(a, -1)
		}
		if n := len(x.inners.free) + len(x.leaves.free); n != int(x.inners.used+x.leaves.used) {
			t.Fatalf("all values are 0 and %d of %d nodes are free", n, x.inners.used+x.leaves.used)
		}
	})
}

// TestExtraEnd asks over the end of what is stored.
func TestExtraEnd(t *testing.T) {
	var x extra
	x.add(5, 1, 2)
	x.add(chunkLen-2, 2, 1)
	for _, c := range []struct {
		lv, n uint32
		zero  bool
		want  uint32
	}{
		{0, 3 * chunkLen, true, 5}, {5, 3 * chunkLen, false, 1}, {6, 3 * chunkLen, true, chunkLen - 8},
		{chunkLen - 2, chunkLen, false, 2}, {chunkLen, ^uint32(0) - chunkLen, true, ^uint32(0) - chunkLen},
	} {
		if zero, k := x.run(c.lv, c.n); zero != c.zero || k != c.want {
			t.Errorf("run(%d, %d) = %v, %d; want %v, %d", c.lv, c.n, zero, k, c.zero, c.want)
		}
	}
	x.add(chunkLen-2, 2, -1)
	if zero, k := x.run(6, 3*chunkLen); !zero || k != 3*chunkLen {
		t.Errorf("run to the end and beyond = %v, %d", zero, k)
	}
}
