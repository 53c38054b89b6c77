package authorship_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/authorship"
	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
)

// alike compares what a fork shows with what the work showed: the JSON, and of every
// character of the texts at the top who wrote it first.
func alike(t testing.TB, f, a *crdt.View) {
	t.Helper()
	got, err := json.Marshal(f)
	must(t, err)
	want, err := json.Marshal(a)
	must(t, err)
	if string(got) != string(want) {
		t.Fatalf("the fork shows\n%.2000s\nwant\n%.2000s", got, want)
	}
	for _, name := range []string{"body", "x", "y"} {
		if got, want := shape(f.Text(name)), shape(a.Text(name)); got != want {
			t.Fatalf("%s is\n%.2000s\nwant\n%.2000s", name, got, want)
		}
		first := func(v *crdt.View) (out []string) {
			for s := range authorship.Blame(v.Text(name)) {
				for _, r := range s.Text {
					if r != '\n' {
						out = append(out, string(r)+s.Author.ID.String())
					}
				}
			}
			return out
		}
		if got, want := first(f), first(a); !slices.Equal(got, want) {
			t.Fatalf("%s: %d characters by %.300q, want %d by %.300q", name, len(got), fmt.Sprint(got), len(want), fmt.Sprint(want))
		}
	}
}

// TestForkLarge: a work that does not fit into one Update is carried in several.
func TestForkLarge(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	for k := range 12 {
		d := []*crdt.Doc{a, b}[k%2]
		edit(t, d, func(tx *crdt.Tx) {
			body := tx.Text("body")
			for n := range 30 {
				body.Split(body.Len(), crdt.Block{Kind: "item", Level: n % 3})
				body.Append(strings.Repeat(fmt.Sprint(k, " ", n, " wörds. "), 40))
			}
			body.Mark(body.Len()-50, body.Len(), crdt.Mark{Key: "bold", Value: true})
			for n := range 60 {
				tx.List("l").Insert(tx.List("l").Len(), n, strings.Repeat("v", 100))
				_, m := tx.List("l").InsertMap(0)
				m.Put("n", n)
				tx.Map("m").Put(fmt.Sprint(k, n), "x")
				tx.Set("s").Add(k*100 + n)
				tx.Tree("t").Insert(crdt.Elem{}, 0)
			}
		})
		meet(t, a, b)
	}
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	if n := f.View().Changes(); n < 4 || n > 40 {
		t.Errorf("%d changes", n)
	}
	alike(t, f.View(), a.View())
	for s := range authorship.Blame(f.View().Text("body")) {
		if s.Origin != nil && s.Origin.Proof != authorship.Proven {
			t.Fatalf("%.20q: %+v", s.Text, s.Origin)
		}
	}
}

// TestForkDeep: nothing is too deep.
func TestForkDeep(t *testing.T) {
	a := found(t, key("Ann"))
	deep := 3000
	if testing.Short() {
		deep = 300
	}
	edit(t, a, func(tx *crdt.Tx) {
		m := tx.Map("m")
		for range deep {
			m = m.Map("k")
		}
		m.Put("end", 1)
		tree, up := tx.Tree("t"), crdt.Elem{}
		for range deep {
			up, _ = tree.Insert(up, 0)
		}
	})
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	alike(t, f.View(), a.View())
	if r := authorship.Terms(a.View()); !slices.Equal(r.Outbound, []string{terms}) {
		t.Error(r.Outbound)
	}
}

// TestForkCounters: nobody keeps others from leaving by a counter that is out of bounds.
func TestForkCounters(t *testing.T) {
	a := found(t, key("Ann"))
	b := join(t, a, key("Ben"))
	for _, d := range []*crdt.Doc{a, b} {
		edit(t, d, func(tx *crdt.Tx) { tx.Counter("over").Add(math.MaxInt64); tx.Put("k", 1) })
	}
	edit(t, b, func(tx *crdt.Tx) { tx.Counter("own").Add(math.MaxInt64) })
	edit(t, b, func(tx *crdt.Tx) { tx.Counter("own").Add(math.MaxInt64) })
	meet(t, a, b)
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	if _, err := f.View().Counter("over").Int(); !errors.Is(err, crdt.ErrLimit) {
		t.Errorf("the sum is in bounds: %v", err)
	}
	if n, err := f.View().Counter("own").Int(); n != 0 || err != nil || f.View().Get("k").Any() != int64(1) {
		t.Errorf("%d %v", n, err)
	}
	if out := authorship.Outbound(a.View()); !slices.Equal(out, []string{terms}) {
		t.Errorf("%q", out)
	}
}

