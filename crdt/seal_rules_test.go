package crdt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestSealRulesPanic: rules that panic on any part of an Update that was sealed in
// several lose none of them. The panic comes through, the doc is whole and settled and
// goes on, and what leaves it is what another replica shows.
func TestSealRulesPanic(t *testing.T) {
	const parts = 3
	long := strings.Repeat("x", 500<<10) // no two fit into one change
	for part := 1; part <= parts; part++ {
		left := 0
		d, err := crdt.New(newKey("p"), crdt.WithRules(booming{&left}, crdt.Value{}))
		must(t, err)
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("before "); return nil }))
		_, err = d.Commit("")
		must(t, err)
		before := d.View().Changes()
		left = part
		func() {
			defer func() {
				if p := recover(); p != errBoom {
					t.Errorf("part %d: panic %v", part, p)
				}
			}()
			_ = d.Update(func(tx *crdt.Tx) error {
				for range parts {
					tx.List("l").Insert(0, long)
				}
				return nil
			})
			t.Errorf("part %d: no panic", part)
		}()
		if left != part-parts {
			t.Errorf("part %d: the rules were asked %d times", part, part-left)
		}
		if n := d.View().Changes() - before; n != parts {
			t.Errorf("part %d: %d changes came", part, n)
		}
		must(t, errors.Join(d.CheckState(), d.CheckRooms()))
		if n := d.View().List("l").Len(); n != parts {
			t.Errorf("part %d: the list has %d items", part, n)
		}
		must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append(" after"); return nil }))
		other, err := d.Clone(newKey("q"), crdt.WithRules(tally{}, crdt.Value{}))
		must(t, err)
		same(t, d, other)
	}
}
