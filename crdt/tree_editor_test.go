package crdt_test

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/crdt"
)

// move moves a list element, and tests the result against a plain slice.
func (e *editor) move(l crdt.ListTx, el crdt.Elem) {
	var was []crdt.Elem
	for k := range l.Len() {
		was = append(was, l.Elem(k))
	}
	to := e.r.IntN(len(was))
	l.Move(el, to)
	want := slices.Insert(slices.DeleteFunc(was, func(x crdt.Elem) bool { return x == el }), to, el)
	for k, x := range want {
		if at, ok := l.Index(x); l.Elem(k) != x || !ok || at != k {
			e.fail("after a move to %d element %d is %v, want %v; Index gives %d, %v", to, k, l.Elem(k), x, at, ok)
		}
	}
}

// woods is a tree as plain slices: of each node its children.
type woods map[crdt.Elem][]crdt.Elem

// read reads a tree.
func read(t crdt.TreeTx) woods {
	out := woods{{}: slices.Collect(t.Children(crdt.Elem{}))}
	n := 0
	for x := range t.All() {
		out[x] = slices.Collect(t.Children(x))
		n++
	}
	if n != t.Len() || n != len(out)-1 {
		panic(fmt.Sprintf("a tree of %d has %d nodes, %d different ones", t.Len(), n, len(out)-1))
	}
	return out
}

// below tells whether a node is another or stands below it.
func (g woods) below(x, top crdt.Elem) bool {
	return x == top || slices.ContainsFunc(g[top], func(c crdt.Elem) bool { return g.below(x, c) })
}

// same fails unless the tree is as given.
func (g woods) same(e *editor, t crdt.TreeTx, what string) {
	got := read(t)
	if len(got) != len(g) {
		e.fail("after %s the tree has %d nodes, want %d", what, len(got)-1, len(g)-1)
	}
	for x, want := range g {
		if !slices.Equal(got[x], want) {
			e.fail("after %s %v has children %v, want %v", what, x, got[x], want)
		}
		for k, c := range want {
			p, ok := t.Parent(c)
			if at, shown := t.Index(c); p != x || !ok || at != k || !shown {
				e.fail("after %s %v is said to stand at %d of %v", what, c, at, p)
			}
		}
	}
}

// tree edits a tree, and tests the result against plain slices.
func (e *editor) tree(t crdt.TreeTx) {
	g := read(t)
	var all []crdt.Elem
	for x := range t.All() {
		all = append(all, x)
	}
	parent := crdt.Elem{}
	if len(all) > 0 && e.r.IntN(3) > 0 {
		parent = all[e.r.IntN(len(all))]
	}
	k := e.r.IntN(10)
	if len(all) == 0 || k < 3 {
		e.insertNode(t, g, parent)
		return
	}
	n := all[e.r.IntN(len(all))]
	switch {
	case k < 7 && !g.below(parent, n):
		e.moveNode(t, g, n, parent)
	case k == 7:
		gone := n
		t.Delete(gone)
		for x := range g {
			g[x] = slices.DeleteFunc(slices.Clone(g[x]), func(c crdt.Elem) bool { return c == gone })
		}
		for _, x := range all {
			if !g.reaches(x) {
				delete(g, x)
			}
		}
		g.same(e, t, "a delete")
	default:
		e.inMap(t.Data(n), 1)
	}
}

// reaches tells whether a node stands below the root.
func (g woods) reaches(x crdt.Elem) bool { return g.below(x, crdt.Elem{}) }

// insertNode makes a node.
func (e *editor) insertNode(t crdt.TreeTx, g woods, parent crdt.Elem) {
	i := e.r.IntN(len(g[parent]) + 1)
	x, data := t.Insert(parent, i)
	data.Put("n", e.r.IntN(100))
	at, ok := t.Index(x)
	if !ok || at > i || at < i && !parent.IsZero() { // strays stay behind
		e.fail("a node put at %d stands at %d, %v", i, at, ok)
	}
	g[parent] = slices.Insert(slices.Clone(g[parent]), at, x)
	g[x] = nil
	g.same(e, t, "an insert")
}

// moveNode moves a node: no other changes its parent, but for a stray, which may go
// from behind the others at the root to the end of those that have a place there.
func (e *editor) moveNode(t crdt.TreeTx, g woods, n, parent crdt.Elem) {
	was, _ := t.Parent(n)
	room := len(g[parent])
	if was != parent {
		room++
	}
	i := e.r.IntN(room)
	t.Move(n, parent, i)
	g[was] = slices.DeleteFunc(slices.Clone(g[was]), func(c crdt.Elem) bool { return c == n })
	at, ok := t.Index(n)
	if !ok || at > i || at < i && !parent.IsZero() {
		e.fail("a node moved to %d stands at %d, %v", i, at, ok)
	}
	g[parent] = slices.Insert(slices.Clone(g[parent]), at, n)
	now := slices.Collect(t.Children(crdt.Elem{}))
	if slices.ContainsFunc(now, func(x crdt.Elem) bool { return !slices.Contains(g[crdt.Elem{}], x) }) {
		e.fail("after a move the root has %v, want %v", now, g[crdt.Elem{}])
	}
	if len(now) == len(g[crdt.Elem{}]) {
		g[crdt.Elem{}] = now
	}
	g.same(e, t, "a move")
}
