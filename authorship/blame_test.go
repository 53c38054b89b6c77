package authorship_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// said writes who wrote what, in one line.
func said(d *crdt.Doc) string { return saidOf(d.View().Text("body")) }

// saidOf is said for a text.
func saidOf(text crdt.Text) string {
	var out []string
	for s := range authorship.Blame(text) {
		out = append(out, fmt.Sprintf("%s: %s", s.Author, s.Text))
	}
	return strings.Join(out, "|")
}

// TestBlameVersions: blame of any version, any part, in any unit.
func TestBlameVersions(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	write(t, a, "Knead — well.")
	one := a.Heads()
	meet(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.Text("body").Replace(0, 5, "Stir") })
	meet(t, a, b)
	if got := said(a); got != "Ben: Stir|Ann:  — well." {
		t.Errorf("%s", got)
	}
	v, err := a.At(one)
	must(t, err)
	if got := saidOf(v.Text("body")); got != "Ann: Knead — well." {
		t.Errorf("then: %s", got)
	}
	text := a.View().Text("body")
	if got := saidOf(text.Slice(2, 8)); got != "Ben: ir|Ann:  — w" {
		t.Errorf("slice: %s", got)
	}
	if got := saidOf(text.In(crdt.UTF8).Slice(2, 10)); got != "Ben: ir|Ann:  — w" {
		t.Errorf("slice in bytes: %s", got)
	}
	if got := saidOf(text.Slice(3, 3)); got != "" {
		t.Errorf("empty slice: %s", got)
	}
	if got := saidOf(a.View().Text("nothing")); got != "" {
		t.Errorf("no text: %s", got)
	}
}

// TestBlameUndo: restored text keeps its first author and change; undo of an own
// insert takes it away; what another delete holds stays deleted.
func TestBlameUndo(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	first := write(t, a, "Knead. Bake.")
	meet(t, a, b)
	gone := edit(t, b, func(tx *crdt.Tx) { tx.Text("body").Delete(6, 12) })
	also := edit(t, a, func(tx *crdt.Tx) { tx.Text("body").Delete(6, 12) })
	meet(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { tx.Invert(gone.ID) })
	if got := said(b); got != "Ann: Knead." {
		t.Errorf("another delete stands: %s", got)
	}
	if c := credit(t, b, "Ben"); c.Restores != 0 || c.Deletes != 6 {
		t.Errorf("%+v", c)
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Invert(also.ID) })
	meet(t, a, b)
	for _, s := range blame(a) {
		if s.Author.ID != key("Ann").Author() || s.Change != first.ID {
			t.Errorf("%+v", s)
		}
	}
	if got := said(a); got != "Ann: Knead. Bake." {
		t.Errorf("%s", got)
	}
	if c := credit(t, a, "Ben"); c.Restores != 12 || c.Characters != 0 || c.Deletes != 6 {
		t.Errorf("%+v", c)
	}
	if c := credit(t, a, "Ann"); c.Characters != 11 || c.Spaces != 1 || c.Deletes != 6 || c.Inserts != 12 {
		t.Errorf("%+v", c)
	}
}

// credit is the credits of a person by name; zero when there are none.
func credit(t testing.TB, d *crdt.Doc, name string) authorship.Credit {
	t.Helper()
	for _, c := range authorship.Credits(d.View()) {
		if c.Person.Name == name {
			return c
		}
	}
	return authorship.Credit{}
}

// TestBlameOpen: edits that are not sealed are held and go by the author's name,
// from the first one on; sealed ones are covered when they leave.
func TestBlameOpen(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("open"); return nil }))
	s := blame(b)[0]
	if s.Author.Name != "Ben" || s.Change.Defined() || s.Level != authorship.Held || !s.Time.IsZero() {
		t.Errorf("%+v", s)
	}
	r := authorship.Verify(b.View())
	if r.Held != 2 || r.Covered != 1 || len(r.Lacks) != 1 || r.Lacks[0].Change.Defined() || r.Lacks[0].Err != crdt.ErrNotCovered {
		t.Errorf("%v", r)
	}
	if !strings.Contains(r.String(), "the open change by Ben is only held") {
		t.Errorf("%s", r)
	}
	_, err := b.Commit("")
	must(t, err)
	if s := blame(b)[0]; !s.Change.Defined() || s.Level != authorship.Held || s.Time.UnixMilli() != 1_700_000_000_000 {
		t.Errorf("%+v", s)
	}
	must(t, bridge.Of(b).Leave())
	if s := blame(b)[0]; s.Level != authorship.Effective {
		t.Errorf("%+v", s)
	}
	if r := authorship.Verify(b.View()); len(r.Lacks) != 0 || r.Effective != 2 {
		t.Errorf("%v", r)
	}
	dev := join(t, a, key("Ben's phone").BoundTo(key("Ben"), false))
	must(t, dev.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("open"); return nil }))
	if s := blame(dev)[0]; s.Author.ID != key("Ben").Author() {
		t.Errorf("an open first change of a device: %+v", s)
	}
}

