package crdt_test

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
)

// candidates are the entries of a slot that count: the alive ones, and every one
// of a child that stands.
func (s *twSlot) candidates() []*twNum {
	var out []*twNum
	for _, e := range s.entries {
		if e.alive() || (e.child != nil && !e.child.isElement() && s.stands(e.child)) {
			out = append(out, e)
		}
	}
	return out
}

// isElement tells whether the container is a list element, which does not stand
// by what is in it.
func (b *twBox) isElement() bool { return len(b.id) > 7 && b.id[:7] == "element" }

// stands tells whether a child stands: its entries are all off, none of them is
// deleted, and anything inside is alive.
func (s *twSlot) stands(c *twBox) bool {
	for _, e := range s.entries {
		if e.child == c && (!e.ch.off || e.deleted()) {
			return false
		}
	}
	return c.inside()
}

// inside tells whether anything in the container or its children is alive.
func (b *twBox) inside() bool {
	alive := (*twNum).alive
	if slices.ContainsFunc(b.elems, alive) || slices.ContainsFunc(b.tags, alive) || slices.ContainsFunc(b.steps, alive) || slices.ContainsFunc(b.moves, alive) {
		return true
	}
	for _, s := range b.slots {
		for _, e := range s.entries {
			if e.alive() || (e.child != nil && e.child.inside()) {
				return true
			}
		}
	}
	return false
}

// reached are the entries that an entry reaches through over, whatever their
// state.
func (n *twNum) reached(into map[*twNum]bool) {
	for _, o := range n.over {
		if !into[o] {
			into[o] = true
			o.reached(into)
		}
	}
}

// conflicts are the entries that a reader sees, the winner first: candidates that
// no other reaches, not absent, of each child the greatest.
func (s *twSlot) conflicts() []*twNum {
	list := s.candidates()
	hidden := map[*twNum]bool{}
	for _, e := range list {
		e.reached(hidden)
	}
	list = slices.DeleteFunc(list, func(e *twNum) bool { return hidden[e] || e.absent })
	slices.SortFunc(list, func(a, b *twNum) int { return b.compare(a) })
	seen := map[*twBox]bool{}
	return slices.DeleteFunc(list, func(e *twNum) bool {
		if e.child == nil {
			return false
		}
		was := seen[e.child]
		seen[e.child] = true
		return was
	})
}

// values are what a list element shows: the newest entries of its slot, or what
// it began with.
func (n *twNum) values() []*twNum {
	if n.slot == nil {
		return []*twNum{n}
	}
	return n.slot.conflicts()
}

// frontier is what a new entry of the slot names as over: the entries that no
// other effective entry names.
func (s *twSlot) frontier() []*twNum {
	named := map[*twNum]bool{}
	for _, e := range s.entries {
		if !e.ch.off {
			for _, o := range e.over {
				named[o] = true
			}
		}
	}
	return slices.DeleteFunc(slices.Clone(s.entries), func(e *twNum) bool { return named[e] })
}

// inverse is what taking change x back deletes and which delete numbers it
// restores, by DESIGN 6.
func (t *twin) inverse(x *twChange) (deletes, restores map[*twNum]bool) {
	deletes, restores = map[*twNum]bool{}, map[*twNum]bool{}
	for _, n := range x.nums {
		switch {
		case n.target != nil:
			restores[n] = true
		case !x.leaves(n):
			deletes[n] = true
		}
	}
	for _, y := range t.list {
		for _, d := range y.nums {
			if d.target == nil || !slices.Contains(d.back, x) {
				continue
			}
			other := slices.ContainsFunc(d.back, func(z *twChange) bool { return z != x && !z.off })
			if own := d.target.ch.c.By == x.c.By; !other && !(own && x.keeps(d.target)) {
				deletes[d.target] = true
			}
		}
	}
	return deletes, restores
}

// leaves tells whether a number stays though its change is taken back: a child
// entry that nothing was under, a child or element with another's work in it, an
// element that shows another's value.
func (x *twChange) leaves(n *twNum) bool {
	return n.op.Code == block.OpChild && len(n.over) == 0 || x.keeps(n)
}

// keeps tells whether a number stays for another's sake.
func (x *twChange) keeps(n *twNum) bool {
	switch n.op.Code {
	case block.OpChild:
		return n.child.othersIn(x)
	case block.OpListChild, block.OpValues, block.OpBlock:
		if v := n.values(); len(v) > 0 && v[0].author() != n.author() {
			return true
		}
		return n.child != nil && n.child.othersIn(x)
	case block.OpNode:
		return x.othersBelow(n)
	}
	return false
}

// othersIn tells whether another's work is in the container: an alive element,
// member or step, a winning value, by another author than that of x.
func (b *twBox) othersIn(x *twChange) bool {
	others := func(n *twNum) bool { return n.alive() && n.ch.c.By != x.c.By }
	if slices.ContainsFunc(b.tags, others) || slices.ContainsFunc(b.steps, others) {
		return true
	}
	for _, n := range b.shownNodes() {
		if others(n) || n.ch.c.By != x.c.By || n.child.othersIn(x) {
			return true
		}
	}
	won := func(values []*twNum) bool {
		return len(values) > 0 && (values[0].ch.c.By != x.c.By || (values[0].child != nil && values[0].child.othersIn(x)))
	}
	for _, n := range b.elems {
		if others(n) || (n.alive() && won(n.values())) {
			return true
		}
	}
	for _, s := range b.slots {
		if won(s.conflicts()) {
			return true
		}
		for _, e := range s.entries {
			if e.child != nil && e.child.othersIn(x) {
				return true
			}
		}
	}
	return false
}
