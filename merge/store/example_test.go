package store_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/merge/store"
)

// The life of an open change: its edits go into a journal one by one, each
// durable when the call returns, and are sealed into a segment in one step.
func Example() {
	ctx, work := context.Background(), id("a work")
	st := store.Memory()
	_, epoch, err := st.Open(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Println("epoch", epoch)

	err = errors.Join(
		st.OpenJournal(ctx, work, []byte("whose change, on what")),
		st.AppendJournal(ctx, work, []byte("insert K")),
		st.AppendJournal(ctx, work, []byte("insert nead.")),
	)
	if err != nil {
		panic(err)
	}
	j, err := st.LoadJournal(ctx, work)
	fmt.Printf("%q %v\n", j.Records, err)

	err = st.Seal(ctx, work, store.NewSegment([]byte("one change"), []byte("Knead.")))
	if err != nil {
		panic(err)
	}
	for s, err := range st.Load(ctx, work) {
		fmt.Printf("%s %q %v\n", s.ID[:8], s.Words, err)
	}
	fmt.Println(st.Close())
	// Output:
	// epoch 1
	// ["insert K" "insert nead."] <nil>
	// fdf32bf6 "Knead." <nil>
	// <nil>
}

// Small segments become a large one. Whoever reads meanwhile misses nothing.
func ExampleSegments_Replace() {
	ctx, work, st := context.Background(), id("a work"), store.Memory()
	if _, _, err := st.Open(ctx); err != nil {
		panic(err)
	}
	one, two := store.NewSegment([]byte("one"), nil), store.NewSegment([]byte("two"), nil)
	both := store.NewSegment([]byte("one and two"), nil)
	both.Replaces = []string{one.ID, two.ID}
	err := errors.Join(st.Append(ctx, work, one, two), st.Replace(ctx, work, both))
	for s := range st.Load(ctx, work) {
		fmt.Printf("%s, in the place of %d, %v\n", s.Changes, len(s.Replaces), err)
	}
	// Output: one and two, in the place of 2, <nil>
}

// A store moves into another one as a whole, here from memory to memory.
func ExampleCopy() {
	ctx, work := context.Background(), id("a work")
	from, to := store.Memory(), store.Memory()
	for _, st := range []store.Store{from, to} {
		if _, _, err := st.Open(ctx); err != nil {
			panic(err)
		}
	}
	if err := from.SetName(ctx, "bread", work); err != nil {
		panic(err)
	}
	err := store.Copy(ctx, to, from)
	names, _ := to.Names(ctx)
	fmt.Println(len(names), names["bread"] == work, err)
	// Output: 1 true <nil>
}
