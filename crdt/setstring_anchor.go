package crdt

import (
	"cmp"
	"slices"
)

// anchor is a run of n clusters that is the same in both rows, at i and at k.
type anchor struct{ i, k, n int }

// anchored emits the differences in a box between its anchors; without any, it
// goes on to shorter ones.
func (m *matcher) anchored(x box, level int) {
	at := x
	for _, c := range m.anchors(x, grams[level]) {
		// Grow to both sides, as far as the last anchor and the end of the box.
		if c.i < at.i || c.k < at.k {
			continue // grown over
		}
		for c.i > at.i && c.k > at.k && m.a[c.i-1] == m.b[c.k-1] {
			c.i, c.k, c.n = c.i-1, c.k-1, c.n+1
		}
		for c.i+c.n < x.j && c.k+c.n < x.l && m.a[c.i+c.n] == m.b[c.k+c.n] {
			c.n++
		}
		m.compare(box{at.i, c.i, at.k, c.k}, level+1)
		at.i, at.k = c.i+c.n, c.k+c.n
	}
	m.compare(at, level+1)
}

// anchors finds a longest chain of runs of g.n clusters that occur once in each
// row of a box, ascending in both.
func (m *matcher) anchors(x box, g gram) []anchor {
	if x.j-x.i < g.n || x.l-x.k < g.n {
		return nil
	}
	if (x.j-x.i)+(x.l-x.k) < 1<<16 {
		g.every = 1
	}
	m.steps -= x.j - x.i + x.l - x.k
	seen := map[uint64]int32{}
	var list []twofold
	hashes(m.a[x.i:x.j], g, func(h uint64, at int) {
		if p, ok := seen[h]; ok {
			list[p].twice = true
			return
		}
		seen[h] = int32(len(list))
		list = append(list, twofold{anchor: anchor{x.i + at, -1, g.n}})
	})
	hashes(m.b[x.k:x.l], g, func(h uint64, at int) {
		if p, ok := seen[h]; ok {
			list[p].twice = list[p].twice || list[p].k >= 0
			list[p].k = x.k + at
		}
	})
	var out []anchor // ascending by i, as the list
	for _, p := range list {
		if !p.twice && p.k >= 0 && slices.Equal(m.a[p.i:p.i+g.n], m.b[p.k:p.k+g.n]) {
			out = append(out, p.anchor)
		}
	}
	return chain(out)
}

// twofold is where a hash was met first in each row; k is -1 before it was in
// the second.
type twofold struct {
	anchor
	twice bool
}

// hashes yields the hash of each run of g.n clusters and where it begins, or of
// those one in g.every that their hash picks, the same in every text.
func hashes(row []int32, g gram, yield func(h uint64, at int)) {
	const base = 0x9e3779b97f4a7c15
	power := uint64(1)
	for range g.n {
		power *= base
	}
	h := uint64(0)
	for k, id := range row {
		h = h*base + uint64(id) + 1
		if k >= g.n {
			h -= power * (uint64(row[k-g.n]) + 1)
		}
		if k < g.n-1 {
			continue
		}
		mixed := h ^ h>>29
		mixed *= 0xbf58476d1ce4e5b9
		mixed ^= mixed >> 32
		if mixed%g.every == 0 {
			yield(mixed, k-g.n+1)
		}
	}
}

// chain gives a longest part of a list, ascending by i, that ascends by k too.
func chain(list []anchor) []anchor {
	tails := []int{}                 // by length - 1: the anchor that ends a chain of that length with the least k
	before := make([]int, len(list)) // the anchor before in the chain, -1 none
	for at, c := range list {
		n, _ := slices.BinarySearchFunc(tails, c.k, func(t, k int) int { return cmp.Compare(list[t].k, k) })
		before[at] = -1
		if n > 0 {
			before[at] = tails[n-1]
		}
		if n == len(tails) {
			tails = append(tails, at)
		} else {
			tails[n] = at
		}
	}
	if len(tails) == 0 {
		return nil
	}
	out := make([]anchor, len(tails))
	for k, at := len(tails)-1, tails[len(tails)-1]; k >= 0; k, at = k-1, before[at] {
		out[k] = list[at]
	}
	return out
}

// coarsen joins differences across short parts that stay until there are at most
// limit of them: texts that differ everywhere must not make an edit too large to
// write.
func (m *matcher) coarsen(limit int) {
	for short := 1; len(m.out) > limit; short *= 2 {
		out := m.out[:1]
		for _, x := range m.out[1:] {
			if last := &out[len(out)-1]; x.i-last.j <= short {
				last.j, last.l = x.j, x.l
			} else {
				out = append(out, x)
			}
		}
		m.out = out
	}
}
