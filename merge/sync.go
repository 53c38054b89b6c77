package merge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// A connection carries one work after the other. The side that wants a work
// attaches it; both then say session messages, and each says bye when it is in
// sync or can get no further, and waits for the other's, so that nothing is on
// its way when the connection is used again or closed.
const (
	msgAttach  = 0 // magic, work CID
	msgDeny    = 1
	msgBye     = 2
	msgSession = 3 // a session message
)

// attachMagic begins an attach: the name and version of this protocol.
const attachMagic = "commonhold/sync/v1"

// Sync exchanges everything with the replica at the other end, once, and
// returns when both hold the same: nil. Both ends call Sync, or the other one
// [Repo.Serve]. What is open is sealed and saved first; what arrives is durable
// when Sync returns. The connection stays open.
//
// ErrPartial when the two still differ (something waits for a third replica, a
// quota, a peer that gives less than it names), ErrPeer when the other side
// broke the protocol, ErrForeign and ErrDenied when it has another work or does
// not serve this one; else the error of the connection or of the context.
func (rep *Replica) Sync(ctx context.Context, c transport.Conn) error {
	if err := c.Send(ctx, attach(rep.work)); err != nil {
		return fmt.Errorf("merge: sync: %w", err)
	}
	msg, err := c.Receive(ctx)
	if err != nil {
		return fmt.Errorf("merge: sync: %w", err)
	}
	work, err := readAttach(msg)
	if err != nil {
		return err
	}
	if work != rep.work {
		return fmt.Errorf("merge: the other side attaches %s: %w", work, ErrForeign)
	}
	return rep.run(ctx, c, false)
}

// attach is the message that attaches a work.
func attach(work cid.Cid) []byte {
	return append(append([]byte{msgAttach}, attachMagic...), work.Bytes()...)
}

// readAttach reads the answer to an attach, or an attach.
func readAttach(msg []byte) (cid.Cid, error) {
	if len(msg) == 1 && msg[0] == msgDeny {
		return cid.Undef, ErrDenied
	}
	const head = 1 + len(attachMagic)
	if len(msg) < head || len(msg) > head+64 || msg[0] != msgAttach || string(msg[1:head]) != attachMagic {
		return cid.Undef, fmt.Errorf("merge: no attach: %w", ErrPeer)
	}
	work, err := cid.Cast(msg[head:])
	if err != nil {
		return cid.Undef, fmt.Errorf("merge: attach: %w: %w", err, ErrPeer)
	}
	return work, nil
}

// run lets a session of the replica speak over c until both sides are done.
func (rep *Replica) run(ctx context.Context, c transport.Conn, readOnly bool) error {
	if err := rep.Save(ctx); err != nil {
		return err
	}
	w := replicated{in: rep.in, count: rep.stored, after: func() error { return rep.Save(ctx) }}
	s, err := session.New(w, session.Options{Source: rep.source(), ReadOnly: readOnly})
	if err != nil {
		return err
	}
	l := line{c: c, s: s}
	return l.run(ctx)
}

// stored is how many changes are durable.
func (rep *Replica) stored() int {
	rep.write.Lock()
	defer rep.write.Unlock()
	return rep.durable
}

// source names the peer of a new connection, for the bounds of what waits.
func (rep *Replica) source() string {
	rep.mu.Lock()
	defer rep.mu.Unlock()
	rep.peers++
	return fmt.Sprintf("peer %d", rep.peers)
}

// line drives a session over a connection. One goroutine reads and one writes,
// so that two sides that both have much to say do not wait for each other;
// both end before run returns.
type line struct {
	c    transport.Conn
	s    *session.Session
	said bool // bye
	got  bool // the peer's bye
}

// arrival is what the reading goroutine has got.
type arrival struct {
	msg []byte
	err error
}

// run is the loop: at any time at most one message is on its way out.
func (l *line) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	in, out, sent := make(chan arrival), make(chan []byte), make(chan error, 1)
	ended := make(chan struct{}, 2)
	go l.read(ctx, in, ended)
	go l.write(ctx, out, sent, ended)
	err := l.loop(ctx, in, out, sent)
	cancel()
	close(out)
	<-ended
	<-ended
	return err
}

// read hands on what arrives until the peer's bye or an error.
func (l *line) read(ctx context.Context, in chan<- arrival, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	for {
		msg, err := l.c.Receive(ctx)
		select {
		case in <- arrival{msg, err}:
		case <-ctx.Done():
			return
		}
		if err != nil || (len(msg) == 1 && msg[0] == msgBye) {
			return
		}
	}
}

// write sends what it is given.
func (l *line) write(ctx context.Context, out <-chan []byte, sent chan<- error, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	for msg := range out {
		sent <- l.c.Send(ctx, msg)
	}
}

// loop alternates between what the session wants to say and what arrives.
func (l *line) loop(ctx context.Context, in <-chan arrival, out chan<- []byte, sent <-chan error) error {
	busy := false
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		var deadline time.Time
		if !busy {
			var msg []byte
			msg, deadline = l.next()
			if msg != nil {
				out <- msg
				busy = true
			} else if l.said && l.got {
				return l.verdict()
			}
		}
		timer.Reset(wait(deadline))
		select {
		case a := <-in:
			if done, err := l.take(a); done {
				return err
			}
		case err := <-sent:
			if busy = false; err != nil {
				return fmt.Errorf("merge: sync: %w", err)
			}
		case <-timer.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// wait is how long to wait at most for a deadline.
func wait(deadline time.Time) time.Duration {
	if deadline.IsZero() {
		return time.Hour
	}
	return max(time.Until(deadline), time.Millisecond)
}

// next is the next message to send: the session's, and bye once it rests.
func (l *line) next() ([]byte, time.Time) {
	if l.said {
		return nil, time.Time{}
	}
	msg, deadline := l.s.Next(time.Now())
	if msg != nil {
		return append([]byte{msgSession}, msg...), time.Time{}
	}
	switch l.s.Status().State {
	case session.InSync, session.Partial, session.Closed:
		l.said = true
		return []byte{msgBye}, time.Time{}
	}
	return nil, deadline
}

// take takes in what arrived; done says that the line has ended.
func (l *line) take(a arrival) (done bool, err error) {
	switch {
	case a.err != nil:
		if errors.Is(a.err, io.EOF) && l.said {
			return true, l.verdict()
		}
		if v := l.verdict(); errors.Is(v, ErrPeer) {
			return true, v
		}
		return true, fmt.Errorf("merge: sync: %w", a.err)
	case len(a.msg) == 1 && a.msg[0] == msgBye:
		l.got = true
		return false, nil
	case a.msg[0] != msgSession || l.got:
		return true, fmt.Errorf("merge: message of kind %d: %w", a.msg[0], ErrPeer)
	}
	_ = l.s.Receive(time.Now(), a.msg[1:]) // the error is kept in its status
	return false, nil
}

// verdict is how the session ended.
func (l *line) verdict() error {
	st := l.s.Status()
	switch {
	case st.Err != nil:
		return st.Err
	case l.s.InSync():
		return nil
	}
	return fmt.Errorf("%w: %s", ErrPartial, st.Reason)
}
