package sequence

import (
	"fmt"
	"slices"
)

// Check restates the invariants of Seq, clause by clause, and returns the first
// one that does not hold, with its number. It costs more than linear time and is
// meant for tests.
func (s *Seq) Check() error {
	defer func(visits uint64) { s.visits = visits }(s.visits)
	order, err := s.checkTree()
	if err != nil {
		return err
	}
	for _, clause := range []func([]span) error{
		s.checkTracts, s.checkPlain, s.checkSpans, s.checkPieces, s.checkIndex, s.checkSums, s.checkCursor, s.checkFugue, s.checkChains,
	} {
		if err := clause(order); err != nil {
			return err
		}
	}
	return nil
}

// broken is the error of one clause.
func broken(rule int, format string, args ...any) error {
	return fmt.Errorf("sequence: rule %d: %s", rule, fmt.Sprintf(format, args...))
}

// checkTree checks rule 1 and returns all spans in document order.
func (s *Seq) checkTree() (order []span, err error) {
	var leaves []*leaf
	if s.root == nil {
		if s.head != nil {
			leaves = append(leaves, s.head)
			if s.head.up != nil {
				return nil, broken(1, "the only leaf has a parent")
			}
		}
	} else {
		if s.root.up != nil || s.root.len() < 2 {
			return nil, broken(1, "the root has a parent, or %d children", s.root.len())
		}
		for level := []*inner{s.root}; level != nil; {
			var next []*inner
			for _, n := range level {
				if err := s.checkInner(n, level[0].leaves != nil); err != nil {
					return nil, err
				}
				next = append(next, n.kids...)
				leaves = append(leaves, n.leaves...)
			}
			level = next
		}
	}
	prev, l := (*leaf)(nil), s.head
	for i, want := range leaves {
		if l != want || l.prev != prev {
			return nil, broken(1, "leaf %d of the tree is not leaf %d of the links", i, i)
		}
		if int(l.id) >= len(s.leaves) || s.leaves[l.id] != l {
			return nil, broken(1, "leaf %d is not under its number %d", i, l.id)
		}
		if len(l.spans) == 0 || len(l.spans) > s.size.leaf && len(s.leaves) < s.size.leaves {
			return nil, broken(1, "leaf %d has %d spans", i, len(l.spans))
		}
		order = append(order, l.spans...)
		prev, l = l, l.next
	}
	if l != nil {
		return nil, broken(1, "a leaf is linked but not in the tree")
	}
	if named := len(s.leaves) - len(s.free); named != len(leaves) {
		return nil, broken(1, "%d leaves, %d leaf numbers in use", len(leaves), named)
	}
	return order, nil
}

// checkInner checks rule 1 for one inner node.
func (s *Seq) checkInner(n *inner, lowest bool) error {
	if n.len() == 0 || n.len() > s.size.fanout {
		return broken(1, "an inner node has %d children", n.len())
	}
	if (n.leaves != nil) != lowest || (n.kids != nil) == lowest {
		return broken(1, "leaves at different depths")
	}
	for i, k := range n.kids {
		if k.up != n || k.slot != i {
			return broken(1, "child %d of a node says it is %d", i, k.slot)
		}
	}
	for i, l := range n.leaves {
		if l.up != n || l.slot != i {
			return broken(1, "leaf %d of a node says it is %d", i, l.slot)
		}
	}
	return nil
}

// checkSpans checks rule 2.
func (s *Seq) checkSpans([]span) error {
	for l := s.head; l != nil; l = l.next {
		for i, sp := range l.spans {
			if sp.len() == 0 {
				return broken(2, "span of LV %d is empty", sp.lv)
			}
			if sp.lv>>blockBits != (sp.lv+sp.len()-1)>>blockBits {
				return broken(2, "span of LV %d and %d more crosses a block", sp.lv, sp.len()-1)
			}
			if i > 0 && joins(l.spans[i-1], sp) {
				return broken(2, "spans of LV %d and %d could be one", l.spans[i-1].lv, sp.lv)
			}
		}
	}
	return nil
}

