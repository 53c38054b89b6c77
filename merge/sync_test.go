package merge_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// TestTCP syncs over a real connection, three times over the same one: whoever
// returns has not eaten what the next use begins with.
func TestTCP(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	_, a := found(t, store.Memory(), "ann")
	for k := range 300 {
		must(t, a.Update(ctx, put(0, fmt.Sprint(k))))
		if k%10 == 0 {
			must(t, a.Save(ctx))
		}
	}
	b := joined(t, "ben", a)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	dialled, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	accepted, err := l.Accept()
	must(t, err)
	x, y := transport.Stream(dialled), transport.Stream(accepted)
	defer x.Close()
	defer y.Close()
	for k := range 3 {
		ea, eb := both(func() error {
			for range 5 {
				if err := a.Sync(ctx, x); err != nil {
					return err
				}
				if err := a.Update(ctx, app("a")); err != nil {
					return err
				}
			}
			return a.Sync(ctx, x)
		}, func() error {
			for range 5 {
				if err := b.Sync(ctx, y); err != nil {
					return err
				}
				if err := b.Update(ctx, app("b")); err != nil {
					return err
				}
			}
			return b.Sync(ctx, y)
		})
		must(t, ea)
		must(t, eb)
		same(t, a, b)
		if k == 1 { // nothing is left on the way
			must(t, x.Send(ctx, []byte("next use")))
			msg, err := y.Receive(ctx)
			must(t, err)
			if string(msg) != "next use" {
				t.Errorf("%q", msg)
			}
		}
	}
}

// chopped is a byte stream of which every read and write is of a few bytes.
type chopped struct {
	io.ReadWriteCloser
	n int
}

func (c *chopped) Read(b []byte) (int, error) {
	c.n = c.n%7 + 1
	return c.ReadWriteCloser.Read(b[:min(len(b), c.n)])
}

// TestChopped syncs through streams that deliver one to seven bytes at a time, and
// cannot be given a deadline.
func TestChopped(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	b := joined(t, "ben", a)
	x, y := net.Pipe()
	cx, cy := transport.Stream(&chopped{ReadWriteCloser: x}), transport.Stream(&chopped{ReadWriteCloser: y})
	for k := range 4 {
		for i := range 50 {
			must(t, a.Update(ctx, app(fmt.Sprint(k, i))))
			must(t, a.Save(ctx))
		}
		ea, eb := meetOver(a, b, cx, cy)
		must(t, ea)
		must(t, eb)
		same(t, a, b)
		must(t, b.Update(ctx, app("ben")))
	}
	must(t, cx.Close())
	must(t, cy.Close())
}

// TestLag: a peer that knows nothing, one that lags by one change, two that lag
// behind each other, and two that are equal.
func TestLag(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	b := joined(t, "ben", a)
	for k := range 200 {
		must(t, a.Update(ctx, app(fmt.Sprint(k))))
		must(t, a.Save(ctx))
	}
	meets(t, a, b)
	meets(t, b, a)
	must(t, a.Update(ctx, app("one more")))
	meets(t, b, a)
	must(t, a.Update(ctx, app("a")))
	must(t, b.Update(ctx, app("b")))
	meets(t, b, a)
	c := joined(t, "cem", a)
	meets(t, c, b)
	must(t, c.Update(ctx, app("c")))
	meets(t, c, a)
	meets(t, a, b)
	same(t, b, c)
}

// TestForkedKey: one key that has written in two stores, which no keyring allows.
// Both branches arrive, the proof is there, and each side goes on with a new key.
func TestForkedKey(t *testing.T) {
	ctx := context.Background()
	sa, sb := store.Memory(), store.Memory()
	ra, err := merge.Open(ctx, sa, oneKey("ann"))
	must(t, err)
	a, err := ra.Create(ctx)
	must(t, err)
	rb, err := merge.Open(ctx, sb, oneKey("ann"))
	must(t, err)
	b, err := rb.Join(ctx, a.Doc().ID())
	must(t, err)
	c := joined(t, "cem", a)
	meets(t, a, c)
	_, err = b.Doc().Apply(since(t, c)) // so that b's key is the one that goes on with the genesis
	must(t, err)
	wants(t, "edit with a key that has written elsewhere", b.Update(ctx, app("b")), crdt.ErrKey)
	must(t, b.Save(ctx))
	must(t, rb.Close())
	rb, err = merge.Open(ctx, sb, oneKey("ann"))
	must(t, err)
	b, err = rb.Open(ctx, a.Doc().ID())
	must(t, err)
	for k := range 20 {
		must(t, a.Update(ctx, app("a")))
		must(t, a.Save(ctx))
		if k%2 == 0 {
			must(t, b.Update(ctx, app("b")))
			must(t, b.Save(ctx))
		}
	}
	meets(t, a, c)
	meets(t, b, c)
	meets(t, a, b)
	same(t, a, c)
	forks := 0
	for range c.Doc().Evidence() {
		forks++
	}
	if forks == 0 {
		t.Error("no evidence of the fork")
	}
	wants(t, "edit after the fork is known", a.Update(ctx, app("x")), crdt.ErrKey)
	must(t, a.Doc().Rekey(newKey("ann, new")))
	must(t, a.Update(ctx, app("again")))
	meets(t, a, b)
}

