//go:build unix && !solaris && !illumos && !aix

package bolt

import (
	"os"
	"syscall"
)

// unlock gives back the lock that bbolt has taken on a file. Closing the file
// would not: a mapping that bbolt can no longer undo keeps it open, and locked.
func unlock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_UN)
}
