package tree

import (
	"slices"
	"testing"
)

// root as the scenarios name it.
const top = -1

// scenarios are the lines of SCENARIOS.md that begin with "tree:", and more of their kind at the end.
var scenarios = []struct {
	name string
	want []string
	play func(w *world, a, b, c *replica) string
}{
	{"delete F || move X into F: X survives at root", []string{"T=T(X)"}, func(w *world, a, b, c *replica) string {
		f, x := a.TNew(top, 0, "F"), a.TNew(top, 1, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(x, f, 0)
		w.Sync()
		return c.show()
	}},
	{"... then A undoes: X in F", []string{"T=T(F(X))"}, func(w *world, a, b, c *replica) string {
		f, x := a.TNew(top, 0, "F"), a.TNew(top, 1, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(x, f, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.show()
	}},
	{"B creates N in F || A deletes F: N not lost", []string{"T=T(N)"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		w.Sync()
		a.TDel(f)
		b.TNew(f, 0, "N")
		w.Sync()
		return c.show()
	}},
	{"delete F (with X) || B moves X out: X lives, F and rest gone", []string{"T=T(X)"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		x := a.TNew(f, 0, "X")
		a.TNew(f, 1, "Y")
		w.Sync()
		a.TDel(f)
		b.TMove(x, top, 0)
		w.Sync()
		return c.show()
	}},
	{"... then A undoes: F(Y) and X outside", []string{"T=T(X F(Y))", "T=T(F(Y) X)"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		x := a.TNew(f, 0, "X")
		a.TNew(f, 1, "Y")
		w.Sync()
		a.TDel(f)
		b.TMove(x, top, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.show()
	}},
	{"X->Y || Y->X below P: one wins, the other stays where it was", []string{"T=T(P(Y(X)))", "T=T(P(X(Y)))"}, func(w *world, a, b, c *replica) string {
		swap(w, a, b)
		return c.show()
	}},
	{"cycle, winner undoes: loser's move takes effect", []string{"T=T(P(Y(X)))", "T=T(P(X(Y)))"}, func(w *world, a, b, c *replica) string {
		swap(w, a, b)
		if c.show() == "T=T(P(Y(X)))" {
			a.Undo()
			if w.Sync(); c.show() != "T=T(P(X(Y)))" {
				return "bad " + c.show()
			}
		} else {
			b.Undo()
			if w.Sync(); c.show() != "T=T(P(Y(X)))" {
				return "bad " + c.show()
			}
		}
		return c.show()
	}},
	{"cycle settled; later C moves the winner's node elsewhere: the other does not jump", []string{"T=T(P(X) Q(Y))", "T=T(P(Y) Q(X))"}, func(w *world, a, b, c *replica) string {
		x, y := swap(w, a, b)
		q := a.TNew(top, 1, "Q")
		w.Sync()
		if c.show() == "T=T(P(X(Y)) Q)" {
			c.TMove(y, q, 0)
		} else {
			c.TMove(x, q, 0)
		}
		w.Sync()
		return c.show()
	}},
	{"re-parent switched off: back at old parent", []string{"T=T(P(X) Q)"}, func(w *world, a, b, c *replica) string {
		p, q := a.TNew(top, 0, "P"), a.TNew(top, 1, "Q")
		x := a.TNew(p, 0, "X")
		w.Sync()
		b.TMove(x, q, 0)
		w.Sync()
		w.turn(b.undo[0])
		return c.show()
	}},
	{"A makes folder, B moves X in, A undoes the folder: X not lost", []string{"T=T(F(X))", "T=T(X)"}, func(w *world, a, b, c *replica) string {
		x := b.TNew(top, 0, "X")
		w.Sync()
		f := a.TNew(top, 1, "F")
		w.Sync()
		b.TMove(x, f, 0)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.show()
	}},
	{"... undo concurrent with the move in", []string{"T=T(X)"}, func(w *world, a, b, c *replica) string {
		x := b.TNew(top, 0, "X")
		w.Sync()
		f := a.TNew(top, 1, "F")
		w.Sync()
		b.TMove(x, f, 0)
		a.Undo()
		w.Sync()
		return c.show()
	}},
	{"folder's maker switched off: B's X back where it was", []string{"T=T(P(X))"}, func(w *world, a, b, c *replica) string {
		p := b.TNew(top, 0, "P")
		x := b.TNew(p, 0, "X")
		w.Sync()
		f := a.TNew(top, 1, "F")
		w.Sync()
		b.TMove(x, f, 0)
		w.Sync()
		w.turn(w.numbers[f].in)
		return c.show()
	}},
	{"delete F, F restored after children's own edits; order kept", []string{"T=T(F(1 2 3))"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		for i, name := range []string{"1", "2", "3"} {
			a.TNew(f, i, name)
		}
		w.Sync()
		b.TDel(f)
		w.Sync()
		b.Undo()
		w.Sync()
		return c.show()
	}},
	{"X rescued from a deleted folder takes new nodes, at once and later", []string{"T=T(X(N M))"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		x := a.TNew(f, 0, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(x, top, 0)
		b.TNew(x, 0, "N")
		w.Sync()
		c.TNew(x, 1, "M")
		w.Sync()
		return c.show()
	}},
	{"delete F || B moves F: F lives by B's move", []string{"T=T(Q(F))"}, func(w *world, a, b, c *replica) string {
		f, q := a.TNew(top, 0, "F"), a.TNew(top, 1, "Q")
		a.TNew(f, 0, "X")
		w.Sync()
		a.TDel(f)
		b.TMove(f, q, 0)
		w.Sync()
		return c.show()
	}},
	{"F deleted by A, moved by B, deleted again by C, A undoes: still gone", []string{"T=T(Q)"}, func(w *world, a, b, c *replica) string {
		f, q := a.TNew(top, 0, "F"), a.TNew(top, 1, "Q")
		w.Sync()
		a.TDel(f)
		b.TMove(f, q, 0)
		w.Sync()
		c.TDel(f)
		w.Sync()
		a.Undo()
		w.Sync()
		return c.show()
	}},
	{"two delete F, one undoes: gone; both: all back", []string{"T=T() T=T(F(X))"}, func(w *world, a, b, c *replica) string {
		f := a.TNew(top, 0, "F")
		a.TNew(f, 0, "X")
		w.Sync()
		a.TDel(f)
		b.TDel(f)
		w.Sync()
		a.Undo()
		w.Sync()
		o := c.show()
		b.Undo()
		w.Sync()
		return o + " " + c.show()
	}},
	{"a backdated move does not void a settled one", []string{"T=T(P Q(X))"}, func(w *world, a, b, c *replica) string {
		p, q, x := a.TNew(top, 0, "P"), a.TNew(top, 1, "Q"), a.TNew(top, 2, "X")
		w.Sync()
		b.TMove(x, p, 0) // made early, sent late
		a.TNew(top, 3, "Z")
		a.TDel(w.numbers[len(w.numbers)-1].node)
		a.TMove(x, q, 0)
		c.receive(w.rng, 6)
		w.Sync()
		return c.show()
	}},
	{"into itself and into its own child: refused", []string{"T=T(P(X))"}, func(w *world, a, b, c *replica) string {
		p := a.TNew(top, 0, "P")
		x := a.TNew(p, 0, "X")
		if a.TMove(p, p, 0) != ErrInside || a.TMove(p, x, 0) != ErrInside {
			return "not refused"
		}
		w.Sync()
		return c.show()
	}},
	{"ring of three: one falls back, none is lost", []string{"T=T(X(Y(Z)))", "T=T(Y(Z(X)))", "T=T(Z(X(Y)))"}, func(w *world, a, b, c *replica) string {
		x, y, z := a.TNew(top, 0, "X"), a.TNew(top, 1, "Y"), a.TNew(top, 2, "Z")
		w.Sync()
		a.TMove(x, z, 0)
		b.TMove(y, x, 0)
		c.TMove(z, y, 0)
		w.Sync()
		return c.show()
	}},
	{"move undone: what it dropped is as before", []string{"true"}, func(w *world, a, b, c *replica) string {
		x, y := swap(w, a, b)
		q := a.TNew(top, 1, "Q")
		w.Sync()
		was := c.show()
		if was == "T=T(P(X(Y)) Q)" {
			c.TMove(y, q, 0)
		} else {
			c.TMove(x, q, 0)
		}
		w.Sync()
		c.Undo()
		w.Sync()
		if c.show() != was {
			return c.show() + ", was " + was
		}
		return "true"
	}},
}

// swap makes X and Y below P and lets A and B move one into the other at the same time.
func swap(w *world, a, b *replica) (x, y int) {
	p := a.TNew(top, 0, "P")
	x, y = a.TNew(p, 0, "X"), a.TNew(p, 1, "Y")
	w.Sync()
	a.TMove(x, y, 0)
	b.TMove(y, x, 0)
	w.Sync()
	return x, y
}

// Every scenario gives an outcome that people expect, whatever the hashes.
func TestScenarios(t *testing.T) {
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			for seed := range uint64(20) {
				w := newWorld(t, seed)
				got := s.play(w, w.replicas[0], w.replicas[1], w.replicas[2])
				if !slices.Contains(s.want, got) {
					t.Fatalf("seed %d: %s, want one of %q", seed, got, s.want)
				}
				w.Sync()
				for _, r := range w.replicas[:2] {
					if r.show() != w.replicas[2].show() {
						t.Fatalf("seed %d: %s and %s", seed, r.show(), w.replicas[2].show())
					}
				}
			}
		})
	}
}
