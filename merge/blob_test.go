package merge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/blob"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// film is bytes that do not repeat, of a name.
func film(name string, n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte([]byte(fmt.Sprintf("%-32s", name))))
	_, _ = r.Read(b)
	return b
}

// attach attaches bytes and links them from the map "files" under a key.
func attach(t testing.TB, r *merge.Replica, key string, b []byte) cid.Cid {
	t.Helper()
	id, err := r.Attach(t.Context(), bytes.NewReader(b))
	must(t, err)
	must(t, r.Update(t.Context(), link(key, id)))
	return id
}

// link puts a link into the map "files".
func link(key string, id cid.Cid) func(*crdt.Tx) error {
	return func(tx *crdt.Tx) error { tx.Map("files").Put(key, id); return nil }
}

// readWhole reads a blob.
func readWhole(r *merge.Replica, id cid.Cid) ([]byte, error) {
	b, err := r.Blob(context.Background(), id)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(b)
}

// gets fails unless a blob reads as it was.
func gets(t testing.TB, r *merge.Replica, id cid.Cid, want []byte) {
	t.Helper()
	got, err := readWhole(r, id)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
}

// stored are the blocks of a work in a store.
func stored(t testing.TB, st store.Store, r *merge.Replica) (ids []cid.Cid) {
	t.Helper()
	for id, err := range st.ListBlocks(t.Context(), r.Doc().ID()) {
		must(t, err)
		ids = append(ids, id)
	}
	return ids
}

// TestAttach: what is attached reads back from every place, in every store, also when
// the store was opened anew; the same bytes have the same name, which is that of the
// format; nothing but ErrClosed comes after Close.
func TestAttach(t *testing.T) {
	ctx := context.Background()
	for _, st := range stores(t) {
		_, a := found(t, st, "ann")
		ids := map[int]cid.Cid{}
		sizes := []int{0, 1, 1000, blob.ChunkSize, 5*blob.ChunkSize + 1}
		for _, n := range sizes {
			all := film("a", n)
			ids[n] = attach(t, a, fmt.Sprint(n), all)
			want, _, err := blob.Write(bytes.NewReader(all), func(cid.Cid, []byte) error { return nil })
			must(t, err)
			if ids[n] != want {
				t.Errorf("%d bytes are named %s, not %s", n, ids[n], want)
			}
		}
		blocks := len(stored(t, st, a))
		if again := attach(t, a, "again", film("a", 1000)); again != ids[1000] || len(stored(t, st, a)) != blocks {
			t.Errorf("attached again: %s", again)
		}
		for range 2 {
			for _, n := range sizes {
				r, err := a.Blob(ctx, ids[n])
				must(t, err)
				if got, ok := a.Doc().View().Map("files").Get(fmt.Sprint(n)).Any().(cid.Cid); !ok || got != ids[n] || r.Size() != int64(n) {
					t.Errorf("%d bytes: %v, size %d", n, got, r.Size())
				}
				must(t, iotest.TestReader(struct{ io.ReadSeeker }{r}, film("a", n)))
				must(t, r.Close())
				_, rerr := r.Read(make([]byte, 1))
				_, serr := r.Seek(0, io.SeekStart)
				_, werr := r.WriteTo(io.Discard)
				for _, err := range []error{rerr, serr, werr, r.Close()} {
					wants(t, "a blob that is closed", err, merge.ErrClosed)
				}
			}
			_, a = again(t, st, "ann", a)
		}
		must(t, a.Close())
		_, aerr := a.Attach(ctx, bytes.NewReader(nil))
		_, berr := a.Blob(ctx, ids[1])
		wants(t, "attaching to what is closed", aerr, merge.ErrClosed)
		wants(t, "reading from what is closed", berr, merge.ErrClosed)
		must(t, st.Close())
	}
}

