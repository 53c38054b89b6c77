package libp2p_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	golibp2p "github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/libp2p"
	"github.com/commonhold/commonhold/merge/transport/transporttest"
)

// accept hands on what a host accepts; each connection is open until the test ends.
func accept(t testing.TB, h host.Host, perPeer int) <-chan *libp2p.Conn {
	t.Helper()
	accepted := make(chan *libp2p.Conn, 16)
	stop, err := libp2p.Handle(h, perPeer, func(ctx context.Context, c *libp2p.Conn) {
		accepted <- c
		<-ctx.Done()
	})
	must(t, err)
	t.Cleanup(stop)
	return accepted
}

// dial opens a connection from one host to another.
func dial(t testing.TB, from, to host.Host) *libp2p.Conn {
	t.Helper()
	c, err := libp2p.Dialer(from, info(to))(bounded(t))
	must(t, err)
	t.Cleanup(func() { c.Close() })
	return c.(*libp2p.Conn)
}

// TestConn: a stream does what a connection does.
func TestConn(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	connect(t, a, b)
	accepted := make(chan *libp2p.Conn, 1)
	transporttest.Run(t, func(t *testing.T) (transport.Conn, transport.Conn) {
		over := make(chan struct{})
		stop, err := libp2p.Handle(b, 0, func(_ context.Context, c *libp2p.Conn) { accepted <- c; <-over })
		must(t, err)
		t.Cleanup(func() { close(over); stop() })
		return dial(t, a, b), <-accepted
	})
}

