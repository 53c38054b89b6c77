//go:build unix

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/postgres"
)

// node is one of the servers that share a schema.
type node struct {
	st   *postgres.Store
	repo *merge.Repo
	rep  *merge.Replica
	end  func() error // ends following
}

// nodes opens servers that share a schema and one work, and follow each other.
func nodes(t *testing.T, schema string, many int) []*node {
	var all []*node
	for i := range many {
		n := &node{st: shared.sharing(t, schema, fmt.Sprint("server-", i))}
		n.repo = opened(t, n.st, fmt.Sprint(i))
		var err error
		if i == 0 {
			n.rep, err = n.repo.Create(t.Context())
		} else { // it is there without anybody having been told
			n.rep, err = n.repo.Open(t.Context(), all[0].rep.Doc().ID())
		}
		must(t, err)
		n.follow(t, nil)
		all = append(all, n)
	}
	return all
}

// follow follows until end is called.
func (n *node) follow(t *testing.T, told func(error)) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- n.st.Follow(ctx, n.repo, told) }()
	n.end = func() error {
		cancel()
		return <-done
	}
	t.Cleanup(cancel)
}

// settled waits until all nodes hold the same and nothing is open, and tells that.
func settled(t *testing.T, all []*node, marks int) {
	t.Helper()
	soon(t, "the servers hold different things", func() bool {
		for _, n := range all {
			if n.rep.Doc().View().Map("marks").Len() != marks || json(t, n.rep) != json(t, all[0].rep) {
				return false
			}
		}
		return true
	})
}

// TestFollow: an edit at one server appears at the other, there and back, without a
// session; one that was only written to the journal too, after a pause.
func TestFollow(t *testing.T) {
	all := nodes(t, schema(), 2)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 10 {
		must(t, all[i%2].rep.Update(t.Context(), scribble(rng, fmt.Sprint("m", i))))
		settled(t, all, i+1)
	}
	for _, n := range all {
		must(t, n.end())
		must(t, n.repo.Close())
	}
}

// TestFollowers: three servers that edit at once end equal, although the connections
// over which they hear of each other are cut again and again; nothing is stored over
// and over, and opened again each has the same.
func TestFollowers(t *testing.T) {
	before := runtime.NumGoroutine()
	name := schema()
	all := nodes(t, name, 3)
	const each = 40
	var wg sync.WaitGroup
	for i, n := range all {
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(i), 3))
			for k := range each {
				if err := n.rep.Update(t.Context(), scribble(rng, fmt.Sprint(i, ".", k))); err != nil {
					t.Error(err)
				}
				if k%8 == 7 {
					runtime.Gosched()
					time.Sleep(time.Duration(rng.IntN(15)) * time.Millisecond)
				}
			}
		})
	}
	for range 3 {
		time.Sleep(30 * time.Millisecond)
		shared.exec(t, name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'`)
	}
	wg.Wait()
	settled(t, all, 3*each)
	want := json(t, all[0].rep)
	work := all[0].rep.Doc().ID()
	for _, n := range all {
		must(t, n.end())
		must(t, n.repo.Close())
	}
	for i, n := range all {
		n.repo = opened(t, n.st, fmt.Sprint(i))
		rep, err := n.repo.Open(t.Context(), work)
		must(t, err)
		if got := json(t, rep); got != want || len(rep.Damage()) > 0 {
			t.Fatalf("opened again: %v\n%s\n%s", rep.Damage(), got, want)
		}
		for f := range rep.Doc().Evidence() {
			t.Fatal("forked: ", f)
		}
		must(t, n.st.Check(t.Context()))
		must(t, n.repo.Close())
	}
	soon(t, "goroutines are left", func() bool { return runtime.NumGoroutine() <= before })
	soon(t, "connections are left", func() bool { return shared.connections(t, "commonhold server-%") == 0 })
}

