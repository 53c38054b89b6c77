//go:build !js

package bolt

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/commonhold/commonhold/merge/store"
	"go.etcd.io/bbolt"
)

// format is what this version writes and the greatest it reads.
const format = 1

// openFile opens and locks the store at path, and makes it first if nothing is
// there. The file is inspected under a shared lock before it is opened for
// writing, since bbolt would begin to repair what is not ours.
func openFile(path string) (*file, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := create(path); err != nil {
			return nil, err
		}
		info, err = os.Stat(path)
	}
	if err != nil {
		return nil, storeError(err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no file: %w", path, store.ErrStore)
	}
	if info.Size() < 4*pageSize {
		return nil, damage("meta", fmt.Errorf("%s has %d bytes: %w", path, info.Size(), errNoStore))
	}
	if err := inspect(path); err != nil {
		return nil, err
	}
	f := &file{path: path}
	if err := f.start(); err != nil {
		return nil, err
	}
	if err := f.refresh(); err != nil {
		return nil, join(err, f.close())
	}
	return f, nil
}

// errNoStore is the answer to a file that we did not write.
var errNoStore = errors.New("not a store of Commonhold")

// inspect refuses a file that this package did not write, that a later one wrote,
// or that has been cut short. It writes nothing.
func inspect(path string) error {
	f := &file{path: path, readOnly: true}
	if err := f.start(); err != nil {
		return err
	}
	err := f.view(func(tx *bbolt.Tx) error {
		if f.db.Info().PageSize != pageSize {
			return damage("meta", fmt.Errorf("%s: pages of %d bytes: %w", path, f.db.Info().PageSize, errNoStore))
		}
		if err := f.check(tx); err != nil {
			return err
		}
		m := tx.Bucket(bucketMeta)
		if m == nil || m.Get(keyFormat) == nil {
			return damage("meta", fmt.Errorf("%s: %w", path, errNoStore))
		}
		v, err := sealedField(m, keyFormat, 8)
		if err != nil {
			return err
		}
		if n := number(v); n != format {
			return fmt.Errorf("%s has format %d, this program knows %d: %w", path, n, format, store.ErrVersion)
		}
		return nil
	})
	return join(err, f.close())
}

// create makes an empty store at path, unless somebody else does first. It is
// made whole under another name and then linked, so that a power cut leaves
// either no store or an empty one, and never half of one that nobody can open.
func create(path string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*")
	if err != nil {
		return storeError(err)
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	if err := tmp.Close(); err != nil {
		return storeError(err)
	}
	f := &file{path: tmp.Name()}
	if err := f.start(); err != nil {
		return err
	}
	err = f.update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{bucketMeta, bucketNames, bucketWorks} {
			if _, err := tx.CreateBucket(name); err != nil {
				return storeError(err)
			}
		}
		return put(tx.Bucket(bucketMeta), keyFormat, sealed(keyFormat, key(format)))
	})
	if err := join(err, f.close()); err != nil {
		return err
	}
	err = os.Link(tmp.Name(), path)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(tmp.Name(), path) // a file system without links
	}
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return storeError(err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the names in a folder durable, where the system can be asked
// for that: Windows cannot, nor can some network file systems.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(path)
	if err != nil {
		return storeError(err)
	}
	err = d.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return storeError(join(err, d.Close()))
}
