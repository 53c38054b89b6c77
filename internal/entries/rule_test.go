package entries

import (
	"slices"
	"testing"
)

// small is a history of a few entries of one slot, told apart by their places in it.
type small struct {
	kinds  []EntryKind
	over   []int // bit t of over[i]: entry i names entry t
	rank   []int // in the total order
	states []State
}

// fits tells whether a permutation puts every entry behind those it names.
func (h *small) fits(at []int) bool {
	for i, o := range h.over {
		for t := range at {
			if o>>t&1 == 1 && at[i] < at[t] {
				return false
			}
		}
	}
	return true
}

// play adds the entries in an order of arrival, at[i] being that of entry i, then brings them into their
// states one by one, and says what is read: the visible values, greatest first, and the frontier.
func (h *small) play(t *testing.T, at []int, short int) (seen, next []int) {
	n := len(at)
	who := make([]int, n)
	for i, k := range at {
		who[k] = i
	}
	s := New(Hooks{
		Order:  func(a, b LV) int { return h.rank[who[a]] - h.rank[who[b]] },
		State:  func(LV) State { return Alive },
		Off:    func(LV) bool { return false },
		Inside: func(int32) bool { return true },
	})
	s.short = short
	for k, i := range who {
		var over []LV
		for t := range n {
			if h.over[i]>>t&1 == 1 {
				over = append(over, LV(at[t]))
			}
		}
		s.Add(1, LV(k), over, h.kinds[i], 9, NoWords, 0)
		s.Winner(1)
	}
	s.hooks.State = func(lv LV) State { return h.states[who[lv]] }
	for k := range n {
		s.Flip(LV(k), 1)
		s.Winner(1)
	}
	for _, e := range s.Conflicts(1, nil) {
		seen = append(seen, who[e.LV])
	}
	if e, ok := s.Winner(1); ok != (len(seen) > 0) || ok && who[e.LV] != seen[0] {
		t.Fatalf("%+v: winner %v %v, conflicts %v", h, e, ok, seen)
	}
	for _, lv := range s.Frontier(1, nil) {
		next = append(next, who[lv])
	}
	if err := s.Check(); err != nil {
		t.Fatalf("%+v: %v", h, err)
	}
	slices.Sort(next)
	return seen, next
}

// want is what the twin reads.
func (h *small) want() (seen, next []int) {
	w := newTwin()
	for i := range h.rank {
		f := &fact{lv: LV(i), slot: 1, depth: h.rank[i], kind: h.kinds[i], child: 9,
			effective: h.states[i] != Ineffective, deleted: h.states[i] != Alive}
		for t := range h.rank {
			if h.over[i]>>t&1 == 1 {
				f.over = append(f.over, LV(t))
			}
		}
		w.add(f)
	}
	for _, lv := range w.conflicts(1) {
		seen = append(seen, int(lv))
	}
	for _, lv := range w.frontier(1) {
		next = append(next, int(lv))
	}
	return seen, next
}

// Every history of three entries, of every kind and state, naming each other in every way, in every total
// order, reads as the rule says in every order of arrival, as a chain and as a pile.
func TestEveryHistoryOfThree(t *testing.T) {
	perms := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	played := 0
	for code := range 8 * 27 * 27 {
		o, k, st := code%8, code/8%27, code/8/27
		h := &small{
			over:   []int{0, o & 1, o >> 1 & 3},
			kinds:  []EntryKind{EntryKind(k % 3), EntryKind(k / 3 % 3), EntryKind(k / 9)},
			states: []State{State(st % 3), State(st / 3 % 3), State(st / 9)},
		}
		for _, h.rank = range perms {
			if !h.fits(h.rank) {
				continue
			}
			seen, next := h.want()
			for _, at := range perms {
				if !h.fits(at) {
					continue
				}
				for _, short := range []int{0, shortMax} {
					got, frontier := h.play(t, at, short)
					if !slices.Equal(got, seen) || !slices.Equal(frontier, next) {
						t.Fatalf("%+v arriving %v: %v then %v, want %v then %v", h, at, got, frontier, seen, next)
					}
					played++
				}
			}
		}
	}
	if played < 100_000 {
		t.Errorf("only %d histories", played)
	}
}

