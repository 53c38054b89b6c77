package session

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"
)

// kinds lists the kinds of the messages said on a link.
func (l *link) kinds() string {
	out := ""
	for _, m := range l.log {
		out += string("?htpwlhcf"[m[0]])
	}
	return out
}

// halfTrip lets both sides say all they can and delivers it.
func (n *network) halfTrip() {
	n.t.Helper()
	for _, l := range n.links {
		n.speak(l, 0, 1<<20)
		n.speak(l, 1, 1<<20)
	}
	n.drain()
	n.now = n.now.Add(20 * time.Millisecond)
}

// silent demands that no side says anything or wants to be asked again.
func (n *network) silent() {
	n.t.Helper()
	for _, l := range n.links {
		for k := range l.side {
			if msg, d := l.side[k].Next(n.now); msg != nil || !d.IsZero() {
				n.t.Fatalf("not silent: message of %d bytes, deadline %v%s", len(msg), d, n.describe())
			}
		}
	}
}

// Equal sets: two hellos, half a round trip, silence.
func TestEqual(t *testing.T) {
	for _, size := range []int{0, 1, 20} {
		w := history(size)
		n := pairOf(t, w, w.clone())
		n.halfTrip()
		n.mustBeEqual()
		n.silent()
		if got := n.links[0].kinds(); got != "hh" {
			t.Fatalf("messages %q for equal sets", got)
		}
	}
}

// One new change whose parents the peer has: one round trip until both hold
// it, silence half a trip later.
func TestOneChange(t *testing.T) {
	a := history(20)
	b := a.clone()
	a.edit(fakeAuthor(1), 1, []byte("new"))
	n := pairOf(t, a, b)
	n.halfTrip()
	n.halfTrip()
	if !n.links[0].side[1].InSync() || b.Count() != 21 {
		t.Fatalf("after one round trip: %s", n.describe())
	}
	n.halfTrip()
	n.mustBeEqual()
	n.silent()
	st := n.links[0].side[0].Status()
	if st.SentChanges != 1 || st.ReceivedChanges != 0 || st.Rounds != 1 {
		t.Fatalf("one new change: %+v", st)
	}
}

// Both have something new on different chains: equal after one round trip.
func TestBothNew(t *testing.T) {
	a := history(20)
	b := a.clone()
	a.edit(fakeAuthor(1), 3, []byte("a"))
	b.edit(fakeAuthor(2), 4, []byte("b"))
	n := pairOf(t, a, b)
	n.halfTrip()
	n.halfTrip()
	n.halfTrip()
	n.mustBeEqual()
	n.silent()
	for k, want := range []uint64{3, 4} {
		if got := n.links[0].side[k].Status().SentChanges; got != want {
			t.Fatalf("side %d pushed %d changes, want %d", k, got, want)
		}
	}
}

// A replica that knows nothing but the work's id gets everything once.
func TestKnowsNothing(t *testing.T) {
	for k := range 2 {
		ws := [2]*fakeWork{history(300), newFake()}
		n := pairOf(t, ws[k], ws[1-k])
		n.heal(10)
		n.mustBeEqual()
		if got := n.links[0].side[k].Status().SentChanges; got != 300 {
			t.Fatalf("%d changes pushed, want 300", got)
		}
	}
}

// A peer that lags on the same chain is sent what it lags by, and the other way
// round nothing.
func TestLagsOnAChain(t *testing.T) {
	a := history(200)
	b := a.clone()
	a.edit(fakeAuthor(0), 1, []byte("one more"))
	n := pairOf(t, a, b)
	n.heal(10)
	n.mustBeEqual()
	for k, want := range []uint64{1, 0} {
		if got := n.links[0].side[k].Status().SentChanges; got != want {
			t.Fatalf("side %d pushed %d changes, want %d", k, got, want)
		}
	}
}

