package entries

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// machine drives a room and its twin through the same random life.
type machine struct {
	s    *Slots
	w    *twin
	next LV
	hits map[string]int

	quiet bool // all changes are effective
}

// slots of the machine; each has four children.
const slotCount = 3

func (m *machine) draw(t *rapid.T, label string, n int) int {
	return rapid.IntRange(0, n-1).Draw(t, label)
}

// over draws what a new entry of a slot names.
func (m *machine) over(t *rapid.T, slot int32) []LV {
	all := m.w.entries(slot)
	switch way := m.draw(t, "over", 8); {
	case way < 3 || len(all) == 0:
		return m.w.frontier(slot)
	case way < 4:
		return nil
	case way < 6:
		return []LV{all[m.draw(t, "one", len(all))]}
	}
	var some []LV
	for k := m.draw(t, "some", 4); k > 0; k-- {
		some = append(some, all[m.draw(t, "of", len(all))]) // now and then one twice
	}
	return some
}

// add adds entries that arrive: at any depth above what they name.
func (m *machine) add(t *rapid.T) {
	slot := int32(m.draw(t, "slot", slotCount))
	for k := m.draw(t, "burst", 5); k >= 0; k-- {
		f := &fact{slot: slot, kind: EntryKind(m.draw(t, "kind", 3)), child: -1, off: NoWords, effective: true}
		f.lv = m.next
		m.next += LV(1 + m.draw(t, "gap", 40))
		f.over = m.over(t, slot)
		if m.draw(t, "late", 12) == 0 { // the first value of a list element
			f.lv, f.over = LV(m.draw(t, "elem", int(m.next))), nil
			for f.lv > 0 && m.w.facts[f.lv] != nil {
				f.lv--
			}
			if m.w.facts[f.lv] != nil {
				continue
			}
			m.hits["late"]++
		}
		for _, o := range f.over {
			f.depth = max(f.depth, m.w.facts[o].depth+1)
		}
		f.depth += m.draw(t, "deeper", 3)
		f.hash = m.draw(t, "hash", 1000)
		switch f.kind {
		case Child:
			f.child = slot*4 + int32(m.draw(t, "child", 4))
		case Value:
			f.off, f.size = uint32(m.draw(t, "off", 100)), 3
		}
		f.effective = m.quiet || m.draw(t, "effective", 6) > 0
		f.deleted = m.draw(t, "deleted", 5) == 0
		m.w.add(f)
		m.s.Add(slot, f.lv, f.over, f.kind, f.child, f.off, f.size)
	}
}

// flip deletes, restores or switches one entry.
func (m *machine) flip(t *rapid.T) {
	if len(m.w.order) == 0 {
		return
	}
	f := m.w.facts[m.w.order[m.draw(t, "which", len(m.w.order))]]
	if !m.quiet && m.draw(t, "what", 3) == 0 {
		f.effective = !f.effective
	} else if f.deleted = !f.deleted; !f.effective && m.draw(t, "tell", 2) == 0 {
		return // nothing flipped
	}
	m.s.Flip(f.lv, 1)
}

// change switches all entries of a range.
func (m *machine) change(t *rapid.T) {
	lv, n, on := LV(m.draw(t, "from", int(m.next)+1)), uint32(m.draw(t, "n", 200)), m.quiet || m.draw(t, "on", 3) > 0
	for o, f := range m.w.facts {
		if o >= lv && o < lv+n {
			f.effective = on
		}
	}
	m.s.Flip(lv, n)
}

// truncate rolls back to a local version.
func (m *machine) truncate(t *rapid.T) {
	back := LV(m.draw(t, "back", 300))
	if back > m.next {
		back = m.next
	}
	m.next -= back
	m.w.truncate(m.next)
	m.s.Truncate(m.next)
}

// stir lets something inside a child come to life or die, which tells the room nothing.
func (m *machine) stir(t *rapid.T) {
	c := int32(m.draw(t, "container", slotCount*4))
	m.w.inside[c] = !m.w.inside[c]
}

