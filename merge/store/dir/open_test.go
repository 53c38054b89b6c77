//go:build !js

package dir_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/ipfs/go-cid"
)

// tree returns all files below a folder with their bytes.
func tree(t testing.TB, root string) map[string]string {
	t.Helper()
	files := map[string]string{}
	must(t, filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		files[p] = string(b)
		return err
	}))
	return files
}

// TestRefusedFolders: a folder in which other things lie, or that a later version
// wrote, is refused and left as it is; so is a path that leads to no folder.
func TestRefusedFolders(t *testing.T) {
	t.Parallel()
	make1 := func(name, content string) func(string) error {
		return func(root string) error {
			return errors.Join(os.Mkdir(root, 0o700), os.WriteFile(filepath.Join(root, name), []byte(content), 0o600))
		}
	}
	for name, c := range map[string]struct {
		make func(root string) error
		want error
	}{
		"somebody's notes":  {make1("notes.txt", "milk"), store.ErrCorrupt},
		"another instance":  {make1("instance", "of something else, and long enough to be one"), store.ErrCorrupt},
		"an empty instance": {make1("instance", ""), store.ErrCorrupt},
		"a later format": {func(root string) error {
			return make1("instance", string(dir.InstanceOf(2)))(root)
		}, store.ErrVersion},
		"a format of the far future": {func(root string) error {
			return make1("instance", string(dir.InstanceOf(1<<63)))(root)
		}, store.ErrVersion},
		"a file":          {func(root string) error { return os.WriteFile(root, nil, 0o600) }, store.ErrStore},
		"nowhere to lie":  {func(root string) error { return nil }, store.ErrStore},
		"a dangling link": {func(root string) error { return os.Symlink("nowhere", root) }, store.ErrStore},
	} {
		root := filepath.Join(t.TempDir(), "store")
		must(t, c.make(root))
		if name == "nowhere to lie" {
			root = filepath.Join(root, "deeper")
		}
		before := map[string]string{}
		if _, err := os.Stat(root); err == nil {
			before = tree(t, root)
		}
		st, err := dir.Open(root)
		if err == nil {
			_, _, err = st.Open(ctx)
		}
		is(t, name, err, c.want)
		if len(before) > 0 {
			if after := tree(t, root); fmt.Sprint(after) != fmt.Sprint(before) {
				t.Fatalf("%s: the folder was changed to %v", name, after)
			}
		}
	}
	empty := t.TempDir() // but an empty folder becomes a store
	must(t, opened(t, empty).Close())
}

// lockVariable hands a path to a child process that opens it.
const lockVariable = "COMMONHOLD_DIR_LOCK"

