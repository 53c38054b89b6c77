package shape

import (
	"encoding/binary"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// LV is a local version, see package graph.
type LV = graph.LV

// NoPlace is the index of no place.
const NoPlace int32 = -1

// Sort says what a place is.
type Sort uint8

// The sorts of places.
const (
	Root      Sort = iota + 1 // container by name and kind
	Slot                      // key of a map
	Child                     // container in a slot, with its incarnation
	ElemSlot                  // value of a list element
	ElemChild                 // container that is a list element, or map of a block marker
	ElemPos                   // position of a list element
	Children                  // of a node of a tree, or of its root, in their order
	NodeMap                   // map that a node of a tree is
)

// Place is one interned place. Up is the map of a slot, the slot of a child,
// the list of an element, the text of a block marker, the tree of children, the
// children among which a node was made; NoPlace for roots.
type Place struct {
	Up    int32
	Inc   uint32 // incarnation of a child of a map
	Sort  Sort
	Kind  block.Kind // of a container
	Name  string     // of a root or slot; the element's or node's name otherwise, empty for the children of a tree's root
	maker LV         // 1 + the first number that made it, 0 none
	refs  int32      // held changes that need it; pinned when an applied one does
}

// pinned marks a place that stays for good.
const pinned = -1

// key is the identity of a place.
type key struct {
	name string
	up   int32
	inc  uint32
	sort Sort
	kind block.Kind
}

func (p *Place) key() key { return key{p.Name, p.Up, p.Inc, p.Sort, p.Kind} }

// Get reads a place.
func (t *Table) Get(p int32) *Place { return &t.places[p] }

// Container is the kind of the container at p, 0 when p is a slot.
func (t *Table) Container(p int32) block.Kind { return t.places[p].Kind }

// Lookup finds a place without making it.
func (t *Table) Lookup(sort Sort, up int32, kind block.Kind, inc uint32, name string) (int32, bool) {
	p, ok := t.find[key{name, up, inc, sort, kind}]
	return p, ok
}

// Intern finds or makes a place that stays for good.
func (t *Table) Intern(sort Sort, up int32, kind block.Kind, inc uint32, name string) int32 {
	p := t.intern(key{name, up, inc, sort, kind})
	t.fresh = t.fresh[:0]
	t.pin(p)
	return p
}

// intern finds or makes a place; a new one is unpinned and in nobody's need.
func (t *Table) intern(k key) int32 {
	if p, ok := t.find[k]; ok {
		return p
	}
	pl := Place{Up: k.up, Inc: k.inc, Sort: k.sort, Kind: k.kind, Name: k.name}
	p := int32(len(t.places))
	if n := len(t.free); n > 0 {
		p, t.free = t.free[n-1], t.free[:n-1]
		t.places[p] = pl
	} else {
		t.places = append(t.places, pl)
	}
	t.find[k] = p
	t.fresh = append(t.fresh, p)
	if pl.unsealed() {
		t.open = append(t.open, p)
	}
	if k.up != NoPlace {
		t.need(k.up)
	}
	return p
}

// need notes that one more held change or place needs p.
func (t *Table) need(p int32) {
	if pl := &t.places[p]; pl.refs != pinned {
		pl.refs++
	}
}

// release takes a need back; a place that nobody needs is forgotten.
func (t *Table) release(p int32) {
	for p != NoPlace {
		pl := &t.places[p]
		if pl.refs == pinned {
			return
		}
		if pl.refs--; pl.refs > 0 {
			return
		}
		delete(t.find, pl.key())
		up := pl.Up
		*pl = Place{Up: NoPlace}
		t.free = append(t.free, p)
		p = up
	}
}

// sweep forgets the places made since the last sweep that nobody needs: what a
// refused change named.
func (t *Table) sweep() {
	for k := len(t.fresh) - 1; k >= 0; k-- {
		p := t.fresh[k]
		if pl := &t.places[p]; pl.Sort != 0 && pl.refs == 0 {
			pl.refs = 1
			t.release(p)
		}
	}
	t.fresh = t.fresh[:0]
}

// pin makes p and all above it stay for good.
func (t *Table) pin(p int32) {
	for p != NoPlace && t.places[p].refs != pinned {
		t.places[p].refs = pinned
		p = t.places[p].Up
	}
}

// Keep makes a place that Locate found stay for good, and lets go of others that
// it made and nobody needs.
func (t *Table) Keep(p int32) {
	if p != NoPlace {
		t.pin(p)
	}
	t.sweep()
}

// Element names an element or a node inside the identity of a place: the id of its
// change and the offset in it, or its LV while the change is open, which
// [Table.Sealed] puts right.
func (t *Table) Element(g *graph.Graph, r graph.Ref, off uint32) string {
	id := g.IDOf(r)
	if id.IsZero() {
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], g.LVOf(r, off))
		return string(b[:])
	}
	return elementOf(id, off)
}

