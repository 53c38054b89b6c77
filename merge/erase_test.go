package merge_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// wiping is rules by which an act erases the words of the change that it names.
type wiping struct{}

func (wiping) Name() string { return "wiping" }

func (wiping) Start(h crdt.History, _ crdt.Value) (crdt.Judge, error) {
	return &wiper{h: h, gone: map[cid.Cid]int{}}, nil
}

type wiper struct {
	h    crdt.History
	list []cid.Cid
	gone map[cid.Cid]int // acts that erase less acts that keep
}

func (w *wiper) Before(*crdt.Tx) error { return nil }

func (w *wiper) Add(c cid.Cid) iter.Seq2[cid.Cid, error] {
	for a := range w.h.Acts(c) {
		if x, err := crdt.As[cid.Cid](a.Body); err == nil && w.h.InPast(x, c) {
			if a.Kind == "keep" {
				w.gone[x]--
				continue
			}
			w.list = append(w.list, x)
			w.gone[x]++
		}
	}
	return func(func(cid.Cid, error) bool) {}
}

func (w *wiper) Erased(c cid.Cid) (cid.Cid, bool) { return c, w.gone[c] > 0 }

func (w *wiper) Erase() iter.Seq[cid.Cid] {
	list := w.list
	w.list = nil
	return func(yield func(cid.Cid) bool) {
		for _, c := range list {
			if !yield(c) {
				return
			}
		}
	}
}

// openWiping opens a store under these rules.
func openWiping(t testing.TB, st store.Store, name string) *merge.Repo {
	t.Helper()
	r, err := merge.Open(context.Background(), st, keyFor(name), crdt.WithRules(wiping{}, crdt.Value{}))
	must(t, err)
	return r
}

// wipes makes a replica of a new work with a secret in the middle of its text.
func wipes(t testing.TB, st store.Store) (*merge.Repo, *merge.Replica, crdt.Change) {
	t.Helper()
	ctx := context.Background()
	r := openWiping(t, st, "ann")
	a, err := r.Create(ctx)
	must(t, err)
	must(t, a.Update(ctx, app("before ")))
	must(t, a.Save(ctx))
	must(t, a.Update(ctx, app("secret ")))
	must(t, a.Save(ctx))
	var bad crdt.Change
	for c := range a.Doc().View().History() {
		bad = c
		break
	}
	must(t, a.Update(ctx, app("after")))
	must(t, a.Save(ctx))
	return r, a, bad
}

// storedWords are all words in a store, and what is noted as gone.
func storedWords(t testing.TB, st store.Store, work cid.Cid) (words []byte, gone map[cid.Cid]string) {
	t.Helper()
	ctx := context.Background()
	for s, err := range st.Load(ctx, work) {
		must(t, err)
		var b bundle.Bundle
		must(t, bundle.DecodeChanges(s.Changes, &b))
		if s.Words != nil {
			must(t, bundle.DecodeWords(s.Words, &b))
		}
		for _, it := range b.Items {
			words = append(words, it.Words...)
		}
	}
	gone, err := st.Gone(ctx, work)
	must(t, err)
	return words, gone
}

// erased fails unless a replica and its store have lost the secret and nothing else.
func erased(t testing.TB, a *merge.Replica, st store.Store, bad crdt.Change) {
	t.Helper()
	if got := text(a); got != "before after" {
		t.Errorf("the text is %q", got)
	}
	words, gone := storedWords(t, st, a.Doc().ID())
	if bytes.Contains(words, []byte("secret")) || !bytes.Contains(words, []byte("before")) || !bytes.Contains(words, []byte("after")) {
		t.Errorf("the store has %q", words)
	}
	if why, ok := gone[bad.Content]; !ok || why != "redacted" || len(gone) != 1 {
		t.Errorf("gone: %v", gone)
	}
}

