package merge_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/transport"
)

// testKey is a signer made from a name.
type testKey struct{ k ed25519.PrivateKey }

func newKey(name string) testKey {
	seed := sha256.Sum256([]byte(name))
	return testKey{ed25519.NewKeyFromSeed(seed[:])}
}

func (k testKey) Author() (a crdt.Author) {
	copy(a[:], k.k.Public().(ed25519.PublicKey))
	return a
}

func (k testKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.k, msg), nil }

// keyFor gives one key to each instance of a store, by name.
type keyFor string

func (k keyFor) SignerFor(instance string, _ uint64) (crdt.Signer, error) {
	return newKey(string(k) + instance), nil
}

// oneKey gives the same key to every store, as no keyring may.
type oneKey string

func (k oneKey) SignerFor(string, uint64) (crdt.Signer, error) { return newKey(string(k)), nil }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless err is one of the errors given.
func wants(t testing.TB, what string, err error, any ...error) {
	t.Helper()
	for _, e := range any {
		if errors.Is(err, e) {
			return
		}
	}
	t.Errorf("%s: %v, want %v", what, err, any)
}

// both runs two ends of a conversation at once.
func both(a, b func() error) (ea, eb error) {
	var wg sync.WaitGroup
	wg.Go(func() { ea = a() })
	wg.Go(func() { eb = b() })
	wg.Wait()
	return ea, eb
}

// meetOver syncs two replicas over a connection and gives both results.
func meetOver(a, b *merge.Replica, x, y transport.Conn) (error, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	return both(func() error { return a.Sync(ctx, x) }, func() error { return b.Sync(ctx, y) })
}

// meet syncs two replicas over a pipe and gives both results.
func meet(t testing.TB, a, b *merge.Replica) (error, error) {
	t.Helper()
	x, y := transport.Pipe()
	defer x.Close()
	defer y.Close()
	return meetOver(a, b, x, y)
}

// meets is meet of two that end in sync, and hold the same then.
func meets(t testing.TB, a, b *merge.Replica) {
	t.Helper()
	ea, eb := meet(t, a, b)
	must(t, ea)
	must(t, eb)
	same(t, a, b)
}

// same compares what two replicas hold.
func same(t testing.TB, a, b *merge.Replica) {
	t.Helper()
	if ja, jb := json(t, a), json(t, b); ja != jb || a.Doc().Heads() != b.Doc().Heads() {
		t.Fatalf("replicas differ:\n%s\n%s\n%v\n%v", ja, jb, a.Doc().Heads(), b.Doc().Heads())
	}
}

func json(t testing.TB, r *merge.Replica) string {
	t.Helper()
	b, err := r.Doc().View().MarshalJSON()
	must(t, err)
	return string(b)
}

func open(t testing.TB, st store.Store, name string) *merge.Repo {
	t.Helper()
	r, err := merge.Open(context.Background(), st, keyFor(name))
	must(t, err)
	return r
}

// found opens a store for a name and founds a work in it.
func found(t testing.TB, st store.Store, name string) (*merge.Repo, *merge.Replica) {
	t.Helper()
	r := open(t, st, name)
	a, err := r.Create(context.Background(), crdt.Title("Bread"))
	must(t, err)
	return r, a
}

// joined opens a new memory store for a name and joins the work of a replica.
func joined(t testing.TB, name string, a *merge.Replica) *merge.Replica {
	t.Helper()
	b, err := open(t, store.Memory(), name).Join(context.Background(), a.Doc().ID())
	must(t, err)
	return b
}

// again closes a store without saving, as if the program had ended, and opens the
// work anew.
func again(t testing.TB, st store.Store, name string, was *merge.Replica) (*merge.Repo, *merge.Replica) {
	t.Helper()
	must(t, st.Close())
	r := open(t, st, name)
	a, err := r.Open(context.Background(), was.Doc().ID())
	must(t, err)
	return r, a
}

func text(r *merge.Replica) string { return r.Doc().View().Text("t").String() }

func put(pos int, s string) func(*crdt.Tx) error {
	return func(tx *crdt.Tx) error { tx.Text("t").Insert(pos, s); return nil }
}

func app(s string) func(*crdt.Tx) error {
	return func(tx *crdt.Tx) error { tx.Text("t").Append(s); return nil }
}

// scribble makes a random edit in containers of all kinds.
func scribble(r *rand.Rand) func(*crdt.Tx) error {
	kind, a, b, word := r.IntN(10), r.IntN(1<<20), r.IntN(1<<20), strings.Repeat(string(rune('a'+r.IntN(26))), 1+r.IntN(5))
	return func(tx *crdt.Tx) error {
		switch kind {
		case 0, 1, 2:
			n := tx.Text("t").Len()
			tx.Text("t").Insert(a%(n+1), word)
		case 3:
			if n := tx.Text("t").Len(); n > 0 {
				i := a % n
				tx.Text("t").Delete(i, i+1+b%(n-i))
			}
		case 4:
			tx.Map("m").Put(fmt.Sprint(a%5), word)
		case 5:
			tx.Map("m").Delete(fmt.Sprint(a % 5))
		case 6:
			tx.Map("m").Text("inner").Insert(0, word)
		case 7:
			tx.List("l").Insert(0, word, a)
		case 8:
			tx.Set("s").Add(word)
			tx.Set("s").Remove(string(rune('a' + a%26)))
		case 9:
			tx.Counter("c").Add(int64(a - b))
		}
		return nil
	}
}

// settled fails when more goroutines run than before, once those that are ending
// have ended.
func settled(t testing.TB, before int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, before %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		time.Sleep(time.Millisecond)
	}
}
