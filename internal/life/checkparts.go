package life

import (
	"fmt"
	"math/bits"
)

// check restates the rules of bitmap; name says which one it is.
func (b *bitmap) check(name string) error {
	named := make([]int, len(b.pages))
	if end := uint64(len(b.chunks)) << chunkBits; uint64(b.top) < end {
		if set, k, _ := b.run(b.top, uint32(min(end, 1<<32-1)-uint64(b.top))); set || uint64(b.top)+uint64(k) < min(end, 1<<32-1) {
			return fmt.Errorf("%s, rule 6: a number from %d on is in the set", name, b.top)
		}
	}
	for ci, c := range b.chunks {
		if c == nil {
			continue
		}
		for p, id := range c.page {
			some, full := c.some[p/64]>>(p%64)&1 != 0, c.full[p/64]>>(p%64)&1 != 0
			if some != (id != pageNone) || full != (id == pageAll) {
				return fmt.Errorf("%s, rule 5: chunk %d, page %d has id %d, some %v, full %v", name, ci, p, id, some, full)
			}
			if id < pageFirst {
				continue
			}
			if int(id-pageFirst) >= len(b.pages) {
				return fmt.Errorf("%s, rule 2: chunk %d, page %d has id %d of %d pages", name, ci, p, id, len(b.pages))
			}
			named[id-pageFirst]++
			ones := 0
			for _, w := range b.pages[id-pageFirst] {
				ones += bits.OnesCount64(w)
			}
			if ones == 0 || ones == pageLen || ones != int(b.ones[id-pageFirst]) {
				return fmt.Errorf("%s, rule 3: chunk %d, page %d has %d ones, counted %d", name, ci, p, ones, b.ones[id-pageFirst])
			}
		}
	}
	for _, k := range b.free {
		named[k]++
	}
	for k, n := range named {
		if n != 1 {
			return fmt.Errorf("%s, rule 4: page %d is named %d times", name, k, n)
		}
	}
	return nil
}

// check restates the rules of extra.
func (x *extra) check() error {
	inners := make([]int, x.inners.used)
	leaves := make([]int, x.leaves.used)
	for i := range x.top {
		if err := x.checkSlot(x.top[i], topLevel-1, 0, inners, leaves); err != nil {
			return fmt.Errorf("extra, chunk %d, %w", i, err)
		}
	}
	for _, id := range x.inners.free {
		inners[id-1]++
	}
	for _, id := range x.leaves.free {
		leaves[id-1]++
	}
	for _, named := range [][]int{inners, leaves} {
		for k, n := range named {
			if n != 1 {
				return fmt.Errorf("extra, rule 5: node %d is named %d times", k+1, n)
			}
		}
	}
	return nil
}

// checkSlot restates the rules of extra for one slot, whose kid stands at
// level; sum is what the nodes above it add. It counts the nodes it meets.
func (x *extra) checkSlot(s slot, level int, sum int32, inners, leaves []int) error {
	sum += s.add
	least, uniform := int32(0), false
	switch {
	case s.kid == 0:
		if sum < 0 {
			return fmt.Errorf("rule 2: value %d", sum)
		}
	case level == 0:
		leaves[s.kid-1]++
		l := x.leaves.at(s.kid)
		least, uniform = l.sum()
		if sum+least < 0 {
			return fmt.Errorf("rule 2: value %d in leaf %d", sum+least, s.kid)
		}
	default:
		inners[s.kid-1]++
		n := x.inners.at(s.kid)
		for _, kid := range n {
			if err := x.checkSlot(kid, level-1, sum, inners, leaves); err != nil {
				return err
			}
		}
		least, uniform = n.sum()
	}
	if s.min != s.add+least {
		return fmt.Errorf("rule 3: level %d: min %d, add %d, least below %d", level, s.min, s.add, least)
	}
	if uniform {
		return fmt.Errorf("rule 4: level %d: node %d is uniform", level, s.kid)
	}
	return nil
}
