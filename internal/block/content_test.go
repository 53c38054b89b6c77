package block_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"pgregory.net/rapid"
)

// slowContent is the slow twin of CheckContent: it cuts the words into pieces
// and asks of each what it must be.
func slowContent(c *block.Change, salted bool, content []byte) bool {
	if len(content) != int(c.Size) {
		return false
	}
	if salted && c.Words > 0 {
		if len(content) < 16 {
			return false
		}
		content = content[16:]
	}
	if len(content) != int(c.Words) {
		return false
	}
	good := true
	piece := func(n uint32) string {
		p := content[:n]
		content = content[n:]
		return string(p)
	}
	isValue := func(s string) bool { return slowCheckValue([]byte(s)) == nil }
	var r block.Reader
	var op block.Op
	r.Reset(c.Ops)
	for r.Next(&op) {
		switch op.Code {
		case block.OpText, block.OpQuote:
			s := piece(op.Bytes)
			good = good && utf8.ValidString(s) && len([]rune(s)) == int(op.Runes)
		case block.OpSet, block.OpPut:
			good = isValue(piece(op.Bytes)) && good
		case block.OpValues, block.OpAdd:
			for _, n := range op.Lens {
				good = isValue(piece(n)) && good
			}
		case block.OpMark:
			if op.Bytes > 0 {
				good = isValue(piece(op.Bytes)) && good
			}
		case block.OpNote, block.OpAct:
			good = utf8.ValidString(piece(op.Bytes)) && good
		}
	}
	return good && len(content) == 0
}

// laterContent is good content for later.
func laterContent() []byte {
	long := encode(strings.Repeat("v", 297))
	return slices.Concat([]byte("éaé"), []byte("😀"), []byte{1}, long, encode("x"), []byte{2}, []byte{3}, []byte{4}, []byte("note"), []byte("free text"))
}

// TestContent: good content, and what is wrong with each piece of it.
func TestContent(t *testing.T) {
	c := must(decode(t, encode(later())))
	good := laterContent()
	if len(good) != int(c.Size) {
		t.Fatalf("%d bytes", len(good))
	}
	judge := func(name string, c *block.Change, salted bool, content []byte, want bool) {
		t.Helper()
		before := bytes.Clone(content)
		if got := block.CheckContent(c, salted, content); got != want || slowContent(c, salted, content) != want {
			t.Errorf("%s: %t, slow twin %t", name, got, slowContent(c, salted, content))
		}
		if !bytes.Equal(before, content) {
			t.Error("content was changed")
		}
	}
	judge("good", c, false, good, true)
	judge("good again", c, false, good, true)
	judge("unsalted in a salted work", c, true, good, false)
	judge("nil", c, false, nil, false)
	judge("one byte less", c, false, good[:len(good)-1], false)
	judge("one byte more", c, false, append(slices.Clone(good), 'x'), false)
	at := func(i int, s string) []byte {
		b := slices.Clone(good)
		copy(b[i:], s)
		return b
	}
	judge("text cut inside a rune", c, false, at(0, "\x80aaaé"), false)
	judge("one rune too many", c, false, at(0, "aaaaé"), false)
	judge("runes right, bytes shared otherwise", c, false, at(0, "aé€"), false)
	judge("other runes", c, false, at(0, "éé1"), true)
	judge("four bytes of ASCII", c, false, at(5, "abcd"), false)
	judge("surrogate", c, false, at(0, "\xed\xa0\x80aa"), false)
	judge("value that goes on", c, false, at(9, "\x81"), false)
	judge("value undefined", c, false, at(9, "\xf7"), false)
	judge("value cut", c, false, at(10, "\x79\x01\x2a"), false)
	judge("value too short", c, false, at(10, "\x00"), false)
	judge("value of element not its length", c, false, at(310, "\x18\x01"), false)
	judge("value of a key", c, false, at(312, "\x60"), true)
	judge("value of a key, a map cut", c, false, at(312, "\xa1"), false)
	judge("tag", c, false, at(314, "\xc0"), false)
	judge("note not UTF-8", c, false, at(315, "n\xff"), false)
	judge("act not UTF-8", c, false, at(319, "f\xff"), false)
	judge("act at the end not UTF-8", c, false, at(327, "\xc3"), false)

	salted := must(decode(t, encode(with(later(), "size", 328+16))))
	withSalt := slices.Concat([]byte("\xff\x00 any 16 bytes!"), good)
	judge("salted", salted, true, withSalt, true)
	judge("salted in an unsalted work", salted, false, withSalt, false)
	judge("salt missing", salted, true, good, false)
	judge("salt of 15", salted, true, withSalt[1:], false)
	none := must(decode(t, encode(first())))
	judge("none", none, false, nil, true)
	judge("none, salted work", none, true, []byte{}, true)
	judge("none, but some", none, false, []byte("x"), false)
	judge("none, but salt", none, true, withSalt[:16], false)

	c.Ops = c.Ops[:len(c.Ops)-1]
	if block.CheckContent(c, false, good) {
		t.Error("content of ops that are cut is accepted")
	}
}

