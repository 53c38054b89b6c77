package crdt

import (
	"context"
	"iter"
)

// Watch yields, again and again, the view of the work as it is and the patches
// that lead to it from the view yielded before, first from the given one; nil is
// the work before its first change. It waits while nothing changes, and ends with
// ctx. What happens while the caller is busy comes as one step: patches never pile
// up, and any number of watchers may each go at their own pace. The cost of a step
// is that of what has changed.
//
// Patches may be none: what changed is then something that a work says and does
// not show, as a note or an act. Edits of the open change are seen when their
// Update returns. The loop body runs without the doc's lock, and may edit.
//
// It ends at once when from is of no use here: of another work, or of another
// replica and unknown in this one (see [Diff] for the reasons).
func (d *Doc) Watch(ctx context.Context, from *View) iter.Seq2[*View, []Patch] {
	return d.WatchIn(ctx, from, Runes)
}

// WatchIn is [Doc.Watch] with positions and lengths in texts counted in u.
func (d *Doc) WatchIn(ctx context.Context, from *View, u Unit) iter.Seq2[*View, []Patch] {
	return func(yield func(*View, []Patch) bool) {
		last, err := alike(from, d.View())
		if err != nil {
			return
		}
		for ctx.Err() == nil {
			now, patches, bell := d.look(last, u)
			last = now
			if bell == nil {
				if !yield(now, patches) {
					return
				}
				continue
			}
			select {
			case <-bell:
			case <-ctx.Done():
			}
		}
	}
}

// look gives the view of the present and the patches to it from another; a bell,
// which rings when the doc moves on, where there is no difference.
func (d *Doc) look(last *View, u Unit) (*View, []Patch, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.current(last) {
		return last, nil, d.bellNow()
	}
	now := d.view()
	patches := d.diff(last, now, u)
	if len(patches) == 0 && last.shows(now) && !d.turnedSince(last) {
		return now, nil, d.bellNow() // an Update without edits
	}
	return now, patches, nil
}

// current tells whether nothing has moved since a view was taken.
func (d *Doc) current(v *View) bool {
	return v.set == nil && v.inside == nil && v.gen == d.gen && (v.n > 0 || d.g.Len() == 0)
}

// shows tells whether a view shows the same changes and ops as another.
func (v *View) shows(w *View) bool {
	return v.set == nil && v.n == w.n && v.nops == w.nops && v.nums == w.nums && v.open == w.open
}

// turnedSince tells whether a verdict has turned since a view was taken, or words
// have arrived.
func (d *Doc) turnedSince(v *View) bool {
	n := len(d.news.turns)
	return v.gen < d.news.from || n > 0 && d.news.turns[n-1].gen >= v.gen
}
