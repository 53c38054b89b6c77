package shape

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// TestSealedNamesElements makes places of elements of the open change, seals it,
// and admits a change from elsewhere that names the same: one place each.
func TestSealedNamesElements(t *testing.T) {
	w := newWorld(t, 1)
	list := w.tab.Intern(Root, NoPlace, block.KindList, 0, "l")
	var h graph.Held
	w.g.Open(&h, w.keys[1], graph.None32, []int32{0})
	self := graph.Of(&h)
	ops := []block.Op{
		{Code: block.OpValues, Side: block.Right, C: root(block.KindList, "l"), Lens: []uint32{1}},
		{Code: block.OpListChild, Side: block.Right, C: root(block.KindList, "l"), Kind: block.KindMap},
		{Code: block.OpSet, HasAt: true, At: own(0), Bytes: 1},
	}
	add := func(what What) {
		w.tab.Append(1, what)
		h.Count++
	}
	add(Of(Elem, list))
	child := w.tab.InternElement(w.g, ElemChild, list, block.KindMap, self, 1)
	add(Of(ElemMaker, child))
	slot := w.tab.InternElement(w.g, ElemSlot, list, 0, self, 0)
	add(Of(Entry, slot))
	if got := w.tab.InternElement(w.g, ElemSlot, list, 0, self, 0); got != slot {
		t.Errorf("the slot is at %d and %d", slot, got)
	}
	for k := range ops { // the same by its ops
		p, what, err := w.tab.Locate(w.g, self, uint32(k), &ops[k])
		if want := []int32{list, child, slot}[k]; err != nil || p != want || what != w.tab.At(h.LV+uint32(k)) {
			t.Errorf("op %d is located at %d, %v, %v", k, p, what, err)
		}
		w.tab.Keep(p)
	}
	w.sealOpen(&h, ops)
	if err := w.tab.Check(); err != nil {
		t.Fatal(err)
	}
	if len(w.tab.open) > 0 {
		t.Errorf("places %v are still open", w.tab.open)
	}
	for k, p := range []int32{child, slot} {
		if path := pathOf(w.tab, p); !strings.Contains(path, fmt.Sprintf("element %x.%d", h.ID[:6], 1-k)) {
			t.Errorf("place %d is %s", p, path)
		}
	}
	c := w.adopt(&h, ops)
	next, err := w.admit(2, nil, []*change{c}, nil, []block.Op{
		{Code: block.OpSet, HasAt: true, At: block.Thing{C: 1, N: 0}, Bytes: 1, Over: []block.Thing{{C: 1, N: 2}}},
		{Code: block.OpPut, C: block.Container{Kind: block.KindMap, Child: true, At: block.Thing{C: 1, N: 1}}, Key: "k", Bytes: 1},
	})
	if err != nil {
		t.Fatal(err)
	}
	if next.h.Places[0] != slot || w.tab.Get(next.h.Places[1]).Up != child {
		t.Errorf("places %v, want slot %d and one above %d", next.h.Places, slot, child)
	}
}

// sealOpen makes the open change an applied one.
func (w *world) sealOpen(h *graph.Held, ops []block.Op) {
	h.Parents = w.g.IDs(h.Links)
	for k := range ops {
		h.Ops = block.AppendOp(h.Ops, &ops[k])
		h.Size += ops[k].WordBytes()
	}
	h.NOps = len(ops)
	if h.Size > 0 {
		h.Text = block.Sum(h.Ops)
	}
	h.ID = block.Sum(block.Encode(&h.Header, h.NOps, h.Ops))
	w.g.Append(h, graph.NoWords)
	w.tab.Sealed(h.ID, h.LV, h.Count)
}

// adopt makes a sealed change of this replica known to the twin.
func (w *world) adopt(h *graph.Held, ops []block.Op) *change {
	n := &node{id: h.ID, start: h.Start, links: []*node{w.list[0].node}}
	for k := range ops {
		if !n.op(&ops[k]) {
			w.t.Fatalf("op %d is not valid", k)
		}
	}
	i, _ := graph.Of(h).Applied()
	c := &change{node: n, key: 1, links: w.list[:1], h: h, applied: true, index: i, first: w.g.First(i)}
	w.byID[h.ID] = c
	w.list = append(w.list, c)
	return c
}

