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

// Graph is the applied changes of a work in columns. Its invariants:
//
//  1. All columns have one length; first has one more, its last item being
//     the next free LV; first never falls.
//  2. Every link of change i is below i, so depth[i] is one more than the
//     greatest depth among them (1 for the genesis).
//  3. seq[i] is 0 exactly when prev[i] is None32, else one more than
//     seq[prev[i]]; start[i] is start + count of prev[i]; both by one author.
//  4. skip[i] lies on the prev path of i (itself at seq 0), at the distance
//     of a skew-binary number, so that a walk to any ancestor takes O(log).
//  5. find maps exactly the ids of the column id.
//  6. The list of a chain that never forked has its change of seq k at k, and
//     its stretches give each of its numbers the LV that first gives it.
//  7. heads are the changes nobody links to; the tips of a chain are its
//     changes without a successor on the chain.
type Graph struct {
	id    []block.ID
	by    []int32 // index in chains
	prev  []int32
	skip  []int32
	seq   []uint32
	depth []uint32
	start []uint64
	first []LV
	time  []int64
	text  []block.ID // content id, zero when there is none
	size  []uint32
	words []uint32 // arena offset of the content, or NoWords

	linkAt  []uint32 // into links: parents, then refs
	parents []uint8  // how many of them are parents
	links   []int32

	opsAt []uint32 // into ops
	nops  []uint32
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
func (g *Graph) Len() int { return len(g.id) }

// NextLV is the first LV not in use by an applied change.
func (g *Graph) NextLV() LV { return g.first[len(g.first)-1] }

// ID, Key, Seq, Depth, Start, First, Count, Time, Prev, Text and Size read the
// columns of applied change i.
func (g *Graph) ID(i int32) block.ID        { return g.id[i] }
func (g *Graph) Key(i int32) block.Key      { return g.chains[g.by[i]].key }
func (g *Graph) Chain(i int32) int32        { return g.by[i] }
func (g *Graph) Seq(i int32) uint64         { return uint64(g.seq[i]) }
func (g *Graph) Depth(i int32) uint32       { return g.depth[i] }
func (g *Graph) Start(i int32) uint64       { return g.start[i] }
func (g *Graph) First(i int32) LV           { return g.first[i] }
func (g *Graph) Count(i int32) uint32       { return g.first[i+1] - g.first[i] }
func (g *Graph) Time(i int32) int64         { return g.time[i] }
func (g *Graph) Prev(i int32) int32         { return g.prev[i] }
func (g *Graph) Text(i int32) block.ID      { return g.text[i] }
func (g *Graph) Size(i int32) uint32        { return g.size[i] }
func (g *Graph) WordsAt(i int32) uint32     { return g.words[i] }
func (g *Graph) NOps(i int32) int           { return int(g.nops[i]) }
func (g *Graph) Chains() int                { return len(g.chains) }
func (g *Graph) ChainKey(c int32) block.Key { return g.chains[c].key }

// SetWords notes where in the arena the content of change i lies, or NoWords.
func (g *Graph) SetWords(i int32, off uint32) { g.words[i] = off }

// Ops are the encoded ops of change i; the caller must not change them.
func (g *Graph) Ops(i int32) []byte {
	end := uint32(len(g.ops))
	if int(i)+1 < len(g.opsAt) {
		end = g.opsAt[i+1]
	}
	return g.ops[g.opsAt[i]:end:end]
}

// OpBytes is the length of all encoded ops together. Offsets in it have 32 bits.
func (g *Graph) OpBytes() int { return len(g.ops) }

// Links are the parents and then the refs of change i, prev left out; the
// caller must not change them.
func (g *Graph) Links(i int32) []int32 {
	end := uint32(len(g.links))
	if int(i)+1 < len(g.linkAt) {
		end = g.linkAt[i+1]
	}
	return g.links[g.linkAt[i]:end:end]
}

// Parents are the parents of change i without prev; the caller must not change
// them.
func (g *Graph) Parents(i int32) []int32 { return g.Links(i)[:g.parents[i]] }

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
		return g.prev[i], g.prev[i] != None32
	}
	return g.Links(i)[r.tag-1], true
}

