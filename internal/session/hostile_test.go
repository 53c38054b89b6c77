package session

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
)

// Each breach ends the session with the right kind, leaves the document as it
// was, and the document still syncs with an honest peer.
func TestBreaches(t *testing.T) {
	type test struct {
		name string
		kind Kind
		do   func(a *attacker) error
	}
	tests := []test{
		{"other work", KindForeign, func(a *attacker) error { return a.hello(func(m *message) { m.work = id{9} }) }},
		{"other version", KindVersion, func(a *attacker) error {
			b := encode(&samples()[0])
			b[1] = 7
			return a.raw(b)
		}},
		{"pack of garbage", KindInvalid, func(a *attacker) error {
			a.greet()
			return a.say(message{kind: mPack, flags: packFirst | packLast, part: []byte("garbage")})
		}},
		{"bundle of garbage in parts", KindInvalid, func(a *attacker) error {
			a.greet()
			if err := a.say(message{kind: mPack, flags: packFirst, part: []byte("garb")}); err != nil {
				return err
			}
			return a.say(message{kind: mPack, flags: packLast, part: []byte("age")})
		}},
		{"part without a first", KindProtocol, func(a *attacker) error {
			a.greet()
			return a.say(message{kind: mPack, flags: packLast, part: []byte("x")})
		}},
		{"first part twice", KindProtocol, func(a *attacker) error {
			a.greet()
			a.say(message{kind: mPack, flags: packFirst, part: []byte("x")})
			return a.say(message{kind: mPack, flags: packFirst, part: []byte("x")})
		}},
		{"have inside a bundle", KindProtocol, func(a *attacker) error {
			a.greet()
			a.say(message{kind: mPack, flags: packFirst, part: []byte("x")})
			return a.have(id{1})
		}},
		{"have that has seen the future", KindProtocol, func(a *attacker) error {
			a.greet()
			return a.say(message{kind: mHave, seen: 1 << 40})
		}},
		{"have that unsees", KindProtocol, func(a *attacker) error {
			a.greet()
			a.listen()
			a.have(id{1})
			return a.say(message{kind: mHave, seen: 0})
		}},
		{"ranges of nothing that was asked", KindProtocol, func(a *attacker) error {
			a.offer(invented(40)...)
			return a.say(message{kind: mRanges, part: []byte{200, 1, 3, 0, 0}})
		}},
		{"ranges that are no ranges", KindProtocol, func(a *attacker) error {
			a.offer(invented(40)...)
			return a.say(message{kind: mRanges, part: []byte{1, 9, 9, 9}})
		}},
		{"ranges out of turn", KindProtocol, func(a *attacker) error {
			a.s = newSession(a.t, broad(50), 1, Options{})
			a.listen()
			a.offer(invented(40)...)
			for a.talk.Turn() {
				a.say(message{kind: mRanges, part: a.talk.Next(maxRanges)})
			}
			return a.say(message{kind: mRanges, part: []byte{0}})
		}},
		{"an offer that is none", KindMalformed, func(a *attacker) error {
			a.s = newSession(a.t, broad(50), 1, Options{})
			a.listen()
			return a.hello(func(m *message) {
				m.nonce, m.flags, m.offer = nonce{0xff, 0xff, 0xff}, 0, []byte{1, 2, 3}
				a.nonce = m.nonce
			})
		}},
		{"words that were not asked for", KindProtocol, func(a *attacker) error {
			a.greet()
			return a.say(message{kind: mWords, of: id{1}, size: 3, part: []byte("abc")})
		}},
		{"words of another length", KindProtocol, func(a *attacker) error {
			x := a.lacking()
			a.say(message{kind: mWords, of: x, size: 6, part: []byte("abc")})
			return a.say(message{kind: mWords, of: x, size: 5, place: 3, part: []byte("de")})
		}},
		{"words from their middle", KindProtocol, func(a *attacker) error {
			x := a.lacking()
			return a.say(message{kind: mWords, of: x, size: 6, place: 3, part: []byte("def")})
		}},
		{"words that are others", KindInvalid, func(a *attacker) error {
			x := a.lacking()
			return a.say(message{kind: mWords, of: x, size: 6, part: []byte("abcdeF")})
		}},
		{"words asked for twice", KindProtocol, func(a *attacker) error {
			a.greet()
			a.say(message{kind: mAsk, ids: []id{{1}}})
			return a.say(message{kind: mAsk, ids: []id{{1}}})
		}},
		{"words asked for without end", KindProtocol, func(a *attacker) error {
			a.greet()
			for i := range 1 << 20 {
				if err := a.say(message{kind: mAsk, ids: manyIDs(i)[i-i%MaxAsk:]}); err != nil {
					return err
				}
			}
			return nil
		}},
		{"want before it can know", KindProtocol, func(a *attacker) error {
			a.offer(invented(40)...)
			return a.say(message{kind: mWant, wants: make([]want, 1)})
		}},
		{"wants twice", KindProtocol, func(a *attacker) error {
			a.greet()
			a.say(message{kind: mWant, wants: make([]want, 1)})
			return a.say(message{kind: mWant, wants: make([]want, 1)})
		}},
		{"want flood", KindProtocol, func(a *attacker) error {
			a.greet()
			for range 1000 {
				if err := a.say(message{kind: mWant, flags: wantMore, wants: make([]want, MaxWants)}); err != nil {
					return err
				}
			}
			return nil
		}},
		{"lack of what was not wanted", KindProtocol, func(a *attacker) error {
			a.greet()
			return a.say(message{kind: mLack, ids: make([]id, 1)})
		}},
		{"bundle over the limit", KindProtocol, func(a *attacker) error {
			a.greet()
			m := message{kind: mPack, flags: packFirst, part: make([]byte, MaxPart)}
			for range MaxBundle/MaxPart + 2 {
				if err := a.say(m); err != nil {
					return err
				}
				m.flags = 0
			}
			return nil
		}},
	}
	for _, f := range brokenMessages() {
		tests = append(tests, test{"broken: " + f.name, KindMalformed, func(a *attacker) error {
			a.greet()
			b := bytes.Clone(f.b)
			if len(b) > tagLen && b[0] != mHello { // in its turn, so that it is read
				tag := pairTag(a.nonce, a.peer.nonce)
				copy(b[1:], tag[:])
			}
			return a.raw(b)
		}})
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			w := history(10)
			delete(w.words, w.write(fakeAuthor(4), "abcdef"))
			w.edit(fakeAuthor(1), 1, []byte("mine"))
			digest := w.Digest()
			a := attack(t, w, Options{})
			a.mustClose(c.do(a), c.kind)
			if w.Count() != 12 || w.Digest() != digest || w.Deferred() != 0 {
				t.Fatal("the document has changed")
			}
			n := pairOf(t, w, history(10))
			n.heal(10)
			n.mustBeEqual()
		})
	}
}

