package merge_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"testing"

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

// tapped is a connection that keeps what is sent.
type tapped struct {
	transport.Conn
	sent *[][]byte
}

func (c tapped) Send(ctx context.Context, msg []byte) error {
	*c.sent = append(*c.sent, bytes.Clone(msg))
	return c.Conn.Send(ctx, msg)
}

// newRand is a generator of a seed.
func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

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
