//go:build !js

package merge_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/dir"
	"github.com/commonhold/commonhold/merge/transport"
)

// folder is a store of plain files that a test can damage.
type folder struct {
	t    *testing.T
	path string
}

// open opens the store for ann.
func (f folder) open() *merge.Repo {
	f.t.Helper()
	st, err := dir.Open(f.path)
	must(f.t, err)
	return open(f.t, st, "ann")
}

// files are the files with an ending, in the order of the segments.
func (f folder) files(ending string) []string {
	f.t.Helper()
	all, err := filepath.Glob(filepath.Join(f.path, "*", "*"+ending))
	must(f.t, err)
	slices.Sort(all)
	return all
}

// spoil changes a byte in the middle of a file.
func (f folder) spoil(name string) {
	f.t.Helper()
	b, err := os.ReadFile(name)
	must(f.t, err)
	b[len(b)/2] ^= 0x10
	must(f.t, os.WriteFile(name, b, 0o600))
}

// written makes a work of a few segments.
func (f folder) written() (*merge.Repo, *merge.Replica) {
	f.t.Helper()
	ctx := context.Background()
	r := f.open()
	a, err := r.Create(ctx)
	must(f.t, err)
	for _, s := range []string{"one ", strings.Repeat("two ", 2000)} { // four segments would become one
		must(f.t, a.Update(ctx, app(s)))
		must(f.t, a.Save(ctx))
	}
	return r, a
}

// whole demands that nothing is wrong with a store.
func whole(t *testing.T, what string, r *merge.Replica) {
	t.Helper()
	report, err := r.Verify(context.Background())
	must(t, err)
	if !report.Whole() || report.Segments == 0 {
		t.Fatalf("%s: %+v", what, report)
	}
}

// TestVerify: whatever is done to a file of a work that is open is found, and mended
// from the document; after that the work opens without damage, and is the same.
func TestVerify(t *testing.T) {
	ctx := context.Background()
	for _, ending := range []string{".seg", ".words"} {
		for _, how := range []string{"spoiled", "cut", "emptied", "gone"} {
			for k := range 3 {
				f := folder{t, filepath.Join(t.TempDir(), "store")}
				r, a := f.written()
				whole(t, "before", a)
				files := f.files(ending)
				if len(files) < 3 {
					t.Fatalf("%d files", len(files))
				}
				name := files[k%len(files)]
				what := fmt.Sprint(filepath.Base(name)[:20], " ", ending, " ", how)
				switch how {
				case "spoiled":
					f.spoil(name)
				case "cut":
					must(t, os.Truncate(name, 30))
				case "emptied":
					must(t, os.Truncate(name, 0))
				case "gone":
					must(t, os.Remove(name))
				}
				report, err := a.Verify(ctx)
				must(t, err)
				if len(report.Damage) == 0 || (report.Missing > 0) != (ending == ".seg") {
					t.Fatalf("%s: %+v", what, report)
				}
				if !errors.Is(errors.Join(report.Damage...), merge.ErrCorrupt) {
					t.Fatalf("%s: %v", what, report.Damage)
				}
				again, err := a.Repair(ctx)
				must(t, err)
				if again.Missing != report.Missing || len(again.Damage) != len(report.Damage) {
					t.Errorf("%s: found %+v, then %+v", what, report, again)
				}
				whole(t, what+", mended", a)
				for range 6 { // and go on to merge segments
					must(t, a.Update(ctx, app("on")))
					must(t, a.Save(ctx))
				}
				before := json(t, a)
				must(t, r.Close())
				r = f.open()
				b, err := r.Open(ctx, a.Doc().ID())
				must(t, err)
				if json(t, b) != before || len(b.Damage()) > 0 || b.Doc().Heads() != a.Doc().Heads() {
					t.Errorf("%s: opened again: %v", what, b.Damage())
				}
				whole(t, what+", opened again", b)
				must(t, r.Close())
			}
		}
	}
}

// TestVerifyForged: a segment that somebody with access to the store has written, whose
// checksums are right, is found by the signature that is none, and mended.
func TestVerifyForged(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	_, a := found(t, st, "ann")
	must(t, a.Update(ctx, app("one")))
	must(t, a.Save(ctx))
	var last store.Segment
	for s, err := range st.Load(ctx, a.Doc().ID()) {
		must(t, err)
		last = s
	}
	var b bundle.Bundle
	must(t, bundle.DecodeChanges(last.Changes, &b))
	b.Sigs[0].Sig[3] ^= 1
	changes, err := bundle.EncodeChanges(&b, true)
	must(t, err)
	forged := store.NewSegment(changes, last.Words)
	forged.Replaces = []string{last.ID}
	must(t, st.Replace(ctx, a.Doc().ID(), forged))
	report, err := a.Verify(ctx)
	must(t, err)
	if len(report.Damage) != 1 || report.Missing != 1 || !errors.Is(report.Damage[0], crdt.ErrSignature) {
		t.Errorf("%+v", report)
	}
	_, err = a.Repair(ctx)
	must(t, err)
	whole(t, "mended", a)
}

