package cover

import "fmt"

// slot is one remembered value.
type slot[V any] struct {
	id           ID
	v            V
	older, newer int32 // by age, over all ids; newer is also the free list
	next         int32 // the next younger one of the same id
}

// chain is the values of one id, oldest and youngest.
type chain struct{ first, last int32 }

// memory remembers values under ids, several under one id if asked, and forgets the oldest value beyond max. Its own
// memory is bounded by max.
//
// At all times: the age list and the chains hold the same slots, each chain in order of age; all other slots are free.
type memory[V any] struct {
	max            int
	n              int
	slots          []slot[V]
	oldest, newest int32
	free           int32
	chains         map[ID]chain
}

// newMemory returns an empty memory for max values, max at least 1.
func newMemory[V any](max int) memory[V] {
	return memory[V]{max: max, oldest: nil32, newest: nil32, free: nil32, chains: make(map[ID]chain)}
}

// put remembers v under id besides what is there, as the youngest.
func (m *memory[V]) put(id ID, v V) {
	if m.n == m.max {
		m.drop(m.oldest)
	}
	i := m.free
	if i != nil32 {
		m.free = m.slots[i].newer
	} else {
		i = int32(len(m.slots))
		m.slots = append(m.slots, slot[V]{})
	}
	m.slots[i] = slot[V]{id: id, v: v, older: m.newest, newer: nil32, next: nil32}
	if m.newest != nil32 {
		m.slots[m.newest].newer = i
	} else {
		m.oldest = i
	}
	m.newest = i
	r, ok := m.chains[id]
	if ok {
		m.slots[r.last].next = i
	} else {
		r.first = i
	}
	r.last = i
	m.chains[id] = r
	m.n++
}

// get returns the oldest value under id.
func (m *memory[V]) get(id ID) (v V, ok bool) {
	r, ok := m.chains[id]
	if !ok {
		return v, false
	}
	return m.slots[r.first].v, true
}

// take forgets everything under id and returns it, oldest first.
func (m *memory[V]) take(id ID) (vs []V) {
	for {
		r, ok := m.chains[id]
		if !ok {
			return vs
		}
		vs = append(vs, m.slots[r.first].v)
		m.drop(r.first)
	}
}

// drop forgets slot i, which is the first of its chain.
func (m *memory[V]) drop(i int32) {
	s := &m.slots[i]
	if s.next != nil32 {
		r := m.chains[s.id]
		r.first = s.next
		m.chains[s.id] = r
	} else {
		delete(m.chains, s.id)
	}
	if s.older != nil32 {
		m.slots[s.older].newer = s.newer
	} else {
		m.oldest = s.newer
	}
	if s.newer != nil32 {
		m.slots[s.newer].older = s.older
	} else {
		m.newest = s.older
	}
	*s = slot[V]{newer: m.free}
	m.free = i
	m.n--
}

// check restates the invariant of memory.
func (m *memory[V]) check() error {
	pos := make(map[int32]int)
	last := int32(nil32)
	for i := m.oldest; i != nil32; i = m.slots[i].newer {
		if _, twice := pos[i]; twice || m.slots[i].older != last {
			return fmt.Errorf("memory: slot %d after %d in the age list", i, last)
		}
		pos[i] = len(pos)
		last = i
	}
	if last != m.newest || len(pos) != m.n || m.n > m.max {
		return fmt.Errorf("memory: %d slots, counted %d of %d; newest %d is not %d", len(pos), m.n, m.max, m.newest, last)
	}
	in := 0
	for id, r := range m.chains {
		last := int32(nil32)
		for i := r.first; i != nil32; i = m.slots[i].next {
			at, ok := pos[i]
			if !ok || m.slots[i].id != id || last != nil32 && pos[last] > at {
				return fmt.Errorf("memory: slot %d in the chain of %x", i, id)
			}
			in++
			last = i
		}
		if last != r.last || last == nil32 {
			return fmt.Errorf("memory: chain of %x ends at %d, not %d", id, last, r.last)
		}
	}
	free := 0
	for i := m.free; i != nil32 && free <= len(m.slots); i = m.slots[i].newer {
		free++
	}
	if in != m.n || in+free != len(m.slots) {
		return fmt.Errorf("memory: %d slots: %d in chains, %d by age, %d free", len(m.slots), in, m.n, free)
	}
	return nil
}
