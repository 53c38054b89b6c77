package crdt

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// Value is what a key, a list element or a set member holds: a plain value, or
// a container ([Map], [Text], [List], [Set], [Counter], [Tree]), or nothing. It is
// immutable.
type Value struct {
	kind valueKind
	raw  []byte // encoded plain value
	at   place  // container; the tree of a node
	node Elem   // of a tree; zero for the root
	by   Author
}

// valueKind says what a Value is.
type valueKind uint8

const (
	noValue valueKind = iota
	plainValue
	withheldValue // its words are absent
	containerValue
	workValue  // the whole work, of the view in at
	nodeValue  // a node of the tree at
	nodesValue // the children of a node of the tree at
)

// NewValue makes a plain value of a Go value of the DAG-CBOR data model: nil,
// bool, integers, floats that are finite, strings of valid UTF-8, []byte,
// []any, map[string]any, cid.Cid. ErrMalformed for anything else, ErrLimit when
// it is nested too deep.
func NewValue(v any) (Value, error) {
	if x, ok := v.(Value); ok && x.kind == plainValue {
		return x, nil
	}
	raw, err := block.EncodeValue(v)
	if err != nil {
		return Value{}, fmt.Errorf("crdt: value: %w", err)
	}
	return Value{kind: plainValue, raw: raw}, nil
}

// Exists tells whether there is anything.
func (v Value) Exists() bool { return v.kind != noValue }

// Withheld tells whether a value is there whose words are absent (erased or not
// arrived): it wins where it wins, and shows as withheld.
func (v Value) Withheld() bool { return v.kind == withheldValue }

// By is the author of the value; zero for a value made by NewValue.
func (v Value) By() Author { return v.by }

// Any gives the Go value: nil, bool, int64 (uint64 above its range), float64,
// string, []byte, []any, map[string]any, cid.Cid, or a Map, Text, List, Set,
// Counter or Tree; of what else [View.Lookup] finds, the *View for the whole work,
// an [Elem] for a node of a tree, and []Elem for the children of one. It is a copy.
// A withheld value is nil.
func (v Value) Any() any {
	switch v.kind {
	case plainValue:
		x, err := block.DecodeValue(v.raw)
		if err != nil {
			panic("crdt: a checked value does not decode: " + err.Error())
		}
		return x
	case containerValue:
		return v.at.handle()
	case workValue:
		return v.at.v
	case nodeValue:
		return v.node
	case nodesValue:
		return slices.Collect(Tree{v.at}.Children(v.node))
	}
	return nil
}
