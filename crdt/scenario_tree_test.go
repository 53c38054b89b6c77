package crdt_test

import (
	"fmt"
	"strings"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
)

// name is the lasting name of a list element or node.
func (p *person) name(e crdt.Elem) []byte {
	p.w.t.Helper()
	b, err := e.MarshalText()
	must(p.w.t, err)
	return b
}

// elem is the element or node of a lasting name here, the root for none.
func (p *person) elem(name []byte) crdt.Elem {
	p.w.t.Helper()
	if name == nil {
		return crdt.Elem{}
	}
	e, err := p.d.ParseElem(name)
	must(p.w.t, err)
	return e
}

// elems are the lasting names of what a list shows, by value.
func (p *person) elems() map[string][]byte {
	out := map[string][]byte{}
	for e, v := range p.d.View().List("l").All() {
		out[fmt.Sprint(v.Any())] = p.name(e)
	}
	return out
}

// list lets everybody see a list that a made, and names its elements.
func list(w *world, v ...any) map[string][]byte {
	startList(w, v...)
	return w.a.elems()
}

func (p *person) LMove(name []byte, to int) cid.Cid {
	e := p.elem(name)
	return p.do(func(tx *crdt.Tx) { tx.List("l").Move(e, to) })
}

func (p *person) LSetElem(name []byte, v string) cid.Cid {
	e := p.elem(name)
	return p.do(func(tx *crdt.Tx) { tx.List("l").Put(e, v) })
}

func (p *person) LDelElem(name []byte) cid.Cid {
	e := p.elem(name)
	return p.do(func(tx *crdt.Tx) { tx.List("l").Delete(e) })
}

// TNew makes a node and names it. Its title is only for showing it: a key of its map
// would be undone though the node stays.
func (p *person) TNew(parent []byte, i int, title string) []byte {
	var e crdt.Elem
	below := p.elem(parent)
	p.do(func(tx *crdt.Tx) { e, _ = tx.Tree("T").Insert(below, i) })
	name := p.name(e)
	p.w.titles[string(name)] = title
	return name
}

func (p *person) TMove(n, parent []byte, i int) cid.Cid {
	e, below := p.elem(n), p.elem(parent)
	return p.do(func(tx *crdt.Tx) { tx.Tree("T").Move(e, below, i) })
}

func (p *person) TDel(n []byte) cid.Cid {
	e := p.elem(n)
	return p.do(func(tx *crdt.Tx) { tx.Tree("T").Delete(e) })
}

// TPut sets a key of a node.
func (p *person) TPut(n []byte, key, v string) cid.Cid {
	e := p.elem(n)
	return p.do(func(tx *crdt.Tx) { tx.Tree("T").Data(e).Put(key, v) })
}

// seeTree shows the tree as SCENARIOS writes it.
func (p *person) seeTree() string {
	t := p.d.View().Tree("T")
	var show func(e crdt.Elem) string
	show = func(e crdt.Elem) string {
		var b []string
		for c := range t.Children(e) {
			s := p.w.titles[string(p.name(c))]
			if in := show(c); in != "" {
				s += "(" + in + ")"
			}
			b = append(b, s)
		}
		return strings.Join(b, " ")
	}
	return "T=T(" + show(crdt.Elem{}) + ")"
}

