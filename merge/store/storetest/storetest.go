// Package storetest says in code what package store says in words. An
// implementation passes when its test holds
//
//	storetest.Run(t, func(t *testing.T) store.Store { return New(t.TempDir()) })
//
// The function returns a new, empty store that has not been opened; the suite
// opens it, closes it and opens it again. [Faulty] wraps a store so that its
// writes fail when told to, for tests of what is built on one.
//
// The package imports testing and is meant for test files only.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// Run tests everything that package store promises of a Store. Run it with the
// race detector too.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	for _, c := range []struct {
		name string
		run  func(*testing.T, opener)
	}{
		{"Opening", testOpening},
		{"OpenTwice", testOpenTwice},
		{"Closed", testClosed},
		{"Context", testContext},
		{"Segments", testSegments},
		{"AppendAgain", testAppendAgain},
		{"Replace", testReplace},
		{"LateWords", testLateWords},
		{"Erase", testErase},
		{"Journal", testJournal},
		{"Seal", testSeal},
		{"Held", testHeld},
		{"Blocks", testBlocks},
		{"ManyBlocks", testManyBlocks},
		{"Names", testNames},
		{"Works", testWorks},
		{"Refused", testRefused},
		{"Limits", testLimits},
		{"Slices", testSlices},
		{"WriteWhileLoading", testWriteWhileLoading},
		{"StopLoading", testStopLoading},
		{"ManyWriters", testManyWriters},
		{"ManyRecords", testManyRecords},
		{"CancelledRecords", testCancelledRecords},
		{"ReplaceWhileLoading", testReplaceWhileLoading},
		{"CloseWhileBusy", testCloseWhileBusy},
		{"Copy", testCopy},
		{"Model", testModel},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, open) })
	}
}

// opener is the function an implementation hands in.
type opener func(t *testing.T) store.Store

// ready returns an opened store, which is closed when the test ends.
func (o opener) ready(t *testing.T) (context.Context, store.Store) {
	t.Helper()
	ctx, st := context.Background(), o(t)
	if _, _, err := st.Open(ctx); err != nil {
		t.Fatalf("opening an empty store: %v", err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil && !errors.Is(err, store.ErrClosed) {
			t.Errorf("closing: %v", err)
		}
	})
	return ctx, st
}

// id returns a CID for a name: of a change, as works and held changes have it.
func id(name string) cid.Cid { return idOf(cid.DagCBOR, name) }

// content returns a CID for a name, as content blocks have it.
func content(name string) cid.Cid { return idOf(cid.Raw, name) }

// idOf hashes a name.
func idOf(codec uint64, name string) cid.Cid {
	sum, err := multihash.Sum([]byte(name), multihash.SHA2_256, -1)
	if err != nil {
		panic(fmt.Sprintf("storetest: sha2-256 of %q: %v", name, err))
	}
	return cid.NewCidV1(codec, sum)
}

// seg is a segment with the changes given and words that go with them.
func seg(changes string) store.Segment {
	return store.NewSegment([]byte(changes), []byte("words of "+changes))
}

// replacing is s in the place of others.
func replacing(s store.Segment, old ...store.Segment) store.Segment {
	for _, o := range old {
		s.Replaces = append(s.Replaces, o.ID)
	}
	return s
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

// fataler is what *testing.T and *rapid.T share.
type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// dump spells out everything that a store has, one fact a line.
func dump(t fataler, st store.Store) string {
	t.Helper()
	ctx, out := context.Background(), &strings.Builder{}
	check := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatalf("reading everything: %v", err)
		}
	}
	for work, err := range st.Works(ctx) {
		check(err)
		fmt.Fprintf(out, "work %s\n", work)
		for s, err := range st.Load(ctx, work) {
			check(err)
			dumpSegment(out, s)
		}
		j, err := st.LoadJournal(ctx, work)
		check(err)
		dumpJournal(out, j)
		for p, err := range st.Held(ctx, work) {
			check(err)
			fmt.Fprintf(out, "held %s %q\n", p.ID, p.Data)
		}
		for id, err := range st.ListBlocks(ctx, work) {
			check(err)
			b, err := st.GetBlock(ctx, work, id)
			check(err)
			fmt.Fprintf(out, "block %s %q\n", id, b)
		}
		gone, err := st.Gone(ctx, work)
		check(err)
		dumpMap(out, "gone", gone)
	}
	names, err := st.Names(ctx)
	check(err)
	dumpMap(out, "name", names)
	return out.String()
}

// dumpSegment spells a segment; absent words differ from empty ones.
func dumpSegment(out *strings.Builder, s store.Segment) {
	words := "none"
	if s.Words != nil {
		words = fmt.Sprintf("%q", s.Words)
	}
	fmt.Fprintf(out, "segment %s %q %s %v\n", s.ID[:8], s.Changes, words, s.Replaces)
}

// dumpJournal spells a journal, if there is one.
func dumpJournal(out *strings.Builder, j store.Journal) {
	if j.Header != nil || len(j.Records) > 0 {
		fmt.Fprintf(out, "journal %q %q\n", j.Header, j.Records)
	}
}

// dumpMap spells a map in the order of its spelled keys.
func dumpMap[K comparable, V any](out *strings.Builder, what string, m map[K]V) {
	var lines []string
	for k, v := range m {
		lines = append(lines, fmt.Sprintf("%s %v %v\n", what, k, v))
	}
	slices.Sort(lines)
	out.WriteString(strings.Join(lines, ""))
}

// same fails the test unless the store has exactly what it had.
func same(t testing.TB, what string, st store.Store, before string) {
	t.Helper()
	if after := dump(t, st); after != before {
		t.Fatalf("%s:\ngot\n%s\nwant\n%s", what, after, before)
	}
}

// load returns the changes of all segments of a work, as they come.
func load(t testing.TB, st store.Store, work cid.Cid) (all []string) {
	t.Helper()
	for s, err := range st.Load(context.Background(), work) {
		must(t, err)
		all = append(all, string(s.Changes))
	}
	return all
}

// reopen closes the store and opens it again.
func reopen(t testing.TB, st store.Store) (instance string, epoch uint64) {
	t.Helper()
	must(t, st.Close())
	instance, epoch, err := st.Open(context.Background())
	must(t, err)
	return instance, epoch
}
