package crdt_test

import (
	"encoding/json"
	"math"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
)

// jsonText is a string as JSON.
func jsonText(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// later gives the greater of two changes of one depth in the total order.
func later(a, b *made, x, y string) (winner, loser string) {
	if lesser(a, b) {
		return y, x
	}
	return x, y
}

// listVectors are lists and their values.
func (g *generator) listVectors() {
	v := g.begin("list-values", "List elements hang as code points do; one op inserts several.")
	d := v.on(ann)
	x := d.values(listOf("l"), vecTop, 1, 2, 3)
	d.values(listOf("l"), leftOf(x), 0)
	y := x
	y.N++
	d.values(listOf("l"), rightOf(y), 25)
	d.end()
	v.json(`{"l":[0,1,2,3,25]}`) // 25 is the later sibling of 3

	v = g.begin("list-children", "List elements that are containers, one of each kind, and what is in them.")
	d = v.on(ann)
	at := vecTop
	for kind := block.KindMap; kind <= block.KindTree; kind++ {
		x := d.item(listOf("l"), at, kind)
		at = rightOf(x)
		c := childOf(kind, x)
		switch kind {
		case block.KindMap:
			d.put(c, "k", 1)
		case block.KindList:
			d.values(c, vecTop, 2)
		case block.KindText:
			d.text(c, vecTop, "three")
		case block.KindSet:
			d.add(c, 4)
		case block.KindCounter:
			d.step(c, 5)
		case block.KindTree:
			d.page(c, nil, vecTop, "six")
		}
	}
	d.end()
	v.json(`{"l":[{"k":1},[2],"three",[4],5,[{"data":{"n":"six"}}]]}`)

	v = g.begin("list-empty-children", "Containers in a list show even when nothing is in them.")
	d = v.on(ann)
	at = vecTop
	for kind := block.KindMap; kind <= block.KindTree; kind++ {
		at = rightOf(d.item(listOf("l"), at, kind))
	}
	d.end()
	v.json(`{"l":[{},[],"",[],0,[]]}`)

	v = g.begin("list-set", "Setting an element gives it another value at its place; the newest over the others wins.")
	d = v.on(ann)
	x = d.values(listOf("l"), vecTop, 1, 2)
	e := d.set(x, "one", x)
	d.set(x, "eins", x, e)
	d.end()
	v.json(`{"l":["eins",2]}`)

	v = g.begin("list-set-concurrent", "Two people set one element at the same time: one copy, the value of the greater CID.")
	d = v.on(ann)
	d.values(listOf("l"), vecTop, 1, 2)
	base := d.end()
	d = v.on(ann)
	d.set(d.at(base, 0), "a", d.at(base, 0))
	a := d.end()
	d = v.on(ben, base)
	d.set(d.at(base, 0), "b", d.at(base, 0))
	b := d.end()
	w, _ := later(a, b, "a", "b")
	v.json(`{"l":["%s",2]}`, w)

	v = g.begin("list-set-over-nothing", "A set that names nothing as over reaches nothing; it wins by the total order alone, and where it is deleted the first value shows again.")
	d = v.on(ann)
	x = d.values(listOf("l"), vecTop, 1, 2)
	d.set(x, "one")
	y = x
	y.N++
	e = d.set(y, "two")
	d.del(span(e, 1))
	d.end()
	v.json(`{"l":["one",2]}`)

	v = g.begin("list-set-child", "A value set over a list child shows instead of its container; deleted, the container is back.")
	d = v.on(ann)
	x = d.item(listOf("l"), vecTop, block.KindMap)
	d.put(childOf(block.KindMap, x), "k", 1)
	y = d.item(listOf("l"), rightOf(x), block.KindMap)
	d.put(childOf(block.KindMap, y), "k", 2)
	d.set(x, "value", x)
	e = d.set(y, "value", y)
	d.del(span(e, 1))
	d.end()
	v.json(`{"l":["value",{"k":2}]}`)

	v = g.begin("list-delete-set", "An element is deleted while another sets it: deleted it is, and restored it shows the newest value.")
	d = v.on(ann)
	d.values(listOf("l"), vecTop, 1, 2)
	base = d.end()
	d = v.on(ann)
	d.del(span(d.at(base, 0), 2))
	del := d.end()
	d = v.on(ben, base)
	d.set(d.at(base, 0), "new", d.at(base, 0))
	d.set(d.at(base, 1), "never", d.at(base, 1))
	set := d.end()
	d = v.on(cas, del, set)
	d.restore(span(d.at(del, 0), 1))
	d.end()
	v.json(`{"l":["new"]}`)
}

// moveVectors are lists whose elements move.
func (g *generator) moveVectors() {
	begin := func(name, shows string) (*vec, *made) {
		v := g.begin(name, shows)
		d := v.on(ann)
		d.values(listOf("l"), vecTop, "a", "b", "c")
		return v, d.end()
	}
	v, base := begin("list-move", "A moved element stands once, at its new position.")
	d := v.on(ann)
	d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.end()
	v.json(`{"l":["b","c","a"]}`)

	v, base = begin("list-move-concurrent", "Two people move one element at the same time: one copy, at the position of the greater CID.")
	d = v.on(ann)
	d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	a := d.end()
	d = v.on(ben, base)
	d.move(d.at(base, 0), leftOf(d.at(base, 2)), d.at(base, 0))
	b := d.end()
	w, _ := later(a, b, `"b","c","a"`, `"b","a","c"`)
	v.json(`{"l":[%s]}`, w)

	v, base = begin("list-move-delete", "An element is deleted while another moves it: deleted it is; restored it stands at the newest place.")
	d = v.on(ann)
	d.del(span(d.at(base, 0), 2))
	del := d.end()
	d = v.on(ben, base)
	d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.move(d.at(base, 1), rightOf(d.at(base, 2)), d.at(base, 1))
	mv := d.end()
	d = v.on(cas, del, mv)
	d.restore(span(d.at(del, 0), 1))
	d.end()
	v.json(`{"l":["c","a"]}`)

	v, base = begin("list-move-insert-after", "An insert on the right of a position that was left stays there; one at the new position stands there.")
	d = v.on(ann)
	m := d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.values(listOf("l"), rightOf(m), "after")
	d.values(listOf("l"), leftOf(d.at(base, 0)), "where it was")
	d.end()
	v.json(`{"l":["where it was","b","c","a","after"]}`)

	v, base = begin("list-move-undone", "A move that is deleted leaves the element where it was before.")
	d = v.on(ann)
	m = d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.move(d.at(base, 1), rightOf(m), d.at(base, 1))
	d.del(span(m, 1))
	d.end()
	v.json(`{"l":["a","c","b"]}`)

	v, base = begin("list-move-set", "An element is moved and set at the same time: one copy with both.")
	d = v.on(ann)
	d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.end()
	d = v.on(ben, base)
	d.set(d.at(base, 0), "A", d.at(base, 0))
	d.end()
	v.json(`{"l":["b","c","A"]}`)

	v, base = begin("list-move-twice", "The second move over the first wins; without over the total order decides all the same.")
	d = v.on(ann)
	m = d.move(d.at(base, 0), rightOf(d.at(base, 2)), d.at(base, 0))
	d.move(d.at(base, 0), leftOf(d.at(base, 2)), d.at(base, 0), m)
	d.move(d.at(base, 1), rightOf(m))
	d.end()
	v.json(`{"l":["a","c","b"]}`)

	v, base = begin("list-move-child", "A container in a list moves with all that is in it.")
	d = v.on(ann)
	x := d.item(listOf("l"), rightOf(d.at(base, 2)), block.KindText)
	d.text(childOf(block.KindText, x), vecTop, "text")
	d.move(x, leftOf(d.at(base, 0)), x)
	d.end()
	v.json(`{"l":["text","a","b","c"]}`)
}

// setVectors are sets and counters.
func (g *generator) setVectors() {
	v := g.begin("set", "A set as an array: shorter encodings first, those of one length by their bytes; equal values once.")
	d := v.on(ann)
	d.add(setOf("s"), "bb", "a", 1, 300, "a", true, -1, 1.0, nil, []any{}, "b")
	d.add(setOf("s"), 1)
	d.end()
	v.json(`{"s":[1,-1,[],true,null,"a","b",300,"bb",1.0]}`)

	v = g.begin("set-remove", "Removing deletes the tags that are seen; a tag added at the same time keeps the value.")
	d = v.on(ann)
	d.add(setOf("s"), "x", "y", "z")
	base := d.end()
	d = v.on(ann)
	d.del(span(d.at(base, 0), 2))
	d.end()
	d = v.on(ben, base)
	d.add(setOf("s"), "x")
	d.end()
	v.json(`{"s":["x","z"]}`)

	v = g.begin("counter", "A counter is the sum of its alive steps, those of several people and both signs.")
	d = v.on(ann)
	d.step(counterOf("c"), 100)
	x := d.step(counterOf("c"), 7)
	d.end()
	d = v.on(ben, v.made[0])
	d.step(counterOf("c"), -30)
	b := d.end()
	d = v.on(ann, b)
	d.del(span(x, 1))
	d.end()
	v.json(`{"c":70}`)

	v = g.begin("counter-wide", "A sum that leaves int64 on the way is exact where it comes back.")
	d = v.on(ann)
	d.step(counterOf("c"), math.MaxInt64)
	d.step(counterOf("c"), math.MaxInt64)
	d.step(counterOf("c"), math.MinInt64)
	d.step(counterOf("d"), math.MinInt64)
	d.end()
	v.json(`{"c":9223372036854775806,"d":-9223372036854775808}`)
}

// valueVectors are values and acts and notes.
func (g *generator) valueVectors() {
	sum := block.Sum([]byte("anything"))
	v := g.begin("values", "Values of every type, at the ends of their ranges; integers stay exact and whole floats stay floats.")
	d := v.on(ann)
	d.values(listOf("l"), vecTop, nil, true, false, 0, 23, 24, -1, -24, -25, 255, 256, 65535, 65536, int64(math.MaxInt32),
		int64(1)<<32, int64(1)<<53, int64(1)<<53+1, int64(math.MaxInt64), uint64(math.MaxUint64), int64(math.MinInt64))
	d.values(listOf("text"), vecTop, "", "é", "\x00", "\ufeff", `"\/`, "\b\f\n\r\t\x1f\x7f", "<&>\u2028\u2029𝄞")
	d.values(listOf("bytes"), vecTop, []byte{}, []byte{0}, []byte{0xff, 0xfe}, []byte("hello"))
	d.values(listOf("links"), vecTop, sum.ChangeCID(), sum.ContentCID(), block.ID{}.ContentCID())
	d.values(listOf("nested"), vecTop, []any{}, map[string]any{}, []any{1, []any{2, map[string]any{"bb": 3, "a": []any{}, "": nil}}})
	d.end()
	v.json("%s", `{"bytes":[{"/":{"bytes":""}},{"/":{"bytes":"AA"}},{"/":{"bytes":"//4"}},{"/":{"bytes":"aGVsbG8"}}],`+
		`"l":[null,true,false,0,23,24,-1,-24,-25,255,256,65535,65536,2147483647,4294967296,9007199254740992,9007199254740993,9223372036854775807,18446744073709551615,-9223372036854775808],`+
		`"links":[`+jsonLink(sum.ChangeCID())+","+jsonLink(sum.ContentCID())+","+jsonLink(block.ID{}.ContentCID())+`],`+
		`"nested":[[],{},[1,[2,{"":null,"a":[],"bb":3}]]],`+
		`"text":["","é","\u0000","`+"\ufeff"+`","\"\\/","\b\f\n\r\t\u001f`+"\x7f"+`","\u003c\u0026\u003e\u2028\u2029𝄞"]}`)

	v = g.begin("values-floats", "Floats in JSON: the shortest decimal form that reads back, with a fraction or an exponent.")
	d = v.on(ann)
	d.values(listOf("f"), vecTop, 0.0, math.Copysign(0, -1), 1.0, -1.5, 0.1, 1.0/3, 100.0, 123456.0, 1234567.0, 1e5, 1e6, 1e20, 1e21, 1e22, 1e-4, 1e-5, 0.00012345,
		float64(1<<53), math.MaxFloat64, math.SmallestNonzeroFloat64, 2.5e-8, -1e300)
	d.end()
	v.json(`{"f":[0.0,-0.0,1.0,-1.5,0.1,0.3333333333333333,100.0,123456.0,1.234567e+06,100000.0,1e+06,1e+20,1e+21,1e+22,0.0001,1e-05,0.00012345,` +
		`9.007199254740992e+15,1.7976931348623157e+308,5e-324,2.5e-08,-1e+300]}`)

	v = g.begin("value-depth", "Values of 32 arrays one in another, and of 31 maps with an empty array in the innermost.")
	d = v.on(ann)
	var deep any = 1
	for range 32 {
		deep = []any{deep}
	}
	d.put(mapOf(""), "k", deep)
	d.end()
	deep = []any{}
	for range 31 {
		deep = map[string]any{"": deep}
	}
	d = v.on(ann)
	d.put(mapOf(""), "m", deep)
	d.end()
	v.json(`{"k":%s1%s,"m":%s[]%s}`, strings.Repeat("[", 32), strings.Repeat("]", 32), strings.Repeat(`{"":`, 31), strings.Repeat("}", 31))

	v = g.begin("acts-and-notes", "Notes and acts are taken in and make no state and no numbers.")
	d = v.on(ann)
	d.act("endorse", map[string]any{"who": "all", "f": 1.0}, "because")
	d.note("said")
	d.act("x", nil, "")
	x := d.text(textOf("t"), vecTop, "0")
	d.end()
	d = v.on(ann)
	d.text(textOf("t"), rightOf(x), "1")
	d.end()
	v.json(`{"t":"01"}`)
}

// jsonLink is a link as JSON.
func jsonLink(c cid.Cid) string { return `{"/":"` + c.String() + `"}` }
