package merge

import (
	"context"
	"errors"
	"fmt"
	"math"

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
		if rep.mark = max(rep.mark, seg.Mark); seg.Mark == 0 {
			rep.shelf = append(rep.shelf, lies)
		}
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
	n, err := rep.restore(j)
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

// restore takes in a journal. When others have written to the store since it was begun
// there is more here than its change stands on; then a document that holds no more than
// that makes the change, seals it and hands it over.
func (rep *Replica) restore(j store.Journal) (n int, err error) {
	past := rep.past(j.Header)
	if past == nil {
		return rep.in.Restore(j.Header, j.Records)
	}
	d, err := crdt.Join(rep.repo.key, rep.work, rep.opts...)
	if err != nil {
		return 0, err
	}
	in := bridge.Of(d)
	b, _ := rep.in.Bundle(past, math.MaxInt)
	if _, err := in.Apply(b, "", true); err != nil {
		return 0, err
	}
	n, err = in.Restore(j.Header, j.Records)
	if serr := in.Leave(); serr != nil {
		return 0, errors.Join(err, serr)
	}
	if in.Count() > len(past) {
		made, _ := in.Bundle(span(len(past), in.Count()), math.MaxInt)
		_, aerr := rep.in.Apply(made, "", true)
		err = errors.Join(err, aerr)
	}
	return n, err
}

// past is what the change of a journal stands on, by arrival: the changes that its
// header names from here on, and what they stand on. nil when that is all that is
// here, and when some of it is not.
func (rep *Replica) past(header []byte) (idx []int) {
	const names = 49 // the change before it, zeros for none, and the others
	var tips []int
	for at := names; at+32 <= len(header); at += 32 {
		id := [32]byte(header[at : at+32])
		i, ok := rep.in.Index(id)
		if ok {
			tips = append(tips, i)
		} else if id != [32]byte{} {
			return nil
		}
	}
	missing := rep.in.Missing(tips)
	if len(missing) == 0 {
		return nil
	}
	for i := range rep.in.Count() {
		if len(missing) > 0 && missing[0] == i {
			missing = missing[1:]
		} else {
			idx = append(idx, i)
		}
	}
	return idx
}
