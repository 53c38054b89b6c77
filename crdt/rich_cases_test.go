package crdt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// bold is a mark that grows at its end, link one that does not grow.
var (
	bold = crdt.Mark{Key: "b", Value: true, Expand: crdt.ExpandAfter}
	link = crdt.Mark{Key: "a", Value: "u"}
)

// TestDiffRich pins what patches say of marks and blocks, step by step, in UTF-16.
func TestDiffRich(t *testing.T) {
	a, b := mirrorPair(t, "one 🙂 two")
	m := b.Mirror(b.View().Text("t").In(crdt.UTF16))
	last := a.View()
	for k, c := range []struct {
		by   *crdt.Doc
		do   func(x crdt.TextTx)
		want string
	}{
		{a, func(x crdt.TextTx) { x.Mark(0, 5, bold) }, `mark @0 +6 b true ann`},
		{b, func(x crdt.TextTx) { x.Mark(4, 7, link) }, `mark @4 +4 a "u" ben`},
		{b, func(x crdt.TextTx) { x.Insert(5, "!") }, `text @6 "!" ben; mark @6 +1 a "u" ben; mark @6 +1 b true ann`},
		{a, func(x crdt.TextTx) { x.Mark(0, 9, bold) }, `mark @7 +3 b true ann`}, // the rest shows it already
		{a, func(x crdt.TextTx) { x.Unmark(1, 4, "b") }, `mark @1 +3 b ann`},
		{b, func(x crdt.TextTx) {
			x.Mark(0, 2, crdt.Mark{Key: "c", ID: "1", Value: "hm"})
			x.Mark(1, 3, crdt.Mark{Key: "c", ID: "2", Value: "no"})
		}, `mark @0 +2 c/1 "hm" ben; mark @1 +2 c/2 "no" ben`},
		{a, func(x crdt.TextTx) { x.Split(3, crdt.Block{Kind: "heading", Level: 2}) }, `text @3 "\n" ann; block @3 "heading" 2 ann`},
		{b, func(x crdt.TextTx) { x.SetBlock(5, crdt.Block{Level: 3, Attrs: map[string]any{"x": 1}}) }, `block @3 "heading" 3 "x":int64 1 ben`},
		{a, func(x crdt.TextTx) { x.SetBlock(1, crdt.Block{Kind: "quote"}) }, `text @0 "\n" ann; block @0 "quote" 0 ann`},
		{b, func(x crdt.TextTx) { x.Insert(1, "\n") }, `text @1 "\n" ben`}, // a character, no marker
		{a, func(x crdt.TextTx) { x.Join(7) }, `text @5 -1 ann`},
		{b, func(x crdt.TextTx) { x.UnmarkID(0, x.Len(), "c", "2") }, `mark @3 +2 c/2 ben`},
		{a, func(x crdt.TextTx) { x.SetBlock(1, crdt.Block{Kind: "quote"}) }, ``},
		{a, func(x crdt.TextTx) { x.Delete(0, x.Len()) }, `text @0 -13 ann; delete`},
	} {
		editText(t, c.by, c.do)
		must(t, a.Merge(b))
		must(t, b.Merge(a))
		now := a.View()
		patches, err := crdt.DiffIn(last, now, crdt.UTF16)
		must(t, err)
		if got := briefRich(patches); got != c.want {
			t.Errorf("step %d: %s\nwant %s", k, got, c.want)
		}
		pulled := m.Pull()
		if now.Text("t").Len() > 0 && briefRich(pulled) != briefRich(patches) {
			t.Errorf("step %d: pulled %s, the diff is %s", k, briefRich(pulled), briefRich(patches))
		}
		last = now
	}
	whole, err := crdt.Diff(last, a.View())
	must(t, err)
	if len(whole) != 0 {
		t.Errorf("nothing has changed, but %v", whole)
	}
}

