package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// load fills a replica from the store: segments in order, then the journal.
// It tells whether there was anything, damaged or not.
func (rep *Replica) load(ctx context.Context) (found bool, err error) {
	for seg, err := range rep.repo.st.Load(ctx, rep.work) {
		if err != nil {
			if !errors.Is(err, store.ErrCorrupt) {
				return false, err
			}
			rep.damage = append(rep.damage, err)
		}
		found = true
		lies := shelved{id: seg.ID, size: len(seg.Changes) + len(seg.Words), from: -1}
		if seg.Changes == nil {
			rep.missing++
		} else if err := rep.take(ctx, seg, &lies); err != nil {
			return false, err
		}
		rep.shelf = append(rep.shelf, lies)
	}
	rep.durable.Store(int64(rep.in.Count()))
	rep.filled = len(rep.in.Late(0))
	if n := rep.in.Pending(); n > 0 && len(rep.damage) == 0 {
		rep.damage = append(rep.damage, fmt.Errorf("merge: %d stored changes lack what they stand on: %w", n, ErrCorrupt))
	}
	if err := rep.replay(ctx); err != nil {
		return found, err
	}
	if err := rep.keepWords(ctx); err != nil {
		return found, err
	}
	return found, rep.eraseWords(ctx)
}

// take applies one stored segment, and notes which changes it brought. What is wrong with it is noted; the error is
// of what speaks against opening the work at all: other rules, another work, a
// later format.
func (rep *Replica) take(ctx context.Context, seg store.Segment, lies *shelved) error {
	var b bundle.Bundle
	err := bundle.DecodeChanges(seg.Changes, &b)
	if err == nil && seg.Words != nil {
		if werr := bundle.DecodeWords(seg.Words, &b); werr != nil {
			if errors.Is(werr, bundle.ErrVersion) {
				return fmt.Errorf("merge: segment %s: %w: %w", seg.ID, store.ErrVersion, werr)
			}
			rep.damage = append(rep.damage, &store.CorruptError{Work: rep.work, Segment: seg.ID, Part: "words", Err: werr})
		}
	}
	if err == nil {
		var n int
		from, waiting := rep.in.Count(), rep.in.Pending()
		n, err = rep.in.Apply(bridge.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}, "", true)
		if n == len(b.Items) && waiting == rep.in.Pending() { // these, and in this order
			lies.from, lies.to = from, from+n
		}
	}
	var full *bridge.QuotaError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bundle.ErrVersion):
		return fmt.Errorf("merge: segment %s: %w: %w", seg.ID, store.ErrVersion, err)
	case errors.Is(err, crdt.ErrRules), errors.Is(err, crdt.ErrForeign):
		return err
	case errors.As(err, &full): // nothing is broken: a smaller quota than before
		rep.damage = append(rep.damage, fmt.Errorf("merge: segment %s: %w", seg.ID, err))
		return nil
	}
	rep.missing++
	rep.damage = append(rep.damage, &store.CorruptError{Work: rep.work, Segment: seg.ID, Part: "changes", Err: err})
	return nil
}

// replay makes the open change of the journal again. One of a key that this
// store no longer writes with is written again under the present key. A journal
// that cannot be taken in at all, because what it stands on is damaged or the
// rules refuse it, stays where it is, and with it what it holds: edits are
// refused, as they would take its place.
func (rep *Replica) replay(ctx context.Context) error {
	j, cut := rep.repo.st.LoadJournal(ctx, rep.work)
	if cut != nil {
		if !errors.Is(cut, store.ErrCorrupt) {
			return cut
		}
		rep.damage = append(rep.damage, cut)
	}
	if j.Header == nil {
		return nil
	}
	if rep.repo.key == nil { // a relay does not write, and does not end what a writer began
		rep.keep = true
		return nil
	}
	n, err := rep.in.Restore(j.Header, j.Records)
	switch {
	case err == nil && cut == nil && rep.in.Same(j.Header):
		return nil
	case errors.Is(err, bridge.ErrSealed):
		return nil
	case err != nil && n == 0 && !rep.doc.View().Open():
		rep.keep = true
		rep.blocked = fmt.Errorf("merge: the journal of work %s cannot be taken in: %w: %w", rep.work, ErrCorrupt, err)
		rep.damage = append(rep.damage, rep.blocked)
		return nil
	case err != nil:
		rep.damage = append(rep.damage, fmt.Errorf("merge: journal of work %s, %d of %d records are good: %w: %w", rep.work, n, len(j.Records), ErrCorrupt, err))
	}
	return rep.save(ctx) // under the present key, or without what was bad
}
