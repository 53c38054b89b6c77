package graph

import (
	"bytes"
	"cmp"
	"crypto/ed25519"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// testKey is the public key of a small number.
func testKey(n int) (k block.Key) {
	seed := make([]byte, ed25519.SeedSize)
	seed[0], seed[1] = byte(n), byte(n>>8)
	copy(k[:], ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	return k
}

// node is a change as the tests know it: by pointers, nothing cleverer. It is
// unknown to the graph, held or applied.
type node struct {
	id    block.ID
	raw   []byte
	head  block.Header
	ops   []byte
	nops  int
	count uint32
	depth uint32 // one more than the greatest of any link
	prev  *node
	links []*node // parents, then refs

	held    *Held // nil: unknown
	applied bool
	index   int32
	first   LV
}

// before yields all links of n, prev first.
func (n *node) before() []*node {
	if n.prev == nil {
		return n.links
	}
	return append([]*node{n.prev}, n.links...)
}

// past is everything reachable from n, itself included.
func (n *node) past(into map[*node]bool) map[*node]bool {
	if !into[n] {
		into[n] = true
		for _, l := range n.before() {
			l.past(into)
		}
	}
	return into
}

// resolve walks the prev path for the change that made number x.
func (n *node) resolve(x uint64) (*node, uint32, bool) {
	for m := n; m != nil; m = m.prev {
		if m.head.Start <= x && x < m.head.Start+uint64(m.count) {
			return m, uint32(x - m.head.Start), true
		}
	}
	return nil, 0, false
}

// world is a graph beside the changes it was given.
type world struct {
	t     testing.TB
	r     *rand.Rand
	g     *Graph
	keys  []block.Key
	all   []*node
	byID  map[block.ID]*node
	order []*node // applied, by arrival
	next  LV
}

// newWorld returns a world of one key's genesis, unknown to the graph yet.
func newWorld(t testing.TB, seed uint64, keys int) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 1)), g: New(), byID: map[block.ID]*node{}}
	for k := range keys {
		w.keys = append(w.keys, testKey(k))
	}
	w.make(0, nil, nil, nil)
	return w
}

// sortNodes orders nodes as the format wants links.
func sortNodes(list []*node) []*node {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *node) int { return block.Compare(a.id, b.id) })
	return list
}

// idsOf are the ids of nodes.
func idsOf(list []*node) (ids []block.ID) {
	for _, n := range list {
		ids = append(ids, n.id)
	}
	return ids
}

// make makes a change of a few random numbers and adds it to the universe.
func (w *world) make(key int, prev *node, parents, refs []*node) *node {
	parents, refs = sortNodes(parents), sortNodes(refs)
	n := &node{prev: prev, links: slices.Concat(parents, refs), depth: 1}
	for _, l := range n.before() {
		n.depth = max(n.depth, l.depth+1)
	}
	h := &n.head
	h.By, h.Parents, h.Refs, h.Time = w.keys[key], idsOf(parents), idsOf(refs), w.r.Int64N(1<<41)-1000
	switch {
	case prev != nil:
		h.Prev, h.Seq, h.Start = prev.id, prev.head.Seq+1, prev.head.Start+uint64(prev.count)
	case len(w.all) > 0:
		h.Work = w.all[0].id
	}
	push := func(op block.Op) {
		n.ops = block.AppendOp(n.ops, &op)
		n.nops++
		n.count += op.Numbers()
		h.Size += op.WordBytes()
	}
	if len(w.all) == 0 {
		push(block.Op{Code: block.OpGenesis, Name: "a work"})
	}
	for range w.r.IntN(3) {
		switch w.r.IntN(3) {
		case 0:
			k := 1 + uint32(w.r.IntN(5))
			push(block.Op{Code: block.OpText, Side: block.Right, C: block.Container{Kind: block.KindText, Name: "t"}, Runes: k, Bytes: k})
		case 1:
			push(block.Op{Code: block.OpStep, C: block.Container{Kind: block.KindCounter}, Amount: 1})
		case 2:
			push(block.Op{Code: block.OpAct, Name: "nothing", Value: []byte{0xf6}, HasValue: true})
		}
	}
	if h.Size > 0 {
		h.Text = block.Sum([]byte{byte(len(w.all)), byte(len(w.all) >> 8)})
	}
	if w.r.IntN(6) == 0 {
		w.optional(n)
	}
	n.raw = block.Encode(h, n.nops, n.ops)
	n.id = block.Sum(n.raw)
	if old := w.byID[n.id]; old != nil {
		return old
	}
	w.all = append(w.all, n)
	w.byID[n.id] = n
	return n
}

// optional gives the header of n some of the optional keys.
func (w *world) optional(n *node) {
	h := &n.head
	h.More = w.r.IntN(2) == 0
	for k := range w.keys {
		if w.keys[k] != h.By && w.r.IntN(3) == 0 {
			h.With = append(h.With, w.keys[k])
		}
	}
	slices.SortFunc(h.With, func(a, b block.Key) int { return bytes.Compare(a[:], b[:]) })
	if tag := uint32(w.r.IntN(1 + len(n.links))); tag > 0 || n.prev != nil {
		h.HasTag, h.Tag = true, tag
	}
}

