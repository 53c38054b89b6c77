package crdt_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestMoveTyped writes a slice in another order back: elements that are alike are
// moved, and stay the same elements.
func TestMoveTyped(t *testing.T) {
	type step struct {
		ID   crdt.Elem `crdt:",id"`
		Name string    `crdt:"name"`
	}
	type recipe struct {
		Steps []step   `crdt:"steps"`
		Tags  []string `crdt:"tags"`
	}
	d := newDoc(t, func(tx *crdt.Tx) {
		crdt.Fill(tx.Map("r"), recipe{[]step{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}, []string{"x", "y", "z"}})
	})
	was, err := crdt.Decode[recipe](d.View().Map("r"))
	must(t, err)
	edit := func(want string, fn func(r *recipe)) {
		t.Helper()
		must(t, d.Update(func(tx *crdt.Tx) error {
			crdt.Edit(tx.Map("r"), func(r *recipe) error { fn(r); return nil })
			return nil
		}))
		now, err := crdt.Decode[recipe](d.View().Map("r"))
		must(t, err)
		got := ""
		for _, s := range now.Steps {
			got += s.Name
			for _, o := range was.Steps {
				if (o.Name == s.Name) != (o.ID == s.ID) {
					t.Errorf("%s is another element", s.Name)
				}
			}
		}
		if got != want {
			t.Errorf("steps are %s, want %s", got, want)
		}
		must(t, errors.Join(d.CheckRooms(), d.CheckState()))
	}
	edit("dabc", func(r *recipe) { r.Steps = append(r.Steps[3:], r.Steps[:3]...) })
	edit("cbad", func(r *recipe) { slices.Reverse(r.Steps) })
	edit("bd", func(r *recipe) { r.Steps = []step{r.Steps[1], r.Steps[3]} })
}

// TestMoveDiff pins what patches say of moves in lists and trees, step by step, of
// what Ann does herself and of what Ben does in a replica of his own.
func TestMoveDiff(t *testing.T) {
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	b, err := a.Clone(newKey("ben"))
	must(t, err)
	root := crdt.Elem{}
	child := func(tx *crdt.Tx, way ...int) crdt.Elem {
		e := root
		for _, i := range way {
			e = slices.Collect(tx.Tree("T").Children(e))[i]
		}
		return e
	}
	s := newShadow(crdt.Runes)
	last := (*crdt.View)(nil)
	for k, c := range []struct {
		by   *crdt.Doc
		do   func(tx *crdt.Tx)
		want string
	}{
		{a, func(tx *crdt.Tx) { tx.List("l").Insert(0, "x", "y", "z") },
			`put /l list; insert /l @0 "x" ann; insert /l @1 "y" ann; insert /l @2 "z" ann`},
		{b, func(tx *crdt.Tx) { tx.List("l").Move(tx.List("l").Elem(0), 2) }, `move /l @0 to 2 ben`},
		{a, func(tx *crdt.Tx) { tx.List("l").DeleteRange(1, 3) }, `remove /l @1 -2 ann`},
		{a, func(tx *crdt.Tx) {
			n, data := tx.Tree("T").Insert(root, 0)
			data.Put("k", 1)
			tx.Tree("T").Insert(n, 0)
		}, `put /T tree; node /T @0 map ann; node /T @0 map ann; put /T/0/data/k 1 ann`},
		{b, func(tx *crdt.Tx) { tx.Tree("T").Insert(root, 0); tx.Tree("T").Data(child(tx, 1)).Put("k", 2) },
			`node /T @0 map ben; put /T/1/data/k 2 ben`},
		{b, func(tx *crdt.Tx) { tx.Tree("T").Move(child(tx, 1, 0), root, 0) }, `lift /T ben; node /T @0 map ben`},
		{b, func(tx *crdt.Tx) { tx.Tree("T").Move(child(tx, 2), child(tx, 0), 0) }, `lift /T ben; node /T @0 map ben`},
		{a, func(tx *crdt.Tx) { tx.Tree("T").Delete(child(tx, 0)) }, `lift /T ann`},
	} {
		must(t, c.by.Update(func(tx *crdt.Tx) error { c.do(tx); return nil }))
		must(t, a.Merge(b))
		now := a.View()
		patches, err := crdt.Diff(last, now)
		must(t, err)
		if got := brief(patches); got != c.want {
			t.Errorf("step %d: %s\nwant %s", k, got, c.want)
		}
		must(t, s.apply(patches))
		if got, want := s.JSON(), jsonDoc(t, a); got != want {
			t.Fatalf("step %d: %s, want %s", k, got, want)
		}
		must(t, b.Merge(a))
		last = now
	}
}

