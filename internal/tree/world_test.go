package tree

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// A toy network: replicas that make changes as a document would, each with its own arrival order, and a
// life of numbers computed from the words of DESIGN 6 at each look.

// number is one number of a change: a move, the first one of a node included, or a delete of one.
type number struct {
	in         *change
	node, dest int     // of a move: numbers; dest is -1 for root
	pos        float64 // its place among siblings
	target     int     // of a delete: what it deletes; else -1
	name       string
}

// change is some numbers, made on others.
type change struct {
	id       int
	author   int
	depth    int
	hash     uint64
	on       []*change
	numbers  []int
	restores []int // delete numbers
}

// world is all changes and the replicas.
type world struct {
	t        *testing.T
	rng      *rand.Rand
	changes  []*change
	numbers  []number
	replicas []*replica
	off      map[*change]bool
}

// replica is one room and what it was fed with.
type replica struct {
	w     *world
	me    int
	has   map[*change]bool
	heads []*change
	lv    map[int]LV
	num   []int // by LV
	tree  *Tree
	stand map[int]LV // by changes alone
	undo  []*change
}

// newWorld returns a world with three replicas.
func newWorld(t *testing.T, seed uint64) *world {
	w := &world{t: t, rng: rand.New(rand.NewPCG(seed, 3)), off: map[*change]bool{}}
	for me := range 3 {
		r := &replica{w: w, me: me, has: map[*change]bool{}, lv: map[int]LV{-1: None}, stand: map[int]LV{}}
		r.tree = New(func(a, b LV) int { return w.order(r.num[a], r.num[b]) })
		r.tree.patience = []int{1 << 20, -1 << 20, int(seed % 200)}[me]
		r.tree.ranks.wide, r.tree.short = 4, me
		w.replicas = append(w.replicas, r)
	}
	return w
}

// order is the total order: depth, CID (here a hash), offset.
func (w *world) order(a, b int) int {
	x, y := w.numbers[a].in, w.numbers[b].in
	return cmp.Or(cmp.Compare(x.depth, y.depth), cmp.Compare(x.hash, y.hash), a-b)
}

// alive says of a number: its change is effective, and no delete of it counts.
func (r *replica) alive(e int) bool {
	if r.w.off[r.w.numbers[e].in] {
		return false
	}
	for _, d := range r.num {
		if x := r.w.numbers[d]; x.target == e && !r.w.off[x.in] && !r.restored(d, nil) {
			return false
		}
	}
	return true
}

// restored tells whether an effective restore, of a change other than but, names a delete number.
func (r *replica) restored(d int, but *change) bool {
	for c := range r.has {
		if c != but && !r.w.off[c] && slices.Contains(c.restores, d) {
			return true
		}
	}
	return false
}

// apply takes in a change whose past is there.
func (r *replica) apply(c *change) {
	if r.has[c] {
		return
	}
	r.has[c] = true
	r.heads = slices.DeleteFunc(r.heads, func(h *change) bool { return slices.Contains(c.on, h) })
	r.heads = append(r.heads, c)
	for _, n := range c.numbers {
		lv, x := LV(len(r.num)), r.w.numbers[n]
		r.lv[n], r.num = lv, append(r.num, n)
		switch {
		case x.target >= 0:
		case x.node == n:
			r.tree.Insert(lv, r.lv[x.dest])
		default:
			r.tree.Move(lv, r.lv[x.node], r.lv[x.dest])
		}
	}
	r.flip()
}

// flip tells the room what life says now.
func (r *replica) flip() {
	for lv, n := range r.num {
		if r.w.numbers[n].target < 0 {
			r.tree.Flip(LV(lv), r.alive(n))
		}
	}
}

// commit makes a change on everything the replica has.
func (r *replica) commit(edit func(c *change)) *change {
	w := r.w
	c := &change{id: len(w.changes), author: r.me, hash: w.rng.Uint64(), on: slices.Clone(r.heads)}
	for _, h := range c.on {
		c.depth = max(c.depth, h.depth+1)
	}
	edit(c)
	w.changes = append(w.changes, c)
	r.apply(c)
	return c
}

// make adds a number to a change.
func (c *change) make(w *world, x number) int {
	n := len(w.numbers)
	x.in = c
	if x.node < 0 && x.target < 0 {
		x.node = n
	}
	w.numbers = append(w.numbers, x)
	c.numbers = append(c.numbers, n)
	return n
}

