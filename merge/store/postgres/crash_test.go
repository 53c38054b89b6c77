//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/postgres"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestKill: the program that writes is killed, again and again.
func TestKill(t *testing.T) {
	storetest.Kill(t, 6, func(path string) (store.Store, error) {
		// a path is a server: its folder, which only this test has, is the schema
		name := strings.ReplaceAll(strings.Trim(filepath.Dir(path), "/"), "/", "-")
		return postgres.New(shared.url(), postgres.Options{Server: filepath.Base(path), Schema: name[max(0, len(name)-40):]})
	})
}

// TestServerKilled kills the database, between writes and in the middle of them. Then
// writing is over and says so, reading begins again by itself when the database is
// back, and after closing and opening everything that was acknowledged is there.
func TestServerKilled(t *testing.T) {
	s, err := start("fsync=off")
	must(t, err)
	defer s.remove()
	ctx := context.Background()
	st := s.sharing(t, schema(), "crash")
	repo := opened(t, st, "crash")
	const works = 3
	var reps [works]*merge.Replica
	for w := range works { // which would be one work, were they founded in one millisecond under one title
		name := fmt.Sprint("work ", w)
		reps[w], err = repo.Named(ctx, name, crdt.Title(name))
		must(t, err)
	}
	var acked [works]sync.Map
	var total atomic.Int64
	rounds := 5
	for round := range rounds {
		var wg sync.WaitGroup
		for w := range works {
			for g := range 2 {
				wg.Go(func() {
					for k := 0; ; k++ {
						mark := fmt.Sprint(round, ".", g, ".", k)
						err := reps[w].Update(ctx, func(tx *crdt.Tx) error {
							tx.Map("marks").Put(mark, true)
							tx.Text("body").Append("x")
							return nil
						})
						if err == nil {
							acked[w].Store(mark, true)
							total.Add(1)
							if k%20 == 19 {
								err = reps[w].Save(ctx)
							}
						}
						if err != nil {
							if !errors.Is(err, store.ErrStore) {
								t.Error(err)
							}
							return
						}
						if round == 0 && k == 30 { // this time it is killed between writes
							return
						}
					}
				})
			}
		}
		if round == 0 {
			wg.Wait()
			s.kill()
		} else {
			time.Sleep(time.Duration(100+rand.IntN(150)) * time.Millisecond)
			s.kill()
			wg.Wait()
		}
		work := reps[0].Doc().ID()
		if err := st.SetName(ctx, "x", work); !errors.Is(err, store.ErrStore) {
			t.Fatalf("round %d: a write while nobody is there: %v", round, err)
		}
		if _, err := st.Names(ctx); !errors.Is(err, store.ErrStore) {
			t.Fatalf("round %d: a read while nobody is there: %v", round, err)
		}
		must(t, s.run())
		if names, err := st.Names(ctx); err != nil || len(names) != works {
			t.Fatalf("round %d: a read when it is back: %v, %v", round, names, err)
		}
		if err := st.SetName(ctx, "x", work); !errors.Is(err, store.ErrStore) {
			t.Fatalf("round %d: a write before the store was opened anew: %v", round, err)
		}
		_ = repo.Close() // it says that edits are not stored
		repo = opened(t, st, "crash")
		must(t, st.Check(ctx))
		for w := range works {
			reps[w], err = repo.Named(ctx, fmt.Sprint("work ", w))
			must(t, err)
			if d := reps[w].Damage(); len(d) > 0 {
				t.Fatal(d)
			}
			marks := reps[w].Doc().View().Map("marks")
			acked[w].Range(func(mark, _ any) bool {
				if !marks.Get(mark.(string)).Exists() {
					t.Fatalf("round %d: edit %s of work %d was acknowledged and is lost", round, mark, w)
				}
				return true
			})
		}
	}
	must(t, repo.Close())
	t.Logf("%d edits acknowledged, %d kills", total.Load(), rounds)
	if total.Load() < 100 {
		t.Fatal("hardly anything was written")
	}
}