// TestContentRich: the words of marks are values, those of quotes are text.
func TestContentRich(t *testing.T) {
	c := must(decode(t, encode(rich())))
	for name, tc := range map[string]struct {
		at   int
		s    string
		want bool
	}{
		"good":                           {0, "", true},
		"another mark":                   {0, "\xf6", true},
		"a mark that goes on":            {0, "\x81", false},
		"a mark that ends early":         {1, "\x00x", false},
		"a mark not in its one form":     {1, "\x18\x03", false},
		"text for a mark":                {1, "xx", false},
		"another text":                   {5, "én", true},
		"a rune too many":                {5, "abc", false},
		"a rune too few":                 {5, "€", false},
		"a quote not UTF-8":              {5, "\xff\xc3\xa9", false},
		"a quote not ASCII":              {8, "é", false},
		"a rune shared by two quotes":    {7, "\xe2\x82\xac", false},
		"words of one op in the other":   {5, "abcé", false},
		"a quote of other plain letters": {8, "\x00~", true},
	} {
		b := richContent()
		copy(b[tc.at:], tc.s)
		if got, slow := block.CheckContent(c, false, b), slowContent(c, false, b); got != tc.want || slow != tc.want {
			t.Errorf("%s: %t, slow twin %t", name, got, slow)
		}
	}
	if len(richContent()) != int(c.Words) || block.CheckContent(c, true, richContent()) {
		t.Error("words of another length, or without their salt")
	}
}

// TestContentASCII: one byte above ASCII at each place of a long ASCII text.
func TestContentASCII(t *testing.T) {
	const n = 43 // five words of eight bytes and three bytes
	c := must(decode(t, encode(ops(n, list{1, root(block.KindText, ""), nil, 1, n, n}))))
	for i := range n {
		b := bytes.Repeat([]byte{'a'}, n)
		if !block.CheckContent(c, false, b) {
			t.Fatal("refused")
		}
		for _, x := range []byte{0x80, 0xc3, 0xff} {
			if b[i] = x; block.CheckContent(c, false, b) {
				t.Errorf("byte %02x at %d", x, i)
			}
		}
		b[i] = 0
		if !block.CheckContent(c, false, b) {
			t.Errorf("NUL at %d refused", i)
		}
	}
}

// TestContentRandom: changed bytes of good content, and the slow twin.
func TestContentRandom(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, b := must(decode(t, encode(later()))), laterContent()
		if rapid.Bool().Draw(t, "rich") {
			c, b = must(decode(t, encode(rich()))), richContent()
		}
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		if got, want := block.CheckContent(c, false, b), slowContent(c, false, b); got != want {
			t.Fatalf("%t, slow twin %t", got, want)
		}
	})
}

// TestContentAllocs: checking allocates nothing.
func TestContentAllocs(t *testing.T) {
	c := must(decode(t, encode(later())))
	b := laterContent()
	if n := testing.AllocsPerRun(100, func() { block.CheckContent(c, false, b) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
