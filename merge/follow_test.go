package merge_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// hub is a server in memory that is dialled.
type hub struct {
	t      *testing.T
	repo   *merge.Repo
	allow  merge.Policy
	refuse error // what a dialler is told

	mu     sync.Mutex
	open   []transport.Conn // the ends of the dialler
	dials  []time.Time
	served sync.WaitGroup
	ends   []error // of Serve
}

// everything lets every peer do everything.
func everything(context.Context, crdt.Author, cid.Cid) merge.Access { return merge.Host }

// newHub makes a server.
func newHub(t *testing.T) *hub {
	t.Helper()
	return &hub{t: t, repo: open(t, store.Memory(), "host"), allow: everything}
}

// dial is its transport.Dialer.
func (h *hub) dial(context.Context) (transport.Conn, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dials = append(h.dials, time.Now())
	if h.refuse != nil {
		return nil, h.refuse
	}
	x, y := transport.Pipe()
	h.open = append(h.open, x)
	h.served.Go(func() {
		err := h.repo.Serve(context.Background(), y, func(ctx context.Context, peer crdt.Author, work cid.Cid) merge.Access {
			return h.allow(ctx, peer, work)
		})
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ends = append(h.ends, err)
	})
	return x, nil
}

// cut cuts all connections.
func (h *hub) cut() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.open {
		c.Close()
	}
	h.open = nil
}

// close waits until nobody is served, and closes the repo.
func (h *hub) close() {
	h.t.Helper()
	h.cut()
	h.served.Wait()
	must(h.t, h.repo.Close())
}

// replica opens a work at the hub.
func (h *hub) replica(of *merge.Replica) *merge.Replica {
	h.t.Helper()
	r, err := h.repo.Open(context.Background(), of.Doc().ID())
	must(h.t, err)
	return r
}

// follow has a repo follow the hub until the function it returns is called.
func (h *hub) follow(r *merge.Repo, opts ...merge.FollowOption) (end func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Follow(ctx, h.dial, opts...) }()
	return func() error { cancel(); return <-done }
}

// bubble runs a test in a bubble, in which time passes when everybody waits. What is
// made in one, such as a compressor that is kept for later, must not be used outside,
// nor the other way round: collecting garbage twice empties the pools.
func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	empty := func() { runtime.GC(); runtime.GC() }
	empty()
	defer empty()
	synctest.Test(t, f)
}

// soon lets time pass, which in a bubble costs none.
func soon() { time.Sleep(3 * time.Second); synctest.Wait() }

// TestFollow: two people follow one server. What either edits reaches the other, in
// works that were open when they began and in works that were opened later; a work
// that is closed is followed no more, and one that is opened again is.
func TestFollow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		ben := open(t, store.Memory(), "ben")
		endAnn, endBen := h.follow(ann), h.follow(ben)
		must(t, a.Update(ctx, app("knead")))
		soon()
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		soon()
		same(t, a, b)
		if text(b) != "knead" {
			t.Fatalf("%q", text(b))
		}
		for k := range 20 {
			must(t, a.Update(ctx, put(0, "a")))
			must(t, b.Update(ctx, app("b")))
			if k%5 == 4 {
				soon()
				same(t, a, b)
				same(t, h.replica(a), b)
			}
		}
		other, err := ann.Create(ctx, crdt.Title("Cake"))
		must(t, err)
		must(t, other.Update(ctx, app("whisk")))
		c, err := ben.Join(ctx, other.Doc().ID())
		must(t, err)
		must(t, b.Close())
		must(t, a.Update(ctx, app("not seen")))
		soon()
		same(t, other, c)
		if text(b) == text(a) {
			t.Error("a work that is closed was followed")
		}
		b, err = ben.Open(ctx, a.Doc().ID())
		must(t, err)
		soon()
		same(t, a, b)
		must(t, b.Update(ctx, app("at the very end")))
		must(t, endBen()) // which brings it away
		soon()
		same(t, a, b)
		must(t, endAnn())
		if n := len(h.dials); n != 2 {
			t.Errorf("%d connections", n)
		}
		must(t, ann.Close())
		must(t, ben.Close())
		h.close()
		for _, err := range h.ends {
			must(t, err)
		}
	})
}