// since is everything that a replica has.
func since(t testing.TB, r *merge.Replica) crdt.Batch {
	t.Helper()
	b, err := r.Doc().Since(crdt.Version{})
	must(t, err)
	return b
}

// TestThirdPeer: what waits for a change that a peer does not have stays out, and
// comes in when a third peer brings that.
func TestThirdPeer(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	b := joined(t, "ben", a)
	meets(t, a, b)
	c, d := joined(t, "cem", a), joined(t, "dora", a)
	meets(t, a, c)
	meets(t, a, d)
	must(t, a.Update(ctx, app("one")))
	meets(t, a, b)
	must(t, b.Update(ctx, app(", two")))
	must(t, b.Save(ctx))
	all := since(t, b)
	_, err := c.Doc().Apply(all.Slice(all.Len()-1, all.Len()).From("a thief"))
	must(t, err)
	meets(t, c, d)
	if text(c) != "" {
		t.Errorf("%q is shown without what it stands on", text(c))
	}
	n := 0
	for _, why := range c.Doc().Pending() {
		if n++; !errors.Is(why, crdt.ErrMissing) {
			t.Errorf("waits for %v", why)
		}
	}
	if n != 1 {
		t.Errorf("%d changes wait", n)
	}
	meets(t, c, a) // who has only what was missing
	if text(c) != "one, two" {
		t.Errorf("%q", text(c))
	}
	meets(t, d, c)
	meets(t, d, b)
	same(t, c, b)
}

// TestPartial: a replica over its quota, whose owner may still fetch all of it
// elsewhere later, ends in part on both sides, and changes nothing that it had.
func TestPartial(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("small")))
	st := store.Memory()
	r, err := merge.Open(ctx, st, keyFor("ben"), crdt.MaxBytes(4000))
	must(t, err)
	b, err := r.Join(ctx, a.Doc().ID())
	must(t, err)
	meets(t, a, b)
	must(t, a.Update(ctx, app(fmt.Sprintf("%5000d", 1))))
	must(t, a.Save(ctx))
	must(t, b.Update(ctx, put(0, "b")))
	for range 2 {
		ea, eb := meet(t, a, b)
		wants(t, "with a full replica", ea, merge.ErrPartial)
		wants(t, "of a full replica", eb, merge.ErrPartial)
	}
	if text(b) != "bsmall" || len(text(a)) != len("bsmall")+5000 {
		t.Errorf("%q, %d bytes", text(b), len(text(a)))
	}
	must(t, r.Close())
	_, b = openWork(t, st, "ben", a.Doc().ID()) // without the quota
	meets(t, a, b)
}

// TestOtherWork: neither side goes on, and the connection can be used again.
func TestOtherWork(t *testing.T) {
	a, b := newWork(t), newWork(t)
	x, y := transport.Pipe()
	ea, eb := meetOver(a, b, x, y)
	wants(t, "other work", ea, merge.ErrForeign)
	wants(t, "other work", eb, merge.ErrForeign)
	c := joined(t, "cem", a)
	ea, ec := meetOver(a, c, x, y)
	must(t, ea)
	must(t, ec)
	same(t, a, c)
}

// countdown is a connection that cancels a context when it is used for the n-th
// time, before or after.
type countdown struct {
	transport.Conn
	n      chan int
	cancel func()
	after  bool
}

func (c *countdown) tick() (now bool) {
	k := <-c.n - 1
	c.n <- k
	return k == 0
}

func (c *countdown) Send(ctx context.Context, msg []byte) error {
	now := c.tick()
	if now && !c.after {
		c.cancel()
	}
	err := c.Conn.Send(ctx, msg)
	if now {
		c.cancel()
	}
	return err
}

