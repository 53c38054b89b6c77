package block_test

import (
	"bytes"
	"fmt"
	"math"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
	"pgregory.net/rapid"
)

// checkValue judges a value in every way that must agree.
func checkValue(t rapid.TB, b []byte) error {
	t.Helper()
	rest, err := block.CheckValue(b)
	whole := err == nil && len(rest) == 0
	if slow := slowCheckValue(b); whole != (slow == nil) {
		t.Fatalf("CheckValue leaves %d bytes, %v; slow twin: %v; % x", len(rest), err, slow, b)
	}
	kindOf(t, err)
	v, derr := block.DecodeValue(b)
	if (derr == nil) != whole || derr != nil && err != nil && derr.Error() != err.Error() {
		t.Fatalf("DecodeValue: %v; CheckValue: %v", derr, err)
	}
	if !whole {
		return derr
	}
	again, eerr := block.EncodeValue(v)
	if eerr != nil || !bytes.Equal(again, b) {
		t.Fatalf("% x is decoded to %#v and encoded to % x, %v", b, v, again, eerr)
	}
	return nil
}

// TestCheckValueCases: one fault each.
func TestCheckValueCases(t *testing.T) {
	for name, c := range valueCases() {
		if err := checkValue(t, []byte(c.b)); kindOf(t, err) != c.want {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}

// TestCheckValueRest: what follows a value is handed back.
func TestCheckValueRest(t *testing.T) {
	rest, err := block.CheckValue([]byte("\x82\x01\x02\xff\xfe"))
	if err != nil || string(rest) != "\xff\xfe" {
		t.Errorf("% x, %v", rest, err)
	}
}

// TestUTF8: all errors of one and two bytes, at each position of a text.
func TestUTF8(t *testing.T) {
	n := 0
	for x := range 0x10000 {
		two := string([]byte{byte(x >> 8), byte(x)})
		for _, s := range []string{two, "a" + two, two + "a", "a" + two + "é"} {
			b := encode(s)
			_, err := block.CheckValue(b)
			if good := strings.ToValidUTF8(s, "?") == s; (err == nil) != good {
				t.Fatalf("%q: %v", s, err)
			}
			n++
		}
	}
	t.Logf("%d texts", n)
}

// TestDeep: two million levels are refused on a stack of one megabyte, by all
// who read or write values.
func TestDeep(t *testing.T) {
	defer debug.SetMaxStack(debug.SetMaxStack(1 << 20))
	const deep = 2_000_000
	for _, open := range []string{"\x81", "\xa1\x61a", "\x82\x01", "\xd8\x2a"} {
		b := []byte(strings.Repeat(open, deep))
		want := block.ErrLimit
		if open == "\xd8\x2a" {
			want = block.ErrMalformed
		}
		if _, err := block.CheckValue(b); kindOf(t, err) != want {
			t.Errorf("% x: %v", open, err)
		}
		if _, err := block.DecodeValue(b); kindOf(t, err) != want {
			t.Errorf("% x: %v", open, err)
		}
		var c block.Change
		if err := block.Decode(b, &c); kindOf(t, err) != block.ErrLimit {
			t.Errorf("% x: %v", open, err)
		}
		raw := encode(value(raw(b[:1<<19])))
		if err := block.Decode(raw, &c); kindOf(t, err) != want {
			t.Errorf("% x in an act: %v", open, err)
		}
		whole := bytes.Repeat([]byte{0x81}, 1<<20)
		if err := block.Decode(whole, &c); kindOf(t, err) != block.ErrMalformed {
			t.Errorf("% x as a change: %v", open, err)
		}
	}
	var v any = 1
	for range deep {
		v = []any{v}
	}
	if _, err := block.EncodeValue(v); kindOf(t, err) != block.ErrLimit {
		t.Error(err)
	}
	// Twice the same part, at each of 32 levels: four thousand million leaves.
	v = nil
	for range 32 {
		v = []any{v, v}
	}
	if _, err := block.EncodeValue(v); kindOf(t, err) != block.ErrLimit {
		t.Error(err)
	}
	m := map[string]any{}
	m["a"], m["b"], m["c"] = m, m, []any{m, m, m}
	if _, err := block.EncodeValue(m); kindOf(t, err) != block.ErrLimit {
		t.Error(err)
	}
}

// TestEncodeValueGo: Go values, their encoding, and what comes back.
func TestEncodeValueGo(t *testing.T) {
	id := testID("x")
	for _, c := range []struct{ in, out any }{
		{nil, nil}, {true, true}, {int(-1), int64(-1)}, {int8(-128), int64(-128)}, {int16(300), int64(300)},
		{int32(math.MinInt32), int64(math.MinInt32)}, {int64(math.MinInt64), int64(math.MinInt64)},
		{uint(7), int64(7)}, {uint8(255), int64(255)}, {uint16(65535), int64(65535)}, {uint32(1 << 31), int64(1 << 31)},
		{uint64(math.MaxInt64), int64(math.MaxInt64)}, {uint64(1 << 63), uint64(1 << 63)}, {uint64(math.MaxUint64), uint64(math.MaxUint64)},
		{float32(0.5), 0.5}, {float32(0.1), float64(float32(0.1))}, {1.0, 1.0}, {-1e300, -1e300}, {math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64},
		{"", ""}, {"héllo\x00", "héllo\x00"}, {[]byte(nil), []byte{}}, {[]byte{1}, []byte{1}},
		{[]any(nil), []any{}}, {[]any{nil, 1}, []any{nil, int64(1)}}, {map[string]any(nil), map[string]any{}},
		{map[string]any{"b": 1, "aa": []any{}, "": nil}, map[string]any{"b": int64(1), "aa": []any{}, "": nil}},
		{id.ChangeCID(), id.ChangeCID()}, {[]any{id.ContentCID()}, []any{id.ContentCID()}},
	} {
		b, err := block.EncodeValue(c.in)
		if err != nil {
			t.Errorf("%#v: %v", c.in, err)
			continue
		}
		if err := checkValue(t, b); err != nil {
			t.Errorf("%#v: %v", c.in, err)
		}
		if out, err := block.DecodeValue(b); err != nil || !reflect.DeepEqual(out, c.out) {
			t.Errorf("%#v comes back as %#v, %v", c.in, out, err)
		}
	}
	minus, err := block.EncodeValue(math.Copysign(0, -1))
	if string(minus) != "\xfb\x80\x00\x00\x00\x00\x00\x00\x00" || err != nil {
		t.Errorf("-0: % x, %v", minus, err)
	}
	if f := must(block.DecodeValue(minus)).(float64); f != 0 || !math.Signbit(f) {
		t.Error("-0 comes back as", f)
	}
}

// maps32 returns v in 32 maps.
func maps32(v any) any {
	for range 32 {
		v = map[string]any{"k": v}
	}
	return v
}

// TestEncodeValueRefused: what is no value.
func TestEncodeValueRefused(t *testing.T) {
	type named string
	sha1, err := multihash.Sum([]byte("x"), multihash.SHA1, -1)
	check(err)
	sha256, err := multihash.Sum([]byte("x"), multihash.SHA2_256, -1)
	check(err)
	deep := func(n int) (v any) {
		for v = 1; n > 0; n-- {
			if v = []any{v}; n%2 == 0 {
				v = map[string]any{"k": v.([]any)[0]}
			}
		}
		return v
	}
	for _, c := range []struct {
		v    any
		want error
	}{
		{math.NaN(), block.ErrMalformed}, {math.Inf(1), block.ErrMalformed}, {math.Inf(-1), block.ErrMalformed}, {float32(math.Inf(1)), block.ErrMalformed},
		{"\xff", block.ErrMalformed}, {map[string]any{"\xff": 1}, block.ErrMalformed}, {[]any{"a\xc0\x80"}, block.ErrMalformed},
		{named("x"), block.ErrMalformed}, {[]string{"x"}, block.ErrMalformed}, {map[any]any{}, block.ErrMalformed}, {struct{}{}, block.ErrMalformed},
		{new(int), block.ErrMalformed}, {'x', nil}, {complex(1, 1), block.ErrMalformed}, {[3]byte{}, block.ErrMalformed}, {uintptr(1), block.ErrMalformed},
		{cid.Undef, block.ErrMalformed}, {cid.NewCidV1(cid.Raw, sha1), block.ErrMalformed}, {cid.NewCidV0(sha256), block.ErrMalformed},
		{cid.NewCidV1(cid.DagProtobuf, sha256), block.ErrMalformed}, {cid.NewCidV1(cid.Raw, sha256), nil}, {[]any{fmt.Errorf("x")}, block.ErrMalformed},
		{map[string]any{strings.Repeat("k", 4096): 1}, nil}, {map[string]any{strings.Repeat("k", 4097): 1}, block.ErrLimit},
		{deep(32), nil}, {deep(33), block.ErrLimit}, {map[string]any{"k": deep(32)}, block.ErrLimit}, {[]any{deep(31)}, nil},
		{maps32(map[string]any{}), block.ErrLimit}, {maps32(1), nil}, {strings.Repeat("x", 1<<20-5), nil}, {strings.Repeat("x", 1<<20-4), block.ErrLimit},
		{make([]byte, 1<<20-5), nil}, {make([]byte, 1<<20-4), block.ErrLimit}, {make([]byte, 2<<20), block.ErrLimit}, {strings.Repeat("x", 2<<20), block.ErrLimit},
		{make([]any, 1<<20-5), nil}, {make([]any, 1<<20-4), block.ErrLimit}, {make([]any, 2<<20), block.ErrLimit},
		{[]any{strings.Repeat("x", 1<<19), strings.Repeat("x", 1<<19)}, block.ErrLimit},
	} {
		b, err := block.EncodeValue(c.v)
		if kindOf(t, err) != c.want {
			t.Errorf("%.60T: %v, want %v", c.v, err, c.want)
		}
		if err == nil {
			if rest, err := block.CheckValue(b); err != nil || len(rest) > 0 {
				t.Errorf("%T is encoded to what CheckValue refuses: %v", c.v, err)
			}
		}
	}
}

// TestDecodeValueCopies: what DecodeValue returns does not alias its input.
func TestDecodeValueCopies(t *testing.T) {
	b := must(block.EncodeValue([]any{[]byte{1, 2}, "text", map[string]any{"key": testID("x").ChangeCID()}}))
	v := must(block.DecodeValue(b))
	clear(b)
	want := []any{[]byte{1, 2}, "text", map[string]any{"key": testID("x").ChangeCID()}}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("%v", v)
	}
}

// TestEncodeValueKeeps: EncodeValue does not change its argument.
func TestEncodeValueKeeps(t *testing.T) {
	in := map[string]any{"l": []any{1, testID("x").ChangeCID(), float32(1)}}
	must(block.EncodeValue(in))
	if !reflect.DeepEqual(in, map[string]any{"l": []any{1, testID("x").ChangeCID(), float32(1)}}) {
		t.Errorf("%v", in)
	}
}

// genValue draws Go values, good and bad ones.
func genValue() *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.Int64().AsAny(), rapid.Uint64().AsAny(), rapid.Int8().AsAny(),
		rapid.Float64().AsAny(), rapid.Float32().AsAny(), rapid.String().AsAny(), rapid.SliceOf(rapid.Byte()).AsAny(),
		rapid.SampledFrom([]any{"\xff", math.NaN(), math.Inf(1), cid.Undef, uintptr(1), testID("a").ChangeCID(), testID("b").ContentCID()}),
		rapid.SampledFrom([]any{"", []byte(nil), []any(nil), map[string]any(nil), -1, 0, 23, 24, 255, 256, 65536}),
	)
	return rapid.Custom(func(t *rapid.T) any { return drawValue(t, scalar, 4) })
}

