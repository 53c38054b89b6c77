//go:build unix && !solaris && !illumos && !aix

package dir

import (
	"errors"
	"os"
	"syscall"
)

// lock takes the store for this opening; unlock gives it back. ErrLocked when
// somebody has it. A file system that knows no such lock gets the file that says
// so.
func lock(root *os.Root) (unlock func() error, err error) {
	f, err := root.OpenFile(lockName, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, storeError(err)
	}
	for {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	switch {
	case err == nil:
		return func() error { return storeError(f.Close()) }, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return nil, join(locked(root, lockName), storeError(f.Close()))
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK), errors.Is(err, syscall.EINVAL):
		if err := f.Close(); err != nil {
			return nil, storeError(err)
		}
		return lockByFile(root)
	}
	return nil, join(storeError(err), storeError(f.Close()))
}