// TestAttachFails: the error is that of the stream, of the context, or of the store;
// after the last nothing is written any more. What has a name of no blob is refused,
// and what is nowhere is absent.
func TestAttachFails(t *testing.T) {
	ctx := context.Background()
	st := faultyStore()
	_, a := found(t, st, "ann")
	sick := errors.New("sick")
	_, err := a.Attach(ctx, io.MultiReader(bytes.NewReader(film("a", 3*blob.ChunkSize)), iotest.ErrReader(sick)))
	wants(t, "a sick stream", err, sick)
	_, err = a.Attach(ctx, iotest.ErrReader(io.ErrUnexpectedEOF))
	wants(t, "a stream that broke off", err, io.ErrUnexpectedEOF)
	ended, cancel := context.WithCancel(ctx)
	_, err = a.Attach(ended, io.MultiReader(bytes.NewReader(film("a", 3*blob.ChunkSize)), endless(cancel)))
	wants(t, "a context that ends", err, context.Canceled)
	_, err = a.Attach(ended, bytes.NewReader(nil))
	wants(t, "a context that has ended", err, context.Canceled)
	_, err = a.Blob(ended, a.Doc().ID())
	wants(t, "a context that has ended", err, context.Canceled)

	_, err = a.Blob(ctx, cid.Undef)
	wants(t, "no name", err, crdt.ErrMalformed)
	_, err = a.Blob(ctx, a.Doc().ID())
	wants(t, "the name of the work", err, merge.ErrAbsent)

	id := attach(t, a, "film", film("b", 10))
	st.Fail(0, false)
	_, err = a.Attach(ctx, bytes.NewReader(film("c", 10)))
	wants(t, "a store that fails", err, merge.ErrStore)
	wants(t, "an edit after that", a.Update(ctx, app("x")), merge.ErrStore)
	_, err = a.Attach(ctx, bytes.NewReader(film("c", 10)))
	wants(t, "another attachment after that", err, merge.ErrStore)
	gets(t, a, id, film("b", 10))
}

// endless calls a function when it is read, and gives zeros.
type endless func()

func (e endless) Read(b []byte) (int, error) { e(); return len(b), nil }

// TestAttachDamage: a block that is damaged in the store is an ErrCorrupt when nobody
// else has it, and nothing of it is handed out; attaching the bytes again mends it.
func TestAttachDamage(t *testing.T) {
	st := &flipping{Store: store.Memory()}
	_, a := found(t, st, "ann")
	all := film("a", 3*blob.ChunkSize)
	id := attach(t, a, "film", all)
	for _, bad := range stored(t, st, a) {
		st.damage(bad)
		got, err := readWhole(a, id)
		if !errors.Is(err, merge.ErrCorrupt) || !errors.Is(err, merge.ErrAbsent) || !bytes.HasPrefix(all, got) || len(got) == len(all) {
			t.Errorf("%s damaged: %d bytes, %v", bad, len(got), err)
		}
		if again := attach(t, a, "film", all); again != id {
			t.Errorf("attached again: %s", again)
		}
		gets(t, a, id, all)
	}
	st.lie = true // a store that does not look at what it gives
	st.damage(stored(t, st, a)[0])
	got, err := readWhole(a, id)
	var e *merge.BlobError
	if !errors.As(err, &e) || !errors.Is(err, crdt.ErrHash) || e.Block != st.damaged() || e.Blob != id || !bytes.HasPrefix(all, got) {
		t.Errorf("a store that lies: %d bytes, %v", len(got), err)
	}
}

// flipping is a store in which one block is damaged until it is put again.
type flipping struct {
	store.Store
	lie bool

	mu  sync.Mutex
	bad cid.Cid
}

// damage has a block damaged, or none.
func (f *flipping) damage(id cid.Cid) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.bad = id
}

// damaged is the block that is.
func (f *flipping) damaged() cid.Cid {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.bad
}

func (f *flipping) GetBlock(ctx context.Context, work, id cid.Cid) ([]byte, error) {
	b, err := f.Store.GetBlock(ctx, work, id)
	if err != nil || id != f.damaged() {
		return b, err
	}
	if !f.lie {
		return nil, &store.CorruptError{Work: work, Part: "blocks", Err: errors.New("a planted fault")}
	}
	b[len(b)/2] ^= 1
	return b, nil
}

