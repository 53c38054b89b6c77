package crdt

import (
	"fmt"
	"math"

	"github.com/commonhold/commonhold/internal/block"
)

// Value is what a key, a list element or a set member holds: a plain value, or
// a container ([Map], [Text], [List], [Set], [Counter]), or nothing. It is
// immutable.
type Value struct {
	kind valueKind
	raw  []byte // encoded plain value
	at   place  // container
	by   Author
}

// valueKind says what a Value is.
type valueKind uint8

const (
	noValue valueKind = iota
	plainValue
	withheldValue // its words are absent
	containerValue
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
// string, []byte, []any, map[string]any, cid.Cid, or a Map, Text, List, Set or
// Counter. It is a copy. A withheld value is nil.
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
	}
	return nil
}

// As gives the value as a T: an exact conversion or an error wrapping
// ErrMalformed. Integers convert between kinds where the number fits, and to
// float64 where it is exact.
func As[T any](v Value) (T, error) {
	var zero T
	x := v.Any()
	if t, ok := x.(T); ok {
		return t, nil
	}
	if y, ok := convert(x, any(zero)); ok {
		return y.(T), nil
	}
	return zero, fmt.Errorf("crdt: value is %T, not %T: %w", x, zero, ErrMalformed)
}

// convert makes the number x a number of the type of want, if it fits.
func convert(x, want any) (any, bool) {
	switch n := x.(type) {
	case int64:
		return fromInt(n, want)
	case uint64:
		switch want.(type) {
		case uint64:
			return n, true
		case uint:
			return uint(n), uint64(uint(n)) == n
		}
	case float64:
		if f := float32(n); float64(f) == n {
			if _, ok := want.(float32); ok {
				return f, true
			}
		}
	}
	return nil, false
}

// fromInt makes n a number of the type of want, if it fits.
func fromInt(n int64, want any) (any, bool) {
	switch want.(type) {
	case int:
		return int(n), int64(int(n)) == n
	case int32:
		return int32(n), n >= math.MinInt32 && n <= math.MaxInt32
	case int16:
		return int16(n), n >= math.MinInt16 && n <= math.MaxInt16
	case int8:
		return int8(n), n >= math.MinInt8 && n <= math.MaxInt8
	case uint64:
		return uint64(n), n >= 0
	case uint:
		return uint(n), n >= 0 && int64(uint(n)) == n
	case uint32:
		return uint32(n), n >= 0 && n <= math.MaxUint32
	case uint16:
		return uint16(n), n >= 0 && n <= math.MaxUint16
	case uint8:
		return uint8(n), n >= 0 && n <= math.MaxUint8
	case float64:
		f := float64(n)
		return f, n > -1<<53 && n < 1<<53
	}
	return nil, false
}
