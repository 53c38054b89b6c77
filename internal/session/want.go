package session

import (
	"slices"

	"github.com/commonhold/commonhold/internal/tips"
)

// locatorTips is how many tips of one forked chain of ours a locator starts
// from.
const locatorTips = 4

// ask prepares the wants of this round: the tips that the peer has named, that
// we lacked, and that have not come although the peer has pushed everything.
// It says whether there are any. Each is wanted once.
func (s *Session) ask() bool {
	r := &s.r
	if r.wanted || s.readOnly {
		return false
	}
	r.wanted = true
	for _, t := range r.unknown {
		if _, ok := s.w.Index(t.ID); !ok {
			r.asking = append(r.asking, t)
		}
	}
	slices.SortFunc(r.asking, tips.Compare)
	r.asked = len(r.asking)
	return r.asked > 0
}

// sayWant makes the next want, as long as fits in a message. The tips ascend,
// so the locator of an author is made once for all its tips in a message.
func (s *Session) sayWant() []byte {
	r := &s.r
	m := s.number(mWant)
	var locator []id
	size := headerLen + 1
	for len(r.asking) > 0 && len(m.wants) < MaxWants {
		t := r.asking[0]
		if n := len(m.wants); n == 0 || m.wants[n-1].author != t.Author {
			locator = s.locator(t.Author)
		}
		w := want{author: t.Author, tip: t.ID, locator: locator}
		if size += wantLen(&w); size > MaxMessage {
			break
		}
		m.wants = append(m.wants, w)
		r.asking = r.asking[1:]
	}
	if len(r.asking) > 0 {
		m.flags = wantMore
	}
	s.acted(0)
	return encode(m)
}

// locator lists changes of ours on the chains of author, for the peer to find
// where its chain leaves them: what lies below our tips, at doubling distance.
// The tips themselves it knows.
func (s *Session) locator(author id) []id {
	var ends []id
	for e := range s.mine.Of(author) {
		ends = append(ends, e.Tip.ID)
	}
	if len(ends) == 0 {
		return nil
	}
	ends = ends[max(0, len(ends)-locatorTips):] // the longest chains
	each := MaxLocator / len(ends)
	var out []id
	for _, x := range ends {
		below := s.w.Locator(x)
		out = append(out, below[:min(len(below), each)]...)
	}
	return out
}

// onWant handles a part of the peer's wants. What was left out because the peer
// seemed to have it is pushed after the last part, from where the locators say
// that the chains part. A tip that was not left out is on its way or was
// claimed by the peer itself, so asking for it does nothing.
func (s *Session) onWant(m *message) error {
	r := &s.r
	r.wantsIn += len(m.wants)
	switch {
	case !r.ready:
		return broke("want before it could know what it lacks")
	case r.wantEnd:
		return broke("wants twice in a round")
	case r.wantsIn > maxUnknown:
		return broke("%d wants in a round, limit %d", r.wantsIn, maxUnknown)
	}
	for i := range m.wants {
		w := &m.wants[i]
		if _, ok := s.w.Index(w.tip); !ok {
			r.lacks = append(r.lacks, w.tip)
			continue
		}
		if !r.marks[w.author] {
			continue
		}
		delete(r.marks, w.author)
		for _, x := range w.locator {
			if i, ok := s.w.Index(x); ok {
				r.known = append(r.known, i)
			}
		}
	}
	if m.flags&wantMore == 0 {
		r.wantEnd, r.owe = true, true
		s.compute()
	}
	return nil
}

// onLack handles the peer's word that it does not hold tips that it has named.
func (s *Session) onLack(ids []id) error {
	r := &s.r
	if r.lacked += len(ids); r.lacked > r.asked {
		return broke("it lacks %d tips, %d were wanted", r.lacked, r.asked)
	}
	return nil
}