var moveScenarios = []scenario{
	{"list: move || move, winner's mover undoes: other's place", []string{"l=[b x c]", "l=[b c x]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LMove(m["x"], 1)
		b.LMove(m["x"], 2)
		w.Sync()
		mover, other := b, "l=[b x c]"
		if a.see("l") == other {
			mover, other = a, "l=[b c x]"
		}
		mover.Undo()
		w.Sync()
		if got := a.see("l"); got != other {
			return "bad " + got
		}
		return c.see("l")
	}},
	{"list: move || move, both undo: original place", []string{"l=[x b c]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LMove(m["x"], 1)
		b.LMove(m["x"], 2)
		w.Sync()
		a.Undo()
		b.Undo()
		w.Sync()
		return c.see("l")
	}},
	{"list: move || delete: deleted; undo of delete: at the moved place", []string{"l=[b c] / l=[b c x]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LDelElem(m["x"])
		b.LMove(m["x"], 2)
		w.Sync()
		o := c.see("l")
		a.Undo()
		w.Sync()
		return o + " / " + b.see("l")
	}},
	{"list: move || set: moved with new value", []string{"l=[b c y]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LSetElem(m["x"], "y")
		b.LMove(m["x"], 2)
		w.Sync()
		return c.see("l")
	}},
	{"list: A moves, B moves on, A undoes: B's place; B undoes: original", []string{"l=[b c x] / l=[x b c]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LMove(m["x"], 1)
		w.Sync()
		b.LMove(m["x"], 2)
		w.Sync()
		a.Undo()
		w.Sync()
		o := c.see("l")
		b.Undo()
		w.Sync()
		return o + " / " + a.see("l")
	}},
	{"list: A moves (then off), B moved after: B's place", []string{"l=[b c x]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		h := a.LMove(m["x"], 1)
		w.Sync()
		b.LMove(m["x"], 2)
		w.Sync()
		w.off(h, true)
		return a.see("l")
	}},
	{"list: A inserts x, B moves x, A undoes insert: gone, no dup", []string{"l=[b c]"}, func(w *world, a, b, c *person) string {
		list(w, "b", "c")
		a.LIns(0, "x")
		w.Sync()
		b.LMove(b.elems()["x"], 2)
		w.Sync()
		a.Undo()
		w.Sync()
		return a.see("l")
	}},
	{"list: C reverts A's move, A undoes it too, C undoes the revert: item exists once, at the start", []string{"l=[x b c]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		h := a.LMove(m["x"], 1)
		w.Sync()
		c.Invert(h)
		a.Undo()
		w.Sync()
		c.Undo()
		w.Sync()
		return a.see("l")
	}},
	{"list: B moves, undoes, redoes; the first move (not the redo) is switched off: item exists", []string{"l=[x b c]", "l=[b x c]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		h := b.LMove(m["x"], 1)
		b.Undo()
		b.Redo()
		w.Sync()
		w.off(h, true)
		return a.see("l")
	}},
	{"list: insert next to x || move x: insert stays put", []string{"l=[n b x]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b")
		a.LIns(1, "n")
		b.LMove(m["x"], 1)
		w.Sync()
		return c.see("l")
	}},
	{"list: insert behind a moved item || it is moved on: the insert stays", []string{"l=[b n c x]"}, func(w *world, a, b, c *person) string {
		m := list(w, "x", "b", "c")
		a.LMove(m["x"], 1)
		w.Sync()
		a.LIns(2, "n")
		b.LMove(m["x"], 2)
		w.Sync()
		return c.see("l")
	}},
	{"list: range with a moved item deleted, undone: at the moved place", []string{"l=[a] / l=[a c b]"}, func(w *world, a, b, c *person) string {
		m := list(w, "a", "b", "c")
		a.LMove(m["b"], 2)
		w.Sync()
		b.do(func(tx *crdt.Tx) { tx.List("l").DeleteRange(1, 3) })
		w.Sync()
		o := c.see("l")
		b.Undo()
		w.Sync()
		return o + " / " + c.see("l")
	}},
}

