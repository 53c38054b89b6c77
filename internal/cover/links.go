package cover

import "fmt"

// nil32 ends every list of handles in this package.
const nil32 = -1

// edge is one link: the change from names the change to. It stands in two lists at once, so that it can be removed in
// constant time from either end.
type edge[V ~int32] struct {
	from, to         V
	outNext, outPrev int32 // the other links of from, youngest first
	inNext, inPrev   int32 // the other links to to, oldest first
}

// ends are the list heads of one vertex.
type ends struct{ out, in, inLast int32 }

// links is a directed multigraph over small handles with constant time insertion and removal, walked from both ends.
//
// At all times:
//
//  1. an edge in use stands exactly once in the out list of from and once in the in list of to;
//  2. both lists are doubly linked without contradiction;
//  3. every other edge stands exactly once in the free list, which is chained through outNext.
type links[V ~int32] struct {
	at    []ends
	edges []edge[V]
	free  int32
	used  int
}

// newLinks returns a graph without vertices.
func newLinks[V ~int32]() links[V] { return links[V]{free: nil32} }

// grow makes v a vertex without links; v is a new handle or one whose links have all been cut.
func (g *links[V]) grow(v V) {
	for int(v) >= len(g.at) {
		g.at = append(g.at, ends{nil32, nil32, nil32})
	}
}

// add records that from names to. The same pair may be added again and is then two links.
func (g *links[V]) add(from, to V) {
	i := g.free
	if i != nil32 {
		g.free = g.edges[i].outNext
	} else {
		i = int32(len(g.edges))
		g.edges = append(g.edges, edge[V]{})
	}
	f, t := &g.at[from], &g.at[to]
	g.edges[i] = edge[V]{from: from, to: to, outNext: f.out, outPrev: nil32, inNext: nil32, inPrev: t.inLast}
	if f.out != nil32 {
		g.edges[f.out].outPrev = i
	}
	f.out = i
	if t.inLast != nil32 {
		g.edges[t.inLast].inNext = i
	} else {
		t.in = i
	}
	t.inLast = i
	g.used++
}

// cut removes edge i.
func (g *links[V]) cut(i int32) {
	e := &g.edges[i]
	f, t := &g.at[e.from], &g.at[e.to]
	if e.outPrev != nil32 {
		g.edges[e.outPrev].outNext = e.outNext
	} else {
		f.out = e.outNext
	}
	if e.outNext != nil32 {
		g.edges[e.outNext].outPrev = e.outPrev
	}
	if e.inPrev != nil32 {
		g.edges[e.inPrev].inNext = e.inNext
	} else {
		t.in = e.inNext
	}
	if e.inNext != nil32 {
		g.edges[e.inNext].inPrev = e.inPrev
	} else {
		t.inLast = e.inPrev
	}
	*e = edge[V]{outNext: g.free}
	g.free = i
	g.used--
}

// check restates the invariants of links, each with the number it has at the struct. seen counts edges by handle.
func (g *links[V]) check() error {
	state := make([]uint8, len(g.edges)) // bit 0: in an out list, bit 1: in an in list, bit 2: free
	for v := range g.at {
		last := int32(nil32)
		for i := g.at[v].out; i != nil32; i = g.edges[i].outNext {
			if e := &g.edges[i]; state[i]&1 != 0 || int(e.from) != v || e.outPrev != last {
				return fmt.Errorf("links 1, 2: edge %d in the out list of %d: %+v after %d", i, v, *e, last)
			}
			state[i] |= 1
			last = i
		}
		last = nil32
		for i := g.at[v].in; i != nil32; i = g.edges[i].inNext {
			if e := &g.edges[i]; state[i]&2 != 0 || int(e.to) != v || e.inPrev != last {
				return fmt.Errorf("links 1, 2: edge %d in the in list of %d: %+v after %d", i, v, *e, last)
			}
			state[i] |= 2
			last = i
		}
		if g.at[v].inLast != last {
			return fmt.Errorf("links 2: the in list of %d ends at %d, not %d", v, last, g.at[v].inLast)
		}
	}
	for i := g.free; i != nil32; i = g.edges[i].outNext {
		if state[i] != 0 {
			return fmt.Errorf("links 3: edge %d is free and used (%b)", i, state[i])
		}
		state[i] = 4
	}
	used := 0
	for i, s := range state {
		if s != 3 && s != 4 {
			return fmt.Errorf("links 1, 3: edge %d stands in lists %b", i, s)
		}
		if s == 3 {
			used++
		}
	}
	if used != g.used {
		return fmt.Errorf("links 1: %d edges in use, counted %d", used, g.used)
	}
	return nil
}
