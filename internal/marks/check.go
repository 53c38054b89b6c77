package marks

import (
	"fmt"
	"slices"
)

// Check restates the invariants of Marks, index and sets clause by clause and says
// what fails and where. It costs about n log n comparisons for each index: for tests.
func (m *Marks) Check() error {
	for i := 1; i < len(m.records); i++ {
		if m.records[i-1].LV >= m.records[i].LV {
			return fmt.Errorf("marks: rule 1: mark %d before mark %d", m.records[i-1].LV, m.records[i].LV)
		}
	}
	if err := m.checkMarkers(); err != nil {
		return err
	}
	for i := range m.records {
		if err := m.checkRecord(uint32(i)); err != nil {
			return err
		}
	}
	if n := len(m.slots); m.bySlot != nil && len(m.bySlot) != n || (m.bySlot == nil) != (n <= few) {
		return fmt.Errorf("marks: rule 6: %d names of %d slots", len(m.bySlot), len(m.slots))
	}
	for _, r := range m.records {
		if int(r.Slot) >= len(m.slots) {
			return fmt.Errorf("marks: rule 6: mark %d is in slot %d of %d", r.LV, r.Slot, len(m.slots))
		}
	}
	for i, s := range m.slots {
		if k, ok := m.slot(s); !ok || int(k) != i {
			return fmt.Errorf("marks: rule 6: slot %d %q is %d", i, s, k)
		}
	}
	for name, x := range map[string]*index{"cover": &m.cover, "growth": &m.growth, "rights": &m.rights, "lefts": &m.lefts} {
		if err := x.check(); err != nil {
			return fmt.Errorf("marks: %s: %w", name, err)
		}
	}
	return nil
}

// checkMarkers checks the part of clause 1 that is about markers.
func (m *Marks) checkMarkers() error {
	on, shown := 0, 0
	for i, k := range m.markers {
		if i > 0 && m.markers[i-1].lv >= k.lv {
			return fmt.Errorf("marks: rule 1: marker %d before marker %d", m.markers[i-1].lv, k.lv)
		}
		if k.on {
			on++
		}
		if _, shows := m.text.Index(k.lv); shows != k.shown {
			return fmt.Errorf("marks: rule 1: the text shows marker %d: %v", k.lv, shows)
		}
		if k.shown {
			shown++
		}
	}
	var err error
	m.places.each(m.live, func(b uint32) {
		if !m.isLive(b) {
			err = fmt.Errorf("marks: rule 1: %d is live and no marker that is on", b)
		}
	})
	m.places.each(m.seen, func(b uint32) {
		if i := m.marker(b); i == len(m.markers) || m.markers[i].lv != b || !m.markers[i].shown {
			err = fmt.Errorf("marks: rule 1: %d is seen and no marker that is shown", b)
		}
	})
	if n := m.places.size(m.live); n != on {
		return fmt.Errorf("marks: rule 1: %d markers are on, %d live", on, n)
	}
	if n := m.places.size(m.seen); n != shown {
		return fmt.Errorf("marks: rule 1: %d markers are shown, %d seen", shown, n)
	}
	if err == nil {
		err = m.places.check(m.live)
	}
	if err == nil {
		err = m.places.check(m.seen)
	}
	return err
}

// checkRecord checks clauses 2 to 5 for one record. It looks at every marker.
func (m *Marks) checkRecord(i uint32) error {
	r := m.records[i]
	want := record{Mark: r.Mark}
	m.orient(&want)
	if (r.flags^want.flags)&(void|growsL|growsR) != 0 {
		return fmt.Errorf("marks: rule 3: mark %d has flags %#x, the text says %#x", r.LV, r.flags, want.flags)
	}
	laid := r.is(alive) && !r.is(void)
	if r.is(laidBit) != laid {
		return fmt.Errorf("marks: rule 2: mark %d is laid: %v", r.LV, !laid)
	}
	var stopL, stopR bool
	for _, k := range m.markers {
		b := before(k.lv)
		stopR = stopR || k.on && r.is(growsR) && compare(m.text, b, after(r.Last)) > 0 && compare(m.text, b, r.rightReach()) < 0
		stopL = stopL || k.on && r.is(growsL) && compare(m.text, b, before(r.First)) < 0 && compare(m.text, b, r.leftReach()) > 0
	}
	if r.is(stoppedR) != (laid && stopR) || r.is(stoppedL) != (laid && stopL) {
		return fmt.Errorf("marks: rule 4: mark %d is stopped: %v %v, in the text: %v %v", r.LV, r.is(stoppedL), r.is(stoppedR), stopL, stopR)
	}
	for _, c := range []struct {
		name string
		have bool
		want bool
	}{
		{"cover", m.cover.has(i), laid},
		{"rights", m.rights.has(i), laid && stopR},
		{"lefts", m.lefts.has(i), laid && stopL},
		{"growth", m.growth.has(2 * i), laid && r.is(growsR) && !stopR},
		{"growth left", m.growth.has(2*i + 1), laid && r.is(growsL) && !stopL},
	} {
		if c.have != c.want {
			return fmt.Errorf("marks: rule 5: mark %d is in %s: %v", r.LV, c.name, c.have)
		}
	}
	return nil
}

