//go:build unix

package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// alike opens stores with the same key at each opening, so that two of them come to the
// same changes.
type alike string

func (k alike) SignerFor(string, uint64) (crdt.Signer, error) { return newKey(string(k)), nil }

// founded makes a work in one store and copies it into the other.
func founded(t *testing.T, st, other store.Store) cid.Cid {
	repo, err := merge.Open(t.Context(), st, alike("key"))
	must(t, err)
	rep, err := repo.Create(t.Context())
	must(t, err)
	_, _, err = other.Open(t.Context())
	must(t, err)
	must(t, store.Copy(t.Context(), other, st))
	must(t, other.Close())
	must(t, repo.Close())
	return rep.Doc().ID()
}

// TestLikeMemory runs the same random edits, saves, closings and crashes over a store in
// a database and one in memory: after each step both hold the same, changes and all.
func TestLikeMemory(t *testing.T) {
	ctx := context.Background()
	done := map[string]int{}
	for seed := range 8 {
		stores := [2]store.Store{shared.sharing(t, schema(), "random"), store.Memory()}
		var repos [2]*merge.Repo
		var reps [2]*merge.Replica
		clock := time.Unix(0, 0)
		open := func(i int, work cid.Cid) {
			var err error
			repos[i], err = merge.Open(ctx, stores[i], alike("key"), crdt.WithClock(func() time.Time { return clock }))
			must(t, err)
			reps[i], err = repos[i].Open(ctx, work)
			must(t, err)
			if d := reps[i].Damage(); len(d) > 0 {
				t.Fatal(d)
			}
		}
		work := founded(t, stores[1], stores[0])
		for i := range stores {
			open(i, work)
		}
		rng := rand.New(rand.NewPCG(uint64(seed), 5))
		for step := range 30 {
			clock = clock.Add(time.Second)
			k, draw := rng.IntN(10), rng.Uint64()
			for i := range reps {
				own := rand.New(rand.NewPCG(draw, 6))
				switch {
				case k < 6:
					must(t, reps[i].Update(ctx, scribble(own, fmt.Sprint(step))))
				case k < 8:
					must(t, reps[i].Save(ctx))
				default:
					if k == 8 {
						must(t, repos[i].Close())
					} else {
						must(t, stores[i].Close()) // as if the program had ended here
					}
					open(i, work)
				}
			}
			done[fmt.Sprint("kind ", k)]++
			if a, b := json(t, reps[0]), json(t, reps[1]); a != b || reps[0].Doc().Heads().String() != reps[1].Doc().Heads().String() {
				t.Fatalf("seed %d, step %d: the database holds\n%s, memory\n%s", seed, step, a, b)
			}
		}
		for i := range repos {
			must(t, repos[i].Close())
		}
	}
	t.Log(done)
	if len(done) < 10 {
		t.Fatal("not everything was done")
	}
}
