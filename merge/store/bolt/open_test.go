//go:build !js

package bolt_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"go.etcd.io/bbolt"
)

// foreign makes a bbolt file that is right, but not ours, and returns its bytes.
func foreign(t *testing.T, opts *bbolt.Options, fill func(*bbolt.Tx) error) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "other")
	db, err := bbolt.Open(path, 0o600, opts)
	must(t, err)
	must(t, db.Update(fill))
	must(t, db.Close())
	b, err := os.ReadFile(path)
	must(t, err)
	return b
}

// meta fills a bbolt file with a meta bucket that says a format.
func meta(format uint64) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucket([]byte("meta"))
		if err != nil {
			return err
		}
		v := binary.BigEndian.AppendUint64(nil, format)
		sum := crc32.Checksum(append([]byte("format"), v...), crc32.MakeTable(crc32.Castagnoli))
		return b.Put([]byte("format"), append(binary.BigEndian.AppendUint32(nil, sum), v...))
	}
}

// TestRefusedFiles: what is no store of ours is refused with the right error, at
// once, and not a byte of it is changed.
func TestRefusedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	sample(t, path, nil)
	good, err := os.ReadFile(path)
	must(t, err)
	noise := make([]byte, 40_000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	both := bytes.Clone(good)
	clear(both[:2*pageSize])
	other := &bbolt.Options{PageSize: pageSize}
	nothing := func(*bbolt.Tx) error { return nil }
	for _, c := range []struct {
		name string
		file []byte
		want error
	}{
		{"empty", nil, store.ErrCorrupt},
		{"one byte", []byte{1}, store.ErrCorrupt},
		{"noise", noise, store.ErrCorrupt},
		{"zeros", make([]byte, 40_000), store.ErrCorrupt},
		{"text", bytes.Repeat([]byte("To be, or not to be. "), 2000), store.ErrCorrupt},
		{"both meta pages gone", both, store.ErrCorrupt},
		{"cut to one page", good[:pageSize], store.ErrCorrupt},
		{"cut to four pages", good[:4*pageSize], store.ErrCorrupt},
		{"cut in the middle", good[:len(good)/8/pageSize*pageSize], store.ErrCorrupt},
		{"cut inside a page", good[:len(good)/4+100], store.ErrCorrupt},
		{"another program's", foreign(t, other, nothing), store.ErrCorrupt},
		{"another program's, with a meta bucket", foreign(t, other, func(tx *bbolt.Tx) error {
			_, err := tx.CreateBucket([]byte("meta"))
			return err
		}), store.ErrCorrupt},
		{"without a list of free pages", foreign(t, &bbolt.Options{PageSize: pageSize, NoFreelistSync: true}, meta(1)), store.ErrCorrupt},
		{"with other pages", foreign(t, &bbolt.Options{PageSize: 2 * pageSize}, meta(1)), store.ErrCorrupt},
		{"format 0", foreign(t, other, meta(0)), store.ErrVersion},
		{"format 2", foreign(t, other, meta(2)), store.ErrVersion},
		{"format of the far future", foreign(t, other, meta(1<<63)), store.ErrVersion},
	} {
		path := image(t, c.file)
		start := time.Now()
		st, err := bolt.Open(path)
		if err == nil {
			_, _, err = st.Open(ctx)
		}
		if !errors.Is(err, c.want) || time.Since(start) > time.Second {
			t.Errorf("%s: got %v after %v, want %v", c.name, err, time.Since(start), c.want)
			continue
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, c.file) {
			t.Errorf("%s: the file was changed (%v)", c.name, err)
		}
		if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
			t.Errorf("%s: files were left: %v, %v", c.name, left, err)
		}
	}
}

// TestRefusedPlaces: a place where no file can be is the medium's failure.
func TestRefusedPlaces(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, nil, 0o600))
	for _, path := range []string{dir, filepath.Join(dir, "no", "folder"), filepath.Join(file, "below")} {
		if _, err := bolt.Open(path); !errors.Is(err, store.ErrStore) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Fatalf("files were left: %v, %v", left, err)
	}
}

// TestNewFile: a new store leaves its file and nothing else in the folder, and
// the file is nobody else's to read.
func TestNewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	must(t, opened(t, path).Close())
	left, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	if len(left) != 1 || left[0].Name() != "store" {
		t.Fatalf("the folder has %v", left)
	}
	info, err := left[0].Info()
	must(t, err)
	if info.Mode().Perm()&0o077 != 0 {
		t.Fatalf("the file has mode %v", info.Mode())
	}
}

// TestRelativePath: a store opened by a relative path stays the same file when
// the program changes its folder.
func TestRelativePath(t *testing.T) {
	t.Chdir(t.TempDir())
	st, err := bolt.Open("store")
	must(t, err)
	t.Chdir(t.TempDir())
	_, _, err = st.Open(ctx)
	must(t, err)
	must(t, st.SetName(ctx, "name", id("work")))
	must(t, st.Close())
	_, _, err = st.Open(ctx)
	must(t, err)
	must(t, st.Close())
}

// lockVariable hands a path to a child process that opens it.
const lockVariable = "COMMONHOLD_BOLT_LOCK"