// TestRepairFromPeer: changes that are damaged when the work is opened come back from a
// peer, and the store can be put in order then; what nobody has is given up.
func TestRepairFromPeer(t *testing.T) {
	ctx := context.Background()
	for k := range 3 {
		for _, peer := range []bool{true, false} {
			f := folder{t, filepath.Join(t.TempDir(), "store")}
			r, a := f.written()
			b := joined(t, "ben", a)
			meets(t, a, b)
			must(t, r.Close())
			f.spoil(f.files(".seg")[k])
			r = f.open()
			c, err := r.Open(ctx, a.Doc().ID())
			must(t, err)
			report, err := c.Verify(ctx)
			must(t, err)
			if len(report.Damage) != 1 || len(c.Damage()) == 0 {
				t.Fatalf("segment %d: %+v, %v", k, report, c.Damage())
			}
			if peer {
				meets(t, c, b)
			}
			_, err = c.Repair(ctx)
			must(t, err)
			if report, err = c.Verify(ctx); err != nil || len(report.Damage) > 0 || report.Missing > 0 {
				t.Errorf("segment %d, mended: %+v, %v", k, report, err)
			}
			must(t, r.Close())
			r = f.open()
			c, err = r.Open(ctx, a.Doc().ID())
			must(t, err)
			meets(t, c, b)
			if peer && len(c.Damage()) > 0 {
				t.Errorf("segment %d, opened again: %v", k, c.Damage())
			}
			must(t, r.Close())
		}
	}
}

// TestLostWords: words that are lost while their changes are not come from whoever is
// synced with, whoever of the two calls, and are stored; until then they are withheld,
// and reported. Words of any length come, and none that are wrong.
func TestLostWords(t *testing.T) {
	ctx := context.Background()
	for _, way := range []string{"both sync", "served", "serving", "follow"} {
		f := folder{t, filepath.Join(t.TempDir(), "store")}
		r, a := f.written()
		must(t, a.Update(ctx, app(strings.Repeat("a long one ", 50_000)))) // half a megabyte
		b := joined(t, "ben", a)
		meets(t, a, b)
		want := json(t, a)
		must(t, r.Close())
		for _, name := range f.files(".words") {
			f.spoil(name)
		}
		r = f.open()
		c, err := r.Open(ctx, a.Doc().ID())
		must(t, err)
		report, err := c.Verify(ctx)
		must(t, err)
		if report.Lost != 3 || len(report.Damage) == 0 || text(c) != "" || report.Missing > 0 {
			t.Fatalf("%s: %+v, %d bytes of text", way, report, len(text(c)))
		}
		switch way {
		case "both sync":
			meets(t, c, b)
		case "served":
			conn, hangUp := serve(t, repoOf(t, b), everything)
			must(t, c.Sync(ctx, conn))
			must(t, hangUp())
		case "serving":
			conn, hangUp := serve(t, r, everything)
			must(t, b.Sync(ctx, conn))
			must(t, hangUp())
		case "follow":
			h := newHub(t)
			h.repo = repoOf(t, b)
			end := h.follow(r)
			waitFor(t, func() bool { return json(t, c) == want })
			must(t, end())
			h.cut()
			h.served.Wait()
		}
		if json(t, c) != want {
			t.Fatalf("%s: %d bytes of text", way, len(text(c)))
		}
		report, err = c.Repair(ctx) // the genesis has no words, and a file that says so
		must(t, err)
		if report.Lost > 0 || len(report.Damage) > 1 {
			t.Errorf("%s: %+v", way, report)
		}
		whole(t, way, c)
		must(t, r.Close())
		r = f.open()
		c, err = r.Open(ctx, a.Doc().ID())
		must(t, err)
		if json(t, c) != want || len(c.Damage()) > 0 {
			t.Errorf("%s: opened again: %v", way, c.Damage())
		}
		must(t, r.Close())
	}
}

