package libp2p

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport"
	"github.com/commonhold/commonhold/merge/transport/libp2p/internal/news"
)

// This file is what a room does: one goroutine, that of Follow, looks at what has
// happened and begins what is to be done.

// loop does what there is to do until ctx ends. However often the bell rings, it looks
// at all peers only every breath.
func (r *room) loop(ctx context.Context) {
	for ctx.Err() == nil {
		r.look(time.Now())
		due := r.turn(ctx, time.Now())
		if a := r.announcement(time.Now()); a != nil {
			_ = r.topic.Publish(ctx, a.Encode()) // if it is lost there is another in a minute
		}
		pause(ctx, breath, nil)
		pause(ctx, time.Until(due), r.bell)
	}
}

// look judges what was announced against what is held here, when it is new and when
// it is time to fetch it. The document is asked without mu, since an edit may hold it
// for long.
func (r *room) look(now time.Time) {
	r.mu.Lock()
	heads := r.heads
	var open []*neighbour
	var heard []*news.Announcement
	for _, p := range r.peers {
		if p.heard != nil && (p.fresh || !p.busy && !p.when().After(now)) {
			p.fresh = false
			open, heard = append(open, p), append(heard, p.heard)
		}
	}
	r.mu.Unlock()
	for k, p := range open {
		lacks := r.lacks(heads, heard[k])
		r.mu.Lock()
		at := now
		if p.link != nil || len(r.guests[p.id]) > 0 {
			at = now.Add(grace)
		}
		switch {
		case p.heard != heard[k]: // there is a later one
		case !lacks:
			p.heard = nil
		case p.due.IsZero() || at.Before(p.due):
			p.due = at
		}
		r.mu.Unlock()
	}
}

// lacks tells whether somebody who has announced something holds what is not held
// here. Heads that are not named may be; so a sum that is not that of heads, those held
// here, says so if all that are named are held.
func (r *room) lacks(heads crdt.Version, a *news.Announcement) bool {
	mine, err := news.Of(r.work, heads, 1)
	if err == nil && mine.Sum == a.Sum {
		return false
	}
	held := map[news.Digest]bool{}
	for _, id := range heads.IDs() {
		if d, err := news.DigestOf(id); err == nil {
			held[d] = true
		}
	}
	view := r.rep.Doc().View()
	for _, d := range a.Heads {
		if held[d] {
			continue
		}
		if id, err := news.ChangeID(r.id, d); err == nil {
			if _, ok := view.Change(id); !ok {
				return true
			}
		}
	}
	return a.Total > news.Listed
}

// announcement is what is to be announced now; nil: nothing.
func (r *room) announcement(now time.Time) *news.Announcement {
	r.mu.Lock()
	defer r.mu.Unlock()
	greet := !r.greet.IsZero() && !now.Before(r.greet)
	if r.heads.IsZero() || now.Before(r.next) || r.heads == r.said && now.Before(r.repeat) && !greet {
		return nil
	}
	if greet {
		r.greet = time.Time{}
	}
	a, err := news.Of(r.work, r.heads, r.count)
	if err != nil {
		return nil
	}
	r.said, r.next, r.repeat = r.heads, now.Add(gap), now.Add(jitter(again))
	return &a
}

// turn begins the sessions that are to be begun, and returns when to look again.
func (r *room) turn(ctx context.Context, now time.Time) (due time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	due = r.repeat
	if !r.greet.IsZero() {
		due = sooner(due, r.greet)
	}
	if r.heads != r.said && r.next.After(now) {
		due = r.next
	}
	if !due.After(now) { // nobody holds anything
		due = now.Add(again)
	}
	for _, p := range r.peers {
		if !p.here {
			continue
		}
		if p.link == nil && r.opens(p.id) && r.linked < r.node.neighbours {
			if now.Before(p.after) {
				due = sooner(due, p.after)
			} else {
				r.hold(ctx, p)
			}
		}
		switch {
		case p.busy || p.due.IsZero():
			continue
		case p.heard == nil && (p.met || len(r.guests[p.id]) > 0):
			p.due, p.met = time.Time{}, true // whoever is a guest fetches and brings by itself
			continue
		}
		if at := p.when(); at.After(now) {
			due = sooner(due, at)
		} else if r.syncs < maxSyncs {
			r.begin(ctx, p)
		}
	}
	return due
}

