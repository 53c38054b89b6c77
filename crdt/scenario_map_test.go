package crdt_test

import "github.com/commonhold/commonhold/crdt"

var mapScenarios = []scenario{
	{"map: set || set, one winner, both readable", []string{"m={k:1|2}", "m={k:2|1}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(m, "k", "1")
		b.Put(m, "k", "2")
		w.Sync()
		return a.see("m")
	}},
	{"map: undo set returns old value", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		b.Put(m, "k", "1")
		b.Undo()
		w.Sync()
		return a.see("m")
	}},
	{"map: A sets, B sets, A undoes, B undoes: value before both", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		w.Sync()
		b.Put(m, "k", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		b.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: A sets, B deletes key, A undoes: key stays deleted", []string{"m={}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		w.Sync()
		b.Del(m, "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: A's set switched off after B deleted the key: stays deleted", []string{"m={}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h := a.Put(m, "k", "1")
		w.Sync()
		b.Del(m, "k")
		w.Sync()
		w.off(h, true)
		return b.see("m")
	}},
	{"map: A's set switched off after B overwrote: B's alone", []string{"m={k:2}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h := a.Put(m, "k", "1")
		w.Sync()
		b.Put(m, "k", "2")
		w.Sync()
		w.off(h, true)
		return b.see("m")
	}},
	{"map: B deletes, A sets anew, B undoes the delete: A's value alone", []string{"m={k:2}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		b.Del(m, "k")
		w.Sync()
		a.Put(m, "k", "2")
		w.Sync()
		b.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: set || delete: set wins", []string{"m={k:1}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		b.Del(m, "k")
		w.Sync()
		return c.see("m")
	}},
	{"map: set || delete, setter undoes: key deleted (B's delete stands)", []string{"m={}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		b.Del(m, "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.see("m")
	}},
	{"map: set || set, loser undoes, winner undoes: original", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		b.Put(m, "k", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		b.Undo()
		w.Sync()
		return c.see("m")
	}},
	{"map: undo after overwrite, then redo: B's value stays, no conflict", []string{"m={k:2}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		a.Undo()
		w.Sync()
		b.Put(m, "k", "2")
		w.Sync()
		a.Redo()
		w.Sync()
		return b.see("m")
	}},
	{"map: C reverts B's and A's sets to 0, then B presses undo: still 0", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h1 := a.Put(m, "k", "1")
		w.Sync()
		h2 := b.Put(m, "k", "2")
		w.Sync()
		c.Group(func() {
			c.Invert(h2)
			c.Invert(h1)
		})
		w.Sync()
		b.Undo()
		w.Sync()
		return a.see("m")
	}},
	{"map: A sets, undoes, redoes; the first set (not the redo) off: old value", []string{"m={k:0}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		b.Put(m, "k", "0")
		w.Sync()
		h := a.Put(m, "k", "1")
		a.Undo()
		a.Redo()
		w.Sync()
		w.off(h, true)
		return b.see("m")
	}},
}

