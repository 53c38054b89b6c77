package crdt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// pair founds a work with a text and clones it.
func pair(t testing.TB, text string) (a, b *crdt.Doc) {
	t.Helper()
	a, err := crdt.New(newKey("ann"))
	must(t, err)
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append(text) })
	b, err = a.Clone(newKey("ben"))
	must(t, err)
	return a, b
}

// edit makes an Update that must not fail.
func edit(t testing.TB, d *crdt.Doc, fn func(tx *crdt.Tx)) {
	t.Helper()
	must(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
}

// both merges two replicas and checks that they agree.
func both(t testing.TB, a, b *crdt.Doc) {
	t.Helper()
	must(t, a.Merge(b))
	must(t, b.Merge(a))
	must(t, a.Merge(b))
	same(t, a, b)
}

// reopened is the doc as a store opens it again with its key.
func reopened(t testing.TB, d *crdt.Doc, key crdt.Signer) *crdt.Doc {
	t.Helper()
	in := bridge.Of(d)
	must(t, in.Leave())
	again, err := crdt.Join(key, d.ID())
	must(t, err)
	all := make([]int, in.Count())
	for k := range all {
		all[k] = k
	}
	b, _ := in.Bundle(all, math.MaxInt)
	_, err = bridge.Of(again).Apply(b, "", true)
	must(t, err)
	return again
}

// blame is the text with the author of each run.
func blame(d *crdt.Doc, name string) string {
	var b strings.Builder
	who := map[crdt.Author]string{newKey("ann").Author(): "ann", newKey("ben").Author(): "ben", newKey("cleo").Author(): "cleo"}
	for r := range d.View().Text(name).Runs() {
		fmt.Fprintf(&b, "%s:%q ", who[r.By], r.Text)
	}
	return strings.TrimSpace(b.String())
}

// undo and redo press and must not fail.
func undo(t testing.TB, u *crdt.Undo) crdt.Undone { return pressed(t, u.Undo) }
func redo(t testing.TB, u *crdt.Undo) crdt.Undone { return pressed(t, u.Redo) }

func pressed(t testing.TB, press func() (crdt.Undone, error)) crdt.Undone {
	t.Helper()
	x, err := press()
	must(t, err)
	return x
}

// TestUndoEtherpad2104: somebody cuts another's words and undoes, or redoes and
// undoes; every replica shows the first author.
func TestUndoEtherpad2104(t *testing.T) {
	a, b := pair(t, "Knead. Wait.")
	u := crdt.NewUndo(b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Delete(0, 7) })
	both(t, a, b)
	undo(t, u)
	both(t, a, b)
	for range 2 {
		for _, d := range []*crdt.Doc{a, b} {
			if got := blame(d, "t"); got != `ann:"Knead. Wait."` {
				t.Fatalf("blame %s", got)
			}
		}
		redo(t, u)
		if got := blame(b, "t"); got != `ann:"Wait."` {
			t.Fatalf("after redo: %s", got)
		}
		undo(t, u)
		both(t, a, b)
	}
}

// TestUndoQuill1371: undo of a replacement over another's words gives the words
// back to who wrote them, and takes only one's own away.
func TestUndoQuill1371(t *testing.T) {
	a, b := pair(t, "old car")
	u := crdt.NewUndo(b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Replace(0, 3, "red") })
	if got := blame(b, "t"); got != `ben:"red" ann:" car"` {
		t.Fatal(got)
	}
	undo(t, u)
	both(t, a, b)
	if got := blame(a, "t"); got != `ann:"old car"` {
		t.Fatal(got)
	}
	redo(t, u)
	both(t, a, b)
	if got := blame(a, "t"); got != `ben:"red" ann:" car"` {
		t.Fatal(got)
	}
}

