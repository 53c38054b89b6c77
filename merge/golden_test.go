package merge_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// goldenMeeting is the digest of the bytes of all changes, in the order of their arrival,
// and of the state, after two replicas with stores in memory have edited, met and
// been opened again. It is the same on every machine; TestGolden says what it is now.
const goldenMeeting = "1fa1bcd2030fcbe36098bf8dc1ce8ac8e7b0e4e8ba53e7d1109dce663247bb76"

// TestGolden: what goes through sessions and stores in memory is the same on every
// machine.
func TestGolden(t *testing.T) {
	ctx := context.Background()
	clock := crdt.WithClock(func() time.Time { return time.UnixMilli(1_700_000_000_000) })
	stores := []store.Store{store.Memory(), store.Memory()}
	open := func(k int) *merge.Repo {
		r, err := merge.Open(ctx, stores[k], oneKey(fmt.Sprint("replica ", k)), clock)
		must(t, err)
		return r
	}
	a, err := open(0).Create(ctx, crdt.Title("Bread"))
	must(t, err)
	id := a.Doc().ID()
	b, err := open(1).Join(ctx, id)
	must(t, err)
	meets(t, a, b)
	r := rand.New(rand.NewPCG(3, 32))
	all := []*merge.Replica{a, b}
	for round := range 8 {
		for range 12 {
			must(t, all[r.IntN(2)].Update(ctx, scribble(r)))
		}
		meets(t, all[0], all[1])
		if k := round % 2; round%3 == 2 {
			must(t, stores[k].Close())
			all[k], err = open(k).Open(ctx, id)
			must(t, err)
		}
	}
	sum := sha256.New()
	for _, x := range all {
		in := bridge.Of(x.Doc())
		must(t, in.Leave())
		list := make([]int, in.Count())
		for k := range list {
			list[k] = k
		}
		got, _ := in.Bundle(list, math.MaxInt)
		for _, it := range got.Items {
			fmt.Fprintf(sum, "%x %x\n", it.Change, it.Words)
		}
		fmt.Fprintf(sum, "%s %s\n", x.Doc().Heads(), json(t, x))
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != goldenMeeting {
		t.Errorf("the digest is %q", got)
	}
}
