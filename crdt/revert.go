package crdt

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// RevertTo makes the work read as it did at a version, by inverse ops: what was
// made since, by anybody and in this Update too, is deleted, what was deleted
// since returns as the same elements with their first authors. The history stays
// and so does everybody's credit; Invert of its change takes it back.
//
// What the rules of the work have switched off since the version stays off, and
// what they have switched on since is deleted.
//
// ErrNotFound when the doc has not all of the version. Its cost is that of the
// whole history.
func (tx *Tx) RevertTo(v Version) {
	d := tx.doc()
	if tx.err != nil {
		return
	}
	then, err := d.at(v)
	if err != nil {
		tx.doom(fmt.Errorf("crdt: revert: %w", err))
		return
	}
	if then.set == nil {
		return // it is the present one
	}
	r := revert{inverse: inverse{tx: tx, d: d}, then: then, was: then.state()}
	for i := int32(0); int(i) < d.g.Len(); i++ {
		d.t.Range(d.g.First(i), d.g.Count(i), r.number)
	}
	if next := d.g.NextLV(); d.t.End() > next {
		d.t.Range(next, d.t.End()-next, r.number)
	}
	r.write()
}

// revert is one RevertTo. What is alive decides all that a work shows, so it
// makes every number alive that was, and no other.
type revert struct {
	inverse
	then *View
	was  *state.State
}

// number collects what is to be done about numbers of one change.
func (r *revert) number(lv graph.LV, n uint32, w shape.What) {
	now := r.d.s.Life
	if w.Class() == shape.Delete {
		r.eachAlive(lv, n, func(lv graph.LV, n uint32) { now.Targets(lv, n, r.deleter) })
		return
	}
	if i, _ := r.d.changeRun(lv, 1); i == graph.None32 || !r.then.has(i) {
		r.markers.add(r.d, lv, w) // deleted by now or not, it stops what grew then
	}
	r.eachAlive(lv, n, func(lv graph.LV, n uint32) {
		for n > 0 {
			on, k := r.wasAlive(lv, n)
			if !on {
				r.delete(lv, k)
			}
			lv, n = lv+k, n-k
		}
	})
}

// deleter collects the delete numbers from d0 on, which count, of those among
// the n targets from e on that were alive.
func (r *revert) deleter(d0, e graph.LV, n uint32) {
	for n > 0 {
		on, k := r.wasAlive(e, n)
		if on {
			r.back = append(r.back, stretch{d0, k})
		}
		d0, e, n = d0+k, e+k, n-k
	}
}

// eachAlive yields the numbers of a range that are alive now.
func (r *revert) eachAlive(lv graph.LV, n uint32, yield func(lv graph.LV, n uint32)) {
	for n > 0 {
		on, k := r.d.s.Life.Run(lv, n)
		if on {
			yield(lv, k)
		}
		lv, n = lv+k, n-k
	}
}

// wasAlive tells whether number lv was alive at the version, and how many from
// it on were the same, at most n.
func (r *revert) wasAlive(lv graph.LV, n uint32) (bool, uint32) {
	i, n := r.d.changeRun(lv, n)
	if i == graph.None32 || !r.then.has(i) {
		return false, n
	}
	return r.was.Life.Run(lv, n)
}
