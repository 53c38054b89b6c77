package crdt

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// Cut and paste is a quote whose origin the same change deletes (the parts of one
// Update count as one change). What was pasted stands for what was cut: it is its
// author's as if it had stayed. Two rules keep that from multiplying it:
//
//  1. Text stands for its origin when it is the origin, or when the change that made
//     it deletes text that stands for the same origin.
//  2. Of what stands for one character and is alive, the character itself counts, or
//     else the first in the total order.
//
// Everything else is a copy.

// movesOf is which quotes are cut and paste. Ranges ascend and do not overlap.
type movesOf struct {
	kept []stretch           // pasted characters that count for their origins
	cut  map[int32][]stretch // characters that were cut, by the first part of the change that cut them
	root map[int32]int32     // of the parts of one Update, the first; others are their own
}

// standing is text [lv, lv+n) that stands for the origin [at, at+n).
type standing struct {
	lv graph.LV
	n  uint32
	at graph.LV
}

// mover finds them.
type mover struct {
	*trace
	out    movesOf
	stands []standing         // quotes that stand for their origins, by lv
	cuts   map[int32]*cutting // by first part
	parts  map[int32][]int32  // by first part, where there are several
}

// cutting is the text that one change deletes, by origin.
type cutting struct {
	list []standing
	top  []graph.LV // the highest end of an origin up to here
}

// moves finds all cut and paste. It costs the quotes of the work, and the deletes of
// the changes that have quotes.
func (t *trace) moves() *movesOf {
	m := &mover{trace: t, out: movesOf{cut: map[int32][]stretch{}, root: map[int32]int32{}}, cuts: map[int32]*cutting{}, parts: map[int32][]int32{}}
	if !t.s.HasQuotes() {
		return &m.out
	}
	m.group()
	t.s.Quoted(0, t.d.t.End(), func(lv graph.LV, n uint32, q *state.Quote) {
		if q != nil && t.judge(q) == ClaimHolds {
			m.paste(lv, n)
		}
	})
	m.settle()
	for root, list := range m.out.cut {
		m.out.cut[root] = union(list)
	}
	return &m.out
}

// changes are the applied changes that the view shows, in a slice of the caller's.
func (v *View) changes() []int32 {
	out := make([]int32, v.sealed(), v.sealed()+1)
	for k := range out {
		out[k] = v.at(k)
	}
	return out
}

// union is ranges in ascending order, each number once.
func union(list []stretch) []stretch {
	slices.SortFunc(list, func(a, b stretch) int { return cmp.Compare(a.lv, b.lv) })
	k := 0
	for _, r := range list {
		if k > 0 && r.lv <= list[k-1].lv+list[k-1].n {
			list[k-1].n = max(list[k-1].n, r.lv+r.n-list[k-1].lv)
			continue
		}
		list[k] = r
		k++
	}
	return list[:k]
}

// group finds the changes that are parts of one Update.
func (m *mover) group() {
	list := m.v.changes()
	if m.v.open && int(m.v.n) < m.d.g.Len() {
		list = append(list, m.v.n) // open then, sealed by now
	}
	for _, i := range list {
		p := m.d.g.Prev(i)
		if p == graph.None32 || !m.d.g.More(p) {
			continue
		}
		root := m.out.rootOf(p)
		if len(m.parts[root]) == 0 {
			m.parts[root] = []int32{root}
		}
		m.parts[root] = append(m.parts[root], i)
		m.out.root[i] = root
	}
}

// rootOf is the first part of the Update that change i is of.
func (m *movesOf) rootOf(i int32) int32 {
	if root, ok := m.root[i]; ok {
		return root
	}
	return i
}

// paste finds what of a quote stands for its origin.
func (m *mover) paste(lv graph.LV, n uint32) {
	i, _ := m.d.changeRun(lv, 1)
	root := m.out.rootOf(i)
	cuts := m.cutsOf(root)
	if len(cuts.list) == 0 {
		return
	}
	from := len(m.stands)
	m.follow(lv, n, func(p traced) {
		if p.at != p.lv {
			cuts.each(standing{p.lv, p.n, p.at}, func(cut, of standing) { m.stand(root, cut, of) })
		}
	})
	// What was cut twice stands once.
	list := m.stands[from:]
	slices.SortFunc(list, func(a, b standing) int { return cmp.Compare(a.lv, b.lv) })
	m.stands = m.stands[:from]
	for _, s := range list {
		if k := len(m.stands); k > from {
			if end := m.stands[k-1].lv + m.stands[k-1].n; s.lv < end {
				skip := min(end-s.lv, s.n)
				s.lv, s.at, s.n = s.lv+skip, s.at+skip, s.n-skip
			}
		}
		if s.n > 0 {
			m.stands = append(m.stands, s)
		}
	}
}

// stand notes what of a quote stands for its origin, given text of the same origin
// that its change deletes: as much as that text does.
func (m *mover) stand(root int32, cut, of standing) {
	if cut.lv >= of.lv {
		return // it was made later
	}
	add := func(off, n uint32) {
		m.stands = append(m.stands, standing{of.lv + off, n, of.at + off})
		m.out.cut[root] = append(m.out.cut[root], stretch{cut.lv + off, n})
	}
	if cut.lv == cut.at {
		add(0, of.n)
		return
	}
	k, _ := slices.BinarySearchFunc(m.stands, cut.lv, func(s standing, lv graph.LV) int { return cmp.Compare(s.lv+s.n, lv+1) })
	for ; k < len(m.stands) && m.stands[k].lv < cut.lv+cut.n; k++ {
		lo := max(m.stands[k].lv, cut.lv)
		add(lo-cut.lv, min(m.stands[k].lv+m.stands[k].n, cut.lv+cut.n)-lo)
	}
}

