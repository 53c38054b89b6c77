package crdt

import (
	"bytes"
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// writer writes the difference between an old Go value, which is what the work
// holds, and a new one. With fill the old one is read from the work where it is
// needed, and what does not fit counts as not there; else an old value that is
// not valid says that there is none.
type writer struct {
	fill  bool
	depth int
}

// deeper goes one level down.
func (w writer) deeper() (writer, error) {
	if w.depth++; w.depth > maxNest {
		return w, fmt.Errorf("crdt: nested deeper than %d: %w", maxNest, ErrLimit)
	}
	return w, nil
}

// mapping writes a struct or a Go map into the map that get gives, which is made
// when it is called.
func (w writer) mapping(get func() MapTx, was, now reflect.Value) error {
	w, err := w.deeper()
	if err != nil {
		return err
	}
	switch {
	case !now.IsValid():
	case now.Kind() == reflect.Map && now.Type().Key().Kind() == reflect.String:
		return w.keys(get, was, now)
	case now.Kind() == reflect.Struct && !special(now.Type()):
		return w.structure(get, was, now)
	}
	return fmt.Errorf("crdt: a map cannot hold %v: %w", now, ErrMalformed)
}

// structure writes a struct.
func (w writer) structure(get func() MapTx, was, now reflect.Value) error {
	p, err := planOf(now.Type())
	if err != nil {
		return err
	}
	named := map[string]bool{}
	for k := range p.fields {
		f := &p.fields[k]
		named[f.key] = true
		old := reflect.Value{}
		if was.IsValid() {
			old = was.FieldByIndex(f.index)
		}
		if err := w.field(get, f, old, now.FieldByIndex(f.index)); err != nil {
			return inside(f.key, err)
		}
	}
	if w.fill {
		w.drop(get(), func(key string) bool { return named[key] })
	}
	return nil
}

// keys writes a Go map.
func (w writer) keys(get func() MapTx, was, now reflect.Value) error {
	kept := map[string]bool{}
	list := now.MapKeys()
	slices.SortFunc(list, func(a, b reflect.Value) int { return bytes.Compare([]byte(a.String()), []byte(b.String())) })
	for _, k := range list {
		key := k.String()
		kept[key] = true
		old := reflect.Value{}
		if was.IsValid() {
			old = was.MapIndex(k)
		}
		if err := w.field(get, &field{key: key}, old, now.MapIndex(k)); err != nil {
			return inside(key, err)
		}
	}
	switch {
	case w.fill:
		w.drop(get(), func(key string) bool { return kept[key] })
	case was.IsValid():
		for _, k := range was.MapKeys() {
			if key := k.String(); !kept[key] {
				kept[key] = true // once
				get().Delete(key)
			}
		}
	}
	return nil
}

// drop deletes the keys that are not to stay.
func (w writer) drop(m MapTx, stays func(string) bool) {
	for key := range m.asMap().All() {
		if !stays(key) {
			m.Delete(key)
		}
	}
}

// field writes what a key holds.
func (w writer) field(get func() MapTx, f *field, was, now reflect.Value) error {
	t := now.Type()
	if handles[t] {
		return nil // for reading only
	}
	if !w.fill && was.IsValid() && equal(was, now) {
		return nil
	}
	if f.omit && now.IsZero() || now.Kind() == reflect.Pointer && now.IsNil() {
		get().Delete(f.key)
		return nil
	}
	s := &keySlot{get(), f.key}
	switch f.as {
	case asText:
		at, _ := s.container(block.KindText, w.fill)
		TextTx{s.tx(), at, Runes}.SetString(now.String())
		return nil
	case asCounter:
		at, _ := s.container(block.KindCounter, w.fill)
		return w.counter(CounterTx{s.tx(), at}, now)
	case asSet:
		x, err := toPlain(now, w.depth)
		if err != nil {
			return err
		}
		at, _ := s.container(block.KindSet, w.fill)
		return members(SetTx{s.tx(), at}, x.([]any))
	case asValue:
		return w.whole(s, now)
	}
	return w.at(s, was, now)
}

// at writes a value by its type.
func (w writer) at(s slotTx, was, now reflect.Value) error {
	t := now.Type()
	switch {
	case t == typeAny:
		x, err := toPlain(now, w.depth)
		if err != nil {
			return err
		}
		return w.dynamic(s, x)
	case whole(t):
		return w.whole(s, now)
	case t.Kind() == reflect.Pointer:
		if now.IsNil() {
			s.put(nil)
			return nil
		}
		if was.IsValid() {
			was = was.Elem() // not valid where it was nil
		}
		return w.at(s, was, now.Elem())
	}
	kind := block.KindMap
	if t.Kind() == reflect.Slice {
		kind = block.KindList
	}
	held := s.now().Exists()
	at, fresh := s.container(kind, w.fill)
	if fresh && held {
		was = reflect.Value{} // what was read was no container
	}
	if kind == block.KindList {
		return w.list(ListTx{s.tx(), at}, was, now)
	}
	return w.mapping(func() MapTx { return MapTx{s.tx(), at} }, was, now)
}

// whole writes one plain value, unless it is there already.
func (w writer) whole(s slotTx, now reflect.Value) error {
	x, err := toPlain(now, w.depth)
	if err != nil {
		return err
	}
	v, err := NewValue(x)
	if err != nil {
		return err
	}
	replace(s, v)
	return nil
}

// counter makes a counter be now, by adding the difference.
func (w writer) counter(c CounterTx, now reflect.Value) error {
	x, err := toPlain(now, w.depth)
	if err != nil {
		return err
	}
	to, ok := x.(int64)
	if !ok {
		return fmt.Errorf("crdt: a counter of %v: %w", x, ErrLimit)
	}
	return c.set(to)
}

// set adds what makes the sum n.
func (c CounterTx) set(n int64) error {
	was, err := c.Int()
	if err != nil {
		return err
	}
	if d := n - was; (d > 0) == (n > was) {
		c.Add(d)
		return nil
	}
	half := n/2 - was/2 // the difference is no int64
	c.Add(half)
	c.Add(n - (was + half))
	return nil
}

// members makes a set have the given members and no others.
func members(s SetTx, list []any) error {
	keep := map[string]bool{}
	for k, x := range list {
		v, err := NewValue(x)
		if err != nil {
			return inside(strconv.Itoa(k), err)
		}
		if keep[string(v.raw)] = true; !s.Has(v) {
			s.Add(v)
		}
	}
	for v := range (Set{place{s.tx.now(), s.at}}).All() {
		if !keep[string(v.raw)] {
			s.Remove(v)
		}
	}
	return nil
}

// toPlain gives a Go value as one that NewValue takes.
func toPlain(v reflect.Value, depth int) (any, error) {
	if depth > maxNest {
		return nil, fmt.Errorf("crdt: nested deeper than %d: %w", maxNest, ErrLimit)
	}
	if !v.IsValid() {
		return nil, nil
	}
	t := v.Type()
	switch {
	case t == typeValue:
		x := v.Interface().(Value)
		if x.kind == containerValue || x.kind == withheldValue {
			return nil, fmt.Errorf("crdt: a Value that is not plain: %w", ErrMalformed)
		}
		return x.Any(), nil
	case t == typeCid:
		return v.Interface().(cid.Cid), nil
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
		if v.IsNil() {
			return nil, nil
		}
		return toPlain(v.Elem(), depth+1)
	case textual(t):
		return toText(v)
	case special(t):
		return nil, fmt.Errorf("crdt: a %v is no value: %w", t, ErrMalformed)
	}
	return kindToPlain(v, depth)
}

// toText is the text of a value that marshals to one.
func toText(v reflect.Value) (any, error) {
	if !v.Type().Implements(typeMarshal) {
		p := reflect.New(v.Type())
		p.Elem().Set(v)
		v = p
	}
	b, err := v.Interface().(encoding.TextMarshaler).MarshalText()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrMalformed)
	}
	return string(b), nil
}

