package entries

import (
	"slices"
	"strings"
	"testing"
)

// whole is a room in which every structure is in use: slot 0 is a counted pile of many chunks with heads,
// limbo and solid entries, slot 1 a chain.
func whole(t *testing.T) *Slots {
	b := newBulk()
	b.s.short, b.s.wide = 3, 6
	last := b.add(0, Value)
	for i := range 20 {
		last = b.add(10*i+10, EntryKind(i%3), last)
	}
	side := b.add(1, Value, 0)
	b.add(500, Absent, last)
	b.set(b.add(510, Child, last), Ineffective)
	b.add(2, Value, side)
	for k := range 3 {
		lv := LV(len(b.rank))
		b.rank, b.state = append(b.rank, 1000+k), append(b.state, Alive)
		b.s.Add(1, lv, nil, Value, -1, 0, 1)
	}
	b.read(t, true)
	if p := b.s.pileOf(0); !p.counted || len(p.heap) == 0 || len(p.solid) == 0 || p.limbo.n == 0 || len(p.dir) < 3 {
		t.Fatal("something is not in use")
	}
	if err := b.s.Check(); err != nil {
		t.Fatal(err)
	}
	return b.s
}

// Each clause of the check sees the damage it is there for.
func TestCheckSeesDamage(t *testing.T) {
	for _, d := range []struct {
		clause string
		damage func(s *Slots, p *pile)
	}{
		{"index", func(s *Slots, p *pile) { s.at(3).lv++ }},
		{"index", func(s *Slots, p *pile) { s.index.n++ }},
		{"slots 2", func(s *Slots, p *pile) { s.overs[4] = 5 }},
		{"slots 2", func(s *Slots, p *pile) { s.at(0).slot = 1 }},
		{"slots 3", func(s *Slots, p *pile) { s.at(2).named++ }},
		{"slots 3", func(s *Slots, p *pile) { s.at(20).flags ^= uint16(Ineffective) << stateShift }},
		{"slots 4", func(s *Slots, p *pile) { s.table[1] = s.at(s.table[1]-1).link + 1 }},
		{"slots 4", func(s *Slots, p *pile) { s.short = 2 }},
		{"slots 4", func(s *Slots, p *pile) { c := &s.chunks[p.dir[1]]; c.items[0], c.items[1] = c.items[1], c.items[0] }},
		{"slots 5", func(s *Slots, p *pile) { s.chunks = append(s.chunks, chunk{}) }},
		{"slots 5", func(s *Slots, p *pile) { s.freePiles = append(s.freePiles, 0) }},
		{"slots 6", func(s *Slots, p *pile) { s.at(2).flags |= reached }},
		{"slots 6", func(s *Slots, p *pile) { s.at(2).flags |= standing }},
		{"pile 1", func(s *Slots, p *pile) { p.n-- }},
		{"pile 1", func(s *Slots, p *pile) { p.slot = 1 }},
		{"pile 1", func(s *Slots, p *pile) { s.at(4).link = p.dir[2] }},
		{"pile 1", func(s *Slots, p *pile) { s.chunks[p.dir[0]].alive++ }},
		{"pile 1", func(s *Slots, p *pile) { s.wide = 4 }},
		{"pile 2", func(s *Slots, p *pile) { p.top = 0 }},
		{"pile 2", func(s *Slots, p *pile) { p.top = none }},
		{"pile 3", func(s *Slots, p *pile) { p.heads.n++ }},
		{"pile 3", func(s *Slots, p *pile) { p.limbo.n = 0 }},
		{"pile 3", func(s *Slots, p *pile) { p.heads.list = p.heads.list[1:] }},
		{"pile 3", func(s *Slots, p *pile) { s.at(p.limbo.list[0]).flags &^= inLimbo }},
		{"pile 3", func(s *Slots, p *pile) { p.limbo.list = append(p.limbo.list, p.limbo.list[0]) }},
		{"pile 4", func(s *Slots, p *pile) { p.solid = p.solid[1:] }},
		{"pile 4", func(s *Slots, p *pile) { s.at(8).flags |= isSolid; p.solid = append(p.solid, 8) }},
		{"pile 4", func(s *Slots, p *pile) {
			s.at(22).flags |= isSolid
			p.solid = slices.Insert(p.solid, 0, 22)
		}},
		{"pile 5", func(s *Slots, p *pile) { s.at(1).live++ }},
		{"pile 5", func(s *Slots, p *pile) { s.at(p.heap[0]).flags &^= inHeap; p.heap = p.heap[1:] }},
		{"pile 5", func(s *Slots, p *pile) { p.heap = p.heap[1:] }},
		{"pile 5", func(s *Slots, p *pile) { p.counted = false }},
		{"pile 5", func(s *Slots, p *pile) { s.at(20).flags |= inHeap }},
		{"under", func(s *Slots, p *pile) { s.at(22).flags |= inHeap; p.heap = append(p.heap, 22) }},
	} {
		s := whole(t)
		d.damage(s, s.pileOf(0))
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), d.clause) {
			t.Errorf("damage to clause %q: %v", d.clause, err)
		}
	}
}

