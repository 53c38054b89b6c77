package block

import (
	"bytes"
	"math"
)

// CheckValue reads one value, the DAG-CBOR data model in its one spelling, from
// the front of b and returns what follows it. It refuses with ErrMalformed
// integers outside -2^63 … 2^64-1 or not in their shortest head, floats of
// other than 64 bits, NaN and infinities (minus zero stays itself), text that
// is not UTF-8, map keys that are not text or not strictly ascending, shorter
// ones first, other tags than 42, and links that are no CIDv1 of dag-cbor or
// raw with a sha2-256 of 32 bytes; with ErrLimit more than MaxDepth arrays and
// maps around one part and keys above MaxMapKey. It does not recurse and
// allocates nothing.
func CheckValue(b []byte) (rest []byte, err error) {
	d := cursor{b: b}
	d.value()
	if d.err != nil {
		return nil, d.err
	}
	return d.b[d.i:], nil
}

// level is an array or map whose parts are being read.
type level struct {
	left  int    // items of an array, or entries of a map, still to be read
	isMap bool   // entries are read: a key, then its value
	first bool   // no key was read yet
	key   []byte // the key read last, aliasing the input
}

// value reads one value. Scalars, the common case, need no stack.
func (d *cursor) value() {
	if l, open := d.item(); open {
		d.parts(l)
	}
}

// parts reads all that is in an array or map just opened. The stack has a fixed
// size, and its length is the number of arrays and maps around what is read.
func (d *cursor) parts(l level) {
	var stack [MaxDepth]level
	stack[0] = l
	for depth := 1; depth > 0 && d.err == nil; {
		top := &stack[depth-1]
		if top.left == 0 {
			depth--
			continue
		}
		top.left--
		if top.isMap {
			d.mapKey(top)
		}
		inner, open := d.item()
		if !open {
			continue
		}
		if depth == MaxDepth {
			d.fail(ErrLimit, "value nested deeper than %d", MaxDepth)
			return
		}
		stack[depth] = inner
		depth++
	}
}

// mapKey reads a key of the map l, greater than the one before: keys ascend by
// length, then bytewise, which is the order of their encodings.
func (d *cursor) mapKey(l *level) {
	key := d.text(MaxMapKey, "a map key")
	if !l.first && (len(key) < len(l.key) || len(key) == len(l.key) && bytes.Compare(key, l.key) <= 0) {
		d.fail(ErrMalformed, "map key %.40q after %.40q", key, l.key)
	}
	l.key, l.first = key, false
}

// item reads a scalar or link whole, or the head of an array or map, for which
// it returns the level and true.
func (d *cursor) item() (l level, open bool) {
	switch d.peek() >> 5 {
	case majorUint:
		d.head(majorUint)
	case majorNeg:
		if u := d.head(majorNeg); u > math.MaxInt64 {
			d.fail(ErrMalformed, "integer -1-%d is below int64", u)
		}
	case majorBytes:
		d.bytes()
	case majorText:
		d.text(math.MaxInt, "text")
	case majorArray:
		l.left = d.array(1)
		return l, true
	case majorMap:
		return level{left: d.count(majorMap, 2), isMap: true, first: true}, true
	case majorTag:
		d.anyLink()
	default:
		d.simple()
	}
	return level{}, false
}

// anyLink reads a link to a change or to content. Unlike the links of a change
// it may have the zero digest: to a value it is a digest as any other.
func (d *cursor) anyLink() {
	if d.left() < linkSize || !d.skip(changeLink) && !d.skip(contentLink) {
		d.fail(ErrMalformed, "tag that is no link % x or % x and a digest", changeLink, contentLink)
		return
	}
	d.take(len(ID{}))
}

// simple reads false, true, null or a float of 64 bits.
func (d *cursor) simple() {
	switch d.peek() {
	case cborFalse, cborTrue, cborNull:
		d.i++
	case cborFloat:
		if d.left() < 9 {
			d.fail(ErrMalformed, "the bytes end inside a float")
			return
		}
		// Infinities and NaN have all eleven bits of the exponent set.
		if d.b[d.i+1]&0x7f == 0x7f && d.b[d.i+2]&0xf0 == 0xf0 {
			d.fail(ErrMalformed, "float that is no number")
			return
		}
		d.take(9)
	default: // ff at the end, too
		d.fail(ErrMalformed, "no value where one belongs")
	}
}