// TestFollowAgain: Follow says why it was interrupted, and that it goes on; what was
// written meanwhile is found, and so is what nobody has told of.
func TestFollowAgain(t *testing.T) {
	name, other := schema(), schema()
	all := nodes(t, name, 2)
	must(t, all[1].end())
	var mu sync.Mutex
	var said []error
	all[1].follow(t, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		said = append(said, err)
	})
	heard := func(n int) func() bool {
		return func() bool {
			mu.Lock()
			defer mu.Unlock()
			return len(said) >= n
		}
	}
	soon(t, "following has not begun", heard(1))
	edit := func(n *node, mark string) {
		must(t, n.rep.Update(t.Context(), scribble(rand.New(rand.NewPCG(1, 1)), mark)))
		must(t, n.rep.Save(t.Context()))
	}
	shared.exec(t, name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND application_name LIKE '%server-1'`)
	edit(all[0], "meanwhile")
	settled(t, all, 1)
	soon(t, "following does not go on", heard(3))
	if said[0] != nil || !errors.Is(said[1], store.ErrStore) || said[2] != nil {
		t.Fatal(said)
	}

	// The work is copied elsewhere and edited there; the segment comes back by hand.
	st := shared.sharing(t, other, "copy")
	_, _, err := st.Open(t.Context())
	must(t, err)
	must(t, store.Copy(t.Context(), st, all[0].st))
	must(t, st.Close())
	away := &node{st: st, repo: opened(t, st, "copy")}
	away.rep, err = away.repo.Open(t.Context(), all[0].rep.Doc().ID())
	must(t, err)
	edit(away, "untold")
	must(t, away.repo.Close())
	for i, n := range all { // these two look by themselves
		must(t, n.end())
		must(t, n.repo.Close())
		n.st = shared.polling(t, name, fmt.Sprint("server-", i), 50*time.Millisecond)
		n.repo = opened(t, n.st, fmt.Sprint(i))
		n.rep, err = n.repo.Open(t.Context(), all[0].rep.Doc().ID())
		must(t, err)
		n.follow(t, nil)
	}
	settled(t, all, 1)
	shared.exec(t, name, `UPDATE works SET last = last + 1`)
	shared.exec(t, name, `INSERT INTO segments SELECT work, w.last, 99, w.last, id, replaces, changes, words
		FROM `+other+`.segments s JOIN works w USING (work) ORDER BY n DESC LIMIT 1`)
	settled(t, all, 2)
	for _, n := range all {
		must(t, n.end())
		must(t, n.repo.Close())
	}
}

// TestFollowEnds: Follow ends with its context, with the repo and with the right to
// write, and says why.
func TestFollowEnds(t *testing.T) {
	name := schema()
	n := nodes(t, name, 1)[0]
	must(t, n.end())
	n.follow(t, nil)
	must(t, n.repo.Close())
	err := n.end()
	if err != nil && !errors.Is(err, merge.ErrClosed) && !errors.Is(err, store.ErrClosed) {
		t.Fatal(err)
	}
	if err := n.st.Follow(t.Context(), n.repo, nil); !errors.Is(err, store.ErrClosed) {
		t.Fatalf("following with a closed store: %v", err)
	}
	var none context.Context
	if err := n.st.Follow(none, n.repo, nil); !errors.Is(err, store.ErrArgument) {
		t.Fatalf("following without a context: %v", err)
	}

	n.repo = opened(t, n.st, "0")
	rep, err := n.repo.Create(t.Context())
	must(t, err)
	done := make(chan error, 1)
	go func() { done <- n.st.Follow(t.Context(), n.repo, nil) }()
	shared.exec(t, name, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'commonhold server-0' AND pid IN
		(SELECT pid FROM pg_locks WHERE locktype = 'advisory')`)
	err = rep.Update(t.Context(), func(tx *crdt.Tx) error { tx.Text("body").Append("lost"); return nil })
	if !errors.Is(err, store.ErrStore) {
		t.Fatalf("an edit after the lock was lost: %v", err)
	}
	if err := <-done; !errors.Is(err, store.ErrStore) {
		t.Fatalf("following ends with %v", err)
	}
	if err := n.repo.Close(); !errors.Is(err, store.ErrStore) {
		t.Fatalf("closing: %v", err)
	}
}
