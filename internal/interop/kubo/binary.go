package kubo

import (
	"bytes"
	"context"
	"crypto/sha256"
	_ "embed" // of the two files below
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

//go:embed kubo.mod
var mod []byte

//go:embed kubo.sum
var sum []byte

const (
	module  = "github.com/ipfs/kubo"
	program = module + "/cmd/ipfs"
	// cacheVariable names the folder in which programs are kept, if it is not the
	// user's.
	cacheVariable = "COMMONHOLD_CACHE"
)

// Version is the version of Kubo, such as v0.43.1.
func Version() string {
	for line := range strings.Lines(string(mod)) {
		if f := strings.Fields(line); len(f) > 1 && f[0] == module {
			return f[1]
		}
	}
	panic("kubo: kubo.mod names no version of " + module)
}

// Binary returns the path of the program, which it builds if it is not there
// yet. It says so to log, and what the go command says. What is built is kept
// under os.UserCacheDir()/commonhold, or the folder that COMMONHOLD_CACHE names,
// in a folder whose name has the version and what kubo.mod hashes to.
func Binary(ctx context.Context, log io.Writer) (string, error) {
	cache, err := cacheFolder()
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256(mod)
	dir := filepath.Join(cache, fmt.Sprintf("kubo-%s-%x", Version(), hash[:4]))
	path := filepath.Join(dir, fileName())
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return path, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("kubo: %w", err)
	}
	fmt.Fprintf(log, "building Kubo %s, once, which takes some minutes; it will be %s\n", Version(), path)
	if err := build(ctx, log, dir, path); err != nil {
		return "", fmt.Errorf("kubo: building %s: %w", Version(), err)
	}
	return path, nil
}

// fileName is how the file of the program is called on this system.
func fileName() string {
	if runtime.GOOS == "windows" {
		return "ipfs.exe"
	}
	return "ipfs"
}

// cacheFolder returns the folder in which programs are kept.
func cacheFolder() (string, error) {
	if dir := os.Getenv(cacheVariable); dir != "" {
		return filepath.Abs(dir)
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("kubo: %w; %s names another folder", err, cacheVariable)
	}
	return filepath.Join(dir, "commonhold"), nil
}

// build makes the program in a folder beside it and then gives it its name, so
// that nobody finds half of one, and two who build at once do no harm.
func build(ctx context.Context, log io.Writer, dir, path string) error {
	temp, err := os.MkdirTemp(dir, "build-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	for name, b := range map[string][]byte{"go.mod": mod, "go.sum": sum} {
		if err := os.WriteFile(filepath.Join(temp, name), b, 0o644); err != nil {
			return err
		}
	}
	out := filepath.Join(temp, fileName())
	c := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", out, program)
	c.Dir = temp
	// For this machine, from these two files alone.
	c.Env = append(os.Environ(), "PWD="+temp, "GOWORK=off", "GOFLAGS=", "GOOS=", "GOARCH=", "CGO_ENABLED=0")
	c.Stdout, c.Stderr = log, log
	if err := c.Run(); err != nil {
		return errors.Join(ctx.Err(), err)
	}
	said, err := exec.CommandContext(ctx, out, "version", "--number").Output()
	if err != nil {
		return err
	}
	if got := "v" + string(bytes.TrimSpace(said)); got != Version() {
		return fmt.Errorf("the program says that it is %s", got)
	}
	return os.Rename(out, path)
}
