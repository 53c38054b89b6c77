package merge

import (
	"context"
	"errors"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/transport"
)

// Meet brings two repos in one program together: afterwards both hold every work that
// either of them holds, and the same of each. It is how a folder that was handed over
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
	return errors.Join(err, rep.Close())
}
