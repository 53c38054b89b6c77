package authorship_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// sameNames fails unless everybody in a view is called, also where a change is explained,
// what all names say that are read for it.
func sameNames(t *testing.T, when string, v *crdt.View) {
	t.Helper()
	for c := range v.History() {
		want := authorship.FreshPerson(v, c.Author)
		x := explain(t, v, c)
		if got := authorship.Name(v, c.Author); got != want.Name || x.Author.Name != want.Name || x.Author.Ambiguous != want.Ambiguous {
			t.Errorf("%s: %s is called %q, and %+v where %s is explained, want %+v", when, c.Author, got, x.Author, c.ID, want)
		}
	}
}

// TestExplainAll: to explain all changes of a work with many proposals all names are read
// once, and once more when something has arrived.
func TestExplainAll(t *testing.T) {
	n := 500
	if testing.Short() {
		n = 100
	}
	k := convene(t, authorship.Charter{Mode: authorship.ModePropose})
	d := k.dan
	for i := range n {
		must(t, d.Rekey(key(fmt.Sprint("proposer ", i))))
		act(t, d, func(tx *crdt.Tx) error { tx.Text("body").Append("x"); return authorship.Propose(tx, "x") })
	}
	before := authorship.PeopleRead(d.View())
	for round := 1; round <= 2; round++ {
		for c := range d.View().History() {
			explain(t, d.View(), c) // a view of its own each time
		}
		if got := authorship.PeopleRead(d.View()) - before; got != round {
			t.Errorf("all names were read %d times in %d rounds", got, round)
		}
		write(t, d, "y")
	}
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("open"); return authorship.SetName(tx, "Zed") }))
	if got := authorship.Name(d.View(), d.Author()); got != "Zed" {
		t.Errorf("with open edits %q", got)
	}
	if got := authorship.PeopleRead(d.View()); got != before+2 {
		t.Errorf("names of open edits are kept: %d", got)
	}
}

// TestNamesLate: names that are kept follow words that come later than their change, and
// words that are erased; and another name for the same person.
func TestNamesLate(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.ann, "a ")
	lines(t, k.ben, "b ")
	eve := join(t, k.ann, key("Ann two"))
	edit(t, eve, func(tx *crdt.Tx) { must(t, authorship.SetName(tx, "Ann")) })
	must(t, k.ann.Merge(eve))
	k.meet()
	in := bridge.Of(k.ann)
	must(t, in.Leave())
	all := make([]int, in.Count())
	for i := range all {
		all[i] = i
	}
	b, _ := in.Bundle(all, 1<<30)
	bare := b
	bare.Items = append([]bridge.Item(nil), b.Items...)
	for i := range bare.Items {
		bare.Items[i].Words = nil
	}
	r, err := crdt.Join(nil, k.ann.ID(), authorship.Rules())
	must(t, err)
	_, err = bridge.Of(r).Apply(bare, "", false)
	must(t, err)
	sameNames(t, "without words", r.View())
	if got := authorship.Name(r.View(), k.ann.Author()); got != "" {
		t.Errorf("%q", got)
	}
	for i := range b.Items { // words alone, one change after another
		one := bridge.Bundle{Work: b.Work, Items: b.Items[i : i+1]}
		_, err = bridge.Of(r).Apply(one, "", false)
		must(t, err)
		sameNames(t, fmt.Sprint("words of ", i), r.View())
	}
	if got := authorship.FreshPerson(r.View(), k.ann.Author()); got.Name != "Ann" || !got.Ambiguous {
		t.Errorf("%+v", got)
	}
	then := r.View()
	named, _ := eve.Newest()
	for _, d := range []*crdt.Doc{k.ann, k.ben} {
		k.act(d, func(tx *crdt.Tx) error { return authorship.Redact(tx, named.ID) })
		sameNames(t, "redact", k.ann.View())
	}
	later, err := r.At(then.Version())
	must(t, err)
	fay := join(t, r, key("Fay"))
	write(t, fay, "c ") // so that both are views of the past
	must(t, r.Merge(fay))
	sameNames(t, "then", later)
	must(t, r.Merge(k.ann))
	sameNames(t, "erased", r.View())
	sameNames(t, "erased later", later)
	if got := authorship.FreshPerson(r.View(), k.ann.Author()); got.Ambiguous {
		t.Errorf("%+v", got)
	}
}

// TestNamesTogether: many who ask at the same time, some of them in an Update, do not wait
// for each other for ever.
func TestNamesTogether(t *testing.T) {
	k := convene(t, authorship.Charter{})
	lines(t, k.ann, "a ")
	first, _ := k.ann.Newest()
	var wg sync.WaitGroup
	for g := range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 50 {
				if g == 0 {
					_ = k.ann.Update(func(tx *crdt.Tx) error {
						_, err := authorship.Explain(tx.View(), first.ID)
						return err
					})
				} else if x, err := authorship.Explain(k.ann.View(), first.ID); err != nil || x.Author.Name != "Ann" {
					t.Errorf("%+v, %v", x, err)
				}
			}
		}()
	}
	wg.Wait()
}