// TestBinding: both ends agree on who they are, which nobody else does; where ids are
// only claimed there is no binding.
func TestBinding(t *testing.T) {
	hosts := []host.Host{newHost(t, "a"), newHost(t, "b"), newHost(t, "c")}
	seen := map[string]bool{}
	for _, to := range hosts {
		accepted := accept(t, to, 0)
		for _, from := range hosts {
			if from == to {
				continue
			}
			for k := range 2 {
				x := dial(t, from, to)
				y := <-accepted
				if x.Binding() == nil || !bytes.Equal(x.Binding(), y.Binding()) {
					t.Fatalf("bound to %x and %x", x.Binding(), y.Binding())
				}
				if seen[string(x.Binding())] != (k == 1) {
					t.Fatal("a binding of others, or of two streams that differ")
				}
				seen[string(x.Binding())] = true
				for c, r := range map[*libp2p.Conn]host.Host{x: to, y: from} {
					if got := c.Remote(); got.ID != r.ID() || !got.Key.Equals(r.Peerstore().PubKey(r.ID())) {
						t.Fatalf("the peer is %v, want %v", got, r.ID())
					}
				}
			}
		}
	}
	open := []golibp2p.Option{golibp2p.NoSecurity, golibp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")}
	a, b := newHost(t, "x", open...), newHost(t, "y", open...)
	accepted := accept(t, b, 0)
	if x, y := dial(t, a, b), <-accepted; x.Binding() != nil || y.Binding() != nil {
		t.Fatal("bound to ids that were claimed")
	}
}

// TestProof: over a stream two replicas prove the keys of their stores to each other.
func TestProof(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	ann, ben := newRepo(t, "ann"), newRepo(t, "ben")
	x := found(t, ann, "bread")
	write(t, x, "knead")
	y := join(t, ben, x)
	saw := make(chan crdt.Author, 1)
	stop, err := libp2p.Handle(a, 0, func(ctx context.Context, c *libp2p.Conn) {
		_ = ann.Serve(ctx, c, func(_ context.Context, peer crdt.Author, _ cid.Cid) merge.Access {
			saw <- peer
			return merge.Write
		})
	})
	must(t, err)
	defer stop()
	c := dial(t, b, a)
	must(t, y.Sync(bounded(t), c))
	if got := <-saw; got != y.Doc().Author() || !equal(x, y) {
		t.Fatalf("the policy saw %s, want %s", got, y.Doc().Author())
	}
}

// TestRefused: who is not there, or does not speak the protocol, is an error, and so is
// a context that has ended.
func TestRefused(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	away, err := peer.IDFromPrivateKey(hostKey(t, "away"))
	must(t, err)
	for name, c := range map[string]struct {
		ctx context.Context
		to  peer.AddrInfo
	}{
		"no address":   {bounded(t), peer.AddrInfo{ID: away}},
		"no protocol":  {bounded(t), info(b)},
		"ended":        {ended, info(b)},
		"another host": {bounded(t), peer.AddrInfo{ID: away, Addrs: b.Addrs()}},
	} {
		if _, err := libp2p.Dialer(a, c.to)(c.ctx); err == nil {
			t.Errorf("%s was dialled", name)
		} else if c.ctx == ended && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	// A host that has the protocol and says nothing.
	b.SetStreamHandler(libp2p.Protocol, func(s network.Stream) { _ = s.Reset() })
	c, err := libp2p.Dialer(a, info(b))(bounded(t))
	if err == nil {
		if _, err = c.Receive(bounded(t)); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("a stream that was reset: %v", err)
		}
		c.Close()
	}
}

// TestFrames: who sends what is no message is reset.
func TestFrames(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	connect(t, a, b)
	accepted := accept(t, b, 0)
	for _, n := range []uint32{0, transport.MaxFrame + 1, 1 << 31} {
		s, err := a.NewStream(bounded(t), b.ID(), libp2p.Protocol)
		must(t, err)
		_, err = s.Write(binary.BigEndian.AppendUint32(nil, n))
		must(t, err)
		c := <-accepted
		if _, err := c.Receive(bounded(t)); !errors.Is(err, transport.ErrFrame) {
			t.Fatalf("a frame of %d bytes: %v", n, err)
		}
		must(t, s.SetReadDeadline(time.Now().Add(patience)))
		if _, err := s.Read(make([]byte, 1)); !errors.Is(err, network.ErrReset) {
			t.Fatalf("a frame of %d bytes: the sender got %v, want a reset", n, err)
		}
	}
}

// TestStreams: a peer may have so many streams open, and others all the same; when one
// has ended there is room for another. When the handler is stopped none is left.
func TestStreams(t *testing.T) {
	before := runtime.NumGoroutine()
	a, b, c := newHost(t, "a"), newHost(t, "b"), newHost(t, "c")
	connect(t, a, c)
	connect(t, b, c)
	stop, err := libp2p.Handle(c, 3, func(ctx context.Context, c *libp2p.Conn) {
		for {
			msg, err := c.Receive(ctx)
			if err != nil {
				return
			}
			_ = c.Send(ctx, msg)
		}
	})
	must(t, err)
	if _, err := libp2p.Handle(c, 3, nil); !errors.Is(err, libp2p.ErrBusy) {
		t.Fatalf("a second handler: %v", err)
	}
	answers := func(from host.Host) (transport.Conn, error) {
		x, err := libp2p.Dialer(from, info(c))(bounded(t))
		if err != nil {
			return nil, err
		}
		if err = x.Send(bounded(t), []byte("hi")); err == nil {
			_, err = x.Receive(bounded(t))
		}
		return x, err
	}
	var open []transport.Conn
	for range 3 {
		x, err := answers(a)
		must(t, err)
		open = append(open, x)
	}
	for range 20 {
		if _, err := answers(a); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("one stream too many: %v", err)
		}
	}
	if _, err := answers(b); err != nil {
		t.Fatal(err)
	}
	open[0].Close()
	until(t, "room for another stream", func() bool { _, err := answers(a); return err == nil })
	stop()
	if _, err := open[1].Receive(bounded(t)); err == nil || errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("after stop: %v", err)
	}
	stop2, err := libp2p.Handle(c, 0, func(context.Context, *libp2p.Conn) {})
	must(t, err)
	stop2()
	for _, h := range []host.Host{a, b, c} {
		must(t, h.Close())
	}
	quiet(t, before)
}

// TestCloseEnds: a connection that is closed leaves nothing behind, though the peer
// neither reads nor closes, and one that sends on is told.
func TestCloseEnds(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	connect(t, a, b)
	accepted := accept(t, b, 0)
	before := runtime.NumGoroutine()
	for range 3 {
		c := dial(t, a, b)
		must(t, c.Send(bounded(t), []byte("x")))
		y := <-accepted
		c.Close()
		if msg, err := y.Receive(bounded(t)); err != nil || string(msg) != "x" {
			t.Fatalf("received %q, %v", msg, err)
		}
		if _, err := y.Receive(bounded(t)); err != io.EOF {
			t.Fatalf("after the end: %v", err)
		}
	}
	// Three handlers of b wait for the end of the test.
	quiet(t, before+3)
}
