package session

import (
	"time"

	"github.com/commonhold/commonhold/internal/tips"
)

// round is what two hellos and the messages under their tag have led to. The
// zero value is that of an unpaired session.
type round struct {
	paired bool
	tag    tag   // of what this side says
	theirs tag   // of what the peer says
	start  [2]id // digests of the two hellos, ours first

	out    uint64 // messages said
	in     uint64 // messages taken in, the number of the next
	broken bool   // a number was skipped

	outstanding int // bytes of pack, ranges and words said and not credited
	owed        int // bytes of pack, ranges and words taken in and not credited

	knowledge
	told  bitset // changes the peer has from this round: pushed, or its own
	mark  int    // changes below were told, queued or need not be
	queue []int  // changes to push

	bundle  []byte // rest of the bundle that is being said
	begun   bool   // a part of it was said
	asking  []Tip  // rest of the tips to want
	lacks   []id   // wanted of us, and not held
	owe     bool   // have is to be said
	effect  uint64 // out after the last message that the peer must act on
	asked   int    // tips wanted of the peer
	wanted  bool   // wants were said, or there was nothing to want
	lacked  int    // ids the peer said it lacks
	wantsIn int    // tips wanted of us
	wantEnd bool   // the batch of wants is complete

	pile   pile   // bundle of the peer that is being put together
	inside bool   // its first part has come and its last has not
	mid    bool   // the peer has said that more packs follow
	heard  bool   // the peer has said have
	seen   uint64 // messages of ours that the peer had taken in then

	words words
}

// pair begins a round with the hello that was sent last and that of the peer.
// answered: no other hello may be paired with ours.
func (s *Session) pair(answered bool) error {
	h := &s.peer
	s.used, s.answered, s.at = true, answered, time.Time{}
	s.r = round{
		paired: true,
		tag:    pairTag(s.nonce, h.nonce),
		theirs: pairTag(h.nonce, s.nonce),
		start:  [2]id{s.stated, h.digest},
		mark:   s.base,
		owe:    s.stated != h.digest,
	}
	s.beginWords(h.flags)
	s.traffic.Rounds++
	if s.equal() {
		s.rest()
		return nil
	}
	err := s.learnHello(h)
	h.heads, h.tips, h.offer = nil, nil, nil
	return err
}

// settle finds out how the session stands: it queues what is new, notices when
// a round is complete, and plans what follows from that.
func (s *Session) settle(now time.Time) {
	r := &s.r
	if !r.paired {
		if s.sent || s.asked {
			s.state = Hello
		}
		return
	}
	s.grow()
	switch {
	case !r.mid && s.equal(): // not while packs come: the digest would be made for each
		s.rest()
	case r.broken:
		s.state = Settle
	case !r.ready:
		s.state = Hello
	case s.talking():
		s.state = Push
	case !s.complete():
		s.state = Settle
	case s.ask():
		s.state = Push
	case r.start == [2]id{s.digest(), s.peerDigest}:
		s.state = Partial // the round changed nothing: another would not either
		s.rested = s.apart()
	case s.explained():
		s.state = Partial
		s.again(now)
	default:
		s.state = Settle
		s.again(now)
	}
	if r.broken {
		s.again(now)
	}
}

// rest drops what was still to be said, because the peer holds the same set.
// A bundle that is being said is finished; the peer could not tell it from one
// that was cut.
func (s *Session) rest() {
	r := &s.r
	s.state, s.tries, s.rested = InSync, 0, 0
	r.ready, r.wanted = true, true
	r.knowledge = knowledge{ready: true}
	r.queue, r.asking = nil, nil
	if !s.asked && !r.broken {
		s.at = time.Time{}
	}
	s.answered, s.mine = true, tips.Tree{}
}

// talking says whether there is something to say other than have and credit.
func (s *Session) talking() bool {
	r := &s.r
	return len(r.queue)+len(r.bundle)+len(r.asking)+len(r.lacks) > 0 || r.talks()
}

// complete says whether all is said on both sides and taken in: the peer has
// stated its digest after it had acted on our last word, and so have we.
func (s *Session) complete() bool {
	r := &s.r
	return r.heard && !r.mid && r.seen >= r.effect && !r.owe && s.stated == s.digest()
}

// apart counts what the two sides keep out of their sets, and one for a session
// in which one side takes nothing.
func (s *Session) apart() uint64 {
	n := s.peerDeferred + uint64(s.w.Deferred())
	if s.readOnly || s.peer.flags&helloReadOnly != 0 {
		n++
	}
	return n
}

// explained says that the digests differ for the reason for which they differed
// when the session last rested as Partial. Another round would push everything
// that is deferred once more, at each edit, so it is put off for long.
func (s *Session) explained() bool { return s.rested > 0 && s.rested == s.apart() }

// speak makes the next message of the pairing, or nil. The order keeps promises
// made by earlier messages: ranges before anything is pushed, wants
// and lacks before the have that closes them in. Whoever waits for credit gets
// it: a blocked sender has more than window - MaxMessage bytes out, so as soon
// as they are taken in the receiver owes more than creditEvery.
func (s *Session) speak() []byte {
	r := &s.r
	switch {
	case !r.paired || r.broken:
		return nil
	case r.owed >= creditEvery:
		m := s.number(mCredit)
		m.bytes, r.owed = uint32(r.owed), 0
		return encode(m)
	case len(r.lacks) > 0:
		m := s.number(mLack)
		n := min(len(r.lacks), lackPerMessage)
		m.ids, r.lacks = r.lacks[:n], r.lacks[n:]
		return encode(m)
	case r.talks():
		return s.sayRanges()
	case len(r.bundle) > 0 || r.ready && len(r.queue) > 0:
		return s.sayPack()
	case len(r.asking) > 0:
		return s.sayWant()
	case r.ready && !r.mid && (r.owe || s.stated != s.digest()):
		m := s.number(mHave)
		s.stated, r.owe = s.digest(), false
		m.digest, m.count, m.seen = s.stated, uint64(s.cachedAt), r.in
		m.deferred = uint64(s.w.Deferred())
		return encode(m)
	}
	return s.sayWords()
}

// number begins the next message of the pairing.
func (s *Session) number(kind byte) *message {
	m := &message{kind: kind, tag: s.r.tag, num: s.r.out}
	s.r.out++
	return m
}

// room says whether n more bytes of pack, ranges or words are within the window.
func (s *Session) room(n int) bool { return s.r.outstanding+n <= window }

// acted notes that the peer must act on the message that was just numbered,
// which counts in the window if n > 0 bytes.
func (s *Session) acted(n int) {
	s.r.effect = s.r.out
	s.r.outstanding += n
}

// onHave handles the peer's word that it has pushed everything and what its
// digest is now. If it has not said by then where the tips differ it will not,
// because it held all our heads: then it only lacks what is new here.
func (s *Session) onHave(m *message) error {
	r := &s.r
	switch {
	case r.inside:
		return broke("have inside a bundle")
	case m.seen > r.out:
		return broke("it has seen %d of %d messages", m.seen, r.out)
	case m.seen < r.seen:
		return broke("it has seen %d messages, before it was %d", m.seen, r.seen)
	}
	s.peerDigest, s.peerCount, s.peerDeferred = m.digest, m.count, m.deferred
	if !r.ready {
		r.ready, r.talk = true, nil
	}
	r.heard, r.mid, r.seen = true, false, m.seen
	return nil
}
