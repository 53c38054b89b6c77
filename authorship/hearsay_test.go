package authorship_test

import (
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestHearsay: in a fork people go by the names that they have in the other work, as such;
// by their own as soon as they say one here, and by none when they withdraw it.
func TestHearsay(t *testing.T) {
	a := garden(t, "CC-BY-SA-4.0")
	eve, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	who := func(d *crdt.Doc, words string) authorship.Person {
		t.Helper()
		for _, s := range blame(d) {
			if s.Text == words {
				if s.Author != s.Origin.Author {
					t.Errorf("%+v, origin %+v", s.Author, s.Origin.Author)
				}
				return s.Author
			}
		}
		t.Fatalf("nothing is %q", words)
		return authorship.Person{}
	}
	ann := authorship.Person{ID: key("Ann").Author(), Name: "Ann", Hearsay: true}
	ben := authorship.Person{ID: key("Ben").Author(), Name: "Ben", Hearsay: true}
	if x, y := who(eve, "Dig. "), who(eve, "End"); x != ann || y != ben || x.String() != "Ann" {
		t.Errorf("%+v, %+v", x, y)
	}
	for _, c := range authorship.Credits(eve.View()) {
		if c.QuotedIn > 0 && c.Person != ann && c.Person != ben {
			t.Errorf("%+v", c)
		}
	}
	if q := authorship.Notice(eve.View()).Quotes; len(q) != 1 || len(q[0].Authors) != 2 || q[0].Authors[0] != ann || q[0].Authors[1] != ben {
		t.Errorf("%+v", q)
	}
	if q := authorship.Notice(eve.View(), authorship.Unnamed(ann.ID)).Quotes; q[0].Authors[0] != (authorship.Person{ID: ann.ID}) {
		t.Errorf("%+v", q)
	}

	// Another Ann comes, who says so herself: only what is said of the first is in doubt.
	other, err := eve.Clone(authorship.KeyFromSeed("Ann", [32]byte{1}), authorship.Agree("CC-BY-SA-4.0"), fixed())
	must(t, err)
	write(t, other, "Mow.")
	must(t, eve.Merge(other))
	if x := who(eve, "Dig. "); !x.Ambiguous || !x.Hearsay || x.ID != ann.ID {
		t.Errorf("%+v", x)
	}
	if c := credit(t, eve, "Ann"); c.Person.ID != other.Author() || c.Person.Ambiguous || c.Person.Hearsay {
		t.Errorf("%+v", c.Person)
	}

	// Ben comes, and says his name; then he takes it back.
	b, err := eve.Clone(key("Ben"), authorship.Agree("CC-BY-SA-4.0"), fixed())
	must(t, err)
	write(t, b, "Rake.")
	must(t, eve.Merge(b))
	if x := who(eve, "End"); x.Hearsay || x.Name != "Ben" {
		t.Errorf("%+v", x)
	}
	act(t, b, func(tx *crdt.Tx) error { return authorship.SetName(tx, "") })
	must(t, eve.Merge(b))
	if x := who(eve, "End"); x != (authorship.Person{ID: ben.ID}) {
		t.Errorf("%+v", x)
	}
}

// TestHearsayTwo: two of other works who go by one name are told apart, also where one of
// them is the author of what was translated; who said a name is not made doubtful by it.
func TestHearsayTwo(t *testing.T) {
	home := found(t, key("Ann"))
	write(t, home, "Mine. ")
	for k, kind := range []string{"quote", "derive"} {
		d := found(t, authorship.KeyFromSeed("Zoe", [32]byte{byte(k + 1)}))
		write(t, d, "Hers.")
		must(t, bridge.Of(d).Leave())
		edit(t, home, func(tx *crdt.Tx) {
			if kind == "quote" {
				must(t, authorship.Quote(tx, tx.Text("body"), 0, d.View().Text("body")))
				return
			}
			must(t, authorship.Derive(tx, authorship.Translation, d.View(), authorship.Range{}))
			tx.Text("body").Append("Ihres.")
		})
		zoe := blame(home)[0].Author
		if zoe.ID != (authorship.KeyFromSeed("", [32]byte{1})).Author() || zoe.Name != "Zoe" || !zoe.Hearsay || zoe.Ambiguous != (k == 1) {
			t.Errorf("%s: %+v", kind, zoe)
		}
	}
	if d := authorship.Derivations(home.View()); len(d) != 1 || len(d[0].Authors) != 1 || !d[0].Authors[0].Ambiguous || !d[0].Authors[0].Hearsay || d[0].Authors[0].Name != "Zoe" {
		t.Errorf("%+v", d)
	}
	z, err := home.Clone(authorship.KeyFromSeed("Zoe", [32]byte{9}), authorship.Agree(terms), fixed())
	must(t, err)
	write(t, z, "Of Zoe.")
	if s := blame(z); s[len(s)-1].Author != (authorship.Person{ID: z.Author(), Name: "Zoe"}) || !s[0].Author.Ambiguous {
		t.Errorf("%+v", s)
	}
}
