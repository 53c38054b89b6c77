// Package entries holds the values of a document that are not sequences: the slots of maps and lists
// ([Slots]), the tags of sets ([Tags]) and the steps of counters ([Steps]). It knows where entries
// stand and which of them a reader sees; it does not know why an entry is alive. The document decides
// that and tells the room what flipped.
//
// # What to call
//
// Add once for each number, and Flip when life turned it over. Winner, Conflicts, Has, Each and Sum
// read; Frontier says what a new local entry names as over. Truncate takes the newest numbers back.
// Fill hands in words that came late.
//
//	s := entries.New(entries.Hooks{Order: order, State: state, Off: off, Inside: inside})
//	s.Add(title, lv, s.Frontier(title, nil), entries.Value, -1, at, size)
//	e, ok := s.Winner(title)
//
// # What to be careful with
//
// Nothing here is safe for concurrent use, reads included: reads keep caches. Slices that are passed in
// are not kept; slices that come out were appended to the caller's. Values stay in the caller's arena of
// words and are named by offset and size; only [Tags] looks at the bytes.
//
// The total order that is handed in must be total, must not change for entries that are in the room, and
// must put an entry above everything it names as over. (Depth, CID, offset) does: what an entry names
// lies in its past. The entries of an open change, which has no CID yet, must be above all others.
//
// Calls that break these rules panic: they are mistakes of the program, never of a stranger. The document
// checks what strangers say before it comes here; [Slots.Names] is the check of an over list.
package entries

// LV is a local version: the dense number that one replica gives to each number of the document in
// order of arrival.
type LV = uint32

// None is no local version.
const None LV = 1<<32 - 1

// NoWords is the offset of words that are absent. A value without words can win; it then shows as
// withheld, never as the loser.
const NoWords uint32 = 1<<32 - 1

// none is no entry, no tag, no group: the null of the room's own dense numbers.
const none uint32 = 1<<32 - 1

// EntryKind says what an entry of a slot is.
type EntryKind uint8

const (
	// Value is an entry with words.
	Value EntryKind = iota
	// Child is an entry that stands for a child container.
	Child
	// Absent is the entry of a key delete: it hides what it reaches and shows nothing.
	Absent
)

// State is what life says of an entry.
type State uint8

const (
	// Alive: its change is effective and no delete of it counts.
	Alive State = iota
	// Dead: its change is effective, a delete of it counts.
	Dead
	// Ineffective: its change is not effective, whether or not a delete of it counts.
	Ineffective
)

// Entry is one entry of a slot as it is read.
type Entry struct {
	LV    LV
	Slot  int32
	Kind  EntryKind
	State State
	Child int32  // place of the child container, -1 unless Kind is Child
	Off   uint32 // arena offset of the words; NoWords when they are absent, and unless Kind is Value
	Size  uint32 // bytes of the words
}

// Hooks is what the room asks of the document. Order is asked while entries are added and read, the
// others only where their comment says. Off and Inside may read this room, but not change it.
type Hooks struct {
	// Order compares two entries of one slot in the total order: negative when a is below b.
	Order func(a, b LV) int
	// State is asked when an entry is added, flipped or switched, and its answer is kept.
	State func(lv LV) State
	// Off tells whether no delete of an Ineffective child entry counts. It is asked at each read of a
	// slot that has such an entry, because deletes of what is dead anyway flip nothing.
	Off func(lv LV) bool
	// Inside tells whether anything inside a child container is alive. It is asked at each read of a
	// slot that has an Ineffective entry of that child.
	Inside func(child int32) bool
}
