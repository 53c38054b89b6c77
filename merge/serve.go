package merge

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// Access is what a peer may do with a work.
type Access uint8

// The accesses, each with what the ones before it allow.
const (
	Deny  Access = iota // the peer learns nothing, not even whether the work is here
	Read                // it may fetch
	Write               // it may bring changes to a work that is here
	Host                // it may bring a work that is not here yet
)

// Policy says what a peer may do with a work. peer is the key that it has proven to
// hold, that of its store; zero for an anonymous one: a relay, one whose key failed
// it, or anybody over a connection that is bound to nothing (transport.Bound). It is
// asked at each attach, and every five minutes for as long as the work is attached,
// from the goroutine of [Repo.Serve].
type Policy func(ctx context.Context, peer crdt.Author, work cid.Cid) Access

// askAgain is how long the answer of a policy holds.
const askAgain = 5 * time.Minute

// batchPause is how long an edit waits for more of them before it is sealed and
// sent, unless it is said otherwise.
const batchPause = 250 * time.Millisecond

// Serve answers a peer that calls [Replica.Sync] or [Repo.Follow], until it closes
// the connection: nil. It closes the connection when it returns. Works are opened
// for as long as they are attached, unless somebody has them open anyway; what
// arrives is durable before it is acknowledged. While a work is attached, edits made
// here, and what other peers bring, go to the peer as they become durable.
//
// A sync that ends in part is no error, as the peer is told. ErrPeer when the peer
// broke the protocol or has fallen silent, else the error of the store, the
// connection or the context. A connection on which no work is attached is kept:
// give ctx a deadline, or the stream below.
func (r *Repo) Serve(ctx context.Context, c transport.Conn, allow Policy) error {
	defer c.Close()
	s := &serving{repo: r, ctx: ctx, allow: allow, access: map[uint64]grant{}}
	s.l = newLink(c, handshake{signer: r.key, rand: rand.Reader})
	s.l.d, s.l.reopen = s, true
	err := s.l.run(ctx)
	if errors.Is(err, io.EOF) && s.quiet() {
		err = nil
	}
	s.l.abort(err)
	if err == nil {
		err = s.failed
	}
	return err
}

// serving is one Serve.
type serving struct {
	repo   *Repo
	ctx    context.Context
	l      *link
	allow  Policy
	access map[uint64]grant
	check  time.Time // when the next grant ends
	wait   []request // attaches that came before the proof
	failed error     // why it ends
}

// grant is what a policy has said of an attached work, and until when that holds.
type grant struct {
	access Access
	until  time.Time
}

// request is an attach.
type request struct {
	channel uint64
	work    cid.Cid
}

// quiet tells whether nothing was under way.
func (s *serving) quiet() bool {
	for _, c := range s.l.chans {
		if !c.resting() {
			return false
		}
	}
	return len(s.wait) == 0
}

// opened implements driver: now it is known who asks.
func (s *serving) opened() error {
	wait := s.wait
	s.wait = nil
	for _, q := range wait {
		if err := s.answer(q); err != nil {
			return err
		}
	}
	return nil
}

// attached implements driver.
func (s *serving) attached(channel uint64, work cid.Cid) error {
	q := request{channel, work}
	if _, twice := s.l.chans[channel]; twice || len(s.l.chans)+len(s.wait) >= maxChannels {
		return breach("attach to channel %d, %d are in use", channel, len(s.l.chans))
	}
	for _, c := range s.l.chans {
		if c.rep.work == work {
			return breach("work %s is attached twice", work)
		}
	}
	for _, other := range s.wait {
		if other.channel == channel || other.work == work {
			return breach("work %s or channel %d is attached twice", work, channel)
		}
	}
	if !s.l.settled {
		s.wait = append(s.wait, q)
		return nil
	}
	return s.answer(q)
}

// may asks the policy.
func (s *serving) may(work cid.Cid) Access {
	if s.allow == nil {
		return Deny
	}
	return s.allow(s.ctx, s.l.peer, work)
}

// answer opens a work for the peer, or denies it.
func (s *serving) answer(q request) error {
	access := s.may(q.work)
	if access == Deny {
		s.l.say(denyBody(q.channel))
		return nil
	}
	rep, err := s.repo.open(s.ctx, q.work, access == Host)
	if errors.Is(err, ErrNotFound) {
		s.l.say(denyBody(q.channel))
		return nil
	}
	if err != nil {
		return fmt.Errorf("merge: serving %s: %w", q.work, err)
	}
	err = rep.Save(s.ctx)
	var c *channel
	if err == nil {
		c, err = newChannel(s.ctx, q.channel, rep, access == Read, s.l.rand)
	}
	if err != nil {
		return errors.Join(err, rep.Close())
	}
	now := time.Now()
	c.live, c.pause = true, batchPause
	s.access[q.channel] = grant{access, now.Add(askAgain)}
	s.check = sooner(s.check, now.Add(askAgain))
	s.l.say(attachBody(q.channel, q.work))
	s.l.attach(c, now)
	return nil
}

// denied implements driver: nobody was asked.
func (s *serving) denied(channel uint64) error { return breach("deny of channel %d", channel) }

// parted implements driver.
func (s *serving) parted(c *channel, err error) {
	delete(s.access, c.id)
	var fail *session.FailError
	if errors.Is(err, ErrPartial) || errors.As(err, &fail) { // the peer knows, and it is its business
		err = nil
	}
	if cerr := c.rep.Close(); err == nil {
		err = cerr
	}
	if s.failed == nil {
		s.failed = err
	}
}

// turn implements driver: policies are asked again, and a work of which the peer
// may do something else now is parted from, so that it attaches it anew.
func (s *serving) turn(now time.Time) (done bool, due time.Time, err error) {
	s.l.fresh = clearFresh(s.l.fresh)
	if s.check.IsZero() || now.Before(s.check) {
		return false, s.check, s.failed
	}
	s.check = time.Time{}
	for id, g := range s.access {
		if !now.Before(g.until) {
			if c := s.l.chans[id]; s.may(c.rep.work) != g.access {
				c.leave = true
				s.l.ask(c)
			}
			g.until = now.Add(askAgain)
			s.access[id] = g
		}
		s.check = sooner(s.check, g.until)
	}
	return false, s.check, s.failed
}

// clearFresh forgets what has happened to channels.
func clearFresh(list []*channel) []*channel {
	for _, c := range list {
		c.fresh = false
	}
	return list[:0]
}