// TestLocked: who comes second is refused at once, in this process and in
// another; when the first has been killed the next one is let in.
func TestLocked(t *testing.T) {
	if path := os.Getenv(lockVariable); path != "" {
		holdOpen(path)
	}
	path := filepath.Join(t.TempDir(), "store")
	refused := func(who string) {
		t.Helper()
		start := time.Now()
		_, err := bolt.Open(path)
		is(t, who, err, store.ErrLocked)
		if d := time.Since(start); d > time.Second {
			t.Fatalf("%s: refused after %v", who, d)
		}
	}
	first, err := bolt.Open(path)
	must(t, err)
	refused("before the first has counted")
	_, _, err = first.Open(ctx)
	must(t, err)
	refused("after the first has counted")
	must(t, first.Append(ctx, id("work"), seg(1)))
	must(t, first.Close())

	child := exec.Command(os.Args[0], "-test.run=^TestLocked$")
	child.Env = append(os.Environ(), lockVariable+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "open\n" {
		t.Fatalf("the child says %q, %v", line, err)
	}
	refused("while another process has it")
	_, _, err = first.Open(ctx)
	is(t, "opening again while another process has it", err, store.ErrLocked)
	must(t, child.Process.Kill())
	_ = child.Wait()
	_, _, err = first.Open(ctx)
	must(t, err)
	must(t, first.Close())
}

// holdOpen is the child of TestLocked.
func holdOpen(path string) {
	st, err := bolt.Open(path)
	if err == nil {
		_, _, err = st.Open(ctx)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("open")
	time.Sleep(time.Minute)
	os.Exit(1)
}

// TestCopiedFile: a copy is another instance, and stays it; a renamed file is the
// same; a backup put back into its place is the same with an epoch of the past.
func TestCopiedFile(t *testing.T) {
	dir := t.TempDir()
	count := func(name string) (string, uint64) {
		t.Helper()
		st, err := bolt.Open(filepath.Join(dir, name))
		must(t, err)
		instance, epoch, err := st.Open(ctx)
		must(t, err)
		must(t, st.Close())
		return instance, epoch
	}
	copyTo := func(from, to string) {
		t.Helper()
		src, err := os.Open(filepath.Join(dir, from))
		must(t, err)
		dst, err := os.OpenFile(filepath.Join(dir, to), os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		must(t, err)
		_, err = io.Copy(dst, src)
		must(t, errors.Join(err, src.Close(), dst.Close()))
	}
	original, one := count("store")
	if _, two := count("store"); two <= one {
		t.Fatalf("epoch %d, then %d", one, two)
	}
	copyTo("store", "backup")
	_, three := count("store")
	copied, _ := count("backup")
	if again, _ := count("backup"); copied == original || again != copied {
		t.Fatalf("original %s, copy %s, then %s", original, copied, again)
	}
	must(t, os.Rename(filepath.Join(dir, "store"), filepath.Join(dir, "renamed")))
	if renamed, four := count("renamed"); renamed != original || four <= three {
		t.Fatalf("renamed: %s, epoch %d after %s, %d", renamed, four, original, three)
	}
	copyTo("renamed", "old")
	for range 3 {
		count("renamed")
	}
	_, before := count("renamed")
	copyTo("old", "renamed") // into the same file
	if back, epoch := count("renamed"); back != original || epoch >= before {
		t.Fatalf("put back: %s, epoch %d after %s, %d", back, epoch, original, before)
	}
}

// TestFileGone: when the path does not lead to the file any more, writing ends,
// since nobody would find what is written; reading goes on.
func TestFileGone(t *testing.T) {
	for name, take := range map[string]func(path string) error{
		"removed": os.Remove,
		"renamed": func(path string) error { return os.Rename(path, path+".old") },
		"another file in its place": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", []byte("other"), 0o600), os.Rename(path+".new", path))
		},
	} {
		path := filepath.Join(t.TempDir(), "store")
		sample(t, path, nil)
		st := opened(t, path)
		all := read(st)
		must(t, take(path))
		is(t, name, st.Append(ctx, id("work 0"), seg(2000)), store.ErrStore)
		is(t, name+", later", st.SetName(ctx, "name", id("work 0")), store.ErrStore)
		if got := read(st); got.Within(t, name, all) != 0 || len(got.Errors) > 0 {
			t.Fatalf("%s: not all can be read: %v", name, got.Errors)
		}
		must(t, st.Close())
	}
}

// TestDamageWhileOpen: the file is damaged under a store that is open. Every call
// has an answer, none hangs or panics, and the lock is given back.
func TestDamageWhileOpen(t *testing.T) {
	for name, damage := range map[string]func(f *os.File, size int64) error{
		"cut short":      func(f *os.File, _ int64) error { return f.Truncate(2 * pageSize) },
		"cut to nothing": func(f *os.File, _ int64) error { return f.Truncate(0) },
		"meta pages zeroed": func(f *os.File, _ int64) error {
			_, err := f.WriteAt(make([]byte, 2*pageSize), 0)
			return err
		},
		"all but the meta pages zeroed": func(f *os.File, size int64) error {
			_, err := f.WriteAt(make([]byte, size-2*pageSize), 2*pageSize)
			return err
		},
	} {
		path := filepath.Join(t.TempDir(), "store")
		sample(t, path, nil)
		st := opened(t, path)
		all := read(st)
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		must(t, err)
		info, err := f.Stat()
		must(t, err)
		must(t, damage(f, info.Size()))
		for range 2 {
			got := read(st)
			if missing := got.Within(t, name, all); missing == 0 || len(got.Errors) == 0 {
				t.Fatalf("%s: %d facts missing, errors %v", name, missing, got.Errors)
			}
			if err := try(st); !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrStore) {
				t.Fatalf("%s: writing: %v", name, err)
			}
		}
		_ = st.Close()
		_, err = bolt.Open(path)
		is(t, name+": opening again", err, store.ErrCorrupt)
		_, _, err = st.Open(ctx)
		is(t, name+": opening again, same store", err, store.ErrCorrupt)
		must(t, f.Close())
	}
}
