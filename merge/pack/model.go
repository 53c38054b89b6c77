package pack

import (
	"github.com/commonhold/commonhold/internal/block"
)

// model codes changes one after another. A writer's and a reader's model go
// through the same states, since all that changes them is what was coded.
type model struct {
	coder
	history
	names
	work       block.ID
	places     table[place]
	contexts   []context // by author
	follow     []uint32  // by author: who came after the last time
	author     uint32    // of the change at hand or the one before it; none
	time       int64     // of the change before
	taken      bool      // whether the last who could take up another's context did
	slots      *slots
	quote      block.ID // change that was quoted last
	quoted     uint64   // number there
	told       uint64   // number told outright last
	header     block.Header
	links      []uint32 // the changes that parents and refs are; none
	prev       uint32   // the change that prev is; none
	made       uint64   // numbers that the ops so far make
	words      uint64   // bytes of words of the ops so far
	after      column   // 0, 1, 2 as the columns of kinds stand
	op         block.Op
	sortedRefs []link
}

// newModel is the model of a pack of a work.
func newModel(work block.ID, write bool) *model {
	return &model{history: newHistory(write), work: work, author: none}
}

// link is a parent or ref, and the change it is; none.
type link struct {
	id block.ID
	i  uint32
}

// role says what a thing is to its op; each has its own columns.
type role = column

// The roles.
const (
	roleAt   role = iota // what an insert goes beside
	roleRun              // the first run of a delete
	roleNext             // a further run
	roleElse             // anything else
	roles
)

// here is the number of the next number that the change at hand makes.
func (m *model) here() uint64 { return uint64(m.end) + m.made }

// context is that of the author at hand.
func (m *model) context() *context { return &m.contexts[m.author] }

// locate returns the number in the pack of a thing that the change at hand
// names, if it can be told so: number must name it as the same thing again.
func (m *model) locate(t block.Thing) (lv uint32, ok bool) {
	if t.C == 0 {
		if t.N >= m.header.Start {
			own := t.N - m.header.Start
			return uint32(uint64(m.end) + own), own < m.made
		}
		if m.prev == none {
			return 0, false
		}
		lv, ok = m.history.locate(m.prev, t.N)
	} else if k := int(t.C) - 1; k < len(m.links) && m.links[k] != none {
		lv, ok = m.history.locate(m.links[k], t.N)
	}
	if !ok {
		return 0, false
	}
	back, ok := m.spell(lv)
	return lv, ok && back == t
}

// number returns the thing that a number in the pack is to the change at hand,
// the inverse of locate. A number that is none is a fault.
func (m *model) number(lv int64) block.Thing {
	switch {
	case lv >= int64(m.end) && uint64(lv) < m.here():
		return block.Thing{N: m.header.Start + uint64(lv) - uint64(m.end)}
	case lv >= 0 && lv < int64(m.end):
		if t, ok := m.spell(uint32(lv)); ok {
			return t
		}
	}
	m.fail("number %d is not one that the change can name", lv)
	return block.Thing{}
}

// thing codes a thing that stands for n numbers. It returns the number in the
// pack, none for one told outright.
func (m *model) thing(r role, t block.Thing, n uint32) (block.Thing, uint32) {
	x := m.context()
	f, gap, lv := outright, uint64(0), uint32(none)
	if m.write {
		if at, ok := m.locate(t); ok {
			lv = at
			f, gap = x.tell(lv, n)
		}
	}
	f = m.sym(colForm+r, f)
	if f >= outright {
		t.C = uint32(m.upto(colFarC, uint64(t.C), block.MaxParents+block.MaxRefs))
		t.N = m.told + uint64(m.signed(colFarN, int64(t.N-m.told)))
		m.told = t.N
		return t, none
	}
	gap = m.num(colGap+2*r+column(f/afterNamed), gap)
	if !m.write {
		at := x.find(f, gap, n)
		t, lv = m.number(at), uint32(at)
	}
	x.named = span{lv, lv + n}
	return t, lv
}

// lone codes a thing of one number in no particular role.
func (m *model) lone(t block.Thing) (block.Thing, uint32) { return m.thing(roleElse, t, 1) }

// optional codes a thing or null.
func (m *model) optional(there bool, t block.Thing) (bool, block.Thing) {
	if there = m.flag(colFlags, there); there {
		t, _ = m.lone(t)
	}
	return there, t
}
