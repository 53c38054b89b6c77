package crdt_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// twin is a work read the slow and obvious way: from the bytes of its changes,
// by the words of DESIGN 4 to 6, everything from scratch, names found by
// walking. It judges what the engine shows.
type twin struct {
	list  []*twChange // links first
	by    map[block.ID]*twChange
	boxes map[string]*twBox
}

// twChange is one change.
type twChange struct {
	id    block.ID
	c     block.Change
	ops   []block.Op
	words []byte // nil: absent
	prev  *twChange
	links []*twChange // parents, then refs
	depth int
	nums  []*twNum
	off   bool // not effective
}

// twNum is one number: an element, an entry, a tag, a step or a delete number.
type twNum struct {
	ch  *twChange
	at  int // offset in the change
	op  *block.Op
	box *twBox // it is an element, tag or step of

	kids  [2][]*twNum // of an element: left and right children
	words []byte      // its character or value
	has   bool        // its words are present
	child *twBox      // the container it makes

	slot   *twSlot // of an entry; of an element that was set
	over   []*twNum
	absent bool

	pos  *twSlot // of an element that was moved: its positions
	elem *twNum  // of a position: the element; of a move in a tree: the node
	dest *twNum  // of a move in a tree: where it goes, nil for the root
	mark *twMark // of a mark

	target  *twNum      // of a delete number
	deletes []*twNum    // delete numbers that target it
	back    []*twChange // restores name this delete number
}

// twBox is one container.
type twBox struct {
	id    string
	kind  block.Kind
	root  bool
	name  string
	inc   int
	top   []*twNum // right children of the root of a text or list
	elems []*twNum
	tags  []*twNum // of a set
	steps []*twNum // of a counter
	slots map[string]*twSlot
	moves []*twNum // of a tree, nodes included
	marks []*twNum // of a text
}

// twSlot is a key of a map, or the value of a list element.
type twSlot struct{ entries []*twNum }

// rawsOf are the changes that a doc has applied, sealed, with their words.
func rawsOf(d *crdt.Doc) []bridge.Item {
	in := bridge.Of(d)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, n := in.Bundle(all, math.MaxInt)
	if n != len(all) {
		panic("a bundle without limit is cut")
	}
	return b.Items
}

// newTwin reads a closed set of changes, in any order with links first.
func newTwin(items []bridge.Item) *twin {
	t := &twin{by: map[block.ID]*twChange{}, boxes: map[string]*twBox{}}
	for _, it := range items {
		t.add(it)
	}
	t.judge()
	return t
}

// past is the items of a version: what its changes reach.
func past(items []bridge.Item, of []block.ID) []bridge.Item {
	t := &twin{by: map[block.ID]*twChange{}, boxes: map[string]*twBox{}}
	for _, it := range items {
		t.add(it)
	}
	in := map[block.ID]bool{}
	var walk func(x *twChange)
	walk = func(x *twChange) {
		if x == nil || in[x.id] {
			return
		}
		in[x.id] = true
		walk(x.prev)
		for _, l := range x.links {
			walk(l)
		}
	}
	for _, id := range of {
		walk(t.by[id])
	}
	var out []bridge.Item
	for _, it := range items {
		if in[block.Sum(it.Change)] {
			out = append(out, it)
		}
	}
	return out
}

// add takes in one change.
func (t *twin) add(it bridge.Item) {
	x := &twChange{id: block.Sum(it.Change), words: it.Words}
	if err := block.Decode(it.Change, &x.c); err != nil {
		panic(err)
	}
	var r block.Reader
	for r.Reset(x.c.Ops); ; {
		var op block.Op
		if !r.Next(&op) {
			break
		}
		x.ops = append(x.ops, op)
	}
	if !x.c.Prev.IsZero() {
		x.prev = t.by[x.c.Prev]
		x.depth = x.prev.depth
	}
	for _, id := range append(slices.Clone(x.c.Parents), x.c.Refs...) {
		l := t.by[id]
		x.links = append(x.links, l)
		x.depth = max(x.depth, l.depth)
	}
	x.depth++
	t.list = append(t.list, x)
	t.by[x.id] = x
	words := x.words
	if len(words) > 0 && x.c.Size != x.c.Words {
		words = words[16:]
	}
	for k := range x.ops {
		op := &x.ops[k]
		n := int(op.WordBytes())
		if x.words == nil {
			t.op(x, op, nil)
			continue
		}
		t.op(x, op, words[:n])
		words = words[n:]
	}
}

