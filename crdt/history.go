package crdt

import (
	"iter"
	"slices"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Filter says which changes of a history are wanted. The zero Filter wants all; each
// field that is set asks for one thing more.
type Filter struct {
	// Authors: signed by one of them. Who writes with several keys is all of these.
	Authors []Author
	// In: edits this container or what is in it; of a part of a text, the text. With a
	// Key, which may be of any map, edits this key of it or what is under it; a Key
	// without In is one of the root map. A handle in which nothing ever was, or of
	// another Doc, lets nothing through.
	In  Part
	Key string
	// Edits: makes one of these edits; with In or Key, there.
	Edits Edits
	// After: is no part of this version: it came after, or beside. Until: is part of
	// this one. Of a version with changes that the Doc does not have, the rest counts.
	After, Until Version
}

// Edits are kinds of edits, one or several.
type Edits uint16

// The kinds of edits that a change can make.
const (
	EditInsert  Edits = 1 << iota // characters, list elements and nodes that are new
	EditQuote                     // characters that come from elsewhere: quoted, or moved together with EditDelete
	EditBlock                     // block markers: a text divided
	EditMark                      // marks, put on or taken away
	EditPut                       // values and containers of keys, list elements and sets; what blocks say
	EditCount                     // steps of a counter
	EditMove                      // list elements and nodes that get another place
	EditDelete                    // of anything
	EditRestore                   // of what was deleted: undo, redo
	EditAct                       // something said about the work, see [Tx.Act]
	EditNote                      // something said about the change
)

// editNames are the names of the kinds, in order.
var editNames = [...]string{"insert", "quote", "block", "mark", "put", "count", "move", "delete", "restore", "act", "note"}

// String is the names of the kinds, joined by commas.
func (e Edits) String() string {
	var out []string
	for k, name := range editNames {
		if e&(1<<k) != 0 {
			out = append(out, name)
		}
	}
	return strings.Join(out, ",")
}

// editOf is the kind of an op; the genesis has none.
func editOf(c block.Code) Edits {
	switch c {
	case block.OpText, block.OpValues, block.OpListChild, block.OpNode:
		return EditInsert
	case block.OpQuote:
		return EditQuote
	case block.OpBlock:
		return EditBlock
	case block.OpMark:
		return EditMark
	case block.OpPut, block.OpSet, block.OpChild, block.OpAdd:
		return EditPut
	case block.OpStep:
		return EditCount
	case block.OpMove, block.OpTreeMove:
		return EditMove
	case block.OpDelete, block.OpAbsent:
		return EditDelete
	case block.OpRestore:
		return EditRestore
	case block.OpAct:
		return EditAct
	case block.OpNote:
		return EditNote
	}
	return 0
}

// History yields the sealed changes that the view shows, newest first: a change
// before those it links to. With filters it yields those that all of them let
// through.
//
// It reads one change after another while it is asked for more, and keeps none of
// them: in memory it costs nothing, or as much as people wrote at once when a filter
// has a version. A change that is passed over costs little more than its ops.
func (v *View) History(only ...Filter) iter.Seq[Change] {
	return func(yield func(Change) bool) {
		w := v.walk(only)
		for i := w.top; i >= 0; i-- {
			v.lock()
			wanted := w.wants(i)
			var c Change
			if wanted {
				c = v.d.changeAt(i)
			}
			v.unlock()
			if wanted && !yield(c) {
				return
			}
		}
	}
}

// Edits are the kinds of edits that a change makes; none when the view does not show
// it.
func (v *View) Edits(change cid.Cid) (out Edits) {
	v.lock()
	defer v.unlock()
	i, ok := v.d.find(change)
	if !ok || !v.has(i) {
		return 0
	}
	var r block.Reader
	var op block.Op
	for r.Reset(v.d.g.Ops(i)); r.Next(&op); {
		out |= editOf(op.Code)
	}
	return out
}

// historyWalk goes through the applied changes, newest first.
type historyWalk struct {
	v       *View
	top     int32 // where it begins
	filters []filtering

	r  block.Reader // of the ops of one change
	op block.Op
}

// filtering is a filter at work.
type filtering struct {
	Filter
	after, until *pastward
	at           int32 // the place to edit in, shape.NoPlace for anywhere
	void         bool  // lets nothing through
	met          int32 // a place that was asked about, and the answer
	inside       bool
}

// pastward is a version while its past is gone through from the newest change down. At
// all times it has the changes that are of the past and not gone through yet, and of
// which a change that was is made on them, or which the version names: about as many
// as people write at once.
type pastward map[int32]bool

// walk begins a walk.
func (v *View) walk(only []Filter) *historyWalk {
	v.lock()
	defer v.unlock()
	w := &historyWalk{v: v, top: min(v.n, int32(v.d.g.Len())) - 1}
	if v.set != nil {
		w.top = -1
		if n := len(v.set); n > 0 {
			w.top = v.set[n-1]
		}
	}
	for _, f := range only {
		x := filtering{Filter: f, at: shape.NoPlace, met: shape.NoPlace, after: w.pastOf(f.After), until: w.pastOf(f.Until)}
		if x.Authors = slices.Clone(f.Authors); f.In != nil || f.Key != "" {
			x.at, x.void = v.d.partOf(f.In, f.Key)
		}
		w.filters = append(w.filters, x)
	}
	return w
}

// pastOf goes through the past of a version, nil for none; the walk begins with its
// changes.
func (w *historyWalk) pastOf(v Version) *pastward {
	if v.IsZero() {
		return nil
	}
	r := pastward{}
	for _, id := range v.digests() {
		if i, ok := w.v.d.g.Find(id); ok {
			r[i] = true
			w.top = max(w.top, i)
		}
	}
	return &r
}

// has tells whether change i is of the past; all later ones were asked about before.
func (r pastward) has(g *graph.Graph, i int32) bool {
	if !r[i] {
		return false
	}
	delete(r, i)
	if p := g.Prev(i); p != graph.None32 {
		r[p] = true
	}
	for _, l := range g.Links(i) {
		r[l] = true
	}
	return true
}

// container is where a container is.
func (p place) container() place { return p }

// partOf is the place that a filter names; void when there is none.
func (d *Doc) partOf(in Part, key string) (at int32, void bool) {
	if at = d.rootMap(); in != nil {
		c, ok := in.(interface{ container() place })
		if !ok {
			return shape.NoPlace, true
		}
		p := c.container()
		if at = p.at; p.v == nil || p.v.d != d || at == shape.NoPlace {
			return shape.NoPlace, true
		}
	}
	if key == "" {
		return at, false
	}
	slot, ok := d.t.Lookup(shape.Slot, at, 0, 0, key)
	return slot, !ok
}

// wants tells whether change i is to be yielded; it must be asked about each.
func (w *historyWalk) wants(i int32) bool {
	d, out := w.v.d, w.v.has(i)
	for k := range w.filters {
		f := &w.filters[k]
		if f.after != nil && f.after.has(d.g, i) || f.until != nil && !f.until.has(d.g, i) {
			out = false
		}
		out = out && !f.void && (len(f.Authors) == 0 || slices.Contains(f.Authors, Author(d.g.Key(i)))) && w.edits(f, i)
	}
	return out
}

// edits tells whether a change makes one of the edits that a filter asks for, there.
func (w *historyWalk) edits(f *filtering, i int32) bool {
	if f.Filter.Edits == 0 && f.at == shape.NoPlace {
		return true
	}
	d, op := w.v.d, &w.op
	lv := d.g.First(i)
	for w.r.Reset(d.g.Ops(i)); w.r.Next(op); lv += op.Numbers() {
		switch {
		case f.Filter.Edits != 0 && f.Filter.Edits&editOf(op.Code) == 0:
		case f.at == shape.NoPlace, f.touches(d, lv, op.Numbers()), op.Code == block.OpRestore && f.restores(d, i):
			return true
		}
	}
	return false
}

// restores tells whether a restore of a change touches the place.
func (f *filtering) restores(d *Doc, i int32) (out bool) {
	d.eachRestore(i, func(lv graph.LV, n uint32) { out = out || f.touches(d, lv, n) })
	return out
}

// touches tells whether any of n numbers is of the place or what is in it, or
// deletes something of it.
func (f *filtering) touches(d *Doc, lv graph.LV, n uint32) (out bool) {
	if n == 0 {
		return false
	}
	d.t.Range(lv, n, func(lv graph.LV, n uint32, w shape.What) {
		switch {
		case out:
		case w.Class() != shape.Delete:
			out = f.within(d, w.Place())
		default:
			d.s.Life.Targets(lv, n, func(_, e graph.LV, n uint32) {
				d.t.Range(e, n, func(_ graph.LV, _ uint32, w shape.What) { out = out || f.within(d, w.Place()) })
			})
		}
	})
	return out
}

// within tells whether a place is the one to edit in, or in it. Ops that follow one
// another ask about the same again and again.
func (f *filtering) within(d *Doc, at int32) bool {
	if at != f.met {
		f.met, f.inside = at, false
		for ; at != shape.NoPlace && !f.inside; at = d.t.Get(at).Up {
			f.inside = at == f.at
		}
	}
	return f.inside
}
