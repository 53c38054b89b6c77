package crdt

import (
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// Alone makes this Update its own change, as [Tx.Note] does: what was open before it
// is sealed first, and it is sealed when it returns. It comes before the edits of the
// Update.
func (tx *Tx) Alone() { tx.separate() }

// Refer makes sure that changes are in the past of the change that this Update goes
// into, so that its acts can speak of them. Nearly always they are; where a work has
// more than 64 heads some are not until they are named. ErrNotFound without them.
func (tx *Tx) Refer(changes ...cid.Cid) {
	d := tx.doc()
	for _, c := range changes {
		i, ok := d.find(c)
		if !ok {
			tx.doom(fmt.Errorf("crdt: reference to %s: %w", c, ErrNotFound))
		}
		if tx.err != nil {
			return
		}
		d.openNow()
		if d.open.knows(d.g, i) {
			continue
		}
		if len(d.open.h.Links) >= partRefs+block.MaxParents {
			tx.doom(fmt.Errorf("crdt: more than %d references: %w", partRefs, ErrLimit))
			return
		}
		d.linkTo(i)
	}
}

// knows tells whether applied change i is in the past of the open change.
func (o *openChange) knows(g *graph.Graph, i int32) bool {
	for _, l := range append([]graph.Ref{o.h.Before}, o.h.Links...) {
		if k, ok := l.Applied(); ok && (k == i || g.InPast(i, k)) {
			return true
		}
	}
	return false
}

// Newest is the newest sealed change made here with the present key; false before
// there is one.
func (d *Doc) Newest() (Change, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ownTip == graph.None32 {
		return Change{}, false
	}
	return d.changeAt(d.ownTip), true
}
