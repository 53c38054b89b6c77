package merge_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/commonhold/commonhold/merge/transport"
)

// faultyStore is a memory store that can fail.
func faultyStore() *storetest.Fault { return storetest.Faulty(store.Memory()) }

// Frames that a peer begins with, spelled by hand: open, a proof of nothing, the
// attach of a replica's work to channel 1.
var (
	openFrame  = append([]byte("\x00ocommonhold\x01\x01"), make([]byte, 64)...)
	proofFrame = []byte("\x00q")
)

// attachTo is the frame that attaches the work of a replica.
func attachTo(r *merge.Replica) []byte {
	return append([]byte("\x00a\x01"), r.Doc().ID().Bytes()...)
}

// on1 is a body on channel 1.
func on1(body ...byte) []byte { return append([]byte{1}, body...) }

// TestHostile lets peers of bad will speak to a replica: it ends with the typed
// error in good time, and the document, its heads and its store are as before.
func TestHostile(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	must(t, a.Update(ctx, app("words")))
	must(t, a.Save(ctx))
	b := joined(t, "ben", a)
	real := overheard(t, a, b)
	before, heads, segs := json(t, a), a.Doc().Heads(), since(t, a).Len()
	rng := rand.New(rand.NewPCG(7, 7))
	noise := func(n int) []byte {
		m := make([]byte, n)
		for k := range m {
			m[k] = byte(rng.Uint32())
		}
		return m
	}
	attach := attachTo(a)
	begin := func(more ...[]byte) [][]byte {
		return append([][]byte{openFrame, proofFrame, attach}, more...)
	}
	changed := func(b []byte, at int, to ...byte) []byte {
		b = bytes.Clone(b)
		copy(b[at:], to)
		return b
	}
	type script struct {
		name   string
		msgs   [][]byte
		want   []error
		mirror bool
	}
	peer, late := []error{merge.ErrPeer}, []error{context.DeadlineExceeded}
	scripts := []script{
		{name: "silence", want: late},
		{name: "silence after open", msgs: begin()[:1], want: late},
		{name: "silence after attach", msgs: begin(), want: late},
		{name: "attach without a proof", msgs: [][]byte{openFrame, attach}, want: late},
		{name: "noise for open", msgs: [][]byte{noise(40)}, want: peer},
		{name: "cut open", msgs: [][]byte{openFrame[:60]}, want: peer},
		{name: "long open", msgs: [][]byte{append(bytes.Clone(openFrame), 1)}, want: peer},
		{name: "open of the next version only", msgs: [][]byte{changed(openFrame, 12, 2, 2)}, want: peer},
		{name: "open of no version", msgs: [][]byte{changed(openFrame, 12, 0, 1)}, want: peer},
		{name: "open twice", msgs: [][]byte{openFrame, openFrame}, want: peer},
		{name: "attach before open", msgs: [][]byte{attach}, want: peer},
		{name: "proof before open", msgs: [][]byte{proofFrame}, want: peer},
		{name: "proof twice", msgs: [][]byte{openFrame, proofFrame, proofFrame}, want: peer},
		{name: "proof of a wrong length", msgs: [][]byte{openFrame, append(bytes.Clone(proofFrame), noise(63)...)}, want: peer},
		{name: "session before the proof", msgs: [][]byte{openFrame, attach, real[0][0]}, want: peer},
		{name: "cut attach", msgs: [][]byte{openFrame, proofFrame, attach[:30]}, want: peer},
		{name: "long attach", msgs: [][]byte{openFrame, proofFrame, append(bytes.Clone(attach), noise(70)...)}, want: peer},
		{name: "attach of no work", msgs: [][]byte{openFrame, proofFrame, {0, 'a', 1, 0x55, 1, 2}}, want: peer},
		{name: "attach to another channel", msgs: [][]byte{openFrame, proofFrame, changed(attach, 2, 3)}, want: peer},
		{name: "attach to channel 0", msgs: [][]byte{openFrame, proofFrame, changed(attach, 2, 0)}, want: peer},
		{name: "deny with more", msgs: [][]byte{openFrame, proofFrame, {0, 'd', 1, 1}}, want: peer},
		{name: "deny of what was not asked for", msgs: [][]byte{openFrame, proofFrame, {0, 'd', 2}}, want: peer},
		{name: "deny", msgs: [][]byte{openFrame, proofFrame, {0, 'd', 1}}, want: []error{merge.ErrDenied}},
		{name: "attach twice", msgs: begin(attach), want: peer},
		{name: "deny after attach", msgs: begin([]byte{0, 'd', 1}), want: peer},
		{name: "ping with a load", msgs: begin([]byte{0, '.', 1}), want: peer},
		{name: "pings", msgs: begin([]byte{0, '.'}, []byte{0, '.'}), want: late},
		{name: "a frame of one byte", msgs: begin([]byte{1}), want: peer},
		{name: "a channel spelled long", msgs: begin([]byte{0x81, 0, 1}), want: peer},
		{name: "a channel without an end", msgs: begin(bytes.Repeat([]byte{0xff}, 20)), want: peer},
		{name: "another channel", msgs: begin([]byte{2, 1}), want: peer},
		{name: "bye at once", msgs: begin(on1('b', 0)), want: []error{merge.ErrPartial}},
		{name: "bye that lies", msgs: begin(on1('b', 7)), want: peer},
		{name: "words after goodbye", msgs: begin(on1('b', 0), on1(1)), want: []error{merge.ErrPeer, merge.ErrPartial}},
		{name: "empty session messages", msgs: begin(on1(1)), want: peer},
		{name: "kind of nobody", msgs: begin(on1(31, 1, 2)), want: peer},
		{name: "kind of no session", msgs: begin(on1(200)), want: peer},
		{name: "presence of nothing", msgs: begin(on1('p')), want: peer},
		{name: "presence of noise", msgs: begin(on1(append([]byte{'p'}, noise(200)...)...)), want: peer},
		{name: "the replica's own words", msgs: begin(real[1]...), mirror: true},
		{name: "the peer's words of another day", msgs: begin(real[0]...)},
	}
	for k := range 60 {
		msgs := begin()
		for range 1 + rng.IntN(5) {
			m := noise(1 + rng.IntN(200))
			switch rng.IntN(4) {
			case 0:
				m = noise(transport.MaxFrame - 1)
			case 1: // a real message with a byte changed
				m = bytes.Clone(real[0][rng.IntN(len(real[0]))][1:])
				m[rng.IntN(len(m))] ^= 1 << rng.IntN(8)
			}
			m[0] %= 12
			msgs = append(msgs, on1(m...))
		}
		scripts = append(scripts, script{name: fmt.Sprint("noise ", k), msgs: msgs})
	}
	baseline := runtime.NumGoroutine()
	for _, s := range scripts {
		x, y := transport.Pipe()
		patience := 40 * time.Millisecond
		if len(s.want) > 0 && s.want[0] != context.DeadlineExceeded {
			patience = 10 * time.Second
		}
		short, cancel := context.WithTimeout(ctx, patience)
		go func() { // whatever it is told it throws away
			for {
				if _, err := y.Receive(ctx); err != nil {
					return
				}
			}
		}()
		for _, m := range s.msgs {
			must(t, y.Send(ctx, m)) // no more than a pipe holds
		}
		begun := time.Now()
		err := a.Sync(short, x)
		if d := time.Since(begun); d > 5*time.Second {
			t.Errorf("%s: took %v", s.name, d)
		}
		if err != nil || !s.mirror { // who says what the replica has said holds the same, for all it knows
			wants(t, s.name, err, append(s.want, either(s.want)...)...)
		}
		cancel()
		x.Close()
		y.Close()
		if json(t, a) != before || a.Doc().Heads() != heads || since(t, a).Len() != segs {
			t.Fatalf("%s: the work has changed", s.name)
		}
	}
	settled(t, baseline)
	meets(t, a, b)
}

