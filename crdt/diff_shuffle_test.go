package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestDiffMoves compares versions of a list in which two people move elements, insert,
// delete, set and work in them: an element that was there and is there is never taken
// out and put in, and the patches lead where they must.
func TestDiffMoves(t *testing.T) {
	seeds := 250
	if testing.Short() {
		seeds = 40
	}
	moves, kept := 0, 0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 71))
		a, b := pair(t, "x")
		edit(t, a, func(tx *crdt.Tx) { tx.List("l").Insert(0, 0, 1, 2, 3, 4, 5) })
		both(t, a, b)
		views := []*crdt.View{a.View()}
		for k := range 12 {
			d := []*crdt.Doc{a, b}[r.IntN(2)]
			edit(t, d, func(tx *crdt.Tx) {
				for range 1 + r.IntN(4) {
					shuffled(tx.List("l"), r, fmt.Sprint(k))
				}
			})
			if r.IntN(3) == 0 {
				both(t, a, b)
			}
			_, err := a.Commit("")
			_ = err // nothing to do, or done
			views = append(views, a.View())
		}
		for range 12 {
			from, to := views[r.IntN(len(views))], views[r.IntN(len(views))]
			n, m := sameMoves(t, seed, from, to)
			moves, kept = moves+n, kept+m
		}
		n, m := sameMoves(t, seed, views[len(views)-2], a.View()) // a recent one
		moves, kept = moves+n, kept+m
	}
	t.Logf("%d moves, %d elements that did not move", moves, kept)
	if moves < 3*seeds || kept < 10*seeds {
		t.Error("less than promised")
	}
}

// shuffled makes one random edit of a list.
func shuffled(l crdt.ListTx, r *rand.Rand, name string) {
	n := l.Len()
	if n < 2 {
		l.Insert(0, name, name)
		return
	}
	i := r.IntN(n)
	switch r.IntN(8) {
	case 0:
		l.Insert(i, name)
	case 1:
		_, m := l.InsertMap(i)
		m.Put("k", name)
	case 2:
		l.Delete(l.Elem(i))
	case 3:
		if _, ok := l.Get(i).Any().(crdt.Map); ok {
			l.Map(l.Elem(i)).Put("k", name+"!")
		} else {
			l.Put(l.Elem(i), name+"!")
		}
	default:
		l.Move(l.Elem(i), r.IntN(n))
	}
}

// sameMoves compares two views; it tells how many patches move an element, and how many
// elements there are in both that none moves.
func sameMoves(t *testing.T, seed uint64, from, to *crdt.View) (moves, kept int) {
	s := newShadow(crdt.Runes)
	first, err := crdt.Diff(nil, from)
	must(t, err)
	must(t, s.apply(first))
	patches, err := crdt.Diff(from, to)
	must(t, err)
	if err := s.apply(patches); err != nil {
		t.Fatalf("seed %d: %v", seed, err)
	}
	want, err := to.MarshalJSON()
	must(t, err)
	if got := s.JSON(); got != string(want) {
		t.Fatalf("seed %d: %s\nwant %s\nby %s", seed, got, want, brief(patches))
	}
	was, is, stay := map[crdt.Elem]bool{}, 0, 0
	for e := range from.List("l").All() {
		was[e] = true
	}
	for e := range to.List("l").All() {
		if is++; was[e] {
			stay++
		}
	}
	come, gone := 0, 0
	for _, p := range patches {
		switch {
		case p.Path != "/l":
		case p.Op == crdt.PatchInsert:
			come++
		case p.Op == crdt.PatchRemove:
			gone += p.Removed
		case p.Op == crdt.PatchMove:
			moves++
		}
	}
	if come != is-stay || gone != len(was)-stay || moves > stay {
		t.Fatalf("seed %d: of %d elements %d stay, %d are there now, but %d come, %d go, %d move: %s", seed, len(was), stay, is, come, gone, moves, brief(patches))
	}
	return moves, stay - moves
}
