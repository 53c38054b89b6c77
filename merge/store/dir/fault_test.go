package dir_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// TestEveryCallFails: the n-th call to the disk fails, for every n until a run of
// opening, writing and closing meets no fault any more, and in every way. Whoever
// called is told so; after a write that failed nothing is written until the store
// is opened again; what was acknowledged can be read at once and after reopening,
// and nothing that is half there. Then the power is cut: what was read after
// reopening is there, though the system took pages for written that were not.
func TestEveryCallFails(t *testing.T) {
	t.Parallel()
	states := statesOf(t, 2*writes)
	for kind := range faults {
		if kind == "EMFILE" && !*thorough { // it is told from EIO by reads only
			continue
		}
		t.Run(kind, func(t *testing.T) {
			hits, n := 0, 0
			for misses := 0; misses < 20; n++ { // some calls cannot fail in every way
				if failsOnce(t, states, kind, n) {
					hits, misses = hits+1, 0
				} else {
					misses++
				}
			}
			t.Logf("%d of %d calls failed, one at a time", hits, n)
			if kind != "short" && hits < 250 || hits < 40 {
				t.Fatal("too few calls for a run")
			}
		})
	}
}

// statesOf is what can be read of a store before each of its writes, and at last.
func statesOf(t *testing.T, writes int) (states []string) {
	d := newDisk()
	st, _, err := on(d)
	must(t, err)
	for i := range writes {
		states = append(states, readWell(t, d, st))
		must(t, writeOne(st, i))
	}
	return append(states, readWell(t, d, st))
}

// failsOnce is one run, in which the n-th call fails. It tells whether one did.
func failsOnce(t *testing.T, states []string, kind string, n int) bool {
	d := newDisk()
	st, _, err := on(d) // an empty store: opening it again is part of the run
	must(t, err)
	must(t, writeOne(st, 0))
	must(t, writeOne(st, 1))
	must(t, st.Close())
	what := d.failAt(n, kind)
	st, _, err = on(d)
	if err != nil {
		failed(t, *what, err)
		d.fault = nil
		st, _, err = on(d)
		must(t, err)
	}
	old, now := states[2], states[2]
	for i := 2; i < len(states)-1 && err == nil; i++ {
		old, now = states[i], states[i+1]
		if err = writeOne(st, i); err == nil {
			old = now
		}
	}
	hit := *what != ""
	if err != nil {
		failed(t, *what, err)
		for i := range writes { // the journal exists, so that nothing else refuses
			is(t, *what+": a later write", writeOne(st, 2*writes+i), store.ErrStore)
		}
		if got := readWell(t, d, st); got != old && got != now {
			t.Fatalf("%s: reading on gives neither what was there before nor what came after:\n%s", *what, got)
		}
	}
	if err := st.Close(); err != nil {
		failed(t, *what, err)
	}
	hit = *what != ""
	d.fault = nil
	opened, _, err := on(d)
	must(t, err)
	got := readWell(t, d, opened)
	if got != old && got != now {
		t.Fatalf("%s: opened again: neither what was there before nor what came after:\n%s", *what, got)
	}
	check(t, opened)
	survives(t, *what, d, opened)
	return hit
}

// survives writes to a store, cuts the power, and demands that all that could be
// read before is there.
func survives(t *testing.T, what string, d *memDisk, st store.Store) {
	t.Helper()
	work := id("work 0")
	if err := st.AppendJournal(ctx, work, []byte("one more")); err != nil {
		is(t, what, err, store.ErrNotFound)
	}
	must(t, st.Hold(ctx, work, store.Pending{ID: id("one more")}))
	must(t, st.Hold(ctx, id("work 1"), store.Pending{ID: id("one more")}))
	all := readWell(t, d, st)
	cut, _, err := on(d.cut(none))
	must(t, err)
	if got := read(cut); len(got.Errors) > 0 || got.Spelled() != all {
		t.Fatalf("%s: after a cut: %v\n%s\nwant\n%s", what, got.Errors, got.Spelled(), all)
	}
}

// readWell reads everything from a disk that is well again for as long as it takes.
func readWell(t *testing.T, d *memDisk, st store.Store) string {
	t.Helper()
	fault, calls := d.fault, d.calls
	d.fault = nil
	defer func() { d.fault, d.calls = fault, calls }()
	f := read(st)
	if len(f.Errors) > 0 {
		t.Fatalf("reading: %v", f.Errors)
	}
	return f.Spelled()
}

// failed demands that an error tells of the fault that was planted.
func failed(t *testing.T, what string, err error) {
	t.Helper()
	if what == "" {
		t.Fatalf("nothing was planted, and still: %v", err)
	}
	is(t, what, err, store.ErrStore)
}

// TestReadFails: a read that fails is reported, damages nothing and latches
// nothing: the next one goes well.
func TestReadFails(t *testing.T) {
	t.Parallel()
	d := newDisk()
	st, _, err := on(d)
	must(t, err)
	for n := range writes - 2 {
		must(t, writeOne(st, n))
	}
	whole := readWell(t, d, st)
	for kind := range faults {
		hits := 0
		for n := range 30 {
			must(t, st.Close())
			st, _, err = on(d)
			must(t, err)
			what := d.failAt(n, kind)
			f := read(st)
			d.fault = nil
			if *what == "" {
				continue
			}
			hits++
			if len(f.Errors) == 0 && f.Spelled() != whole { // it may have been tried twice
				t.Fatalf("%s: nobody says so", *what)
			}
			for _, err := range f.Errors {
				if !errors.Is(err, store.ErrStore) || errors.Is(err, store.ErrCorrupt) && kind != "EIO" {
					t.Fatalf("%s: %v", *what, err)
				}
			}
			if got := readWell(t, d, st); got != whole {
				t.Fatalf("%s: read again:\n%s", *what, got)
			}
			must(t, st.SetName(ctx, "again", id(fmt.Sprint(kind, n))))
			must(t, st.SetName(ctx, "again", cid0))
		}
		if kind != "short" && hits < 10 {
			t.Fatalf("%s: only %d reads failed", kind, hits)
		}
	}
}
