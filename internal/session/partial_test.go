package session

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// This file has sessions whose sides cannot become equal.

// One side takes no changes: it is not sent any, the other gets all of its, and
// both rest as Partial and know why.
func TestReadOnly(t *testing.T) {
	host, guest := history(10), history(10)
	host.edit(fakeAuthor(1), 2, []byte("host"))
	guest.edit(fakeAuthor(2), 2, []byte("guest"))
	n := pairOf(t, host, guest)
	l := n.links[0]
	l.side[0] = newSession(t, host, 77, Options{ReadOnly: true})
	n.heal(20)
	if host.Count() != 12 || guest.Count() != 14 {
		t.Fatalf("host has %d changes, guest %d", host.Count(), guest.Count())
	}
	for k := range 2 {
		st := l.side[k].Status()
		if st.State != Partial || st.Reason != OneWay || l.side[k].InSync() {
			t.Fatalf("side %d: %+v", k, st)
		}
	}
	// Live changes of the host still arrive.
	host.edit(fakeAuthor(1), 1, []byte("more"))
	n.halfTrip()
	n.halfTrip()
	if guest.Count() != 15 {
		t.Fatalf("guest has %d changes after a live one", guest.Count())
	}
	// What the guest adds stays there, and nobody is asked for anything.
	guest.edit(fakeAuthor(2), 1, []byte("mine alone"))
	n.heal(30)
	if host.Count() != 13 || l.side[0].Status().State != Partial {
		t.Fatalf("%s", n.describe())
	}
	if strings.Contains(l.kinds(), "w") {
		t.Fatalf("a side that takes no changes wants some: %q", l.kinds())
	}
	// Without anything of its own the guest is in sync.
	n = pairOf(t, host, newFake())
	n.links[0].side[0] = newSession(t, host, 78, Options{ReadOnly: true})
	n.heal(20)
	n.mustBeEqual()
}

// A peer that defers changes: Partial, with the reason on both sides, and no
// chatter; when it takes them, equal.
func TestDeferral(t *testing.T) {
	a, b := history(10), history(10)
	a.edit(fakeAuthor(1), 5, []byte("big"))
	b.refuse[fakeAuthor(1)] = true
	n := pairOf(t, a, b)
	l := n.links[0]
	n.heal(20)
	n.silent()
	if st := l.side[0].Status(); st.State != Partial || st.Reason != PeerDefers || st.PeerDeferred != 5 {
		t.Fatalf("side that is deferred: %+v", st)
	}
	if st := l.side[1].Status(); st.State != Partial || st.Reason != Defers {
		t.Fatalf("side that defers: %+v", st)
	}
	// Edits of both go on, and do not push the deferred changes each time.
	before := l.side[0].Status().SentChanges
	for i := range 20 {
		b.edit(fakeAuthor(2), 1, []byte{byte(i)})
		n.halfTrip()
		n.halfTrip()
		n.halfTrip()
	}
	if a.Count() != 35 {
		t.Fatalf("%d changes", a.Count())
	}
	if again := l.side[0].Status().SentChanges - before; again > 10 {
		t.Fatalf("%d changes pushed again", again)
	}
	delete(b.refuse, fakeAuthor(1))
	b.admit()
	n.heal(20)
	n.mustBeEqual()
}

// Being in sync ends what was remembered of earlier trouble: the next timer is
// the first one, and the next deferral is a new one.
func TestTroubleIsForgotten(t *testing.T) {
	a, b := history(3), history(3)
	b.refuse[fakeAuthor(1)] = true
	n := pairOf(t, a, b)
	l := n.links[0]
	for range 3 {
		n.speak(l, 0, 1)
		n.now = n.now.Add(time.Minute) // three hellos that nobody hears
	}
	n.heal(12)
	n.mustBeEqual()
	a.edit(fakeAuthor(0), 1, []byte("x"))
	n.speak(l, 0, 10)
	if _, d := l.side[0].Next(n.now); d.Sub(n.now) != patience {
		t.Fatalf("after being in sync the timer is %v", d.Sub(n.now))
	}
	n.heal(12)
	n.mustBeEqual()

	for i := range 2 {
		a.edit(fakeAuthor(1), 1+i, []byte{byte(i)})
		rounds, start := l.side[0].Status().Rounds, n.now
		n.heal(30)
		if st := l.side[0].Status(); st.Reason != PeerDefers || st.Rounds == rounds || n.now.Sub(start) > 10*time.Second {
			t.Fatalf("deferral %d is not confirmed by a round soon: %+v, %v", i, st, n.now.Sub(start))
		}
		a.edit(fakeAuthor(1), 1, []byte{byte(i), 1}) // one more: another reason
		rounds, start = l.side[0].Status().Rounds, n.now
		n.heal(30)
		if st := l.side[0].Status(); st.Rounds == rounds || n.now.Sub(start) > 10*time.Second {
			t.Fatalf("one more deferred change is not confirmed by a round soon: %+v, %v", st, n.now.Sub(start))
		}
		delete(b.refuse, fakeAuthor(1))
		b.admit()
		n.heal(30)
		n.mustBeEqual()
		b.refuse[fakeAuthor(1)] = true
	}
}

