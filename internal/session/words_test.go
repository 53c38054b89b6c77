package session

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// lacking has the session ask for the words of the one change that lacks them.
func (a *attacker) lacking() id {
	a.t.Helper()
	a.greet()
	for _, m := range a.listen() {
		if m.kind == mAsk && len(m.ids) == 1 {
			return m.ids[0]
		}
	}
	a.t.Fatal("words are not asked for")
	return id{}
}

// Words that a peer has passed on a change without come from another one, whoever is met
// first, and are passed on to who has asked in vain.
func TestWordsComeFromAnother(t *testing.T) {
	for _, order := range [][][2]int{
		{{0, 1}, {1, 2}, {0, 2}}, {{0, 1}, {1, 2}, {2, 3}, {0, 3}}, {{0, 1}, {1, 3}, {1, 2}, {2, 3}, {0, 3}},
	} {
		n := newNetwork(t, 4, 1)
		n.works[1].mute = true // the withholder
		x := n.works[0].write(fakeAuthor(0), strings.Repeat("words ", 30_000))
		for _, l := range order[:len(order)-1] {
			n.connect(l[0], l[1])
			n.heal(20)
			n.works[1].words, n.works[1].erased[x] = map[id][]byte{}, true // nor gives them when asked
		}
		far := n.works[2]
		if _, ok := far.at[x]; !ok || far.words[x] != nil {
			t.Fatalf("%v: the change is there %t, with %d bytes of words", order, ok, len(far.words[x]))
		}
		n.connect(order[len(order)-1][0], order[len(order)-1][1])
		n.heal(20)
		n.mustHaveWords(2, 3)
	}
}

// mustHaveWords demands that works have all words of the changes they hold.
func (n *network) mustHaveWords(which ...int) {
	n.t.Helper()
	for _, i := range which {
		w := n.works[i]
		if lacks := w.Wordless(0, w.Count()); len(lacks) > 0 {
			n.t.Fatalf("seed %d: work %d lacks the words of %d changes of %d%s", n.seed, i, len(lacks), w.Count(), n.describe())
		}
	}
}

// Equal sets of which one lacks words: they are asked for and given, and the peer knows
// that it is going to be asked.
func TestWordsOfEqualSets(t *testing.T) {
	for _, count := range []int{1, MaxAsk, 1000} {
		a := newFake()
		for i := range count {
			a.write(fakeAuthor(i%3), strings.Repeat("word ", i+1))
		}
		b := a.clone()
		b.words = map[id][]byte{}
		n := pairOf(t, a, b)
		l := n.links[0]
		n.halfTrip()
		if !l.side[0].Busy() || !l.side[1].Busy() {
			t.Fatal("one of them could part")
		}
		n.heal(60)
		n.mustBeEqual()
		n.mustHaveWords(1)
		if l.side[0].Busy() || l.side[1].Busy() {
			t.Fatal("there is nothing more to be given")
		}
		if a, b := l.side[0].Status(), l.side[1].Status(); a.SentWords != uint64(count) || b.ReceivedWords != uint64(count) || b.SentChanges+a.SentChanges != 0 {
			t.Fatalf("%+v\n%+v", a, b)
		}
	}
}

// What came meanwhile, or was erased, is not asked for; an ask that was promised comes
// all the same, empty.
func TestWordsNotWanted(t *testing.T) {
	for _, erased := range []bool{false, true} {
		w := newFake()
		x := w.write(fakeAuthor(0), "words")
		delete(w.words, x)
		a := attack(t, w, Options{})
		if erased {
			w.erased[x] = true
		} else {
			w.words[x] = []byte("words")
		}
		if a.peer.flags&helloWords == 0 {
			t.Fatal("no ask was promised")
		}
		a.hello(func(m *message) { m.digest = w.Digest() })
		if said := a.listen(); len(said) != 1 || said[0].kind != mAsk || len(said[0].ids) != 0 {
			t.Fatalf("%+v", said)
		}
		if a.s.Busy() {
			t.Fatal("it is busy with nothing")
		}
	}
	w := newFake()
	w.erased[w.write(fakeAuthor(0), "words")] = true
	w.words = map[id][]byte{}
	if a := attack(t, w, Options{}); a.peer.flags&helloWords != 0 {
		t.Fatal("erased words are going to be asked for")
	}
	delete(w.erased, w.order[0].id)
	if a := attack(t, w, Options{ReadOnly: true}); a.peer.flags&helloWords != 0 {
		t.Fatal("who may only read is going to be asked for words")
	}
}

