package graph

import "slices"

// headsCache remembers a value computed from the heads by the owner.
type headsCache struct {
	valid bool
	value string
}

// HeadsOnce gives compute's answer for the heads as they are, computed once
// until they move.
func (g *Graph) HeadsOnce(compute func() string) string {
	if !g.head.valid {
		g.head = headsCache{true, compute()}
	}
	return g.head.value
}

// marks is a set of change indexes that is cleared in O(1) by counting rounds.
type marks struct {
	round uint32
	seen  []uint32
}

// begin clears the set and makes room for n.
func (m *marks) begin(n int) {
	if len(m.seen) < n {
		m.seen = append(m.seen, make([]uint32, n-len(m.seen))...)
	}
	m.round++
	if m.round == 0 {
		clear(m.seen)
		m.round = 1
	}
}

func (m *marks) has(i int32) bool { return m.seen[i] == m.round }
func (m *marks) add(i int32)      { m.seen[i] = m.round }

// Past is the set of everything reachable from the given changes, themselves
// included, ascending. Iterative; O(changes and links reached).
func (g *Graph) Past(of []int32) []int32 {
	g.spare.begin(len(g.rows))
	var stack, out []int32
	push := func(i int32) {
		if i != None32 && !g.spare.has(i) {
			g.spare.add(i)
			stack = append(stack, i)
		}
	}
	for _, i := range of {
		push(i)
	}
	lowest := int32(len(g.rows))
	for len(stack) > 0 {
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		lowest = min(lowest, i)
		push(g.rows[i].prev)
		for _, l := range g.Links(i) {
			push(l)
		}
	}
	for i := lowest; int(i) < len(g.rows); i++ {
		if g.spare.has(i) {
			out = append(out, i)
		}
	}
	return out
}

// Missing is what a replica lacks that holds the given changes and their
// pasts: every other change, ascending. The walk ends where nothing it still
// could meet is lacking, so it costs what lies above the oldest difference.
func (g *Graph) Missing(have []int32) []int32 {
	n := int32(len(g.rows))
	g.spare.begin(len(g.rows)) // marked: held by the other side
	mark := func(i int32) {
		if i != None32 {
			g.spare.add(i)
		}
	}
	for _, i := range have {
		mark(i)
	}
	// A held change of a chain that never forked has all of the chain below
	// it in its past; once each chain is settled so, the rest is held.
	var out []int32
	left := g.chainsBelow()
	for i := n - 1; i >= 0; i-- {
		c := g.rows[i].by
		if g.spare.has(i) {
			mark(g.rows[i].prev)
			for _, l := range g.Links(i) {
				mark(l)
			}
			left.settle(c)
		} else {
			out = append(out, i)
			if g.rows[i].seq == 0 {
				left.settle(c)
			}
		}
		if left.open == 0 {
			break
		}
	}
	for a, b := 0, len(out)-1; a < b; a, b = a+1, b-1 {
		out[a], out[b] = out[b], out[a]
	}
	return out
}

// below counts the chains that may still have a lacking change further down.
type below struct {
	known []bool // chain: nothing of it further down can be lacking
	open  int    // chains not known, and the forked ones, which never are
}

// chainsBelow starts the count.
func (g *Graph) chainsBelow() *below {
	b := &below{known: make([]bool, len(g.chains)), open: len(g.chains)}
	for c := range g.chains {
		if g.Forked(int32(c)) {
			b.known[c] = true // never counted down: the walk goes to the bottom
		}
	}
	return b
}

// settle notes that nothing of chain c further down can be lacking: one of its
// changes is held, or its first change was met.
func (b *below) settle(c int32) {
	if !b.known[c] {
		b.known[c] = true
		b.open--
	}
}

// InPast tells whether applied change a is reachable from b, or b itself. On
// one chain it is O(log); otherwise it walks what lies between their depths.
func (g *Graph) InPast(a, b int32) bool {
	if a == b {
		return true
	}
	if a > b || g.rows[a].depth >= g.rows[b].depth {
		return false
	}
	if g.OnPath(a, b) {
		return true
	}
	g.spare.begin(len(g.rows))
	stack := []int32{b}
	g.spare.add(b)
	for len(stack) > 0 {
		x := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for k := -1; k < len(g.Links(x)); k++ {
			l := g.rows[x].prev
			if k >= 0 {
				l = g.Links(x)[k]
			}
			if l == a {
				return true
			}
			if l > a && g.rows[l].depth > g.rows[a].depth && !g.spare.has(l) {
				if g.OnPath(a, l) {
					return true
				}
				g.spare.add(l)
				stack = append(stack, l)
			}
		}
	}
	return false
}

// OnPath tells whether a lies on the prev path of b, or is b. O(log).
func (g *Graph) OnPath(a, b int32) bool {
	if g.rows[a].by != g.rows[b].by {
		return false
	}
	for g.rows[b].seq > g.rows[a].seq {
		if s := g.rows[b].skip; g.rows[s].seq >= g.rows[a].seq {
			b = s
		} else {
			b = g.rows[b].prev
		}
	}
	return a == b
}

// Locator names changes on the prev path of i at doubling distance, nearest
// first, at most limit.
func (g *Graph) Locator(i int32, limit int) []int32 {
	var out []int32
	step := uint32(1)
	for len(out) < limit && g.rows[i].prev != None32 {
		want := uint32(0)
		if g.rows[i].seq > step {
			want = g.rows[i].seq - step
		}
		for g.rows[i].seq > want {
			if s := g.rows[i].skip; g.rows[s].seq >= want {
				i = s
			} else {
				i = g.rows[i].prev
			}
		}
		out = append(out, i)
		step *= 2
	}
	return out
}

// Less is the total order among concurrent changes of DESIGN 4: depth, then
// the bytes of the id.
func (g *Graph) Less(a, b int32) bool {
	if g.rows[a].depth != g.rows[b].depth {
		return g.rows[a].depth < g.rows[b].depth
	}
	for k := range g.rows[a].id {
		if g.rows[a].id[k] != g.rows[b].id[k] {
			return g.rows[a].id[k] < g.rows[b].id[k]
		}
	}
	return false
}

// HeadsOf are the heads of the first n changes by arrival, ascending; the
// caller's own slice.
func (g *Graph) HeadsOf(n int) []int32 {
	if n >= len(g.rows) {
		return slices.Clone(g.heads.all())
	}
	linked := make([]bool, n)
	for i := int32(0); int(i) < n; i++ {
		if p := g.rows[i].prev; p != None32 {
			linked[p] = true
		}
		for _, l := range g.Links(i) {
			linked[l] = true
		}
	}
	return unmarked(linked)
}

// unmarked are the indexes of the false ones.
func unmarked(marked []bool) []int32 {
	var out []int32
	for i, m := range marked {
		if !m {
			out = append(out, int32(i))
		}
	}
	return out
}
