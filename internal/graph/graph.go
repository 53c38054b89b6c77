package graph

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// LV is a local version: the dense number, in arrival order, of every number
// (element, entry, tag, step, delete number) of one replica.
type LV = uint32

// None is the LV of nothing, and None32 the index of no change.
const (
	None   LV    = 1<<32 - 1
	None32 int32 = -1
)

// MaxLV bounds the numbers one replica can hold: half the LV space, so that
// sums of two LVs never wrap and an LV fits an int on 32-bit machines.
const MaxLV = 1<<31 - 1

// NoWords is the arena offset of a change whose words are absent.
const NoWords = 1<<32 - 1

// Graph is the applied changes of a work, a row each. Its invariants:
//
//  1. The numbers of change i are [first, first+count) of its row; those of the
//     next change follow, and end is the next free LV. linkAt and opsAt begin
//     where those of the change before end.
//  2. Every link of change i is below i, so depth is one more than the greatest
//     depth among them (1 for the genesis).
//  3. seq is 0 exactly when prev is None32, else one more than that of prev;
//     start is start + count of prev; both by one author.
//  4. skip lies on the prev path of its change (itself at seq 0), at the distance
//     of a skew-binary number, so that a walk to any ancestor takes O(log).
//  5. find maps exactly the ids of the rows.
//  6. The list of a chain that never forked has its change of seq k at k, and
//     its stretches give each of its numbers the LV that first gives it.
//  7. heads are the changes nobody links to; the tips of a chain are its
//     changes without a successor on the chain.
//  8. first has the first of every row, and end after them.
type Graph struct {
	rows  []row
	first []LV // side by side: what ChangeOf halves stands in few lines of memory
	end   LV
	links []int32
	ops   []byte

	rare map[int32]rare // headers with optional keys

	find   table
	chains []chain
	byKey  map[block.Key]int32
	heads  front

	head   headsCache
	spare  marks
	pieces []piece
	met    int32 // what ChangeOf found last
	walked int   // changes that Expand and the walks for it looked at, for tests of cost
}

// row is one applied change.
type row struct {
	id    block.ID
	text  block.ID // content id, zero when there is none
	start uint64
	time  int64
	by    int32 // index in chains
	prev  int32
	skip  int32
	seq   uint32
	depth uint32
	first LV
	count uint32
	size  uint32
	words uint32 // arena offset of the content, or NoWords

	linkAt uint32 // into links: parents, then refs
	opsAt  uint32 // into ops
	nops   uint32

	parents uint8 // how many of the links are parents
}

// rare holds the optional keys of a header; hardly any change has them.
type rare struct {
	more bool
	with []block.Key
	tag  int32 // place among the links, or -1
}

// chain is the changes of one key in this work.
type chain struct {
	key  block.Key
	tips front   // more than one when the key has forked
	list []int32 // its changes by seq, nil once the key has forked
	// stretches are where its numbers lie among the LVs, as long as there is list.
	stretches []stretch
}

// New returns an empty graph.
func New() *Graph {
	return &Graph{first: []LV{0}, byKey: map[block.Key]int32{}, rare: map[int32]rare{}}
}

// Len is the number of applied changes.
func (g *Graph) Len() int { return len(g.rows) }

// NextLV is the first LV not in use by an applied change.
func (g *Graph) NextLV() LV { return g.end }

// ID, Key, Seq, Depth, Start, First, Count, Time, Prev, Text and Size read the
// row of applied change i.
func (g *Graph) ID(i int32) block.ID        { return g.rows[i].id }
func (g *Graph) Key(i int32) block.Key      { return g.chains[g.rows[i].by].key }
func (g *Graph) Chain(i int32) int32        { return g.rows[i].by }
func (g *Graph) Seq(i int32) uint64         { return uint64(g.rows[i].seq) }
func (g *Graph) Depth(i int32) uint32       { return g.rows[i].depth }
func (g *Graph) Start(i int32) uint64       { return g.rows[i].start }
func (g *Graph) First(i int32) LV           { return g.rows[i].first }
func (g *Graph) Count(i int32) uint32       { return g.rows[i].count }
func (g *Graph) Time(i int32) int64         { return g.rows[i].time }
func (g *Graph) Prev(i int32) int32         { return g.rows[i].prev }
func (g *Graph) Text(i int32) block.ID      { return g.rows[i].text }
func (g *Graph) Size(i int32) uint32        { return g.rows[i].size }
func (g *Graph) WordsAt(i int32) uint32     { return g.rows[i].words }
func (g *Graph) NOps(i int32) int           { return int(g.rows[i].nops) }
func (g *Graph) Chains() int                { return len(g.chains) }
func (g *Graph) ChainKey(c int32) block.Key { return g.chains[c].key }