// kindToPlain is toPlain of a value that is held as its kind says.
func kindToPlain(v reflect.Value, depth int) (any, error) {
	switch k := v.Kind(); {
	case k == reflect.Bool:
		return v.Bool(), nil
	case k == reflect.String:
		return v.String(), nil
	case v.CanInt():
		return v.Int(), nil
	case v.CanUint():
		if n := v.Uint(); n > math.MaxInt64 {
			return n, nil
		}
		return int64(v.Uint()), nil
	case v.CanFloat():
		return v.Float(), nil
	case isBytes(v.Type()):
		return bytes.Clone(v.Bytes()), nil
	case k == reflect.Slice:
		list := make([]any, v.Len())
		for i := range list {
			x, err := toPlain(v.Index(i), depth+1)
			if err != nil {
				return nil, inside(strconv.Itoa(i), err)
			}
			list[i] = x
		}
		return list, nil
	case k == reflect.Map && v.Type().Key().Kind() == reflect.String:
		m := map[string]any{}
		for _, key := range v.MapKeys() {
			x, err := toPlain(v.MapIndex(key), depth+1)
			if err != nil {
				return nil, inside(key.String(), err)
			}
			m[key.String()] = x
		}
		return m, nil
	case k == reflect.Struct:
		return structToPlain(v, depth)
	}
	return nil, fmt.Errorf("crdt: a %v is no value: %w", v.Type(), ErrMalformed)
}

