package store_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

var ctx = context.Background()

// TestMemory: the store in memory does what a store does.
func TestMemory(t *testing.T) {
	storetest.Run(t, func(t *testing.T) store.Store { return store.Memory() })
}

// id returns a CID for a name.
func id(name string) cid.Cid {
	sum, err := multihash.Sum([]byte(name), multihash.SHA2_256, -1)
	if err != nil {
		panic(err)
	}
	return cid.NewCidV1(cid.DagCBOR, sum)
}

// opened returns an open store in memory.
func opened(t *testing.T) store.Store {
	t.Helper()
	st := store.Memory()
	if _, _, err := st.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return st
}

// must fails the test on an error.
func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// damaged is a store in which one of everything cannot be read.
type damaged struct {
	store.Store
	fatal error // comes in the place of damage, when there is one
}

// wrong is the error for a part.
func (d *damaged) wrong(part string) error {
	if d.fatal != nil {
		return d.fatal
	}
	return &store.CorruptError{Part: part, Err: errors.New("planted")}
}

func (d *damaged) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		for s, err := range d.Store.Load(ctx, work) {
			switch string(s.Changes) {
			case "changes lost":
				s, err = store.Segment{ID: s.ID}, d.wrong("changes")
			case "words lost":
				s.Words, err = nil, d.wrong("words")
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (d *damaged) LoadJournal(ctx context.Context, work cid.Cid) (store.Journal, error) {
	j, err := d.Store.LoadJournal(ctx, work)
	if len(j.Records) > 1 {
		j.Records, err = j.Records[:1], d.wrong("journal")
	}
	return j, err
}

func (d *damaged) Held(ctx context.Context, work cid.Cid) iter.Seq2[store.Pending, error] {
	return func(yield func(store.Pending, error) bool) {
		for p, err := range d.Store.Held(ctx, work) {
			if string(p.Data) == "lost" {
				p.Data, err = nil, d.wrong("held")
			}
			if !yield(p, err) {
				return
			}
		}
	}
}

func (d *damaged) Names(ctx context.Context) (map[string]cid.Cid, error) {
	names, _ := d.Store.Names(ctx)
	delete(names, "lost")
	return names, d.wrong("names")
}

// TestCopyDamaged: what can be read is copied, what cannot is reported, each
// piece; an error that is no damage ends the copy.
func TestCopyDamaged(t *testing.T) {
	src := &damaged{Store: opened(t)}
	w := id("work")
	for _, c := range []string{"one", "changes lost", "words lost", "two"} {
		must(t, src.Append(ctx, w, store.NewSegment([]byte(c), []byte("words"))))
	}
	must(t, src.OpenJournal(ctx, w, []byte("header"), []byte("kept"), []byte("lost")))
	must(t, src.Hold(ctx, w, store.Pending{ID: id("a"), Data: []byte("kept")}, store.Pending{ID: id("b"), Data: []byte("lost")}))
	must(t, src.SetName(ctx, "kept", w))
	must(t, src.SetName(ctx, "lost", w))
	must(t, src.Erase(ctx, w, store.Erasure{Content: []cid.Cid{id("gone")}, Reason: "why"}))
	dst := opened(t)
	err := store.Copy(ctx, dst, src)
	for _, part := range []string{"changes", "words", "journal", "held", "names"} {
		if err == nil || !errors.Is(err, store.ErrCorrupt) || !strings.Contains(err.Error(), "corrupt "+part) {
			t.Errorf("the damaged %s are not reported: %v", part, err)
		}
	}
	var got []string
	for s, err := range dst.Load(ctx, w) {
		must(t, err)
		got = append(got, fmt.Sprintf("%s (%s)", s.Changes, s.Words))
	}
	j, err := dst.LoadJournal(ctx, w)
	must(t, err)
	got = append(got, fmt.Sprintf("%s %s", j.Header, j.Records))
	for p, err := range dst.Held(ctx, w) {
		must(t, err)
		got = append(got, string(p.Data))
	}
	names, err := dst.Names(ctx)
	must(t, err)
	gone, err := dst.Gone(ctx, w)
	must(t, err)
	got = append(got, fmt.Sprint(len(names), names["kept"] == w, gone[id("gone")]))
	want := "[one (words) words lost () two (words) header [kept] kept 1 truewhy]"
	if fmt.Sprint(got) != want {
		t.Fatalf("got %v, want %v", got, want)
	}
	src.fatal = store.ErrStore
	if err := store.Copy(ctx, opened(t), src); !errors.Is(err, store.ErrStore) || errors.Is(err, store.ErrCorrupt) {
		t.Fatalf("an error of the medium: %v", err)
	}
}

// TestCopyFails: every write of the target that fails ends the copy.
func TestCopyFails(t *testing.T) {
	src := opened(t)
	must(t, src.Append(ctx, id("work"), store.NewSegment([]byte("one"), nil)))
	must(t, src.OpenJournal(ctx, id("work"), []byte("header")))
	must(t, src.Hold(ctx, id("work"), store.Pending{ID: id("a")}))
	must(t, src.SetName(ctx, "name", id("work")))
	must(t, src.Erase(ctx, id("work"), store.Erasure{Content: []cid.Cid{id("gone")}}))
	for n := range 6 {
		dst := storetest.Faulty(store.Memory())
		if _, _, err := dst.Open(ctx); err != nil {
			t.Fatal(err)
		}
		dst.Fail(n, false)
		if err := store.Copy(ctx, dst, src); errors.Is(err, store.ErrStore) != (n < 5) {
			t.Fatalf("write %d fails: %v", n, err)
		}
	}
}

// TestCorruptError: it is ErrCorrupt and its cause, and says what it knows.
func TestCorruptError(t *testing.T) {
	cause := errors.New("the cause")
	for want, err := range map[string]*store.CorruptError{
		"store: corrupt meta: the cause":                                     {Part: "meta", Err: cause},
		"store: corrupt words of segment 12ab: the cause":                    {Part: "words", Segment: "12ab", Err: cause},
		"store: corrupt journal of work " + id("w").String() + ": the cause": {Part: "journal", Work: id("w"), Err: cause},
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err.Error(), want)
		}
		if wrapped := fmt.Errorf("loading: %w", err); !errors.Is(wrapped, store.ErrCorrupt) || !errors.Is(wrapped, cause) {
			t.Errorf("%v is not what it should be", wrapped)
		}
	}
}
