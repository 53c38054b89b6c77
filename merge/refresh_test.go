package merge_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// lane is a store of one of several programs that share a place: it has its own
// segments, and reads those of the others, whose marks are their places in log.
type lane struct {
	store.Store
	name string
	log  *[]logged
}

// logged is a segment of one of the programs.
type logged struct {
	lane string
	seg  store.Segment
}

func (l lane) Append(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return l.note(l.Store.Append(ctx, work, s...), s)
}

func (l lane) Seal(ctx context.Context, work cid.Cid, s ...store.Segment) error {
	return l.note(l.Store.Seal(ctx, work, s...), s)
}

// note notes what was appended.
func (l lane) note(err error, list []store.Segment) error {
	for _, s := range list {
		*l.log = append(*l.log, logged{l.name, s})
	}
	return err
}

func (l lane) Load(ctx context.Context, work cid.Cid) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		for s, err := range l.Store.Load(ctx, work) {
			if !yield(s, err) {
				return
			}
		}
		for s, err := range l.Since(ctx, work, 0) {
			if !yield(s, err) {
				return
			}
		}
	}
}

func (l lane) Since(_ context.Context, _ cid.Cid, mark uint64) iter.Seq2[store.Segment, error] {
	return func(yield func(store.Segment, error) bool) {
		for i, s := range *l.log {
			if s.seg.Mark = uint64(i + 1); s.lane == l.name || s.seg.Mark <= mark {
				continue
			}
			var bad error
			if s.seg.Changes == nil {
				bad = &store.CorruptError{Segment: s.seg.ID, Part: "changes", Err: errors.New("planted")}
			}
			if !yield(s.seg, bad) {
				return
			}
		}
	}
}

// TestRefresh: programs that share a store come to the same by what they read there,
// with edits, saves, refreshes and openings in any order. What one has taken in it
// neither stores again, when nothing was in the way, nor reads again; in the end no
// refresh changes anything.
func TestRefresh(t *testing.T) {
	ctx, twice := context.Background(), 0
	for seed := range 60 {
		rng := rand.New(rand.NewPCG(uint64(seed), 21))
		var log []logged
		var nodes []*node
		for i, name := range []string{"ann", "ben", "cem"} {
			n := &node{name: name, st: lane{store.Memory(), name, &log}}
			n.repo = open(t, n.st, name)
			var err error
			if i == 0 {
				n.rep, err = n.repo.Create(ctx)
			} else {
				n.rep, err = n.repo.Open(ctx, nodes[0].rep.Doc().ID())
			}
			must(t, err)
			nodes = append(nodes, n)
		}
		work, acked := nodes[0].rep.Doc().ID(), 0
		for step := range 40 {
			n := nodes[rng.IntN(3)]
			switch k := rng.IntN(10); {
			case k < 4:
				edit := scribble(rng)
				must(t, n.rep.Update(ctx, func(tx *crdt.Tx) error {
					tx.Map("acked").Put(fmt.Sprint(step), true)
					return edit(tx)
				}))
				acked++
			case k < 5:
				must(t, n.repo.Save(ctx))
			case k < 9:
				must(t, n.repo.Refresh(ctx, work))
			default:
				n.reopen(t, k%2 == 0)
			}
		}
		for _, n := range nodes {
			must(t, n.repo.Save(ctx))
		}
		for _, n := range nodes {
			must(t, n.repo.Refresh(ctx))
		}
		end := len(log)
		for _, n := range nodes {
			same(t, nodes[0].rep, n.rep)
			must(t, n.repo.Refresh(ctx))
			must(t, n.repo.Save(ctx))
			if got := n.rep.Doc().View().Map("acked").Len(); got != acked {
				t.Fatalf("seed %d: %d edits of %d", seed, got, acked)
			}
			for f := range n.rep.Doc().Evidence() {
				t.Fatalf("seed %d: forked: %v", seed, f)
			}
		}
		if len(log) != end {
			t.Fatalf("seed %d: %d segments are stored over and over", seed, len(log)-end)
		}
		seen := map[string]bool{}
		for _, s := range log {
			if seen[s.seg.ID] {
				twice++
			}
			seen[s.seg.ID] = true
		}
	}
	if twice > 0 {
		t.Fatalf("%d segments lie in two lanes, though nobody wrote while another was read", twice)
	}
}

