package crdt_test

import (
	"math/bits"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
)

// treeSteps are steps that the rooms of a doc count.
type treeSteps struct{ tree, siblings, life uint64 }

// stepsOf counts from the beginning of the doc.
func stepsOf(d *crdt.Doc) treeSteps {
	return treeSteps{d.TreeVisits("T"), d.SiblingVisits(), d.LifeSteps()}
}

// per is what came since, for each of n things and each doubling of size.
func (s treeSteps) per(since treeSteps, n, size int) [3]float64 {
	all := float64(n) * float64(bits.Len(uint(size)))
	return [3]float64{float64(s.tree-since.tree) / all, float64(s.siblings-since.siblings) / all, float64(s.life-since.life) / all}
}

// TestTreeSteps counts what moves in a tree cost where they are made, and what 500 cost
// that arrive late, at n and at 10n moves of n/10 nodes: steps grow as the logarithm,
// and no further. What a clock shows beyond that is memory: at 10n the nodes that random
// moves meet lie in ten times as many lines of it.
func TestTreeSteps(t *testing.T) {
	const late = 500
	var made, came [2][3]float64
	for k, n := range []int{2_000, 20_000} {
		r := rand.New(rand.NewPCG(2, uint64(n)))
		still := crdt.WithClock(func() time.Time { return time.UnixMilli(1) }) // the same CIDs, so the same steps
		d, err := crdt.New(newKey("ann"), still)
		must(t, err)
		all := []crdt.Elem{{}}
		must(t, d.Update(func(tx *crdt.Tx) error {
			for range n / 10 {
				e, _ := tx.Tree("T").Insert(all[r.IntN(len(all))], 0)
				all = append(all, e)
			}
			return nil
		}))
		names := lastingNames(t, d, all[1:])
		old, err := d.Clone(newKey("ben"), still)
		must(t, err)
		before := stepsOf(d)
		moveNodes(t, d, r, names, n)
		made[k] = stepsOf(d).per(before, n, n)
		moveNodes(t, old, r, names, late)
		batch, err := old.Since(d.Heads())
		must(t, err)
		_ = d.View().Tree("T").Len()
		before = stepsOf(d)
		_, err = d.Apply(batch)
		must(t, err)
		if d.View().Tree("T").Len() != n/10 {
			t.Fatal("nodes are lost")
		}
		came[k] = stepsOf(d).per(before, late, n)
	}
	t.Logf("steps in the tree, among siblings and in life, each over the logarithm: made %.2f, then %.2f; late %.2f, then %.2f", made[0], made[1], came[0], came[1])
	most := [3]float64{8, 2, 0.5} // for each doubling of size
	for k := range 2 {
		for room := range 3 {
			if made[k][room] > most[room] || came[k][room] > most[room] {
				t.Errorf("size %d, room %d: %.2f and %.2f steps over the logarithm, at most %.2f", k, room, made[k][room], came[k][room], most[room])
			}
		}
	}
}