// TestLongWords: words that take minutes to come are waited for, though all else is in
// sync.
func TestLongWords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		st := &damaged{Store: store.Memory(), words: map[string]bool{}, journal: -1}
		_, a := found(t, st, "ann")
		must(t, a.Update(ctx, app(strings.Repeat("long ", 150_000))))
		must(t, a.Save(ctx))
		b := joined(t, "ben", a)
		meets(t, a, b)
		for _, id := range segmentsOf(t, st, a.Doc().ID()) {
			st.words[id] = true
		}
		_, c := again(t, st, "ann", a)
		if text(c) != "" {
			t.Fatal("no words were lost")
		}
		conn, hangUp := serve(t, repoOf(t, b), everything)
		begun := time.Now()
		must(t, c.Sync(ctx, late{conn}))
		if d := time.Since(begun); d < 2*time.Minute || text(c) != text(b) {
			t.Errorf("after %v: %d bytes", d, len(text(c)))
		}
		must(t, hangUp())
	})
}

// late is a connection that brings a message every ten seconds.
type late struct{ transport.Conn }

func (c late) Receive(ctx context.Context) ([]byte, error) {
	time.Sleep(10 * time.Second)
	return c.Conn.Receive(ctx)
}

// TestRepairSideBySide: segments that are damaged beside each other give way at once,
// wherever they stand, when what they held has come back already; a store that has
// nothing but damage says so.
func TestRepairSideBySide(t *testing.T) {
	ctx := context.Background()
	for _, bad := range [][]int{{0, 1}, {1, 2}, {0, 1, 2}} {
		f := folder{t, filepath.Join(t.TempDir(), "store")}
		r, a := f.written()
		b := joined(t, "ben", a)
		meets(t, a, b)
		must(t, b.Update(ctx, app("ben")))
		must(t, r.Close())
		files := f.files(".seg")
		for _, k := range bad {
			f.spoil(files[k])
		}
		r = f.open()
		c, err := r.Join(ctx, a.Doc().ID())
		must(t, err)
		meets(t, c, b)
		must(t, r.Close())
		r = f.open()
		c, err = r.Open(ctx, a.Doc().ID())
		must(t, err)
		report, err := c.Repair(ctx)
		must(t, err)
		if len(report.Damage) != len(bad) || report.Missing > 0 {
			t.Errorf("%v: %+v", bad, report)
		}
		if len(c.Damage()) > 0 {
			t.Errorf("%v: left: %v", bad, c.Damage())
		}
		whole(t, fmt.Sprint(bad), c)
		same(t, c, b)
		for range 6 { // and go on to merge segments
			must(t, b.Update(ctx, app("on")))
			meets(t, c, b)
		}
		must(t, r.Close())
		r = f.open()
		c, err = r.Open(ctx, a.Doc().ID())
		must(t, err)
		if len(c.Damage()) > 0 || text(c) != text(b) {
			t.Errorf("%v: opened again: %v", bad, c.Damage())
		}
		must(t, r.Close())
	}
	f := folder{t, filepath.Join(t.TempDir(), "store")}
	r, a := f.written()
	must(t, r.Close())
	for _, name := range f.files(".seg") {
		f.spoil(name)
	}
	r = f.open()
	c, err := r.Join(ctx, a.Doc().ID())
	must(t, err)
	_, err = c.Repair(ctx)
	must(t, err)
	if len(c.Damage()) == 0 {
		t.Error("nothing is left, and nobody says so")
	}
	must(t, r.Close())
}

// repoOf is another repo with the work of a replica.
func repoOf(t *testing.T, r *merge.Replica) *merge.Repo {
	t.Helper()
	repo := open(t, store.Memory(), "copy")
	c, err := repo.Join(context.Background(), r.Doc().ID())
	must(t, err)
	meets(t, r, c)
	return repo
}

// TestErasedWords: what is known to be gone is neither missed nor asked for.
func TestErasedWords(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	r, a := found(t, st, "ann")
	must(t, a.Update(ctx, app("a name")))
	must(t, a.Save(ctx))
	work := a.Doc().ID()
	var content cid.Cid
	for c := range a.Doc().View().History() {
		if c.Content.Defined() {
			content = c.Content
		}
	}
	b := joined(t, "ben", a)
	meets(t, a, b)
	var last store.Segment
	for s, err := range st.Load(ctx, work) {
		must(t, err)
		last = s
	}
	must(t, st.Erase(ctx, work, store.Erasure{Segment: last.ID, Content: []cid.Cid{content}, Reason: "asked for"}))
	must(t, r.Close())
	r, a = openWork(t, st, "ann", work)
	if text(a) != "" {
		t.Fatalf("%q", text(a))
	}
	ea, eb := meet(t, a, b)
	must(t, ea)
	must(t, eb)
	if text(a) != "" {
		t.Errorf("%q came back", text(a))
	}
	whole(t, "with something gone", a)
	must(t, r.Close())
}
