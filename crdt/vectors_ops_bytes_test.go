package crdt_test

import (
	"strings"

	"github.com/commonhold/commonhold/internal/block"
)

// opByteVectors are faults of spelling in ops.
func (g *generator) opByteVectors() {
	const op = "\x86\x01\x82\x03\x61t\x82\x01\x01\x01\x03\x03" // of the change of fault
	for _, f := range []struct{ name, shows, now string }{
		{"op-code", "A code that is not given out.", "\x86\x14\x82\x03\x61t\x82\x01\x01\x01\x03\x03"},
		{"op-code-wide", "A code of 64 bits.", "\x86\x1b\x00\x00\x00\x01\x00\x00\x00\x01\x82\x03\x61t\x82\x01\x01\x01\x03\x03"},
		{"op-code-text", "A code that is text.", "\x86\x61\x31\x82\x03\x61t\x82\x01\x01\x01\x03\x03"},
		{"op-long", "An op with a part too many.", "\x87\x01\x82\x03\x61t\x82\x01\x01\x01\x03\x03\x00"},
		{"op-short", "An op with a part too few.", "\x85\x01\x82\x03\x61t\x82\x01\x01\x01\x03"},
		{"op-empty", "An op without parts.", "\x80"},
		{"op-no-array", "An op that is a number.", "\x01"},
		{"op-map", "An op that is a map.", "\xa1\x01\x01"},
		{"side", "A side that is 2.", "\x86\x01\x82\x03\x61t\x82\x01\x01\x02\x03\x03"},
		{"side-bool", "A side that is true.", "\x86\x01\x82\x03\x61t\x82\x01\x01\xf5\x03\x03"},
		{"thing-long", "A thing of three parts.", "\x86\x01\x82\x03\x61t\x83\x01\x01\x01\x01\x03\x03"},
		{"thing-short", "A thing of one part.", "\x86\x01\x82\x03\x61t\x81\x01\x01\x03\x03"},
		{"thing-number", "A thing that is a number.", "\x86\x01\x82\x03\x61t\x01\x01\x03\x03"},
		{"thing-negative", "A thing with a negative number.", "\x86\x01\x82\x03\x61t\x82\x01\x20\x01\x03\x03"},
		{"thing-float", "A thing whose place is a float.", "\x86\x01\x82\x03\x61t\x82\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00\x01\x01\x03\x03"},
		{"parent-false", "A parent that is false.", "\x86\x01\x82\x03\x61t\xf4\x01\x03\x03"},
		{"container-short", "A container of one part.", "\x86\x01\x81\x03\x82\x01\x01\x01\x03\x03"},
		{"container-long", "A container of four parts.", "\x86\x01\x84\x03\x01\x01\x01\x82\x01\x01\x01\x03\x03"},
		{"container-text", "A container that is text.", "\x86\x01\x61t\x82\x01\x01\x01\x03\x03"},
		{"container-kind-0", "A container of kind 0.", "\x86\x01\x82\x00\x61t\x82\x01\x01\x01\x03\x03"},
		{"container-kind-7", "A container of kind 7.", "\x86\x01\x82\x07\x61t\x82\x01\x01\x01\x03\x03"},
		{"name-bytes", "The name of a root container as a byte string.", "\x86\x01\x82\x03\x41t\x82\x01\x01\x01\x03\x03"},
		{"name-utf8", "The name of a root container that is not UTF-8.", "\x86\x01\x82\x03\x62\xc3\x28\x82\x01\x01\x01\x03\x03"},
		{"name-surrogate", "A surrogate in the name of a root container.", "\x86\x01\x82\x03\x63\xed\xa0\x80\x82\x01\x01\x01\x03\x03"},
		{"runes-null", "A count of code points that is null.", "\x86\x01\x82\x03\x61t\x82\x01\x01\x01\xf6\x03"},
	} {
		g.malformed(f.name, f.shows, op, f.now)
	}
	link := "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + strings.Repeat("\x07", 32)
	root := "\x82\x03\x61t"
	for _, f := range []struct{ name, shows, now string }{
		{"over-order", "An over that descends.", "\x85\x06\x82\x01\x61m\x61k\x82\x82\x01\x01\x82\x01\x00\x03"},
		{"over-twice", "A thing twice in over.", "\x85\x06\x82\x01\x61m\x61k\x82\x82\x01\x01\x82\x01\x01\x03"},
		{"over-null", "An over that is null.", "\x85\x06\x82\x01\x61m\x61k\xf6\x03"},
		{"key-of-map-bytes", "A key of a map as a byte string.", "\x85\x06\x82\x01\x61m\x41k\x80\x03"},
		{"run-short", "A run of two parts.", "\x82\x0b\x81\x82\x01\x00"},
		{"run-long", "A run of four parts.", "\x82\x0b\x81\x84\x01\x00\x01\x01"},
		{"runs-flat", "Runs that are one run.", "\x82\x0b\x83\x01\x00\x01"},
		{"lens-number", "Lengths that are one length.", "\x83\x09\x82\x04\x61s\x03"},
		{"len-negative", "A length that is negative.", "\x83\x09\x82\x04\x61s\x81\x20"},
		{"amount-float", "An amount that is a float.", "\x83\x0a\x82\x05\x61c\xfb\x3f\xf0\x00\x00\x00\x00\x00\x00"},
		{"amount-wide", "An amount of 2^63.", "\x83\x0a\x82\x05\x61c\x1b\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"amount-low", "An amount of −2^63 − 1.", "\x83\x0a\x82\x05\x61c\x3b\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"child-kind", "A child of kind 7.", "\x86\x08\x82\x01\x60\x61k\x07\xf6\x80"},
		{"item-kind", "A list child of kind 0.", "\x85\x03\x82\x02\x61l\xf6\x01\x00"},
		{"base-zero", "A base that is 0.", "\x86\x08\x82\x01\x60\x61k\x01\x00\x80"},
		{"mark-growth-one", "A growth that is 1.", "\x89\x0f" + root + "\x61k\x60\x82\x01\x00\x82\x01\x01\x01\x00\x03"},
		{"mark-growth-true", "A growth that is true.", "\x89\x0f" + root + "\x61k\x60\x82\x01\x00\x82\x01\x01\xf5\x00\x03"},
		{"mark-growth-long", "A growth that is 0 in a longer form.", "\x89\x0f" + root + "\x61k\x60\x82\x01\x00\x82\x01\x01\x18\x00\x00\x03"},
		{"mark-id-null", "An id of a mark that is null.", "\x89\x0f" + root + "\x61k\xf6\x82\x01\x00\x82\x01\x01\x00\x00\x03"},
		{"mark-first-null", "A mark that begins nowhere.", "\x89\x0f" + root + "\x61k\x60\xf6\x82\x01\x01\x00\x00\x03"},
		{"node-dest-zero", "A destination that is 0.", "\x85\x11\x82\x06\x61p\x00\xf6\x01"},
		{"tree-move-null", "A move of no node.", "\x85\x12\xf6\xf6\xf6\x01"},
		{"move-null", "A move of no element.", "\x85\x05\xf6\xf6\x01\x80"},
		{"quote-change-null", "A quote of no change.", "\x89\x13" + root + "\xf6\x01\x03\x03\xf6\xf6\x00"},
		{"quote-change-raw", "A quote of a change whose CID is of codec raw.", "\x89\x13" + root + "\xf6\x01\x03\x03\xf6" + strings.Replace(link, "\x71", "\x55", 1) + "\x00"},
		{"quote-work-zero", "A quote of a work of 32 zero bytes.", "\x89\x13" + root + "\xf6\x01\x03\x03" + link[:9] + strings.Repeat("\x00", 32) + link + "\x00"},
		{"quote-negative", "A quote from a negative number.", "\x89\x13" + root + "\xf6\x01\x03\x03\xf6" + link + "\x20"},
		{"act-kind-bytes", "The kind of an act as a byte string.", "\x84\x0e\x41k\xf6\x03"},
		{"act-bytes-null", "The length of free text that is null.", "\x84\x0e\x61k\xf6\xf6"},
		{"note-text", "A note that stands in the op.", "\x82\x0d\x63abc"},
	} {
		g.malformed(f.name, f.shows, op, f.now)
	}
	for _, f := range []struct{ name, shows, old, now string }{
		{"genesis-salt", "A salt that is 1.", "\xf6\xf6\xf4", "\xf6\xf6\x01"},
		{"genesis-rules", "Rules that are false.", "\xf6\xf6\xf4", "\xf4\xf6\xf4"},
		{"genesis-title", "A title that is a byte string.", "\x65Bread", "\x45Bread"},
		{"genesis-short", "A genesis without salt.", "\x85\x00\x65Bread\xf6\xf6\xf4", "\x84\x00\x65Bread\xf6\xf6"},
	} {
		v := g.vector("malformed-"+f.name, f.shows)
		v.genesis().edit(f.old, f.now).refused("Malformed")
	}
	v := g.vector("malformed-genesis-data", "Data that is undefined.")
	d := v.genesis()
	d.ops[0].HasRules, d.ops[0].Rules = true, "r"
	d.edit("\x61r\xf6\xf4", "\x61r\xf7\xf4").refused("Malformed")
}

