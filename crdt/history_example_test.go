package crdt_test

import (
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// A history is asked who did what where; the newest change comes first.
func ExampleView_History() {
	ann := newKey("ann")
	d, err := crdt.New(ann)
	check(err)
	say := func(note string, edit func(tx *crdt.Tx)) {
		check(d.Update(func(tx *crdt.Tx) error { tx.Note(note); edit(tx); return nil }))
	}
	say("a recipe", func(tx *crdt.Tx) { tx.Text("body").Append("Knead. Wait. Bake.") })
	say("for four", func(tx *crdt.Tx) { tx.Map("meta").Put("serves", 4) })
	say("no waiting", func(tx *crdt.Tx) { tx.Text("body").Delete(7, 13) })
	say("for six", func(tx *crdt.Tx) { tx.Map("meta").Put("serves", 6) })

	v := d.View()
	for c := range v.History(crdt.Filter{In: v.Text("body"), Edits: crdt.EditDelete}) {
		fmt.Printf("%s: %s\n", c.Note, v.Edits(c.ID))
	}
	for c := range v.History(crdt.Filter{In: v.Map("meta"), Key: "serves", Authors: []crdt.Author{ann.Author()}}) {
		fmt.Println(c.Note)
	}
	// Output:
	// no waiting: delete,note
	// for six
	// for four
}
