package crdt_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/crdt"
)

// scenario is one small history of two or three people and what they expect to
// see, whatever the hashes; with several outcomes, any of them.
type scenario struct {
	name string
	want []string
	run  func(w *world, a, b, c *person) string
}

// startText lets everybody see a text that a wrote.
func startText(w *world, s string) {
	w.a.Ins("t", 0, s)
	w.Sync()
}

// startMap lets everybody see m = {k: 0}.
func startMap(w *world) path {
	m := rootAt("m")
	w.a.Put(m, "k", "0")
	w.Sync()
	return m
}

// startList lets everybody see a list that a made.
func startList(w *world, v ...any) {
	w.a.LIns(0, v...)
	w.Sync()
}

// TestScenarios runs every scenario of text, list, map, set and counter, each
// under several hashes: the keys, and so all CIDs, differ from round to round.
func TestScenarios(t *testing.T) {
	var all []scenario
	for _, part := range [][]scenario{textScenarios, mapScenarios, childScenarios, listScenarios, moveScenarios, otherScenarios, treeScenarios, richScenarios} {
		all = append(all, part...)
	}
	rounds := 8
	if testing.Short() {
		rounds = 2
	}
	names := map[string]bool{}
	for _, s := range all {
		if names[s.name] {
			t.Errorf("two scenarios of the name %q", s.name)
		}
		names[s.name] = true
		t.Run(s.name, func(t *testing.T) {
			for k := range rounds {
				w := newWorld(t, fmt.Sprint(s.name, k))
				if got := s.run(w, w.a, w.b, w.c); !slices.Contains(s.want, got) {
					t.Errorf("round %d: got %q, want one of %q", k, got, s.want)
				}
				w.Sync()
				same(t, w.docs()...)
			}
		})
	}
	if len(names) < 60 {
		t.Errorf("%d scenarios", len(names))
	}
}

// same fails unless the docs agree in heads and JSON.
func same(t testing.TB, docs ...*crdt.Doc) {
	t.Helper()
	want, err := docs[0].View().MarshalJSON()
	must(t, err)
	for _, d := range docs[1:] {
		got, err := d.View().MarshalJSON()
		must(t, err)
		if string(got) != string(want) || d.Heads() != docs[0].Heads() {
			t.Fatalf("replicas differ:\n%s\n%s\n%v\n%v", got, want, d.Heads(), docs[0].Heads())
		}
	}
}