// drawValue draws a value with at most the given containers around a part.
func drawValue(t *rapid.T, scalar *rapid.Generator[any], depth int) any {
	switch kind := rapid.IntRange(0, 5).Draw(t, "kind"); {
	case kind == 0 && depth > 0:
		l := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "items") {
			l = append(l, drawValue(t, scalar, depth-1))
		}
		return l
	case kind == 1 && depth > 0:
		m := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "entries") {
			m[rapid.StringN(0, 3, 8).Draw(t, "key")] = drawValue(t, scalar, depth-1)
		}
		return m
	}
	return scalar.Draw(t, "scalar")
}

// TestValueLaw: what EncodeValue writes CheckValue accepts, and DecodeValue is
// its inverse.
func TestValueLaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := block.EncodeValue(genValue().Draw(t, "value"))
		if err != nil {
			kindOf(t, err)
			return
		}
		if err := checkValue(t, b); err != nil {
			t.Fatal(err)
		}
		// One changed byte is refused or gives another value that obeys the law.
		i := rapid.IntRange(0, len(b)-1).Draw(t, "byte")
		b[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		checkValue(t, b)
	})
}

// TestCheckValueAllocs: judging allocates nothing.
func TestCheckValueAllocs(t *testing.T) {
	b := encode(fields{"a": list{1, -2, "x", fields{}}, "b": testID("x"), "ccc": raw("\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00")})
	if n := testing.AllocsPerRun(100, func() { must(block.CheckValue(b)) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
