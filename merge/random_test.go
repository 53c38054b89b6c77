package merge_test

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/invariant"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// node is one replica of a random run and the store under it.
type node struct {
	name string
	st   store.Store
	repo *merge.Repo
	rep  *merge.Replica
}

// reopen ends the program of a node, with or without saving, and starts it again.
func (n *node) reopen(t *testing.T, saves bool) {
	work := n.rep.Doc().ID()
	if saves {
		must(t, n.repo.Close())
	} else {
		must(t, n.st.Close())
	}
	n.repo = open(t, n.st, n.name)
	var err error
	n.rep, err = n.repo.Join(context.Background(), work)
	must(t, err)
	if d := n.rep.Damage(); len(d) > 0 {
		t.Fatal(d)
	}
}

// TestRandom runs three replicas through random edits, saves, syncs, closes and
// crashes. At the end they hold the same, and everything that was acknowledged; no
// key has contradicted itself, since nothing has left that was not durable.
func TestRandom(t *testing.T) {
	runs := 300
	if testing.Short() || invariant.Enabled {
		runs = 40
	}
	var done struct{ edits, syncs, crashes, closes int }
	for seed := range runs {
		ctx := context.Background()
		rng := rand.New(rand.NewPCG(uint64(seed), 99))
		var nodes []*node
		for _, name := range []string{"ann", "ben", "cem"} {
			n := &node{name: name, st: store.Memory()}
			n.repo = open(t, n.st, name)
			var err error
			if len(nodes) == 0 {
				n.rep, err = n.repo.Create(ctx)
			} else {
				n.rep, err = n.repo.Join(ctx, nodes[0].rep.Doc().ID())
			}
			must(t, err)
			nodes = append(nodes, n)
		}
		meets(t, nodes[0].rep, nodes[rng.IntN(3)%2+1].rep)
		var acked []string
		for step := range 40 {
			n := nodes[rng.IntN(3)]
			ready := n.rep.Doc().Heads() != crdt.Version{}
			switch k := rng.IntN(20); {
			case k < 9 && ready:
				name, edit := fmt.Sprint(step), scribble(rng)
				must(t, n.rep.Update(ctx, func(tx *crdt.Tx) error {
					tx.Map("acked").Put(name, true)
					return edit(tx)
				}))
				acked = append(acked, name)
				done.edits++
			case k < 11 && ready:
				must(t, n.rep.Doc().Update(scribble(rng)))
			case k < 12:
				must(t, n.rep.Save(ctx))
			case k < 17:
				if m := nodes[rng.IntN(3)]; m != n {
					meets(t, n.rep, m.rep)
					done.syncs++
				}
			case k < 18:
				n.reopen(t, true)
				done.closes++
			default:
				n.reopen(t, false)
				done.crashes++
			}
		}
		meets(t, nodes[0].rep, nodes[1].rep)
		meets(t, nodes[1].rep, nodes[2].rep)
		meets(t, nodes[2].rep, nodes[0].rep)
		same(t, nodes[0].rep, nodes[1].rep)
		for _, n := range nodes {
			before := json(t, n.rep)
			n.reopen(t, false)
			if got := json(t, n.rep); got != before {
				t.Fatalf("seed %d: opened again:\n%s\n%s", seed, got, before)
			}
			m := n.rep.Doc().View().Map("acked")
			for _, name := range acked {
				if !m.Get(name).Exists() {
					t.Fatalf("seed %d: edit %s was acknowledged and is lost", seed, name)
				}
			}
			for f := range n.rep.Doc().Evidence() {
				t.Fatalf("seed %d: forked: %v", seed, f)
			}
		}
	}
	t.Logf("%d runs: %+v", runs, done)
	if done.edits < 10*runs || done.syncs < 4*runs || done.crashes < 2*runs || done.closes < runs {
		t.Error("less than promised")
	}
}

// long makes some tests do as much as before a release:
//
//	go test -race ./merge -run TestTogether -v -args -long
//	go test ./merge -run 'TestKilled|TestEveryByte|TestHostile$' -v -timeout 1h -args -long
var long = flag.Bool("long", false, "as much as before a release: a minute of eight goroutines, a thousand kills, every byte")

