package libp2p

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport/libp2p/internal/news"
)

// Policy says what a peer may do with a work that is followed: from is its host and
// author the key of its store, which it has proven to hold; zero for a relay. Host
// allows no more than Write. It is asked as a merge.Policy is, from several goroutines.
type Policy func(ctx context.Context, from Remote, author crdt.Author, work cid.Cid) merge.Access

// Status is how a session with a peer stands: one that is held, as merge.FollowStatus
// says, or one that has ended with Err, nil when both held the same.
type Status struct {
	Peer   Remote // of which only the ID is known while it is not reached
	Opened bool   // by this side
	merge.FollowStatus
}

// Option is a choice made when a Node is made.
type Option func(*options)

// options are the choices.
type options struct {
	allow      Policy
	status     func(Status)
	neighbours int
	perPeer    int
	pause      time.Duration
}

// Allow says what peers may do with the works that are followed; everybody may write
// unless it is said otherwise.
func Allow(p Policy) Option { return func(o *options) { o.allow = p } }

// OnStatus has f told how sessions stand, one call at a time. The session waits for f,
// which must not call the node.
func OnStatus(f func(Status)) Option { return func(o *options) { o.status = f } }

// Neighbours is with how many peers of a work at most this side opens a session that
// is held; eight unless it is said otherwise. With 0 it opens one only when there is
// something to fetch, and neither presence nor blobs come through it; other peers may
// hold one all the same.
func Neighbours(n int) Option { return func(o *options) { o.neighbours = max(0, n) } }

// StreamsPerPeer is how many streams one peer may have open here; it needs one for each
// work that both follow, and one more at times. 64 unless it is said otherwise.
func StreamsPerPeer(n int) Option { return func(o *options) { o.perPeer = n } }

// Batch is how long an edit waits for more of them before it is sealed and sent, as
// merge.Batch has it. A quarter of a second unless it is said otherwise.
func Batch(pause time.Duration) Option { return func(o *options) { o.pause = pause } }

// Node keeps works of one repo in step with the peers of one host. It is safe for
// concurrent use.
//
// Invariants, under mu:
//  1. rooms has the works that are followed, each once.
//  2. Once closed is set no room is added.
type Node struct {
	options
	h    host.Host
	ps   *pubsub.PubSub
	repo *merge.Repo
	stop func()

	telling sync.Mutex // one call of status at a time

	mu     sync.Mutex
	rooms  map[cid.Cid]*room
	closed bool
	left   sync.WaitGroup // calls of Follow
}

// New makes a node, which answers peers from then on. The host and its pubsub stay the
// caller's. ErrBusy when the host has a node already.
func New(h host.Host, ps *pubsub.PubSub, repo *merge.Repo, opts ...Option) (*Node, error) {
	n := &Node{h: h, ps: ps, repo: repo, rooms: map[cid.Cid]*room{}}
	n.options = options{
		allow:      func(context.Context, Remote, crdt.Author, cid.Cid) merge.Access { return merge.Write },
		status:     func(Status) {},
		neighbours: 8,
		pause:      250 * time.Millisecond,
	}
	for _, o := range opts {
		o(&n.options)
	}
	var err error
	n.stop, err = Handle(h, n.perPeer, n.serve)
	if err != nil {
		return nil, err
	}
	return n, nil
}

// Close ends what is followed, which is as if its context had ended, answers peers no
// more, and returns when nothing of it is left. ErrClosed when it was closed before.
func (n *Node) Close() error {
	n.mu.Lock()
	was := n.closed
	n.closed = true
	for _, r := range n.rooms {
		r.cancel(ErrClosed)
	}
	n.mu.Unlock()
	n.left.Wait()
	n.stop()
	if was {
		return ErrClosed
	}
	return nil
}

// Follow keeps a replica, which must be one of the repo's, in step with the peers that
// follow the same work: it tells them what is new here, fetches what is new there, and
// answers them. What is edited is sealed, saved and sent when nobody has edited for a
// pause (Batch).
//
// It blocks until ctx ends, brings what was edited last to the neighbours, for which it
// takes a few seconds at most, and returns nil. ErrClosed when the node is closed
// before that, merge.ErrClosed when the repo is, or the replica, which peers who are
// answered keep open, so end Follow first; ErrFollowed when the work is followed already;
// else the error of the pubsub. What goes wrong with a peer ends nothing, and is told to
// [OnStatus].
func (n *Node) Follow(ctx context.Context, rep *merge.Replica) error {
	work, err := news.DigestOf(rep.Doc().ID())
	if err != nil {
		return err
	}
	until, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := &room{
		node: n, rep: rep, id: rep.Doc().ID(), work: work, cancel: cancel,
		peers: map[peer.ID]*neighbour{}, guests: map[peer.ID]map[*guest]bool{}, bell: make(chan struct{}, 1),
	}
	n.mu.Lock()
	switch {
	case n.closed:
		err = ErrClosed
	case n.rooms[r.id] != nil:
		err = fmt.Errorf("%w: %s", ErrFollowed, r.id)
	default:
		n.rooms[r.id] = r
		n.left.Add(1)
	}
	n.mu.Unlock()
	if err != nil {
		return err
	}
	defer n.left.Done()
	defer func() {
		n.mu.Lock()
		delete(n.rooms, r.id)
		n.mu.Unlock()
		r.dismiss()
	}()
	if err := r.run(until); err != nil || ctx.Err() != nil {
		return err
	}
	return context.Cause(until)
}

// room is the room of a work that is followed; nil: it is not.
func (n *Node) room(work cid.Cid) *room {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.rooms[work]
}

// tell tells how a session stands.
func (n *Node) tell(s Status) {
	n.telling.Lock()
	defer n.telling.Unlock()
	n.status(s)
}

// may asks the policy about a work that is followed.
func (n *Node) may(ctx context.Context, from Remote, author crdt.Author, work cid.Cid) merge.Access {
	return min(n.allow(ctx, from, author, work), merge.Write)
}

// unattached is how long a stream may be open on which no work is attached.
const unattached = time.Minute

// serve answers one stream.
func (n *Node) serve(ctx context.Context, c *Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timer := time.AfterFunc(unattached, cancel)
	defer timer.Stop()
	from := c.Remote()
	in := map[*room]*guest{}
	var last cid.Cid
	err := n.repo.Serve(ctx, c, func(ctx context.Context, author crdt.Author, work cid.Cid) merge.Access {
		r := n.room(work)
		if r == nil {
			return merge.Deny
		}
		access := n.may(ctx, from, author, work)
		if access > merge.Deny && in[r] == nil {
			g := r.enter(from.ID, cancel)
			if g == nil {
				return merge.Deny
			}
			timer.Stop()
			in[r], last = g, work
		}
		return access
	})
	for r, g := range in {
		r.leave(from.ID, g, err)
	}
	if errors.Is(err, merge.ErrPeer) {
		c.Reset()
	}
	n.tell(Status{Peer: from, FollowStatus: merge.FollowStatus{Work: last, Err: err}})
}
