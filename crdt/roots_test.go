package crdt_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// rootList are the roots of a view as text.
func rootList(v *crdt.View) (out []string) {
	for name, part := range v.Roots() {
		out = append(out, fmt.Sprintf("%q %T", name, part))
		if part.View() != v {
			out = append(out, "of another view")
		}
	}
	return out
}

// TestRoots: all containers at the top that show something, and no others, by name and
// kind; at every version.
func TestRoots(t *testing.T) {
	d := newDoc(t, func(tx *crdt.Tx) {
		tx.Put("title", "x") // of the root map
		tx.Text("b").Append("x")
		tx.Tree("b").Insert(crdt.Elem{}, 0)
		tx.Set("b").Add(1)
		tx.Map("b").Put("k", 1)
		tx.List("b").Insert(0, 1)
		tx.Counter("b").Add(1)
		tx.Text("").Append("x")
		tx.Text("a").Append("x")
		tx.Text("title").Append("x")
		tx.Text("gone").Append("x")
	})
	was, err := d.Commit("")
	must(t, err)
	old := d.View()
	must(t, d.Update(func(tx *crdt.Tx) error {
		tx.Text("gone").Delete(0, 1)
		tx.Map("b").Delete("k")
		return nil
	}))
	all := []string{`"" crdt.Text`, `"a" crdt.Text`, `"b" crdt.Map`, `"b" crdt.List`, `"b" crdt.Text`, `"b" crdt.Set`, `"b" crdt.Counter`, `"b" crdt.Tree`,
		`"gone" crdt.Text`, `"title" crdt.Text`}
	now := slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == all[2] || s == all[8] })
	then, err := d.At(was.Version())
	must(t, err)
	for name, x := range map[string]struct {
		v    *crdt.View
		want []string
	}{"now": {d.View(), now}, "before": {old, all}, "then": {then, all}} {
		if got := rootList(x.v); !slices.Equal(got, x.want) {
			t.Errorf("%s: %q, want %q", name, got, x.want)
		}
	}
	for range d.View().Roots() {
		break // whoever has seen enough may stop
	}
}

// ExampleView_Roots goes through a work of which nothing is known.
func ExampleView_Roots() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error {
		tx.Text("body").Append("Knead.")
		tx.List("steps").Insert(0, "wait", "bake")
		tx.Put("oven", 220)
		return nil
	}))
	v := d.View()
	for name, part := range v.Roots() {
		switch x := part.(type) {
		case crdt.Text:
			fmt.Println(name, "says", x)
		case crdt.List:
			fmt.Println(name, "has", x.Len())
		}
	}
	for key, value := range v.All() {
		fmt.Println(key, "is", value.Any())
	}
	// Output:
	// body says Knead.
	// steps has 2
	// oven is 220
}
