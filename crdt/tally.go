package crdt

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Source is what a change says about who made it, and when.
type Source struct {
	Change  cid.Cid   // cid.Undef: the open change
	Root    cid.Cid   // the first change of its chain, on its own path; cid.Undef while that is open
	Author  Author    // the key that wrote it
	With    []Author  // co-authors it names
	Time    time.Time // claimed; zero = not said
	Covered bool      // a signature of the author stands on it or on a later change of its chain
}

// Stretch is a stretch of text of one source, by its index.
type Stretch struct {
	Text   string
	Source int
}

// Tally is what one change has contributed to what a view shows, in numbers.
type Tally struct {
	Source
	Letters  int // code points shown, of texts and of strings in values, without white space
	Spaces   int // white space shown
	Values   int // plain values, set members and counter steps shown
	Inserted int // code points that it put into texts, deleted ones too
	Elements int // list elements and nodes of trees that it made
	Moves    int // moves of these
	Sets     int // values that it put under keys and into list elements
	Removals int // keys that it removed
	Tags     int // set members that it added
	Steps    int // counter steps
	Deleted  int // elements and other things that it deleted, one each
	Restored int // of the deletes it took back: things that are alive
}

// View is the view that the text is read in.
func (t Text) View() *View { return t.v }

// Sources gives the text as stretches of one change each, neighbours of one
// change being one stretch, and each change once, in order of first appearance.
// It is [Text.Runs] for who wants to know more about the changes: its cost is
// that of the runs, of the text once and of the distinct changes. The slices
// belong to the caller.
func (t Text) Sources() ([]Stretch, []Source) {
	cuts, whole := t.cuts()
	d := t.v.d
	t.v.lock()
	defer t.v.unlock()
	out := make([]Stretch, len(cuts))
	seen, by := newRows(d.g.Len()), sources{d: d, root: map[int32]cid.Cid{}}
	var list []Source
	at := 0
	for k, c := range cuts {
		row, fresh := seen.of(c.change)
		if fresh {
			list = append(list, by.of(c.change))
		}
		out[k] = Stretch{whole[at:c.end], row}
		at = c.end
	}
	return out, list
}

// Source says who made a change that the view shows; cid.Undef asks for the open
// one. False when the view does not show it.
func (v *View) Source(c cid.Cid) (Source, bool) {
	v.lock()
	defer v.unlock()
	i, ok := graph.None32, v.open
	if c.Defined() {
		i, ok = v.d.find(c)
		ok = ok && (v.has(i) || v.open && i == v.n)
	}
	if !ok {
		return Source{}, false
	}
	by := sources{d: v.d, root: map[int32]cid.Cid{}}
	return by.of(i), true
}

// Work is the id of the work; cid.Undef in the Update that founds it.
func (tx *Tx) Work() cid.Cid {
	if d := tx.doc(); !d.work.IsZero() {
		return d.work.ChangeCID()
	}
	return cid.Undef
}

// rows numbers changes in order of first appearance.
type rows struct {
	at []int32 // by change + 1, the open one first: its number + 1, 0 none
	n  int
}

// newRows makes room for the open change and n applied ones.
func newRows(n int) *rows { return &rows{at: make([]int32, n+1)} }

// of is the number of a change, and whether it is new.
func (r *rows) of(change int32) (row int, fresh bool) {
	p := &r.at[change+1] // graph.None32 is -1
	if *p == 0 {
		r.n++
		*p = int32(r.n)
		return r.n - 1, true
	}
	return int(*p) - 1, false
}

// sources reads who made changes; the lock must be held.
type sources struct {
	d    *Doc
	root map[int32]cid.Cid // first change of a chain that has not forked
}

// of reads one change, graph.None32 being the open one.
func (r *sources) of(i int32) Source {
	d := r.d
	if i == graph.None32 {
		s := Source{Author: Author(d.me), Root: r.rootOf(d.ownTip)}
		if d.open != nil {
			s.With = authors(d.open.with)
		}
		return s
	}
	s := Source{Change: d.cidAt(i), Root: r.rootOf(i), Author: d.authorAt(i), With: authors(d.g.With(i)), Covered: d.covered(i)}
	if ms := d.g.Time(i); ms != 0 {
		s.Time = time.UnixMilli(ms).UTC()
	}
	return s
}

// authors are keys as the public surface names them; nil for none.
func authors(keys []block.Key) []Author {
	var out []Author
	for _, k := range keys {
		out = append(out, Author(k))
	}
	return out
}

// rootOf is the first change on the path of change i.
func (r *sources) rootOf(i int32) cid.Cid {
	if i == graph.None32 {
		return cid.Undef
	}
	g := r.d.g
	c := g.Chain(i)
	if id, ok := r.root[c]; ok {
		return id
	}
	first := i
	if g.Seq(i) > 0 {
		path := g.Locator(i, 64)
		first = path[len(path)-1]
	}
	id := r.d.cidAt(first)
	if !g.Forked(c) {
		r.root[c] = id
	}
	return id
}

// covered tells whether a signature covers applied change i: it does unless i is
// one of the newest of the own chain, which are signed when they leave.
func (d *Doc) covered(i int32) bool {
	if d.unsigned == 0 || d.ownTip == graph.None32 {
		return true
	}
	return d.g.Seq(d.ownTip)-d.g.Seq(i) >= uint64(d.unsigned) || !d.g.OnPath(i, d.ownTip)
}

// OpenActs yields the acts of the open change, as far as the view shows it: what
// its author has said and not sealed. They have no change to be named by, unless
// it was sealed since.
func (v *View) OpenActs() iter.Seq[Act] {
	return func(yield func(Act) bool) {
		for _, a := range v.openActs() {
			if !yield(a) {
				return
			}
		}
	}
}