// TestUndoYjsRedoItem: what returns are the same elements, not copies with new
// names, so that what others typed among them while they were away is in its
// place, and two undos of two deletes of one word bring it back once.
func TestUndoYjsRedoItem(t *testing.T) {
	a, b := pair(t, "one two three")
	c, err := a.Clone(newKey("cleo"))
	must(t, err)
	u := crdt.NewUndo(b)
	var was []crdt.Run
	for r := range b.View().Text("t").Runs() {
		was = append(was, r)
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Delete(0, 13) })
	edit(t, c, func(tx *crdt.Tx) { tx.Text("t").Insert(5, "X") })
	v := crdt.NewUndo(c)
	edit(t, c, func(tx *crdt.Tx) { tx.Text("t").Delete(8, 14) })
	v.Break()
	both(t, a, b)
	both(t, a, c)
	both(t, a, b)
	if got := blame(b, "t"); got != `cleo:"X"` {
		t.Fatal(got)
	}
	undo(t, u)
	both(t, b, c)
	if got := blame(b, "t"); got != `ann:"one t" cleo:"X" ann:"wo"` {
		t.Fatal(got)
	}
	undo(t, v) // the insert and the delete of c are one group
	both(t, b, c)
	var is []crdt.Run
	for r := range b.View().Text("t").Runs() {
		is = append(is, r)
	}
	if !slices.EqualFunc(is, was, sameRun) {
		t.Fatalf("runs %v, were %v", is, was)
	}
}

// TestUndoGroups: Updates are one group until Break; one press is one group
// whether or not anything is left of it; the limit drops the oldest.
func TestUndoGroups(t *testing.T) {
	a, b := pair(t, ".")
	u := crdt.NewUndo(a)
	keys := func(words ...string) {
		for _, w := range words {
			edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append(w) })
		}
		u.Break()
	}
	keys("a", "b")
	keys("c")
	both(t, a, b)
	keys("d", "e", "f")
	see := func(want string) {
		t.Helper()
		if got := a.View().Text("t").String(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	x := undo(t, u)
	see(".abc")
	if len(x.Changes) != 1 || !x.Visible || len(x.Left) > 0 {
		t.Errorf("%+v", x)
	}
	if c, ok := a.View().Change(x.By); !ok || c.Author != a.Author() {
		t.Errorf("made by %v", c)
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Delete(3, 4) }) // the c
	both(t, a, b)
	see(".ab")
	if x := undo(t, u); x.Visible {
		t.Error("nothing was left to see")
	}
	see(".ab")
	undo(t, u)
	see(".")
	undo(t, u) // the founder's first words, from before NewUndo
	see("")
	if _, err := u.Undo(); !errors.Is(err, crdt.ErrNothing) {
		t.Errorf("%v", err)
	}
	for _, want := range []string{".", ".ab", ".ab", ".abdef"} {
		redo(t, u)
		see(want)
	}
	if _, err := u.Redo(); !errors.Is(err, crdt.ErrNothing) {
		t.Errorf("%v", err)
	}
	u.Limit(2)
	undo(t, u)
	undo(t, u)
	if u.CanUndo() || !u.CanRedo() {
		t.Error("a group beyond the limit, or no redo")
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append("!") })
	if !u.CanUndo() || u.CanRedo() {
		t.Error("an edit did not clear redo, or cannot be undone")
	}
	if u.Break(); u.CanRedo() {
		t.Error("an edit that is sealed did not clear redo")
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Note("only a note") })
	undo(t, u)
	see(".ab")
}

