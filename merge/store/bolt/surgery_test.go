//go:build !js

package bolt_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/bolt"
	"github.com/ipfs/go-cid"
	"go.etcd.io/bbolt"
)

// operated makes a small store, changes single values in it behind its back, and
// returns what Open says of it.
func operated(t *testing.T, cut func(w *bbolt.Bucket, tx *bbolt.Tx) error) (store.Store, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "store")
	st := opened(t, path)
	w := id("work 0")
	must(t, st.Append(ctx, w, seg(0), seg(1), seg(2)))
	four := seg(4)
	four.Replaces = []string{seg(2).ID}
	must(t, st.Replace(ctx, w, four))
	must(t, st.OpenJournal(ctx, w, []byte("header"), []byte("a"), []byte("b"), []byte("c")))
	must(t, st.Hold(ctx, w, store.Pending{ID: id("p"), Data: []byte("p")}, store.Pending{ID: id("q"), Data: []byte("q")}))
	must(t, st.Erase(ctx, w, store.Erasure{Content: []cid.Cid{id("x"), id("y")}, Reason: "why"}))
	must(t, st.SetName(ctx, "one", w))
	must(t, st.SetName(ctx, "two", w))
	must(t, st.Close())
	db, err := bbolt.Open(path, 0o600, nil)
	must(t, err)
	must(t, db.Update(func(tx *bbolt.Tx) error { return cut(tx.Bucket([]byte("works")).Bucket(w.Bytes()), tx) }))
	must(t, db.Close())
	if st, err = bolt.Open(path); err != nil {
		return nil, err
	}
	if _, _, err = st.Open(ctx); err != nil {
		return nil, err
	}
	t.Cleanup(func() { _ = st.Close() })
	return st, nil
}

