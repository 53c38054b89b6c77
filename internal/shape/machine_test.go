package shape

import (
	"errors"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestRandomChanges admits random changes, right and wrong ones, on held and
// applied pasts, and applies and drops them in random orders.
func TestRandomChanges(t *testing.T) {
	good, bad := 0, 0
	for seed := range uint64(120) {
		w := newWorld(t, seed)
		for range 120 {
			switch w.r.IntN(6) {
			case 0, 1, 2, 3:
				s := w.scene()
				for range 1 + w.r.IntN(6) {
					s.random()
				}
				_, err := w.admit(s.key, s.prev, s.parents, s.refs, s.ops)
				switch {
				case err == nil:
					good++
				case errors.Is(err, block.ErrInvalid):
					bad++
				default:
					t.Fatalf("seed %d: %v", seed, err)
				}
			case 4:
				if c := w.some((*change).ready); c != nil {
					w.apply(c)
				}
			case 5:
				if c := w.some(w.last); c != nil && w.r.IntN(2) == 0 {
					w.drop(c)
				}
			}
			w.compare()
			if t.Failed() {
				t.Fatalf("seed %d: %v", seed, w)
			}
		}
		for {
			c := w.some((*change).ready)
			if c == nil {
				break
			}
			w.apply(c)
		}
		w.compare()
		w.compareRuns()
		if t.Failed() {
			t.Fatalf("seed %d: %v", seed, w)
		}
	}
	if good < 3000 || bad < 500 {
		t.Errorf("%d changes were good, %d bad: too few to say much", good, bad)
	}
	t.Logf("%d good, %d bad", good, bad)
}

// compareRuns reads the numbers of the whole table, all of which are applied.
func (w *world) compareRuns() {
	facts := make([]fact, w.g.NextLV())
	for _, c := range w.list {
		copy(facts[c.first:], c.facts)
	}
	if w.tab.End() != LV(len(facts)) {
		w.t.Fatalf("the table ends at %d, want %d", w.tab.End(), len(facts))
	}
	made := map[string]LV{}
	for k, f := range facts {
		if _, ok := made[spotPath(f.at)]; !ok && (f.class == ElemMaker || f.class == EntryMaker) {
			made[f.at.path] = LV(k)
		}
	}
	for p := range w.tab.places {
		if pl := w.tab.Get(int32(p)); pl.Sort == Child || pl.Sort == ElemChild {
			if got, want := w.tab.Maker(int32(p)), made[pathOf(w.tab, int32(p))]; got != want {
				w.t.Errorf("the maker of %s is %d, want %d", pathOf(w.tab, int32(p)), got, want)
			}
		}
	}
	for range 50 {
		if len(facts) == 0 {
			return
		}
		lv := LV(w.r.IntN(len(facts)))
		n := 1 + uint32(w.r.IntN(len(facts)-int(lv)))
		at := lv
		w.tab.Range(lv, n, func(a LV, k uint32, what What) {
			if a != at || k == 0 {
				w.t.Errorf("Range yields %d+%d at %d", a, k, at)
			}
			for ; at < a+k; at++ {
				w.same(what, facts[at])
			}
			if next := w.tab.Next(a); next != at && at != lv+n {
				w.t.Errorf("Next(%d) is %d, not %d", a, next, at)
			}
		})
		if at != lv+n {
			w.t.Errorf("Range(%d, %d) ends at %d", lv, n, at)
		}
	}
}

// spotPath is the path of a spot or nothing.
func spotPath(s *spot) string {
	if s == nil {
		return ""
	}
	return s.path
}

// TestDroppedChangesLeaveNothing admits and drops 10,000 changes, and refuses as
// many, each with places of its own.
func TestDroppedChangesLeaveNothing(t *testing.T) {
	w := newWorld(t, 1)
	w.compare()
	places, known := 0, len(w.tab.find)
	genesis := w.list[0]
	for k := range 10_000 {
		name := string([]byte{'n', byte('a' + k%26), byte('a' + k/26%26), byte('a' + k/676)})
		ops := []block.Op{
			{Code: block.OpChild, C: block.Container{Kind: block.KindMap, Name: name}, Key: name, Kind: block.KindList},
			{Code: block.OpListChild, C: childOf(block.KindList, 0), Side: block.Right, Kind: block.KindMap},
			{Code: block.OpPut, C: childOf(block.KindMap, 1), Key: name, Bytes: 1},
			{Code: block.OpSet, HasAt: true, At: block.Thing{N: 1}, Bytes: 1},
			{Code: block.OpStep, C: block.Container{Kind: block.KindCounter, Name: name}, Amount: 1},
		}
		if k%2 == 1 { // what is wrong comes last
			ops = append(ops, block.Op{Code: block.OpPut, C: block.Container{Kind: block.KindMap, Name: "m" + name}, Key: "x",
				Over: []block.Thing{{N: 0}}, Bytes: 1})
		}
		c, err := w.admit(1, nil, []*change{genesis}, nil, ops)
		if (err == nil) != (k%2 == 0) {
			t.Fatal(err)
		}
		if err == nil {
			w.drop(c)
		}
		if len(w.tab.find) != known {
			t.Fatalf("after %d changes: %d places are known, want %d", k, len(w.tab.find), known)
		}
		if k == 1 {
			places = len(w.tab.places)
		}
		if k > 1 && len(w.tab.places) != places {
			t.Fatalf("after %d changes: %d places, %d before", k, len(w.tab.places), places)
		}
	}
	w.compare()
}

// childOf names the container that own number n made.
func childOf(kind block.Kind, n uint64) block.Container {
	return block.Container{Kind: kind, Child: true, At: block.Thing{N: n}}
}

// BenchmarkAdmit admits and drops a change of typing that deletes a little.
func BenchmarkAdmit(b *testing.B) {
	w := newWorld(b, 1)
	text := block.Container{Kind: block.KindText, Name: "t"}
	c, err := w.admit(1, nil, w.list[:1], nil, []block.Op{
		{Code: block.OpText, C: text, Side: block.Right, Runes: 50, Bytes: 50},
		{Code: block.OpText, C: text, Side: block.Right, HasAt: true, At: block.Thing{N: 49}, Runes: 50, Bytes: 50},
		{Code: block.OpDelete, Runs: []block.Run{{N: 20, Len: 10}}},
	})
	if err != nil {
		b.Fatal(err)
	}
	w.tab.Drop(c.h)
	h := *c.h
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := w.tab.Admit(w.g, &h); err != nil {
			b.Fatal(err)
		}
		places, parts := h.Places, h.Parts
		w.tab.Drop(&h)
		h.Places, h.Parts = places[:0], parts[:0]
	}
}
