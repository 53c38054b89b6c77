package pack

import (
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestForget packs more names, and more containers, than tables keep.
func TestForget(t *testing.T) {
	for name, c := range map[string]struct {
		ops, each int
		long      int
	}{
		"entries": {maxEntries + 5000, 2000, 0},
		"bytes":   {600, 100, 4000},
	} {
		w := newWorld(1)
		w.salted = false
		h := *headerOf(w)
		h.Work, h.Parents = w.work, []block.ID{w.work}
		prev := -1
		for k := 0; k < c.ops; {
			var ops []block.Op
			for range c.each {
				ops = append(ops, block.Op{Code: block.OpAbsent, C: block.Container{Kind: block.KindMap, Name: fmt.Sprint("map", k)},
					Key: fmt.Sprint("key", k) + strings.Repeat("x", c.long)}, block.Op{Code: block.OpStep, Amount: 1,
					C: block.Container{Kind: block.KindCounter, Name: fmt.Sprint("map", k*7%(k+1))}})
				k++
			}
			w.put(&h, ops, nil, 1, prev)
			prev = len(w.list) - 1
			m := &w.list[prev]
			h.Prev, h.Work, h.Parents = m.id, block.ID{}, nil
			h.Seq, h.Start = h.Seq+1, m.start+uint64(m.count)
		}
		p := packed(t, &w.bundle, false, func(int) bool { return false })
		if err := equal(w.bundle.Items, unpacked(t, p).Items); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// TestContext compares what a context says of spots and spans with plain lists.
func TestContext(t *testing.T) {
	w := newWorld(1)
	var list []spot // newest first
	x := newContext()
	for range 3000 {
		s := spot{uint32(w.r.IntN(12)), block.Side(w.r.IntN(2))}
		at := recents
		for k, l := range list {
			if l == s {
				at = k
			}
		}
		if r := x.rank(s); r != at {
			t.Fatalf("rank of %v among %v is %d", s, list, r)
		}
		if at < recents {
			list = append(list[:at:at], list[at+1:]...)
		}
		list = append([]spot{s}, list...)
		list = list[:min(len(list), recents)]
		x.visit(s, at)
	}
	for range 3000 {
		lo, hi := uint32(w.r.IntN(50)), uint32(0)
		hi = lo + uint32(w.r.IntN(9))
		s, lv, n := span{lo, hi}, uint32(w.r.IntN(70)), uint32(1+w.r.IntN(9))
		f, gap := s.tell(lv, n)
		if back := s.find(f, gap, n); back != int64(lv) {
			t.Fatalf("%d numbers from %d, told from %v as %d %d, are found at %d", n, lv, s, f, gap, back)
		}
		x.done, x.named = s, span{uint32(w.r.IntN(50)), 60}
		f, gap = x.tell(lv, n)
		if back := x.find(f, gap, n); back != int64(lv) {
			t.Fatalf("%d numbers from %d, told as %d %d, are found at %d", n, lv, f, gap, back)
		}
	}
	if x.find(afterDone, 1<<63, 1) < 0 || x.find(beforeDone, 1<<63, 1) > 0 {
		t.Error("a gap that is out of all bounds wraps around")
	}
}

// TestScattered packs what takes most room in columns: short runs that go to and
// fro between numbers which are small on their chains and far apart in the pack.
func TestScattered(t *testing.T) {
	w := newWorld(1)
	w.salted = false
	text := func(n uint32) []block.Op {
		op := equalOps(0)
		op[0].Runes, op[0].Bytes = n, n
		return op
	}
	first := func(by int, n uint32) block.ID {
		w.put(&block.Header{By: w.keys[by], Work: w.work, Parents: []block.ID{w.work}}, text(n), make([]byte, n), by, -1)
		return w.list[len(w.list)-1].id
	}
	a := first(1, 24)
	prev := len(w.list) - 1
	for k := range 5 { // what lies between
		h := block.Header{By: w.keys[0], Prev: w.list[0].id, Seq: 1}
		if k > 0 {
			m := &w.list[len(w.list)-1]
			h.Prev, h.Seq, h.Start = m.id, m.seq+1, m.start+uint64(m.count)
		}
		w.put(&h, text(1<<20), make([]byte, 1<<20), 0, 0)
	}
	far := w.list[len(w.list)-1].id
	h := block.Header{By: w.keys[1], Prev: a, Seq: 1, Start: 24, Parents: []block.ID{far}}
	var ops []block.Op
	for k := range 4000 {
		ops = append(ops, block.Op{Code: block.OpRestore, Runs: []block.Run{{N: uint64(k % 24), Len: 1}, {C: 1, N: 5<<20 - 1 - uint64(k%20), Len: 1}}})
	}
	w.put(&h, ops, nil, 1, prev)
	for k := range w.bundle.Items {
		w.bundle.Items[k].Words = nil
	}
	p := packed(t, &w.bundle, false, func(k int) bool { return true })
	if err := equal(w.bundle.Items, unpacked(t, p).Items); err != nil {
		t.Fatal(err)
	}
}