// A change greater than a message and than the window goes over in parts.
func TestLargeChange(t *testing.T) {
	a := history(3)
	b := a.clone()
	a.edit(fakeAuthor(1), 1, make([]byte, 1<<20))
	a.edit(fakeAuthor(1), 1, []byte("small"))
	n := pairOf(t, a, b)
	n.heal(40)
	n.mustBeEqual()
}

// Without credit a side says at most the window and then waits.
func TestWindow(t *testing.T) {
	a := newFake()
	for range 100 {
		a.edit(fakeAuthor(0), 1, make([]byte, 20_000))
	}
	n := pairOf(t, a, newFake())
	l := n.links[0]
	n.halfTrip()
	n.speak(l, 0, 1<<20)
	bytes := 0
	for _, m := range l.queue[1] {
		bytes += len(m)
	}
	if bytes > window || bytes < window-MaxMessage {
		t.Fatalf("%d bytes said without credit, window %d", bytes, window)
	}
	n.heal(60)
	n.mustBeEqual()
}

// After the first exchange, new changes go over live: a pack and a have there,
// a have back. What came from the peer is not sent back to it.
func TestLive(t *testing.T) {
	n := pairOf(t, history(5), history(5))
	n.heal(10)
	l := n.links[0]
	for i := range 10 {
		l.log = nil
		n.works[i%2].edit(fakeAuthor(i%3), 1+i%2, []byte{byte(i)})
		if l.side[i%2].InSync() {
			t.Fatal("in sync with a change that the peer cannot have")
		}
		n.halfTrip()
		n.halfTrip()
		n.mustBeEqual()
		n.silent()
		if got := l.kinds(); got != "phh" {
			t.Fatalf("messages %q for a live change", got)
		}
	}
	if st := l.side[0].Status(); st.Rounds != 1 {
		t.Fatalf("%d rounds", st.Rounds)
	}
}

// Both type at the same time, and each one's open change is sealed when a
// change of the other is applied: that is pushed like any other.
func TestSealedWhileApplying(t *testing.T) {
	n := pairOf(t, history(5), history(5))
	n.heal(10)
	for i := range 10 {
		author := 7
		n.works[1].open = &author
		n.works[0].edit(fakeAuthor(6), 1, []byte{byte(i)})
		n.heal(10)
		n.mustBeEqual()
	}
	st := n.links[0].side[1].Status()
	if st.Rounds != 1 || st.SentChanges != 10 || st.ReceivedChanges != 10 {
		t.Fatalf("%+v", st)
	}
}

// Changes walk along a line of replicas while it is alive.
func TestLiveRelay(t *testing.T) {
	n := newNetwork(t, 4, 1)
	for i := range 3 {
		n.connect(i, i+1)
	}
	n.heal(10)
	for i := range 8 {
		n.works[i%4].edit(fakeAuthor(i%4), 1, []byte{byte(i)})
		n.heal(12)
		n.mustBeEqual()
	}
	for _, l := range n.links {
		if st := l.side[0].Status(); st.Rounds != 1 {
			t.Fatalf("%d rounds on a link without faults", st.Rounds)
		}
	}
}

// The document grows at any moment of a session: the end is the same.
func TestEditsMeanwhile(t *testing.T) {
	for at := range 6 {
		for side := range 2 {
			a := history(30)
			b := a.clone()
			a.edit(fakeAuthor(1), 2, []byte("a"))
			b.edit(fakeAuthor(2), 2, []byte("b"))
			n := pairOf(t, a, b)
			for range at {
				n.speak(n.links[0], side, 1)
				n.halfTrip()
			}
			n.works[side].edit(fakeAuthor(1+side), 2, []byte("meanwhile"))
			n.heal(20)
			n.mustBeEqual()
		}
	}
}

// From a common past, any two histories are equal within four round trips and
// silent: forks cost one.
func TestTrips(t *testing.T) {
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 5))
		a := history(10)
		b := a.clone()
		for range rng.IntN(20) {
			for _, w := range []*fakeWork{a, b} {
				x := fakeAuthor(rng.IntN(4))
				w.fork(x, rng.IntN(3))
				w.edit(x, 1+rng.IntN(3), []byte{byte(rng.Uint32())})
			}
		}
		n := pairOf(t, a, b)
		n.heal(9) // eight half trips and the look that finds nothing
		n.mustBeEqual()
	}
}

