package tree

import (
	"slices"
	"testing"
)

// Reading and local edits, once each.
func TestReads(t *testing.T) {
	b := newBulk()
	f, x, y := b.insert(None), b.insert(None), b.insert(1)
	m := b.move(x, f, 10)
	if dest, move, shown := b.t.Parent(x); dest != f || move != m || !shown {
		t.Fatal(dest, move, shown)
	}
	if node, dest, ok := b.t.Of(m); node != x || dest != f || !ok {
		t.Fatal(node, dest, ok)
	}
	if node, dest, ok := b.t.Of(f); node != f || dest != None || !ok {
		t.Fatal(node, dest, ok)
	}
	if _, _, ok := b.t.Of(9999); ok || b.t.Node(9999) || b.t.Node(m) || !b.t.Node(x) || b.t.Shown(m) {
		t.Fatal("numbers that are no nodes or no moves")
	}
	if !b.t.Under(y, f) || !b.t.Under(y, y) || !b.t.Under(y, None) || b.t.Under(f, y) || b.t.Under(m, f) || b.t.Under(f, m) {
		t.Fatal("under")
	}
	if got := b.t.Children(f, nil); !slices.Equal(got, []LV{x}) {
		t.Fatal(got)
	}
	if got := b.t.Children(m, nil); got != nil {
		t.Fatal(got)
	}
	if got := b.t.DeleteTargets(f, nil); !slices.Equal(got, []LV{f, x, y, m}) {
		t.Fatal(got)
	}
	for _, lv := range []LV{f, x, y, m} {
		b.t.Flip(lv, false)
	}
	if got := b.t.DeleteTargets(f, nil); got != nil || b.t.Len() != 0 {
		t.Fatal(got)
	}
	if dest, move, shown := b.t.Parent(x); dest != None || move != None || shown {
		t.Fatal(dest, move, shown)
	}
	b.t.Flip(m, true)
	if dest, move, shown := b.t.Parent(x); dest != None || move != Stray || !shown {
		t.Fatal(dest, move, shown)
	}
	if got := b.t.DeleteTargets(x, nil); !slices.Equal(got, []LV{x, m}) {
		t.Fatal("the own number, dead as it is, and the move:", got)
	}
	if got := b.t.Strays(nil); !slices.Equal(got, []LV{x}) {
		t.Fatal(got)
	}
}

// What comes back after a rollback is told, what was forgotten is not.
func TestTruncateTells(t *testing.T) {
	b := newBulk()
	f, x := b.insert(None), b.insert(None)
	var told [][3]LV
	take := func() [][3]LV {
		told = nil
		b.t.TakeChanges(func(node, old, now LV) { told = append(told, [3]LV{node, old, now}) })
		return told
	}
	if got := take(); !slices.Equal(got, [][3]LV{{f, None, f}, {x, None, x}}) {
		t.Fatal(got)
	}
	m := b.move(x, f, 10)
	n := b.insert(x)
	if got := take(); !slices.Equal(got, [][3]LV{{x, x, m}, {n, None, n}}) {
		t.Fatal(got)
	}
	b.t.Truncate(n + 1)
	b.t.Truncate(m)
	b.rank = b.rank[:m]
	if got := take(); !slices.Equal(got, [][3]LV{{x, None, x}}) {
		t.Fatal(got)
	}
	m = b.move(x, f, 10)
	b.t.Flip(m, false)
	if got := take(); len(got) > 0 {
		t.Fatal("nothing changed on balance:", got)
	}
	if err := b.t.Check(); err != nil {
		t.Fatal(err)
	}
}

// A million nodes one below the other: no recursion, no cost per level.
func TestDeep(t *testing.T) {
	n := 1_000_000
	if testing.Short() {
		n = 10_000
	}
	b := newBulk()
	b.chain(n)
	leaf := LV(n - 1)
	if !b.t.Under(leaf, 0) {
		t.Fatal("the last is below the first")
	}
	before := b.t.Visits()
	for i := range 1000 {
		b.greatest(LV(n/2), LV([]int{n/2 - 1, n / 4, 1}[i%3]))
		if _, _, err := b.t.MoveDrops(0, leaf, nil); err != ErrInside {
			t.Fatal(err)
		}
		b.t.TakeChanges(func(_, _, _ LV) {})
	}
	if v := b.t.Visits() - before; v > uint64(4*n+1000*200) {
		t.Fatalf("%d visits", v)
	}
	b.greatest(0, leaf) // nobody refuses a stranger
	if _, move, shown := b.t.Parent(1); !shown || move != Stray {
		t.Fatal("the least edge of the cycle is that of the second node", move)
	}
	targets := b.t.DeleteTargets(1, nil)
	for _, lv := range targets {
		b.t.Flip(lv, false)
	}
	if b.t.Len() != 0 {
		t.Fatalf("%d left", b.t.Len())
	}
	for _, lv := range targets {
		b.t.Flip(lv, true)
	}
	if b.t.Len() != n {
		t.Fatalf("%d back", b.t.Len())
	}
}

// Mistakes of the program are panics that say what rule they break.
func TestMisuse(t *testing.T) {
	for what, do := range map[string]func(b *bulk){
		"a number that does not ascend": func(b *bulk) { b.t.Insert(1, None) },
		"a move that does not ascend":   func(b *bulk) { b.t.Move(0, 0, None) },
		"no number":                     func(b *bulk) { b.t.Insert(Stray, None) },
		"a node that is none":           func(b *bulk) { b.t.Move(5, 3, None) },
		"a move as a node":              func(b *bulk) { b.t.Move(5, 2, None) },
		"a destination that is none":    func(b *bulk) { b.t.Insert(5, 4) },
		"a flip of none":                func(b *bulk) { b.t.Flip(7, true) },
		"an order that is not total":    func(b *bulk) { b.move(0, None, 10) },
	} {
		b := newBulk()
		b.insert(None)
		b.insert(None)
		b.move(1, 0, 10)
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			do(b)
		}()
	}
}
