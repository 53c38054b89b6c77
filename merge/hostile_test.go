package merge_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/commonhold/commonhold/merge/transport"
)

// faultyStore is a memory store that can fail.
func faultyStore() *storetest.Fault { return storetest.Faulty(store.Memory()) }

// attachTo is the message that attaches the work of a replica.
func attachTo(r *merge.Replica) []byte {
	return append([]byte("acommonhold/sync/v1"), r.Doc().ID().Bytes()...)
}

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
	type script struct {
		name   string
		msgs   [][]byte
		want   []error
		mirror bool
	}
	scripts := []script{
		{name: "silence", msgs: nil, want: []error{context.DeadlineExceeded}},
		{name: "silence after attach", msgs: [][]byte{attach}, want: []error{context.DeadlineExceeded}},
		{name: "noise for attach", msgs: [][]byte{noise(40)}, want: []error{merge.ErrPeer}},
		{name: "cut attach", msgs: [][]byte{attach[:30]}, want: []error{merge.ErrPeer}},
		{name: "long attach", msgs: [][]byte{append(attach[:len(attach):len(attach)], noise(70)...)}, want: []error{merge.ErrPeer}},
		{name: "attach of no work", msgs: [][]byte{append([]byte("acommonhold/sync/v1"), 0x55, 1, 2)}, want: []error{merge.ErrPeer}},
		{name: "deny with more", msgs: [][]byte{{'d', 1}}, want: []error{merge.ErrPeer}},
		{name: "attach twice", msgs: [][]byte{attach, attach}, want: []error{merge.ErrPeer}},
		{name: "bye at once", msgs: [][]byte{attach, {'b', 0}}, want: []error{merge.ErrPartial}},
		{name: "bye that lies", msgs: [][]byte{attach, {'b', 7}}, want: []error{merge.ErrPeer}},
		{name: "empty session messages", msgs: [][]byte{attach, {1}}, want: []error{merge.ErrPeer}},
		{name: "kind of nobody", msgs: [][]byte{attach, {31, 1, 2}}, want: []error{merge.ErrPeer}},
		{name: "the replica's own words", msgs: append([][]byte{attach}, real[1]...), mirror: true},
		{name: "the peer's words of another day", msgs: append([][]byte{attach}, real[0]...)},
	}
	for k := range 60 {
		msgs := [][]byte{attach}
		for range 1 + rng.IntN(5) {
			m := noise(1 + rng.IntN(200))
			switch rng.IntN(4) {
			case 0:
				m = noise(transport.MaxFrame)
			case 1: // a real message with a byte changed
				m = bytes.Clone(real[0][rng.IntN(len(real[0]))])
				m[rng.IntN(len(m))] ^= 1 << rng.IntN(8)
			}
			m[0] %= 12
			msgs = append(msgs, m)
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

// overheard syncs two replicas and gives what b and a have said after the attach.
func overheard(t *testing.T, a, b *merge.Replica) (real [2][][]byte) {
	x, y := transport.Pipe()
	ea, eb := meetOver(a, b, tapped{x, &real[1]}, tapped{y, &real[0]})
	must(t, ea)
	must(t, eb)
	for k := range real {
		real[k] = real[k][1 : len(real[k])-1] // without attach and bye
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
	must(t, y.Send(ctx, attachTo(a)))
	must(t, y.Send(ctx, []byte{200}))
	wants(t, "a breach", a.Sync(ctx, x), merge.ErrPeer)
	for {
		if _, err := y.Receive(ctx); err != nil {
			break
		}
	}
}
