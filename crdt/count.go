package crdt

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// newCount makes one of a part, of everything without one.
func newCount(v *View, part int32) *count {
	s := v.state()
	c := &count{d: v.d, v: v, s: s, by: sources{v.d, map[int32]cid.Cid{}}, seen: newRows(v.d.g.Len()), trace: newTrace(v, s), part: part, inside: map[int32]bool{}}
	c.moves = c.trace.moves()
	if part == shape.NoPlace {
		c.out.Changes = make([]Tally, 0, v.sealed()+1)
	}
	return c
}

// past counts what the changes have done.
func (c *count) past() {
	v := c.v
	for k, n := 0, v.sealed(); k < n; k++ {
		if i := v.at(k); c.s.Effective(i) {
			c.history(i, v.d.g.First(i), v.d.g.Count(i))
			c.restores(graph.At(i), v.d.g.Ops(i))
		}
	}
	if v.open {
		c.opened(v)
	}
}

// sealed is how many applied changes the view shows; the lock must be held.
func (v *View) sealed() int {
	if v.set != nil {
		return len(v.set)
	}
	return int(min(v.n, int32(v.d.g.Len())))
}

// count is one Tally.
type count struct {
	d      *Doc
	v      *View
	s      *state.State
	by     sources
	seen   *rows
	out    Tallies
	todo   []item // of the work: still to be read, the next one last
	lists  []item
	trace  *trace
	moves  *movesOf
	part   int32          // what is counted, shape.NoPlace: everything
	inside map[int32]bool // places that have been asked for
	survey *surveying     // nil unless a Survey is asked for

	near   int32    // the change that was last found by a number,
	lo, hi graph.LV // and its numbers
}

// changeRun is Doc.changeRun, quicker where numbers of one change follow each other.
func (c *count) changeRun(lv graph.LV, n uint32) (int32, uint32) {
	if lv < c.lo || lv >= c.hi {
		i, k := c.d.changeRun(lv, n)
		if i == graph.None32 {
			return i, k
		}
		c.near, c.lo = i, c.d.g.First(i)
		c.hi = c.lo + c.d.g.Count(i)
	}
	return c.near, min(n, c.hi-lv)
}

// item is a part of the work that is shown.
type item struct {
	name  string
	rank  int           // of a root container among those of its name, 0 below the root map
	at    int32         // a container, shape.NoPlace for an entry
	entry entries.Entry // a plain value
}

// row is the tally of a change, which is valid until the next one is asked for.
func (c *count) row(i int32) *Tally { return &c.out.Changes[c.index(i)] }

// index is the index of the tally of a change.
func (c *count) index(i int32) int {
	row, fresh := c.seen.of(i)
	if fresh {
		c.out.Changes = append(c.out.Changes, Tally{Source: c.by.of(i)})
	}
	return row
}

// counts tells whether what is at a place is in the part that is counted.
func (c *count) counts(w shape.What) bool {
	if c.part == shape.NoPlace {
		return true
	}
	p := w.Place()
	if k := w.Class(); k == shape.ElemMaker || k == shape.EntryMaker || k == shape.Node {
		p = c.d.t.Get(p).Up // what is made is in what it is made in
	}
	var way []int32
	in := false
	for ; p != shape.NoPlace; p = c.d.t.Get(p).Up {
		if known, ok := c.inside[p]; ok {
			in = known
			break
		}
		way = append(way, p)
		if in = p == c.part; in {
			break
		}
	}
	for _, p := range way {
		c.inside[p] = in
	}
	return in
}

// roots finds the root containers, the root map first.
func (c *count) roots() {
	root, ok := c.d.t.Lookup(shape.Root, shape.NoPlace, block.KindMap, 0, "")
	if ok {
		c.keys(root)
	}
	c.d.t.Roots(func(p int32, pl *shape.Place) {
		if (!ok || p != root) && c.s.Shows(p) {
			c.lists = append(c.lists, item{name: pl.Name, rank: rank[pl.Kind], at: p})
		}
	})
	slices.SortStableFunc(c.lists, func(a, b item) int { return cmp.Or(strings.Compare(a.name, b.name), a.rank-b.rank) })
}

// read reads what is to be read in order, without recursion: containers nest as
// deep as strangers make them.
func (c *count) read() {
	for c.push(); len(c.todo) > 0; c.push() {
		it := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		switch {
		case it.at == shape.NoPlace:
			c.value(it.entry)
		case c.d.t.Container(it.at) == block.KindText:
			c.text(it.at, 0, -1)
		case c.d.t.Container(it.at) == block.KindList:
			c.list(it.at)
		case c.d.t.Container(it.at) == block.KindMap:
			c.keys(it.at)
		case c.d.t.Container(it.at) == block.KindTree:
			c.d.walk(c.s, it.at, func(lv graph.LV, _ int) { c.keys(c.s.T.At(lv).Place()) })
		default:
			c.members(it.at)
		}
	}
}