// TestForkRefused: what is open is not forked, nor a work without terms; nothing is left
// behind.
func TestForkRefused(t *testing.T) {
	a := found(t, key("Ann"))
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("open"); return nil }))
	if _, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}); !errors.Is(err, crdt.ErrUnsealed) {
		t.Errorf("open: %v", err)
	}
	values := found(t, key("Ann"))
	must(t, values.Update(func(tx *crdt.Tx) error { tx.Put("open", 1); return nil }))
	if _, err := authorship.Fork(values.View(), key("Eve"), authorship.Charter{}); !errors.Is(err, crdt.ErrUnsealed) {
		t.Errorf("open values: %v", err)
	}
	_, err := a.Commit("")
	must(t, err)
	for _, ask := range []string{"MIT", "CC-BY-SA-4.0 OR MIT", "CC-BY-SA-9.0", "GPL-3.0-only"} {
		_, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{Terms: []string{ask}})
		if !errors.Is(err, authorship.ErrTerms) && !errors.Is(err, authorship.ErrCharter) {
			t.Errorf("%s: %v", ask, err)
		}
	}
	bare, err := crdt.New(key("Ann"), crdt.Title("Bread"))
	must(t, err)
	write(t, bare, "x")
	if e := termsError(t, err2(authorship.Fork(bare.View(), key("Eve"), authorship.Charter{}))); e.SourceTerms != nil {
		t.Errorf("%+v", e)
	}
	if e := termsError(t, err2(authorship.Fork(bare.View(), key("Eve"), authorship.Charter{Terms: []string{"MIT"}}))); !slices.Equal(e.Missing, []string{"MIT"}) {
		t.Errorf("%+v", e)
	}
	// Not signed yet: it is carried without proof.
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	if o := blame(f)[0].Origin; o == nil || o.Proof != authorship.Claimed || o.Author.ID != a.Author() {
		t.Errorf("%+v", o)
	}
}

// err2 is the error of two results.
func err2(_ any, err error) error { return err }

// TestForkOfFork: a fork of a fork keeps the first authors and what is said of them, and
// quotes by an exception stay that.
func TestForkOfFork(t *testing.T) {
	a := garden(t, terms)
	edit(t, a, func(tx *crdt.Tx) {
		must(t, authorship.Quote(tx, tx.Text("x"), 0, signedWork(t, "Dan", "Buns", "MIT", "Bake.").View().Text("body"), authorship.WithException("satire")))
	})
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{Title: "Orchard", Source: "https://example.org/orchard"}, fixed())
	must(t, err)
	edit(t, f, func(tx *crdt.Tx) { tx.Text("y").Append("Eve.") })
	must(t, bridge.Of(f).Leave())
	g, err := authorship.Fork(f.View(), key("Fay"), authorship.Charter{}, fixed())
	must(t, err)
	alike(t, g.View(), f.View())
	n := authorship.Notice(g.View())
	if len(n.Quotes) != 3 || n.Quotes[0].Work != f.ID() || !n.Quotes[0].Fork || n.Title != "Orchard" || n.Quotes[0].Changes != 0 {
		t.Fatalf("%+v", n.Quotes)
	}
	byWork := map[string]string{}
	for _, q := range n.Quotes {
		byWork[q.Title] = listed(q.Authors)
	}
	if byWork["Orchard"] != "Eve" || byWork["Buns"] != "Dan" || byWork["Garden"] != "Ann, Ben" && byWork["Garden"] != "Ben, Ann" {
		t.Errorf("%q", byWork)
	}
	if len(n.Exceptions) != 1 || n.Exceptions[0].Reason != "satire" || n.Exceptions[0].By.Name != "Fay" || n.Exceptions[0].Author.Name != "Dan" || !slices.Equal(n.Terms, []string{terms}) {
		t.Errorf("%+v", n.Exceptions)
	}
	edit(t, g, func(tx *crdt.Tx) { tx.Put("new", 1) })
	if q := authorship.Notice(g.View()).Quotes[0]; q.Changes != 1 {
		t.Errorf("%d changes since", q.Changes)
	}
}

