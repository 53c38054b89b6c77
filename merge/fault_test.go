package merge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
	"github.com/commonhold/commonhold/merge/store/storetest"
)

// TestFailingStore fails the n-th write of a run, for every n until a run meets no
// failure, once without effect and once with. From the failure on edits are
// refused and reads go on; the store opened again has everything acknowledged.
func TestFailingStore(t *testing.T) {
	runs := 0
	for _, applied := range []bool{false, true} {
		for n := 0; failRun(t, n, applied); n++ {
			runs++
		}
	}
	t.Logf("%d failing writes", runs)
	if runs < 40 {
		t.Errorf("only %d", runs)
	}
}

// failRun is one run; it says whether the write failed.
func failRun(t *testing.T, n int, applied bool) (failed bool) {
	ctx := context.Background()
	st := storetest.Faulty(store.Memory())
	r := open(t, st, "ann")
	st.Fail(n, applied)
	a, err := r.Create(ctx)
	if err != nil {
		wants(t, "create", err, merge.ErrStore)
		return true
	}
	b := joined(t, "ben", a)
	acked := ""
	for k := range 24 {
		s := fmt.Sprintf("%d,", k)
		switch k % 8 {
		case 3:
			err = a.Doc().Update(app(s))
			if err == nil {
				err = a.Save(ctx)
			}
		case 5:
			err = a.Update(ctx, app(s+strings.Repeat("x", 70<<10))) // sealed by its size
			s += strings.Repeat("x", 70<<10)
		case 7:
			err = a.Update(ctx, app(s))
			if err == nil {
				acked += s
				s = ""
				err, _ = meet(t, a, b)
			}
		default:
			err = a.Update(ctx, app(s))
		}
		if err != nil {
			failed = true
			wants(t, "a failed write", err, merge.ErrStore)
			break
		}
		acked += s
	}
	if failed {
		before := json(t, a)
		wants(t, "edit after a failed write", a.Update(ctx, app("refused")), merge.ErrStore)
		wants(t, "save after a failed write", a.Save(ctx), merge.ErrStore)
		ea, eb := meet(t, a, b)
		wants(t, "sync after a failed write", ea, merge.ErrStore)
		if eb == nil {
			t.Error("the peer of a failed store is in sync")
		}
		if json(t, a) != before {
			t.Error("refused edits have changed the document")
		}
		wants(t, "close after a failed write", a.Close(), merge.ErrStore)
	}
	must(t, r.Close())
	_, c := openWork(t, st, "ann", a.Doc().ID())
	if s := text(c); !strings.HasPrefix(s, acked) || len(c.Damage()) > 0 {
		t.Fatalf("write %d failed (applied %v): %d bytes of %d acknowledged, damage %v", n, applied, len(s), len(acked), c.Damage())
	}
	meets(t, c, b)
	for f := range b.Doc().Evidence() {
		t.Errorf("forked: %v", f)
	}
	return failed
}

// openWork opens a store and a work in it.
func openWork(t testing.TB, st store.Store, name string, work cid.Cid) (*merge.Repo, *merge.Replica) {
	t.Helper()
	r := open(t, st, name)
	a, err := r.Open(context.Background(), work)
	must(t, err)
	return r, a
}

// failingKey is a signer that is sometimes away.
type failingKey struct {
	testKey
	away *bool
}

var errAway = errors.New("the signer is away")

func (k failingKey) Sign(msg []byte) ([]byte, error) {
	if *k.away {
		return nil, errAway
	}
	return k.testKey.Sign(msg)
}

type signerOf struct{ crdt.Signer }

func (s signerOf) SignerFor(string, uint64) (crdt.Signer, error) { return s.Signer, nil }

// TestSignerAway: a signer that fails stops saving, not editing, and nothing is
// lost when it is back; a save then stores all.
func TestSignerAway(t *testing.T) {
	ctx := context.Background()
	away := false
	st := store.Memory()
	r, err := merge.Open(ctx, st, signerOf{failingKey{newKey("ann"), &away}})
	must(t, err)
	a, err := r.Create(ctx)
	must(t, err)
	must(t, a.Update(ctx, app("one")))
	away = true
	must(t, a.Update(ctx, app(", two")))
	wants(t, "save without the signer", a.Save(ctx), errAway)
	wants(t, "an edit that could not be written before what was sealed", a.Update(ctx, app(", three")), errAway)
	away = false
	must(t, a.Update(ctx, app(", four")))
	must(t, st.Close())
	r, err = merge.Open(ctx, st, oneKey("ann"))
	must(t, err)
	b, err := r.Open(ctx, a.Doc().ID())
	must(t, err)
	if text(b) != "one, two, three, four" {
		t.Errorf("%q", text(b))
	}
}

// damaged is a store in which some segments and journals cannot be read.
type damaged struct {
	store.Store
	changes, words map[string]bool // by segment
	journal        int             // records of the journal that are good; -1: all
}