// SetWords notes where in the arena the content of change i lies, or NoWords.
func (g *Graph) SetWords(i int32, off uint32) { g.rows[i].words = off }

// Ops are the encoded ops of change i; the caller must not change them.
func (g *Graph) Ops(i int32) []byte {
	end := uint32(len(g.ops))
	if int(i)+1 < len(g.rows) {
		end = g.rows[i+1].opsAt
	}
	return g.ops[g.rows[i].opsAt:end:end]
}

// OpBytes is the length of all encoded ops together. Offsets in it have 32 bits.
func (g *Graph) OpBytes() int { return len(g.ops) }

// Links are the parents and then the refs of change i, prev left out; the
// caller must not change them.
func (g *Graph) Links(i int32) []int32 {
	end := uint32(len(g.links))
	if int(i)+1 < len(g.rows) {
		end = g.rows[i+1].linkAt
	}
	return g.links[g.rows[i].linkAt:end:end]
}

// Parents are the parents of change i without prev; the caller must not change
// them.
func (g *Graph) Parents(i int32) []int32 { return g.Links(i)[:g.rows[i].parents] }

// More tells whether change i is a part that another part follows.
func (g *Graph) More(i int32) bool { return len(g.rare) > 0 && g.rare[i].more }

// With are the co-authors that change i names; the caller must not change them.
func (g *Graph) With(i int32) []block.Key { return g.rare[i].with }

// Tag is the index of the change that change i names as its proposal.
func (g *Graph) Tag(i int32) (int32, bool) {
	r, ok := g.rare[i]
	if !ok || r.tag < 0 {
		return None32, false
	}
	if r.tag == 0 {
		return g.rows[i].prev, g.rows[i].prev != None32
	}
	return g.Links(i)[r.tag-1], true
}

// Find is the index of an applied change.
func (g *Graph) Find(id block.ID) (int32, bool) { return g.find.get(g.rows, id) }

// ChangeOf is the applied change that made number lv; lv must be below NextLV.
// Changes tend to be of one size, so that the search begins where lv would stand if
// they were; it takes at most twice as many steps as halving does.
func (g *Graph) ChangeOf(lv LV) int32 {
	if c := g.met; int(c) < len(g.rows) && lv >= g.first[c] && lv < g.first[c+1] {
		return c
	}
	n := len(g.rows)
	lo, hi := 0, n // lo begins at or below lv, hi above it
	guess := int(uint64(lv) * uint64(n) / uint64(g.first[n]))
	if g.first[guess] <= lv {
		lo = guess
		for step := 1; lo+step < hi; step *= 2 {
			if g.first[lo+step] > lv {
				hi = lo + step
				break
			}
			lo += step
		}
	} else {
		hi = guess
		for step := 1; hi-step > lo; step *= 2 {
			if g.first[hi-step] <= lv {
				lo = hi - step
				break
			}
			hi -= step
		}
	}
	for hi-lo > 1 {
		m := int(uint(lo+hi) >> 1)
		if g.first[m] <= lv {
			lo = m
		} else {
			hi = m
		}
	}
	g.met = int32(lo)
	return g.met
}

// Beyond is the first LV after those of change i.
func (g *Graph) Beyond(i int32) LV { return g.first[i+1] }

// Header rebuilds the header of change i as its block has it. Its slices are
// the caller's.
func (g *Graph) Header(i int32) block.Header {
	h := block.Header{
		By: g.Key(i), Seq: uint64(g.rows[i].seq), Start: g.rows[i].start, Time: g.rows[i].time,
		Text: g.rows[i].text, Size: g.rows[i].size,
	}
	if p := g.rows[i].prev; p != None32 {
		h.Prev = g.rows[p].id
	}
	links := g.Links(i)
	n := int(g.rows[i].parents)
	h.Parents = g.idsOf(links[:n])
	h.Refs = g.idsOf(links[n:])
	if h.Seq == 0 && i != 0 {
		h.Work = g.rows[0].id
	}
	if r, ok := g.rare[i]; ok {
		h.More, h.With = r.more, append([]block.Key(nil), r.with...)
		if r.tag >= 0 {
			h.HasTag, h.Tag = true, uint32(r.tag)
		}
	}
	return h
}

// AppendBlock appends the bytes of the block of change i: the row encoded
// again give exactly the bytes that were hashed.
func (g *Graph) AppendBlock(dst []byte, i int32) []byte {
	h := g.Header(i)
	return block.AppendEncode(dst, &h, int(g.rows[i].nops), g.Ops(i))
}