// TestLocked: who comes second is refused at once, in this process and in
// another; when the first has been killed the next one is let in.
func TestLocked(t *testing.T) {
	if path := os.Getenv(lockVariable); path != "" {
		st, err := dir.Open(path)
		if err == nil {
			_, _, err = st.Open(ctx)
		}
		fmt.Println("open", err)
		time.Sleep(time.Minute)
		os.Exit(1)
	}
	path := filepath.Join(t.TempDir(), "store")
	refused := func(who string) {
		t.Helper()
		start := time.Now()
		_, err := dir.Open(path)
		is(t, who, err, store.ErrLocked)
		if d := time.Since(start); d > time.Second {
			t.Fatalf("%s: refused after %v", who, d)
		}
	}
	first, err := dir.Open(path)
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
	if err != nil || line != "open <nil>\n" {
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

// TestLockByFile: where the system has no locks a file is one, and the error of
// who comes second names it.
func TestLockByFile(t *testing.T) {
	path := t.TempDir()
	unlock, err := dir.LockByFile(path)
	must(t, err)
	_, err = dir.LockByFile(path)
	is(t, "the second", err, store.ErrLocked)
	if !bytes.Contains([]byte(err.Error()), []byte(filepath.Join(path, "LOCK.held"))) {
		t.Fatalf("%v does not name the file", err)
	}
	must(t, unlock())
	unlock, err = dir.LockByFile(path)
	must(t, err)
	must(t, unlock())
	must(t, opened(t, path).Close()) // nothing lies there that a store would not have
}

// TestCopiedFolder: a copy is another instance, and stays it; a renamed folder is
// the same; files put back from a backup are the same with an epoch of the past.
func TestCopiedFolder(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	count := func(name string) (string, uint64) {
		t.Helper()
		st, err := dir.Open(filepath.Join(root, name))
		must(t, err)
		instance, epoch, err := st.Open(ctx)
		must(t, err)
		must(t, st.Append(ctx, id("work"), seg(1)))
		must(t, st.Close())
		return instance, epoch
	}
	original, one := count("store")
	if _, two := count("store"); two <= one {
		t.Fatalf("epoch %d, then %d", one, two)
	}
	must(t, os.CopyFS(filepath.Join(root, "backup"), os.DirFS(filepath.Join(root, "store"))))
	must(t, os.CopyFS(filepath.Join(root, "old"), os.DirFS(filepath.Join(root, "store"))))
	_, three := count("store")
	copied, _ := count("backup")
	if again, _ := count("backup"); copied == original || again != copied {
		t.Fatalf("original %s, copy %s, then %s", original, copied, again)
	}
	must(t, os.Rename(filepath.Join(root, "store"), filepath.Join(root, "renamed")))
	if renamed, four := count("renamed"); renamed != original || four <= three {
		t.Fatalf("renamed: %s, epoch %d after %s, %d", renamed, four, original, three)
	}
	old, err := os.ReadFile(filepath.Join(root, "old", "instance"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(root, "renamed", "instance"), old, 0o600))
	if back, epoch := count("renamed"); back != original || epoch > three {
		t.Fatalf("put back: %s, epoch %d after %s, %d", back, epoch, original, three)
	}
}

// TestUnion: files of one work copied into another folder are its segments from
// then on, in the order of their numbers; what is there twice counts once, and
// what is replaced or erased goes with all its files.
func TestUnion(t *testing.T) {
	t.Parallel()
	root, w := t.TempDir(), id("work 0")
	mine, stick := filepath.Join(root, "mine"), filepath.Join(root, "stick")
	st := opened(t, mine)
	must(t, st.Append(ctx, w, seg(1), seg(2), seg(3)))
	must(t, st.Close())
	st = opened(t, stick)
	must(t, st.Append(ctx, w, seg(2), seg(10), seg(11), seg(1)))
	must(t, st.Close())
	folder := filepath.Base(filepath.Dir(slices.Collect(keysWith(tree(t, stick), ".seg"))[0]))
	for p, b := range tree(t, filepath.Join(stick, folder)) {
		must(t, os.WriteFile(filepath.Join(mine, folder, filepath.Base(p)), []byte(b), 0o600))
	}
	st = opened(t, mine)
	loaded := func() (all []string) {
		for s, err := range st.Load(ctx, w) {
			must(t, err)
			all = append(all, s.ID)
		}
		return all
	}
	got := loaded()
	if len(got) != 5 {
		t.Fatalf("%d segments of five", len(got))
	}
	for _, n := range []int{1, 2, 3, 10, 11} {
		if !slices.Contains(got, seg(n).ID) {
			t.Fatalf("segment %d is missing", n)
		}
	}
	check(t, st)
	must(t, st.Erase(ctx, w, store.Erasure{Segment: seg(1).ID}))
	merged := seg(20)
	merged.Replaces = got
	must(t, st.Replace(ctx, w, merged))
	check(t, st)
	must(t, st.Close())
	st = opened(t, mine)
	if got := loaded(); len(got) != 1 || got[0] != merged.ID {
		t.Fatalf("replaced by %s, and there is %v", merged.ID, got)
	}
	must(t, st.Close())
}

// keysWith yields the names that end in a suffix.
func keysWith(files map[string]string, suffix string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for p := range files {
			if filepath.Ext(p) == suffix && !yield(p) {
				return
			}
		}
	}
}

// TestFolderGone: when the folder is removed, writing ends.
func TestFolderGone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // it does not let an open folder be removed
	}
	path := filepath.Join(t.TempDir(), "store")
	st := opened(t, path)
	must(t, st.OpenJournal(ctx, id("work"), []byte("h")))
	must(t, os.RemoveAll(path))
	is(t, "a record", st.AppendJournal(ctx, id("work"), []byte("r")), store.ErrStore)
	must(t, os.Mkdir(path, 0o700))
	is(t, "a record", st.AppendJournal(ctx, id("work"), []byte("r")), store.ErrStore)
	is(t, "another work", st.Append(ctx, id("other"), seg(1)), store.ErrStore)
	must(t, st.Close())
	if left := tree(t, path); len(left) > 0 {
		t.Fatalf("written to another folder: %v", left)
	}
}

// TestLinks: no link in a folder that was handed over leads out of it.
func TestLinks(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	path, outside, w := filepath.Join(root, "store"), filepath.Join(root, "outside"), id("work 0")
	st := opened(t, path)
	must(t, st.OpenJournal(ctx, w, []byte("h"), []byte("r")))
	must(t, st.Close())
	var journal string
	for p := range keysWith(tree(t, path), ".log") {
		journal = p
	}
	must(t, os.Rename(journal, outside))
	if err := os.Symlink(outside, journal); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(outside)
	must(t, err)
	st = opened(t, path)
	_, err = st.LoadJournal(ctx, w)
	is(t, "reading through a link", err, store.ErrStore)
	is(t, "writing through a link", st.AppendJournal(ctx, w, []byte("r")), store.ErrStore)
	_ = st.Close()
	if after, err := os.ReadFile(outside); err != nil || !bytes.Equal(after, before) {
		t.Fatalf("a file outside was changed: %v", err)
	}
}

// TestForeignNames: names that this package does not give are left alone, and make
// no works.
func TestForeignNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	st := opened(t, path)
	must(t, st.Append(ctx, id("work 0"), seg(1)))
	must(t, st.Close())
	var folder string
	for p := range keysWith(tree(t, path), ".seg") {
		folder = filepath.Dir(p)
	}
	for _, name := range []string{"README", "0000000000000001-xyz.seg", "open.log.bak", "1-2.words"} {
		must(t, os.WriteFile(filepath.Join(folder, name), []byte("?"), 0o600))
	}
	must(t, os.Mkdir(filepath.Join(path, "lost+found"), 0o700))
	must(t, os.Mkdir(filepath.Join(path, "bogus"), 0o700))
	must(t, os.WriteFile(filepath.Join(path, ".DS_Store"), []byte("?"), 0o600))
	st = opened(t, path)
	var works []cid.Cid
	for w, err := range st.Works(ctx) {
		must(t, err)
		works = append(works, w)
	}
	if len(works) != 1 || works[0] != id("work 0") {
		t.Fatalf("works %v", works)
	}
	if got := read(st); len(got.Errors) > 0 || len(got.Known) != 3 {
		t.Fatalf("%v %v", got.Known, got.Errors)
	}
	must(t, st.Close())
	if _, err := os.Stat(filepath.Join(folder, "README")); err != nil {
		t.Fatal(err)
	}
}
