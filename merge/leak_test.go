package merge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// heap is how many bytes are in use once all garbage has gone, that of pools too.
func heap() int64 {
	var m runtime.MemStats
	for range 3 {
		runtime.GC()
	}
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// visits are ways in which somebody who has nothing comes to a work, and how each
// ends.
var visits = []struct {
	name  string
	whole bool // the visitor must have it
	visit func(t *testing.T, v *visitor) error
}{
	{"sync", true, func(t *testing.T, v *visitor) error { return v.rep.Sync(context.Background(), v.conn) }},
	{"sync, hung up by the visitor", false, func(t *testing.T, v *visitor) error {
		return v.rep.Sync(context.Background(), v.until(v.conn, func() { v.conn.Close() }))
	}},
	{"sync, cancelled by the visitor", false, func(t *testing.T, v *visitor) error {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		return v.rep.Sync(ctx, v.until(v.conn, cancel))
	}},
	{"sync, cancelled by the host", false, func(t *testing.T, v *visitor) error {
		return v.rep.Sync(context.Background(), v.until(v.conn, v.cancel))
	}},
	{"follow", true, func(t *testing.T, v *visitor) error {
		return v.follow(v.conn, func() { waitFor(t, func() bool { return text(v.rep) == text(v.of) }) })
	}},
	{"follow, hung up by the host", false, func(t *testing.T, v *visitor) error {
		cut := make(chan struct{})
		over := sync.OnceFunc(func() { v.cancel(); close(cut) })
		return v.follow(v.until(v.conn, over), func() {
			waitFor(t, func() bool {
				select {
				case <-cut:
					return true
				default: // it had the work in fewer messages
					return text(v.rep) == text(v.of)
				}
			})
		})
	}},
	{"a session that nobody drives on", false, func(t *testing.T, v *visitor) error {
		s, err := merge.NewSession(v.of.Doc())
		if err == nil {
			s.Next(time.Now())
		}
		return err
	}},
}

// visitor is one visit.
type visitor struct {
	of     *merge.Replica // what is visited
	repo   *merge.Repo
	rep    *merge.Replica // the visitor's
	conn   transport.Conn
	cancel func() // ends Serve
	after  int    // how many messages the visit lasts
	cut    bool   // it ended then
}

// until has f called after so many messages.
func (v *visitor) until(c transport.Conn, f func()) transport.Conn {
	left := make(chan int, 1)
	left <- v.after
	return &countdown{c, left, func() { v.cut = true; f() }, v.after%2 == 0}
}

// follow follows over one connection while f runs.
func (v *visitor) follow(c transport.Conn, f func()) error {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	dial := func(ctx context.Context) (transport.Conn, error) {
		if err := ctx.Err(); c == nil || err != nil {
			return nil, fmt.Errorf("one connection is all there is: %w", net.ErrClosed)
		}
		one := c
		c = nil
		return one, nil
	}
	go func() { done <- v.repo.Follow(ctx, dial, merge.Batch(time.Millisecond)) }()
	f()
	cancel()
	return <-done
}

// TestSessionsLeakNothing: a thousand visitors come, each new, over a pipe or a stream,
// and are dropped, most in the middle of something. Then no goroutine is left of them,
// nothing on the heap, and no replica open.
func TestSessionsLeakNothing(t *testing.T) {
	ctx := context.Background()
	sessions := 1000
	if testing.Short() {
		sessions = 200
	}
	_, a := found(t, store.Memory(), "ann")
	r := rand.New(rand.NewPCG(1, 2))
	for k := range 8 {
		must(t, a.Update(ctx, put(0, words(r, 4000))))
		if k%2 == 0 {
			must(t, a.Save(ctx))
		}
	}
	host := open(t, store.Memory(), "host")
	h, err := host.Join(ctx, a.Doc().ID())
	must(t, err)
	meets(t, a, h)
	done, cut := make([]int, len(visits)), 0
	come := func(n int) {
		for k := range n {
			v := &visitor{of: h, after: 1 + r.IntN(12), repo: open(t, store.Memory(), fmt.Sprint(k))}
			v.rep, err = v.repo.Join(ctx, a.Doc().ID())
			must(t, err)
			x, y := transport.Pipe()
			if k%2 == 0 {
				p, q := net.Pipe()
				x, y = transport.Stream(p), transport.Stream(q)
			}
			served, cancel := context.WithCancel(ctx)
			v.conn, v.cancel = x, cancel
			left := make(chan error, 1)
			go func() { left <- host.Serve(served, y, everything) }()
			kind := visits[k%len(visits)]
			err := kind.visit(t, v)
			x.Close()
			if e := <-left; kind.whole {
				must(t, err)
				must(t, e)
				same(t, v.rep, h)
			}
			cancel()
			must(t, v.repo.Close())
			done[k%len(visits)]++
			if v.cut {
				cut++
			}
		}
	}
	come(5 * len(visits)) // what is made once
	baseline, before := runtime.NumGoroutine(), heap()
	clear(done)
	cut = 0
	come(sessions)
	settled(t, baseline)
	grown := heap() - before
	t.Logf("%d sessions of %d kinds, %d cut in the middle; the heap grew by %d bytes of %d", sessions, len(visits), cut, grown, before)
	if grown > 256<<10 { // a visitor that is kept takes more than 32 KiB
		t.Errorf("the heap grew by %d bytes, %d a session", grown, grown/int64(sessions))
	}
	for k, n := range done {
		if n < sessions/len(visits) {
			t.Errorf("%s: only %d", visits[k].name, n)
		}
	}
	if cut < sessions/3 {
		t.Errorf("only %d were cut in the middle", cut)
	}
	must(t, h.Close())
	wants(t, "a close too many: the visitors have closed theirs", h.Close(), merge.ErrClosed)
	runtime.KeepAlive(a)
}

// words are so many random letters, which cannot be compressed well.
func words(r *rand.Rand, n int) string {
	b := make([]byte, n)
	for k := range b {
		b[k] = byte('a' + r.IntN(26))
	}
	return string(b)
}
