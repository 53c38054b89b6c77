package authorship_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
)

// scene is two people, Ann and Ben, in a work whose text Ann has begun, and the log
// of who typed which letter: every letter is typed once, so nothing of the library
// is needed to know whose it is.
type scene struct {
	t    *testing.T
	a, b *crdt.Doc
	log  map[rune]string
}

// newScene begins it.
func newScene(t *testing.T) *scene {
	s := &scene{t: t, a: found(t, key("Ann")), log: map[rune]string{}}
	s.types(s.a, 0, "knead!")
	s.b = join(t, s.a, key("Ben"))
	return s
}

// name is who edits in a doc.
func (s *scene) name(d *crdt.Doc) string {
	if d.Author() == key("Ann").Author() {
		return "Ann"
	}
	return "Ben"
}

// types puts letters before position i of the text.
func (s *scene) types(d *crdt.Doc, i int, letters string) crdt.Change {
	s.t.Helper()
	for _, c := range letters {
		s.log[c] = s.name(d)
	}
	return edit(s.t, d, func(tx *crdt.Tx) { tx.Text("body").Insert(i, letters) })
}

// meet merges and compares the text, its blame and the log.
func (s *scene) meet(want string) {
	s.t.Helper()
	meet(s.t, s.a, s.b)
	for _, d := range []*crdt.Doc{s.a, s.b} {
		if body(d) != want {
			s.t.Errorf("the text is %q, want %q", body(d), want)
		}
		for _, span := range blame(d) {
			for _, c := range span.Text {
				if s.log[c] != span.Author.Name {
					s.t.Errorf("%c is %s's, %s typed it", c, span.Author, s.log[c])
				}
			}
		}
	}
}

// counts compares the credits of a person: "characters 5, deletes 1" and zero for
// what is not named.
func (s *scene) counts(name, want string) {
	s.t.Helper()
	c := credit(s.t, s.a, name)
	var got []string
	for _, x := range []struct {
		name string
		n    int
	}{
		{"characters", c.Characters}, {"spaces", c.Spaces}, {"values", c.Values}, {"imported", c.Imported}, {"derived", c.Derived}, {"quoted", c.Quoted}, {"quotedIn", c.QuotedIn}, {"unproven", c.Unproven},
		{"deletions", c.Deletions}, {"inserts", c.Inserts}, {"placements", c.Placements}, {"elements", c.Elements}, {"moves", c.Moves}, {"marks", c.Marks},
		{"sets", c.Sets}, {"removals", c.Removals}, {"tags", c.Tags}, {"steps", c.Steps}, {"deletes", c.Deletes}, {"restores", c.Restores}, {"reviews", c.Reviews},
		{"endorsements", c.Endorsements}, {"accepted", c.Accepted}, {"translations", c.Translations}, {"imports", c.Imports}, {"adoptions", c.Adoptions},
	} {
		if x.n != 0 {
			got = append(got, fmt.Sprint(x.name, " ", x.n))
		}
	}
	if g := strings.Join(got, ", "); g != want {
		s.t.Errorf("%s: %s\nwant %s", name, g, want)
	}
}

// TestTable is the table of events and credit, row by row.
func TestTable(t *testing.T) {
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) { row.play(newScene(t)) })
	}
}

