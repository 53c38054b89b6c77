package merge

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/merge/transport"
)

// SyncOption is a choice of one sync.
type SyncOption func(*syncing)

// OnProgress has f told how far a sync has come, at most ten times a second and at
// the end, from the goroutine of Sync, which waits for it.
func OnProgress(f func(Progress)) SyncOption { return func(s *syncing) { s.progress = f } }

// Sync exchanges everything with the replica at the other end, once, and
// returns nil as soon as both have held the same. Both ends call Sync, or the
// other one is served by [Repo.Serve]. What is open is sealed and saved first;
// what arrives is durable when Sync returns. Edits made meanwhile may have to
// wait for the next Sync.
//
// ErrPartial when the two still differ (something waits for a third replica, a
// quota, a peer that gives less than it names), ErrPeer when the other side
// broke the protocol or said nothing for two minutes, ErrForeign when it wants
// another work, ErrDenied when it does not serve this one; else the error of the
// store, the connection or the context.
//
// When both sides have parted properly, which they have after nil, ErrPartial,
// ErrForeign and ErrDenied, the connection stays open and can carry the next
// work. After any other error, or when the peer does not part, Sync closes it,
// so that the other side need not wait for one that is gone.
func (rep *Replica) Sync(ctx context.Context, c transport.Conn, opts ...SyncOption) error {
	if err := rep.Save(ctx); err != nil {
		c.Close()
		return err
	}
	s := &syncing{rep: rep, ctx: ctx}
	for _, o := range opts {
		o(s)
	}
	s.l = newLink(c, handshake{signer: rep.repo.key, rand: rand.Reader})
	s.l.d = s
	hello, err := s.l.open()
	if err != nil {
		c.Close()
		return err
	}
	s.l.say(hello)
	s.l.say(attachBody(syncChannel, rep.work))
	err = s.l.run(ctx)
	s.l.abort(err)
	if s.ended {
		return s.result
	}
	return err
}

// syncChannel is the channel of the one work.
const syncChannel = 1

// syncing is one Sync: a link of one work, which both sides attach.
type syncing struct {
	rep      *Replica
	ctx      context.Context
	l        *link
	progress func(Progress)
	told     time.Time

	answered bool // the peer has attached or denied
	ended    bool // result is known
	result   error
}

// opened implements driver.
func (s *syncing) opened() error { return nil }

// attached implements driver: the peer wants the same, or another work.
func (s *syncing) attached(channel uint64, work cid.Cid) error {
	if s.answered || channel != syncChannel {
		return breach("attach to channel %d", channel)
	}
	s.answered = true
	if work != s.rep.work {
		s.end(fmt.Errorf("merge: the other side attaches %s: %w", work, ErrForeign))
		return nil
	}
	c, err := newChannel(s.ctx, channel, s.rep, false, s.l.rand)
	if err != nil {
		return err
	}
	s.l.attach(c, time.Now())
	return nil
}

// denied implements driver.
func (s *syncing) denied(channel uint64) error {
	if s.answered || channel != syncChannel {
		return breach("deny of channel %d", channel)
	}
	s.answered = true
	s.end(fmt.Errorf("merge: work %s: %w", s.rep.work, ErrDenied))
	return nil
}

// end notes the result, unless there is one.
func (s *syncing) end(err error) {
	if !s.ended {
		s.ended, s.result = true, err
	}
}

// parted implements driver.
func (s *syncing) parted(c *channel, err error) {
	s.tell(c, time.Time{})
	s.end(err)
}

// turn implements driver: all is done when the result is there and the peer has
// said all that it says before it.
func (s *syncing) turn(now time.Time) (bool, time.Time, error) {
	for _, c := range s.l.fresh {
		s.tell(c, now)
	}
	s.l.fresh = clearFresh(s.l.fresh)
	c := s.l.chans[syncChannel]
	s.l.full = s.l.settled && (s.ended || c != nil && c.got)
	return s.ended && s.l.settled, time.Time{}, nil
}

// tell tells of progress; now is zero when it is for the last time.
func (s *syncing) tell(c *channel, now time.Time) {
	if s.progress == nil || !now.IsZero() && now.Sub(s.told) < often {
		return
	}
	s.told = now
	st := c.s.Status()
	s.progress(c.base.progress(&st, c.held()))
}

// often is how far two reports of progress are apart.
const often = time.Second / 10
