package crdt_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// newDoc is a fresh work with one Update.
func newDoc(t testing.TB, fn func(tx *crdt.Tx)) *crdt.Doc {
	t.Helper()
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
	return d
}

// jsonDoc is what a doc shows.
func jsonDoc(t testing.TB, d *crdt.Doc) string {
	t.Helper()
	b, err := d.View().MarshalJSON()
	must(t, err)
	return string(b)
}

// TestTreeErrors tests what each edit of a tree or move refuses, and that nothing is
// left of its Update.
func TestTreeErrors(t *testing.T) {
	var root, a, b, gone, item crdt.Elem
	d := newDoc(t, func(tx *crdt.Tx) {
		tr := tx.Tree("T")
		a, _ = tr.Insert(root, 0)
		b, _ = tr.Insert(a, 0)
		gone, _ = tr.Insert(root, 1)
		tr.Delete(gone)
		tx.Tree("U").Insert(root, 0)
		item = tx.List("l").Insert(0, "x", "y")
	})
	var other crdt.Elem
	for e := range d.View().Tree("U").Children(root) {
		other = e
	}
	was := d.OpenState()
	for _, c := range []struct {
		name string
		do   func(tx *crdt.Tx)
		want error
	}{
		{"insert below nothing shown", func(tx *crdt.Tx) { tx.Tree("T").Insert(gone, 0) }, crdt.ErrNotFound},
		{"insert below a node of another tree", func(tx *crdt.Tx) { tx.Tree("T").Insert(other, 0) }, crdt.ErrNotFound},
		{"insert below a list element", func(tx *crdt.Tx) { tx.Tree("T").Insert(item, 0) }, crdt.ErrNotFound},
		{"insert at -1", func(tx *crdt.Tx) { tx.Tree("T").Insert(root, -1) }, crdt.ErrRange},
		{"insert behind the end", func(tx *crdt.Tx) { tx.Tree("T").Insert(root, 3) }, crdt.ErrRange},
		{"move below itself", func(tx *crdt.Tx) { tx.Tree("T").Move(a, a, 0) }, crdt.ErrInvalid},
		{"move below its child", func(tx *crdt.Tx) { tx.Tree("T").Move(a, b, 0) }, crdt.ErrInvalid},
		{"move behind the end", func(tx *crdt.Tx) { tx.Tree("T").Move(b, root, 3) }, crdt.ErrRange},
		{"move behind the end among its siblings", func(tx *crdt.Tx) { tx.Tree("T").Move(b, a, 1) }, crdt.ErrRange},
		{"move the root", func(tx *crdt.Tx) { tx.Tree("T").Move(root, a, 0) }, crdt.ErrNotFound},
		{"move what is gone", func(tx *crdt.Tx) { tx.Tree("T").Move(gone, a, 0) }, crdt.ErrNotFound},
		{"move below what is gone", func(tx *crdt.Tx) { tx.Tree("T").Move(b, gone, 0) }, crdt.ErrNotFound},
		{"delete the root", func(tx *crdt.Tx) { tx.Tree("T").Delete(root) }, crdt.ErrNotFound},
		{"delete what is gone", func(tx *crdt.Tx) { tx.Tree("T").Delete(gone) }, crdt.ErrNotFound},
		{"data of the root", func(tx *crdt.Tx) { tx.Tree("T").Data(root).Put("k", 1) }, crdt.ErrNotFound},
		{"move a node in a list", func(tx *crdt.Tx) { tx.List("l").Move(a, 0) }, crdt.ErrNotFound},
		{"move an element to -1", func(tx *crdt.Tx) { tx.List("l").Move(item, -1) }, crdt.ErrRange},
		{"move an element behind the end", func(tx *crdt.Tx) { tx.List("l").Move(item, 2) }, crdt.ErrRange},
		{"move no element", func(tx *crdt.Tx) { tx.List("l").Move(root, 0) }, crdt.ErrNotFound},
	} {
		err := d.Update(func(tx *crdt.Tx) error {
			tr := tx.Tree("T")
			n, _ := tr.Insert(a, 0)
			tr.Move(n, root, 0)
			tx.List("l").Move(item, 1)
			c.do(tx)
			return nil
		})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if got := d.OpenState(); got != was {
			t.Errorf("%s left\n%s\nof\n%s", c.name, got, was)
		}
		must(t, errors.Join(d.CheckRooms(), d.CheckState()))
	}
	// A deleted element cannot be moved, an element that stands there is not moved.
	must(t, d.Update(func(tx *crdt.Tx) error {
		tx.List("l").Move(item, 0)
		tx.Tree("T").Move(b, a, 0)
		return nil
	}))
	if got := d.OpenState(); got != was {
		t.Errorf("moves to where things stand wrote\n%s\nof\n%s", got, was)
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.List("l").Delete(item); return nil }))
	if err := d.Update(func(tx *crdt.Tx) error { tx.List("l").Move(item, 0); return nil }); !errors.Is(err, crdt.ErrNotFound) {
		t.Errorf("a deleted element is moved: %v", err)
	}
}

