package marks

import "cmp"

// byNumber is an order of numbers.
func byNumber(a, b uint32) int { return cmp.Compare(a, b) }

// bySlotAndOrder orders records by slot and, in a slot, from the greatest mark in
// the total order down.
func (m *Marks) bySlotAndOrder(a, b uint32) int {
	r, s := &m.records[a], &m.records[b]
	if r.Slot != s.Slot {
		return cmp.Compare(r.Slot, s.Slot)
	}
	if a == b {
		return 0
	}
	return m.order(s.LV, r.LV)
}

// above tells whether record a is greater in the total order than record b.
func (m *Marks) above(a, b uint32) bool {
	return m.order(m.records[a].LV, m.records[b].LV) > 0
}

// leftReach is the spot that a record grows to on the left.
func (r *record) leftReach() spot {
	if r.Left == Edge {
		return begin
	}
	return after(r.Left)
}

// rightReach is the spot that a record grows to on the right.
func (r *record) rightReach() spot {
	if r.Right == Edge {
		return finish
	}
	return before(r.Right)
}

// coverEnds are the ends of a record in cover.
func (m *Marks) coverEnds(i uint32) (a, z spot) {
	r := &m.records[i]
	a, z = before(r.First), after(r.Last)
	if r.flags&(growsL|stoppedL) == growsL {
		a = r.leftReach()
	}
	if r.flags&(growsR|stoppedR) == growsR {
		z = r.rightReach()
	}
	return a, z
}

// growthEnds are the ends of an item of growth.
func (m *Marks) growthEnds(item uint32) (a, z spot) {
	r := &m.records[item>>1]
	if item&1 == 1 {
		return r.leftReach(), before(r.First)
	}
	return after(r.Last), r.rightReach()
}

// lastSpot is where a record lies in rights.
func (m *Marks) lastSpot(i uint32) (a, z spot) { return after(m.records[i].Last), 0 }

// firstSpot is where a record lies in lefts.
func (m *Marks) firstSpot(i uint32) (a, z spot) { return before(m.records[i].First), 0 }

// nearerRight tells whether record a reaches less far to the right than b.
func (m *Marks) nearerRight(a, b uint32) bool {
	return compare(m.text, m.records[a].rightReach(), m.records[b].rightReach()) < 0
}

// nearerLeft tells whether record a reaches less far to the left than b.
func (m *Marks) nearerLeft(a, b uint32) bool {
	return compare(m.text, m.records[a].leftReach(), m.records[b].leftReach()) > 0
}

// lay puts a record into the indexes if it is alive and not void.
func (m *Marks) lay(i uint32) {
	r := &m.records[i]
	if r.flags&(alive|void) != alive {
		return
	}
	r.flags |= laidBit
	if r.is(growsR) {
		if b := m.markerAfter(r.Last); b != None && compare(m.text, before(b), r.rightReach()) < 0 {
			r.flags |= stoppedR
			m.rights.add(i)
		} else {
			m.growth.add(2 * i)
		}
	}
	if r.is(growsL) {
		if b := m.markerBefore(r.First); b != None && compare(m.text, after(b), r.leftReach()) > 0 {
			r.flags |= stoppedL
			m.lefts.add(i)
		} else {
			m.growth.add(2*i + 1)
		}
	}
	m.cover.add(i)
}

// lift takes a record out of the indexes if it is there.
func (m *Marks) lift(i uint32) {
	r := &m.records[i]
	if !r.is(laidBit) {
		return
	}
	m.cover.remove(i)
	if r.is(growsR) {
		if r.is(stoppedR) {
			m.rights.remove(i)
		} else {
			m.growth.remove(2 * i)
		}
	}
	if r.is(growsL) {
		if r.is(stoppedL) {
			m.lefts.remove(i)
		} else {
			m.growth.remove(2*i + 1)
		}
	}
	r.flags &^= laidBit | stoppedL | stoppedR
}
