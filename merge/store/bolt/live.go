//go:build !js

package bolt

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// This file has what a store keeps besides segments: journals, held changes,
// names.

// OpenJournal implements store.Journals.
func (b *bolt) OpenJournal(ctx context.Context, work cid.Cid, header []byte, records ...[]byte) error {
	if err := (store.Journal{Header: header, Records: records}).Check(); err != nil {
		return err
	}
	err := b.updateWork(ctx, work, true, func(w *bbolt.Bucket) error {
		if err := dropJournal(w); err != nil {
			return err
		}
		j, err := w.CreateBucket(bucketOpen)
		if err != nil {
			return storeError(err)
		}
		if err := appendRecord(j, header); err != nil {
			return err
		}
		return appendRecords(j, records)
	})
	if err == nil {
		b.setCut(work, false)
	}
	return err
}

// dropJournal removes the journal of a work, if there is one.
func dropJournal(w *bbolt.Bucket) error {
	if w.Bucket(bucketOpen) == nil {
		return nil
	}
	return storeError(w.DeleteBucket(bucketOpen))
}

// appendRecords puts records behind those of a journal.
func appendRecords(j *bbolt.Bucket, records [][]byte) error {
	for _, r := range records {
		if err := appendRecord(j, r); err != nil {
			return err
		}
	}
	return nil
}

// appendRecord puts a record behind those of a journal.
func appendRecord(j *bbolt.Bucket, record []byte) error {
	j.FillPercent = appending
	n, err := j.NextSequence()
	if err != nil {
		return storeError(err)
	}
	return put(j, key(n), sealed(key(n), record))
}

// AppendJournal implements store.Journals.
func (b *bolt) AppendJournal(ctx context.Context, work cid.Cid, records ...[]byte) error {
	if err := store.CheckRecords(records); err != nil {
		return err
	}
	if b.isCut(work) {
		return store.OfWork(damage("journal", errCut), work)
	}
	return b.updateWork(ctx, work, false, func(w *bbolt.Bucket) error {
		j, err := part(w, bucketOpen)
		if err != nil {
			return err
		}
		if j == nil {
			return fmt.Errorf("journal of %s: %w", work, store.ErrNotFound)
		}
		return appendRecords(j, records)
	})
}

// errCut is the answer to records for a journal that is known to be damaged: one
// that is written behind the damage would not be found again.
var errCut = errors.New("the journal must be opened anew first")

// setCut notes whether the journal of a work has been found damaged.
func (b *bolt) setCut(work cid.Cid, cut bool) {
	b.cutMu.Lock()
	defer b.cutMu.Unlock()
	if cut {
		b.cut[work] = true
	} else {
		delete(b.cut, work)
	}
}

// isCut tells whether the journal of a work has been found damaged.
func (b *bolt) isCut(work cid.Cid) bool {
	b.cutMu.Lock()
	defer b.cutMu.Unlock()
	return b.cut[work]
}

// LoadJournal implements store.Journals.
func (b *bolt) LoadJournal(ctx context.Context, work cid.Cid) (store.Journal, error) {
	var j store.Journal
	err := b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
		return try("journal", func() error {
			from, err := part(w, bucketOpen)
			if from == nil || err != nil {
				return err
			}
			return readJournal(from, &j)
		})
	})
	if errors.Is(err, store.ErrCorrupt) {
		b.setCut(work, true)
	} else if err != nil {
		return store.Journal{}, err
	}
	return j, err
}

// readJournal reads a journal up to its end, or to the first bad entry.
func readJournal(from *bbolt.Bucket, j *store.Journal) error {
	last := from.Sequence()
	for n := uint64(1); n <= last || n == 1; n++ {
		v, err := unsealed(key(n), from.Get(key(n)), store.MaxPart)
		if err == nil && len(v) == 0 {
			err = errLength
		}
		if err != nil {
			return damage("journal", fmt.Errorf("entry %d of %d: %w", n, last, err))
		}
		if n == 1 {
			j.Header = v
		} else {
			j.Records = append(j.Records, v)
		}
	}
	return nil
}

// Seal implements store.Journals.
func (b *bolt) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	if err := store.CheckAppend(s); err != nil {
		return err
	}
	err := b.updateWork(ctx, work, len(s) > 0, func(w *bbolt.Bucket) error {
		if w == nil {
			return nil
		}
		if err := dropJournal(w); err != nil {
			return err
		}
		return appendTo(w, s)
	})
	if err == nil {
		b.setCut(work, false)
	}
	return err
}

