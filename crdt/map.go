package crdt

import (
	"iter"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Map is a map in a view. A key shows its winning value; what others wrote at
// the same time is in [Map.Conflicts].
type Map struct{ place }

// Get is the winning value of a key; one that does not exist where there is
// none.
func (m Map) Get(key string) Value {
	var out Value
	m.slot(key, func(s *state.State, slot int32) {
		if e, ok := s.Slots.Winner(slot); ok {
			out = m.value(s, e)
		}
	})
	return out
}

// Conflicts yields the values of a key that no other value was written over,
// with their authors, the winner first.
func (m Map) Conflicts(key string) iter.Seq2[Value, Author] {
	return func(yield func(Value, Author) bool) {
		var list []Value
		m.slot(key, func(s *state.State, slot int32) {
			for _, e := range s.Slots.Conflicts(slot, nil) {
				list = append(list, m.value(s, e))
			}
		})
		for _, v := range list {
			if !yield(v, v.by) {
				return
			}
		}
	}
}

// All yields the keys and their winning values, by key in order of bytes.
func (m Map) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		var keys []string
		var list []Value
		m.each(func(key string, s *state.State, e entries.Entry) {
			keys = append(keys, key)
			list = append(list, m.value(s, e))
		})
		for k, v := range list {
			if !yield(keys[k], v) {
				return
			}
		}
	}
}

// Len is how many keys there are.
func (m Map) Len() int {
	n := 0
	m.each(func(string, *state.State, entries.Entry) { n++ })
	return n
}

// each runs fn on every key that exists, under the lock.
func (m Map) each(fn func(string, *state.State, entries.Entry)) {
	if m.at == shape.NoPlace {
		return
	}
	m.v.read(func(s *state.State) {
		for _, slot := range s.Keys(m.at) {
			if e, ok := s.Slots.Winner(slot); ok {
				fn(s.T.Get(slot).Name, s, e)
			}
		}
	})
}

// slot runs fn on the slot of a key, if it ever had an entry.
func (m Map) slot(key string, fn func(*state.State, int32)) {
	if m.at == shape.NoPlace {
		return
	}
	m.v.read(func(s *state.State) {
		if slot, ok := s.T.Lookup(shape.Slot, m.at, 0, 0, key); ok {
			fn(s, slot)
		}
	})
}

// value is what an entry holds.
func (p place) value(s *state.State, e entries.Entry) Value {
	by := p.v.d.authorOf(e.LV)
	if e.Kind == entries.Child {
		return Value{kind: containerValue, at: place{p.v, e.Child}, by: by}
	}
	if e.Off == noWords {
		return Value{kind: withheldValue, by: by}
	}
	return Value{kind: plainValue, raw: (*s.Words)[e.Off : e.Off+e.Size : e.Off+e.Size], by: by}
}

// Map is the map that a key shows, empty where it shows none.
func (m Map) Map(key string) Map { return Map{m.child(key, block.KindMap)} }

// Text is the text that a key shows, empty where it shows none.
func (m Map) Text(key string) Text { return Text{m.child(key, block.KindText), Runes, 0, -1} }

// List is the list that a key shows, empty where it shows none.
func (m Map) List(key string) List { return List{m.child(key, block.KindList)} }

// Set is the set that a key shows, empty where it shows none.
func (m Map) Set(key string) Set { return Set{m.child(key, block.KindSet)} }

// Counter is the counter that a key shows, 0 where it shows none.
func (m Map) Counter(key string) Counter { return Counter{m.child(key, block.KindCounter)} }

// Tree is the tree that a key shows, empty where it shows none.
func (m Map) Tree(key string) Tree { return Tree{m.child(key, block.KindTree)} }

// child is the container of a kind that a key shows.
func (m Map) child(key string, kind block.Kind) place {
	at := shape.NoPlace
	m.slot(key, func(s *state.State, slot int32) {
		if p, ok := visibleChild(s, slot, kind); ok {
			at = p
		}
	})
	return place{m.v, at}
}

// visibleChild is the container of a kind among what a slot shows, winner or
// conflict.
func visibleChild(s *state.State, slot int32, kind block.Kind) (int32, bool) {
	if e, ok := s.Slots.Winner(slot); !ok {
		return 0, false
	} else if e.Kind == entries.Child && s.T.Container(e.Child) == kind {
		return e.Child, true
	}
	for _, e := range s.Slots.Conflicts(slot, nil) {
		if e.Kind == entries.Child && s.T.Container(e.Child) == kind {
			return e.Child, true
		}
	}
	return 0, false
}

// handle is the container as a public value.
func (p place) handle() any {
	switch p.v.container(p.at) {
	case block.KindMap:
		return Map{p}
	case block.KindText:
		return Text{p, Runes, 0, -1}
	case block.KindList:
		return List{p}
	case block.KindSet:
		return Set{p}
	case block.KindCounter:
		return Counter{p}
	case block.KindTree:
		return Tree{p}
	}
	return nil
}

// container is the kind of the container at a place.
func (v *View) container(at int32) block.Kind {
	v.lock()
	defer v.unlock()
	return v.d.t.Container(at)
}

// root is the root map of the work.
func (v *View) root() Map { return Map{v.named(block.KindMap, "")} }

// named is the root container of a kind and name.
func (v *View) named(kind block.Kind, name string) place {
	v.lock()
	defer v.unlock()
	if p, ok := v.d.t.Lookup(shape.Root, shape.NoPlace, kind, 0, name); ok {
		return place{v, p}
	}
	return v.none()
}

// Get is the winning value of a key of the root map; see [Map.Get].
func (v *View) Get(key string) Value { return v.root().Get(key) }

// Conflicts yields the values of a key of the root map; see [Map.Conflicts].
func (v *View) Conflicts(key string) iter.Seq2[Value, Author] { return v.root().Conflicts(key) }

// All yields the keys of the root map; see [Map.All]. Root containers of a name
// are not among them; [View.MarshalJSON] shows both.
func (v *View) All() iter.Seq2[string, Value] { return v.root().All() }

// Len is how many keys the root map has.
func (v *View) Len() int { return v.root().Len() }

// Map is the root map container of a name.
func (v *View) Map(name string) Map { return Map{v.named(block.KindMap, name)} }

// Text is the root text of a name.
func (v *View) Text(name string) Text { return Text{v.textNamed(name), Runes, 0, -1} }

// List is the root list of a name.
func (v *View) List(name string) List { return List{v.named(block.KindList, name)} }

// Set is the root set of a name.
func (v *View) Set(name string) Set { return Set{v.named(block.KindSet, name)} }

// Counter is the root counter of a name.
func (v *View) Counter(name string) Counter { return Counter{v.named(block.KindCounter, name)} }

// Tree is the root tree of a name.
func (v *View) Tree(name string) Tree { return Tree{v.named(block.KindTree, name)} }
