package crdt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestRevertTo: after it the work reads as it did, conflicts and authors
// included, and its inverse brings the present back.
func TestRevertTo(t *testing.T) {
	seeds := 150
	if testing.Short() {
		seeds = 15
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 10))
		a, b := pair(t, "first")
		e := editor{r, t.Fatalf}
		versions := []crdt.Version{{}, a.Heads()}
		for range 25 {
			d := []*crdt.Doc{a, b}[r.IntN(2)]
			switch r.IntN(8) {
			case 0:
				both(t, a, b)
				versions = append(versions, a.Heads())
			case 1:
				if c, err := d.Commit(""); err == nil {
					versions = append(versions, c.Version(), d.Heads())
				}
			case 2:
				to := versions[r.IntN(len(versions))]
				if _, err := d.At(to); err == nil {
					edit(t, d, func(tx *crdt.Tx) { tx.RevertTo(to) })
				}
			default:
				edit(t, d, e.edit)
			}
		}
		for range 4 {
			to := versions[r.IntN(len(versions))]
			then, err := a.At(to)
			if errors.Is(err, crdt.ErrNotFound) {
				continue
			}
			must(t, err)
			revert(t, fmt.Sprint("seed ", seed), a, to, then, e)
		}
		both(t, a, b)
	}
}

// revert takes a doc to a version and back.
func revert(t *testing.T, name string, d *crdt.Doc, to crdt.Version, then *crdt.View, e editor) {
	t.Helper()
	_, _ = d.Commit("")
	now := dumpView(d.View())
	alone := e.r.IntN(2) == 0
	edit(t, d, func(tx *crdt.Tx) {
		if !alone { // what this Update has done goes too
			e.edit(tx)
			e.edit(tx)
		}
		tx.RevertTo(to)
	})
	must(t, d.CheckRooms())
	if got, want := dumpView(d.View()), dumpView(then); got != want {
		t.Fatalf("%s: reverted to\n%s\nof\n%s", name, got, want)
	}
	c, err := d.Commit("")
	if errors.Is(err, crdt.ErrNothing) {
		return
	}
	must(t, err)
	edit(t, d, func(tx *crdt.Tx) { tx.Invert(c.ID) })
	if !alone {
		return // a container that it walked to stays
	}
	if got := dumpView(d.View()); got != now {
		t.Fatalf("%s: reverted and back\n%s\nof\n%s", name, got, now)
	}
}

// TestRevertToFails: a version that the doc has not dooms the Update, and nothing
// changes; a version that is the present one writes nothing.
func TestRevertToFails(t *testing.T) {
	a, b := pair(t, "abc")
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Append("d") })
	c, err := b.Commit("")
	must(t, err)
	err = a.Update(func(tx *crdt.Tx) error {
		tx.Text("t").Append("e")
		tx.RevertTo(c.Version())
		return nil
	})
	if !errors.Is(err, crdt.ErrNotFound) || a.View().Text("t").String() != "abc" {
		t.Errorf("%v, %q", err, a.View().Text("t"))
	}
	edit(t, a, func(tx *crdt.Tx) { tx.RevertTo(standsOn(tx)) })
	if _, err := a.Commit(""); !errors.Is(err, crdt.ErrNothing) {
		t.Errorf("reverting to the present: %v", err)
	}
}

// standsOn is the version that an Update stands on.
func standsOn(tx *crdt.Tx) crdt.Version { return tx.View().Version() }

// TestRevertCredit: what a revert brings back is its first author's.
func TestRevertCredit(t *testing.T) {
	a, b := pair(t, "the words of ann")
	to := a.Heads()
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").SetString("words by ben") })
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.RevertTo(to) })
	both(t, a, b)
	if got := blame(a, "t"); got != `ann:"the words of ann"` {
		t.Error(got)
	}
	u := crdt.NewUndo(b)
	undo(t, u)
	if got := b.View().Text("t").String(); got != "words by ben" {
		t.Error(got)
	}
}

// A work goes back to what it was; the history stays, and so does the credit.
func ExampleTx_RevertTo() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	good, err := d.Commit("")
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").SetString("Bread"); return nil }))
	check(d.Update(func(tx *crdt.Tx) error { tx.RevertTo(good.Version()); return nil }))
	fmt.Println(d.View().Text("body"))
	// Output: Knead.
}
