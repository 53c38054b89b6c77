package crdt_test

import (
	"fmt"
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

// Two people drag the same item of a list at the same time, one of them changes it:
// there is one of it, changed, at one of the two places.
func ExampleListTx_Move() {
	a, err := crdt.New(newKey("ann"))
	check(err)
	check(a.Update(func(tx *crdt.Tx) error { tx.List("steps").Insert(0, "bake", "knead", "wait"); return nil }))
	b, err := a.Clone(newKey("ben"))
	check(err)

	check(a.Update(func(tx *crdt.Tx) error {
		l := tx.List("steps")
		l.Move(l.Elem(0), 2)
		return nil
	}))
	check(b.Update(func(tx *crdt.Tx) error {
		l := tx.List("steps")
		l.Put(l.Elem(0), "bake at 220")
		return nil
	}))
	check(a.Merge(b))
	json, err := a.View().List("steps").MarshalJSON()
	check(err)
	fmt.Println(string(json))
	// Output: ["knead","wait","bake at 220"]
}

// A tree of pages: each node has a map of its own. One person deletes a chapter while
// another moves a page out of it: the page stays.
func ExampleTreeTx() {
	a, err := crdt.New(newKey("ann"))
	check(err)
	var chapter, page crdt.Elem
	root := crdt.Elem{}
	check(a.Update(func(tx *crdt.Tx) error {
		pages := tx.Tree("pages")
		var data crdt.MapTx
		chapter, data = pages.Insert(root, 0)
		data.Put("title", "Bread")
		page, data = pages.Insert(chapter, 0)
		data.Put("title", "Rye")
		data.Text("body").Append("Knead.")
		return nil
	}))
	b, err := a.Clone(newKey("ben"))
	check(err)

	check(a.Update(func(tx *crdt.Tx) error { tx.Tree("pages").Move(page, root, 1); return nil }))
	check(b.Update(func(tx *crdt.Tx) error {
		pages := tx.Tree("pages")
		for e := range pages.Children(root) {
			pages.Delete(e)
		}
		return nil
	}))
	show := func(d *crdt.Doc) {
		pages := d.View().Tree("pages")
		for e, depth := range pages.All() {
			fmt.Println(strings.Repeat("  ", depth) + pages.Data(e).Get("title").Any().(string))
		}
	}
	show(a)
	check(a.Merge(b))
	show(a)
	// Output:
	// Bread
	// Rye
	// Rye
}
