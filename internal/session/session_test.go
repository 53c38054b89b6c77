package session

import (
	"flag"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var seedsFlag = flag.Int("session.seeds", 0, "how many seeds TestSeedsEndEqual runs, 0 for the few of every day")

// chaos takes steps at random: edits of all kinds, messages lost, doubled,
// swapped and replayed, connections made anew, time passing.
func chaos(n *network, rng *rand.Rand, steps int) {
	large := rng.IntN(20) == 0 // some histories have changes over one message
	authors := 1 + rng.IntN(4)
	loss, double, swap := rng.IntN(30), rng.IntN(30), rng.IntN(30)
	for range steps {
		i := rng.IntN(len(n.links))
		l, k := n.links[i], rng.IntN(2)
		switch p := rng.IntN(100); {
		case p < 15:
			w := n.works[rng.IntN(len(n.works))]
			a := fakeAuthor(rng.IntN(authors))
			if rng.IntN(4) == 0 {
				w.fork(a, 1+rng.IntN(3))
			}
			body := make([]byte, rng.IntN(40))
			if large && rng.IntN(3) == 0 {
				body = make([]byte, rng.IntN(200_000))
			}
			body = append(body, byte(rng.Uint32()), byte(rng.Uint32()))
			w.edit(a, 1+rng.IntN(3), body)
			n.did.edits++
		case p < 50:
			n.speak(l, k, 1+rng.IntN(3))
		case p < 92:
			q := len(l.queue[k])
			if q == 0 {
				continue
			}
			at := 0
			if rng.IntN(100) < swap {
				at = rng.IntN(q)
				n.did.swapped += min(at, 1)
			}
			if rng.IntN(100) < double {
				l.queue[k] = append(l.queue[k], l.queue[k][at])
				n.did.doubled++
			}
			if rng.IntN(100) < loss {
				l.queue[k] = append(l.queue[k][:at:at], l.queue[k][at+1:]...)
				n.did.lost++
				continue
			}
			n.deliver(l, k, at)
		case p < 94:
			n.now = n.now.Add(time.Duration(rng.IntN(5000)) * time.Millisecond)
		case p < 96:
			if len(l.log) > 0 {
				l.queue[k] = append(l.queue[k], l.log[rng.IntN(len(l.log))])
				n.did.replayed++
			}
		case p < 97:
			n.reconnect(i)
			n.did.reconnected++
		}
	}
}

// runSeed makes a random history on two or three peers over a bad network and
// heals it.
func runSeed(t failer, seed uint64) *network {
	rng := rand.New(rand.NewPCG(seed, 99))
	n := newNetwork(t, 2+rng.IntN(2), seed)
	n.connect(0, 1)
	if len(n.works) == 3 {
		n.connect(1, 2)
		if rng.IntN(2) == 0 {
			n.connect(0, 2)
		}
	}
	if rng.IntN(4) > 0 { // a common past
		for range rng.IntN(20) {
			n.works[0].edit(fakeAuthor(rng.IntN(3)), 1, []byte{byte(rng.Uint32())})
		}
		for i := 1; i < len(n.works); i++ {
			if rng.IntN(4) > 0 {
				n.works[i] = n.works[0].clone()
			}
		}
	}
	if rng.IntN(8) == 0 { // so many chains that the tips do not fit into a hello
		for _, w := range n.works {
			from := rng.IntN(30)
			for a := range 25 + rng.IntN(40) {
				w.edit(fakeAuthor(100+from+a), 1, []byte{1})
			}
		}
	}
	for i := range n.links {
		n.reconnect(i)
	}
	chaos(n, rng, 40+rng.IntN(120))
	n.heal(400)
	n.mustBeEqual()
	return n
}

// silentWithin is how many half round trips and timers the peers may take from the last
// fault to silence. What is lost last costs a few trips once the timer of a session has
// noticed it; then all that is new walks over up to three peers, and bundles of up to
// 600 KB wait for credit.
const silentWithin = 80

// After any history of loss, doubling, swapping, replay and reconnection, all
// peers end equal, silent, and knowing it:
//
//	go test ./internal/session -run TestSeedsEndEqual -v -session.seeds 10000
func TestSeedsEndEqual(t *testing.T) {
	seeds := uint64(2000)
	switch {
	case *seedsFlag > 0:
		seeds = uint64(*seedsFlag)
	case testing.Short():
		seeds = 500
	}
	var next atomic.Uint64
	var mu sync.Mutex
	var sum deeds
	ended, worst := uint64(0), 0
	t.Run("seeds", func(t *testing.T) {
		for range 4 {
			t.Run("", func(t *testing.T) {
				t.Parallel()
				for seed := next.Add(1) - 1; seed < seeds; seed = next.Add(1) - 1 {
					n := runSeed(t, seed)
					mu.Lock()
					ended, worst = ended+1, max(worst, n.trips)
					sum.add(n.did)
					mu.Unlock()
				}
			})
		}
	})
	t.Logf("%d of %d seeds ended equal and silent, at most %d half trips and timers after the last fault: %+v", ended, seeds, worst, sum)
	if ended != seeds || worst > silentWithin {
		t.Errorf("less than promised: %d", silentWithin)
	}
	if n := int(seeds); n >= 100 && (sum.edits < 10*n || sum.lost < 2*n || sum.doubled < 2*n || sum.swapped < n/2 || sum.replayed < n || sum.reconnected < n/2) {
		t.Error("less was done than promised")
	}
}

// deeds counts what a bad network did to its messages.
type deeds struct{ edits, lost, doubled, swapped, replayed, reconnected int }

// add adds what was done in another network.
func (d *deeds) add(o deeds) {
	d.edits, d.lost, d.doubled = d.edits+o.edits, d.lost+o.lost, d.doubled+o.doubled
	d.swapped, d.replayed, d.reconnected = d.swapped+o.swapped, d.replayed+o.replayed, d.reconnected+o.reconnected
}

// The same machine under rapid, which shrinks what it finds.
func TestRapidEndEqual(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := newNetwork(t, rapid.IntRange(2, 3).Draw(t, "peers"), 1)
		n.connect(0, 1)
		if len(n.works) == 3 {
			n.connect(1, 2)
		}
		link := rapid.IntRange(0, len(n.links)-1)
		side := rapid.IntRange(0, 1)
		// on does something to a message that is on its way, nothing when none is.
		on := func(act func(l *link2)) func(*rapid.T) {
			return func(t *rapid.T) {
				l := &link2{link: n.links[link.Draw(t, "link")], k: side.Draw(t, "side")}
				if len(l.queue[l.k]) > 0 {
					l.at = rapid.IntRange(0, len(l.queue[l.k])-1).Draw(t, "message")
					act(l)
				}
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"edit": func(t *rapid.T) {
				w := n.works[rapid.IntRange(0, len(n.works)-1).Draw(t, "work")]
				a := fakeAuthor(rapid.IntRange(0, 2).Draw(t, "author"))
				w.fork(a, rapid.IntRange(0, 2).Draw(t, "back"))
				w.edit(a, rapid.IntRange(1, 2).Draw(t, "changes"), []byte{rapid.Byte().Draw(t, "body")})
			},
			"speak":   func(t *rapid.T) { n.speak(n.links[link.Draw(t, "link")], side.Draw(t, "side"), 2) },
			"deliver": on(func(l *link2) { n.deliver(l.link, l.k, 0) }),
			"swap":    on(func(l *link2) { n.deliver(l.link, l.k, l.at) }),
			"lose": on(func(l *link2) {
				l.queue[l.k] = append(l.queue[l.k][:l.at:l.at], l.queue[l.k][l.at+1:]...)
			}),
			"double":    on(func(l *link2) { l.queue[l.k] = append(l.queue[l.k], l.queue[l.k][l.at]) }),
			"wait":      func(t *rapid.T) { n.now = n.now.Add(time.Second) },
			"reconnect": func(t *rapid.T) { n.reconnect(link.Draw(t, "link")) },
			"": func(t *rapid.T) {
				for _, l := range n.links {
					n.check(l.side[0])
					n.check(l.side[1])
				}
			},
		})
		n.heal(400)
		n.mustBeEqual()
	})
}

// link2 is a link, a side and a message on its way to it.
type link2 struct {
	*link
	k, at int
}

// pairOf makes two connected works.
func pairOf(t failer, a, b *fakeWork) *network {
	n := newNetwork(t, 2, 1)
	n.works[0], n.works[1] = a, b
	n.connect(0, 1)
	return n
}

// history makes a work with n changes of one author.
func history(n int) *fakeWork {
	w := newFake()
	w.edit(fakeAuthor(0), n, []byte("x"))
	return w
}