// elementOf is the name of an element of a sealed change.
func elementOf(id block.ID, off uint32) string {
	var b [36]byte
	copy(b[:], id[:])
	binary.BigEndian.PutUint32(b[32:], off)
	return string(b[:])
}

// Sealed gives the places of elements of the open change their lasting names,
// once the change has an id.
func (t *Table) Sealed(id block.ID, first LV, count uint32) {
	keep := t.open[:0]
	for _, p := range t.open {
		pl := &t.places[p]
		if !pl.unsealed() { // let go, or met twice
			continue
		}
		lv := binary.BigEndian.Uint32([]byte(pl.Name))
		if lv-first >= count {
			keep = append(keep, p)
			continue
		}
		delete(t.find, pl.key())
		pl.Name = elementOf(id, lv-first)
		t.find[pl.key()] = p
	}
	t.open = keep
}

// forgetOpen gives the places of elements from lv on, which were taken back,
// names that nothing has: other elements will have their LVs. Their indexes are
// not used again, since lower places may know them.
func (t *Table) forgetOpen(lv LV) {
	keep := t.open[:0]
	for _, p := range t.open {
		pl := &t.places[p]
		if !pl.unsealed() {
			continue
		}
		if binary.BigEndian.Uint32([]byte(pl.Name)) < lv {
			keep = append(keep, p)
			continue
		}
		delete(t.find, pl.key())
		t.gone++
		pl.Name = string(binary.BigEndian.AppendUint64(nil, t.gone))
		t.find[pl.key()] = p
	}
	t.open = keep
}

// InternElement finds or makes the place of a list element of an applied or
// the open change: its value slot, or the container that it is.
func (t *Table) InternElement(g *graph.Graph, sort Sort, list int32, kind block.Kind, r graph.Ref, off uint32) int32 {
	return t.Intern(sort, list, kind, 0, t.Element(g, r, off))
}

// unsealed tells whether the place is of an element of the open change, named
// by its LV.
func (p *Place) unsealed() bool {
	return p.Sort >= ElemSlot && len(p.Name) == 4
}

// Check restates the invariants of the places and of the number table.
func (t *Table) Check() error {
	needs := make(map[int32]int32)
	for k, p := range t.find {
		if t.places[p].key() != k {
			return fmt.Errorf("shape: invariant 1: place %d is found under %v", p, k)
		}
		if k.up != NoPlace {
			needs[k.up]++
			if t.places[p].refs == pinned && t.places[k.up].refs != pinned {
				return fmt.Errorf("shape: invariant 2: place %d is pinned, its upper %d is not", p, k.up)
			}
		}
	}
	for p, n := range needs {
		if r := t.places[p].refs; r != pinned && r < n {
			return fmt.Errorf("shape: invariant 2: place %d is needed %d times, noted %d", p, n, r)
		}
	}
	if len(t.find)+len(t.free) != len(t.places) {
		return fmt.Errorf("shape: invariant 1: %d places, %d found, %d free", len(t.places), len(t.find), len(t.free))
	}
	for i := 1; i < len(t.runs); i++ {
		if t.runs[i].first <= t.runs[i-1].first || t.runs[i].what == t.runs[i-1].what {
			return fmt.Errorf("shape: invariant 3: run %d is %v after %v", i, t.runs[i], t.runs[i-1])
		}
	}
	if n := len(t.runs); n > 0 && t.runs[n-1].first >= t.end {
		return fmt.Errorf("shape: invariant 3: last run at %d, end %d", t.runs[n-1].first, t.end)
	}
	return nil
}

// Roots yields the root containers that are named by anything held or applied.
func (t *Table) Roots(yield func(p int32, pl *Place)) {
	for p := range t.places {
		if pl := &t.places[p]; pl.Sort == Root {
			yield(int32(p), pl)
		}
	}
}
