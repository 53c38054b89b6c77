package storetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// blockOf is a block of the bytes given.
func blockOf(data string) store.Block { return store.Block{ID: content(data), Data: []byte(data)} }

// nodeOf is the same bytes under the other codec.
func nodeOf(data string) store.Block { return store.Block{ID: id(data), Data: []byte(data)} }

// blocks returns the names of all blocks of a work, as they come.
func blocks(t testing.TB, st store.Store, work cid.Cid) (all []cid.Cid) {
	t.Helper()
	for id, err := range st.ListBlocks(t.Context(), work) {
		must(t, err)
		all = append(all, id)
	}
	return all
}

// testBlocks: blocks come back under their names, each work has its own, and a name is
// more than its digest; one is forgotten when it is dropped, and not before.
func testBlocks(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w, v := id("w"), id("v")
	check := func(work cid.Cid, want ...store.Block) {
		t.Helper()
		slices.SortFunc(want, func(a, b store.Block) int { return slices.Compare(a.ID.Bytes(), b.ID.Bytes()) })
		for range 2 {
			var names []cid.Cid
			for _, b := range want {
				names = append(names, b.ID)
				got, err := st.GetBlock(ctx, work, b.ID)
				must(t, err)
				if got == nil || !bytes.Equal(got, b.Data) {
					t.Fatalf("block %s came back different, %d bytes of %d", b.ID, len(got), len(b.Data))
				}
			}
			if got := blocks(t, st, work); !slices.Equal(got, names) {
				t.Fatalf("listed %v, want %v", got, names)
			}
			reopen(t, st)
		}
	}
	absent := func(work cid.Cid, b store.Block) {
		t.Helper()
		if _, err := st.GetBlock(ctx, work, b.ID); true {
			is(t, "a block that is not there", err, store.ErrNotFound)
		}
	}
	check(w)
	absent(w, blockOf("a"))
	must(t, st.DropBlocks(ctx, w, blockOf("a").ID))
	a, b, empty, large := blockOf("a"), blockOf("b"), blockOf(""), blockOf(strings.Repeat("large ", 50_000))
	must(t, st.PutBlocks(ctx, w, a, large, a))
	must(t, st.PutBlocks(ctx, w))
	must(t, st.PutBlocks(ctx, w, b, empty))
	must(t, st.PutBlocks(ctx, v, b))
	check(w, a, b, empty, large)
	check(v, b)
	absent(v, a)
	absent(w, nodeOf("a"))
	must(t, st.PutBlocks(ctx, w, nodeOf("a"), a))
	check(w, a, nodeOf("a"), b, empty, large)
	must(t, st.DropBlocks(ctx, w, a.ID, empty.ID, blockOf("never there").ID))
	must(t, st.DropBlocks(ctx, w))
	must(t, st.DropBlocks(ctx, id("unknown"), b.ID))
	absent(w, a)
	absent(w, empty)
	check(w, nodeOf("a"), b, large)
	check(v, b)
	must(t, st.PutBlocks(ctx, w, a))
	check(w, a, nodeOf("a"), b, large)
	must(t, st.Append(ctx, w, seg("one")))
	must(t, st.Seal(ctx, w))
	check(w, a, nodeOf("a"), b, large)
}

// testManyBlocks: more blocks than are listed at a time, dropped while they are listed.
func testManyBlocks(t *testing.T, open opener) {
	ctx, st := open.ready(t)
	w := id("w")
	const many = 600
	var list []store.Block
	for i := range many {
		list = append(list, blockOf(fmt.Sprint("block ", i)))
	}
	for part := range slices.Chunk(list, 250) {
		must(t, st.PutBlocks(ctx, w, part...))
	}
	slices.SortFunc(list, func(a, b store.Block) int { return slices.Compare(a.ID.Bytes(), b.ID.Bytes()) })
	n := 0
	var drop []cid.Cid
	for id, err := range st.ListBlocks(ctx, w) {
		must(t, err)
		if id != list[n].ID {
			t.Fatalf("block %d is %s, not %s", n, id, list[n].ID)
		}
		if n++; n%2 == 0 {
			drop = append(drop, id)
		}
		if len(drop) == 50 {
			must(t, st.DropBlocks(ctx, w, drop...))
			drop = drop[:0]
		}
	}
	if n != many {
		t.Fatalf("%d blocks listed", n)
	}
	if got := len(blocks(t, st, w)); got != many-many/2/50*50 {
		t.Fatalf("%d blocks are left", got)
	}
}

// blockRefusals makes every call about blocks that makes no sense.
func blockRefusals(t testing.TB, st store.Store) []refusal {
	ctx, w, a := t.Context(), id("w"), blockOf("a")
	misnamed := store.Block{ID: a.ID, Data: []byte("b")}
	_, undefined := st.GetBlock(ctx, w, cid.Undef)
	_, old := st.GetBlock(ctx, w, cid.NewCidV0(a.ID.Hash()))
	_, nowhere := st.GetBlock(ctx, cid.Undef, a.ID)
	return []refusal{
		{"put under another name", st.PutBlocks(ctx, w, misnamed), store.ErrArgument},
		{"put one good, one bad", st.PutBlocks(ctx, w, blockOf("good"), misnamed), store.ErrArgument},
		{"put without a name", st.PutBlocks(ctx, w, store.Block{Data: []byte("b")}), store.ErrArgument},
		{"put under an old name", st.PutBlocks(ctx, w, store.Block{ID: cid.NewCidV0(a.ID.Hash()), Data: a.Data}), store.ErrArgument},
		{"put under its own bytes", st.PutBlocks(ctx, w, store.Block{ID: inline, Data: []byte("a")}), store.ErrArgument},
		{"put to no work", st.PutBlocks(ctx, cid.Undef, a), store.ErrArgument},
		{"get without a name", undefined, store.ErrArgument},
		{"get by an old name", old, store.ErrArgument},
		{"get of no work", nowhere, store.ErrArgument},
		{"list of no work", last(st.ListBlocks(ctx, cid.Undef)), store.ErrArgument},
		{"drop without a name", st.DropBlocks(ctx, w, a.ID, cid.Undef), store.ErrArgument},
		{"drop of no work", st.DropBlocks(ctx, cid.Undef, a.ID), store.ErrArgument},
	}
}

// inline is a CID that is no hash: the byte "a" itself.
var inline = func() cid.Cid {
	id, err := cid.Cast([]byte{1, 0x55, 0, 1, 'a'})
	if err != nil {
		panic(fmt.Sprintf("storetest: an inline CID: %v", err))
	}
	return id
}()
