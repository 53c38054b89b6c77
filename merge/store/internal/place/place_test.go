package place

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestPlace: a copy lies elsewhere where the system numbers its files, a renamed
// file does not; and pieces cannot be pushed from one to the next.
func TestPlace(t *testing.T) {
	at := func(path string) []byte {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return Of(info)
	}
	folder := t.TempDir()
	one, two, moved := filepath.Join(folder, "one"), filepath.Join(folder, "two"), filepath.Join(folder, "moved")
	for _, p := range []string{one, two} {
		if err := os.WriteFile(p, []byte("same"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first := at(one)
	if len(first) != Size {
		t.Fatalf("a place of %d bytes", len(first))
	}
	info, err := os.Stat(one)
	if err != nil {
		t.Fatal(err)
	}
	if _, inode := numbers(info); inode != nil && bytes.Equal(first, at(two)) {
		t.Fatal("two files lie in one place")
	}
	if err := os.Rename(one, moved); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, at(moved)) {
		t.Fatal("renaming a file moved it to another place")
	}
	if bytes.Equal(hash([]byte("ab"), []byte("c")), hash([]byte("a"), []byte("bc"))) {
		t.Fatal("two lists of pieces have one hash")
	}
}
