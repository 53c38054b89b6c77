package merge_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
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

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// meet syncs two replicas over a pipe and gives both results.
func meet(t testing.TB, a, b *merge.Replica) (error, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	x, y := transport.Pipe()
	defer x.Close()
	defer y.Close()
	var ea, eb error
	var wg sync.WaitGroup
	wg.Go(func() { ea = a.Sync(ctx, x) })
	wg.Go(func() { eb = b.Sync(ctx, y) })
	wg.Wait()
	return ea, eb
}

func open(t testing.TB, st store.Store, name string) *merge.Repo {
	t.Helper()
	r, err := merge.Open(context.Background(), st, keyFor(name))
	must(t, err)
	return r
}

func text(r *merge.Replica) string { return r.Doc().View().Text("t").String() }

func put(pos int, s string) func(*crdt.Tx) error {
	return func(tx *crdt.Tx) error { tx.Text("t").Insert(pos, s); return nil }
}

// TestReplicas founds a work in one store, joins it in another by its id, edits
// both apart, meets, and opens both again.
func TestReplicas(t *testing.T) {
	ctx := context.Background()
	sa, sb := store.Memory(), store.Memory()
	ra, rb := open(t, sa, "ann"), open(t, sb, "ben")
	a, err := ra.Create(ctx, crdt.Title("Bread"))
	must(t, err)
	must(t, a.Update(ctx, put(0, "Knead.")))
	b, err := rb.Join(ctx, a.Doc().ID())
	must(t, err)
	if err := b.Update(ctx, put(0, "x")); !errors.Is(err, crdt.ErrEmpty) {
		t.Errorf("edit of an empty replica: %v", err)
	}
	ea, eb := meet(t, a, b)
	must(t, ea)
	must(t, eb)
	must(t, a.Update(ctx, put(0, "Wash. ")))
	must(t, b.Update(ctx, put(6, " Wait.")))
	ea, eb = meet(t, a, b)
	must(t, ea)
	must(t, eb)
	const want = "Wash. Knead. Wait."
	if text(a) != want || text(b) != want {
		t.Fatalf("%q %q", text(a), text(b))
	}
	must(t, a.Update(ctx, put(0, "Open. "))) // journal only
	id, heads := a.Doc().ID(), b.Doc().Heads()
	must(t, ra.Close())
	must(t, rb.Close())
	ra, rb = open(t, sa, "ann"), open(t, sb, "ben")
	a, err = ra.Open(ctx, id)
	must(t, err)
	b, err = rb.Open(ctx, id)
	must(t, err)
	if text(a) != "Open. "+want || text(b) != want || b.Doc().Heads() != heads {
		t.Fatalf("reopened: %q %q", text(a), text(b))
	}
}

// TestJournal opens a store whose program stopped between edits: each edit that
// Update returned from is there, in the open change.
func TestJournal(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	r := open(t, st, "ann")
	a, err := r.Create(ctx)
	must(t, err)
	want := ""
	for k := range 50 {
		s := fmt.Sprintf("%d,", k)
		want += s
		must(t, a.Update(ctx, func(tx *crdt.Tx) error {
			tx.Text("t").Append(s)
			tx.Put("k", k)
			if k%7 == 3 {
				tx.List("l").Insert(0, k)
			}
			if k%5 == 4 {
				n := tx.Text("t").Len()
				tx.Text("t").Delete(n-1, n)
			}
			return nil
		}))
	}
	json, err := a.Doc().View().MarshalJSON()
	must(t, err)
	must(t, st.Close()) // no save
	r = open(t, st, "ann")
	b, err := r.Open(ctx, a.Doc().ID())
	must(t, err)
	again, err := b.Doc().View().MarshalJSON()
	must(t, err)
	if string(json) != string(again) {
		t.Fatalf("%s\n%s", json, again)
	}
	if !b.Doc().View().Open() {
		t.Error("the journal is not the open change again")
	}
	if len(b.Damage()) > 0 {
		t.Error(b.Damage())
	}
	must(t, b.Update(ctx, put(0, "x")))
	must(t, b.Save(ctx))
	must(t, r.Close())
}

// TestTCP syncs over a real connection.
func TestTCP(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ra, rb := open(t, store.Memory(), "ann"), open(t, store.Memory(), "ben")
	a, err := ra.Create(ctx)
	must(t, err)
	for k := range 300 {
		must(t, a.Update(ctx, put(0, fmt.Sprint(k))))
		if k%10 == 0 {
			must(t, a.Save(ctx))
		}
	}
	b, err := rb.Join(ctx, a.Doc().ID())
	must(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer l.Close()
	var wg sync.WaitGroup
	wg.Go(func() {
		c, err := l.Accept()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		if err := a.Sync(ctx, transport.Stream(c)); err != nil {
			t.Error(err)
		}
	})
	c, err := net.Dial("tcp", l.Addr().String())
	must(t, err)
	must(t, b.Sync(ctx, transport.Stream(c)))
	c.Close()
	wg.Wait()
	if text(a) != text(b) || a.Doc().Heads() != b.Doc().Heads() {
		t.Error("differ after sync")
	}
}
