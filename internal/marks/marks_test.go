package marks

import (
	"cmp"
	"math"
	"slices"
	"testing"
)

// Growth says the visible neighbour or the edge, and reads back as it was asked.
func TestBounds(t *testing.T) {
	b := newBulk(5)
	b.x.visible = slices.Delete(b.x.visible, 1, 2) // 0 2 3 4
	for _, c := range []struct {
		i, j                     int
		e                        Expand
		first, last, left, right LV
	}{
		{1, 3, ExpandNone, 2, 3, None, None},
		{1, 3, ExpandBefore, 2, 3, 0, None},
		{1, 3, ExpandAfter, 2, 3, None, 4},
		{1, 3, ExpandBoth, 2, 3, 0, 4},
		{0, 4, ExpandBoth, 0, 4, Edge, Edge},
		{0, 1, ExpandAfter, 0, 0, None, 2},
	} {
		first, last, left, right := b.m.Bounds(c.i, c.j, c.e)
		if first != c.first || last != c.last || left != c.left || right != c.right {
			t.Errorf("[%d %d) %d: %d %d %d %d", c.i, c.j, c.e, first, last, left, right)
		}
		if mk := (Mark{Left: left, Right: right}); mk.Expand() != c.e {
			t.Errorf("[%d %d) %d: reads as %d", c.i, c.j, c.e, mk.Expand())
		}
	}
	for e, want := range []Expand{ExpandBoth, ExpandBefore, ExpandAfter, ExpandNone} {
		if got := Expand(e).Removal(); got != want {
			t.Errorf("removal of %d is %d, want %d", e, got, want)
		}
	}
}

// Reads of single marks and slots, and of what is not there.
func TestReads(t *testing.T) {
	b := newBulk(4)
	s := b.m.Slot("c", "1")
	lv := b.add(s, 1, 2, None, None)
	b.m.Fill(lv, 2, 3)
	b.m.Fill(99, 2, 3)
	b.m.Flip(lv, 1, false)
	want := Mark{LV: lv, Slot: s, First: 1, Last: 2, Left: None, Right: None, Off: 2, Size: 3}
	if mk, alive, ok := b.m.Mark(lv); mk != want || alive || !ok {
		t.Error(mk, alive, ok)
	}
	if _, _, ok := b.m.Mark(0); ok || b.m.Len() != 1 || b.m.Winner(s, 1) != None {
		t.Error("a mark that is not there")
	}
	if key, id := b.m.SlotName(s); key != "c" || id != "1" || b.m.Slot("c", "1") != s || b.m.Slot("c", "2") == s {
		t.Error(key, id)
	}
	b.m.Flip(0, 99, true)
	b.m.scratch.round = math.MaxUint32 // rounds begin again
	clear(b.m.scratch.of)
	if got := b.m.At(1, nil); !slices.Equal(got, []LV{lv}) {
		t.Error(got)
	}
	b.m.AddMarker(3, true)
	for what, f := range map[string]func(){
		"marker":               func() { b.m.AddMarker(3, true) },
		"mark":                 func() { b.m.Add(want, true) },
		"item of a set":        func() { b.m.live = b.m.places.insert(b.m.live, 3) },
		"item taken out twice": func() { b.m.places.remove(b.m.live, 2) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}

// Marks whose ends are reversed, equal, deleted, or whose neighbours stand on the wrong
// side or are the ends themselves (FAULTS 47).
func TestOddMarks(t *testing.T) {
	for _, c := range []struct {
		first, last, left, right LV
		i, j                     int // where it acts
	}{
		{4, 2, Edge, Edge, 0, 0},
		{3, 3, None, None, 3, 4},
		{3, 3, 3, 3, 3, 4},
		{2, 5, 4, 3, 2, 6},
		{2, 5, 6, 1, 2, 6},
		{2, 5, 5, 2, 2, 6},
		{2, 5, 1, 6, 2, 6},
		{2, 5, Edge, Edge, 0, 8},
		{2, 5, 0, 7, 1, 7},
	} {
		b := newBulk(8)
		lv := b.add(b.m.Slot("b", ""), c.first, c.last, c.left, c.right)
		if i, j := b.m.Range(lv); i != c.i || j != c.j {
			t.Errorf("%+v: acts on [%d %d)", c, i, j)
		}
		b.x.visible = b.x.visible[:1]
		if err := b.m.Check(); err != nil {
			t.Error(err)
		}
		i, j := b.m.Range(lv)
		if i2, j2 := min(c.i, 1), min(c.j, 1); i != j && (i != i2 || j != j2) {
			t.Errorf("%+v, all but one deleted: acts on [%d %d)", c, i, j)
		}
	}
}

// One mark can overfill two leaves that have nothing to do with each other.
func TestTwoLeavesOverflow(t *testing.T) {
	b := newBulk(400)
	b.m = newSized(b.x, byLV, new([]byte), 4)
	s := b.m.Slot("b", "")
	for i := range LV(36) {
		at := i * 7 % 36 * 10
		b.add(s, at, at+5, None, None)
	}
	var full []LV // first elements of marks that begin in full leaves
	for i := range b.m.records {
		if n := b.m.cover.at[i][0]; len(n.in) == 4 && n.in[3] != uint32(2*i) {
			full = append(full, b.m.records[i].First)
		}
	}
	slices.Sort(full)
	leaves := b.m.cover.nodes(b.m.cover.root)
	b.add(s, full[0], full[len(full)-1]-1, None, None) // its last is just before that first
	if err := b.m.Check(); err != nil {
		t.Fatal(err)
	}
	if n := b.m.cover.nodes(b.m.cover.root); n < leaves+4 {
		t.Fatalf("%d nodes became %d, want both leaves split at least", leaves, n)
	}
}

// byLV is the order of marks by number.
func byLV(a, b LV) int { return cmp.Compare(a, b) }

// nodes counts the nodes from n down.
func (x *index) nodes(n *node) int {
	if n.kid[0] == nil {
		return 1
	}
	return 1 + x.nodes(n.kid[0]) + x.nodes(n.kid[1])
}

// Slots keep their numbers when there come to be more than are found by looking.
func TestManySlots(t *testing.T) {
	var words []byte
	m := New(&toy{}, byLV, &words)
	for round := range 2 {
		for k := range int32(3 * few) {
			if got := m.Slot("k", string(rune('a'+k))); got != k {
				t.Errorf("round %d: slot %d is %d", round, k, got)
			}
			if err := m.Check(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
