package dir

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"

	"github.com/commonhold/commonhold/merge/store"
)

// disk is all that a store asks of a file system. Names are relative to the
// folder of the store, with slashes. Tests put one in its place that fails, or
// that forgets what was not synced.
type disk interface {
	// List returns the names of what lies in a folder.
	List(folder string) ([]string, error)
	// Read returns a file whole; errLength when it is longer than the limit.
	Read(name string, limit int64) ([]byte, error)
	// Create makes an empty file, in place of one that was there.
	Create(name string) (file, error)
	// Append opens a file to write at its end.
	Append(name string) (file, error)
	// Rename gives a file another name in the same folder, in place of the file
	// that had it.
	Rename(from, to string) error
	// Remove removes a file.
	Remove(name string) error
	// Mkdir makes a folder; one that is there is no error.
	Mkdir(name string) error
	// Sync makes the names in a folder durable.
	Sync(folder string) error
}

// file is a file that is being written.
type file interface {
	Write(b []byte) (int, error)
	Sync() error // makes the bytes durable
	Close() error
}

// osDisk is the file system of the machine below one folder. By os.Root no name,
// and no link that somebody has put into the folder, leads out of it, and a folder
// that is moved stays the one that was locked.
type osDisk struct{ root *os.Root }

// List implements disk.
func (d osDisk) List(folder string) ([]string, error) {
	f, err := d.root.Open(folder)
	if err != nil {
		return nil, err
	}
	names, err := f.Readdirnames(-1)
	return names, join(err, f.Close())
}

// Read implements disk.
func (d osDisk) Read(name string, limit int64) ([]byte, error) {
	f, err := d.root.Open(name)
	if err != nil {
		return nil, err
	}
	b, err := readAll(f, limit)
	return b, join(err, f.Close())
}

// readAll reads a file that has at most limit bytes.
func readAll(f *os.File, limit int64) ([]byte, error) {
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errOther
	}
	if info.Size() > limit {
		return nil, errLength
	}
	b := make([]byte, info.Size())
	_, err = io.ReadFull(f, b)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) && len(b) > 0 {
		return nil, errLength // it has become shorter meanwhile
	}
	if len(b) == 0 {
		err = nil
	}
	return b, err
}

// Create implements disk.
func (d osDisk) Create(name string) (file, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
}

// Append implements disk.
func (d osDisk) Append(name string) (file, error) {
	return d.root.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0)
}

// Rename implements disk.
func (d osDisk) Rename(from, to string) error { return d.root.Rename(from, to) }

// Remove implements disk.
func (d osDisk) Remove(name string) error { return d.root.Remove(name) }

// Mkdir implements disk.
func (d osDisk) Mkdir(name string) error {
	err := d.root.Mkdir(name, 0o700)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// Sync implements disk, where the system can be asked for that: Windows and a
// browser cannot, nor can some file systems.
func (d osDisk) Sync(folder string) error {
	if runtime.GOOS == "windows" || runtime.GOOS == "js" {
		return nil
	}
	f, err := d.root.Open(folder)
	if err != nil {
		return err
	}
	err = f.Sync()
	if errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL) {
		err = nil
	}
	return join(err, f.Close())
}

// writeFile makes a file of the parts and makes its bytes durable, not its name.
func writeFile(d disk, name string, parts ...[]byte) error {
	f, err := d.Create(name)
	if err != nil {
		return err
	}
	return finish(f, parts)
}

// appendFile puts bytes at the end of a file and makes them durable.
func appendFile(d disk, name string, b []byte) error {
	f, err := d.Append(name)
	if err != nil {
		return err
	}
	return finish(f, [][]byte{b})
}

// finish writes the parts to a file, syncs and closes it.
func finish(f file, parts [][]byte) error {
	for _, b := range parts {
		n, err := f.Write(b)
		if err == nil && n < len(b) {
			err = io.ErrShortWrite
		}
		if err != nil {
			return join(err, f.Close())
		}
	}
	if err := f.Sync(); err != nil {
		return join(err, f.Close())
	}
	return f.Close()
}

// replaceFile puts a file of the parts in the place of the one with that name, if
// there is one, and makes that durable: one of the two is there at any time.
func replaceFile(d disk, name string, parts ...[]byte) error {
	if err := writeFile(d, name+suffixNew, parts...); err != nil {
		return err
	}
	if err := d.Rename(name+suffixNew, name); err != nil {
		return err
	}
	return d.Sync(path.Dir(name))
}

// suffixNew ends the names of files that are being written.
const suffixNew = ".new"

// storeError makes an error of the system an ErrStore.
func storeError(err error) error {
	if err == nil || errors.Is(err, store.ErrStore) {
		return err
	}
	return fmt.Errorf("%w: %w", store.ErrStore, err)
}

// readError says what it means that a file could not be read: that it is damaged,
// when it is missing, too long, or the disk cannot read it; else that the system
// refused, which says nothing about the file.
func readError(part string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return damage(part, fmt.Errorf("%w: %w", errMissing, err))
	case errors.Is(err, syscall.EIO):
		return damage(part, storeError(err))
	case errors.Is(err, errLength), errors.Is(err, errOther):
		return damage(part, err)
	}
	return storeError(err)
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
