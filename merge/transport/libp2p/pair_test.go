package libp2p_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	golibp2p "github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/muxer/yamux"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport/libp2p"
)

// patience is how long something may take that must happen. Nothing waits for it unless
// a test fails.
const patience = 60 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// until waits until something holds.
func until(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not in %v: %s", patience, what)
		}
	}
}

// bounded is a context for calls that must return.
func bounded(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// quiet fails unless no more goroutines are left, in the end, than there were.
func quiet(t testing.TB, before int) {
	t.Helper()
	for end := time.Now().Add(patience); runtime.NumGoroutine() > before; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			buf := make([]byte, 1<<18)
			t.Fatalf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), buf[:runtime.Stack(buf, true)])
		}
	}
}

// hostKey is the key of a host by its name.
func hostKey(t testing.TB, name string) crypto.PrivKey {
	t.Helper()
	seed := sha256.Sum256([]byte("host " + name))
	std := ed25519.NewKeyFromSeed(seed[:])
	key, _, err := crypto.KeyPairFromStdKey(&std)
	must(t, err)
	return key
}

// names are those of hosts, ascending by their ids.
func names(t testing.TB, list ...string) []string {
	id := func(name string) peer.ID {
		id, err := peer.IDFromPrivateKey(hostKey(t, name))
		must(t, err)
		return id
	}
	slices.SortFunc(list, func(a, b string) int { return strings.Compare(string(id(a)), string(id(b))) })
	return list
}

// newHost makes a host on loopback that speaks TCP, noise and yamux.
func newHost(t testing.TB, name string, opts ...golibp2p.Option) host.Host {
	t.Helper()
	if len(opts) == 0 {
		opts = []golibp2p.Option{golibp2p.Security(noise.ID, noise.New), golibp2p.ListenAddrStrings("/ip4/127.0.0.1/tcp/0")}
	}
	h, err := golibp2p.New(append(opts,
		golibp2p.Identity(hostKey(t, name)),
		golibp2p.Transport(tcp.NewTCPTransport), golibp2p.Muxer(yamux.ID, yamux.DefaultTransport),
		golibp2p.DisableRelay(), golibp2p.DisableMetrics(),
	)...)
	must(t, err)
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// info says where a host is.
func info(h host.Host) peer.AddrInfo { return peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()} }

// connect connects two hosts.
func connect(t testing.TB, a, b host.Host) {
	t.Helper()
	must(t, a.Connect(bounded(t), info(b)))
}

// testKey writes in a store; it is not that of any host.
type testKey struct{ k ed25519.PrivateKey }

func (k testKey) Author() (a crdt.Author) {
	copy(a[:], k.k.Public().(ed25519.PublicKey))
	return a
}

func (k testKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.k, msg), nil }

// keyFor gives a key to a store, by name.
type keyFor string

func (k keyFor) SignerFor(string, uint64) (crdt.Signer, error) {
	seed := sha256.Sum256([]byte("author " + k))
	return testKey{ed25519.NewKeyFromSeed(seed[:])}, nil
}

// newRepo opens a repo in memory.
func newRepo(t testing.TB, name string) *merge.Repo {
	t.Helper()
	r, err := merge.Open(context.Background(), store.Memory(), keyFor(name))
	must(t, err)
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// write appends a word to a work.
func write(t testing.TB, r *merge.Replica, word string) {
	t.Helper()
	must(t, r.Update(context.Background(), func(tx *crdt.Tx) error { tx.Text("body").Append(word + " "); return nil }))
}

// has tells whether a work has all the words.
func has(r *merge.Replica, list ...string) bool {
	body := strings.Fields(r.Doc().View().Text("body").String())
	for _, w := range list {
		if !slices.Contains(body, w) {
			return false
		}
	}
	return true
}

// equal tells whether replicas hold the same.
func equal(list ...*merge.Replica) bool {
	for _, r := range list {
		a, errA := r.Doc().View().MarshalJSON()
		b, errB := list[0].Doc().View().MarshalJSON()
		if errA != nil || errB != nil || !bytes.Equal(a, b) || r.Doc().Heads() != list[0].Doc().Heads() {
			return false
		}
	}
	return true
}

// newPubSub makes the pubsub of a host.
func newPubSub(t testing.TB, h host.Host) (ps *pubsub.PubSub, end func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	ps, err := pubsub.NewGossipSub(ctx, h)
	must(t, err)
	return ps, cancel
}

// site is a host that follows a work.
type site struct {
	t    testing.TB
	host host.Host
	repo *merge.Repo
	rep  *merge.Replica
	node *libp2p.Node
	ps   *pubsub.PubSub
	stop func() // of ps
	ends []func() error
}

// newSite starts a host that follows a work of a repo.
func newSite(t testing.TB, h host.Host, repo *merge.Repo, rep *merge.Replica, opts ...libp2p.Option) *site {
	t.Helper()
	s := &site{t: t, host: h, repo: repo, rep: rep}
	s.ps, s.stop = newPubSub(t, h)
	var err error
	s.node, err = libp2p.New(h, s.ps, repo, append([]libp2p.Option{libp2p.Batch(10 * time.Millisecond)}, opts...)...)
	must(t, err)
	s.follow()
	return s
}

// follow follows the work.
func (s *site) follow() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.node.Follow(ctx, s.rep) }()
	s.ends = append(s.ends, func() error {
		cancel()
		select {
		case err := <-done:
			return err
		case <-time.After(patience):
			s.t.Fatal("Follow does not return")
			return nil
		}
	})
}

// unfollow ends following.
func (s *site) unfollow() {
	s.t.Helper()
	for _, end := range s.ends {
		must(s.t, end())
	}
	s.ends = nil
}

// close ends everything but the repo.
func (s *site) close() {
	s.t.Helper()
	s.unfollow()
	must(s.t, s.node.Close())
	s.stop()
	must(s.t, s.host.Close())
}

// found founds a work.
func found(t testing.TB, repo *merge.Repo, title string) *merge.Replica {
	t.Helper()
	r, err := repo.Create(context.Background(), crdt.Title(title))
	must(t, err)
	return r
}

// join joins a work.
func join(t testing.TB, repo *merge.Repo, of *merge.Replica) *merge.Replica {
	t.Helper()
	r, err := repo.Join(context.Background(), of.Doc().ID())
	must(t, err)
	return r
}
