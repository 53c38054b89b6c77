package kubo

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMod: kubo.mod names the version, and puts nothing in the place of a module,
// which would count for nobody who builds the program otherwise.
func TestMod(t *testing.T) {
	if v := Version(); !strings.HasPrefix(v, "v0.") {
		t.Errorf("version %q", v)
	}
	for line := range strings.Lines(string(mod)) {
		if strings.HasPrefix(line, "replace") || strings.HasPrefix(line, "toolchain") {
			t.Errorf("kubo.mod has the line %q", line)
		}
	}
}

// TestBinary: a build that is cut short leaves nothing that a later one could
// find; what is there is found, without a build.
func TestBinary(t *testing.T) {
	cache := t.TempDir()
	t.Setenv(cacheVariable, cache)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	var log strings.Builder
	if path, err := Binary(ended, &log); err == nil {
		t.Fatalf("built %s in no time", path)
	}
	dirs, err := filepath.Glob(filepath.Join(cache, "kubo-"+Version()+"-*"))
	if err != nil || len(dirs) != 1 {
		t.Fatalf("folders %q, %v", dirs, err)
	}
	if left, err := os.ReadDir(dirs[0]); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if !strings.Contains(log.String(), "building Kubo "+Version()) {
		t.Errorf("logged %q", log.String())
	}
	want := filepath.Join(dirs[0], fileName())
	if err := os.WriteFile(want, nil, 0o755); err != nil {
		t.Fatal(err)
	}
	if path, err := Binary(ended, &log); err != nil || path != want {
		t.Errorf("found %s, %v; want %s", path, err, want)
	}
}