// order is the key of the n-th segment or entry, from 1.
func order(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// raw is the ID of a segment as bytes.
func raw(s store.Segment) []byte {
	b, err := hex.DecodeString(s.ID)
	if err != nil {
		panic(err)
	}
	return b
}

// alter changes the byte at a place, from the end if negative, of the value at a
// key.
func alter(b *bbolt.Bucket, key []byte, at int) error {
	v := append([]byte{}, b.Get(key)...)
	if at < 0 {
		at += len(v)
	}
	v[at] ^= 1
	return b.Put(key, v)
}

// swap puts the values of two keys in each other's place.
func swap(b *bbolt.Bucket, one, two []byte) error {
	x, y := append([]byte{}, b.Get(one)...), append([]byte{}, b.Get(two)...)
	return errors.Join(b.Put(one, y), b.Put(two, x))
}

// loaded spells what Load yields: for each segment the number of its series, with
// w where the words are there; for each error the part and the segment.
func loaded(st store.Store) string {
	names := map[string]string{}
	for _, n := range []int{0, 1, 2, 4} {
		names[seg(n).ID] = fmt.Sprint(n)
	}
	var out []string
	for s, err := range st.Load(ctx, id("work 0")) {
		one := ""
		if len(s.Changes) > 0 {
			one = names[s.ID]
		}
		if s.Words != nil {
			one += "w"
		}
		var c *store.CorruptError
		if errors.As(err, &c) {
			one += "!" + c.Part + names[c.Segment]
			if c.Work != id("work 0") {
				one += " of another work"
			}
		} else if err != nil {
			one += err.Error()
		}
		out = append(out, one)
	}
	return strings.Join(out, " ")
}

// TestSurgerySegments: each value that has to do with segments is lost, altered or
// exchanged. What can be read is, and what cannot is named.
func TestSurgerySegments(t *testing.T) {
	seg0, words0 := []byte("seg"), []byte("words")
	ids := []byte("ids")
	for _, c := range []struct {
		name string
		cut  func(*bbolt.Bucket, *bbolt.Tx) error
		want string
	}{
		{"nothing", func(*bbolt.Bucket, *bbolt.Tx) error { return nil }, "0w 1w 4w"},
		{"a segment lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(seg0).Delete(order(2)) }, "0w !changes1 4w"},
		{"an ID altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(seg0), order(2), 0) }, "0w !changes1 4w"},
		{"changes altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(seg0), order(2), -1) }, "0w !changes1 4w"},
		{"the replaced altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(seg0), order(3), 40) }, "0w 1w !changes4"},
		{"the number of the replaced altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(seg0), order(3), 37) }, "0w 1w !changes4"},
		{"segments exchanged", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			return swap(w.Bucket(seg0), order(1), order(2))
		}, "!changes0 !changes1 4w"},
		{"words lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(words0).Delete(order(1)) }, "0!words0 1w 4w"},
		{"words altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(words0), order(1), -1) }, "0!words0 1w 4w"},
		{"words cut", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(words0).Put(order(1), []byte{1, 2, 3}) }, "0!words0 1w 4w"},
		{"words exchanged", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			return swap(w.Bucket(words0), order(1), order(2))
		}, "0!words0 1!words1 4w"},
		{"an index entry lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(ids).Delete(raw(seg(1))) }, "0w 1w 4w"},
		{"index entries exchanged", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			return swap(w.Bucket(ids), raw(seg(0)), raw(seg(1)))
		}, "!changes1 !changes0 4w"},
		{"an index entry cut", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(ids).Put(raw(seg(1)), []byte{1}) }, "0w 1w 4w !changes1"},
		{"an index entry for nothing", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(ids).Put(raw(seg(2)), order(9)) }, "0w 1w 4w !changes2"},
		{"a bucket lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.DeleteBucket(words0) }, "!changes"},
		{"the work's name altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w, []byte("self"), 0) }, "!works"},
		{"the work's name lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Delete([]byte("self")) }, "!works"},
	} {
		st, err := operated(t, c.cut)
		must(t, err)
		if got := loaded(st); got != c.want {
			t.Errorf("%s: Load gives %s, want %s", c.name, got, c.want)
		}
		if err := st.(interface{ Check() error }).Check(); (err == nil) != (c.name == "nothing") {
			t.Errorf("%s: check says %v", c.name, err)
		}
	}
}

// TestSurgeryWrites: a write that needs what is lost says so, and only it fails.
func TestSurgeryWrites(t *testing.T) {
	st, err := operated(t, func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket([]byte("seg")).Delete(order(2)) })
	must(t, err)
	w := id("work 0")
	merged := seg(7)
	merged.Replaces = []string{seg(0).ID, seg(1).ID}
	for _, err := range []error{st.Replace(ctx, w, merged), st.Erase(ctx, w, store.Erasure{Segment: seg(1).ID})} {
		var c *store.CorruptError
		if !errors.As(err, &c) || c.Segment != seg(1).ID || c.Work != w {
			t.Fatalf("got %v", err)
		}
	}
	must(t, st.Append(ctx, w, seg(8)))
	must(t, st.AppendJournal(ctx, w, []byte("d")))
}

// TestSurgeryJournal: a journal ends at its first bad entry, says so, and takes no
// record until it has been opened anew.
func TestSurgeryJournal(t *testing.T) {
	open := []byte("open")
	for _, c := range []struct {
		name string
		cut  func(*bbolt.Bucket, *bbolt.Tx) error
		want string
	}{
		{"the first record lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(open).Delete(order(2)) }, "header []"},
		{"the last record lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(open).Delete(order(4)) }, "header [a b]"},
		{"a record altered", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return alter(w.Bucket(open), order(3), -1) }, "header [a]"},
		{"a record emptied", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(open).Put(order(3), nil) }, "header [a]"},
		{"records exchanged", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			return swap(w.Bucket(open), order(3), order(4))
		}, "header [a]"},
		{"the header lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error { return w.Bucket(open).Delete(order(1)) }, " []"},
		{"all lost", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			if err := w.DeleteBucket(open); err != nil {
				return err
			}
			_, err := w.CreateBucket(open)
			return err
		}, " []"},
		{"its bucket misnamed", func(w *bbolt.Bucket, _ *bbolt.Tx) error {
			if err := w.DeleteBucket(open); err != nil {
				return err
			}
			_, err := w.CreateBucket([]byte("opem"))
			return err
		}, " []"},
	} {
		st, err := operated(t, c.cut)
		must(t, err)
		w := id("work 0")
		j, err := st.LoadJournal(ctx, w)
		var damage *store.CorruptError
		if !errors.As(err, &damage) || damage.Work != w || damage.Part != "journal" {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := fmt.Sprintf("%s %s", j.Header, j.Records); got != c.want {
			t.Fatalf("%s: got %s, want %s", c.name, got, c.want)
		}
		if st.(interface{ Check() error }).Check() == nil {
			t.Errorf("%s: check finds nothing", c.name)
		}
		is(t, c.name+": a record", st.AppendJournal(ctx, w, []byte("d")), store.ErrCorrupt)
		must(t, st.OpenJournal(ctx, w, []byte("new"), []byte("d")))
		must(t, st.AppendJournal(ctx, w, []byte("e")))
		if j, err = st.LoadJournal(ctx, w); err != nil || fmt.Sprintf("%s %s", j.Header, j.Records) != "new [d e]" {
			t.Fatalf("%s: opened anew: %s %s, %v", c.name, j.Header, j.Records, err)
		}
	}
}

// TestSurgeryRest: held changes, gone content, names and works: what is damaged is
// reported, the rest is there.
func TestSurgeryRest(t *testing.T) {
	w := id("work 0")
	st, err := operated(t, func(w *bbolt.Bucket, tx *bbolt.Tx) error {
		_, other := tx.Bucket([]byte("works")).CreateBucket(id("another").Bytes())
		_, misnamed := tx.Bucket([]byte("works")).CreateBucket([]byte("no CID"))
		return errors.Join(other, misnamed,
			alter(w.Bucket([]byte("held")), id("p").Bytes(), -1),
			alter(w.Bucket([]byte("gone")), id("x").Bytes(), -1),
			alter(tx.Bucket([]byte("names")), []byte("one"), -1))
	})
	must(t, err)
	part := func(err error) string {
		var c *store.CorruptError
		if !errors.As(err, &c) {
			return fmt.Sprint(err)
		}
		return c.Part
	}
	var held []string
	for p, err := range st.Held(ctx, w) {
		held = append(held, fmt.Sprint(p.ID == id("p"), string(p.Data), part(err)))
	}
	slices.Sort(held)
	if got := fmt.Sprint(held); got != "[falseq<nil> trueheld]" {
		t.Errorf("held: %s", got)
	}
	gone, err := st.Gone(ctx, w)
	if len(gone) != 1 || gone[id("y")] != "why" || part(err) != "gone" {
		t.Errorf("gone: %v, %v", gone, err)
	}
	names, err := st.Names(ctx)
	if len(names) != 1 || names["two"] != w || part(err) != "names" {
		t.Errorf("names: %v, %v", names, err)
	}
	var works []string
	for id, err := range st.Works(ctx) {
		works = append(works, fmt.Sprint(id == w, part(err)))
	}
	if got := fmt.Sprint(works); got != "[true<nil> falseworks]" {
		t.Errorf("works: %s", got)
	}
}

// TestSurgeryMeta: a store that does not know what it is does not open.
func TestSurgeryMeta(t *testing.T) {
	meta := func(tx *bbolt.Tx) *bbolt.Bucket { return tx.Bucket([]byte("meta")) }
	for name, cut := range map[string]func(*bbolt.Bucket, *bbolt.Tx) error{
		"format altered":   func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return alter(meta(tx), []byte("format"), -1) },
		"instance altered": func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return alter(meta(tx), []byte("instance"), -1) },
		"instance cut":     func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return meta(tx).Put([]byte("instance"), []byte("short")) },
		"epoch altered":    func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return alter(meta(tx), []byte("epoch"), -1) },
		"place altered":    func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return alter(meta(tx), []byte("place"), -1) },
		"meta lost":        func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return tx.DeleteBucket([]byte("meta")) },
	} {
		_, err := operated(t, cut)
		is(t, name, err, store.ErrCorrupt)
	}
	for _, bucket := range []string{"works", "names"} {
		st, err := operated(t, func(_ *bbolt.Bucket, tx *bbolt.Tx) error { return tx.DeleteBucket([]byte(bucket)) })
		must(t, err)
		got := read(st)
		if len(got.Errors) == 0 {
			t.Errorf("%s lost, and nobody says so", bucket)
		}
		for _, err := range got.Errors {
			is(t, bucket+" lost", err, store.ErrCorrupt)
		}
		if try(st) == nil {
			t.Errorf("%s lost, and all can be written", bucket)
		}
	}
}
