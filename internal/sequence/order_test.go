package sequence

import (
	"slices"
	"strings"
	"testing"
)

// story is what one replica is told, in words: each line is an element, its
// parent, its side, and the key that decides among siblings.
type story struct {
	s     *Seq
	arena []byte
	keys  []byte
	names map[string]LV
}

func tell(lines string) *story {
	st := &story{names: map[string]LV{"root": None}}
	st.s = New(func(a, b LV) int { return int(st.keys[a]) - int(st.keys[b]) }, &st.arena)
	for line := range strings.Lines(lines) {
		f := strings.Fields(line)
		if len(f) == 0 {
			continue
		}
		lv := LV(len(st.keys))
		st.names[f[0]] = lv
		st.keys = append(st.keys, f[3][0])
		st.arena = append(st.arena, f[0]...)
		side := Left
		if f[2] == "right" {
			side = Right
		}
		st.s.Insert(st.names[f[1]], side, lv, 1, uint32(lv), true)
	}
	return st
}

// TestGoldenOrders pins the order rule to the letter: texts that this version and
// every later one must make of the same elements.
func TestGoldenOrders(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"the package comment", `
			a root right 1
			b a    right 1
			c b    right 1
			X b    left  1
			Y X    right 1
			Z b    left  2`, "aXYZbc"},
		{"the package comment, Ben's change first", `
			a root right 1
			b a    right 1
			c b    right 1
			X b    left  2
			Y X    right 2
			Z b    left  1`, "aZXYbc"},
		{"ascending on the right too", `
			a root right 1
			d a    right 3
			b a    right 1
			c a    right 2`, "abcd"},
		{"at the root", `
			c root right 3
			a root right 1
			b root right 2`, "abc"},
		{"subtrees stay together", `
			m root right 1
			x m    right 5
			w x    left  1
			y x    right 1
			b m    right 2
			a b    left  9
			c b    right 0
			p m    left  7
			o p    left  9
			q p    right 9
			n m    left  3`, "nopqmabcwxy"},
		{"a smaller sibling before a deep left chain", `
			m root right 1
			e m    right 9
			d e    left  1
			c d    left  1
			b c    left  1
			a m    right 1`, "mabcde"},
		{"a greater sibling after a deep right chain", `
			a root right 1
			d a    right 1
			b d    left  1
			c b    right 9
			e d    right 1
			f a    right 2`, "abcdef"},
		{"a new greatest child within a run", `
			a root right 1
			b a    right 1
			c b    right 1
			d a    right 2
			e root right 2`, "abcde"},
	} {
		st := tell(c.lines)
		if err := st.s.Check(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if got := string(st.s.AppendText(nil, 0, st.s.Len())); got != c.want {
			t.Errorf("%s: %q, not %q", c.name, got, c.want)
		}
	}
}

// TestReadersStop stops the readers that can be stopped, and reads words that are
// not there.
func TestReadersStop(t *testing.T) {
	st := tell("a root right 1\nc a right 3\nb a right 2\nd a right 4")
	st.s.Insert(3, Right, 9, 4, NoWords, false)
	st.s.Words(3, 1, func(w []byte) {
		if string(w) != "d" {
			t.Errorf("%q, not d", w)
		}
	})
	st.s.Words(9, 4, func(w []byte) { t.Errorf("%q, not nothing", w) })
	for stop := 1; stop <= 3; stop++ {
		runs, all := 0, 0
		st.s.Runs(0, 4, func(LV, uint32) bool { runs++; return runs < stop })
		st.s.All(func(LV, uint32, bool) bool { all++; return all < stop })
		if runs != stop || all != stop {
			t.Errorf("stopped after %d and %d, not %d", runs, all, stop)
		}
	}
}

// TestAnaAndBen plays the package comment from both ends.
func TestAnaAndBen(t *testing.T) {
	type line struct {
		parent LV
		side   Side
	}
	play := func(edits []struct {
		pos  int
		text string
		want line
	}) *story {
		st := &story{keys: make([]byte, 16)}
		st.s = New(func(a, b LV) int { return int(st.keys[a]) - int(st.keys[b]) }, &st.arena)
		for lv, e := range edits {
			st.arena = append(st.arena, e.text...)
			parent, side, _ := st.s.InsertAt(e.pos, LV(lv), 1, uint32(lv))
			if got := (line{parent, side}); got != e.want {
				t.Errorf("%s at %d hangs on %v, not %v", e.text, e.pos, got, e.want)
			}
		}
		return st
	}
	type edits = []struct {
		pos  int
		text string
		want line
	}
	abc := edits{{0, "a", line{None, Right}}, {1, "b", line{0, Right}}, {2, "c", line{1, Right}}}
	ana := play(append(slices.Clone(abc), edits{{1, "X", line{1, Left}}, {2, "Y", line{3, Right}}}...))
	ben := play(append(slices.Clone(abc), edits{{1, "Z", line{1, Left}}}...))

	ana.arena = append(ana.arena, "Z"...)
	ana.keys[3], ana.keys[5] = 1, 2
	ana.s.Insert(1, Left, 5, 1, 5, true)

	ben.arena = append(ben.arena, "XY"...)
	ben.keys[4], ben.keys[3] = 1, 2
	ben.s.Insert(1, Left, 4, 2, 4, true)

	for _, st := range []*story{ana, ben} {
		if got := string(st.s.AppendText(nil, 0, st.s.Len())); got != "aXYZbc" {
			t.Errorf("%q, not aXYZbc", got)
		}
	}
}