// idsOf names changes by their ids, in the same order.
func (g *Graph) idsOf(list []int32) []block.ID {
	if len(list) == 0 {
		return nil
	}
	ids := make([]block.ID, len(list))
	for k, i := range list {
		ids[k] = g.rows[i].id
	}
	return ids
}

// Grow makes room for n more changes with so many bytes of ops: a batch then
// does not move them again and again.
func (g *Graph) Grow(n, ops int) {
	g.rows, g.first, g.ops = slices.Grow(g.rows, n), slices.Grow(g.first, n), slices.Grow(g.ops, ops)
	g.find.room(g.rows, n)
}

// room makes room for n more items, by a half more than there are if need be.
func room[T any](s []T, n int) []T {
	if len(s)+n > cap(s) {
		s = slices.Grow(s, max(n, len(s)/2))
	}
	return s
}

// Append applies a change whose links are all applied and gives it the next
// LVs; words is the arena offset of its content or NoWords. The caller has
// checked the change (block.Decode, [Graph.Link]) and that it is new.
func (g *Graph) Append(h *Held, words uint32) int32 {
	i := int32(len(g.rows))
	c := h
	var by int32
	p, sk := None32, i
	var seq uint32
	if h.Before.IsNone() {
		by = g.chainOf(c.By)
	} else {
		p = h.Before.index()
		by, seq = g.rows[p].by, g.rows[p].seq+1
		sk = g.skipFor(p)
	}
	g.rows = append(room(g.rows, 1), row{
		id: h.ID, text: c.Text, start: c.Start, time: c.Time, by: by, prev: p, skip: sk, seq: seq, depth: h.Depth,
		first: g.end, count: c.Count, size: c.Size, words: words,
		linkAt: uint32(len(g.links)), opsAt: uint32(len(g.ops)), nops: uint32(c.NOps), parents: uint8(len(c.Parents)),
	})
	g.end += c.Count
	g.first = append(g.first, g.end)
	for _, r := range h.Links {
		g.links = append(g.links, r.index())
	}
	g.ops = append(room(g.ops, len(c.Ops)), c.Ops...)
	if c.More || len(c.With) > 0 || c.HasTag {
		r := rare{more: c.More, with: append([]block.Key(nil), c.With...), tag: -1}
		if c.HasTag {
			r.tag = int32(c.Tag)
		}
		g.rare[i] = r
	}
	g.find.put(g.rows, i)
	if c := &g.chains[by]; c.list != nil && int(seq) == len(c.list) {
		c.list = append(c.list, i)
		c.add(g.rows[i].start, g.rows[i].first)
	} else {
		c.list, c.stretches = nil, nil
	}
	g.moveHeads(i, p, by)
	h.at = i
	return i
}

// chainOf is the chain of a key, made when the key is new.
func (g *Graph) chainOf(key block.Key) int32 {
	c, ok := g.byKey[key]
	if !ok {
		c = int32(len(g.chains))
		g.chains = append(g.chains, chain{key: key, list: []int32{}})
		g.byKey[key] = c
	}
	return c
}

// skipFor gives the skip pointer of a child of p (Myers, "An applicative
// random-access stack", 1983): two equal jumps in a row become one.
func (g *Graph) skipFor(p int32) int32 {
	a := g.rows[p].skip
	b := g.rows[a].skip
	if a != p && g.rows[p].seq-g.rows[a].seq == g.rows[a].seq-g.rows[b].seq {
		return b
	}
	return p
}

// moveHeads lets change i stand where its links stood among heads and tips.
func (g *Graph) moveHeads(i, p, by int32) {
	tips := &g.chains[by].tips
	if p != None32 {
		g.heads.take(p)
		tips.take(p)
	}
	for _, l := range g.Links(i) {
		g.heads.take(l)
	}
	g.heads.add(i)
	tips.add(i)
	g.head.valid = false
}

// Heads are the changes nobody links to, ascending; the caller must not
// change or keep them.
func (g *Graph) Heads() []int32 { return g.heads.all() }

// Tips are the tips of chain c, ascending; the caller must not change or keep
// them.
func (g *Graph) Tips(c int32) []int32 { return g.chains[c].tips.all() }

// ChainOfKey is the chain of a key that has made a change here.
func (g *Graph) ChainOfKey(key block.Key) (int32, bool) {
	c, ok := g.byKey[key]
	return c, ok
}

// Forked tells whether the chain has two tips: its key has made two changes
// on one.
func (g *Graph) Forked(c int32) bool { return g.chains[c].tips.len() > 1 }

