package entries

import (
	"fmt"
	"slices"
	"testing"
)

// The scenarios of map, set, counter and list values in SCENARIOS.md, each under ten seeds of hashes and
// orders of arrival.
var scenarios = []struct {
	name string
	want []string
	play func(w *toyWorld, a, b, c *toy) string
}{
	{"map: set || set, one winner, both readable", []string{"m={k:1|2}", "m={k:2|1}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "1")
		b.Put("m", "k", "2")
		w.Sync()
		return a.m()
	}},
	{"map: undo set returns old value", []string{"m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		b.Put("m", "k", "1")
		b.Undo()
		w.Sync()
		return a.m()
	}},
	{"map: ... then B undoes too: value before both", []string{"m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		w.Sync()
		b.Put("m", "k", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		b.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: A sets, B deletes key, A undoes: key stays deleted", []string{"m={}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		w.Sync()
		b.Del("m", "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: A's set switched off after B deleted the key: stays deleted", []string{"m={}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		h := a.Put("m", "k", "1")
		w.Sync()
		b.Del("m", "k")
		w.Sync()
		w.off[h] = true
		return b.m()
	}},
	{"map: A's set switched off after B overwrote: B's alone", []string{"m={k:2}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		h := a.Put("m", "k", "1")
		w.Sync()
		b.Put("m", "k", "2")
		w.Sync()
		w.off[h] = true
		return b.m()
	}},
	{"map: B deletes, A sets anew, B undoes the delete: A's value alone", []string{"m={k:2}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		b.Del("m", "k")
		w.Sync()
		a.Put("m", "k", "2")
		w.Sync()
		b.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: set || delete: set wins", []string{"m={k:1}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		b.Del("m", "k")
		w.Sync()
		return c.m()
	}},
	{"map: set || delete, setter undoes: key deleted (B's delete stands)", []string{"m={}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		b.Del("m", "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.m()
	}},
	{"map: set || set, loser undoes, winner undoes: original", []string{"m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		b.Put("m", "k", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		b.Undo()
		w.Sync()
		return c.m()
	}},
	{"map: undo after overwrite, then redo: B's value stays, no conflict", []string{"m={k:2}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		a.Undo()
		w.Sync()
		b.Put("m", "k", "2")
		w.Sync()
		a.Redo()
		w.Sync()
		return b.m()
	}},
	{"map: C reverts B's and A's sets to 0, then B presses undo: still 0", []string{"m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		h1 := a.Put("m", "k", "1")
		w.Sync()
		h2 := b.Put("m", "k", "2")
		w.Sync()
		c.Group(func() { c.Invert(h2); c.Invert(h1) })
		w.Sync()
		b.Undo()
		w.Sync()
		return a.m()
	}},
	{"map: set || delete || child create on a key with a value: both new ones readable, old not", []string{"m={k:1|{x:9}}", "m={k:{x:9}|1}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Put("m", "k", "1")
		b.Del("m", "k")
		c.Put(c.Child("m", "k", "map"), "x", "9")
		w.Sync()
		return a.m()
	}},
	{"map: two create the same child at once: shared", []string{"m={meta:{a:1 b:2}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "meta", "map"), "a", "1")
		b.Put(b.Child("m", "meta", "map"), "b", "2")
		w.Sync()
		return a.m()
	}},
	{"map: A creates+fills+deletes child unseen by B, who creates the same: only B's content", []string{"m={meta:{b:2}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "meta", "map"), "secret", "1")
		a.Del("m", "meta")
		b.Put(b.Child("m", "meta", "map"), "b", "2")
		w.Sync()
		return c.m()
	}},
	{"map: child edits || parent deleted: gone; undo of the delete brings old and new", []string{"m={} / m={meta:{a:1 b:2}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "meta", "map"), "a", "1")
		w.Sync()
		a.Del("m", "meta")
		b.Put(b.Child("m", "meta", "map"), "b", "2")
		w.Sync()
		o := a.m()
		a.Undo()
		w.Sync()
		return o + " / " + b.m()
	}},
	{"map: A creates list and adds, B adds, A undoes all: B's item still there", []string{"m={items:[b]}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Group(func() { a.LIns(a.Child("m", "items", "list"), 0, "a", "") })
		w.Sync()
		b.LIns(b.Child("m", "items", "list"), 1, "b", "")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: same, B adds concurrently with the undo", []string{"m={items:[b]}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Group(func() { a.LIns(a.Child("m", "items", "list"), 0, "a", "") })
		w.Sync()
		b.LIns(b.Child("m", "items", "list"), 1, "b", "")
		a.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: scalar put over child, undo: child with its content", []string{"m={k:{x:1}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "k", "map"), "x", "1")
		w.Sync()
		b.Put("m", "k", "7")
		b.Undo()
		w.Sync()
		return a.m()
	}},
	{"map: delete child, B re-creates, A undoes delete: B's new one, old readable or merged but B's visible first", []string{"m={meta:{n:2}|{old:1}}", "m={meta:{n:2}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "meta", "map"), "old", "1")
		w.Sync()
		a.Del("m", "meta")
		w.Sync()
		b.Put(b.Child("m", "meta", "map"), "n", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.m()
	}},
	{"map: two deletes of child + one undo: gone", []string{"m={}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put(a.Child("m", "k", "map"), "x", "1")
		w.Sync()
		a.Del("m", "k")
		b.Del("m", "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.m()
	}},
	{"map: after two concurrent deletes, both re-create: one shared child", []string{"m={k:{a:1 b:1}}"}, func(w *toyWorld, a, b, c *toy) string {
		a.Put("m", "k", "0")
		w.Sync()
		a.Del("m", "k")
		b.Del("m", "k")
		a.Put(a.Child("m", "k", "map"), "a", "1")
		b.Put(b.Child("m", "k", "map"), "b", "1")
		w.Sync()
		return c.m()
	}},
	{"map: A sets, undoes, redoes; the first set (not the redo) off: old value", []string{"m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		b.Put("m", "k", "0")
		w.Sync()
		h := a.Put("m", "k", "1")
		a.Undo()
		a.Redo()
		w.Sync()
		w.off[h] = true
		return b.m()
	}},
	{"map: A renames child's field || B deletes child, re-creates; A undoes: B's new child untouched", []string{"m={k:{n:2}}"}, func(w *toyWorld, a, b, c *toy) string {
		ch := a.Child("m", "k", "map")
		a.Put(ch, "f", "1")
		w.Sync()
		a.Put(ch, "f", "9")
		b.Del("m", "k")
		b.Put(b.Child("m", "k", "map"), "n", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.m()
	}},
	{"list: A sets, B sets, A undoes, B undoes: original value", []string{"l=[z] / l=[x]"}, func(w *toyWorld, a, b, c *toy) string {
		x := a.LIns("l", 0, "x", "")
		w.Sync()
		a.LSet("l", x, "y")
		w.Sync()
		b.LSet("l", x, "z")
		w.Sync()
		a.Undo()
		w.Sync()
		o := a.l()
		b.Undo()
		w.Sync()
		return o + " / " + a.l()
	}},
	{"list: A inserts card, B fills it in, A undoes the insert: B's work stays visible", []string{"l=[x card{note:hi}]"}, func(w *toyWorld, a, b, c *toy) string {
		a.LIns("l", 0, "x", "")
		e := a.LIns("l", 1, "card", "map")
		w.Sync()
		b.Put(fmt.Sprintf("elem:%d#map", e), "note", "hi")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.l()
	}},
	{"set: remove || add: present; adder undoes: gone", []string{"s=<x> / s=<>"}, func(w *toyWorld, a, b, c *toy) string {
		a.SAdd("s", "x")
		w.Sync()
		b.SRem("s", "x")
		c.SAdd("s", "x")
		w.Sync()
		o := a.s()
		c.Undo()
		w.Sync()
		return o + " / " + a.s()
	}},
	{"set: A adds, B adds, A undoes: still there", []string{"s=<x>"}, func(w *toyWorld, a, b, c *toy) string {
		a.SAdd("s", "x")
		w.Sync()
		b.SAdd("s", "x")
		w.Sync()
		a.Undo()
		w.Sync()
		return a.s()
	}},
	{"counter: steps, undo, redo, off", []string{"c=5 c=3 c=5 c=2"}, func(w *toyWorld, a, b, c *toy) string {
		a.Add("c", 2)
		h := b.Add("c", 3)
		w.Sync()
		o := a.cnt()
		a.Undo()
		o += " " + a.cnt()
		a.Redo()
		o += " " + a.cnt()
		w.off[h] = true
		return o + " " + a.cnt()
	}},
	// Beyond the file: a child whose maker is switched off.
	{"map: A makes a child over a value, B writes in it, A is switched off: B's work stands", []string{"m={k:{x:1}} / m={k:0}"}, func(w *toyWorld, a, b, c *toy) string {
		c.Put("m", "k", "0")
		w.Sync()
		ch := a.Child("m", "k", "map")
		w.Sync()
		b.Put(ch, "x", "1")
		w.Sync()
		w.off[w.all[1]] = true
		o := a.m()
		b.Undo()
		w.Sync()
		return o + " / " + c.m()
	}},
	{"map: ... and somebody had deleted it: gone", []string{"m={}"}, func(w *toyWorld, a, b, c *toy) string {
		ch := a.Child("m", "k", "map")
		w.Sync()
		b.Put(ch, "x", "1")
		c.commit(toyOp{what: "delete", target: w.all[0].ops[0].n})
		w.Sync()
		w.off[w.all[0]] = true
		return a.m()
	}},
}

func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			for seed := range int64(10) {
				w := newToyWorld(t, seed)
				got := s.play(w, w.a, w.b, w.c)
				if !slices.Contains(s.want, got) {
					t.Fatalf("seed %d: %s, want %q", seed, got, s.want)
				}
			}
		})
	}
}