// valueByteVectors are faults of spelling in values, as they stand in an act.
func (g *generator) valueByteVectors() {
	link := "\xd8\x2a\x58\x25\x00\x01\x71\x12\x20" + strings.Repeat("\x07", 32)
	for _, f := range []struct{ name, shows, now string }{
		{"half", "A float of 16 bits.", "\xf9\x3c\x00"},
		{"single", "A float of 32 bits.", "\xfa\x3f\x80\x00\x00"},
		{"nan", "A float that is no number.", "\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00"},
		{"nan-payload", "A float that is no number, with a payload.", "\xfb\xff\xf0\x00\x00\x00\x00\x00\x01"},
		{"infinity", "An infinite float.", "\xfb\x7f\xf0\x00\x00\x00\x00\x00\x00"},
		{"infinity-negative", "A float of minus infinity.", "\xfb\xff\xf0\x00\x00\x00\x00\x00\x00"},
		{"long-int", "An integer in a longer form.", "\x1a\x00\x00\xff\xff"},
		{"long-negative", "A negative integer in a longer form.", "\x38\x17"},
		{"int-low", "The integer −2^63 − 1.", "\x3b\x80\x00\x00\x00\x00\x00\x00\x00"},
		{"bignum", "A bignum.", "\xc2\x49\x01\x00\x00\x00\x00\x00\x00\x00\x00"},
		{"tag-0", "A date in tag 0.", "\xc0\x74" + "2026-01-01T00:00:00Z"},
		{"undefined", "The value undefined.", "\xf7"},
		{"simple", "A simple value.", "\xe0"},
		{"simple-long", "True in a longer form.", "\xf8\x15"},
		{"indefinite-text", "A text of indefinite length.", "\x7f\x61a\xff"},
		{"indefinite-array", "An array of indefinite length.", "\x9f\xff"},
		{"utf8", "A text that is not UTF-8.", "\x61\xff"},
		{"overlong", "An overlong form.", "\x62\xc0\x80"},
		{"surrogate", "A surrogate.", "\x63\xed\xa0\x80"},
		{"beyond", "A code point beyond U+10FFFF.", "\x64\xf4\x90\x80\x80"},
		{"map-order", "Keys of a map that descend.", "\xa2\x61b\x00\x61a\x00"},
		{"map-length", "A longer key of a map before a shorter one.", "\xa2\x62aa\x00\x61b\x00"},
		{"map-twice", "A key of a map twice.", "\xa2\x61a\x00\x61a\x00"},
		{"map-int-key", "A key of a map that is a number.", "\xa1\x00\x00"},
		{"link-git", "A link of codec git-raw.", strings.Replace(link, "\x71", "\x78", 1)},
		{"link-sha3", "A link of sha3-256.", strings.Replace(link, "\x12", "\x16", 1)},
		{"link-without-zero", "A link without the byte 00 before the CID.", "\xd8\x2a\x58\x24" + link[5:]},
		{"array-bomb", "An array of 2^62 items in nine bytes.", "\x9b\x40\x00\x00\x00\x00\x00\x00\x00"},
		{"map-bomb", "A map of 2^30 entries in five bytes.", "\xba\x40\x00\x00\x00"},
		{"bytes-bomb", "A byte string of 2^62 bytes in nine.", "\x5b\x40\x00\x00\x00\x00\x00\x00\x00"},
	} {
		g.fault("Malformed", "value-"+f.name, f.shows, func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", Value: []byte(f.now), HasValue: true})
		})
	}
}

