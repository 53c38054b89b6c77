package sequence

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// branch is an element of the slow twin for trees: parent, side and key.
type branch struct {
	lv, parent LV
	side       Side
	key        float64
}

// arrange reads the tree of some elements from left to right.
func arrange(all []branch) (order []LV) {
	kids := map[LV][]branch{}
	for _, b := range all {
		kids[b.parent] = append(kids[b.parent], b)
	}
	for _, k := range kids {
		slices.SortFunc(k, func(a, b branch) int {
			return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.key, b.key))
		})
	}
	var read func(lv LV)
	read = func(lv LV) {
		done := lv == None
		for _, k := range kids[lv] {
			if k.side == Right && !done {
				order, done = append(order, lv), true
			}
			read(k.lv)
		}
		if !done {
			order = append(order, lv)
		}
	}
	read(None)
	return order
}

// TestRandomTrees hangs elements where a hostile author would: on ends and middles
// of chains, on either side of siblings, inside runs; with words that come late
// and with everything since some moment taken back.
func TestRandomTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []branch
		keys := map[LV]float64{}
		words := []byte("aßcd漢efgh😀")
		arena := &words
		if rapid.IntRange(0, 3).Draw(t, "list") == 0 {
			arena = nil
		}
		s := newSized(func(a, b LV) int { return cmp.Compare(keys[a], keys[b]) }, arena, rapid.SampledFrom(shapes).Draw(t, "shape"))
		next := rapid.SampledFrom(starts).Draw(t, "start")
		var mute []span // without words
		hang := func(parent LV, side Side, key float64, n int) LV {
			lv := next
			next += LV(n)
			off := uint32(0)
			if n > 10 || rapid.IntRange(0, 4).Draw(t, "mute") == 0 {
				off = NoWords
				mute = append(mute, span{lv, uint32(n)})
			}
			keys[lv] = key
			s.Insert(parent, side, lv, uint32(n), off, off != NoWords)
			for i := range LV(n) {
				all = append(all, branch{lv + i, parent, side, key})
				keys[lv+i] = key
				parent, side = lv+i, Right
			}
			return lv
		}
		nth := 0.0
		draw := func() float64 { // the outermost or innermost so far, on either side
			nth++
			return rapid.SampledFrom([]float64{nth, -nth, 1 / nth, -1 / nth}).Draw(t, "key")
		}
		node := func() LV {
			if len(all) == 0 {
				return None
			}
			// Bounded from the end, so that what is shrunk stays deep.
			i := rapid.IntRange(0, len(all)).Draw(t, "back")
			if i == len(all) {
				return None
			}
			return all[len(all)-1-i].lv
		}
		side := func(parent LV) Side {
			if parent == None {
				return Right
			}
			return Side(rapid.IntRange(0, 1).Draw(t, "side"))
		}
		t.Repeat(map[string]func(*rapid.T){
			"one": func(t *rapid.T) {
				p := node()
				next += LV(rapid.IntRange(0, 1).Draw(t, "gap"))
				hang(p, side(p), draw(), 1)
			},
			"typing": func(t *rapid.T) {
				if len(all) > 0 && all[len(all)-1].lv == next-1 {
					if !slices.ContainsFunc(mute, func(m span) bool { return m.has(next - 1) }) {
						s.Show(next-1, 1, true) // the cursor goes there
					}
					for range rapid.IntRange(1, 4).Draw(t, "length") {
						hang(next-1, Right, 0, 1)
					}
				}
			},
			"run": func(t *rapid.T) {
				p := node()
				hang(p, side(p), draw(), rapid.SampledFrom([]int{2, 4, 9, 300}).Draw(t, "length"))
			},
			"chain": func(t *rapid.T) {
				p := node()
				sd := side(p)
				for range rapid.IntRange(1, 8).Draw(t, "length") {
					next++
					p = hang(p, sd, draw(), 1)
				}
			},
			"siblings": func(t *rapid.T) {
				p := node()
				sd := side(p)
				for range rapid.IntRange(2, 9).Draw(t, "count") {
					nth++
					x := hang(p, sd, float64(rapid.IntRange(-3, 3).Draw(t, "key"))+nth/1e6, 1)
					for range rapid.IntRange(0, 1).Draw(t, "below") {
						hang(x, side(x), draw(), 1)
					}
				}
			},
			"fill": func(t *rapid.T) {
				if len(mute) == 0 || arena == nil {
					return
				}
				i := rapid.IntRange(0, len(mute)-1).Draw(t, "which")
				m := mute[i]
				from := uint32(rapid.IntRange(0, int(m.n)-1).Draw(t, "from"))
				to := min(m.n, from+uint32(rapid.IntRange(1, 9).Draw(t, "count")))
				mute = slices.Delete(mute, i, i+1)
				if from > 0 {
					mute = append(mute, span{m.lv, from})
				}
				if to < m.n {
					mute = append(mute, span{m.lv + to, m.n - to})
				}
				s.Fill(m.lv+from, to-from, 0)
			},
			"show": func(t *rapid.T) {
				lv := node()
				if lv == None || arena != nil && slices.ContainsFunc(mute, func(m span) bool { return m.has(lv) }) {
					return
				}
				shown := rapid.Bool().Draw(t, "shown")
				s.Show(lv, 1, shown)
				if _, is := s.Index(lv); is != shown {
					t.Fatalf("LV %d is shown: %v", lv, is)
				}
			},
			"truncate": func(t *rapid.T) {
				if len(all) == 0 {
					return
				}
				n := len(all) - rapid.IntRange(0, min(len(all), 20)).Draw(t, "count")
				if n < len(all) {
					next = all[n].lv
					s.Truncate(next)
				}
				all = all[:n]
				mute = slices.DeleteFunc(mute, func(m span) bool { return m.lv >= next })
				for i := range mute {
					mute[i].n = min(mute[i].n, next-mute[i].lv)
				}
			},
			"": func(t *rapid.T) {
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				var got []LV
				s.All(func(lv LV, n uint32, _ bool) bool {
					for i := range n {
						got = append(got, lv+i)
					}
					return true
				})
				if want := arrange(all); !slices.Equal(got, want) {
					t.Fatalf("order %v, not %v", got, want)
				}
			},
		})
	})
}
