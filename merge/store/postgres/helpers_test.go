//go:build unix

package postgres_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
	"github.com/jackc/pgx/v5"
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

// opened opens a repo over a store.
func opened(t testing.TB, st store.Store, name string) *merge.Repo {
	t.Helper()
	repo, err := merge.Open(context.Background(), st, keyFor(name))
	must(t, err)
	return repo
}

// json spells what a replica holds.
func json(t testing.TB, rep *merge.Replica) string {
	t.Helper()
	b, err := rep.Doc().View().MarshalJSON()
	must(t, err)
	return string(b)
}

// workID is the CID of a change that nobody has made.
func workID(name string) cid.Cid { return block.Sum([]byte(name)).ChangeCID() }

// seg is a segment with changes and words.
func seg(changes string) store.Segment {
	return store.NewSegment([]byte(changes), []byte("words of "+changes))
}

// exec runs a statement in a schema, past the store.
func (s *server) exec(t testing.TB, schema, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url()+" search_path="+schema)
	must(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), sql, args...)
	must(t, err)
}

// connections counts those of programs named like that.
func (s *server) connections(t testing.TB, like string) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.url())
	must(t, err)
	defer conn.Close(t.Context())
	must(t, conn.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE $1`, like).Scan(&n))
	return n
}

// soon waits until something is so.
func soon(t testing.TB, what string, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); {
		if time.Since(begun) > 30*time.Second {
			t.Fatalf("after half a minute: %s", what)
		}
		time.Sleep(2 * time.Millisecond)
	}
}

// scribble is a random edit.
func scribble(rng *rand.Rand, mark string) func(*crdt.Tx) error {
	where, what := rng.IntN(1<<20), rng.IntN(5)
	return func(tx *crdt.Tx) error {
		tx.Map("marks").Put(mark, true)
		body := tx.Text("body")
		n := body.Len()
		if what == 0 && n > 4 {
			i := where % (n - 2)
			body.Delete(i, i+2)
		} else {
			body.Insert(where%(n+1), fmt.Sprint(mark, " "))
		}
		return nil
	}
}

// background is the context of those who have none.
var background = context.Background()
