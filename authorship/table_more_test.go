package authorship_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/pack"
)

// TestTableMore is the rows of the table that need more than two people at work: acts,
// files, decisions.
func TestTableMore(t *testing.T) {
	for _, row := range moreRows {
		t.Run(row.name, func(t *testing.T) { row.play(newScene(t)) })
	}
}

// of is the span of the text that begins with a letter.
func (s *scene) of(letter string) authorship.Span {
	s.t.Helper()
	for _, span := range blame(s.a) {
		if strings.HasPrefix(span.Text, letter) {
			return span
		}
	}
	s.t.Fatalf("no span begins with %q", letter)
	return authorship.Span{}
}

// about is what else is known of a span.
func about(s authorship.Span) authorship.About {
	if s.About == nil {
		return authorship.About{}
	}
	return *s.About
}

// called are the names of people.
func called(list []authorship.Person) string {
	var out []string
	for _, p := range list {
		out = append(out, p.String())
	}
	return strings.Join(out, ", ")
}

// moreRows are these events.
var moreRows = []struct {
	name string
	play func(*scene)
}{
	{"person reviews agent text", func(s *scene) {
		bot := join(s.t, s.a, key("scribe").BoundTo(key("Ann"), true))
		for _, c := range "wxyz" {
			s.log[c] = "scribe"
		}
		c := edit(s.t, bot, func(tx *crdt.Tx) { tx.Text("body").Append("wx") })
		must(s.t, s.a.Merge(bot))
		must(s.t, s.b.Merge(bot))
		edit(s.t, s.b, func(tx *crdt.Tx) { must(s.t, authorship.Review(tx, c.ID)) })
		edit(s.t, bot, func(tx *crdt.Tx) { tx.Text("body").Append("yz") }) // of which the review says nothing
		must(s.t, s.a.Merge(bot))
		s.meet("knead!wxyz")
		if x := s.of("wx"); x.Kind != authorship.Generated || x.Author.OnBehalf != key("Ann").Author() || called(about(x).ReviewedBy) != "Ben" {
			s.t.Errorf("%+v", x)
		}
		if x := s.of("yz"); about(x).ReviewedBy != nil {
			s.t.Errorf("%+v", x)
		}
		if x := s.of("knead"); called(about(x).ReviewedBy) != "Ben" { // it was there
			s.t.Errorf("%+v", x)
		}
		s.counts("scribe", "characters 4, inserts 4")
		s.counts("Ben", "reviews 1")
		s.counts("Ann", "characters 6, inserts 6")
	}},
	{"import of a file", func(s *scene) {
		for _, c := range "wxyz" {
			s.log[c] = "Ben"
		}
		c := edit(s.t, s.b, func(tx *crdt.Tx) {
			must(s.t, authorship.ImportText(tx, "old.txt", "Dora\nEvil", "Emil"))
			tx.Text("body").Append("wxyz")
		})
		s.meet("knead!wxyz")
		x := s.of("w")
		if m := about(x).Import; m == nil || m.Change != c.ID || m.By.Name != "Ben" || m.Source != "old.txt" || !slices.Equal(m.Claimed, []string{"Dora Evil", "Emil"}) {
			s.t.Errorf("%+v", x)
		}
		if about(s.of("k")).Import != nil {
			s.t.Errorf("%+v", s.of("k"))
		}
		s.counts("Ben", "characters 4, imported 4, inserts 4, imports 1")
		if list := authorship.Imports(s.a.View()); len(list) != 1 || list[0].Change != c.ID {
			s.t.Errorf("%+v", list)
		}
		if text := authorship.ContributorsOf(s.a.View()).String(); !strings.Contains(text, "brought in by Ben from old.txt, said to be by Dora Evil, Emil\n") || strings.Contains(text, "Emil:") {
			s.t.Error(text)
		}
	}},
	{"import in several changes", func(s *scene) {
		long := strings.Repeat("x", 1500<<10)
		s.log['x'] = "Ben"
		must(s.t, s.b.Update(func(tx *crdt.Tx) error {
			if err := authorship.ImportText(tx, "long.txt"); err != nil {
				return err
			}
			tx.Text("body").Append(long)
			return nil
		}))
		s.meet("knead!" + long)
		s.counts("Ben", "characters 1536000, imported 1536000, inserts 1536000, imports 1")
		if n := len(blame(s.a)); n < 3 {
			s.t.Errorf("%d spans", n)
		}
	}},
	{"translation", func(s *scene) {
		at := s.b.View()
		for _, c := range "vwxy" {
			s.log[c] = "Ben"
		}
		c := edit(s.t, s.b, func(tx *crdt.Tx) {
			must(s.t, authorship.Derive(tx, authorship.Translation, tx.View(), authorship.Range{Path: "/body", From: 1, To: 5}))
			tx.Text("body").Append("vwxy")
		})
		s.meet("knead!vwxy")
		d := about(s.of("v")).Derived
		if d == nil || d.Change != c.ID || d.By.Name != "Ben" || d.Kind != authorship.Translation || d.Work != s.a.ID() || !slices.Equal(d.Heads, at.Version().IDs()) ||
			d.Path != "/body" || d.From != 1 || d.To != 5 || d.Title != "Bread" || called(d.Authors) != "Ann" {
			s.t.Errorf("%+v", d)
		}
		s.counts("Ben", "characters 4, derived 4, inserts 4, translations 1")
		s.counts("Ann", "characters 6, inserts 6")
		if text := authorship.ContributorsOf(s.a.View()).String(); !strings.Contains(text, `translation by Ben, based on "Bread" by Ann`+"\n") {
			s.t.Error(text)
		}
	}},
	{"adaptation of another work", func(s *scene) {
		cy, err := crdt.New(key("Cy"), authorship.Commons("Dough", "CC0-1.0"), fixed())
		must(s.t, err)
		write(s.t, cy, "rest it")
		s.log['x'] = "Ben"
		edit(s.t, s.b, func(tx *crdt.Tx) {
			must(s.t, authorship.Derive(tx, authorship.Adaptation, cy.View(), authorship.Range{}))
			tx.Text("body").Append("x")
		})
		s.meet("knead!x")
		if d := about(s.of("x")).Derived; d == nil || d.Work != cy.ID() || called(d.Authors) != "Cy" || d.Authors[0].ID != cy.Author() || d.Path != "" {
			s.t.Errorf("%+v", d)
		}
		for _, c := range authorship.Credits(s.a.View()) {
			if c.Person.ID == cy.Author() {
				s.t.Errorf("%+v", c)
			}
		}
	}},
	{"quote whose words differ from the origin", func(s *scene) {
		c, _ := s.a.Newest()
		eve, err := s.a.Clone(nil, authorship.Rules())
		must(s.t, err)
		forged(s.t, eve, "xnead", block.Origin{Change: mustID(c.ID)})
		must(s.t, s.a.Merge(eve))
		for _, span := range blame(s.a) {
			if o := span.Origin; (o != nil) != (span.Text == "xnead") || o != nil && (o.Proof != authorship.Mismatch || span.Author.ID != key("Eve").Author()) {
				s.t.Errorf("%+v", span)
			}
		}
	}},
	{"co-authored change", func(s *scene) {
		c := edit(s.t, s.a, func(tx *crdt.Tx) {
			tx.CoAuthor(key("Ben").Author(), key("Cy").Author())
			tx.Text("body").Append("vwxyz")
		})
		meet(s.t, s.a, s.b)
		span := func() authorship.Span { return blame(s.a)[1] }
		if x := span(); len(x.CoAuthors) != 0 || len(x.Claimed) != 2 {
			s.t.Errorf("%+v", x)
		}
		s.counts("Ann", "characters 11, inserts 11")
		edit(s.t, s.b, func(tx *crdt.Tx) { authorship.Confirm(tx, c.ID) })
		meet(s.t, s.a, s.b)
		if x := span(); called(x.CoAuthors) != "Ben" || len(x.Claimed) != 1 || x.Claimed[0].ID != key("Cy").Author() {
			s.t.Errorf("%+v", x)
		}
		s.counts("Ann", "characters 9, inserts 11")
		s.counts("Ben", "characters 2")
	}},
	{"text by a revoked key, adopted", func(s *scene) {
		s.types(s.b, 6, "p") // Ben grants the terms
		phone := join(s.t, s.b, nameless("phone").BoundTo(key("Ben"), false))
		for _, c := range "wxyz" {
			s.log[c] = "Ben"
		}
		good := edit(s.t, phone, func(tx *crdt.Tx) { tx.Text("body").Append("w") })
		bad := edit(s.t, phone, func(tx *crdt.Tx) { tx.Text("body").Append("xyz") })
		must(s.t, s.b.Merge(phone))
		revoke := act(s.t, s.b, func(tx *crdt.Tx) error { return authorship.Revoke(tx, phone.Author(), good.ID) })
		s.meet("knead!pw")
		s.counts("Ben", "characters 2, inserts 2")
		vote := act(s.t, s.a, func(tx *crdt.Tx) error { return authorship.Accept(tx, bad.ID) })
		meet(s.t, s.a, s.b)
		x := s.of("x")
		if x.Text != "xyz" || x.Author != (authorship.Person{ID: phone.Author()}) || x.Level != authorship.Covered || about(x).Adopted == nil || about(x).Adopted.Cut != revoke.ID ||
			about(x).Adopted.By != vote.ID || about(x).Adopted.Who.Name != "Ann" {
			s.t.Errorf("%+v", x)
		}
		if about(s.of("w")).Adopted != nil || s.of("w").Author.Name != "Ben" {
			s.t.Errorf("%+v", s.of("w"))
		}
		s.counts("Ben", "characters 2, inserts 2")
		s.counts("Ann", "characters 6, inserts 6, endorsements 1, adoptions 1")
		for _, c := range authorship.Credits(s.a.View()) {
			if c.Person.ID == phone.Author() {
				s.t.Errorf("%+v", c)
			}
		}
	}},
	{"redaction", func(s *scene) {
		s.types(s.b, 6, "p") // with his name
		bad := s.types(s.b, 7, "xyz")
		s.meet("knead!pxyz")
		vote := act(s.t, s.a, func(tx *crdt.Tx) error { tx.Note("not ours to show"); return authorship.Redact(tx, bad.ID) })
		s.meet("knead!p")
		s.counts("Ben", "characters 1, inserts 4")
		want := authorship.Stub{Change: bad.ID, Author: credit(s.t, s.a, "Ben").Person, Length: 3, Decision: vote.ID, By: credit(s.t, s.a, "Ann").Person, Reason: "not ours to show"}
		for _, d := range []*crdt.Doc{s.a, s.b} {
			if list := authorship.Withheld(d.View().Text("body")); len(list) != 1 || list[0] != want {
				s.t.Errorf("%+v, want %+v", list, want)
			}
		}
		if list := authorship.Withheld(s.a.View().Text("notes")); list != nil {
			s.t.Errorf("%+v", list)
		}
	}},
	{"what was replaced, and by whom", func(s *scene) {
		first, _ := s.a.Newest()
		s.log['x'], s.log['y'] = "Ben", "Ben"
		c := edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Replace(1, 4, "xy") })
		d := edit(s.t, s.a, func(tx *crdt.Tx) { tx.Text("body").Delete(3, 5) })
		s.meet("kxy!")
		var got []string
		for _, x := range authorship.Deleted(s.a.View().Text("body")) {
			by := ""
			for _, e := range x.By {
				by += " " + e.By.Name
				if e.Change != c.ID && e.Change != d.ID || e.Kind != authorship.EventDeleted || e.To != x.Length {
					s.t.Errorf("%+v", e)
				}
			}
			if x.Change != first.ID || x.Author.Name != "Ann" {
				s.t.Errorf("%+v", x)
			}
			got = append(got, fmt.Sprint(x.Offset, x.Text, x.Length, inWords(by)))
		}
		if want := []string{"1ne2 Ben", "3a1 Ann Ben", "4d1 Ann"}; !slices.Equal(got, want) {
			s.t.Errorf("%q, want %q", got, want)
		}
	}},
	{"born, moved, quoted, deleted, restored", func(s *scene) {
		u := crdt.NewUndo(s.b)
		born, _ := s.a.Newest()
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 3) })
		_, err := u.Undo()
		must(s.t, err)
		edit(s.t, s.b, func(tx *crdt.Tx) { t := tx.Text("body"); t.Move(0, 2, t, 5) })
		s.meet("eadkn!")
		edit(s.t, s.a, func(tx *crdt.Tx) { t := tx.Text("body"); t.Quote(6, t.Slice(0, 1)); t.Move(3, 4, t, 0) })
		s.meet("keadn!e")
		var got []string
		for _, b := range authorship.Biographies(s.a.View().Text("body")) {
			if b.Author.Name != "Ann" || b.Events[0].Change != born.ID || b.Events[0].Kind != authorship.EventBorn {
				s.t.Errorf("%+v", b)
			}
			line := b.Text + ":"
			for _, e := range b.Events[1:] {
				line += fmt.Sprintf(" %s %s %d-%d", e.Kind, e.By, e.From, e.To)
			}
			got = append(got, line)
		}
		want := []string{
			"k: deleted Ben 0-1 restored Ben 0-1 moved Ben 0-1 moved Ann 0-1", "e: deleted Ben 0-1 restored Ben 0-1 quoted Ann 0-1", "ad:", "n: deleted Ben 0-1 restored Ben 0-1 moved Ben 0-1", "!:", "e: deleted Ben 0-1 restored Ben 0-1 quoted Ann 0-1",
		}
		if !slices.Equal(got, want) {
			s.t.Errorf("%q, want %q", got, want)
		}
	}},
	{"pack", func(s *scene) {
		u := crdt.NewUndo(s.b)
		edit(s.t, s.b, func(tx *crdt.Tx) { tx.Text("body").Delete(0, 2) })
		_, err := u.Undo()
		must(s.t, err)
		edit(s.t, s.b, func(tx *crdt.Tx) { t := tx.Text("body"); t.Move(0, 2, t, 5); t.Quote(0, t.Slice(0, 2)) })
		s.types(s.b, 0, "x")
		s.meet("xeaeadkn!")
		was := everything(s.t, s.a)
		var file bytes.Buffer
		must(s.t, pack.Write(&file, s.a))
		d, err := pack.Read(&file, cid.Undef, nil, authorship.Rules())
		must(s.t, err)
		if got := everything(s.t, d); got != was {
			s.t.Errorf("%s\nbefore\n%s", got, was)
		}
	}},
}

// inWords is words in order.
func inWords(words string) string {
	list := strings.Fields(words)
	slices.Sort(list)
	return " " + strings.Join(list, " ")
}

// everything is all that this package counts and tells of a doc, as JSON.
func everything(t testing.TB, d *crdt.Doc) string {
	v := d.View()
	b, err := json.MarshalIndent([]any{
		authorship.ContributorsOf(v), blame(d), authorship.Biographies(v.Text("body")), authorship.Deleted(v.Text("body")), authorship.Heat(v.Text("body")), authorship.Verify(v),
	}, "", "\t")
	must(t, err)
	return string(b)
}
