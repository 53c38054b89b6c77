//go:build !js

package merge_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// childStore names in the environment of the test program the store that it writes
// in as the child of TestKilled.
const childStore = "COMMONHOLD_TEST_CHILD_STORE"

func TestMain(m *testing.M) {
	if path := os.Getenv(childStore); path != "" {
		if err := writeUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// openKilled opens the store of TestKilled and counts the edits in it.
func openKilled(path string) (*merge.Repo, *merge.Replica, int, error) {
	ctx := context.Background()
	st, err := bolt.Open(path)
	if err != nil {
		return nil, nil, 0, err
	}
	repo, err := merge.Open(ctx, st, keyFor("ann"))
	if err != nil {
		return nil, nil, 0, err
	}
	rep, err := repo.Named(ctx, "work")
	if err != nil {
		return nil, nil, 0, err
	}
	n, err := countEdits(rep)
	return repo, rep, n, err
}

// countEdits makes sure that the edits 0, 1, 2 … are there, whole and in order, and
// counts them.
func countEdits(rep *merge.Replica) (int, error) {
	if d := rep.Damage(); len(d) > 0 {
		return 0, fmt.Errorf("damage: %v", d)
	}
	v := rep.Doc().View()
	list := strings.Split(v.Text("t").String(), ",")
	n := len(list) - 1
	for k, s := range list[:n] {
		if s = strings.TrimLeft(s, " "); s != strconv.Itoa(k) {
			return 0, fmt.Errorf("edit %d is %q", k, s)
		}
	}
	if n > 0 && v.Get("last").Any() != any(int64(n-1)) {
		return 0, fmt.Errorf("%d edits, the last is %v", n, v.Get("last").Any())
	}
	return n, nil
}

// writeUntilKilled is the child: it says how many edits it has found, and each edit
// that it makes once Update has returned.
func writeUntilKilled(path string) error {
	ctx := context.Background()
	_, rep, n, err := openKilled(path)
	if err != nil {
		return err
	}
	fmt.Println("found", n)
	for ; ; n++ {
		err := rep.Update(ctx, func(tx *crdt.Tx) error {
			format := "%d,"
			if n%17 == 5 {
				format = "%20000d," // after four of them the change is sealed by its size
			}
			tx.Text("t").Append(fmt.Sprintf(format, n))
			tx.Put("last", n)
			return nil
		})
		if err != nil {
			return err
		}
		fmt.Println("edit", n)
		switch n % 23 {
		case 7:
			err = rep.Doc().Update(func(tx *crdt.Tx) error { tx.Counter("beside").Add(1); return nil })
		case 15:
			err = rep.Save(ctx)
		}
		if err != nil {
			return err
		}
	}
}

// TestKilled kills a program that edits, over and over: the store opens by itself,
// every edit that was acknowledged is there, and none is there in part. With -long it is
// killed 1,000 times.
func TestKilled(t *testing.T) {
	kills, acked, total, recovered := 50, -1, 0, 0
	switch {
	case *long:
		kills = 1000
	case testing.Short():
		kills = 10
	}
	path := ""
	rng := rand.New(rand.NewPCG(1, 2))
	for k := range kills {
		if k%50 == 0 { // all is read each time: the work must not grow for ever
			path, acked = filepath.Join(t.TempDir(), "works.db"), -1
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childStore+"="+path)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatalf("the child says nothing: %v", cmd.Wait())
		}
		n, err := strconv.Atoi(strings.TrimPrefix(lines.Text(), "found "))
		must(t, err)
		if n <= acked {
			t.Fatalf("kill %d: %d edits found, %d was acknowledged", k, n, acked)
		}
		kill := time.AfterFunc(time.Duration(rng.IntN(60_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		for lines.Scan() {
			if acked, err = strconv.Atoi(strings.TrimPrefix(lines.Text(), "edit ")); err != nil {
				t.Fatalf("%q", lines.Text())
			}
			total++
		}
		kill.Stop()
		_, _ = io.Copy(io.Discard, out)
		if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
			t.Fatalf("the child ended by itself: %v", err)
		}
		if k%2 == 0 && k < kills-1 { // the next child recovers
			continue
		}
		repo, _, n, err := openKilled(path)
		must(t, err)
		if n <= acked {
			t.Fatalf("kill %d: %d edits, %d was acknowledged", k, n, acked)
		}
		recovered++
		must(t, repo.Close())
	}
	if total < kills {
		t.Errorf("only %d edits in %d runs", total, kills)
	}
	t.Logf("%d kills, %d edits acknowledged, opened %d times in between", kills, total, recovered)
}

// TestCopiedFile copies the file of a store that is open, as a backup does: the copy
// has another key, and all that the journal holds.
func TestCopiedFile(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "works.db")
	repo, rep, _, err := openKilled(path)
	must(t, err)
	for k := range 30 {
		must(t, rep.Update(ctx, func(tx *crdt.Tx) error {
			tx.Text("t").Append(fmt.Sprint(k, ","))
			tx.Put("last", k)
			return nil
		}))
	}
	raw, err := os.ReadFile(path)
	must(t, err)
	must(t, os.WriteFile(path+".copy", raw, 0o600))
	repo2, rep2, n, err := openKilled(path + ".copy")
	must(t, err)
	if n != 30 || rep2.Doc().Author() == rep.Doc().Author() {
		t.Errorf("%d edits by %v and %v", n, rep.Doc().Author(), rep2.Doc().Author())
	}
	if _, err := bolt.Open(path); err == nil {
		t.Error("opened twice")
	} else {
		wants(t, "opened twice", err, store.ErrLocked)
	}
	meets(t, rep, rep2)
	must(t, repo.Close())
	must(t, repo2.Close())
}
