package merge

import (
	"context"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// This file is the way of edits into the store. An edit goes
//
//	document → record of the open change → queue → journal
//	sealed or arrived changes            →         segment
//
// and the two ways meet in flush: segments first, since a record may be of a
// change that stands on them, and records only of the change that is open still.

// segmentBytes is what a segment holds at most, about (SYNC 3).
const segmentBytes = 1 << 20

// flush makes durable what was asked for up to number mine; whoever comes first
// writes for all that wait. Once the edit is made ctx must not stop it: the
// others' edits are written by the same call.
func (rep *Replica) flush(ctx context.Context, mine uint64) error {
	rep.write.Lock()
	defer rep.write.Unlock()
	if rep.flushed >= mine {
		return nil
	}
	if rep.ended { // what a sync brings after Close
		return fmt.Errorf("merge: work %s: %w", rep.work, ErrClosed)
	}
	rep.mu.Lock()
	err, upto, n := rep.failed, rep.asked, len(rep.queue)
	queue := rep.queue[:n:n]
	rep.mu.Unlock()
	if err != nil {
		return err
	}
	before := rep.durable.Load()
	if err := rep.persist(context.WithoutCancel(ctx), queue); err != nil {
		return err
	}
	if rep.durable.Load() > before {
		rep.news.tell(stored)
	}
	rep.flushed = upto
	rep.mu.Lock()
	rep.queue = slices.Delete(rep.queue, 0, n)
	rep.mu.Unlock()
	return nil
}

// persist writes segments for what was sealed or has arrived since the last
// time, and the records of what is open. The signer may fail and be asked again;
// a failed write is the last one. The write lock must be held.
func (rep *Replica) persist(ctx context.Context, queue []bridge.Record) error {
	n, err := rep.in.Signed()
	if err != nil {
		return fmt.Errorf("merge: signing: %w", err)
	}
	stored := int(rep.durable.Load())
	err = rep.segments(ctx, n)
	if err == nil {
		err = rep.journal(ctx, queue)
	}
	if err == nil {
		err = rep.storeWords(ctx, stored)
	}
	if err == nil {
		err = rep.eraseWords(ctx)
	}
	if err != nil {
		err = fmt.Errorf("merge: work %s is written no more: %w", rep.work, err)
		rep.mu.Lock()
		rep.failed = err
		rep.mu.Unlock()
	}
	return err
}

// segments stores the changes from durable to n, all of them covered, and ends
// the journal in the same step: its change, if it is ours, is among them.
func (rep *Replica) segments(ctx context.Context, n int) error {
	from := int(rep.durable.Load())
	if n == from {
		return nil
	}
	var segs []store.Segment
	var shelf []shelved
	size := 0
	for idx := span(from, n); len(idx) > 0; {
		part, k := rep.in.Bundle(idx, segmentBytes)
		s, err := rep.segment(&part)
		if err != nil {
			return err
		}
		segs, shelf = append(segs, s), append(shelf, shelve(s, idx[0], idx[0]+k))
		size += len(s.Changes) + len(s.Words)
		idx = idx[k:]
	}
	put := rep.repo.st.Seal
	if rep.keep {
		put = rep.repo.st.Append
	}
	if err := put(ctx, rep.work, segs...); err != nil {
		return err
	}
	rep.durable.Store(int64(n))
	rep.shelf = append(rep.shelf, shelf...)
	return rep.compact(ctx, size)
}

// segment encodes one segment. Where segments were damaged, what was in them may
// come back in the same pieces, and a store leaves a segment that it has as it
// is, damaged or not; so a signature is repeated, which means nothing and makes
// it another segment.
func (rep *Replica) segment(part *bridge.Bundle) (store.Segment, error) {
	b := &bundle.Bundle{Work: part.Work, Items: part.Items, Sigs: part.Sigs}
	if len(b.Sigs) > 0 {
		b.Sigs = append(b.Sigs[:len(b.Sigs):len(b.Sigs)], slices.Repeat(b.Sigs[:1], rep.missing)...)
	}
	changes, err := bundle.EncodeChanges(b, true)
	if err != nil {
		return store.Segment{}, err
	}
	words, err := bundle.EncodeWords(b, true)
	if err != nil {
		return store.Segment{}, err
	}
	return store.NewSegment(changes, words), nil
}

// journal writes records. Those of a change that is stored by now are left out:
// each says on how many changes its change stands. The first record of a change
// has a header, with which the journal begins anew.
func (rep *Replica) journal(ctx context.Context, queue []bridge.Record) error {
	var header []byte
	var bodies [][]byte
	for _, r := range queue {
		if r.Base < int(rep.durable.Load()) {
			continue
		}
		if r.Header != nil {
			header = r.Header
		}
		bodies = append(bodies, r.Body)
	}
	switch {
	case len(bodies) == 0:
		return nil
	case header != nil:
		return rep.repo.st.OpenJournal(ctx, rep.work, header, bodies...)
	}
	return rep.repo.st.AppendJournal(ctx, rep.work, bodies...)
}