// Hold implements store.Holding.
func (b *bolt) Hold(ctx context.Context, work cid.Cid, p ...store.Pending) error {
	ids := make([]cid.Cid, 0, len(p))
	for i := range p {
		if err := p[i].Check(); err != nil {
			return err
		}
		ids = append(ids, p[i].ID)
	}
	return b.updateWork(ctx, work, len(p) > 0, func(w *bbolt.Bucket) error {
		if len(p) == 0 {
			return nil
		}
		return putAll(w, bucketHeld, ids, func(i int) []byte { return p[i].Data })
	})
}

// Held implements store.Holding. As with Load, each is read by itself.
func (b *bolt) Held(ctx context.Context, work cid.Cid) iter.Seq2[store.Pending, error] {
	return func(yield func(store.Pending, error) bool) {
		var keys [][]byte
		listed := b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
			held, err := part(w, bucketHeld)
			if held == nil || err != nil {
				return err
			}
			c := held.Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				keys = append(keys, append([]byte{}, k...))
			}
			return nil
		})
		for _, k := range keys {
			p, there, err := b.heldOne(ctx, work, k)
			if there && !yield(p, err) {
				return
			}
			if err != nil && !errors.Is(err, store.ErrCorrupt) {
				return
			}
		}
		if listed != nil {
			yield(store.Pending{}, listed)
		}
	}
}

// heldOne reads one held change. It may have been released since it was listed;
// an error counts as there.
func (b *bolt) heldOne(ctx context.Context, work cid.Cid, k []byte) (p store.Pending, there bool, err error) {
	err = b.viewWork(ctx, work, func(w *bbolt.Bucket) error {
		id, err := cidOf(k)
		if err != nil {
			return damage("held", err)
		}
		p.ID = id
		held, err := part(w, bucketHeld)
		if held == nil || err != nil || held.Get(k) == nil {
			return err
		}
		there = true
		if p.Data, err = unsealed(k, held.Get(k), store.MaxPending); err != nil {
			return damage("held", err)
		}
		return nil
	})
	return p, there || err != nil, err
}

// Release implements store.Holding.
func (b *bolt) Release(ctx context.Context, work cid.Cid, ids ...cid.Cid) error {
	for _, id := range ids {
		if err := store.CheckID(id); err != nil {
			return err
		}
	}
	return b.updateWork(ctx, work, false, func(w *bbolt.Bucket) error {
		held, err := part(w, bucketHeld)
		if held == nil || err != nil {
			return err
		}
		for _, id := range ids {
			if err := held.Delete(id.Bytes()); err != nil {
				return storeError(err)
			}
		}
		return nil
	})
}

// Names implements store.Naming.
func (b *bolt) Names(ctx context.Context) (map[string]cid.Cid, error) {
	names := map[string]cid.Cid{}
	err := b.view(ctx, func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketNames)
		if all == nil {
			return damage("names", errMissing)
		}
		return eachSealed(all, "names", store.MaxID, func(k, v []byte) error {
			id, err := cidOf(v)
			if err == nil {
				names[string(k)] = id
			}
			return err
		})
	})
	return unlessFailed(names, err)
}

// unlessFailed returns a map that was read, or what could be read of it beside
// damage, or nil beside any other error.
func unlessFailed[K comparable, V any](m map[K]V, err error) (map[K]V, error) {
	if err != nil && !errors.Is(err, store.ErrCorrupt) {
		return nil, err
	}
	return m, err
}

// SetName implements store.Naming.
func (b *bolt) SetName(ctx context.Context, name string, work cid.Cid) error {
	if err := store.CheckName(name); err != nil {
		return err
	}
	if work.Defined() {
		if err := store.CheckID(work); err != nil {
			return err
		}
	}
	return b.update(ctx, func(tx *bbolt.Tx) error {
		all := tx.Bucket(bucketNames)
		if all == nil {
			return damage("names", errMissing)
		}
		if !work.Defined() {
			return storeError(all.Delete([]byte(name)))
		}
		return put(all, []byte(name), sealed([]byte(name), work.Bytes()))
	})
}
