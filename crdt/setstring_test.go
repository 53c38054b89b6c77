package crdt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// TestSetString: only what differs is the setter's, by whole characters.
func TestSetString(t *testing.T) {
	for _, c := range []struct{ was, set, want string }{
		{"Hello world", "Hello brave world", `ann:"Hello " ben:"brave " ann:"world"`},
		{"Hello world", "Hello world", `ann:"Hello world"`},
		{"Hello world", "", ``},
		{"", "Hello", `ben:"Hello"`},
		{"caf\u00e9", "cafe\u0301", `ann:"caf" ben:"e` + "\u0301" + `"`},
		{"cafe", "cafe\u0301", `ann:"caf" ben:"e` + "\u0301" + `"`},
		{"👩\u200d🔬 works", "👩\u200d🎓 works", `ben:"👩` + "\u200d" + `🎓" ann:" works"`},
		{"🇩🇪🇫🇷", "🇩🇪🇩🇪🇫🇷", `ann:"🇩🇪" ben:"🇩🇪" ann:"🇫🇷"`},
		{"a\r\nb", "a\nb", `ann:"a" ben:"\n" ann:"b"`},
		{"kitten", "sitting", `ben:"s" ann:"itt" ben:"i" ann:"n" ben:"g"`},
		{"x🙂y", "x🙁y", `ann:"x" ben:"🙁" ann:"y"`},
	} {
		a, b := pair(t, c.was)
		edit(t, b, func(tx *crdt.Tx) { tx.Text("t").In(crdt.UTF16).SetString(c.set) })
		if got := strings.ReplaceAll(blame(b, "t"), `\u200d`, "\u200d"); got != strings.ReplaceAll(c.want, `\u200d`, "\u200d") {
			t.Errorf("%q to %q: %s, want %s", c.was, c.set, got, c.want)
		}
		if c.was == c.set {
			if _, err := b.Commit(""); !errors.Is(err, crdt.ErrNothing) {
				t.Errorf("an equal text is written: %v", err)
			}
		}
		both(t, a, b)
	}
}

// TestSetStringMerges: setting a whole text keeps what others type in it at the
// same time, in its place.
func TestSetStringMerges(t *testing.T) {
	a, b := pair(t, "one two three")
	edit(t, a, func(tx *crdt.Tx) { tx.Text("t").Insert(5, "X") })
	edit(t, b, func(tx *crdt.Tx) { tx.Text("t").SetString("One two three four") })
	both(t, a, b)
	if got := a.View().Text("t").String(); got != "One tXwo three four" {
		t.Error(got)
	}
}

// TestSetStringBad: a string that is not UTF-8 dooms the Update.
func TestSetStringBad(t *testing.T) {
	_, b := pair(t, "abc")
	err := b.Update(func(tx *crdt.Tx) error {
		tx.Text("t").SetString("x")
		tx.Text("t").SetString("a\xff")
		return nil
	})
	if !errors.Is(err, crdt.ErrMalformed) || b.View().Text("t").String() != "abc" {
		t.Errorf("%v, %q", err, b.View().Text("t"))
	}
}

// TestSetStringRandom: the text is what was set, over random edits of two people.
func TestSetStringRandom(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	e := editor{r, t.Fatalf}
	a, b := pair(t, "some words to begin with")
	for range 200 {
		d := []*crdt.Doc{a, b}[r.IntN(2)]
		switch r.IntN(3) {
		case 0:
			both(t, a, b)
		case 1:
			edit(t, d, func(tx *crdt.Tx) { e.text(tx.Text("t")) })
		default:
			edit(t, d, func(tx *crdt.Tx) {
				was := []rune(tx.Text("t").String())
				i := r.IntN(len(was) + 1)
				j := min(len(was), i+r.IntN(5))
				set := string(was[:i]) + e.words() + string(was[j:])
				tx.Text("t").SetString(set)
				if got := tx.Text("t").String(); got != set {
					t.Fatalf("set %q, got %q", set, got)
				}
			})
		}
	}
	both(t, a, b)
}

// TestSetStringLarge: a long text is set to others, and back by undo.
func TestSetStringLarge(t *testing.T) {
	n := 1 << 18
	if testing.Short() {
		n = 1 << 16
	}
	make1 := func(seed uint64) string {
		r := rand.New(rand.NewPCG(seed, 5))
		var b strings.Builder
		for b.Len() < n {
			fmt.Fprintf(&b, "%x ", r.Uint32())
			if r.IntN(12) == 0 {
				b.WriteByte('\n')
			}
		}
		return b.String()
	}
	old, other := make1(1), make1(2)
	a, b := pair(t, old)
	u := crdt.NewUndo(b)
	for _, set := range []string{other, old, strings.ReplaceAll(old, "\n", "\n> "), strings.ToUpper(old)} {
		edit(t, b, func(tx *crdt.Tx) { tx.Text("t").SetString(set) })
		u.Break()
		if b.View().Text("t").String() != set {
			t.Fatal("another text")
		}
	}
	for u.CanUndo() {
		undo(t, u)
	}
	must(t, a.Merge(b))
	if a.View().Text("t").String() != old {
		t.Error("the first text is not back")
	}
	for r := range a.View().Text("t").Runs() {
		if r.By != a.Author() {
			t.Errorf("%d bytes are another's", len(r.Text))
		}
	}
}

// A form gives the whole text; only what was changed in it is the writer's.
func ExampleTextTx_SetString() {
	d, err := crdt.New(newKey("ann"))
	check(err)
	check(d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead the dough."); return nil }))
	b, err := d.Clone(newKey("ben"))
	check(err)
	check(b.Update(func(tx *crdt.Tx) error { tx.Text("body").SetString("Knead the soft dough."); return nil }))
	for r := range b.View().Text("body").Runs() {
		fmt.Printf("%q by ann: %v\n", r.Text, r.By == d.Author())
	}
	// Output:
	// "Knead the " by ann: true
	// "soft " by ann: false
	// "dough." by ann: true
}

// BenchmarkSetStringDoc sets a text of 1 MB.
func BenchmarkSetStringDoc(b *testing.B) {
	text := strings.Repeat("The quick brown fox jumps over the lazy dog.\n", 1<<20/45)
	d, err := crdt.New(newKey("ann"))
	must(b, err)
	edit(b, d, func(tx *crdt.Tx) { tx.Text("t").Append(text) })
	for k := 0; b.Loop(); k++ {
		edit(b, d, func(tx *crdt.Tx) { tx.Text("t").SetString(text[:k%1000*100] + "." + text[k%1000*100:]) })
	}
}
