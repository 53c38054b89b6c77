package crdt_test

import (
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
)

// vecSpot is where an element hangs in a sequence.
type vecSpot struct {
	at   *block.Thing
	side block.Side
}

// vecTop is the right of the root of a sequence.
var vecTop = vecSpot{nil, block.Right}

// rightOf and leftOf hang on an element.
func rightOf(th block.Thing) vecSpot { return vecSpot{&th, block.Right} }
func leftOf(th block.Thing) vecSpot  { return vecSpot{&th, block.Left} }

// put puts a spot into an op.
func (s vecSpot) put(op block.Op) block.Op {
	if op.HasAt = s.at != nil; op.HasAt {
		op.At = *s.at
	}
	op.Side = s.side
	return op
}

// text, list, mapOf, setOf, counterOf and treeOf are root containers.
func textOf(name string) block.Container    { return root(block.KindText, name) }
func listOf(name string) block.Container    { return root(block.KindList, name) }
func mapOf(name string) block.Container     { return root(block.KindMap, name) }
func setOf(name string) block.Container     { return root(block.KindSet, name) }
func counterOf(name string) block.Container { return root(block.KindCounter, name) }
func treeOf(name string) block.Container    { return root(block.KindTree, name) }

// text inserts a string.
func (d *draft) text(c block.Container, at vecSpot, s string) block.Thing {
	op := block.Op{Code: block.OpText, C: c, Runes: uint32(utf8.RuneCountInString(s)), Bytes: uint32(len(s))}
	return d.op(at.put(op), []byte(s)...)
}

// quote inserts a string that comes from elsewhere.
func (d *draft) quote(c block.Container, at vecSpot, s string, from block.Origin) block.Thing {
	op := block.Op{Code: block.OpQuote, C: c, Runes: uint32(utf8.RuneCountInString(s)), Bytes: uint32(len(s)), From: from}
	return d.op(at.put(op), []byte(s)...)
}

// enc encodes a value.
func (d *draft) enc(v any) []byte {
	b, err := block.EncodeValue(v)
	must(d.v.t, err)
	return b
}

// several encodes values, and gives their lengths.
func (d *draft) several(list []any) (lens []uint32, words []byte) {
	for _, v := range list {
		b := d.enc(v)
		lens, words = append(lens, uint32(len(b))), append(words, b...)
	}
	return lens, words
}

// values inserts list elements.
func (d *draft) values(c block.Container, at vecSpot, list ...any) block.Thing {
	lens, words := d.several(list)
	return d.op(at.put(block.Op{Code: block.OpValues, C: c, Lens: lens}), words...)
}

// item inserts a list element that is a container.
func (d *draft) item(c block.Container, at vecSpot, kind block.Kind) block.Thing {
	return d.op(at.put(block.Op{Code: block.OpListChild, C: c, Kind: kind}))
}

// set sets a list element.
func (d *draft) set(elem block.Thing, v any, over ...block.Thing) block.Thing {
	b := d.enc(v)
	return d.op(block.Op{Code: block.OpSet, At: elem, HasAt: true, Over: over, Bytes: uint32(len(b))}, b...)
}

// move moves a list element.
func (d *draft) move(elem block.Thing, at vecSpot, over ...block.Thing) block.Thing {
	return d.op(at.put(block.Op{Code: block.OpMove, Elem: elem, Over: over}))
}

// put, absent and child write a key of a map.
func (d *draft) put(c block.Container, key string, v any, over ...block.Thing) block.Thing {
	b := d.enc(v)
	return d.op(block.Op{Code: block.OpPut, C: c, Key: key, Over: over, Bytes: uint32(len(b))}, b...)
}

func (d *draft) absent(c block.Container, key string, over ...block.Thing) block.Thing {
	return d.op(block.Op{Code: block.OpAbsent, C: c, Key: key, Over: over})
}

func (d *draft) child(c block.Container, key string, kind block.Kind, base *block.Thing, over ...block.Thing) block.Thing {
	op := block.Op{Code: block.OpChild, C: c, Key: key, Kind: kind, Over: over}
	if op.HasAt = base != nil; op.HasAt {
		op.At = *base
	}
	return d.op(op)
}

// add adds to a set.
func (d *draft) add(c block.Container, list ...any) block.Thing {
	lens, words := d.several(list)
	return d.op(block.Op{Code: block.OpAdd, C: c, Lens: lens}, words...)
}

// step moves a counter.
func (d *draft) step(c block.Container, amount int64) block.Thing {
	return d.op(block.Op{Code: block.OpStep, C: c, Amount: amount})
}

// span is n numbers from a thing on.
func span(th block.Thing, n uint32) block.Run { return block.Run{C: th.C, N: th.N, Len: n} }

// del deletes, and restore restores.
func (d *draft) del(list ...block.Run) block.Thing {
	return d.op(block.Op{Code: block.OpDelete, Runs: list})
}

func (d *draft) restore(list ...block.Run) { d.op(block.Op{Code: block.OpRestore, Runs: list}) }

// note and act say something.
func (d *draft) note(s string) {
	d.op(block.Op{Code: block.OpNote, Bytes: uint32(len(s))}, []byte(s)...)
}

func (d *draft) act(kind string, v any, s string) {
	d.op(block.Op{Code: block.OpAct, Name: kind, Value: d.enc(v), HasValue: true, Bytes: uint32(len(s))}, []byte(s)...)
}

// The ways in which a mark grows.
var (
	stays  = block.Growth{}
	toEdge = block.Growth{Grow: block.GrowEdge}
)

// upTo grows up to a neighbour.
func upTo(th block.Thing) block.Growth { return block.Growth{Grow: block.GrowThing, At: th} }

// mark marks a range of text; without a value it takes the mark away.
func (d *draft) mark(c block.Container, key, id string, first, last block.Thing, left, right block.Growth, v ...any) block.Thing {
	_, words := d.several(v)
	return d.op(block.Op{Code: block.OpMark, C: c, Key: key, ID: id, Elem: first, Last: last, Left: left, Right: right, Bytes: uint32(len(words))}, words...)
}

// marker inserts a block marker, and attr gives it, or a node, a property.
func (d *draft) marker(c block.Container, at vecSpot) block.Thing {
	return d.op(at.put(block.Op{Code: block.OpBlock, C: c}))
}

func (d *draft) attr(of block.Thing, key string, v any, over ...block.Thing) block.Thing {
	return d.put(childOf(block.KindMap, of), key, v, over...)
}

// node makes a node, and shift moves one; dest nil is the root.
func (d *draft) node(c block.Container, dest *block.Thing, at vecSpot) block.Thing {
	return d.op(at.put(below(block.Op{Code: block.OpNode, C: c}, dest)))
}

func (d *draft) shift(node block.Thing, dest *block.Thing, at vecSpot) block.Thing {
	return d.op(at.put(below(block.Op{Code: block.OpTreeMove, Elem: node}, dest)))
}

// below puts the destination into an op.
func below(op block.Op, dest *block.Thing) block.Op {
	if op.HasDest = dest != nil; op.HasDest {
		op.Dest = *dest
	}
	return op
}

// page makes a node with a name.
func (d *draft) page(c block.Container, dest *block.Thing, at vecSpot, name string) block.Thing {
	th := d.node(c, dest, at)
	d.attr(th, "n", name)
	return th
}