var textScenarios = []scenario{
	{"text: delete range || insert inside", []string{"t=aXd"}, func(w *world, a, b, c *person) string {
		startText(w, "abcd")
		a.DelSub("t", "bc")
		b.InsAfter("t", "b", "X")
		w.Sync()
		return a.see("t")
	}},
	{"text: delete paragraph while B types in it, then A undoes", []string{"t=Hello cruel world"}, func(w *world, a, b, c *person) string {
		startText(w, "Hello world")
		a.DelSub("t", "Hello world")
		b.InsAfter("t", "Hello", " cruel")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("t")
	}},
	{"text: A and B delete same word, both undo: back once", []string{"t=abc"}, func(w *world, a, b, c *person) string {
		startText(w, "abc")
		a.DelSub("t", "b")
		b.DelSub("t", "b")
		w.Sync()
		a.Undo()
		b.Undo()
		w.Sync()
		return c.see("t")
	}},
	{"text: overlapping deletes, one undo", []string{"t=ab f"}, func(w *world, a, b, c *person) string {
		startText(w, "abcde f")
		a.DelSub("t", "abcd")
		b.DelSub("t", "cde")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.see("t")
	}},
	{"text: undo of undo of undo (delete)", []string{"t=ac / t=abc / t=ac / t=abc"}, func(w *world, a, b, c *person) string {
		startText(w, "abc")
		a.DelSub("t", "b")
		o := a.see("t")
		a.Undo()
		o += " / " + a.see("t")
		a.Redo()
		o += " / " + a.see("t")
		a.Undo()
		return o + " / " + a.see("t")
	}},
	{"text: undo/redo x3 of insert", []string{"t=a,t=aX,t=a,t=aX"}, func(w *world, a, b, c *person) string {
		startText(w, "a")
		a.Ins("t", 1, "X")
		a.Undo()
		o := a.see("t")
		a.Redo()
		o += "," + a.see("t")
		a.Undo()
		o += "," + a.see("t")
		a.Redo()
		return o + "," + a.see("t")
	}},
	{"text: redo puts A's words round B's", []string{"t=.A new big plan"}, func(w *world, a, b, c *person) string {
		startText(w, ".")
		a.Ins("t", 1, "A big plan")
		w.Sync()
		b.InsAfter("t", "A ", "new ")
		w.Sync()
		a.Undo()
		a.Redo()
		w.Sync()
		return b.see("t")
	}},
	{"text: A inserts, B deletes part, A undoes, B undoes: nothing of A's", []string{"t=."}, func(w *world, a, b, c *person) string {
		startText(w, ".")
		a.Ins("t", 1, "xyz")
		w.Sync()
		b.DelSub("t", "y")
		w.Sync()
		a.Undo()
		w.Sync()
		b.Undo()
		w.Sync()
		return a.see("t")
	}},
	{"text: replace || replace of same word keeps both new words", []string{"t=redblue car", "t=bluered car"}, func(w *world, a, b, c *person) string {
		replaceOld(w, a, b)
		return a.see("t")
	}},
	{"text: replace || replace, A undoes: B's replacement alone", []string{"t=blue car"}, func(w *world, a, b, c *person) string {
		replaceOld(w, a, b)
		a.Undo()
		w.Sync()
		return a.see("t")
	}},
	{"text: deletion switched off, on", []string{"t=abc,t=ac"}, func(w *world, a, b, c *person) string {
		startText(w, "abc")
		h := a.DelSub("t", "b")
		w.Sync()
		w.off(h, true)
		o := b.see("t")
		w.off(h, false)
		return o + "," + b.see("t")
	}},
	{"text: undo of a deletion switched off, on", []string{"t=abc,t=ac,t=abc"}, func(w *world, a, b, c *person) string {
		startText(w, "abc")
		a.DelSub("t", "b")
		a.Undo()
		h := a.undid
		w.Sync()
		o := c.see("t")
		w.off(h, true)
		o += "," + c.see("t")
		w.off(h, false)
		return o + "," + c.see("t")
	}},
	{"text: a deletion and its undo, both switched off: nothing is deleted", []string{"t=abc,t=abc,t=ac"}, func(w *world, a, b, c *person) string {
		startText(w, "abc")
		g := a.DelSub("t", "b")
		a.Undo()
		h := a.undid
		w.Sync()
		w.off(g, true)
		o := c.see("t")
		w.off(h, true)
		o += "," + c.see("t")
		w.off(g, false)
		return o + "," + c.see("t")
	}},
	{"text: spam insert switched off, B's text inside stays", []string{"t=.B,t=.sBpam"}, func(w *world, a, b, c *person) string {
		startText(w, ".")
		h := a.Ins("t", 1, "spam")
		w.Sync()
		b.InsAfter("t", "s", "B")
		w.Sync()
		w.off(h, true)
		o := c.see("t")
		w.off(h, false)
		return o + "," + c.see("t")
	}},
	{"text: redo after B typed inside the undone place", []string{"t=.abBcd", "t=.Babcd", "t=.abcdB"}, func(w *world, a, b, c *person) string {
		startText(w, ".")
		a.Ins("t", 1, "abcd")
		a.Undo()
		w.Sync()
		b.Ins("t", 1, "B")
		w.Sync()
		a.Redo()
		w.Sync()
		return b.see("t")
	}},
	{"text: cut+paste word || B types in the word, A undoes: word back round B's letter", []string{"t=wXord end"}, func(w *world, a, b, c *person) string {
		startText(w, "word end")
		a.Group(func() {
			a.DelSub("t", "word")
			a.InsAfter("t", " end", "word")
		})
		b.InsAfter("t", "w", "X")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.see("t")
	}},
	{"text: copy+paste, source deleted: copy stays; undo of the delete: both", []string{"t= ab / t=ab ab"}, func(w *world, a, b, c *person) string {
		startText(w, "ab ")
		a.Ins("t", 3, "ab")
		w.Sync()
		b.DelText("t", 0, 2)
		w.Sync()
		o := c.see("t")
		b.Undo()
		w.Sync()
		return o + " / " + c.see("t")
	}},
}

// replaceOld lets two people replace one word at the same time.
func replaceOld(w *world, a, b *person) {
	startText(w, "old car")
	a.Group(func() {
		a.DelSub("t", "old")
		a.Ins("t", 0, "red")
	})
	b.Group(func() {
		b.DelSub("t", "old")
		b.Ins("t", 0, "blue")
	})
	w.Sync()
}
