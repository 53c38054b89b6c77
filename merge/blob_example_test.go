package merge_test

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// A recording is attached, linked from the work, and read from its middle.
func ExampleReplica_Attach() {
	ctx := context.Background()
	repo, err := merge.Open(ctx, store.Memory(), keyFor("ann"))
	check(err)
	r, err := repo.Create(ctx, crdt.Title("Bread"))
	check(err)

	id, err := r.Attach(ctx, strings.NewReader("Knead, and wait an hour."))
	check(err)
	check(r.Update(ctx, func(tx *crdt.Tx) error { tx.Map("files").Put("spoken.txt", id); return nil }))

	b, err := r.Blob(ctx, id)
	check(err)
	_, err = b.Seek(11, io.SeekStart)
	check(err)
	words, err := io.ReadAll(b)
	check(err)
	fmt.Printf("%d bytes, %q\n", b.Size(), words)
	check(b.Close())
	check(repo.Close())
	// Output:
	// 24 bytes, "wait an hour."
}
