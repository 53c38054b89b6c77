//go:build !js

package crdt_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A planted fault is a file in testdata/faults: lines that begin with # and say what is
// wrong and in which package a test must fail, and then the change as a patch. Lines are
// found by what they say, not by where they stand, so the files last as long as the
// lines do.

// fault is one of them.
type fault struct {
	name, why, fails string
	hunks            []hunk
}

// hunk puts some lines of a file in the place of others.
type hunk struct{ file, was, becomes string }

// readFaults reads all planted faults.
func readFaults(t *testing.T) (all []fault) {
	files, err := filepath.Glob("testdata/faults/*.patch")
	must(t, err)
	for _, path := range files {
		text, err := os.ReadFile(path)
		must(t, err)
		f := fault{name: strings.TrimSuffix(filepath.Base(path), ".patch")}
		for line := range strings.Lines(string(text)) {
			line, said := strings.TrimSuffix(line, "\n"), strings.CutPrefix
			switch {
			case strings.HasPrefix(line, "# fails: "):
				f.fails, _ = said(line, "# fails: ")
			case strings.HasPrefix(line, "# "):
				f.why, _ = said(line, "# ")
			case strings.HasPrefix(line, "--- "):
			case strings.HasPrefix(line, "+++ b/"):
				file, _ := said(line, "+++ b/")
				f.hunks = append(f.hunks, hunk{file: file})
			case strings.HasPrefix(line, "@@"):
				if h := &f.hunks[len(f.hunks)-1]; h.was != "" {
					f.hunks = append(f.hunks, hunk{file: h.file})
				}
			default:
				h := &f.hunks[len(f.hunks)-1]
				if line[0] != '+' {
					h.was += line[1:] + "\n"
				}
				if line[0] != '-' {
					h.becomes += line[1:] + "\n"
				}
			}
		}
		if f.why == "" || f.fails == "" || len(f.hunks) == 0 {
			t.Fatalf("%s says not what it is", path)
		}
		all = append(all, f)
	}
	return all
}

// plant makes the change in a module; the files are as they were again after undo.
func (f *fault) plant(module string) (undo func() error, err error) {
	was := map[string][]byte{}
	undo = func() error {
		var errs []error
		for path, b := range was {
			errs = append(errs, os.WriteFile(path, b, 0o600))
		}
		return errors.Join(errs...)
	}
	for _, h := range f.hunks {
		path := filepath.Join(module, filepath.FromSlash(h.file))
		b, err := os.ReadFile(path)
		if err != nil {
			return undo, err
		}
		if n := strings.Count(string(b), h.was); n != 1 {
			return undo, fmt.Errorf("%s: the lines stand there %d times:\n%s", h.file, n, h.was)
		}
		if was[path] == nil {
			was[path] = b
		}
		if module == ".." { // only tried
			continue
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(b), h.was, h.becomes, 1)), 0o600); err != nil {
			return undo, err
		}
	}
	return undo, nil
}

// TestFaults plants faults, one at a time, into a copy of the module, and runs the tests
// of the package that must find them: go test ./crdt -run TestFaults -timeout 1h -args
// -long; one of them with TestFaults/ and its name. Every day it is only asked whether
// they can still be planted.
func TestFaults(t *testing.T) {
	all := readFaults(t)
	if len(all) < 20 {
		t.Errorf("%d planted faults", len(all))
	}
	if !*long {
		for _, f := range all {
			if _, err := f.plant(".."); err != nil {
				t.Errorf("%s: %v", f.name, err)
			}
		}
		return
	}
	module, whole := t.TempDir(), map[string]bool{}
	copyModule(t, module)
	for _, f := range all {
		t.Run(f.name, func(t *testing.T) {
			if !whole[f.fails] {
				if out, err := testPackage(module, f.fails); err != nil {
					t.Fatalf("%s fails without a fault:\n%s", f.fails, out)
				}
				whole[f.fails] = true
			}
			undo, err := f.plant(module)
			defer func() { must(t, undo()) }()
			must(t, err)
			begun := time.Now()
			out, err := testPackage(module, f.fails)
			switch test := failed(out); {
			case err == nil:
				t.Errorf("%s, and %s does not find it", f.why, f.fails)
			case test == "":
				t.Errorf("%s fails otherwise than by a test:\n%s", f.fails, out)
			default:
				t.Logf("found by %s of %s after %.0f s", test, f.fails, time.Since(begun).Seconds())
			}
		})
	}
}

// testPackage runs the short tests of a package up to the first that fails.
func testPackage(module, pkg string) (out string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "test", "-short", "-failfast", "-count=1", "-timeout=4m", "-skip=^TestFaults$", pkg)
	cmd.Dir = module
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// failed is the test that failed, by the output of go test.
func failed(out string) (test string) {
	for line := range strings.Lines(out) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "--- FAIL: "); ok {
			test, _, _ = strings.Cut(name, " ")
		} else if name, ok := strings.CutPrefix(line, "panic: test timed out"); ok {
			test = "a test that does not end" + strings.TrimSpace(name)
		}
	}
	return test
}

// copyModule copies the Go files, testdata and module files.
func copyModule(t *testing.T, to string) {
	must(t, filepath.WalkDir("..", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel("..", path)
		if err != nil {
			return err
		}
		if e.IsDir() {
			if name := e.Name(); rel != "." && (strings.HasPrefix(name, ".") || name == "node_modules") {
				return filepath.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, rel), 0o700)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, rel), b, 0o600)
	}))
}
