package crdt_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// richOnes are the marks that the random histories use: key, ID and how they grow.
var richOnes = []crdt.Mark{
	{Key: "b", Expand: crdt.ExpandAfter}, {Key: "i", Expand: crdt.ExpandBoth}, {Key: "a", Expand: crdt.ExpandNone},
	{Key: "q", Expand: crdt.ExpandBefore}, {Key: "c", ID: "1"}, {Key: "c", ID: "2"},
}

// editRich makes one random edit of a rich text.
func editRich(r *rand.Rand, tx *crdt.Tx) {
	t := tx.Text("t")
	n := t.Len()
	i := r.IntN(n + 1)
	j := i + r.IntN(min(n-i, 6)+1)
	switch m := richOnes[r.IntN(len(richOnes))]; r.IntN(12) {
	case 0, 1, 2, 3:
		t.Insert(i, "abcäé"[:1+r.IntN(3)])
	case 4, 5:
		t.Delete(i, j)
	case 6, 7:
		m.Value = r.IntN(2)
		t.Mark(i, j, m)
	case 8:
		t.UnmarkID(i, j, m.Key, m.ID)
	case 9:
		t.Split(i, crdt.Block{Kind: []string{"", "heading", "quote"}[r.IntN(3)], Level: r.IntN(3)})
	case 10:
		if p := lastMarker(tx, i); p > 0 {
			t.Join(i)
		}
	case 11:
		t.SetBlock(i, crdt.Block{Kind: "item", Attrs: map[string]any{"done": r.IntN(2) == 0}})
	}
}

// lastMarker is the position of the marker of the block that position i is in.
func lastMarker(tx *crdt.Tx, i int) int {
	at := -1
	for b := range tx.View().Text("t").Blocks() {
		if b.At >= 0 && b.At < i {
			at = b.At
		}
	}
	return at
}

// showRich is all that can be read of a rich text.
func showRich(v *crdt.View) string {
	s := ""
	for b := range v.Text("t").Blocks() {
		s += fmt.Sprintf("\n%d %q %d %v:", b.At, b.Kind, b.Level, b.Attrs)
		for run := range b.Text.Runs() {
			s += fmt.Sprintf(" %q", run.Text)
			for _, m := range richOnes {
				key := m.Key
				if m.ID != "" {
					key += "/" + m.ID
				}
				if x, ok := run.Marks[key]; ok {
					s += fmt.Sprintf(" %s=%v", key, x.Any())
				}
			}
		}
	}
	return s
}

