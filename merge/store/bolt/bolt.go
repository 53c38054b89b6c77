//go:build !js

package bolt

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"sync"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/internal/place"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// bolt is a store in one file.
//
// Invariants:
//  1. file is nil exactly when the store is closed.
//  2. counted only while file is not nil.
//  3. Whoever uses file holds mu, for reading; whoever changes it, for writing.
//     So a file is closed only when no call is running.
//  4. Only the one whose turn it is (see queue) writes to the file.
type bolt struct {
	path string

	mu      sync.RWMutex
	file    *file
	counted bool // Open has counted this use

	queue queue

	cutMu sync.Mutex
	cut   map[cid.Cid]bool // works whose journal was found damaged
}

// Open takes the store in the file at path and locks it; without a file it makes
// an empty store. The folder must exist. The store then wants its own Open, which
// counts the use, and Close, which gives the lock back.
//
// Errors: store.ErrLocked at once when another program, or this one, has the file
// open; store.ErrVersion for a later format; store.ErrCorrupt for a file that is
// no store, also an empty one; store.ErrStore for whatever the system refuses. A
// refused file is left as it is.
func Open(path string) (store.Store, error) {
	path, err := filepath.Abs(path) // the program may change its folder
	if err != nil {
		return nil, storeError(err)
	}
	f, err := openFile(path)
	if err != nil {
		return nil, err
	}
	return &bolt{path: path, file: f, queue: newQueue(), cut: map[cid.Cid]bool{}}, nil
}

// Open implements store.Store.
func (b *bolt) Open(ctx context.Context) (instance string, epoch uint64, err error) {
	if err := store.CheckContext(ctx); err != nil {
		return "", 0, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.counted {
		return "", 0, fmt.Errorf("%s: %w", b.path, store.ErrLocked)
	}
	if b.file == nil {
		if b.file, err = openFile(b.path); err != nil {
			b.file = nil
			return "", 0, err
		}
	}
	where := place.Of(b.file.info)
	err = b.file.update(func(tx *bbolt.Tx) (err error) {
		instance, epoch, err = count(tx, where)
		return err
	})
	if err != nil {
		return "", 0, join(err, b.shut())
	}
	b.counted = true
	clear(b.cut)
	return instance, epoch, nil
}

// Close implements store.Store.
func (b *bolt) Close() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.file == nil {
		return store.ErrClosed
	}
	return b.shut()
}

// shut closes the file; mu is held.
func (b *bolt) shut() error {
	f := b.file
	b.file, b.counted = nil, false
	return f.close()
}

// count notes one more use of the store, which lies at where, and
// returns what Open returns.
func count(tx *bbolt.Tx, where []byte) (instance string, epoch uint64, err error) {
	m := tx.Bucket(bucketMeta)
	if m == nil {
		return "", 0, damage("meta", errMissing)
	}
	was, err := sealedField(m, keyPlace, place.Size)
	if err != nil {
		return "", 0, err
	}
	id, err := sealedField(m, keyInstance, instanceSize)
	if err != nil {
		return "", 0, err
	}
	last, err := sealedField(m, keyEpoch, 8)
	if err != nil {
		return "", 0, err
	}
	if last != nil {
		epoch = number(last)
	}
	if id == nil || string(was) != string(where) {
		id = make([]byte, instanceSize)
		if _, err := rand.Read(id); err != nil {
			return "", 0, fmt.Errorf("drawing an instance: %w: %w", store.ErrStore, err)
		}
	}
	epoch++
	for _, kv := range [][2][]byte{{keyPlace, where}, {keyInstance, id}, {keyEpoch, key(epoch)}} {
		if err := put(m, kv[0], sealed(kv[0], kv[1])); err != nil {
			return "", 0, err
		}
	}
	return hex.EncodeToString(id), epoch, nil
}

// instanceSize is the length of an instance, before it is spelled in hex.
const instanceSize = 16

// sealedField returns the value of a key of meta, nil when there is none yet.
func sealedField(m *bbolt.Bucket, name []byte, size int) ([]byte, error) {
	stored := m.Get(name)
	if stored == nil {
		return nil, nil
	}
	v, err := unsealed(name, stored, size)
	if err == nil && len(v) != size {
		err = errLength
	}
	if err != nil {
		return nil, damage("meta", fmt.Errorf("%s: %w", name, err))
	}
	return v, nil
}