// thing finds the number that a thing of change x names.
func (t *twin) thing(x *twChange, th block.Thing) *twNum {
	l := x
	if th.C > 0 {
		l = x.links[th.C-1]
	}
	for th.N < l.c.Start {
		l = l.prev
	}
	return l.nums[th.N-l.c.Start]
}

// box finds or makes a container by its identity.
func (t *twin) box(id string, kind block.Kind) *twBox {
	b := t.boxes[id]
	if b == nil {
		b = &twBox{id: id, kind: kind, slots: map[string]*twSlot{}}
		t.boxes[id] = b
	}
	return b
}

// container finds the container that an op works in.
func (t *twin) container(x *twChange, c block.Container) *twBox {
	if c.Child {
		return t.thing(x, c.At).child
	}
	b := t.box(fmt.Sprintf("root %d %q", c.Kind, c.Name), c.Kind)
	b.root, b.name = true, c.Name
	return b
}

// slot finds or makes the slot of a key.
func (b *twBox) slot(key string) *twSlot {
	s := b.slots[key]
	if s == nil {
		s = &twSlot{}
		b.slots[key] = s
	}
	return s
}

// number makes the next number of a change.
func (x *twChange) number(op *block.Op) *twNum {
	n := &twNum{ch: x, at: len(x.nums), op: op, has: x.words != nil}
	x.nums = append(x.nums, n)
	return n
}

// op takes in one op; words is nil when they are absent.
func (t *twin) op(x *twChange, op *block.Op, words []byte) {
	switch op.Code {
	case block.OpText, block.OpQuote, block.OpValues, block.OpListChild:
		t.insert(x, op, words)
	case block.OpSet:
		e := t.thing(x, op.At)
		n := x.number(op)
		n.words = words
		if e.slot == nil {
			e.slot = &twSlot{entries: []*twNum{e}}
		}
		t.entry(x, op, n, e.slot)
	case block.OpPut, block.OpAbsent, block.OpChild:
		b := t.container(x, op.C)
		n := x.number(op)
		n.words, n.absent = words, op.Code == block.OpAbsent
		if op.Code == block.OpChild {
			inc := 0
			if op.HasAt {
				inc = t.thing(x, op.At).child.inc + 1
			}
			n.child = t.box(fmt.Sprintf("(%s) key %q kind %d inc %d", b.id, op.Key, op.Kind, inc), op.Kind)
			n.child.inc = inc
		}
		t.entry(x, op, n, b.slot(op.Key))
	case block.OpAdd:
		b := t.container(x, op.C)
		for _, l := range op.Lens {
			n := x.number(op)
			n.box = b
			if words != nil {
				n.words, words = words[:l], words[l:]
			}
			b.tags = append(b.tags, n)
		}
	case block.OpStep:
		b := t.container(x, op.C)
		n := x.number(op)
		n.box = b
		b.steps = append(b.steps, n)
	case block.OpDelete, block.OpRestore:
		t.runs(x, op)
	case block.OpMark:
		t.mark(x, op, words)
	case block.OpBlock:
		t.marker(x, op)
	case block.OpMove:
		t.position(x, op)
	case block.OpNode, block.OpTreeMove:
		t.treeMove(x, op)
	}
}

// entry puts an entry into its slot.
func (t *twin) entry(x *twChange, op *block.Op, n *twNum, s *twSlot) {
	for _, o := range op.Over {
		n.over = append(n.over, t.thing(x, o))
	}
	n.slot = s
	s.entries = append(s.entries, n)
}

