package crdt_test

import (
	"fmt"

	"github.com/commonhold/commonhold/crdt"
)

// card makes a map element at the end of the list and gives its lasting name.
func (p *person) card(i int) []byte {
	var e crdt.Elem
	p.do(func(tx *crdt.Tx) { e, _ = tx.List("l").InsertMap(i) })
	name, err := e.MarshalText()
	must(p.w.t, err)
	return name
}

// putCard sets a key of a map element.
func (p *person) putCard(name []byte, key, v string) {
	e, err := p.d.ParseElem(name)
	must(p.w.t, err)
	p.do(func(tx *crdt.Tx) { tx.List("l").Map(e).Put(key, v) })
}

var listScenarios = []scenario{
	{"list: A sets, B sets, A undoes, B undoes: original value", []string{"l=[z] / l=[x]"}, func(w *world, a, b, c *person) string {
		startList(w, "x")
		a.LSet(0, "y")
		w.Sync()
		b.LSet(0, "z")
		w.Sync()
		a.Undo()
		w.Sync()
		o := a.see("l")
		b.Undo()
		w.Sync()
		return o + " / " + a.see("l")
	}},
	{"list: set || set: one winner, both readable", []string{"l=[y|z]", "l=[z|y]"}, func(w *world, a, b, c *person) string {
		startList(w, "x")
		a.LSet(0, "y")
		b.LSet(0, "z")
		w.Sync()
		return c.see("l")
	}},
	{"list: set || delete: deleted; undo of the delete: newest value", []string{"l=[b] / l=[y b]"}, func(w *world, a, b, c *person) string {
		startList(w, "x", "b")
		a.LDel(0)
		b.LSet(0, "y")
		w.Sync()
		o := c.see("l")
		a.Undo()
		w.Sync()
		return o + " / " + c.see("l")
	}},
	{"list: A inserts card, B fills it in, A undoes the insert: B's work stays visible", []string{"l=[x {note:hi}]"}, func(w *world, a, b, c *person) string {
		startList(w, "x")
		e := a.card(1)
		w.Sync()
		b.putCard(e, "note", "hi")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("l")
	}},
	{"list: A inserts x, B sets x, A undoes the insert: B's value stays", []string{"l=[y b]"}, func(w *world, a, b, c *person) string {
		startList(w, "b")
		a.LIns(0, "x")
		w.Sync()
		b.LSet(0, "y")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("l")
	}},
	{"list: card deleted || filled in: gone whole; undo of the delete: back with the new field", []string{"l=[x] / l=[x {a:1 b:2}]"}, func(w *world, a, b, c *person) string {
		startList(w, "x")
		e := a.card(1)
		a.putCard(e, "a", "1")
		w.Sync()
		c.LDel(1)
		b.putCard(e, "b", "2")
		w.Sync()
		o := a.see("l")
		c.Undo()
		w.Sync()
		return o + " / " + a.see("l")
	}},
	{"list: A makes a list with x in it, B sets x, A undoes: B's value stays in its list", []string{"l=[[y]]"}, func(w *world, a, b, c *person) string {
		h := a.do(func(tx *crdt.Tx) {
			_, in := tx.List("l").InsertList(0)
			in.Insert(0, "x")
		})
		w.Sync()
		b.do(func(tx *crdt.Tx) {
			in := tx.List("l").List(tx.List("l").Elem(0))
			in.Put(in.Elem(0), "y")
		})
		w.Sync()
		a.Undo()
		w.Sync()
		if !h.Defined() {
			return "no change"
		}
		return c.see("l")
	}},
	{"map: B's value in A's child, written over by A: A's undo of the child brings the old value", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h := a.do(func(tx *crdt.Tx) { m(tx).Map("k").Put("x", "1") })
		w.Sync()
		b.Put(b.Child(m, "k"), "x", "2")
		w.Sync()
		a.Put(a.Child(m, "k"), "x", "3")
		a.Invert(h)
		w.Sync()
		return c.see("m")
	}},
	{"map: B's value in A's child: A's undo of the child leaves it", []string{"m={k:{x:2}}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h := a.do(func(tx *crdt.Tx) { m(tx).Map("k").Put("x", "1") })
		w.Sync()
		b.Put(b.Child(m, "k"), "x", "2")
		w.Sync()
		a.Invert(h)
		w.Sync()
		return c.see("m")
	}},
	{"list: two insert at one place: both words whole", []string{"l=[1 2 3 4]", "l=[3 4 1 2]"}, func(w *world, a, b, c *person) string {
		a.LIns(0, "1")
		a.LIns(1, "2")
		b.LIns(0, "3")
		b.LIns(1, "4")
		w.Sync()
		return c.see("l")
	}},
	{"list: insert switched off, on", []string{"l=[x] / l=[x n]"}, func(w *world, a, b, c *person) string {
		startList(w, "x")
		h := a.LIns(1, "n")
		w.Sync()
		w.off(h, true)
		o := b.see("l")
		w.off(h, false)
		return o + " / " + b.see("l")
	}},
}

var otherScenarios = []scenario{
	{"set: remove || add: present; adder undoes: gone", []string{"s=<x> / s=<>"}, func(w *world, a, b, c *person) string {
		a.SAdd("x")
		w.Sync()
		b.SRem("x")
		c.SAdd("x")
		w.Sync()
		o := a.see("s")
		c.Undo()
		w.Sync()
		return o + " / " + a.see("s")
	}},
	{"set: A adds, B adds, A undoes: still there", []string{"s=<x>"}, func(w *world, a, b, c *person) string {
		a.SAdd("x")
		w.Sync()
		b.SAdd("x")
		w.Sync()
		a.Undo()
		w.Sync()
		return a.see("s")
	}},
	{"set: remove undone: back; adder's change off: gone", []string{"s=<> / s=<x> / s=<>"}, func(w *world, a, b, c *person) string {
		h := a.SAdd("x")
		w.Sync()
		b.SRem("x")
		w.Sync()
		o := a.see("s")
		b.Undo()
		w.Sync()
		o += " / " + a.see("s")
		w.off(h, true)
		return o + " / " + a.see("s")
	}},
	{"counter: steps, undo, redo, off", []string{"c=5 c=3 c=5 c=2"}, func(w *world, a, b, c *person) string {
		a.Add(2)
		h := b.Add(3)
		w.Sync()
		o := a.see("c")
		a.Undo()
		o += " " + a.see("c")
		a.Redo()
		o += " " + a.see("c")
		w.Sync()
		w.off(h, true)
		return o + " " + a.see("c")
	}},
	{"counter: beyond int64 is an error of reading, the same in any order", []string{"true true / c=9223372036854775806"}, func(w *world, a, b, c *person) string {
		a.Add(1<<63 - 1)
		b.Add(1)
		w.Sync()
		_, err := a.d.View().Counter("c").Int()
		_, err2 := c.d.View().Counter("c").Int()
		o := fmt.Sprint(err != nil, " ", err2 != nil)
		c.Add(-2)
		w.Sync()
		return o + " / " + b.see("c")
	}},
}
