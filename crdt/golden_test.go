package crdt_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// goldens are the digests of fixed random histories: of the bytes of all changes and of
// all that is read from them. They are the same on every machine, 32 bits and js/wasm
// included. They change where the format, what an edit writes or the editor of the
// tests does: then, and only then, TestGolden says what they are now.
var goldens = [...]string{
	"2104de82e2e9a9b2e3ae0f9b1f65a7196c7aea60dfdd032a7f217b15b4816f51",
	"33a8da97006716a5ec6719daf591f0bca5e240370cef28febbfad236139742c7",
	"a4b9f31fd987a44f28f8dce173102010d0f65e1fd488d3a95435e500b3ee26dd",
}

// goldenDocs is one work in three replicas that edit at the same time.
type goldenDocs struct {
	t     *testing.T
	r     *rand.Rand
	e     editor
	docs  []*crdt.Doc
	undos []*crdt.Undo
	sum   hash.Hash
}

// newGolden founds the work, with a clock that counts and a salt that repeats.
func newGolden(t *testing.T, seed uint64) *goldenDocs {
	r := rand.New(rand.NewPCG(seed, 32))
	g := &goldenDocs{t: t, r: r, e: editor{r, t.Fatalf}, sum: sha256.New()}
	now := int64(0)
	opts := []crdt.Option{crdt.WithRand(zeros{}), crdt.WithClock(func() time.Time { now++; return time.UnixMilli(now) })}
	for k, name := range []string{"ann", "ben", "cleo"} {
		var d *crdt.Doc
		var err error
		if k == 0 {
			d, err = crdt.New(newKey(name), append(opts, crdt.WithSalt(), crdt.Title("golden"))...)
		} else {
			d, err = g.docs[0].Clone(newKey(name), opts...)
		}
		must(t, err)
		g.docs, g.undos = append(g.docs, d), append(g.undos, crdt.NewUndo(d))
	}
	return g
}

// step is one step of one replica.
func (g *goldenDocs) step() {
	k := g.r.IntN(len(g.docs))
	d := g.docs[k]
	switch g.r.IntN(10) {
	case 0:
		must(g.t, d.Merge(g.docs[g.r.IntN(len(g.docs))]))
	case 1:
		_, _ = d.Commit("a note") // there may be nothing to say
	case 2:
		press := g.undos[k].Undo
		if g.undos[k].CanRedo() && g.r.IntN(2) == 0 {
			press = g.undos[k].Redo
		}
		x, err := press()
		g.add(x.By, x.Visible, len(x.Left), x.Path, err)
	default:
		must(g.t, d.Update(func(tx *crdt.Tx) error {
			for range 1 + g.r.IntN(3) {
				g.e.edit(tx)
			}
			return nil
		}))
	}
}

// add takes something printed into the digest.
func (g *goldenDocs) add(what ...any) { fmt.Fprintln(g.sum, what...) }

// look takes in what a view shows.
func (g *goldenDocs) look(v *crdt.View) {
	b, err := v.MarshalJSON()
	must(g.t, err)
	g.add(v.Version(), v.Changes(), string(b))
	for _, name := range []string{"t", "u"} {
		g.add(richOf(v.Text(name)).String())
		for run := range v.Text(name).Runs() {
			g.add(run.By, run.Text)
		}
	}
	for _, depth := range v.Tree("T").All() {
		g.add(depth)
	}
}

// end merges all and takes in the bytes of every change, the state of every replica,
// and what has changed since a view.
func (g *goldenDocs) end(old *crdt.View) string {
	for range 2 {
		for _, a := range g.docs {
			for _, b := range g.docs {
				must(g.t, a.Merge(b))
			}
		}
	}
	in := bridge.Of(g.docs[0])
	must(g.t, in.Leave())
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, _ := in.Bundle(all, math.MaxInt)
	for _, it := range b.Items {
		g.add(it.Change, it.Words)
	}
	for _, d := range g.docs {
		g.look(d.View())
		must(g.t, d.CheckRooms())
	}
	for _, unit := range allUnits {
		patches, err := crdt.DiffIn(old, g.docs[0].View(), unit)
		must(g.t, err)
		for _, p := range patches {
			g.add(p.Path, p.Op, p.At, p.To, p.Removed, p.Len, p.Key, p.ID, p.Text, p.By)
		}
	}
	return hex.EncodeToString(g.sum.Sum(nil))
}

// TestGolden: what the library writes and shows is the same on every machine.
func TestGolden(t *testing.T) {
	for seed, want := range goldens {
		g := newGolden(t, uint64(seed))
		for range 150 {
			g.step()
		}
		old := g.docs[0].View()
		g.look(old)
		for range 50 {
			g.step()
		}
		if got := g.end(old); got != want {
			t.Errorf("history %d has the digest %q", seed, got)
		}
	}
}
