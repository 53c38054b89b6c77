package merge

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/merge/transport"
)

// How long a peer is waited for. A caller who wants less has its context.
const (
	// silence is how long nothing may arrive. An honest peer says hello again
	// after a minute at most.
	silence = 2 * time.Minute

	// farewell is how long the peer may take to part once this side rests, and
	// may still send what it has: an honest one rests at about the same time.
	farewell = time.Minute

	// linger is the same after a failure, when the only point in waiting is that
	// the peer reads why.
	linger = time.Second
)

// errSilent is the end of a conversation with nobody.
var errSilent = fmt.Errorf("merge: nothing heard for %v: %w", silence, ErrPeer)

// trade sends the first message and waits for that of the peer, both at once, since
// the peer may do the same over a connection that holds nothing back; and not for
// ever.
func trade(ctx context.Context, c transport.Conn, msg []byte) (answer []byte, err error) {
	short, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	sent := make(chan error, 1)
	go func() {
		err := c.Send(short, msg)
		if err != nil {
			cancel()
		}
		sent <- err
	}()
	answer, err = c.Receive(short)
	if err != nil {
		cancel()
	}
	serr := <-sent
	switch {
	case ctx.Err() != nil && (err != nil || serr != nil):
		return nil, lineError(ctx.Err())
	case errors.Is(short.Err(), context.DeadlineExceeded):
		return nil, errSilent
	case err == nil || serr != nil && errors.Is(err, context.Canceled):
		err = serr // the one that came first
	}
	return answer, lineError(err)
}

// line drives a session over a connection. One goroutine reads and one writes,
// so that two sides that both have much to say do not wait for each other; both
// end before run returns. The reader ends by itself with the peer's bye, so in
// the ordinary case no Receive is cut off, and none takes what comes after it.
type line struct {
	c transport.Conn
	s *session.Session

	said   bool      // bye
	got    bool      // the peer's bye
	synced bool      // both have held the same, as this side saw or the peer says
	heard  time.Time // when something arrived last
	until  time.Time // after bye: when not to wait any more
}

// arrival is what the reading goroutine has got.
type arrival struct {
	msg []byte
	err error
}

// run speaks until both have said bye, or something fails; then the connection
// is of no use any more, which parted says.
func (l *line) run(ctx context.Context) (parted bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	in, out, sent := make(chan arrival), make(chan []byte), make(chan error, 1)
	ended := make(chan struct{}, 2)
	go l.read(ctx, in, ended)
	go l.write(ctx, out, sent, ended)
	parted, err = l.loop(ctx, in, out, sent)
	if !parted {
		l.c.Close()
	}
	cancel()
	close(out)
	<-ended
	<-ended
	return parted, err
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
		if err != nil || isBye(msg) {
			return
		}
	}
}

// isBye knows the last message of the peer.
func isBye(msg []byte) bool { return len(msg) == 2 && msg[0] == msgBye && msg[1] <= 1 }

// bye is the last message of this side. It says whether it has been in sync: of
// two sides that are edited meanwhile perhaps only one sees the moment.
func (l *line) bye() []byte {
	if l.synced {
		return []byte{msgBye, 1}
	}
	return []byte{msgBye, 0}
}

// write sends what it is given.
func (l *line) write(ctx context.Context, out <-chan []byte, sent chan<- error, ended chan<- struct{}) {
	defer func() { ended <- struct{}{} }()
	for msg := range out {
		sent <- l.c.Send(ctx, msg)
	}
}

// loop alternates between what the session wants to say and what arrives. At any
// time at most one message is on its way out.
func (l *line) loop(ctx context.Context, in <-chan arrival, out chan<- []byte, sent <-chan error) (parted bool, err error) {
	l.heard = time.Now()
	timer := time.NewTimer(silence)
	defer timer.Stop()
	for busy := false; ; {
		var deadline time.Time
		if !busy {
			var msg []byte
			msg, deadline = l.next()
			if busy = msg != nil; busy {
				out <- msg
			} else if l.said && l.got {
				return true, l.verdict()
			}
		}
		over := l.over()
		timer.Reset(time.Until(earlier(deadline, over)))
		select {
		case a := <-in:
			if err, end := l.take(a); end {
				return false, err
			}
		case err := <-sent:
			if busy = false; err != nil {
				return false, l.broken(err)
			}
		case <-timer.C:
			if !time.Now().Before(over) {
				return false, l.tired()
			}
		case <-ctx.Done():
			return false, l.broken(ctx.Err())
		}
	}
}

// earlier is the earlier of a deadline of the session, if it has one, and one of
// the line.
func earlier(deadline, over time.Time) time.Time {
	if deadline.IsZero() || over.Before(deadline) {
		return over
	}
	return deadline
}

// over is when the peer is not waited for any longer.
func (l *line) over() time.Time {
	if l.said {
		return l.until
	}
	return l.heard.Add(silence)
}

// next is the next message to send: the session's, and bye once it rests, or when
// the peer says no more and so nothing that would be said had an answer.
func (l *line) next() (msg []byte, deadline time.Time) {
	if l.said {
		return nil, time.Time{}
	}
	now := time.Now()
	msg, deadline = l.s.Next(now)
	if msg != nil {
		return msg, time.Time{}
	}
	wait := farewell
	switch l.state() {
	case session.Closed:
		wait = linger
	case session.InSync, session.Partial:
	default:
		if !l.got {
			return nil, deadline
		}
	}
	l.said, l.until = true, now.Add(wait)
	return l.bye(), time.Time{}
}

// state is that of the session; that it was in sync is remembered, since edits
// made meanwhile end that again.
func (l *line) state() session.State {
	st := l.s.Status().State
	l.synced = l.synced || st == session.InSync
	return st
}

// take takes in what arrived; end says that the line has ended, with err.
func (l *line) take(a arrival) (err error, end bool) {
	l.heard = time.Now()
	switch {
	case a.err != nil:
		return l.broken(a.err), true
	case isBye(a.msg):
		l.got, l.synced = true, l.synced || a.msg[1] == 1
		return nil, false
	case a.msg[0] >= sessionKinds:
		return fmt.Errorf("merge: message of kind %d in a session: %w", a.msg[0], ErrPeer), true
	}
	_ = l.s.Receive(l.heard, a.msg) // the error is kept in its status
	l.state()
	return nil, false
}

// broken is the result when the connection or the context has ended: who has said
// bye, or has failed, has the result already, and needs no more of the peer.
func (l *line) broken(err error) error {
	if l.said || l.s.Status().Err != nil {
		return l.verdict()
	}
	return lineError(err)
}

// tired is the result when the peer was waited for too long.
func (l *line) tired() error {
	if l.said {
		return l.verdict()
	}
	return errSilent
}

// verdict is how the session ended.
func (l *line) verdict() error {
	st := l.s.Status()
	var fail *session.FailError
	switch {
	case errors.As(st.Err, &fail) && fail.Kind == session.KindForeign:
		return fmt.Errorf("merge: %w: %w", ErrForeign, st.Err)
	case fail != nil:
		return fmt.Errorf("merge: %w: %w", ErrPeer, st.Err)
	case st.Err != nil:
		return fmt.Errorf("merge: %w", st.Err)
	case l.synced:
		return nil
	case st.Reason == session.NoReason:
		return fmt.Errorf("%w: the peer has said goodbye", ErrPartial)
	}
	return fmt.Errorf("%w: %s", ErrPartial, st.Reason)
}