func (f *flipping) PutBlocks(ctx context.Context, work cid.Cid, b ...store.Block) error {
	for _, one := range b {
		if one.ID == f.damaged() {
			f.damage(cid.Undef)
		}
	}
	return f.Store.PutBlocks(ctx, work, b...)
}

// TestLinks: the links of a work are those of all values that were ever written, in
// whatever container and however deep, of this replica and of others, also after
// reopening; erased ones and such of another codec are none.
func TestLinks(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	_, a := found(t, st, "ann")
	r := rand.New(rand.NewPCG(5, 6))
	var want []cid.Cid
	name := func(n int) cid.Cid {
		id, _, err := blob.Write(bytes.NewReader(film("links", n)), func(cid.Cid, []byte) error { return nil })
		must(t, err)
		return id
	}
	check := func(of *merge.Replica) {
		t.Helper()
		sorted := slices.SortedFunc(slices.Values(want), func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
		if got := slices.Collect(of.Links()); !slices.Equal(got, slices.Compact(sorted)) {
			t.Fatalf("%d links, want %d", len(got), len(sorted))
		}
	}
	raw := cid.NewCidV1(cid.Raw, name(0).Hash())
	for n := range 60 {
		id := name(n)
		var v any = id
		for range r.IntN(5) {
			if r.IntN(2) == 0 {
				v = []any{1, v, raw, "x"}
			} else {
				v = map[string]any{"a": v, "b": id.Bytes()}
			}
		}
		must(t, a.Update(ctx, func(tx *crdt.Tx) error {
			switch r.IntN(7) {
			case 0:
				tx.Map("m").Put("k", v)
			case 1:
				tx.Map("m").Map("inner").Put(fmt.Sprint(n), v)
			case 2:
				tx.List("l").Insert(0, "before", v, "after")
			case 3:
				e := tx.List("l").Insert(0, "first")
				tx.List("l").Put(e, v)
			case 4:
				tx.Set("s").Add(v)
			case 5:
				tx.Text("t").Append("word")
				tx.Text("t").Mark(0, 1, crdt.Mark{Key: "file", Value: v})
			case 6:
				_, node := tx.Tree("p").Insert(crdt.Elem{}, 0)
				node.Put("file", v)
			}
			return nil
		}))
		must(t, a.Update(ctx, app("\xd8\x2a\x58"[:0]+"words")))
		must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Map("m").Delete("k"); return nil }))
		want = append(want, id)
		if n%7 == 0 {
			must(t, a.Save(ctx))
			check(a)
		}
	}
	must(t, a.Save(ctx))
	check(a)
	for range a.Links() {
		break
	}
	_, a = again(t, st, "ann", a)
	check(a)
	b := joined(t, "ben", a)
	check2 := func(list []cid.Cid) { t.Helper(); want = list; check(b); want = nil }
	all := want
	check2(nil)
	meets(t, a, b)
	check2(all)
}

// TestLinksErased: a link whose words were erased is none, and so what it linked goes
// with the next sweep, not before.
func TestLinksErased(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	a, err := openWiping(t, st, "ann").Create(ctx)
	must(t, err)
	must(t, a.Update(ctx, app("before")))
	must(t, a.Save(ctx))
	id := attach(t, a, "secret", film("a", 10))
	c, err := a.Doc().Commit("")
	must(t, err)
	must(t, a.Save(ctx))
	if n := len(slices.Collect(a.Links())); n != 1 {
		t.Fatalf("%d links", n)
	}
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Act("wipe", c.ID); return nil }))
	must(t, a.Save(ctx))
	if n := len(slices.Collect(a.Links())); n != 0 {
		t.Fatalf("%d links after the words were erased", n)
	}
	gets(t, a, id, film("a", 10))
	must(t, st.Close())
	a, err = openWiping(t, st, "ann").Open(ctx, a.Doc().ID())
	must(t, err)
	if n, err := a.Sweep(ctx); n != 2 || err != nil {
		t.Errorf("%d blocks went, %v", n, err)
	}
}

