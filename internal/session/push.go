package session

import "errors"

// compute fills the queue with all changes that the peer lacks by what is known
// of it. Chains of marked authors are left out up to our tips, with their
// pasts: either the peer is ahead there and has them, or it will want them.
func (s *Session) compute() {
	r := &s.r
	r.ready = true
	r.mark = s.w.Count()
	r.queue = nil
	if s.peer.flags&helloReadOnly != 0 {
		return
	}
	have := r.known[:len(r.known):len(r.known)]
	for author := range r.marks {
		have = append(have, s.tipsOf(author)...)
	}
	if r.exact {
		for e := range s.mine.All() {
			if i := int(e.Place); !r.lone.has(i) {
				have = append(have, i)
			}
		}
	}
	for _, i := range s.w.Missing(have) {
		if i < r.mark && !r.told.has(i) {
			r.queue = append(r.queue, i)
		}
	}
}

// grow queues the changes that have arrived since it was last called, other
// than from the peer.
func (s *Session) grow() {
	r := &s.r
	n := s.w.Count()
	if s.peer.flags&helloReadOnly != 0 {
		r.mark = n
	}
	for ; r.mark < n; r.mark++ {
		if !r.told.has(r.mark) {
			r.queue = append(r.queue, r.mark)
		}
	}
}

// sayPack makes the next part of a bundle, or nil if the window is full. A
// failure of the Work closes the session.
func (s *Session) sayPack() []byte {
	r := &s.r
	if len(r.bundle) == 0 {
		if !s.room(cutBundle) {
			return nil
		}
		b, n, err := s.w.Bundle(r.queue, cutBundle)
		if err == nil && (n < 1 || n > len(r.queue) || len(b) < 1 || len(b) > MaxBundle) {
			err = errors.New("bundle is empty or over the limit")
		}
		if err != nil {
			s.close(&breach{KindLocal, err})
			return nil
		}
		for _, i := range r.queue[:n] {
			r.told.add(i)
		}
		r.bundle, r.begun, r.queue = b, false, r.queue[n:]
		s.traffic.SentChanges += uint64(n)
	}
	n := min(len(r.bundle), MaxPart)
	size := headerLen + 1 + n
	if !s.room(size) {
		return nil
	}
	m := s.number(mPack)
	m.part, r.bundle = r.bundle[:n], r.bundle[n:]
	if !r.begun {
		m.flags |= packFirst
	}
	r.begun = true
	if len(r.bundle) == 0 {
		r.bundle = nil
		m.flags |= packLast
		if len(r.queue) > 0 {
			m.flags |= packMore
		}
	}
	s.acted(size)
	return encode(m)
}

// onPack handles a part of a bundle; the last one is applied with what came
// before.
func (s *Session) onPack(m *message) error {
	r := &s.r
	first, last := m.flags&packFirst != 0, m.flags&packLast != 0
	switch {
	case s.readOnly:
		return &breach{KindReadOnly, ErrReadOnly}
	case first == r.inside:
		return broke("part of a bundle out of place")
	case r.pile.held+len(m.part) > MaxBundle:
		return broke("bundle over %d bytes", MaxBundle)
	}
	r.inside = !last
	r.mid = !last || m.flags&packMore != 0
	if !r.mid {
		r.owe = true
	}
	if first && last { // the usual case: no copy
		return s.apply(m.part)
	}
	r.pile.add(m.part)
	if !last {
		return nil
	}
	return s.apply(r.pile.take())
}

// apply gives a bundle of the peer to the Work. What it added came from the
// peer and is not pushed back. If it set free what had come from others, the
// digests tell and the next round sends that.
func (s *Session) apply(bundle []byte) error {
	from, to, err := s.w.Apply(bundle, s.source)
	if err != nil {
		return foul(err)
	}
	if from < to {
		s.tries = 0
		s.traffic.ReceivedChanges += uint64(to - from)
		s.r.told.addRange(from, to)
	}
	if s.fresh += len(bundle); s.fresh < flushEvery && s.r.mid && !s.r.broken {
		return nil
	}
	s.fresh = 0
	if err := s.w.Flush(); err != nil {
		return &breach{KindLocal, err}
	}
	return nil
}

// foul makes a breach of an error of the Work.
func foul(err error) error {
	if errors.Is(err, ErrLocal) {
		return &breach{KindLocal, err}
	}
	return &breach{KindInvalid, err}
}
