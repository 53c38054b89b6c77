//go:build unix

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestFleet runs three servers on one work through random edits, saves, looks at what the
// others wrote, closings and crashes, of a server or of its connections. At the end they
// hold the same, and everything that was acknowledged; no key has contradicted itself.
func TestFleet(t *testing.T) {
	ctx, done := t.Context(), map[string]int{}
	for seed := range 8 {
		rng := rand.New(rand.NewPCG(uint64(seed), 8))
		name, marks := schema(), 0
		var all []*node
		for i := range 3 {
			n := &node{st: shared.sharing(t, name, fmt.Sprint(i))}
			n.repo = opened(t, n.st, fmt.Sprint(i))
			var err error
			if i == 0 {
				n.rep, err = n.repo.Create(ctx)
			} else {
				n.rep, err = n.repo.Open(ctx, all[0].rep.Doc().ID())
			}
			must(t, err)
			all = append(all, n)
		}
		work := all[0].rep.Doc().ID()
		for step := range 60 {
			i := rng.IntN(3)
			n, what := all[i], ""
			switch k := rng.IntN(20); {
			case k < 9:
				what = "edits"
				must(t, n.rep.Update(ctx, scribble(rng, fmt.Sprint(step))))
				marks++
			case k < 11:
				what = "saves"
				must(t, n.repo.Save(ctx))
			case k < 18:
				what = "looks"
				must(t, n.repo.Refresh(ctx, work))
			case k < 19:
				what = "closings"
				must(t, n.repo.Close())
			default:
				what = "crashes"
				must(t, n.st.Close())
			}
			if done[what]++; what == "closings" || what == "crashes" {
				n.repo = opened(t, n.st, fmt.Sprint(i))
				var err error
				n.rep, err = n.repo.Open(ctx, work)
				must(t, err)
				if d := n.rep.Damage(); len(d) > 0 {
					t.Fatalf("seed %d, step %d: %v", seed, step, d)
				}
			}
		}
		for _, n := range all {
			must(t, n.repo.Save(ctx))
		}
		for _, n := range all {
			must(t, n.repo.Refresh(ctx))
			must(t, n.st.Check(ctx))
		}
		for _, n := range all {
			if got := n.rep.Doc().View().Map("marks").Len(); got != marks || json(t, n.rep) != json(t, all[0].rep) {
				t.Fatalf("seed %d: %d edits of %d, or others\n%s\n%s", seed, got, marks, json(t, n.rep), json(t, all[0].rep))
			}
			for f := range n.rep.Doc().Evidence() {
				t.Fatalf("seed %d: forked: %v", seed, f)
			}
			must(t, n.repo.Close())
		}
	}
	t.Log(done)
	for _, what := range []string{"edits", "saves", "looks", "closings", "crashes"} {
		if done[what] < 5 {
			t.Fatalf("only %d %s", done[what], what)
		}
	}
}
