package crdt_test

import (
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// check ends an example that went wrong.
func check(err error) {
	if err != nil {
		panic(err)
	}
}

// Two people edit one work apart and merge.
func Example() {
	a, err := crdt.New(newKey("ann"), crdt.Title("Bread"))
	check(err)
	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	b, err := a.Clone(newKey("ben"))
	check(err)

	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Insert(0, "Wash your hands. "); return nil }))
	check(b.Update(func(tx *crdt.Tx) error { tx.Map("oven").Put("celsius", 220); return nil }))

	check(a.Merge(b))
	check(b.Merge(a))
	json, err := b.View().MarshalJSON()
	check(err)
	fmt.Println(string(json), a.Heads() == b.Heads())
	// Output: {"body":"Wash your hands. Knead.","oven":{"celsius":220}} true
}

// A work can be read as it was at any version.
func ExampleDoc_At() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("one"); return nil }))
	then, err := d.Commit("first words")
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Replace(0, 3, "two"); return nil }))

	past, err := d.At(then.Version())
	check(err)
	fmt.Println(past.Text("body"), d.View().Text("body"))
	// Output: one two
}

// Inverting a change takes it back; inverting that brings the same elements
// back, with their first author.
func ExampleTx_Invert() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("salt"); return nil }))
	c, err := d.Commit("")
	check(err)
	for range 2 {
		check(d.Update(func(tx *crdt.Tx) error { tx.Invert(c.ID); return nil }))
		c, err = d.Commit("")
		check(err)
		fmt.Printf("%q\n", d.View().Text("body"))
	}
	// Output:
	// ""
	// "salt"
}