// insert takes in elements: the first at the parent, each next the right child
// of the one before.
func (t *twin) insert(x *twChange, op *block.Op, words []byte) {
	b := t.container(x, op.C)
	var parent *twNum
	if op.HasAt {
		parent = t.thing(x, op.At)
	}
	side := op.Side
	for k := range int(op.Numbers()) {
		n := x.number(op)
		n.box = b
		size := 0
		switch {
		case op.Code == block.OpListChild:
			n.child = t.box(fmt.Sprintf("element %x %d kind %d", x.id, n.at, op.Kind), op.Kind)
		case words == nil:
		case op.Code == block.OpText || op.Code == block.OpQuote:
			_, size = utf8.DecodeRune(words)
		default:
			size = int(op.Lens[k])
		}
		n.words, words = words[:size:size], words[size:]
		if parent == nil {
			b.top = append(b.top, n)
		} else {
			parent.kids[side] = append(parent.kids[side], n)
		}
		b.elems = append(b.elems, n)
		parent, side = n, block.Right
	}
}

// runs takes in deletes, one number for each target, and restores.
func (t *twin) runs(x *twChange, op *block.Op) {
	for _, r := range op.Runs {
		for k := range uint64(r.Len) {
			n := t.thing(x, block.Thing{C: r.C, N: r.N + k})
			if op.Code == block.OpRestore {
				n.back = append(n.back, x)
				continue
			}
			d := x.number(op)
			d.target = n
			n.deletes = append(n.deletes, d)
		}
	}
}

// judge finds out which changes are effective under the rules of tests: those
// that no more acts "off" than "on" name. Parts of one Update are judged as their
// last part; one from which several changes go on, as its key has forked, is
// effective if any of them is.
func (t *twin) judge() {
	score := map[string]int{}
	for _, x := range t.list {
		for k := range x.ops {
			if op := &x.ops[k]; op.Code == block.OpAct {
				v, _ := block.DecodeValue(op.Value)
				name, _ := v.(string)
				switch op.Name {
				case "off":
					score[name]++
				case "on":
					score[name]--
				}
			}
		}
	}
	for _, x := range t.list {
		x.off = score[x.id.ChangeCID().String()] > 0
	}
	for k := len(t.list) - 1; k >= 0; k-- {
		x := t.list[k]
		if !x.c.More {
			continue
		}
		next := slices.DeleteFunc(slices.Clone(t.list), func(y *twChange) bool { return y.prev != x })
		if len(next) > 0 { // else the version ends in the middle of an Update
			x.off = !slices.ContainsFunc(next, func(y *twChange) bool { return !y.off })
		}
	}
}

// counts tells whether a delete counts: its change is effective and no
// effective restore names it.
func (d *twNum) counts() bool {
	if d.ch.off {
		return false
	}
	for _, x := range d.back {
		if !x.off {
			return false
		}
	}
	return true
}

// deleted tells whether a delete of the number counts.
func (n *twNum) deleted() bool {
	return slices.ContainsFunc(n.deletes, (*twNum).counts)
}

// alive tells whether the number's change is effective and no delete of it
// counts.
func (n *twNum) alive() bool { return !n.ch.off && !n.deleted() }

// compare is the total order: (depth, change CID, offset).
func (n *twNum) compare(m *twNum) int {
	if n.ch.depth != m.ch.depth {
		return n.ch.depth - m.ch.depth
	}
	return n.sibling(m)
}

// sibling is the order of siblings: (change CID, offset).
func (n *twNum) sibling(m *twNum) int {
	if c := bytes.Compare(n.ch.id[:], m.ch.id[:]); c != 0 {
		return c
	}
	return n.at - m.at
}

// author is who made the number.
func (n *twNum) author() crdt.Author { return crdt.Author(n.ch.c.By) }

// order is the elements of a text or list in document order: of each element,
// its left children, itself, its right children.
func (b *twBox) order() []*twNum {
	var out []*twNum
	var walk func(list []*twNum)
	walk = func(list []*twNum) {
		slices.SortFunc(list, (*twNum).sibling)
		for _, n := range list {
			walk(n.kids[0])
			out = append(out, n)
			walk(n.kids[1])
		}
	}
	walk(b.top)
	return out
}

// shown are the elements that a reader sees: alive, and their words present.
func (b *twBox) shown() []*twNum {
	if b.kind == block.KindList {
		return b.shownElems()
	}
	return slices.DeleteFunc(b.order(), func(n *twNum) bool {
		return !n.alive() || (n.child == nil && !n.has)
	})
}
