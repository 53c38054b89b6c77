package crdt

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// MapTx edits a map. Containers below a key are reached by walking: Map, Text,
// List, Set, Counter and Tree give the container of that kind which the key shows,
// and make one where it shows none. Two people who make the same one at the same
// time share it.
type MapTx struct {
	tx *Tx
	at int32
}

// asMap is the map for reading.
func (m MapTx) asMap() Map { return Map{place{m.tx.now(), m.at}} }

// Get reads a key; see [Map.Get].
func (m MapTx) Get(key string) Value { return m.asMap().Get(key) }

// Len is how many keys there are.
func (m MapTx) Len() int { return m.asMap().Len() }

// slot is the place of a key; false when the Update is doomed.
func (m MapTx) slot(key string) (int32, bool) {
	d := m.tx.doc()
	if m.tx.err != nil {
		return 0, false
	}
	if len(key) > block.MaxMapKey {
		m.tx.doom(fmt.Errorf("crdt: key of %d bytes: %w", len(key), ErrLimit))
		return 0, false
	}
	if !utf8.ValidString(key) {
		m.tx.doom(fmt.Errorf("crdt: key %q: %w", key, ErrMalformed))
		return 0, false
	}
	return d.t.Intern(shape.Slot, m.at, 0, 0, key), true
}

// Put sets a key to a plain value ([NewValue]). A container that the key showed
// goes with all that is in it; undo brings it back.
func (m MapTx) Put(key string, v any) {
	slot, ok := m.slot(key)
	if !ok {
		return
	}
	d := m.tx.doc()
	x, err := NewValue(v)
	if err != nil {
		m.tx.doom(err)
		return
	}
	d.hideChildren(m.tx, slot)
	over := d.frontier(slot)
	if !d.room(m.tx, len(x.raw), len(over), 1) || !m.tx.words(x.raw) {
		return
	}
	lv := d.numbers(1, shape.Of(shape.Entry, slot))
	size := uint32(len(x.raw))
	d.s.AddEntry(slot, lv, over, entries.Value, -1, uint32(len(d.words))-size, size)
	d.open.push(block.Op{Code: block.OpPut, C: d.containerOp(m.at), Key: key, Over: d.overOp(over), Bytes: size})
}

// Delete removes a key with all that is in it. A value that somebody sets at
// the same time stays. Nothing happens when there is no such key.
func (m MapTx) Delete(key string) {
	slot, ok := m.slot(key)
	if !ok {
		return
	}
	d := m.tx.doc()
	if _, shown := d.s.Slots.Winner(slot); !shown {
		return
	}
	d.hideChildren(m.tx, slot)
	over := d.frontier(slot)
	if !d.room(m.tx, 0, len(over), 1) {
		return
	}
	lv := d.numbers(1, shape.Of(shape.Entry, slot))
	d.s.AddEntry(slot, lv, over, entries.Absent, -1, graph.NoWords, 0)
	d.open.push(block.Op{Code: block.OpAbsent, C: d.containerOp(m.at), Key: key, Over: d.overOp(over)})
}

// Map is the map under a key, made if there is none.
func (m MapTx) Map(key string) MapTx { return MapTx{m.tx, m.child(key, block.KindMap)} }

// Text is the text under a key, made if there is none.
func (m MapTx) Text(key string) TextTx { return TextTx{m.tx, m.child(key, block.KindText), Runes} }

// List is the list under a key, made if there is none.
func (m MapTx) List(key string) ListTx { return ListTx{m.tx, m.child(key, block.KindList)} }

// Set is the set under a key, made if there is none.
func (m MapTx) Set(key string) SetTx { return SetTx{m.tx, m.child(key, block.KindSet)} }

// Counter is the counter under a key, made if there is none.
func (m MapTx) Counter(key string) CounterTx {
	return CounterTx{m.tx, m.child(key, block.KindCounter)}
}

// Tree is the tree under a key, made if there is none.
func (m MapTx) Tree(key string) TreeTx { return TreeTx{m.tx, m.child(key, block.KindTree)} }

// child is the place of the container of a kind that a key shows, made if there
// is none: a writer uses the visible one, else makes the next incarnation of
// the effective one with the highest count (DESIGN 6).
func (m MapTx) child(key string, kind block.Kind) int32 {
	slot, ok := m.slot(key)
	if !ok {
		return m.tx.doc().scrap(kind)
	}
	d := m.tx.doc()
	if p, ok := visibleChild(d.s, slot, kind); ok {
		return p
	}
	over := d.frontier(slot)
	if !d.room(m.tx, 0, len(over)+1, 1) {
		return d.scrap(kind)
	}
	base, inc := graph.None, uint32(0)
	for _, lv := range d.s.Slots.Entries(slot, nil) {
		e, _ := d.s.Slots.Entry(lv)
		if e.Kind != entries.Child || d.t.Container(e.Child) != kind || !d.effective(lv) {
			continue
		}
		if n := d.t.Get(e.Child).Inc + 1; n > inc {
			base, inc = lv, n
		}
	}
	p := d.t.Intern(shape.Child, slot, kind, inc, "")
	op := block.Op{Code: block.OpChild, Kind: kind, C: d.containerOp(m.at), Key: key, Over: d.overOp(over)}
	op.HasAt, op.At = d.thingOp(base)
	lv := d.numbers(1, shape.Of(shape.EntryMaker, p))
	d.s.AddEntry(slot, lv, over, entries.Child, p, graph.NoWords, 0)
	d.open.push(op)
	return p
}

