package crdt

import (
	"fmt"
	"io"
	"slices"
	"unicode/utf8"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Sizes at which the open change is sealed when an Update returns: small
// enough that a peer gets steady pieces, large enough that headers, hashes and
// signatures do not count.
const (
	sealOps   = 4096
	sealBytes = 64 << 10
)

// Sizes at which an Update goes on in a next part, below the limits of the
// format by what one more op can add; and the parts it may have.
const (
	partOps   = 30000
	partBytes = 600 << 10
	partWords = 900 << 10
	partRefs  = 4000
	partMax   = 16
)

// saltLen is the random bytes before each content of a salted work.
const saltLen = 16

// openChange is the change that edits go into until its name is needed. Its
// invariants:
//
//  1. The numbers of ops are h.LV … h.LV+h.Count-1, in order, and the number
//     table knows them.
//  2. The words of ops are the arena from wordsAt (after the salt) to its end,
//     in order.
//  3. Things in ops name places of h.Links: parents first, in order of their
//     ids, then refs in order of first use, which sealing sorts.
type openChange struct {
	h            *graph.Held
	parents      int
	parts        []*openChange // finished parts of the running Update
	ops          []block.Op
	wordsAt      uint32  // arena offset of the content
	wordsEnd     uint32  // and where it ends, once the part is finished
	hasText      bool    // content has begun (salt written)
	named        uint32  // Σ lengths of runs and overs
	bytes        int     // estimate of the encoded ops
	places       []reach // which chains the links reach
	with         []block.Key
	tag          int32    // change, or graph.None32
	runLo, runHi graph.LV // the numbers of the change that the last run began in
	runLV        graph.LV // first element of the first run of the last delete, while that run is one stretch of LVs
	// fresh asks for a new op at the next delete or restore, since the last one
	// may name the same numbers.
	fresh bool
	// barrier forbids that a delete grows at its head, which pairs its numbers
	// with other elements than a view or the journal has seen.
	barrier bool
	fence   int // ops below stand in the journal: only texts and deletes among them grow
	// typing is the text that the last op inserts into, noPlace when it is another
	// op.
	typing int32
}

// noPlace is no container.
const noPlace = shape.NoPlace

// reach says that numbers of a chain are named through the link at a place.
type reach struct {
	chain int32
	place uint32
}

// openNow makes sure that there is an open change, and asks the rules before
// it starts one.
func (d *Doc) openNow() {
	if d.open != nil {
		return
	}
	d.open = d.newOpen()
}

// newOpen starts the open change on the heads as they are. Of more than 64
// heads the deepest are named, so that the change is deeper than everything.
func (d *Doc) newOpen() *openChange {
	g := d.g
	var parents []int32
	for _, i := range g.Heads() {
		if i != d.ownTip {
			parents = append(parents, i)
		}
	}
	if len(parents) > block.MaxParents {
		slices.SortFunc(parents, func(a, b int32) int {
			if g.Less(a, b) {
				return 1
			}
			return -1
		})
		parents = parents[:block.MaxParents]
	}
	slices.SortFunc(parents, func(a, b int32) int { return block.Compare(g.ID(a), g.ID(b)) })
	o := d.spare
	if o == nil {
		o = &openChange{h: &graph.Held{}}
	}
	d.spare = nil
	*o = openChange{h: o.h, ops: o.ops[:0], places: o.places[:0], parents: len(parents), tag: graph.None32, runLV: graph.None, typing: noPlace, wordsAt: uint32(len(d.words))}
	g.Open(o.h, d.me, d.ownTip, parents)
	o.register(g)
	return o
}

// register notes which chains the links of the change reach.
func (o *openChange) register(g *graph.Graph) {
	o.places = o.places[:0]
	for k, l := range o.h.Links {
		if i, ok := l.Applied(); ok {
			o.places = append(o.places, reach{g.Chain(i), uint32(k + 1)})
		}
	}
}

// room makes sure that one more op of so many word bytes and named numbers, and
// the numbers it makes, fit into the part and the replica; which may mean going
// on in the next part. It is false, and the Update doomed, when there are too
// many.
func (d *Doc) room(tx *Tx, words, named, numbers int) bool {
	if o := d.open; o != nil && len(o.ops) < partOps && o.bytes < partBytes && len(d.words)-int(o.wordsAt)+words <= partWords &&
		int(o.named)+named <= block.MaxNamed && len(o.h.Links) < partRefs && int64(d.t.End())+int64(numbers) <= graph.MaxLV && int64(len(d.words)) <= maxWords {
		return true
	}
	return d.makeRoom(tx, words, named, numbers)
}

// makeRoom is the rest of room: what is not met at every keystroke.
func (d *Doc) makeRoom(tx *Tx, words, named, numbers int) bool {
	if int64(d.t.End())+int64(numbers) > graph.MaxLV || int64(len(d.words)) > maxWords {
		tx.doom(fmt.Errorf("crdt: the replica is full: %w", ErrLimit))
		return false
	}
	if d.open == nil {
		d.open = d.newOpen()
		return d.room(tx, words, named, numbers)
	}
	o := d.open
	if len(o.ops) == 0 {
		tx.doom(fmt.Errorf("crdt: one edit is too large: %w", ErrLimit))
		return false
	}
	if len(o.parts)+1 >= partMax {
		tx.doom(fmt.Errorf("crdt: Update of more than %d parts: %w", partMax, ErrLimit))
		return false
	}
	next := &openChange{h: d.g.Follow(o.h), parts: append(o.parts, o), tag: o.tag, with: o.with, runLV: graph.None, typing: noPlace, wordsAt: uint32(len(d.words))}
	o.parts, o.wordsEnd = nil, uint32(len(d.words))
	d.open = next
	return d.room(tx, words, named, numbers)
}

// wordsLen is the length of the content of the open part so far.
func (d *Doc) wordsLen() int {
	if !d.open.hasText {
		return 0
	}
	return len(d.words) - int(d.open.wordsAt)
}

// beginWords makes ready for words of the open change: a salted work has random
// bytes before them.
func (d *Doc) beginWords() error {
	o := d.open
	if o.hasText {
		return nil
	}
	o.wordsAt = uint32(len(d.words))
	if d.salt {
		var b [saltLen]byte
		if _, err := io.ReadFull(d.rand, b[:]); err != nil {
			return fmt.Errorf("crdt: salt: %w", err)
		}
		d.words = append(d.words, b[:]...)
	}
	o.hasText = true
	return nil
}

// next is the LV of the next number of the open change.
func (o *openChange) next() graph.LV { return o.h.LV + o.h.Count }

// numbers gives the next n numbers to what is at a place and returns the first.
func (d *Doc) numbers(n uint32, w shape.What) graph.LV {
	lv := d.open.next()
	d.open.h.Count += n
	d.t.Append(n, w)
	return lv
}

// push adds an op to the open change.
func (o *openChange) push(op block.Op) {
	o.h.Acts = o.h.Acts || op.Code == block.OpAct
	o.h.Noted = o.h.Noted || op.Code == block.OpNote
	o.ops = append(o.ops, op)
	o.typing = noPlace
	o.named += uint32(len(op.Over))
	o.bytes += 24 + len(op.C.Name) + len(op.Key) + len(op.Value) + 12*len(op.Over) + 5*len(op.Lens) + 12*len(op.Runs)
}

// begin adds an op to the open change in place: it is zero but for its code and
// the memory of its runs, which an earlier change may have used.
func (o *openChange) begin(code block.Code) *block.Op {
	k := len(o.ops)
	if k == cap(o.ops) {
		o.ops = append(o.ops, block.Op{})
	}
	o.ops = o.ops[:k+1]
	op := &o.ops[k]
	*op = block.Op{Code: code, Runs: op.Runs[:0]}
	o.typing = noPlace
	o.bytes += 24
	return op
}

// pushText adds an insert of n runes in size bytes, its numbers from lv on.
func (d *Doc) pushText(c int32, lv graph.LV, parent graph.LV, side block.Side, n, size uint32) {
	o := d.open
	op := o.begin(block.OpText)
	op.Side, op.Runes, op.Bytes = side, n, size
	op.C = d.containerOp(c)
	op.HasAt, op.At = d.thingOp(parent)
	o.bytes += len(op.C.Name)
	o.typing = c
}

// pushDelete adds the delete of n numbers from lv on; one that goes on at an
// end of what the last op deleted lengthens that. It reports whether that was
// at the head: then the delete numbers are paired anew.
func (d *Doc) pushDelete(lv graph.LV, n uint32) (head bool) {
	o := d.open
	o.named += n
	if k := len(o.ops); k == 0 || o.ops[k-1].Code != block.OpDelete || o.fresh {
		o.begin(block.OpDelete)
		o.fresh = false
	}
	op := &o.ops[len(o.ops)-1]
	if last := len(op.Runs) - 1; last >= 0 && lv >= o.runLo && lv+n <= o.runHi {
		// The same change as the last run: neighbours here are neighbours in it.
		r := &op.Runs[last]
		switch {
		case o.runLV == graph.None:
		case lv == o.runLV+r.Len:
			r.Len += n
			return false
		case lv+n == o.runLV && !o.barrier:
			r.N -= uint64(n)
			r.Len += n
			o.runLV = lv
			return true
		}
	}
	for n > 0 {
		t, k := d.stretch(lv, n)
		last := len(op.Runs) - 1
		switch {
		case last >= 0 && op.Runs[last].C == t.C && op.Runs[last].N+uint64(op.Runs[last].Len) == t.N:
			if lv != o.runLV+op.Runs[last].Len {
				o.runLV = graph.None // its elements are no neighbours here
			}
			op.Runs[last].Len += k
		case last >= 0 && k == n && !o.barrier && op.Runs[last].C == t.C && t.N+uint64(k) == op.Runs[last].N && o.runLV == lv+k:
			op.Runs[last].N, op.Runs[last].Len = t.N, op.Runs[last].Len+k
			o.runLV = lv
			return true
		default:
			o.runLV = lv
			o.runLo, o.runHi = d.bounds(lv)
			op.Runs = append(op.Runs, block.Run{C: t.C, N: t.N, Len: k})
			o.bytes += 12
		}
		lv, n = lv+k, n-k
	}
	return false
}

// bounds are the numbers of the change that made number lv.
func (d *Doc) bounds(lv graph.LV) (lo, hi graph.LV) {
	if next := d.g.NextLV(); lv >= next {
		return d.open.h.LV, graph.MaxLV
	}
	i := d.g.ChangeOf(lv)
	return d.g.First(i), d.g.First(i) + d.g.Count(i)
}

// stretch names the first of n numbers from lv on, and how many of them follow
// it in its change.
func (d *Doc) stretch(lv graph.LV, n uint32) (block.Thing, uint32) {
	o := d.open
	if lv >= d.g.NextLV() {
		return block.Thing{N: o.h.Start + uint64(lv) - uint64(o.h.LV)}, n
	}
	i := d.g.ChangeOf(lv)
	n = min(n, d.g.Beyond(i)-lv)
	return block.Thing{C: d.placeOf(i), N: d.g.Start(i) + uint64(lv-d.g.First(i))}, n
}

// thingOp names a number in the open change; false for no number.
func (d *Doc) thingOp(lv graph.LV) (bool, block.Thing) {
	if lv == graph.None {
		return false, block.Thing{}
	}
	t, _ := d.stretch(lv, 1)
	return true, t
}

// placeOf is the place among the links of the open change through which the
// numbers of applied change i are named: its own chain, a link on the chain of
// i at i or later, or a new ref.
func (d *Doc) placeOf(i int32) uint32 {
	g, o := d.g, d.open
	c := g.Chain(i)
	if d.ownTip != graph.None32 && c == g.Chain(d.ownTip) && (!g.Forked(c) || g.OnPath(i, d.ownTip)) {
		return 0
	}
	for k := len(o.places) - 1; k >= 0; k-- {
		if r := o.places[k]; r.chain == c {
			if l, ok := o.h.Links[r.place-1].Applied(); ok && g.OnPath(i, l) {
				return r.place
			}
		}
	}
	ref := i
	for _, tip := range g.Tips(c) { // one ref serves the whole chain
		if g.OnPath(i, tip) {
			ref = tip
			break
		}
	}
	return o.addRef(c, ref)
}

// linkTo makes applied change i itself a link of the open change.
func (d *Doc) linkTo(i int32) {
	o := d.open
	if i == d.ownTip {
		return
	}
	for _, l := range o.h.Links {
		if a, ok := l.Applied(); ok && a == i {
			return
		}
	}
	o.addRef(d.g.Chain(i), i)
}

// addRef points through one more change of a chain.
func (o *openChange) addRef(chain, i int32) uint32 {
	p := o.h.AddRef(i)
	o.places = append(o.places, reach{chain, p})
	return p
}

// containerOp names a container in the open change.
func (d *Doc) containerOp(c int32) block.Container {
	p := d.t.Get(c)
	if p.Sort == shape.Root {
		return block.Container{Kind: p.Kind, Name: p.Name}
	}
	_, at := d.thingOp(d.t.Maker(c))
	return block.Container{Kind: p.Kind, Child: true, At: at}
}

// overOp names entries that an entry is written over, in ascending order of
// their names.
func (d *Doc) overOp(over []graph.LV) []block.Thing {
	if len(over) == 0 {
		return nil
	}
	out := make([]block.Thing, len(over))
	for k, lv := range over {
		_, out[k] = d.thingOp(lv)
	}
	slices.SortFunc(out, compareThings)
	return out
}

// cut gives the first n numbers of an op that grew after a view saw it; words
// are the op's words.
func cut(op block.Op, n uint32, words []byte) block.Op {
	switch op.Code {
	case block.OpText:
		size := 0
		for k := uint32(0); k < n; k++ {
			_, w := utf8.DecodeRune(words[size:])
			size += w
		}
		op.Runes, op.Bytes = n, uint32(size)
	case block.OpDelete:
		runs := make([]block.Run, 0, len(op.Runs))
		for _, r := range op.Runs {
			if r.Len = min(r.Len, n); r.Len > 0 {
				runs = append(runs, r)
				n -= r.Len
			}
		}
		op.Runs = runs
	}
	return op
}
