package crdt_test

import "github.com/commonhold/commonhold/internal/block"

// contentVectors are content blocks that are salted, absent, damaged or wrong.
func (g *generator) contentVectors() {
	v := g.vector("salted", "A work whose content is salted: 16 bytes stand before the words.")
	v.salted = true
	d := v.genesis()
	d.ops[0].Salt = true
	d.end()
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "abc")
	d.put(mapOf(""), "k", 1)
	d.end()
	d = v.on(ann)
	d.step(counterOf("c"), 1)
	d.end()
	v.json(`{"c":1,"k":1,"t":"abc"}`)

	v = g.begin("absent-text", "Words that nobody has: code points are not shown, and keep their places.")
	d = v.on(ann)
	x := d.text(textOf("t"), vecTop, "abc")
	d.noContent = true
	d.end()
	d = v.on(ann)
	d.text(textOf("t"), rightOf(x), "X")
	d.text(textOf("t"), leftOf(x), "Y")
	d.end()
	v.json(`{"t":"YX"}`)

	v = g.begin("absent-winner", "A winner without words is withheld, null in JSON, and the loser does not show; list elements and set members without words do not show, a set element does.")
	d = v.on(ann)
	k := d.put(mapOf(""), "k", "old")
	l := d.values(listOf("l"), vecTop, 1)
	d.end()
	d = v.on(ann)
	d.put(mapOf(""), "k", "new", k)
	d.put(mapOf("m"), "only", 1)
	d.set(l, "new", l)
	d.values(listOf("l"), rightOf(l), 2)
	d.add(setOf("s"), 1)
	d.step(counterOf("c"), 1)
	d.marker(textOf("t"), vecTop)
	d.child(mapOf(""), "child", block.KindList, nil)
	d.noContent = true
	d.end()
	v.json(`{"c":1,"child":[],"k":null,"l":[null],"m":{"only":null},"t":"\n"}`)

	v = g.begin("absent-element-set", "An element whose own words are absent does not show, whatever it was set to.")
	d = v.on(ann)
	l = d.values(listOf("l"), vecTop, 1)
	d.noContent = true
	d.end()
	d = v.on(ann)
	d.set(l, "new", l)
	d.values(listOf("l"), rightOf(l), 2)
	d.end()
	v.json(`{"l":[2]}`)

	damaged := func(name, shows string, fill func(d *draft)) {
		v := g.begin("damaged-"+name, shows+" All words of the change count as absent; what needs none is there.")
		d := v.on(ann)
		d.text(textOf("t"), vecTop, "good")
		d.step(counterOf("c"), 1)
		fill(d)
		d.end()
		v.json(`{"c":1}`)
	}
	text := block.Op{Code: block.OpText, C: textOf("u"), Side: block.Right, Runes: 2, Bytes: 2}
	damaged("utf8", "A text that is not UTF-8.", func(d *draft) { d.op(text, 0xc3, 0x28) })
	damaged("surrogate", "A surrogate in a text.", func(d *draft) {
		op := text
		op.Runes, op.Bytes = 1, 3
		d.op(op, 0xed, 0xa0, 0x80)
	})
	damaged("overlong", "An overlong form in a text.", func(d *draft) { d.op(text, 0xc0, 0x80) })
	damaged("count", "A text of other than the code points that the op says.", func(d *draft) { d.op(text, []byte("é")...) })
	damaged("count-more", "A text of more code points than the op says, in as many bytes.", func(d *draft) {
		op := text
		op.Bytes = 4
		d.op(op, []byte("aéa")...)
	})
	damaged("count-less", "A text of fewer code points than the op says, in as many bytes.", func(d *draft) {
		op := text
		op.Bytes = 3
		d.op(op, []byte("€")...)
	})
	damaged("split", "Two texts that are UTF-8 together and not each by itself.", func(d *draft) {
		op := text
		op.Runes, op.Bytes = 1, 1
		d.op(op, 0xc3)
		d.op(op, 0xa9)
	})
	damaged("quote", "A quote that is not UTF-8.", func(d *draft) {
		op := text
		op.Code, op.From.Change = block.OpQuote, block.Sum(nil)
		d.op(op, 0xff, 0xff)
	})
	listOp := block.Op{Code: block.OpValues, C: listOf("l"), Side: block.Right, Lens: []uint32{2, 1}}
	damaged("value-long", "A value in a longer form than it needs.", func(d *draft) { d.op(listOp, 0x18, 0x01, 0x00) })
	damaged("value-two", "Two values where one belongs.", func(d *draft) { d.op(listOp, 0x01, 0x01, 0x00) })
	damaged("value-cut", "A value that goes on behind its length.", func(d *draft) { d.op(listOp, 0x01, 0x61, 0x61) })
	damaged("value-undefined", "The value undefined in a set.", func(d *draft) {
		d.op(block.Op{Code: block.OpAdd, C: setOf("s"), Lens: []uint32{1}}, 0xf7)
	})
	damaged("value-depth", "A value with 33 arrays around its innermost part.", func(d *draft) {
		op := block.Op{Code: block.OpPut, C: mapOf(""), Key: "damaged", Bytes: 34}
		words := make([]byte, 34)
		for k := range 33 {
			words[k] = 0x81
		}
		d.op(op, words...)
		d.del(span(block.Thing{N: d.h.Start + d.n - 1}, 1)) // the entry would show as withheld
	})
	damaged("mark", "A value of a mark that is none.", func(d *draft) {
		d.op(block.Op{Code: block.OpMark, C: textOf("t"), Key: "k", Elem: d.own(0), Last: d.own(1), Bytes: 1}, 0xff)
	})
	damaged("note", "A note that is not UTF-8.", func(d *draft) { d.op(block.Op{Code: block.OpNote, Bytes: 1}, 0x80) })
	damaged("act", "Free text of an act that is not UTF-8.", func(d *draft) {
		d.op(block.Op{Code: block.OpAct, Name: "x", Value: []byte{0xf6}, HasValue: true, Bytes: 1}, 0x80)
	})

	v = g.begin("damaged-size", "A change that names content of another length than it says: the content does not fit.")
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "abc")
	d.step(counterOf("c"), 1)
	d.noSize, d.content = true, []byte("abcd")
	d.h.Text, d.h.Size = block.Sum(d.content), 3
	d.end()
	v.json(`{"c":1}`)

	v = g.begin("content-hash", "Content that is not what the change names is refused; the change is applied without words.")
	d = v.on(ann)
	d.text(textOf("t"), vecTop, "abc")
	d.step(counterOf("c"), 1)
	d.content, d.c.ContentKind = []byte("abd"), "Hash"
	d.end()
	v.json(`{"c":1}`)
}
