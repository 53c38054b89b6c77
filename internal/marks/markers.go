package marks

import (
	"fmt"
	"sort"
)

// AddMarker takes in a block marker, an element of the text whose LV is above those
// of all markers here, and which is shown. on says whether its change is effective.
func (m *Marks) AddMarker(lv LV, on bool) {
	if n := len(m.markers); n > 0 && m.markers[n-1].lv >= lv {
		panic(fmt.Sprintf("marks: rule 1: marker %d comes after marker %d", lv, m.markers[n-1].lv))
	}
	m.markers = append(m.markers, marker{lv: lv})
	m.turn(&m.markers[len(m.markers)-1], on)
	m.show(&m.markers[len(m.markers)-1], true)
}

// ShowMarkers says that the markers among the n numbers from lv on are shown by the text
// now or are not, as they were deleted, restored or switched. Others are passed over, as
// are markers that are so already. How marks grow does not depend on it.
func (m *Marks) ShowMarkers(lv LV, n uint32, shown bool) {
	for i := m.marker(lv); i < len(m.markers) && m.markers[i].lv-lv < n; i++ {
		m.show(&m.markers[i], shown)
	}
}

// show lets a marker be found by who looks for blocks, or not.
func (m *Marks) show(k *marker, shown bool) {
	switch {
	case k.shown == shown:
	case shown:
		m.seen = m.places.insert(m.seen, k.lv)
	default:
		m.seen = m.places.remove(m.seen, k.lv)
	}
	k.shown = shown
}

// Switch says that the change of the markers among the n numbers from lv on became
// effective or ceased to be. Others are passed over, as are markers that are so
// already.
func (m *Marks) Switch(lv LV, n uint32, on bool) {
	for i := m.marker(lv); i < len(m.markers) && m.markers[i].lv-lv < n; i++ {
		m.turn(&m.markers[i], on)
	}
}

// marker returns how many markers are below lv.
func (m *Marks) marker(lv LV) int {
	return sort.Search(len(m.markers), func(i int) bool { return m.markers[i].lv >= lv })
}

// turn makes a marker count or not.
func (m *Marks) turn(k *marker, on bool) {
	if k.on == on {
		return
	}
	k.on = on
	m.version++
	var moved []uint32
	if on {
		moved = m.stops(k.lv)
		m.live = m.places.insert(m.live, k.lv)
	} else {
		m.live = m.places.remove(m.live, k.lv)
		moved = m.frees(k.lv)
	}
	for _, i := range moved {
		m.lift(i)
		m.lay(i)
	}
}

// stops lists the records whose growth goes over b and nothing stops yet, some
// twice.
func (m *Marks) stops(b LV) (list []uint32) {
	take := func(item uint32) { list = append(list, item>>1) }
	g := m.growth.locate(before(b))
	g.open(take)
	for n := g.leaf; n != nil; n = n.up {
		m.growth.sets.each(n.set, take)
	}
	return list
}

// frees lists the records that are stopped by marker b, which is no longer live, and
// would not be by another, some twice.
func (m *Marks) frees(b LV) (list []uint32) {
	take := func(i uint32) { list = append(list, i) }
	low, high := m.blockOf(b)
	m.rights.near(low, before(b), func(i uint32) bool {
		return compare(m.text, m.records[i].rightReach(), high) <= 0
	}, take)
	m.lefts.near(after(b), high, func(i uint32) bool {
		return compare(m.text, m.records[i].leftReach(), low) >= 0
	}, take)
	return list
}

// blockOf returns the spots before the last live marker in front of an element that
// is none, and before the first behind it; where there is none, the edge.
func (m *Marks) blockOf(lv LV) (low, high spot) {
	low, high = begin, finish
	if b := m.markerBefore(lv); b != None {
		low = before(b)
	}
	if b := m.markerAfter(lv); b != None {
		high = before(b)
	}
	return low, high
}

// markerBefore is the last live marker that stands before an element, or None.
func (m *Marks) markerBefore(lv LV) LV { return m.lastBefore(m.live, lv) }

// markerAfter is the first live marker that stands after an element, the first of
// all after None; or None.
func (m *Marks) markerAfter(lv LV) LV { return m.firstAfter(m.live, lv) }

// lastBefore is the last marker of a set that stands before an element, or None.
func (m *Marks) lastBefore(set uint32, lv LV) LV {
	b, ok := m.places.greatest(set, func(b uint32) bool { return b != lv && m.text.Order(b, lv) < 0 })
	if !ok {
		return None
	}
	return b
}

// firstAfter is the first marker of a set that stands after an element, the first of all
// after None; or None.
func (m *Marks) firstAfter(set uint32, lv LV) LV {
	b, ok := m.places.least(set, func(b uint32) bool { return lv == None || b != lv && m.text.Order(b, lv) > 0 })
	if !ok {
		return None
	}
	return b
}

// MarkerBefore is the last marker of an effective change that stands before an
// element, deleted or not; None if there is none.
func (m *Marks) MarkerBefore(lv LV) LV { return m.markerBefore(lv) }

// MarkerAfter is the first marker of an effective change that stands after an
// element, deleted or not, the first of all after None; None if there is none.
func (m *Marks) MarkerAfter(lv LV) LV { return m.markerAfter(lv) }

// BlockBefore is the last marker that is shown before an element, None if there is none.
func (m *Marks) BlockBefore(lv LV) LV { return m.lastBefore(m.seen, lv) }

// BlockAfter is the first marker that is shown after an element, the first of all after
// None; None if there is none.
func (m *Marks) BlockAfter(lv LV) LV { return m.firstAfter(m.seen, lv) }
