package merge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// TestJournal opens a store whose program stopped between edits: each edit that
// Update returned from is there, in the open change.
func TestJournal(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	_, a := found(t, st, "ann")
	for k := range 50 {
		must(t, a.Update(ctx, func(tx *crdt.Tx) error {
			tx.Text("t").Append(fmt.Sprintf("%d,", k))
			tx.Put("k", k)
			if k%7 == 3 {
				tx.List("l").Insert(0, k)
			}
			if k%5 == 4 {
				n := tx.Text("t").Len()
				tx.Text("t").Delete(n-1, n)
			}
			return nil
		}))
	}
	want := json(t, a)
	r, b := again(t, st, "ann", a)
	if got := json(t, b); got != want {
		t.Fatalf("%s\n%s", want, got)
	}
	if !b.Doc().View().Open() || len(b.Damage()) > 0 {
		t.Error("the journal is not the open change again", b.Damage())
	}
	must(t, b.Update(ctx, put(0, "x")))
	must(t, b.Save(ctx))
	must(t, r.Close())
}

// TestJournalPrefixes ends the journal after each of its records, as a crash would:
// the work is as after that edit, whether the store kept its key or is a copy that
// got another, and goes on from there. Words are salted in every second work.
func TestJournalPrefixes(t *testing.T) {
	ctx := context.Background()
	works, edits := 12, 40
	if testing.Short() {
		works = 4
	}
	prefixes := 0
	for seed := range works {
		rng := rand.New(rand.NewPCG(uint64(seed), 1))
		st := store.Memory()
		opts := []crdt.Option{crdt.Title("Bread")}
		if seed%2 == 1 {
			opts = append(opts, crdt.WithSalt())
		}
		r, err := merge.Open(ctx, st, oneKey("ann"))
		must(t, err)
		a, err := r.Create(ctx, opts...)
		must(t, err)
		b := joined(t, "ben", a)
		for range 10 { // something of two authors to point into
			must(t, a.Update(ctx, scribble(rng)))
			meets(t, a, b)
			must(t, b.Update(ctx, scribble(rng)))
			meets(t, a, b)
		}
		states := map[int]string{0: json(t, a)} // by number of records
		for range edits {
			n := records(t, st, a)
			must(t, a.Update(ctx, scribble(rng)))
			m := records(t, st, a)
			if m != n && m != n+1 {
				t.Fatalf("%d records after %d", m, n)
			}
			states[m] = json(t, a)
			if rng.IntN(4) == 0 {
				must(t, a.Doc().Update(scribble(rng))) // the next Update's record has it
			}
		}
		for n := range records(t, st, a) + 1 {
			for _, key := range []string{"ann", "copy"} {
				prefixes++
				must(t, prefix(ctx, t, st, a, n, key, states[n]))
			}
		}
	}
	t.Logf("%d prefixes", prefixes)
}

// records is how many records the journal of a replica has.
func records(t *testing.T, st store.Store, a *merge.Replica) int {
	t.Helper()
	j, err := st.LoadJournal(context.Background(), a.Doc().ID())
	must(t, err)
	return len(j.Records)
}

// prefix opens a copy of a store with the first n records of the journal.
func prefix(ctx context.Context, t *testing.T, st store.Store, a *merge.Replica, n int, key, want string) error {
	t.Helper()
	cp := store.Memory()
	_, _, err := cp.Open(ctx)
	must(t, err)
	must(t, store.Copy(ctx, cp, st))
	id := a.Doc().ID()
	j, err := st.LoadJournal(ctx, id)
	must(t, err)
	must(t, cp.Seal(ctx, id))
	if j.Header != nil {
		must(t, cp.OpenJournal(ctx, id, j.Header, j.Records[:n]...))
	}
	must(t, cp.Close())
	for range 2 { // recovery, and what it has written
		r, err := merge.Open(ctx, cp, oneKey(key))
		must(t, err)
		c, err := r.Open(ctx, id)
		must(t, err)
		if got := json(t, c); got != want || len(c.Damage()) > 0 {
			t.Fatalf("after %d records as %s:\n%s\n%s\n%v", n, key, got, want, c.Damage())
		}
		must(t, cp.Close())
	}
	r, err := merge.Open(ctx, cp, oneKey(key))
	must(t, err)
	c, err := r.Open(ctx, id)
	must(t, err)
	must(t, c.Update(ctx, app("on")))
	want = json(t, c)
	must(t, r.Close())
	r, err = merge.Open(ctx, cp, oneKey(key))
	must(t, err)
	c, err = r.Open(ctx, id)
	must(t, err)
	if got := json(t, c); got != want {
		t.Fatalf("went on after %d records as %s:\n%s\n%s", n, key, got, want)
	}
	return r.Close()
}

