//go:build unix

package authorship

import (
	"fmt"
	"os"
)

// checkPrivate refuses a folder or file that anybody but its owner may read or
// change. One that is not there is private.
func checkPrivate(path string, folder bool) error {
	info, err := os.Lstat(path)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return fmt.Errorf("authorship: keyring: %w", err)
	case info.IsDir() != folder || (!folder && !info.Mode().IsRegular()):
		return fmt.Errorf("authorship: %s is a %s: %w", path, info.Mode().Type(), ErrKeyring)
	case info.Mode().Perm()&0o077 != 0:
		return exposed(path, info.Mode())
	}
	return nil
}

// syncFolder makes the renaming of a file in a folder durable.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.Sync()
}
