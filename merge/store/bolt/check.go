//go:build !js

package bolt

import (
	"fmt"

	"github.com/commonhold/commonhold/merge/store"
	"go.etcd.io/bbolt"
)

// check restates the layout of the package comment for all works of the store,
// clause by clause, and says what is otherwise and where.
func (b *bolt) check() error {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.file.view(func(tx *bbolt.Tx) error {
		works := tx.Bucket(bucketWorks)
		return works.ForEachBucket(func(work []byte) error {
			id, err := cidOf(work)
			if err != nil {
				return fmt.Errorf("bolt: a work is named %x: %w", work, err)
			}
			if err := checkSelf(works.Bucket(work), work); err != nil {
				return err
			}
			if err := checkWork(works.Bucket(work)); err != nil {
				return fmt.Errorf("bolt: work %s: %w", id, err)
			}
			return nil
		})
	})
}

// checkWork is check for one work.
func checkWork(w *bbolt.Bucket) error {
	h, err := shelfOf(w)
	if err != nil {
		return err
	}
	segments := 0
	err = h.seg.ForEach(func(k, v []byte) error {
		segments++
		if number(k) == 0 || number(k) > h.seg.Sequence() {
			return fmt.Errorf("seg: order %x, the last given out is %d", k, h.seg.Sequence())
		}
		s, err := entry{order: number(k)}.read(h)
		if err != nil {
			return fmt.Errorf("seg, words: order %d: %w", number(k), err)
		}
		if at := h.ids.Get(idOf(s.ID)); number(at) != number(k) {
			return fmt.Errorf("ids: segment %s has order %d, not %d", s.ID, number(k), number(at))
		}
		return s.Check()
	})
	if err != nil {
		return err
	}
	if ids, words := entries(h.ids), entries(h.words); ids != segments || words != segments {
		return fmt.Errorf("%d segments, %d ids, %d words", segments, ids, words)
	}
	open, err := part(w, bucketOpen)
	if err != nil {
		return err
	}
	if open != nil {
		var j store.Journal
		if err := readJournal(open, &j); err != nil {
			return err
		}
		if n := entries(open); n != 1+len(j.Records) || uint64(n) != open.Sequence() {
			return fmt.Errorf("open: %d entries, %d records, sequence %d", n, len(j.Records), open.Sequence())
		}
		if err := j.Check(); err != nil {
			return err
		}
	}
	for _, b := range []struct {
		name  []byte
		limit int
	}{{bucketHeld, store.MaxPending}, {bucketGone, store.MaxName}} {
		if w.Bucket(b.name) == nil {
			continue
		}
		err := eachSealed(w.Bucket(b.name), string(b.name), b.limit, func(k, _ []byte) error {
			_, err := cidOf(k)
			return err
		})
		if err != nil {
			return err
		}
	}
	return checkBlocks(w.Bucket(bucketBlocks))
}

// checkBlocks is check for the blocks of a work, if it has any.
func checkBlocks(from *bbolt.Bucket) error {
	if from == nil {
		return nil
	}
	return from.ForEach(func(k, _ []byte) error {
		id, err := blockOf(k)
		if err == nil {
			_, err = readBlock(id, from.Bucket(k))
		}
		if err != nil {
			return fmt.Errorf("blocks: %x: %w", k, err)
		}
		return nil
	})
}

// entries returns the number of keys of a bucket.
func entries(b *bbolt.Bucket) int {
	n := 0
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		n++
	}
	return n
}
