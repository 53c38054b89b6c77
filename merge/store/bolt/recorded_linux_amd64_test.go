package bolt_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/ipfs/go-cid"
)

// recordVariable hands the program that is recorded a number of writes and a path.
const recordVariable = "COMMONHOLD_BOLT_RECORD"

// recordedWrites is how many writes are recorded.
func recordedWrites() int {
	switch {
	case *thorough:
		return 300
	case testing.Short():
		return 8
	}
	return 15
}

// recordedWrite is the n-th of them.
func recordedWrite(st store.Store, n int) error {
	switch n % 10 {
	case 8:
		return st.PutBlocks(ctx, id("work 0"), block(n), block(n+1))
	case 9:
		return st.Erase(ctx, id("work 0"), store.Erasure{Segment: seg(n/10*100 + 24).ID, Content: []cid.Cid{id(fmt.Sprint("gone ", n))}, Reason: "why"})
	}
	return writeOne(st, n/10*writes+n%10)
}

// writeRecorded is the program that is recorded: it makes the writes and says of each
// that it is durable. Now and then it closes the store and opens it again.
func writeRecorded(path string, writes int) {
	st := store.Store(nil)
	for n := range writes {
		var err error
		if n%20 == 0 {
			if st != nil {
				err = st.Close()
			}
			if err == nil {
				st, err = openPath(path)
			}
		}
		if err == nil {
			err = recordedWrite(st, n)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("durable %d\n", n+1)
	}
	os.Exit(0)
}

// cutter makes images of a disk out of a recording, and judges each.
type cutter struct {
	t       *testing.T
	random  *rand.Rand
	times   int               // random images after each call
	states  []string          // what can be read after so many writes
	said    int               // so many writes are durable
	durable []byte            // of the file
	pending []call            // since the last sync
	seen    map[[32]byte]bool // images that were judged, by what was said
	folder  string            // of the image that is judged

	images, before, after, recoveries int
}

// TestRecorded: a program writes to a store, and all its calls to the system are recorded.
// After each of them the power is cut: what was synced is left, and of what was not
// nothing, everything, or any sectors of 512 bytes and lengths. Each image opens by itself
// and has every write that was said to be durable, and the one under way wholly or not at
// all. Some are cut again while they recover.
func TestRecorded(t *testing.T) {
	if of := os.Getenv(recordVariable); of != "" {
		number, path, _ := strings.Cut(of, " ")
		n, err := strconv.Atoi(number)
		must(t, err)
		writeRecorded(path, n)
	}
	writes := recordedWrites()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	must(t, opened(t, path).Close())
	c := &cutter{t: t, random: rand.New(rand.NewPCG(5, 6)), times: 2, durable: fileOf(t, path), folder: t.TempDir(), seen: map[[32]byte]bool{}}
	if *thorough {
		c.times = 3
	}
	c.states = statesAfter(t, writes)
	calls, err := recorded(t, path, fmt.Sprintf("%s=%d %s", recordVariable, writes, path))
	if errors.Is(err, errUntraced) {
		t.Logf("NOTHING IS RECORDED: %v", err)
		return
	}
	must(t, err)
	begun := time.Now()
	c.play(calls)
	if c.said != writes || !bytes.Equal(c.durable, fileOf(t, path)) {
		t.Fatalf("%d of %d writes were said to be durable; the recording is not what the file is", c.said, writes)
	}
	t.Logf("%d calls in %d writes: %d images, %d as before the write, %d as after it, %d cut again while they recovered, %v",
		len(calls), writes, c.images, c.before, c.after, c.recoveries, time.Since(begun).Round(time.Millisecond))
	if least := 10 * writes; c.images < least || *thorough && c.images < 5000 || c.before < writes || c.after < writes/2 || c.recoveries < writes/2 {
		t.Errorf("less than promised: %d", least)
	}
}

// play goes through a recording.
func (c *cutter) play(calls []call) {
	for n, one := range calls {
		switch one.kind {
		case callSaid:
			c.said = int(one.at)
			continue
		case callSync:
			c.durable, c.pending = c.cut(func() bool { return true }), nil
		default:
			c.pending = append(c.pending, one)
		}
		what := fmt.Sprintf("call %d, after %d writes", n, c.said)
		c.judge(what+", what was synced", c.cut(func() bool { return false }))
		if len(c.pending) == 0 {
			continue
		}
		c.judge(what+", everything", c.cut(func() bool { return true }))
		for range c.times {
			c.judge(what+", some sectors", c.cut(func() bool { return c.random.IntN(2) == 0 }))
		}
	}
}

// cut is the file after a power cut: keep says of each sector and length that was not
// synced whether it is there.
func (c *cutter) cut(keep func() bool) []byte {
	b := bytes.Clone(c.durable)
	longer := func(n int) {
		if n > len(b) {
			b = append(b, make([]byte, n-len(b))...)
		}
	}
	for _, one := range c.pending {
		if one.kind == callTruncate {
			if keep() {
				longer(int(one.at))
				b = b[:one.at]
			}
			continue
		}
		for at := 0; at < len(one.data); at += 512 {
			if keep() {
				sector := one.data[at:min(at+512, len(one.data))]
				longer(int(one.at) + at + len(sector))
				copy(b[int(one.at)+at:], sector)
			}
		}
	}
	return b
}

// judge opens an image and reads everything.
func (c *cutter) judge(what string, file []byte) {
	c.t.Helper()
	key := sha256.Sum256(fmt.Append(bytes.Clone(file), c.said))
	if c.seen[key] {
		return
	}
	c.seen[key] = true
	c.images++
	path := filepath.Join(c.folder, "image")
	must(c.t, os.WriteFile(path, file, 0o600))
	st, err := openPath(path)
	if err != nil {
		c.t.Fatalf("%s: opening: %v", what, err)
	}
	recovered := fileOf(c.t, path)
	got := read(st)
	must(c.t, st.(interface{ Check() error }).Check())
	must(c.t, st.Close())
	must(c.t, os.Remove(path))
	switch spelled := got.Spelled(); {
	case len(got.Errors) > 0:
		c.t.Fatalf("%s: %v", what, got.Errors)
	case spelled == c.states[c.said]:
		c.before++
	case c.said+1 < len(c.states) && spelled == c.states[c.said+1]:
		c.after++
	default:
		c.t.Fatalf("%s: neither what was there before nor what came after:\n%s\nwant\n%s", what, spelled, c.states[c.said])
	}
	if c.images%10 == 0 && len(recovered) >= len(file) {
		c.recoveries++
		c.judge(what+", cut again", torn(file, recovered, c.random))
	}
}

// openPath opens the store at path and counts the use.
func openPath(path string) (store.Store, error) {
	st, err := bolt.Open(path)
	if err == nil {
		_, _, err = st.Open(ctx)
	}
	return st, err
}
