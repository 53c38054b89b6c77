package tree

import (
	"slices"
)

// The slow twin: the words of DESIGN 6, row Tree, turned into code with no thought of cost. It knows moves
// by their local versions and asks the whole history anew at each question.

// fact is all that is known of one move.
type fact struct {
	lv, node, dest LV
	rank           int // place in the total order
	alive          bool
}

// place is where a node is.
type place struct {
	dest, move LV
	shown      bool
}

// twin is a history of moves.
type twin struct {
	facts []*fact
	draw  func(n int) int // decides which cycle is broken first
}

// has tells whether a node has an alive move: "a node's creation is its first move".
func (w *twin) has(node LV) bool {
	return slices.ContainsFunc(w.facts, func(f *fact) bool { return f.node == node && f.alive })
}

// candidates: "a candidate is an alive move to root, or to a destination that is alive and has an alive
// move; greatest first". The number of a node is one of its moves: it is alive while it has an alive one.
func (w *twin) candidates(node LV) []*fact {
	var in []*fact
	for _, f := range w.facts {
		if f.node == node && f.alive && (f.dest == None || w.has(f.dest)) {
			in = append(in, f)
		}
	}
	slices.SortFunc(in, func(a, b *fact) int { return b.rank - a.rank })
	return in
}

// places: "every node points by its greatest; while a cycle exists the least move in it is dropped and its
// node falls to its next candidate. Alive moves but no candidate: root. No alive move: gone".
func (w *twin) places() map[LV]place {
	left := map[LV][]*fact{}
	var nodes []LV
	for _, f := range w.facts {
		if f.lv == f.node {
			nodes = append(nodes, f.node)
			left[f.node] = w.candidates(f.node)
		}
	}
	for {
		least := cycle(nodes, left, w.draw)
		if least == nil {
			break
		}
		left[least.node] = left[least.node][1:]
	}
	out := map[LV]place{}
	for _, y := range nodes {
		switch {
		case len(left[y]) > 0:
			out[y] = place{left[y][0].dest, left[y][0].lv, true}
		case w.has(y):
			out[y] = place{None, Stray, true}
		default:
			out[y] = place{None, None, false}
		}
	}
	return out
}

// cycle finds a cycle among the first of what is left and returns the least move in it, nil if there is
// none. Where it begins to look is drawn.
func cycle(nodes []LV, left map[LV][]*fact, draw func(n int) int) *fact {
	begin := 0
	if len(nodes) > 0 {
		begin = draw(len(nodes))
	}
	for k := range nodes {
		var way []*fact
		for y := nodes[(begin+k)%len(nodes)]; y != None && len(left[y]) > 0; y = left[y][0].dest {
			if at := slices.IndexFunc(way, func(f *fact) bool { return f.node == y }); at >= 0 {
				return slices.MinFunc(way[at:], func(a, b *fact) int { return a.rank - b.rank })
			}
			way = append(way, left[y][0])
		}
	}
	return nil
}

// drops is what a move of node below dest must delete: the greatest dropped move that takes effect because
// of it, "repeat until no other node's parent changes". A node that would be gone keeps its moves and goes
// to root by a move of its own.
func (w *twin) drops(node, dest LV) (drops, lifts []LV) {
	before := w.places()
	try := &twin{draw: w.draw}
	for _, f := range w.facts {
		g := *f
		try.facts = append(try.facts, &g)
	}
	own := Stray - 1
	move := func(node, dest LV) {
		try.facts = append(try.facts, &fact{lv: own, node: node, dest: dest, rank: 1<<30 + int(Stray-own), alive: true})
		own--
	}
	move(node, dest)
	for {
		var woken *fact
		after := try.places()
		for _, f := range try.facts {
			if f.lv < own && f.node != node && after[f.node].move == f.lv && before[f.node].move != f.lv {
				if woken == nil || f.rank > woken.rank {
					woken = f
				}
			}
		}
		if woken == nil {
			break
		}
		woken.alive = false
		drops = append(drops, woken.lv)
		if !try.has(woken.node) {
			for _, f := range try.facts {
				if f.node == woken.node && slices.Contains(drops, f.lv) {
					f.alive = true
					drops = slices.DeleteFunc(drops, func(lv LV) bool { return lv == f.lv })
				}
			}
			move(woken.node, None)
			lifts = append(lifts, woken.node)
		}
	}
	slices.Sort(drops)
	return drops, lifts
}

// under tells whether d is y or below it.
func under(places map[LV]place, d, y LV) bool {
	for ; d != None; d = places[d].dest {
		if d == y {
			return true
		}
	}
	return y == None
}

// targets is what a delete of a shown node deletes: "node, and every alive move of each node seen below it".
func (w *twin) targets(node LV) []LV {
	out := []LV{node}
	places := w.places()
	for _, f := range w.facts {
		if f.alive && f.lv != node && places[f.node].shown && under(places, f.node, node) {
			out = append(out, f.lv)
		}
	}
	slices.Sort(out)
	return out
}