// Find is the index of an applied change.
func (g *Graph) Find(id block.ID) (int32, bool) { return g.find.get(g.id, id) }

// ChangeOf is the applied change that made number lv; lv must be below NextLV.
func (g *Graph) ChangeOf(lv LV) int32 {
	if c := g.met; int(c)+1 < len(g.first) && g.first[c] <= lv && lv < g.first[c+1] {
		return c
	}
	lo, hi := 0, len(g.id) // first[lo] <= lv < first[hi]
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

// Header rebuilds the header of change i as its block has it. Its slices are
// the caller's.
func (g *Graph) Header(i int32) block.Header {
	h := block.Header{
		By: g.Key(i), Seq: uint64(g.seq[i]), Start: g.start[i], Time: g.time[i],
		Text: g.text[i], Size: g.size[i],
	}
	if p := g.prev[i]; p != None32 {
		h.Prev = g.id[p]
	}
	links := g.Links(i)
	n := int(g.parents[i])
	h.Parents = g.idsOf(links[:n])
	h.Refs = g.idsOf(links[n:])
	if h.Seq == 0 && i != 0 {
		h.Work = g.id[0]
	}
	if r, ok := g.rare[i]; ok {
		h.More, h.With = r.more, append([]block.Key(nil), r.with...)
		if r.tag >= 0 {
			h.HasTag, h.Tag = true, uint32(r.tag)
		}
	}
	return h
}

// AppendBlock appends the bytes of the block of change i: the columns encoded
// again give exactly the bytes that were hashed.
func (g *Graph) AppendBlock(dst []byte, i int32) []byte {
	h := g.Header(i)
	return block.AppendEncode(dst, &h, int(g.nops[i]), g.Ops(i))
}

// idsOf names changes by their ids, in the same order.
func (g *Graph) idsOf(list []int32) []block.ID {
	if len(list) == 0 {
		return nil
	}
	ids := make([]block.ID, len(list))
	for k, i := range list {
		ids[k] = g.id[i]
	}
	return ids
}

// Grow makes room for n more changes with so many bytes of ops, all columns at
// once: a batch then does not move them again and again.
func (g *Graph) Grow(n, ops int) {
	g.id, g.text = slices.Grow(g.id, n), slices.Grow(g.text, n)
	g.by, g.prev, g.skip = slices.Grow(g.by, n), slices.Grow(g.prev, n), slices.Grow(g.skip, n)
	g.seq, g.depth = slices.Grow(g.seq, n), slices.Grow(g.depth, n)
	g.start, g.first, g.time = slices.Grow(g.start, n), slices.Grow(g.first, n), slices.Grow(g.time, n)
	g.size, g.words = slices.Grow(g.size, n), slices.Grow(g.words, n)
	g.linkAt, g.parents = slices.Grow(g.linkAt, n), slices.Grow(g.parents, n)
	g.opsAt, g.nops = slices.Grow(g.opsAt, n), slices.Grow(g.nops, n)
	g.ops = slices.Grow(g.ops, ops)
}

// Append applies a change whose links are all applied and gives it the next
// LVs; words is the arena offset of its content or NoWords. The caller has
// checked the change (block.Decode, [Graph.CheckHeld]) and that it is new.
func (g *Graph) Append(h *Held, words uint32) int32 {
	i := int32(len(g.id))
	c := h
	by := g.chainOf(c.By)
	p, sk := None32, i
	var seq uint32
	if !h.Before.IsNone() {
		p = h.Before.index()
		seq = g.seq[p] + 1
		sk = g.skipFor(p)
	}
	g.id = append(g.id, h.ID)
	g.by = append(g.by, by)
	g.prev = append(g.prev, p)
	g.skip = append(g.skip, sk)
	g.seq = append(g.seq, seq)
	g.depth = append(g.depth, h.Depth)
	g.start = append(g.start, c.Start)
	g.first = append(g.first, g.NextLV()+c.Count)
	g.time = append(g.time, c.Time)
	g.text = append(g.text, c.Text)
	g.size = append(g.size, c.Size)
	g.words = append(g.words, words)
	g.linkAt = append(g.linkAt, uint32(len(g.links)))
	g.parents = append(g.parents, uint8(len(c.Parents)))
	for _, r := range h.Links {
		g.links = append(g.links, r.index())
	}
	g.opsAt = append(g.opsAt, uint32(len(g.ops)))
	g.nops = append(g.nops, uint32(c.NOps))
	g.ops = append(g.ops, c.Ops...)
	if c.More || len(c.With) > 0 || c.HasTag {
		r := rare{more: c.More, with: append([]block.Key(nil), c.With...), tag: -1}
		if c.HasTag {
			r.tag = int32(c.Tag)
		}
		g.rare[i] = r
	}
	g.find.put(g.id, i)
	if c := &g.chains[by]; c.list != nil && int(seq) == len(c.list) {
		c.list = append(c.list, i)
		c.add(g.start[i], g.first[i])
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
	a := g.skip[p]
	b := g.skip[a]
	if a != p && g.seq[p]-g.seq[a] == g.seq[a]-g.seq[b] {
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
	n := len(g.id)
	for name, l := range map[string]int{"by": len(g.by), "prev": len(g.prev), "skip": len(g.skip), "seq": len(g.seq),
		"depth": len(g.depth), "start": len(g.start), "first": len(g.first) - 1, "time": len(g.time), "text": len(g.text),
		"size": len(g.size), "words": len(g.words), "linkAt": len(g.linkAt), "parents": len(g.parents), "ops": len(g.opsAt), "nops": len(g.nops)} {
		if l != n {
			return fmt.Errorf("graph: invariant 1: column %s has %d rows of %d", name, l, n)
		}
	}
	linked, followed := make([]bool, n), make([]bool, n)
	for i := int32(0); int(i) < n; i++ {
		if err := g.checkRow(i, linked, followed); err != nil {
			return err
		}
	}
	var heads []int32
	tips := make([][]int32, len(g.chains))
	for i := int32(0); int(i) < n; i++ {
		if !linked[i] {
			heads = append(heads, i)
		}
		if !followed[i] {
			tips[g.by[i]] = append(tips[g.by[i]], i)
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
			if int(g.seq[i]) != k || g.by[i] != int32(c) {
				return fmt.Errorf("graph: invariant 6: chain %d has change %d of seq %d at %d", c, i, g.seq[i], k)
			}
			if n := g.Count(i); n > 0 && (g.NumberLV(i, g.start[i]) != g.first[i] || g.NumberLV(i, g.start[i]+uint64(n)-1) != g.first[i+1]-1) {
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
	if g.first[i+1] < g.first[i] {
		return fmt.Errorf("graph: invariant 1: first falls at %d", i)
	}
	var depth uint32
	p := g.prev[i]
	for _, l := range append([]int32{p}, g.Links(i)...) {
		if l == None32 {
			continue
		}
		if l >= i {
			return fmt.Errorf("graph: invariant 2: change %d links to %d", i, l)
		}
		linked[l] = true
		depth = max(depth, g.depth[l])
	}
	if g.depth[i] != depth+1 {
		return fmt.Errorf("graph: invariant 2: depth of %d is %d, want %d", i, g.depth[i], depth+1)
	}
	if (p == None32) != (g.seq[i] == 0) {
		return fmt.Errorf("graph: invariant 3: change %d has seq %d and prev %d", i, g.seq[i], p)
	}
	if p != None32 {
		followed[p] = true
		if g.seq[i] != g.seq[p]+1 || g.by[i] != g.by[p] || g.start[i] != g.start[p]+uint64(g.Count(p)) {
			return fmt.Errorf("graph: invariant 3: change %d does not follow %d", i, p)
		}
	}
	x := i
	for x != g.skip[i] && g.prev[x] != None32 {
		x = g.prev[x]
	}
	if x != g.skip[i] {
		return fmt.Errorf("graph: invariant 4: skip of %d is %d", i, g.skip[i])
	}
	if at, ok := g.find.get(g.id, g.id[i]); !ok || at != i {
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
