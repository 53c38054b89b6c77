package libp2p_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ipfs/go-cid"
	golibp2p "github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/p2p/security/noise"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/transport/libp2p"
)

// lines are orders of three hosts in a line, by the order of their ids, and how many
// sessions each holds at most. Of two peers the lesser opens the session; with 0 none
// does, and all goes by announcements.
var lines = []struct {
	order      [3]int
	neighbours int
}{
	{[3]int{0, 1, 2}, 8},
	{[3]int{1, 0, 2}, 8}, // both ends are guests of the middle
	{[3]int{0, 2, 1}, 8}, // the middle is a guest of both
	{[3]int{0, 2, 1}, 0},
	{[3]int{1, 0, 2}, 1}, // of two peers one has a session
}

// TestLine: three hosts are in a line; the ends are not connected. What each edits comes
// to all; one that is closed and comes back, and one that joins late, have all that was
// written meanwhile. Nobody dials anybody, and when all are closed nothing is left.
func TestLine(t *testing.T) {
	for _, l := range lines {
		t.Run(fmt.Sprint(l.order, l.neighbours), func(t *testing.T) {
			testLine(t, l.order, l.neighbours)
		})
	}
}

func testLine(t *testing.T, order [3]int, neighbours int) {
	before := runtime.NumGoroutine()
	ids := names(t, "one", "two", "three")
	host := func(k int) host.Host { return newHost(t, ids[order[k]]) }
	few := libp2p.Neighbours(neighbours)
	ann, ben, cleo, dora := newRepo(t, "ann"), newRepo(t, "ben"), newRepo(t, "cleo"), newRepo(t, "dora")
	x := found(t, ann, "bread")
	y, z, w := join(t, ben, x), join(t, cleo, x), join(t, dora, x)
	write(t, x, "founded")
	a, b, c := newSite(t, host(0), ann, x, few), newSite(t, host(1), ben, y, few), newSite(t, host(2), cleo, z, few)
	connect(t, a.host, b.host)
	connect(t, c.host, b.host)
	until(t, "the founding comes to all", func() bool { return has(y, "founded") && has(z, "founded") })
	write(t, x, "from-a")
	write(t, y, "from-b")
	write(t, z, "from-c")
	until(t, "all hold the same", func() bool { return equal(x, y, z) && has(x, "from-a", "from-b", "from-c") })

	addrs := b.host.Addrs()
	b.close()
	write(t, x, "a-alone")
	write(t, z, "c-alone")
	must(t, x.Save(context.Background()))
	must(t, z.Save(context.Background()))
	if has(x, "c-alone") || has(z, "a-alone") {
		t.Fatal("the ends are connected")
	}
	var listen []string
	for _, addr := range addrs {
		listen = append(listen, addr.String())
	}
	back := newHost(t, ids[order[1]], golibp2p.Security(noise.ID, noise.New), golibp2p.ListenAddrStrings(listen...))
	ctx, cancel := context.WithCancel(context.Background())
	var keeping sync.WaitGroup
	keeping.Go(func() { libp2p.Keep(ctx, back, info(a.host), info(c.host), info(back)) })
	b = newSite(t, back, ben, y, few)
	until(t, "the ends hear of each other again", func() bool { return equal(x, y, z) && has(x, "a-alone", "c-alone") })

	d := newSite(t, newHost(t, "late"), dora, w, few)
	connect(t, d.host, c.host)
	until(t, "a late joiner has everything", func() bool { return equal(w, x) })
	write(t, w, "from-d")
	until(t, "what the late joiner writes comes to all", func() bool { return equal(x, y, z, w) && has(x, "from-d") })

	for _, far := range []*site{a, b} {
		for _, other := range []*site{c, d} {
			if (far == a || other == d) && far.host.Network().Connectedness(other.host.ID()) == network.Connected {
				t.Fatal("hosts were connected that nobody connected")
			}
		}
	}
	cancel()
	keeping.Wait()
	for _, s := range []*site{a, b, c, d} {
		must(t, s.node.Check())
		s.close()
		must(t, s.repo.Close())
	}
	quiet(t, before)
}

// two makes two hosts that are connected, the lesser first, and a work that both follow.
func two(t *testing.T, opts ...libp2p.Option) (a, b *site) {
	t.Helper()
	ids := names(t, "one", "two")
	g, h := newHost(t, ids[0]), newHost(t, ids[1])
	ann, ben := newRepo(t, "ann"), newRepo(t, "ben")
	x := found(t, ann, "bread")
	y := join(t, ben, x)
	a, b = newSite(t, g, ann, x, opts...), newSite(t, h, ben, y, opts...)
	connect(t, g, h)
	until(t, "both hold the work", func() bool { return equal(x, y) && !y.Doc().Heads().IsZero() })
	return a, b
}

