package tree

import (
	"slices"
	"testing"
)

// Complete small scopes: four nodes at root and three moves made at once, every one of them to every
// destination, itself too; ranked as numbered, in every order of arrival. A tree is a tree, no node is
// lost, the twin agrees.
func TestScopeMoves(t *testing.T) {
	orders := [][]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}
	const nodes, choices = 4, 4 * 5
	histories := 0
	for code := range choices * choices * choices {
		var moves []*fact
		for k, c := 0, code; k < 3; k, c = k+1, c/choices {
			dest := LV(c % 5)
			if dest == nodes {
				dest = None
			}
			moves = append(moves, &fact{node: LV(c % choices / 5), dest: dest, rank: nodes + k, alive: true})
		}
		w := &twin{draw: func(n int) int { return code % n }}
		for y := range LV(nodes) {
			w.facts = append(w.facts, &fact{y, y, None, int(y), true})
		}
		for k, f := range moves {
			f.lv = LV(nodes + k)
		}
		w.facts = append(w.facts, moves...)
		want := w.places()
		for y := range LV(nodes) {
			if !want[y].shown || !under(want, y, None) {
				t.Fatalf("history %d: twin loses %d: %v", code, y, want)
			}
		}
		for i, order := range orders {
			if err := playScope(moves, want, order, []int{1 << 20, -1 << 20, code % 100}[i%3]); err != "" {
				t.Fatalf("history %d, order %v: %s", code, order, err)
			}
			histories++
		}
	}
	t.Log(histories, "histories")
}

// playScope plays moves of four nodes in an order and says what differs from what is wanted.
func playScope(moves []*fact, want map[LV]place, order []int, patience int) string {
	rank := []int{0, 1, 2, 3}
	r := New(func(a, b LV) int { return rank[a] - rank[b] })
	r.patience, r.short = patience, order[0]
	for y := range LV(4) {
		r.Insert(y, None)
	}
	for _, k := range order {
		rank = append(rank, moves[k].rank)
		r.Move(LV(len(rank)-1), moves[k].node, moves[k].dest)
		if err := r.Check(); err != nil {
			return err.Error()
		}
		r.Len()
		if err := r.Check(); err != nil {
			return err.Error()
		}
	}
	for y, at := range want {
		dest, move, shown := r.Parent(y)
		if move != Stray && move >= 4 {
			move = moves[order[move-4]].lv
		}
		if (place{dest, move, shown}) != at {
			return "differs"
		}
	}
	return ""
}

// Rings of any size, whose moves come in some order, lose exactly their least move.
func TestRings(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 7, 40, 300} {
		for _, step := range []int{1, 3, n - 1, n + 1} {
			b := newBulk()
			for range n {
				b.insert(None)
			}
			for i := range n {
				k := i * step % n
				for slices.Contains(b.rank, n+k) {
					k = (k + 1) % n
				}
				b.move(LV(k), LV((k+1)%n), n+k)
				b.t.Len()
			}
			if err := b.t.Check(); err != nil {
				t.Fatal(err)
			}
			for y := range LV(n) {
				dest, move, _ := b.t.Parent(y)
				if y == 0 && (dest != None || b.rank[move] != 0) {
					t.Fatalf("ring of %d: the node of the least move is below %d", n, dest)
				}
				if y > 0 && dest != (y+1)%LV(n) {
					t.Fatalf("ring of %d: %d is below %d", n, y, dest)
				}
			}
		}
	}
}
