//go:build !js

package authorship_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
)

// TestKeyringExposed: what others may read or change is refused, also while in
// use.
func TestKeyringExposed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	k := ring(t, dir)
	s := signer(t, k, "one", 1)
	path := filepath.Join(dir, authorship.KeyfileName)
	must(t, os.Chmod(path, 0o640))
	if _, err := authorship.OpenKeyring(dir, ""); !errors.Is(err, authorship.ErrExposed) {
		t.Errorf("%v", err)
	}
	if _, err := s.Sign(nil); !errors.Is(err, authorship.ErrExposed) {
		t.Errorf("%v", err)
	}
	must(t, os.Chmod(path, 0o600))
	must(t, os.Chmod(dir, 0o711))
	if _, err := k.SignerFor("one", 2); !errors.Is(err, authorship.ErrExposed) {
		t.Errorf("%v", err)
	}
	must(t, os.Chmod(dir, 0o700))
	signs(t, s, true)
	must(t, os.Rename(path, path+".old"))
	must(t, os.Symlink(path+".old", path))
	if _, err := authorship.OpenKeyring(dir, ""); !errors.Is(err, authorship.ErrKeyring) {
		t.Errorf("a link: %v", err)
	}
}

// TestKeyringProcesses: the same between processes; a process that is killed
// inside leaves a keyring that opens.
func TestKeyringProcesses(t *testing.T) {
	if dir := os.Getenv("KEYRING_CHILD"); dir != "" {
		k := ring(t, dir)
		for i := range 10 {
			fmt.Println("KEY", signer(t, k, fmt.Sprint(os.Getpid(), " ", i), 1).Author())
		}
		return
	}
	dir := filepath.Join(t.TempDir(), "keys")
	out := make([]bytes.Buffer, 4)
	var children []*exec.Cmd
	for i := range out {
		c := exec.Command(os.Args[0], "-test.run=^TestKeyringProcesses$", "-test.v")
		c.Env = append(os.Environ(), "KEYRING_CHILD="+dir)
		c.Stdout, c.Stderr = &out[i], &out[i]
		must(t, c.Start())
		children = append(children, c)
	}
	for i, c := range children {
		if err := c.Wait(); err != nil {
			t.Fatalf("%v: %s", err, &out[i])
		}
	}
	seen := map[string]bool{}
	for i := range out {
		for _, line := range strings.Split(out[i].String(), "\n") {
			if a, ok := strings.CutPrefix(line, "KEY "); ok {
				if seen[a] {
					t.Errorf("two stores have %s", a)
				}
				seen[a] = true
			}
		}
	}
	if len(seen) != 40 {
		t.Errorf("%d keys", len(seen))
	}
	c := exec.Command(os.Args[0], "-test.run=^TestKeyringProcesses$")
	c.Env = append(os.Environ(), "KEYRING_CHILD="+dir)
	must(t, c.Start())
	must(t, c.Process.Kill())
	_ = c.Wait()
	ring(t, dir)
}
