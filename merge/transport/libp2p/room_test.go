package libp2p

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ipfs/go-cid"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/transport/libp2p/internal/news"
)

// nobody is a host of which only the id is asked.
type nobody struct{ host.Host }

func (nobody) ID() peer.ID { return "m" }

// work is the digest of a work that is spoken of.
var work = news.Digest{1}

// three is a version of three changes that nobody holds.
func three(t testing.TB) crdt.Version {
	t.Helper()
	var ids []cid.Cid
	for k := range byte(3) {
		c, err := cid.Cast(append([]byte{1, 0x71, 0x12, 0x20}, bytes.Repeat([]byte{k}, 32)...))
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, c)
	}
	v, err := crdt.NewVersion(ids...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// alone is a room of a host in the middle of all ids, on no network.
func alone() *room {
	n := &Node{options: options{neighbours: 2}, h: nobody{}}
	return &room{
		node: n, work: work, bell: make(chan struct{}, 1), cancel: func(error) {},
		peers: map[peer.ID]*neighbour{}, guests: map[peer.ID]map[*guest]bool{},
	}
}

// hear has a room judge a message.
func hear(r *room, from peer.ID, b []byte) pubsub.ValidationResult {
	return r.judge(context.Background(), from, &pubsub.Message{Message: &pb.Message{Data: b}, ReceivedFrom: from})
}

// TestFlood: of ten thousand messages that a peer sends at once, sixteen are read; of one
// that is not on the topic none; after one that has not the form, none for four seconds.
// A message that is dropped costs no memory, and none is passed on. Of what was read the
// greatest is kept, however they come.
func TestFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := alone()
		lie := func(changes int) []byte {
			a, err := news.Of(work, three(t), changes)
			if err != nil {
				t.Fatal(err)
			}
			return a.Encode()
		}
		result := func(want effort) {
			t.Helper()
			if r.effort != want {
				t.Fatalf("%+v, want %+v", r.effort, want)
			}
			r.effort = effort{}
			if err := r.check(); err != nil {
				t.Fatal(err)
			}
		}
		r.mu.Lock()
		r.arrive("liar", time.Now())
		r.arrive("fool", time.Now())
		r.mu.Unlock()
		for k := range 10_000 {
			if hear(r, "liar", lie(10+k*7%13)) != pubsub.ValidationIgnore {
				t.Fatal("a lie was passed on")
			}
		}
		result(effort{read: 16, dropped: 9_984})
		if p := r.peers["liar"]; p.heard == nil || p.heard.Changes != 22 {
			t.Fatalf("of what was read %v was kept", p.heard)
		}
		b := lie(100)
		if n := testing.AllocsPerRun(100, func() { hear(r, "liar", b) }); n > 0 {
			t.Errorf("a message that is dropped costs %v allocations", n)
		}
		r.effort = effort{}
		for range 1_000 {
			hear(r, "stranger", b)
		}
		result(effort{dropped: 1_000})
		if hear(r, "fool", []byte("no announcement")) != pubsub.ValidationReject || hear(r, "fool", b) != pubsub.ValidationIgnore {
			t.Fatal("what has not the form was not rejected, or something was read after it")
		}
		result(effort{malformed: 1, dropped: 1})
		time.Sleep(10 * time.Second)
		if hear(r, "fool", append([]byte{2}, b[1:]...)) != pubsub.ValidationIgnore {
			t.Fatal("a later version was not passed over")
		}
		for range 100 {
			hear(r, "fool", b)
		}
		result(effort{read: 15, dropped: 85})
		if hear(r, r.node.h.ID(), nil) != pubsub.ValidationAccept {
			t.Fatal("what this side says does not go out")
		}
	})
}

// TestFruitless: syncs that bring nothing come further and further apart, whatever the
// peer announces meanwhile, and what it announced is forgotten after five; one of use
// begins anew.
func TestFruitless(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := alone()
		r.arrive("liar", time.Now())
		p := r.peers["liar"]
		a, err := news.Of(work, three(t), 10)
		if err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		for tries := 1; tries <= 12; tries++ {
			if p.heard == nil {
				p.heard = &a
			}
			p.busy = true
			r.syncs++
			p.due = time.Now()
			r.syncs--
			r.settle(p, nil, p.heard, true)
			wait := min(lastWait, firstWait<<tries)
			if got := time.Until(p.when()); got > wait || got <= wait/2-1 {
				t.Fatalf("after %d: the next in %v, want %v at most, half of it at least", tries, got, wait)
			}
			if (p.heard == nil) != (tries >= maxFruitless) {
				t.Fatalf("after %d: kept %v", tries, p.heard != nil)
			}
			time.Sleep(time.Until(p.after))
			if most := MostSyncs(time.Since(begun)); tries+1 > most {
				t.Fatalf("%d syncs in %v, %d at most", tries+1, time.Since(begun), most)
			}
		}
		p.heard = &a
		r.settle(p, errors.New("lost"), &a, false)
		if p.heard != nil || p.tries != 13 {
			t.Fatal("what is held now is not forgotten")
		}
		p.heard = &a
		r.settle(p, nil, &a, false)
		if p.heard != nil || p.tries != 0 || time.Until(p.after) != gap {
			t.Fatalf("after a sync of use: %d tries, the next in %v", p.tries, time.Until(p.after))
		}
	})
}

// TestComings: a peer that comes and goes all the time is met less and less often, what
// it has cost is remembered, and not of more peers than is said.
func TestComings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := alone()
		for k := range 10 {
			r.arrive("flapper", time.Now())
			p := r.peers["flapper"]
			if p.tries != k || k > 0 && time.Until(p.when()) < min(lastWait, firstWait<<k)/2-1 {
				t.Fatalf("come for the %d. time: the next in %v", k+1, time.Until(p.after))
			}
			p.here = false
		}
		r.peers["flapper"].link = func() {}
		r.linked++
		for k := range 10 * maxKnown {
			id := peer.ID(fmt.Sprint("visitor ", k))
			r.arrive(id, time.Now())
			r.peers[id].here, r.peers[id].due = false, time.Time{}
			if len(r.peers) > maxKnown+1 {
				t.Fatalf("%d peers are remembered", len(r.peers))
			}
		}
		if r.peers["flapper"] == nil {
			t.Fatal("one with a session was forgotten")
		}
		r.peers["flapper"].due = time.Time{}
		if err := r.check(); err != nil {
			t.Fatal(err)
		}
		r.linked = 5 // broken
		if err := r.check(); err == nil {
			t.Fatal("a room that counts wrong passes its check")
		}
	})
}
