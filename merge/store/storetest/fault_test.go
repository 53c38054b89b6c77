package storetest

import (
	"context"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
)

// TestFaulty: without a fault the wrapper is a store like any other.
func TestFaulty(t *testing.T) {
	Run(t, func(t *testing.T) store.Store { return Faulty(store.Memory()) })
}

// TestFault: the write that shall fail does, with or without effect, and so does
// every later one, until the store is opened again. Reads go on.
func TestFault(t *testing.T) {
	ctx := context.Background()
	for _, applied := range []bool{false, true} {
		for i, c := range calls() {
			if !c.writes {
				continue
			}
			f := Faulty(store.Memory())
			_, _, err := f.Open(ctx)
			must(t, err)
			prepare(t, ctx, f)
			before, writes := dump(t, f), f.Writes()
			f.Fail(1, applied)
			must(t, f.SetName(ctx, "notes", id("w"))) // changes nothing, and is not the one
			is(t, c.name, c.run(ctx, f), store.ErrStore)
			if after := dump(t, f); (after != before) != applied {
				t.Fatalf("%s, applied %v: from\n%s\nto\n%s", c.name, applied, before, after)
			}
			after := dump(t, f)
			for _, later := range calls() {
				if later.writes {
					is(t, later.name+" later", later.run(ctx, f), store.ErrStore)
				} else {
					must(t, later.run(ctx, f))
				}
			}
			same(t, "later", f, after)
			if f.Writes() <= writes+2 {
				t.Fatalf("call %d: only %d writes counted", i, f.Writes()-writes)
			}
			reopen(t, f)
			same(t, "opened again", f, after)
			must(t, f.SetName(ctx, "again", id("w")))
			must(t, f.Close())
		}
	}
}
