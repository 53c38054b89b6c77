package crdt_test

import (
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestAfterUpdate: what was taken from a Tx inside an Update outlives it as its
// doc comment says: a view reads on, the Tx and its handles panic, in a later
// Update too.
func TestAfterUpdate(t *testing.T) {
	d, err := crdt.New(newKey("a"))
	must(t, err)
	update := func(fn func(tx *crdt.Tx)) {
		must(t, d.Update(func(tx *crdt.Tx) error { fn(tx); return nil }))
	}
	var old *crdt.Tx
	var text crdt.TextTx
	var view *crdt.View
	update(func(tx *crdt.Tx) {
		old, text, view = tx, tx.Text("t"), tx.View()
		text.Insert(0, "abc")
	})
	if got := view.Text("t").String(); got != "" && got != "abc" {
		t.Errorf("the view reads %q after its Update", got)
	}
	misuse := func(when string) {
		for name, use := range map[string]func(){
			"Put":    func() { old.Put("k", 1) },
			"Text":   func() { old.Text("t") },
			"Insert": func() { text.Insert(0, "x") },
			"Err":    func() { _ = old.Err() },
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s: %s of a Tx whose Update has ended does not panic", when, name)
					}
				}()
				use()
			}()
		}
	}
	misuse("outside")
	update(func(*crdt.Tx) { misuse("in a later Update") })
	if got := d.View().Text("t").String(); got != "abc" {
		t.Errorf("the text is %q", got)
	}
}