// check checks the clauses of an index.
func (x *index) check() error {
	kinds := 2
	if x.points() {
		kinds = 1
	}
	items := 0
	for i, leaves := range x.at {
		for k, leaf := range leaves {
			e := uint32(2*i + k)
			if leaf == nil != (leaves[0] == nil || k >= kinds) {
				return fmt.Errorf("index 5: item %d has a leaf for end %d: %v", i, k, leaf != nil)
			}
			if leaf != nil && (!slices.Contains(leaf.in, e) || !leaf.under(x.root)) {
				return fmt.Errorf("index 5: end %d is not in its leaf", e)
			}
		}
		if leaves[0] != nil {
			items++
		}
	}
	used := 0
	if x.root != nil {
		if x.root.up != nil || x.root.n != items*kinds {
			return fmt.Errorf("index 2: %d ends of %d items", x.root.n, items)
		}
		list := x.listed(x.root, nil)
		for i := 1; i < len(list); i++ {
			if !x.precedes(list[i-1], x.spot(list[i-1]), list[i]) {
				return fmt.Errorf("index 1: end %d after end %d", list[i], list[i-1])
			}
		}
		if err := x.checkNode(x.root, list, &used); err != nil {
			return err
		}
	} else if items > 0 {
		return fmt.Errorf("index 2: %d items without a root", items)
	}
	free := 0
	for i := x.sets.free; i != 0; i = x.sets.at[i].kid[0] {
		free++
	}
	if used+free+1 != len(x.sets.at) {
		return fmt.Errorf("sets: %d records in use, %d free, of %d", used, free, len(x.sets.at)-1)
	}
	return nil
}

// listed appends the ends below n in order.
func (x *index) listed(n *node, list []uint32) []uint32 {
	if n.kid[0] == nil {
		return append(list, n.in...)
	}
	return x.listed(n.kid[1], x.listed(n.kid[0], list))
}

// checkNode checks n, which has the given ends, and what is below it. used counts
// the records of its sets.
func (x *index) checkNode(n *node, ends []uint32, used *int) error {
	if n.n != len(ends) || n.n == 0 && n.up != nil || len(n.in) > x.leaf || n.kid[0] != nil && len(n.in) > 0 {
		return fmt.Errorf("index 2: a node of %d has %d, a leaf %d", n.n, len(ends), len(n.in))
	}
	if err := x.checkSet(n, ends); err != nil {
		return err
	}
	*used += x.sets.size(n.set)
	if n.kid[0] == nil {
		return nil
	}
	k := n.kid[0].n
	switch {
	case n.kid[0].up != n || n.kid[1].up != n:
		return fmt.Errorf("index 2: a kid does not know its parent")
	case k >= len(ends) || n.cut != ends[k]:
		return fmt.Errorf("index 3: cut %d at %d of %d", n.cut, k, len(ends))
	case x.leans(n):
		return fmt.Errorf("index 4: %d and %d ends", n.kid[0].n, n.kid[1].n)
	}
	if err := x.checkNode(n.kid[0], ends[:k], used); err != nil {
		return err
	}
	return x.checkNode(n.kid[1], ends[k:], used)
}

// checkSet checks clauses 6 and 7 at n, which has the given ends.
func (x *index) checkSet(n *node, ends []uint32) error {
	if err := x.sets.check(n.set); err != nil {
		return err
	}
	want := map[uint32]bool{}
	if x.points() {
		far := none
		for _, e := range ends {
			if want[e>>1] = true; far == none || x.reach(e>>1, far) {
				far = e >> 1
			}
		}
		if far == none != (n.far == none) || far != none && (x.reach(far, n.far) || !want[n.far]) {
			return fmt.Errorf("index 7: far is %d, want %d", n.far, far)
		}
		if n.kid[0] == nil {
			clear(want)
		}
	} else if n.up != nil {
		for i, leaves := range x.at {
			if leaves[0] != nil && x.encloses(uint32(i), n) && !x.encloses(uint32(i), n.up) {
				want[uint32(i)] = true
			}
		}
	}
	var err error
	x.sets.each(n.set, func(item uint32) {
		if !want[item] {
			err = fmt.Errorf("index 6: item %d is in the set of %d ends from %d on", item, len(ends), ends[0])
		}
	})
	if x.sets.size(n.set) != len(want) {
		err = fmt.Errorf("index 6: %d items in a set, want %d", x.sets.size(n.set), len(want))
	}
	return err
}

// encloses tells whether all ends below n stand between those of a range.
func (x *index) encloses(item uint32, n *node) bool {
	a, z := x.ends(item)
	list := x.listed(n, nil)
	return len(list) > 0 && x.precedes(2*item, a, list[0]) && !x.precedes(2*item+1, z, list[len(list)-1]) && list[len(list)-1] != 2*item+1
}

// check checks the clauses of one set.
func (s *sets) check(root uint32) error {
	last := none
	var err error
	var walk func(t uint32) uint32
	walk = func(t uint32) uint32 {
		if t == 0 {
			return 0
		}
		k := s.at[t]
		l := walk(k.kid[0])
		if last != none && s.order(last, k.item) >= 0 {
			err = fmt.Errorf("sets 1: item %d before %d", last, k.item)
		}
		last = k.item
		r := walk(k.kid[1])
		if k.size != l+r+1 {
			err = fmt.Errorf("sets 2: size %d of %d items", k.size, l+r+1)
		}
		if l+1 > 3*(r+1) || r+1 > 3*(l+1) {
			err = fmt.Errorf("sets 3: %d items beside %d", l, r)
		}
		return l + r + 1
	}
	walk(root)
	return err
}
