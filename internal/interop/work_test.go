package interop

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

var update = flag.Bool("update", false, "write testdata/bread.car, which js reads, anew")

// check ends the test on an error.
func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newKey is the key of a person of these tests, the same each time.
func newKey(name string) *authorship.Key {
	return authorship.KeyFromSeed(name, sha256.Sum256([]byte("interop test "+name)))
}

// clock is a clock that goes on by a second a look.
func clock() func() time.Time {
	at := time.UnixMilli(1700000000000)
	return func() time.Time {
		at = at.Add(time.Second)
		return at
	}
}

// options make a replica whose claimed times and salts are the same each time.
func options(seed byte) []crdt.Option {
	return []crdt.Option{crdt.WithClock(clock()), crdt.WithRand(rand.NewChaCha8([32]byte{seed}))}
}

// edit lets a function edit.
func edit(t testing.TB, d *crdt.Doc, fn func(*crdt.Tx)) {
	t.Helper()
	check(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
}

// commit seals what a function edits, under a note.
func commit(t testing.TB, d *crdt.Doc, note string, fn func(*crdt.Tx)) {
	t.Helper()
	edit(t, d, fn)
	_, err := d.Commit(note)
	check(t, err)
}

// bread is a work of two people in every kind of container. They part and come
// together twice, and at the end they have parted: it has two heads.
func bread(t testing.TB) *crdt.Doc {
	t.Helper()
	const terms = "CC-BY-SA-4.0"
	ann, err := crdt.New(newKey("Ann"), append(options(1), authorship.Commons("Bread", terms))...)
	check(t, err)
	commit(t, ann, "the beginning", func(tx *crdt.Tx) {
		tx.Text("body").Append("Knead. Wait. 🍞")
		tx.Map("oven").Put("celsius", 220)
		tx.Map("oven").Put("steam", true)
		tx.Map("oven").Map("times").Put("minutes", []any{int64(20), int64(25), map[string]any{"with lid": nil}})
	})
	ben, err := ann.Clone(newKey("Ben"), append(options(2), authorship.Agree(terms))...)
	check(t, err)
	for round := range 2 {
		commit(t, ann, "", func(tx *crdt.Tx) {
			tx.Text("body").Insert(0, fmt.Sprintf("%d. Wash your hands. ", round))
			tx.Text("body").Mark(0, 4, crdt.Mark{Key: "bold", Value: true})
			tx.List("flour").Insert(0, "rye", int64(round), []byte{0, 1, 2})
			tx.Set("tags").Add("sour")
		})
		commit(t, ann, "", func(tx *crdt.Tx) { tx.Text("body").Append(" Bake.") })
		commit(t, ben, "", func(tx *crdt.Tx) {
			tx.Text("body").Append(" Wait an hour.")
			tx.Counter("loaves").Add(3)
			top, data := tx.Tree("steps").Insert(crdt.Elem{}, 0)
			data.Put("title", "dough")
			tx.Tree("steps").Insert(top, 0)
		})
		check(t, ann.Merge(ben))
		commit(t, ann, "both", func(tx *crdt.Tx) { tx.Text("body").Delete(0, 1); tx.Map("oven").Put("celsius", -1.5) })
		check(t, ben.Merge(ann))
	}
	commit(t, ann, "", func(tx *crdt.Tx) { tx.Text("body").Append(" Eat.") })
	commit(t, ben, "", func(tx *crdt.Tx) { tx.Text("body").Append(" Share.") })
	check(t, ann.Merge(ben))
	if n := len(ann.Heads().IDs()); n != 2 {
		t.Fatalf("%d heads, want 2", n)
	}
	return ann
}

// section is one block of a CAR.
type section struct {
	id    cid.Cid
	bytes []byte
	start int // of bytes in the CAR
}

// writeCAR is the CAR of a document, its root, and its blocks in order.
func writeCAR(t testing.TB, d *crdt.Doc) (car []byte, root cid.Cid, list []section) {
	t.Helper()
	var b bytes.Buffer
	root, err := pack.WriteCAR(&b, d)
	check(t, err)
	return b.Bytes(), root, split(t, b.Bytes())
}

// split takes a CAR apart, with nothing of the package that wrote it.
func split(t testing.TB, car []byte) (list []section) {
	t.Helper()
	at := 0
	take := func() []byte {
		n, w := binary.Uvarint(car[at:])
		if w <= 0 || n > uint64(len(car)-at-w) {
			t.Fatalf("no section at byte %d of a CAR", at)
		}
		b := car[at+w : at+w+int(n)]
		at += w + int(n)
		return b
	}
	take() // the header
	for at < len(car) {
		b := take()
		n, id, err := cid.CidFromBytes(b)
		check(t, err)
		list = append(list, section{id, b[n:], at - len(b) + n})
	}
	return list
}

// byName are the blocks of a CAR by their names, each of which stands once.
func byName(t testing.TB, list []section) map[cid.Cid][]byte {
	t.Helper()
	out := map[cid.Cid][]byte{}
	for _, s := range list {
		if _, ok := out[s.id]; ok {
			t.Fatalf("block %s stands twice", s.id)
		}
		out[s.id] = s.bytes
	}
	return out
}

// same fails unless two documents hold and show the same.
func same(t testing.TB, a, b *crdt.Doc) {
	t.Helper()
	x, err := a.View().MarshalJSON()
	check(t, err)
	y, err := b.View().MarshalJSON()
	check(t, err)
	switch {
	case a.ID() != b.ID() || a.Heads() != b.Heads() || a.View().Changes() != b.View().Changes():
		t.Errorf("work %s at %s, %d changes; want %s at %s, %d", b.ID(), b.Heads(), b.View().Changes(), a.ID(), a.Heads(), a.View().Changes())
	case !bytes.Equal(x, y) || a.View().Text("body").String() != b.View().Text("body").String():
		t.Errorf("shows %s, want %s", y, x)
	}
}

// TestFile: the CAR that js reads is the one that is written today.
func TestFile(t *testing.T) {
	car, root, list := writeCAR(t, bread(t))
	path := filepath.Join("testdata", "bread.car")
	if *update {
		check(t, os.WriteFile(path, car, 0o644))
	}
	file, err := os.ReadFile(path)
	check(t, err)
	if !bytes.Equal(file, car) {
		t.Errorf("%s is not what is written today; go test -run TestFile -update writes it anew", path)
	}
	t.Logf("%s: %d bytes, %d blocks, root %s", path, len(car), len(list), root)
}
