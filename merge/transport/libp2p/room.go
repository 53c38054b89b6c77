package libp2p

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport/libp2p/internal/news"
)

// How often a room says and does things.
const (
	// gap lies between two announcements; what changes meanwhile is one of them.
	gap = 250 * time.Millisecond

	// again is how often the heads are announced though they have not changed, less
	// up to half of it, by chance: a message may have been lost.
	again = time.Minute

	// welcome is when they are announced to somebody who has come: pubsub takes a second
	// to take a peer in, and what is announced meanwhile does not reach it.
	welcome = 2 * time.Second

	// grace is how long a session that is held may take to bring what a peer has
	// announced, and a peer to open one, before this side syncs.
	grace = 5 * time.Second

	// maxSyncs is how many syncs are under way at a time, and maxFruitless how many
	// with one peer may bring nothing of what it has announced before that is forgotten.
	maxSyncs     = 4
	maxFruitless = 5

	// The wait after a sync that has failed, or was fruitless, begins with the first
	// and doubles up to the last.
	firstWait = 500 * time.Millisecond
	lastWait  = time.Minute

	// maxFailed is how often a session that is to be held may fail before it is left,
	// for a minute.
	maxFailed = 3

	// maxKnown is how many peers are remembered, for what they have cost.
	maxKnown = 1024

	// breath lies between two looks at all peers.
	breath = 20 * time.Millisecond

	// maxSync is how long one sync may take, after which it is begun anew: what has
	// come by then stays.
	maxSync = 10 * time.Minute

	// lastSync is how long a sync may take when the room closes.
	lastSync = 2 * time.Second
)

// room is one work that is followed: who is on its topic and what they hold.
//
// Invariants, under mu:
//  1. peers has those on the topic, and some that were, for what they have cost;
//     guests has the streams on which others have attached the work here.
//  2. linked counts the peers that have a link, at most neighbours; syncs those that
//     are busy, at most maxSyncs.
type room struct {
	node   *Node
	rep    *merge.Replica
	id     cid.Cid
	work   news.Digest
	cancel context.CancelCauseFunc
	topic  *pubsub.Topic
	bell   chan struct{} // holds a token while there may be something to do
	works  sync.WaitGroup

	mu     sync.Mutex
	peers  map[peer.ID]*neighbour
	guests map[peer.ID]map[*guest]bool
	gone   bool           // no guest is let in any more
	in     sync.WaitGroup // guests
	linked int
	syncs  int
	heads  crdt.Version // what is durable here
	count  int          // how many changes that is, or a few more
	said   crdt.Version // what was announced last
	next   time.Time    // when to announce, at the earliest
	repeat time.Time    // when to announce in any case
	greet  time.Time    // the same, for those who have come; zero: nobody has
	effort effort
}

// effort counts what peers have caused.
type effort struct {
	dropped, malformed, read int // announcements
	syncs                    int
}

// neighbour is a peer on the topic, or one that was.
type neighbour struct {
	id     peer.ID
	here   bool               // it is on the topic
	came   time.Time          // when it came last
	link   context.CancelFunc // ends the session that this side holds; nil: there is none
	failed int                // how often that has failed
	met    bool               // it and this side have held the same since it came
	limit  bucket
	heard  *news.Announcement // what it holds, as it says; nil: nothing that lacks here
	fresh  bool               // heard was not looked at
	due    time.Time          // when to sync with it; zero: never
	after  time.Time          // no session is begun before
	tries  int                // syncs that have failed or were fruitless
	busy   bool               // a sync is under way
}

// when is when to sync with a peer that has a due.
func (p *neighbour) when() time.Time {
	if p.after.After(p.due) {
		return p.after
	}
	return p.due
}

// guest is a stream on which a peer has attached the work.
type guest struct{ end context.CancelFunc }

// run keeps the room until ctx ends. The error is nil then, whatever its cause.
func (r *room) run(ctx context.Context) (err error) {
	name := news.Topic(r.work)
	ps := r.node.ps
	if err := ps.RegisterTopicValidator(name, r.judge, pubsub.WithValidatorInline(true)); err != nil {
		return r.refused(err)
	}
	defer func() { _ = ps.UnregisterTopicValidator(name) }()
	if r.topic, err = ps.Join(name); err != nil {
		return r.refused(err)
	}
	defer func() { err = errors.Join(err, quiet(ctx, r.topic.Close())) }()
	events, err := r.topic.EventHandler()
	if err != nil {
		return fmt.Errorf("libp2p: topic of %s: %w", r.id, err)
	}
	defer events.Cancel()
	// What is announced is judged, and never delivered: relaying without a
	// subscription is to be in the mesh without a queue.
	leave, err := r.topic.Relay()
	if err != nil {
		return fmt.Errorf("libp2p: topic of %s: %w", r.id, err)
	}
	defer leave()
	defer r.works.Wait()
	r.works.Go(func() { r.come(ctx, events) })
	r.works.Go(func() {
		for v := range r.rep.Durable(ctx, r.node.pause) {
			count := r.rep.Doc().View().Changes()
			r.mu.Lock()
			r.heads, r.count = v, count
			r.mu.Unlock()
			r.ring()
		}
		r.cancel(merge.ErrClosed) // of no effect if ctx has ended
	})
	r.loop(ctx)
	r.farewell()
	return nil
}

