package state

import (
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/tree"
)

// moved is a replica with a list of three, of which the first was moved to the end,
// and a tree of a node with another below it.
func moved(t testing.TB) *replica {
	p := begin(t)
	p.give(true, "xyz", []block.Op{
		{Code: block.OpValues, Side: block.Right, C: rootOf(block.KindList), Lens: []uint32{1, 1, 1}},                                     // 0 1 2
		{Code: block.OpMove, Elem: block.Thing{N: 0}, HasAt: true, At: block.Thing{N: 2}, Side: block.Right, Over: []block.Thing{{N: 0}}}, // 3
		{Code: block.OpNode, C: rootOf(block.KindTree), Side: block.Right},                                                                // 4
		{Code: block.OpNode, C: rootOf(block.KindTree), Side: block.Right, HasAt: true, At: block.Thing{N: 4}},                            // 5
		{Code: block.OpTreeMove, Elem: block.Thing{N: 5}, HasDest: true, Dest: block.Thing{N: 4}, Side: block.Right},                      // 6
		{Code: block.OpMove, Elem: block.Thing{N: 0}, HasAt: true, At: block.Thing{N: 2}, Side: block.Left, Over: []block.Thing{{N: 3}}},  // 7
	}...)
	return p
}

// TestMoves reads moves step by step.
func TestMoves(t *testing.T) {
	p := moved(t)
	list := p.rootPlace(block.KindList)
	want := func(when string, at LV, order ...LV) {
		t.Helper()
		p.s.Settle()
		var got []LV
		p.s.Peek(list).Runs(0, p.s.Peek(list).Len(), func(lv LV, n uint32) bool {
			for end := lv + n; lv < end; lv++ {
				got = append(got, p.s.ElemOf(lv))
			}
			return true
		})
		same := len(got) == len(order)
		for k := 0; same && k < len(got); k++ {
			same = got[k] == order[k]
		}
		if !same || p.s.PosOf(0) != at || p.s.PosOf(1) != 1 || !p.s.Moved(list) {
			t.Errorf("%s: %v, element 0 at %d; want %v, at %d", when, got, p.s.PosOf(0), order, at)
		}
		if err := p.s.Check([]int32{0, 1}[:p.g.Len()]); err != nil && p.g.Len() == 2 {
			t.Errorf("%s: %v", when, err)
		}
	}
	want("moved twice", 7, 1, 0, 2)
	p.s.Life.Delete(p.t.End(), 7, 1)
	p.t.Append(1, shape.Deletes)
	want("the second taken back", 3, 1, 2, 0)
	p.s.Life.Delete(p.t.End(), 0, 1)
	p.t.Append(1, shape.Deletes)
	want("deleted", graph.None, 1, 2)
	p.s.Life.Restore(p.t.End()-1, 1, true)
	want("restored", 3, 1, 2, 0)
	if p.s.ElemOf(7) != 0 || p.s.ElemOf(2) != 2 {
		t.Errorf("positions are of %d and %d", p.s.ElemOf(7), p.s.ElemOf(2))
	}
}

// TestStood tells of the nodes that stand elsewhere.
func TestStood(t *testing.T) {
	p := begin(t)
	type told struct{ node, old LV }
	var got []told
	p.s.Stood = func(_ int32, node, old LV) { got = append(got, told{node, old}) }
	p.give(true, "", block.Op{Code: block.OpNode, C: rootOf(block.KindTree), Side: block.Right})
	p.give(true, "", block.Op{Code: block.OpNode, C: rootOf(block.KindTree), Side: block.Right, HasDest: true, Dest: block.Thing{N: 0}})
	p.s.Switch(1, false)
	p.s.Settle()
	p.s.Switch(1, true)
	p.s.Settle()
	want := []told{{0, tree.None}, {1, tree.None}, {0, 0}, {1, 1}, {0, tree.None}, {1, tree.Stray}}
	if len(got) != len(want) {
		t.Fatalf("told of %v, want %v", got, want)
	}
	for k := range want {
		if got[k] != want[k] {
			t.Errorf("told of %v, want %v", got, want)
		}
	}
}

// TestCheckSeesMoves breaks each invariant of moves and trees by hand and wants Check
// to name it.
func TestCheckSeesMoves(t *testing.T) {
	slot := func(s *State) int32 { at, _ := s.PosSlot(0); return at }
	for k, c := range []struct {
		want   string
		damage func(s *State)
	}{
		{"moves, invariant 1", func(s *State) { s.moves.elem[slot(s)] = 1 }},
		{"moves, invariant 1", func(s *State) { s.moves.slot[1] = slot(s) }},
		{"moves, invariant 2", func(s *State) { s.moves.at[slot(s)] = 3 }},
		{"moves, invariant 2", func(s *State) { s.Seq(s.T.Get(slot(s)).Up).Show(3, 1, true) }},
		{"moves, invariant 2", func(s *State) { s.Seq(s.T.Get(slot(s)).Up).Show(7, 1, false) }},
		{"moves, invariant 3", func(s *State) { s.moves.in[s.T.Get(slot(s)).Up]++ }},
		{"position 5 of node 5", func(s *State) { s.showPosition(5, true) }},
		{"position 6 of node 5", func(s *State) { s.showPosition(6, false) }},
		{"node", func(s *State) { s.trees[s.T.TreeOf(s.T.At(4))].Flip(6, false) }},
	} {
		p := moved(t)
		if err := p.s.Check([]int32{0, 1}); err != nil {
			t.Fatalf("the sample is already broken: %v", err)
		}
		c.damage(p.s)
		if err := p.s.Check([]int32{0, 1}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("damage %d: Check says %v, want %s", k, err, c.want)
		}
	}
}