// TestUndoLeft: an element with another's work in it stays, the rest of the group
// goes, and the press says so.
func TestUndoLeft(t *testing.T) {
	a, b := pair(t, "")
	u := crdt.NewUndo(a)
	edit(t, a, func(tx *crdt.Tx) {
		l := tx.Map("m").List("l")
		l.Insert(0, "x", "y")
		l.InsertMap(1)
		tx.Map("m").Put("k", "v")
	})
	u.Break()
	edit(t, a, func(tx *crdt.Tx) { tx.Map("m").Map("k").Put("mine", 1) })
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) {
		l := tx.Map("m").List("l")
		l.Map(l.Elem(1)).Put("note", "hi")
		l.Put(l.Elem(2), "z")
		tx.Map("m").Map("k").Put("yours", 2)
	})
	both(t, a, b)
	show := func() string { j, _ := a.View().MarshalJSON(); return string(j) }
	x := undo(t, u)
	if got := show(); got != `{"m":{"k":{"yours":2},"l":["x",{"note":"hi"},"z"]}}` {
		t.Fatal(got)
	}
	if len(x.Left) != 1 || x.Left[0].Path != "/m/k" || !x.Left[0].Elem.IsZero() {
		t.Errorf("left %v", x.Left)
	}
	x = undo(t, u)
	if got := show(); got != `{"m":{"k":{"yours":2},"l":[{"note":"hi"},"z"]}}` {
		t.Fatal(got)
	}
	var paths []string
	for _, l := range x.Left {
		paths = append(paths, l.Path)
		v := a.View()
		if i, ok := v.Map("m").List("l").Index(l.Elem); !ok || fmt.Sprint("/m/l/", i) != l.Path {
			t.Errorf("%v stands at %d", l, i)
		}
	}
	if slices.Sort(paths); !slices.Equal(paths, []string{"/m/l/0", "/m/l/1"}) {
		t.Errorf("left %v", paths)
	}
	redo(t, u)
	redo(t, u)
	both(t, a, b)
	if got := show(); got != `{"m":{"k":{"mine":1,"yours":2},"l":["x",{"note":"hi"},"z"]}}` {
		t.Fatal(got)
	}
}

// TestUndoCursor: a press says where its edits were, whatever others did there.
func TestUndoCursor(t *testing.T) {
	a, b := pair(t, "one two three")
	u := crdt.NewUndo(a)
	see := func(x crdt.Undone, want string) {
		t.Helper()
		text := a.View().Text("t")
		i, _ := text.Find(x.Cursor)
		if got := text.Slice(0, i).String() + "|" + text.Slice(i, text.Len()).String(); got != want || x.Path != "/t" {
			t.Errorf("%q in %q, want %q", got, x.Path, want)
		}
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Insert(3, " and") })
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Insert(7, " a half") })
	u.Break()
	see(undo(t, u), "one| two three")
	see(redo(t, u), "one and a half| two three")
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("t").Insert(0, "A")
		tx.Put("k", 0)
		tx.Text("t").Insert(4, "B")
		tx.Put("k", 1)
	})
	see(undo(t, u), "|one and a half two three")
	see(redo(t, u), "AoneB| and a half two three")
	see(undo(t, u), "|one and a half two three")
	for k := range 4 { // the backspace key
		edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Delete(17-k, 18-k) })
	}
	see(undo(t, u), "one and a half two| three")
	both(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Insert(0, "> ") })
	both(t, a, b)
	see(redo(t, u), "> one and a half| three")
	both(t, a, b)
	edit(t, a, func(tx *crdt.Tx) { tx.Put("k", 1); tx.Map("m").Text("deep").Append("x") })
	if x := undo(t, u); x.Path != "/m/deep" || x.Cursor.IsZero() {
		t.Errorf("%q", x.Path)
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Put("k", 1) })
	if x := undo(t, u); x.Path != "" || !x.Cursor.IsZero() {
		t.Errorf("%q", x.Path)
	}
}

// TestUndoReopened: the stacks are those of before after the work was closed and
// opened, at every moment of a session.
func TestUndoReopened(t *testing.T) {
	key := newKey("ann")
	d, err := crdt.New(key)
	must(t, err)
	u := crdt.NewUndo(d)
	press := func(at int, do func(*crdt.Undo) (crdt.Undone, error)) {
		t.Helper()
		again := reopened(t, d, key)
		x, err1 := do(u)
		y, err2 := do(crdt.NewUndo(again))
		if !errors.Is(err1, crdt.ErrNothing) && err1 != nil || (err1 == nil) != (err2 == nil) {
			t.Fatalf("step %d: %v, reopened %v", at, err1, err2)
		}
		if !slices.Equal(x.Changes, y.Changes) || x.Visible != y.Visible || x.Cursor != y.Cursor || x.Path != y.Path {
			t.Fatalf("step %d: %v, reopened %v", at, x, y)
		}
		g, _ := d.View().MarshalJSON()
		h, _ := again.View().MarshalJSON()
		must(t, u.Check())
		if string(g) != string(h) {
			t.Fatalf("step %d: %s, reopened %s", at, g, h)
		}
	}
	r := rand.New(rand.NewPCG(7, 7))
	e := editor{r, t.Fatalf}
	for at := range 150 {
		switch r.IntN(5) {
		case 0, 1:
			edit(t, d, e.edit)
			u.Break()
		case 2, 3:
			press(at, (*crdt.Undo).Undo)
		default:
			press(at, (*crdt.Undo).Redo)
		}
	}
}