// makeRandom makes a change by a random key on random changes, now and then a
// fork of its chain.
func (w *world) makeRandom() *node {
	key := w.r.IntN(len(w.keys))
	var own []*node
	for _, n := range w.all {
		if n.head.By == w.keys[key] {
			own = append(own, n)
		}
	}
	var prev *node
	if len(own) > 0 && (key == 0 || w.r.IntN(40) > 0) { // a second seq 0 is a fork too
		prev = own[len(own)-1]
		if w.r.IntN(10) == 0 {
			prev = own[w.r.IntN(len(own))]
		}
	}
	taken := map[*node]bool{prev: true}
	pick := func(k int) (list []*node) {
		for range k {
			n := w.all[w.r.IntN(len(w.all))]
			if w.r.IntN(2) == 0 {
				n = w.all[len(w.all)-1-w.r.IntN(min(6, len(w.all)))]
			}
			if !taken[n] {
				taken[n] = true
				list = append(list, n)
			}
		}
		return list
	}
	parents := pick(w.r.IntN(3))
	if prev == nil && len(parents) == 0 {
		parents = []*node{w.all[0]}
		taken[w.all[0]] = true
	}
	return w.make(key, prev, parents, pick(w.r.IntN(2)))
}

// ready tells whether all links of n are known to the graph, or all applied.
func (n *node) ready(applied bool) bool {
	for _, l := range n.before() {
		if l.held == nil || (applied && !l.applied) {
			return false
		}
	}
	return true
}

// link makes an unknown change a held one, from its bytes.
func (w *world) link(n *node) {
	var c block.Change
	if err := block.Decode(n.raw, &c); err != nil {
		w.t.Fatalf("decode: %v", err)
	}
	h := &Held{Header: c.Header, Ops: c.Ops, NOps: c.NOps, Count: c.Count, ID: block.Sum(n.raw)}
	if err := w.g.Link(h, w.find); err != nil {
		w.t.Fatalf("link: %v", err)
	}
	n.held = h
}

// find is what Link asks: an applied change or a held one.
func (w *world) find(id block.ID) Ref {
	if i, ok := w.g.Find(id); ok {
		return At(i)
	}
	return Of(w.byID[id].held)
}

// apply appends a held change.
func (w *world) apply(n *node) {
	words := uint32(NoWords)
	if n.head.Size > 0 && w.r.IntN(2) == 0 {
		words = 7
	}
	n.index = w.g.Append(n.held, words)
	if int(n.index) != len(w.order) || w.g.WordsAt(n.index) != words {
		w.t.Fatalf("change %d has index %d, words at %d", len(w.order), n.index, w.g.WordsAt(n.index))
	}
	n.applied, n.first = true, w.next
	w.next += n.count
	w.order = append(w.order, n)
}

// drop lets a held change go that no held change is linked to.
func (w *world) drop(n *node) bool {
	for _, m := range w.all {
		if m.held != nil && slices.Contains(m.before(), n) {
			return false
		}
	}
	n.held = nil
	return true
}

// some picks a random node that fits, nil when there is none.
func (w *world) some(fits func(*node) bool) *node {
	from := w.r.IntN(len(w.all))
	for k := range w.all {
		if n := w.all[(from+k)%len(w.all)]; fits(n) {
			return n
		}
	}
	return nil
}

// step does one random thing.
func (w *world) step() {
	switch w.r.IntN(10) {
	case 0, 1, 2:
		w.makeRandom()
	case 3, 4, 5:
		if n := w.some(func(n *node) bool { return n.held == nil && n.ready(false) }); n != nil {
			w.link(n)
		}
	case 6, 7, 8:
		if n := w.some(func(n *node) bool { return n.held != nil && !n.applied && n.ready(true) }); n != nil {
			w.apply(n)
		}
	case 9:
		if n := w.some(func(n *node) bool { return n.held != nil && !n.applied }); n != nil {
			w.drop(n)
		}
	}
}

// ref is how the rules would name a known change: by its Held, or by its index
// where it is applied.
func (w *world) ref(n *node) Ref {
	if n.applied && w.r.IntN(2) == 0 {
		return At(n.index)
	}
	return Of(n.held)
}

// nodeOf is the node of a Ref.
func (w *world) nodeOf(r Ref) *node {
	if i, ok := r.Applied(); ok {
		return w.order[i]
	}
	return w.byID[r.Held().ID]
}

// indexes are the indexes of applied nodes, ascending.
func indexes(list []*node) (out []int32) {
	for _, n := range list {
		out = append(out, n.index)
	}
	slices.SortFunc(out, func(a, b int32) int { return cmp.Compare(a, b) })
	return out
}
