package merge_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// TestReplicas founds a work in one store, joins it in another by its id, edits
// both apart, meets, and opens both again.
func TestReplicas(t *testing.T) {
	ctx := context.Background()
	sa, sb := store.Memory(), store.Memory()
	ra, rb := open(t, sa, "ann"), open(t, sb, "ben")
	a, err := ra.Create(ctx, crdt.Title("Bread"))
	must(t, err)
	must(t, a.Update(ctx, put(0, "Knead.")))
	b, err := rb.Join(ctx, a.Doc().ID())
	must(t, err)
	wants(t, "edit of an empty replica", b.Update(ctx, put(0, "x")), crdt.ErrEmpty)
	meets(t, a, b)
	must(t, a.Update(ctx, put(0, "Wash. ")))
	must(t, b.Update(ctx, put(6, " Wait.")))
	meets(t, a, b)
	const want = "Wash. Knead. Wait."
	if text(a) != want || text(b) != want {
		t.Fatalf("%q %q", text(a), text(b))
	}
	must(t, a.Update(ctx, put(0, "Open. "))) // journal only
	id, heads := a.Doc().ID(), b.Doc().Heads()
	must(t, ra.Close())
	must(t, rb.Close())
	ra, rb = open(t, sa, "ann"), open(t, sb, "ben")
	a, err = ra.Open(ctx, id)
	must(t, err)
	b, err = rb.Open(ctx, id)
	must(t, err)
	if text(a) != "Open. "+want || text(b) != want || b.Doc().Heads() != heads {
		t.Fatalf("reopened: %q %q", text(a), text(b))
	}
}

// TestRepo: one live replica a work, one Close an Open, names, works, and what is
// said after the end.
func TestRepo(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	r := open(t, st, "ann")
	a, err := r.Named(ctx, "diary", crdt.Title("Diary"))
	must(t, err)
	b, err := r.Named(ctx, "diary")
	must(t, err)
	if a != b {
		t.Error("two replicas of one work")
	}
	id := a.Doc().ID()
	_, err = r.Open(ctx, newWork(t).Doc().ID())
	wants(t, "open of an unknown work", err, merge.ErrNotFound)
	must(t, a.Close())
	must(t, b.Update(ctx, app("x")))
	must(t, b.Close())
	wants(t, "a close too many", b.Close(), merge.ErrClosed)
	wants(t, "edit after close", b.Update(ctx, app("x")), merge.ErrClosed)
	wants(t, "save after close", b.Save(ctx), merge.ErrClosed)
	if _, err := r.Import(ctx, b.Doc()); !errors.Is(err, store.ErrArgument) {
		t.Errorf("import of what is stored: %v", err)
	}
	d, err := crdt.New(newKey("other"))
	must(t, err)
	_, err = r.Import(ctx, d)
	wants(t, "import of another key's document", err, crdt.ErrKey)
	c, err := r.Named(ctx, "diary")
	must(t, err)
	if text(c) != "x" || c.Doc().ID() != id {
		t.Errorf("%q", text(c))
	}
	n := 0
	for work, err := range r.Works(ctx) {
		must(t, err)
		if n++; work != id {
			t.Errorf("work %s", work)
		}
	}
	if n != 1 {
		t.Errorf("%d works", n)
	}
	must(t, r.Close())
	wants(t, "edit after the repo's close", c.Update(ctx, app("x")), merge.ErrClosed)
	wants(t, "close after the repo's", c.Close(), merge.ErrClosed)
	wants(t, "second close of the repo", r.Close(), merge.ErrClosed)
	_, err = r.Create(ctx)
	wants(t, "create after close", err, merge.ErrClosed)
	_, err = r.Join(ctx, id)
	wants(t, "join after close", err, merge.ErrClosed)
}

// newWork is a replica of a new work in a store of its own.
func newWork(t testing.TB) *merge.Replica {
	t.Helper()
	_, a := found(t, store.Memory(), "somebody")
	return a
}

// TestImport takes over a document with edits of every state, and keeps it.
func TestImport(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	r, err := merge.Open(ctx, st, oneKey("ann"))
	must(t, err)
	d, err := crdt.New(newKey("ann"), crdt.Title("Old"))
	must(t, err)
	must(t, d.Update(put(0, "sealed")))
	_, err = d.Commit("")
	must(t, err)
	must(t, d.Update(app(", open")))
	a, err := r.Import(ctx, d)
	must(t, err)
	must(t, a.Update(ctx, app(", more")))
	must(t, st.Close())
	r, err = merge.Open(ctx, st, oneKey("ann"))
	must(t, err)
	b, err := r.Open(ctx, d.ID())
	must(t, err)
	if text(b) != "sealed, open, more" {
		t.Errorf("%q", text(b))
	}
}

// TestRelay: a store without a key holds works, passes them on and never edits.
// It leaves alone the journal that a writer of the store has left.
func TestRelay(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("one")))
	st := store.Memory()
	relay, err := merge.Open(ctx, st, nil)
	must(t, err)
	_, err = relay.Create(ctx)
	wants(t, "a relay founds a work", err, crdt.ErrReadOnly)
	r, err := relay.Join(ctx, a.Doc().ID())
	must(t, err)
	must(t, r.Save(ctx))
	meets(t, a, r)
	wants(t, "edit by a relay", r.Update(ctx, app("x")), crdt.ErrReadOnly)
	must(t, relay.Close())
	relay, err = merge.Open(ctx, st, nil)
	must(t, err)
	r, err = relay.Open(ctx, a.Doc().ID())
	must(t, err)
	b := joined(t, "ben", a)
	meets(t, r, b)

	must(t, relay.Close())
	w := open(t, st, "writer")
	c, err := w.Open(ctx, a.Doc().ID())
	must(t, err)
	must(t, c.Update(ctx, app(", mine")))
	must(t, st.Close()) // the program ends; its journal stays
	must(t, b.Update(ctx, app(", two")))
	relay, err = merge.Open(ctx, st, nil)
	must(t, err)
	r, err = relay.Open(ctx, a.Doc().ID())
	must(t, err)
	meets(t, r, b)
	must(t, relay.Close())
	w = open(t, st, "writer")
	c, err = w.Open(ctx, a.Doc().ID())
	must(t, err)
	if s := text(c); s != "one, mine, two" && s != "one, two, mine" {
		t.Errorf("%q", s)
	}
}

// TestAutosave: edits through Doc reach the journal while it runs, and the segments
// when it ends.
func TestAutosave(t *testing.T) {
	st := store.Memory()
	_, a := found(t, st, "ann")
	wants(t, "autosave every 0", a.Autosave(context.Background(), 0), store.ErrArgument)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- a.Autosave(ctx, time.Millisecond) }()
	want := ""
	for k := range 20 {
		want += fmt.Sprint(k)
		must(t, a.Doc().Update(app(fmt.Sprint(k))))
		time.Sleep(time.Millisecond)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(time.Millisecond) {
		j, err := st.LoadJournal(ctx, a.Doc().ID())
		must(t, err)
		if b := fmt.Sprintf("%s", j.Records); len(j.Records) > 0 && b[len(b)-3:] == "19]" {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the journal does not get the last edit")
		}
	}
	if !a.Doc().View().Open() {
		t.Error("autosave has sealed the open change")
	}
	must(t, a.Doc().Update(app("!")))
	cancel()
	must(t, <-done)
	_, b := again(t, st, "ann", a)
	if text(b) != want+"!" || b.Doc().View().Open() {
		t.Errorf("%q", text(b))
	}
}
