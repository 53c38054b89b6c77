package crdt

import (
	"encoding"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/ipfs/go-cid"
)

// plan says how a struct type is held by a map.
type plan struct {
	fields []field // in order of the struct
	id     []int   // of the field that says which element it is, nil for none
}

// field is one field of a struct and where it is held.
type field struct {
	index []int
	key   string
	as    store
	omit  bool
}

// store says what holds a value.
type store uint8

// What may hold a value: by the type, or as an option of the tag says.
const (
	byType store = iota
	asText
	asCounter
	asSet
	asValue
)

// The types that are held in a way of their own.
var (
	typeValue     = reflect.TypeFor[Value]()
	typeElem      = reflect.TypeFor[Elem]()
	typeCid       = reflect.TypeFor[cid.Cid]()
	typeAny       = reflect.TypeFor[any]()
	typeMarshal   = reflect.TypeFor[encoding.TextMarshaler]()
	typeUnmarshal = reflect.TypeFor[encoding.TextUnmarshaler]()
	handles       = map[reflect.Type]bool{
		reflect.TypeFor[Map](): true, reflect.TypeFor[Text](): true, reflect.TypeFor[List](): true,
		reflect.TypeFor[Set](): true, reflect.TypeFor[Counter](): true, reflect.TypeFor[Tree](): true,
	}
)

// plans remembers the plan, or what is wrong, of each struct type met.
var plans sync.Map

// planOf is the plan of a struct type; ErrMalformed when its tags do not fit.
func planOf(t reflect.Type) (*plan, error) {
	if p, ok := plans.Load(t); ok {
		if err, bad := p.(error); bad {
			return nil, err
		}
		return p.(*plan), nil
	}
	p := &plan{}
	err := p.add(t, nil, map[string]bool{}, map[reflect.Type]bool{})
	if err != nil {
		err = fmt.Errorf("type %v: %w: %w", t, err, ErrMalformed)
		plans.Store(t, err)
		return nil, err
	}
	plans.Store(t, p)
	return p, nil
}

// add adds the fields of a struct type that lies at an index in the outer one.
func (p *plan) add(t reflect.Type, at []int, keys map[string]bool, around map[reflect.Type]bool) error {
	if around[t] {
		return fmt.Errorf("%v embeds itself", t)
	}
	around[t] = true
	defer delete(around, t)
	for k := range t.NumField() {
		f := t.Field(k)
		tag, tagged := f.Tag.Lookup("crdt")
		index := append(append([]int(nil), at...), k)
		switch {
		case tag == "-", !f.IsExported() && !(f.Anonymous && f.Type.Kind() == reflect.Struct):
			continue
		case f.Anonymous && !tagged && f.Type.Kind() == reflect.Struct && !special(f.Type):
			if err := p.add(f.Type, index, keys, around); err != nil {
				return err
			}
			continue
		case !f.IsExported():
			continue
		}
		x, isID, err := parseTag(f, tag)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.Name, err)
		}
		if x.index = index; isID {
			if p.id != nil {
				return fmt.Errorf("field %s: a second id", f.Name)
			}
			p.id = index
			continue
		}
		if keys[x.key] {
			return fmt.Errorf("field %s: key %q twice", f.Name, x.key)
		}
		keys[x.key] = true
		p.fields = append(p.fields, x)
	}
	return nil
}

// parseTag reads the tag of a field and tests it against the type.
func parseTag(f reflect.StructField, tag string) (x field, id bool, err error) {
	parts := strings.Split(tag, ",")
	if x.key = parts[0]; x.key == "" {
		x.key = f.Name
	}
	for _, o := range parts[1:] {
		fits := true
		switch o {
		case "omitempty":
			x.omit = true
			continue
		case "id":
			if id, fits = true, f.Type == typeElem && parts[0] == ""; fits {
				continue
			}
		case "text":
			x.as, fits = asText, x.as == byType && f.Type.Kind() == reflect.String && !special(f.Type)
		case "counter":
			x.as, fits = asCounter, x.as == byType && integer(f.Type.Kind())
		case "set":
			x.as, fits = asSet, x.as == byType && f.Type.Kind() == reflect.Slice && !isBytes(f.Type)
		case "value":
			x.as, fits = asValue, x.as == byType && !handles[f.Type]
		default:
			return x, id, fmt.Errorf("option %q is none of text, counter, set, value, omitempty, id", o)
		}
		if !fits {
			return x, id, fmt.Errorf("option %q of a %v", o, f.Type)
		}
	}
	return x, id, nil
}

// integer tells whether a kind is one of integers.
func integer(k reflect.Kind) bool { return k >= reflect.Int && k <= reflect.Uintptr }

// isBytes tells whether values of a type are bytes.
func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

// special tells whether values of a type are held in a way of their own, as one
// plain value: not as their kind says.
func special(t reflect.Type) bool {
	return t == typeValue || t == typeElem || t == typeCid || handles[t] || textual(t)
}

// textual tells whether values of a type are held as their text.
func textual(t reflect.Type) bool {
	return t != typeCid && t != typeElem && (t.Implements(typeMarshal) || reflect.PointerTo(t).Implements(typeMarshal)) &&
		reflect.PointerTo(t).Implements(typeUnmarshal)
}

// whole tells whether values of a type are held as one plain value.
func whole(t reflect.Type) bool {
	if special(t) || isBytes(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Struct, reflect.Map, reflect.Slice, reflect.Interface:
		return false
	case reflect.Pointer:
		return whole(t.Elem())
	}
	return true
}
