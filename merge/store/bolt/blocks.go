//go:build !js

package bolt

import (
	"bytes"
	"context"
	"fmt"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// This file has blocks: the bytes of each in a bucket of its own, without a checksum,
// since the name is one. In one bucket they would lie two or more on a page, and each
// that comes would be written together with its neighbours.

// keyBytes is the key of the bytes of a block in its bucket.
var keyBytes = []byte("b")

// PutBlocks implements store.Blocks.
func (b *bolt) PutBlocks(ctx context.Context, work cid.Cid, list ...store.Block) error {
	if err := store.CheckBlocks(list); err != nil {
		return err
	}
	return b.updateWork(ctx, work, len(list) > 0, func(w *bbolt.Bucket) error {
		if len(list) == 0 {
			return nil
		}
		to, err := w.CreateBucketIfNotExists(bucketBlocks)
		if err != nil {
			return storeError(err)
		}
		for _, one := range list {
			own, err := to.CreateBucketIfNotExists(one.ID.Bytes())
			if err != nil {
				return storeError(err)
			}
			if err := put(own, keyBytes, one.Data); err != nil {
				return err
			}
		}
		return nil
	})
}

// GetBlock implements store.Blocks.
func (b *bolt) GetBlock(ctx context.Context, work, id cid.Cid) (data []byte, err error) {
	if err := store.CheckBlockID(id); err != nil {
		return nil, err
	}
	err = b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
		return try("blocks", func() error {
			from, err := part(w, bucketBlocks)
			if err != nil {
				return err
			}
			if from == nil || from.Bucket(id.Bytes()) == nil && from.Get(id.Bytes()) == nil {
				return fmt.Errorf("block %s: %w", id, store.ErrNotFound)
			}
			data, err = readBlock(id, from.Bucket(id.Bytes()))
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	return data, nil
}

// readBlock reads the block of a name from its bucket, nil if something else lies there.
func readBlock(id cid.Cid, own *bbolt.Bucket) ([]byte, error) {
	if own == nil {
		return nil, damage("blocks", errOther)
	}
	stored := own.Get(keyBytes)
	if stored == nil {
		return nil, damage("blocks", errMissing)
	}
	if err := store.ReadBlock(id, stored); err != nil {
		return nil, err
	}
	return append([]byte{}, stored...), nil
}

// listed is how many names are read in one transaction.
const listed = 256

// ListBlocks implements store.Blocks. Names are read some at a time, so that a caller
// who takes his time blocks nobody.
func (b *bolt) ListBlocks(ctx context.Context, work cid.Cid) iter.Seq2[cid.Cid, error] {
	return func(yield func(cid.Cid, error) bool) {
		var after []byte
		for {
			var keys [][]byte
			err := b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
				return try("blocks", func() error {
					from, err := part(w, bucketBlocks)
					if from == nil || err != nil {
						return err
					}
					c := from.Cursor()
					k, _ := c.Seek(after)
					if k != nil && bytes.Equal(k, after) {
						k, _ = c.Next()
					}
					for ; k != nil && len(keys) < listed; k, _ = c.Next() {
						keys = append(keys, bytes.Clone(k))
					}
					return nil
				})
			})
			for _, k := range keys {
				if gone := b.alive(ctx); gone != nil {
					yield(cid.Undef, gone)
					return
				}
				id, bad := blockOf(k)
				if bad != nil {
					bad = store.OfWork(damage("blocks", bad), work)
				}
				if !yield(id, bad) {
					return
				}
			}
			if err != nil {
				yield(cid.Undef, err)
				return
			}
			if len(keys) < listed {
				return
			}
			after = keys[len(keys)-1]
		}
	}
}

// blockOf reads the key of a block.
func blockOf(k []byte) (cid.Cid, error) {
	id, err := cidOf(k)
	if err == nil {
		err = store.CheckBlockID(id)
	}
	if err != nil {
		return cid.Undef, err
	}
	return id, nil
}

// DropBlocks implements store.Blocks.
func (b *bolt) DropBlocks(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := store.CheckBlockID(id); err != nil {
			return err
		}
	}
	return b.updateWork(ctx, work, false, func(w *bbolt.Bucket) error {
		from, err := part(w, bucketBlocks)
		if from == nil || err != nil {
			return err
		}
		for _, id := range ids {
			if from.Bucket(id.Bytes()) == nil {
				continue
			}
			if err := from.DeleteBucket(id.Bytes()); err != nil {
				return storeError(err)
			}
		}
		return nil
	})
}