// view runs a read of the open store.
func (b *bolt) view(ctx context.Context, read func(*bbolt.Tx) error) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	b.mu.RLock()
	defer b.mu.RUnlock()
	if !b.counted {
		return store.ErrClosed
	}
	return b.file.view(read)
}

// update runs a write of the open store, perhaps together with others that wait.
// It may be run more than once, each time on the state without its earlier runs.
func (b *bolt) update(ctx context.Context, write func(*bbolt.Tx) error) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	return b.queue.do(ctx, write, func(write func(*bbolt.Tx) error) error {
		b.mu.RLock()
		defer b.mu.RUnlock()
		if !b.counted {
			return store.ErrClosed
		}
		return b.file.update(write)
	})
}

// updateWork is update for one work. Without create an unknown work is left
// unknown: write gets nil for it.
func (b *bolt) updateWork(ctx context.Context, work cid.Cid, create bool, write func(*bbolt.Bucket) error) error {
	if err := store.CheckID(work); err != nil {
		return err
	}
	err := b.update(ctx, func(tx *bbolt.Tx) error {
		w, err := workBucket(tx, work, create)
		if err != nil {
			return err
		}
		return write(w)
	})
	return store.OfWork(err, work)
}

// viewWork is view for one work; read gets nil for an unknown one.
func (b *bolt) viewWork(ctx context.Context, work cid.Cid, read func(*bbolt.Bucket) error) error {
	if err := store.CheckID(work); err != nil {
		return err
	}
	err := b.view(ctx, func(tx *bbolt.Tx) error {
		w, err := workBucket(tx, work, false)
		if err != nil {
			return err
		}
		return read(w)
	})
	return store.OfWork(err, work)
}

// workBucket returns the bucket of a work, nil for an unknown one unless it shall
// be made.
func workBucket(tx *bbolt.Tx, work cid.Cid, create bool) (*bbolt.Bucket, error) {
	works := tx.Bucket(bucketWorks)
	if works == nil {
		return nil, damage("works", errMissing)
	}
	w := works.Bucket(work.Bytes())
	if w != nil {
		return w, checkSelf(w, work.Bytes())
	}
	if !create {
		return nil, nil
	}
	w, err := works.CreateBucket(work.Bytes())
	if err != nil {
		return nil, storeError(err)
	}
	if err := put(w, keySelf, sealed(work.Bytes())); err != nil {
		return nil, err
	}
	for _, name := range [][]byte{bucketSeg, bucketWords, bucketIDs} {
		if _, err := w.CreateBucket(name); err != nil {
			return nil, storeError(err)
		}
	}
	return w, nil
}

// checkSelf makes sure that the name of a work is the one it was made with.
func checkSelf(w *bbolt.Bucket, name []byte) error {
	if w == nil {
		return damage("works", fmt.Errorf("%x: %w", name, errMissing))
	}
	if _, err := unsealed(name, w.Get(keySelf), 0); err != nil {
		return damage("works", fmt.Errorf("name %x: %w", name, err))
	}
	return nil
}

// part returns one of the buckets that a work need not have, nil when it has not,
// and when there is no work. Before it says so it makes sure that the work has no
// bucket that nobody knows: a name that was damaged would else be edits lost in
// silence.
func part(w *bbolt.Bucket, name []byte) (*bbolt.Bucket, error) {
	if w == nil {
		return nil, nil
	}
	if b := w.Bucket(name); b != nil {
		return b, nil
	}
	c := w.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.Next() {
		switch string(k) {
		case string(keySelf), string(bucketSeg), string(bucketWords), string(bucketIDs), string(bucketOpen), string(bucketHeld), string(bucketBlocks), string(bucketGone):
		default:
			what := string(name)
			if what == string(bucketOpen) {
				what = "journal"
			}
			return nil, damage(what, fmt.Errorf("a bucket is named %q: %w", k, errOther))
		}
	}
	return nil, nil
}
