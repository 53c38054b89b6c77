package libp2p

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
)

// How long Keep waits before it dials a peer again: it begins with the first and
// doubles up to the last, less up to half of it, by chance.
const (
	firstRedial = 500 * time.Millisecond
	lastRedial  = time.Minute
)

// Keep has the host stay connected to peers until ctx ends: it dials each of them, and
// again when it cannot be reached or the connection is lost. The host itself is passed
// over. It blocks, and returns when nothing of it is left.
func Keep(ctx context.Context, h host.Host, peers ...peer.AddrInfo) {
	var running sync.WaitGroup
	defer running.Wait()
	lost := map[peer.ID]chan struct{}{}
	for _, p := range peers {
		if lost[p.ID] == nil && p.ID != h.ID() {
			bell := make(chan struct{}, 1)
			lost[p.ID] = bell
			running.Go(func() { keep(ctx, h, p, bell) })
		}
	}
	told := &network.NotifyBundle{DisconnectedF: func(_ network.Network, c network.Conn) {
		select {
		case lost[c.RemotePeer()] <- struct{}{}: // nil for others: never ready
		default:
		}
	}}
	h.Network().Notify(told)
	defer h.Network().StopNotify(told)
	<-ctx.Done()
}

// keep stays connected to one peer. One that hangs up at once is dialled as one that
// cannot be reached.
func keep(ctx context.Context, h host.Host, p peer.AddrInfo, lost <-chan struct{}) {
	for tries := 0; ctx.Err() == nil; tries++ {
		begun := time.Now()
		dialling, cancel := context.WithTimeout(ctx, greeting)
		err := h.Connect(dialling, p) // if it is connected this does nothing
		cancel()
		if err == nil {
			pause(ctx, lastRedial, lost)
			if time.Since(begun) >= lastRedial/4 {
				tries = -1
				continue
			}
		}
		pause(ctx, jitter(min(lastRedial, firstRedial<<min(tries, 16))), nil)
	}
}

// pause waits until a time has passed, the bell rings or ctx ends.
func pause(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-bell:
	case <-ctx.Done():
	}
}
