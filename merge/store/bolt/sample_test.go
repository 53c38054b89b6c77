//go:build !js

package bolt_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

var ctx = context.Background()

// id returns a CID for a name.
func id(name string) cid.Cid {
	sum, err := multihash.Sum([]byte(name), multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(cid.DagCBOR, sum)
}

// must fails the test on an error.
func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// is fails the test unless err is what is wanted.
func is(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("%s: got %v, want %v", what, err, want)
	}
}

// opened opens the store at path and counts the use.
func opened(t testing.TB, path string) store.Store {
	t.Helper()
	st, err := bolt.Open(path)
	must(t, err)
	_, _, err = st.Open(ctx)
	must(t, err)
	return st
}

// seg returns the n-th segment of a series, some of them many pages long, some
// without words.
func seg(n int) store.Segment {
	changes := bytes.Repeat(fmt.Appendf(nil, "change %d ", n), 1+n%7*n%7*150)
	words := bytes.Repeat(fmt.Appendf(nil, "words %d ", n), 1+n%5*100)
	if n%4 == 3 {
		words = nil
	}
	return store.NewSegment(changes, words)
}

// block returns the n-th block of a series, some of them many pages long.
func block(n int) store.Block {
	data := bytes.Repeat(fmt.Appendf(nil, "block %d ", n), 1+n%4*500)
	sum, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return store.Block{ID: cid.NewCidV1(cid.Raw, sum), Data: data}
}

// fill stores a bit of everything, under three works.
func fill(t testing.TB, st store.Store) {
	t.Helper()
	for w := range 3 {
		work := id(fmt.Sprint("work ", w))
		for n := range 16 {
			must(t, st.Append(ctx, work, seg(100*w+n)))
		}
		s := seg(100*w + 50)
		s.Replaces = []string{seg(100*w + 3).ID, seg(100*w + 4).ID}
		must(t, st.Replace(ctx, work, s))
		must(t, st.OpenJournal(ctx, work, []byte("header"), bytes.Repeat([]byte("long record "), 500)))
		var records [][]byte
		var held []store.Pending
		var gone []cid.Cid
		for n := range 40 {
			records = append(records, fmt.Appendf(nil, "record %d %s", n, strings.Repeat("r", 3*n)))
			held = append(held, store.Pending{ID: id(fmt.Sprint("held ", n)), Data: bytes.Repeat([]byte("waits "), 40)})
			gone = append(gone, id(fmt.Sprint("gone ", n)))
		}
		must(t, st.AppendJournal(ctx, work, records...))
		must(t, st.Hold(ctx, work, held...))
		must(t, st.Erase(ctx, work, store.Erasure{Content: gone, Reason: "asked for, with a long reason why " + strings.Repeat("x", 50)}))
		for n := range 12 {
			must(t, st.PutBlocks(ctx, work, block(100*w+n)))
		}
		for n := range 40 {
			if w == 0 {
				must(t, st.SetName(ctx, fmt.Sprint("name ", n, strings.Repeat("n", 60)), work))
			}
		}
	}
}

// sample makes a filled store at path and closes it. Its last two commits have
// the same content: it is opened once more, which only counts.
func sample(t testing.TB, path string, more func(store.Store)) {
	t.Helper()
	st := opened(t, path)
	fill(t, st)
	if more != nil {
		more(st)
	}
	must(t, st.Close())
	must(t, opened(t, path).Close())
}

// facts is what can be read of a store.
type facts = storetest.Facts

// read reads all of a store that the samples are of.
func read(st store.Store) *facts {
	return storetest.Read(st, id("work 0"), id("work 1"), id("work 2"))
}

// try writes in every way, some of it to every work, and returns the first error.
func try(st store.Store) (first error) {
	for _, err := range []error{
		st.Append(ctx, id("work 0"), seg(1000)),
		st.AppendJournal(ctx, id("work 1"), []byte("another record")),
		st.Release(ctx, id("work 2"), id("held 3")),
		st.Seal(ctx, id("work 2"), seg(1001)),
		st.PutBlocks(ctx, id("work 1"), block(1000)),
		st.DropBlocks(ctx, id("work 2"), block(203).ID),
		st.SetName(ctx, "another name", id("work 0")),
	} {
		if err != nil && first == nil {
			first = err
		}
	}
	return first
}

// image writes a file that has the bytes given.
func image(t testing.TB, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	must(t, os.WriteFile(path, b, 0o600))
	return path
}
