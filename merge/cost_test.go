package merge_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge"
	"github.com/commonhold/commonhold/merge/store"
)

// talk has sessions of two documents talk until both say that they are in sync, and counts
// bytes, and how often one half of a round trip.
func talk(t *testing.T, seed int, a, b *merge.Replica) (bytes, halves int) {
	t.Helper()
	now := time.Unix(1_000_000, 0)
	var s [2]*merge.Session
	for k, r := range []*merge.Replica{a, b} {
		var err error
		s[k], err = merge.NewSession(r.Doc(), merge.SessionRand(rand.NewChaCha8([32]byte{byte(seed), byte(k)})))
		must(t, err)
	}
	for ; s[0].Status().State != merge.InSync || s[1].Status().State != merge.InSync; halves++ {
		if halves > 20 {
			t.Fatalf("%+v, %+v", s[0].Status(), s[1].Status())
		}
		var said [2][][]byte
		for k := range s {
			for {
				msg, _ := s[k].Next(now)
				if msg == nil {
					break
				}
				bytes += len(msg)
				said[k] = append(said[k], msg)
			}
		}
		for k := range s {
			for _, msg := range said[1-k] {
				must(t, s[k].Receive(now, msg))
			}
		}
	}
	if a.Doc().Heads() != b.Doc().Heads() {
		t.Fatal("both say that they are in sync, and are not")
	}
	return bytes, halves
}

// TestCost: what sessions of real documents cost: equal ones with one head half a round
// trip and 600 bytes, with one change that is new a round trip until it is there, half a
// one more until both know, and a kilobyte besides the change.
func TestCost(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	b := joined(t, "ben", a)
	meets(t, a, b)
	var besides []int
	people := []*merge.Replica{a, b}
	for n := 2; n < 30; n++ {
		for _, name := range []string{"cid", "dan", "eve", "fay", "gil"}[:min(5, n/2)] {
			c := joined(t, name, a)
			meets(t, a, c)
			must(t, c.Update(ctx, app(name)))
			meets(t, a, c)
		}
		meets(t, a, b)
		must(t, people[n%2].Update(ctx, put(0, "one head")))
		must(t, people[n%2].Save(ctx))
		meets(t, a, b)
		if ids := a.Doc().Heads().IDs(); len(ids) != 1 {
			t.Fatalf("%d heads", len(ids))
		}
		if bytes, halves := talk(t, n, a, b); bytes > 600 || halves > 1 {
			t.Errorf("equal: %d bytes in %d halves", bytes, halves)
		} else if n == 29 {
			t.Logf("equal: %d bytes, half a round trip", bytes)
		}
		must(t, a.Update(ctx, func(tx *crdt.Tx) error { tx.Text("t").Append(words(newRand(uint64(n)), 40*n)); return nil }))
		must(t, a.Save(ctx))
		in := bridge.Of(a.Doc())
		one, _ := in.Bundle([]int{in.Count() - 1}, 1<<30)
		own := len(one.Items[0].Change) + len(one.Items[0].Words) + len(one.Sigs)*64
		bytes, halves := talk(t, n, a, b)
		if bytes > own+1024 || halves > 3 {
			t.Errorf("a change of %d bytes: %d bytes in %d halves", own, bytes, halves)
		}
		besides = append(besides, bytes-own)
		must(t, b.Save(ctx))
	}
	slices.Sort(besides)
	t.Logf("a change: %d, %d, %d bytes besides (least, median, most), three halves of a round trip until both know", besides[0], besides[len(besides)/2], besides[len(besides)-1])
}
