//go:build !js

package bolt_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"go.etcd.io/bbolt"
)

const pageSize = 4096

// tally counts what came of damaged files.
type tally struct{ refused, whole, partly int }

// attempt opens a damaged file, reads all of it, writes to it, and opens it
// again. Whatever it shows must have been stored; what it does not show must be
// accounted for by an error; nothing may panic.
func (c *tally) attempt(t *testing.T, what string, file []byte, all *facts, strict bool) {
	t.Helper()
	path := image(t, file)
	st, err := bolt.Open(path)
	if err == nil {
		_, _, err = st.Open(ctx)
	}
	if err != nil {
		is(t, what, err, store.ErrCorrupt)
		c.refused++
		return
	}
	got := read(st)
	switch missing := got.Within(t, what, all); {
	case strict && missing > 0 && len(got.Errors) == 0:
		t.Fatalf("%s: %d facts are missing, and no error says so", what, missing)
	case missing > 0 || len(got.Errors) > 0:
		c.partly++
	default:
		c.whole++
	}
	err = try(st)
	lost := !strict && errors.Is(err, store.ErrNotFound) // the name of the work was changed
	if err != nil && !lost && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrStore) {
		t.Fatalf("%s: writing: %v", what, err)
	}
	var damaged *store.CorruptError
	if errors.As(err, &damaged) && damaged.Part == "pages" {
		is(t, what+": writing after damaged pages were met", st.SetName(ctx, "later", id("work 0")), store.ErrStore)
	}
	if err := st.Close(); err != nil && !errors.Is(err, store.ErrCorrupt) && !errors.Is(err, store.ErrStore) {
		t.Fatalf("%s: closing: %v", what, err)
	}
	if st, err = bolt.Open(path); err != nil {
		is(t, what+", again", err, store.ErrCorrupt)
		return
	}
	_ = st.Close()
}

// zeroed is a copy of a file with one page of zeros.
func zeroed(file []byte, page int) []byte {
	b := bytes.Clone(file)
	clear(b[page*pageSize : (page+1)*pageSize])
	return b
}

// TestZeroedPages: each page of a store is filled with zeros in turn.
func TestZeroedPages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	sample(t, path, nil)
	file, used, all := undamaged(t, path)
	var c tally
	for page := range len(used) {
		c.attempt(t, "page "+used[page]+" zeroed", zeroed(file, page), all, true)
	}
	t.Logf("%d pages, %d facts: %d files refused, %d whole, %d in part", len(used), len(all.Known), c.refused, c.whole, c.partly)
	if c.partly == 0 || c.refused == 0 || c.whole == 0 {
		t.Fatal("some outcome never came about")
	}
}

// undamaged returns the bytes of a store that is closed, the kind of each of its
// pages, and what it has.
func undamaged(t *testing.T, path string) (file []byte, kinds []string, all *facts) {
	file, err := os.ReadFile(path)
	must(t, err)
	kinds = pagesInUse(t, path)
	st := opened(t, path)
	all = read(st)
	must(t, st.Close())
	if len(all.Errors) > 0 {
		t.Fatal(all.Errors)
	}
	return file, kinds, all
}

// pagesInUse returns the kind of each page of a store that is closed.
func pagesInUse(t *testing.T, path string) (kinds []string) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	must(t, db.View(func(tx *bbolt.Tx) error {
		for n := 0; ; n++ {
			p, err := tx.Page(n)
			if p == nil || err != nil {
				return err
			}
			kinds = append(kinds, p.Type)
		}
	}))
	return kinds
}

// TestZeroedFreePages: the list of free pages takes more than one page, and each
// of those is filled with zeros in turn.
func TestZeroedFreePages(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	large := store.NewSegment(bytes.Repeat([]byte("large "), 1<<20), nil)
	sample(t, path, func(st store.Store) {
		must(t, st.Append(ctx, id("work 0"), large))
		small := seg(60)
		small.Replaces = []string{large.ID}
		must(t, st.Replace(ctx, id("work 0"), small))
	})
	file, used, all := undamaged(t, path)
	var c tally
	for page, kind := range used {
		if kind != "freelist" {
			continue
		}
		for i := range 5 { // the list begins here and goes on behind
			if (page+i+1)*pageSize <= len(file) {
				c.attempt(t, "free list zeroed", zeroed(file, page+i), all, true)
			}
		}
	}
	t.Logf("%d files refused, %d whole, %d in part", c.refused, c.whole, c.partly)
	if c.refused < 2 {
		t.Fatal("the list of free pages has no second page, or nobody looks at it")
	}
}

// TestDamagedBytes: some bytes of a store are changed at random places. Nothing
// that was never stored may be shown, nothing may panic or hang.
func TestDamagedBytes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "store")
	sample(t, path, nil)
	file, used, all := undamaged(t, path)
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 2))
	pages := len(used)
	var c tally
	for range 200 {
		b := bytes.Clone(file)
		page := random.IntN(pages)
		for range 1 + random.IntN(8) {
			at := random.IntN(pageSize)
			if random.IntN(3) > 0 {
				at = random.IntN(400) // where a page describes itself
			}
			b[page*pageSize+at] ^= byte(1 + random.IntN(255))
		}
		c.attempt(t, "bytes changed", b, all, false)
	}
	t.Logf("%d files refused, %d whole, %d in part", c.refused, c.whole, c.partly)
}
