package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// shown is what a key, a list element or a root name shows at some moment.
type shown struct {
	kind shownKind
	entries.Entry
}

// shownKind tells the cases of shown.
type shownKind uint8

const (
	showsNothing  shownKind = iota
	showsValue              // a value, whose words Entry names
	showsWithheld           // a value without words
	showsBox                // the container Entry.Child
)

// same tells whether a reader sees no difference: one container, or one entry.
func (a shown) same(b shown) bool {
	switch {
	case a.kind != b.kind:
		return false
	case a.kind == showsBox:
		return a.Child == b.Child
	}
	return a.kind == showsNothing || a.LV == b.LV
}

// shownBy is what a winning entry shows, its words being present or not.
func shownBy(e entries.Entry, present bool) shown {
	switch {
	case e.Kind == entries.Child:
		return shown{showsBox, e}
	case e.Off == noWords || !present:
		return shown{showsWithheld, e}
	}
	return shown{showsValue, e}
}

// moment reads a state: what the slots, elements and names of a work show in it.
type moment struct {
	d *Doc
	s *state.State
}

// slot is what a key or the slot of a list element shows.
func (m moment) slot(slot int32) shown {
	if e, ok := m.s.Slots.Winner(slot); ok {
		return shownBy(e, true)
	}
	return shown{}
}

// elem is what an element of a list shows, which is shown.
func (m moment) elem(lv graph.LV) shown { return elemOf(m.s, lv, m.slot) }

// elemOf is what an element of a list shows, given what slots show.
func elemOf(s *state.State, lv graph.LV, slot func(int32) shown) shown {
	if p, ok := s.ElemSlot(lv); ok {
		if x := slot(p); x.kind != showsNothing {
			return x
		}
	}
	if w := s.T.At(lv); w.Class() == shape.ElemMaker {
		return shown{showsBox, entries.Entry{LV: lv, Slot: shape.NoPlace, Kind: entries.Child, Child: w.Place()}}
	}
	off, size, _ := s.ElemValue(lv)
	return shownBy(entries.Entry{LV: lv, Slot: shape.NoPlace, Off: off, Size: size}, true)
}

// name is what a root name shows: a key of the root map, else the container of
// least rank that shows anything.
func (m moment) name(name string) shown { return m.d.nameShows(name, m.slot, m.s.Shows) }

// nameShows is what a root name shows, given what slots and containers show.
func (d *Doc) nameShows(name string, slot func(int32) shown, shows func(int32) bool) shown {
	if root, ok := d.t.Lookup(shape.Root, shape.NoPlace, block.KindMap, 0, ""); ok {
		if p, ok := d.t.Lookup(shape.Slot, root, 0, 0, name); ok {
			if x := slot(p); x.kind != showsNothing {
				return x
			}
		}
	}
	for _, kind := range ranked {
		if kind == block.KindMap && name == "" {
			continue // the root map itself
		}
		if p, ok := d.t.Lookup(shape.Root, shape.NoPlace, kind, 0, name); ok && shows(p) {
			return shown{showsBox, entries.Entry{LV: graph.None, Slot: shape.NoPlace, Kind: entries.Child, Child: p}}
		}
	}
	return shown{}
}

// ranked are the kinds of containers in the order in which a root name shows
// them.
var ranked = func() []block.Kind {
	var out []block.Kind
	for k := range rank {
		out = append(out, k)
	}
	slices.SortFunc(out, func(a, b block.Kind) int { return rank[a] - rank[b] })
	return out
}()

// names adds the root names that may show something to a set.
func (m moment) names(set map[string]bool) {
	if root, ok := m.d.t.Lookup(shape.Root, shape.NoPlace, block.KindMap, 0, ""); ok {
		for _, slot := range m.s.Keys(root) {
			set[m.s.T.Get(slot).Name] = true
		}
	}
	m.d.t.Roots(func(p int32, pl *shape.Place) {
		if (pl.Name != "" || pl.Kind != block.KindMap) && m.s.Shows(p) {
			set[pl.Name] = true
		}
	})
}