// TestTreeReads reads a tree in every way, in a map and in a list too.
func TestTreeReads(t *testing.T) {
	var root, a, b, c crdt.Elem
	d := newDoc(t, func(tx *crdt.Tx) {
		tr := tx.Map("m").Tree("k")
		var data crdt.MapTx
		a, data = tr.Insert(root, 0)
		data.Put("title", "a")
		data.Tree("inner").Insert(root, 0)
		b, data = tr.Insert(a, 0)
		data.Put("title", "b")
		c, _ = tr.Insert(a, 1)
		_, in := tx.List("l").InsertTree(0)
		in.Insert(root, 0)
	})
	v := d.View()
	tr := v.Map("m").Tree("k")
	want := `[{"data":{"inner":[{"data":{}}],"title":"a"},"children":[{"data":{"title":"b"}},{"data":{}}]}]`
	if got := jsonOf(v.Map("m").Get("k")); got != want {
		t.Errorf("JSON is\n%s\nwant\n%s", got, want)
	}
	if b, err := json.Marshal(tr); err != nil || string(b) != want {
		t.Errorf("the tree marshals to %s, %v", b, err)
	}
	if got := jsonDoc(t, d); got != `{"l":[[{"data":{}}]],"m":{"k":`+want+`}}` {
		t.Errorf("the work is %s", got)
	}
	if n := v.List("l").Tree(v.List("l").Elem(0)).Len(); n != 1 {
		t.Errorf("the tree in the list has %d nodes", n)
	}
	if p, ok := tr.Parent(b); p != a || !ok || tr.Len() != 3 || !tr.Has(c) || tr.Has(root) {
		t.Errorf("b is below %v, %v; %d nodes, c %v, root %v", p, ok, tr.Len(), tr.Has(c), tr.Has(root))
	}
	if p, ok := tr.Parent(a); !p.IsZero() || !ok {
		t.Errorf("a is below %v, %v", p, ok)
	}
	if i, ok := tr.Index(c); i != 1 || !ok {
		t.Errorf("c stands at %d, %v", i, ok)
	}
	if _, ok := v.Tree("none").Index(c); ok || len(slices.Collect(v.Tree("none").Children(root))) > 0 {
		t.Error("c stands in another tree")
	}
	var all []string
	for e, depth := range tr.All() {
		all = append(all, fmt.Sprint(depth, e == a, e == b, e == c))
	}
	if got := strings.Join(all, ", "); got != "0 true false false, 1 false true false, 1 false false true" {
		t.Errorf("All is %s", got)
	}
	for pointer, want := range map[string]string{
		"/m/k/0/data/title": `"a"`, "/m/k/0/children/1/data": "{}", "/m/k/0/children": `[{"data":{"title":"b"}},{"data":{}}]`,
		"/m/k/0/children/0": `{"data":{"title":"b"}}`, "/l/0/0": `{"data":{}}`, "/m/k/0/data/inner/0/data": "{}",
	} {
		x, err := v.Lookup(pointer)
		if err != nil || jsonOf(x) != want {
			t.Errorf("%s is %s, %v", pointer, jsonOf(x), err)
		}
	}
	for _, pointer := range []string{"/m/k/1", "/m/k/0/nodes", "/m/k/0/children/2", "/m/k/0/children/0/children", "/m/k/x"} {
		if x, err := v.Lookup(pointer); !errors.Is(err, crdt.ErrNotFound) {
			t.Errorf("%s is %s, %v", pointer, jsonOf(x), err)
		}
	}
	if x, _ := v.Lookup("/m/k/0/children/1"); x.Any() != c {
		t.Errorf("a node is %v", x.Any())
	}
	if x, _ := v.Lookup("/m/k/0/children"); !slices.Equal(x.Any().([]crdt.Elem), []crdt.Elem{b, c}) {
		t.Errorf("children are %v", x.Any())
	}
}

