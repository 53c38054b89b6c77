package entries

import "fmt"

// Slots holds the entries of the map keys and list elements of a document.
//
// An entry is a record of 36 bytes, its number the order in which it was added. A slot with at most
// short entries is a chain through these records from the greatest down, and nothing about it is
// cached: a key that was written once costs its record, one word in the table and about five bytes of
// index. A slot with more is a pile, see there.
//
//	table    place of a slot -> 0, or 1 + number of its greatest entry, or pileBit + number of its pile
//	pages    records, 512 a page, the first page grows
//	overs    the over links of entry i, as numbers, from its over to that of entry i+1
//
// At all times:
//  1. index finds exactly the local versions of the records, each under its number.
//  2. An over link names an entry of the same slot with a smaller number, below in the total order.
//  3. named counts the over links to an entry from entries that are not Ineffective.
//  4. Each record is in its slot once. A chain descends strictly in the total order and is no longer than
//     short; a pile keeps its own clauses.
//  5. Chunks and piles are each in use once or free.
//  6. Between calls no record is flagged reached or standing.
type Slots struct {
	hooks Hooks
	short int // entries of a chain at most, below 32
	wide  int // entries of a chunk at most, above short

	index index
	pages [][]entry
	overs []uint32
	table []uint32

	piles      []*pile
	chunks     []chunk
	freePiles  []uint32
	freeChunks []uint32

	scratch []uint32 // entries, for a walk; taken while in use
	work    []uint32 // over links to follow, see cover
	visits  uint64
}

// entry is the record of one entry.
type entry struct {
	lv    LV
	slot  int32
	link  uint32 // in a chain: the next lower entry or none; in a pile: its chunk
	over  uint32 // where its over links begin
	named uint32 // over links to it from entries that are not Ineffective
	live  uint32 // in a counted pile: over links to it from live entries; else anything
	off   uint32 // of a Value: its words; of a Child: the place of its container
	size  uint32
	flags uint16
}

const (
	kindMask   uint16 = 3
	stateShift        = 2
	stateMask  uint16 = 3 << stateShift

	inHeads  uint16 = 1 << 4 // listed in its pile's heads
	inLimbo  uint16 = 1 << 5 // listed in its pile's limbo
	inHeap   uint16 = 1 << 6 // in its pile's heap
	isSolid  uint16 = 1 << 7 // in its pile's solid
	reached  uint16 = 1 << 8 // during a walk: reached from a candidate
	standing uint16 = 1 << 9 // during a walk: a candidate because its child stands
)

const (
	pageBits = 9
	pageSize = 1 << pageBits
	shortMax = 8       // entries of a chain at most
	chunkMax = 256     // entries of a chunk at most
	pileBit  = 1 << 31 // in the table
)

// kind is what the entry is.
func (e *entry) kind() EntryKind { return EntryKind(e.flags & kindMask) }

// state is what life said last.
func (e *entry) state() State { return State(e.flags & stateMask >> stateShift) }

// is tells whether a flag is set.
func (e *entry) is(flag uint16) bool { return e.flags&flag != 0 }

// New returns a room without entries. All hooks must be there.
func New(h Hooks) *Slots { return &Slots{hooks: h, short: shortMax, wide: chunkMax} }

// at is the record of entry i. The pointer is good until the next Add.
func (s *Slots) at(i uint32) *entry { return &s.pages[i>>pageBits][i&(pageSize-1)] }

// links are the over links of entry i.
func (s *Slots) links(i uint32) []uint32 {
	from, to := s.at(i).over, uint32(len(s.overs))
	if i+1 < s.index.n {
		to = s.at(i + 1).over
	}
	return s.overs[from:to]
}

// above tells whether entry i is above entry j, another one of the slot. One link to j alone, as most
// entries have, saves asking.
func (s *Slots) above(i, j uint32) bool {
	s.visits++
	if l := s.links(i); len(l) == 1 && l[0] == j {
		return true
	}
	c := s.hooks.Order(s.at(i).lv, s.at(j).lv)
	if c == 0 {
		panic(fmt.Sprintf("entries: the order is total: local versions %d and %d are equal", s.at(i).lv, s.at(j).lv))
	}
	return c > 0
}

// Add adds an entry to the slot at a place. over are the entries of the slot that it names; one that is
// named twice does no harm. child is the place of the container of a Child and ignored otherwise, off
// and size name the words of a Value. The order of calls is free, but what an entry names must be there.
// Costs O(log) comparisons beyond the links, one or none when the entry is the greatest of its slot.
func (s *Slots) Add(slot int32, lv LV, over []LV, kind EntryKind, child int32, off, size uint32) {
	e := entry{lv: lv, slot: slot, link: none, over: uint32(len(s.overs)), off: off, size: size}
	switch kind {
	case Child:
		e.off, e.size = uint32(child), 0
	case Absent:
		e.off, e.size = NoWords, 0
	}
	state := s.hooks.State(lv)
	e.flags = uint16(kind) | uint16(state)<<stateShift
	for _, o := range over {
		t := s.index.find(o)
		if t == none || s.at(t).slot != slot {
			panic(fmt.Sprintf("entries: over names the slot's entries: local version %d of slot %d names %d", lv, slot, o))
		}
		s.overs = append(s.overs, t)
	}
	i := s.index.add(lv)
	s.store(e)
	for len(s.table) <= int(slot) {
		s.table = append(s.table, 0)
	}
	p := s.pileOf(slot)
	if state != Ineffective {
		for _, t := range s.links(i) {
			s.name(p, t)
		}
	}
	if p != nil {
		s.stack(p, i)
	} else if s.thread(i) > s.short {
		s.pileUp(slot)
	}
}

