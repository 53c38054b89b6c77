package dir

import (
	"context"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// This file has blocks: a file each, in a folder of their own within that of the
// work, named by the CID, which is their checksum.

// blocksName is the folder of the blocks of a work.
const blocksName = "blocks"

// blockPath is where a block of the work lies.
func (w *work) blockPath(id cid.Cid) string {
	return path.Join(w.folder, blocksName, folderOf(id))
}

// blockOf reads the name of a block's file; anything else is not one.
func blockOf(name string) (cid.Cid, bool) {
	id, ok := workOf(name)
	return id, ok && store.CheckBlockID(id) == nil
}

// PutBlocks implements store.Blocks. Each block is written and synced under a name
// that ends in .new; then they get their names, and the folder is synced once.
func (d *dir) PutBlocks(ctx context.Context, of cid.Cid, list ...store.Block) error {
	if err := store.CheckBlocks(list); err != nil {
		return err
	}
	return d.change(ctx, of, len(list) > 0, func(w *work) error {
		if len(list) == 0 {
			return nil
		}
		return storeError(w.putBlocks(list))
	})
}

// putBlocks is PutBlocks with the turn.
func (w *work) putBlocks(list []store.Block) error {
	d := w.dir.home
	if err := w.makeFolder(); err != nil {
		return err
	}
	folder := path.Join(w.folder, blocksName)
	if !w.has[blocksName] {
		if err := d.Mkdir(folder); err != nil {
			return err
		}
		if err := d.Sync(w.folder); err != nil {
			return err
		}
		w.has[blocksName] = true
	}
	fresh := map[cid.Cid]bool{} // one may be in the list twice
	for _, b := range list {
		if fresh[b.ID] {
			continue
		}
		fresh[b.ID] = true
		if err := writeFile(d, w.blockPath(b.ID)+suffixNew, b.Data); err != nil {
			return err
		}
	}
	for _, b := range list {
		if !fresh[b.ID] {
			continue
		}
		delete(fresh, b.ID)
		if err := d.Rename(w.blockPath(b.ID)+suffixNew, w.blockPath(b.ID)); err != nil {
			return err
		}
	}
	return d.Sync(folder)
}

// mendBlocks removes what is left of blocks that were not stored, and makes sure of
// the names of the others: the sync after them may have failed. The caller may write.
func (w *work) mendBlocks() error {
	d, folder := w.dir.home, path.Join(w.folder, blocksName)
	names, err := d.List(folder)
	if err != nil {
		return err
	}
	for _, name := range names {
		base, ok := strings.CutSuffix(name, suffixNew)
		if _, block := blockOf(base); !ok || !block {
			continue
		}
		if err := d.Remove(path.Join(folder, name)); err != nil && !isMissing(err) {
			return err
		}
	}
	return d.Sync(folder)
}

// GetBlock implements store.Blocks.
func (d *dir) GetBlock(ctx context.Context, of, id cid.Cid) ([]byte, error) {
	if err := store.CheckBlockID(id); err != nil {
		return nil, err
	}
	var b []byte
	there := false
	err := d.look(ctx, of, func(w *work) (err error) {
		if !w.has[blocksName] {
			return nil
		}
		b, err = w.dir.home.Read(w.blockPath(id), store.MaxBlock)
		if isMissing(err) {
			return nil
		}
		there = true
		if err != nil {
			return readError("blocks", err)
		}
		return store.ReadBlock(id, b)
	})
	switch {
	case err != nil:
		return nil, err
	case !there:
		return nil, fmt.Errorf("block %s: %w", id, store.ErrNotFound)
	}
	return b, nil
}

// ListBlocks implements store.Blocks. The folder is read once, at the beginning.
func (d *dir) ListBlocks(ctx context.Context, of cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		var list []cid.Cid
		err := d.look(ctx, of, func(w *work) error {
			if !w.has[blocksName] {
				return nil
			}
			names, err := w.dir.home.List(path.Join(w.folder, blocksName))
			if err != nil {
				return readError("blocks", err)
			}
			for _, name := range names {
				if id, ok := blockOf(name); ok {
					list = append(list, id)
				}
			}
			return nil
		})
		if err != nil {
			yield(cid.Undef, err)
			return
		}
		slices.SortFunc(list, func(a, b cid.Cid) int { return slices.Compare(a.Bytes(), b.Bytes()) })
		for _, id := range list {
			if err := d.alive(ctx); err != nil {
				yield(cid.Undef, err)
				return
			}
			if !yield(id, nil) {
				return
			}
		}
	}
}

// DropBlocks implements store.Blocks.
func (d *dir) DropBlocks(ctx context.Context, of cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := store.CheckBlockID(id); err != nil {
			return err
		}
	}
	return d.change(ctx, of, false, func(w *work) error {
		if w == nil || !w.has[blocksName] || len(ids) == 0 {
			return nil
		}
		for _, id := range ids {
			if err := w.dir.home.Remove(w.blockPath(id)); err != nil && !isMissing(err) {
				return storeError(err)
			}
		}
		return storeError(w.dir.home.Sync(path.Join(w.folder, blocksName)))
	})
}
