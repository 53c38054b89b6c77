package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// DiffStates is DiffIn by two states, whatever the views are.
func DiffStates(from, to *View, u Unit) []Patch {
	if from == nil {
		from = &View{d: to.d}
	}
	d := to.d
	d.mu.Lock()
	defer d.mu.Unlock()
	x := differ{d: d, v: to, now: moment{d, to.state()}, unit: u, past: newStates(from, to)}
	return x.run()
}

// Recent tells whether a diff from the view to the present follows what is new.
func Recent(v *View) bool {
	v.d.mu.Lock()
	defer v.d.mu.Unlock()
	return v.d.recent(v)
}

// Element is one element of a text: its number in the replica, whether the doc
// shows it, and its words.
type Element struct {
	LV    uint32
	Shown bool
	Words string
}

// Elements are all elements of the mirror's text in the live doc, in order.
func Elements(m *Mirror) []Element {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	m.sync()
	return m.d.elements(m.d.s.Peek(m.at))
}

// TextOf is the mirror's text as it is now.
func TextOf(m *Mirror) Text {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	m.sync()
	return Text{place{m.d.view(), m.at}, Runes, 0, -1}
}

// ElementsOf are all elements of a text in its view.
func ElementsOf(t Text) []Element {
	t.v.lock()
	defer t.v.unlock()
	if t.at == shape.NoPlace {
		return nil
	}
	return t.v.d.elements(t.v.state().Peek(t.at))
}

func (d *Doc) elements(q *sequence.Seq) (out []Element) {
	if q == nil {
		return nil
	}
	q.All(func(lv graph.LV, n uint32, shown bool) bool {
		for end := lv + n; lv < end; lv++ {
			e := Element{LV: lv, Shown: shown}
			q.Words(lv, 1, func(b []byte) { e.Words += string(b) })
			out = append(out, e)
		}
		return true
	})
	return out
}

// Sheet are the elements that the mirror takes the editor to show.
func Sheet(m *Mirror) []uint32 {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	var out []uint32
	for _, p := range m.sheet(q) {
		for k := range p.n {
			out = append(out, p.lv+k)
		}
		if p.n == 0 {
			q.Runs(p.at, p.end, func(lv graph.LV, n uint32) bool {
				for k := range n {
					out = append(out, lv+k)
				}
				return true
			})
		}
	}
	return out
}

// CheckMirror restates the invariants of a mirror, given what the editor shows.
func CheckMirror(m *Mirror, shown []uint32) error {
	m.d.mu.Lock()
	defer m.d.mu.Unlock()
	q := m.sync()
	for k := 1; k < len(m.apart); k++ {
		if a, b := m.apart[k-1], m.apart[k]; a.n == 0 || a.lv+a.n > b.lv {
			return fmt.Errorf("mirror: invariant 2: %v before %v", a, b)
		}
	}
	apart := map[uint32]bool{}
	for _, r := range m.apart {
		for k := range r.n {
			apart[r.lv+k] = true
		}
	}
	in := map[uint32]bool{}
	for _, lv := range shown {
		in[lv] = true
	}
	for _, e := range m.d.elements(q) { // sync has made the present the base
		if in[e.LV] != (e.Shown != apart[e.LV]) {
			return fmt.Errorf("mirror: invariant 1: element %d: editor %v, doc %v, apart %v", e.LV, in[e.LV], e.Shown, apart[e.LV])
		}
	}
	return nil
}

// CursorElement is the number of the character that a cursor keeps to here.
func CursorElement(d *Doc, c Cursor) (uint32, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c.kind <= atEnd {
		return 0, false
	}
	return d.element(c)
}

// Built tells whether the state of a view was built for itself.
func Built(v *View) bool {
	v.d.mu.Lock()
	defer v.d.mu.Unlock()
	return v.past != nil
}

// Waited tells whether somebody waits for the doc to move.
func Waited(d *Doc) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.news.bell != nil
}

// SlotVisits is how many entries of slots were looked at so far.
func SlotVisits(d *Doc) uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.s.Slots.Visits()
}
