package session

import (
	"testing"
	"time"
)

// This file has what a session says when, tried with a peer that plays each
// message by hand.

// An answer to a hello that was followed by another is of no use: the peer will
// answer the other one too.
func TestStaleAnswer(t *testing.T) {
	a := attack(t, history(3), Options{})
	first := a.peer.nonce
	a.now = a.now.Add(patience)
	a.listen() // a second hello, because nothing was heard
	if a.peer.nonce == first {
		t.Fatal("no second hello")
	}
	if err := a.hello(func(m *message) { m.echo = first }); err != nil || a.s.Status().Rounds != 0 {
		t.Fatalf("%v, %+v", err, a.s.Status())
	}
	if err := a.hello(func(m *message) { m.echo = a.peer.nonce }); err != nil || a.s.Status().Rounds != 1 {
		t.Fatalf("%v, %+v", err, a.s.Status())
	}
}

// A gap in the numbers ends the pairing: no more is said in it, a new hello goes
// out 50 ms later, and the state says meanwhile that something is going on.
func TestGap(t *testing.T) {
	a := attack(t, history(3), Options{})
	a.greet()
	a.listen()
	a.have(id{1})
	if a.s.Status().State != Partial {
		t.Fatalf("%+v", a.s.Status())
	}
	a.num++
	if err := a.have(id{1}); err != nil || a.s.Status().State != Settle {
		t.Fatalf("%v, %+v", err, a.s.Status())
	}
	if said := a.listen(); len(said) != 0 {
		t.Fatalf("%+v", said)
	}
	a.w.edit(fakeAuthor(3), 1, []byte("meanwhile"))
	if said := a.listen(); len(said) != 0 {
		t.Fatalf("said in a pairing that is over: %+v", said)
	}
	a.num = 1 // the one that was skipped comes late
	if err := a.have(a.w.Digest()); err != nil || a.s.InSync() {
		t.Fatalf("a have after a gap was taken: %v", err)
	}
	_, d := a.s.Next(a.now)
	if d != a.now.Add(pause) {
		t.Fatalf("next hello after %v", d.Sub(a.now))
	}
	a.now = d
	if said := a.listen(); len(said) != 1 || said[0].kind != mHello || said[0].echo != (nonce{}) {
		t.Fatalf("%+v", said)
	}
}

// Whole bundles that arrive after a gap are still taken, and if they make the
// sets equal there is a new round all the same, for the peer cannot be told.
func TestPackAfterGap(t *testing.T) {
	other := history(10)
	b, _, _ := other.Bundle(other.Missing(nil), 1<<20)
	a := attack(t, newFake(), Options{})
	a.hello(func(m *message) { m.digest = other.Digest() })
	a.num++
	if err := a.say(message{kind: mPack, flags: packFirst | packLast, part: b}); err != nil || a.w.Count() != 10 {
		t.Fatalf("%v, %d changes", err, a.w.Count())
	}
	a.now = a.now.Add(pause)
	if said := a.listen(); len(said) != 1 || said[0].kind != mHello {
		t.Fatalf("%+v", said)
	}
}

// A peer that makes gaps and then claims to be equal, over and over, causes few
// rounds.
func TestGapFlood(t *testing.T) {
	w := history(10)
	a := attack(t, w, Options{})
	start := a.now
	for a.now.Sub(start) < 20*time.Second {
		a.hello(func(m *message) { m.echo = a.peer.nonce })
		a.have(w.Digest())
		a.num++
		a.have(id{1})
		for range 50 {
			a.now = a.now.Add(2 * time.Millisecond)
			a.listen()
		}
	}
	if rounds := a.s.Status().Rounds; rounds > roundBurst+12 {
		t.Fatalf("%d rounds in 20 s", rounds)
	}
}

// A peer's wish for a new round is answered at once, even while one of our own
// is planned for later.
func TestAnsweredBeforeOwnRound(t *testing.T) {
	a := attack(t, history(3), Options{})
	a.greet()
	a.listen()
	a.num++
	a.have(id{1}) // a gap: a hello is planned
	if err := a.hello(nil); err != nil {
		t.Fatal(err)
	}
	if said := a.listen(); len(said) == 0 || said[0].kind != mHello || said[0].echo != a.nonce {
		t.Fatalf("%+v", said)
	}
}

