package graph

import (
	"fmt"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// Held is a change with all its links known, before it is applied: one that
// waits for a signature, or the open change of this replica, which grows.
// After [Graph.Append] it only says at which index it lies now.
type Held struct {
	block.Header
	Ops    []byte // encoded
	Briefs block.Briefs
	NOps   int
	Count  uint32 // numbers it makes
	ID     block.ID
	Before Ref   // prev
	Links  []Ref // parents, then refs
	Skip   Ref   // as Graph.skip
	Depth  uint32
	// LV is the first LV of the open change; other held changes have none.
	LV LV
	// Places and Parts are what package shape found when it admitted the ops:
	// the place of each op and what each stretch of numbers is.
	Places []int32
	Parts  []Part
	// Acts and Noted say whether there are acts, and a note, among the ops.
	Acts, Noted bool

	line *line // the held stretch of its chain that it stands in
	pos  int   // and where
	at   int32
}

// Reset makes h a Held of nothing, with its memory to be used again. Nothing may
// refer to it any more.
func (h *Held) Reset() {
	clear(h.Links)
	*h = Held{Links: h.Links[:0], Places: h.Places[:0], Parts: h.Parts[:0]}
}

// Became says that the change that h holds was applied as change i without h being
// appended: the open change of this replica had the same bytes.
func (h *Held) Became(i int32) { h.at = i }

// line is a stretch of a chain that was held at one time, each change the prev
// of the next, so that numbers in it are found by halving.
type line struct{ list []*Held }

// join puts a held change behind its prev, where that is the end of its line,
// or begins a line.
func (h *Held) join() {
	if p := h.Before.Held(); p != nil && p.line != nil && p.pos == len(p.line.list)-1 {
		h.line, h.pos = p.line, p.pos+1
		h.line.list = append(h.line.list, h)
		return
	}
	h.line, h.pos = &line{list: []*Held{h}}, 0
}

// find is the last change of the line at or before h whose numbers begin at or
// below n, nil when all begin above it. It looks near h first.
func (h *Held) find(n uint64) *Held {
	list := h.line.list[:h.pos+1]
	if list[0].Start > n {
		return nil
	}
	hi, step := len(list), 1 // what stands at hi and above begins above n
	lo := hi - 1
	for list[lo].Start > n {
		hi = lo
		lo -= min(lo, step)
		step *= 2
	}
	for lo+1 < hi {
		if m := (lo + hi) / 2; list[m].Start <= n {
			lo = m
		} else {
			hi = m
		}
	}
	return list[lo]
}

// Part says that the numbers of a change from offset Off on, up to the next
// part, are What (a value of package shape).
type Part struct {
	Off  uint32
	What uint32
}

// Ref names an applied change by its index or one not applied by its Held.
type Ref struct {
	held *Held
	i    int32
}

// At refers to applied change i.
func At(i int32) Ref { return Ref{i: i} }

// Of refers to a held change.
func Of(h *Held) Ref { return Ref{held: h, i: None32} }

// NoRef refers to nothing.
var NoRef = Ref{i: None32}

// IsNone tells whether r refers to nothing.
func (r Ref) IsNone() bool { return r.held == nil && r.i == None32 }

// Applied is the index of the change r refers to, if it is applied.
func (r Ref) Applied() (int32, bool) {
	i := r.index()
	return i, i != None32
}

// Held is the held change r refers to, nil when it is applied.
func (r Ref) Held() *Held {
	if r.held == nil || r.held.at != None32 {
		return nil
	}
	return r.held
}

// index is the index of an applied change, else None32.
func (r Ref) index() int32 {
	if r.held != nil {
		return r.held.at
	}
	return r.i
}

// Link links a decoded change, whose header, ops and counts are set, to its
// past: find gives the change of an id, which must be known. It computes depth
// and skip and checks the chain rules that need the past: seq, start and author
// against prev, work against the genesis. ErrInvalid or ErrForeign when they
// fail.
func (g *Graph) Link(h *Held, find func(block.ID) Ref) error {
	h.Before, h.Skip, h.at = NoRef, NoRef, None32
	h.Links = slices.Grow(h.Links[:0], len(h.Parents)+len(h.Refs))
	for _, p := range h.Parents {
		h.Links = append(h.Links, find(p))
	}
	for _, p := range h.Refs {
		h.Links = append(h.Links, find(p))
	}
	if !h.Prev.IsZero() {
		h.Before = find(h.Prev)
	}
	h.join()
	return g.link(h)
}

// Open makes h the open change of a replica: by key, on prev (None32: its
// first) and parents, which are applied.
func (g *Graph) Open(h *Held, key block.Key, prev int32, parents []int32) {
	*h = Held{Before: NoRef, Skip: NoRef, at: None32, LV: g.NextLV(), Links: h.Links[:0]}
	h.By = key
	for _, p := range parents {
		h.Links = append(h.Links, At(p))
	}
	if prev != None32 {
		h.Before = At(prev)
		h.Seq = uint64(g.rows[prev].seq) + 1
		h.Start = g.rows[prev].start + uint64(g.Count(prev))
	} else if g.Len() > 0 {
		h.Work = g.rows[0].id
	}
	h.Depth = g.depthOver(h)
	h.Skip = g.skipOf(h)
}

// Follow starts the next part of an open change that became too large for
// one: it stands on the part alone, which is not applied yet.
func (g *Graph) Follow(part *Held) *Held {
	h := &Held{Before: Of(part), at: None32, LV: part.LV + part.Count, Depth: part.Depth + 1}
	h.By, h.Seq, h.Start = part.By, part.Seq+1, part.Start+uint64(part.Count)
	h.Skip = g.skipOf(h)
	return h
}

// AddRef lets an open change point through one more applied change and gives
// the place of it among the links.
func (h *Held) AddRef(i int32) uint32 {
	h.Links = append(h.Links, At(i))
	return uint32(len(h.Links))
}

// link checks the chain rules and fills depth and skip.
func (g *Graph) link(h *Held) error {
	if h.Before.IsNone() {
		if len(h.Links) > 0 && len(g.rows) > 0 && h.Work != g.WorkID() { // before the genesis the caller has compared
			return fmt.Errorf("graph: change of work %v: %w", h.Work.ChangeCID(), block.ErrForeign)
		}
	} else {
		p := h.Before
		if g.key(p) != h.By || g.seqOf(p)+1 != h.Seq || g.StartOf(p)+uint64(g.CountOf(p)) != h.Start {
			return fmt.Errorf("graph: seq %d start %d does not follow its prev: %w", h.Seq, h.Start, block.ErrInvalid)
		}
	}
	h.Depth = g.depthOver(h)
	h.Skip = g.skipOf(h)
	return nil
}

// WorkID is the id of the genesis, zero while the graph is empty.
func (g *Graph) WorkID() block.ID {
	if len(g.rows) == 0 {
		return block.ID{}
	}
	return g.rows[0].id
}

// depthOver is one more than the greatest depth among the links.
func (g *Graph) depthOver(h *Held) uint32 {
	var d uint32
	if !h.Before.IsNone() {
		d = g.DepthOf(h.Before)
	}
	for _, l := range h.Links {
		d = max(d, g.DepthOf(l))
	}
	return d + 1
}

// skipOf is skipFor where the path may run through held changes.
func (g *Graph) skipOf(h *Held) Ref {
	p := h.Before
	if p.IsNone() {
		return NoRef
	}
	a := g.skipAt(p)
	if a.IsNone() {
		return p
	}
	b := g.skipAt(a)
	if b.IsNone() {
		b = a
	}
	if g.seqOf(p)-g.seqOf(a) == g.seqOf(a)-g.seqOf(b) && g.seqOf(a) != g.seqOf(p) {
		return b
	}
	return p
}

// skipAt is the skip pointer of a change; NoRef where it has no ancestor.
func (g *Graph) skipAt(r Ref) Ref {
	if h := r.Held(); h != nil {
		return h.Skip
	}
	i := r.index()
	if g.rows[i].skip == i {
		return NoRef
	}
	return At(g.rows[i].skip)
}

// IDs names changes by their ids, in the same order; nil for none.
func (g *Graph) IDs(refs []Ref) []block.ID {
	if len(refs) == 0 {
		return nil
	}
	ids := make([]block.ID, len(refs))
	for k, r := range refs {
		ids[k] = g.IDOf(r)
	}
	return ids
}

// key, seqOf, StartOf, CountOf, DepthOf, prevOf and IDOf read a change whether
// it is applied or held.
func (g *Graph) key(r Ref) block.Key {
	if h := r.Held(); h != nil {
		return h.By
	}
	return g.Key(r.index())
}

func (g *Graph) seqOf(r Ref) uint64 {
	if h := r.Held(); h != nil {
		return h.Seq
	}
	return uint64(g.rows[r.index()].seq)
}

// StartOf is the chain number of the first number of a change.
func (g *Graph) StartOf(r Ref) uint64 {
	if h := r.Held(); h != nil {
		return h.Start
	}
	return g.rows[r.index()].start
}

// CountOf is how many numbers a change makes.
func (g *Graph) CountOf(r Ref) uint32 {
	if h := r.Held(); h != nil {
		return h.Count
	}
	return g.Count(r.index())
}

// DepthOf is the depth of a change.
func (g *Graph) DepthOf(r Ref) uint32 {
	if h := r.Held(); h != nil {
		return h.Depth
	}
	return g.rows[r.index()].depth
}

// IDOf is the id of a change; zero for an open one.
func (g *Graph) IDOf(r Ref) block.ID {
	if h := r.Held(); h != nil {
		return h.ID
	}
	return g.rows[r.index()].id
}

// OpsOf are the encoded ops of a change; the caller must not change them.
func (g *Graph) OpsOf(r Ref) []byte {
	if h := r.Held(); h != nil {
		return h.Ops
	}
	return g.Ops(r.index())
}

func (g *Graph) prevOf(r Ref) Ref {
	if h := r.Held(); h != nil {
		return h.Before
	}
	if p := g.rows[r.index()].prev; p != None32 {
		return At(p)
	}
	return NoRef
}

// LinkOf is the change at a place among the links of r: 0 is r itself (its own
// chain), 1 and up its parents and then its refs.
func (g *Graph) LinkOf(r Ref, place uint32) (Ref, bool) {
	if place == 0 {
		return r, true
	}
	if h := r.Held(); h != nil {
		if int(place) > len(h.Links) {
			return NoRef, false
		}
		return h.Links[place-1], true
	}
	links := g.Links(r.index())
	if int(place) > len(links) {
		return NoRef, false
	}
	return At(links[place-1]), true
}

// Resolve finds the change that made number n of the chain of r, at r or
// below it on its prev path, and the offset of the number in that change. It
// is false when n is not below start + count of r. O(log) in the chain.
func (g *Graph) Resolve(r Ref, n uint64) (Ref, uint32, bool) {
	if n >= g.StartOf(r)+uint64(g.CountOf(r)) {
		return NoRef, 0, false
	}
	for h := r.Held(); h != nil; h = r.Held() {
		switch {
		case h.Start <= n:
			return r, uint32(n - h.Start), true
		case h.line == nil: // open
			r = g.stepTo(r, n)
		default:
			if f := h.find(n); f != nil {
				return Of(f), uint32(n - f.Start), true
			}
			r = g.stepTo(Of(h.line.list[0]), n) // by skips: lines may be short
		}
	}
	i := g.maker(r.index(), n)
	return At(i), uint32(n - g.rows[i].start), true
}

// maker is the change at i or before it on its prev path that made number n.
func (g *Graph) maker(i int32, n uint64) int32 {
	if g.rows[i].start <= n {
		return i
	}
	if c := &g.chains[g.rows[i].by]; c.list != nil {
		// The chain never forked: its changes by seq. Near ones are met first.
		hi, step := g.rows[i].seq, uint32(1) // the one at hi begins above n
		lo := hi - 1
		for g.rows[c.list[lo]].start > n {
			hi = lo
			lo -= min(lo, step)
			step *= 2
		}
		for lo+1 < hi {
			if m := (lo + hi) / 2; g.rows[c.list[m]].start <= n {
				lo = m
			} else {
				hi = m
			}
		}
		return c.list[lo]
	}
	for g.rows[i].start > n {
		g.walked++
		if s := g.rows[i].skip; g.rows[s].start > n {
			i = s
		} else {
			i = g.rows[i].prev
		}
	}
	return i
}

// stepTo goes down the prev path of a held change towards number n.
func (g *Graph) stepTo(r Ref, n uint64) Ref {
	if s := g.skipAt(r); !s.IsNone() && g.StartOf(s) > n {
		return s
	}
	return g.prevOf(r)
}

// LVOf is the LV of the number at an offset in a change that is applied or
// the open one.
func (g *Graph) LVOf(r Ref, off uint32) LV {
	if h := r.Held(); h != nil {
		return h.LV + off
	}
	return g.rows[r.index()].first + off
}

// Expand yields the changes that made numbers n … n+length-1 of the chain of r,
// with the offset and how many of them: ascending, neighbours in the LV space
// joined where they are applied (then x is the first and off may run past it).
// It is false when r has no such numbers. The cost is O(log) and a step for
// each change with numbers that the run crosses.
func (g *Graph) Expand(r Ref, n uint64, length uint32, yield func(x Ref, off, n uint32)) bool {
	if length == 0 {
		return false
	}
	last := n + uint64(length) - 1
	x, off, ok := g.Resolve(r, last)
	if !ok {
		return false
	}
	if first := g.StartOf(x); first <= n { // the usual case: one change
		yield(x, uint32(n-first), length)
		return true
	}
	stack := g.pieces[:0]
	stack = append(stack, piece{x, 0, off + 1})
	for {
		above := g.StartOf(x)
		g.walked++
		if x = g.prevOf(x); g.CountOf(x) == 0 { // acts and notes make no numbers, however many
			x, _, _ = g.Resolve(x, above-1)
		}
		first, count := g.StartOf(x), g.CountOf(x)
		p := piece{x, 0, count}
		if first < n {
			p.off = uint32(n - first)
			p.n = count - p.off
		}
		if p.n > 0 {
			stack = g.joined(stack, p)
		}
		if first <= n {
			break
		}
	}
	g.pieces = nil // yield may come back here
	for k := len(stack) - 1; k >= 0; k-- {
		yield(stack[k].x, stack[k].off, stack[k].n)
	}
	g.pieces = stack[:0]
	return true
}

// piece is a stretch of numbers from an offset of a change on.
type piece struct {
	x      Ref
	off, n uint32
}

// joined pushes the piece below the top one, or lengthens the top one where
// the two are neighbours in the LV space.
func (g *Graph) joined(stack []piece, p piece) []piece {
	top := &stack[len(stack)-1]
	_, a := p.x.Applied()
	_, b := top.x.Applied()
	if a && b && g.LVOf(p.x, p.off)+p.n == g.LVOf(top.x, top.off) {
		*top = piece{p.x, p.off, p.n + top.n}
		return stack
	}
	return append(stack, p)
}