// TestTreeWrites writes trees by pointer, by JSON and as parts of Go values.
func TestTreeWrites(t *testing.T) {
	var root crdt.Elem
	d := newDoc(t, func(tx *crdt.Tx) {
		a, _ := tx.Tree("T").Insert(root, 0)
		_, data := tx.Tree("T").Insert(a, 0)
		data.Put("n", 1)
		tx.Map("m").Tree("k").Insert(root, 0)
	})
	steps := []struct {
		do   func(tx *crdt.Tx)
		want string
	}{
		{func(tx *crdt.Tx) { tx.PutAt("/T/0/children/0/data/n", 2) }, `{"T":[{"data":{},"children":[{"data":{"n":2}}]}],"m":{"k":[{"data":{}}]}}`},
		{func(tx *crdt.Tx) {
			tx.FillJSON([]byte(`{"T":[{"data":{"a":"x"},"children":[{"data":{"n":3}},{"data":{}}]},{"data":{}}],"m":{"k":[]}}`))
		}, `{"T":[{"data":{"a":"x"},"children":[{"data":{"n":3}},{"data":{}}]},{"data":{}}],"m":{"k":[]}}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/T/0/children/0") }, `{"T":[{"data":{"a":"x"},"children":[{"data":{}}]},{"data":{}}],"m":{"k":[]}}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/T/0") }, `{"T":[{"data":{}}],"m":{"k":[]}}`},
		{func(tx *crdt.Tx) { tx.DeleteAt("/T") }, `{"m":{"k":[]}}`},
	}
	for k, s := range steps {
		must(t, d.Update(func(tx *crdt.Tx) error { s.do(tx); return nil }))
		if got := jsonDoc(t, d); got != s.want {
			t.Fatalf("step %d: %s, want %s", k, got, s.want)
		}
		must(t, d.CheckState())
		was := d.OpenState()
		must(t, d.Update(func(tx *crdt.Tx) error { tx.FillJSON([]byte(s.want)); return nil }))
		if got := d.OpenState(); got != was {
			t.Fatalf("step %d: its own JSON wrote\n%s\nof\n%s", k, got, was)
		}
	}
	for _, pointer := range []string{"/m/k/0", "/m/k/-"} {
		for _, edit := range []func(tx *crdt.Tx){func(tx *crdt.Tx) { tx.PutAt(pointer, 1) }, func(tx *crdt.Tx) { tx.DeleteAt(pointer) }} {
			if err := d.Update(func(tx *crdt.Tx) error { edit(tx); return nil }); !errors.Is(err, crdt.ErrNotFound) {
				t.Errorf("%s: %v", pointer, err)
			}
		}
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Tree("T").Insert(root, 0); tx.Map("m").Put("t", "x"); return nil }))
	type holder struct {
		T crdt.Tree `crdt:"k"`
		X any       `crdt:"t"`
	}
	h, err := crdt.Decode[holder](d.View().Map("m"))
	if err != nil || h.T.Len() != 0 || h.X != "x" {
		t.Errorf("decoded %+v, %v", h, err)
	}
	all, err := crdt.Decode[map[string]any](d.View().Map("m"))
	if err != nil || fmt.Sprint(all) != "map[k:[] t:x]" {
		t.Errorf("decoded %v, %v", all, err)
	}
}