// cutsOf is the text that the change with this first part deletes, open or applied.
func (m *mover) cutsOf(root int32) *cutting {
	if c := m.cuts[root]; c != nil {
		return c
	}
	c := &cutting{}
	m.cuts[root] = c
	switch next := m.d.g.NextLV(); {
	case root == graph.None32:
		m.deletes(c, next, m.d.t.End()-next)
	case len(m.parts[root]) == 0:
		m.deletes(c, m.d.g.First(root), m.d.g.Count(root))
	default:
		for _, i := range m.parts[root] {
			m.deletes(c, m.d.g.First(i), m.d.g.Count(i))
		}
	}
	slices.SortFunc(c.list, func(a, b standing) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.lv, b.lv)) })
	k := 0
	for _, s := range c.list {
		if k > 0 && c.list[k-1].at+c.list[k-1].n == s.at && c.list[k-1].lv+c.list[k-1].n == s.lv {
			c.list[k-1].n += s.n
			continue
		}
		c.list[k] = s
		k++
	}
	c.list = c.list[:k]
	top := graph.LV(0)
	for _, s := range c.list {
		top = max(top, s.at+s.n)
		c.top = append(c.top, top)
	}
	return c
}

// deletes adds the text that the delete numbers of a range target.
func (m *mover) deletes(c *cutting, lv graph.LV, n uint32) {
	m.s.Life.Targets(lv, n, func(_, e graph.LV, n uint32) {
		m.d.t.Range(e, n, func(e graph.LV, n uint32, w shape.What) {
			if m.d.isText(w) {
				m.follow(e, n, func(p traced) { c.list = append(c.list, standing{p.lv, p.n, p.at}) })
			}
		})
	})
}

// each yields the pairs of deleted and quoted text of one origin, of equal length.
func (c *cutting) each(of standing, yield func(cut, of standing)) {
	k, _ := slices.BinarySearchFunc(c.list, of.at+of.n, func(s standing, at graph.LV) int { return cmp.Compare(s.at, at) })
	for k--; k >= 0 && c.top[k] > of.at; k-- {
		s := c.list[k]
		lo, hi := max(s.at, of.at), min(s.at+s.n, of.at+of.n)
		if lo < hi {
			yield(standing{s.lv + (lo - s.at), hi - lo, lo}, standing{of.lv + (lo - of.at), hi - lo, lo})
		}
	}
}

// settle chooses what counts among what stands for the same characters.
func (m *mover) settle() {
	list := m.alive()
	slices.SortFunc(list, func(a, b standing) int { return m.s.Order(a.lv, b.lv) })
	byAt := make([]int, len(list))
	for k := range byAt {
		byAt[k] = k
	}
	slices.SortFunc(byAt, func(a, b int) int { return cmp.Or(cmp.Compare(list[a].at, list[b].at), a-b) })
	var now ranks
	for at := graph.LV(0); len(byAt) > 0 || len(now) > 0; {
		if len(now) == 0 {
			at = list[byAt[0]].at
		}
		for len(byAt) > 0 && list[byAt[0]].at == at {
			heap.Push(&now, byAt[0])
			byAt = byAt[1:]
		}
		for len(now) > 0 && list[now[0]].at+list[now[0]].n <= at {
			heap.Pop(&now)
		}
		if len(now) == 0 {
			continue
		}
		s := list[now[0]]
		end := s.at + s.n
		if len(byAt) > 0 {
			end = min(end, list[byAt[0]].at)
		}
		m.out.kept = append(m.out.kept, stretch{s.lv + (at - s.at), end - at})
		at = end
	}
	slices.SortFunc(m.out.kept, func(a, b stretch) int { return cmp.Compare(a.lv, b.lv) })
}

// alive is what stands for its origin, is alive, and whose origin is not.
func (m *mover) alive() []standing {
	var out []standing
	life := m.s.Life
	for _, s := range m.stands {
		for s.n > 0 {
			on, k := life.Run(s.lv, s.n)
			there, k2 := life.Run(s.at, k)
			if k = min(k, k2); on && !there {
				out = append(out, standing{s.lv, k, s.at})
			}
			s = standing{s.lv + k, s.n - k, s.at + k}
		}
	}
	return out
}

// ranks is a heap of places in the total order.
type ranks []int

func (r ranks) Len() int           { return len(r) }
func (r ranks) Less(a, b int) bool { return r[a] < r[b] }
func (r ranks) Swap(a, b int)      { r[a], r[b] = r[b], r[a] }

// Push and Pop are for package heap.
func (r *ranks) Push(x any) { *r = append(*r, x.(int)) }

// Pop takes the last one.
func (r *ranks) Pop() any {
	last := len(*r) - 1
	x := (*r)[last]
	*r = (*r)[:last]
	return x
}

// among splits a range by what is among ascending stretches.
func among(list []stretch, lv graph.LV, n uint32, yield func(lv graph.LV, n uint32, in bool)) {
	k, _ := slices.BinarySearchFunc(list, lv, func(s stretch, lv graph.LV) int { return cmp.Compare(s.lv+s.n, lv+1) })
	for end := lv + n; lv < end; k++ {
		if k == len(list) || list[k].lv >= end {
			yield(lv, end-lv, false)
			return
		}
		if s := list[k]; s.lv > lv {
			yield(lv, s.lv-lv, false)
			lv = s.lv
		}
		stop := min(end, list[k].lv+list[k].n)
		yield(lv, stop-lv, true)
		lv = stop
	}
}
