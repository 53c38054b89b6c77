package graph

// stretch says that the numbers of a chain from start on, up to the next
// stretch, have the LVs from lv on: changes of the chain that arrived one behind
// the other.
type stretch struct {
	start uint64
	lv    LV
}

// add notes the numbers of the next change of a chain that has not forked.
func (c *chain) add(start uint64, lv LV) {
	if k := len(c.stretches); k > 0 {
		if s := c.stretches[k-1]; uint64(s.lv)+start-s.start == uint64(lv) {
			return
		}
	}
	c.stretches = append(room(c.stretches, 1), stretch{start, lv})
}

// at is the index of the stretch of number n, which the chain has.
func (c *chain) at(n uint64) int {
	lo, hi := 0, len(c.stretches)      // the one at lo begins at or below n, the one at hi above
	for step := 1; hi > 1; step *= 2 { // new ones are asked for most
		m := max(hi-step, 0)
		if c.stretches[m].start <= n {
			lo = m
			break
		}
		hi = m
	}
	for lo+1 < hi {
		if m := (lo + hi) / 2; c.stretches[m].start <= n {
			lo = m
		} else {
			hi = m
		}
	}
	return lo
}

// NumberLV is the LV of number n of the chain of applied change i, which i or a
// change before it on its prev path has made. O(log) in the times that the chain
// took turns with others.
func (g *Graph) NumberLV(i int32, n uint64) LV {
	if c := &g.chains[g.rows[i].by]; c.list != nil {
		s := &c.stretches[c.at(n)]
		return s.lv + LV(n-s.start)
	}
	m := g.maker(i, n)
	return g.rows[m].first + LV(n-g.rows[m].start)
}

// NumberLVs yields the LVs of the numbers n … n+length-1, as NumberLV has them,
// in the order of the numbers and in stretches as long as may be.
func (g *Graph) NumberLVs(i int32, n uint64, length uint32, yield func(lv LV, n uint32)) {
	c := &g.chains[g.rows[i].by]
	if c.list == nil {
		g.Expand(At(i), n, length, func(x Ref, off, n uint32) { yield(g.LVOf(x, off), n) })
		return
	}
	for k := c.at(n); length > 0; k++ {
		s, m := c.stretches[k], length
		if k+1 < len(c.stretches) {
			m = uint32(min(uint64(m), c.stretches[k+1].start-n))
		}
		if m > 0 {
			yield(s.lv+LV(n-s.start), m)
		}
		n += uint64(m)
		length -= m
	}
}
