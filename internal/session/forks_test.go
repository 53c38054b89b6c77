package session

import (
	"strings"
	"testing"
)

// This file has chains that fork and works of many chains.

// A chain that has forked far below its ends is found through the locator: each
// side pushes less than twice what the other lacks, and a round trip more.
func TestForkedChain(t *testing.T) {
	for _, ends := range [][2]int{{1, 1}, {40, 30}, {1, 60}, {60, 1}} {
		a := history(500)
		b := a.clone()
		a.edit(fakeAuthor(0), ends[0], []byte("a"))
		b.edit(fakeAuthor(0), ends[1], []byte("b"))
		n := pairOf(t, a, b)
		for range 5 { // half trips: hello, have, want, pack, have
			n.halfTrip()
		}
		n.mustBeEqual()
		n.silent()
		for k := range 2 {
			got, lacked := n.links[0].side[k].Status().SentChanges, ends[k]
			if int(got) < lacked || int(got) > 2*max(lacked, ends[1-k])+1 {
				t.Fatalf("forks of %v: side %d pushed %d changes", ends, k, got)
			}
		}
	}
}

// Many chains that fork at their ends: wants with long locators fill several
// messages, and each side pushes exactly what the other lacks.
func TestWantsFillMessages(t *testing.T) {
	const chains, length = 256, 60
	a := newFake()
	for i := range chains {
		for k := range length {
			c := &fakeChange{author: fakeAuthor(i), seq: uint64(k), prev: a.last[fakeAuthor(i)]}
			if k == 0 && i > 0 {
				c.links = []id{a.order[0].id}
			}
			a.put(c, true)
		}
	}
	b := a.clone()
	for i := range chains {
		for k, w := range []*fakeWork{a, b} {
			x := fakeAuthor(i)
			w.put(&fakeChange{author: x, seq: length, prev: w.last[x], body: []byte{byte(k)}}, true)
		}
	}
	n := pairOf(t, a, b)
	n.heal(12)
	n.mustBeEqual()
	for k := range 2 {
		if got := n.links[0].side[k].Status().SentChanges; got != chains {
			t.Fatalf("side %d pushed %d changes, want %d", k, got, chains)
		}
	}
	if got := strings.Count(n.links[0].kinds(), "w"); got < 4 {
		t.Fatalf("%d wants", got)
	}
}

// Where the peer goes on from one of our tips and lacks the other, nothing is
// pushed that is here.
func TestForkBesideGrowth(t *testing.T) {
	a := history(30)
	b := a.clone()
	a.edit(fakeAuthor(0), 10, []byte("a goes on"))
	b.fork(fakeAuthor(0), 5)
	b.edit(fakeAuthor(0), 1, []byte("b forks"))
	n := pairOf(t, a, b)
	n.heal(10)
	n.mustBeEqual()
	if got := n.links[0].side[0].Status().SentChanges; got != 10 {
		t.Fatalf("%d changes pushed, want 10", got)
	}
}

// farWork has locators of full length for every change.
type farWork struct{ *fakeWork }

func (w farWork) Locator(x [32]byte) [][32]byte {
	return append(manyIDs(MaxLocator-1), w.fakeWork.Locator(x)[0])[:MaxLocator]
}

// Locators of several long chains of one author share one locator's room.
func TestLongLocators(t *testing.T) {
	for forks := range 6 {
		w := history(5)
		for i := range forks {
			w.fork(fakeAuthor(0), 1)
			w.edit(fakeAuthor(0), 1, []byte{byte(i)})
		}
		a := attack(t, w, Options{})
		a.s = newSession(t, farWork{w}, 3, Options{})
		a.listen()
		a.greet(Tip{Author: fakeAuthor(0), Seq: 90, ID: id{1}})
		a.listen()
		a.have(id{1})
		said := a.listen() // decodes it, and so checks its limits
		if len(said) != 1 || said[0].kind != mWant || len(said[0].wants[0].locator) <= MaxLocator-locatorTips {
			t.Fatalf("%d forks: %+v", forks, said)
		}
	}
}

// A chain with more tips than a locator has ids.
func TestManyTipsOfOneChain(t *testing.T) {
	a := history(40)
	b := a.clone()
	for i := range 100 {
		a.fork(fakeAuthor(0), 2)
		a.edit(fakeAuthor(0), 2, []byte{byte(i)})
	}
	b.edit(fakeAuthor(0), 3, []byte("b"))
	n := pairOf(t, a, b)
	n.heal(14)
	n.mustBeEqual()
}

// Forks of forks, of both sides, with the tips below each other's.
func TestForkedTwice(t *testing.T) {
	a := history(100)
	b := a.clone()
	for i, w := range []*fakeWork{a, b} {
		for k := range 6 {
			w.fork(fakeAuthor(0), 7*k+i)
			w.edit(fakeAuthor(0), 3, []byte{byte(i), byte(k)})
		}
	}
	n := pairOf(t, a, b)
	n.heal(12)
	n.mustBeEqual()
}

// 2,000 chains a side, 20 of them ahead: ranges tell which, and only the difference
// is pushed.
func TestManyTips(t *testing.T) {
	a := broad(2000) // 2,000 heads
	b := a.clone()
	for i := range 10 {
		a.put(&fakeChange{author: fakeAuthor(i), seq: 1, prev: a.last[fakeAuthor(i)]}, true)
		b.put(&fakeChange{author: fakeAuthor(90 + i), seq: 1, prev: b.last[fakeAuthor(90+i)]}, true)
	}
	n := pairOf(t, a, b)
	n.heal(12)
	n.mustBeEqual()
	for k := range 2 {
		if got := n.links[0].side[k].Status().SentChanges; got != 10 {
			t.Fatalf("side %d pushed %d changes, want 10", k, got)
		}
	}
	if got := n.links[0].kinds(); len(got) < 8 || got[:2] != "hh" {
		t.Fatalf("messages %q", got)
	}
}

// More forked chains than are wanted in one round: several rounds.
func TestManyForks(t *testing.T) {
	const chains = 5000
	a, b := newFake(), newFake()
	root := &fakeChange{author: fakeAuthor(0)}
	for i := range chains {
		for k, w := range []*fakeWork{a, b} {
			c := &fakeChange{author: fakeAuthor(i), body: []byte("x")}
			if i == 0 {
				w.put(root, true)
				continue
			}
			c.links = []id{root.id}
			w.put(c, true)
			w.put(&fakeChange{author: c.author, seq: 1, prev: c.id, body: []byte{byte(k)}}, true)
		}
	}
	n := pairOf(t, a, b)
	n.heal(60)
	n.mustBeEqual()
	if got := n.links[0].side[0].Status().Rounds; got < 2 {
		t.Fatalf("%d rounds", got)
	}
}
