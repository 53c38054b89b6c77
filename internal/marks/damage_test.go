package marks

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// whole is a room in which everything is in use: small leaves, marks stopped on both
// sides and not, dead, void, markers on and off, free records.
func whole(t *testing.T) *world {
	x := newWorld(t, 7, 4)
	for range 40 {
		x.insert(x.some(), 2, false, true, true)
	}
	for i := range 6 {
		x.insert(x.text.seq[10*i+9].lv, 1, true, true, i != 2)
	}
	s := x.slot("b", "")
	x.slot("c", "1")
	seq := func(i int) LV { return x.text.seq[i].lv }
	for i := range 12 {
		mk := Mark{Slot: s, First: seq(3 + 5*i), Last: seq(6 + 5*i), Left: Edge, Right: Edge}
		if i%3 == 0 {
			mk.Slot, mk.Left, mk.Right = 1, seq(1+5*i), seq(8+5*i)
		}
		x.mark(mk, i != 4, x.newest())
	}
	x.mark(Mark{Slot: s, First: seq(9), Last: seq(2), Left: None, Right: None}, true, x.newest())
	if err := x.m.Check(); err != nil {
		t.Fatal(err)
	}
	return x
}

// with is the number of a laid record that has a flag.
func with(m *Marks, flag uint8) uint32 { return free(m, flag, 0) }

// free is the number of a laid record that has a flag and has not another.
func free(m *Marks, flag, not uint8) uint32 {
	for i := range m.records {
		if m.records[i].flags&(flag|not|laidBit) == flag|laidBit {
			return uint32(i)
		}
	}
	panic("no such record")
}

// Each clause of the check sees the damage that it is there for.
func TestCheckSeesDamage(t *testing.T) {
	inner := func(x *index) *node { return x.root.kid[0] }
	leaf := func(x *index) *node {
		n := x.root
		for n.kid[0] != nil {
			n = n.kid[0]
		}
		return n
	}
	wide := func(s *sets) *knot { // a set of several
		for i := range s.at {
			if s.at[i].size > 2 && s.at[i].kid[0] != 0 {
				return &s.at[i]
			}
		}
		return nil
	}
	for i, d := range []struct {
		clause string
		damage func(m *Marks)
	}{
		{"rule 1: mark", func(m *Marks) { m.records[3].LV = m.records[4].LV }},
		{"rule 1: marker", func(m *Marks) { m.markers[3].lv = m.markers[4].lv }},
		{"rule 1: 5 markers are on, 4", func(m *Marks) { m.live = m.places.remove(m.live, m.markers[0].lv) }},
		{"rule 1", func(m *Marks) { m.markers[2].on, m.markers[1].on = true, false }},
		{"rule 1: the text shows", func(m *Marks) { m.ShowMarkers(m.markers[0].lv, 1, !m.markers[0].shown) }},
		{"rule 1", func(m *Marks) { m.seen = m.places.remove(m.seen, m.markers[1].lv) }},
		{"rule 2", func(m *Marks) { m.records[4].flags |= alive }},
		{"rule 2", func(m *Marks) { m.records[12].flags |= laidBit }},
		{"rule 3", func(m *Marks) { m.records[4].flags ^= growsR }},
		{"rule 3", func(m *Marks) { m.records[12].flags ^= void }},
		{"rule 4", func(m *Marks) { m.records[with(m, growsR)].flags ^= stoppedR }},
		{"rule 4", func(m *Marks) { m.records[with(m, growsL)].flags ^= stoppedL }},
		{"rule 5", func(m *Marks) { m.cover.remove(1) }},
		{"rule 5", func(m *Marks) { m.rights.remove(with(m, stoppedR)) }},
		{"rule 5", func(m *Marks) { m.lefts.remove(with(m, stoppedL)) }},
		{"rule 5", func(m *Marks) { m.growth.remove(2 * free(m, growsR, stoppedR)) }},
		{"rule 5", func(m *Marks) { m.growth.remove(2*free(m, growsL, stoppedL) + 1) }},
		{"rule 6", func(m *Marks) { m.slots = m.slots[:1] }},
		{"rule 6", func(m *Marks) { m.slots[1] = m.slots[0] }},
		{"rule 6", func(m *Marks) { m.bySlot = map[slot]int32{{"b", ""}: 1} }},
		{"index 1", func(m *Marks) { l := leaf(&m.growth); l.in[0], l.in[1] = l.in[1], l.in[0] }},
		{"index 2", func(m *Marks) { m.cover.root.n++ }},
		{"index 2", func(m *Marks) { m.cover.root.kid[1].n++ }},
		{"index 2", func(m *Marks) { m.cover.leaf = 1 }},
		{"index 2", func(m *Marks) { inner(&m.cover).kid[1].up = m.cover.root }},
		{"index 2", func(m *Marks) { inner(&m.cover).in = []uint32{1} }},
		{"index 2", func(m *Marks) { m.cover.root.up = m.cover.root.kid[0] }},
		{"index 3", func(m *Marks) { m.cover.root.cut++ }},
		{"index 4", func(m *Marks) { m.cover.leaf = 2; rig(&m.cover) }},
		{"index 5", func(m *Marks) { m.cover.at[1][1] = nil }},
		{"index 5", func(m *Marks) { m.cover.at[1] = m.cover.at[6] }},
		{"index 6", func(m *Marks) { c := &m.cover; inner(c).set = c.sets.insert(inner(c).set, 0) }},
		{"index 6", func(m *Marks) { r := &m.rights; r.root.set = r.sets.remove(r.root.set, with(m, stoppedR)) }},
		{"index 7", func(m *Marks) { m.rights.root.far = none }},
		{"index 7", func(m *Marks) { n := inner(&m.rights); n.far = m.rights.root.kid[1].far }},
		{"sets 1", func(m *Marks) { k := wide(m.rights.sets); k.item = m.rights.sets.at[k.kid[0]].item }},
		{"sets 2", func(m *Marks) { wide(m.rights.sets).size++ }},
		{"sets: ", func(m *Marks) { m.cover.sets.make(0) }},
	} {
		x := whole(t)
		d.damage(x.m)
		if err := x.m.Check(); err == nil || !strings.Contains(err.Error(), d.clause) {
			t.Errorf("%d: damage to %s: %v", i, d.clause, err)
		}
	}
}