// members counts the members of a set and the steps of a counter that stand, in
// an order that is the same everywhere.
func (c *count) members(at int32) {
	list := c.s.Tags.Alive(at, nil)
	c.s.Steps.EachAlive(at, func(lv graph.LV, _ int64) bool {
		list = append(list, lv)
		return true
	})
	slices.SortFunc(list, c.s.Order)
	for _, lv := range list {
		i, _ := c.d.changeRun(lv, 1)
		c.row(i).Values++
	}
}

// push puts what was just found before everything else that is still to be
// read.
func (c *count) push() {
	slices.Reverse(c.lists)
	c.todo = append(c.todo, c.lists...)
	c.lists = c.lists[:0]
}

// keys finds what the keys of a map show, conflicts included.
func (c *count) keys(m int32) {
	for _, slot := range c.s.Keys(m) {
		c.slot(slot, c.s.T.Get(slot).Name)
	}
}

// slot finds what a slot shows.
func (c *count) slot(slot int32, name string) {
	for _, e := range c.s.Slots.Conflicts(slot, nil) {
		it := item{name: name, at: shape.NoPlace, entry: e}
		if e.Kind == entries.Child {
			it.at = e.Child
		}
		c.lists = append(c.lists, it)
	}
}

// list finds what the elements of a list show.
func (c *count) list(at int32) {
	q := c.s.Peek(at)
	if q == nil {
		return
	}
	q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
		for end := lv + n; lv < end; lv++ {
			lv := c.s.ElemOf(lv)
			if slot, ok := c.s.ElemSlot(lv); ok {
				c.slot(slot, "")
			} else if w := c.s.T.At(lv); w.Class() == shape.ElemMaker {
				c.lists = append(c.lists, item{at: w.Place()})
			} else {
				off, size, _ := c.s.ElemValue(lv)
				c.lists = append(c.lists, item{at: shape.NoPlace, entry: entries.Entry{LV: lv, Off: off, Size: size}})
			}
		}
		return true
	})
}

// value counts the strings in a plain value.
func (c *count) value(e entries.Entry) {
	if e.Off == noWords {
		return
	}
	i, _ := c.d.changeRun(e.LV, 1)
	t := c.row(i)
	t.Values++
	stack := []any{Value{kind: plainValue, raw: (*c.s.Words)[e.Off : e.Off+e.Size]}.Any()}
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch x := x.(type) {
		case string:
			t.letters([]byte(x))
		case []any:
			stack = append(stack, x...)
		case map[string]any:
			for _, y := range x {
				stack = append(stack, y)
			}
		}
	}
}

// history counts what the numbers of a change are.
func (c *count) history(i int32, lv graph.LV, n uint32) {
	if c.part == shape.NoPlace {
		c.index(i) // it is a change, whatever it did
	}
	if n == 0 {
		return
	}
	c.d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		switch {
		case w.Class() == shape.Delete:
			c.deletes(i, lv, n)
		case c.counts(w):
			c.made(c.row(i), lv, n, w)
			if w.Class() == shape.Mark || c.d.isText(w) {
				c.touches(i, w)
			}
		}
	})
}

// touches notes that a change did something to a text, where that is asked for.
func (c *count) touches(i int32, w shape.What) {
	if c.survey != nil {
		c.survey.touches(i, w.Place())
	}
}

// made counts what a change made.
func (c *count) made(t *Tally, lv graph.LV, n uint32, w shape.What) {
	switch w.Class() {
	case shape.Elem:
		if c.d.isText(w) {
			c.inserted(t, lv, n)
		} else {
			t.Elements += int(n)
		}
	case shape.ElemMaker, shape.Node:
		t.Elements += int(n)
	case shape.Move, shape.NodeMove:
		t.Moves += int(n)
	case shape.Mark:
		t.Marks += int(n)
	case shape.Entry:
		c.entries(t, lv, n)
	case shape.Tag:
		t.Tags += int(n)
	case shape.Step:
		t.Steps += int(n)
	}
}

// inserted counts characters that a change put into a text.
func (c *count) inserted(t *Tally, lv graph.LV, n uint32) {
	if !c.s.HasQuotes() {
		t.Inserted += int(n)
		return
	}
	c.s.Quoted(lv, n, func(_ graph.LV, n uint32, q *state.Quote) {
		if q != nil {
			if claim := c.trace.judge(q); claim == ClaimHolds || claim == ClaimElsewhere {
				t.Placed += int(n)
				return
			}
		}
		t.Inserted += int(n)
	})
}