// TestBlameInside: a text can be asked inside an Update.
func TestBlameInside(t *testing.T) {
	a := found(t, key("Ann"))
	must(t, a.Update(func(tx *crdt.Tx) error {
		tx.Text("body").Append("Knead.")
		if got := saidOf(tx.View().Text("body")); got != "Ann: Knead." {
			t.Errorf("%s", got)
		}
		if got := authorship.Notice(tx.View()).String(); got != `"Bread" by Ann. CC-BY-SA-4.0.` {
			t.Errorf("%s", got)
		}
		return nil
	}))
}

// TestNames: a name is a claim of one line; the newest counts; an empty one
// withdraws it; a stranger with the same name is told apart.
func TestNames(t *testing.T) {
	ann := key("Ann")
	a := found(t, ann)
	write(t, a, "Knead.")
	if n := authorship.Name(a.View(), ann.Author()); n != "Ann" {
		t.Errorf("%q", n)
	}
	before := a.Heads()
	edit(t, a, func(tx *crdt.Tx) { must(t, authorship.SetName(tx, "Anna")) })
	edit(t, a, func(tx *crdt.Tx) { must(t, authorship.SetName(tx, " Anne\n\u202eMarie\x00 ")) })
	if n := authorship.Name(a.View(), ann.Author()); n != "Anne Marie" {
		t.Errorf("%q", n)
	}
	b := join(t, a, authorship.KeyFromSeed("Anne  Marie", [32]byte{1}))
	write(t, b, " Wait.")
	meet(t, a, b)
	if got, want := said(a), "Anne Marie ("+authorship.Short(ann.Author())+"): Knead.|Anne Marie ("+authorship.Short(b.Author())+"):  Wait."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	edit(t, a, func(tx *crdt.Tx) { must(t, authorship.SetName(tx, "")) })
	if got, want := said(a), authorship.Short(ann.Author())+": Knead.|Anne Marie:  Wait."; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s := authorship.Notice(a.View()).String(); strings.Contains(s, "Anna") {
		t.Errorf("a withdrawn name stands in %s", s)
	}
	v, err := a.At(before)
	must(t, err)
	if n := authorship.Name(v, ann.Author()); n != "Ann" {
		t.Errorf("then: %q", n)
	}
	for _, bad := range []string{strings.Repeat("x", 257), "\xff"} {
		if err := a.Update(func(tx *crdt.Tx) error { return authorship.SetName(tx, bad) }); err == nil {
			t.Errorf("name of %d bytes", len(bad))
		}
		if _, err := crdt.New(authorship.NewKey(bad), authorship.Commons("x", terms)); err == nil {
			t.Errorf("key with a name of %d bytes", len(bad))
		}
	}
	long := actor{key("Long"), func(tx *crdt.Tx) error { tx.ActWords("name", nil, strings.Repeat("x", 257)); return nil }}
	c := join(t, a, long)
	write(t, c, "x")
	if n := authorship.Name(c.View(), c.Author()); n != "" {
		t.Errorf("a stranger's name of 257 bytes: %q", n)
	}
	if n := authorship.Name(c.View(), key("nobody").Author()); n != "" {
		t.Errorf("%q", n)
	}
}