// rig hangs a tall tree on one side of an index without anything else being wrong: it
// moves all ends but the first to the right kid.
func rig(x *index) {
	ends := x.gather(x.root, nil)
	l, r := &node{up: x.root, far: none}, &node{up: x.root, far: none}
	x.shape(l, ends[:1])
	x.shape(r, ends[1:])
	x.root.kid = [2]*node{l, r}
	x.root.cut = ends[1]
	for i := range x.at {
		if x.at[i][0] != nil {
			between(x.at[i][0], x.at[i][1], func(n *node) { n.set = x.sets.insert(n.set, uint32(i)) })
		}
	}
}

// A set that leans is seen.
func TestSetsSeeLean(t *testing.T) {
	s := newSets(byNumber)
	root := uint32(0)
	for i := range uint32(4) { // a chain, each above the one before
		k := s.make(i)
		s.at[k].kid[0], s.at[k].size = root, i+1
		root = k
	}
	if err := s.check(root); err == nil || !strings.Contains(err.Error(), "sets 3") {
		t.Fatal(err)
	}
}

// Sets that grow and shrink in every order keep level, and give back what they held.
func TestSets(t *testing.T) {
	s := newSets(byNumber)
	r := rand.New(rand.NewPCG(1, 0))
	for _, n := range []int{1, 2, 3, 5, 8, 40, 300} {
		var root uint32
		if n%2 == 0 {
			list := make([]uint32, n)
			for i := range list {
				list[i] = uint32(i)
			}
			root = s.build(list)
		} else {
			for _, i := range r.Perm(n) {
				root = s.insert(root, uint32(i))
			}
		}
		gone := map[uint32]bool{}
		for _, i := range r.Perm(n)[:n-n/8] {
			root = s.remove(root, uint32(i))
			gone[uint32(i)] = true
			if err := s.check(root); err != nil {
				t.Fatal(err)
			}
		}
		s.each(root, func(i uint32) {
			if gone[i] {
				t.Fatalf("%d of %d is still there", i, n)
			}
		})
		if s.size(root) != n/8 {
			t.Fatalf("%d of %d are left", s.size(root), n)
		}
		s.clear(root)
	}
	free := 0
	for i := s.free; i != 0; i = s.at[i].kid[0] {
		free++
	}
	if free != len(s.at)-1 {
		t.Fatalf("%d records are free, of %d", free, len(s.at)-1)
	}
}
