package session

import "fmt"

// mustHold panics if an invariant is broken.
func (s *Session) mustHold() {
	if err := s.check(); err != nil {
		panic(err.Error())
	}
}

// check restates the invariants at Session, clause by clause.
func (s *Session) check() error {
	for _, clause := range []func() error{s.checkClosed, s.checkPaired, s.checkQueue, s.checkKept, s.checkCounts, s.checkState} {
		if err := clause(); err != nil {
			return fmt.Errorf("session: %w", err)
		}
	}
	return nil
}

// checkClosed is invariant 1.
func (s *Session) checkClosed() error {
	if (s.state == Closed) != (s.err != nil) {
		return fmt.Errorf("1: state %s with error %v", s.state, s.err)
	}
	if s.last != nil && s.state != Closed {
		return fmt.Errorf("1: a last message in state %s", s.state)
	}
	return nil
}

// checkPaired is invariant 2.
func (s *Session) checkPaired() error {
	if !s.r.paired {
		return nil
	}
	if !s.sent || !s.used || !s.peerKnown || s.asked {
		return fmt.Errorf("2: paired with sent %t, used %t, peer known %t, asked %t", s.sent, s.used, s.peerKnown, s.asked)
	}
	if s.r.tag != pairTag(s.nonce, s.peer.nonce) || s.r.theirs != pairTag(s.peer.nonce, s.nonce) {
		return fmt.Errorf("2: tags %x, %x are not those of the nonces %x and %x", s.r.tag, s.r.theirs, s.nonce, s.peer.nonce)
	}
	return nil
}

// checkQueue is invariant 3.
func (s *Session) checkQueue() error {
	r := &s.r
	if n := s.w.Count(); r.mark > n {
		return fmt.Errorf("3: mark %d of %d changes", r.mark, n)
	}
	for k, i := range r.queue {
		if i < 0 || i >= r.mark || k > 0 && i <= r.queue[k-1] {
			return fmt.Errorf("3: queue has %d at %d, mark %d", i, k, r.mark)
		}
		if r.told.has(i) {
			return fmt.Errorf("3: change %d is queued and was told", i)
		}
	}
	if n := r.told.size(); s.fresh == 0 && n > s.w.Count() {
		return fmt.Errorf("3: %d changes told of %d", n, s.w.Count())
	}
	return nil
}

// checkKept is invariant 4.
func (s *Session) checkKept() error {
	r := &s.r
	if r.pile.held > MaxBundle || len(r.unknown) > maxUnknown || len(r.lacks) > maxUnknown || len(r.asking) > maxUnknown {
		return fmt.Errorf("4: bundle of %d bytes, %d unknown, %d lacks, %d to ask", r.pile.held, len(r.unknown), len(r.lacks), len(r.asking))
	}
	if !r.inside && r.pile.held > 0 {
		return fmt.Errorf("4: %d bytes of no bundle", r.pile.held)
	}
	if w := &r.words; len(w.asked) > MaxAsk || len(w.owed) > MaxAsk+maxLater || len(w.served) > maxAsks || len(w.later) > maxLater || len(w.got) > MaxWords {
		return fmt.Errorf("4: words of %d changes asked for, of %d owed, of %d perhaps later, %d bytes came", len(w.asked), len(w.owed), len(w.later), len(w.got))
	}
	for a := range r.marks {
		if !s.mine.HasAuthor(a) {
			return fmt.Errorf("4: mark of %x, who has no tip here", a)
		}
	}
	return nil
}

// checkCounts is invariant 5.
func (s *Session) checkCounts() error {
	r := &s.r
	if r.seen > r.out || r.effect > r.out {
		return fmt.Errorf("5: seen %d, effect %d, said %d", r.seen, r.effect, r.out)
	}
	if r.outstanding < 0 || r.outstanding > window || r.owed < 0 {
		return fmt.Errorf("5: %d bytes outstanding, window %d, %d owed", r.outstanding, window, r.owed)
	}
	return nil
}

// checkState is invariant 6. A Work that grew since then explains a state that
// is behind.
func (s *Session) checkState() error {
	if s.w.Count() != s.cachedAt {
		return nil
	}
	switch {
	case s.state == InSync && !s.equal():
		return fmt.Errorf("6: in sync with digests %x and %x", s.cached, s.peerDigest)
	case s.state == Partial && s.equal():
		return fmt.Errorf("6: partial with equal digests %x", s.cached)
	}
	return nil
}
