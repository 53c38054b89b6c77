package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// This file stores words that come after their changes: a peer had passed these on
// without them, or the store had lost them. Sessions ask for such words.

// gone tells which words were erased from the store, and so are not asked for.
func (rep *Replica) gone(ctx context.Context) func(content [32]byte) bool {
	list, err := rep.repo.st.Gone(ctx, rep.work)
	if err != nil && list == nil {
		return func([32]byte) bool { return true } // better without words than with some that were to be erased
	}
	return func(content [32]byte) bool {
		why, ok := list[block.ID(content).ContentCID()]
		return ok && why != redacted // the document knows whether that stands
	}
}

// lacking tells whether words are neither here nor erased.
func (rep *Replica) lacking(ctx context.Context) bool {
	gone := rep.gone(ctx)
	return slices.ContainsFunc(rep.in.Wordless(0, rep.in.Count()), func(x bridge.Wordless) bool { return !gone(x.Content) })
}

// item is a durable change with its words.
func (rep *Replica) item(id [32]byte) (bridge.Item, bool) {
	i, ok := rep.in.Index(id)
	if !ok || i >= int(rep.durable.Load()) {
		return bridge.Item{}, false
	}
	b, _ := rep.in.Bundle([]int{i}, 1)
	return b.Items[0], true
}

// storeWords puts words that came after their changes into the segments of these, of
// which the first so many had been stored without them. The write lock must be held.
// Words that are in no segment, because theirs is damaged, stay in the document alone.
func (rep *Replica) storeWords(ctx context.Context, stored int) error {
	list := rep.in.Late(rep.filled)
	late := map[[32]byte]bool{}
	for _, id := range list {
		if i, ok := rep.in.Index(id); ok && i < stored {
			late[id] = true
		}
	}
	rep.filled += len(list)
	if len(late) == 0 {
		return nil
	}
	for seg := range rep.repo.st.Load(ctx, rep.work) { // a damaged one has no changes
		var b bundle.Bundle
		if seg.Changes == nil || bundle.DecodeChanges(seg.Changes, &b) != nil {
			continue
		}
		b.Name()
		touched := false
		for k := range b.Items {
			touched = touched || late[b.Items[k].ID]
		}
		if !touched {
			continue
		}
		if err := rep.rewriteWords(ctx, seg, &b); err != nil {
			return err
		}
	}
	return nil
}

// rewriteWords stores the words that the document has of a segment's changes in place
// of those that are there.
func (rep *Replica) rewriteWords(ctx context.Context, seg store.Segment, b *bundle.Bundle) error {
	for k := range b.Items {
		if it, ok := rep.item(b.Items[k].ID); ok {
			b.Items[k].Words = it.Words
		}
	}
	words, err := bundle.EncodeWords(b, true)
	if err != nil {
		return err
	}
	seg.Words, seg.Replaces = words, []string{seg.ID}
	err = rep.repo.st.Replace(ctx, rep.work, seg)
	if err != nil && (seg.Mark == 0 || !errors.Is(err, store.ErrNotFound)) { // what another program has put in its place comes later
		return fmt.Errorf("words of segment %s: %w", seg.ID, err)
	}
	for k := range rep.shelf {
		if rep.shelf[k].id == seg.ID {
			rep.shelf[k].size = len(seg.Changes) + len(words)
		}
	}
	return nil
}
