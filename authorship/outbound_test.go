package authorship_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// TestRangesDeep: what lies deeper than ranges are told apart is reported where it
// begins to, once.
func TestRangesDeep(t *testing.T) {
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "MIT"), fixed())
	must(t, err)
	b, err := a.Clone(key("Eve"), authorship.Agree("MIT"), fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		m, tree, up := tx.Map("m"), tx.Tree("t"), crdt.Elem{}
		for range 500 {
			m = m.Map("k")
			m.Put("v", 1)
			m.Text("x").Append("two words")
			up, _ = tree.Insert(up, 0)
		}
	})
	must(t, a.Merge(b))
	widen(t, a, "ISC", "MIT")
	r := authorship.Terms(a.View())
	if len(r.Blocks) != 1 || !slices.Equal(r.Outbound, []string{"MIT"}) {
		t.Fatalf("%.300s", r)
	}
	deepest, texts := 0, 0
	for _, x := range r.Blocks[0].Ranges {
		deepest = max(deepest, strings.Count(x.Path, "/"))
		if v, err := a.View().Lookup(x.Path); err != nil || !v.Exists() {
			t.Errorf("%.100s: %v", x.Path, err)
		}
		if x.To == 9 {
			texts++
		}
	}
	if n := len(r.Blocks[0].Ranges); deepest != 64 || n > 250 || texts < 60 || texts > 64 {
		t.Errorf("%d ranges, %d texts, the deepest %d steps down", n, texts, deepest)
	}
}

// TestOutboundOf: a part of a work asks only those who are in it.
func TestOutboundOf(t *testing.T) {
	a, err := crdt.New(key("Ann"), authorship.Commons("Bread", "MIT"), fixed())
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("body").Append("Ann. ")
		tx.Map("m").Put("k", 1)
		tx.List("l").Insert(0, 1)
		tx.Tree("t").Insert(crdt.Elem{}, 0)
		tx.Set("s").Add(1)
		tx.Counter("c").Add(1)
	})
	b, err := a.Clone(key("Eve"), authorship.Agree("MIT"), fixed())
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) {
		tx.Text("body").Append("Eve.")
		tx.List("l").Insert(1, 2)
		tx.Counter("d").Add(1)
	})
	must(t, a.Merge(b))
	widen(t, a, "ISC", "MIT")
	v := a.View()
	both, narrow := []string{"ISC", "MIT"}, []string{"MIT"}
	for name, x := range map[string]struct {
		part crdt.Part
		want []string
	}{
		"text": {v.Text("body"), narrow}, "her part": {v.Text("body").Slice(5, 9), narrow}, "Ann's part": {v.Text("body").Slice(0, 5), both},
		"in bytes": {v.Text("body").In(crdt.UTF8).Slice(0, 5), both}, "map": {v.Map("m"), both}, "list": {v.List("l"), narrow}, "tree": {v.Tree("t"), both},
		"set": {v.Set("s"), both}, "counter": {v.Counter("c"), both}, "her counter": {v.Counter("d"), narrow}, "nothing": {v.Text("none"), both},
	} {
		if got := authorship.OutboundOf(x.part); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q", name, got)
		}
	}
}