// TestHeld: presence and what is attached go through the sessions that are held.
func TestHeld(t *testing.T) {
	a, b := two(t)
	must(t, b.rep.Presence().Set("here"))
	until(t, "presence", func() bool {
		for author := range a.rep.Presence().All() {
			return author == b.rep.Doc().Author()
		}
		return false
	})
	picture := strings.Repeat("picture", 100_000)
	id, err := b.rep.Attach(context.Background(), strings.NewReader(picture))
	must(t, err)
	must(t, b.rep.Update(context.Background(), func(tx *crdt.Tx) error { tx.Put("cover", id); return nil }))
	until(t, "the link", func() bool { return equal(a.rep, b.rep) && a.rep.Doc().View().Get("cover").Exists() })
	blob, err := a.rep.Blob(bounded(t), id)
	must(t, err)
	got, err := io.ReadAll(blob)
	must(t, err)
	if string(got) != picture {
		t.Fatalf("%d bytes of %d came", len(got), len(picture))
	}
	a.close()
	b.close()
}

// TestLastWords: what is edited just before following ends comes to the peer, whichever
// of the two holds the session, or neither.
func TestLastWords(t *testing.T) {
	for _, held := range []bool{true, false} {
		a, b := two(t, libp2p.Batch(time.Hour)) // nothing goes by itself
		if held {
			write(t, a.rep, "last")
			a.unfollow()
		} else {
			write(t, b.rep, "last")
			b.unfollow()
		}
		until(t, "the last words", func() bool { return has(a.rep, "last") && has(b.rep, "last") })
		a.close()
		b.close()
	}
}

// TestPolicy: what a peer may do with a work is what the policy says, whoever opens the
// session, and the policy sees who it is; works that are not followed are denied.
func TestPolicy(t *testing.T) {
	for _, of := range []int{0, 1} { // which of the two has the policy
		for _, access := range []merge.Access{merge.Deny, merge.Read, merge.Write} {
			ids := names(t, "one", "two")
			g, h := newHost(t, ids[of]), newHost(t, ids[1-of])
			ann, ben := newRepo(t, "ann"), newRepo(t, "ben")
			x, private := found(t, ann, "bread"), found(t, ann, "private")
			y, stolen := join(t, ben, x), join(t, ben, private)
			var mu sync.Mutex
			var asked []cid.Cid
			var denied, strange error
			a := newSite(t, g, ann, x, libp2p.Allow(func(_ context.Context, from libp2p.Remote, author crdt.Author, work cid.Cid) merge.Access {
				mu.Lock()
				defer mu.Unlock()
				asked = append(asked, work)
				if from.ID != h.ID() || !from.ID.MatchesPublicKey(from.Key) || author != y.Doc().Author() {
					strange = fmt.Errorf("%s, %s", from.ID, author)
				}
				return access
			}))
			b := newSite(t, h, ben, y, libp2p.OnStatus(func(s libp2p.Status) {
				mu.Lock()
				defer mu.Unlock()
				if errors.Is(s.Err, merge.ErrDenied) {
					denied = s.Err
				}
			}))
			connect(t, h, g)
			if access > merge.Deny {
				until(t, "reading", func() bool { return !y.Doc().Heads().IsZero() })
				write(t, y, "from-ben")
			}
			if access == merge.Write {
				until(t, "writing", func() bool { return has(x, "from-ben") })
			}
			c, err := libp2p.Dialer(h, info(g))(bounded(t))
			must(t, err)
			want := merge.ErrPartial // what is read only takes nothing
			switch access {
			case merge.Deny:
				want = merge.ErrDenied
			case merge.Write:
				want = nil
			}
			if err := y.Sync(bounded(t), c); !errors.Is(err, want) {
				t.Errorf("access %d: sync: %v, want %v", access, err, want)
			}
			c.Close()
			c, err = libp2p.Dialer(h, info(g))(bounded(t))
			must(t, err)
			if err := stolen.Sync(bounded(t), c); !errors.Is(err, merge.ErrDenied) {
				t.Errorf("a work that is not followed: %v", err)
			}
			c.Close()
			if has(x, "from-ben") != (access == merge.Write) || y.Doc().Heads().IsZero() != (access == merge.Deny) {
				t.Errorf("access %d: %q here, %v there", access, x.Doc().View().Text("body").String(), y.Doc().Heads())
			}
			a.close()
			b.close()
			mu.Lock()
			if strange != nil || len(asked) == 0 || slices.ContainsFunc(asked, func(w cid.Cid) bool { return w != x.Doc().ID() }) {
				t.Errorf("the policy was asked about %v, by %v", asked, strange)
			}
			if access != merge.Deny && denied != nil {
				t.Errorf("access %d: %v", access, denied)
			}
			mu.Unlock()
		}
	}
}