// Check restates the invariants clause by clause.
func (g *Graph) Check() error {
	n := len(g.rows)
	linked, followed := make([]bool, n), make([]bool, n)
	for i := int32(0); int(i) < n; i++ {
		if err := g.checkRow(i, linked, followed); err != nil {
			return err
		}
	}
	if n > 0 && g.rows[n-1].first+g.rows[n-1].count != g.end || n == 0 && g.end != 0 {
		return fmt.Errorf("graph: invariant 1: the next LV is %d", g.end)
	}
	if !slices.EqualFunc(g.first[:n], g.rows, func(lv LV, r row) bool { return lv == r.first }) || g.first[n] != g.end {
		return fmt.Errorf("graph: invariant 8: first is %d", g.first)
	}
	var heads []int32
	tips := make([][]int32, len(g.chains))
	for i := int32(0); int(i) < n; i++ {
		if !linked[i] {
			heads = append(heads, i)
		}
		if !followed[i] {
			tips[g.rows[i].by] = append(tips[g.rows[i].by], i)
		}
	}
	if err := g.heads.check(); err != nil {
		return err
	}
	if !equal(heads, g.heads.all()) {
		return fmt.Errorf("graph: invariant 7: heads %v, want %v", g.heads.all(), heads)
	}
	for c := range g.chains {
		for k, i := range g.chains[c].list {
			if int(g.rows[i].seq) != k || g.rows[i].by != int32(c) {
				return fmt.Errorf("graph: invariant 6: chain %d has change %d of seq %d at %d", c, i, g.rows[i].seq, k)
			}
			if n := g.Count(i); n > 0 && (g.NumberLV(i, g.rows[i].start) != g.rows[i].first || g.NumberLV(i, g.rows[i].start+uint64(n)-1) != g.rows[i].first+n-1) {
				return fmt.Errorf("graph: invariant 6: the stretches of chain %d put the numbers of change %d elsewhere", c, i)
			}
		}
		if (g.chains[c].list == nil) != (len(tips[c]) > 1) && len(tips[c]) > 0 {
			return fmt.Errorf("graph: invariant 6: chain %d with %d tips has a list of %d", c, len(tips[c]), len(g.chains[c].list))
		}
	}
	for c := range tips {
		if err := g.chains[c].tips.check(); err != nil {
			return err
		}
		if !equal(tips[c], g.chains[c].tips.all()) {
			return fmt.Errorf("graph: invariant 7: tips of chain %d are %v, want %v", c, g.chains[c].tips.all(), tips[c])
		}
	}
	return nil
}

// checkRow checks one change and marks what it links to and follows.
func (g *Graph) checkRow(i int32, linked, followed []bool) error {
	var before row
	if i > 0 {
		before = g.rows[i-1]
	}
	if r := g.rows[i]; r.first != before.first+before.count || r.linkAt < before.linkAt || r.opsAt < before.opsAt {
		return fmt.Errorf("graph: invariant 1: change %d does not begin where %d ends", i, i-1)
	}
	var depth uint32
	p := g.rows[i].prev
	for _, l := range append([]int32{p}, g.Links(i)...) {
		if l == None32 {
			continue
		}
		if l >= i {
			return fmt.Errorf("graph: invariant 2: change %d links to %d", i, l)
		}
		linked[l] = true
		depth = max(depth, g.rows[l].depth)
	}
	if g.rows[i].depth != depth+1 {
		return fmt.Errorf("graph: invariant 2: depth of %d is %d, want %d", i, g.rows[i].depth, depth+1)
	}
	if (p == None32) != (g.rows[i].seq == 0) {
		return fmt.Errorf("graph: invariant 3: change %d has seq %d and prev %d", i, g.rows[i].seq, p)
	}
	if p != None32 {
		followed[p] = true
		if g.rows[i].seq != g.rows[p].seq+1 || g.rows[i].by != g.rows[p].by || g.rows[i].start != g.rows[p].start+uint64(g.Count(p)) {
			return fmt.Errorf("graph: invariant 3: change %d does not follow %d", i, p)
		}
	}
	x := i
	for x != g.rows[i].skip && g.rows[x].prev != None32 {
		x = g.rows[x].prev
	}
	if x != g.rows[i].skip {
		return fmt.Errorf("graph: invariant 4: skip of %d is %d", i, g.rows[i].skip)
	}
	if at, ok := g.find.get(g.rows, g.rows[i].id); !ok || at != i {
		return fmt.Errorf("graph: invariant 5: change %d is found at %d", i, at)
	}
	return nil
}

// equal compares two lists.
func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