// briefRich writes patches of the text t down.
func briefRich(list []crdt.Patch) string {
	var out []string
	for _, p := range list {
		s := p.Op.String()
		if p.Op != crdt.PatchDelete {
			s += fmt.Sprintf(" @%d", p.At)
		}
		if p.Removed > 0 {
			s += fmt.Sprintf(" -%d", p.Removed)
		}
		if p.Text != "" {
			s += fmt.Sprintf(" %q", p.Text)
		}
		switch p.Op {
		case crdt.PatchMark:
			s += fmt.Sprintf(" +%d %s", p.Len, p.Key)
			if p.ID != "" {
				s += "/" + p.ID
			}
			if p.Value.Exists() {
				s += " " + jsonOf(p.Value)
			}
		case crdt.PatchBlock:
			s += " " + blockSays(*p.Block)
		}
		for _, name := range []string{"ann", "ben"} {
			if p.By == newKey(name).Author() {
				s += " " + name
			}
		}
		out = append(out, s)
	}
	return strings.Join(out, "; ")
}

// TestDiffManyMarkers puts two markers at once into text that is bold by growth, and lets
// that text be plain: what the second marker would have stopped is compared too.
func TestDiffManyMarkers(t *testing.T) {
	a, b := mirrorPair(t, "ab")
	editText(t, a, func(x crdt.TextTx) { x.Mark(0, 2, bold); x.Append("cdefgh") })
	must(t, b.Merge(a))
	last := b.View()
	s := newShadow(crdt.Runes)
	first, err := crdt.Diff(nil, last)
	must(t, err)
	must(t, s.apply(first))
	editText(t, a, func(x crdt.TextTx) {
		x.Split(6, crdt.Block{})
		x.Split(4, crdt.Block{})
	})
	c, err := a.Commit("")
	must(t, err)
	must(t, b.Merge(a))
	stop(t, b, c) // the marks that were carried over, not the markers
	patches, err := crdt.Diff(last, b.View())
	must(t, err)
	must(t, s.apply(patches))
	must(t, s.sameAllRich(b.View()))
	if got, want := lines(b.View().Text("t")), []string{":ab{b}cd{b}", ":ef", ":gh"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// stop deletes the marks that a change made.
func stop(t *testing.T, d *crdt.Doc, c crdt.Change) {
	t.Helper()
	must(t, crdt.DeleteMarks(d, c.ID))
}

// TestMarkWordsLate: the value of a mark that comes late is a patch when it comes.
func TestMarkWordsLate(t *testing.T) {
	a, b := mirrorPair(t, "words")
	editText(t, a, func(x crdt.TextTx) { x.Mark(0, 3, link) })
	c, err := a.Commit("")
	must(t, err)
	must(t, bridge.Of(a).Leave())
	id, err := block.ChangeID(c.ID)
	must(t, err)
	i, _ := bridge.Of(a).Index(id)
	whole, _ := bridge.Of(a).Bundle([]int{i}, 1<<20)
	without := whole
	without.Items = slices.Clone(whole.Items)
	without.Items[0].Words = nil
	m := b.Mirror(b.View().Text("t"))
	must(t, give(b, without))
	last := b.View()
	if v, ok := last.Text("t").MarksAt(1)["a"]; !ok || !v.Withheld() {
		t.Fatalf("a mark without words shows %v", v)
	}
	if got := m.Pull(); len(got) != 1 || !got[0].Value.Withheld() {
		t.Fatalf("%v", tellAll(got))
	}
	must(t, give(b, whole))
	got, err := crdt.Diff(last, b.View())
	must(t, err)
	if want := `mark @0 +3 a "u" ann`; briefRich(got) != want || briefRich(m.Pull()) != want {
		t.Fatalf("%v", tellAll(got))
	}
}

// TestMirrorBesideMarks types where the doc hides what the editor shows: at the end of a
// link whose last letter another has deleted.
func TestMirrorBesideMarks(t *testing.T) {
	for _, at := range []int{0, 1, 2} {
		a, b := mirrorPair(t, "xyz")
		editText(t, a, func(x crdt.TextTx) { x.Mark(0, 2, link) })
		must(t, b.Merge(a))
		m := a.Mirror(a.View().Text("t"))
		editText(t, b, func(x crdt.TextTx) { x.Delete(at, at+1) })
		must(t, a.Merge(b))
		must(t, m.Replace(1, 1, "N"))
		if got := m.String(); got != "xNyz" {
			t.Errorf("the editor shows %q", got)
		}
		shown := "xNyz"
		for _, p := range m.Pull() {
			if p.Op == crdt.PatchText {
				shown, _ = splice(shown, crdt.Runes, p.At, p.Removed, p.Text)
			}
		}
		if shown != a.View().Text("t").String() {
			t.Errorf("the editor shows %q, the doc %q", shown, a.View().Text("t"))
		}
	}
}

// TestSplitKeepsMarks: who divides a block does not change how its text looks, nor does
// who takes that back or does it again.
func TestSplitKeepsMarks(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	u := crdt.NewUndo(d)
	text := func(fn func(x crdt.TextTx)) {
		t.Helper()
		editText(t, d, fn)
		u.Break()
	}
	show := func(want ...string) {
		t.Helper()
		if got := lines(d.View().Text("t")); !slices.Equal(got, want) {
			t.Fatalf("%q, want %q", got, want)
		}
		must(t, d.CheckRooms())
	}
	text(func(x crdt.TextTx) { x.Append("ab"); x.Mark(0, 2, bold); x.Append("cdef") })
	show(":abcdef{b}")
	text(func(x crdt.TextTx) { x.Split(4, crdt.Block{Kind: "p"}) })
	show(":abcd{b}", "p:ef{b}")
	text(func(x crdt.TextTx) { x.Append("!") })
	show(":abcd{b}", "p:ef{b}!{b}")
	undo(t, u)
	show(":abcd{b}", "p:ef{b}")
	undo(t, u)
	show(":abcdef{b}")
	redo(t, u)
	show(":abcd{b}", "p:ef{b}")
	undo(t, u)
	show(":abcdef{b}")
	text(func(x crdt.TextTx) { x.Unmark(2, 3, "b"); x.Insert(3, "-"); x.Split(4, crdt.Block{}) })
	show(":ab{b}c-", ":def{b}")
	text(func(x crdt.TextTx) { // what grows at its beginning
		x.SetString("xyz")
		x.Unmark(0, 3, "b")
		x.Mark(2, 3, crdt.Mark{Key: "q", Value: 1, Expand: crdt.ExpandBefore})
		x.Insert(2, "12")
		x.Split(3, crdt.Block{})
	})
	show(":xy1{q}", ":2z{q}")
}

// TestUndoRich: a press takes back or brings back how the text looks, exactly, when
// nobody else edits.
func TestUndoRich(t *testing.T) {
	seeds := 150
	if testing.Short() {
		seeds = 30
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 61))
		d, err := crdt.New(newKey("ann"))
		must(t, err)
		u := crdt.NewUndo(d)
		e := editor{r, t.Fatalf}
		looks := []string{""}
		look := func() string { return richOf(d.View().Text("t")).String() + d.View().Text("t").String() }
		at := 0
		for range 40 {
			switch {
			case r.IntN(3) > 0:
				before := d.View().Changes()
				editText(t, d, func(x crdt.TextTx) {
					for range 1 + r.IntN(3) {
						if e.text(x); r.IntN(2) == 0 {
							e.rich(x)
						}
					}
				})
				u.Break()
				if d.View().Changes() == before {
					continue // nothing was edited
				}
				at++
				looks = append(looks[:at], look())
			case r.IntN(2) == 0 && at > 0:
				before := look()
				x := undo(t, u)
				at--
				if got := look(); !x.Visible && got != before {
					t.Fatalf("seed %d: visible is %v, it looks\n%s\nit looked\n%s", seed, x.Visible, got, before)
				} else if got != looks[at] {
					t.Fatalf("seed %d: undone, it looks\n%s\nit looked\n%s", seed, got, looks[at])
				}
			case at+1 < len(looks):
				before := look()
				x := redo(t, u)
				at++
				if got := look(); !x.Visible && got != before {
					t.Fatalf("seed %d: visible is %v, it looks\n%s\nit looked\n%s", seed, x.Visible, got, before)
				} else if got != looks[at] {
					t.Fatalf("seed %d: redone, it looks\n%s\nit looked\n%s", seed, got, looks[at])
				}
			}
		}
	}
}

