package crdt

import (
	"slices"
	"sync"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/graph"
)

// Most batches need no waiting room: nothing waits from before, each change comes
// after what it links to, and the last of each chain is signed, so that the batch
// and what is applied are a closed and covered set by themselves (DESIGN 5). The
// functions here take such a batch in without the books of package cover. Any
// other, and any with a fault, they leave to it as it came, with nothing changed.

// express is the changes of one such batch on their way in.
type express struct {
	in       *intake
	held     []held
	followed []bool              // by a change of its chain in the batch
	at       map[block.ID]uint32 // made when a link is not to the change just before
	begun    map[block.ID]bool   // changes whose chain has no earlier one in the batch
	shelf    block.Shelf
	refs     []graph.Ref // links of the change that is looked at: parents, refs, prev
	numbers  int64
	words    int64
	ops      int
}

// lanes are to be used again.
var lanes = sync.Pool{New: func() any { return new(express) }}

// express applies a batch that is closed and covered by itself; it is false, and
// nothing has changed, where it is not.
func (in *intake) express(items []bridge.Item) bool {
	d := in.d
	if len(items) == 0 || d.wait.Len() > 0 || d.quota > 0 {
		return false
	}
	x := lanes.Get().(*express)
	defer x.done()
	x.in = in
	x.held = slices.Grow(x.held[:0], len(items)) // its items must not move
	for k := range items {
		if !x.admit(&items[k]) {
			x.drop()
			return false
		}
	}
	for k := range x.held {
		if !x.followed[k] && x.held[k].sig == nil {
			x.drop()
			return false
		}
	}
	in.seal()
	d.g.Grow(len(items), x.ops)
	words := 0
	for k := range x.held {
		words += len(x.held[k].content)
	}
	d.words = slices.Grow(d.words, words)
	in.res.Applied = slices.Grow(in.res.Applied, len(items))
	in.enter(len(x.held), func(k int) *held { return &x.held[k] })
	return true
}

// admit checks one change and judges it by its past; it is false for one that is
// here already, has a fault, or links to what is not here.
func (x *express) admit(it *bridge.Item) bool {
	in, d := x.in, x.in.d
	id := in.name(it)
	if it.ID != [32]byte{} && it.ID != [32]byte(id) {
		return false
	}
	if _, ok := d.g.Find(id); ok || block.Decode(it.Change, &in.change) != nil {
		return false
	}
	c := &in.change
	x.numbers += int64(c.Count)
	x.words += int64(c.Size)
	x.ops += len(c.Ops)
	if int64(d.t.End())+x.numbers > graph.MaxLV || int64(len(d.words))+x.words > maxWords || int64(d.g.OpBytes()+x.ops) > maxWords {
		return false
	}
	k := len(x.held)
	x.held = x.held[:k+1]
	h := &x.held[k]
	h.hold(c, id)
	h.Briefs = x.shelf.Keep(c)
	x.followed = append(x.followed, false)
	if x.at != nil {
		x.at[id] = uint32(k)
	}
	if in.checkHeader(c, id) != nil || !in.holdsWords(it, h) {
		return false
	}
	if sig, ok := in.sigs[id]; ok && in.verify(h, sig) != nil {
		return false
	}
	if !x.links(h, k) {
		return false
	}
	next := 0
	return d.admit(h, func(block.ID) graph.Ref { // asked in the order of refs
		next++
		return x.refs[next-1]
	}) == nil
}

// links finds what the change at k links to; false when something is not here.
func (x *express) links(h *held, k int) bool {
	x.refs = x.refs[:0]
	for _, list := range [][]block.ID{h.Parents, h.Refs} {
		for _, id := range list {
			if !x.link(id, k, false) {
				return false
			}
		}
	}
	if h.Prev.IsZero() {
		return x.begin(k)
	}
	return x.link(h.Prev, k, true)
}

// begin notes that the change at k is the first of its chain in the batch; false
// when it was met before. Of others a second one is found by what it follows.
func (x *express) begin(k int) bool {
	id := x.held[k].ID
	if x.begun[id] {
		return false
	}
	if x.begun == nil {
		x.begun = map[block.ID]bool{}
	}
	x.begun[id] = true
	return true
}

// link finds one link of the change at k, an earlier one of the batch or an
// applied one; prev says that it is the one before on the chain.
func (x *express) link(id block.ID, k int, prev bool) bool {
	j := k - 1
	if j < 0 || x.held[j].ID != id {
		if i, ok := x.in.d.g.Find(id); ok {
			x.refs = append(x.refs, graph.At(i))
			return !prev || x.begin(k)
		}
		if x.at == nil {
			x.at = make(map[block.ID]uint32, cap(x.held))
			for n := range x.held { // that at k too: a later one may look for it
				x.at[x.held[n].ID] = uint32(n)
			}
		}
		n, ok := x.at[id]
		if j = int(n); !ok || j == k {
			return false
		}
	}
	if prev {
		if x.followed[j] { // the same change again, or a key that went on twice
			return false
		}
		x.followed[j] = true
	}
	x.refs = append(x.refs, graph.Of(&x.held[j].Held))
	return true
}

// drop lets go of what was kept for the changes so far.
func (x *express) drop() {
	for k := range x.held {
		x.in.d.t.Drop(&x.held[k].Held)
	}
}

// done puts the lane back, with its memory.
func (x *express) done() {
	for k := range x.held {
		h := &x.held[k]
		h.Held.Reset()
		h.content, h.sig = nil, nil
	}
	clear(x.refs[:cap(x.refs)])
	x.shelf.Reset()
	*x = express{held: x.held[:0], followed: x.followed[:0], refs: x.refs[:0], shelf: x.shelf}
	lanes.Put(x)
}