func (d *damaged) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		for s, err := range d.Store.Load(ctx, work) {
			if d.changes[s.ID] {
				s.Changes, s.Words = nil, nil
				err = &store.CorruptError{Work: work, Segment: s.ID, Part: "changes", Err: errors.New("planted")}
			} else if d.words[s.ID] {
				s.Words = nil
				err = &store.CorruptError{Work: work, Segment: s.ID, Part: "words", Err: errors.New("planted")}
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (d *damaged) LoadJournal(ctx context.Context, work cid.Cid) (store.Journal, error) {
	j, err := d.Store.LoadJournal(ctx, work)
	if n := d.journal; err == nil && n >= 0 && n < len(j.Records) {
		j.Records = j.Records[:n]
		err = &store.CorruptError{Work: work, Part: "journal", Err: errors.New("planted")}
	}
	return j, err
}

// segmentsOf lists the segments of a work.
func segmentsOf(t testing.TB, st store.Store, work cid.Cid) (ids []string) {
	t.Helper()
	for s, err := range st.Load(context.Background(), work) {
		must(t, err)
		ids = append(ids, s.ID)
	}
	return ids
}

// TestDamagedSegments damages each segment in turn. The work opens and shows what
// is covered without it; a sync with a peer that has all, and opening again, bring
// everything back, the edits of the journal too.
func TestDamagedSegments(t *testing.T) {
	ctx := context.Background()
	for k := range 3 {
		st := &damaged{Store: store.Memory(), changes: map[string]bool{}, journal: -1}
		_, a := found(t, st, "ann")
		b := joined(t, "ben", a)
		for i := range 2 { // four would become one
			must(t, a.Update(ctx, app(fmt.Sprint(i))))
			must(t, a.Save(ctx))
		}
		meets(t, a, b)
		must(t, a.Update(ctx, app("!"))) // in the journal
		ids := segmentsOf(t, st, a.Doc().ID())
		if len(ids) != 3 {
			t.Fatalf("%d segments", len(ids))
		}
		st.changes[ids[k]] = true

		r, c := again(t, st, "ann", a)
		if !errors.Is(errors.Join(c.Damage()...), merge.ErrCorrupt) {
			t.Fatalf("damage: %v", c.Damage())
		}
		if s := text(c); !strings.HasPrefix("01", s) || len(s) >= 2 && k > 0 {
			t.Errorf("segment %d damaged: %q", k, s)
		}
		wants(t, "an edit over the journal", c.Update(ctx, app("no")), merge.ErrCorrupt)
		if n := records(t, st, c); n != 1 {
			t.Errorf("%d records in the journal", n)
		}
		meets(t, c, b)
		if text(c) != "01" {
			t.Errorf("segment %d damaged, after sync: %q", k, text(c))
		}
		must(t, r.Close())
		r, c = openWork(t, st, "ann", a.Doc().ID())
		if text(c) != "01!" {
			t.Errorf("segment %d damaged, opened again: %q", k, text(c))
		}
		must(t, c.Update(ctx, app("on")))
		meets(t, c, b)
		must(t, r.Close())
		_, c = openWork(t, st, "ann", a.Doc().ID())
		if text(c) != "01!on" {
			t.Errorf("segment %d damaged, at the end: %q", k, text(c))
		}
		for f := range c.Doc().Evidence() {
			t.Errorf("forked: %v", f)
		}
	}
}

// TestDamagedWords: where words are lost the changes stand, and the work opens.
func TestDamagedWords(t *testing.T) {
	ctx := context.Background()
	st := &damaged{Store: store.Memory(), words: map[string]bool{}, journal: -1}
	_, a := found(t, st, "ann")
	for _, s := range []string{"one", "two"} {
		must(t, a.Update(ctx, app(s)))
		must(t, a.Save(ctx))
	}
	st.words[segmentsOf(t, st, a.Doc().ID())[1]] = true
	_, c := again(t, st, "ann", a)
	if text(c) != "two" || len(c.Damage()) != 1 || c.Doc().Heads() != a.Doc().Heads() {
		t.Errorf("%q, %v", text(c), c.Damage())
	}
	must(t, c.Update(ctx, app("three")))
}

// TestDamagedJournal: what stands before the first bad record is there, and edits
// go on and are kept.
func TestDamagedJournal(t *testing.T) {
	ctx := context.Background()
	for n := range 4 {
		st := &damaged{Store: store.Memory(), journal: -1}
		_, a := found(t, st, "ann")
		for k := range 3 {
			must(t, a.Update(ctx, app(fmt.Sprint(k))))
		}
		st.journal = n
		_, c := again(t, st, "ann", a)
		if text(c) != "012"[:n] || (len(c.Damage()) > 0) != (n < 3) {
			t.Errorf("%d records: %q, %v", n, text(c), c.Damage())
		}
		must(t, c.Update(ctx, app("on")))
		st.journal = -1
		_, c = again(t, st, "ann", c)
		if text(c) != "012"[:n]+"on" {
			t.Errorf("%d records, then on: %q", n, text(c))
		}
	}
}