func (c *countdown) Receive(ctx context.Context) ([]byte, error) {
	now := c.tick()
	if now && !c.after {
		c.cancel()
	}
	msg, err := c.Conn.Receive(ctx)
	if now {
		c.cancel()
	}
	return msg, err
}

// TestCancelled cancels one side at each of its messages, before and after it, over
// a pipe and over a stream. Both sides return soon, no goroutine is left, and a new
// connection brings both together.
func TestCancelled(t *testing.T) {
	ctx := context.Background()
	baseline := runtime.NumGoroutine()
	cancelled := 0
	for _, after := range []bool{false, true} {
		for _, stream := range []bool{false, true} {
			_, a := found(t, store.Memory(), "ann")
			b := joined(t, "ben", a)
			for n := 1; ; n++ {
				for k := range 30 {
					must(t, a.Update(ctx, app(fmt.Sprintf("%4000d", k))))
					must(t, a.Save(ctx))
				}
				if n > 1 {
					must(t, b.Update(ctx, put(0, "b")))
				}
				x, y := transport.Pipe()
				if stream {
					p, q := net.Pipe()
					x, y = transport.Stream(p), transport.Stream(q)
				}
				cut, cancel := context.WithCancel(ctx)
				left := make(chan int, 1)
				left <- n
				begun := time.Now()
				ea, eb := both(
					func() error { return a.Sync(cut, &countdown{x, left, cancel, after}) },
					func() error { return b.Sync(ctx, y) })
				hit := cut.Err() != nil
				cancel()
				if d := time.Since(begun); d > 10*time.Second {
					t.Fatalf("message %d: %v", n, d)
				}
				if hit {
					cancelled++
				}
				if ea != nil {
					wants(t, "the cancelled side", ea, context.Canceled)
					if eb == nil && !hit {
						t.Errorf("message %d: %v, %v", n, ea, eb)
					}
				}
				x.Close()
				y.Close()
				if len(text(a)) == 0 {
					t.Fatal("nothing left")
				}
				meets(t, a, b)
				if !hit {
					must(t, ea)
					must(t, eb)
					break
				}
			}
		}
	}
	settled(t, baseline)
	t.Logf("%d cancelled", cancelled)
	if cancelled < 40 {
		t.Errorf("only %d", cancelled)
	}
}

// TestStoreFailsDuringSync: the side whose store fails says so, the other learns of
// it, and neither waits.
func TestStoreFailsDuringSync(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("words")))
	st := faultyStore()
	r := open(t, st, "ben")
	b, err := r.Join(ctx, a.Doc().ID())
	must(t, err)
	st.Fail(0, false)
	begun := time.Now()
	ea, eb := meet(t, a, b)
	wants(t, "of the failing store", eb, merge.ErrStore)
	wants(t, "with the failing store", ea, merge.ErrPeer)
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("%v", d)
	}
}

// stalled is a connection that waits before it receives for the third time.
type stalled struct {
	transport.Conn
	n    *int
	hold chan struct{}
}

func (c stalled) Receive(ctx context.Context) ([]byte, error) {
	if *c.n++; *c.n == 3 {
		<-c.hold
	}
	return c.Conn.Receive(ctx)
}

// TestClosedDuringSync closes a replica in the middle of a sync and opens the work
// again: what the old sync still brings does not touch the store, in which the new
// replica writes.
func TestClosedDuringSync(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	st := store.Memory()
	r := open(t, st, "ben")
	b, err := r.Join(ctx, a.Doc().ID())
	must(t, err)
	meets(t, a, b)
	for range 40 { // in several messages
		must(t, a.Update(ctx, app(fmt.Sprint(rand.Perm(2000)))))
		must(t, a.Save(ctx))
	}
	x, y := transport.Pipe()
	hold := make(chan struct{})
	var c *merge.Replica
	go func() {
		time.Sleep(20 * time.Millisecond)
		defer close(hold)
		must(t, b.Close())
		c, err = r.Open(ctx, a.Doc().ID())
		must(t, err)
		must(t, c.Update(ctx, app("new")))
	}()
	ea, eb := meetOver(a, b, x, stalled{y, new(int), hold})
	wants(t, "a sync of a closed replica", eb, merge.ErrClosed)
	wants(t, "a sync with it", ea, merge.ErrPeer)
	must(t, st.Close()) // without saving
	_, c = openWork(t, st, "ben", a.Doc().ID())
	if text(c) != "new" {
		t.Errorf("%d bytes of text", len(text(c)))
	}
	meets(t, a, c)
}

