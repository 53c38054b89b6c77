package libp2p_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/network"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport/libp2p"
)

// invented is a version of changes that nobody has made.
func invented(t testing.TB, of cid.Cid, r *rand.Rand) crdt.Version {
	t.Helper()
	b := of.Bytes()
	for k := len(b) - 32; k < len(b); k++ {
		b[k] = byte(r.Uint32())
	}
	c, err := cid.Cast(b)
	must(t, err)
	v, err := crdt.NewVersion(c)
	must(t, err)
	return v
}

// TestLiar: a peer on the topic floods it with lies and with noise. Little of it is read,
// hardly a sync is begun, nothing is passed on, and what others write goes on coming.
func TestLiar(t *testing.T) {
	a, b := two(t)
	work := a.rep.Doc().ID()
	h := newHost(t, "liar")
	connect(t, h, a.host)
	ps, _ := newPubSub(t, h)
	begun := time.Now()
	topic, err := ps.Join(libp2p.TopicName(work))
	must(t, err)
	_, err = topic.Subscribe()
	must(t, err)
	o := newHost(t, "observer") // who is told of nothing but what a says
	connect(t, o, a.host)
	ops, _ := newPubSub(t, o)
	seen, err := ops.Join(libp2p.TopicName(work))
	must(t, err)
	sub, err := seen.Subscribe()
	must(t, err)
	until(t, "the observer", func() bool { return len(seen.ListPeers()) > 0 && len(topic.ListPeers()) > 0 })
	r := rand.New(rand.NewPCG(1, 2))
	sum := func(e libp2p.Effort) int { return e.Dropped + e.Malformed + e.Read }
	sent, words := 0, 0
	until(t, "a flood", func() bool {
		for range 16 {
			sent++
			msg := libp2p.Announce(work, invented(t, work, r), sent)
			if sent%50 == 0 {
				msg = msg[:r.IntN(len(msg))]
			}
			must(t, topic.Publish(context.Background(), msg))
		}
		if sent%160 == 0 {
			words++
			write(t, b.rep, fmt.Sprint("word-", words))
		}
		return sum(a.node.Effort(work)) >= 1_000
	})
	until(t, "what the others write", func() bool { return equal(a.rep, b.rep) && has(a.rep, fmt.Sprint("word-", words)) })
	took, e := time.Since(begun), a.node.Effort(work)
	t.Logf("%d messages, %d came in %v: %+v", sent, sum(e), took, e)
	for heard := false; !heard; { // what a has said last comes after all that it could pass on
		msg, err := sub.Next(bounded(t))
		must(t, err)
		if msg.GetFrom() != a.host.ID() {
			t.Fatalf("a message of %s was passed on", msg.GetFrom())
		}
		heard = bytes.Equal(msg.Data[1:9], libp2p.Announce(work, a.rep.Doc().Heads(), a.rep.Doc().View().Changes())[1:9])
	}
	honest := 2 + words // of b, which tells of what it has as well
	if most := 17 + int(4*took.Seconds()) + honest; e.Read+e.Malformed > most {
		t.Errorf("%d messages were read, %d at most in %v", e.Read+e.Malformed, most, took)
	}
	if most := libp2p.MostSyncs(took) + honest; e.Syncs > most {
		t.Errorf("%d syncs were begun, %d at most in %v", e.Syncs, most, took)
	}
	if e := b.node.Effort(work); e.Malformed > 0 || e.Read+e.Dropped > honest+int(took.Seconds()*4)+16 {
		t.Errorf("the flood was passed on: %+v", e)
	}
	must(t, a.node.Check())
	must(t, b.node.Check())
	a.close()
	b.close()
}

// TestNoise: a peer that opens streams and says what is no session is reset, told of as
// one that broke the protocol, and does not disturb others.
func TestNoise(t *testing.T) {
	var mu sync.Mutex
	blamed := map[string]int{}
	a, b := two(t, libp2p.OnStatus(func(s libp2p.Status) {
		mu.Lock()
		defer mu.Unlock()
		if errors.Is(s.Err, merge.ErrPeer) {
			blamed[s.Peer.ID.String()]++
		}
	}))
	h := newHost(t, "noisy")
	connect(t, h, a.host)
	r := rand.New(rand.NewPCG(3, 4))
	const streams = 40
	for k := range streams {
		s, err := h.NewStream(bounded(t), a.host.ID(), libp2p.Protocol)
		must(t, err)
		noise := make([]byte, 1+r.IntN(300))
		for i := range noise {
			noise[i] = byte(r.Uint32())
		}
		if k%2 == 0 { // a frame at least
			noise = append([]byte{0, 0, byte(len(noise) >> 8), byte(len(noise))}, noise...)
		} else {
			noise[0] |= 0x80
			noise = append(noise, 1, 2, 3, 4)
		}
		_, err = s.Write(noise)
		must(t, err)
		must(t, s.SetReadDeadline(time.Now().Add(patience)))
		for err == nil { // it may say open first
			_, err = s.Read(make([]byte, 1000))
		}
		for err != nil && !errors.Is(err, network.ErrReset) && bounded(t).Err() == nil { // it is closed, and then reset
			if _, err = s.Write(noise); err == nil {
				err = io.EOF
			}
		}
		var reset *network.StreamError
		if !errors.As(err, &reset) || !reset.Remote || reset.ErrorCode != network.StreamProtocolViolation {
			t.Fatalf("noise %d ended with %v, want a reset for breaking the protocol", k, err)
		}
	}
	until(t, "blame", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return blamed[h.ID().String()] == streams
	})
	write(t, b.rep, "undisturbed")
	until(t, "others", func() bool { return has(a.rep, "undisturbed") })
	a.close()
	b.close()
	mu.Lock()
	defer mu.Unlock()
	if len(blamed) != 1 {
		t.Errorf("blamed: %v", blamed)
	}
}

// TestKeep: a connection that is lost is made again, until the context ends.
func TestKeep(t *testing.T) {
	a, b := newHost(t, "a"), newHost(t, "b")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { libp2p.Keep(ctx, a, info(b), info(b), info(a)); close(done) }()
	connected := func() bool { return b.Network().Connectedness(a.ID()) == network.Connected }
	for range 2 {
		until(t, "a connection", connected)
		must(t, b.Network().ClosePeer(a.ID()))
	}
	until(t, "a connection again", connected)
	cancel()
	<-done
}