// rows are the events.
var rows = []struct {
	name string
	play func(*scene)
}{
	{"insert", func(s *scene) {
		s.types(s.b, 5, "xyz")
		s.meet("kneadxyz!")
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "characters 3, inserts 3")
	}},
	{"delete", func(s *scene) {
		c := edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) })
		s.meet("ead!")
		s.counts("Ann", "characters 4, inserts 6")
		s.counts("Ben", "deletions 2, deletes 2")
		if v, err := s.a.At(c.Parents); err != nil || v.Text("body").String() != "knead!" {
			s.t.Error(err)
		}
	}},
	{"two concurrent deletes", func(s *scene) {
		edit(s.t, s.a, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 4) })
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(2, 5) })
		s.meet("!")
		s.counts("Ann", "characters 1, deletions 3, inserts 6, deletes 4")
		s.counts("Ben", "deletions 2, deletes 3")
	}},
	{"two devices delete as one", func(s *scene) {
		phone := join(s.t, s.a, nameless("phone").BoundTo(key("Ann"), false))
		for _, d := range []*crdt.Doc{s.a, s.b, phone} {
			edit(s.t, d, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 6) })
		}
		must(s.t, s.a.Merge(phone))
		s.meet("")
		s.counts("Ann", "deletions 3, inserts 6, deletes 12")
		s.counts("Ben", "deletions 3, deletes 6")
	}},
	{"undo of a delete", func(s *scene) {
		u := crdt.NewUndo(s.b)
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) })
		_, err := u.Undo()
		must(s.t, err)
		s.meet("knead!")
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "deletes 2, restores 2")
	}},
	{"undo while another delete stands", func(s *scene) {
		u := crdt.NewUndo(s.b)
		for _, d := range []*crdt.Doc{s.a, s.b} {
			edit(s.t, d, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) })
		}
		_, err := u.Undo()
		must(s.t, err)
		s.meet("ead!")
		s.counts("Ann", "characters 4, deletions 2, inserts 6, deletes 2")
		s.counts("Ben", "deletes 2")
	}},
	{"undo and redo of an own insert", func(s *scene) {
		u := crdt.NewUndo(s.b)
		first := s.types(s.b, 0, "xy")
		_, err := u.Undo()
		must(s.t, err)
		s.meet("knead!")
		s.counts("Ben", "deletions 2, inserts 2, deletes 2")
		_, err = u.Redo()
		must(s.t, err)
		s.meet("xyknead!")
		if c := blame(s.a)[0].Change; c != first.ID {
			s.t.Errorf("redo made %s of %s", c, first.ID)
		}
		s.counts("Ben", "characters 2, inserts 2, deletes 2, restores 2")
	}},
	{"replace a span", func(s *scene) {
		s.log['x'], s.log['y'] = "Ben", "Ben"
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Replace(1, 4, "xy") })
		s.meet("kxyd!")
		s.counts("Ann", "characters 3, inserts 6")
		s.counts("Ben", "characters 2, deletions 3, inserts 2, deletes 3")
	}},
	{"set whole text from a string", func(s *scene) {
		s.log['x'] = "Ben"
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").SetString("kneaxd!") })
		s.meet("kneaxd!")
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "characters 1, inserts 1")
	}},
	{"move in a list", func(s *scene) {
		edit(s.t, s.a, func(tx *crdt.Tx) { tx.List("steps").Insert(0, "mix", "bake") })
		meet(s.t, s.a, s.b)
		edit(s.t, s.b, func(tx *crdt.Tx) { l := tx.List("steps"); l.Move(l.Elem(1), 0) })
		s.meet("knead!")
		l := s.a.View().List("steps")
		if made, moved := l.By(l.Elem(0)); made != key("Ann").Author() || moved != key("Ben").Author() {
			s.t.Errorf("made by %s, moved by %s", made, moved)
		}
		s.counts("Ann", "characters 13, values 2, inserts 6, elements 2")
		s.counts("Ben", "moves 1")
	}},
	{"tree move", func(s *scene) {
		var node crdt.Elem
		edit(s.t, s.a, func(tx *crdt.Tx) {
			node, _ = tx.Tree("parts").Insert(crdt.Elem{}, 0)
			tx.Tree("parts").Insert(crdt.Elem{}, 1)
		})
		name, err := node.MarshalText()
		must(s.t, err)
		meet(s.t, s.a, s.b)
		same, err := s.b.ParseElem(name)
		must(s.t, err)
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Tree("parts").Move(same, crdt.Elem{}, 1) })
		s.meet("knead!")
		if made, moved := s.a.View().Tree("parts").By(node); made != key("Ann").Author() || moved != key("Ben").Author() {
			s.t.Errorf("made by %s, moved by %s", made, moved)
		}
		s.counts("Ann", "characters 6, inserts 6, elements 2")
		s.counts("Ben", "moves 1")
	}},
	{"cut and paste inside one work", func(s *scene) {
		c := edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Move(0, 2, tx.Text("body"), 5) })
		s.meet("eadkn!")
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "placements 2")
		span := blame(s.a)[1]
		if o := span.Origin; span.Text != "kn" || span.Change != c.ID || o == nil || o.Proof != authorship.Proven || !o.Moved || o.PlacedBy.Name != "Ben" ||
			o.Author.Name != "Ann" || o.Work != s.a.ID() || o.Offset != 0 {
			s.t.Errorf("%+v, origin %+v", span, span.Origin)
		}
	}},
	{"copy inside one work", func(s *scene) {
		for range 3 {
			edit(s.t, s.b, func(tx *crdt.Tx) { t := tx.Text("body"); t.Quote(t.Len(), t.Slice(0, 2)) })
		}
		s.meet("knead!knknkn")
		s.counts("Ann", "characters 6, quoted 6, inserts 6")
		s.counts("Ben", "placements 6")
		if o := blame(s.a)[1].Origin; o == nil || o.Moved || o.PlacedBy.Name != "Ben" || o.Author.Name != "Ann" || o.Proof != authorship.Proven {
			s.t.Errorf("%+v", o)
		}
		// Without the first, the copies still are hers, and stay copies.
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 6) })
		s.meet("knknkn")
		s.counts("Ann", "quoted 6, inserts 6")
		if n := authorship.Notice(s.a.View()).String(); n != `"Bread" by Ann. CC-BY-SA-4.0.` {
			s.t.Errorf("%s", n)
		}
	}},
	{"quote from another work", func(s *scene) {
		cy, err := crdt.New(key("Cy"), authorship.Found(authorship.Charter{Title: "Dough", Source: "https://example.org/dough", Terms: []string{"CC0-1.0"}}), fixed())
		must(s.t, err)
		c := write(s.t, cy, "rest it")
		_, err = cy.Since(crdt.Version{}) // what leaves is signed
		must(s.t, err)
		edit(s.t, s.b, func(tx *crdt.Tx) { authorship.Quote(tx, tx.Text("body"), 0, cy.View().Text("body").Slice(0, 4)) })
		meet(s.t, s.a, s.b)
		span := blame(s.a)[0]
		o := span.Origin
		if span.Text != "rest" || span.Author.ID != cy.Author() || o == nil || o.Proof != authorship.Proven || o.PlacedBy.Name != "Ben" || o.Work != cy.ID() ||
			o.Change != c.ID || o.Author != span.Author || o.Title != "Dough" || o.Source != "https://example.org/dough" || !slices.Equal(o.Terms, []string{"CC0-1.0"}) {
			s.t.Errorf("%+v, origin %+v", span, o)
		}
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "placements 4")
		for _, c := range authorship.Credits(s.a.View()) {
			if c.Person.ID == cy.Author() && (c.QuotedIn != 4 || c.Characters != 0 || c.Changes != 0) {
				s.t.Errorf("%+v", c)
			}
		}
	}},
	{"quote from another work without proof", func(s *scene) {
		cy, err := crdt.New(key("Cy"), authorship.Commons("Dough", "CC0-1.0"), fixed())
		must(s.t, err)
		write(s.t, cy, "rest it")
		edit(s.t, s.b, func(tx *crdt.Tx) { authorship.Quote(tx, tx.Text("body"), 0, cy.View().Text("body").Slice(0, 4)) })
		meet(s.t, s.a, s.b)
		span := blame(s.a)[0]
		if o := span.Origin; span.Author.Name != "Ben" || o == nil || o.Proof != authorship.Claimed || o.Author.ID != cy.Author() || o.PlacedBy.Name != "Ben" || o.Title != "Dough" {
			s.t.Errorf("%+v, origin %+v", span, span.Origin)
		}
		s.counts("Ben", "unproven 4, placements 4")
		// The work itself at hand proves it, once it is signed.
		if o := slices.Collect(authorship.Blame(s.a.View().Text("body"), authorship.Works(cy.View())))[0].Origin; o.Proof != authorship.Claimed {
			s.t.Errorf("%+v", o)
		}
		_, err = cy.Since(crdt.Version{})
		must(s.t, err)
		span = slices.Collect(authorship.Blame(s.a.View().Text("body"), authorship.Works(s.b.View(), cy.View())))[0]
		if span.Author.ID != cy.Author() || span.Origin.Proof != authorship.Proven {
			s.t.Errorf("%+v, origin %+v", span, span.Origin)
		}
		for _, c := range authorship.Credits(s.a.View(), authorship.Works(cy.View())) {
			if c.Person.ID == cy.Author() && c.QuotedIn != 4 || c.Unproven != 0 {
				s.t.Errorf("%+v", c)
			}
		}
	}},
	{"format mark", func(s *scene) {
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Mark(0, 3, crdt.Mark{Key: "bold", Value: true}) })
		s.meet("knead!")
		for r := range s.a.View().Text("body").Runs() {
			if m, ok := r.Marks["bold"]; ok && (m.By() != key("Ben").Author() || r.By != key("Ann").Author()) {
				s.t.Errorf("%+v", r)
			}
		}
		s.counts("Ann", "characters 6, inserts 6")
		s.counts("Ben", "marks 1")
	}},
	{"same mark set concurrently", func(s *scene) {
		for _, d := range []*crdt.Doc{s.a, s.b} {
			edit(s.t, d, func(tx *crdt.Tx) { tx.Text("body").Mark(0, 3, crdt.Mark{Key: "bold", Value: true}) })
		}
		s.meet("knead!")
		s.counts("Ann", "characters 6, inserts 6, marks 1")
		s.counts("Ben", "marks 1")
	}},
	{"map set", func(s *scene) {
		for _, d := range []*crdt.Doc{s.a, s.b} {
			edit(s.t, d, func(tx *crdt.Tx) { tx.Map("oven").Put("heat", "hot") })
		}
		s.meet("knead!")
		n := 0
		for range s.a.View().Map("oven").Conflicts("heat") {
			n++
		}
		if n != 2 {
			s.t.Errorf("%d values", n)
		}
		s.counts("Ann", "characters 9, values 1, inserts 6, sets 1")
		s.counts("Ben", "characters 3, values 1, sets 1")
	}},
	{"counter", func(s *scene) {
		edit(s.t, s.a, func(tx *crdt.Tx) { tx.Counter("loaves").Add(5) })
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Counter("loaves").Add(-2); tx.Counter("loaves").Add(1) })
		s.meet("knead!")
		shares, err := s.a.View().Counter("loaves").Shares()
		must(s.t, err)
		if shares[key("Ann").Author()] != 5 || shares[key("Ben").Author()] != -1 {
			s.t.Errorf("%v", shares)
		}
		s.counts("Ann", "characters 6, values 1, inserts 6, steps 1")
		s.counts("Ben", "values 2, steps 2")
	}},
	{"set add", func(s *scene) {
		for _, d := range []*crdt.Doc{s.a, s.b} {
			edit(s.t, d, func(tx *crdt.Tx) { tx.Set("tools").Add("bowl") })
		}
		s.meet("knead!")
		s.counts("Ann", "characters 6, values 1, inserts 6, tags 1")
		s.counts("Ben", "values 1, tags 1")
	}},
	{"co-authored quote", func(s *scene) {
		c := edit(s.t, s.a, func(tx *crdt.Tx) {
			tx.CoAuthor(key("Ben").Author())
			tx.Text("body").Append("wxyz")
		})
		meet(s.t, s.a, s.b)
		edit(s.t, s.b, func(tx *crdt.Tx) {
			authorship.Confirm(tx, c.ID)
			t := tx.Text("body")
			t.Move(6, 10, t, 0)
			t.Quote(0, t.Slice(0, 4))
		})
		meet(s.t, s.a, s.b)
		if span := blame(s.a)[0]; len(span.CoAuthors) != 1 || span.CoAuthors[0].Name != "Ben" || span.Author.Name != "Ann" {
			s.t.Errorf("%+v", span)
		}
		s.counts("Ann", "characters 8, quoted 2, inserts 10")
		s.counts("Ben", "characters 2, quoted 2, placements 8")
	}},
	{"agent for a person", func(s *scene) {
		s.types(s.b, 6, "p") // Ben grants the terms
		bot := join(s.t, s.b, key("scribe").BoundTo(key("Ben"), true))
		edit(s.t, bot, func(tx *crdt.Tx) { tx.Text("body").Append("wxyz") })
		must(s.t, s.b.Merge(bot))
		edit(s.t, s.b, func(tx *crdt.Tx) { t := tx.Text("body"); t.Move(7, 11, t, 0) })
		meet(s.t, s.a, s.b)
		span := blame(s.a)[0]
		if !span.Author.Agent || span.Kind != authorship.Generated || span.Origin == nil || span.Origin.PlacedBy.Name != "Ben" || span.Author.OnBehalf != key("Ben").Author() {
			s.t.Errorf("%+v, origin %+v", span, span.Origin)
		}
		s.counts("scribe", "characters 4, inserts 4")
		s.counts("Ben", "characters 1, inserts 1, placements 4")
	}},
	{"review", func(s *scene) {
		work := s.b.ID()
		edit(s.t, s.b, func(tx *crdt.Tx) {
			must(s.t, authorship.Review(tx, work))
			if authorship.Review(tx) == nil || authorship.Review(tx, word("no change")) == nil {
				s.t.Error("a review of nothing")
			}
		})
		s.meet("knead!")
		s.counts("Ben", "reviews 1")
	}},
	{"merge", func(s *scene) {
		s.types(s.a, 0, "zw")
		s.types(s.b, 6, "xy")
		was := credit(s.t, s.a, "Ann")
		meet(s.t, s.a, s.b)
		if got := credit(s.t, s.a, "Ann"); got != was {
			s.t.Errorf("%+v, before %+v", got, was)
		}
	}},
}