// TestRevertRich: a work that goes back to a version looks as it did.
func TestRevertRich(t *testing.T) {
	seeds := 150
	if testing.Short() {
		seeds = 30
	}
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 62))
		a, b := pair(t, "first")
		e := editor{r, t.Fatalf}
		edit := func(d *crdt.Doc) {
			editText(t, d, func(x crdt.TextTx) { e.text(x); e.rich(x) })
			_, _ = d.Commit("")
		}
		for range 6 {
			edit(a)
			edit(b)
		}
		both(t, a, b)
		then := a.View()
		for range 6 {
			edit(a)
			edit(b)
		}
		both(t, a, b)
		must(t, a.Update(func(tx *crdt.Tx) error { tx.RevertTo(then.Version()); return nil }))
		got, want := richOf(a.View().Text("t")).String(), richOf(then.Text("t")).String()
		if got != want || a.View().Text("t").String() != then.Text("t").String() {
			t.Fatalf("seed %d: %q looks\n%s\nthen\n%s", seed, then.Text("t"), got, want)
		}
		must(t, a.CheckRooms())
	}
}

// TestUndoHiddenMarks takes marks back, and brings them again, that show and that do
// not: others lie over them, their text is gone, they take nothing away. A press says
// which it was.
func TestUndoHiddenMarks(t *testing.T) {
	seeds := 200
	if testing.Short() {
		seeds = 40
	}
	seen, hidden := 0, 0
	for seed := range uint64(seeds) {
		r := rand.New(rand.NewPCG(seed, 63))
		b, a := pair(t, "abcdef")
		u := crdt.NewUndo(a)
		look := func() string { return richOf(a.View().Text("t")).String() }
		for range 25 {
			n := a.View().Text("t").Len()
			i := r.IntN(n)
			j := i + 1 + r.IntN(n-i)
			m := richOnes[r.IntN(3)]
			if m.Value = r.IntN(2); r.IntN(4) == 0 {
				m.Value = nil
			}
			before := look()
			var x crdt.Undone
			var err error
			switch r.IntN(5) {
			case 0, 1:
				editText(t, a, func(x crdt.TextTx) { x.Mark(i, j, m) })
				u.Break()
				continue
			case 2:
				editText(t, b, func(x crdt.TextTx) {
					k := r.IntN(x.Len())
					if x.Mark(k, k+1, m); x.Len() > 2 && r.IntN(3) == 0 {
						x.Delete(k, k+1)
					}
				})
				both(t, a, b)
				continue
			case 3:
				x, err = u.Undo()
			default:
				x, err = u.Redo()
			}
			if errors.Is(err, crdt.ErrNothing) {
				continue
			}
			must(t, err)
			if shows := look() != before; x.Visible != shows {
				t.Fatalf("seed %d: a press is visible: %v, before\n%s\nafter\n%s", seed, x.Visible, before, look())
			} else if shows {
				seen++
			} else {
				hidden++
			}
		}
		must(t, a.CheckRooms())
	}
	t.Logf("%d presses that show, %d that do not", seen, hidden)
	if seen < seeds || hidden < seeds/2 {
		t.Error("less than promised")
	}
}

