package cover

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// sampleSet has a chain with a fork, reasons of both kinds, a link that is no reason, and a free slot.
func sampleSet() *Set {
	s := NewSet()
	z, _ := s.Add(nil, None, false)     // 0
	a, _ := s.Add(nil, None, false)     // 1
	b, _ := s.Add([]Node{z}, a, true)   // 2 waits for z
	s.Add([]Node{z}, a, true)           // 3 too
	s.Add([]Node{b, z}, None, true)     // 4 waits for one of them
	s.Add(nil, b, false)                // 5 is not covered
	gone, _ := s.Add(nil, None, false)  // 6
	s.Add([]Node{gone, z}, gone, false) // 7
	s.Drop(gone)
	return s
}

// TestCheckSet damages each clause of the invariants of a Set and of its links.
func TestCheckSet(t *testing.T) {
	if err := sampleSet().Check(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		want  string
		wreck func(s *Set)
	}{
		{"set 1", func(s *Set) { s.unwait(2); s.nodes[2].signed = false; s.unwait(3); s.await(3, 1) }}, // 1 rests on 3
		{"set 2", func(s *Set) { s.nodes[5].signed = true }},
		{"set 2", func(s *Set) { s.unwait(4); s.await(4, 1) }},
		{"set 2", func(s *Set) { s.unwait(4) }},
		{"set 3", func(s *Set) { s.orphan(5); s.nodes[5].prev = 1 }},
		{"set 3", func(s *Set) { s.nodes[1].kid = None }},
		{"set 3", func(s *Set) { s.nodes[2].kidPrev = 5 }},
		{"set 3", func(s *Set) { s.nodes[0].kid = 5 }},
		{"set 3", func(s *Set) { s.nodes[4].kidNext = 0 }},
		{"set 4", func(s *Set) { s.nodes[5].waitPrev = 0 }},
		{"set 4", func(s *Set) { s.nodes[0].wait = None }},
		{"set 4", func(s *Set) { s.nodes[2].waitPrev = 5 }},
		{"set 4", func(s *Set) { s.nodes[5].wait = 4; s.nodes[2].wait = None }},
		{"set 5", func(s *Set) { s.nodes[1].seq = 99 }},
		{"set 6", func(s *Set) { s.nodes[1].in = true }},
		{"set 6", func(s *Set) { s.nodes[1].stuck = true }},
		{"set 6", func(s *Set) { s.nodes[1].support = 1 }},
		{"set 6", func(s *Set) { s.n++ }},
		{"set 6", func(s *Set) { s.free = None }},
		{"set 6", func(s *Set) { s.links.add(7, 0) }},
		{"links 1", func(s *Set) { s.links.used++ }},
		{"links 1", func(s *Set) { s.links.edges[0].from = 5 }},
		{"links 1", func(s *Set) { s.links.edges[1].to = 5 }},
		{"links 2", func(s *Set) { s.links.at[0].inLast = 0 }},
		{"links 1, 2", func(s *Set) { s.links.edges[s.links.at[0].inLast].inPrev = 7 }},
		{"links 1, 3", func(s *Set) { s.links.free = nil32 }},
		{"links 3", func(s *Set) { s.links.free = s.links.at[2].out }},
		{"links 1", func(s *Set) { s.links.at[4].out = nil32 }},
	} {
		s := sampleSet()
		c.wreck(s)
		if err := s.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// sampleRoom has a change in each state and two sources.
func sampleRoom(t *testing.T) *room {
	r := newRoom(t, Limits{})
	r.bring("a", name(1, 0), ID{}, false)              // 0 blocked, node 0
	r.bring("b", name(1, 1), name(1, 0), false)        // 1 blocked, node 1
	r.bring("a", name(1, 2), name(1, 3), true)         // 2 waits for 3, wanted
	r.bring("b", name(1, 2), name(1, 3), true)         //
	r.bring("b", name(1, 4), ID{}, false, name(1, 2))  // 4 waits for 2
	r.bring("a", name(1, 5), ID{}, true)               // 5 ready
	r.Poison(name(1, 9), errors.New("bad"))            //
	r.Keep(name(1, 8), &Signature{}, "a")              //
	r.bring("a", name(1, 6), ID{}, false, name(1, 10)) // 6 waits for 7, wanted
	return r
}

// TestCheckPending damages each clause of the invariants of a Pending, its sources and its memories.
func TestCheckPending(t *testing.T) {
	type pending = Pending[[]byte]
	sampleRoom(t).check()
	at := func(p *pending, n uint64) *entry[[]byte] { return &p.entries[p.index[name(1, n)]] }
	for _, c := range []struct {
		want  string
		wreck func(p *pending)
	}{
		{"pending 1", func(p *pending) { p.index[name(1, 77)] = p.index[name(1, 0)] }},
		{"pending 1", func(p *pending) { at(p, 0).going = true }},
		{"pending 1", func(p *pending) { at(p, 0).live = false }},
		{"pending 1", func(p *pending) { p.ready = nil }},
		{"pending 1", func(p *pending) { p.ready[0] = p.index[name(1, 0)] }},
		{"pending 1", func(p *pending) { p.unlist(&p.held, p.index[name(1, 0)]) }},
		{"pending 1", func(p *pending) { p.unlist(&p.wants, p.index[name(1, 3)]) }},
		{"pending 1", func(p *pending) { at(p, 1).older = nil32 }},
		{"pending 1", func(p *pending) { p.held.last = 0 }},
		{"pending 2", func(p *pending) { at(p, 2).lacks++ }},
		{"pending 2", func(p *pending) { p.links.add(p.index[name(1, 0)], p.index[name(1, 1)]) }},
		{"pending 2", func(p *pending) { p.links.add(p.index[name(1, 4)], p.index[name(1, 5)]) }},
		{"pending 3", func(p *pending) { at(p, 3).signed = true }},
		{"pending 3", func(p *pending) { at(p, 3).size = 1 }},
		{"pending 4", func(p *pending) { at(p, 0).node = None }},
		{"pending 4", func(p *pending) { at(p, 0).node, at(p, 1).node = 1, 0 }},
		{"pending 4", func(p *pending) { at(p, 0).signed = true }},
		{"pending 4", func(p *pending) { p.set.Add(nil, None, false) }},
		{"pending 5", func(p *pending) { at(p, 4).prev = p.index[name(1, 0)] }},
		{"pending 6", func(p *pending) { p.count++ }},
		{"pending 6", func(p *pending) { p.bytes-- }},
		{"pending 6", func(p *pending) { at(p, 0).notes = nil32 }},
		{"pending 7", func(p *pending) { p.sources.limits = Limits{Changes: 1, Bytes: 1 << 20} }},
		{"pending 7", func(p *pending) { p.sources.limits = Limits{Changes: 1 << 20, Bytes: 100} }},
		{"pending 8", func(p *pending) { p.poison.put(name(1, 0), &Refusal{}) }},
		{"pending 8", func(p *pending) { p.branch.put(name(1, 3), &Refusal{}) }},
		{"sources 1", func(p *pending) { p.sources.notes[at(p, 0).notes].of = 9 }},
		{"sources 1", func(p *pending) { p.sources.notes[at(p, 2).notes].src = p.sources.by["a"] }},
		{"sources 2", func(p *pending) { p.sources.by["a"].count++ }},
		{"sources 2", func(p *pending) { p.sources.by["a"].bytes++ }},
		{"sources 2", func(p *pending) { p.sources.by["c"] = &source{} }},
		{"sources 2", func(p *pending) { p.sources.by["a"].last = 0 }},
		{"sources 2", func(p *pending) { p.sources.notes[p.sources.by["a"].last].older = nil32 }},
		{"sources 1", func(p *pending) { s := p.sources.by["a"]; s.last = s.first; p.sources.notes[s.first].newer = nil32 }},
		{"sources 3", func(p *pending) { p.sources.heap[0].at = 1 }},
		{"sources 3", func(p *pending) { p.sources.Swap(0, 1) }},
		{"sources 3", func(p *pending) { p.sources.heap[0].broke = true }},
		{"set", func(p *pending) { p.set.nodes[0].in = true }},
		{"links", func(p *pending) { p.links.used++ }},
		{"memory", func(p *pending) { p.poison.n++ }},
		{"memory", func(p *pending) { p.early.max = 0 }},
		{"memory", func(p *pending) { p.early.free = nil32; p.early.slots = append(p.early.slots, slot[Early]{}) }},
		{"memory", func(p *pending) { p.early.slots[0].older = 0 }},
		{"memory", func(p *pending) { p.early.slots[0].id[0]++ }},
		{"memory", func(p *pending) { p.early.chains[name(1, 8)] = chain{0, 1} }},
	} {
		r := sampleRoom(t)
		c.wreck(r.Pending)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
}

// TestMemory compares a memory with a plain list.
func TestMemory(t *testing.T) {
	type pair struct {
		id ID
		v  int
	}
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 4))
		m := newMemory[int](1 + r.IntN(8))
		var twin []pair
		for v := range 100 {
			id := ID{byte(r.IntN(5))}
			if r.IntN(3) > 0 {
				m.put(id, v)
				if twin = append(twin, pair{id, v}); len(twin) > m.max {
					twin = twin[1:]
				}
			} else {
				var want []int
				for _, p := range twin {
					if p.id == id {
						want = append(want, p.v)
					}
				}
				if got := m.take(id); !slices.Equal(got, want) {
					t.Fatalf("seed %d: took %v, want %v", seed, got, want)
				}
				twin = slices.DeleteFunc(twin, func(p pair) bool { return p.id == id })
			}
			if err := m.check(); err != nil {
				t.Fatal(err)
			}
			for b := range byte(5) {
				i := slices.IndexFunc(twin, func(p pair) bool { return p.id == ID{b} })
				if got, ok := m.get(ID{b}); ok != (i >= 0) || ok && got != twin[i].v {
					t.Fatalf("seed %d: got %d %v", seed, got, ok)
				}
			}
		}
	}
}
