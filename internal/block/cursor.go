package block

import (
	"fmt"
	"math"
	"unicode/utf8"
)

// The major types of CBOR, RFC 8949 section 3.1.
const (
	majorUint = iota
	majorNeg
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// majorNames names the major types in messages.
var majorNames = [8]string{"uint", "negative int", "bytes", "text", "array", "map", "tag", "simple value"}

// The items of one byte that stand for themselves.
const (
	cborFalse = 0xf4
	cborTrue  = 0xf5
	cborNull  = 0xf6
	cborFloat = 0xfb // head of a float of 64 bits
)

// The bytes of a link before its digest: tag 42, byte string of 37, the 00 of
// multibase identity, and the start of the CID.
const (
	linkHead    = "\xd8\x2a\x58\x25\x00"
	changeLink  = linkHead + changePrefix
	contentLink = linkHead + contentPrefix
	linkSize    = len(linkHead) + cidSize
)

// cursor reads strict DAG-CBOR front to back: each read accepts exactly one
// spelling. The first fault is kept in err and moves the cursor to the end;
// reads after it return zeros, so callers look at err once per loop, not once
// per read. Nothing that a count promises is allocated or looped over before
// the count was compared with the bytes that are left.
type cursor struct {
	b   []byte
	i   int
	err error
}

// fail notes a fault of the given kind at the cursor's place, unless there was
// one before, and moves the cursor to the end.
func (d *cursor) fail(kind error, format string, args ...any) {
	if d.err == nil {
		d.err = fmt.Errorf("block: byte %d: %s: %w", d.i, fmt.Sprintf(format, args...), kind)
	}
	d.i = len(d.b)
}

// left returns the number of bytes not yet read.
func (d *cursor) left() int { return len(d.b) - d.i }

// peek returns the next byte without reading it; at the end it returns ff, the
// break, which begins nothing in this format.
func (d *cursor) peek() byte {
	if d.i < len(d.b) {
		return d.b[d.i]
	}
	return 0xff
}

// skip reads the bytes of s if they come next, and tells whether they did.
func (d *cursor) skip(s string) bool {
	e := d.i + len(s)
	if e > len(d.b) || string(d.b[d.i:e]) != s {
		return false
	}
	d.i = e
	return true
}

// null reads a null if it comes next, and tells whether it did.
func (d *cursor) null() bool {
	if d.peek() != cborNull {
		return false
	}
	d.i++
	return true
}

// bool reads false or true.
func (d *cursor) bool() bool {
	x := d.peek()
	if x != cborFalse && x != cborTrue {
		d.fail(ErrMalformed, "byte %02x where false or true belongs", x)
		return false
	}
	d.i++
	return x == cborTrue
}

// head reads the head of an item of the given major type and returns its
// argument. Arguments below 24 lie in the first byte; that branch is the common one.
func (d *cursor) head(major byte) uint64 {
	if d.i < len(d.b) {
		if x := d.b[d.i] - major<<5; x < 24 {
			d.i++
			return uint64(x)
		}
	}
	return d.wideHead(major)
}

// wideHead is head for arguments of 1, 2, 4 or 8 further bytes. It accepts the
// shortest form only; indefinite lengths and reserved forms are faults.
func (d *cursor) wideHead(major byte) uint64 {
	if d.left() == 0 {
		d.fail(ErrMalformed, "the bytes end where %s belongs", majorNames[major])
		return 0
	}
	x := d.b[d.i]
	if x>>5 != major {
		d.fail(ErrMalformed, "%s where %s belongs", majorNames[x>>5], majorNames[major])
		return 0
	}
	form := x&31 - 24
	if form > 3 {
		d.fail(ErrMalformed, "%s of indefinite or reserved length", majorNames[major])
		return 0
	}
	width := 1 << form
	if d.left() <= width {
		d.fail(ErrMalformed, "the bytes end inside the head of %s", majorNames[major])
		return 0
	}
	var v uint64
	for _, y := range d.b[d.i+1 : d.i+1+width] {
		v = v<<8 | uint64(y)
	}
	// The least argument that does not fit the next narrower form.
	least := uint64(24)
	if form > 0 {
		least = 1 << (4 << form)
	}
	if v < least {
		d.fail(ErrMalformed, "%s with argument %d is not in its shortest form", majorNames[major], v)
		return 0
	}
	d.i += 1 + width
	return v
}

// int reads an integer in the range of int64.
func (d *cursor) int() int64 {
	major := byte(majorUint)
	if d.peek()>>5 == majorNeg {
		major = majorNeg
	}
	u := d.head(major)
	if u > math.MaxInt64 {
		d.fail(ErrMalformed, "%s with argument %d is outside int64", majorNames[major], u)
		return 0
	}
	if major == majorNeg {
		return ^int64(u) // -1 - u
	}
	return int64(u)
}

// array reads the head of an array whose items take at least least bytes each
// and returns their number, which the bytes that are left can hold.
func (d *cursor) array(least int) int { return d.count(majorArray, least) }

// count reads the head of an item of the given major type, array, map, bytes or
// text, and returns its argument, the number of parts of at least least bytes
// each. A number that the bytes left cannot hold is a fault.
func (d *cursor) count(major byte, least int) int {
	n := d.head(major)
	if n > uint64(d.left()) || n*uint64(least) > uint64(d.left()) {
		d.fail(ErrMalformed, "%s of %d in %d bytes", majorNames[major], n, d.left())
		return 0
	}
	return int(n)
}

// fixed reads the head of an array that must have n items.
func (d *cursor) fixed(n int, what string) {
	if got := d.array(1); got != n {
		d.fail(ErrMalformed, "%s of %d parts, not %d", what, got, n)
	}
}

// bytes reads a byte string and returns its bytes, which alias the input.
func (d *cursor) bytes() []byte { return d.take(d.count(majorBytes, 1)) }

// text reads a text string of at most limit bytes and returns its bytes, which
// alias the input and are valid UTF-8. NUL and U+FEFF are characters as any other.
func (d *cursor) text(limit int, what string) []byte {
	n := d.count(majorText, 1)
	if n > limit {
		d.fail(ErrLimit, "%s of %d bytes, over %d", what, n, limit)
		return nil
	}
	s := d.take(n)
	if !utf8.Valid(s) {
		d.fail(ErrMalformed, "%s is not UTF-8", what)
		return nil
	}
	return s
}

// take returns the next n bytes, which the caller knows to be there, and moves
// past them. The slice cannot be appended into the input.
func (d *cursor) take(n int) []byte {
	s := d.b[d.i : d.i+n : d.i+n]
	d.i += n
	return s
}

// link reads a link whose bytes before the digest are prefix, that is
// changeLink or contentLink. The zero digest is a fault: in this package it
// means no link, and nobody has bytes for it.
func (d *cursor) link(prefix string) (id ID) {
	if d.left() < linkSize || !d.skip(prefix) {
		d.fail(ErrMalformed, "no link in its one spelling % x and a digest", prefix)
		return ID{}
	}
	copy(id[:], d.take(len(id)))
	if id.IsZero() {
		d.fail(ErrMalformed, "link with the zero digest")
	}
	return id
}

// linkOrNull reads a link as link does, or null, which gives the zero ID.
func (d *cursor) linkOrNull(prefix string) ID {
	if d.null() {
		return ID{}
	}
	return d.link(prefix)
}

// links reads an array of links to changes and appends them to dst.
func (d *cursor) links(dst []ID) []ID {
	for n := d.array(linkSize); n > 0 && d.err == nil; n-- {
		dst = append(dst, d.link(changeLink))
	}
	return dst
}

// key reads an author's key. Only its spelling is checked, not the rules of Key.
func (d *cursor) key() (k Key) {
	if d.left() < len(keyHead)+len(k) || !d.skip(keyHead) {
		d.fail(ErrMalformed, "no key in its one spelling % x and 32 bytes", keyHead)
		return Key{}
	}
	copy(k[:], d.take(len(k)))
	return k
}

// keyHead begins a key in a block: byte string of 34, multicodec ed25519-pub.
const keyHead = "\x58\x22" + keyCodec
