package authorship_test

import (
	"encoding/json"
	"fmt"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// twoHands is a text that Ann began and Ben has corrected.
func twoHands(ann, ben *authorship.Key) (a, b *crdt.Doc) {
	a, err := crdt.New(ann, authorship.Commons("Bread", "CC-BY-SA-4.0"), fixed())
	check(err)
	check(a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knaed the dough."); return nil }))
	b, err = a.Clone(ben, authorship.Agree("CC-BY-SA-4.0"), fixed())
	check(err)
	check(b.Update(func(tx *crdt.Tx) error { tx.Text("body").Replace(2, 4, "ea"); return nil }))
	check(a.Merge(b))
	return a, b
}

// The table of who has contributed what.
func ExampleContributorsOf() {
	a, _ := twoHands(key("Ann"), key("Ben"))
	fmt.Print(authorship.ContributorsOf(a.View()))
	// Output:
	// "Bread"
	// Ann: 12 characters, 0 quoted, persistence 12, 88% retained, 0 deletions, 2 changes
	// Ben: 2 characters, 0 quoted, persistence 0, 100% retained, 2 deletions, 1 changes
}

// How old each part of a text is, and how many others have been at it since.
func ExampleHeat() {
	a, _ := twoHands(key("Ann"), key("Ben"))
	for _, w := range authorship.Heat(a.View().Text("body")) {
		fmt.Printf("%d-%d %q: age %d, %d editors\n", w.From, w.To, w.Text, w.Age, w.Editors)
	}
	// Output:
	// 0-2 "Kn": age 1, 1 editors
	// 2-4 "ea": age 0, 0 editors
	// 4-16 "d the dough.": age 1, 1 editors
}

// What became of each part of a text.
func ExampleBiographies() {
	a, _ := twoHands(key("Ann"), key("Ben"))
	check(a.Update(func(tx *crdt.Tx) error { t := tx.Text("body"); t.Move(0, 5, t, 16); return nil }))
	for _, b := range authorship.Biographies(a.View().Text("body")) {
		fmt.Printf("%q by %s:", b.Text, b.Author)
		for _, e := range b.Events {
			fmt.Printf(" %s by %s", e.Kind, e.By)
		}
		fmt.Println()
	}
	for _, d := range authorship.Deleted(a.View().Text("body")) {
		fmt.Printf("%q by %s: deleted by %s\n", d.Text, d.Author, d.By[0].By)
	}
	// Output:
	// " the dough." by Ann: born by Ann
	// "Kn" by Ann: born by Ann moved by Ann
	// "ea" by Ben: born by Ben moved by Ann
	// "d" by Ann: born by Ann moved by Ann
	// "ae" by Ann: deleted by Ben
}

// What one person has done in all works that are here, with proofs for others.
func ExamplePortfolioOf() {
	ben := key("Ben")
	a, b := twoHands(key("Ann"), ben)
	own, err := crdt.New(ben, authorship.Commons("Soup", "CC0-1.0"), fixed())
	check(err)
	check(own.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Boil water."); return nil }))
	_, err = own.Since(crdt.Version{}) // what leaves is signed
	check(err)

	p := authorship.PortfolioOf(ben.Author(), a.View(), own.View(), b.View())
	fmt.Println(p.Person)
	for _, w := range p.Works[:2] {
		fmt.Printf("%q: %d characters, %d of %d changes covered\n", w.Title, w.Measure.Characters, w.Covered, w.Changes)
		for _, k := range w.Keys {
			fmt.Println("  signed by the key of", p.Person, k.Verify() == nil)
		}
	}
	text, err := json.Marshal(p.Works[0].Measure.Person)
	check(err)
	fmt.Println(string(text))
	// Output:
	// Ben
	// "Bread": 2 characters, 1 of 1 changes covered
	//   signed by the key of Ben true
	// "Soup": 10 characters, 2 of 2 changes covered
	//   signed by the key of Ben true
	// {"id":"did:key:z6MknYZaMbhHwo6jTguHg9hcLWM8xWLqMcHELj3uj5qBTdD8","name":"Ben"}
}