// refused is the error of a topic that cannot be joined: by its pubsub it is joined
// already, or the pubsub has ended.
func (r *room) refused(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("libp2p: topic of %s: %w", r.id, err)
	}
	return fmt.Errorf("%w: %w", ErrFollowed, err)
}

// quiet is err unless it comes of the end of the pubsub, which is the caller's business.
func quiet(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// ring has the loop look at what there is to do.
func (r *room) ring() {
	select {
	case r.bell <- struct{}{}:
	default:
	}
}

// come notes who comes to the topic and who goes.
func (r *room) come(ctx context.Context, events *pubsub.TopicEventHandler) {
	for {
		e, err := events.NextPeerEvent(ctx)
		if err != nil {
			return
		}
		r.mu.Lock()
		if e.Type == pubsub.PeerJoin {
			r.arrive(e.Peer, time.Now())
		} else if p := r.peers[e.Peer]; p != nil {
			p.here, p.heard, p.due = false, nil, time.Time{}
			if p.link != nil {
				p.link()
			}
		}
		r.mu.Unlock()
		r.ring()
	}
}

// arrive notes that a peer has come to the topic. One that comes and goes all the time is
// met less and less often. mu is held.
func (r *room) arrive(id peer.ID, now time.Time) {
	p := r.peers[id]
	if p == nil {
		if len(r.peers) >= maxKnown {
			for id, p := range r.peers {
				if !p.here && !p.busy && p.link == nil {
					delete(r.peers, id)
				}
			}
		}
		p = &neighbour{id: id}
		r.peers[id] = p
	}
	if p.here {
		return
	}
	if !p.came.IsZero() && now.Sub(p.came) < lastWait {
		p.tries++
		p.after = now.Add(backOff(p.tries))
	}
	p.here, p.met, p.came = true, false, now
	p.due = now.Add(r.patience(id))
	if !r.greet.After(now) {
		r.greet = now.Add(welcome)
	}
}

// patience is how long to wait for a session that is held before this side syncs with
// a peer that has come: none if it would be this side that opens it, and it will not.
// mu is held.
func (r *room) patience(p peer.ID) time.Duration {
	if r.opens(p) && r.linked >= r.node.neighbours {
		return 0
	}
	return grace
}

// opens tells whether it is for this side to open a session with a peer.
func (r *room) opens(p peer.ID) bool { return r.node.h.ID() < p }

// judge takes in a message on the topic. It is quick, and looks at nothing but the
// message: it runs where pubsub handles messages of all topics. What it returns keeps
// pubsub from passing the message on: see the package comment.
func (r *room) judge(_ context.Context, from peer.ID, msg *pubsub.Message) pubsub.ValidationResult {
	if from == r.node.h.ID() {
		return pubsub.ValidationAccept
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.peers[from]
	if p == nil || !p.here || !p.limit.take(time.Now()) {
		r.effort.dropped++
		return pubsub.ValidationIgnore
	}
	a, err := news.Read(r.work, msg.Data)
	switch {
	case errors.Is(err, news.ErrVersion):
		return pubsub.ValidationIgnore
	case err != nil:
		r.effort.malformed++
		p.limit.drain()
		return pubsub.ValidationReject
	}
	r.effort.read++
	if p.heard == nil || p.heard.Changes < a.Changes { // they come in any order
		p.heard, p.fresh = &a, true
		r.ring()
	}
	return pubsub.ValidationIgnore
}

// enter notes that a peer has attached the work here on a stream that end ends; nil if
// the room is closed.
func (r *room) enter(p peer.ID, end context.CancelFunc) *guest {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return nil
	}
	if r.guests[p] == nil {
		r.guests[p] = map[*guest]bool{}
	}
	g := &guest{end}
	r.guests[p][g] = true
	r.in.Add(1)
	return g
}

// leave notes that a stream of a peer that has entered has ended, and how.
func (r *room) leave(id peer.ID, g *guest, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if delete(r.guests[id], g); len(r.guests[id]) == 0 {
		delete(r.guests, id)
	}
	if p := r.peers[id]; p != nil && err == nil {
		p.met = true
	}
	r.in.Done()
}

// dismiss ends the streams of all who have attached the work here, and waits until they
// have left.
func (r *room) dismiss() {
	r.mu.Lock()
	r.gone = true
	for _, guests := range r.guests {
		for g := range guests {
			g.end()
		}
	}
	r.mu.Unlock()
	r.in.Wait()
}

// backOff is how long to wait after so many failures.
func backOff(tries int) time.Duration {
	wait := lastWait
	if tries < 16 {
		wait = min(wait, firstWait<<tries)
	}
	return jitter(wait)
}

// jitter is a time less up to half of it, by chance.
func jitter(d time.Duration) time.Duration { return d - time.Duration(rand.Int64N(int64(d/2))) }