// TestSweep: blocks go that no value of the work links or ever linked, and no other
// ones; what was attached since the work was opened stays until its link has come.
func TestSweep(t *testing.T) {
	ctx := context.Background()
	st := store.Memory()
	_, a := found(t, st, "ann")
	sweeps := func(want int) {
		t.Helper()
		before := len(stored(t, st, a))
		n, err := a.Sweep(ctx)
		if err != nil || n != want || len(stored(t, st, a)) != before-n {
			t.Fatalf("%d blocks went of %d, want %d: %v", n, before, want, err)
		}
	}
	one, two, three := film("1", 3*blob.ChunkSize), film("2", blob.ChunkSize+1), film("3", 7)
	first := attach(t, a, "one", one)
	second := attach(t, a, "two", two)
	third, err := a.Attach(ctx, bytes.NewReader(three)) // not linked yet
	must(t, err)
	sweeps(0)
	must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Map("files").Delete("one"); return nil }))
	sweeps(0) // it was linked, and may be undone
	gets(t, a, first, one)
	must(t, a.Update(ctx, link("three", third)))
	sweeps(0)
	_, err = a.Attach(ctx, iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(film("4", 10)))))
	wants(t, "a stream that ends badly", err, iotest.ErrTimeout)
	fourth, err := a.Attach(ctx, bytes.NewReader(film("4", 2*blob.ChunkSize)))
	must(t, err)
	sweeps(0)
	_, a = again(t, st, "ann", a)
	sweeps(3) // two chunks and a root
	sweeps(0)
	for id, want := range map[cid.Cid][]byte{first: one, second: two, third: three} {
		gets(t, a, id, want)
	}
	_, err = a.Blob(ctx, fourth)
	wants(t, "what was swept", err, merge.ErrAbsent)

	// Whoever attaches is not swept under the hands.
	x, y := io.Pipe()
	fifth := film("5", 3*blob.ChunkSize)
	done := make(chan error, 1)
	go func() {
		id, err := a.Attach(ctx, x)
		if err == nil {
			err = a.Update(ctx, link("five", id))
		}
		done <- err
	}()
	_, err = y.Write(fifth[:2*blob.ChunkSize+1])
	must(t, err)
	_, err = a.Sweep(ctx)
	wants(t, "sweeping while something is attached", err, merge.ErrBusy)
	_, err = y.Write(fifth[2*blob.ChunkSize+1:])
	must(t, errors.Join(err, y.Close(), <-done))
	sweeps(0)
}

// TestSweepDamage: while it is not known what is linked, nothing goes.
func TestSweepDamage(t *testing.T) {
	ctx := context.Background()
	st := &flipping{Store: store.Memory()}
	_, a := found(t, st, "ann")
	id := attach(t, a, "film", film("a", 2*blob.ChunkSize))
	st.damage(id)
	_, err := a.Sweep(ctx)
	wants(t, "a root that is damaged", err, merge.ErrCorrupt)
	st.damage(cid.Undef)
	ids := segmentsOf(t, st, a.Doc().ID())
	must(t, st.Erase(ctx, a.Doc().ID(), store.Erasure{Segment: ids[len(ids)-1]}))
	_, a = again(t, st, "ann", a)
	if len(a.Damage()) > 0 {
		t.Fatal(a.Damage())
	}
	_, err = a.Sweep(ctx)
	wants(t, "words that are lost", err, merge.ErrCorrupt)
	bad := &damaged{Store: st.Store, changes: map[string]bool{segmentsOf(t, st, a.Doc().ID())[0]: true}, journal: -1}
	must(t, st.Close())
	r := open(t, bad, "ann")
	a, err = r.Open(ctx, a.Doc().ID())
	must(t, err)
	_, err = a.Sweep(ctx)
	wants(t, "a segment that is damaged", err, merge.ErrCorrupt)
	if n := len(stored(t, st.Store, a)); n != 3 {
		t.Errorf("%d blocks are left", n)
	}
}

