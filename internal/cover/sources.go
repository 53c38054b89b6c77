package cover

import "container/heap"

// Tag names who brought a change. It is opaque; the empty tag stands for nobody in particular, a file or the program
// itself, and is bounded by the bound of the work.
type Tag string

// Limits bound what waits. They do not decide validity, so replicas may differ in them.
type Limits struct {
	Changes int // held for one source
	Bytes   int // held for one source; see [Item] for what a change counts
}

// Bounds of the waiting room. The figures are those of the sync protocol: a peer may have a whole segment waiting, and
// four peers may at the same time.
const (
	MaxChanges  = 65_536   // changes waiting for one source
	MaxBytes    = 32 << 20 // bytes waiting for one source
	WorkFactor  = 4        // the work as a whole may have this many times as much waiting, and so may the empty tag
	MaxSources  = 8        // sources noted for one change; more change nothing, since a change stays while one has room
	MaxPoison   = 4096     // invalid changes remembered, and as many refused because they build on one
	MaxEarly    = 4096     // signatures kept for changes that are not here
	WorkPerByte = 64       // steps of Work a source may cause for each byte it brought, before what it brought goes
)

// What holding costs here beside the bytes of the change, in bytes, rounded up. A change counts at least this much, so
// the memory of a room is at most twice what its bounds say, whatever the shape of what was sent.
const (
	itemCost = 320 // entry, index, node, note
	linkCost = 32  // a link to something pending: an edge
	wantCost = 224 // a link to something absent: an edge, an entry and its index
	signCost = 100 // a signature with the name of its change
)

// source is one tag with at least one note.
type source struct {
	tag         Tag
	count       int
	bytes       int
	first, last int32 // its notes, oldest first
	credit      int64 // work it may still cause
	at          int   // place in the heap
	broke       bool  // credit was overdrawn in this call
}

// note says that a source brought a change. It stands in the list of the source and in that of the change.
type note struct {
	src          *source
	of           spot
	older, newer int32 // in the list of the source; newer is also the free list
	next         int32 // in the list of the change
}

// sources keeps who brought what and finds who holds most.
//
// At all times:
//
//  1. each held change has 1 to MaxSources notes, of different sources; nothing else has any;
//  2. count and bytes of a source are the sums over its notes; a source without notes does not exist;
//  3. heap is a heap by load, greatest first, then by tag; at is the place in it.
type sources struct {
	limits Limits
	by     map[Tag]*source
	heap   []*source
	notes  []note
	free   int32
}

// newSources returns the notes of an empty room.
func newSources(l Limits) sources {
	if l.Changes == 0 {
		l.Changes = MaxChanges
	}
	if l.Bytes == 0 {
		l.Bytes = MaxBytes
	}
	return sources{limits: l, by: make(map[Tag]*source), free: nil32}
}

// load measures how full the bound of a source is; full is 1 × full().
func (b *sources) load(s *source) uint64 {
	l := max(uint64(s.count)*uint64(b.limits.Bytes), uint64(s.bytes)*uint64(b.limits.Changes))
	if s.tag == "" {
		l = (l + WorkFactor - 1) / WorkFactor
	}
	return l
}

// full is the load of a source that is exactly at its bound.
func (b *sources) full() uint64 { return uint64(b.limits.Bytes) * uint64(b.limits.Changes) }

// Len, Less, Swap, Push and Pop are heap.Interface.
func (b *sources) Len() int { return len(b.heap) }

// Less has the greatest load first.
func (b *sources) Less(i, j int) bool {
	x, y := b.heap[i], b.heap[j]
	if lx, ly := b.load(x), b.load(y); lx != ly {
		return lx > ly
	}
	return x.tag < y.tag
}

// Swap exchanges two places.
func (b *sources) Swap(i, j int) {
	b.heap[i], b.heap[j] = b.heap[j], b.heap[i]
	b.heap[i].at, b.heap[j].at = i, j
}

// Push appends a *source.
func (b *sources) Push(x any) {
	s := x.(*source)
	s.at = len(b.heap)
	b.heap = append(b.heap, s)
}

// Pop removes the last one.
func (b *sources) Pop() any {
	s := b.heap[len(b.heap)-1]
	b.heap[len(b.heap)-1] = nil
	b.heap = b.heap[:len(b.heap)-1]
	return s
}

// write notes that tag brought the change of, which counts size bytes and whose notes begin at head, unless it is noted
// already or MaxSources others are. It returns the new head.
func (b *sources) write(tag Tag, of spot, size int, head int32) int32 {
	n := 0
	for i := head; i != nil32; i = b.notes[i].next {
		if b.notes[i].src.tag == tag {
			return head
		}
		n++
	}
	if n >= MaxSources {
		return head
	}
	s := b.by[tag]
	if s == nil {
		s = &source{tag: tag, first: nil32, last: nil32}
		b.by[tag] = s
		heap.Push(b, s)
	}
	i := b.free
	if i != nil32 {
		b.free = b.notes[i].newer
	} else {
		i = int32(len(b.notes))
		b.notes = append(b.notes, note{})
	}
	b.notes[i] = note{src: s, of: of, older: s.last, newer: nil32, next: head}
	if s.last != nil32 {
		b.notes[s.last].newer = i
	} else {
		s.first = i
	}
	s.last = i
	s.count++
	s.bytes += size
	heap.Fix(b, s.at)
	return i
}

// erase removes note i of a change of size bytes whose notes begin at head, and returns the new head.
func (b *sources) erase(i int32, size int, head int32) int32 {
	n := &b.notes[i]
	if head == i {
		head = n.next
	} else {
		j := head
		for b.notes[j].next != i {
			j = b.notes[j].next
		}
		b.notes[j].next = n.next
	}
	s := n.src
	if n.older != nil32 {
		b.notes[n.older].newer = n.newer
	} else {
		s.first = n.newer
	}
	if n.newer != nil32 {
		b.notes[n.newer].older = n.older
	} else {
		s.last = n.older
	}
	s.count--
	s.bytes -= size
	if s.count == 0 {
		heap.Remove(b, s.at)
		delete(b.by, s.tag)
	} else {
		heap.Fix(b, s.at)
	}
	*n = note{newer: b.free}
	b.free = i
	return head
}
