package session

import "slices"

// This file has the words of changes that came without them: who lacks some asks for
// them, each peer once in a round, and whoever has them sends them. A peer that had
// none when it was asked sends them when they come.

// words is what of that belongs to one round.
type words struct {
	looked   int         // changes below were looked at
	want     []id        // to be asked for
	asked    []id        // asked for and not answered, in order
	missed   map[id]bool // the peer has answered that they are not there
	promised bool        // our hello has said that we ask, and we have not
	total    int         // how many were asked for

	of   id     // the change whose words are coming
	size uint32 // how long they are
	got  []byte // what has come of them

	expected bool        // the peer's hello has said that it asks, and it has not
	owed     []id        // to be answered
	place    int         // how much of the first was said
	served   map[id]bool // what the peer has asked for
	later    []id        // of these, what was not here and is given when it comes
	looks    [2]int      // Work.Count and Work.Late when they were last looked for
}

// wordless looks what to ask for and tells whether there is anything.
func (s *Session) wordless() bool {
	s.wanted = nil
	if !s.readOnly {
		s.wanted = s.w.Wordless(0, s.base)
	}
	return len(s.wanted) > 0
}

// beginWords begins the round that a hello of the peer with these flags has made.
func (s *Session) beginWords(flags byte) {
	s.r.words = words{
		looked: s.base, want: s.wanted, promised: len(s.wanted) > 0,
		expected: flags&helloWords != 0,
	}
	s.wanted = nil
}

// endWords ends a round.
func (s *Session) endWords() {
	if len(s.r.words.asked) > 0 {
		s.vain++
	}
}

// Busy tells whether words are still to be asked for, or to be given to the peer.
func (s *Session) Busy() bool {
	w := &s.r.words
	return s.r.paired && (w.promised || w.expected || len(w.want)+len(w.asked)+len(w.owed) > 0)
}

// sayWords makes the next message about words, or nil.
func (s *Session) sayWords() []byte {
	w := &s.r.words
	if n := s.w.Count(); n > w.looked && !s.readOnly {
		w.want = append(w.want, s.w.Wordless(w.looked, n)...)
		w.looked = n
	}
	if w.promised || len(w.want) > 0 && len(w.asked) <= MaxAsk/2 {
		if msg := s.sayAsk(); msg != nil {
			return msg
		}
	}
	if now := [2]int{s.w.Count(), s.w.Late()}; len(w.later) > 0 && now != w.looks {
		w.looks = now
		w.later = slices.DeleteFunc(w.later, func(x id) bool {
			has := s.w.Words(x) != nil
			if has {
				w.owed = append(w.owed, x)
			}
			return has
		})
	}
	if len(w.owed) == 0 || !s.room(wordsLen+4+MaxPart) {
		return nil
	}
	m := s.number(mWords)
	s.answer(m)
	msg := encode(m)
	s.r.outstanding += len(msg)
	return msg
}

// sayAsk makes the next ask, of what is lacking still; nil if there is none.
func (s *Session) sayAsk() []byte {
	w := &s.r.words
	var ids []id
	for len(w.want) > 0 && len(w.asked)+len(ids) < MaxAsk && w.total < maxAsks {
		x := w.want[0]
		w.want = w.want[1:]
		if s.w.Lacks(x) {
			ids = append(ids, x)
			w.total++
		}
	}
	if w.total == maxAsks {
		w.want = nil
	}
	if len(ids) == 0 && !w.promised {
		return nil
	}
	m := s.number(mAsk)
	m.ids, w.promised = ids, false
	if len(w.want) > 0 {
		m.flags = wantMore
	}
	w.asked = append(w.asked, ids...)
	return encode(m)
}

// answer puts the next part of the words that the peer has asked for into a message.
func (s *Session) answer(m *message) {
	w := &s.r.words
	m.of = w.owed[0]
	all := s.w.Words(m.of)
	if len(all) <= w.place {
		m.size = noWords
		if len(w.later) < maxLater {
			w.later = append(w.later, m.of)
		}
		w.owed, w.place = w.owed[1:], 0
		return
	}
	m.size, m.place = uint32(len(all)), uint32(w.place)
	m.part = all[w.place:min(len(all), w.place+MaxPart)]
	if w.place += len(m.part); w.place == len(all) {
		s.traffic.SentWords++
		w.owed, w.place = w.owed[1:], 0
	}
}

// onAsk handles what the peer asks for. Each change is asked for once in a round.
func (s *Session) onAsk(m *message) error {
	w := &s.r.words
	w.expected = m.flags&wantMore != 0
	if w.served == nil {
		w.served = map[id]bool{}
	}
	if len(w.owed)+len(m.ids) > MaxAsk+maxLater || len(w.served)+len(m.ids) > maxAsks {
		return broke("words of %d changes asked for at once, %d in a round", len(w.owed)+len(m.ids), len(w.served)+len(m.ids))
	}
	for _, x := range m.ids {
		if w.served[x] {
			return broke("words asked for twice")
		}
		w.served[x] = true
		w.owed = append(w.owed, x)
	}
	return nil
}

// onWords handles a part of words, or that they are not there. Whole words are given to
// the Work.
func (s *Session) onWords(m *message) error {
	w := &s.r.words
	first := len(w.asked) > 0 && w.asked[0] == m.of
	switch {
	case s.readOnly:
		return &breach{KindReadOnly, ErrReadOnly}
	case len(w.got) > 0 && (m.of != w.of || m.size != w.size || int(m.place) != len(w.got)):
		return broke("words at %d of %d bytes, of which %d have come of %d", m.place, m.size, len(w.got), w.size)
	case len(w.got) == 0 && !(first || w.missed[m.of] && m.size != noWords):
		return broke("words that were not asked for")
	case len(w.got) == 0 && m.size != noWords && m.place != 0:
		return broke("words that begin at %d", m.place)
	}
	w.of, w.size = m.of, m.size
	w.got = append(w.got, m.part...)
	if m.size != noWords && len(w.got) < int(m.size) {
		return nil
	}
	all := w.got
	w.got = nil
	if first {
		if w.asked = w.asked[1:]; len(w.asked) == 0 {
			s.vain = 0 // not before: a slow peer would be asked anew before it can answer all
		}
	}
	if m.size == noWords {
		if w.missed == nil {
			w.missed = map[id]bool{}
		}
		w.missed[m.of] = true
		return nil
	}
	delete(w.missed, m.of)
	if err := s.w.TakeWords(m.of, all); err != nil {
		return foul(err)
	}
	s.traffic.ReceivedWords++
	return nil
}