// Nothing heard: hello again after 2 s, doubling up to 30 s, each time with a
// new nonce; no other message.
func TestTimer(t *testing.T) {
	s := newSession(t, history(3), 1, Options{})
	now := epoch
	seen := map[nonce]bool{}
	for _, wait := range []time.Duration{2, 4, 8, 16, 30, 30, 30} {
		msg, d := s.Next(now)
		m, err := decode(msg)
		if err != nil || m.kind != mHello || seen[m.nonce] || m.echo != (nonce{}) {
			t.Fatalf("hello: %+v, %v", m, err)
		}
		seen[m.nonce] = true
		if d != now.Add(wait*time.Second) {
			t.Fatalf("next hello after %v, want %v s", d.Sub(now), wait)
		}
		if msg, again := s.Next(d.Add(-1)); msg != nil || again != d {
			t.Fatalf("before the deadline: %d bytes, deadline %v", len(msg), again)
		}
		now = d
	}
}

// A message that is lost in the middle of a session: the round starts anew by
// itself, from what has arrived.
func TestLossIsNoticed(t *testing.T) {
	for lost := range 8 {
		a := newFake()
		for range 20 {
			a.edit(fakeAuthor(0), 1, make([]byte, 30_000))
		}
		n := pairOf(t, a, newFake())
		l := n.links[0]
		n.halfTrip()
		n.speak(l, 0, 1<<20)
		if lost < len(l.queue[1]) {
			l.queue[1] = append(l.queue[1][:lost:lost], l.queue[1][lost+1:]...)
		}
		n.heal(60)
		n.mustBeEqual()
	}
}

// A failure of the Work on this side ends the session, says so, and tells the
// peer no more than that.
func TestLocalFailure(t *testing.T) {
	a := history(3)
	a.failed = errors.New("/secret/path: disk full")
	n := pairOf(t, a, newFake())
	l := n.links[0]
	n.halfTrip()
	n.speak(l, 0, 10)
	if st := l.side[0].Status(); st.State != Closed || !errors.Is(st.Err, ErrLocal) || errors.Is(st.Err, ErrPeer) || !errors.Is(st.Err, a.failed) {
		t.Fatalf("%+v", st)
	}
	var fail *FailError
	if err := l.side[1].Receive(n.now, l.queue[1][0]); !errors.As(err, &fail) || fail.Kind != KindLocal || fail.Text != "" {
		t.Fatalf("the peer hears %v", err)
	}
	if msg, d := l.side[1].Next(n.now); msg != nil || !d.IsZero() {
		t.Fatal("a session that was ended by its peer answers")
	}

	// The same while applying.
	b := newFake()
	b.failed = errors.Join(ErrLocal, errors.New("disk full"))
	n = pairOf(t, history(3), b)
	l = n.links[0]
	n.halfTrip()
	n.speak(l, 0, 1)
	if err := l.side[1].Receive(n.now, l.queue[1][0]); !errors.Is(err, ErrLocal) || errors.Is(err, ErrPeer) {
		t.Fatalf("failing to apply: %v", err)
	}
}

// A connection that is lost in the middle of a long push costs the bundles that were on
// their way, whichever moment it is: the next one goes on from what has arrived.
func TestResume(t *testing.T) {
	for trips := range 8 {
		a, b := newFake(), newFake()
		for range 200 {
			a.edit(fakeAuthor(0), 1, make([]byte, 10_000))
		}
		n := pairOf(t, a, b)
		for range trips {
			n.halfTrip()
		}
		n.speak(n.links[0], 0, 3)
		there := b.Count()
		n.reconnect(0)
		n.heal(60)
		n.mustBeEqual()
		if got := n.links[0].side[0].Status().SentChanges; got != uint64(200-there) {
			t.Fatalf("after %d half trips %d of 200 changes were there, and %d were pushed again", trips, there, got)
		}
	}
}