// TestRichHistories: replicas that make, mark and divide one text, with changes taken
// back, failing Updates and merges in any order, show the same; so does a view that is
// built anew, and a replica that gets all in one batch.
func TestRichHistories(t *testing.T) {
	histories := 300
	if testing.Short() {
		histories = 60
	}
	failed := errors.New("not this time")
	for seed := range uint64(histories) {
		r := rand.New(rand.NewPCG(seed, 77))
		a, err := crdt.New(newKey("rich a"))
		must(t, err)
		docs := []*crdt.Doc{a}
		for _, name := range []string{"rich b", "rich c"} {
			d, err := a.Clone(newKey(name))
			must(t, err)
			docs = append(docs, d)
		}
		check := func(d *crdt.Doc, what string) {
			t.Helper()
			if err := d.CheckRooms(); err != nil {
				t.Fatalf("seed %d, after %s: %v", seed, what, err)
			}
		}
		for range 30 {
			d := docs[r.IntN(3)]
			switch r.IntN(8) {
			case 0:
				must(t, d.Merge(docs[r.IntN(3)]))
				check(d, "a merge")
			case 1:
				before := showRich(d.View())
				err := d.Update(func(tx *crdt.Tx) error { editRich(r, tx); editRich(r, tx); return failed })
				if !errors.Is(err, failed) || showRich(d.View()) != before {
					t.Fatalf("seed %d: %v, and %s became %s", seed, err, before, showRich(d.View()))
				}
				check(d, "a rollback")
			case 2:
				if u := crdt.NewUndo(d); u.CanUndo() {
					_, err := u.Undo()
					must(t, err)
				}
				check(d, "an undo")
			default:
				must(t, d.Update(func(tx *crdt.Tx) error { editRich(r, tx); return nil }))
				check(d, "an edit")
			}
			if r.IntN(3) == 0 {
				_, err := d.Commit("")
				if !errors.Is(err, crdt.ErrNothing) {
					must(t, err)
				}
			}
		}
		old := docs[0].Heads()
		then, err := docs[0].At(old)
		must(t, err)
		was := showRich(then)
		for range 2 {
			for _, x := range docs {
				for _, y := range docs {
					if x != y {
						must(t, x.Merge(y))
					}
				}
			}
		}
		late, err := docs[1].Clone(newKey("rich d"))
		must(t, err)
		want := showRich(docs[0].View())
		for k, d := range append(slices.Clone(docs), late) {
			check(d, "all merges")
			if got := showRich(d.View()); got != want {
				t.Fatalf("seed %d: replica %d shows%s\nthe first%s", seed, k, got, want)
			}
		}
		again, err := docs[0].At(old)
		must(t, err)
		if got := showRich(again); got != was {
			t.Fatalf("seed %d: then it was%s\nnow%s", seed, was, got)
		}
		patches, err := crdt.Diff(again, docs[0].View())
		must(t, err)
		text := []rune(again.Text("t").String())
		for _, p := range patches {
			if p.Path == "/t" && p.Op == crdt.PatchText {
				text = slices.Concat(text[:p.At], []rune(p.Text), text[p.At+p.Removed:])
			}
		}
		if got := docs[0].View().Text("t").String(); string(text) != got {
			t.Fatalf("seed %d: patched %q, want %q; %v", seed, string(text), got, patches)
		}
	}
}

// TestRichLimits: what cannot be written dooms the Update and changes nothing.
func TestRichLimits(t *testing.T) {
	d, err := crdt.New(newKey("rich limits"))
	must(t, err)
	must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("one 😀"); return nil }))
	long := string(make([]byte, 257))
	for name, c := range map[string]struct {
		want error
		do   func(t crdt.TextTx)
	}{
		"no key":        {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Value: 1}) }},
		"a long key":    {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: long, Value: 1}) }},
		"a long ID":     {crdt.ErrLimit, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "a", ID: long, Value: 1}) }},
		"no UTF-8":      {crdt.ErrMalformed, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "\xff", Value: 1}) }},
		"no value":      {crdt.ErrMalformed, func(t crdt.TextTx) { t.Mark(0, 1, crdt.Mark{Key: "a", Value: t}) }},
		"outside":       {crdt.ErrRange, func(t crdt.TextTx) { t.Mark(0, 9, crdt.Mark{Key: "a", Value: 1}) }},
		"backwards":     {crdt.ErrRange, func(t crdt.TextTx) { t.Unmark(2, 1, "a") }},
		"a half":        {crdt.ErrSplit, func(t crdt.TextTx) { t.In(crdt.UTF16).Mark(0, 5, crdt.Mark{Key: "a", Value: 1}) }},
		"split outside": {crdt.ErrRange, func(t crdt.TextTx) { t.Split(-1, crdt.Block{}) }},
		"no attribute":  {crdt.ErrMalformed, func(t crdt.TextTx) { t.Split(1, crdt.Block{Attrs: map[string]any{"x": t}}) }},
		"nothing there": {crdt.ErrRange, func(t crdt.TextTx) { t.Join(3) }},
	} {
		err := d.Update(func(tx *crdt.Tx) error { c.do(tx.Text("t")); return nil })
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if got := showRich(d.View()); got != "\n-1 \"\" 0 map[]: \"one 😀\"" {
			t.Fatalf("%s: the text is %s", name, got)
		}
		must(t, d.CheckRooms())
	}
}
