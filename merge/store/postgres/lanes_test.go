//go:build unix

package postgres_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/postgres"
	"github.com/ipfs/go-cid"
)

// TestLanes runs random appends, replacements and erasures of three servers on one work
// and compares, after each, what every one of them loads and what it learns of the
// others behind each mark with a twin: a list of what was committed, in order.
func TestLanes(t *testing.T) {
	type lying struct {
		seg   store.Segment
		lane  int
		n     int // number of the last it stands for
		first int
	}
	ctx, w, name := t.Context(), workID("lanes"), schema()
	rng := rand.New(rand.NewPCG(4, 4))
	var all []*postgres.Store
	for i := range 3 {
		st := shared.sharing(t, name, fmt.Sprint("lane", i))
		_, _, err := st.Open(ctx)
		must(t, err)
		all = append(all, st)
	}
	var twin []lying
	last, done := 0, map[string]int{}
	for step := range 100 {
		i := rng.IntN(3)
		switch k := rng.IntN(10); {
		case k < 5:
			var list []store.Segment
			for j := range 1 + rng.IntN(3) {
				list = append(list, seg(fmt.Sprint("step ", step, " ", j)))
			}
			must(t, all[i].Append(ctx, w, list...))
			for _, s := range list {
				last++
				twin = append(twin, lying{s, i, last, last})
			}
			done["appended"] += len(list)
		case k < 7: // neighbours of the lane become one
			var mine []int
			for j := range twin {
				if twin[j].lane == i {
					mine = append(mine, j)
				}
			}
			if len(mine) < 2 {
				continue
			}
			a := rng.IntN(len(mine) - 1)
			b := a + 2 + rng.IntN(min(4, len(mine)-a-1))
			s := seg(fmt.Sprint("merged at ", step))
			for _, j := range mine[a:b] {
				s.Replaces = append(s.Replaces, twin[j].seg.ID)
			}
			must(t, all[i].Replace(ctx, w, s))
			// a stranger to the lane has nothing there to replace
			if err := all[(i+1)%3].Replace(ctx, w, s); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("replacing in another lane: %v", err)
			}
			merged := lying{s, i, twin[mine[b-1]].n, twin[mine[a]].first}
			for _, j := range slices.Backward(mine[a:b]) {
				twin = slices.Delete(twin, j, j+1)
			}
			at, _ := slices.BinarySearchFunc(twin, merged, func(x, y lying) int { return x.first - y.first })
			twin = slices.Insert(twin, at, merged)
			done["replaced"]++
		case len(twin) == 0:
		case k < 9: // words, wherever they lie
			j := rng.IntN(len(twin))
			twin[j].seg.Words = nil
			must(t, all[i].Erase(ctx, w, store.Erasure{Segment: twin[j].seg.ID}))
			done["erased"]++
		default:
			j := rng.IntN(len(twin))
			s := twin[j].seg
			s.Words, s.Replaces = []byte("late words"), []string{s.ID}
			must(t, all[i].Replace(ctx, w, s))
			twin[j].seg = s
			done["renewed"]++
		}
		for i, st := range all {
			var got, want []string
			for s, err := range st.Load(ctx, w) {
				must(t, err)
				got = append(got, fmt.Sprint(s.ID, s.Mark, string(s.Words), s.Replaces))
			}
			for _, l := range twin {
				mark := l.n
				if l.lane == i {
					mark = 0
				}
				want = append(want, fmt.Sprint(l.seg.ID, mark, string(l.seg.Words), l.seg.Replaces))
			}
			if !slices.Equal(got, want) {
				t.Fatalf("step %d: server %d loads\n%q, not\n%q", step, i, got, want)
			}
			mark := rng.IntN(last + 2)
			var others []lying
			for _, l := range twin {
				if l.lane != i && l.n > mark {
					others = append(others, l)
				}
			}
			slices.SortFunc(others, func(a, b lying) int { return a.n - b.n })
			for s, err := range st.Since(ctx, w, uint64(mark)) {
				must(t, err)
				if len(others) == 0 || s.ID != others[0].seg.ID || s.Mark != uint64(others[0].n) {
					t.Fatalf("step %d: server %d, mark %d: %s of %d", step, i, mark, s.ID, s.Mark)
				}
				others = others[1:]
			}
			if len(others) > 0 {
				t.Fatalf("step %d: server %d, mark %d: %d are left", step, i, mark, len(others))
			}
		}
		must(t, all[0].Check(ctx))
	}
	t.Log(done)
	if done["appended"] < 50 || done["replaced"] < 10 || done["erased"] < 10 || done["renewed"] < 3 {
		t.Fatal("hardly anything was done")
	}
	for _, st := range all {
		must(t, st.Close())
	}
}

// TestShares: what servers share of a work, and what each has to itself.
func TestShares(t *testing.T) {
	ctx, w, name := t.Context(), workID("shares"), schema()
	a, b := shared.sharing(t, name, "a"), shared.sharing(t, name, "b")
	ia, _, err := a.Open(ctx)
	must(t, err)
	ib, _, err := b.Open(ctx)
	must(t, err)
	if ia == ib {
		t.Fatal("two servers have one instance")
	}
	picture := store.Block{ID: block.Sum([]byte("picture")).ContentCID(), Data: []byte("picture")}
	must(t, a.PutBlocks(ctx, w, picture))
	must(t, a.OpenJournal(ctx, w, []byte("of a"), []byte("1")))
	must(t, a.Hold(ctx, w, store.Pending{ID: workID("p"), Data: []byte("waits")}))
	must(t, a.SetName(ctx, "notes", w))
	must(t, a.Append(ctx, w, seg("one")))
	must(t, a.Erase(ctx, w, store.Erasure{Content: []cid.Cid{picture.ID}, Reason: "asked for"}))
	for range 2 {
		got, err := b.GetBlock(ctx, w, picture.ID)
		if err != nil || string(got) != "picture" {
			t.Fatalf("the block of another server: %q, %v", got, err)
		}
		must(t, b.DropBlocks(ctx, w, picture.ID)) // it has none
	}
	must(t, b.PutBlocks(ctx, w, picture))
	must(t, a.DropBlocks(ctx, w, picture.ID))
	if got, err := a.GetBlock(ctx, w, picture.ID); err != nil || string(got) != "picture" {
		t.Fatalf("a block that another server has put too: %q, %v", got, err)
	}
	if gone, err := b.Gone(ctx, w); err != nil || gone[picture.ID] != "asked for" {
		t.Fatalf("gone: %v, %v", gone, err)
	}
	if j, err := b.LoadJournal(ctx, w); err != nil || j.Header != nil {
		t.Fatalf("the journal of another server: %v, %v", j, err)
	}
	if err := b.AppendJournal(ctx, w, []byte("2")); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("writing to the journal of another server: %v", err)
	}
	must(t, b.Seal(ctx, w))
	if j, err := a.LoadJournal(ctx, w); err != nil || len(j.Records) != 1 {
		t.Fatalf("sealed by another server: %v, %v", j, err)
	}
	for range b.Held(ctx, w) {
		t.Fatal("a change that waits at another server")
	}
	if names, err := b.Names(ctx); err != nil || len(names) > 0 {
		t.Fatalf("names of another server: %v, %v", names, err)
	}
	must(t, a.Close())
	must(t, b.Close())
}
