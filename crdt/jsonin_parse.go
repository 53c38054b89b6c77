package crdt

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ipfs/go-cid"
)

// jsonReader reads a JSON document into Go values of the DAG-CBOR data model.
type jsonReader struct {
	b     []byte
	i     int
	depth int
}

// parseJSON reads one JSON document and nothing after it; see
// [MapTx.FillJSON] for what is refused.
func parseJSON(b []byte) (any, error) {
	r := jsonReader{b: b}
	if k := invalidUTF8(b); k >= 0 {
		r.i = k
		return nil, r.fail("not UTF-8")
	}
	x, err := r.value()
	if err != nil {
		return nil, err
	}
	if r.space(); r.i < len(b) {
		return nil, r.fail("more after the document")
	}
	return x, nil
}

// invalidUTF8 is where b is not UTF-8, -1 for nowhere.
func invalidUTF8(b []byte) int {
	if utf8.Valid(b) {
		return -1
	}
	for i := 0; ; {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n < 2 {
			return i
		}
		i += n
	}
}

// fail says what is wrong at the place reached.
func (r *jsonReader) fail(format string, args ...any) error {
	return fmt.Errorf("crdt: JSON at byte %d: %s: %w", r.i, fmt.Sprintf(format, args...), ErrMalformed)
}

// space passes over white space.
func (r *jsonReader) space() {
	for r.i < len(r.b) && (r.b[r.i] == ' ' || r.b[r.i] == '\t' || r.b[r.i] == '\n' || r.b[r.i] == '\r') {
		r.i++
	}
}

// peek is the next byte after white space, 0 at the end.
func (r *jsonReader) peek() byte {
	if r.space(); r.i < len(r.b) {
		return r.b[r.i]
	}
	return 0
}

// take passes over c, or fails.
func (r *jsonReader) take(c byte) error {
	if r.peek() != c || r.i == len(r.b) {
		return r.fail("no %q", c)
	}
	r.i++
	return nil
}

// value reads one value.
func (r *jsonReader) value() (any, error) {
	switch c := r.peek(); {
	case c == '{':
		return r.nested((*jsonReader).object)
	case c == '[':
		return r.nested((*jsonReader).array)
	case c == '"':
		return r.string()
	case c == '-' || c >= '0' && c <= '9':
		return r.number()
	}
	for _, w := range literals {
		if bytes.HasPrefix(r.b[r.i:], []byte(w.name)) {
			r.i += len(w.name)
			return w.is, nil
		}
	}
	return nil, r.fail("no value")
}

// literals are the values that have a name.
var literals = [...]struct {
	name string
	is   any
}{{"null", nil}, {"true", true}, {"false", false}}

// nested reads an object or array, one level down.
func (r *jsonReader) nested(read func(*jsonReader) (any, error)) (any, error) {
	if r.depth++; r.depth > maxNest {
		return nil, fmt.Errorf("crdt: JSON at byte %d: nested deeper than %d: %w", r.i, maxNest, ErrLimit)
	}
	r.i++
	x, err := read(r)
	r.depth--
	return x, err
}

// array reads the rest of an array.
func (r *jsonReader) array() (any, error) {
	list := []any{}
	for more := r.peek() != ']'; more; {
		x, err := r.value()
		if err != nil {
			return nil, err
		}
		list = append(list, x)
		if more = r.peek() == ','; more {
			r.i++
		}
	}
	return list, r.take(']')
}

// object reads the rest of an object, or what stands for bytes or a link.
func (r *jsonReader) object() (any, error) {
	m := map[string]any{}
	for more := r.peek() != '}'; more; {
		if r.peek() != '"' {
			return nil, r.fail("no key")
		}
		at := r.i
		key, err := r.string()
		if err != nil {
			return nil, err
		}
		if _, twice := m[key.(string)]; twice {
			r.i = at
			return nil, r.fail("key %.100q twice", key)
		}
		if err := r.take(':'); err != nil {
			return nil, err
		}
		if m[key.(string)], err = r.value(); err != nil {
			return nil, err
		}
		if more = r.peek() == ','; more {
			r.i++
		}
	}
	if err := r.take('}'); err != nil {
		return nil, err
	}
	return linked(m), nil
}

// linked is what an object of DAG-JSON stands for: a link {"/": "…"}, bytes
// {"/": {"bytes": "…"}}, else itself.
func linked(m map[string]any) any {
	if len(m) != 1 {
		return m
	}
	switch x := m["/"].(type) {
	case string:
		if c, err := cid.Decode(x); err == nil && c.String() == x {
			return c
		}
	case map[string]any:
		if s, ok := x["bytes"].(string); ok && len(x) == 1 {
			if b, err := base64.RawStdEncoding.Strict().DecodeString(s); err == nil {
				return b
			}
		}
	}
	return m
}