// openActs collects the rows of OpenActs.
func (v *View) openActs() []Act {
	v.lock()
	defer v.unlock()
	d := v.d
	if !v.open {
		return nil
	}
	if int(v.n) < d.g.Len() {
		list := d.actsOf(v.n)
		for len(list) > 0 && list[len(list)-1].Index >= v.nops {
			list = list[:len(list)-1]
		}
		return list
	}
	return d.openActs()
}

// Acts yields the acts of the open change so far: what its author has said in it,
// also before this Update.
func (tx *Tx) Acts() iter.Seq[Act] { return slices.Values(tx.doc().openActs()) }

// openActs are the acts of the open change; the lock must be held.
func (d *Doc) openActs() []Act {
	if d.open == nil {
		return nil
	}
	var out []Act
	for _, o := range append(slices.Clip(d.open.parts), d.open) {
		at := o.firstWord(d)
		for k := range o.ops {
			op := &o.ops[k]
			if op.Code == block.OpAct {
				a := Act{Index: k, Author: Author(d.me), Kind: op.Name, Body: Value{kind: plainValue, raw: slices.Clone(op.Value), by: Author(d.me)}}
				if at != noWords {
					a.Words = string(d.words[at : at+op.Bytes])
				}
				out = append(out, a)
			}
			if at != noWords {
				at += op.WordBytes()
			}
		}
	}
	return out
}

// Tally counts what each effective change of the view has contributed to it. The
// changes of which something is shown come first, in the order in which a
// reader of the work meets them (names and keys in order of bytes, as in
// [View.MarshalJSON]), then the others in the order in which this replica met
// them. Its cost is that of reading the work and of the history.
func (v *View) Tally() []Tally {
	v.lock()
	defer v.unlock()
	c := count{d: v.d, s: v.state(), by: sources{v.d, map[int32]cid.Cid{}}, seen: newRows(v.d.g.Len())}
	c.shown()
	for k, n := 0, v.sealed(); k < n; k++ {
		if i := v.at(k); c.s.Effective(i) {
			c.history(i, v.d.g.First(i), v.d.g.Count(i))
			c.restores(graph.At(i), v.d.g.Ops(i))
		}
	}
	if v.open {
		c.opened(v)
	}
	return c.out
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
	d     *Doc
	s     *state.State
	by    sources
	seen  *rows
	out   []Tally
	todo  []item // of the work: still to be read, the next one last
	lists []item
}

// item is a part of the work that is shown.
type item struct {
	name  string
	rank  int           // of a root container among those of its name, 0 below the root map
	at    int32         // a container, shape.NoPlace for an entry
	entry entries.Entry // a plain value
}

// row is the tally of a change.
func (c *count) row(i int32) *Tally {
	row, fresh := c.seen.of(i)
	if fresh {
		c.out = append(c.out, Tally{Source: c.by.of(i)})
	}
	return &c.out[row]
}

// shown reads the work in order, without recursion: containers nest as deep as
// strangers make them.
func (c *count) shown() {
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
	for c.push(); len(c.todo) > 0; c.push() {
		it := c.todo[len(c.todo)-1]
		c.todo = c.todo[:len(c.todo)-1]
		switch {
		case it.at == shape.NoPlace:
			c.value(it.entry)
		case c.d.t.Container(it.at) == block.KindText:
			c.text(it.at)
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

// text counts what a text shows.
func (c *count) text(at int32) {
	q := c.s.Peek(at)
	if q == nil {
		return
	}
	q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
		for n > 0 {
			i, k := c.d.changeRun(lv, n)
			q.Words(lv, k, c.row(i).letters)
			lv, n = lv+k, n-k
		}
		return true
	})
}

// letters adds the code points of b.
func (t *Tally) letters(b []byte) {
	for len(b) > 0 {
		r, n := rune(b[0]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(b)
		}
		if b = b[n:]; unicode.IsSpace(r) {
			t.Spaces++
		} else {
			t.Letters++
		}
	}
}

// history counts what the numbers of a change are.
func (c *count) history(i int32, lv graph.LV, n uint32) {
	t := c.row(i)
	if n == 0 {
		return
	}
	c.d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		switch w.Class() {
		case shape.Elem:
			if c.d.t.Container(w.Place()) == block.KindText {
				t.Inserted += int(n)
			} else {
				t.Elements += int(n)
			}
		case shape.ElemMaker, shape.Node:
			t.Elements += int(n)
		case shape.Move, shape.NodeMove:
			t.Moves += int(n)
		case shape.Entry:
			c.entries(t, lv, n)
		case shape.Tag:
			t.Tags += int(n)
		case shape.Step:
			t.Steps += int(n)
		case shape.Delete:
			t.Deleted += int(n)
		}
	})
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

// restores counts what is alive of the things whose delete a change took back.
func (c *count) restores(r graph.Ref, ops []byte) {
	var rd block.Reader
	var op block.Op
	rd.Reset(ops)
	for rd.Next(&op) {
		if op.Code != block.OpRestore {
			continue
		}
		i, _ := r.Applied()
		t := c.row(i)
		for _, run := range op.Runs {
			l, _ := c.d.g.LinkOf(r, run.C)
			c.d.g.Expand(l, run.N, run.Len, func(x graph.Ref, off, n uint32) {
				c.s.Life.Targets(c.d.g.LVOf(x, off), n, func(_, e graph.LV, n uint32) { t.Restored += c.alive(e, n) })
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