// TestTogether lets eight goroutines use one replica, two of them those of peers; then
// all are equal, nothing is lost, and no goroutine is left, nor anything on the heap.
func TestTogether(t *testing.T) {
	lasts := 2 * time.Second
	switch {
	case *long:
		lasts = time.Minute
	case testing.Short() && !invariant.Enabled:
		lasts = time.Second
	}
	baseline, before := runtime.NumGoroutine(), heap()
	together(t, time.Now().Add(lasts))
	settled(t, baseline)
	grown := heap() - before
	t.Logf("%v; then the heap had grown by %d bytes", lasts, grown)
	if grown > 1<<20 { // what is made once, such as tables of codecs, is less
		t.Errorf("the heap has grown by %d bytes", grown)
	}
}

// together is TestTogether until a given time.
func together(t *testing.T, end time.Time) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	peers := []*merge.Replica{joined(t, "ben", a), joined(t, "cem", a)}
	for _, p := range peers {
		meets(t, a, p)
	}
	var edits, reads, syncs atomic.Int64
	var wg sync.WaitGroup
	worker := func(work func(rng *rand.Rand) error) {
		seed := rand.Uint64()
		wg.Go(func() {
			rng := rand.New(rand.NewPCG(seed, 1))
			for time.Now().Before(end) {
				if err := work(rng); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	edit := func(rng *rand.Rand) error {
		n := edits.Add(1)
		f := scribble(rng)
		time.Sleep(time.Millisecond)
		return a.Update(ctx, func(tx *crdt.Tx) error {
			tx.Map("acked").Put(fmt.Sprint(n), true)
			return f(tx)
		})
	}
	for range 3 {
		worker(edit)
	}
	worker(func(rng *rand.Rand) error { time.Sleep(time.Millisecond); return a.Doc().Update(scribble(rng)) })
	worker(func(*rand.Rand) error { time.Sleep(5 * time.Millisecond); return a.Save(ctx) })
	worker(func(*rand.Rand) error {
		reads.Add(1)
		time.Sleep(time.Millisecond)
		_, err := a.Doc().View().MarshalJSON()
		return err
	})
	for _, p := range peers {
		worker(func(rng *rand.Rand) error {
			if err := p.Update(ctx, scribble(rng)); err != nil {
				return err
			}
			x, y := transport.Pipe()
			defer x.Close()
			defer y.Close()
			ea, ep := meetOver(a, p, x, y)
			syncs.Add(1)
			if ea != nil {
				return ea
			}
			return ep
		})
	}
	wg.Wait()
	for range 2 {
		for _, p := range peers {
			meets(t, a, p)
		}
	}
	same(t, peers[0], peers[1])
	m := peers[0].Doc().View().Map("acked")
	for n := range edits.Load() {
		if !m.Get(fmt.Sprint(n + 1)).Exists() {
			t.Errorf("edit %d is lost", n+1)
		}
	}
	t.Logf("%d edits, %d reads, %d syncs; a text of %d letters", edits.Load(), reads.Load(), syncs.Load(), len(text(a)))
	if edits.Load() < 30 || syncs.Load() < 4 {
		t.Error("less than promised")
	}
}

// TestPanics: a panic of an edit reaches the caller, and the replica goes on.
func TestPanics(t *testing.T) {
	ctx := context.Background()
	a := newWork(t)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		_ = a.Update(ctx, func(tx *crdt.Tx) error { tx.Text("t").Append("half"); panic("planted") })
	}()
	must(t, a.Update(ctx, app("whole")))
	must(t, a.Save(ctx))
	if text(a) != "whole" {
		t.Errorf("%q", text(a))
	}
	cut, cancel := context.WithCancel(ctx)
	must(t, a.Update(cut, func(tx *crdt.Tx) error { cancel(); tx.Put("late", 1); return nil })) // too late to stop it
	wants(t, "edit after the context's end", a.Update(cut, app("no")), context.Canceled)
	wants(t, "save after the context's end", a.Save(cut), context.Canceled)
	must(t, a.Update(ctx, app(".")))
	if text(a) != "whole." {
		t.Errorf("%q", text(a))
	}
}
