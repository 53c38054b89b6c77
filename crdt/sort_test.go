package crdt_test

import (
	"slices"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// TestSort: replicas that met changes in different orders sort them alike, causes
// first.
func TestSort(t *testing.T) {
	a, err := crdt.New(newKey("a"))
	must(t, err)
	b, err := a.Clone(newKey("b"))
	must(t, err)
	for range 3 {
		for _, d := range []*crdt.Doc{a, b} {
			for range 2 {
				must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("x"); return nil }))
				_, err := d.Commit("")
				must(t, err)
			}
		}
		must(t, a.Merge(b))
		must(t, b.Merge(a))
	}
	list := func(d *crdt.Doc) []cid.Cid {
		var out []cid.Cid
		for c := range d.View().History() {
			out = append(out, c.ID)
		}
		out = append(out, cid.Undef)
		d.View().Sort(out)
		return out
	}
	x, y := list(a), list(b)
	if !slices.Equal(x, y) || x[0] != a.ID() || x[len(x)-1].Defined() {
		t.Errorf("%v\n%v", x, y)
	}
	for i, c := range x {
		for _, later := range x[i+1:] {
			if a.View().InPast(later, c) {
				t.Fatalf("%s comes before what is in its past", c)
			}
		}
	}
	if v, _ := a.At(crdt.Change{ID: a.ID()}.Version()); v.InPast(a.ID(), x[1]) || !v.InPast(a.ID(), a.ID()) {
		t.Error("a view speaks of what it does not show")
	}
}