// TestUndoSplits divides text twice before a mark that has grown over it, and takes
// that back: the marker that came last goes on to stop growth, deleted as it is.
func TestUndoSplits(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	u := crdt.NewUndo(d)
	edit := func(fn func(x crdt.TextTx)) { editText(t, d, fn); u.Break() }
	edit(func(x crdt.TextTx) { x.Split(0, crdt.Block{}) })
	edit(func(x crdt.TextTx) { x.Mark(0, 1, crdt.Mark{Key: "q", Value: 1, Expand: crdt.ExpandBefore}) })
	edit(func(x crdt.TextTx) { x.Insert(0, "a") })
	for range 2 {
		edit(func(x crdt.TextTx) { x.Split(1, crdt.Block{}) })
	}
	for k := range 3 {
		if v := d.View().Text("t").MarksAt(0)["q"]; v.Any() != int64(1) {
			t.Errorf("after %d presses the text shows %v", k, v.Any())
		}
		if k < 2 {
			undo(t, u)
		}
	}
	must(t, d.CheckRooms())
}

// TestMarkNames: an ID is told from a key with a slash, whatever they spell, and a name
// leads back to both.
func TestMarkNames(t *testing.T) {
	d, err := crdt.New(newKey("ann"))
	must(t, err)
	all := []crdt.Mark{
		{Key: "k/i"}, {Key: "k", ID: "i"}, {Key: "k/i", ID: "i"}, {Key: "k", ID: "i/i"}, {Key: "k"},
		{Key: "k~1i"}, {Key: "~"}, {Key: "/", ID: "~"}, {Key: "k/"}, {Key: "/k", ID: "k/"},
	}
	editText(t, d, func(x crdt.TextTx) {
		x.Append("abcdef")
		for k, m := range all {
			m.Value = k
			x.Mark(k%5, 6, m)
		}
	})
	text := d.View().Text("t")
	names := text.MarksAt(5)
	if len(names) != len(all) {
		t.Fatalf("%d names of %d marks: %v", len(names), len(all), names)
	}
	for k, m := range all {
		if v := names[m.Name()]; v.Any() != int64(k) {
			t.Errorf("%+v, called %q, shows %v", m, m.Name(), v.Any())
		}
		parts, err := crdt.ParsePointer("/" + m.Name())
		if id := append(parts, "")[1]; err != nil || parts[0] != m.Key || id != m.ID || m.Name() != nameOf(m.Key, m.ID) {
			t.Errorf("%q of %+v leads to %q, %v", m.Name(), m, parts, err)
		}
	}
	if name := (crdt.Mark{Key: "bold"}).Name(); name != "bold" {
		t.Errorf("bold is called %q", name)
	}
	editText(t, d, func(x crdt.TextTx) { x.Unmark(0, 6, "k/i") })
	text = d.View().Text("t")
	if shows := text.MarksAt(5); shows["k~1i"].Exists() || shows["k/i"].Any() != int64(1) {
		t.Errorf("%v", shows)
	}
	must(t, checkParts(text))
	for _, i := range []int{-1, 6} {
		if m := text.MarksAt(i); m != nil {
			t.Errorf("at %d: %v", i, m)
		}
	}
}