// When the peer states the same digest, what was still to be pushed is not.
func TestEqualEndsPush(t *testing.T) {
	w := newFake()
	for range 40 {
		w.edit(fakeAuthor(0), 1, make([]byte, 20_000))
	}
	a := attack(t, w, Options{})
	a.hello(nil)
	a.listen()
	a.have(w.Digest())
	a.say(message{kind: mCredit, bytes: window})
	for _, m := range a.listen() {
		if m.kind == mPack {
			t.Fatal("pushed to a peer that has it")
		}
	}
	if !a.s.InSync() || a.s.Status().Queued != 0 {
		t.Fatalf("%+v", a.s.Status())
	}
}

// pending demands that the session goes on waiting for the peer's word: no
// new round is planned and it does not rest.
func (a *attacker) pending(why string) {
	a.t.Helper()
	_, d := a.s.Next(a.now)
	if st := a.s.Status(); st.State != Settle || d != a.now.Add(patience) {
		a.t.Fatalf("%s: state %s, deadline after %v", why, st.State, d.Sub(a.now))
	}
}

// A round is complete only when the peer has stated its digest after it had
// seen the last word that it must act on, and nothing of it is half said.
func TestComplete(t *testing.T) {
	other := history(5)
	other.edit(fakeAuthor(7), 4, []byte("theirs"))
	b, _, _ := other.Bundle(other.Missing(nil), 1<<20)
	start := func() *attacker {
		w := history(5)
		w.edit(fakeAuthor(1), 2, []byte("mine"))
		a := attack(t, w, Options{})
		a.greet(Tip{Author: fakeAuthor(7), Seq: 3, ID: other.last[fakeAuthor(7)]}, Tip{Author: fakeAuthor(7), Seq: 9, ID: id{9}})
		return a
	}
	a := start()
	a.listen() // packs and have
	if err := a.say(message{kind: mHave, digest: id{1}, seen: 0}); err != nil {
		t.Fatal(err)
	}
	a.pending("a have that was said before the packs were seen")
	a.now = a.now.Add(patience / 2)
	a.say(message{kind: mCredit, bytes: 1})
	a.pending("the timer runs from the last word of the peer")

	a = start()
	a.listen()
	a.have(id{1})
	if said := a.listen(); len(said) != 1 || said[0].kind != mWant {
		t.Fatalf("%+v", said)
	}
	if err := a.say(message{kind: mHave, digest: id{1}, seen: a.s.r.out - 1}); err != nil {
		t.Fatal(err)
	}
	a.pending("a have that was said before the want was seen")
	a.have(id{1})
	if st := a.s.Status(); st.State != Partial {
		t.Fatalf("%+v", st)
	}

	// From Partial a pack with more to come, and a part of a bundle, wake it.
	if err := a.say(message{kind: mPack, flags: packFirst | packLast | packMore, part: b}); err != nil {
		t.Fatal(err)
	}
	a.pending("a pack that announces more")
	a = start()
	a.listen()
	a.have(id{1})
	a.listen()
	a.have(id{1})
	if err := a.say(message{kind: mPack, flags: packFirst, part: b[:20]}); err != nil {
		t.Fatal(err)
	}
	a.pending("a part of a bundle")
}

// What came is not wanted, even if it was lacking when the peer named it.
func TestWhatCameIsNotWanted(t *testing.T) {
	other := history(5)
	other.edit(fakeAuthor(7), 4, []byte("theirs"))
	b, _, _ := other.Bundle(other.Missing(nil), 1<<20)
	a := attack(t, history(5), Options{})
	a.greet(other.tips()...)
	a.say(message{kind: mPack, flags: packFirst | packLast, part: b})
	a.have(id{1})
	for _, m := range a.listen() {
		if m.kind == mWant {
			t.Fatalf("%+v", m)
		}
	}
}

