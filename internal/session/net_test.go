package session

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"time"
)

// This file has the toy network of the tests: sessions, queues of messages
// between them, and a clock that somebody turns.

// failer is what the network needs of a test: a *testing.T or a *rapid.T.
type failer interface {
	Helper()
	Fatalf(format string, args ...any)
}

// epoch is when the tests begin.
var epoch = time.Unix(1_000_000, 0)

// newSession makes a session whose nonces depend on seed.
func newSession(t failer, w Work, seed uint64, opt Options) *Session {
	t.Helper()
	opt.Rand = rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), byte(seed >> 16), byte(seed >> 24), 7})
	s, err := New(w, opt)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

// link connects two works.
type link struct {
	side  [2]*Session
	queue [2][][]byte // messages on their way to side i
	log   [][]byte    // everything that was ever said
}

// network is some works, the links between them and the clock.
type network struct {
	t     failer
	works []*fakeWork
	ends  [][2]int // of each link, the works it connects
	links []*link
	now   time.Time
	seed  uint64
	trips int // deliveries of everything that was on its way, in heal
	did   deeds
}

// newNetwork makes works without changes.
func newNetwork(t failer, n int, seed uint64) *network {
	net := &network{t: t, now: epoch, seed: seed * 1000}
	for range n {
		net.works = append(net.works, newFake())
	}
	return net
}

// connect links two works.
func (n *network) connect(a, b int) *link {
	l := &link{}
	n.ends = append(n.ends, [2]int{a, b})
	n.links = append(n.links, l)
	n.reconnect(len(n.links) - 1)
	return l
}

// reconnect replaces both sessions of a link and drops what was on its way.
func (n *network) reconnect(i int) {
	l := n.links[i]
	for k := range l.side {
		n.seed++
		l.side[k] = newSession(n.t, n.works[n.ends[i][k]], n.seed, Options{})
		l.queue[k] = nil
	}
}

// speak asks one side for up to most messages; it returns how many it said and
// its deadline.
func (n *network) speak(l *link, from, most int) (said int, deadline time.Time) {
	n.t.Helper()
	for said < most {
		msg, d := l.side[from].Next(n.now)
		n.check(l.side[from])
		deadline = d
		if msg == nil {
			break
		}
		if len(msg) > MaxMessage {
			n.t.Fatalf("message of %d bytes", len(msg))
		}
		if m, err := decode(msg); err != nil || !bytes.Equal(encode(&m), msg) {
			n.t.Fatalf("said a message that does not decode to itself: %v", err)
		}
		l.queue[1-from] = append(l.queue[1-from], msg)
		l.log = append(l.log, msg)
		said++
	}
	return said, deadline
}

// deliver hands the message at k of the queue of one side to it.
func (n *network) deliver(l *link, to, k int) {
	n.t.Helper()
	msg := l.queue[to][k]
	l.queue[to] = append(l.queue[to][:k:k], l.queue[to][k+1:]...)
	if err := l.side[to].Receive(n.now, msg); err != nil {
		n.t.Fatalf("seed %d: an honest peer was refused: %v", n.seed, err)
	}
	n.check(l.side[to])
	if a, b := l.side[0], l.side[1]; a.w.Count() != b.w.Count() && says(a) && says(b) {
		n.t.Fatalf("seed %d: both sides say that they are equal, and hold %d and %d changes", n.seed, a.w.Count(), b.w.Count())
	}
}

// says is InSync without a trace in the session.
func says(s *Session) bool { return s.state != Closed && s.peerKnown && s.peerDigest == s.w.Digest() }

// check runs the invariants of a session.
func (n *network) check(s *Session) {
	n.t.Helper()
	if err := s.check(); err != nil {
		n.t.Fatalf("seed %d: %v", n.seed, err)
	}
}

// heal delivers everything in order, without loss, until all sessions are
// silent and want to be asked no more.
func (n *network) heal(limit int) {
	n.t.Helper()
	for n.trips = 0; ; n.trips++ {
		if n.trips > limit {
			n.t.Fatalf("seed %d: not silent after %d trips: %s", n.seed, limit, n.describe())
		}
		said, first := 0, time.Time{}
		for _, l := range n.links {
			for k := range l.side {
				c, d := n.speak(l, k, 1<<20)
				said += c
				if !d.IsZero() && (first.IsZero() || d.Before(first)) {
					first = d
				}
			}
		}
		moved := n.drain()
		if said+moved > 0 {
			n.now = n.now.Add(20 * time.Millisecond)
			continue
		}
		if first.IsZero() {
			return
		}
		if first.After(n.now) {
			n.now = first
		}
	}
}

// drain delivers what is on its way.
func (n *network) drain() (moved int) {
	n.t.Helper()
	for _, l := range n.links {
		for k := range l.side {
			for len(l.queue[k]) > 0 {
				n.deliver(l, k, 0)
				moved++
			}
		}
	}
	return moved
}

// describe tells how the sessions stand.
func (n *network) describe() string {
	out := ""
	for i, l := range n.links {
		for k, s := range l.side {
			st := s.Status()
			out += fmt.Sprintf("\n%d.%d of %d changes, %d waiting: %+v", i, k, n.works[n.ends[i][k]].Count(), s.w.Deferred(), st)
		}
	}
	return out
}

// mustBeEqual demands that all works hold the same set and all sessions know.
func (n *network) mustBeEqual() {
	n.t.Helper()
	for i, w := range n.works {
		if w.Digest() != n.works[0].Digest() || w.Count() != n.works[0].Count() {
			n.t.Fatalf("seed %d: work %d differs from work 0: %s", n.seed, i, n.describe())
		}
		if w.Deferred() != 0 {
			n.t.Fatalf("seed %d: %d changes still wait in work %d", n.seed, w.Deferred(), i)
		}
	}
	for _, l := range n.links {
		for _, s := range l.side {
			if !s.InSync() || s.Status().State != InSync {
				n.t.Fatalf("seed %d: equal, but a session is not in sync: %s", n.seed, n.describe())
			}
		}
	}
}
