//go:build unix

package bolt

import (
	"path/filepath"
	"syscall"
	"testing"
)

// TestLockGoes: closing a file gives its lock back although a copy of its
// descriptor lives on, as it does for a moment in a child process that another
// goroutine is just starting.
func TestLockGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	if err := create(path); err != nil {
		t.Fatal(err)
	}
	for _, readOnly := range []bool{true, false} {
		f := &file{path: path, readOnly: readOnly}
		if err := f.start(); err != nil {
			t.Fatal(err)
		}
		kept, err := syscall.Dup(int(f.f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		if err := f.close(); err != nil {
			t.Fatal(err)
		}
		next, err := openFile(path)
		if err != nil {
			t.Fatalf("read only %v: %v", readOnly, err)
		}
		if err := next.close(); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Close(kept); err != nil {
			t.Fatal(err)
		}
	}
}