// TestNamesEverywhere: two keys of a person name it at the same time; everybody
// shows the same, whatever came first.
func TestNamesEverywhere(t *testing.T) {
	ben := key("Ben")
	a := found(t, key("Ann"))
	b := join(t, a, ben)
	write(t, b, "x")
	b2 := join(t, a, key("Benjamin").BoundTo(ben, false))
	write(t, b2, "y")
	for _, d := range []*crdt.Doc{b, b2} {
		must(t, bridge.Of(d).Leave())
	}
	meet(t, a, b, b2)
	want := authorship.Name(a.View(), ben.Author())
	list := pieces(t, a)
	permutations(len(list), func(p []int) {
		r, err := crdt.Join(nil, a.ID(), authorship.Rules())
		must(t, err)
		for _, k := range p {
			must(t, list[k](r))
		}
		if got := authorship.Name(r.View(), ben.Author()); got != want || authorship.Name(r.View(), b2.Author()) != want {
			t.Errorf("%v: %q, want %q", p, got, want)
		}
	})
}

// TestCoAuthors: a co-author who has confirmed shares the credit; one who is only
// named does not; nobody confirms for another.
func TestCoAuthors(t *testing.T) {
	ann, ben, cy := key("Ann"), key("Ben"), key("Cy")
	a := found(t, ann)
	b := join(t, a, ben)
	write(t, b, "Ben ")
	meet(t, a, b)
	c := edit(t, a, func(tx *crdt.Tx) {
		tx.CoAuthor(ben.Author(), cy.Author(), key("Ann's phone").Author())
		tx.Text("body").Append("together")
	})
	meet(t, a, b)
	edit(t, a, func(tx *crdt.Tx) { authorship.Confirm(tx, c.ID) }) // not a co-author
	span := blame(a)[1]
	if span.Text != "together" || len(span.CoAuthors) != 0 || len(span.Claimed) != 3 || span.Claimed[0].Name != "" && span.Claimed[0].Name != "Ben" {
		t.Errorf("%+v", span)
	}
	if x := credit(t, a, "Ben"); x.Characters != 3 {
		t.Errorf("%+v", x)
	}
	edit(t, b, func(tx *crdt.Tx) { authorship.Confirm(tx, c.ID, c.ID) })
	phone := join(t, a, nameless("phone").BoundTo(ben, false))
	edit(t, phone, func(tx *crdt.Tx) { authorship.Confirm(tx, c.ID) })
	meet(t, a, b, phone)
	span = blame(a)[1]
	if len(span.CoAuthors) != 1 || span.CoAuthors[0].Name != "Ben" || len(span.Claimed) != 2 {
		t.Errorf("%+v", span)
	}
	if x, y := credit(t, a, "Ben"), credit(t, a, "Ann"); x.Characters != 3+4 || y.Characters != 4 {
		t.Errorf("%+v %+v", x, y)
	}
	c2 := edit(t, a, func(tx *crdt.Tx) {
		tx.CoAuthor(ben.Author())
		tx.Text("body").Append(" odd")
	})
	meet(t, a, b)
	edit(t, b, func(tx *crdt.Tx) { authorship.Confirm(tx, c2.ID) })
	if x, y := credit(t, b, "Ben"), credit(t, b, "Ann"); x.Characters != 7+1 || y.Characters != 4+2 {
		t.Errorf("%+v %+v", x, y)
	}
	if s := authorship.Notice(b.View()).String(); s != `"Bread" by Ben and Ann. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
}

// TestCredits: every kind of event counts as the table of credits says, the
// numbers are the same for everybody and after a journey through JSON.
func TestCredits(t *testing.T) {
	ann, ben := key("Ann"), key("Ben")
	a := found(t, ann)
	edit(t, a, func(tx *crdt.Tx) {
		tx.Text("body").Append("Knead the dough.")
		tx.Put("oven", "very hot") // text in a value counts
		tx.Put("minutes", 40)
		m := tx.Map("meta")
		m.Put("lang", "en")
		m.Text("sub").Append("on bread")
		tx.List("steps").Insert(0, "mix", "wait", 3)
		tx.Set("tools").Add("bowl", "oven")
		tx.Counter("loaves").Add(2)
	})
	b := join(t, a, ben)
	both := func(d *crdt.Doc) {
		edit(t, d, func(tx *crdt.Tx) {
			tx.Text("body").Delete(5, 9) // " the", both at once
			tx.Put("minutes", 45)        // conflict
		})
	}
	both(a)
	both(b)
	edit(t, b, func(tx *crdt.Tx) {
		tx.Map("meta").Delete("lang")
		tx.Set("tools").Add("bowl") // both have added it
		tx.Counter("loaves").Add(1)
		tx.Counter("loaves").Add(-3)
		l := tx.List("steps")
		l.Put(l.Elem(1), "rest well")
	})
	meet(t, a, b)
	want := map[string]authorship.Credit{
		"Ann": {Characters: 5 + 6 + 7 + 7 + 3, Spaces: 1 + 1 + 1, Values: 4 + 2 + 1, Changes: 3, Inserts: 16 + 8, Kept: 12 + 8, Elements: 3, Sets: 4, Tags: 2, Steps: 1, Deletes: 4, Deletions: 2},
		"Ben": {Characters: 8, Spaces: 1, Values: 2 + 1 + 2, Changes: 2, Sets: 2, Removals: 1, Tags: 1, Steps: 2, Deletes: 4, Deletions: 2},
	}
	got := authorship.Credits(a.View())
	for _, c := range got {
		w := want[c.Person.Name]
		w.Person = c.Person
		if c != w {
			t.Errorf("%+v\nwant %+v", c, w)
		}
	}
	ja, err := json.Marshal(got)
	must(t, err)
	jb, err := json.Marshal(authorship.Credits(b.View()))
	must(t, err)
	var back []authorship.Credit
	must(t, json.Unmarshal(ja, &back))
	if string(ja) != string(jb) || fmt.Sprint(back) != fmt.Sprint(got) {
		t.Errorf("%s\n%s\n%v", ja, jb, back)
	}
	list := pieces(t, a)
	r, err := crdt.Join(nil, a.ID(), authorship.Rules())
	must(t, err)
	for k := len(list) - 1; k >= 0; k-- { // opened anew, in another order
		must(t, list[k](r))
	}
	jr, err := json.Marshal(authorship.Credits(r.View()))
	must(t, err)
	if string(jr) != string(ja) {
		t.Errorf("%s\nwant %s", jr, ja)
	}
}

// TestCreditsUngranted: work that does not count is credited to nobody, and its
// author stands in no notice.
func TestCreditsUngranted(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Knead.")
	b := lax(t, a, key("Ben"))
	write(t, b, "Wait.")
	must(t, a.Merge(b))
	if c := credit(t, a, "Ben"); c.Changes != 0 {
		t.Errorf("%+v", c)
	}
	if s := authorship.Notice(a.View()).String(); s != `"Bread" by Ann. CC-BY-SA-4.0.` {
		t.Errorf("%s", s)
	}
}

// manyRuns is a text of 100 kB in 8,000 runs, by changes of two people who take
// turns.
func manyRuns(t testing.TB, changes int) *crdt.Doc {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	write(t, a, strings.Repeat("The quick brown fox jumps over the lazy dog. ", 2000))
	meet(t, a, b)
	docs := []*crdt.Doc{a, b}
	for k := range changes {
		edit(t, docs[k%2], func(tx *crdt.Tx) {
			for i := range 4000 / changes {
				tx.Text("body").Insert((k+i*changes)*22+1, "xyz")
			}
		})
		if k%2 == 1 {
			meet(t, docs...)
		}
	}
	return a
}

// BenchmarkBlame measures blame of a text of 100 kB in 8,000 runs, of few
// changes and of many.
func BenchmarkBlame(b *testing.B) {
	for _, changes := range []int{10, 1000} {
		b.Run(fmt.Sprint(changes, " changes"), func(b *testing.B) {
			d := manyRuns(b, changes)
			text := d.View().Text("body")
			for b.Loop() {
				n := 0
				for range authorship.Blame(text) {
					n++
				}
				if n < 7500 {
					b.Fatal(n)
				}
			}
		})
	}
}

// TestBlameCost: blame costs a few times what reading the text costs, and not
// more for more people's acts than there are.
func TestBlameCost(t *testing.T) {
	text := manyRuns(t, 10).View().Text("body")
	if n := len(text.String()); n < 100_000 {
		t.Fatal(n)
	}
	allocs := testing.AllocsPerRun(5, func() {
		for range authorship.Blame(text) {
		}
	})
	if allocs > 600 {
		t.Errorf("%v allocations for 8,000 runs of 11 changes", allocs)
	}
}