// del adds deletes to a change.
func (c *change) del(r *replica, targets []LV) {
	for _, lv := range targets {
		c.make(r.w, number{node: -1, dest: -1, target: r.num[lv]})
	}
}

// kids are the numbers of the moves at dest as shown, strays last; a stray is given by its node.
func (r *replica) kids(dest int) []int {
	var in []int
	for _, lv := range r.tree.Children(r.lv[dest], nil) {
		_, m, _ := r.tree.Parent(lv)
		in = append(in, r.num[m])
	}
	slices.SortFunc(in, func(a, b int) int {
		return cmp.Or(cmp.Compare(r.w.numbers[a].pos, r.w.numbers[b].pos), r.w.order(a, b))
	})
	if dest == -1 {
		for _, lv := range r.tree.Strays(nil) {
			in = append(in, r.num[lv])
		}
	}
	return in
}

// between is a place at index i below dest, node left out.
func (r *replica) between(dest, i, node int) float64 {
	at := []float64{0}
	for _, m := range r.kids(dest) {
		if x := r.w.numbers[m]; x.node != node && x.dest == dest {
			at = append(at, x.pos)
		}
	}
	at = append(at, at[len(at)-1]+2)
	i = min(i, len(at)-2)
	return (at[i] + at[i+1]) / 2
}

// TNew makes a node.
func (r *replica) TNew(dest, i int, name string) (node int) {
	pos := r.between(dest, i, -1)
	r.undo = append(r.undo, r.commit(func(c *change) {
		node = c.make(r.w, number{node: -1, dest: dest, pos: pos, target: -1, name: name})
	}))
	return node
}

// TMove moves a node.
func (r *replica) TMove(node, dest, i int) error {
	drops, lift, err := r.tree.MoveDrops(r.lv[node], r.lv[dest], nil)
	if err != nil {
		return err
	}
	pos := r.between(dest, i, node)
	r.undo = append(r.undo, r.commit(func(c *change) {
		c.make(r.w, number{node: node, dest: dest, pos: pos, target: -1})
		c.del(r, drops)
		if lift != None {
			c.make(r.w, number{node: r.num[lift], dest: -1, pos: r.between(-1, 1<<20, -1), target: -1})
		}
	}))
	return nil
}

// TDel deletes a node.
func (r *replica) TDel(node int) {
	targets := r.tree.DeleteTargets(r.lv[node], nil)
	r.undo = append(r.undo, r.commit(func(c *change) { c.del(r, targets) }))
}

// Undo takes back the newest change of the replica that it did not take back yet.
func (r *replica) Undo() {
	u := r.undo[len(r.undo)-1]
	r.undo = r.undo[:len(r.undo)-1]
	r.commit(func(c *change) {
		for _, n := range u.numbers {
			if r.w.numbers[n].target >= 0 {
				c.restores = append(c.restores, n)
			} else {
				c.del(r, []LV{r.lv[n]})
			}
		}
	})
}

// Sync lets everybody receive everything, each in an order of its own.
func (w *world) Sync() {
	for _, r := range w.replicas {
		r.receive(w.rng, len(w.changes))
		w.verify(r)
	}
}

// receive takes in up to n changes that it has not, in any order that keeps the past first.
func (r *replica) receive(rng *rand.Rand, n int) {
	for range n {
		var ready []*change
		for _, c := range r.w.changes {
			if !r.has[c] && !slices.ContainsFunc(c.on, func(p *change) bool { return !r.has[p] }) {
				ready = append(ready, c)
			}
		}
		if len(ready) == 0 {
			return
		}
		r.apply(ready[rng.IntN(len(ready))])
	}
}