// TestRefreshRefused: a store of one's own has nothing to read; a damaged segment is
// reported once, and what comes behind it is taken in; a work that is not open is left
// alone.
func TestRefreshRefused(t *testing.T) {
	ctx := context.Background()
	alone := open(t, store.Memory(), "ann")
	wants(t, "a store of one's own", alone.Refresh(ctx), store.ErrArgument)
	must(t, alone.Close())
	wants(t, "saving a closed repo", alone.Save(ctx), merge.ErrClosed)

	var log []logged
	a, b := open(t, lane{store.Memory(), "a", &log}, "a"), open(t, lane{store.Memory(), "b", &log}, "b")
	x, err := a.Create(ctx)
	must(t, err)
	must(t, b.Refresh(ctx, x.Doc().ID())) // not open
	y, err := b.Open(ctx, x.Doc().ID())
	must(t, err)
	log = append(log, logged{"a", store.Segment{ID: "lost"}}, logged{"a", store.NewSegment([]byte("no segment"), nil)})
	must(t, x.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("behind"); return nil }))
	must(t, a.Save(ctx))
	wants(t, "damage", b.Refresh(ctx), store.ErrCorrupt)
	same(t, x, y)
	must(t, b.Refresh(ctx))
	must(t, b.Close())
	wants(t, "a closed repo", b.Refresh(ctx), merge.ErrClosed)
	must(t, a.Close())
}

// TestJournalBehind: a writer ends with a journal, a relay takes in over the same store
// what somebody else wrote at the same place, and the writer comes back: its edit is
// there, in a change that stands on what it stood on.
func TestJournalBehind(t *testing.T) {
	ctx, st := context.Background(), store.Memory()
	write := func(r *merge.Replica, words string) {
		must(t, r.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append(words); return nil }))
	}
	ann, err := open(t, st, "ann").Create(ctx)
	must(t, err)
	ben, err := open(t, store.Memory(), "ben").Join(ctx, ann.Doc().ID())
	must(t, err)
	meets(t, ann, ben)
	write(ann, "ann ")
	must(t, st.Close()) // ann's program ends here
	write(ben, "ben ")
	relay, err := merge.Open(ctx, st, nil)
	must(t, err)
	kept, err := relay.Join(ctx, ann.Doc().ID())
	must(t, err)
	meets(t, kept, ben)
	must(t, relay.Close())
	again, err := open(t, st, "ann").Open(ctx, ann.Doc().ID())
	must(t, err)
	if d := again.Damage(); len(d) > 0 {
		t.Fatal(d)
	}
	if got := again.Doc().View().Text("body").String(); got != "ann ben " && got != "ben ann " {
		t.Fatalf("%q", got)
	}
	meets(t, again, ben)
	same(t, again, ben)
}

// TestRefreshCompacts: two programs that write in turn each keep their segments few,
// with nothing of the other's in them, and what they store can be opened.
func TestRefreshCompacts(t *testing.T) {
	ctx, turns := context.Background(), 200
	var log []logged
	var nodes []*node
	for _, name := range []string{"a", "b"} {
		n := &node{name: name, st: lane{store.Memory(), name, &log}}
		n.repo = open(t, n.st, name)
		nodes = append(nodes, n)
	}
	var err error
	nodes[0].rep, err = nodes[0].repo.Create(ctx)
	must(t, err)
	work := nodes[0].rep.Doc().ID()
	nodes[1].rep, err = nodes[1].repo.Open(ctx, work)
	must(t, err)
	for turn := range turns {
		n := nodes[turn%2]
		must(t, n.repo.Refresh(ctx))
		must(t, n.rep.Update(ctx, func(tx *crdt.Tx) error { tx.Text("body").Append("word "); return nil }))
		must(t, n.repo.Save(ctx))
	}
	must(t, nodes[0].repo.Refresh(ctx))
	same(t, nodes[0].rep, nodes[1].rep)
	for i, n := range nodes {
		segments, items := 0, 0
		for s, err := range n.st.(lane).Store.Load(ctx, work) {
			must(t, err)
			var b bundle.Bundle
			must(t, bundle.DecodeChanges(s.Changes, &b))
			segments, items = segments+1, items+len(b.Items)
		}
		if want := turns/2 + 1 - i; segments > 20 || items != want {
			t.Fatalf("%s has %d changes in %d segments, %d were made", n.name, items, segments, want)
		}
		n.reopen(t, false)
	}
	same(t, nodes[0].rep, nodes[1].rep)
}