// string reads a string.
func (r *jsonReader) string() (any, error) {
	r.i++
	var out []byte
	for from := r.i; r.i < len(r.b); r.i++ {
		switch c := r.b[r.i]; {
		case c == '"':
			r.i++
			return string(append(out, r.b[from:r.i-1]...)), nil
		case c < ' ':
			return nil, r.fail("control character %#x in a string", c)
		case c == '\\':
			out = append(out, r.b[from:r.i]...)
			ch, n, err := r.escape()
			if err != nil {
				return nil, err
			}
			out = utf8.AppendRune(out, ch)
			r.i += n - 1
			from = r.i + 1
		}
	}
	return nil, r.fail("a string without end")
}

// escape reads the escape sequence that begins here, of n bytes.
func (r *jsonReader) escape() (ch rune, n int, err error) {
	if r.i+1 == len(r.b) {
		return 0, 0, r.fail("a string without end")
	}
	c := r.b[r.i+1]
	if k := strings.IndexByte(`"\/bfnrt`, c); k >= 0 {
		return rune("\"\\/\b\f\n\r\t"[k]), 2, nil
	}
	if c != 'u' {
		return 0, 0, r.fail("escape \\%c", c)
	}
	ch, ok := r.hex(r.i)
	if !ok {
		return 0, 0, r.fail("escape \\u without four digits")
	}
	if !utf16.IsSurrogate(ch) {
		return ch, 6, nil
	}
	low, ok := r.hex(r.i + 6)
	if ch = utf16.DecodeRune(ch, low); !ok || ch == utf8.RuneError {
		return 0, 0, r.fail("half of a surrogate pair")
	}
	return ch, 12, nil
}

// hex reads \uXXXX at byte i.
func (r *jsonReader) hex(i int) (rune, bool) {
	if i+6 > len(r.b) || r.b[i] != '\\' || r.b[i+1] != 'u' {
		return 0, false
	}
	n := rune(0)
	for _, c := range r.b[i+2 : i+6] {
		k := strings.IndexByte("0123456789abcdef", c|0x20)
		if k < 0 || c < '0' {
			return 0, false
		}
		n = n<<4 | rune(k)
	}
	return n, true
}

// number reads a number, exact or not at all.
func (r *jsonReader) number() (any, error) {
	from, whole := r.i, true
	digits := func() bool {
		at := r.i
		for r.i < len(r.b) && r.b[r.i] >= '0' && r.b[r.i] <= '9' {
			r.i++
		}
		return r.i > at
	}
	has := func(set string) bool {
		if r.i < len(r.b) && strings.IndexByte(set, r.b[r.i]) >= 0 {
			r.i++
			return true
		}
		return false
	}
	has("-")
	ok := has("0") || digits()
	if ok && has(".") {
		whole, ok = false, digits()
	}
	if ok && has("eE") {
		whole = false
		has("+-")
		ok = digits()
	}
	if !ok {
		return nil, r.fail("no number")
	}
	s := string(r.b[from:r.i])
	r.i = from // of what is said about it
	x, ok := exact(s, whole)
	if !ok {
		return nil, r.fail("%.100s cannot be held exactly", s)
	}
	r.i += len(s)
	return x, nil
}

// exact is the number that a JSON number says, false when neither an integer of
// 64 bits nor a float64 is that.
func exact(s string, whole bool) (any, bool) {
	if whole && s != "-0" {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil {
			return n, true
		}
		n, err := strconv.ParseUint(s, 10, 64)
		return n, err == nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil, false
	}
	digits, exp, ok := decimal(s)
	same, to, _ := decimal(strconv.FormatFloat(f, 'e', -1, 64))
	return f, ok && digits == same && exp == to
}

// decimal gives the digits of a number without zeros at its ends, and the power
// of ten of the last one; false for powers that no float has. Zero has no
// digits.
func decimal(s string) (digits string, exp int, ok bool) {
	s = strings.TrimPrefix(s, "-")
	mantissa, power, has := strings.Cut(strings.ToLower(s), "e")
	before, after, _ := strings.Cut(mantissa, ".")
	digits = strings.TrimLeft(before+after, "0")
	if digits == "" {
		return "", 0, true
	}
	if has {
		n, err := strconv.Atoi(power)
		if err != nil || n > 1<<30 || n < -1<<30 {
			return "", 0, false
		}
		exp = n
	}
	exp -= len(after)
	short := strings.TrimRight(digits, "0")
	return short, exp + len(digits) - len(short), true
}
