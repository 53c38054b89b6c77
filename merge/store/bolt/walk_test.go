//go:build !js

package bolt_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// TestWalk: damage that bbolt would follow without end, read out of bounds for, or
// write over live pages for, is refused before bbolt sees it. Each case finds a
// page of the kind that it damages.
func TestWalk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	sample(t, path, func(st store.Store) {
		for n := range 200 { // enough for branches
			must(t, st.SetName(ctx, fmt.Sprintf("a long name to fill pages with %0100d", n), id("work 0")))
		}
	})
	file, kinds, _ := undamaged(t, path)
	n := binary.NativeEndian
	first := func(kind string, count int) (int, []byte) {
		t.Helper()
		for page, k := range kinds {
			b := file[page*pageSize:][:pageSize]
			if k == kind && int(n.Uint16(b[10:])) >= count {
				return page, b
			}
		}
		t.Fatalf("no %s page with %d elements", kind, count)
		return 0, nil
	}
	for _, c := range []struct {
		name, kind string
		count      int
		damage     func(page int, b []byte)
	}{
		{"a branch leads to itself", "branch", 2, func(page int, b []byte) { n.PutUint64(b[16+8:], uint64(page)) }},
		{"a branch leads to one page twice", "branch", 2, func(_ int, b []byte) { copy(b[16+8:16+16], b[32+8:]) }},
		{"a branch leads outside", "branch", 2, func(_ int, b []byte) { n.PutUint64(b[16+8:], 1<<40) }},
		{"a branch leads to a meta page", "branch", 2, func(_ int, b []byte) { n.PutUint64(b[16+8:], 1) }},
		{"a branch without elements", "branch", 2, func(_ int, b []byte) { n.PutUint16(b[10:], 0) }},
		{"a branch with keys exchanged", "branch", 2, func(_ int, b []byte) {
			one, two := n.Uint32(b[16:]), n.Uint32(b[32:])
			n.PutUint32(b[16:], two+16)
			n.PutUint32(b[32:], one-16)
		}},
		{"a leaf that says it is a meta page", "leaf", 2, func(_ int, b []byte) { n.PutUint16(b[8:], 4) }},
		{"a leaf that says it is a list of free pages", "leaf", 2, func(_ int, b []byte) { n.PutUint16(b[8:], 16) }},
		{"a leaf with more elements than room", "leaf", 2, func(_ int, b []byte) { n.PutUint16(b[10:], 0xffff) }},
		{"a leaf with a key outside", "leaf", 2, func(_ int, b []byte) { n.PutUint32(b[16+4:], 1<<30) }},
		{"a leaf with a value outside", "leaf", 2, func(_ int, b []byte) { n.PutUint32(b[16+12:], 1<<31) }},
		{"a leaf with pages behind it", "leaf", 2, func(_ int, b []byte) { n.PutUint32(b[12:], 1<<31) }},
		{"a list of free pages with too many", "freelist", 1, func(_ int, b []byte) { n.PutUint16(b[10:], 5000) }},
		{"a list of free pages with a giant number", "freelist", 1, func(_ int, b []byte) {
			n.PutUint16(b[10:], 0xffff)
			n.PutUint64(b[16:], 1<<61)
		}},
		{"a list of free pages with a page in use", "freelist", 1, func(page int, b []byte) { n.PutUint64(b[16:], uint64(page)) }},
		{"a list of free pages with one twice", "freelist", 2, func(_ int, b []byte) { copy(b[16:24], b[24:32]) }},
		{"a list of free pages with one outside", "freelist", 1, func(_ int, b []byte) { n.PutUint64(b[16:], 1<<50) }},
		{"a list of free pages with a meta page", "freelist", 1, func(_ int, b []byte) { n.PutUint64(b[16:], 0) }},
	} {
		page, b := first(c.kind, c.count)
		undo := append([]byte{}, b...)
		c.damage(page, b)
		damaged := image(t, file)
		copy(b, undo)
		_, err := bolt.Open(damaged)
		var corrupt *store.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Part != "pages" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	st, err := bolt.Open(image(t, file))
	must(t, err)
	must(t, st.Close())
	must(t, os.Remove(path))
}