// sooner is the earlier of two times.
func sooner(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// hold opens a session with a peer that lasts until the peer or this side leaves. mu is
// held.
func (r *room) hold(ctx context.Context, p *neighbour) {
	ctx, p.link = context.WithCancel(ctx)
	r.linked++
	end := p.link
	r.works.Go(func() {
		defer end()
		from := Remote{ID: p.id} // known better once there is a connection
		dial := func(ctx context.Context) (transport.Conn, error) {
			c, err := open(ctx, r.node.h, p.id)
			if err != nil {
				return nil, err
			}
			from = c.Remote()
			return c, nil
		}
		err := r.node.repo.Follow(ctx, dial, merge.Batch(r.node.pause), merge.Allow(r.only(&from)),
			merge.OnStatus(func(s merge.FollowStatus) {
				r.held(p, &s)
				r.node.tell(Status{Peer: from, Opened: true, FollowStatus: s})
			}))
		r.mu.Lock()
		r.linked--
		p.link = nil
		r.mu.Unlock()
		r.ring()
		if err != nil {
			r.cancel(err)
		}
	})
}

// only is a policy that leaves out all works but this one. from is who asks; Follow
// changes it and asks in one goroutine.
func (r *room) only(from *Remote) merge.Policy {
	return func(ctx context.Context, author crdt.Author, work cid.Cid) merge.Access {
		if work != r.id {
			return merge.Deny
		}
		return r.node.may(ctx, *from, author, work)
	}
}

// held notes how a session that is held stands. One that comes to nothing makes room for
// another peer.
func (r *room) held(p *neighbour, s *merge.FollowStatus) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.Work == r.id && s.Status.State == merge.InSync:
		p.met, p.failed = true, 0
	case errors.Is(s.Err, merge.ErrDenied):
		p.failed = maxFailed
	case s.Err != nil && s.Retry > 0:
		p.failed++
	}
	if p.failed >= maxFailed && p.link != nil {
		p.link()
		p.failed, p.after = 0, time.Now().Add(jitter(lastWait))
	}
	r.ring()
}

// begin syncs with a peer, once. mu is held.
func (r *room) begin(ctx context.Context, p *neighbour) {
	p.busy = true
	r.syncs++
	r.effort.syncs++
	r.works.Go(func() {
		err := r.sync(ctx, p.id, maxSync)
		r.mu.Lock()
		heads, heard := r.heads, p.heard
		r.mu.Unlock()
		lacks := heard != nil && r.lacks(heads, heard)
		if err == nil && heard != nil && heard.Total > news.Listed {
			lacks = false // not all heads are known, but both have held the same
		}
		r.mu.Lock()
		r.syncs--
		r.settle(p, err, heard, lacks)
		r.mu.Unlock()
		r.ring()
	})
}

// settle notes how a sync went. lacks tells whether what was heard then still lacks.
// mu is held.
func (r *room) settle(p *neighbour, err error, heard *news.Announcement, lacks bool) {
	now := time.Now()
	p.busy = false
	p.due = time.Time{}
	p.met = p.met || err == nil
	if p.heard == heard && !lacks {
		p.heard = nil
	}
	if err == nil && !lacks {
		p.tries = 0
		p.after = now.Add(gap)
	} else {
		p.tries++
		p.after = now.Add(backOff(p.tries))
	}
	if p.heard == heard && p.tries >= maxFruitless {
		p.heard = nil
	}
	if p.heard != nil || !p.met {
		p.due = p.after
	}
}

// sync opens a stream to a peer and syncs over it.
func (r *room) sync(ctx context.Context, id peer.ID, limit time.Duration) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	from := Remote{ID: id}
	c, err := open(ctx, r.node.h, id)
	if err == nil {
		defer c.Close()
		from = c.Remote()
		err = r.rep.Sync(ctx, c)
		if errors.Is(err, merge.ErrPeer) {
			c.Reset()
		}
	}
	r.node.tell(Status{Peer: from, Opened: true, FollowStatus: merge.FollowStatus{Work: r.id, Err: err}})
	return err
}

// farewell brings what was edited last to those who hold a session with this side.
// Those with whom this side holds one are told by it.
func (r *room) farewell() {
	r.mu.Lock()
	var guests []peer.ID
	for id := range r.guests {
		if len(guests) < r.node.neighbours+1 {
			guests = append(guests, id)
		}
	}
	r.mu.Unlock()
	var running sync.WaitGroup
	defer running.Wait()
	for _, id := range guests {
		running.Go(func() { _ = r.sync(context.Background(), id, lastSync) })
	}
}
