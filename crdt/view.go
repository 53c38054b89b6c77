package crdt

import (
	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// View is the work at one moment: immutable, safe for concurrent use, and O(1)
// to take. It reads as the root map of the work.
//
// A view of the current state reads the live structures; once the doc has moved
// on, its first read builds the state of its moment anew, in time linear in the
// history before it, and keeps it.
type View struct {
	d       *Doc
	n       int32 // applied changes it shows
	nops    int   // ops of the open change it shows
	nums    uint32
	gen     uint64 // of the doc when it was taken
	version Version
	open    bool
	inside  *Tx     // taken inside this Update, which holds the lock
	set     []int32 // changes it shows, when they are no prefix of the arrival
	past    *state.State
	epoch   int       // of the doc when past was built
	own     *judged   // of the set, when that is not everything applied
	suppose []cid.Cid // changes that the view takes as accepted
	unborn  *string   // of a copy of the view: the root text that a handle stands for, which is not there yet
	early   bool      // taken before the history was read, see summary
}

// view takes a view of the current state; the lock must be held.
func (d *Doc) view() *View {
	v := &View{d: d, n: int32(d.g.Len()), gen: d.gen, version: d.heads()}
	if o := d.open; o != nil && (len(o.ops) > 0 || len(o.parts) > 0) {
		v.open = true
		v.nops = len(o.ops)
		v.n += int32(len(o.parts))
		v.nums = o.h.Count
		o.barrier, o.fence = true, len(o.ops)
	}
	return v
}

// now is a view that always reads the running state, for reads of handles.
func (tx *Tx) now() *View {
	d := tx.doc()
	return &View{d: d, n: int32(d.g.Len()), inside: tx, past: d.s, epoch: d.epoch}
}

// read runs fn on the state of the view, under the lock of the doc.
func (v *View) read(fn func(*state.State)) {
	v.lock()
	defer v.unlock()
	fn(v.state())
}

// state is the state of the view; the lock must be held.
func (v *View) state() *state.State {
	inside := v.inside != nil && v.inside.running != nil
	switch {
	case v.past != nil && v.epoch == v.d.epoch:
		return v.past
	case v.set == nil && v.gen == v.d.gen && !(inside && v.outrun()):
		return v.d.s
	case v.set == nil && inside: // the Update that it was taken in has gone on
		v.d.open.barrier, v.d.open.fence = true, len(v.d.open.ops)
	}
	v.past, v.epoch = v.build(), v.d.epoch
	return v.past
}

// outrun tells whether the open change has grown since the view was taken.
func (v *View) outrun() bool {
	o := v.d.open
	if o == nil || len(o.ops)+len(o.parts) == 0 {
		return false
	}
	return !v.open || len(o.parts) > 0 || len(o.ops) != v.nops || o.h.Count != v.nums
}

// build makes the state of a view anew: its changes, by arrival, under the
// verdicts of exactly that set, and what it shows of the open change.
func (v *View) build() *state.State {
	d := v.d
	s := state.New(d.g, d.t, &d.words)
	for _, i := range v.list() {
		s.Apply(graph.At(i), d.g.Ops(i), block.Briefs{}, nil, d.wordsOf(i))
	}
	for i, err := range v.verdicts() {
		if err != nil {
			s.Switch(i, false)
		}
	}
	v.buildOpen(s)
	s.Settle()
	return s
}

// buildOpen adds what the view shows of the change that was open then, sealed
// by now or not.
func (v *View) buildOpen(s *state.State) {
	if !v.open {
		return
	}
	d := v.d
	r, ops, words := graph.NoRef, []block.Op(nil), uint32(noWords)
	if int(v.n) < d.g.Len() {
		r = graph.At(v.n)
		ops = decodeOps(d.g.Ops(v.n))
		words = d.wordsOf(v.n)
	} else if o := d.open; o != nil {
		if k := int(v.n) - d.g.Len(); k < len(o.parts) {
			o = o.parts[k]
		}
		for k := d.g.Len(); k < int(v.n); k++ {
			p := d.open.parts[k-d.g.Len()]
			s.Apply(graph.Of(p.h), encodeOps(p.ops), block.Briefs{}, nil, p.firstWord(d))
		}
		r, ops, words = graph.Of(o.h), o.ops, o.firstWord(d)
	} else {
		return // rolled back
	}
	s.Apply(r, encodeOps(cutOps(ops, v.nops, v.nums, d.words, words)), block.Briefs{}, nil, words)
}

// firstWord is where the words of the first op of an open change lie.
func (o *openChange) firstWord(d *Doc) uint32 {
	switch {
	case !o.hasText:
		return noWords
	case d.salt:
		return o.wordsAt + saltLen
	}
	return o.wordsAt
}

// cutOps gives the first n ops, of which the last may have grown since: they
// make nums numbers in all.
func cutOps(ops []block.Op, n int, nums uint32, arena []byte, at uint32) []block.Op {
	n = min(n, len(ops))
	out := append([]block.Op(nil), ops[:n]...)
	for k := range out {
		m := out[k].Numbers()
		if k == n-1 && m > nums {
			var words []byte
			if at != noWords {
				words = arena[at:]
			}
			out[k] = cut(out[k], nums, words)
			break
		}
		nums -= m
		if at != noWords {
			at += out[k].WordBytes()
		}
	}
	return out
}

// encodeOps and decodeOps go between the two forms of ops.
func encodeOps(ops []block.Op) []byte {
	var b []byte
	for k := range ops {
		b = block.AppendOp(b, &ops[k])
	}
	return b
}

func decodeOps(b []byte) []block.Op {
	var r block.Reader
	var out []block.Op
	r.Reset(b)
	for {
		var op block.Op
		if !r.Next(&op) {
			return out
		}
		out = append(out, op)
	}
}

// ID is the work's CID: that of its genesis.
func (v *View) ID() cid.Cid {
	if v.early {
		return v.d.ID()
	}
	v.lock()
	defer v.unlock()
	return v.d.work.ChangeCID()
}

// Version names the sealed changes that the view shows. [View.Open] tells
// whether it shows open edits besides.
func (v *View) Version() Version { return v.version }

// Open tells whether the view shows edits that are not sealed yet.
func (v *View) Open() bool { return v.open }

// Change reads one change that the view shows.
func (v *View) Change(c cid.Cid) (Change, bool) {
	v.lock()
	defer v.unlock()
	i, ok := v.d.find(c)
	if !ok || !v.has(i) {
		return Change{}, false
	}
	return v.d.changeAt(i), true
}

// Changes is how many sealed changes the view shows.
func (v *View) Changes() int {
	if v.set != nil {
		return len(v.set)
	}
	if v.early {
		s := v.d.mu.peek()
		defer v.d.mu.Unlock()
		if s != nil {
			return int(s.n)
		}
		return int(v.n)
	}
	v.lock()
	defer v.unlock()
	return int(min(v.n, int32(v.d.g.Len())))
}

// at is the index of the k-th change of the view.
func (v *View) at(k int) int32 {
	if v.set != nil {
		return v.set[k]
	}
	return int32(k)
}

// has tells whether the view shows applied change i.
func (v *View) has(i int32) bool {
	if v.set == nil {
		return i < v.n
	}
	for lo, hi := 0, len(v.set); lo < hi; {
		m := (lo + hi) / 2
		switch {
		case v.set[m] == i:
			return true
		case v.set[m] < i:
			lo = m + 1
		default:
			hi = m
		}
	}
	return false
}

// lock and unlock hold the doc's lock unless the running Update does.
func (v *View) lock() {
	if v.inside == nil || v.inside.running == nil {
		v.d.mu.Lock()
	} else {
		v.inside.doc()
	}
}

func (v *View) unlock() {
	if v.inside == nil || v.inside.running == nil {
		v.d.mu.Unlock()
	}
}

// place is a container in a view.
type place struct {
	v  *View
	at int32 // shape.NoPlace: nothing was ever in it
}

// none is a container that is not there: it reads as empty.
func (v *View) none() place { return place{v, shape.NoPlace} }