// checkSums checks rule 3, from the words themselves.
func (s *Seq) checkSums([]span) error {
	var vis uint32
	var x extra
	for l := s.head; l != nil; l = l.next {
		n, y := l.shown(), extra{}
		for _, sp := range l.spans {
			if sp.n&hidden == 0 && s.words != nil {
				s.Words(sp.lv, sp.n, func(w []byte) {
					for _, r := range string(w) {
						y = y.plus(wide(string(r)[0]))
					}
				})
			}
		}
		if l.up != nil && (l.up.vis[l.slot] != n || l.up.extra(l.slot) != y) {
			return broken(3, "leaf of LV %d has %d and %v, entered as %d and %v",
				l.spans[0].lv, n, y, l.up.vis[l.slot], l.up.extra(l.slot))
		}
		vis, x = vis+n, x.plus(y)
	}
	if vis != s.vis || x != s.ext {
		return broken(3, "%d visible and %v, entered as %d and %v", vis, x, s.vis, s.ext)
	}
	level := []*inner{s.root}
	for s.root != nil && level != nil {
		var next []*inner
		for _, n := range level {
			for i, k := range n.kids {
				if v, y := k.sum(); v != n.vis[i] || y != n.extra(i) {
					return broken(3, "child %d has %d and %v, entered as %d and %v", i, v, y, n.vis[i], n.extra(i))
				}
			}
			next = append(next, n.kids...)
		}
		level = next
	}
	return nil
}

// checkIndex checks rule 4, and that the pages are in order.
func (s *Seq) checkIndex([]span) error {
	for l := s.head; l != nil; l = l.next {
		for _, sp := range l.spans {
			for lv := sp.lv; lv < sp.lv+sp.len(); lv++ {
				if !s.Has(lv) {
					return broken(4, "LV %d has a span but no piece", lv)
				}
				if id := s.leafOf(s.page(lv), lv); id >= uint32(len(s.leaves)) || s.leaves[id] != l {
					return broken(4, "the index does not lead from LV %d to its leaf", lv)
				}
			}
		}
	}
	for i, pg := range s.pages {
		if pg == nil && i > 0 && s.nos[i-1] < s.nos[i] {
			continue
		}
		if s.nos[i] != pg.no || s.base != s.nos[0] || i > 0 && s.nos[i-1] >= pg.no || len(pg.pieces) == 0 {
			return broken(4, "page %d has number %d, listed as %d, and %d pieces", i, pg.no, s.nos[i], len(pg.pieces))
		}
	}
	for _, pg := range s.spelled() {
		if o := pg.ents[len(pg.ents)-1] >> (32 - pageBits); o >= pg.end() {
			return broken(4, "page %d: an entry begins at %d, the elements end at %d", pg.no, o, pg.end())
		}
		for j := 1; j < len(pg.ents); j++ {
			if pg.ents[j-1]>>(32-pageBits) >= pg.ents[j]>>(32-pageBits) {
				return broken(4, "page %d: entries %d and %d do not ascend", pg.no, j-1, j)
			}
			if pg.ents[j-1]&leafMask == pg.ents[j]&leafMask {
				return broken(4, "page %d: entries %d and %d could be one", pg.no, j-1, j)
			}
		}
	}
	if n := len(s.pages); n > 0 && s.tail != s.pages[n-1] || n == 0 && s.tail != nil {
		return broken(4, "the tail is not the last page")
	}
	return nil
}