// TestUndoParts: an Update of several changes is one group, and so is its undo.
func TestUndoParts(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	u := crdt.NewUndo(d)
	edit(t, d, func(tx *crdt.Tx) { tx.Text("t").Append("first") })
	u.Break()
	before := d.View().Changes()
	edit(t, d, func(tx *crdt.Tx) {
		for k := range 40_000 {
			tx.Map("m").Put(fmt.Sprint(k), k)
		}
	})
	if got := d.View().Changes(); got < before+2 {
		t.Fatalf("%d changes: no parts", got-before)
	}
	for range 2 {
		u = crdt.NewUndo(d)
		x := undo(t, u)
		if n := d.View().Map("m").Len(); n != 0 || d.View().Text("t").String() != "first" || len(x.Changes) < 2 {
			t.Fatalf("%d keys left, %d changes undone", n, len(x.Changes))
		}
		redo(t, u)
		if n := d.View().Map("m").Len(); n != 40_000 {
			t.Fatalf("%d keys", n)
		}
	}
	if testing.Short() {
		return
	}
	edit(t, d, func(tx *crdt.Tx) { // what to delete lies apart
		for range 52_000 {
			tx.Text("u").Insert(0, "x")
			tx.Text("t").Insert(0, "y")
			tx.Text("t").Delete(0, 1)
		}
	})
	before = d.View().Changes()
	for range 2 {
		u = crdt.NewUndo(d)
		undo(t, u)
		if n := d.View().Text("u").Len(); n != 0 || d.View().Text("t").String() != "first" {
			t.Fatalf("%d letters left", n)
		}
		if got := d.View().Changes(); got < before+2 {
			t.Fatalf("%d changes: no parts", got-before)
		}
		before = d.View().Changes()
		redo(t, crdt.NewUndo(d))
		if n := d.View().Text("u").Len(); n != 52_000 || d.View().Text("t").String() != "first" {
			t.Fatalf("%d letters", n)
		}
		must(t, u.Check())
	}
}

// TestUndoHidden: what changes inside a container that others have deleted is not
// seen.
func TestUndoHidden(t *testing.T) {
	a, b := pair(t, "")
	edit(t, a, func(tx *crdt.Tx) {
		tx.Map("m").Map("k").Text("t").Append("x")
		l := tx.List("l")
		_, m := l.InsertMap(0)
		m.Put("a", 1)
		l.Insert(1, "v")
	})
	both(t, a, b)
	u := crdt.NewUndo(a)
	step := func(mine, others func(tx *crdt.Tx), visible bool) {
		t.Helper()
		edit(t, a, mine)
		both(t, a, b)
		if others != nil {
			edit(t, b, others)
			both(t, a, b)
		}
		was := docJSON(t, a)
		if x := undo(t, u); x.Visible != visible || (docJSON(t, a) != was) != visible {
			t.Errorf("%s: visible %v, was %s", docJSON(t, a), x.Visible, was)
		}
	}
	step(func(tx *crdt.Tx) { tx.Map("m").Map("k").Text("t").Append("y") }, nil, true)
	step(func(tx *crdt.Tx) { tx.Map("m").Map("k").Put("n", 1) }, func(tx *crdt.Tx) { tx.Map("m").Put("k", 2) }, false)
	step(func(tx *crdt.Tx) { tx.List("l").Map(tx.List("l").Elem(0)).Counter("c").Add(2) }, nil, true)
	step(func(tx *crdt.Tx) { tx.List("l").Put(tx.List("l").Elem(1), "w") }, nil, true)
	step(func(tx *crdt.Tx) { tx.List("l").Put(tx.List("l").Elem(1), "w") }, func(tx *crdt.Tx) { tx.List("l").Delete(tx.List("l").Elem(1)) }, false)
	step(func(tx *crdt.Tx) { tx.List("l").Map(tx.List("l").Elem(0)).Set("s").Add(2) }, func(tx *crdt.Tx) { tx.List("l").DeleteRange(0, 1) }, false)
	step(func(tx *crdt.Tx) { tx.Set("s").Add("x") }, func(tx *crdt.Tx) { tx.Set("s").Add("x") }, false)
	step(func(tx *crdt.Tx) { tx.Put("k", 1) }, func(tx *crdt.Tx) { tx.Put("k", 2) }, false)
	step(func(tx *crdt.Tx) { tx.Counter("c").Add(1); tx.Counter("c").Add(-1) }, nil, true)
	step(func(tx *crdt.Tx) { tx.Counter("c").Add(1); tx.Counter("c").Add(-1) }, func(tx *crdt.Tx) { tx.Counter("c").Add(5) }, false)
}

