package life

// The shape of the tree of extra counts. One slot of the top covers a chunk of
// 2^18 numbers; each level below divides by eight; a leaf holds eight numbers.
const (
	fanBits  = 3
	fan      = 1 << fanBits
	topLevel = chunkBits / fanBits // children of the top cover 8^6 numbers
)

// slot is one child of a node: the numbers it covers, their values relative to
// the node above.
type slot struct {
	kid uint32 // 0: every number has the value add; else the node (leaf at level 1) below
	add int32  // added to every number below
	min int32  // the least value below, add included
}

// inner is a node with eight children; leaf is eight numbers, relative to the
// slot above.
type (
	inner [fan]slot
	leaf  [fan]int32
)

// extra keeps, for every number, how much its count exceeds one. Nearly every
// number of a real work has 0, and nothing is stored for it; the structure
// exists for the numbers that several deletes name, and it adds to a range of
// them, however long, in O(log).
//
// It is a radix tree of fixed shape over the LV space, so that no balancing
// can go wrong: a value is the sum of the adds on the way down, a range add
// touches at most two paths, and min lets a search pass over everything that
// is not zero. A subtree of equal values is folded into its slot.
//
//	value(9)  =  top[0].add + … + slot.add + leaf[1]
//
// Invariants:
//  1. top[i] covers [i<<18, (i+1)<<18); beyond top every value is 0.
//  2. Every value is ≥ 0.
//  3. min of a slot is its add plus the least min (number, in a leaf) below it,
//     or its add alone when it has no kid.
//  4. No node is uniform: if all its children had no kid and one value, it
//     would be folded into the slot above. Hence a kid has a value above 0.
//  5. Every node and leaf is named by exactly one slot or lies once in free.
type extra struct {
	top    []slot
	inners pool[inner]
	leaves pool[leaf]
	steps  uint64 // slots and leaves looked at by mutators, for tests of cost
}

// at returns the value of lv. It only reads.
func (x *extra) at(lv LV) uint32 {
	if int(lv>>chunkBits) >= len(x.top) {
		return 0
	}
	s := &x.top[lv>>chunkBits]
	sum := s.add
	for level := topLevel - 1; s.kid != 0; level-- {
		if level == 0 {
			sum += x.leaves.at(s.kid)[lv%fan]
			break
		}
		s = &x.inners.at(s.kid)[lv>>(level*fanBits)%fan]
		sum += s.add
	}
	return uint32(sum)
}

// add adds by to the value of each number of [lv, lv+n), n ≥ 1. The caller
// sees to it that no value falls below zero.
func (x *extra) add(lv LV, n uint32, by int32) {
	last := lv + n - 1
	for int(last>>chunkBits) >= len(x.top) {
		x.top = append(x.top, slot{})
	}
	x.spread(x.top, topLevel, lv, last, by)
}

// spread adds by to the numbers [from, last], counted from the first number of
// the slots, each of which covers 8^level numbers.
func (x *extra) spread(slots []slot, level int, from, last uint32, by int32) {
	shift := level * fanBits
	for c := from >> shift; c <= last>>shift; c++ {
		x.steps++
		s := &slots[c]
		lo := c << shift
		hi := lo + (1<<shift - 1)
		if from <= lo && hi <= last {
			s.add += by
			s.min += by
			continue
		}
		x.descend(s, level-1, max(from, lo)-lo, min(last, hi)-lo, by)
	}
}

// descend adds by to the numbers [from, last] of one slot, counted from its
// first number, and brings the slot up to date. Its kid, made where missing,
// stands at level: a leaf at 0.
func (x *extra) descend(s *slot, level int, from, last uint32, by int32) {
	var least int32
	var uniform bool
	if level == 0 {
		if s.kid == 0 {
			s.kid = x.leaves.take()
		}
		l := x.leaves.at(s.kid)
		for i := from; i <= last; i++ {
			l[i] += by
		}
		if least, uniform = l.sum(); uniform {
			x.leaves.give(s.kid)
		}
	} else {
		if s.kid == 0 {
			s.kid = x.inners.take()
		}
		node := x.inners.at(s.kid)
		x.spread(node[:], level, from, last, by)
		if least, uniform = node.sum(); uniform {
			x.inners.give(s.kid)
		}
	}
	s.min = s.add + least
	if uniform {
		s.kid = 0
		s.add = s.min
	}
}

// sum returns the least value below the node and whether all are equal.
func (n *inner) sum() (least int32, uniform bool) {
	least, uniform = n[0].min, true
	for i := range n {
		least = min(least, n[i].min)
		uniform = uniform && n[i].kid == 0 && n[i].add == n[0].add
	}
	return least, uniform
}

// sum returns the least value of the leaf and whether all are equal.
func (l *leaf) sum() (least int32, uniform bool) {
	least, uniform = l[0], true
	for _, v := range l {
		least = min(least, v)
		uniform = uniform && v == l[0]
	}
	return least, uniform
}

// run tells whether the value of lv is zero, and how many numbers from lv on,
// at most n ≥ 1, are alike in that (zero, or above zero whatever the value).
func (x *extra) run(lv LV, n uint32) (zero bool, k uint32) {
	zero = x.at(lv) == 0
	last := lv + n - 1
	if known := uint64(len(x.top)) << chunkBits; uint64(last) >= known {
		if uint64(lv) >= known {
			return true, n
		}
		last = LV(known - 1) // beyond it every value is 0
		if zero {
			if at, ok := x.seek(x.top, topLevel, span{lv, last}, 0, false); ok {
				return zero, at - lv
			}
			return zero, n
		}
	}
	if at, ok := x.seek(x.top, topLevel, span{lv, last}, 0, !zero); ok {
		return zero, at - lv
	}
	return zero, last - lv + 1
}

// span is the numbers from, …, last.
type span struct{ from, last uint32 }

// seek finds the first number of the span whose value is zero (or, with zero
// false, above zero). Numbers are counted from the first of the slots; sum is
// what the nodes above add. A slot without zeros is passed by its min, one
// without others by being uniform (invariants 3 and 4), so at most the two
// edges of the span are entered in vain.
func (x *extra) seek(slots []slot, level int, r span, sum int32, zero bool) (at uint32, ok bool) {
	shift := level * fanBits
	for c := r.from >> shift; c <= r.last>>shift; c++ {
		x.steps++
		s := &slots[c]
		lo := c << shift
		hi := lo + (1<<shift - 1)
		in := span{max(r.from, lo) - lo, min(r.last, hi) - lo}
		value := sum + s.add
		switch {
		case s.kid == 0:
			if (value == 0) == zero {
				return lo + in.from, true
			}
		case zero && sum+s.min > 0:
			// every number of the slot is above zero
		case level == 1:
			l := x.leaves.at(s.kid)
			for i := in.from; i <= in.last; i++ {
				if (value+l[i] == 0) == zero {
					return lo + i, true
				}
			}
		default:
			if at, ok := x.seek(x.inners.at(s.kid)[:], level-1, in, value, zero); ok {
				return lo + at, true
			}
		}
	}
	return 0, false
}