// Golden cases of the rule: entries of one slot from the least to the greatest, and what is read.
func TestRule(t *testing.T) {
	type e struct {
		kind  EntryKind
		state State
		over  []LV
		child int32
	}
	for _, c := range []struct {
		name string
		in   []e
		want []LV
	}{
		{"nothing", nil, nil},
		{"one value", []e{{Value, Alive, nil, -1}}, []LV{0}},
		{"an undone value", []e{{Value, Dead, nil, -1}}, nil},
		{"overwritten", []e{{Value, Alive, nil, -1}, {Value, Alive, []LV{0}, -1}}, []LV{1}},
		{"at the same time", []e{{Value, Alive, nil, -1}, {Value, Alive, nil, -1}}, []LV{1, 0}},
		{"undone: what was before", []e{{Value, Alive, nil, -1}, {Value, Dead, []LV{0}, -1}}, []LV{0}},
		{"a link passes through an undone entry", []e{{Value, Alive, nil, -1}, {Value, Dead, []LV{0}, -1}, {Value, Alive, []LV{1}, -1}}, []LV{2}},
		{"... and through one switched off", []e{{Value, Alive, nil, -1}, {Value, Ineffective, []LV{0}, -1}, {Value, Alive, []LV{1}, -1}}, []LV{2}},
		{"a key delete", []e{{Value, Alive, nil, -1}, {Absent, Alive, []LV{0}, -1}}, nil},
		{"a key delete at the same time", []e{{Value, Alive, nil, -1}, {Absent, Alive, nil, -1}}, []LV{0}},
		{"a key delete below a value that did not see it", []e{{Absent, Alive, nil, -1}, {Value, Alive, nil, -1}}, []LV{1}},
		{"of two values a key delete saw the greater", []e{{Value, Alive, nil, -1}, {Value, Alive, nil, -1}, {Absent, Alive, []LV{1}, -1}}, []LV{0}},
		{"two people make one child", []e{{Child, Alive, nil, 5}, {Child, Alive, nil, 5}}, []LV{1}},
		{"... and one entry of it is overwritten: the child stays by the other", []e{{Child, Alive, nil, 5}, {Child, Alive, nil, 5}, {Value, Alive, []LV{1}, -1}}, []LV{2, 0}},
		{"two children", []e{{Child, Alive, nil, 5}, {Child, Alive, nil, 6}, {Child, Alive, nil, 7}, {Child, Alive, nil, 6}}, []LV{3, 2, 0}},
		{"a child stands, by its greatest entry", []e{{Value, Alive, nil, -1}, {Child, Ineffective, []LV{0}, 5}, {Child, Ineffective, []LV{0}, 5}}, []LV{2}},
		{"a standing child can be overwritten", []e{{Child, Ineffective, nil, 5}, {Value, Alive, []LV{0}, -1}}, []LV{1}},
		{"a child with an effective entry does not stand", []e{{Child, Ineffective, nil, 5}, {Child, Dead, nil, 5}}, nil},
	} {
		for _, short := range []int{0, shortMax} {
			s := New(Hooks{
				Order:  func(a, b LV) int { return int(a) - int(b) },
				State:  func(lv LV) State { return c.in[lv].state },
				Off:    func(LV) bool { return true },
				Inside: func(int32) bool { return true },
			})
			s.short = short
			for i, x := range c.in {
				s.Add(3, LV(i), x.over, x.kind, x.child, NoWords, 0)
			}
			var got []LV
			for _, x := range s.Conflicts(3, nil) {
				got = append(got, x.LV)
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: %v, want %v", c.name, got, c.want)
			}
			if x, ok := s.Winner(3); ok != (len(got) > 0) || ok && x.LV != got[0] {
				t.Errorf("%s: winner %v %v", c.name, x, ok)
			}
		}
	}
}

// A value without words wins and shows as withheld; its words may come later.
func TestWithheld(t *testing.T) {
	b := newBulk()
	b.add(0, Value)
	b.rank, b.state = append(b.rank, 1), append(b.state, Alive)
	b.s.Add(0, 1, []LV{0}, Value, -1, NoWords, 0)
	if e, ok := b.s.Winner(0); !ok || e.LV != 1 || e.Off != NoWords {
		t.Errorf("winner %v %v, want the one without words", e, ok)
	}
	b.s.Fill(1, 40, 2)
	b.s.Fill(77, 1, 1) // none of ours
	c := b.add(2, Child, 1)
	b.s.Fill(c, 1, 1) // has no words
	if e, _ := b.s.Winner(0); e.Child != int32(c) || e.Off != NoWords || e.Size != 0 {
		t.Errorf("winner %v, want the child", e)
	}
	b.set(c, Dead)
	if e, _ := b.s.Winner(0); e.Off != 40 || e.Size != 2 {
		t.Errorf("winner %v, want words at 40", e)
	}
}

func TestMistakesPanic(t *testing.T) {
	b := newBulk()
	b.add(0, Value)
	mustPanic(t, "comes once", func() { b.s.Add(0, 0, nil, Value, -1, 0, 1) })
	b = newBulk()
	b.add(0, Value)
	b.rank, b.state = append(b.rank, 0), append(b.state, Alive)
	mustPanic(t, "the order is total", func() { b.s.Add(0, 1, nil, Value, -1, 0, 1) })
	b = newBulk()
	b.add(0, Value)
	b.rank, b.state = append(b.rank, 5), append(b.state, Alive)
	mustPanic(t, "over names the slot's entries", func() { b.s.Add(1, 1, []LV{0}, Value, -1, 0, 1) })
	b = newBulk()
	b.state = append(b.state, Alive)
	mustPanic(t, "over names the slot's entries", func() { b.s.Add(0, 0, []LV{8}, Value, -1, 0, 1) })
}
