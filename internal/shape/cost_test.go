package shape

import (
	"testing"
	"time"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// TestManyRunsOnManyParts deletes, one by one, the numbers of a held change in
// which each number is of another sort than its neighbours.
func TestManyRunsOnManyParts(t *testing.T) {
	w := newWorld(t, 1)
	var ops []block.Op
	const n = 60_000
	for k := range n {
		ops = append(ops, opOn([]block.Code{block.OpStep, block.OpAdd}[k%2], root([]block.Kind{block.KindCounter, block.KindSet}[k%2], ""), own(0)))
	}
	c, err := w.admit(1, nil, w.list[:1], nil, ops)
	if err != nil {
		t.Fatal(err)
	}
	op := block.Op{Code: block.OpDelete}
	for k := range uint64(n / 2) {
		op.Runs = append(op.Runs, block.Run{N: 2 * k, Len: 1})
	}
	start := time.Now()
	if _, err := w.admit(1, c, nil, nil, []block.Op{op}); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("%d runs on %d parts took %v", len(op.Runs), n, took)
	}
}

// TestLocatedElementsAreSealed finds the places of elements of the open change by
// its ops alone, as the replay of a journal does, and seals it.
func TestLocatedElementsAreSealed(t *testing.T) {
	w := newWorld(t, 1)
	h := &graph.Held{}
	w.g.Open(h, w.keys[1], graph.None32, []int32{0})
	ops := []block.Op{
		{Code: block.OpValues, Side: block.Right, C: root(block.KindList, "l"), Lens: []uint32{1}},
		{Code: block.OpListChild, Side: block.Right, C: root(block.KindList, "l"), Kind: block.KindMap},
		{Code: block.OpSet, HasAt: true, At: own(0), Bytes: 1},
		{Code: block.OpPut, C: childOf(block.KindMap, 1), Key: "k", Bytes: 1},
	}
	var places []int32
	for k := range ops {
		p, what, err := w.tab.Locate(w.g, graph.Of(h), h.Count, &ops[k])
		if err != nil {
			t.Fatal(err)
		}
		w.tab.Keep(p)
		w.tab.Append(1, what)
		h.Count++
		places = append(places, p)
	}
	// A place that is found and let go again is not renamed later.
	bad := block.Op{Code: block.OpSet, HasAt: true, At: own(1), Over: []block.Thing{own(0)}, Bytes: 1}
	if _, _, err := w.tab.Locate(w.g, graph.Of(h), h.Count, &bad); err == nil {
		t.Error("a set over another element is located")
	}
	w.tab.Keep(NoPlace)
	w.tab.Intern(Root, NoPlace, block.KindMap, 0, "abcd")
	w.sealOpen(h, ops)
	c := w.adopt(h, ops)
	if err := w.tab.Check(); err != nil {
		t.Fatal(err)
	}
	for k, s := range c.spots {
		if got := pathOf(w.tab, places[k]); got != s.path {
			t.Errorf("op %d stands at %s, want %s", k, got, s.path)
		}
	}
	next, err := w.admit(2, nil, []*change{c}, nil, []block.Op{{Code: block.OpSet, HasAt: true, At: block.Thing{C: 1, N: 0}, Bytes: 1, Over: []block.Thing{{C: 1, N: 2}}}})
	if err != nil || next.h.Places[0] != places[2] {
		t.Errorf("a set from elsewhere: %v, %v", next, err)
	}
}
