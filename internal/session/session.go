package session

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/commonhold/commonhold/internal/invariant"
	"github.com/commonhold/commonhold/internal/tips"
)

// Options are what a session is made with. The zero value is good.
type Options struct {
	// Rand gives 32 bytes, once, from which the nonces are made. They must
	// differ from session to session. Nil: crypto/rand.
	Rand io.Reader
	// Source is handed to Work.Apply with what this peer sends.
	Source any
	// ReadOnly: the peer may only read. It is told so, and what it sends all
	// the same ends the session.
	ReadOnly bool
}

// A Session is one replica's side of the exchange with one peer about one work.
// It is not safe for concurrent use.
//
// Invariants, with the names of check:
//  1. closed ⇔ state is Closed ⇔ err is set; nothing else changes then but that
//     last is said once.
//  2. paired: a hello was sent and used, the peer's is known, and the tags are
//     those of their nonces.
//  3. The queue ascends, lies below mark ≤ Count, and holds nothing that was
//     told: no change is pushed twice in a round or to where it came from.
//  4. What is kept of the peer is within the limits: the bundle that is being
//     put together, unknown, lacks, and marks only authors of ours.
//  5. seen and effect never exceed the messages sent in this pairing.
//  6. The digests are equal in state InSync and differ in state Partial, as far
//     as the peer has stated its own.
type Session struct {
	w        Work
	source   any
	readOnly bool

	state State
	err   error  // why the session is closed
	last  []byte // the fail that is still to be said

	greeting
	r round

	peerKnown    bool   // the peer has said hello
	peerDigest   id     // what the peer stated last
	peerCount    uint64 // and how many changes that is
	peerDeferred uint64 // changes the peer keeps out of its set

	rested   uint64    // apart when the session last was Partial; 0: not since it was in sync
	stated   id        // the digest this side stated last
	cached   id        // w.Digest at cachedAt changes
	cachedAt int       // -1: none yet
	moved    time.Time // when something was last said or taken in
	traffic  traffic
	tagged   bool // a message with a tag was once taken in
	fresh    int  // bytes of bundles that were applied and not flushed
	vain     int  // rounds in a row in which the peer left an ask without an answer
}

// New makes a session that has not said anything yet. The error is that of
// opt.Rand.
func New(w Work, opt Options) (*Session, error) {
	if opt.Rand == nil {
		opt.Rand = rand.Reader
	}
	s := &Session{w: w, source: opt.Source, readOnly: opt.ReadOnly, cachedAt: -1}
	if _, err := io.ReadFull(opt.Rand, s.seed[:]); err != nil {
		return nil, fmt.Errorf("session: reading random bytes: %w", err)
	}
	return s, nil
}

// Receive takes in a message of the peer, at time now. It does not keep msg. An
// error ends the session: the document is unchanged by msg, Next gives the last
// message to send, and every later call returns an error that wraps ErrClosed.
// A message of an older pairing, or a repeated one, is ignored.
func (s *Session) Receive(now time.Time, msg []byte) error {
	if s.state == Closed {
		return fmt.Errorf("%w: %w", ErrClosed, s.err)
	}
	s.traffic.in(len(msg))
	taken, err := s.take(now, msg)
	if err != nil {
		s.close(err)
		return err
	}
	if !taken {
		s.traffic.Ignored++
		return nil
	}
	s.moved = now
	s.settle(now)
	return nil
}

// Next returns the next message to send, nil if there is none now, and the time
// at which to ask again even if nothing arrives and the document does not grow;
// the zero time if never. The message belongs to the caller. Ask until it is
// nil.
func (s *Session) Next(now time.Time) (msg []byte, deadline time.Time) {
	if s.state != Closed {
		if err := s.w.Blame(s.source); err != nil {
			s.close(&breach{KindInvalid, err})
		}
	}
	if s.state == Closed {
		msg, s.last = s.last, nil
		if msg != nil {
			s.traffic.out(len(msg))
		}
		return msg, time.Time{}
	}
	s.settle(now)
	if s.due(now) {
		msg = s.sayHello(now)
	} else {
		msg = s.speak()
	}
	if s.state == Closed { // the Work failed while a bundle was made, or the peer's hello is none
		return s.Next(now)
	}
	if msg != nil {
		s.moved = now
		s.traffic.out(len(msg))
		s.settle(now)
	}
	if invariant.Enabled {
		s.mustHold()
	}
	return msg, s.deadline()
}

// take decodes a message and gives it to what handles its kind. It says false
// for what is ignored.
func (s *Session) take(now time.Time, msg []byte) (taken bool, err error) {
	kind, t, err := peek(msg)
	if err != nil {
		return false, err
	}
	switch {
	case kind == mHello:
	case kind == mFail && t == tag{} && !s.tagged:
	case !s.r.paired || t != s.r.theirs:
		return false, nil
	}
	m, err := decode(msg)
	if err != nil {
		return false, err
	}
	switch kind {
	case mHello:
		return s.onHello(now, &m)
	case mFail:
		return false, &FailError{m.why, string(m.text)}
	}
	if m.num != s.r.in || s.r.broken {
		return s.onGap(now, &m)
	}
	s.r.in++
	s.tagged = true
	return true, s.on(&m, len(msg))
}

// on handles a message that came in its turn; n is its length.
func (s *Session) on(m *message, n int) error {
	switch m.kind {
	case mRanges:
		s.r.owed += n
		return s.onRanges(m.part)
	case mPack:
		s.r.owed += n
		return s.onPack(m)
	case mWant:
		return s.onWant(m)
	case mLack:
		return s.onLack(m.ids)
	case mAsk:
		return s.onAsk(m)
	case mWords:
		s.r.owed += n
		return s.onWords(m)
	case mCredit:
		s.r.outstanding -= min(s.r.outstanding, int(min(m.bytes, window)))
		return nil
	}
	return s.onHave(m)
}

// onGap handles a message out of its turn. A repeated one is ignored. Otherwise
// something was lost: the pairing is over, and of what still arrives of it only
// whole bundles are of use.
func (s *Session) onGap(now time.Time, m *message) (taken bool, err error) {
	if m.num < s.r.in {
		return false, nil
	}
	s.r.broken = true
	if m.kind != mPack || m.flags&(packFirst|packLast) != packFirst|packLast {
		return true, nil
	}
	if s.readOnly {
		return true, &breach{KindReadOnly, ErrReadOnly}
	}
	return true, s.apply(m.part)
}

// close ends the session because of err and prepares the last message, unless
// err is the peer's own last message.
func (s *Session) close(err error) {
	s.state, s.err = Closed, err
	var b *breach
	if errors.As(err, &b) {
		m := message{kind: mFail, tag: s.r.tag, why: b.kind}
		if b.kind != KindLocal { // what went wrong here is not the peer's business
			m.text = []byte(b.cause.Error())
			m.text = m.text[:min(len(m.text), MaxReason)]
		}
		s.last = encode(&m)
	}
	s.r = round{tag: s.r.tag}
	s.mine, s.peer = tips.Tree{}, message{}
}

// digest is the Work's, asked for again when the set has grown.
func (s *Session) digest() id {
	if n := s.w.Count(); n != s.cachedAt {
		s.cachedAt, s.cached = n, s.w.Digest()
	}
	return s.cached
}

// equal says whether the peer has last stated the digest that is ours now.
func (s *Session) equal() bool { return s.peerKnown && s.peerDigest == s.digest() }

// InSync says that both sides hold the same set, by the last word of the peer.
// It is false as soon as the document has grown since then.
func (s *Session) InSync() bool { return s.state != Closed && s.equal() }
