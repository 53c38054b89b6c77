//go:build !js

package bolt

import (
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/commonhold/commonhold/merge/store"
	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// pageSize is the size of the pages of every store, so that a file made on one
// machine is the same on another.
const pageSize = 4096

// file is the open, locked file of a store. bbolt panics, or touches memory that
// is not there, when it meets a page it does not understand; every way into it
// leads through start, view, update and close, which turn that into errors.
//
// Invariants:
//  1. While stuck is false, no lock inside bbolt is held between calls.
//  2. Once fault is set, nothing more is written.
//  3. f is the file that db uses, and info what it was when it was opened.
type file struct {
	path     string
	readOnly bool
	db       *bbolt.DB
	f        *os.File
	info     os.FileInfo

	// stuck: a panic came at a moment when bbolt may hold one of its locks. Nothing
	// may be asked of it any more, or it would wait for ever.
	stuck atomic.Bool
	// fault ended writing. Only whoever has the turn to write uses it.
	fault error
}

// start opens the file with bbolt. It makes no file.
func (f *file) start() (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damage("meta", fmt.Errorf("bbolt: %v", r))
			if f.f != nil {
				err = join(err, f.letGo())
			}
		}
	}()
	f.db, err = bbolt.Open(f.path, 0o600, &bbolt.Options{
		Timeout:      1, // a nanosecond: one try
		PageSize:     pageSize,
		FreelistType: bbolt.FreelistMapType,
		NoStatistics: true,
		ReadOnly:     f.readOnly,
		OpenFile: func(name string, flag int, perm os.FileMode) (*os.File, error) {
			var err error
			f.f, err = os.OpenFile(name, flag&^os.O_CREATE, perm)
			return f.f, err
		},
	})
	if err != nil {
		return openError(f.path, err)
	}
	if f.info, err = f.f.Stat(); err != nil {
		return join(storeError(err), f.close())
	}
	return nil
}

// openError says what it means that bbolt did not open a file.
func openError(path string, err error) error {
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return fmt.Errorf("%s: %w", path, store.ErrLocked)
	case errors.Is(err, berrors.ErrInvalid), errors.Is(err, berrors.ErrChecksum), errors.Is(err, berrors.ErrVersionMismatch):
		return damage("meta", fmt.Errorf("%s: %w", path, err))
	}
	return storeError(err)
}

// letGo gives the file and its lock back without bbolt. What bbolt has mapped
// stays mapped until the process ends.
func (f *file) letGo() error {
	return join(storeError(unlock(f.f)), storeError(f.f.Close()))
}

// close gives the file back.
func (f *file) close() (err error) {
	if f.stuck.Load() {
		return f.letGo()
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damage("meta", fmt.Errorf("bbolt: %v", r))
		}
	}()
	if f.readOnly {
		err = unlock(f.f) // bbolt leaves it to the end of the descriptor, of which a child that is just being made has a copy
	}
	return join(storeError(err), storeError(f.db.Close()))
}

// view runs a read. A panic of bbolt is damage that the read met.
func (f *file) view(read func(*bbolt.Tx) error) (err error) {
	if f.stuck.Load() {
		return damage("meta", errStuck)
	}
	var tx *bbolt.Tx
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = f.recovered(tx, r)
		}
	}()
	if tx, err = f.db.Begin(false); err != nil {
		return storeError(err)
	}
	err = read(tx)
	return join(err, storeError(tx.Rollback()))
}

// errStuck is the answer after a panic that left bbolt unusable.
var errStuck = errors.New("damage was met before, and the file cannot be read until it is opened again")

// recovered ends the transaction in which bbolt panicked, and makes the panic a
// CorruptError. Without a transaction the panic came while it began, and with it
// the locks of bbolt are lost; as they are when ending it panics too.
func (f *file) recovered(tx *bbolt.Tx, panicked any) error {
	f.stuck.Store(true)
	func() {
		defer func() { _ = recover() }()
		if tx != nil && tx.Rollback() == nil {
			f.stuck.Store(false)
		}
	}()
	return damage("pages", fmt.Errorf("bbolt: %v", panicked))
}

// update runs a write and makes it durable. The caller has the turn. An error of
// the medium, and damaged pages, end all writing; an error of the write itself
// only undoes the write.
func (f *file) update(write func(*bbolt.Tx) error) error {
	if f.fault != nil {
		return fmt.Errorf("writing is off until the store is opened again: %w: %w", store.ErrStore, f.fault)
	}
	err := f.there()
	if err == nil {
		err = f.commit(write)
	}
	if errors.Is(err, store.ErrStore) {
		f.fault = err
	}
	return err
}

// there refuses to write to a file that its path does not lead to any more: what
// is written to it would be acknowledged, and lost.
func (f *file) there() error {
	info, err := os.Stat(f.path)
	if err != nil {
		return storeError(err)
	}
	if !os.SameFile(info, f.info) {
		return fmt.Errorf("%s is another file now: %w", f.path, store.ErrStore)
	}
	return nil
}

// commit is one transaction of bbolt. Damaged pages are left alone from then on.
func (f *file) commit(write func(*bbolt.Tx) error) (err error) {
	if f.stuck.Load() {
		return damage("meta", errStuck)
	}
	var tx *bbolt.Tx
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = f.recovered(tx, r)
			f.fault = err
		}
	}()
	if tx, err = f.db.Begin(true); err != nil {
		return storeError(err)
	}
	if err = write(tx); err != nil {
		return join(err, storeError(tx.Rollback()))
	}
	return storeError(tx.Commit())
}

// join is errors.Join that leaves a single error as it is.
func join(a, b error) error {
	if a == nil {
		return b
	}
	if b == nil {
		return a
	}
	return errors.Join(a, b)
}

// try runs a part of a read, so that damage met in it does not end the read.
func try(part string, read func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = damage(part, fmt.Errorf("bbolt: %v", r))
		}
	}()
	return read()
}

// refresh writes both meta pages again, as they are, and syncs. See the package
// comment, power cuts.
func (f *file) refresh() error {
	var pages [2 * pageSize]byte
	if _, err := f.f.ReadAt(pages[:], 0); err != nil {
		return storeError(err)
	}
	if _, err := f.f.WriteAt(pages[:], 0); err != nil {
		return storeError(err)
	}
	return storeError(f.f.Sync())
}
