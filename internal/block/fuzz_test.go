package block_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// FuzzDecode gives Decode any bytes. Accepted or refused, the slow twin says
// the same; what is accepted has the same values there (cbor agrees) and is
// written back byte for byte.
func FuzzDecode(f *testing.F) {
	for _, c := range good() {
		f.Add(encode(c))
	}
	f.Fuzz(func(t *testing.T, raw []byte) { decode(t, raw) })
}

// FuzzReader gives a Reader any bytes: each op that it reads is written back as
// the bytes it was read from.
func FuzzReader(f *testing.F) {
	for _, c := range good() {
		for _, op := range c["ops"].(list) {
			f.Add(encode(op))
		}
	}
	f.Fuzz(func(t *testing.T, ops []byte) {
		var r block.Reader
		var op block.Op
		var again []byte
		r.Reset(ops)
		for r.Next(&op) {
			again = block.AppendOp(again, &op)
			if len(again) > len(ops) || !bytes.Equal(again, ops[:len(again)]) {
				t.Fatalf("%+v of % x is written as % x", op, ops, again)
			}
		}
		if kindOf(t, r.Err()) == nil && len(again) != len(ops) {
			t.Fatalf("%d of %d bytes read", len(again), len(ops))
		}
	})
}

// FuzzValue gives CheckValue and DecodeValue any bytes: they agree with each
// other and with the slow twin, and EncodeValue is the inverse.
func FuzzValue(f *testing.F) {
	for _, c := range valueCases() {
		if len(c.b) < 200 {
			f.Add([]byte(c.b))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		checkValue(t, b)
		if rest, err := block.CheckValue(b); err == nil {
			checkValue(t, b[:len(b)-len(rest)])
		}
	})
}

// FuzzContent gives CheckContent any change and content: it agrees with the
// slow twin.
func FuzzContent(f *testing.F) {
	f.Add(encode(later()), false, laterContent())
	f.Add(encode(with(later(), "size", 328+16)), true, append(make([]byte, 16), laterContent()...))
	f.Add(encode(first()), true, []byte{})
	f.Add(encode(rich()), false, richContent())
	f.Fuzz(func(t *testing.T, raw []byte, salted bool, content []byte) {
		var c block.Change
		if block.Decode(raw, &c) != nil {
			return
		}
		if got, want := block.CheckContent(&c, salted, content), slowContent(&c, salted, content); got != want {
			t.Fatalf("%t, slow twin %t: %s", got, want, fmt.Sprintf("%+v", c.Header))
		}
	})
}
