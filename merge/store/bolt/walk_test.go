//go:build !js

package bolt_test

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
)

// branchKey is the key of the i-th element of a branch.
func branchKey(b []byte, i int) []byte {
	e := 16 + 16*i
	return b[e+int(native.Uint32(b[e:])):][:native.Uint32(b[e+4:])]
}

// native is the order of bytes in which bbolt writes.
var native = binary.NativeEndian

// walkCases are ways to damage a page, each of a page of some kind that has at
// least so many elements.
var walkCases = []struct {
	name, kind string
	count      int
	damage     func(page int, b []byte)
}{
	{"a branch leads to itself", "branch", 2, func(page int, b []byte) { native.PutUint64(b[16+8:], uint64(page)) }},
	{"a branch leads to one page twice", "branch", 2, func(_ int, b []byte) { copy(b[16+8:16+16], b[32+8:]) }},
	{"a branch leads outside", "branch", 2, func(_ int, b []byte) { native.PutUint64(b[16+8:], 1<<40) }},
	{"a branch leads to a meta page", "branch", 2, func(_ int, b []byte) { native.PutUint64(b[16+8:], 1) }},
	{"a branch without elements", "branch", 2, func(_ int, b []byte) { native.PutUint16(b[10:], 0) }},
	{"a branch with keys exchanged", "branch", 2, func(_ int, b []byte) {
		one, two := native.Uint32(b[16:]), native.Uint32(b[32:])
		native.PutUint32(b[16:], two+16)
		native.PutUint32(b[32:], one-16)
	}},
	{"a branch with a key above its page's", "branch", 3, func(_ int, b []byte) {
		k := branchKey(b, 1)
		k[len(k)-1]++
	}},
	{"a branch with a key below the page before", "branch", 3, func(_ int, b []byte) {
		k := branchKey(b, 1)
		copy(k, branchKey(b, 0))
		k[len(k)-1]++
	}},
	{"a leaf with keys exchanged", "leaf", 9, func(_ int, b []byte) {
		one, two := b[16:32], b[32:48]
		pos := native.Uint32(one[4:])
		native.PutUint32(one[4:], native.Uint32(two[4:])+16)
		native.PutUint32(two[4:], pos-16)
		for i := 8; i < 16; i++ { // the lengths go with them
			one[i], two[i] = two[i], one[i]
		}
	}},
	{"a leaf that says it is a meta page", "leaf", 2, func(_ int, b []byte) { native.PutUint16(b[8:], 4) }},
	{"a leaf that says it is a list of free pages", "leaf", 2, func(_ int, b []byte) { native.PutUint16(b[8:], 16) }},
	{"a leaf with more elements than room", "leaf", 2, func(_ int, b []byte) { native.PutUint16(b[10:], 0xffff) }},
	{"a leaf with a key outside", "leaf", 2, func(_ int, b []byte) { native.PutUint32(b[16+4:], 1<<30) }},
	{"a leaf with a value outside", "leaf", 2, func(_ int, b []byte) { native.PutUint32(b[16+12:], 1<<31) }},
	{"a leaf with pages behind it", "leaf", 2, func(_ int, b []byte) { native.PutUint32(b[12:], 1<<31) }},
	{"a list of free pages with too many", "freelist", 1, func(_ int, b []byte) { native.PutUint16(b[10:], 5000) }},
	{"a list of free pages with a giant number", "freelist", 1, func(_ int, b []byte) {
		native.PutUint16(b[10:], 0xffff)
		native.PutUint64(b[16:], 1<<61)
	}},
	{"a list of free pages with a page in use", "freelist", 1, func(page int, b []byte) { native.PutUint64(b[16:], uint64(page)) }},
	{"a list of free pages with one twice", "freelist", 2, func(_ int, b []byte) { copy(b[16:24], b[24:32]) }},
	{"a list of free pages with one outside", "freelist", 1, func(_ int, b []byte) { native.PutUint64(b[16:], 1<<50) }},
	{"a list of free pages with a meta page", "freelist", 1, func(_ int, b []byte) { native.PutUint64(b[16:], 0) }},
}

// TestWalk: damage that bbolt would follow without end, read out of bounds for, or
// write over live pages for, is refused before bbolt sees it. Each case finds a
// page of the kind that it damages.
func TestWalk(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	sample(t, path, func(st store.Store) {
		for i := range 200 { // enough for branches
			must(t, st.SetName(ctx, fmt.Sprintf("a long name to fill pages with %0100d", i), id("work 0")))
		}
	})
	file, kinds, _ := undamaged(t, path)
	first := func(kind string, count int) (int, []byte) {
		t.Helper()
		for page, k := range kinds {
			b := file[page*pageSize:][:pageSize]
			if k == kind && int(native.Uint16(b[10:])) >= count {
				return page, b
			}
		}
		t.Fatalf("no %s page with %d elements", kind, count)
		return 0, nil
	}
	for _, c := range walkCases {
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
}

// TestWalkInline: the same for a bucket that lies inside a page of another.
func TestWalkInline(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store")
	st := opened(t, path)
	must(t, st.OpenJournal(ctx, id("work 0"), []byte("header")))
	must(t, st.Close())
	file, kinds, _ := undamaged(t, path)
	inline := func() []byte {
		for page, kind := range kinds {
			b := file[page*pageSize:][:pageSize]
			for i := range int(native.Uint16(b[10:])) {
				e := 16 + 16*i
				if kind != "leaf" || native.Uint32(b[e:])&1 == 0 {
					continue
				}
				v := b[e+int(native.Uint32(b[e+4:]))+int(native.Uint32(b[e+8:])):][:native.Uint32(b[e+12:])]
				if native.Uint64(v) == 0 && native.Uint16(v[16+10:]) > 0 {
					return v
				}
			}
		}
		t.Fatal("no bucket lies inline")
		return nil
	}
	for name, damage := range map[string]func(v []byte){
		"a root that is a branch":   func(v []byte) { native.PutUint16(v[16+8:], 1) },
		"a root with a number":      func(v []byte) { native.PutUint64(v[16:], 7) },
		"more elements than room":   func(v []byte) { native.PutUint16(v[16+10:], 2000) },
		"a bucket inside":           func(v []byte) { native.PutUint32(v[32:], 1) },
		"a value outside":           func(v []byte) { native.PutUint32(v[32+12:], 1<<20) },
		"a root page out of bounds": func(v []byte) { native.PutUint64(v, 1<<40) },
	} {
		v := inline()
		undo := append([]byte{}, v...)
		damage(v)
		_, err := bolt.Open(image(t, file))
		copy(v, undo)
		var corrupt *store.CorruptError
		if !errors.As(err, &corrupt) || corrupt.Part != "pages" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