// structToPlain gives a struct as a plain map, without its id.
func structToPlain(v reflect.Value, depth int) (any, error) {
	p, err := planOf(v.Type())
	if err != nil {
		return nil, err
	}
	m := map[string]any{}
	for k := range p.fields {
		f := &p.fields[k]
		x := v.FieldByIndex(f.index)
		if handles[x.Type()] || f.omit && x.IsZero() || x.Kind() == reflect.Pointer && x.IsNil() {
			continue
		}
		if m[f.key], err = toPlain(x, depth+1); err != nil {
			return nil, inside(f.key, err)
		}
	}
	return m, nil
}

// equal tells whether two Go values of one type are held alike, ids included. A
// nil slice or map is an empty one.
func equal(a, b reflect.Value) bool {
	t := a.Type()
	switch {
	case handles[t]:
		return true
	case t == typeValue:
		x, y := a.Interface().(Value), b.Interface().(Value)
		return x.kind == y.kind && x.at.at == y.at.at && bytes.Equal(x.raw, y.raw)
	case t == typeCid || t == typeElem:
		return a.Interface() == b.Interface()
	case t.Kind() == reflect.Pointer || t.Kind() == reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() && b.IsNil()
		}
		return a.Elem().Type() == b.Elem().Type() && equal(a.Elem(), b.Elem())
	case textual(t):
		x, err1 := toText(a)
		y, err2 := toText(b)
		return err1 == nil && err2 == nil && x == y
	}
	switch t.Kind() {
	case reflect.Struct:
		p, err := planOf(t)
		if err != nil || p.id != nil && !equal(a.FieldByIndex(p.id), b.FieldByIndex(p.id)) {
			return false
		}
		return !slices.ContainsFunc(p.fields, func(f field) bool { return !equal(a.FieldByIndex(f.index), b.FieldByIndex(f.index)) })
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for k := range a.Len() {
			if !equal(a.Index(k), b.Index(k)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, k := range a.MapKeys() {
			if y := b.MapIndex(k); !y.IsValid() || !equal(a.MapIndex(k), y) {
				return false
			}
		}
		return true
	}
	return t.Comparable() && a.Equal(b)
}