// checkPieces checks rule 5.
func (s *Seq) checkPieces(order []span) error {
	tables, next := uint32(0), LV(0)
	for _, pg := range s.spelled() {
		for i := range pg.pieces {
			pc := &pg.pieces[i]
			first := pg.no<<pageBits | uint32(pc.at)
			if pg.find(uint32(pc.at)) != i {
				return broken(5, "piece %d of page %d is not where the heads say", i, pg.no)
			}
			if pc.last < pc.at || first < next {
				return broken(5, "piece %d to %d of page %d after LV %d", pc.at, pc.last, pg.no, next)
			}
			next = pg.no<<pageBits | uint32(pc.last) + 1
			if pc.tab != 0 {
				tables++
			}
			if s.words == nil || pc.off == NoWords {
				continue
			}
			if err := s.checkTable(pg, pc); err != nil {
				return err
			}
		}
	}
	if tables != s.tables || next != s.next {
		return broken(5, "%d tables, entered as %d; next LV %d, entered as %d", tables, s.tables, next, s.next)
	}
	if s.words == nil {
		return nil
	}
	for _, sp := range order {
		for lv := sp.lv; lv < sp.lv+sp.len() && sp.n&hidden == 0; lv++ {
			if pg, i := s.piece(lv); s.Has(lv) && (pg == nil || pg.pieces[i].off == NoWords) {
				return broken(5, "LV %d is visible without words", lv)
			}
		}
	}
	return nil
}

// checkTable checks rule 5 for the table of one piece with words.
func (s *Seq) checkTable(pg *page, pc *piece) error {
	var x extra
	w := (*s.words)[pc.off:]
	for j := uint32(0); j < pc.len(); j++ {
		if got := s.lead(pg, pc, j); got != x {
			return broken(5, "table of LV %d: %d elements have %v, table says %v", pg.no<<pageBits|uint32(pc.at), j, x, got)
		}
		d := wide(w[0])
		x, w = x.plus(d), w[1+d.b:]
	}
	if got := s.lead(pg, pc, pc.len()); got != x || (pc.tab == 0) != (x == extra{}) {
		return broken(5, "table %d of LV %d: all have %v, table says %v", pc.tab, pg.no<<pageBits|uint32(pc.at), x, got)
	}
	return nil
}

// checkCursor checks rule 11.
func (s *Seq) checkCursor([]span) error {
	l := s.cur.leaf
	if l == nil {
		return nil
	}
	if int(l.id) >= len(s.leaves) || s.leaves[l.id] != l || s.cur.i < 0 || s.cur.i >= len(l.spans) {
		return broken(11, "the cursor is at span %d of a leaf with %d", s.cur.i, len(l.spans))
	}
	if s.cur.at < 0 {
		return nil
	}
	if at, _ := s.Index(l.spans[s.cur.i].lv); at != s.cur.at {
		return broken(11, "the cursor's span is at %d, entered as %d", at, s.cur.at)
	}
	return nil
}

// family is the children of one element, by side, each ascending.
type family [2][]LV

// checkFugue checks rules 6 to 9: it builds the tree from the parents alone and
// reads it from left to right.
func (s *Seq) checkFugue(order []span) error {
	tree := make(map[LV]*family)
	all := 0
	pages := s.spelled()
	for _, pg := range pages {
		for _, pc := range pg.pieces {
			for o := uint32(pc.at); o <= uint32(pc.last); o++ {
				lv := pg.no<<pageBits | o
				parent, side := s.Parent(lv)
				if parent != None && (parent >= lv || !s.Has(parent)) {
					return broken(6, "LV %d hangs on %d", lv, parent)
				}
				if tree[parent] == nil {
					tree[parent] = new(family)
				}
				tree[parent][side] = append(tree[parent][side], lv)
				all++
			}
		}
	}
	for parent, f := range tree {
		for side := range f {
			slices.SortFunc(f[side], s.order)
			if err := s.checkSiblings(parent, Side(side), f[side]); err != nil {
				return err
			}
		}
	}
	for _, pg := range pages {
		for o := uint32(0); o < pageLen; o++ {
			lv := pg.no<<pageBits | o
			for side := range Side(2) {
				if f := tree[lv]; pg.kid(o, side) != (f != nil && len(f[side]) > 0) {
					return broken(6, "bit of LV %d, side %d is %v", lv, side, pg.kid(o, side))
				}
			}
		}
	}
	for key, l := range s.lists {
		parent, side := unpack(key)
		if f := tree[parent]; f == nil || len(f[side]) != l.n || l.n < 2 {
			return broken(7, "list of %d at LV %d, side %d", l.n, parent, side)
		}
	}
	return s.checkOrder(tree, order, all)
}

