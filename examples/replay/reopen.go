//go:build !js

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

func init() {
	routes = append(routes, route{"reopen", "written to a store in one file and opened again every 1,000 changes", reopen})
}

// storeKey gives the store the key of author 0.
type storeKey struct{}

func (storeKey) SignerFor(string, uint64) (crdt.Signer, error) { return newKey(0), nil }

// reopen writes a history through a store that is closed and opened again every
// 1,000 changes, and measures the last opening.
func reopen(r *run) error {
	dir, err := os.MkdirTemp("", "replay")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "store")
	ctx := context.Background()
	edits := r.flat.Edits
	const perOpen = 1000 * perChange
	var repo *merge.Repo
	var rep *merge.Replica
	work, err := r.found(ctx, path)
	if err != nil {
		return err
	}
	for at := 0; at < len(edits); at += perOpen {
		if repo, rep, err = openWork(ctx, path, work); err != nil {
			return err
		}
		if err := typed(rep.Doc(), edits[at:min(at+perOpen, len(edits))], perChange); err != nil {
			return err
		}
		if err := errors.Join(rep.Close(), repo.Close()); err != nil {
			return err
		}
	}
	text := ""
	return r.measure(measure{
		name: "reopen from the store", limit: 4, edits: len(edits),
		do: func() error {
			repo, rep, err := openWork(ctx, path, work)
			if err != nil {
				return err
			}
			text = rep.Doc().View().Text(body).String()
			return errors.Join(rep.Close(), repo.Close())
		},
		check: func() error { return r.verify("reopened", text) },
	})
}

// found makes the work in a new store.
func (r *run) found(ctx context.Context, path string) (cid.Cid, error) {
	st, err := bolt.Open(path)
	if err != nil {
		return cid.Undef, err
	}
	repo, err := merge.Open(ctx, st, storeKey{})
	if err != nil {
		return cid.Undef, err
	}
	rep, err := repo.Create(ctx, crdt.Title(r.name))
	if err != nil {
		return cid.Undef, err
	}
	return rep.Doc().ID(), errors.Join(rep.Close(), repo.Close())
}

// openWork opens the work in a store.
func openWork(ctx context.Context, path string, work cid.Cid) (*merge.Repo, *merge.Replica, error) {
	st, err := bolt.Open(path)
	if err != nil {
		return nil, nil, err
	}
	repo, err := merge.Open(ctx, st, storeKey{})
	if err != nil {
		return nil, nil, err
	}
	rep, err := repo.Open(ctx, work)
	return repo, rep, err
}
