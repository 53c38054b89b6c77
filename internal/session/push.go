package session

import (
	"errors"
	"sort"
)

// knowledge is what the peer's hello, its list of tips and its wants say about
// what it holds.
type knowledge struct {
	ready   bool        // enough is known to push
	known   []int       // changes that the peer holds, and so their pasts
	marks   map[id]bool // authors of ours of whom the peer named a tip we lack
	unknown []Tip       // tips that the peer named and we lacked, at most maxUnknown
	left    uint32      // tips of the peer's list still to come
	lastTip Tip         // the last one that came
}

// learnHello draws the conclusions from the peer's hello. Who holds all heads
// of the other knows exactly what it lacks, and the other has no use for its
// list of tips.
func (s *Session) learnHello(h *message) {
	r := &s.r
	if int(h.total) > MaxInline {
		r.left = h.total
	}
	if s.holdsAll(h) {
		s.compute()
		return
	}
	if len(s.mine) > MaxInline {
		r.list = s.mine
	}
	if r.left > 0 {
		return
	}
	for _, t := range h.tips {
		s.learn(t)
	}
	s.compute()
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
	if len(s.tipsOf(t.Author)) > 0 {
		if r.marks == nil {
			r.marks = map[id]bool{}
		}
		r.marks[t.Author] = true
	}
}

// tipsOf gives the tips of one author that we had at our hello.
func (s *Session) tipsOf(author id) []Tip {
	from := sort.Search(len(s.mine), func(i int) bool { return compareID(s.mine[i].Author, author) >= 0 })
	to := from
	for to < len(s.mine) && s.mine[to].Author == author {
		to++
	}
	return s.mine[from:to]
}

// onTips handles a piece of the peer's list. Tips ascend over all pieces, so
// what is kept of them is bounded by what we hold and by maxUnknown.
func (s *Session) onTips(tips []Tip) error {
	r := &s.r
	switch {
	case uint32(len(tips)) > r.left:
		return broke("%d tips, %d were announced and are to come", len(tips), r.left)
	case r.lastTip != (Tip{}) && compareTip(r.lastTip, tips[0]) >= 0:
		return broke("tips do not ascend")
	}
	r.left -= uint32(len(tips))
	r.lastTip = tips[len(tips)-1]
	r.owe = true
	if r.ready {
		return nil
	}
	for _, t := range tips {
		s.learn(t)
	}
	if r.left == 0 {
		s.compute()
	}
	return nil
}

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
		for _, t := range s.tipsOf(author) {
			if i, ok := s.w.Index(t.ID); ok {
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

// sayTips makes the next piece of the list of tips, or nil if the window is
// full.
func (s *Session) sayTips() []byte {
	r := &s.r
	n := min(len(r.list), tipsPerMessage)
	size := headerLen + listLen + n*tipLen
	if !s.room(size) {
		return nil
	}
	m := s.number(mTips)
	m.tips, r.list = r.list[:n], r.list[n:]
	s.acted(size)
	return encode(m)
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
	case len(r.part)+len(m.part) > MaxBundle:
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
	r.part = append(r.part, m.part...)
	if !last {
		return nil
	}
	whole := r.part
	r.part = nil
	return s.apply(whole)
}

// apply gives a bundle of the peer to the Work. What it added came from the
// peer and is not pushed back. If it set free what had come from others, the
// digests tell and the next round sends that.
func (s *Session) apply(bundle []byte) error {
	from, to, err := s.w.Apply(bundle, s.source)
	if err != nil {
		if errors.Is(err, ErrLocal) {
			return &breach{KindLocal, err}
		}
		return &breach{KindInvalid, err}
	}
	if from < to {
		s.tries = 0
		s.traffic.ReceivedChanges += uint64(to - from)
		s.r.told.addRange(from, to)
	}
	return nil
}