// maxOver is how many entries a writer names as over at most: a crowd of
// strangers on one key must not make the next entry too large to write.
const maxOver = 4096

// frontier is what a new entry of a slot is written over.
func (d *Doc) frontier(slot int32) []graph.LV { return d.frontierIn(d.s.Slots, slot) }

// frontierIn is the entries of a slot that no other effective one names. Of too
// many, the greatest of those that count are taken first.
func (d *Doc) frontierIn(slots *entries.Slots, slot int32) []graph.LV {
	list := slots.Frontier(slot, nil)
	if len(list) <= maxOver {
		return list
	}
	slices.SortFunc(list, func(a, b graph.LV) int {
		if x, y := d.effective(a), d.effective(b); x != y {
			if x {
				return -1
			}
			return 1
		}
		return d.s.Order(b, a)
	})
	list = list[:maxOver]
	slices.Sort(list)
	return list
}

// hideChildren deletes what is alive inside the containers that an entry about
// to be written over a slot hides, so that it does not show in a later one.
func (d *Doc) hideChildren(tx *Tx, slot int32) {
	var list []stretch
	seen := map[int32]bool{} // several entries may stand for one container
	for _, lv := range d.s.Slots.Entries(slot, nil) {
		if e, _ := d.s.Slots.Entry(lv); e.Kind == entries.Child && d.t.Get(e.Child).Sort == shape.Child {
			list = d.inside(list, e.Child, seen)
		}
	}
	for k, r := range list {
		if !d.room(tx, 0, int(min(r.n, block.MaxNamed/2)), int(r.n)) {
			return
		}
		d.open.fresh = d.open.fresh || k == 0
		d.deleteNumbers(r.lv, r.n)
	}
	if len(list) > 0 {
		d.s.Settle()
	}
}

// inside collects the numbers alive in a container, and in those below it that
// are named by a path.
func (d *Doc) inside(list []stretch, c int32, seen map[int32]bool) []stretch {
	stack := []int32{c}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if seen[c] {
			continue
		}
		seen[c] = true
		switch d.t.Container(c) {
		case block.KindText, block.KindList:
			if q := d.s.Peek(c); q != nil {
				q.All(func(lv graph.LV, n uint32, _ bool) bool {
					d.eachElement(lv, n, func(lv graph.LV, n uint32) { list = d.alive(list, lv, n) })
					return true
				})
			}
		case block.KindMap:
			for _, slot := range d.s.Keys(c) {
				for _, lv := range d.s.Slots.Entries(slot, nil) {
					list = d.alive(list, lv, 1)
					if e, _ := d.s.Slots.Entry(lv); e.Kind == entries.Child {
						stack = append(stack, e.Child)
					}
				}
			}
		case block.KindSet:
			for _, lv := range d.s.Tags.Alive(c, nil) {
				list = append(list, stretch{lv, 1})
			}
		case block.KindCounter:
			d.s.Steps.EachAlive(c, func(lv graph.LV, _ int64) bool {
				list = append(list, stretch{lv, 1})
				return true
			})
		case block.KindTree:
			list = d.insideTree(list, c)
		}
	}
	return list
}

// eachElement yields the numbers of a range of a sequence that are elements: the
// positions of moves are none.
func (d *Doc) eachElement(lv graph.LV, n uint32, yield func(lv graph.LV, n uint32)) {
	d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		if w.Class() != shape.Move {
			yield(lv, n)
		}
	})
}

// alive collects the alive numbers of a range, at most half the limit of a
// change in one stretch.
func (d *Doc) alive(list []stretch, lv graph.LV, n uint32) []stretch {
	for end := lv + n; lv < end; {
		on, k := d.s.Life.Run(lv, min(end-lv, block.MaxNamed/2))
		if on {
			list = append(list, stretch{lv, k})
		}
		lv += k
	}
	return list
}

// deleteNumbers deletes n numbers, alive or not, in the open change; the state
// has to be settled afterwards.
func (d *Doc) deleteNumbers(lv graph.LV, n uint32) {
	was := d.open.barrier
	d.open.barrier = true
	first := d.numbers(n, shape.Deletes)
	d.pushDelete(lv, n)
	d.open.barrier = was
	d.s.Life.Delete(first, lv, n)
}