// The same for Tags: set 1 has two groups, one of two tags, and a bare one; a freed group is about.
func TestCheckSeesDamagedTags(t *testing.T) {
	for _, d := range []struct {
		clause string
		damage func(g *Tags)
	}{
		{"tags 1", func(g *Tags) { g.tags[1].lv = 900 }},
		{"tags 1", func(g *Tags) {
			g.tags[0].lv, g.tags[1].lv = 6, 5
			for i, lv := range []LV{6, 5} {
				*g.index.plus.At(lv) = uint32(i + 1)
			}
		}},
		{"tags 2", func(g *Tags) { g.groups[0].tags++ }},
		{"tags 2", func(g *Tags) { g.groups[0].alive-- }},
		{"tags 2", func(g *Tags) { g.tags[g.groups[0].head].next = none }},
		{"tags 2", func(g *Tags) { g.tags[g.tags[g.groups[0].head].next].prev = none }},
		{"tags 2", func(g *Tags) { g.tags[0].alive = false }},
		{"tags 2", func(g *Tags) { g.sets[1].bare = none }},
		{"tags 3", func(g *Tags) { g.groups[0].hash++ }},
		{"tags 3", func(g *Tags) { delete(g.find, g.groups[1].hash) }},
		{"tags 3", func(g *Tags) { g.find[12345] = 1 }},
		{"tags 4", func(g *Tags) { m := g.sets[1]; m.sorted[0], m.sorted[1] = m.sorted[1], m.sorted[0] }},
		{"tags 4", func(g *Tags) { m := g.sets[1]; m.sorted = m.sorted[1:] }},
		{"tags 4", func(g *Tags) { m := g.sets[1]; m.fresh = append(m.fresh, m.sorted[0]) }},
		{"tags 4", func(g *Tags) { g.groups[0].listed = false }},
		{"tags 4", func(g *Tags) { g.sets[1].shown++ }},
		{"tags 4", func(g *Tags) { g.sets[1].fresh = append(g.sets[1].fresh, 3) }},
		{"tags 5", func(g *Tags) { g.free = nil }},
	} {
		words := []byte("abbccc")
		g := NewTags(&words)
		g.Add(1, 5, 0, 1)
		g.Add(1, 6, 0, 1)
		g.Add(1, 7, 1, 2)
		g.Add(1, 8, NoWords, 0)
		g.Add(1, 9, 3, 3)
		g.Truncate(9)
		g.Each(1, func([]byte, LV) bool { return true })
		if err := g.Check(); err != nil {
			t.Fatal(err)
		}
		d.damage(g)
		if err := g.Check(); err == nil || !strings.Contains(err.Error(), d.clause) {
			t.Errorf("damage to clause %q: %v", d.clause, err)
		}
	}
}

// The same for Steps.
func TestCheckSeesDamagedSteps(t *testing.T) {
	for _, d := range []struct {
		clause string
		damage func(s *Steps)
	}{
		{"steps 1", func(s *Steps) { s.steps[1].lv = 900 }},
		{"steps 1", func(s *Steps) {
			s.steps[0].lv, s.steps[1].lv = 6, 5
			*s.index.plus.At(6), *s.index.plus.At(5) = 1, 2
		}},
		{"steps 2", func(s *Steps) { s.steps[0].counter = 2 }},
		{"steps 2", func(s *Steps) { c := s.counters[1]; c.steps[0], c.steps[1] = 1, 0 }},
		{"steps 2", func(s *Steps) { delete(s.counters, 1) }},
		{"steps 3", func(s *Steps) { s.counters[1].hi++ }},
		{"steps 3", func(s *Steps) { s.counters[1].lo++ }},
		{"steps 3", func(s *Steps) { s.counters[1].alive++ }},
		{"steps 3", func(s *Steps) { s.steps[0].alive = false }},
	} {
		s := NewSteps()
		s.Add(1, 5, 3)
		s.Add(1, 6, -4)
		if err := s.Check(); err != nil {
			t.Fatal(err)
		}
		d.damage(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), d.clause) {
			t.Errorf("damage to clause %q: %v", d.clause, err)
		}
	}
}