var childScenarios = []scenario{
	{"map: set || delete || child create on a key with a value: both new ones readable, old not", []string{"m={k:1|{x:9}}", "m={k:{x:9}|1}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Put(m, "k", "1")
		b.Del(m, "k")
		c.Put(c.Child(m, "k"), "x", "9")
		w.Sync()
		return a.see("m")
	}},
	{"map: two create the same child at once: shared", []string{"m={meta:{a:1 b:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "meta"), "a", "1")
		b.Put(b.Child(m, "meta"), "b", "2")
		w.Sync()
		return a.see("m")
	}},
	{"map: A creates+fills+deletes child unseen by B, who creates the same: only B's content", []string{"m={meta:{b:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "meta"), "secret", "1")
		a.Del(m, "meta")
		b.Put(b.Child(m, "meta"), "b", "2")
		w.Sync()
		return c.see("m")
	}},
	{"map: child edits || parent deleted: gone; undo of the delete brings old and new", []string{"m={} / m={meta:{a:1 b:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "meta"), "a", "1")
		w.Sync()
		a.Del(m, "meta")
		b.Put(b.Child(m, "meta"), "b", "2")
		w.Sync()
		o := a.see("m")
		a.Undo()
		w.Sync()
		return o + " / " + b.see("m")
	}},
	{"map: A creates list and adds, B adds, A undoes all: B's item still there", []string{"m={items:[b]}"}, func(w *world, a, b, c *person) string {
		a.itemsInsert(0, "a")
		w.Sync()
		b.itemsInsert(1, "b")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: A creates list and adds, B adds concurrently with the undo", []string{"m={items:[b]}"}, func(w *world, a, b, c *person) string {
		a.itemsInsert(0, "a")
		w.Sync()
		b.itemsInsert(1, "b")
		a.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: scalar put over child, undo: child with its content", []string{"m={k:{x:1}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "k"), "x", "1")
		w.Sync()
		b.Put(m, "k", "7")
		b.Undo()
		w.Sync()
		return a.see("m")
	}},
	{"map: delete child, B re-creates, A undoes delete: B's new one first", []string{"m={meta:{n:2}|{old:1}}", "m={meta:{n:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "meta"), "old", "1")
		w.Sync()
		a.Del(m, "meta")
		w.Sync()
		b.Put(b.Child(m, "meta"), "n", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: two deletes of child + one undo: gone", []string{"m={}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(a.Child(m, "k"), "x", "1")
		w.Sync()
		a.Del(m, "k")
		b.Del(m, "k")
		w.Sync()
		a.Undo()
		w.Sync()
		return c.see("m")
	}},
	{"map: after two concurrent deletes, both re-create: one shared child", []string{"m={k:{a:1 b:1}}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		a.Del(m, "k")
		b.Del(m, "k")
		a.Put(a.Child(m, "k"), "a", "1")
		b.Put(b.Child(m, "k"), "b", "1")
		w.Sync()
		return c.see("m")
	}},
	{"map: A renames child's field || B deletes child, re-creates; A undoes: B's new child untouched", []string{"m={k:{n:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		ch := a.Child(m, "k")
		a.Put(ch, "f", "1")
		w.Sync()
		a.Put(ch, "f", "9")
		b.Del(m, "k")
		b.Put(b.Child(m, "k"), "n", "2")
		w.Sync()
		a.Undo()
		w.Sync()
		return b.see("m")
	}},
	{"map: A's making of the child switched off: B's field in it stands, A's does not", []string{"m={k:{b:2}} / m={k:{a:1 b:2}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		h := a.do(func(tx *crdt.Tx) { m(tx).Map("k").Put("a", "1") })
		w.Sync()
		b.Put(b.Child(m, "k"), "b", "2")
		w.Sync()
		w.off(h, true)
		o := c.see("m")
		w.off(h, false)
		return o + " / " + c.see("m")
	}},
	{"map: two makings of one child over two values, both off, C's field in it: the child alone", []string{"m={k:{f:1}}"}, func(w *world, a, b, c *person) string {
		m := rootAt("m")
		a.Put(m, "k", "x")
		b.Put(m, "k", "y")
		h1 := a.do(func(tx *crdt.Tx) { m(tx).Map("k") })
		h2 := b.do(func(tx *crdt.Tx) { m(tx).Map("k") })
		w.Sync()
		c.Put(c.Child(m, "k"), "f", "1")
		w.Sync()
		w.off(h1, true)
		w.off(h2, true)
		return a.see("m")
	}},
	{"map: A makes a child over a value, and undoes it while B writes in it; making off, undo off", []string{"m={k:0} m={k:0} m={k:{x:2}} m={k:{f:1 x:2}}"}, func(w *world, a, b, c *person) string {
		m := startMap(w)
		h := a.do(func(tx *crdt.Tx) { m(tx).Map("k").Put("f", "1") })
		w.Sync()
		b.Put(b.Child(m, "k"), "x", "2")
		u := a.Invert(h)
		w.Sync()
		o := c.see("m")
		w.off(h, true)
		o += " " + c.see("m") // all makings are off, but one is deleted: it does not stand
		w.off(u, true)
		o += " " + c.see("m") // now it stands by what B wrote
		w.off(h, false)
		return o + " " + c.see("m")
	}},
}