// TestUndoOfInvert: a group that deletes, and takes back its delete in itself, is
// undone as one.
func TestUndoOfInvert(t *testing.T) {
	a, b := pair(t, "abc")
	u := crdt.NewUndo(b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Delete(0, 2) })
	c, err := b.Commit("")
	must(t, err)
	edit(t, b, func(tx *crdt.Tx) { tx.Invert(c.ID) })
	undo(t, u) // both
	if got := blame(b, "t"); got != `ann:"abc"` {
		t.Fatal(got)
	}
	redo(t, u)
	undo(t, u)
	both(t, a, b)
	if got := blame(a, "t"); got != `ann:"abc"` {
		t.Fatal(got)
	}
}

// TestUndoTwo: two Undo of one doc agree, though they joined edits otherwise.
func TestUndoTwo(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	u, v := crdt.NewUndo(d), crdt.NewUndo(d)
	for _, s := range []string{"a", "b", "c"} {
		edit(t, d, func(tx *crdt.Tx) { tx.Text("t").Append(s) })
		u.Break()
	}
	see := func(want string) {
		t.Helper()
		if got := d.View().Text("t").String(); got != want {
			t.Fatalf("%q, want %q", got, want)
		}
	}
	undo(t, u)
	see("ab")
	undo(t, v) // to it, a and b are one group
	see("")
	if u.CanUndo() || v.CanUndo() {
		t.Error("something is left to undo")
	}
	redo(t, u)
	see("ab")
	redo(t, v)
	see("abc")
	undo(t, v)
	see("ab")
	undo(t, u)
	see("")
}

// TestUndoKeys: a new key begins with nothing to undo; a doc without a key, or
// with a latched one, refuses.
func TestUndoKeys(t *testing.T) {
	a, b := pair(t, "abc")
	u := crdt.NewUndo(a)
	must(t, a.Rekey(newKey("cleo")))
	if u.CanUndo() {
		t.Error("another key's work can be undone")
	}
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Append("d") })
	undo(t, u)
	if got := blame(a, "t"); got != `ann:"abc"` {
		t.Error(got)
	}
	must(t, b.Merge(a))
	c, err := crdt.Join(nil, b.ID())
	must(t, err)
	must(t, c.Merge(b))
	r := crdt.NewUndo(c)
	if _, err := r.Undo(); !errors.Is(err, crdt.ErrReadOnly) || r.CanUndo() {
		t.Error(err)
	}
	r.Break()
	old := reopened(t, b, newKey("ben"))
	edit(t, old, func(tx *crdt.Tx) { tx.Text("t").Append("e") })
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Append("f") })
	must(t, b.Merge(old)) // the same key on two replicas
	v := crdt.NewUndo(b)
	if _, err := v.Undo(); !errors.Is(err, crdt.ErrKey) {
		t.Error(err)
	}
	v.Break()
	must(t, b.Rekey(newKey("another ben")))
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").Append("g"); tx.Act("x", nil) })
	edit(t, b, func(tx *crdt.Tx) { tx.Act("y", nil) })
	was := b.View().Text("t").Len()
	undo(t, v)
	edit(t, b, func(tx *crdt.Tx) { tx.Act("z", nil) })
	if n := b.View().Text("t").Len(); n != was-1 || v.CanUndo() {
		t.Errorf("%d of %d letters", n, was)
	}
	redo(t, v)
	must(t, v.Check())
}

