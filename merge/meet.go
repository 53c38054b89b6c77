package merge

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// Meet brings two repos in one program together: afterwards both hold every work that
// either of them holds, and the same of each, with what is attached to it. It is how a folder that was handed over
// on a stick is merged: open it as a store of its own, without keys, and meet it.
//
// Works are judged as those of any peer, change by change, whichever repo they come
// from. What one work ends with does not keep the others from being brought together:
// all errors are joined, those of [Replica.Sync] with the work they are about.
func (r *Repo) Meet(ctx context.Context, other *Repo) error {
	works, err := r.worksOf(ctx, other)
	if err != nil {
		return err
	}
	var errs []error
	for _, work := range works {
		if err := r.meetOver(ctx, other, work); err != nil {
			errs = append(errs, fmt.Errorf("merge: work %s: %w", work, err))
		}
	}
	return errors.Join(errs...)
}

// worksOf are the works of two repos, each once.
func (r *Repo) worksOf(ctx context.Context, other *Repo) (works []cid.Cid, err error) {
	seen := map[cid.Cid]bool{}
	for _, repo := range []*Repo{r, other} {
		for work, err := range repo.Works(ctx) {
			if err != nil {
				return nil, err
			}
			if !seen[work] {
				seen[work] = true
				works = append(works, work)
			}
		}
	}
	return works, nil
}

// meetOver brings one work together.
func (r *Repo) meetOver(ctx context.Context, other *Repo, work cid.Cid) error {
	rep, err := r.Join(ctx, work)
	if err != nil {
		return err
	}
	x, y := transport.Pipe()
	served := make(chan error, 1)
	go func() {
		served <- other.Serve(ctx, y, func(context.Context, crdt.Author, cid.Cid) Access { return Host })
	}()
	err = rep.Sync(ctx, x)
	x.Close()
	if serr := <-served; errors.Is(err, ErrPeer) || err == nil {
		err = errors.Join(err, serr) // it says better what the other side met with
	}
	if err == nil {
		err = rep.shareBlobs(ctx, other)
	}
	return errors.Join(err, rep.Close())
}

// shareBlobs gives each of two stores the blocks of blobs that only the other has, of
// those that the work, which both hold by now, links.
func (rep *Replica) shareBlobs(ctx context.Context, other *Repo) error {
	stores := [2]store.Store{rep.repo.st, other.st}
	var has [2]map[cid.Cid]bool
	for i, st := range stores {
		has[i] = map[cid.Cid]bool{}
		for id, err := range st.ListBlocks(ctx, rep.work) {
			if err == nil {
				has[i][id] = true
			} else if !errors.Is(err, store.ErrCorrupt) {
				return err
			}
		}
	}
	if maps.Equal(has[0], has[1]) {
		return nil
	}
	share := func(i int, id cid.Cid) error {
		if has[i][id] || !has[1-i][id] {
			return nil
		}
		b, err := stores[1-i].GetBlock(ctx, rep.work, id)
		if absent(err) {
			return nil
		}
		if err == nil {
			err = stores[i].PutBlocks(ctx, rep.work, store.Block{ID: id, Data: b})
		}
		return err
	}
	for root := range rep.Links() { // nodes come to this store first, and are read from it
		err := rep.walkStored(ctx, root, func(id cid.Cid) error { return errors.Join(share(0, id), share(1, id)) })
		if err != nil && !errors.Is(err, store.ErrCorrupt) {
			return err
		}
	}
	return nil
}