// either are the errors of which a script without its own must give one.
func either(want []error) []error {
	if len(want) > 0 {
		return nil
	}
	return []error{merge.ErrPeer, merge.ErrPartial, context.DeadlineExceeded}
}

// tapped is a connection that keeps what is sent.
type tapped struct {
	transport.Conn
	sent *[][]byte
}

func (c tapped) Send(ctx context.Context, msg []byte) error {
	*c.sent = append(*c.sent, bytes.Clone(msg))
	return c.Conn.Send(ctx, msg)
}

// overheard syncs two replicas and gives what the sessions of b and a have said.
func overheard(t *testing.T, a, b *merge.Replica) (real [2][][]byte) {
	x, y := transport.Pipe()
	ea, eb := meetOver(a, b, tapped{x, &real[1]}, tapped{y, &real[0]})
	must(t, ea)
	must(t, eb)
	for k := range real {
		real[k] = slices.DeleteFunc(real[k], func(f []byte) bool { return f[0] != 1 || f[1] == 'b' })
		if len(real[k]) == 0 {
			t.Fatal("nothing was said")
		}
	}
	return real
}

// TestHostileFrames: lengths that no frame has, over a stream.
func TestHostileFrames(t *testing.T) {
	a := newWork(t)
	for _, n := range []uint32{0, transport.MaxFrame + 1, 1 << 31, 1<<32 - 1} {
		p, q := net.Pipe()
		go func() {
			b := binary.BigEndian.AppendUint32(nil, n)
			_, _ = q.Write(b)
		}()
		go func() {
			buf := make([]byte, 100)
			for {
				if _, err := q.Read(buf); err != nil {
					return
				}
			}
		}()
		wants(t, fmt.Sprint("a frame of ", n), a.Sync(context.Background(), transport.Stream(p)), merge.ErrPeer)
		q.Close()
	}
}