// limitVectors are one above each limit.
func (g *generator) limitVectors() {
	a := func(n int) string { return strings.Repeat("a", n) }
	wide := append([]byte{0x59, 0xff, 0xfe}, make([]byte, block.MaxAct-2)...) // one byte too many
	for _, f := range []struct {
		name, shows string
		fix         func(d *draft)
	}{
		{"parents", "65 parents.", func(d *draft) {
			for k := range 64 {
				d.h.Parents = append(d.h.Parents, block.ID{255, 255, byte(k)})
			}
		}},
		{"with", "17 co-authors.", func(d *draft) { d.h.With = manyKeys(17) }},
		{"root-name", "A name of a root container of 4,097 bytes.", func(d *draft) { d.step(counterOf(a(block.MaxRootName+1)), 1) }},
		{"map-key", "A key of a map of 4,097 bytes.", func(d *draft) { d.absent(mapOf(""), a(block.MaxMapKey+1)) }},
		{"value-key", "A key of 4,097 bytes in a value.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: append([]byte("\xa1\x79\x10\x01"), a(block.MaxMapKey+1)+"\x00"...)})
		}},
		{"value-depth", "A value with 33 arrays around its innermost part.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: []byte(strings.Repeat("\x81", 33) + "\x00")})
		}},
		{"value-depth-maps", "A value with 33 maps around its innermost part.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: []byte(strings.Repeat("\xa1\x60", 33) + "\x00")})
		}},
		{"value-depth-empty", "32 arrays around an empty one, which counts.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: []byte(strings.Repeat("\x81", 32) + "\x80")})
		}},
		{"value-depth-million", "A million arrays around nothing.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: []byte(strings.Repeat("\x81", 1_000_000) + "\x80")})
		}},
		{"act-value", "A value of an act of 65,537 bytes.", func(d *draft) {
			d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: wide})
		}},
		{"act-kind", "A kind of an act of 257 bytes.", func(d *draft) { d.act(a(block.MaxKindName+1), nil, "") }},
		{"mark-key", "A key of a mark of 257 bytes.", func(d *draft) { d.mark(textOf("t"), a(block.MaxMarkName+1), "", at(0), at(1), stays, stays) }},
		{"mark-id", "An id of a mark of 257 bytes.", func(d *draft) { d.mark(textOf("t"), "k", a(block.MaxMarkName+1), at(0), at(1), stays, stays) }},
		{"ops", "65,537 ops.", func(d *draft) {
			for range block.MaxOps {
				d.step(counterOf("c"), 1)
			}
		}},
		{"named", "A delete of 1,048,577 numbers.", func(d *draft) { d.del(block.Run{C: 1, N: 0, Len: block.MaxNamed + 1}) }},
		{"named-sum", "A delete and an over that name 1,048,577 numbers together.", func(d *draft) {
			d.ops = append(d.ops, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 0, Len: block.MaxNamed}}},
				block.Op{Code: block.OpAbsent, C: mapOf(""), Key: "k", Over: []block.Thing{at(0)}})
		}},
		{"words", "A text of 1,048,577 bytes.", func(d *draft) {
			d.ops = []block.Op{{Code: block.OpText, C: textOf("t"), Side: block.Right, Runes: block.MaxContent + 1, Bytes: block.MaxContent + 1}}
			d.noSize = true
			d.h.Text, d.h.Size = block.ID{1}, block.MaxContent
		}},
		{"words-sum", "Two values of 1,048,577 bytes together.", func(d *draft) {
			d.ops = []block.Op{{Code: block.OpAdd, C: setOf("s"), Lens: []uint32{block.MaxContent, 1}}}
			d.noSize = true
			d.h.Text, d.h.Size = block.ID{1}, block.MaxContent
		}},
		{"size", "Content of 1,048,576 bytes and salt.", func(d *draft) {
			d.ops = []block.Op{{Code: block.OpNote, Bytes: block.MaxContent}}
			d.noSize = true
			d.h.Text, d.h.Size = block.ID{1}, block.MaxContent+block.SaltSize
		}},
		{"numbers", "A start that leaves no room for the numbers of the change below 2^53.", func(d *draft) {
			d.h.Seq, d.h.Prev, d.h.Work, d.h.Start = 1, block.ID{1}, block.ID{}, block.MaxNumbers-3
		}},
		{"start", "A start of 2^64 − 1.", func(d *draft) {
			d.h.Seq, d.h.Prev, d.h.Work, d.h.Start = 1, block.ID{1}, block.ID{}, 1<<64-1
		}},
		{"thing", "A thing of number 2^53.", func(d *draft) { d.absent(mapOf(""), "k", at(block.MaxNumbers)) }},
		{"run", "A run whose last number is 2^53.", func(d *draft) { d.del(block.Run{C: 1, N: block.MaxNumbers - 1, Len: 2}) }},
		{"quote", "A quote whose last number is 2^53.", func(d *draft) {
			d.quote(textOf("t"), vecTop, "ab", block.Origin{Change: block.ID{1}, N: block.MaxNumbers - 1})
		}},
		{"block", "A block of 1,048,577 bytes.", func(d *draft) {
			d.noteBlock(block.MaxBlock + 1)
		}},
	} {
		g.fault("Limit", f.name, f.shows, f.fix)
	}
	for _, f := range []struct {
		name, shows string
		op          block.Op
	}{
		{"title", "A title of 4,097 bytes.", block.Op{Name: a(block.MaxTitle + 1)}},
		{"rules-name", "A name of rules of 257 bytes.", block.Op{Name: "Bread", HasRules: true, Rules: a(block.MaxKindName + 1)}},
		{"rules-data", "Data for rules of 65,537 bytes.", block.Op{Name: "Bread", HasRules: true, Rules: "r", HasValue: true, Value: wide}},
	} {
		v := g.vector("limit-"+f.name, f.shows)
		d := v.genesis()
		d.ops = []block.Op{f.op}
		d.refused("Limit")
	}
}

