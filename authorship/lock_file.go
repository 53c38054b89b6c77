//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd) || lockfile

package authorship

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// Whoever holds the lock does so for milliseconds. A lock file that stays the
// same for staleAfter belongs to a process that was ended.
const (
	lockPause  = 2 * time.Millisecond
	staleAfter = 10 * time.Second
)

// lockFolder waits until this call alone may change the keyring in a folder, and
// gives what ends that: a file that only one can create. The content tells one
// holder from the next, so a lock is seen to be stale without comparing clocks.
func lockFolder(dir string) (unlock func(), err error) {
	path := filepath.Join(dir, "LOCK")
	var mine [16]byte
	if _, err := rand.Read(mine[:]); err != nil {
		return nil, fmt.Errorf("authorship: locking the keyring: %w", err)
	}
	name := hex.EncodeToString(mine[:])
	var seen string
	var waited, denied time.Duration
	for {
		err := createLock(path, name)
		if err == nil {
			return func() { removeLock(path, name) }, nil
		}
		// Windows denies what another process is just removing.
		if denied += lockPause; !os.IsExist(err) && (!os.IsPermission(err) || denied > staleAfter) {
			return nil, fmt.Errorf("authorship: locking the keyring: %w", err)
		}
		b, _ := os.ReadFile(path)
		if string(b) != seen {
			seen, waited, denied = string(b), 0, 0
		} else if waited += lockPause; waited > staleAfter {
			breakLock(path, seen, name)
			waited = 0
		}
		time.Sleep(lockPause)
	}
}

// createLock creates the lock file, if there is none.
func createLock(path, name string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(name)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	return err
}

// removeLock removes the lock file if it is still the own one.
func removeLock(path, name string) {
	if b, err := os.ReadFile(path); err == nil && string(b) == name {
		_ = os.Remove(path)
	}
}

// breakLock takes a stale lock file away. It is renamed first, which only one of
// many succeeds with; if somebody else was faster and has locked again, the file
// is the wrong one and is put back.
func breakLock(path, stale, name string) {
	aside := path + "." + name
	if os.Rename(path, aside) != nil {
		return
	}
	if b, err := os.ReadFile(aside); err == nil && string(b) != stale {
		if _, err := os.Lstat(path); missing(err) {
			_ = os.Rename(aside, path)
			return
		}
	}
	_ = os.Remove(aside)
}
