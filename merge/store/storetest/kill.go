//go:build !js

package storetest

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// crashVariable hands a path to a child process that writes until it is killed.
const crashVariable = "COMMONHOLD_STORE_CRASH"

// crashWorks is the number of works that the child writes at once.
const crashWorks = 3

// Kill tests a store that lies in the file system. A child process, which is the
// test binary once more, writes numbers into the journals of some works, seals them
// into segments and merges those, keeps a block for every third, and says each number
// once all that is durable. It is killed at a random moment, rounds times: within 120 ms
// of its first number, in every fourth round of its start. Afterwards the store opens by
// itself, every number it said is there, with its block, and none is in a journal and in
// a segment too. Every fifty rounds begin with a new store.
//
// Kill must be all that its test function does. open opens the store at a path that
// may not exist yet.
func Kill(t *testing.T, rounds int, open func(path string) (store.Store, error)) {
	if path := os.Getenv(crashVariable); path != "" {
		crashChild(path, open)
	}
	t.Parallel()
	path := ""
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var said [crashWorks]int // numbers below are durable
	total, wrote := 0, 0
	for round := range rounds {
		if round%50 == 0 { // all is read after every kill: stores must not grow for ever
			path, said = filepath.Join(t.TempDir(), "store"), [crashWorks]int{}
		}
		n := crashOnce(t, round, path, time.Duration(random.IntN(120_000))*time.Microsecond, &said)
		if total += n; n > 0 {
			wrote++
		}
		st, err := open(path)
		must(t, err)
		_, _, err = st.Open(context.Background())
		must(t, err)
		for w, end := range said {
			sealed, open := crashRead(t, st, w)
			for n := 0; n < end; n += crashEach {
				b := crashBlock(w, n)
				if got, err := st.GetBlock(context.Background(), crashWork(w), b.ID); err != nil || !bytes.Equal(got, b.Data) {
					t.Fatalf("round %d: block %d of work %d was acknowledged: %v", round, n, w, err)
				}
			}
			for n := range end {
				if !sealed[n] && !open[n] {
					t.Fatalf("round %d: number %d of work %d was acknowledged and is not there", round, n, w)
				}
			}
			for n := range open {
				if sealed[n] {
					t.Fatalf("round %d: number %d of work %d is sealed and still in the journal", round, n, w)
				}
			}
		}
		if c, ok := st.(interface{ Check() error }); ok {
			must(t, c.Check())
		}
		must(t, st.Close())
	}
	t.Logf("%d acknowledgements in %d processes that were killed, of which %d came to write", total, rounds, wrote)
	if total < 5*rounds || wrote < rounds-rounds/4 {
		t.Fatal("the children hardly got to write anything")
	}
}

// crashOnce runs a child until it is killed, and returns how many numbers it said. In
// every fourth round it may be killed before it says any.
func crashOnce(t *testing.T, round int, path string, after time.Duration, said *[crashWorks]int) (total int) {
	child := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), crashVariable+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	var killed atomic.Bool
	kill := func() { killed.Store(true); _ = child.Process.Kill() }
	var timer *time.Timer
	if round%4 == 3 {
		timer = time.AfterFunc(after, kill)
	}
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break // a line without its end was cut by the kill
		}
		var w, n int
		if _, err := fmt.Sscanf(line, "%d %d\n", &w, &n); err != nil {
			t.Fatalf("round %d: the child says %q", round, line)
		}
		said[w], total = max(said[w], n+1), total+1
		if timer == nil {
			timer = time.AfterFunc(after, kill)
		}
	}
	err = child.Wait()
	if !killed.Load() {
		t.Fatalf("round %d: the child ended by itself: %v", round, err)
	}
	timer.Stop()
	return total
}

// crashWork names a work of the child.
func crashWork(w int) cid.Cid { return id(fmt.Sprint("crash ", w)) }

// crashEach is the step of the numbers that have a block, too.
const crashEach = 3

// crashBlock is the block of a number.
func crashBlock(w, n int) store.Block {
	return blockOf(strings.Repeat(fmt.Sprint("work ", w, " number ", n, ". "), 400))
}

// crashRead returns the numbers in the segments of a work and in its journal.
func crashRead(t testing.TB, st store.Store, w int) (sealed, open map[int]bool) {
	t.Helper()
	sealed, open = map[int]bool{}, map[int]bool{}
	take := func(into map[int]bool, b []byte) {
		for _, f := range strings.Fields(string(b)) {
			n := 0
			_, err := fmt.Sscan(f, &n)
			must(t, err)
			into[n] = true
		}
	}
	for s, err := range st.Load(context.Background(), crashWork(w)) {
		must(t, err)
		take(sealed, s.Changes)
	}
	j, err := st.LoadJournal(context.Background(), crashWork(w))
	must(t, err)
	for _, r := range j.Records {
		take(open, r)
	}
	return sealed, open
}

// crashChild is the child of Kill. It goes on where the last one was killed.
func crashChild(path string, open func(path string) (store.Store, error)) {
	st, err := open(path)
	if err == nil {
		_, _, err = st.Open(context.Background())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "opening:", err)
		os.Exit(1)
	}
	fail := make(chan error)
	for w := range crashWorks {
		go func() { fail <- crashWrite(st, w) }()
	}
	fmt.Fprintln(os.Stderr, "writing:", <-fail)
	os.Exit(1)
}

// crashWrite writes numbers to one work for ever.
func crashWrite(st store.Store, w int) error {
	work := crashWork(w)
	var open []int // numbers in the journal
	var last []store.Segment
	next := 0
	note := func(b []byte, keep bool) {
		for _, f := range strings.Fields(string(b)) {
			n := 0
			_, _ = fmt.Sscan(f, &n)
			if next = max(next, n+1); keep {
				open = append(open, n)
			}
		}
	}
	for s, err := range st.Load(context.Background(), work) {
		if err != nil {
			return err
		}
		note(s.Changes, false)
	}
	j, err := st.LoadJournal(context.Background(), work)
	if err != nil {
		return err
	}
	for _, r := range j.Records {
		note(r, true)
	}
	for ; ; next++ {
		if next%crashEach == 0 {
			if err := st.PutBlocks(context.Background(), work, crashBlock(w, next)); err != nil {
				return err
			}
		}
		if len(open) == 0 {
			err = st.OpenJournal(context.Background(), work, []byte("header"), fmt.Append(nil, next))
		} else {
			err = st.AppendJournal(context.Background(), work, fmt.Append(nil, next))
		}
		if err != nil {
			return err
		}
		fmt.Println(w, next)
		if open = append(open, next); len(open) < 5+w {
			continue
		}
		s := store.NewSegment([]byte(strings.Trim(fmt.Sprint(open), "[]")), bytes.Repeat([]byte("words"), 500))
		if err := st.Seal(context.Background(), work, s); err != nil {
			return err
		}
		if open, last = nil, append(last, s); len(last) < 4 {
			continue
		}
		var all [][]byte
		var ids []string
		for _, s := range last {
			all, ids = append(all, s.Changes), append(ids, s.ID)
		}
		s = store.NewSegment(bytes.Join(all, []byte(" ")), nil)
		s.Replaces = ids
		if err := st.Replace(context.Background(), work, s); err != nil {
			return err
		}
		last = nil
	}
}