// TestMoveBy tells who made and who moved elements and nodes, and counts moves.
func TestMoveBy(t *testing.T) {
	w := newWorld(t, "by")
	ann, ben := w.a.d.Author(), w.b.d.Author()
	m := list(w, "x", "y")
	f, n := w.a.TNew(nil, 0, "F"), w.a.TNew(nil, 1, "N")
	w.Sync()
	moved := w.b.LMove(m["x"], 1)
	w.b.TMove(n, f, 0)
	w.Sync()
	v := w.c.d.View()
	for _, c := range []struct {
		made, moved crdt.Author
		by          func(crdt.Elem) (crdt.Author, crdt.Author)
		name        []byte
	}{
		{ann, ben, v.List("l").By, m["x"]}, {ann, crdt.Author{}, v.List("l").By, m["y"]},
		{ann, ben, v.Tree("T").By, n}, {ann, crdt.Author{}, v.Tree("T").By, f},
		{crdt.Author{}, crdt.Author{}, v.Tree("T").By, m["x"]}, {crdt.Author{}, crdt.Author{}, v.List("l").By, f},
	} {
		if made, moved := c.by(w.c.elem(c.name)); made != c.made || moved != c.moved {
			t.Errorf("%s by %v, moved by %v; want %v, %v", c.name, made, moved, c.made, c.moved)
		}
	}
	var elements, moves int
	for _, x := range v.Tally().Changes {
		elements += x.Elements
		moves += x.Moves
		if x.Change == moved && x.Moves != 1 {
			t.Errorf("the move counts %d", x.Moves)
		}
	}
	if elements != 4 || moves != 2 {
		t.Errorf("%d elements and %d moves are counted", elements, moves)
	}
	// The portable name of a move is no element.
	e := w.c.elem([]byte(moved.String() + ":0"))
	if _, ok := v.List("l").Index(e); ok || v.List("l").Value(e).Exists() {
		t.Error("a move reads as an element")
	}
	for range v.List("l").Conflicts(e) {
		t.Error("a move has values")
	}
	if err := w.c.d.Update(func(tx *crdt.Tx) error { tx.List("l").Delete(e); return nil }); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("a move is deleted as an element: %v", err)
	}
}

// TestMoveHidden writes over containers with moved elements and nodes in them: what
// is in them does not show in the next container of the key, and undo brings all back.
func TestMoveHidden(t *testing.T) {
	w := newWorld(t, "hidden")
	a, b := w.a, w.b
	a.do(func(tx *crdt.Tx) {
		l := tx.Map("m").List("k")
		l.Insert(0, "x", "y", "z")
		l.Move(l.Elem(0), 2)
		tr := tx.Map("m").Tree("t")
		n, data := tr.Insert(crdt.Elem{}, 0)
		data.Put("title", "N")
		x, _ := tr.Insert(crdt.Elem{}, 1)
		tr.Move(x, n, 0)
	})
	w.Sync()
	was := jsonDoc(t, a.d)
	hides := b.do(func(tx *crdt.Tx) { tx.Map("m").Put("k", 1); tx.Map("m").Delete("t") })
	for _, x := range b.d.View().Tally().Changes {
		if x.Change == hides && x.Deleted != 6 { // three elements, two nodes, a move of one
			t.Errorf("%d numbers are deleted", x.Deleted)
		}
	}
	b.do(func(tx *crdt.Tx) {
		tx.Map("m").List("k").Insert(0, "new")
		tx.Map("m").Tree("t").Insert(crdt.Elem{}, 0)
	})
	w.Sync()
	if got := jsonDoc(t, a.d); got != `{"m":{"k":["new"],"t":[{"data":{}}]}}` {
		t.Errorf("shows %s", got)
	}
	b.Undo()
	b.Undo()
	w.Sync()
	if got := jsonDoc(t, a.d); got != was {
		t.Errorf("undone to %s, want %s", got, was)
	}
	same(t, w.docs()...)
}

// TestMoveParts makes Updates of moves and deletes that need several parts, and takes
// one back in its middle.
func TestMoveParts(t *testing.T) {
	const n = 20_000
	d := newDoc(t, func(tx *crdt.Tx) {
		for k := range n {
			tx.List("l").Insert(k, k)
		}
		e := crdt.Elem{}
		for k := range n {
			x, _ := tx.Tree("T").Insert(e, 0)
			if k%100 == 0 {
				e = x
			}
		}
	})
	was := jsonDoc(t, d)
	fail := errors.New("planned")
	edit := func(tx *crdt.Tx) {
		l, tr := tx.List("l"), tx.Tree("T")
		for k := range n {
			l.Move(l.Elem(k), n-1-k)
		}
		l.DeleteRange(0, n/2)
		for e := range tr.Children(crdt.Elem{}) {
			tr.Delete(e)
			break
		}
	}
	if err := d.Update(func(tx *crdt.Tx) error { edit(tx); return fail }); !errors.Is(err, fail) {
		t.Fatal(err)
	}
	if got := jsonDoc(t, d); got != was {
		t.Fatal("a rollback left something")
	}
	must(t, d.Update(func(tx *crdt.Tx) error { edit(tx); return nil }))
	v := d.View()
	if v.List("l").Len() != n/2 || v.Tree("T").Len() != 0 && v.Tree("T").Len() >= n {
		t.Errorf("%d elements, %d nodes", v.List("l").Len(), v.Tree("T").Len())
	}
	c, err := d.Clone(newKey("ben"))
	must(t, err)
	same(t, d, c)
	must(t, c.CheckRooms())
	if n := v.Changes(); n < 4 {
		t.Errorf("%d changes: no Update had parts", n)
	}
}
