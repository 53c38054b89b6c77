package block

import (
	"encoding/binary"
	"unicode/utf8"
)

// CheckContent tells whether content is what the change says of its words: its
// length with the salt where the work is salted, for each text valid UTF-8 of
// exactly its code points, for each value one value as CheckValue reads it, and
// UTF-8 for notes and the free text of acts. Content that does not fit counts as
// absent, for ever and everywhere. The caller compares Sum(content) with
// c.Text. The change must come from Decode; its working space is used.
func CheckContent(c *Change, salted bool, content []byte) bool {
	size := int(c.Words)
	if salted && size > 0 {
		size += SaltSize
	}
	if len(content) != size || uint32(size) != c.Size {
		return false
	}
	words := content[size-int(c.Words):]
	if c.plain {
		return isASCII(words)
	}
	c.reader.Reset(c.Ops)
	c.reader.spell = false
	for op := &c.op; c.reader.Next(op); {
		n := op.WordBytes()
		if !checkWords(op, words[:n]) {
			return false
		}
		words = words[n:]
	}
	return c.reader.Err() == nil
}

// checkWords tells whether the words are what the op says of them.
func checkWords(op *Op, words []byte) bool {
	switch op.Code {
	case OpText, OpQuote:
		return checkText(words, int(op.Runes))
	case OpSet, OpPut:
		return isValue(words)
	case OpMark:
		return len(words) == 0 || isValue(words)
	case OpValues, OpAdd:
		for _, n := range op.Lens {
			if !isValue(words[:n]) {
				return false
			}
			words = words[n:]
		}
	case OpNote, OpAct:
		return utf8.Valid(words)
	}
	return true
}

// checkText tells whether b is UTF-8 of just so many code points. A code point
// a byte, the common case, means ASCII.
func checkText(b []byte, runes int) bool {
	if runes == len(b) {
		return isASCII(b)
	}
	return utf8.Valid(b) && utf8.RuneCount(b) == runes
}

// isASCII tells whether no byte has its top bit set.
func isASCII(b []byte) bool {
	for ; len(b) >= 8; b = b[8:] {
		if binary.LittleEndian.Uint64(b)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, x := range b {
		if x >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// isValue tells whether b is one value and nothing else.
func isValue(b []byte) bool {
	rest, err := CheckValue(b)
	return err == nil && len(rest) == 0
}