// TestCopiedStore: a copy of a store writes with another key, also what the journal
// holds; if the original lives, that stands twice, and both go on.
func TestCopiedStore(t *testing.T) {
	ctx := context.Background()
	st, cp := store.Memory(), store.Memory()
	_, a := found(t, st, "ann")
	must(t, a.Update(ctx, app("sealed")))
	must(t, a.Save(ctx))
	must(t, a.Update(ctx, app(", open")))
	_, _, err := cp.Open(ctx)
	must(t, err)
	must(t, store.Copy(ctx, cp, st))
	must(t, cp.Close())

	r := open(t, cp, "ann")
	c, err := r.Open(ctx, a.Doc().ID())
	must(t, err)
	if text(c) != "sealed, open" || c.Doc().Author() == a.Doc().Author() {
		t.Fatalf("%q by %v", text(c), c.Doc().Author())
	}
	if n := records(t, cp, c); n != 0 {
		t.Errorf("the copy keeps the journal of the other key: %d records", n)
	}
	must(t, c.Update(ctx, put(0, "copy: ")))
	must(t, a.Update(ctx, put(0, "original: ")))
	meets(t, a, c)
	if s := text(a); len(s) != len("copy: original: sealed, open, open") {
		t.Errorf("%q", s)
	}
	must(t, a.Update(ctx, app(".")))
	must(t, c.Update(ctx, app(".")))
	meets(t, a, c)
	if a.Doc().Evidence() != nil {
		for f := range a.Doc().Evidence() {
			t.Errorf("forked: %v", f)
		}
	}
}

// TestEditsBesideSaves: edits, saves, arrivals and seals by size from several
// goroutines, then a crash. What was acknowledged is there. The interleavings that
// matter are those of a seal between an edit and the writing of its record.
func TestEditsBesideSaves(t *testing.T) {
	ctx := context.Background()
	rounds := 60
	if testing.Short() {
		rounds = 15
	}
	for round := range rounds {
		st := store.Memory()
		_, a := found(t, st, "ann")
		b := joined(t, "ben", a)
		meets(t, a, b)
		var mu sync.Mutex
		var acked []string
		var wg sync.WaitGroup
		for g := range 3 {
			wg.Go(func() {
				rng := rand.New(rand.NewPCG(uint64(round), uint64(g)))
				for k := range 20 {
					name := fmt.Sprintf("%d-%d", g, k)
					big := ""
					if rng.IntN(6) == 0 {
						big = fmt.Sprintf("%30000d", k)
					}
					err := a.Update(ctx, func(tx *crdt.Tx) error {
						tx.Map("acked").Put(name, true)
						tx.Text("t").Append(big)
						return nil
					})
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					acked = append(acked, name)
					mu.Unlock()
				}
			})
		}
		wg.Go(func() {
			for range 15 {
				if err := a.Save(ctx); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for k := range 15 {
				s := "doc"
				if k%2 == 0 {
					s = strings.Repeat("d", 66<<10) // sealed at once, and not signed
				}
				if err := a.Doc().Update(app(s)); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			for range 3 {
				must(t, b.Update(ctx, app("ben")))
				ea, eb := meet(t, a, b)
				if ea != nil || eb != nil {
					t.Error(ea, eb)
				}
			}
		})
		wg.Wait()
		_, c := again(t, st, "ann", a)
		if len(c.Damage()) > 0 {
			t.Fatal(c.Damage())
		}
		m := c.Doc().View().Map("acked")
		missing := slices.DeleteFunc(acked, func(s string) bool { return m.Get(s).Exists() })
		if len(missing) > 0 {
			t.Fatalf("round %d: acknowledged and lost: %v", round, missing)
		}
		ea, eb := meet(t, c, b)
		must(t, ea)
		must(t, eb)
		for f := range b.Doc().Evidence() {
			t.Errorf("forked: %v", f)
		}
	}
}
