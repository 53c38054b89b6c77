package crdt

import (
	"iter"
	"slices"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
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

// Stretch is a stretch of text of one source, by its index, and of one origin.
type Stretch struct {
	Text   string
	Source int
	Origin *Origin // nil where it was written
}

// Origin says where a stretch of quoted text was written first, as far as its claim
// holds, or else what is claimed.
type Origin struct {
	Work   cid.Cid // cid.Undef: this work
	Change cid.Cid
	Offset uint64 // of the first character, among the numbers of the change
	Claim  Claim
	// Source is who wrote it, by index, where the claim holds; else who claims it.
	Source int
	// Moved says that the text was cut and pasted and counts for its origin, as
	// [Tally] says; else it is a copy.
	Moved bool
}

// Sources gives the text as stretches of one change and one origin each, neighbours
// of one being one stretch, and each change once, in order of first appearance.
// It is [Text.Runs] for who wants to know more about the changes: its cost is
// that of the runs, of the text once and of the distinct changes, and, where
// anything in the work is quoted, of the quotes of the work. The slices belong to the
// caller.
func (t Text) Sources() ([]Stretch, []Source) {
	cuts, strands, whole := t.strands()
	d := t.v.d
	t.v.lock()
	defer t.v.unlock()
	out := make([]Stretch, len(cuts))
	seen := newRows(d.g.Len())
	var changes []int32 // by row
	row := func(i int32) int {
		k, fresh := seen.of(i)
		if fresh {
			changes = append(changes, i)
		}
		return k
	}
	at := 0
	for k, c := range cuts {
		out[k].Text, out[k].Source = whole[at:c.end], row(c.change)
		if strands != nil {
			out[k].Origin = strands[k].origin(d, row)
		}
		at = c.end
	}
	by := sources{d: d, root: map[int32]cid.Cid{}}
	list := make([]Source, len(changes))
	for k, i := range changes {
		by.fill(&list[k], i)
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
func (r *sources) of(i int32) (s Source) {
	r.fill(&s, i)
	return s
}

// fill is of; s must be empty.
func (r *sources) fill(s *Source, i int32) {
	d := r.d
	if i == graph.None32 {
		s.Author, s.Root = Author(d.me), r.rootOf(d.ownTip)
		if d.open != nil {
			s.With = authors(d.open.with)
		}
		return
	}
	s.Change, s.Root, s.Author = d.cidAt(i), r.rootOf(i), d.authorAt(i)
	s.With, s.Covered = authors(d.g.With(i)), d.covered(i)
	if ms := d.g.Time(i); ms != 0 {
		s.Time = time.UnixMilli(ms).UTC()
	}
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

// Tally is what one change has contributed to what a view shows, in numbers.
type Tally struct {
	Source
	Letters  int // code points shown, of texts and of strings in values, without white space
	Spaces   int // white space shown
	Quoted   int // code points without white space that are shown as copies of what it wrote
	Values   int // plain values, set members and counter steps shown
	Kept     int // code points that are shown of those that it put into texts, wherever they were moved
	Inserted int // code points that it put into texts, deleted ones too; without Placed
	Placed   int // code points that it put into texts as quotes of others' or own words, moves included; claims that fail left out
	Elements int // list elements and nodes of trees that it made
	Moves    int // moves of these
	Marks    int // marks that it put over text or took away
	Sets     int // values that it put under keys and into list elements
	Removals int // keys that it removed
	Tags     int // set members that it added
	Steps    int // counter steps
	Deleted  int // elements and other things that it deleted, one each; without text that it moved
	Restored int // of the deletes it took back: things that are alive
}

// Quotation is a stretch of text that is shown and claims to come from another work.
// It is in no tally's letters.
type Quotation struct {
	Text   string
	Origin Origin // Source: the change that claims it, an index of Tallies.Changes
	Placed int    // index of the change that put it there: another one, if that is a copy
}

// Deletion says that a change has deleted the characters At, At+1, … of all that are
// gone, in a numbering that serves to find what several have deleted.
type Deletion struct {
	Change int // index of Tallies.Changes
	At, N  uint32
}

// Tallies are what the changes of a view, or of a part of it, have contributed.
type Tallies struct {
	Changes   []Tally
	Quotes    []Quotation
	Deletions []Deletion // of text, as far as they stand; text that was only moved left out
}

// Tally counts what each effective change of the view has contributed to it. The
// changes of which something is shown come first, in the order in which a
// reader of the work meets them (names and keys in order of bytes, as in
// [View.MarshalJSON]), then the others in the order in which this replica met
// them. Its cost is that of reading the work and of the history.
//
// Text that was cut and pasted counts as its first author's; of what stands for one
// character the first in the total order, everything else is a copy.
func (v *View) Tally() Tallies {
	v.lock()
	defer v.unlock()
	c := newCount(v, shape.NoPlace)
	c.roots()
	c.read()
	c.past()
	return c.out
}

// Part is a container in a view: a Text, also a slice of one, a Map, a List, a Set, a
// Counter or a Tree.
type Part interface {
	// View is the view that the part is read in.
	View() *View
	// Tally is what was done in the part, as [View.Tally] has it for all; Survey the
	// same with more, as [View.Survey].
	Tally() Tallies
	Survey() Survey
}

// View is the view that the container is read in.
func (p place) View() *View { return p.v }

// Tally is [View.Tally] of the container and what is below it; only changes that did
// something there are in it.
func (p place) Tally() Tallies {
	return p.tally(func(c *count) { c.todo = append(c.todo, item{at: p.at}) })
}

// Tally is [View.Tally] of the text, or of the part that t is: what is shown of that
// part, and what was done to the whole text.
func (t Text) Tally() Tallies {
	return t.tally(func(c *count) { c.text(t.at, t.i, t.j) })
}

// tally counts a part; show reads what it shows.
func (p place) tally(show func(*count)) Tallies {
	if p.at == shape.NoPlace {
		return Tallies{}
	}
	p.v.lock()
	defer p.v.unlock()
	c := newCount(p.v, p.at)
	show(c)
	c.read()
	c.past()
	return c.out
}