// TestTreeDeep makes a tree 10^4 deep and does everything with it.
func TestTreeDeep(t *testing.T) {
	deep := 10000
	if testing.Short() {
		deep = 1500 // what this test builds in between is quadratic
	}
	var nodes []crdt.Elem
	d := newDoc(t, func(tx *crdt.Tx) {
		tr := tx.Tree("T")
		var e crdt.Elem
		for range deep {
			e, _ = tr.Insert(e, 0)
			nodes = append(nodes, e)
		}
	})
	v := d.View()
	n := 0
	for e, depth := range v.Tree("T").All() {
		if depth != n || e != nodes[n] {
			t.Fatalf("node %d is %v at depth %d", n, e, depth)
		}
		n++
	}
	want := `{"T":` + strings.Repeat(`[{"data":{},"children":`, deep-1) + `[{"data":{}}` + strings.Repeat("]}", deep-1) + "]}"
	if got := jsonDoc(t, d); got != want || n != deep {
		t.Fatalf("JSON of %d bytes, want %d; %d nodes", len(got), len(want), n)
	}
	patches, err := crdt.Diff(nil, v)
	must(t, err)
	s := newShadow(crdt.Runes)
	must(t, s.apply(patches))
	if s.JSON() != want {
		t.Fatal("patches lead elsewhere")
	}
	if _, err := crdt.Decode[map[string]any](v.Map("")); err != nil {
		t.Fatal(err)
	}
	must(t, d.Update(func(tx *crdt.Tx) error {
		tr := tx.Tree("T")
		tr.Move(nodes[deep/2], crdt.Elem{}, 0)
		tr.Move(nodes[0], nodes[deep-1], 0)
		tr.Data(nodes[10]).Put("k", "v")
		return nil
	}))
	patches, err = crdt.Diff(v, d.View())
	must(t, err)
	must(t, s.apply(patches))
	if s.JSON() != jsonDoc(t, d) || len(patches) > 6 {
		t.Fatalf("%d patches lead elsewhere", len(patches))
	}
	e := nodes[deep/2]
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Tree("T").Delete(e); return nil }))
	if n := d.View().Tree("T").Len(); n != 0 {
		t.Fatalf("%d nodes are left", n)
	}
	if _, err := crdt.NewUndo(d).Undo(); err != nil {
		t.Fatal(err)
	}
	must(t, d.CheckState())
}

// TestTreeRevert reverts a list and a tree to what they were, by anybody.
func TestTreeRevert(t *testing.T) {
	w := newWorld(t, "tree revert")
	a, b := w.a, w.b
	m := list(w, "x", "b", "c")
	f := a.TNew(nil, 0, "F")
	x := a.TNew(f, 0, "X")
	w.Sync()
	then := a.d.Heads()
	was := a.see("l") + a.seeTree()
	b.LMove(m["x"], 2)
	b.TMove(x, nil, 0)
	a.LDelElem(m["b"])
	a.TDel(f)
	w.Sync()
	w.c.TNew(nil, 0, "N")
	w.c.do(func(tx *crdt.Tx) { tx.RevertTo(then) })
	w.Sync()
	if got := a.see("l") + a.seeTree(); got != was {
		t.Errorf("reverted to %s, want %s", got, was)
	}
	w.c.Undo()
	w.Sync()
	if got := a.see("l") + a.seeTree(); got != "l=[c x]T=T(N X)" {
		t.Errorf("the revert taken back shows %s", got)
	}
}

// TestTreeUnseen takes back what was done inside a node that somebody has deleted
// meanwhile, and moves of what is deleted: nobody sees a difference.
func TestTreeUnseen(t *testing.T) {
	for k, do := range []func(a *person, n, item []byte){
		func(a *person, n, _ []byte) { a.TPut(n, "k", "v") },
		func(a *person, n, _ []byte) { a.TMove(n, nil, 1) },
		func(a *person, _, item []byte) { a.LMove(item, 1) },
	} {
		for _, seen := range []bool{true, false} {
			w := newWorld(t, fmt.Sprint("unseen", k, seen))
			m := list(w, "x", "y")
			n := w.b.TNew(nil, 0, "N")
			w.b.TNew(nil, 1, "M")
			w.Sync()
			do(w.a, n, m["x"])
			w.Sync()
			if !seen {
				w.b.TDel(n)
				w.b.LDelElem(m["x"])
				w.Sync()
			}
			x, err := crdt.NewUndo(w.a.d).Undo()
			must(t, err)
			if x.Visible != seen {
				t.Errorf("case %d: a press is visible: %v, want %v", k, x.Visible, seen)
			}
		}
	}
}
