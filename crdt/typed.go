package crdt

import (
	"fmt"
	"reflect"
)

// FieldError says which part of a Go value, or of a JSON document, does not fit,
// as a JSON pointer, and why. It unwraps to the reason.
type FieldError struct {
	Path string
	Err  error
}

// Error names the part and the reason.
func (e *FieldError) Error() string { return fmt.Sprintf("crdt: at %q: %v", e.Path, e.Err) }

// Unwrap gives the reason.
func (e *FieldError) Unwrap() error { return e.Err }

// inside adds a name in front of the path of an error.
func inside(name string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := err.(*FieldError); ok {
		return &FieldError{Pointer(name) + e.Path, e.Err}
	}
	return &FieldError{Pointer(name), err}
}

// maxNest is how deep Go values, JSON documents and what is read into them may
// nest.
const maxNest = 128

// As gives the value as a T: an exact conversion, or an error wrapping
// ErrMalformed. Integers convert between kinds, and between integers and
// floats, where the number is the same; a container converts to its handle
// ([Map], [Text], …), a map also to a struct or map, a list or set to a slice, a
// text to a string and a counter to an integer. A value that does not exist, or
// is withheld, converts to pointers and any only, as nil.
func As[T any](v Value) (T, error) {
	var out T
	if t, ok := v.Any().(T); ok {
		return t, nil
	}
	if err := (reader{}).value(v, reflect.ValueOf(&out).Elem()); err != nil {
		var zero T
		return zero, err
	}
	return out, nil
}

// Decode reads a map into a struct, by the tags of its fields, or into a Go map.
// Keys that the struct does not name are passed over; fields whose key is not
// there, or withheld, are zero. A *[FieldError] where something does not fit.
//
// A struct is a map and a slice a list:
//
//	type Page struct {
//		Title string           `crdt:"title,text"`    // a text that many type in
//		Likes int64            `crdt:"likes,counter"` // what each adds counts
//		Tags  []string         `crdt:"tags,set"`
//		Tasks []Task           `crdt:"tasks"`         // a list of maps
//		Meta  map[string]any   `crdt:"meta"`          // a map
//		Size  [2]int           `crdt:"-"`             // not of the work
//	}
//	type Task struct {
//		ID   crdt.Elem `crdt:",id"` // which element of the list it is
//		Due  time.Time `crdt:"due,omitempty"`
//		Done bool      `crdt:"done"`
//	}
//
// The first part of a tag is the key, the name of the field where it is empty.
// The options: text, counter and set name the container that holds the field;
// value stores a struct, slice or map whole, as one plain value; omitempty lets a
// zero value be no key; id marks the field of type [Elem] that says which
// element of a list a struct is. Fields of an embedded struct without a tag are
// as if they were outside it.
//
// What has no option is held so: a struct, a pointer to one and a map with
// string keys as a map; a slice as a list; a []byte, string, number, bool,
// cid.Cid and [Value] as a plain value, and so is, as its text, what implements
// encoding.TextMarshaler and TextUnmarshaler, as time.Time does. A nil pointer
// is no key. A field of type any holds what it is given: a map[string]any as a
// map, a []any as a list, a string in the text and an integer in the counter
// that is there. A field of type [Map], [List], [Text], [Set], [Counter] or [Tree]
// is for reading only; in an any a tree is as in its JSON.
//
// Numbers are exact: one that does not fit the type of its field, to the last
// digit, is refused.
func Decode[T any](m Map) (T, error) {
	var out T
	if err := (reader{}).mapping(m, reflect.ValueOf(&out).Elem()); err != nil {
		var zero T
		return zero, err
	}
	return out, nil
}

// Edit decodes a map, lets fn change the Go value, and writes what differs and
// nothing else: a field that fn leaves as it was is not written, a text, list,
// set or counter is changed only where it differs, and keys and elements that
// others add meanwhile stay. Elements of a list are told apart by their id
// field, one without an id being new; where there is no such field, by comparing
// the two slices.
//
// The Update is doomed by the error of fn, by a *[FieldError] where the map does
// not fit T or T not the work, and by the errors of the edits.
func Edit[T any](m MapTx, fn func(*T) error) {
	m.tx.doc()
	if m.tx.err != nil {
		return
	}
	was, err := Decode[T](m.asMap())
	if err == nil {
		var now T
		if now, err = Decode[T](m.asMap()); err == nil { // shares nothing with was
			if err = fn(&now); err == nil {
				w := writer{}
				err = w.mapping(func() MapTx { return m }, reflect.ValueOf(&was).Elem(), reflect.ValueOf(&now).Elem())
			}
		}
	}
	if err != nil {
		m.tx.doom(err)
	}
}

// Fill makes a map be what a struct, or pointer to one, or a Go map says. It
// overwrites everything: keys that v does not name are deleted, elements and set
// members that v has not are too, also those that others have added since v was
// read; prefer [Edit]. What is there already is not written again; elements of a
// list without ids are compared by what they hold.
//
// The Update is doomed by a *[FieldError] where v does not fit the work, and by
// the errors of the edits.
func Fill(m MapTx, v any) {
	m.tx.doc()
	if m.tx.err != nil {
		return
	}
	x := reflect.ValueOf(v)
	for x.Kind() == reflect.Pointer && !x.IsNil() {
		x = x.Elem()
	}
	w := writer{fill: true}
	if err := w.mapping(func() MapTx { return m }, reflect.Value{}, x); err != nil {
		m.tx.doom(err)
	}
}