// Words are given in parts, in the order of asking, and once; those that are not here when
// they come.
func TestWordsAreServed(t *testing.T) {
	w := newFake()
	long := strings.Repeat("long", 40_000)
	x, y, z := w.write(fakeAuthor(0), long), w.write(fakeAuthor(0), "short"), w.write(fakeAuthor(1), "later")
	delete(w.words, z)
	a := attack(t, w, Options{})
	a.hello(func(m *message) { m.digest, m.flags = w.Digest(), helloWords })
	a.listen()
	if !a.s.Busy() {
		t.Fatal("it was promised an ask")
	}
	if err := a.say(message{kind: mAsk, ids: []id{x, {9}, z, y}}); err != nil {
		t.Fatal(err)
	}
	got := map[id][]byte{}
	none := 0
	for _, m := range a.listen() {
		if m.kind != mWords {
			t.Fatalf("%+v", m)
		}
		if m.size == noWords {
			none++
			continue
		}
		if int(m.place) != len(got[m.of]) {
			t.Fatalf("part at %d after %d bytes", m.place, len(got[m.of]))
		}
		got[m.of] = append(got[m.of], m.part...)
	}
	if string(got[x]) != long || string(got[y]) != "short" || none != 2 || len(got) != 2 {
		t.Fatalf("%d, %q, %d not there", len(got[x]), got[y], none)
	}
	if err := w.TakeWords(z, []byte("later")); err != nil {
		t.Fatal(err)
	}
	if said := a.listen(); len(said) != 1 || said[0].of != z || string(said[0].part) != "later" {
		t.Fatalf("%+v", said)
	}
	if said := a.listen(); len(said) != 0 {
		t.Fatalf("%+v", said)
	}
}

// Words over the window wait for credit.
func TestWordsWait(t *testing.T) {
	w := newFake()
	x := w.write(fakeAuthor(0), strings.Repeat("x", MaxWords-1))
	a := attack(t, w, Options{})
	a.hello(func(m *message) { m.digest = w.Digest() })
	a.say(message{kind: mAsk, ids: []id{x}})
	got := 0
	for range 20 {
		for _, m := range a.listen() {
			got += len(m.part)
		}
		if got > window && a.s.r.outstanding > window {
			t.Fatalf("%d bytes without credit", got)
		}
		a.say(message{kind: mCredit, bytes: creditEvery})
	}
	if got != MaxWords-1 {
		t.Fatalf("%d bytes of words", got)
	}
}

// A peer that does not answer an ask is asked again less and less, in new rounds, and a
// session goes on for everything else.
func TestWordsInVain(t *testing.T) {
	w := newFake()
	delete(w.words, w.write(fakeAuthor(0), "words"))
	a := attack(t, w, Options{})
	start, hellos := a.now, 0
	for a.now.Sub(start) < time.Hour {
		err := a.hello(func(m *message) { m.digest, m.echo = w.Digest(), a.peer.nonce })
		if err != nil {
			t.Fatal(err)
		}
		a.listen()
		msg, d := a.s.Next(a.now)
		if msg != nil || d.IsZero() || !a.s.InSync() {
			t.Fatalf("%d bytes, deadline %v", len(msg), d)
		}
		a.now = d
		if said := a.listen(); len(said) != 1 || said[0].kind != mHello {
			t.Fatalf("%+v", said)
		}
		hellos++
	}
	if hellos > 190 {
		t.Fatalf("asked %d times in an hour", hellos)
	}
}

// An invalid change that waited ends the session with who brought it.
func TestBlame(t *testing.T) {
	w := history(3)
	a := attack(t, w, Options{})
	a.greet()
	a.listen()
	w.blame = errFake
	said := a.listen()
	if st := a.s.Status(); len(said) != 1 || said[0].kind != mFail || said[0].why != KindInvalid || st.State != Closed {
		t.Fatalf("%+v, %+v", said, st)
	}
}

// Over any network, everybody has all words in the end.
func TestWordsSeeds(t *testing.T) {
	for seed := range uint64(250) {
		rng := rand.New(rand.NewPCG(seed, 17))
		n := newNetwork(t, 3, seed)
		n.connect(0, 1)
		n.connect(1, 2)
		n.connect(0, 2)
		for range 30 {
			w := n.works[rng.IntN(3)]
			w.write(fakeAuthor(rng.IntN(4)), strings.Repeat("w", 1+rng.IntN(100)))
			chaos(n, rng, 4)
			n.works[rng.IntN(3)].mute = rng.IntN(2) == 0
		}
		n.heal(400)
		n.mustBeEqual()
		n.mustHaveWords(0, 1, 2)
		for _, w := range n.works[1:] {
			for x, words := range w.words {
				if !bytes.Equal(words, n.works[0].words[x]) {
					t.Fatalf("seed %d: other words", seed)
				}
			}
		}
	}
}