// TestReconnect: who cannot connect, or is cut off, tries again after pauses that
// double up to a minute, less up to half by chance; edits made meanwhile arrive then.
// The same source of chance gives the same pauses.
func TestReconnect(t *testing.T) {
	pauses := func(seed uint64) (all []time.Duration) {
		bubble(t, func(t *testing.T) {
			ctx := context.Background()
			h := newHub(t)
			ann, a := found(t, store.Memory(), "ann")
			h.refuse = errors.New("out of service")
			var told []time.Duration
			end := h.follow(ann, merge.FollowRand(rand.NewChaCha8([32]byte{byte(seed)})), merge.OnStatus(func(s merge.FollowStatus) {
				if s.Retry > 0 {
					told = append(told, s.Retry)
				}
			}))
			time.Sleep(12 * time.Minute)
			synctest.Wait()
			for k := 1; k < len(h.dials); k++ {
				all = append(all, h.dials[k].Sub(h.dials[k-1]))
			}
			if !slices.Equal(all, told[:len(all)]) {
				t.Errorf("paused %v, told %v", all, told)
			}
			must(t, a.Update(ctx, app("written offline")))
			h.mu.Lock()
			h.refuse = nil
			h.mu.Unlock()
			time.Sleep(time.Minute)
			soon()
			same(t, a, h.replica(a))
			for range 5 {
				h.cut()
				must(t, a.Update(ctx, app(", cut off")))
				time.Sleep(20 * time.Second)
				synctest.Wait()
				same(t, a, h.replica(a))
			}
			must(t, end())
			h.close()
			must(t, ann.Close())
		})
		return all
	}
	all := pauses(1)
	if len(all) < 10 {
		t.Fatalf("only %d tries", len(all))
	}
	for k, d := range all {
		longest := min(time.Minute, 500*time.Millisecond<<k)
		if d > longest || d < longest/2 {
			t.Errorf("pause %d is %v, want up to %v", k, d, longest)
		}
	}
	if !slices.Equal(all, pauses(1)) {
		t.Error("one source of chance, other pauses")
	}
	if slices.Equal(all, pauses(2)) {
		t.Error("another source of chance, the same pauses")
	}
}

// TestIdle: a connection on which nothing happens for days stays, and works after
// that; a peer that falls silent is left after two minutes.
func TestIdle(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann := open(t, store.Memory(), "ann")
		end := h.follow(ann)
		time.Sleep(48 * time.Hour) // without a work
		a, err := ann.Create(ctx)
		must(t, err)
		must(t, a.Update(ctx, app("one")))
		soon()
		same(t, a, h.replica(a))
		time.Sleep(48 * time.Hour) // with one
		must(t, a.Update(ctx, app("two")))
		soon()
		same(t, a, h.replica(a))
		if n := len(h.dials); n != 1 {
			t.Errorf("%d connections", n)
		}
		must(t, end())
		h.close()

		var dials []time.Time
		var errs []error
		silent, stop := context.WithCancel(ctx)
		done := make(chan error)
		go func() {
			done <- ann.Follow(silent, func(context.Context) (transport.Conn, error) {
				dials = append(dials, time.Now())
				x, y := transport.Pipe()
				go func() { // it hears and says nothing
					for err := error(nil); err == nil; {
						_, err = y.Receive(ctx)
					}
				}()
				return x, nil
			}, merge.OnStatus(func(s merge.FollowStatus) { errs = append(errs, s.Err) }))
		}()
		time.Sleep(5 * time.Minute)
		stop()
		must(t, <-done)
		if len(dials) < 2 || dials[1].Sub(dials[0]) < 2*time.Minute || dials[1].Sub(dials[0]) > 3*time.Minute {
			t.Errorf("dialled at %v", dials)
		}
		wants(t, "silence", errs[0], merge.ErrPeer)
		must(t, ann.Close())
	})
}

// deaf is a connection that receives only so many messages.
type deaf struct {
	transport.Conn
	left *int
}