// TestVerifyBlocks: Verify counts the blocks and finds the one that is damaged, and
// Repair gives it up, so that it is fetched anew.
func TestVerifyBlocks(t *testing.T) {
	ctx := context.Background()
	st := &flipping{Store: store.Memory()}
	_, a := found(t, st, "ann")
	id := attach(t, a, "film", film("a", 3*blob.ChunkSize))
	rep, err := a.Verify(ctx)
	must(t, err)
	if !rep.Whole() || rep.Blocks != 4 {
		t.Fatalf("%+v", rep)
	}
	st.damage(stored(t, st, a)[1])
	for range 2 {
		rep, err = a.Verify(ctx)
		must(t, err)
		if rep.Whole() || rep.Blocks != 3 || len(rep.Damage) != 1 || !errors.Is(rep.Damage[0], merge.ErrCorrupt) {
			t.Fatalf("%+v", rep)
		}
	}
	_, err = a.Repair(ctx)
	must(t, err)
	if rep, err = a.Verify(ctx); err != nil || !rep.Whole() || rep.Blocks != 3 || len(a.Damage()) > 0 {
		t.Fatalf("%+v, %v, %v", rep, err, a.Damage())
	}
	_, err = readWhole(a, id)
	wants(t, "what was given up", err, merge.ErrAbsent)
}

// TestMeetBlobs: two stores that meet have the same blobs, whichever had them; what
// nobody links stays where it is.
func TestMeetBlobs(t *testing.T) {
	ctx := context.Background()
	sa, sb := faultyStore(), store.Memory()
	ra, a := found(t, sa, "ann")
	rb := open(t, sb, "ben")
	must(t, ra.Meet(ctx, rb))
	b, err := rb.Open(ctx, a.Doc().ID())
	must(t, err)
	one, two := film("1", 2*blob.ChunkSize+5), film("2", 9)
	first, second := attach(t, a, "one", one), attach(t, b, "two", two)
	_, err = a.Attach(ctx, bytes.NewReader(film("3", 10)))
	must(t, err)
	must(t, ra.Meet(ctx, rb))
	for _, r := range []*merge.Replica{a, b} {
		gets(t, r, first, one)
		gets(t, r, second, two)
	}
	if na, nb := len(stored(t, sa, a)), len(stored(t, sb, b)); na != nb+2 {
		t.Errorf("%d and %d blocks", na, nb)
	}
	writes := sa.Writes()
	must(t, ra.Meet(ctx, rb))
	if n := sa.Writes(); n != writes {
		t.Errorf("%d writes though nothing was missing", n-writes)
	}
}

// TestDocEdits: edits that are made through Doc, undo, and what is merged into it, are
// followed after the pause as those of Update are, and are durable then.
func TestDocEdits(t *testing.T) {
	bubble(t, func(t *testing.T) {
		ctx := context.Background()
		h := newHub(t)
		st := store.Memory()
		ann, a := found(t, st, "ann")
		ben := open(t, store.Memory(), "ben")
		endAnn, endBen := h.follow(ann), h.follow(ben)
		soon()
		b, err := ben.Join(ctx, a.Doc().ID())
		must(t, err)
		soon()
		undo := crdt.NewUndo(a.Doc())
		must(t, a.Doc().Update(app("knead")))
		soon()
		if text(b) != "knead" || text(h.replica(a)) != "knead" {
			t.Errorf("an edit through Doc: %q", text(b))
		}
		_, err = undo.Undo()
		must(t, err)
		soon()
		if text(b) != "" {
			t.Errorf("an undo: %q", text(b))
		}
		other, err := a.Doc().Clone(newKey("carol"))
		must(t, err)
		must(t, other.Update(app("wait")))
		must(t, a.Doc().Merge(other))
		soon()
		same(t, a, b)
		if text(b) != "wait" {
			t.Errorf("what was merged: %q", text(b))
		}
		_, a2 := again(t, st, "ann", a)
		if text(a2) != "wait" {
			t.Errorf("durable is %q", text(a2))
		}
		must(t, endBen())
		must(t, endAnn())
		must(t, ben.Close())
		h.close()
	})
}