// equal compares everything that can be read.
func (m *machine) equal(t interface{ Fatalf(string, ...any) }) {
	for slot := int32(-1); slot <= slotCount; slot++ {
		all := m.w.entries(slot)
		if got := m.s.Entries(slot, nil); !slices.Equal(got, all) {
			t.Fatalf("slot %d: entries %v, want %v", slot, got, all)
		}
		if got, want := m.s.Frontier(slot, []LV{7}), append([]LV{7}, m.w.frontier(slot)...); !slices.Equal(got, want) {
			t.Fatalf("slot %d: frontier %v, want %v", slot, got, want)
		}
		want := m.w.conflicts(slot)
		var got []LV
		for _, e := range m.s.Conflicts(slot, nil) {
			got = append(got, e.LV)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("slot %d: conflicts %v, want %v", slot, got, want)
		}
		e, ok := m.s.Winner(slot)
		if ok != (len(want) > 0) || ok && e.LV != want[0] {
			t.Fatalf("slot %d: winner %v %v, want %v", slot, e, ok, want)
		}
		any := slices.ContainsFunc(all, func(lv LV) bool { return m.w.facts[lv].alive() })
		if m.s.Has(slot) != (len(all) > 0) || m.s.Any(slot) != any {
			t.Fatalf("slot %d: has %v, any %v: %v", slot, m.s.Has(slot), m.s.Any(slot), all)
		}
		if m.s.Names(slot, all) != true || len(all) > 0 && m.s.Names(slot+1, all) {
			t.Fatalf("slot %d: names %v", slot, all)
		}
		m.count(slot, ok, e)
	}
	for lv, f := range m.w.facts {
		e, ok := m.s.Entry(lv)
		want := Entry{lv, f.slot, f.kind, m.w.hooks().State(lv), f.child, f.off, f.size}
		if !ok || e != want || !slices.Equal(m.s.Over(lv, nil), f.over) {
			t.Fatalf("entry %d: %v %v, want %v over %v", lv, e, m.s.Over(lv, nil), want, f.over)
		}
	}
	if _, ok := m.s.Entry(m.next + 1000); ok {
		t.Fatalf("an entry that was never added")
	}
}

// count notes which ways of reading were taken.
func (m *machine) count(slot int32, ok bool, e Entry) {
	if ok && e.State == Ineffective {
		m.hits["standing"]++
	}
	p := m.s.pileOf(slot)
	switch {
	case p == nil:
		m.hits["chain"]++
	case p.limbo.n > 0:
		m.hits["limbo"]++
	case p.counted && ok:
		m.hits["counted, winner"]++
	case p.counted:
		m.hits["counted, none"]++
	case !ok && m.s.Any(slot):
		m.hits["solid"]++
	case ok:
		m.hits["top"]++
	}
	if p != nil && len(p.dir) > 2 {
		m.hits["chunks"]++
	}
}

func newMachine(hits map[string]int) *machine {
	m := &machine{w: newTwin(), hits: hits}
	m.s = New(m.w.hooks())
	m.s.wide = shortMax + 2 // so that chunks split
	return m
}

// life are the actions of the machine, and the comparison after each.
func (m *machine) life() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"add":      m.add,
		"add more": m.add,
		"flip":     m.flip,
		"flip too": m.flip,
		"change":   m.change,
		"truncate": m.truncate,
		"stir":     m.stir,
		"": func(t *rapid.T) {
			if err := m.s.Check(); err != nil {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "read") {
				m.equal(t)
				if err := m.s.Check(); err != nil {
					t.Fatal("after reading: ", err)
				}
			}
		},
	}
}

// Whatever happens, the room reads as the twin and keeps its invariants; each way of reading is taken.
func TestSlotsAgainstTwin(t *testing.T) {
	hits := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(hits)
		t.Repeat(m.life())
	})
	for _, way := range []string{"chain", "top", "solid", "counted, winner", "counted, none", "limbo", "standing", "chunks", "late"} {
		if hits[way] == 0 && !testing.Short() { // a short run draws few
			t.Errorf("never read by way of %q: %v", way, hits)
		}
	}
}

// The same with piles of any size, and while every change is effective, so that the caches of piles are
// seldom passed by.
func TestPilesAgainstTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(map[string]int{})
		m.quiet = true
		m.s.short, m.s.wide = rapid.IntRange(0, 3).Draw(t, "short"), 4
		t.Repeat(m.life())
	})
}
