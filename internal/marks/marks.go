package marks

import (
	"fmt"
	"slices"
	"sort"
)

// LV is a local version: the number of a mark or an element in this replica, dense
// over the document in order of arrival. Usable are those below 2^31 - 1.
type LV = uint32

const (
	// None is no element and no mark. As the growth of a mark: it does not grow.
	None LV = 1<<32 - 1
	// Edge as the growth of a mark: it grows to the edge of the text.
	Edge LV = 1<<32 - 2
	// NoWords is the arena offset of a value whose words are absent.
	NoWords uint32 = 1<<32 - 1
)

// Text is what the room asks of the text: its elements, in an order that never
// changes. Positions count visible elements.
type Text interface {
	Len() int
	// At is the visible element at a position below Len.
	At(pos int) LV
	// Index is the number of visible elements before an element, and whether it is
	// visible itself.
	Index(lv LV) (pos int, shown bool)
	// Order compares two elements, visible or not, by where they stand: negative when
	// a comes first.
	Order(a, b LV) int
	// Next is the element after one, visible or not, the first one after None; None
	// after the last.
	Next(lv LV) LV
}

// Mark is one mark as it is added and read.
type Mark struct {
	LV          LV
	Slot        int32  // see Marks.Slot
	First, Last LV     // elements
	Left, Right LV     // None, Edge, or the neighbour that it grows up to
	Null        bool   // takes away what is below it
	Off, Size   uint32 // arena offset and bytes of the value; NoWords when absent
}

// record is a mark with what the room knows of it.
type record struct {
	Mark
	flags uint8
}

const (
	alive    uint8 = 1 << iota
	void           // its last stands before its first
	growsL         // it grows to the left, to a neighbour before its first
	growsR         // it grows to the right, to a neighbour after its last
	stoppedL       // that growth ends at a block marker before the neighbour
	stoppedR       //
	laidBit        // it is in the indexes
)

// is tells whether a flag is set.
func (r *record) is(flag uint8) bool { return r.flags&flag != 0 }

// slot is a name that marks compete for.
type slot struct{ key, id string }

// marker is a block marker.
type marker struct {
	lv    LV
	on    bool // its change is effective
	shown bool // by the text
}

// Marks holds the marks and block markers of one text. Use New.
//
// The range of a mark is cut in three. Its core, and growth that reaches its
// neighbour, lie between two elements that never change: these are one range in
// cover. Growth that a block marker stops is not stored as a range, since a marker
// that comes may stop 100,000 marks: in rights (lefts) lie the lasts (firsts) of the
// marks that are stopped, and such a mark acts at a place after its last if no marker
// stands between the last and the place. So a marker changes only the marks that it
// is the first to stop; near finds those, and the ones that it was the last to stop
// when it goes.
//
// At all times:
//
//  1. records ascend by LV, markers ascend by LV; live is the set of the markers
//     that are on, seen that of those that the text shows, both in document order.
//  2. A record is laid exactly if it is alive and not void.
//  3. The flags void, growsL and growsR say what the document order says.
//  4. A laid record is stoppedR exactly if it growsR and a marker that is on stands
//     strictly between its last and its neighbour; likewise stoppedL.
//  5. cover has exactly the laid records; rights has those that are stoppedR, lefts
//     those that are stoppedL, by record number; growth has twice the record number,
//     and one for the left, for each side on which a laid record grows unstopped.
//  6. Slots have one number for one name, which bySlot has, if it is there, and only
//     these.
type Marks struct {
	text  Text
	order func(a, b LV) int
	words *[]byte

	records []record
	markers []marker
	slots   []slot
	bySlot  map[slot]int32 // nil while there are no more than few

	places *sets // of markers
	live   uint32
	seen   uint32

	cover  index // range of each laid record without stopped growth
	growth index // growth that reaches its neighbour
	rights index // the last of each that is stoppedR; the nearest neighbour is least
	lefts  index // the first of each that is stoppedL

	scratch scratch
	typing  typing
	version uint64 // counts changes of anything above
}

// New returns the room of a text without marks. order compares two marks in the
// total order (depth, change CID, offset), those of an open change being the
// greatest; words is the arena that values lie in, which may grow and move between
// calls. It is read only to tell whether two values are equal.
func New(text Text, order func(a, b LV) int, words *[]byte) *Marks {
	return newSized(text, order, words, leafMax)
}

