package merge

import (
	"io"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/session"
)

// Session is one side of the exchange of one document with one peer: a pure
// state machine, bytes in, bytes out, with the next time to ask. It holds no
// goroutine, socket or clock and is not safe for concurrent use; its document is,
// and may be edited meanwhile.
//
// [Replica.Sync] runs one over a connection; use a Session where the messages
// travel otherwise, or in tests with a clock of their own.
type Session struct {
	s  *session.Session
	in bridge.Doc
	n  int // changes that are signed and may be offered
}

// Status is how a session stands: its state, for what reason it rests, what went
// each way.
type Status = session.Status

// Where a session can rest (Status.State); in any other state it goes on.
const (
	InSync  = session.InSync  // both sides hold the same
	Partial = session.Partial // they do not, and Status.Reason says why
	Failed  = session.Closed  // it has ended with Status.Err
)

// SessionOption is a choice made when a Session is made.
type SessionOption func(*session.Options)

// SessionRand gives the source of the session's nonce; crypto/rand's otherwise.
func SessionRand(r io.Reader) SessionOption { return func(o *session.Options) { o.Rand = r } }

// SessionSource names the peer, for the bounds of what has to wait.
func SessionSource(name string) SessionOption { return func(o *session.Options) { o.Source = name } }

// SessionReadOnly lets the peer read and refuses what it sends.
func SessionReadOnly() SessionOption { return func(o *session.Options) { o.ReadOnly = true } }

// NewSession makes a session that has not said anything yet. What is open in
// the document is sealed and signed whenever the session is asked for what to
// say, since it leaves then; what cannot be signed does not leave. The error is
// that of the random source.
func NewSession(d *crdt.Doc, opts ...SessionOption) (*Session, error) {
	x := &Session{in: bridge.Of(d)}
	o := session.Options{Source: ""}
	for _, f := range opts {
		f(&o)
	}
	var err error
	x.s, err = session.New(&replicated{in: x.in, ends: &ends{in: x.in}, count: func() int { return x.n }, after: x.sign}, o)
	if err != nil {
		return nil, err
	}
	return x, nil
}

// sign signs what is sealed, which then may be offered.
func (s *Session) sign() error {
	n, err := s.in.Signed()
	if err == nil {
		s.n = n
	}
	return err
}

// Receive takes in a message of the peer. An error ends the session and leaves
// the document as it was: ErrPeer when the peer is at fault.
func (s *Session) Receive(now time.Time, msg []byte) error { return s.s.Receive(now, msg) }

// Next is the next message to send, nil for none now, and when to ask again at
// the latest; the zero time for never.
func (s *Session) Next(now time.Time) (msg []byte, deadline time.Time) {
	if s.in.Leave() == nil {
		_ = s.sign() // it was signed a moment ago
	}
	return s.s.Next(now)
}

// InSync tells whether the last digest that the peer stated is that of the
// document, as far as it was offered.
func (s *Session) InSync() bool { return s.s.InSync() }

// Status says how the session stands.
func (s *Session) Status() Status { return s.s.Status() }
