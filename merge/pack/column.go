package pack

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

// column names one of the streams of bytes that a group lies in. The numbers
// are the format's: a new column gets the next number.
type column uint8

// The columns. Those marked raw or literal hold bytes as they are, the others
// symbols of [coder.num] and [coder.sym].
const (
	colBits        column = iota // raw: what is below the symbols of large numbers
	colRaw                       // raw: keys, names of changes and contents, salts
	colSigs                      // raw: signatures
	colNames                     // literal: names, keys, values of acts
	colWords                     // literal: words
	colShape                     // what is out of the ordinary with a change
	colRare                      // the same, of what is rare
	colAuthor                    // who
	colPrev                      // which change before on the chain, where not the author's newest
	colChain                     // seq and start, where they do not follow
	colTime                      // milliseconds since the change before in the pack
	colLinks                     // how many parents
	colParent                    // which
	colRefs                      // how many refs
	colRef                       // which
	colWith                      // co-authors
	colTag                       // place of the proposal
	colSource                    // whose context an author takes up
	colOps                       // how many ops
	colKind                      // code of an op: of the first of a change, …
	colKindOp                    // … after an op that is no delete, …
	colKindDelete                // … after a delete
	colPlace                     // where an element goes, if the kind does not say
	colContainer                 // which container
	colRunes                     // code points of a text: of the first op, …
	colRunesOp                   // … after an op that is no delete, …
	colRunesDelete               // … after a delete
	colBytes                     // bytes beyond code points, of a value, a note, an act
	colCount                     // how many values
	colLens                      // their bytes
	colRuns                      // how many runs
	colEnd                       // the element that the first run ends with, if it is a recent one
	colLenEnd                    // length of a first run that does
	colLenFirst                  // length of a first run that does not
	colLenNext                   // length of a further run
	colForm                      // four columns, one a role: how a thing is told
	colGap         = colForm + roles
	colFarC        = colGap + 2*roles // link and number of a thing told outright
	colFarN        = colFarC + 1
	colOver        = colFarN + 1 // how many entries an entry takes the place of
	colName        = colOver + 1 // which name, one column a role
	colLength      = colName + column(nameRoles)
	colFlags       = colLength + 1 // small fields of rare ops
	colAmount      = colFlags + 1  // steps
	colOrigin      = colAmount + 1 // numbers of quotes
	colSigned      = colOrigin + 1 // which change of the group is signed
	columns        = colSigned + 1
)

// A number below direct is its own symbol. Others are told by their length in
// bits and the two bits below the top one, in one symbol, and the rest in colBits:
//
//	n = 100 = 1|10|0100b, seven bits: symbol 16 + 4·(6-4) + 10b, bits 0100b
//
// 2^64-1 has the symbol 255, so that every symbol and every number is one.
const direct = 16

// stream is one column: being written at its end, or read from place i on.
type stream struct {
	b []byte
	i int
}

// coder writes or reads columns. Each call stands for both directions: it takes
// the value that is written, and returns the value that was written or read, so
// that what walks over a change is told once and cannot differ between writer
// and reader. A reader's first fault is kept in err; reads after it return
// zeros, and callers look at err once per loop.
type coder struct {
	write bool
	cols  [columns]stream
	acc   uint64 // bits not yet in colBits, the first lowest
	nacc  uint   // how many, below 64
	pos   int    // next bit to read
	err   error
}

// reset makes the coder ready for the next group.
func (c *coder) reset(write bool) {
	for k := range c.cols {
		c.cols[k] = stream{b: c.cols[k].b[:0]}
	}
	c.write, c.acc, c.nacc, c.pos, c.err = write, 0, 0, 0, nil
}

// fail notes the first fault of what is read. A writer has none: what it is
// given was decoded.
func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf("pack: "+format+": %w", append(args, ErrMalformed)...)
	}
}

// sym is one symbol.
func (c *coder) sym(k column, v uint8) uint8 {
	s := &c.cols[k]
	if c.write {
		s.b = append(s.b, v)
		return v
	}
	if s.i >= len(s.b) {
		c.fail("column %d ends early", k)
		return 0
	}
	v = s.b[s.i]
	s.i++
	return v
}

