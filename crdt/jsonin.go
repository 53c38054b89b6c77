package crdt

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// FillJSON makes the map be what a JSON object says, and overwrites everything,
// as [Fill] does: objects are maps, arrays lists, and where the map holds a text,
// set, counter or tree, a string, array or integer is that. So the JSON that
// [Map.MarshalJSON] gives writes nothing back, and a changed one writes what was
// changed. Bytes and links are written as there.
//
// The document is read strictly (RFC 8259): UTF-8 only, no half surrogates, no
// key twice, nothing after it, at most 128 levels. Numbers are exact or refused:
// one without fraction and exponent is an integer of int64 or uint64, any other
// a float64 that reads back as the same decimal number; -0 is a float. The Update
// is doomed by ErrMalformed or ErrLimit, in a *[FieldError] where a part of the
// document is what does not fit, before anything is written.
func (m MapTx) FillJSON(doc []byte) {
	m.tx.doc()
	if x, ok := objectOf(m.tx, doc); ok {
		w := writer{fill: true}
		if err := w.keys(func() MapTx { return m }, reflect.Value{}, reflect.ValueOf(x)); err != nil {
			m.tx.doom(err)
		}
	}
}

// FillJSON makes the whole work be what a JSON object says; see
// [MapTx.FillJSON]. A name is what [View.MarshalJSON] shows under it: a key of
// the root map where there is one, else the first root container. A new object
// or array becomes a root container, so that two people who make it at the same
// time share it. Root containers cannot be deleted: one that the document does
// not name, or names as something else, is emptied.
func (tx *Tx) FillJSON(doc []byte) {
	tx.doc()
	x, ok := objectOf(tx, doc)
	if !ok {
		return
	}
	root := tx.root()
	target := map[string]int32{} // root containers that are to hold what a name says
	for _, r := range tx.View().roots() {
		y, named := x[r.name]
		_, taken := target[r.name]
		switch {
		case named && root.Get(r.name).Exists(): // not what the name shows
		case named && !taken && holds(r.kind, y):
			target[r.name] = r.at
		default:
			tx.empty(r.at, r.kind)
		}
	}
	w := writer{fill: true}
	for _, name := range sortedNames(x) {
		var s slotTx = &keySlot{root, name}
		if at, ok := target[name]; ok {
			s = &rootSlot{keySlot{root, name}, at}
		} else if kind := kindOf(x[name]); kind != 0 && name != "" && !root.Get(name).Exists() {
			s = &rootSlot{keySlot{root, name}, tx.named(kind, name)}
		}
		if err := w.dynamic(s, x[name]); err != nil {
			tx.doom(inside(name, err))
			return
		}
	}
	w.drop(root, func(key string) bool { _, ok := x[key]; return ok })
}

// rootSlot is a name that a root container holds.
type rootSlot struct {
	keySlot
	at int32
}

func (s *rootSlot) now() Value {
	return Value{kind: containerValue, at: place{s.m.tx.now(), s.at}}
}

func (s *rootSlot) container(kind block.Kind, win bool) (int32, bool) {
	if s.m.tx.doc().t.Container(s.at) == kind {
		return s.at, false
	}
	return s.keySlot.container(kind, win)
}

// sortedNames are the keys of a plain map in order of bytes.
func sortedNames(m map[string]any) []string { return slices.Sorted(maps.Keys(m)) }

// kindOf is the kind of container that a JSON value makes; 0 for none.
func kindOf(x any) block.Kind {
	switch x.(type) {
	case map[string]any:
		return block.KindMap
	case []any:
		return block.KindList
	}
	return 0
}

// holds tells whether a container of a kind can hold a JSON value.
func holds(kind block.Kind, x any) bool {
	switch y := x.(type) {
	case map[string]any:
		return kind == block.KindMap
	case []any:
		return kind == block.KindList || kind == block.KindSet && distinct(y) || kind == block.KindTree && nodesOf(y)
	case string:
		return kind == block.KindText
	case int64:
		return kind == block.KindCounter
	}
	return false
}

// empty takes everything out of a container.
func (tx *Tx) empty(at int32, kind block.Kind) {
	switch kind {
	case block.KindMap:
		writer{}.drop(MapTx{tx, at}, func(string) bool { return false })
	case block.KindList:
		l := ListTx{tx, at}
		l.DeleteRange(0, l.Len())
	case block.KindText:
		t := TextTx{tx, at, Runes}
		t.Delete(0, t.Len())
	case block.KindSet:
		if err := members(SetTx{tx, at}, nil); err != nil {
			tx.doom(err)
		}
	case block.KindCounter:
		if err := (CounterTx{tx, at}).set(0); err != nil {
			tx.doom(err)
		}
	case block.KindTree:
		t := TreeTx{tx, at}
		for e := range t.Children(Elem{}) {
			t.Delete(e)
		}
	}
}

// objectOf reads a JSON object; the Update is doomed when it is none.
func objectOf(tx *Tx, doc []byte) (map[string]any, bool) {
	if tx.err != nil {
		return nil, false
	}
	x, err := parseJSON(doc)
	if err != nil {
		tx.doom(err)
		return nil, false
	}
	m, ok := x.(map[string]any)
	if !ok {
		tx.doom(fmt.Errorf("crdt: JSON is no object: %w", ErrMalformed))
	}
	return m, ok
}