// store appends a record.
func (s *Slots) store(e entry) {
	n := len(s.pages)
	if n == 0 || len(s.pages[n-1]) == pageSize {
		var page []entry
		if n > 0 {
			page = make([]entry, 0, pageSize)
		}
		s.pages, n = append(s.pages, page), n+1
	}
	s.pages[n-1] = append(s.pages[n-1], e)
}

// Flip asks the State hook anew for the entries among the n local versions from lv on; others are
// passed over. It must be called for each entry that life turned over and for each whose change became
// effective or ceased to be. Costs the links of entries that became effective or ceased to be, else
// nothing to walk; see cover.go for slots in which key deletes and values are concurrent.
func (s *Slots) Flip(lv LV, n uint32) {
	s.index.each(lv, n, func(i uint32) { s.turn(i, s.hooks.State(s.at(i).lv)) })
}

// turn brings entry i into a state.
func (s *Slots) turn(i uint32, state State) {
	e := s.at(i)
	old := e.state()
	if old == state {
		return
	}
	e.flags = e.flags&^stateMask | uint16(state)<<stateShift
	p := s.pileOf(e.slot)
	if (old == Ineffective) != (state == Ineffective) {
		for _, t := range s.links(i) {
			if state == Ineffective {
				s.unname(p, t)
			} else {
				s.name(p, t)
			}
		}
		if p != nil && e.kind() == Child {
			if state == Ineffective {
				s.join(&p.limbo, i, inLimbo)
			} else {
				s.leave(&p.limbo, inLimbo, inLimboBag)
			}
		}
	}
	if p != nil && (old == Alive) != (state == Alive) {
		c := &s.chunks[e.link]
		if state == Alive {
			c.alive++
		} else {
			c.alive--
		}
		s.revive(p, i, state == Alive)
	}
}

// Fill gives an entry the words that were absent. It does nothing when lv is no entry here or is not a
// Value.
func (s *Slots) Fill(lv LV, off, size uint32) {
	if i := s.index.find(lv); i != none && s.at(i).kind() == Value {
		e := s.at(i)
		e.off, e.size = off, size
	}
}

// entryOf is entry i as it is read.
func (s *Slots) entryOf(i uint32) Entry {
	e := s.at(i)
	x := Entry{LV: e.lv, Slot: e.slot, Kind: e.kind(), State: e.state(), Child: -1, Off: e.off, Size: e.size}
	if x.Kind == Child {
		x.Child, x.Off = int32(e.off), NoWords
	}
	return x
}

// Entry reads one entry; false when lv is none of a slot.
func (s *Slots) Entry(lv LV) (Entry, bool) {
	i := s.index.find(lv)
	if i == none {
		return Entry{}, false
	}
	return s.entryOf(i), true
}

// Names tells whether each of over is an entry of the slot: what the document checks before Add.
func (s *Slots) Names(slot int32, over []LV) bool {
	for _, o := range over {
		if t := s.index.find(o); t == none || s.at(t).slot != slot {
			return false
		}
	}
	return true
}

// Over appends to dst what the entry lv names as over, in the order it was handed in.
func (s *Slots) Over(lv LV, dst []LV) []LV {
	if i := s.index.find(lv); i != none {
		for _, t := range s.links(i) {
			dst = append(dst, s.at(t).lv)
		}
	}
	return dst
}

// Has tells whether the slot has an entry at all, in whatever state.
func (s *Slots) Has(slot int32) bool { return s.ref(slot) != 0 }

// Any tells whether an entry of the slot is alive, a key delete included.
func (s *Slots) Any(slot int32) bool {
	if p := s.pileOf(slot); p != nil {
		return s.greatest(p) != none
	}
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none || s.at(i).state() == Alive {
			return i != none
		}
	}
}

// Entries appends to dst all entries of the slot, in whatever state, ascending in the total order.
func (s *Slots) Entries(slot int32, dst []LV) []LV {
	from := len(dst)
	for it := s.descend(slot); ; {
		i := it.next()
		if i == none {
			break
		}
		dst = append(dst, s.at(i).lv)
	}
	for a, b := from, len(dst)-1; a < b; a, b = a+1, b-1 {
		dst[a], dst[b] = dst[b], dst[a]
	}
	return dst
}

// Visits counts the entries that were looked at beyond those asked for, since New: the measure of tests
// that must not depend on a clock.
func (s *Slots) Visits() uint64 { return s.visits }
