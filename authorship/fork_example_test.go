package authorship_test

import (
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// Ben leaves with what is common. Ann's words stay hers in his work, and what he adds
// comes back by quote.
func ExampleFork() {
	ann, ben := authorship.NewKey("Ann"), authorship.NewKey("Ben")
	bread, err := crdt.New(ann, authorship.Commons("Bread", "CC-BY-SA-4.0"))
	check(err)
	check(bread.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead."); return nil }))
	_, err = bread.Since(crdt.Version{}) // seals and signs it
	check(err)

	rye, err := authorship.Fork(bread.View(), ben, authorship.Charter{Title: "Rye bread"})
	check(err)
	check(rye.Update(func(tx *crdt.Tx) error { tx.Text("body").Append(" Use rye."); return nil }))
	fmt.Println(authorship.Notice(rye.View()))

	_, err = rye.Since(crdt.Version{})
	check(err)
	words := rye.View().Text("body").Slice(6, 15)
	check(bread.Update(func(tx *crdt.Tx) error {
		body := tx.Text("body")
		return authorship.Quote(tx, body, body.Len(), words)
	}))
	fmt.Println(authorship.Notice(bread.View()))
	// Output:
	// "Rye bread" by Ben, made of "Bread" by Ann. CC-BY-SA-4.0.
	// "Bread" by Ann, quoting "Rye bread" by Ben. CC-BY-SA-4.0.
}

// What the terms of another work do not allow is not quoted.
func ExampleWithException() {
	bread, err := crdt.New(authorship.NewKey("Ann"), authorship.Commons("Bread", "CC-BY-SA-4.0"))
	check(err)
	poem, err := crdt.New(authorship.NewKey("Cy"), authorship.Commons("Poem", "CC-BY-NC-4.0"))
	check(err)
	check(poem.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("O crust!"); return nil }))
	_, err = poem.Since(crdt.Version{})
	check(err)
	words := poem.View().Text("body")

	quote := func(opts ...authorship.QuoteOption) error {
		return bread.Update(func(tx *crdt.Tx) error { return authorship.Quote(tx, tx.Text("body"), 0, words, opts...) })
	}
	var refused *authorship.TermsError
	if errors.As(quote(), &refused) {
		fmt.Println(refused.SourceTerms, "in", refused.WorkTerms)
	}
	check(quote(authorship.WithException("quotation in a review")))
	report := authorship.Terms(bread.View())
	fmt.Println(report.Outbound, report.Exceptions[0].Reason, report.Exceptions[0].Ranges)
	// Output:
	// [CC-BY-NC-4.0] in [CC-BY-SA-4.0]
	// [CC-BY-SA-4.0] quotation in a review [/body[0:8]]
}
