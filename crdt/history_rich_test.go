package crdt_test

import (
	"maps"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// richOnes are the marks that random histories use: key, ID and how they grow.
var richOnes = []crdt.Mark{
	{Key: "b", Expand: crdt.ExpandAfter}, {Key: "i", Expand: crdt.ExpandBoth}, {Key: "a", Expand: crdt.ExpandNone},
	{Key: "q", Expand: crdt.ExpandBefore}, {Key: "c", ID: "1"}, {Key: "c", ID: "2"},
	{Key: "c/1"}, {Key: "~", ID: "/"},
}

// rich marks a text, or divides it into blocks, and tests that the characters stay and
// that what was said shows.
func (e *editor) rich(t crdt.TextTx) {
	was := []rune(t.String())
	n := len(was)
	i := e.r.IntN(n + 1)
	j := i
	if n > 0 && e.r.IntN(8) > 0 { // else an empty range
		i = e.r.IntN(n)
		j = i + 1 + e.r.IntN(min(n-i, 6))
	}
	m := richOnes[e.r.IntN(len(richOnes))]
	want := string(was)
	switch k := e.r.IntN(12); {
	case k < 4:
		m.Value = e.r.IntN(3)
		t.Mark(i, j, m)
		e.marked(t, i, j, m)
	case k < 6:
		t.UnmarkID(i, j, m.Key, m.ID)
		m.Value = nil
		e.marked(t, i, j, m)
	case k < 9:
		b := crdt.Block{Kind: []string{"", "heading", "item"}[e.r.IntN(3)], Level: e.r.IntN(3)}
		if e.r.IntN(4) == 0 {
			b.Attrs = map[string]any{"done": e.r.IntN(2) == 0}
		}
		t.Split(i, b)
		want = string(was[:i]) + "\n" + string(was[i:])
	case k == 9:
		block, _ := blockAt(t, i)
		if block.At <= 0 {
			return
		}
		at := block.At
		if before, _ := blockAt(t, at); before.At == at-1 {
			at--
		}
		t.Join(i)
		want = string(was[:at]) + string(was[at+1:])
	default:
		if block, _ := blockAt(t, i); block.At < 0 {
			want = "\n" + want
		}
		t.SetBlock(i, crdt.Block{Kind: []string{"quote", "code"}[e.r.IntN(2)], Attrs: map[string]any{"done": e.value()}})
	}
	if got := t.String(); got != want {
		e.fail("text %q is %q, want %q", string(was), got, want)
	}
	if err := checkParts(t.Slice(0, t.Len())); err != nil {
		e.fail("%v", err)
	}
}

// marked tests that [i, j) shows a mark, and each other place what it showed.
func (e *editor) marked(t crdt.TextTx, i, j int, m crdt.Mark) {
	name := nameOf(m.Key, m.ID)
	for k := i; k < j; k++ {
		v, ok := t.Slice(0, t.Len()).MarksAt(k)[name]
		if ok != (m.Value != nil) || ok && v.Any() != int64(m.Value.(int)) {
			e.fail("marked %d to %d with %+v: %d shows %v", i, j, m, k, v.Any())
		}
	}
}

// calledFor are the marks that text is to show which is typed at position i, as far as
// both neighbours show the same; nil at the edges of the text.
func calledFor(t crdt.TextTx, i int) map[string]string {
	text := t.Slice(0, t.Len())
	if i == 0 || i == t.Len() {
		return nil
	}
	l, r := text.MarksAt(i-1), text.MarksAt(i)
	out := map[string]string{}
	for _, m := range richOnes {
		name := nameOf(m.Key, m.ID)
		x, y := l[name], r[name]
		if x.Exists() == y.Exists() && !x.Withheld() && !y.Withheld() && markSays(x) == markSays(y) {
			out[name] = markSays(x)
		}
	}
	return out
}

// answered tests that text that was typed shows what was called for.
func (e *editor) answered(t crdt.TextTx, i int, s string, called map[string]string) {
	text := t.Slice(0, t.Len())
	for k := range []rune(s) {
		got := text.MarksAt(i + k)
		for name, want := range called {
			if markSays(got[name]) != want {
				e.fail("typed %q at %d of %q: %s shows %s, called for %s", s, i, text, name, markSays(got[name]), want)
			}
		}
	}
}

// blockAt is the block that position i is in; false when there is none.
func blockAt(t crdt.TextTx, i int) (crdt.Block, bool) {
	all := slices.Collect(t.Slice(0, t.Len()).Blocks())
	out, ok := crdt.Block{At: -1}, false
	for _, b := range all {
		if b.At < i {
			out, ok = b, true
		}
	}
	return out, ok
}

// lines are the kinds and texts of the blocks of a text.
func lines(t crdt.Text) (out []string) {
	for b := range t.Blocks() {
		s := b.Kind + ":"
		for r := range b.Text.Runs() {
			s += r.Text
			if len(r.Marks) > 0 {
				s += "{"
				for _, k := range slices.Sorted(maps.Keys(r.Marks)) {
					s += k
				}
				s += "}"
			}
		}
		out = append(out, s)
	}
	return out
}
