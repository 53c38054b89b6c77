package crdt_test

import (
	"context"
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// A cursor keeps to its character while others edit.
func ExampleText_Cursor() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. Bake."); return nil }))
	c := d.View().Text("body").Cursor(7, crdt.After) // before the B
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Insert(7, "Wait. "); return nil }))
	fmt.Println(d.View().Text("body").Find(c))
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Delete(7, 18); return nil }))
	fmt.Println(d.View().Text("body").Find(c))
	// Output:
	// 13 true
	// 7 false
}

// Patches say what has changed between two views.
func ExampleDiff() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	before := d.View()
	check(d.Update(func(tx *crdt.Tx) error {
		tx.Text("body").Append("Knead.")
		tx.Map("oven").Put("celsius", 220)
		return nil
	}))
	patches, err := crdt.Diff(before, d.View())
	check(err)
	for _, p := range patches {
		fmt.Println(p.Op, p.Path, p.At, p.Removed, p.Text, p.Value.Any() != nil)
	}
	// Output:
	// put /body 0 0  true
	// text /body 0 0 Knead. false
	// put /oven 0 0  true
	// put /oven/celsius 0 0  true
}

// A watcher sees each state of the work that it has time for.
func ExampleDoc_Watch() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	for v, patches := range d.Watch(context.Background(), nil) {
		fmt.Printf("%q %d\n", v.Text("body"), len(patches))
		if v.Text("body").Len() > 0 {
			break
		}
		check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead"); return nil }))
		check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("."); return nil }))
	}
	// Output:
	// "" 0
	// "Knead." 2
}

// An editor shows one state of a text while sync brings another: its keystrokes
// land where its user saw them.
func ExampleMirror() {
	a, err := crdt.New(newKey("ann"))
	check(err)
	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. Bake."); return nil }))
	b, err := a.Clone(newKey("ben"))
	check(err)

	m := a.Mirror(a.View().Text("body").In(crdt.UTF16)) // the editor shows m.String()
	check(b.Update(func(tx *crdt.Tx) error { tx.Text("body").Insert(0, "Wash your hands. "); return nil }))
	check(a.Merge(b)) // the work moves on, the editor does not show it yet

	check(m.Replace(7, 11, "Wait")) // over what the user sees as Bake
	fmt.Println(m)
	for _, p := range m.Pull() {
		fmt.Printf("at %d: %d go, %q comes\n", p.At, p.Removed, p.Text)
	}
	fmt.Println(a.View().Text("body"))
	// Output:
	// Knead. Wait.
	// at 0: 0 go, "Wash your hands. " comes
	// Wash your hands. Knead. Wait.
}