// TestErrors: what Follow, New and Close return.
func TestErrors(t *testing.T) {
	a, b := two(t)
	ctx := context.Background()
	if err := a.node.Follow(ctx, a.rep); !errors.Is(err, libp2p.ErrFollowed) {
		t.Errorf("followed twice: %v", err)
	}
	if _, err := libp2p.New(a.host, a.ps, a.repo); !errors.Is(err, libp2p.ErrBusy) {
		t.Errorf("two nodes: %v", err)
	}
	a.unfollow() // and again
	a.follow()
	write(t, a.rep, "again")
	until(t, "a work that is followed again", func() bool { return has(b.rep, "again") })

	// Nobody holds a replica that is not followed any more: whoever closes it is the last.
	for _, s := range []*site{a, b} {
		s.unfollow()
		must(t, s.rep.Close())
		err := s.rep.Update(ctx, func(tx *crdt.Tx) error { tx.Put("a", 1); return nil })
		if !errors.Is(err, merge.ErrClosed) {
			t.Errorf("an edit of a replica that was closed: %v", err)
		}
		s.rep = join(t, s.repo, s.rep)
		s.follow()
		write(t, a.rep, "joined-"+s.host.ID().String())
		until(t, "a work that was closed", func() bool { return has(b.rep, "joined-"+s.host.ID().String()) })
	}

	follow := func(s *site, rep *merge.Replica) <-chan error {
		done := make(chan error, 1)
		go func() { done <- s.node.Follow(ctx, rep) }()
		return done
	}
	b.unfollow()
	done := follow(b, b.rep)
	write(t, a.rep, "third")
	until(t, "a third time", func() bool { return has(b.rep, "third") })
	must(t, b.repo.Close())
	if err := <-done; !errors.Is(err, merge.ErrClosed) {
		t.Errorf("the repo was closed: %v", err)
	}
	if err := <-follow(b, b.rep); !errors.Is(err, merge.ErrClosed) {
		t.Errorf("a replica that is closed: %v", err)
	}
	second := found(t, a.repo, "second")
	done = follow(a, second)
	must(t, a.node.Close())
	if err := <-done; err != nil && !errors.Is(err, libp2p.ErrClosed) {
		t.Errorf("the node was closed: %v", err)
	}
	if err := a.node.Follow(ctx, second); !errors.Is(err, libp2p.ErrClosed) {
		t.Errorf("a node that is closed: %v", err)
	}
	if err := a.node.Close(); !errors.Is(err, libp2p.ErrClosed) {
		t.Errorf("closed twice: %v", err)
	}
	if _, err := libp2p.Dialer(b.host, info(a.host))(bounded(t)); err == nil {
		t.Error("a node that is closed answers")
	}
	must(t, b.node.Close())
}

// TestPubSubEnds: when the pubsub is closed first following ends all the same.
func TestPubSubEnds(t *testing.T) {
	before := runtime.NumGoroutine()
	h := newHost(t, "one")
	repo := newRepo(t, "ann")
	ps, end := newPubSub(t, h)
	n, err := libp2p.New(h, ps, repo)
	must(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	rep := found(t, repo, "bread")
	go func() { done <- n.Follow(ctx, rep) }()
	end()
	cancel()
	if err := <-done; err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := n.Follow(context.Background(), rep); !errors.Is(err, context.Canceled) || errors.Is(err, libp2p.ErrFollowed) {
		t.Fatalf("on a pubsub that has ended: %v", err)
	}
	must(t, n.Close())
	must(t, h.Close())
	must(t, repo.Close())
	quiet(t, before)
}

// TestManyWorks: many works and many hosts, in one node each.
func TestManyWorks(t *testing.T) {
	before := runtime.NumGoroutine()
	const hosts, works = 5, 4
	var nodes []*libp2p.Node
	var repos []*merge.Repo
	var all []host.Host
	var reps [hosts][works]*merge.Replica
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	for k := range hosts {
		h, repo := newHost(t, fmt.Sprint("host ", k)), newRepo(t, fmt.Sprint("author ", k))
		ps, err := pubsub.NewGossipSub(ctx, h)
		must(t, err)
		n, err := libp2p.New(h, ps, repo, libp2p.Batch(5*time.Millisecond), libp2p.Neighbours(1))
		must(t, err)
		for w := range works {
			if k == 0 {
				reps[k][w] = found(t, repo, fmt.Sprint("work ", w))
			} else {
				reps[k][w] = join(t, repo, reps[0][w])
			}
			running.Go(func() {
				if err := n.Follow(ctx, reps[k][w]); err != nil {
					t.Error(err)
				}
			})
		}
		for _, other := range all {
			connect(t, h, other)
		}
		nodes, repos, all = append(nodes, n), append(repos, repo), append(all, h)
	}
	until(t, "the works come to all", func() bool {
		for k := range hosts {
			for w := range works {
				if reps[k][w].Doc().Heads().IsZero() {
					return false
				}
			}
		}
		return true
	})
	for k := range hosts {
		for w := range works {
			running.Go(func() {
				for i := range 5 {
					write(t, reps[k][w], fmt.Sprintf("%d-%d", k, i))
				}
			})
		}
	}
	until(t, "all hold the same of each work", func() bool {
		for w := range works {
			for k := range hosts {
				if !equal(reps[0][w], reps[k][w]) || !has(reps[k][w], "0-4", "1-4", "2-4", "3-4", "4-4") {
					return false
				}
			}
		}
		return true
	})
	for _, n := range nodes {
		must(t, n.Check())
	}
	cancel()
	running.Wait()
	for k := range hosts {
		must(t, nodes[k].Close())
		must(t, all[k].Close())
		must(t, repos[k].Close())
	}
	quiet(t, before)
}