// However many hellos come, rounds are few: a burst and then one every 2 s. A
// round costs a walk over the changes; the rest is linear in the bytes.
func TestHelloFlood(t *testing.T) {
	for _, digests := range []string{"new", "equal by turns"} {
		w := history(50)
		a := attack(t, w, Options{})
		w.calls = map[string]int{}
		for i := range 20_000 {
			err := a.hello(func(m *message) {
				m.flags, m.digest = 0, id{byte(i), byte(i >> 8)}
				if digests != "new" && i%2 == 0 {
					m.digest = w.Digest()
				}
				if i%3 == 0 {
					m.echo = a.peer.nonce
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			if i%2 == 0 && digests != "new" {
				a.have(w.Digest())
			}
			a.listen()
			a.num += 5 // skips: the session wants a new round of itself
			a.say(message{kind: mCredit, bytes: 1})
			a.listen()
			a.now = a.now.Add(time.Millisecond)
		}
		// 20 s have passed.
		if rounds := int(a.s.Status().Rounds); rounds > 2*(roundBurst+20) || w.calls["Missing"] > 2*(roundBurst+20) {
			t.Fatalf("%s: %d rounds, %d walks in 20 s", digests, rounds, w.calls["Missing"])
		}
	}
}

// Wants cost Index calls in proportion to their bytes, one walk, and answers in
// proportion too.
func TestWantsAreBounded(t *testing.T) {
	w := history(500)
	w.edit(fakeAuthor(1), 1, []byte("x"))
	a := attack(t, w, Options{})
	// Tips of the session's authors that it lacks: it holds back its chains.
	a.greet(Tip{Author: fakeAuthor(0), Seq: 1000, ID: id{1}})
	a.listen()
	w.calls = map[string]int{}
	sent := 0
	var held []id
	for _, c := range w.order[:MaxLocator] {
		held = append(held, c.id)
	}
	for i := range maxUnknown / 16 {
		m := message{kind: mWant, flags: wantMore}
		for k := range 16 {
			m.wants = append(m.wants, want{fakeAuthor(k % 3), w.order[(i*16+k)%w.Count()].id, held})
		}
		if i == maxUnknown/16-1 {
			m.flags = 0
		}
		sent += len(encode(&m))
		if err := a.say(m); err != nil {
			t.Fatal(err)
		}
		a.listen()
	}
	if calls := w.calls["Index"]; calls > sent/idLen+10 {
		t.Fatalf("%d Index calls for %d bytes", calls, sent)
	}
	if w.calls["Missing"] > 2 {
		t.Fatalf("%d walks for one batch of wants", w.calls["Missing"])
	}
	if n := len(a.s.r.known); n > MaxLocator {
		t.Fatalf("%d changes known by locators of one author of ours", n)
	}
	packs := 0
	for _, m := range a.heard {
		packs += len(m.part)
	}
	if packs > window {
		t.Fatalf("%d bytes pushed without credit", packs)
	}
}

// A want for something that is not held is answered with lack, in the order of
// asking; a have follows.
func TestLack(t *testing.T) {
	a := attack(t, history(10), Options{})
	a.greet()
	a.listen()
	if err := a.say(message{kind: mWant, wants: []want{{tip: id{1}}, {tip: id{2}}, {author: fakeAuthor(0), tip: a.w.order[3].id}}}); err != nil {
		t.Fatal(err)
	}
	said := a.listen()
	if len(said) != 2 || said[0].kind != mLack || len(said[0].ids) != 2 || said[0].ids[1] != (id{2}) || said[1].kind != mHave {
		t.Fatalf("%+v", said)
	}
}

// Memory while a bundle comes in follows the bytes received.
func TestPartsMemory(t *testing.T) {
	a := attack(t, history(10), Options{})
	a.greet()
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	m := message{kind: mPack, flags: packFirst, part: make([]byte, MaxPart)}
	const parts = 100
	for range parts {
		if err := a.say(m); err != nil {
			t.Fatal(err)
		}
		a.listen() // credit
		m.flags = 0
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if got := int64(after.HeapAlloc) - int64(before.HeapAlloc); got > 2*parts*MaxPart {
		t.Fatalf("%d bytes kept for %d", got, parts*MaxPart)
	}
	runtime.KeepAlive(a)
}

// Unasked changes are verified and applied like others; repeats do nothing.
func TestUnaskedPacks(t *testing.T) {
	w, other := history(10), history(10)
	other.edit(fakeAuthor(5), 3, []byte("unasked"))
	b, _, _ := other.Bundle(other.Missing(nil), 1<<20)
	a := attack(t, w, Options{})
	a.greet()
	for range 1000 {
		if err := a.say(message{kind: mPack, flags: packFirst | packLast, part: b}); err != nil {
			t.Fatal(err)
		}
		a.listen()
	}
	if w.Digest() != other.Digest() {
		t.Fatal("valid changes were not taken")
	}
	if st := a.s.Status(); st.ReceivedChanges != 3 {
		t.Fatalf("%+v", st)
	}
}

// Before hellos are exchanged, and under any other tag, messages are ignored
// unread; a fail too, except from a peer that never came to have a tag.
func TestOtherTags(t *testing.T) {
	a := attack(t, history(3), Options{})
	ignored := uint64(0)
	demand := func(err error) {
		t.Helper()
		ignored++
		if st := a.s.Status(); err != nil || st.Ignored != ignored || st.State == Closed {
			t.Fatalf("%v, %+v", err, st)
		}
	}
	all := samples()[2:]
	for _, m := range all {
		demand(a.raw(encode(&m)))
	}
	a.greet()
	a.listen()
	for _, m := range all {
		demand(a.raw(encode(&m)))
		m.tag = pairTag(a.peer.nonce, a.nonce) // its own words come back
		demand(a.raw(encode(&m)))
	}
	demand(a.raw(append([]byte{mHave, 1, 2, 3, 4, 5, 6, 7, 8}, "not read at all"...)))
	if err := a.have(id{1}); err != nil {
		t.Fatal(err)
	}
	demand(a.raw(encode(&message{kind: mFail, why: KindLocal})))
	a.peer.nonce, a.nonce = a.nonce, a.peer.nonce
	h := message{kind: mHello, work: a.w.name, nonce: a.nonce, digest: id{1}}
	demand(a.raw(encode(&h))) // its own hello comes back
}

// The peer's last word ends the session; nothing is answered.
func TestFail(t *testing.T) {
	for _, paired := range []bool{false, true} {
		a := attack(t, history(3), Options{})
		m := message{kind: mFail, why: KindForeign, text: []byte("\x1b[31mno\xff")}
		if paired {
			a.greet()
			a.listen()
			m.tag = pairTag(a.nonce, a.peer.nonce)
		}
		var fail *FailError
		if err := a.raw(encode(&m)); !errors.As(err, &fail) || fail.Kind != KindForeign || errors.Is(err, ErrPeer) {
			t.Fatalf("%v", err)
		}
		if fail.Error() != `session: the peer ended it (foreign): "\x1b[31mno\xff"` {
			t.Fatalf("%s", fail)
		}
		if said := a.listen(); len(said) != 0 || a.s.Status().State != Closed {
			t.Fatalf("%+v", said)
		}
	}
}

// A peer that says it holds the same set is believed and gets nothing; when it
// says otherwise, there is a round again.
func TestClaimsToHaveAll(t *testing.T) {
	w := history(10)
	a := attack(t, w, Options{})
	a.hello(func(m *message) { m.digest = w.Digest() })
	if said := a.listen(); len(said) != 0 || !a.s.InSync() {
		t.Fatalf("%+v", said)
	}
	if err := a.say(message{kind: mHave, digest: id{1}}); err != nil {
		t.Fatal(err)
	}
	if a.s.InSync() || a.s.Status().State == InSync {
		t.Fatal("in sync with a digest that differs")
	}
	a.now = a.now.Add(pause)
	if said := a.listen(); len(said) != 1 || said[0].kind != mHello {
		t.Fatalf("%+v", said)
	}
}

// Credit that was never owed gives nothing.
func TestFalseCredit(t *testing.T) {
	w := newFake()
	for range 40 {
		w.edit(fakeAuthor(0), 1, make([]byte, 20_000))
	}
	a := attack(t, w, Options{})
	a.hello(nil)
	for range 5 {
		a.say(message{kind: mCredit, bytes: 1<<32 - 1})
	}
	got := 0
	for _, m := range a.listen() {
		got += len(m.part)
	}
	if got > window {
		t.Fatalf("%d bytes pushed, window %d", got, window)
	}
	if err := a.say(message{kind: mCredit, bytes: 1<<32 - 1}); err != nil {
		t.Fatal(err)
	}
	for _, m := range a.listen() {
		got += len(m.part)
	}
	if got > 2*window {
		t.Fatalf("%d bytes pushed after one credit, window %d", got, window)
	}
}

// All of an old session, played again to a new one: the honest peers end equal
// and nothing of the old session is taken.
func TestReplayedSession(t *testing.T) {
	a, b := history(20), history(20)
	a.edit(fakeAuthor(1), 2, []byte("a"))
	b.edit(fakeAuthor(2), 2, []byte("b"))
	n := pairOf(t, a, b)
	l := n.links[0]
	n.heal(10)
	old := l.log
	a.edit(fakeAuthor(1), 1, []byte("later"))
	for where := range 4 {
		n.reconnect(0)
		for range where {
			n.halfTrip()
		}
		for k := range 2 {
			for _, m := range old {
				if err := l.side[k].Receive(n.now, m); err != nil {
					t.Fatal(err)
				}
				n.speak(l, k, 3)
			}
		}
		n.heal(60)
		n.mustBeEqual()
		b.edit(fakeAuthor(2), 1, []byte{byte(where)})
	}
}

// Arbitrary bytes never harm, in any phase.
func TestGarbage(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		w := history(5)
		a := attack(t, w, Options{})
		if rng.IntN(3) > 0 {
			a.greet()
			a.listen()
		}
		for range 10 {
			b := make([]byte, rng.IntN(120))
			for i := range b {
				b[i] = byte(rng.Uint32())
			}
			if len(b) > 0 {
				b[0] = byte(rng.IntN(10))
			}
			if len(b) > headerLen && rng.IntN(2) == 0 {
				tag := pairTag(a.nonce, a.peer.nonce)
				copy(b[1:], tag[:])
				copy(b[9:], make([]byte, 8))
				b[16] = byte(a.num)
			}
			a.raw(b)
			a.listen()
		}
		if w.Count() != 5 {
			t.Fatal("the document has changed")
		}
	}
}
