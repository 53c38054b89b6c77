package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// laterTwin is Later by asking of each pair whether one is in the past of the other.
func laterTwin(v *crdt.View, deeds []crdt.Deed, most int, asked []crdt.Moment) [][]int {
	out := make([][]int, len(asked))
	for k, m := range asked {
		for _, d := range deeds {
			switch {
			case d.Subject != m.Subject || d.Change == m.Change:
			case !d.Change.Defined() || v.InPast(m.Change, d.Change):
				out[k] = append(out[k], d.Person)
			}
		}
		slices.Sort(out[k])
		out[k] = slices.Compact(out[k])
		out[k] = out[k][:min(len(out[k]), most)]
	}
	return out
}

// TestLater compares Later with its twin on random histories.
func TestLater(t *testing.T) {
	asks := 0
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 31))
		docs := crowd(t, r, 2+r.IntN(5))
		for range 40 {
			d := docs[r.IntN(len(docs))]
			if r.IntN(3) == 0 {
				must(t, d.Merge(docs[r.IntN(len(docs))]))
				continue
			}
			must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
			if r.IntN(4) > 0 {
				_, err := d.Commit("")
				must(t, err)
			}
		}
		v := docs[0].View()
		var all []cid.Cid
		for c := range v.History() {
			all = append(all, c.ID)
		}
		if v.Open() {
			all = append(all, cid.Undef)
		}
		subjects := []int{1, 2, 9, 70}[r.IntN(4)]
		var deeds []crdt.Deed
		for range r.IntN(60) {
			deeds = append(deeds, crdt.Deed{Change: all[r.IntN(len(all))], Subject: r.IntN(subjects), Person: r.IntN(9)})
		}
		var asked []crdt.Moment
		for _, c := range all {
			for s := range min(subjects, 12) {
				if c.Defined() {
					asked = append(asked, crdt.Moment{Change: c, Subject: s})
				}
			}
		}
		most := 1 + r.IntN(7)
		got, want := v.Later(deeds, most, asked), laterTwin(v, deeds, most, asked)
		for k := range asked {
			if asks++; !slices.Equal(got[k], want[k]) {
				t.Fatalf("seed %d: %+v: %v, want %v", seed, asked[k], got[k], want[k])
			}
		}
	}
	t.Logf("%d answers", asks)
}

// crowd is replicas of one work.
func crowd(t testing.TB, r *rand.Rand, n int) []*crdt.Doc {
	t.Helper()
	d, err := crdt.New(newKey("later 0"))
	must(t, err)
	docs := []*crdt.Doc{d}
	for k := range n {
		c, err := docs[r.IntN(len(docs))].Clone(newKey(fmt.Sprint("later ", k+1)))
		must(t, err)
		docs = append(docs, c)
	}
	return docs
}

// TestLaterSteps: ten times the history costs about ten times the steps, with ten times the
// texts, with ten times the people, and where all of them write at the same time; where the
// trees over the texts get up to twice the levels, twice that.
func TestLaterSteps(t *testing.T) {
	for name, build := range map[string]func(n int) (*crdt.View, []crdt.Deed, []crdt.Moment){
		"one after the other": func(n int) (*crdt.View, []crdt.Deed, []crdt.Moment) { return relay(t, n, 3, n/4) },
		"people":              func(n int) (*crdt.View, []crdt.Deed, []crdt.Moment) { return relay(t, n, n/4, 5) },
		"at once":             func(n int) (*crdt.View, []crdt.Deed, []crdt.Moment) { return fan(t, n) },
	} {
		t.Run(name, func(t *testing.T) {
			steps := func(n int) int {
				v, deeds, asked := build(n)
				return crdt.LaterSteps(v, deeds, 6, asked)
			}
			few, many := steps(60), steps(600)
			if t.Logf("%d steps for 60 changes, %d for 600", few, many); many > 20*few {
				t.Errorf("%d steps, %d for a tenth of it", many, few)
			}
		})
	}
}

// relay is n changes by people in turn, each to the next of the subjects.
func relay(t testing.TB, n, people, subjects int) (*crdt.View, []crdt.Deed, []crdt.Moment) {
	t.Helper()
	d, err := crdt.New(newKey("relay"))
	must(t, err)
	var deeds []crdt.Deed
	var asked []crdt.Moment
	for k := range n {
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
		c, err := d.Commit("")
		must(t, err)
		deeds = append(deeds, crdt.Deed{Change: c.ID, Subject: k % subjects, Person: k % people})
		asked = append(asked, crdt.Moment{Change: c.ID, Subject: k % subjects})
	}
	return d.View(), deeds, asked
}

// fan is n people who write at the same time, each to a subject of their own and to one
// of all; then one who has seen everything.
func fan(t testing.TB, n int) (*crdt.View, []crdt.Deed, []crdt.Moment) {
	t.Helper()
	d, err := crdt.New(newKey("fan"))
	must(t, err)
	all, err := d.Clone(newKey("fan all"))
	must(t, err)
	var deeds []crdt.Deed
	var asked []crdt.Moment
	add := func(c cid.Cid, k int) {
		deeds = append(deeds, crdt.Deed{Change: c, Subject: k, Person: k}, crdt.Deed{Change: c, Subject: n + 1, Person: k})
		asked = append(asked, crdt.Moment{Change: c, Subject: k}, crdt.Moment{Change: c, Subject: n + 1})
	}
	for k := range n {
		one, err := d.Clone(newKey(fmt.Sprint("fan ", k)))
		must(t, err)
		must(t, one.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
		c, err := one.Commit("")
		must(t, err)
		must(t, all.Merge(one))
		add(c.ID, k)
	}
	for k := range n / 50 {
		must(t, all.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
		c, err := all.Commit("")
		must(t, err)
		add(c.ID, n-k)
	}
	return all.View(), deeds, asked
}