// TestTypedBetweenMarks types and pastes between two words that have the same link by
// two marks: no place has it, so the change that inserts marks what it inserts.
func TestTypedBetweenMarks(t *testing.T) {
	for name, insert := range map[string]func(x crdt.TextTx){
		"typed":   func(x crdt.TextTx) { x.Insert(2, "XY") },
		"pasted":  func(x crdt.TextTx) { x.Quote(2, x.Slice(5, 7)) },
		"moved":   func(x crdt.TextTx) { x.Move(5, 7, x, 2) },
		"set":     func(x crdt.TextTx) { x.SetString("abXYcd") },
		"divided": func(x crdt.TextTx) { x.Insert(2, "XY"); x.Split(3, crdt.Block{}) },
	} {
		a, b := mirrorPair(t, "abcd XY")
		editText(t, a, func(x crdt.TextTx) {
			x.Mark(0, 2, link)
			x.Mark(2, 4, link)
			insert(x)
		})
		must(t, b.Merge(a))
		for _, d := range []*crdt.Doc{a, b} {
			for k := range 6 {
				if v := d.View().Text("t").MarksAt(k)["a"]; v.Any() != "u" && d.View().Text("t").Slice(k, k+1).String() != "\n" {
					t.Errorf("%s: %q shows %v at %d", name, d.View().Text("t"), v.Any(), k)
				}
			}
			must(t, d.CheckRooms())
		}
		must(t, a.Update(func(tx *crdt.Tx) error { // and all that goes with the Update
			insert(tx.Text("t"))
			return nil
		}))
		before := showRich(b.View())
		if err := b.Update(func(tx *crdt.Tx) error { insert(tx.Text("t")); return errPlanned }); err == nil || showRich(b.View()) != before {
			t.Errorf("%s: %v, and %s", name, err, showRich(b.View()))
		}
		must(t, b.CheckRooms())
	}
}