// TestErase: three replicas erase what is decided, in their stores too, whether they
// had the words, get the decision later, or never had them; and it stays so when
// they are opened again and meet one that still has the words.
func TestErase(t *testing.T) {
	ctx := context.Background()
	st := []store.Store{store.Memory(), store.Memory(), store.Memory(), store.Memory()}
	r, a, bad := wipes(t, st[0])
	work := a.Doc().ID()
	join := func(name string, st store.Store) (*merge.Repo, *merge.Replica) {
		r := openWiping(t, st, name)
		b, err := r.Join(ctx, work)
		must(t, err)
		return r, b
	}
	rb, b := join("ben", st[1])
	meets(t, a, b)
	must(t, b.Save(ctx))
	rd, d := join("dan", st[3]) // keeps the words for as long as he does not know
	meets(t, a, d)
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("wipe", bad.ID); return nil }))
	must(t, a.Save(ctx))
	erased(t, a, st[0], bad)
	meets(t, a, b)
	must(t, b.Save(ctx))
	erased(t, b, st[1], bad)
	rc, c := join("cyd", st[2])
	meets(t, b, c)
	must(t, c.Save(ctx))
	erased(t, c, st[2], bad)
	for k, x := range []*merge.Repo{r, rb, rc} {
		must(t, x.Close())
		x := openWiping(t, st[k], []string{"ann", "ben", "cyd"}[k])
		y, err := x.Open(ctx, work)
		must(t, err)
		if n := len(y.Damage()); n > 0 {
			t.Errorf("replica %d: %v", k, y.Damage())
		}
		erased(t, y, st[k], bad)
		if k == 0 {
			a = y
		}
	}
	ea, ed := meet(t, a, d) // d brings what a refuses, and learns that it is to go
	must(t, ea)
	must(t, ed)
	must(t, a.Save(ctx))
	must(t, d.Save(ctx))
	erased(t, a, st[0], bad)
	erased(t, d, st[3], bad)
	must(t, rd.Close())
}

// TestEraseFalls: when the decision has fallen the words are wanted again, also from a
// replica that was opened again, and come from who has them.
func TestEraseFalls(t *testing.T) {
	ctx := context.Background()
	st := []store.Store{store.Memory(), store.Memory()}
	r, a, bad := wipes(t, st[0])
	work := a.Doc().ID()
	d, err := openWiping(t, st[1], "dan").Join(ctx, work)
	must(t, err)
	meets(t, a, d)
	must(t, d.Save(ctx))
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("wipe", bad.ID); return nil }))
	must(t, a.Save(ctx))
	erased(t, a, st[0], bad)
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("keep", bad.ID); return nil }))
	must(t, a.Save(ctx))
	if text(a) != "before after" {
		t.Errorf("%q", text(a))
	}
	must(t, r.Close())
	r = openWiping(t, st[0], "ann")
	a, err = r.Open(ctx, work)
	must(t, err)
	meets(t, a, d)
	must(t, a.Save(ctx))
	if words, _ := storedWords(t, st[0], work); text(a) != "before secret after" || !bytes.Contains(words, []byte("secret")) {
		t.Errorf("%q, the store has %q", text(a), words)
	}
	must(t, r.Close())
	r = openWiping(t, st[0], "ann")
	a, err = r.Open(ctx, work)
	must(t, err)
	if text(a) != "before secret after" || len(a.Damage()) != 0 {
		t.Errorf("opened again: %q, %v", text(a), a.Damage())
	}
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("wipe", bad.ID); return nil }))
	must(t, a.Save(ctx))
	erased(t, a, st[0], bad)
	must(t, r.Close())
}

// TestEraseBrokenOff: where the store fails in the middle of erasing, opening it again
// brings it to its end.
func TestEraseBrokenOff(t *testing.T) {
	ctx := context.Background()
	failed := 0
	for n := 0; ; n++ {
		st := storetest.Faulty(store.Memory())
		r, a, bad := wipes(t, st)
		work := a.Doc().ID()
		st.Fail(n, false)
		err := a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("wipe", bad.ID); return nil })
		if err == nil {
			err = a.Save(ctx)
		}
		if err == nil {
			break
		}
		if !errors.Is(err, merge.ErrStore) {
			t.Fatal(err)
		}
		failed++
		_ = r.Close()
		r = openWiping(t, st, "ann")
		a, err = r.Open(ctx, work)
		must(t, err)
		if known := len(a.Doc().View().Text("t").String()) < len("before secret after"); known {
			erased(t, a, st, bad)
		}
		must(t, r.Close())
	}
	if failed < 3 {
		t.Errorf("%d places to fail", failed)
	}
}