// pruned is JSON without what is empty: a container that was made by walking to
// it is nobody's act, and stays.
func pruned(t testing.TB, d *crdt.Doc) string {
	t.Helper()
	raw, err := d.View().MarshalJSON()
	must(t, err)
	var x any
	must(t, json.Unmarshal(raw, &x))
	var prune func(x any) any
	prune = func(x any) any {
		switch y := x.(type) {
		case map[string]any:
			for k, v := range y {
				if y[k] = prune(v); y[k] == nil {
					delete(y, k)
				}
			}
			if len(y) == 0 {
				return nil
			}
		case []any:
			for k, v := range y {
				y[k] = prune(v)
			}
			if len(y) == 0 {
				return nil
			}
		case string:
			if y == "" {
				return nil
			}
		case float64:
			if y == 0 {
				return nil
			}
		}
		return x
	}
	b, err := json.Marshal(prune(x))
	must(t, err)
	return string(b)
}

// TestUndoRandom: undoing groups one by one shows what was shown before each,
// redoing what was shown after; nobody else's work changes meanwhile.
func TestUndoRandom(t *testing.T) {
	seeds := 120
	if testing.Short() {
		seeds = 15
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 8))
		d, err := crdt.New(newKey("ann"))
		must(t, err)
		e := editor{r, t.Fatalf}
		u := crdt.NewUndo(d)
		seen := []string{pruned(t, d)}
		for range 12 {
			u.Break()
			heads := d.Heads()
			for range 1 + r.IntN(3) {
				edit(t, d, func(tx *crdt.Tx) {
					for range 1 + r.IntN(3) {
						e.edit(tx)
					}
				})
				if r.IntN(3) == 0 {
					_, _ = d.Commit("") // a seal is no end of a group
				}
			}
			if u.Break(); d.Heads() == heads {
				continue // edits of nothing
			}
			seen = append(seen, pruned(t, d))
		}
		n := 0
		for u.CanUndo() {
			was := pruned(t, d)
			x := undo(t, u)
			n++
			if got, want := pruned(t, d), nth(seen, len(seen)-1-n); got != want {
				t.Fatalf("seed %d: undo %d shows\n%s, not\n%s", seed, n, got, want)
			}
			if !x.Visible && was != pruned(t, d) {
				t.Fatalf("seed %d: undo %d is called invisible", seed, n)
			}
			must(t, d.CheckRooms())
			must(t, u.Check())
		}
		for ; n > 0; n-- {
			redo(t, u)
			if got, want := pruned(t, d), nth(seen, len(seen)-n); got != want {
				t.Fatalf("seed %d: redo to %d shows\n%s, not\n%s", seed, n, got, want)
			}
		}
	}
}

// nth is an element of a list, the first where there is none so early.
func nth(list []string, k int) string { return list[max(k, 0)] }

// TestUndoOthers: undo takes nothing away that another made.
func TestUndoOthers(t *testing.T) {
	seeds := 100
	if testing.Short() {
		seeds = 12
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 9))
		a, b := pair(t, "the words of ann")
		e := editor{r, t.Fatalf}
		us := []*crdt.Undo{crdt.NewUndo(a), crdt.NewUndo(b)}
		for range 40 {
			k := r.IntN(2)
			d := []*crdt.Doc{a, b}[k]
			switch r.IntN(6) {
			case 0:
				both(t, a, b)
			case 1, 2:
				press, again := us[k].Undo, r.IntN(3) == 0
				if again {
					press = us[k].Redo
				}
				was := d.View()
				before, json := was.Tally().Changes, pruned(t, d)
				x, err := press()
				if errors.Is(err, crdt.ErrNothing) {
					continue
				}
				must(t, err)
				if !x.Visible && pruned(t, d) != json {
					t.Fatalf("seed %d: a visible press is called invisible", seed)
				}
				if !again { // who brings a delete or an overwrite back hides what it hid
					less(t, seed, d, before)
				}
				must(t, d.CheckRooms())
				must(t, us[k].Check())
			default:
				edit(t, d, e.edit)
				if r.IntN(2) == 0 {
					us[k].Break()
				}
			}
		}
		both(t, a, b)
	}
}

