package tree

import (
	"strings"
	"testing"
)

// whole is a room in which every structure is in use. Nodes: 1 over 2 over 3, each with an edge of a rank
// that rises; 1 has a dropped move to 3; 4 and 5 are strays below 6, which is gone; 7 is at root, with
// moves in its ladder of which one is dead; 8 stands below 7.
func whole(t *testing.T) *Tree {
	b := newBulk()
	b.t.ranks.wide = 4
	b.t.index.crowd = 1
	for range 8 {
		b.insert(None)
	}
	b.move(1, 0, 3000) // lv 8: node 2 below 1
	b.move(2, 1, 4000) // lv 9: node 3 below 2
	b.move(0, 2, 2000) // lv 10: node 1 below 3, dropped
	for lv := range LV(8) {
		b.t.Flip(lv, lv == 0 || lv == 6)
	}
	b.move(3, 5, 4001) // lv 11: node 4 below 6
	b.move(4, 5, 4002) // lv 12: node 5 below 6
	for k := range 4 { // lv 13 to 16
		b.move(6, None, 5000+k)
	}
	b.t.Flip(16, false)
	b.move(7, 6, 5010) // lv 17: node 8 below 7
	b.t.Strays(nil)
	b.t.TakeChanges(func(_, _, _ LV) {})
	b.move(7, None, 5005) // lv 18, below its edge
	b.t.Truncate(18)
	b.move(7, 0, 6000) // lv 18 again: node 8 below 1
	b.t.Len()
	if err := b.t.Check(); err != nil {
		t.Fatal(err)
	}
	if n := b.t.nodes; n[1].eff != 1 || n[1].hope != 11 || n[4].eff != stray || n[6].eff != gone || n[8].eff != 19 || len(b.t.ranks.dir) < 4 {
		t.Fatal("something is not in use", n)
	}
	return b.t
}

