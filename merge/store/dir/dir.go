package dir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/internal/place"
	"github.com/ipfs/go-cid"
)

// dir is a store in a folder.
//
// Invariants:
//  1. home is nil exactly when the store is closed, and counted only while it is
//     not.
//  2. Whoever uses home holds mu, for reading; whoever changes it, for writing. So
//     a folder is given back only when no call is running.
//  3. Once fault is set, nothing more is written until the next opening.
//  4. works has every folder of a work that was there at the opening or was made
//     since.
type dir struct {
	path  string
	start func(path string) (*home, error) // opens and locks the folder

	mu      sync.RWMutex
	home    *home
	counted bool       // Open has counted this use
	mark    instance   // what the file instance says
	unclean bool       // the store was not closed properly before: logs may be torn
	naming  sync.Mutex // guards the file names

	faultMu sync.Mutex
	fault   error

	worksMu sync.Mutex
	works   map[cid.Cid]*work
}

// home is the open, locked folder of a store.
type home struct {
	disk
	where []byte // its place
	close func() error
}

// Open takes the store in the folder at path and locks it; without one it makes an
// empty store. The folder above must exist. The store then wants its own Open,
// which counts the use, and Close, which gives the lock back.
//
// Errors: store.ErrLocked at once when another program, or this one, has the
// folder open; store.ErrVersion for a later format; store.ErrCorrupt for a folder
// that has other things in it; store.ErrStore for whatever the system refuses. A
// refused folder is left as it is.
func Open(path string) (store.Store, error) {
	path, err := filepath.Abs(path) // the program may change its folder
	if err != nil {
		return nil, storeError(err)
	}
	return open(path, startOS)
}

// open is Open on any disk.
func open(path string, start func(string) (*home, error)) (store.Store, error) {
	h, err := start(path)
	if err != nil {
		return nil, err
	}
	return &dir{path: path, start: start, home: h}, nil
}

// startOS opens and locks a folder of the machine, or makes one.
func startOS(path string) (*home, error) {
	err := os.Mkdir(path, 0o700)
	made := err == nil
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, storeError(err)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, storeError(err)
	}
	h := &home{disk: osDisk{root}}
	unlock, err := h.take(root)
	if err == nil && made {
		err = syncAbove(path)
	}
	if err != nil {
		if unlock != nil {
			err = join(err, unlock())
		}
		return nil, join(err, storeError(root.Close()))
	}
	h.close = func() error { return join(unlock(), storeError(root.Close())) }
	return h, nil
}

// take makes sure that the folder is a store, or may become one, and locks it.
// Nothing is written into a folder that is neither.
func (h *home) take(root *os.Root) (unlock func() error, err error) {
	info, err := root.Stat(".")
	if err != nil {
		return nil, storeError(err)
	}
	h.where = place.Of(info)
	if err := inspect(h.disk); err != nil {
		return nil, err
	}
	return lock(root)
}

// syncAbove makes the name of a new folder durable.
func syncAbove(path string) error {
	above, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return storeError(err)
	}
	err = osDisk{above}.Sync(".")
	return storeError(join(err, above.Close()))
}

// Open implements store.Store.
func (d *dir) Open(ctx context.Context) (id string, epoch uint64, err error) {
	if err := store.CheckContext(ctx); err != nil {
		return "", 0, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.counted {
		return "", 0, fmt.Errorf("%s: %w", d.path, store.ErrLocked)
	}
	if d.home == nil {
		if d.home, err = d.start(d.path); err != nil {
			d.home = nil
			return "", 0, err
		}
	}
	if err = d.begin(); err != nil {
		return "", 0, join(err, d.shut())
	}
	d.counted = true
	return d.mark.spelled(), d.mark.epoch, nil
}

// begin counts the use and learns which works there are; mu is held.
func (d *dir) begin() error {
	if err := inspect(d.home); err != nil {
		return err
	}
	m, found, err := readInstance(d.home)
	if err != nil {
		return err
	}
	folders, err := d.home.List(".")
	if err != nil {
		return storeError(err)
	}
	d.fault, d.works = nil, map[cid.Cid]*work{}
	for _, name := range folders {
		if id, ok := workOf(name); ok {
			d.works[id] = newWork(d, id)
		}
	}
	d.unclean = !m.clean && (found || len(d.works) > 0)
	if err := m.next(d.home.where); err != nil {
		return err
	}
	if err := m.write(d.home); err != nil {
		return err
	}
	d.mark = m
	return nil
}

// Close implements store.Store.
func (d *dir) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.home == nil {
		return store.ErrClosed
	}
	var err error
	if d.counted && d.fault == nil && d.certain() {
		d.mark.clean = true
		err = d.mark.write(d.home)
	}
	return join(err, d.shut())
}

// certain tells whether the folder may be said to have been closed properly: it had
// been before, or every work has been looked at since; mu is held.
func (d *dir) certain() bool {
	if d.unclean {
		for _, w := range d.works {
			if !w.read {
				return false
			}
		}
	}
	return true
}

// shut gives the folder back; mu is held.
func (d *dir) shut() error {
	h := d.home
	d.home, d.counted = nil, false
	return h.close()
}

// enter begins a call. When it returns nil the caller ends it with leave.
func (d *dir) enter(ctx context.Context) error {
	if err := store.CheckContext(ctx); err != nil {
		return err
	}
	d.mu.RLock()
	if !d.counted {
		d.mu.RUnlock()
		return store.ErrClosed
	}
	return nil
}

// leave ends a call.
func (d *dir) leave() { d.mu.RUnlock() }

// alive returns why an iteration cannot go on, if it cannot.
func (d *dir) alive(ctx context.Context) error {
	err := d.enter(ctx)
	if err == nil {
		d.leave()
	}
	return err
}

// write runs a write, unless one has failed before. What fails because of the
// medium is the last one.
func (d *dir) write(do func() error) error {
	if fault := d.off(); fault != nil {
		return fmt.Errorf("writing is off until the store is opened again: %w: %w", store.ErrStore, fault)
	}
	err := do()
	if errors.Is(err, store.ErrStore) {
		d.faultMu.Lock()
		d.fault = err
		d.faultMu.Unlock()
	}
	return err
}

// off returns why nothing is written any more.
func (d *dir) off() error {
	d.faultMu.Lock()
	defer d.faultMu.Unlock()
	return d.fault
}

// isMissing tells that there is no such file.
func isMissing(err error) bool { return errors.Is(err, fs.ErrNotExist) }
