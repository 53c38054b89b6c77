package bolt_test

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// TestWriteFails: at the n-th write, for every n, the descriptor of the file is
// exchanged for one on which writing fails (EBADF), no space is left (ENOSPC), or
// writing seems to go well and the sync fails (EINVAL, and nothing has been
// written). The write says ErrStore; so does every later one, also when the
// descriptor is good again, since nobody knows what the disk holds; all that was
// acknowledged can be read, at once and after reopening.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	for fault, target := range map[string]string{"no right": "", "no space": "/dev/full", "no sync": "/dev/null"} {
		for n := range writes {
			t.Run(fmt.Sprint(fault, " ", n), func(t *testing.T) { writeFails(t, target, n) })
		}
	}
}

// writes is the number of writes of each run.
const writes = 8

// writeOne is the n-th write of a run. Every eight writes begin anew with other
// segments.
func writeOne(st store.Store, n int) error {
	work, round := id("work 0"), n/writes*100
	switch n % writes {
	case 0:
		return st.OpenJournal(ctx, work, []byte("header"))
	case 1, 2:
		return st.AppendJournal(ctx, work, fmt.Appendf(nil, "record %d", n))
	case 3:
		return st.Append(ctx, work, seg(round+20), seg(round+21), seg(round+22))
	case 4:
		return st.Seal(ctx, work, seg(round+23))
	case 5:
		s := seg(round + 24)
		s.Replaces = []string{seg(round + 21).ID, seg(round + 22).ID}
		return st.Replace(ctx, work, s)
	case 6:
		return st.Hold(ctx, work, store.Pending{ID: id("held"), Data: []byte("data")})
	}
	return st.SetName(ctx, "name", work)
}

// writeFails is one run: n writes go well, the next one does not.
func writeFails(t *testing.T, target string, n int) {
	path := filepath.Join(t.TempDir(), "store")
	if target == "" {
		target = path
	}
	st := opened(t, path)
	must(t, st.Append(ctx, id("work 0"), seg(1)))
	for i := range n {
		must(t, writeOne(st, i))
	}
	acknowledged := read(st)
	f := bolt.FileOf(st)
	good, err := syscall.Dup(int(f.Fd()))
	must(t, err)
	exchange(t, f, target)
	is(t, "the write", writeOne(st, n), store.ErrStore)
	for i := range writes {
		is(t, "a later write", writeOne(st, i), store.ErrStore)
	}
	must(t, syscall.Dup3(good, int(f.Fd()), syscall.O_CLOEXEC))
	must(t, syscall.Close(good))
	is(t, "a write when the disk is well again", writeOne(st, 0), store.ErrStore)
	if got := read(st); got.Within(t, "reading on", acknowledged) != 0 || len(got.Errors) > 0 {
		t.Fatalf("not all that was acknowledged can be read: %v", got.Errors)
	}
	_ = st.Close()

	_, _, err = st.Open(ctx)
	must(t, err)
	if got := read(st); got.Within(t, "opened again", acknowledged) != 0 || len(got.Errors) > 0 {
		t.Fatalf("not all that was acknowledged is there: %v", got.Errors)
	}
	for i := range writes {
		must(t, writeOne(st, writes+i))
	}
	must(t, st.(interface{ Check() error }).Check())
	must(t, st.Close())
}

// exchange makes the descriptor of f lead to another file, for reading only when
// that is the file itself.
func exchange(t *testing.T, f *os.File, target string) {
	t.Helper()
	flag := os.O_WRONLY
	if target == f.Name() {
		flag = os.O_RDONLY
	}
	to, err := os.OpenFile(target, flag, 0)
	must(t, err)
	must(t, syscall.Dup3(int(to.Fd()), int(f.Fd()), syscall.O_CLOEXEC))
	must(t, to.Close())
}
