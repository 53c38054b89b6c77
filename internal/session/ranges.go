package session

import (
	"github.com/commonhold/commonhold/internal/tips"
)

// knowledge is what the peer's hello, the ranges and its wants say about what it
// holds.
type knowledge struct {
	ready   bool        // enough is known to push
	talk    *tips.Talk  // finds out which tips differ; nil: there is no need
	exact   bool        // the peer has all tips that were here at our hello but those of lone
	lone    bitset      // of our tips, those that are not tips of the peer
	known   []int       // changes that the peer holds, and so their pasts
	marks   map[id]bool // authors of ours of whom the peer named a tip we lack
	unknown []Tip       // tips that the peer named and we lacked, at most maxUnknown
}

// learnHello draws the conclusions from the peer's hello. Who holds all heads
// of the other knows exactly what it lacks, and so does who has the list of its
// tips. Otherwise the two find out where their tips differ, beginning with the
// ranges in the hello of the one who leads.
func (s *Session) learnHello(h *message) (err error) {
	r := &s.r
	if s.holdsAll(h) {
		s.compute()
		return nil
	}
	switch {
	case h.offer == nil:
		for _, t := range h.tips {
			s.learn(t)
		}
		if s.mine.Len() > MaxInline && len(h.tips) > 0 {
			r.talk = tips.AnswerList(s.mine, h.tips, func(tips.Entry) {}, func(Tip) {})
		}
		s.compute()
	case s.mine.Len() == 0: // what is here is nothing
	case s.mine.Len() <= MaxInline:
		r.talk, r.exact = tips.Listed(s.mine, s.alone, s.learn), true
	case s.leads(h):
		r.talk, r.exact = tips.Lead(s.mine, s.nonce, s.alone, s.learn), true
	default:
		r.exact = true
		if r.talk, err = tips.Follow(s.mine, h.nonce, h.offer, s.alone, s.learn); err != nil {
			return &breach{KindMalformed, err}
		}
	}
	return nil
}

// leads tells whether this side leads: the one that has fewer changes, since the other is
// the likelier one to hold all heads, and then pushes without having answered any ranges;
// of equal ones the one with the greater nonce.
func (s *Session) leads(h *message) bool {
	if mine := uint64(s.base); mine != h.count {
		return mine < h.count
	}
	return compareNonce(s.nonce, h.nonce) > 0
}

// holdsAll says whether the hello lists all heads and all are held here. Those
// that are held are known.
func (s *Session) holdsAll(h *message) bool {
	for _, head := range h.heads {
		i, ok := s.w.Index(head)
		if !ok {
			return false
		}
		s.r.known = append(s.r.known, i)
	}
	return h.flags&helloHeads != 0
}

// learn takes in one tip of the peer.
func (s *Session) learn(t Tip) {
	r := &s.r
	if i, ok := s.w.Index(t.ID); ok {
		r.known = append(r.known, i)
		return
	}
	if len(r.unknown) < maxUnknown {
		r.unknown = append(r.unknown, t)
	}
	if s.mine.HasAuthor(t.Author) {
		if r.marks == nil {
			r.marks = map[id]bool{}
		}
		r.marks[t.Author] = true
	}
}

// alone takes in that a tip of ours is not one of the peer.
func (s *Session) alone(e tips.Entry) { s.r.lone.add(int(e.Place)) }

// tipsOf gives the arrival indexes of the tips of one author that we had at our hello.
func (s *Session) tipsOf(author id) (out []int) {
	for e := range s.mine.Of(author) {
		out = append(out, int(e.Place))
	}
	return out
}

// talks says whether it is our turn to say which ranges differ.
func (r *round) talks() bool { return r.talk != nil && r.talk.Turn() }

// onRanges handles a part of what the peer says about ranges. When we know already what
// it lacks, because we hold all its heads, we do not answer, and have tells it.
func (s *Session) onRanges(part []byte) error {
	r := &s.r
	r.owe = true
	if r.ready {
		return nil
	}
	if r.talk == nil {
		return broke("ranges that nobody has asked about")
	}
	if err := r.talk.Take(part); err != nil {
		return &breach{KindProtocol, err}
	}
	if r.talk.Done() {
		s.compute()
	}
	return nil
}

// sayRanges makes the next part of what we say about ranges, or nil if the window is
// full.
func (s *Session) sayRanges() []byte {
	r := &s.r
	if !s.room(MaxMessage) {
		return nil
	}
	m := s.number(mRanges)
	m.part = r.talk.Next(maxRanges)
	s.acted(headerLen + len(m.part))
	if r.talk.Done() && !r.ready {
		s.compute()
	}
	return encode(m)
}