// num is one number.
func (c *coder) num(k column, v uint64) uint64 {
	if c.write {
		c.put(k, v)
		return v
	}
	s := c.sym(k, 0)
	if s < direct {
		return uint64(s)
	}
	low := uint(s-direct)>>2 + 2 // bits below the top three
	return uint64(4|s&3)<<low | c.get(low)
}

// put writes a number.
func (c *coder) put(k column, v uint64) {
	s := &c.cols[k]
	if v < direct {
		s.b = append(s.b, byte(v))
		return
	}
	low := uint(bits.Len64(v)) - 3
	s.b = append(s.b, direct+byte(low-2)<<2+byte(v>>low)&3)
	v &= 1<<low - 1
	c.acc |= v << c.nacc
	if c.nacc += low; c.nacc >= 64 {
		b := &c.cols[colBits].b
		*b = binary.LittleEndian.AppendUint64(*b, c.acc)
		c.nacc -= 64
		c.acc = v >> (low - c.nacc)
	}
}

// flush ends colBits of a writer.
func (c *coder) flush() {
	b := &c.cols[colBits].b
	for ; c.nacc > 0; c.nacc -= min(c.nacc, 8) {
		*b = append(*b, byte(c.acc))
		c.acc >>= 8
	}
}

// get reads the next n bits, at most 61.
func (c *coder) get(n uint) uint64 {
	b, at := c.cols[colBits].b, c.pos>>3
	shift := uint(c.pos & 7)
	if c.pos += int(n); c.pos > 8*len(b) {
		c.pos = 8 * len(b)
		c.fail("column %d ends early", colBits)
		return 0
	}
	var v uint64
	if at+8 <= len(b) {
		v = binary.LittleEndian.Uint64(b[at:]) >> shift
	} else {
		for k := len(b) - 1; k >= at; k-- {
			v = v<<8 | uint64(b[k])
		}
		v >>= shift
	}
	if n+shift > 64 {
		v |= uint64(b[at+8]) << (64 - shift)
	}
	return v & (1<<n - 1)
}

// signed is a number that may be negative.
func (c *coder) signed(k column, v int64) int64 {
	u := c.num(k, uint64(v)<<1^uint64(v>>63))
	return int64(u>>1) ^ -int64(u&1)
}

// upto is a number that must not be above limit.
func (c *coder) upto(k column, v, limit uint64) uint64 {
	if v = c.num(k, v); v > limit {
		c.fail("%d in column %d, over %d", v, k, limit)
		return 0
	}
	return v
}

// flag is a symbol for false or true.
func (c *coder) flag(k column, v bool) bool {
	var s uint8
	if v {
		s = 1
	}
	return c.sym(k, s) != 0
}

// fixed is bytes as they are, as many as p has, which a reader fills.
func (c *coder) fixed(k column, p []byte) {
	s := &c.cols[k]
	if c.write {
		s.b = append(s.b, p...)
		return
	}
	copy(p, c.take(k, len(p)))
}

// literal is bytes as they are, n of them, which a writer is given. What a
// reader returns aliases the column.
func (c *coder) literal(k column, p []byte, n int) []byte {
	if c.write {
		s := &c.cols[k]
		s.b = append(s.b, p...)
		return p
	}
	return c.take(k, n)
}

// take reads n bytes of a column, which the result aliases; nothing where there
// are not so many.
func (c *coder) take(k column, n int) []byte {
	s := &c.cols[k]
	if n > len(s.b)-s.i {
		c.fail("column %d ends early", k)
		return nil
	}
	p := s.b[s.i : s.i+n : s.i+n]
	s.i += n
	return p
}

// rest is a fault if a column was not read to its end.
func (c *coder) rest() {
	for k := range c.cols {
		s := &c.cols[k]
		at := s.i
		if column(k) == colBits {
			at = (c.pos + 7) >> 3
		}
		if at < len(s.b) {
			c.fail("column %d has %d bytes more than are told of", k, len(s.b)-at)
		}
	}
}
