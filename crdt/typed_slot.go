package crdt

import (
	"bytes"
	"reflect"

	"github.com/commonhold/commonhold/internal/block"
)

// slotTx is a place for one value that a writer writes: a key, a list element,
// or one that is still to be made.
type slotTx interface {
	tx() *Tx
	// now is what is there.
	now() Value
	// put sets a plain value.
	put(x any)
	// container is the container of a kind that is there, or a fresh one; with
	// win it is what a reader sees, else it may stand in conflict with that.
	container(kind block.Kind, win bool) (at int32, fresh bool)
}

// keySlot is a key of a map.
type keySlot struct {
	m   MapTx
	key string
}

func (s *keySlot) tx() *Tx    { return s.m.tx }
func (s *keySlot) now() Value { return s.m.Get(s.key) }
func (s *keySlot) put(x any)  { s.m.Put(s.key, x) }

func (s *keySlot) container(kind block.Kind, win bool) (int32, bool) {
	m := s.m.asMap()
	if at := m.child(s.key, kind).at; at >= 0 {
		if v := m.Get(s.key); !win || v.kind == containerValue && v.at.at == at {
			return at, false
		}
	}
	if win {
		s.m.Delete(s.key)
	}
	return s.m.child(s.key, kind), true
}

// elemSlot is an element of a list. A fresh container is a new element in its
// place, since what an element is made as is its own.
type elemSlot struct {
	l ListTx
	e Elem
}

func (s *elemSlot) tx() *Tx    { return s.l.tx }
func (s *elemSlot) now() Value { return s.l.list().Value(s.e) }
func (s *elemSlot) put(x any)  { s.l.Put(s.e, x) }

func (s *elemSlot) container(kind block.Kind, _ bool) (int32, bool) {
	if v := s.now(); v.kind == containerValue && v.at.v.container(v.at.at) == kind {
		return v.at.at, false
	}
	i, _ := s.l.Index(s.e)
	e, at := s.l.insertChild(i, kind)
	s.l.Delete(s.e)
	s.e = e
	return at, true
}

// newSlot is a list element that is still to be made, before position i.
type newSlot struct {
	l ListTx
	i int
	e Elem // once it is made
}

func (s *newSlot) tx() *Tx    { return s.l.tx }
func (s *newSlot) now() Value { return Value{} }
func (s *newSlot) put(x any)  { s.e = s.l.Insert(s.i, x) }

func (s *newSlot) container(kind block.Kind, _ bool) (at int32, fresh bool) {
	s.e, at = s.l.insertChild(s.i, kind)
	return at, true
}

// dynamic makes a slot hold a Go value of the DAG-CBOR data model: a map as a
// map, a list as a list or, where a set or a tree is, as that, a string as a text and an
// integer as a counter where one is, and all else as a plain value; a list or map
// that takes the place of one that is a plain value is one too. What is there
// already is not written.
func (w writer) dynamic(s slotTx, x any) error {
	w, err := w.deeper()
	if err != nil {
		return err
	}
	held := s.now().Any()
	if compound(x) && compound(held) && s.now().kind == plainValue {
		if v, err := NewValue(x); err == nil { // held whole, and so it stays
			replace(s, v)
			return nil
		}
	}
	w.fill = true
	switch y := x.(type) {
	case map[string]any:
		at, _ := s.container(block.KindMap, true)
		return w.keys(func() MapTx { return MapTx{s.tx(), at} }, reflect.Value{}, reflect.ValueOf(y))
	case []any:
		if c, ok := held.(Set); ok && distinct(y) {
			return members(SetTx{s.tx(), c.at}, y)
		}
		if c, ok := held.(Tree); ok && nodesOf(y) {
			return w.tree(TreeTx{s.tx(), c.at}, Elem{}, y)
		}
		at, _ := s.container(block.KindList, true)
		return w.list(ListTx{s.tx(), at}, reflect.Value{}, reflect.ValueOf(y))
	case string:
		if c, ok := held.(Text); ok {
			TextTx{s.tx(), c.at, Runes}.SetString(y)
			return nil
		}
	case int64:
		if c, ok := held.(Counter); ok {
			return CounterTx{s.tx(), c.at}.set(y)
		}
	}
	v, err := NewValue(x)
	if err != nil {
		return err
	}
	replace(s, v)
	return nil
}

// replace puts a plain value, unless it is there already.
func replace(s slotTx, v Value) {
	if old := s.now(); old.kind != plainValue || !bytes.Equal(old.raw, v.raw) {
		s.put(v)
	}
}

// compound tells whether a Go value is a list or a map.
func compound(x any) bool {
	switch x.(type) {
	case []any, map[string]any:
		return true
	}
	return false
}

// distinct tells whether a list is one that a set can be: no value twice.
func distinct(list []any) bool {
	seen := map[string]bool{}
	for _, x := range list {
		v, err := NewValue(x)
		if err != nil || seen[string(v.raw)] {
			return false
		}
		seen[string(v.raw)] = true
	}
	return true
}
