//go:build !js

package bolt_test

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/ipfs/go-cid"
)

// FuzzFile changes bytes of a store's file: each five bytes of the input are a
// place and a value. Whatever comes out of it opens, or is refused, without a
// panic and without end, and shows nothing that was never stored.
func FuzzFile(f *testing.F) {
	path := filepath.Join(f.TempDir(), "store")
	st := opened(f, path)
	for n := range 6 {
		must(f, st.Append(ctx, id("work 0"), seg(n)))
	}
	must(f, st.OpenJournal(ctx, id("work 1"), []byte("header"), []byte("one"), []byte("two")))
	must(f, st.Hold(ctx, id("work 1"), store.Pending{ID: id("held"), Data: []byte("data")}))
	must(f, st.Erase(ctx, id("work 1"), store.Erasure{Content: []cid.Cid{id("gone")}, Reason: "why"}))
	must(f, st.SetName(ctx, "name", id("work 0")))
	all := read(st)
	must(f, st.Close())
	file, err := os.ReadFile(path)
	must(f, err)
	edit := func(edits ...uint32) (b []byte) {
		for _, e := range edits {
			b = append(binary.BigEndian.AppendUint32(b, e), 0xff)
		}
		return b
	}
	for page := uint32(0); int(page)*pageSize < len(file); page++ {
		f.Add(edit(page * pageSize))
		f.Add(edit(page*pageSize+9, page*pageSize+11))
		f.Add(edit(page*pageSize+pageSize/2, page*pageSize+pageSize-1))
	}
	f.Fuzz(func(t *testing.T, edits []byte) {
		b := bytes.Clone(file)
		for ; len(edits) >= 5 && len(b) > 0; edits = edits[5:] {
			b[int(binary.BigEndian.Uint32(edits)%uint32(len(b)))] ^= edits[4]
		}
		var c tally
		c.attempt(t, "fuzzed", b, all, false)
	})
}
