package libp2p

import (
	"context"
	"slices"
	"sync"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Limits of the streams that peers have open here.
const (
	streamsPerPeer = 64
	streamsOfAll   = 1024
)

// gate counts the streams that are open.
type gate struct {
	perPeer int

	mu   sync.Mutex
	all  int
	of   map[peer.ID]int
	shut bool
	left sync.WaitGroup
}

// enter lets a stream of a peer in, or not.
func (g *gate) enter(p peer.ID) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.shut || g.all >= streamsOfAll || g.of[p] >= g.perPeer {
		return false
	}
	g.all++
	g.of[p]++
	g.left.Add(1)
	return true
}

// leave lets it out.
func (g *gate) leave(p peer.ID) {
	g.mu.Lock()
	g.all--
	if g.of[p]--; g.of[p] == 0 {
		delete(g.of, p)
	}
	g.mu.Unlock()
	g.left.Done()
}

// close lets nobody in any more and waits until all have gone.
func (g *gate) close() {
	g.mu.Lock()
	g.shut = true
	g.mu.Unlock()
	g.left.Wait()
}

// Handle has serve called for each stream that a peer opens to the host, in a goroutine
// of its own; the connection is closed when serve returns. At most perPeer of them, 64
// if it is 0, are open of one peer and 1,024 of all; more are reset. stop takes no more
// of them, ends ctx of those that are open and waits until they have returned. ErrBusy
// when the host has a handler for the protocol.
func Handle(h host.Host, perPeer int, serve func(ctx context.Context, c *Conn)) (stop func(), err error) {
	if slices.Contains(h.Mux().Protocols(), Protocol) {
		return nil, ErrBusy
	}
	if perPeer <= 0 {
		perPeer = streamsPerPeer
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &gate{perPeer: perPeer, of: map[peer.ID]int{}}
	h.SetStreamHandler(Protocol, func(s network.Stream) {
		from := s.Conn().RemotePeer()
		if !g.enter(from) {
			_ = s.ResetWithError(network.StreamResourceLimitExceeded)
			return
		}
		defer g.leave(from)
		c := newConn(s)
		defer c.Close()
		serve(ctx, c)
	})
	return sync.OnceFunc(func() {
		h.RemoveStreamHandler(Protocol)
		cancel()
		g.close()
	}), nil
}
