package crdt

// LaterSteps is what Later costs.
func LaterSteps(v *View, deeds []Deed, most int, asked []Moment) int {
	v.lock()
	defer v.unlock()
	l := newLater(v, most)
	l.run(deeds, asked)
	return l.steps
}
