//go:build (darwin || dragonfly || freebsd || linux || netbsd || openbsd) && !lockfile

package authorship

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder waits until this call alone may change the keyring in a folder, and
// gives what ends that. The system ends it too when the process does.
func lockFolder(dir string) (unlock func(), err error) {
	f, err := os.OpenFile(filepath.Join(dir, "LOCK"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("authorship: keyring: %w", err)
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != syscall.EINTR {
			break
		}
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("authorship: locking the keyring: %w", err)
	}
	return func() { f.Close() }, nil
}
