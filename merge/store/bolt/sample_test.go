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

// facts is what can be read of a store: every fact by its name, and all errors.
type facts struct {
	known  map[string]string
	errors []error
}

// note takes a fact, or an error. Without either it was read and is not there.
func (f *facts) note(name, value string, err error) {
	if err != nil {
		f.errors = append(f.errors, err)
		return
	}
	f.known[name] = value
}

// read reads all of a store, and goes on after damage.
func read(st store.Store) *facts {
	f := &facts{known: map[string]string{}}
	works := map[cid.Cid]bool{id("work 0"): true, id("work 1"): true, id("work 2"): true}
	for w, err := range st.Works(ctx) {
		f.note("work "+w.String(), "", err)
		if err == nil {
			works[w] = true
		}
	}
	for w := range works {
		for s, err := range st.Load(ctx, w) {
			var damage *store.CorruptError
			if err == nil || (errors.As(err, &damage) && damage.Part == "words") {
				f.known[fmt.Sprint(w, " changes ", s.ID)] = string(s.Changes) + fmt.Sprint(s.Replaces)
			}
			f.note(fmt.Sprint(w, " words ", s.ID), string(s.Words), err)
		}
		j, err := st.LoadJournal(ctx, w)
		f.note("", "", err)
		for n, r := range append([][]byte{j.Header}, j.Records...) {
			if r != nil {
				f.note(fmt.Sprint(w, " journal ", n), string(r), nil)
			}
		}
		for p, err := range st.Held(ctx, w) {
			f.note(fmt.Sprint(w, " held ", p.ID), string(p.Data), err)
		}
		gone, err := st.Gone(ctx, w)
		f.note("", "", err)
		for c, why := range gone {
			f.note(fmt.Sprint(w, " gone ", c), why, nil)
		}
	}
	names, err := st.Names(ctx)
	f.note("", "", err)
	for n, w := range names {
		f.note("name "+n, w.String(), nil)
	}
	delete(f.known, "")
	return f
}

// within fails the test if f has a fact that is not in all, or an error that is
// not ErrCorrupt; it returns how many facts of all are missing.
func (f *facts) within(t testing.TB, what string, all *facts) (missing int) {
	t.Helper()
	for name, value := range f.known {
		if want, ok := all.known[name]; !ok || want != value {
			t.Fatalf("%s: %s is %.60q, which was never stored", what, name, value)
		}
	}
	for _, err := range f.errors {
		is(t, what, err, store.ErrCorrupt)
		var c *store.CorruptError
		if !errors.As(err, &c) || c.Part == "" {
			t.Fatalf("%s: %v does not say what is damaged", what, err)
		}
	}
	return len(all.known) - len(f.known)
}

// try writes in every way, some of it to every work, and returns the first error.
func try(st store.Store) (first error) {
	for _, err := range []error{
		st.Append(ctx, id("work 0"), seg(1000)),
		st.AppendJournal(ctx, id("work 1"), []byte("another record")),
		st.Release(ctx, id("work 2"), id("held 3")),
		st.Seal(ctx, id("work 2"), seg(1001)),
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
