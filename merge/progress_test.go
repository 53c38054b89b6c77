package merge_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// slowed is a connection that carries a message or two a second.
type slowed struct{ transport.Conn }

func (c slowed) Send(ctx context.Context, msg []byte) error {
	time.Sleep(300 * time.Millisecond)
	return c.Conn.Send(ctx, msg)
}

func (c slowed) Receive(ctx context.Context) ([]byte, error) {
	time.Sleep(500 * time.Millisecond)
	return c.Conn.Receive(ctx)
}

// TestProgress: a bar can be drawn. What is done never goes back and never exceeds what
// is expected; at the end both are what went; once changes come, what is expected is
// known exactly, both ways.
func TestProgress(t *testing.T) {
	for _, c := range []struct{ shared, mine, theirs int }{
		{0, 300, 0}, {50, 300, 200}, {100, 0, 300}, {50, 1, 1}, {20, 0, 0},
	} {
		bubble(t, func(t *testing.T) {
			ctx := context.Background()
			_, a := found(t, store.Memory(), "ann")
			write := func(r *merge.Replica, n int) {
				random := rand.New(rand.NewPCG(1, 2))
				for range n {
					must(t, r.Update(ctx, app(fmt.Sprint(random.Perm(200)))))
					must(t, r.Save(ctx))
				}
			}
			b := joined(t, "ben", a)
			write(a, c.shared)
			meets(t, a, b)
			write(a, c.mine)
			if c.theirs > 0 {
				write(b, c.theirs)
			}
			x, y := transport.Pipe()
			var seen []merge.Progress
			ea, eb := both(
				func() error {
					return a.Sync(ctx, slowed{x}, merge.OnProgress(func(p merge.Progress) { seen = append(seen, p) }))
				},
				func() error { return b.Sync(ctx, y) })
			must(t, ea)
			must(t, eb)
			same(t, a, b)
			var last merge.Progress
			for k, p := range seen {
				for _, w := range []struct{ now, before merge.Amount }{{p.Sent, last.Sent}, {p.Received, last.Received}} {
					if w.now.Changes < w.before.Changes || w.now.Bytes < w.before.Bytes {
						t.Errorf("report %d: %+v after %+v", k, w.now, w.before)
					}
					if w.now.Changes > w.now.ChangesExpected || w.now.Changes > 0 && w.now.Bytes > w.now.BytesExpected {
						t.Errorf("report %d: %+v", k, w.now)
					}
				}
				if p.Received.Changes > 0 && p.Sent.Changes > 0 && (p.Received.ChangesExpected != uint64(c.theirs) || p.Sent.ChangesExpected != uint64(c.mine)) {
					t.Errorf("report %d: %+v, want %d and %d", k, p, c.mine, c.theirs)
				}
				last = p
			}
			if last.Sent.Changes != uint64(c.mine) || last.Received.Changes != uint64(c.theirs) ||
				last.Sent.ChangesExpected != uint64(c.mine) || last.Received.ChangesExpected != uint64(c.theirs) {
				t.Errorf("at the end %+v, want %d and %d", last, c.mine, c.theirs)
			}
			if n := c.mine + c.theirs; len(seen) < n/30 {
				t.Errorf("%d reports of %d changes", len(seen), n)
			}
			t.Logf("%d reports, the last %+v", len(seen), last)
		})
	}
}