// manyKeys are keys that ascend.
func manyKeys(n int) []block.Key {
	var keys []block.Key
	for k := range n {
		keys = append(keys, block.Key(exampleKey(byte(4+k)).Author()))
	}
	sortKeys(keys)
	return keys
}

// noteBlock adds acts until the block has just n bytes.
func (d *draft) noteBlock(n int) {
	size := func() int {
		var b []byte
		for k := range d.ops {
			b = block.AppendOp(b, &d.ops[k])
		}
		h := d.h
		h.Text, h.Size = block.ID{1}, uint32(len(d.words))
		return len(block.Encode(&h, len(d.ops), b))
	}
	for n-size() > 0 {
		// An act takes 8 bytes beside the zeros in its value, or 6.
		room := min(n-size()-8, 60000)
		if rest := n - size() - 8 - room; rest > 0 && rest < 1000 {
			room -= 1000
		}
		d.op(block.Op{Code: block.OpAct, Name: "k", HasValue: true, Value: append([]byte{0x59, byte(room >> 8), byte(room)}, make([]byte, room)...)})
	}
	if size() != n {
		d.v.t.Fatalf("block of %d bytes, not %d", size(), n)
	}
}

// atLimitVectors are changes at the limits, which are good.
func (g *generator) atLimitVectors() {
	a := func(n int) string { return strings.Repeat("a", n) }
	v := g.vector("at-limit-title", "A title of 4,096 bytes.")
	d := v.genesis()
	d.ops[0].Name = a(block.MaxTitle)
	d.end()

	v = g.begin("at-limit-names", "Names, keys, kinds and ids of the greatest length, 16 co-authors, a value of an act of 65,536 bytes.")
	d = v.on(ann)
	x := d.text(textOf("t"), vecTop, "ab")
	d.step(counterOf(a(block.MaxRootName)), 1)
	d.put(mapOf("m"), a(block.MaxMapKey), map[string]any{a(block.MaxMapKey): 1})
	d.mark(textOf("t"), a(block.MaxMarkName), a(block.MaxMarkName), x, x, stays, stays, 1)
	d.op(block.Op{Code: block.OpAct, Name: a(block.MaxKindName), HasValue: true, Value: append([]byte{0x59, 0xff, 0xfd}, make([]byte, 65533)...)})
	d.h.With = manyKeys(block.MaxWith)
	d.end()
	v.json(`{"%s":1,"m":{"%s":{"%s":1}},"t":"ab"}`, a(4096), a(4096), a(4096))

	v = g.begin("at-limit-ops", "65,536 ops.")
	d = v.on(ann)
	for range block.MaxOps {
		d.step(counterOf("c"), 1)
	}
	d.end()
	v.json(`{"c":65536}`)

	v = g.begin("at-limit-block", "A block of 1,048,576 bytes.")
	d = v.on(ann)
	d.noteBlock(block.MaxBlock)
	d.end()

	v = g.begin("at-limit-content", "Content of 1,048,576 bytes.")
	d = v.on(ann)
	d.note(a(block.MaxContent))
	d.end()

	v = g.begin("at-limit-parents", "64 parents: all are missing here, so it waits.")
	d = v.on(ben)
	for k := range block.MaxParents {
		d.h.Parents = append(d.h.Parents, block.ID{255, 255, byte(k)})
	}
	d.pending()

	v = g.begin("at-limit-numbers", "Numbers up to 2^53 − 1, and a thing of that number: prev is missing, so it waits.")
	d = v.on(ben, v.made[0])
	d.h.Seq, d.h.Prev, d.h.Work, d.h.Start = 1, block.ID{1}, block.ID{}, block.MaxNumbers-2
	d.step(counterOf("c"), 1)
	d.del(block.Run{C: 1, N: block.MaxNumbers - 1, Len: 1})
	d.h.Start--
	d.pending()

	const n = 100_000
	v = g.begin("at-limit-delete", "A text of 100,000 code points, each hanging on the one before; one delete of all, and its restore in part.")
	d = v.on(ben, v.made[0])
	d.text(textOf("t"), vecTop, a(n))
	b := d.end()
	d = v.on(ann, b)
	y := d.del(block.Run{C: 1, N: 0, Len: n})
	d.restore(span(block.Thing{N: y.N + n - 5}, 5))
	d.end()
	v.json(`{"t":"aaaaa"}`)
}