// newSized is New with leaves of a chosen size.
func newSized(text Text, order func(a, b LV) int, words *[]byte, leaf int) *Marks {
	m := &Marks{text: text, order: order, words: words}
	m.places = newSets(func(a, b uint32) int { return text.Order(a, b) })
	m.cover = index{text: text, leaf: leaf, sets: newSets(m.bySlotAndOrder), ends: m.coverEnds}
	m.growth = index{text: text, leaf: leaf, sets: newSets(byNumber), ends: m.growthEnds}
	m.rights = index{text: text, leaf: leaf, sets: newSets(m.bySlotAndOrder), ends: m.lastSpot, reach: m.nearerRight}
	m.lefts = index{text: text, leaf: leaf, sets: newSets(m.bySlotAndOrder), ends: m.firstSpot, reach: m.nearerLeft}
	return m
}

// few is how many slots are found by looking at each: most texts have no more, and a map
// costs more than all else that a small text with marks has.
const few = 8

// Slot returns the number of a slot, the same for the life of the room. Slots that
// were asked for stay, used or not.
func (m *Marks) Slot(key, id string) int32 {
	name := slot{key, id}
	if i, ok := m.slot(name); ok {
		return i
	}
	i := int32(len(m.slots))
	m.slots = append(m.slots, name)
	switch {
	case m.bySlot != nil:
		m.bySlot[name] = i
	case len(m.slots) > few:
		m.bySlot = make(map[slot]int32, 2*few)
		for k, name := range m.slots {
			m.bySlot[name] = int32(k)
		}
	}
	return i
}

// slot finds a slot that there is.
func (m *Marks) slot(name slot) (int32, bool) {
	if m.bySlot != nil {
		i, ok := m.bySlot[name]
		return i, ok
	}
	i := slices.Index(m.slots, name)
	return int32(i), i >= 0
}

// SlotName is the key and the ID of a slot.
func (m *Marks) SlotName(slot int32) (key, id string) {
	s := &m.slots[slot]
	return s.key, s.id
}

// find returns the number of the record of a mark.
func (m *Marks) find(lv LV) (i uint32, ok bool) {
	k := sort.Search(len(m.records), func(k int) bool { return m.records[k].LV >= lv })
	return uint32(k), k < len(m.records) && m.records[k].LV == lv
}

// Mark reads one mark; false when lv is none of this text.
func (m *Marks) Mark(lv LV) (mk Mark, lives, ok bool) {
	i, ok := m.find(lv)
	if !ok {
		return Mark{}, false, false
	}
	r := &m.records[i]
	return r.Mark, r.is(alive), true
}

// Len is the number of marks, dead ones included.
func (m *Marks) Len() int { return len(m.records) }

// Add takes in a mark of the text, whose LV is above those of all marks here.
func (m *Marks) Add(mk Mark, lives bool) {
	if n := len(m.records); n > 0 && m.records[n-1].LV >= mk.LV {
		panic(fmt.Sprintf("marks: rule 1: mark %d comes after mark %d", mk.LV, m.records[n-1].LV))
	}
	m.version++
	r := record{Mark: mk}
	m.orient(&r)
	if lives {
		r.flags |= alive
	}
	m.records = append(m.records, r)
	m.lay(uint32(len(m.records) - 1))
}

// orient finds the flags that follow from where the elements of a mark stand.
func (m *Marks) orient(r *record) {
	order := m.text.Order
	if r.First != r.Last && order(r.First, r.Last) > 0 {
		r.flags |= void
		return
	}
	if r.Left == Edge || r.Left != None && order(r.Left, r.First) < 0 {
		r.flags |= growsL
	}
	if r.Right == Edge || r.Right != None && order(r.Last, r.Right) < 0 {
		r.flags |= growsR
	}
}

// Flip says that the marks among the n numbers from lv on came to life or died.
// Numbers that are no marks here are passed over, as are marks that are so already.
func (m *Marks) Flip(lv LV, n uint32, lives bool) {
	i, _ := m.find(lv)
	for ; int(i) < len(m.records) && m.records[i].LV-lv < n; i++ {
		if r := &m.records[i]; r.is(alive) != lives {
			m.version++
			m.lift(i)
			r.flags ^= alive
			m.lay(i)
		}
	}
}

// Fill gives a mark the words of its value, which were absent. It does nothing when
// lv is no mark here.
func (m *Marks) Fill(lv LV, off, size uint32) {
	if i, ok := m.find(lv); ok {
		m.version++
		m.records[i].Off, m.records[i].Size = off, size
	}
}

// Truncate takes back the marks and markers from lv on, as if they had never been
// added. Their elements, and those that they name, must still be in the text.
func (m *Marks) Truncate(lv LV) {
	m.version++
	i, _ := m.find(lv)
	for k := len(m.records) - 1; k >= int(i); k-- {
		m.lift(uint32(k))
	}
	m.records = slices.Delete(m.records, int(i), len(m.records))
	k := m.marker(lv)
	for j := len(m.markers) - 1; j >= k; j-- {
		m.turn(&m.markers[j], false)
		m.show(&m.markers[j], false)
	}
	m.markers = m.markers[:k]
}
