package merge

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge/store"
)

// Save saves every replica that is open, as [Replica.Save] does. The errors are joined.
func (r *Repo) Save(ctx context.Context) error {
	return r.each(nil, func(rep *Replica) error { return rep.Save(ctx) })
}

// Refresh takes in what other programs have put into a store that several share
// (store.Shared), ErrArgument if it is none: of these works, of all when none is
// named, those that are open. What is edited here is sealed and saved first, where
// something has come; peers that follow a work are told. An error says which work was
// not brought up to date; of a damaged segment the rest is taken in.
func (r *Repo) Refresh(ctx context.Context, works ...cid.Cid) error {
	shared, ok := r.st.(store.Shared)
	if !ok {
		return fmt.Errorf("merge: nobody else writes to the store: %w", store.ErrArgument)
	}
	return r.each(works, func(rep *Replica) error { return rep.refresh(ctx, shared) })
}

// each does something with the replicas that are open, of these works if any is named.
// One that is closed meanwhile is no error.
func (r *Repo) each(works []cid.Cid, do func(*Replica) error) error {
	list, err := r.replicas()
	if err != nil {
		return err
	}
	var errs []error
	for _, rep := range list {
		if len(works) > 0 && !slices.Contains(works, rep.work) {
			continue
		}
		if err := do(rep); err != nil && !errors.Is(err, ErrClosed) {
			errs = append(errs, fmt.Errorf("work %s: %w", rep.work, err))
		}
	}
	return errors.Join(errs...)
}

// refresh takes in what lies behind the mark. It stops at a segment that this program
// cannot take in, such as one of a later format, and goes on behind a damaged one.
func (rep *Replica) refresh(ctx context.Context, shared store.Shared) error {
	rep.reading.Lock()
	defer rep.reading.Unlock()
	var damage []error
	for seg, err := range shared.Since(ctx, rep.work, rep.mark) {
		if err == nil {
			err = rep.takeOther(ctx, seg)
		}
		if errors.Is(err, store.ErrCorrupt) {
			damage = append(damage, err)
		} else if err != nil {
			return errors.Join(append(damage, err)...)
		}
		rep.mark = max(rep.mark, seg.Mark)
	}
	return errors.Join(damage...)
}

// takeOther applies a segment of another program. Its changes count as durable where
// they come right behind what is; behind something else that has come meanwhile they
// are stored once more, which does no harm.
func (rep *Replica) takeOther(ctx context.Context, seg store.Segment) error {
	var b bundle.Bundle
	err := bundle.DecodeChanges(seg.Changes, &b)
	if err == nil && seg.Words != nil {
		err = bundle.DecodeWords(seg.Words, &b)
	}
	if err != nil && !errors.Is(err, bundle.ErrVersion) {
		return &store.CorruptError{Work: rep.work, Segment: seg.ID, Part: "changes", Err: err}
	}
	if err != nil {
		return fmt.Errorf("segment %s: %w: %w", seg.ID, store.ErrVersion, err)
	}
	b.Name()
	if err := rep.Save(ctx); err != nil { // what is open here would be sealed anyway
		return err
	}
	if err := rep.put(&b); err != nil {
		return fmt.Errorf("segment %s: %w", seg.ID, err)
	}
	rep.linked.again.Store(true)
	rep.news.tell(stored)
	return rep.settle(ctx)
}

// put applies changes that are stored already, and moves durable over them.
func (rep *Replica) put(b *bundle.Bundle) error {
	rep.write.Lock()
	defer rep.write.Unlock()
	_, err := rep.in.Apply(bridge.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}, "", true)
	at := int(rep.durable.Load())
	for k := range b.Items {
		if i, ok := rep.in.Index(b.Items[k].ID); ok && i == at {
			at++
		}
	}
	rep.durable.Store(int64(at))
	return err
}