// What comes is flushed with the last pack that was announced, and every megabyte before;
// that it fails ends the session.
func TestFlush(t *testing.T) {
	a, b := newFake(), newFake()
	for range 300 {
		a.edit(fakeAuthor(0), 1, make([]byte, 10_000))
	}
	n := pairOf(t, a, b)
	n.heal(80)
	n.mustBeEqual()
	if got := b.calls["Flush"]; got < 3 || got > 5 {
		t.Fatalf("%d flushes for %d bundles of 3 MB", got, b.calls["Apply"])
	}
	a.edit(fakeAuthor(0), 1, []byte("x"))
	before := b.calls["Flush"]
	n.heal(10)
	if b.calls["Flush"] != before+1 {
		t.Fatal("a live change is not flushed")
	}
	b.flushed = errors.New("disk full")
	a.edit(fakeAuthor(0), 1, []byte("y"))
	n.speak(n.links[0], 0, 1)
	err := n.links[0].side[1].Receive(n.now, n.links[0].queue[1][0])
	if !errors.Is(err, ErrLocal) || !errors.Is(err, b.flushed) || errors.Is(err, ErrPeer) {
		t.Fatalf("%v", err)
	}
}

// Options reach where they belong.
func TestOptions(t *testing.T) {
	a, b := history(3), newFake()
	n := pairOf(t, a, b)
	n.links[0].side[1] = newSession(t, b, 5, Options{Source: "peer 7"})
	n.heal(10)
	if b.source != "peer 7" {
		t.Fatalf("source %v", b.source)
	}
	if _, err := New(a, Options{Rand: noRandom{}}); err == nil {
		t.Fatal("a session without random bytes")
	}
	s1, err1 := New(a, Options{})
	s2, err2 := New(a, Options{})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	m1, _ := s1.Next(epoch)
	m2, _ := s2.Next(epoch)
	if string(m1) == string(m2) {
		t.Fatal("two sessions say the same nonce")
	}
}

type noRandom struct{}

func (noRandom) Read([]byte) (int, error) { return 0, errors.New("no random bytes") }

// A change that comes between our hello and the peer's is pushed in that round,
// even if the peer never says where the tips differ, because it has all the rest.
func TestGrowsBeforePairing(t *testing.T) {
	small := newFake()
	root := &fakeChange{author: fakeAuthor(0)}
	small.put(root, true)
	for i := range 20 {
		small.put(&fakeChange{author: fakeAuthor(1 + i), links: []id{root.id}}, true)
	}
	large := small.clone()
	for i := range 20 { // more heads and tips than a hello names
		large.put(&fakeChange{author: fakeAuthor(50 + i), links: []id{root.id}}, true)
	}
	// The small one has one head, which the large one holds too: the large one
	// knows all and does not send its list.
	small.put(&fakeChange{author: fakeAuthor(99), links: small.Heads()}, true)
	last := small.order[small.Count()-1]
	large.put(&fakeChange{author: last.author, links: last.links}, true)
	n := pairOf(t, small, large)
	n.speak(n.links[0], 0, 1)
	small.edit(fakeAuthor(99), 1, []byte("meanwhile"))
	n.heal(12)
	n.mustBeEqual()
	if st := n.links[0].side[0].Status(); st.Rounds != 1 || st.SentChanges != 1 {
		t.Fatalf("%+v", st)
	}
}

// The digest is not made anew for each bundle of a long push.
func TestDigestsAreFew(t *testing.T) {
	a, b := newFake(), newFake()
	for range 100 {
		a.edit(fakeAuthor(0), 1, make([]byte, 20_000))
	}
	n := pairOf(t, a, b)
	n.heal(60)
	n.mustBeEqual() // one more digest
	if b.calls["Digest"] > 6 {
		t.Fatalf("%d digests for %d bundles", b.calls["Digest"], b.calls["Apply"])
	}
}