// deletes counts what delete numbers of a change have deleted.
func (c *count) deletes(i int32, lv graph.LV, n uint32) {
	cut := c.moves.cut[c.moves.rootOf(i)]
	c.s.Life.TargetRuns(lv, n, func(d, e graph.LV, n uint32, back bool) {
		stop := e + n
		c.d.t.Range(e, n, func(at graph.LV, n uint32, w shape.What) {
			switch {
			case !c.counts(w):
			case c.d.isText(w):
				c.touches(i, w)
				among(cut, at, n, func(x graph.LV, n uint32, moved bool) {
					if moved {
						return
					}
					c.row(i).Deleted += int(n)
					if back {
						c.gone(i, d+(stop-x-n), x, n, true)
					} else {
						c.gone(i, d+(x-e), x, n, false)
					}
				})
			default:
				c.row(i).Deleted += int(n)
			}
		})
	})
}

// gone notes that the delete numbers d, d+1, … of a change have deleted the text
// [e, e+n), from its end where they went back, as far as they count and that text
// would be there without.
func (c *count) gone(i int32, d, e graph.LV, n uint32, back bool) {
	for n > 0 {
		counts, k := c.s.Life.Run(d, n)
		d, n = d+k, n-k
		at := e
		if back {
			at += n
		} else {
			e += k
		}
		for counts && k > 0 {
			by, m := c.changeRun(at, k)
			if by == graph.None32 || c.s.Effective(by) {
				c.lost(Deletion{c.index(i), at, m})
			}
			at, k = at+m, k-m
		}
	}
}

// lost notes a deletion, with the last one where it goes on there.
func (c *count) lost(x Deletion) {
	if k := len(c.out.Deletions) - 1; k >= 0 && c.out.Deletions[k].Change == x.Change {
		switch last := &c.out.Deletions[k]; {
		case last.At+last.N == x.At:
			last.N += x.N
			return
		case x.At+x.N == last.At:
			last.At, last.N = x.At, last.N+x.N
			return
		}
	}
	c.out.Deletions = append(c.out.Deletions, x)
}

// entries counts values and removals.
func (c *count) entries(t *Tally, lv graph.LV, n uint32) {
	for end := lv + n; lv < end; lv++ {
		if e, _ := c.s.Slots.Entry(lv); e.Kind == entries.Absent {
			t.Removals++
		} else {
			t.Sets++
		}
	}
}

// mayRestore tells whether there may be ops among some that take deletes back: the
// two bytes with which one begins are there. It looks for the second first, which
// other ops hold less often.
func mayRestore(ops []byte) bool {
	for at := 0; ; at++ {
		k := bytes.IndexByte(ops[at:], byte(block.OpRestore))
		if k < 0 {
			return false
		}
		if at += k; at > 0 && ops[at-1] == 0x82 {
			return true
		}
	}
}

// restores counts what is alive of the things whose delete a change took back.
func (c *count) restores(r graph.Ref, ops []byte) {
	if !mayRestore(ops) {
		return
	}
	var rd block.Reader
	var op block.Op
	rd.Reset(ops)
	for rd.Next(&op) {
		if op.Code != block.OpRestore {
			continue
		}
		i, _ := r.Applied()
		for _, run := range op.Runs {
			l, _ := c.d.g.LinkOf(r, run.C)
			c.d.g.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) {
				c.s.Life.Targets(c.d.g.LVOf(x, off), n, func(d, first graph.LV, n uint32) {
					c.d.t.Range(first, n, func(e graph.LV, n uint32, w shape.What) {
						if !c.counts(w) {
							return
						}
						c.row(i).Restored += c.alive(e, n)
						if c.survey != nil && c.d.isText(w) {
							c.touches(i, w)
							c.survey.back(i, d+(e-first), e, n)
						}
					})
				})
			})
		}
	}
}

// alive counts the numbers of a range that are alive.
func (c *count) alive(lv graph.LV, n uint32) int {
	sum := 0
	for end := lv + n; lv < end; {
		on, k := c.s.Life.Run(lv, end-lv)
		if on {
			sum += int(k)
		}
		lv += k
	}
	return sum
}

// opened counts the change that was open when the view was taken, as far as the
// view shows it; it may be sealed by now.
func (c *count) opened(v *View) {
	d, o := c.d, c.d.open
	if int(v.n) < d.g.Len() {
		ops := cutOps(decodeOps(d.g.Ops(v.n)), v.nops, v.nums, d.words, d.wordsOf(v.n))
		c.history(v.n, d.g.First(v.n), v.nums)
		c.restores(graph.At(v.n), encodeOps(ops))
		return
	}
	if o == nil {
		return // rolled back
	}
	all := append(slices.Clip(o.parts), o)
	for _, o := range all[:min(int(v.n)-d.g.Len(), len(all)-1)] {
		c.history(graph.None32, o.h.LV, o.h.Count)
		c.restores(graph.Of(o.h), encodeOps(o.ops))
	}
	o = all[min(int(v.n)-d.g.Len(), len(all)-1)]
	c.history(graph.None32, o.h.LV, min(v.nums, o.h.Count))
	c.restores(graph.Of(o.h), encodeOps(cutOps(o.ops, v.nops, v.nums, d.words, o.firstWord(d))))
}