var treeScenarios = []scenario{
	{"tree: A deletes F || B moves X in: X at the root", []string{"T=T(X)"}, func(w *world, a, b, c *person) string {
		f, x := a.TNew(nil, 0, "F"), a.TNew(nil, 1, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(x, f, 0)
		w.Sync()
		return c.seeTree()
	}},
	{"tree: ... then A undoes: X in F", []string{"T=T(F(X))"}, func(w *world, a, b, c *person) string {
		f, x := a.TNew(nil, 0, "F"), a.TNew(nil, 1, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(x, f, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.seeTree()
	}},
	{"tree: B creates N in F || A deletes F: N not lost", []string{"T=T(N)"}, func(w *world, a, b, c *person) string {
		f := a.TNew(nil, 0, "F")
		w.Sync()
		a.TDel(f)
		b.TNew(f, 0, "N")
		w.Sync()
		return c.seeTree()
	}},
	{"tree: delete F (with X) || B moves X out: X lives, F and rest gone", []string{"T=T(X)"}, func(w *world, a, b, c *person) string {
		f := a.TNew(nil, 0, "F")
		x := a.TNew(f, 0, "X")
		a.TNew(f, 1, "Y")
		w.Sync()
		a.TDel(f)
		b.TMove(x, nil, 0)
		w.Sync()
		return c.seeTree()
	}},
	{"tree: delete F || B moves X out, then A undoes: F(Y) and X outside", []string{"T=T(X F(Y))", "T=T(F(Y) X)"}, func(w *world, a, b, c *person) string {
		f := a.TNew(nil, 0, "F")
		x := a.TNew(f, 0, "X")
		a.TNew(f, 1, "Y")
		w.Sync()
		a.TDel(f)
		b.TMove(x, nil, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.seeTree()
	}},
	{"tree: X->Y || Y->X below P: one wins, the other stays where it was", []string{"T=T(P(Y(X)))", "T=T(P(X(Y)))"}, func(w *world, a, b, c *person) string {
		x, y, _ := cycle(a, false)
		w.Sync()
		a.TMove(x, y, 0)
		b.TMove(y, x, 0)
		w.Sync()
		return c.seeTree()
	}},
	{"tree: cycle, winner undoes: loser's move takes effect", []string{"T=T(P(Y(X)))", "T=T(P(X(Y)))"}, func(w *world, a, b, c *person) string {
		x, y, _ := cycle(a, false)
		w.Sync()
		a.TMove(x, y, 0)
		b.TMove(y, x, 0)
		w.Sync()
		winner, other := b, "T=T(P(Y(X)))"
		if c.seeTree() == other {
			winner, other = a, "T=T(P(X(Y)))"
		}
		winner.Undo()
		w.Sync()
		if got := c.seeTree(); got != other {
			return "bad " + got
		}
		return c.seeTree()
	}},
	{"tree: cycle settled; later C moves the winner's node elsewhere: the other does not jump", []string{"T=T(P(X) Q(Y))", "T=T(P(Y) Q(X))"}, func(w *world, a, b, c *person) string {
		x, y, q := cycle(a, true)
		w.Sync()
		a.TMove(x, y, 0)
		b.TMove(y, x, 0)
		w.Sync()
		inner := x
		if c.seeTree() == "T=T(P(X(Y)) Q)" {
			inner = y
		}
		c.TMove(inner, q, 0)
		w.Sync()
		return c.seeTree()
	}},
	{"tree: re-parent switched off: back at old parent", []string{"T=T(P(X) Q)"}, func(w *world, a, b, c *person) string {
		p, q := a.TNew(nil, 0, "P"), a.TNew(nil, 1, "Q")
		x := a.TNew(p, 0, "X")
		w.Sync()
		h := b.TMove(x, q, 0)
		w.Sync()
		w.off(h, true)
		return c.seeTree()
	}},
	{"tree: A makes folder, B moves X in, A undoes the folder: X not lost", []string{"T=T(F(X))", "T=T(X)"}, func(w *world, a, b, c *person) string {
		x := b.TNew(nil, 0, "X")
		w.Sync()
		f := a.TNew(nil, 1, "F")
		w.Sync()
		b.TMove(x, f, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.seeTree()
	}},
	{"tree: ... undo concurrent with the move in", []string{"T=T(X)"}, func(w *world, a, b, c *person) string {
		x := b.TNew(nil, 0, "X")
		w.Sync()
		f := a.TNew(nil, 1, "F")
		w.Sync()
		b.TMove(x, f, 0)
		a.Undo()
		w.Sync()
		return c.seeTree()
	}},
	{"tree: folder's maker switched off: B's X back where it was", []string{"T=T(P(X))"}, func(w *world, a, b, c *person) string {
		p := b.TNew(nil, 0, "P")
		x := b.TNew(p, 0, "X")
		w.Sync()
		var e crdt.Elem
		h := a.do(func(tx *crdt.Tx) { e, _ = tx.Tree("T").Insert(crdt.Elem{}, 1) })
		w.Sync()
		b.TMove(x, a.name(e), 0)
		w.Sync()
		w.off(h, true)
		return c.seeTree()
	}},
	{"tree: delete F, F restored after children's own edits; order kept", []string{"T=T(F(1 2 3))"}, func(w *world, a, b, c *person) string {
		f := a.TNew(nil, 0, "F")
		for i := range 3 {
			a.TNew(f, i, fmt.Sprint(i+1))
		}
		w.Sync()
		b.TDel(f)
		w.Sync()
		b.Undo()
		w.Sync()
		return c.seeTree()
	}},
	{"tree: A makes a node, B writes into it, A undoes: it stays with B's work", []string{"T=T(N) by B"}, func(w *world, a, b, c *person) string {
		n := a.TNew(nil, 0, "N")
		w.Sync()
		b.TPut(n, "by", "B")
		w.Sync()
		x, err := crdt.NewUndo(a.d).Undo()
		must(w.t, err)
		if len(x.Left) != 1 || x.Left[0].Path != "/T/0" || string(a.name(x.Left[0].Elem)) != string(n) {
			return fmt.Sprintf("left %+v", x.Left)
		}
		w.Sync()
		w.Sync()
		t := c.d.View().Tree("T")
		return c.seeTree() + " by " + fmt.Sprint(t.Data(c.elem(n)).Get("by").Any())
	}},
	{"tree: move undone with what it dropped: the dropped move is back", []string{"T=T(P(Y(X)) Q)", "T=T(P(X(Y)) Q)"}, func(w *world, a, b, c *person) string {
		x, y, q := cycle(a, true)
		w.Sync()
		a.TMove(x, y, 0)
		b.TMove(y, x, 0)
		w.Sync()
		before, outer := c.seeTree(), x
		winner, inner := a, x
		if outer = y; before == "T=T(P(X(Y)) Q)" {
			winner, inner, outer = b, y, x
		}
		c.TMove(inner, q, 0) // drops the other's move
		c.Undo()
		w.Sync()
		if got := c.seeTree(); got != before {
			return "bad " + got
		}
		winner.Undo() // now the other's takes effect
		w.Sync()
		if e, _ := c.d.View().Tree("T").Parent(c.elem(outer)); e != c.elem(inner) {
			return "bad " + c.seeTree()
		}
		return c.seeTree()
	}},
	{"tree: a stray that waits for another to leave it does not follow when that is moved", []string{
		"T=T(Q W(Y)) / T=T(Q(Y) W) / T=T(Q W(Y))", "T=T(Q Y(W)) / T=T(Q(W) Y) / T=T(Q Y(W))",
	}, func(w *world, a, b, c *person) string {
		made := map[string]cid.Cid{}
		add := func(title string) []byte {
			var e crdt.Elem
			made[title] = a.do(func(tx *crdt.Tx) { e, _ = tx.Tree("T").Insert(crdt.Elem{}, 0) })
			w.titles[string(a.name(e))] = title
			return a.name(e)
		}
		x, y, q := add("W"), add("Y"), add("Q")
		w.Sync()
		b.TMove(x, y, 0)
		c.TMove(y, x, 0)
		w.Sync()
		outer, inner := "W", y
		if c.seeTree() == "T=T(Q Y(W))" {
			outer, inner = "Y", x
		}
		w.off(made[outer], true) // now all that is left of it is a move below what stands below it
		w.Sync()
		o := c.seeTree()
		b.TMove(inner, q, 0)
		w.Sync()
		o += " / " + c.seeTree()
		b.Undo()
		w.Sync()
		return o + " / " + c.seeTree()
	}},
	{"tree: strays stand behind the others, in one order; moved they have a place", []string{"T=T(Q 1 2) / T=T(2 Q 1)", "T=T(Q 2 1) / T=T(2 Q 1)"}, func(w *world, a, b, c *person) string {
		f := a.TNew(nil, 0, "F")
		w.Sync()
		a.TDel(f)
		b.TNew(f, 0, "1")
		n := c.TNew(f, 0, "2")
		a.TNew(nil, 0, "Q")
		w.Sync()
		o := c.seeTree()
		b.TMove(n, nil, 0)
		w.Sync()
		return o + " / " + c.seeTree()
	}},
}

// cycle makes X and Y below P, and Q beside it.
func cycle(a *person, withQ bool) (x, y, q []byte) {
	p := a.TNew(nil, 0, "P")
	x, y = a.TNew(p, 0, "X"), a.TNew(p, 1, "Y")
	if withQ {
		q = a.TNew(nil, 1, "Q")
	}
	return x, y, q
}