func (c deaf) Receive(ctx context.Context) ([]byte, error) {
	if *c.left--; *c.left < 0 {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return c.Conn.Receive(ctx)
}

// TestSlowReader: a peer that does not read any more does not keep anybody from
// editing; it is left a minute after the connection takes no more, though it says that
// it is there. What others get does not wait for it. It has lost frames and nothing else:
// when it comes again it gets what it lacks.
func TestSlowReader(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		must(t, a.Update(ctx, app("begun")))
		end := h.follow(ann)
		soon()
		ben := open(t, store.Memory(), "ben")
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		slow, stop := context.WithCancel(ctx)
		done := make(chan error, 1)
		first := true
		go func() {
			done <- ben.Follow(slow, func(ctx context.Context) (transport.Conn, error) {
				if !first {
					return nil, errors.New("not again")
				}
				first = false
				c, err := h.dial(ctx)
				left := 10
				return deaf{c, &left}, err
			})
		}()
		soon()
		same(t, a, b)
		begun := time.Now()
		for range 200 {
			must(t, a.Update(ctx, app(fmt.Sprintf("%9000d", 1))))
			time.Sleep(500 * time.Millisecond)
		}
		soon()
		same(t, a, h.replica(a))
		h.mu.Lock()
		if len(h.ends) != 1 {
			t.Errorf("it was kept for %v", time.Since(begun))
		} else {
			wants(t, "a peer that does not read", h.ends[0], merge.ErrPeer)
		}
		h.mu.Unlock()
		stop()
		must(t, <-done)
		if text(b) == text(a) {
			t.Error("it has heard everything")
		}
		again := h.follow(ben) // and reads now: what it did not hear comes then
		soon()
		same(t, a, b)
		must(t, again())
		must(t, end())
		must(t, ann.Close())
		must(t, ben.Close())
		h.close()
	})
}

// TestBatch: edits that follow each other are one change, until there is a pause, or
// eight times as long.
func TestBatch(t *testing.T) {
	for _, c := range []struct {
		every, pause time.Duration
		edits        int
		least, most  int // changes that they become
	}{
		{50 * time.Millisecond, 0, 200, 4, 7}, // 10 s of typing, sealed every 2 s
		{50 * time.Millisecond, 10 * time.Millisecond, 200, 200, 200},
		{time.Second, 0, 20, 20, 20},
		{time.Second, time.Minute, 100, 1, 1},
	} {
		bubble(t, func(t *testing.T) {
			ctx := context.Background()
			h := newHub(t)
			ann, a := found(t, store.Memory(), "ann")
			var opts []merge.FollowOption
			if c.pause > 0 {
				opts = append(opts, merge.Batch(c.pause))
			}
			end := h.follow(ann, opts...)
			soon()
			before := since(t, h.replica(a)).Len()
			for range c.edits {
				must(t, a.Update(ctx, app("x")))
				time.Sleep(c.every)
			}
			time.Sleep(2 * time.Minute)
			synctest.Wait()
			same(t, a, h.replica(a))
			if n := since(t, h.replica(a)).Len() - before; n < c.least || n > c.most {
				t.Errorf("%d edits, one each %v, pause %v: %d changes, want %d to %d", c.edits, c.every, c.pause, n, c.least, c.most)
			}
			must(t, end())
			must(t, ann.Close())
			h.close()
		})
	}
}

// TestFollowPolicy: a work that is denied is asked for again; one that may be read is
// read; what the server allows may change while it is attached. The key that asks is
// the one of the store, and it has proven that.
func TestFollowPolicy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		host, a := h.repo, (*merge.Replica)(nil)
		a, err := host.Create(ctx, crdt.Title("Bread"))
		must(t, err)
		must(t, a.Update(ctx, app("host")))
		var mu sync.Mutex
		access := merge.Deny
		set := func(to merge.Access) { mu.Lock(); defer mu.Unlock(); access = to }
		ben := open(t, store.Memory(), "ben")
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		h.allow = func(_ context.Context, peer crdt.Author, work cid.Cid) merge.Access {
			mu.Lock()
			defer mu.Unlock()
			if peer != b.Doc().Author() || work != a.Doc().ID() {
				t.Errorf("%v asks for %v", peer, work)
			}
			return access
		}
		var last merge.FollowStatus
		end := h.follow(ben, merge.OnStatus(func(s merge.FollowStatus) {
			mu.Lock()
			defer mu.Unlock()
			last = s
			if s.Peer != a.Doc().Author() {
				t.Errorf("the host has proven to be %v", s.Peer)
			}
		}))
		status := func() merge.FollowStatus { mu.Lock(); defer mu.Unlock(); return last }
		soon()
		wants(t, "denied", status().Err, merge.ErrDenied)
		set(merge.Read)
		time.Sleep(5 * time.Minute)
		soon()
		same(t, a, b)
		must(t, b.Update(ctx, app("ben")))
		soon()
		wants(t, "a reader's edits", status().Err, merge.ErrPartial)
		if text(a) != "host" {
			t.Fatalf("%q", text(a))
		}
		set(merge.Write)
		time.Sleep(6 * time.Minute)
		soon()
		same(t, a, b)
		if s := status(); !s.Connected || s.Err != nil || s.Status.State != merge.InSync {
			t.Errorf("%+v", s)
		}
		set(merge.Deny)
		time.Sleep(6 * time.Minute)
		must(t, a.Update(ctx, app("secret")))
		soon()
		wants(t, "denied again", status().Err, merge.ErrDenied)
		if text(b) == text(a) {
			t.Error("it was told all the same")
		}
		must(t, end())
		must(t, ben.Close())
		h.close()
	})
}

