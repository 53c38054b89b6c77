package dir_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

var (
	ctx  = context.Background()
	cid0 cid.Cid
)

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

// on opens a store on a disk and counts the use.
func on(d *memDisk) (store.Store, uint64, error) {
	st, err := dir.OpenOn(d, func() error { return nil })
	if err != nil {
		return nil, 0, err
	}
	_, epoch, err := st.Open(ctx)
	return st, epoch, err
}

// seg returns the n-th segment of a series, some of them many sectors long, some
// without words.
func seg(n int) store.Segment {
	changes := bytes.Repeat(fmt.Appendf(nil, "change %d ", n), 1+n%7*n%7*30)
	words := bytes.Repeat(fmt.Appendf(nil, "words %d ", n), 1+n%5*100)
	if n%4 == 3 {
		words = nil
	}
	return store.NewSegment(changes, words)
}

// facts is what can be read of a store.
type facts = storetest.Facts

// read reads all of a store that the samples are of.
func read(st store.Store) *facts {
	return storetest.Read(st, id("work 0"), id("work 1"), id("work 2"))
}

// check runs the invariants.
func check(t testing.TB, st store.Store) {
	t.Helper()
	must(t, st.(interface{ Check() error }).Check())
}

// block returns the n-th block of a series, a few sectors long.
func block(n int) store.Block {
	data := bytes.Repeat(fmt.Appendf(nil, "block %d ", n), 1+n%3*70)
	sum, err := multihash.Sum(data, multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return store.Block{ID: cid.NewCidV1(cid.Raw, sum), Data: data}
}

// writes is how many writes writeOne goes through before it begins anew with other
// segments.
const writes = 18

// writeOne is the n-th write of a run, to two works.
func writeOne(st store.Store, n int) error {
	work, round := id(fmt.Sprint("work ", n/writes%2)), n/writes*100
	switch n % writes {
	case 0:
		return st.OpenJournal(ctx, work, []byte("header"))
	case 1, 2:
		return st.AppendJournal(ctx, work, fmt.Appendf(nil, "record %d", n), bytes.Repeat([]byte("r"), n*40), []byte("third"))
	case 3:
		return st.Append(ctx, work, seg(round+20), seg(round+21), seg(round+22))
	case 4:
		return st.AppendJournal(ctx, work, bytes.Repeat(fmt.Append(nil, n), 300))
	case 5:
		return st.Seal(ctx, work, seg(round+23))
	case 6:
		s := seg(round + 24)
		s.Replaces = []string{seg(round + 21).ID, seg(round + 22).ID}
		return st.Replace(ctx, work, s)
	case 7:
		return st.Hold(ctx, work, store.Pending{ID: id("held"), Data: []byte("data")}, store.Pending{ID: id(fmt.Sprint("held ", n)), Data: make([]byte, 2000)})
	case 8:
		return st.Release(ctx, work, id("held"))
	case 9:
		return st.SetName(ctx, fmt.Sprint("name ", n/writes%3), work)
	case 10:
		return st.Erase(ctx, work, store.Erasure{Segment: seg(round + 20).ID, Words: []byte("less"), Content: []cid.Cid{id(fmt.Sprint("gone ", n))}, Reason: "why"})
	case 11:
		return st.OpenJournal(ctx, work, []byte("header"), []byte("first"), bytes.Repeat([]byte("second"), 200))
	case 12:
		s := seg(round + 23)
		s.Words, s.Replaces = []byte("late words"), []string{s.ID}
		return st.Replace(ctx, work, s)
	case 13:
		return st.Erase(ctx, work, store.Erasure{Segment: seg(round + 24).ID})
	case 14:
		return st.Seal(ctx, work)
	case 15:
		return st.PutBlocks(ctx, work, block(n))
	case 16:
		if n%(2*writes) == 16 {
			return st.PutBlocks(ctx, work, block(n))
		}
		return st.DropBlocks(ctx, work, block(n-1).ID)
	}
	return st.Append(ctx, work, seg(round+30))
}

// opened opens the store at path and counts the use.
func opened(t testing.TB, path string) store.Store {
	t.Helper()
	st, err := dir.Open(path)
	must(t, err)
	_, _, err = st.Open(ctx)
	must(t, err)
	return st
}