// Changes from a peer that may only read end the session, whole or in parts, in
// their turn or not.
func TestReadOnlyBreach(t *testing.T) {
	for _, flags := range []byte{packFirst | packLast, packFirst} {
		for _, skip := range []uint64{0, 3} {
			a := attack(t, history(3), Options{ReadOnly: true})
			a.greet()
			a.num += skip
			err := a.say(message{kind: mPack, flags: flags, part: []byte("x")})
			if flags == packFirst && skip > 0 {
				if err != nil { // a part of a bundle that was cut is of no use to anybody
					t.Fatal(err)
				}
				continue
			}
			if !errors.Is(err, ErrReadOnly) {
				t.Fatalf("flags %d, %d skipped: %v", flags, skip, err)
			}
			a.mustClose(err, KindReadOnly)
		}
	}
}

// Tips that nobody has are wanted once; lacking or silent, the peer gets no more
// and the session ends up Partial, never in sync.
func TestInventedTips(t *testing.T) {
	for _, count := range []int{1, MaxInline, 5000} {
		for _, lack := range []bool{true, false} {
			a := attack(t, broad(10), Options{})
			if count <= MaxInline {
				a.greet(invented(count)...)
			} else {
				a.offer(invented(count)...)
				a.converse()
			}
			a.listen()
			if err := a.have(id{1}); err != nil {
				t.Fatal(err)
			}
			wanted := 0
			for _, m := range a.listen() {
				if m.kind == mWant {
					wanted += len(m.wants)
					if lack {
						for _, w := range m.wants {
							if err := a.say(message{kind: mLack, ids: []id{w.tip}}); err != nil {
								t.Fatal(err)
							}
						}
					}
				}
			}
			if want := min(count, maxUnknown); wanted != want {
				t.Fatalf("%d of %d invented tips wanted, want %d", wanted, count, want)
			}
			if err := a.have(id{1}); err != nil {
				t.Fatal(err)
			}
			a.listen()
			if st := a.s.Status(); st.State != Partial || st.Reason != Withheld || a.s.InSync() {
				t.Fatalf("%+v", st)
			}
			if msg, d := a.s.Next(a.now.Add(time.Hour)); msg != nil || !d.IsZero() {
				t.Fatal("a partial session is not quiet")
			}
		}
	}
}

// A peer that states a new digest each time, and gives nothing, is asked again
// less and less.
func TestRestlessLiar(t *testing.T) {
	a := attack(t, history(10), Options{})
	hellos := 0
	start := a.now
	for i := range 100_000 {
		msg, d := a.s.Next(a.now)
		if err := a.s.check(); err != nil {
			t.Fatal(err)
		}
		if msg == nil {
			if d.IsZero() {
				break
			}
			if a.now = d; a.now.Sub(start) > time.Hour {
				break
			}
			continue
		}
		switch m, _ := decode(msg); m.kind {
		case mHello:
			hellos++
			a.peer = m
			err := a.hello(func(h *message) { h.echo, h.digest = m.nonce, id{byte(i), 1} })
			if err != nil {
				t.Fatal(err)
			}
		case mHave:
			if err := a.have(id{byte(i), byte(i >> 8), 2}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if hellos > 200 {
		t.Fatalf("%d rounds in an hour for a liar", hellos)
	}
}

// A liar in the middle answers both sides with digests of its own and passes
// nothing on: no chatter, never in sync; over an honest path all is well.
func TestOnlyPathThroughLiar(t *testing.T) {
	n := newNetwork(t, 3, 1)
	a, liar, c := n.works[0], n.works[1], n.works[2]
	a.edit(fakeAuthor(0), 5, []byte("a"))
	liar.refuse[fakeAuthor(0)] = true // knows the changes and keeps them out
	n.connect(0, 1)
	n.connect(1, 2)
	n.heal(40)
	n.silent()
	if c.Count() != 0 || n.links[0].side[0].InSync() {
		t.Fatalf("%s", n.describe())
	}
	n.connect(0, 2)
	n.heal(40)
	if c.Digest() != a.Digest() || !n.links[2].side[0].InSync() {
		t.Fatalf("%s", n.describe())
	}
}
