//go:build lockfile || !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package authorship_test

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// TestStaleLock: the lock of a process that was ended holds nobody up for long,
// and many who wait for it do not come in together.
func TestStaleLock(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	ring(t, dir)
	must(t, os.WriteFile(filepath.Join(dir, "LOCK"), []byte("of nobody"), 0o600))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { ring(t, dir) })
	}
	wg.Wait()
	if _, err := os.Stat(filepath.Join(dir, "LOCK")); !os.IsNotExist(err) {
		t.Errorf("the lock is left: %v", err)
	}
}
