package crdt

import (
	"encoding/binary"
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
	most     int // changes that the batch has
	held     []held
	followed []bool            // by a change of its chain in the batch
	at       []uint32          // where a change lies in held, and one: open addressing by id; made when a link is not to the change just before
	begun    map[block.ID]bool // changes whose chain has no earlier one in the batch
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
	x.in, x.most = in, len(items)
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
	if !in.counted {
		in.res.Applied = slices.Grow(in.res.Applied, len(items))
	}
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
	if len(x.at) > 0 && !x.place(k) {
		return false
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
	err := d.admit(h, func(block.ID) graph.Ref { // asked in the order of refs
		next++
		return x.refs[next-1]
	})
	h.Parents, h.Refs = unnamed[:len(h.Parents)], nil
	return err == nil
}

// unnamed stands for the parents of a change that is linked to what they are: from
// there on only their number is asked for.
var unnamed [block.MaxParents]block.ID

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
		if len(x.at) == 0 && !x.table() {
			return false
		}
		if j = x.find(id); j < 0 || j == k {
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

// crowd is how many changes stand in one row of the table at most. Ids are digests:
// where more do somebody has looked for such, and the books of package cover are for
// him.
const crowd = 256

// table begins to note where changes lie; there is room for all of the batch. It is
// false for a crowd.
func (x *express) table() bool {
	size := 16
	for size < 2*x.most {
		size *= 2
	}
	x.at = slices.Grow(x.at[:0], size)[:size]
	clear(x.at)
	for n := range x.held { // the one at hand too: a later one may look for it
		if !x.place(n) {
			return false
		}
	}
	return true
}

// place notes where a change lies; of one that is there twice, the last. It is false
// for a crowd.
func (x *express) place(k int) bool {
	mask := len(x.at) - 1
	at := int(binary.LittleEndian.Uint32(x.held[k].ID[8:])) & mask
	for n := 0; x.at[at] != 0 && x.held[x.at[at]-1].ID != x.held[k].ID; n++ {
		if n == crowd {
			return false
		}
		at = (at + 1) & mask
	}
	x.at[at] = uint32(k) + 1
	return true
}

// find is where a change lies in held, -1 for one that does not.
func (x *express) find(id block.ID) int {
	mask := len(x.at) - 1
	for at := int(binary.LittleEndian.Uint32(id[8:])) & mask; x.at[at] != 0; at = (at + 1) & mask {
		if k := int(x.at[at]) - 1; x.held[k].ID == id {
			return k
		}
	}
	return -1
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
	*x = express{held: x.held[:0], followed: x.followed[:0], refs: x.refs[:0], at: x.at[:0], shelf: x.shelf}
	lanes.Put(x)
}
