package dir

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// sharing is what Windows says of a file that somebody has opened for himself.
const sharing = syscall.Errno(32)

// lock takes the store for this opening; unlock gives it back. ErrLocked when
// somebody has it. Windows gives the lock back when the program ends in whatever
// way.
func lock(root *os.Root) (unlock func() error, err error) {
	name, err := syscall.UTF16PtrFromString(filepath.Join(root.Name(), lockName))
	if err != nil {
		return nil, storeError(err)
	}
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, 0, nil, syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	switch {
	case err == nil:
		return func() error { return storeError(syscall.CloseHandle(h)) }, nil
	case errors.Is(err, sharing):
		return nil, locked(root, lockName)
	}
	return nil, storeError(err)
}