// TestSession drives two sessions by hand, with a clock of their own: what is open
// leaves signed, also when it was edited after the session began.
func TestSession(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, a.Update(put(0, "open")))
	b, err := crdt.Join(newKey("ben"), a.ID())
	must(t, err)
	now := time.Unix(1_700_000_000, 0)
	sa, err := merge.NewSession(a, merge.SessionSource("ben"))
	must(t, err)
	sb, err := merge.NewSession(b)
	must(t, err)
	talk := func() {
		for quiet := false; !quiet; {
			quiet = true
			for _, end := range [2][2]*merge.Session{{sa, sb}, {sb, sa}} {
				msg, _ := end[0].Next(now)
				if msg != nil {
					quiet = false
					must(t, end[1].Receive(now, msg))
				}
			}
		}
	}
	for k := range 5 {
		talk()
		if !sa.InSync() || !sb.InSync() || sa.Status().State != merge.InSync {
			t.Fatalf("round %d: %v %v", k, sa.Status(), sb.Status())
		}
		if a.Heads() != b.Heads() || a.View().Text("t").String() != b.View().Text("t").String() {
			t.Fatalf("round %d: %v %v", k, a.Heads(), b.Heads())
		}
		must(t, b.Update(app("b"))) // live: it is sent at the next Next
		must(t, a.Update(app("a")))
		now = now.Add(time.Second)
	}
	wants(t, "garbage", sa.Receive(now, []byte{99}), merge.ErrPeer)
	if sa.Status().State != merge.Failed {
		t.Error(sa.Status())
	}
}

// TestSessionReadOnly: whoever lets a peer only read gives what it has and takes
// nothing.
func TestSessionReadOnly(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, a.Update(app("a")))
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	must(t, a.Update(app("more")))
	must(t, b.Update(app("b")))
	sa, err := merge.NewSession(a, merge.SessionReadOnly())
	must(t, err)
	sb, err := merge.NewSession(b)
	must(t, err)
	now := time.Unix(1_700_000_000, 0)
	for range 20 {
		for _, end := range [2][2]*merge.Session{{sa, sb}, {sb, sa}} {
			if msg, _ := end[0].Next(now); msg != nil {
				must(t, end[1].Receive(now, msg))
			}
		}
		now = now.Add(time.Second)
	}
	want := a.Heads()
	if _, err := b.At(want); err != nil {
		t.Errorf("the reader lacks something: %v", err)
	}
	if a.Heads() != want || a.Heads() == b.Heads() || sa.InSync() {
		t.Errorf("a is at %s, b at %s", a.Heads(), b.Heads())
	}
}

// cut is a connection that ends after so many messages.
type cut struct {
	transport.Conn
	left *int
}

func (c cut) Receive(ctx context.Context) ([]byte, error) {
	if *c.left--; *c.left < 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return c.Conn.Receive(ctx)
}

// TestSyncCut: a connection that ends in the middle of much that comes leaves what has
// come in the store, and the next one goes on from there.
func TestSyncCut(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	rng := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		word := make([]byte, 10_000)
		for k := range word {
			word[k] = byte('a' + rng.IntN(26))
		}
		must(t, a.Update(ctx, app(string(word))))
		must(t, a.Save(ctx))
	}
	st := store.Memory()
	b, err := open(t, st, "ben").Join(ctx, a.Doc().ID())
	must(t, err)
	x, y := transport.Pipe()
	left := 9
	_, eb := meetOver(a, b, x, cut{y, &left})
	if !errors.Is(eb, io.ErrUnexpectedEOF) {
		t.Fatal(eb)
	}
	had := text(b)
	if len(had) < 50_000 || len(had) > 350_000 {
		t.Fatalf("%d bytes have come", len(had))
	}
	_, b = again(t, st, "ben", b)
	if text(b) != had {
		t.Fatalf("of %d bytes that had come %d are stored", len(had), len(text(b)))
	}
	sum := merge.Progress{}
	x, y = transport.Pipe()
	ea, eb := both(func() error { return a.Sync(ctx, x) }, func() error { return b.Sync(ctx, y, merge.OnProgress(func(p merge.Progress) { sum = p })) })
	must(t, ea)
	must(t, eb)
	same(t, a, b)
	if got, want := sum.Received.Bytes, uint64(2*(400_000-len(had))); got > want {
		t.Errorf("%d bytes for %d that were lacking", got, 400_000-len(had))
	}
}
