package storetest

import (
	"context"
	"encoding/hex"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// testOpening: the instance stays over Close and Open, the epoch grows, what was
// stored is there, and two stores are two instances.
func testOpening(t *testing.T, open opener) {
	ctx, st := context.Background(), open(t)
	first, epoch, err := st.Open(ctx)
	must(t, err)
	if b, err := hex.DecodeString(first); err != nil || len(b) != 16 {
		t.Fatalf("instance %q is not 16 bytes in hex", first)
	}
	if epoch == 0 {
		t.Fatal("the first epoch is 0, which nobody has seen before nobody opened")
	}
	must(t, st.Append(ctx, id("w"), seg("one"), seg("two")))
	must(t, st.OpenJournal(ctx, id("w"), []byte("header"), []byte("record")))
	must(t, st.Hold(ctx, id("w"), store.Pending{ID: id("p"), Data: []byte("waits")}))
	must(t, st.Erase(ctx, id("w"), store.Erasure{Content: []cid.Cid{content("c")}, Reason: "why"}))
	must(t, st.PutBlocks(ctx, id("w"), blockOf("attached")))
	must(t, st.SetName(ctx, "notes", id("w")))
	before := dump(t, st)
	for range 3 {
		instance, next := reopen(t, st)
		if instance != first || next <= epoch {
			t.Fatalf("opened again: instance %s, epoch %d, after %s, %d", instance, next, first, epoch)
		}
		epoch = next
		same(t, "opened again", st, before)
	}
	must(t, st.Close())

	_, other := open.ready(t)
	instance, _ := reopen(t, other)
	if instance == first {
		t.Fatal("two stores have one instance")
	}
}

// testOpenTwice: a store that is open is refused, and goes on working.
func testOpenTwice(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	must(t, st.Append(ctx, id("w"), seg("one")))
	_, _, err := st.Open(ctx)
	is(t, "opening an open store", err, store.ErrLocked)
	must(t, st.Append(ctx, id("w"), seg("two")))
	reopen(t, st)
	if got := load(t, st, id("w")); len(got) != 2 {
		t.Fatalf("got %q", got)
	}
}

// call is one method called in a way that would succeed.
type call struct {
	name   string
	writes bool
	run    func(context.Context, store.Store) error
}

// calls has every method but Open and Close. Each finds what prepare has stored.
func calls() []call {
	w := id("w")
	return []call{
		{"Works", false, func(ctx context.Context, st store.Store) error { return last(st.Works(ctx)) }},
		{"Load", false, func(ctx context.Context, st store.Store) error { return last(st.Load(ctx, w)) }},
		{"Append", true, func(ctx context.Context, st store.Store) error { return st.Append(ctx, w, seg("new")) }},
		{"Replace", true, func(ctx context.Context, st store.Store) error {
			return st.Replace(ctx, w, replacing(seg("both"), seg("one"), seg("two")))
		}},
		{"Erase", true, func(ctx context.Context, st store.Store) error {
			return st.Erase(ctx, w, store.Erasure{Segment: seg("one").ID, Content: []cid.Cid{content("c")}})
		}},
		{"Gone", false, func(ctx context.Context, st store.Store) error { _, err := st.Gone(ctx, w); return err }},
		{"OpenJournal", true, func(ctx context.Context, st store.Store) error { return st.OpenJournal(ctx, w, []byte("new")) }},
		{"AppendJournal", true, func(ctx context.Context, st store.Store) error { return st.AppendJournal(ctx, w, []byte("new")) }},
		{"LoadJournal", false, func(ctx context.Context, st store.Store) error { _, err := st.LoadJournal(ctx, w); return err }},
		{"Seal", true, func(ctx context.Context, st store.Store) error { return st.Seal(ctx, w, seg("sealed")) }},
		{"Hold", true, func(ctx context.Context, st store.Store) error { return st.Hold(ctx, w, store.Pending{ID: id("q")}) }},
		{"Held", false, func(ctx context.Context, st store.Store) error { return last(st.Held(ctx, w)) }},
		{"Release", true, func(ctx context.Context, st store.Store) error { return st.Release(ctx, w, id("p")) }},
		{"PutBlocks", true, func(ctx context.Context, st store.Store) error { return st.PutBlocks(ctx, w, blockOf("new")) }},
		{"GetBlock", false, func(ctx context.Context, st store.Store) error {
			_, err := st.GetBlock(ctx, w, blockOf("kept").ID)
			return err
		}},
		{"ListBlocks", false, func(ctx context.Context, st store.Store) error { return last(st.ListBlocks(ctx, w)) }},
		{"DropBlocks", true, func(ctx context.Context, st store.Store) error { return st.DropBlocks(ctx, w, blockOf("dropped").ID) }},
		{"Names", false, func(ctx context.Context, st store.Store) error { _, err := st.Names(ctx); return err }},
		{"SetName", true, func(ctx context.Context, st store.Store) error { return st.SetName(ctx, "new", w) }},
	}
}

// last runs an iteration to its end and returns the error it ended with.
func last[T any](all func(func(T, error) bool)) (err error) {
	for _, err = range all {
	}
	return err
}

// prepare stores something for every call.
func prepare(t testing.TB, ctx context.Context, st store.Store) {
	t.Helper()
	must(t, st.Append(ctx, id("w"), seg("one"), seg("two")))
	must(t, st.OpenJournal(ctx, id("w"), []byte("header"), []byte("record")))
	must(t, st.Hold(ctx, id("w"), store.Pending{ID: id("p"), Data: []byte("waits")}))
	must(t, st.PutBlocks(ctx, id("w"), blockOf("kept"), blockOf("dropped")))
	must(t, st.SetName(ctx, "notes", id("w")))
}

// testClosed: no call works before Open or after Close, and none changes anything.
func testClosed(t *testing.T, open opener) {
	ctx := context.Background()
	fresh := open(t)
	for _, c := range calls() {
		is(t, c.name+" before Open", c.run(ctx, fresh), store.ErrClosed)
	}
	if _, _, err := fresh.Open(ctx); err != nil {
		t.Fatal(err)
	}
	prepare(t, ctx, fresh)
	before := dump(t, fresh)
	must(t, fresh.Close())
	for _, c := range calls() {
		is(t, c.name+" after Close", c.run(ctx, fresh), store.ErrClosed)
	}
	is(t, "closing again", fresh.Close(), store.ErrClosed)
	_, _, err := fresh.Open(ctx)
	must(t, err)
	same(t, "after calls on a closed store", fresh, before)
	must(t, fresh.Close())
}

// testContext: a context that has ended, or none at all, is refused by every
// call, and nothing changes. The calls do work otherwise.
func testContext(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	prepare(t, ctx, st)
	before := dump(t, st)
	ended, cancel := context.WithCancel(ctx)
	cancel()
	var none context.Context
	for _, c := range calls() {
		is(t, c.name+" with an ended context", c.run(ended, st), context.Canceled)
		is(t, c.name+" without a context", c.run(none, st), store.ErrArgument)
		same(t, c.name, st, before)
	}
	for _, c := range calls() {
		if c.name == "Erase" { // Replace has taken its segment
			reopenWith(t, open, c)
			continue
		}
		must(t, c.run(ctx, st))
		if after := dump(t, st); (after != before) != c.writes {
			t.Fatalf("%s: writes %v, from\n%s\nto\n%s", c.name, c.writes, before, after)
		}
		before = dump(t, st)
	}
	must(t, st.Close())
	_, _, err := st.Open(ended)
	is(t, "Open with an ended context", err, context.Canceled)
	_, _, err = st.Open(none)
	is(t, "Open without a context", err, store.ErrArgument)
	_, _, err = st.Open(ctx)
	must(t, err)
	same(t, "opened at last", st, before)
}

// reopenWith runs one call on a store of its own and sees its effect stay.
func reopenWith(t *testing.T, open opener, c call) {
	ctx, st := open.ready(t)
	prepare(t, ctx, st)
	before := dump(t, st)
	must(t, c.run(ctx, st))
	after := dump(t, st)
	if after == before {
		t.Fatalf("%s changed nothing", c.name)
	}
	reopen(t, st)
	same(t, c.name, st, after)
}
