//go:build !js

package authorship_test

import (
	"bytes"
	"context"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/transport"
)

// one is the keys of a person with one store.
type one struct{ *authorship.Key }

func (k one) SignerFor(string, uint64) (crdt.Signer, error) { return k.Key, nil }

// shelf is a person's store, opened again and again.
type shelf struct {
	t    *testing.T
	name string
	st   store.Store
	repo *merge.Repo
	rep  *merge.Replica
}

// open opens the store, and the work unless it is not there yet.
func (s *shelf) open(work cid.Cid) {
	s.t.Helper()
	r, err := merge.Open(context.Background(), s.st, one{key(s.name)}, authorship.Agree(terms), fixed())
	must(s.t, err)
	s.repo = r
	if work.Defined() {
		s.rep, err = r.Join(context.Background(), work)
		must(s.t, err)
	}
}

// do makes a change and saves it.
func (s *shelf) do(fn func(tx *crdt.Tx) error) crdt.Change {
	s.t.Helper()
	must(s.t, s.rep.Update(context.Background(), fn))
	must(s.t, s.rep.Save(context.Background()))
	c, _ := s.rep.Doc().Newest()
	return c
}

// sync lets two exchange what they have.
func (s *shelf) sync(o *shelf) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	x, y := transport.Pipe()
	defer x.Close()
	defer y.Close()
	var wg sync.WaitGroup
	var a, b error
	wg.Go(func() { a = s.rep.Sync(ctx, x) })
	wg.Go(func() { b = o.rep.Sync(ctx, y) })
	wg.Wait()
	must(s.t, a)
	must(s.t, b)
	must(s.t, s.rep.Save(ctx))
	must(s.t, o.rep.Save(ctx))
}

// words are all words in the store.
func (s *shelf) words() (out []byte) {
	s.t.Helper()
	for seg, err := range s.st.Load(context.Background(), s.rep.Doc().ID()) {
		must(s.t, err)
		var b bundle.Bundle
		must(s.t, bundle.DecodeChanges(seg.Changes, &b))
		if seg.Words != nil {
			must(s.t, bundle.DecodeWords(seg.Words, &b))
		}
		for _, it := range b.Items {
			out = append(out, it.Words...)
		}
	}
	return out
}

// TestRedactStores: two members erase words, and they go from three replicas with three
// kinds of stores, and do not come back when these are opened again, nor when one comes
// that still has them, which then erases them too. Verdicts and authors stay.
func TestRedactStores(t *testing.T) {
	file, err := bolt.Open(filepath.Join(t.TempDir(), "a.db"))
	must(t, err)
	folder, err := dir.Open(t.TempDir())
	must(t, err)
	ann, ben, cyd, dan := &shelf{t: t, name: "Ann", st: file}, &shelf{t: t, name: "Ben", st: folder},
		&shelf{t: t, name: "Cyd", st: store.Memory()}, &shelf{t: t, name: "Dan", st: store.Memory()}
	three := []*shelf{ann, ben, cyd}
	ann.open(cid.Undef)
	ann.rep, err = ann.repo.Create(context.Background(), authorship.Found(authorship.Charter{Title: "Bread", Terms: []string{terms}, Members: members("Ann", "Ben", "Cyd")}))
	must(t, err)
	work := ann.rep.Doc().ID()
	for _, s := range []*shelf{ben, cyd, dan} {
		s.open(work)
		s.sync(ann)
	}
	dan.do(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. "); return nil })
	bad := dan.do(func(tx *crdt.Tx) error { tx.Text("body").Append("Call 555-0100. "); return nil })
	dan.do(func(tx *crdt.Tx) error { tx.Text("body").Append("Bake."); return nil })
	for _, s := range three {
		s.sync(dan)
	}
	has := func(s *shelf) bool { return bytes.Contains(s.words(), []byte("555")) }
	check := func(when string, list ...*shelf) {
		t.Helper()
		for _, s := range list {
			v := s.rep.Doc().View()
			if got := v.Text("body").String(); got != "Knead. Bake." || has(s) || !bytes.Contains(s.words(), []byte("Bake")) {
				t.Errorf("%s, %s shows %q and the store has %q", when, s.name, got, s.words())
			}
			if x := explain(t, v, bad); !x.Effective() || !x.Erased.Defined() || x.Author.Name != "Dan" {
				t.Errorf("%s: %s", when, x)
			}
			if gone, err := s.st.Gone(context.Background(), work); err != nil || len(gone) != 1 || gone[bad.Content] == "" {
				t.Errorf("%s: gone %v, %v", when, gone, err)
			}
			if n := len(s.rep.Damage()); n != 0 {
				t.Errorf("%s: %v", when, s.rep.Damage())
			}
		}
	}
	ann.do(func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	if !has(ann) {
		t.Error("one alone erases")
	}
	ben.sync(ann)
	ben.do(func(tx *crdt.Tx) error { return authorship.Redact(tx, bad.ID) })
	check("decided", ben)
	ann.sync(ben)
	cyd.sync(ann)
	check("heard of it", three...)
	for _, s := range three {
		must(t, s.repo.Close())
		s.open(work)
	}
	check("opened again", three...)
	if !has(dan) {
		t.Error("who has not heard of it still has the words")
	}
	for _, s := range three {
		s.sync(dan)
	}
	check("met who had them", append(three, dan)...)
	for _, s := range three {
		must(t, s.repo.Close())
		s.open(work)
	}
	check("opened once more", three...)
	if a, b := answers(t, ann.rep.Doc().View()), answers(t, dan.rep.Doc().View()); a != b {
		t.Errorf("%s\n%s", a, b)
	}
	late, err := ann.rep.Doc().Clone(nil, authorship.Rules())
	must(t, err)
	if got := late.View().Text("body").String(); got != "Knead. Bake." || slices.Collect(late.View().Erased())[0] != bad.ID {
		t.Errorf("a newcomer sees %q", got)
	}
	for _, s := range append(three, dan) {
		must(t, s.repo.Close())
	}
}