// TestHostileThenHonest: after a breach the connection is closed, so that the peer
// need not wait either.
func TestHostileThenHonest(t *testing.T) {
	ctx := context.Background()
	a := newWork(t)
	x, y := transport.Pipe()
	for _, f := range [][]byte{openFrame, proofFrame, attachTo(a), on1(200)} {
		must(t, y.Send(ctx, f))
	}
	wants(t, "a breach", a.Sync(ctx, x), merge.ErrPeer)
	for {
		if _, err := y.Receive(ctx); err != nil {
			break
		}
	}
}

// TestHostileAttaches: who asks for one work after another and does not hear the
// answers is left before they have taken much room; so is who attaches twice.
func TestHostileAttaches(t *testing.T) {
	ctx := context.Background()
	r, a := found(t, store.Memory(), "ann")
	serveOne := func(allow merge.Access) (transport.Conn, <-chan error) {
		x, y := transport.Pipe()
		left := make(chan error, 1)
		go func() {
			left <- r.Serve(ctx, y, func(context.Context, crdt.Author, cid.Cid) merge.Access { return allow })
		}()
		return x, left
	}
	attach := func(channel byte) []byte {
		return append([]byte{0, 'a', 0x80 | channel, 1}, a.Doc().ID().Bytes()...)
	}
	x, left := serveOne(merge.Deny)
	for _, f := range [][]byte{openFrame, proofFrame} {
		must(t, x.Send(ctx, f))
	}
	n := 0
	for err := error(nil); err == nil; n++ {
		err = x.Send(ctx, attach(byte(n%128)))
	}
	wants(t, "attaches without end", <-left, merge.ErrPeer)
	if n < 8000 || n > 9000 {
		t.Errorf("left after %d attaches", n)
	}
	x.Close()

	for name, second := range map[string][]byte{"the same channel": attach(1), "the same work": attach(2)} {
		x, left = serveOne(merge.Write)
		for _, f := range [][]byte{openFrame, proofFrame, attach(1), second} {
			must(t, x.Send(ctx, f))
		}
		wants(t, name, <-left, merge.ErrPeer)
		x.Close()
		x, left = serveOne(merge.Write) // before it is known who asks
		for _, f := range [][]byte{openFrame, attach(1), second} {
			must(t, x.Send(ctx, f))
		}
		wants(t, name+", early", <-left, merge.ErrPeer)
		x.Close()
	}
	must(t, a.Update(ctx, app("the work is well")))
}