// TestAllow: the one who follows has a say too.
func TestAllow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		secret, err := ann.Create(ctx)
		must(t, err)
		must(t, a.Update(ctx, app("one way")))
		end := h.follow(ann, merge.Allow(func(_ context.Context, _ crdt.Author, work cid.Cid) merge.Access {
			if work == secret.Doc().ID() {
				return merge.Deny
			}
			return merge.Read
		}))
		soon()
		there := h.replica(a)
		same(t, a, there)
		must(t, there.Update(ctx, app("back")))
		soon()
		if text(a) != "one way" {
			t.Errorf("%q", text(a))
		}
		_, err = h.repo.Open(ctx, secret.Doc().ID())
		wants(t, "a work that was left out", err, merge.ErrNotFound)
		must(t, end())
		must(t, ann.Close())
		h.close()
	})
}

// TestFollowCycles: two hundred connections that are opened and dropped, at all
// moments, leave no goroutine, and no replica open.
func TestFollowCycles(t *testing.T) {
	ctx := context.Background()
	h := newHub(t)
	ann, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("begun")))
	r := rand.New(rand.NewPCG(1, 2))
	baseline := runtime.NumGoroutine()
	for k := range 200 {
		bounded, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- ann.Follow(bounded, h.dial, merge.Batch(time.Millisecond)) }()
		must(t, a.Update(ctx, app("x")))
		time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
		if k%2 == 0 {
			h.cut()
		}
		cancel()
		must(t, <-done)
	}
	h.cut()
	h.served.Wait()
	settled(t, baseline)
	end := h.follow(ann)
	waitFor(t, func() bool { return h.has(a) })
	must(t, end())
	h.cut()
	h.served.Wait()
	settled(t, baseline)
	must(t, ann.Close())
	must(t, h.repo.Close())
}

// has tells whether the hub holds what a replica holds.
func (h *hub) has(a *merge.Replica) bool {
	r, err := h.repo.Open(context.Background(), a.Doc().ID())
	if err != nil {
		return false
	}
	defer func() { _ = r.Close() }()
	return r.Doc().Heads() == a.Doc().Heads()
}

// waitFor waits until something is so.
func waitFor(t testing.TB, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !so(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it did not come about")
		}
	}
}

// TestFollowEnds: what ends Follow, and what does not.
func TestFollowEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		ann, a := found(t, store.Memory(), "ann")
		must(t, a.Update(ctx, app("a")))
		ended, cancel := context.WithCancel(ctx)
		cancel()
		must(t, ann.Follow(ended, h.dial))
		wants(t, "no chance", ann.Follow(ctx, h.dial, merge.FollowRand(iotestErr{})), errNoChance)
		done := make(chan error, 1)
		go func() { done <- ann.Follow(ctx, h.dial) }()
		soon()
		must(t, ann.Close())
		wants(t, "a closed repo", <-done, merge.ErrClosed)
		wants(t, "following with a closed repo", ann.Follow(ctx, h.dial), merge.ErrClosed)
		h.close()
	})
}

// errNoChance is the error of a source that gives nothing.
var errNoChance = errors.New("nothing is left to chance")

type iotestErr struct{}

func (iotestErr) Read([]byte) (int, error) { return 0, errNoChance }

// TestClosedBeforeAttached: a work that is closed while the peer has not answered yet
// is parted from as soon as it does.
func TestClosedBeforeAttached(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		ann, a := found(t, store.Memory(), "ann")
		x, y := transport.Pipe()
		done := make(chan error, 1)
		go func() {
			done <- ann.Follow(ctx, func(context.Context) (transport.Conn, error) { return x, nil })
		}()
		must(t, y.Send(ctx, openFrame))
		must(t, y.Send(ctx, proofFrame))
		var asked []byte
		for asked == nil {
			msg, err := y.Receive(ctx)
			must(t, err)
			if msg[0] == 0 && msg[1] == 'a' {
				asked = msg
			}
		}
		must(t, a.Close())
		soon()
		must(t, y.Send(ctx, asked))
		for parted := false; !parted; {
			msg, err := y.Receive(ctx)
			must(t, err)
			parted = msg[0] == 1 && msg[1] == 'b'
		}
		cancel()
		y.Close()
		must(t, <-done)
		must(t, ann.Close())
	})
}