// TestForkTaken: whoever made what cannot carry its origin is thanked all the same, and
// nobody but the founder says so.
func TestForkTaken(t *testing.T) {
	a := found(t, key("Ann"))
	write(t, a, "Ann. ")
	b := join(t, a, key("Ben"))
	edit(t, b, func(tx *crdt.Tx) { tx.Map("oven").Put("heat", "as hot as it gets") })
	must(t, a.Merge(b))
	must(t, bridge.Of(a).Leave())
	f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
	must(t, err)
	d := join(t, f, key("Dan"))
	edit(t, d, func(tx *crdt.Tx) {
		tx.ActWords("taken", map[string]any{"by": keyBytes(key("Mallory").Author()), "work": a.ID()}, "Mallory")
		tx.Act("fork", map[string]any{"heads": []any{}, "title": "Mine", "work": word("x")})
	})
	must(t, f.Merge(d))
	q := authorship.Notice(f.View()).Quotes
	if len(q) != 1 || q[0].Title != "Bread" || listed(q[0].Authors) != "Ann, Ben" || q[0].Changes != 1 {
		t.Errorf("%+v", q)
	}
}

// TestForkRandom: whatever two people have made, the fork shows it, and who.
func TestForkRandom(t *testing.T) {
	rounds := 40
	if testing.Short() {
		rounds = 5
	}
	for seed := range rounds {
		rng := rand.New(rand.NewPCG(uint64(seed), 7))
		a := found(t, key("Ann"))
		b := join(t, a, key("Ben"))
		for range 12 {
			d := []*crdt.Doc{a, b}[rng.IntN(2)]
			edit(t, d, func(tx *crdt.Tx) {
				for range 1 + rng.IntN(6) {
					scribble(tx, rng)
				}
				tx.Put("n", rng.IntN(9))
			})
			if rng.IntN(3) == 0 {
				meet(t, a, b)
			}
		}
		meet(t, a, b)
		must(t, bridge.Of(a).Leave())
		f, err := authorship.Fork(a.View(), key("Eve"), authorship.Charter{}, fixed())
		must(t, err)
		alike(t, f.View(), a.View())
		if out := authorship.Outbound(f.View()); !slices.Equal(out, []string{terms}) {
			t.Fatalf("seed %d: %q", seed, out)
		}
	}
}

// scribble makes one edit of any kind.
func scribble(tx *crdt.Tx, rng *rand.Rand) {
	text := tx.Text([]string{"body", "x"}[rng.IntN(2)])
	at := rng.IntN(text.Len() + 1)
	end := at + rng.IntN(text.Len()-at+1)
	switch rng.IntN(14) {
	case 0, 1, 2:
		text.Insert(at, []string{"ab", "é", "\n", "words "}[rng.IntN(4)])
	case 3:
		text.Delete(at, min(end, at+3))
	case 4:
		text.Split(at, crdt.Block{Kind: []string{"", "item", "heading"}[rng.IntN(3)], Level: rng.IntN(3)})
	case 5:
		text.Mark(at, end, crdt.Mark{Key: []string{"bold", "link"}[rng.IntN(2)], Value: rng.IntN(3), Expand: crdt.Expand(rng.IntN(4)), ID: []string{"", "i"}[rng.IntN(2)]})
	case 6:
		text.Quote(at, text.Slice(0, min(3, text.Len())))
	case 7:
		text.Move(at, min(end, at+2), tx.Text("y"), 0)
	case 8:
		l := tx.List("l")
		l.Insert(rng.IntN(l.Len()+1), rng.IntN(9), "s")
	case 9:
		l := tx.List("l")
		if l.Len() > 0 {
			l.Move(l.Elem(rng.IntN(l.Len())), rng.IntN(l.Len()))
		}
		_, m := l.InsertMap(0)
		m.Put("k", rng.IntN(5))
	case 10:
		m := tx.Map("m").Map(fmt.Sprint(rng.IntN(3)))
		m.Put("v", []any{"a", rng.IntN(4)})
		m.Text("t").Append("in ")
	case 11:
		tx.Set("s").Add(rng.IntN(5), "x")
		tx.Counter("c").Add(int64(rng.IntN(9) - 4))
	case 12:
		tree := tx.Tree("t")
		up := crdt.Elem{}
		for e := range tree.All() {
			if rng.IntN(3) == 0 {
				up = e
				break
			}
		}
		_, data := tree.Insert(up, 0)
		data.Put("n", rng.IntN(9))
	case 13:
		tx.Map("m").Delete(fmt.Sprint(rng.IntN(3)))
	}
}