// TestSealedInParts seals the parts of one open change one after another:
// places of later parts keep their names until it is their turn.
func TestSealedInParts(t *testing.T) {
	w := newWorld(t, 1)
	list := w.tab.Intern(Root, NoPlace, block.KindList, 0, "l")
	var first graph.Held
	w.g.Open(&first, w.keys[1], graph.None32, []int32{0})
	part := &first
	var parts []*graph.Held
	var places []int32
	for range 3 {
		for off := range uint32(2) {
			p := w.tab.InternElement(w.g, ElemChild, list, block.KindMap, graph.Of(part), off)
			w.tab.Append(1, Of(ElemMaker, p))
			part.Count++
			places = append(places, p)
		}
		parts = append(parts, part)
		part = w.g.Follow(part)
	}
	for k, h := range parts {
		h.ID = block.Sum([]byte{byte(k)})
		w.g.Append(h, graph.NoWords)
		w.tab.Sealed(h.ID, h.LV, h.Count)
		if err := w.tab.Check(); err != nil {
			t.Fatal(err)
		}
		for j, p := range places {
			path := pathOf(w.tab, p)
			if sealed := !strings.Contains(path, "open"); sealed != (j/2 <= k) {
				t.Errorf("after part %d: place %d is %s", k, j, path)
			}
		}
	}
}

// TestTruncate compares Append and Truncate with a slice.
func TestTruncate(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 3))
	tab := New()
	m := tab.Intern(Root, NoPlace, block.KindMap, 0, "")
	slot := tab.Intern(Slot, m, 0, 0, "k")
	var whats []What
	kids := []int32{}
	for inc := range uint32(4) {
		p := tab.Intern(Child, slot, block.KindText, inc, "")
		kids = append(kids, p)
		whats = append(whats, Of(EntryMaker, p))
	}
	whats = append(whats, Deletes, Of(Elem, m), Of(Step, m))
	var want []What
	for k := range 3000 {
		if r.IntN(5) == 0 && len(want) > 0 {
			n := len(want) - r.IntN(min(len(want), 12))
			want = want[:n]
			tab.Truncate(LV(n))
		} else {
			n, what := uint32(r.IntN(4)), whats[r.IntN(len(whats))]
			tab.Append(n, what)
			want = append(want, slices.Repeat([]What{what}, int(n))...)
		}
		if err := tab.Check(); err != nil {
			t.Fatalf("step %d: %v", k, err)
		}
		if tab.End() != LV(len(want)) {
			t.Fatalf("step %d: the end is %d, want %d", k, tab.End(), len(want))
		}
		for range 5 {
			if len(want) > 0 {
				lv := r.IntN(len(want))
				if got := tab.At(LV(lv)); got != want[lv] {
					t.Fatalf("step %d: number %d is %v, want %v", k, lv, got, want[lv])
				}
			}
		}
		for _, p := range kids {
			if got, first := tab.Maker(p), slices.Index(want, Of(EntryMaker, p)); got != LV(first) {
				t.Fatalf("step %d: the maker of %d is %d, want %d", k, p, int32(got), first)
			}
		}
	}
}

// TestCheckSeesDamage breaks each invariant by hand and wants Check to name it.
func TestCheckSeesDamage(t *testing.T) {
	tests := []struct {
		want   string
		damage func(t *Table)
	}{
		{"invariant 1", func(t *Table) { t.places[0].Name = "other" }},
		{"invariant 1", func(t *Table) { delete(t.find, t.places[len(t.places)-1].key()) }},
		{"invariant 1", func(t *Table) { t.free = append(t.free, 0) }},
		{"invariant 2", func(t *Table) { t.places[t.sorted(Slot)].refs = 0 }},
		{"invariant 2", func(t *Table) { t.places[t.sorted(Child)].refs = pinned }},
		{"invariant 3", func(t *Table) { t.runs[1].what = t.runs[0].what }},
		{"invariant 3", func(t *Table) { t.runs[2].first = t.runs[1].first }},
		{"invariant 3", func(t *Table) { t.end = t.runs[len(t.runs)-1].first }},
	}
	for k, c := range tests {
		w := newWorld(t, 1)
		a, err := w.admit(1, nil, w.list[:1], nil, []block.Op{opOn(block.OpText, root(block.KindText, "t"), own(0)),
			opOn(block.OpStep, root(block.KindCounter, "c"), own(0)), opOn(block.OpAdd, root(block.KindSet, "s"), own(0))})
		if err != nil {
			t.Fatal(err)
		}
		w.apply(a)
		if _, err := w.admit(2, nil, w.list[:1], nil, []block.Op{opOn(block.OpChild, root(block.KindMap, "m"), own(0))}); err != nil {
			t.Fatal(err)
		}
		if err := w.tab.Check(); err != nil {
			t.Fatalf("the sample is already broken: %v", err)
		}
		c.damage(w.tab)
		if err := w.tab.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("damage %d: Check says %v, want %s", k, err, c.want)
		}
	}
}

// sorted is the first place of a sort.
func (t *Table) sorted(sort Sort) int {
	return slices.IndexFunc(t.places, func(p Place) bool { return p.Sort == sort })
}
