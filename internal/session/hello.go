package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"time"

	"github.com/commonhold/commonhold/internal/tips"
)

// greeting is the part of a session that exchanges hellos. It makes sure that a
// hello is answered exactly once and decides when to say the next one.
type greeting struct {
	seed  [32]byte // what nonces are made of
	drawn uint64   // nonces made

	nonce    nonce     // of the hello that was sent last
	sent     bool      // one was sent
	used     bool      // it has made a pairing
	answered bool      // and no further hello may make another with it
	base     int       // changes at that hello
	mine     tips.Tree // tips at that hello
	wanted   []id      // changes without words at that hello

	peer   message           // hello of the peer: of the pairing, or the one to be answered
	asked  bool              // peer is to be answered
	recent [remembered]nonce // nonces of the peer
	heard  int               // hellos of the peer, the next place in recent

	at    time.Time // when to say hello next; zero: only if nothing is heard
	tries int       // hellos of this side's own accord since something came of one
	free  time.Time // when the allowance of rounds is full again
}

// draw makes the next nonce.
func (g *greeting) draw() (n nonce) {
	h := sha256.Sum256(binary.BigEndian.AppendUint64(g.seed[:len(g.seed):len(g.seed)], g.drawn))
	g.drawn++
	copy(n[:], h[:])
	return n
}

// met says whether a nonce is known: one of the peer's last, or our own come
// back. A nonce that is new is remembered.
func (g *greeting) met(n nonce) bool {
	if g.sent && n == g.nonce {
		return true
	}
	for _, m := range g.recent {
		if m == n {
			return true
		}
	}
	g.recent[g.heard%remembered] = n
	g.heard++
	return false
}

// pairTag is the tag of the messages from the side whose hello had the nonce
// from to the side whose hello had the nonce to. Each direction has its own, so
// that a message that is sent back to its sender is ignored.
func pairTag(from, to nonce) (t tag) {
	h := sha256.Sum256(append(from[:len(from):len(from)], to[:]...))
	copy(t[:], h[:])
	return t
}

// onHello handles a hello of the peer. Three cases make a difference:
//
//   - it answers our last one, or crossed it: the two make a pairing;
//   - it answers nothing and ours is used up: the peer wants a new round, and
//     an answer is due, at once as long as the peer's allowance lasts;
//   - it answers an older one of ours: the peer will answer the last one too.
func (s *Session) onHello(now time.Time, h *message) (taken bool, err error) {
	if h.work != s.w.ID() {
		return false, &breach{KindForeign, ErrForeign}
	}
	if s.met(h.nonce) {
		return false, nil
	}
	answers := s.sent && h.echo == s.nonce && !s.answered
	crossed := s.sent && !s.used && h.echo == nonce{}
	switch {
	case answers, crossed:
		s.hear(h)
		s.asked = false
		return true, s.pair(answers)
	case h.echo == nonce{}:
		s.hear(h)
		s.endWords()
		s.r = round{} // the peer has left the pairing
		at := now.Add(s.allowance(now))
		if s.at.IsZero() || at.Before(s.at) {
			s.at = at
		}
		s.asked = true
	default:
		return false, nil
	}
	return true, nil
}

// hear notes what a hello states.
func (s *Session) hear(h *message) {
	s.peer = *h
	s.peer.offer = bytes.Clone(h.offer)
	s.peerKnown, s.peerDigest, s.peerCount, s.peerDeferred = true, h.digest, h.count, 0
}

// sayHello makes a hello, as an answer if the peer waits for one. Count is read
// before the rest: what arrives in between is then pushed as new.
func (s *Session) sayHello(now time.Time) []byte {
	s.charge(now)
	s.endWords()
	s.at, s.r = time.Time{}, round{}
	s.nonce, s.sent, s.used, s.answered = s.draw(), true, false, false
	s.base = s.w.Count()
	s.stated = s.digest()
	m := message{kind: mHello, work: s.w.ID(), nonce: s.nonce, digest: s.stated, count: uint64(s.base)}
	if heads := s.w.Heads(); len(heads) <= MaxHeads {
		m.flags, m.heads = helloHeads, heads
	}
	if s.readOnly {
		m.flags |= helloReadOnly
	}
	if s.wordless() {
		m.flags |= helloWords
	}
	s.mine = s.w.Tips()
	if s.mine.Len() > MaxInline {
		m.offer = s.mine.Offer(s.nonce)
	} else {
		for t := range s.mine.All() {
			m.tips = append(m.tips, t.Tip)
		}
	}
	if !s.asked {
		s.tries++
		return encode(&m)
	}
	s.asked = false
	m.echo = s.peer.nonce
	msg := encode(&m)
	if err := s.pair(true); err != nil {
		s.close(err)
		return nil
	}
	return msg
}

// due says whether to say hello now: the first one, one that was planned, or
// one because nothing was heard for too long.
func (s *Session) due(now time.Time) bool {
	if s.at.IsZero() && !s.sent {
		return true
	}
	d := s.deadline()
	return !d.IsZero() && !now.Before(d)
}

// deadline is when the next hello is due if nothing happens before; zero for
// never.
func (s *Session) deadline() time.Time {
	switch {
	case !s.at.IsZero():
		return s.at
	case s.state == Hello, s.state == Push, s.state == Settle:
		return s.moved.Add(doubled(patience, s.tries-1))
	case s.r.paired && len(s.r.words.asked) > 0:
		return s.moved.Add(doubled(patience, s.vain))
	}
	return time.Time{}
}

// again plans a new round that this side begins, unless a hello is planned.
func (s *Session) again(now time.Time) {
	if !s.at.IsZero() {
		return
	}
	wait := max(doubled(pause, s.tries-1), s.allowance(now))
	if s.state == Partial {
		wait = maxPatience
	}
	s.at = now.Add(wait)
}

// allowance is how long to wait until another round is allowed: rounds come in
// a burst of roundBurst and then one every roundEvery.
func (s *Session) allowance(now time.Time) time.Duration {
	if !s.free.After(now) { // it may be the zero time, too far away to subtract from
		return 0
	}
	return max(0, s.free.Sub(now)-(roundBurst-1)*roundEvery)
}

// charge takes one round from the allowance.
func (s *Session) charge(now time.Time) {
	if s.free.Before(now) {
		s.free = now
	}
	s.free = s.free.Add(roundEvery)
}

// doubled doubles d n times, up to maxPatience.
func doubled(d time.Duration, n int) time.Duration {
	for ; n > 0 && d < maxPatience; n-- {
		d *= 2
	}
	return min(d, maxPatience)
}
