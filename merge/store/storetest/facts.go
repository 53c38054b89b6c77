package storetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// Facts is what can be read of a store that may be damaged: every fact by its name,
// and all errors.
type Facts struct {
	Known  map[string]string // by what they are of
	Errors []error
}

// note takes a fact, or an error.
func (f *Facts) note(name, value string, err error) {
	if err != nil {
		f.Errors = append(f.Errors, err)
		return
	}
	f.Known[name] = value
}

// Read reads all of a store, and goes on after damage. among are works that it may
// hold though it does not list them.
func Read(st store.Store, among ...cid.Cid) *Facts {
	f := &Facts{Known: map[string]string{}}
	ctx, works := context.Background(), map[cid.Cid]bool{}
	for _, w := range among {
		works[w] = true
	}
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
				f.Known[fmt.Sprint(w, " changes ", s.ID)] = string(s.Changes) + fmt.Sprint(s.Replaces)
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
		for id, err := range st.ListBlocks(ctx, w) {
			if err != nil {
				f.note("", "", err)
				continue
			}
			b, err := st.GetBlock(ctx, w, id)
			f.note(fmt.Sprint(w, " block ", id), string(b), err)
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
	delete(f.Known, "")
	return f
}

// Spelled is the facts in one string, without the errors.
func (f *Facts) Spelled() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(f.Known)) {
		fmt.Fprintf(&b, "%s = %.60q %d\n", name, f.Known[name], len(f.Known[name]))
	}
	return b.String()
}

// Within fails the test if f has a fact that is not in all, or an error that is
// not ErrCorrupt; it returns how many facts of all are missing.
func (f *Facts) Within(t testing.TB, what string, all *Facts) (missing int) {
	t.Helper()
	for name, value := range f.Known {
		if want, ok := all.Known[name]; !ok || want != value {
			t.Fatalf("%s: %s is %.60q, which was never stored", what, name, value)
		}
	}
	for _, err := range f.Errors {
		is(t, what, err, store.ErrCorrupt)
		var c *store.CorruptError
		if !errors.As(err, &c) || c.Part == "" {
			t.Fatalf("%s: %v does not say what is damaged", what, err)
		}
	}
	return len(all.Known) - len(f.Known)
}
