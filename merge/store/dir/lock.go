package dir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/commonhold/commonhold/merge/store"
)

const (
	lockName = "LOCK"      // the file that the system locks
	heldName = "LOCK.held" // the file that is a lock by being there
)

// locked is the answer to a store that somebody has open.
func locked(root *os.Root, name string) error {
	return fmt.Errorf("%s: %w", filepath.Join(root.Name(), name), store.ErrLocked)
}

// lockByFile takes a store where the system has no lock that goes with the
// program: it makes a file that must not be there. A program that is killed leaves
// it behind, so the error names it.
func lockByFile(root *os.Root) (unlock func() error, err error) {
	f, err := root.OpenFile(heldName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("unless a program that was killed has left it behind: %w", locked(root, heldName))
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		return nil, storeError(err)
	}
	return func() error { return storeError(root.Remove(heldName)) }, nil
}
