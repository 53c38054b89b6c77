package tree

import (
	"fmt"
	"slices"
	"sort"
)

// ranks is all moves of a tree in the total order, cut into chunks, so that two moves are compared
// without asking the document. A move that is greater than all others, as nearly all are when they come,
// costs one question; a late one O(log), moving along the neighbours in its chunk, and for one in a hundred
// or so numbering the chunks anew.
//
// At all times: chunks in dir are not empty, hold at most wide moves and ascend, in themselves and
// along dir; the others are listed in free and empty. chunk and pos of a move, and ord of a chunk, say
// where it is.
type ranks struct {
	wide   int // moves of a chunk at most
	chunks []chunk
	dir    []uint32
	free   []uint32
}

// chunk is a stretch of the order.
type chunk struct {
	items []uint32
	ord   uint32 // its place in dir
}

// chunkMax is what wide is, except in tests; below 2^16.
const chunkMax = 256

// rank is a number that ascends with the total order. It is good until the next move is added.
func (t *Tree) rank(m uint32) uint64 {
	x := &t.moves[m]
	return uint64(t.ranks.chunks[x.chunk].ord)<<16 | uint64(x.pos)
}

// above tells whether move a is above move b.
func (t *Tree) above(a, b uint32) bool { return t.rank(a) > t.rank(b) }

// lesser is the lesser of two moves; 0 stands for none.
func (t *Tree) lesser(a, b uint32) uint32 {
	if a == 0 || b != 0 && t.above(a, b) {
		return b
	}
	return a
}

// greater is the greater of two moves; 0 stands for none.
func (t *Tree) greater(a, b uint32) uint32 {
	if a == 0 || b != 0 && t.above(b, a) {
		return b
	}
	return a
}

// exceeds asks the document whether move a is above move b.
func (t *Tree) exceeds(a, b uint32) bool {
	t.visits++
	c := t.order(t.moves[a].lv, t.moves[b].lv)
	if c == 0 {
		panic(fmt.Sprintf("tree: the order is total: local versions %d and %d are equal", t.moves[a].lv, t.moves[b].lv))
	}
	return c > 0
}

// place finds the rank of a new move.
func (t *Tree) place(m uint32) {
	r := &t.ranks
	k := len(r.dir) - 1
	if k < 0 {
		t.newChunk(0, append(make([]uint32, 0, 4), m))
		return
	}
	last := r.chunks[r.dir[k]].items
	if t.exceeds(m, last[len(last)-1]) {
		if len(last) < r.wide {
			t.put(r.dir[k], len(last), m)
		} else {
			t.newChunk(k+1, append(make([]uint32, 0, r.wide), m))
		}
		return
	}
	k = sort.Search(len(r.dir), func(k int) bool { return !t.exceeds(m, r.chunks[r.dir[k]].items[0]) })
	k = max(k-1, 0)
	c := r.dir[k]
	if items := r.chunks[c].items; len(items) == r.wide {
		upper := append(make([]uint32, 0, r.wide), items[r.wide/2:]...)
		r.chunks[c].items = items[:r.wide/2]
		t.newChunk(k+1, upper)
		if t.exceeds(m, upper[0]) {
			c = r.dir[k+1]
		}
	}
	items := r.chunks[c].items
	t.put(c, sort.Search(len(items), func(k int) bool { return !t.exceeds(m, items[k]) }), m)
}

// newChunk makes a chunk of moves, which it keeps, the k-th of the order.
func (t *Tree) newChunk(k int, items []uint32) {
	r := &t.ranks
	c := uint32(len(r.chunks))
	if n := len(r.free); n > 0 {
		c, r.free = r.free[n-1], r.free[:n-1]
	} else {
		r.chunks = append(r.chunks, chunk{})
	}
	r.chunks[c].items = items
	for i, m := range items {
		t.moves[m].chunk, t.moves[m].pos = c, uint16(i)
	}
	r.dir = slices.Insert(r.dir, k, c)
	r.number(k)
}

// number notes the places of the chunks from the k-th on.
func (r *ranks) number(k int) {
	for ; k < len(r.dir); k++ {
		r.chunks[r.dir[k]].ord = uint32(k)
	}
}

// put puts a move into a chunk at a position.
func (t *Tree) put(c uint32, pos int, m uint32) {
	items := slices.Insert(t.ranks.chunks[c].items, pos, m)
	t.ranks.chunks[c].items = items
	t.moves[m].chunk = c
	for i, k := range items[pos:] {
		t.moves[k].pos = uint16(pos + i)
	}
}

// unplace takes a move out of the order.
func (t *Tree) unplace(m uint32) {
	r, x := &t.ranks, &t.moves[m]
	c := &r.chunks[x.chunk]
	c.items = slices.Delete(c.items, int(x.pos), int(x.pos)+1)
	for i, k := range c.items[x.pos:] {
		t.moves[k].pos = x.pos + uint16(i)
	}
	if len(c.items) == 0 {
		k := int(c.ord)
		*c = chunk{}
		r.free = append(r.free, x.chunk)
		r.dir = slices.Delete(r.dir, k, k+1)
		r.number(k)
	}
}
