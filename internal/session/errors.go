package session

import (
	"errors"
	"fmt"
)

// Errors of Receive. Each ends the session; the document is as it was.
var (
	// ErrPeer reports that the peer broke the protocol or sent bytes that no
	// honest peer sends. Every error below but ErrLocal and ErrClosed wraps
	// into it.
	ErrPeer = errors.New("session: breach by the peer")

	// ErrVersion reports a peer that speaks another version of the messages.
	ErrVersion = errors.New("other version of the messages")

	// ErrForeign reports a peer that speaks about another work.
	ErrForeign = errors.New("other work")

	// ErrReadOnly reports changes from a peer that may only read.
	ErrReadOnly = errors.New("the peer may only read")

	// ErrLocal reports a failure on this side. A Work wraps into it what is
	// not the peer's fault: a disk, a signer.
	ErrLocal = errors.New("session: failure on this side")

	// ErrClosed reports a message to a session that has ended.
	ErrClosed = errors.New("session: closed")
)

// A FailError reports that the peer ended the session and what it said. It is
// the peer's word: nothing of it is proven.
type FailError struct {
	Kind Kind
	Text string // at most MaxReason bytes, any bytes
}

// Error quotes the peer.
func (e *FailError) Error() string {
	return fmt.Sprintf("session: the peer ended it (%s): %q", e.Kind, e.Text)
}

// Kind says in a fail message why a session ends.
type Kind uint8

// Kinds of fail. Others are kept as they are: a newer peer may have more.
const (
	KindMalformed Kind = 1 // bytes that are no message
	KindProtocol  Kind = 2 // a message that does not fit
	KindInvalid   Kind = 3 // changes that no honest peer has
	KindVersion   Kind = 4 // another version of the messages
	KindForeign   Kind = 5 // another work
	KindReadOnly  Kind = 6 // changes from a peer that may only read
	KindLocal     Kind = 7 // a failure of the side that says it
)

// String names the kind.
func (k Kind) String() string {
	switch k {
	case KindMalformed:
		return "malformed"
	case KindProtocol:
		return "protocol"
	case KindInvalid:
		return "invalid"
	case KindVersion:
		return "version"
	case KindForeign:
		return "foreign"
	case KindReadOnly:
		return "read-only"
	case KindLocal:
		return "local"
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// breach is an error that ends the session and what the peer is told of it.
type breach struct {
	kind  Kind
	cause error
}

// Error joins the kind and the cause.
func (b *breach) Error() string { return fmt.Sprintf("%s: %s: %s", b.who(), b.kind, b.cause) }

// Unwrap gives the sentinel and the cause.
func (b *breach) Unwrap() []error { return []error{b.who(), b.cause} }

// who is the side whose fault it is.
func (b *breach) who() error {
	if b.kind == KindLocal {
		return ErrLocal
	}
	return ErrPeer
}

// broke makes a breach of the protocol.
func broke(format string, args ...any) error {
	return &breach{KindProtocol, fmt.Errorf(format, args...)}
}
