package graph

import (
	"encoding/binary"

	"github.com/commonhold/commonhold/internal/block"
)

// table finds a change by its id: open addressing over indexes into the
// rows, so that an id is stored once. Its invariants: the length is a power
// of two and at least twice the number of entries; an entry stands at the
// first free place from its hash on. Ids are SHA-256 digests, so their bytes
// are the hash; whoever grinds ids to collide in 32 bits of it pays 2^32
// hashes for each step he costs.
type table struct {
	slots []int32 // index + 1, 0 free
	n     int
}

// hash is a part of the digest.
func hash(id block.ID) uint32 { return binary.LittleEndian.Uint32(id[8:]) }

// get finds id.
func (t *table) get(rows []row, id block.ID) (int32, bool) {
	if len(t.slots) == 0 {
		return None32, false
	}
	mask := uint32(len(t.slots) - 1)
	for at := hash(id) & mask; ; at = (at + 1) & mask {
		s := t.slots[at]
		if s == 0 {
			return None32, false
		}
		if rows[s-1].id == id {
			return s - 1, true
		}
	}
}

// put adds the change at index i, which is new.
func (t *table) put(rows []row, i int32) {
	t.room(rows, 1)
	t.n++
	t.place(rows[i].id, i)
}

// place puts an entry at the first free place.
func (t *table) place(id block.ID, i int32) {
	mask := uint32(len(t.slots) - 1)
	at := hash(id) & mask
	for t.slots[at] != 0 {
		at = (at + 1) & mask
	}
	t.slots[at] = i + 1
}

// room makes the table so large that it is half full at most with n more entries.
func (t *table) room(rows []row, n int) {
	size := max(16, len(t.slots))
	for 2*(t.n+n) > size {
		size *= 2
	}
	if size == len(t.slots) {
		return
	}
	old := t.slots
	t.slots = make([]int32, size)
	for _, s := range old {
		if s != 0 {
			t.place(rows[s-1].id, s-1)
		}
	}
}