// less fails when less of what others made is shown than a tally says.
func less(t testing.TB, seed uint64, d *crdt.Doc, before []crdt.Tally) {
	t.Helper()
	after := map[string]crdt.Tally{}
	for _, x := range d.View().Tally().Changes {
		after[x.Change.String()] = x
	}
	for _, x := range before {
		y := after[x.Change.String()]
		if x.Author != d.Author() && (y.Letters+y.Spaces < x.Letters+x.Spaces || y.Values < x.Values) {
			t.Fatalf("seed %d: of change %v %+v is left of %+v", seed, x.Change, y, x)
		}
	}
}

// TestUndoMany: 10,000 groups are undone and redone in time linear in them.
func TestUndoMany(t *testing.T) {
	n := 10_000
	if testing.Short() {
		n = 1000
	}
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	u := crdt.NewUndo(d)
	for k := range n {
		edit(t, d, func(tx *crdt.Tx) { tx.Text("t").Insert(k/2, "x") })
		u.Break()
	}
	for range n {
		undo(t, u)
	}
	if d.View().Text("t").Len() != 0 || u.CanUndo() {
		t.Error("something is left")
	}
	for range n {
		redo(t, u)
	}
	if d.View().Text("t").Len() != n || u.CanRedo() {
		t.Error("something is missing")
	}
}

// BenchmarkUndo is one press of undo and one of redo in a work of many groups.
func BenchmarkUndo(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			d, err := crdt.New(newKey("ann"))
			must(b, err)
			u := crdt.NewUndo(d)
			for k := range n {
				edit(b, d, func(tx *crdt.Tx) { tx.Text("t").Insert(k/2, "x") })
				u.Break()
			}
			for b.Loop() {
				undo(b, u)
				redo(b, u)
			}
		})
	}
}

// BenchmarkUndoAll takes back all groups of a work, one press after another, and brings
// them all again: the time of a press does not depend on how many there are.
func BenchmarkUndoAll(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for range b.N {
				b.StopTimer()
				d, err := crdt.New(newKey("ann"))
				must(b, err)
				u := crdt.NewUndo(d)
				for k := range n {
					edit(b, d, func(tx *crdt.Tx) { tx.Text("t").Insert(k/2, "x") })
					u.Break()
				}
				b.StartTimer()
				for range n {
					undo(b, u)
				}
				if d.View().Text("t").Len() != 0 {
					b.Fatal("something is left")
				}
				for range n {
					redo(b, u)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*2*n), "ns/press")
		})
	}
}

// Two people write; each takes back what is theirs.
func ExampleNewUndo() {
	a, err := crdt.New(newKey("ann"))
	check(err)
	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	b, err := a.Clone(newKey("ben"))
	check(err)
	undo := crdt.NewUndo(b)
	check(b.Update(func(tx *crdt.Tx) error { tx.Text("body").Replace(0, 6, "Stir."); return nil }))
	undo.Break()
	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Insert(0, "First: "); return nil }))
	check(b.Merge(a))

	fmt.Println(b.View().Text("body"))
	x, err := undo.Undo()
	check(err)
	for r := range b.View().Text("body").Runs() {
		fmt.Printf("%q by ann: %v\n", r.Text, r.By == a.Author())
	}
	fmt.Println(x.Visible, len(x.Left))
	// Output:
	// First: Stir.
	// "First: " by ann: true
	// "Knead." by ann: true
	// true 0
}

// sameRun tells whether two runs of a text without marks are equal.
func sameRun(a, b crdt.Run) bool {
	return a.Text == b.Text && a.By == b.By && a.Change == b.Change && len(a.Marks)+len(b.Marks) == 0
}