// verify compares a replica with the twin.
func (w *world) verify(r *replica) {
	w.t.Helper()
	tw := &twin{draw: w.rng.IntN}
	byRank := slices.Clone(r.num)
	slices.SortFunc(byRank, w.order)
	for rank, n := range byRank {
		if x := w.numbers[n]; x.target < 0 {
			tw.facts = append(tw.facts, &fact{r.lv[n], r.lv[x.node], r.lv[x.dest], rank, r.alive(n)})
		}
	}
	r.tree.TakeChanges(func(node, old, now LV) {
		n := r.num[node]
		if r.standing(n) != old {
			w.t.Fatalf("replica %d: node %d changes from %d, stood by %d", r.me, node, old, r.standing(n))
		}
		r.stand[n] = now
	})
	for y, at := range tw.places() {
		var got place
		if got.dest, got.move, got.shown = r.tree.Parent(y); got != at || r.standing(r.num[y]) != at.move {
			w.t.Fatalf("replica %d: node %d is at %v, by changes %d, want %v", r.me, y, got, r.standing(r.num[y]), at)
		}
	}
	if err := r.tree.Check(); err != nil {
		w.t.Fatalf("replica %d: %v", r.me, err)
	}
}

// standing is what a node stands by according to changes alone.
func (r *replica) standing(n int) LV {
	if m, ok := r.stand[n]; ok {
		return m
	}
	return None
}

// show is the tree as scenarios write it.
func (r *replica) show() string {
	var below func(dest int) string
	below = func(dest int) string {
		var kids []string
		for _, m := range r.kids(dest) {
			node := r.w.numbers[m].node
			kids = append(kids, r.w.numbers[node].name+below(node))
		}
		if kids == nil && dest != -1 {
			return ""
		}
		return "(" + strings.Join(kids, " ") + ")"
	}
	return "T=T" + below(-1)
}

// turn makes a change effective or not.
func (w *world) turn(c *change) {
	w.off[c] = !w.off[c]
	for _, r := range w.replicas {
		r.flip()
	}
}

// Random histories of three replicas: all equal the twin, and each other when they have the same.
func TestWorld(t *testing.T) {
	histories := 3_000
	if testing.Short() {
		histories = 300
	}
	moved, refused := 0, 0
	for seed := range histories {
		w := newWorld(t, uint64(seed))
		rng := w.rng
		for range 20 + rng.IntN(30) {
			r := w.replicas[rng.IntN(3)]
			pick := func() int { return r.pick(rng) }
			switch k := rng.IntN(12); {
			case k < 1 || len(w.numbers) < 4:
				r.TNew(pick(), rng.IntN(3), fmt.Sprint(len(w.numbers)))
			case k < 7:
				if y := pick(); y >= 0 {
					before := r.places()
					if err := r.TMove(y, pick(), rng.IntN(3)); err != nil {
						refused++
						break
					}
					moved++
					for x, at := range r.places() {
						if x != y && at != before[x] {
							t.Fatalf("seed %d: move of %d took %d from %d to %d", seed, y, x, before[x], at)
						}
					}
				}
			case k < 8:
				if y := pick(); y >= 0 {
					before := r.show()
					r.TDel(y)
					if r.tree.Shown(r.lv[y]) {
						t.Fatalf("seed %d: %d is shown after its delete", seed, y)
					}
					if rng.IntN(2) == 0 {
						r.Undo()
						if after := r.show(); after != before {
							t.Fatalf("seed %d: delete of %d and undo: %s, was %s", seed, y, after, before)
						}
					}
				}
			case k < 9:
				if len(r.undo) > 0 {
					r.Undo()
				}
			case k < 10 && len(w.changes) > 0:
				w.turn(w.changes[rng.IntN(len(w.changes))])
			default:
				r.receive(rng, rng.IntN(20))
			}
			w.verify(r)
		}
		w.Sync()
		if x, y, z := w.replicas[0].show(), w.replicas[1].show(), w.replicas[2].show(); x != y || y != z {
			t.Fatalf("seed %d: %s\n%s\n%s", seed, x, y, z)
		}
	}
	t.Logf("%d histories, %d moves, %d refused", histories, moved, refused)
}

// pick is a node that the replica shows, or root.
func (r *replica) pick(rng *rand.Rand) int {
	in := []int{-1}
	for lv, n := range r.num {
		if r.tree.Shown(LV(lv)) {
			in = append(in, n)
		}
	}
	return in[rng.IntN(len(in))]
}

// places are the destinations of all nodes; a node that is gone has -2.
func (r *replica) places() map[int]int {
	out := map[int]int{}
	for _, n := range r.num {
		if r.tree.Node(r.lv[n]) {
			out[n] = -2
			if dest, _, shown := r.tree.Parent(r.lv[n]); shown && dest == None {
				out[n] = -1
			} else if shown {
				out[n] = r.num[dest]
			}
		}
	}
	return out
}