// Each clause of the check sees the damage it is there for.
func TestCheckSeesDamage(t *testing.T) {
	for i, d := range []struct {
		says   string
		damage func(t *Tree)
	}{
		{"clause 1: local version", func(t *Tree) { t.moves[3].lv, t.moves[4].lv = 3, 2; *t.index.spots.At(3), *t.index.spots.At(2) = 3, 4 }},
		{"clause 1: local version", func(t *Tree) { *t.index.spots.At(3) = 5 }},
		{"clause 1: 20 numbers", func(t *Tree) { *t.index.spots.At(300) = 5 }},
		{"clause 1: move", func(t *Tree) { t.moves[9].node = 20 }},
		{"clause 1: move", func(t *Tree) { t.moves[9].dest = 20 }},
		{"clause 1: move", func(t *Tree) { t.nodes[3].made = 9 }},
		{"clause 1: 9 nodes", func(t *Tree) { t.nodes = append(t.nodes, node{}) }},
		{"clause 2: chunk", func(t *Tree) { t.ranks.chunks[t.ranks.dir[1]].ord = 7 }},
		{"clause 2: chunk", func(t *Tree) { t.ranks.wide = 1 }},
		{"clause 2: move", func(t *Tree) { t.moves[5].pos++ }},
		{"clause 2: move", func(t *Tree) { t.moves[5].chunk++ }},
		{"is not above", func(t *Tree) {
			c := &t.ranks.chunks[t.ranks.dir[0]]
			c.items[0], c.items[1] = c.items[1], c.items[0]
			t.moves[c.items[0]].pos, t.moves[c.items[1]].pos = 0, 1
		}},
		{"clause 2: 1", func(t *Tree) {
			d := t.ranks.dir
			t.ranks.free, t.ranks.dir = append(t.ranks.free, d[len(d)-1]), d[:len(d)-1]
		}},
		{"clause 2: free chunk", func(t *Tree) {
			t.ranks.free = append(t.ranks.free, uint32(len(t.ranks.chunks)))
			t.ranks.chunks = append(t.ranks.chunks, chunk{items: []uint32{1}})
		}},
		{"clause 3: ladder of 7: root", func(t *Tree) { t.ladder.at[t.nodes[7].rungs].up = 3 }},
		{"clause 3: ladder of 7: root", func(t *Tree) {
			r := t.nodes[7].rungs
			t.ladder.at[t.ladder.at[r].kid[0]].up = 3
		}},
		{"clause 3: ladder of 7: root", func(t *Tree) {
			at := t.ladder.at
			r := t.nodes[7].rungs
			at[at[r].kid[0]].kid[0], at[r].up = r, at[r].kid[0]
		}},
		{"clause 3: ladder of 7: move", func(t *Tree) { k := &t.ladder.at[t.nodes[7].rungs].kid; k[0], k[1] = k[1], k[0] }},
		{"clause 3: ladder of 7: an alive", func(t *Tree) { t.moves[t.nodes[7].rungs].flags ^= anyAlive }},
		{"clause 3: node 7", func(t *Tree) { t.nodes[7].alive++ }},
		{"clause 3: node 7", func(t *Tree) { t.nodes[7].top = 14 }},
		{"clause 3: 14 of", func(t *Tree) { t.nodes[7].rungs, t.nodes[7].alive, t.nodes[7].top = 0, 0, 0 }},
		{"flags 1 of none", func(t *Tree) { t.moves[0].flags = isAlive }},
		{"clause 4: move", func(t *Tree) { t.moves[13].next = 11 }},
		{"clause 4: moves to", func(t *Tree) { t.nodes[6].into = 12 }},
		{"clause 5: node 8", func(t *Tree) { t.nodes[8].home = 3 }},
		{"clause 5: list", func(t *Tree) { t.nodes[8].prev = 2 }},
		{"clause 5: list", func(t *Tree) { t.nodes[8].next = 8 }},
		{"clause 5: 5 nodes", func(t *Tree) { t.nodes[7].first, t.nodes[1].first = 0, 0 }},
		{"clause 5: 3 strays", func(t *Tree) { t.sorted = append(t.sorted, 3) }},
		{"clause 6: node 8 is below 2", func(t *Tree) { t.access(8); t.access(3); t.forest.at[8].up = 2 }},
		{"clause 6: ", func(t *Tree) { t.access(3); t.forest.at[t.forest.at[3].kid[0]].kid[1] = 8 }},
		{"links of none", func(t *Tree) { t.forest.at[0].up = 3 }},
		{"links of none", func(t *Tree) { t.ladder.at[0].kid[1] = 3 }},
		{"clause 6: node 3: linked", func(t *Tree) { t.nodes[3].flags ^= isLinked }},
		{"clause 6: node 3: sums", func(t *Tree) { t.access(3); t.nodes[3].low = 0 }},
		{"clause 6: node 3: sums", func(t *Tree) { t.access(3); t.nodes[3].most = 0 }},
		{"clause 6: root", func(t *Tree) { t.nodes[root].hope = 3 }},
		{"clause 7: 3 have", func(t *Tree) { t.hopefuls++ }},
		{"clause 7: node 5", func(t *Tree) { t.nodes[5].hope, t.nodes[5].most = 0, 0 }},
		{"clause 8: move 19 lies", func(t *Tree) { t.push(1); t.queue = append(t.queue, 19); t.moves[19].flags |= isQueued }},
		{"clause 8: move 1 is in twice", func(t *Tree) { t.push(1); t.queue = append(t.queue, 1) }},
		{"clause 8: move 1: flagged", func(t *Tree) { t.moves[1].flags |= isQueued }},
		{"clause 9: node 8 is in twice", func(t *Tree) { t.touched = append(t.touched, 8) }},
		{"clause 9: node 8 stood", func(t *Tree) { t.nodes[8].was = 20 }},
		{"clause 9: node 8: flagged", func(t *Tree) { t.touched = nil }},
		{"clause 10: node 6", func(t *Tree) { t.nodes[6].flags |= isLiving }},
		{"clause 10: node 6", func(t *Tree) { t.nodes[6].flags |= isWaiting }},
		{"clause 10: 7 nodes", func(t *Tree) { t.living++ }},
		{"clause 11: node 4 stands by 0", func(t *Tree) { t.settleOn(4, gone) }},
		{"clause 11: node 4 stands by move", func(t *Tree) { t.settleOn(4, 12); t.link(4) }},
		{"clause 11: node 7 stands by 14, not by 15", func(t *Tree) { t.settleOn(7, 14) }},
		{"clause 11: node 8 stands by 18, not by 19", func(t *Tree) { t.cut(8); t.settleOn(8, 18); t.link(8) }},
		{"in a cycle", func(t *Tree) {
			for y := range t.forest.at {
				t.forest.at[y] = links{}
			}
			t.settleOn(1, 11)
			t.nodes[1].flags |= isLinked
			for y := uint32(1); y <= 8; y++ {
				t.forest.at[y].up = t.parent(y)
				t.pullNode(y)
			}
		}},
	} {
		r := whole(t)
		d.damage(r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), d.says) {
			t.Errorf("damage %d, which %q is to see: %v", i, d.says, err)
		}
	}
}
