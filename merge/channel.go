package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/commonhold/commonhold/internal/session"
)

// channel is one work on a connection: a session of its replica, and how the two
// sides part. It is used by one goroutine, that of the link.
//
// Invariants:
//  1. Nothing is said on a channel after bye, and nothing is taken in after the
//     peer's.
//  2. A channel that is live says bye only when the peer has, or when it is told to.
type channel struct {
	id    uint64
	ctx   context.Context // for what is stored
	rep   *Replica
	s     *session.Session
	live  bool
	leave bool // it is told to say bye
	asked bool // it stands in the rota of the link
	fresh bool // something has happened since its status was last looked at

	said   bool      // bye
	got    bool      // the peer's bye
	synced bool      // both have held the same, as this side saw or the peer says
	heard  time.Time // when a message of the session arrived last
	until  time.Time // after bye: when not to wait any more

	due   time.Time     // when the session wants to be asked again; zero: not
	pause time.Duration // how long edits wait for more of them
	first time.Time     // the first edit that waits
	flush time.Time     // when to seal and send what was edited; zero: nothing was

	base   baseline
	given  int // bytes of words that have come and are not stored
	blocks blocks
	asks   bool     // words that were lost are asked for, and blocks that are wanted
	here   lanterns // presence that went over this channel
	stop   func()   // ends the news about the replica

	w *replicated // what the session sees
}

// newChannel gives a replica, which has been saved, a session with a peer.
func newChannel(ctx context.Context, id uint64, rep *Replica, readOnly bool, random io.Reader) (*channel, error) {
	c := &channel{id: id, rep: rep, ctx: ctx, asks: !readOnly, blocks: blocks{rep: rep}}
	w := &replicated{
		in: rep.in, ends: &rep.ends, count: func() int { return int(rep.durable.Load()) }, after: func() error { return rep.settle(ctx) },
		gone: rep.gone(ctx), found: c.found,
	}
	c.w = w
	var err error
	c.s, err = session.New(w, session.Options{Source: rep.source(), ReadOnly: readOnly, Rand: random})
	return c, err
}

// maxGiven is how many bytes of words that came late may be lost with the program:
// each time that some are stored the segments are read.
const maxGiven = 1 << 20

// found is told of words that the peer has given.
func (c *channel) found(bytes int) {
	c.given += bytes
	c.rep.linked.again.Store(true)
}

// held is how many changes are here that are durable or have come.
func (c *channel) held() int { return max(int(c.rep.durable.Load()), c.w.top) }

// isBye knows the last message of the peer.
func isBye(msg []byte) bool { return len(msg) == 2 && msg[0] == msgBye && msg[1] <= 1 }

// bye is the last message of this side. It says whether it has been in sync: of
// two sides that are edited meanwhile perhaps only one sees the moment.
func (c *channel) bye() []byte {
	if c.synced {
		return []byte{msgBye, 1}
	}
	return []byte{msgBye, 0}
}

// next is the next message to send, nil for none, and when to ask again: the
// session's, and bye once it rests and need not stay, or when the peer says no more
// and so nothing that would be said had an answer.
func (c *channel) next(now time.Time) []byte {
	c.due = time.Time{}
	if c.said {
		return nil
	}
	msg, due := c.s.Next(now)
	state := c.state()
	if msg == nil && state != session.Closed && !c.got {
		var at time.Time
		msg, at = c.blocks.next(c.ctx, now)
		due = sooner(due, at)
	}
	if msg != nil {
		return msg
	}
	wait := farewell
	switch {
	case state == session.Closed:
		wait = linger
	case c.leave:
		wait = linger
	case c.got:
	case !c.live && !c.s.Busy() && (state == session.InSync || state == session.Partial):
	default:
		c.due = due
		if !c.live {
			return nil
		}
		return c.here.next(&c.rep.here, now, &c.due)
	}
	c.said, c.until = true, now.Add(wait)
	c.blocks.end(errGone)
	return c.bye()
}

// state is that of the session; that it was in sync is remembered, since edits
// made meanwhile end that again.
func (c *channel) state() session.State {
	st := c.s.Status()
	c.synced = c.synced || st.State == session.InSync
	c.base.see(&st)
	return st.State
}

// take takes in what arrived. The error is a breach that ends the connection; what
// the session finds wrong ends the session.
func (c *channel) take(msg []byte, now time.Time) error {
	switch {
	case c.got:
		return breach("words after goodbye")
	case isBye(msg):
		c.got, c.synced = true, c.synced || msg[1] == 1
		c.blocks.end(errGone)
		return nil
	case msg[0] == msgPresence:
		return c.here.take(c.rep, msg, now)
	case msg[0] == msgGet:
		return c.blocks.onGet(msg)
	case msg[0] == msgBlock:
		return c.blocks.onBlock(c.ctx, msg, now)
	case msg[0] >= sessionKinds:
		return breach("message of kind %d in a session", msg[0])
	}
	c.heard = now
	_ = c.s.Receive(now, msg) // the error is kept in its status
	if c.given > maxGiven || c.given > 0 && !c.s.Busy() {
		c.given = 0
		_ = c.rep.settle(c.ctx) // an error of the store is told to whoever edits or syncs next
	}
	c.state()
	return nil
}

// patience is how many pauses an edit waits at most while others follow it.
const patience = 8

// news is told what has happened to the replica. Edits are sealed and sent once
// nobody has made one for a pause, so that a word is one change and not five.
func (c *channel) news(what poke, now time.Time) {
	if what&released != 0 && c.live {
		c.leave = true
	}
	if what&edited == 0 || !c.live {
		return
	}
	if c.first.IsZero() {
		c.first = now
	}
	c.flush = now.Add(c.pause)
	if last := c.first.Add(patience * c.pause); last.Before(c.flush) {
		c.flush = last
	}
}

// parted tells whether both sides have said goodbye.
func (c *channel) parted() bool { return c.said && c.got }

// over is when the peer is not waited for any longer; zero for never.
func (c *channel) over() time.Time {
	switch {
	case c.said:
		return c.until
	case c.live:
		return time.Time{}
	}
	return c.heard.Add(silence)
}

// resting tells whether everything that could be exchanged was.
func (c *channel) resting() bool {
	st := c.state()
	return st == session.InSync || st == session.Partial
}

// broken is the result when the connection or the context has ended with err: who
// has said bye, or has failed, has the result already, and needs no more of the
// peer.
func (c *channel) broken(err error) error {
	if c.said || c.s.Status().Err != nil {
		return c.verdict()
	}
	return err
}

// tired is the result when the peer was waited for too long.
func (c *channel) tired() error {
	if c.said {
		return c.verdict()
	}
	return errSilent
}

// verdict is how the session ended.
func (c *channel) verdict() error {
	st := c.s.Status()
	var fail *session.FailError
	switch {
	case errors.As(st.Err, &fail) && fail.Kind == session.KindForeign:
		return fmt.Errorf("merge: %w: %w", ErrForeign, st.Err)
	case fail != nil:
		return fmt.Errorf("merge: %w: %w", ErrPeer, st.Err)
	case st.Err != nil:
		return fmt.Errorf("merge: %w", st.Err)
	case c.synced:
		return nil
	case st.Reason == session.NoReason:
		return fmt.Errorf("%w: the peer has said goodbye", ErrPartial)
	}
	return fmt.Errorf("%w: %s", ErrPartial, st.Reason)
}
