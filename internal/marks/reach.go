package marks

// Reach is the stretch of visible positions [i, j) in which marks act otherwise
// because of a marker: the growth that it alone stops, or is the first to stop. The
// stretch may hold more than that; it is empty for an element that is no marker, or one
// that is not on. It costs the marks whose growth the marker is the first to stop.
func (m *Marks) Reach(b LV) (i, j int) {
	if !m.isLive(b) {
		return 0, 0
	}
	low, high := m.blockOf(b)
	from, to := before(b), after(b)
	all := func(uint32) bool { return true }
	m.rights.near(low, before(b), all, func(i uint32) {
		if z := m.records[i].rightReach(); compare(m.text, z, to) > 0 {
			to = z
		}
	})
	if compare(m.text, to, high) > 0 {
		to = high
	}
	m.lefts.near(after(b), high, all, func(i uint32) {
		if a := m.records[i].leftReach(); compare(m.text, a, from) < 0 {
			from = a
		}
	})
	if compare(m.text, from, low) < 0 {
		from = low
	}
	return position(m.text, from), position(m.text, to)
}