// checkSiblings checks rules 7 and 9 at one place.
func (s *Seq) checkSiblings(parent LV, side Side, want []LV) error {
	l := s.lists[pack(parent, side)]
	if (l != nil) != (len(want) > 1) {
		return broken(7, "%d children at LV %d, side %d; listed: %v", len(want), parent, side, l != nil)
	}
	if l != nil {
		if got := slices.Concat(l.chunks...); !slices.Equal(got, want) {
			return broken(7, "children at LV %d, side %d listed as %v, not %v", parent, side, got, want)
		}
		for _, c := range l.chunks {
			if len(c) == 0 || len(c) > s.size.chunk {
				return broken(7, "a chunk at LV %d, side %d has %d", parent, side, len(c))
			}
		}
	}
	if side == Right && parent != None && s.lastOf(parent) != parent && want[len(want)-1] != parent+1 {
		return broken(9, "LV %d is in the piece of %d, whose greatest right child is %d", parent+1, parent, want[len(want)-1])
	}
	return nil
}

// checkOrder checks rule 8.
func (s *Seq) checkOrder(tree map[LV]*family, order []span, all int) error {
	type step struct {
		lv   LV
		open bool // its left children have been read
	}
	var want []LV
	stack := []step{{None, false}}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		f := tree[top.lv]
		if f == nil {
			f = new(family)
		}
		if top.open {
			if top.lv != None {
				want = append(want, top.lv)
			}
			for i := len(f[Right]) - 1; i >= 0; i-- {
				stack = append(stack, step{f[Right][i], false})
			}
			continue
		}
		stack = append(stack, step{top.lv, true})
		for i := len(f[Left]) - 1; i >= 0; i-- {
			stack = append(stack, step{f[Left][i], false})
		}
	}
	var got []LV
	for _, sp := range order {
		for i := range sp.len() {
			got = append(got, sp.lv+i)
		}
	}
	if len(want) != all || len(got) != all || !slices.Equal(got, want) {
		return broken(8, "%d elements, %d in the tree, %d in spans: tree %v, spans %v", all, len(want), len(got), want, got)
	}
	return nil
}

// checkChains checks rule 10.
func (s *Seq) checkChains([]span) error {
	for n, c := range s.chains {
		if c == nil {
			continue
		}
		side := Side(n)
		ends := 0
		for x, k := range c.links {
			if !s.Has(x) || side == Right && s.headOf(x) != x {
				return broken(10, "side %d: LV %d has a link", side, x)
			}
			if parent, on := s.Parent(x); k.up == None && on == side && parent != None && s.outermost(parent, side) == x {
				return broken(10, "side %d: LV %d begins a chain and is below %d", side, x, parent)
			}
			if k.down == None {
				ends++
				if c.last[k.chain] != x {
					return broken(10, "side %d: chain %d ends at %d and %d", side, k.chain, x, c.last[k.chain])
				}
				continue
			}
			if y, ok := s.below(side, x); !ok || y != k.down {
				return broken(10, "side %d: below LV %d is %d, remembered as %d", side, x, y, k.down)
			}
			if below := c.links[k.down]; below.up != x || below.chain != k.chain {
				return broken(10, "side %d: LV %d and %d below disagree", side, x, k.down)
			}
		}
		if ends != len(c.last) {
			return broken(10, "side %d: %d chains end, %d numbers", side, ends, len(c.last))
		}
	}
	return nil
}

// outermost returns the child of parent on a side that is farthest from it.
func (s *Seq) outermost(parent LV, side Side) LV {
	if side == Left {
		return s.firstLeft(parent)
	}
	return s.lastRight(parent)
}
