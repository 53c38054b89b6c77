package dir_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
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

// facts is what can be read of a store: every fact by its name, and all errors.
type facts struct {
	known  map[string]string
	errors []error
}

// note takes a fact, or an error.
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
		place := 0
		for s, err := range st.Load(ctx, w) {
			place++
			var damage *store.CorruptError
			if err == nil || (errors.As(err, &damage) && damage.Part == "words") {
				f.known[fmt.Sprint(w, " changes ", s.ID)] = string(s.Changes) + fmt.Sprint(s.Replaces)
			}
			f.note(fmt.Sprint(w, " words ", s.ID), fmt.Sprint(s.Words == nil, string(s.Words)), err)
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

// spelled is the facts in one string, without the errors.
func (f *facts) spelled() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.known)) {
		fmt.Fprintf(&b, "%s = %.60q %d\n", name, f.known[name], len(f.known[name]))
	}
	return b.String()
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

// check runs the invariants.
func check(t testing.TB, st store.Store) {
	t.Helper()
	must(t, st.(interface{ Check() error }).Check())
}

// writes is how many writes writeOne goes through before it begins anew with other
// segments.
const writes = 16

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
