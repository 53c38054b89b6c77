package merge_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/store"
)

// TestDurable: who asks for what is durable is told at once, after a pause of what is
// edited, of what arrives, of the last of several changes that it was too slow for,
// and no more once the replica is closed or the context has ended. What it is told is
// in the store.
func TestDurable(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		st := store.Memory()
		_, a := found(t, st, "ann")
		must(t, a.Update(ctx, app("open when it begins")))
		heads, ended := make(chan crdt.Version), make(chan struct{}, 2)
		watch := func(ctx context.Context) {
			defer func() { ended <- struct{}{} }()
			for v := range a.Durable(ctx, time.Second) {
				select {
				case heads <- v:
				case <-t.Context().Done(): // the test has failed
				}
			}
		}
		go watch(ctx)
		founded := a.Doc().Heads()
		if got := <-heads; got != founded || got.IsZero() {
			t.Fatalf("at first %v, want %v", got, founded)
		}
		next := func(what string) {
			t.Helper()
			var got crdt.Version
			select {
			case got = <-heads:
			case <-time.After(time.Minute):
				t.Fatalf("%s: told of nothing", what)
			}
			if got != a.Doc().Heads() || got == founded || a.Doc().View().Open() {
				t.Fatalf("%s: told of %v, the heads are %v", what, got, a.Doc().Heads())
			}
			founded = got
			n := 0
			for seg, err := range st.Load(ctx, a.Doc().ID()) {
				must(t, err)
				n += len(seg.Changes)
			}
			if n == 0 {
				t.Fatalf("%s: told of what is not stored", what)
			}
			synctest.Wait()
			select {
			case v := <-heads:
				t.Fatalf("%s: told again, of %v", what, v)
			default:
			}
		}
		next("what was open")
		began := time.Now()
		for range 3 { // a pause after the last of them, and no sooner
			must(t, a.Update(ctx, app("x")))
			time.Sleep(time.Second / 2)
		}
		next("typing")
		if took := time.Since(began); took != 2*time.Second {
			t.Fatalf("it took %v", took)
		}
		ben := open(t, store.Memory(), "ben")
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		meets(t, a, b)
		must(t, b.Update(ctx, app("from ben")))
		meets(t, a, b)
		next("what arrives")
		for range 3 {
			must(t, a.Update(ctx, app("y")))
			must(t, a.Save(ctx))
			synctest.Wait() // it waits in heads with the first
		}
		<-heads
		next("the last of several")
		cancel()
		<-ended
		go watch(t.Context())
		if got := <-heads; got != a.Doc().Heads() {
			t.Fatalf("a second watch: %v", got)
		}
		must(t, a.Close())
		<-ended
		for range a.Durable(context.Background(), time.Second) {
			t.Fatal("a replica that is closed told of something")
		}
	})
}
