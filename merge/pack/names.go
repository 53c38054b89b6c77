package pack

import "github.com/commonhold/commonhold/internal/block"

// nameRole says what a name is one of: each kind has its own table.
type nameRole uint8

// The kinds of names.
const (
	rootNames nameRole = iota
	keyNames
	actNames // kinds of acts, titles, rules
	markNames
	markIDs
	nameRoles
)

// Tables forget all when one more entry would exceed these, so that a pack of
// any length needs bounded room.
const (
	maxEntries   = 1 << 16
	maxNameBytes = 1 << 20
)

// table numbers entries in the order in which they came.
type table[K comparable] struct {
	first   uint32 // number of entries[0]
	entries []K
	find    map[K]uint32 // a writer's
}

// get returns entry number n, if it is kept.
func (t *table[K]) get(n uint32) (v K, ok bool) {
	if k := n - t.first; k < uint32(len(t.entries)) {
		return t.entries[k], true
	}
	return v, false
}

// next is the number of the next entry.
func (t *table[K]) next() uint32 { return t.first + uint32(len(t.entries)) }

// add appends an entry and returns its number.
func (t *table[K]) add(v K, write bool) uint32 {
	if len(t.entries) == maxEntries {
		t.forget()
	}
	n := t.next()
	t.entries = append(t.entries, v)
	if write {
		if t.find == nil {
			t.find = map[K]uint32{}
		}
		t.find[v] = n
	}
	return n
}

// forget drops all entries; the next has the next number all the same.
func (t *table[K]) forget() {
	t.first = t.next()
	t.entries = t.entries[:0]
	clear(t.find)
}

// names are the tables of names.
type names struct {
	tables [nameRoles]table[string]
	bytes  [nameRoles]int
}

// name codes a name: 0 and the name itself, or how many entries of its table
// back it stands. It returns the number that the entry has.
func (m *model) name(role nameRole, s string) (string, uint32) {
	t := &m.names.tables[role]
	var back uint64
	if m.write {
		if n, ok := t.find[s]; ok {
			back = uint64(t.next() - n)
		}
	}
	if back = m.num(colName+column(role), back); back > 0 {
		n := t.next() - uint32(min(back, maxEntries+1))
		s, ok := t.get(n)
		if !ok {
			m.fail("name %d back of %d", back, len(t.entries))
		}
		return s, n
	}
	size := m.upto(colLength, uint64(len(s)), block.MaxBlock)
	s = string(m.literal(colNames, []byte(s), int(size)))
	if m.names.bytes[role] += len(s); m.names.bytes[role] > maxNameBytes {
		t.forget()
		m.names.bytes[role] = len(s)
	}
	return s, t.add(s, m.write)
}

// place is a container as a table keeps it: a root by its name, a child by the
// number that made it.
type place struct {
	kind  block.Kind
	child bool
	lv    uint32
	name  string
}