// A session says have, which means that nothing more is to be pushed, only when
// it knows what to push.
func TestNoHaveBeforeTheRanges(t *testing.T) {
	for _, w := range []*fakeWork{history(5), broad(50)} {
		a := attack(t, w, Options{})
		a.offer(invented(40)...)
		if said := a.heed(); len(said) != 0 || a.s.Status().State != Hello && a.s.Status().State != Push {
			t.Fatalf("%+v, %+v", said, a.s.Status())
		}
		if said := a.converse(); len(said) != 2 || said[0].kind != mPack || said[1].kind != mHave {
			t.Fatalf("%+v", said)
		}
	}
}

// Ranges that come although the heads have said everything are seen and cost no
// second walk.
func TestRangesAfterHeads(t *testing.T) {
	a := attack(t, history(5), Options{})
	a.hello(func(m *message) {
		m.heads, m.offer = []id{a.w.order[2].id}, treeOf(invented(40)).Offer(a.nonce)
	})
	if said := a.listen(); len(said) != 2 || said[0].kind != mPack || said[1].kind != mHave {
		t.Fatalf("%+v", said)
	}
	walks := a.w.calls["Missing"]
	a.say(message{kind: mRanges, part: []byte{0}})
	if said := a.listen(); len(said) != 1 || said[0].kind != mHave || said[0].seen != 1 {
		t.Fatalf("%+v", said)
	}
	if a.w.calls["Missing"] != walks {
		t.Fatal("another walk for a list that is of no use")
	}
}

// What came between our hello and the peer's, and which the peer has too, is not
// pushed to it.
func TestKnownGrowth(t *testing.T) {
	a := attack(t, history(5), Options{})
	a.w.edit(fakeAuthor(3), 1, []byte("on both sides"))
	a.hello(func(m *message) { m.heads = []id{a.w.order[5].id} })
	if said := a.listen(); len(said) != 1 || said[0].kind != mHave {
		t.Fatalf("%+v", said)
	}
}

// A have ends what was announced, even if no pack came any more.
func TestHaveEndsPush(t *testing.T) {
	other := history(5)
	other.edit(fakeAuthor(7), 4, []byte("theirs"))
	b, _, _ := other.Bundle(other.Missing(nil), 1<<20)
	a := attack(t, history(5), Options{})
	a.greet()
	a.listen()
	a.say(message{kind: mPack, flags: packFirst | packLast | packMore, part: b})
	if said := a.listen(); len(said) != 0 {
		t.Fatalf("%+v", said)
	}
	a.have(other.Digest())
	if said := a.listen(); len(said) != 1 || said[0].kind != mHave || !a.s.InSync() {
		t.Fatalf("%+v", said)
	}
}

// A round that is planned is given up when the peer turns out to be equal; what
// is kept of the last round is let go.
func TestPlannedRoundIsGivenUp(t *testing.T) {
	a := attack(t, history(5), Options{})
	a.hello(func(m *message) { m.digest = id{2} })
	a.listen()
	a.have(id{3}) // complete, unequal, and changed: a round is planned
	if _, d := a.s.Next(a.now); d != a.now.Add(pause) {
		t.Fatalf("next round after %v", d.Sub(a.now))
	}
	a.have(a.w.Digest())
	if msg, d := a.s.Next(a.now.Add(time.Hour)); msg != nil || !d.IsZero() || !a.s.InSync() {
		t.Fatalf("%d bytes, deadline %v", len(msg), d)
	}
	if a.s.mine.Len() > 0 {
		t.Fatal("the list of tips is kept")
	}
}

// Changes from the peer make the timer short again.
func TestProgressShortensTimer(t *testing.T) {
	other := history(5)
	other.signed[other.order[2].id] = true
	b, _, _ := other.Bundle([]int{0, 1, 2}, 1<<20)
	a := attack(t, newFake(), Options{})
	for range 4 {
		_, a.now = a.s.Next(a.now)
		a.listen()
	}
	a.greet()
	a.say(message{kind: mPack, flags: packFirst | packLast, part: b})
	a.listen()
	if _, d := a.s.Next(a.now); a.w.Count() != 3 || d != a.now.Add(patience) {
		t.Fatalf("%d changes, timer %v", a.w.Count(), d.Sub(a.now))
	}
}
