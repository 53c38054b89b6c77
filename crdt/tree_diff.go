package crdt

import (
	"cmp"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/tree"
)

// stood notes that a node of a tree stands by another move than the given one, which
// tree.None and tree.Stray may be: what a view of before cannot see by the numbers
// that are new since.
type stood struct {
	gen   uint64 // of the views that have not seen it: this and those before
	place int32  // the tree
	node  graph.LV
	move  graph.LV
}

// keepStood is how many of these are kept; who looks again after more of them pays
// for the whole work once.
const keepStood = 1 << 16

// noteStood keeps what a node stood by.
func (d *Doc) noteStood(place int32, node, move graph.LV) {
	w := &d.news
	if len(w.stood) >= keepStood {
		n := len(w.stood) / 2
		w.from = max(w.from, w.stood[n-1].gen+1)
		w.stood = append(w.stood[:0], w.stood[n:]...)
	}
	w.stood = append(w.stood, stood{d.gen, place, node, move})
}

// stance is by which move a node stood then; tree.None for none.
type stance struct{ node, was graph.LV }

// stances: the first note since says what was then.
func (p *since) stances(c int32) []stance {
	r := p.s.Tree(c)
	if r == nil {
		return nil
	}
	list := p.d.news.stood
	from, _ := slices.BinarySearchFunc(list, p.was.gen, func(x stood, gen uint64) int { return cmp.Compare(x.gen, gen) })
	met := map[graph.LV]bool{}
	var out []stance
	for _, x := range list[from:] {
		if x.place != c || met[x.node] || !r.Node(x.node) {
			continue
		}
		met[x.node] = true
		if x.node >= p.end {
			x.move = tree.None // the number may have been another node's, of an Update that was rolled back
		}
		out = append(out, stance{x.node, x.move})
	}
	return sortStances(out)
}

// sortStances puts them in order of their nodes.
func sortStances(list []stance) []stance {
	slices.SortFunc(list, func(a, b stance) int { return cmp.Compare(a.node, b.node) })
	return list
}

// nodesThen is how many nodes a tree had then.
func (p *since) nodesThen(c int32) int {
	r := p.s.Tree(c)
	if r == nil {
		return 0
	}
	n := r.Len()
	for _, x := range p.stances(c) {
		if r.Shown(x.node) {
			n--
		}
		if x.was != tree.None {
			n++
		}
	}
	return n
}

// within: the dirt knows the maps.
func (p *since) within(c int32) []graph.LV {
	x, r := p.dirt[c], p.s.Tree(c)
	if x == nil || r == nil {
		return nil
	}
	slices.Sort(x.elems)
	list := slices.Compact(x.elems)
	all := p.stances(c)
	return slices.DeleteFunc(slices.Clone(list), func(lv graph.LV) bool {
		k, changed := slices.BinarySearchFunc(all, lv, func(x stance, lv graph.LV) int { return cmp.Compare(x.node, lv) })
		return !r.Shown(lv) || changed && all[k].was == tree.None
	})
}

// stances compares both states, node by node.
func (p *states) stances(c int32) []stance {
	var out []stance
	a, b := p.s.Tree(c), p.b.s.Tree(c)
	p.d.walk(p.s, c, func(lv graph.LV, _ int) {
		_, was, _ := a.Parent(lv)
		now := tree.None
		if b != nil {
			_, now, _ = b.Parent(lv)
		}
		if was != now {
			out = append(out, stance{lv, was})
		}
	})
	p.d.walk(p.b.s, c, func(lv graph.LV, _ int) {
		if a == nil || !a.Shown(lv) {
			out = append(out, stance{lv, tree.None})
		}
	})
	return sortStances(out)
}

// within: all that both show.
func (p *states) within(c int32) (out []graph.LV) {
	a := p.s.Tree(c)
	p.d.walk(p.b.s, c, func(lv graph.LV, _ int) {
		if a != nil && a.Shown(lv) {
			out = append(out, lv)
		}
	})
	return out
}

// tree compares or fills a tree. First all nodes that stand elsewhere leave their
// places; then they, and those that are new, are placed, each before what comes
// below it and behind its siblings, so that positions and parents are right when
// they are met; then what is in them is filled or compared.
func (x *differ) tree(t *task) {
	r := x.now.s.Tree(t.at)
	if r == nil { // nothing is in it yet
		r = tree.New(x.d.s.Order)
	}
	var all []stance
	if t.fresh {
		x.d.walk(x.now.s, t.at, func(lv graph.LV, _ int) { all = append(all, stance{lv, tree.None}) })
	} else {
		all = x.past.stances(t.at)
	}
	was := map[graph.LV]graph.LV{}
	moved := all[:0]
	for _, s := range all {
		if _, now, _ := r.Parent(s.node); now != s.was {
			was[s.node] = s.was
			moved = append(moved, s)
		}
	}
	slices.SortFunc(moved, func(a, b stance) int { return x.d.s.Order(a.node, b.node) })
	for _, s := range moved {
		x.lifts(t, r, s, was)
	}
	far := map[graph.LV]bool{}
	for _, lv := range x.places(t, r, was) {
		x.inNode(t, r, lv, was[lv] == tree.None, far)
	}
	if t.fresh {
		return
	}
	stayed := slices.DeleteFunc(x.past.within(t.at), func(lv graph.LV) bool { _, met := was[lv]; return met })
	slices.SortFunc(stayed, x.d.s.Order)
	for _, lv := range stayed {
		x.inNode(t, r, lv, false, far)
	}
}

// lifts adds the patch that a node leaves its place, unless it stood nowhere, or is
// gone with the one that it stood below.
func (x *differ) lifts(t *task, r *tree.Tree, s stance, was map[graph.LV]graph.LV) {
	if s.was == tree.None {
		return
	}
	if !r.Shown(s.node) && s.was != tree.Stray {
		_, dest, _ := x.d.s.Tree(t.at).Of(s.was)
		if m, changed := was[dest]; dest != tree.None && changed && m != tree.None && !r.Shown(dest) {
			return
		}
	}
	var by Author
	_, now, shown := r.Parent(s.node)
	switch {
	case s.was != tree.Stray && !x.now.s.Life.Alive(s.was):
		by, _ = x.past.remover(s.was, 1)
	case shown && now != tree.Stray:
		by = x.d.authorOf(now)
	}
	x.mark = t.mark
	x.put(Patch{Path: t.path, Op: PatchLift, Elem: Elem{x.d, s.node + 1}, By: by})
}

// places adds the patches that nodes come to their places, and gives the nodes in
// that order.
func (x *differ) places(t *task, r *tree.Tree, was map[graph.LV]graph.LV) (placed []graph.LV) {
	type spot struct {
		node, move graph.LV
		at         int
	}
	below := map[graph.LV][]spot{} // by parent
	for lv := range was {
		if _, move, shown := r.Parent(lv); shown {
			dest, i, _ := x.d.standsBelow(x.now.s, t.at, lv)
			below[dest] = append(below[dest], spot{lv, move, i})
		}
	}
	var stack []graph.LV // parents, the next one last
	for dest := range below {
		if _, moved := was[dest]; !moved {
			stack = append(stack, dest)
		}
	}
	slices.SortFunc(stack, func(a, b graph.LV) int {
		switch {
		case a == graph.None: // the root is first
			return 1
		case b == graph.None:
			return -1
		}
		return x.d.s.Order(b, a)
	})
	for len(stack) > 0 {
		dest := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		list := below[dest]
		slices.SortFunc(list, func(a, b spot) int { return a.at - b.at })
		for _, s := range list {
			p := Patch{Path: t.path, Op: PatchNode, At: s.at, Elem: Elem{x.d, s.node + 1}}
			if dest != graph.None {
				p.Parent = Elem{x.d, dest + 1}
			}
			if s.move != tree.Stray {
				p.By = x.d.authorOf(s.move)
			}
			p.Value = Value{kind: containerValue, at: place{x.v, x.d.t.At(s.node).Place()}, by: p.By}
			x.mark = t.mark
			x.put(p)
			placed = append(placed, s.node)
		}
		for _, s := range slices.Backward(list) {
			stack = append(stack, s.node)
		}
	}
	return placed
}

// inNode adds the map of a node, which is shown now. far are nodes to which a path
// would be too long, as it is then to what is below them.
func (x *differ) inNode(t *task, r *tree.Tree, lv graph.LV, fresh bool, far map[graph.LV]bool) {
	path := t.path
	if t.mark == 0 {
		dest, _, _ := r.Parent(lv)
		names, ok := []string(nil), !far[dest]
		if ok {
			names, ok = x.d.nodeNames(x.now.s, t.at, lv, maxPath-len(t.path))
		}
		if !ok {
			far[lv] = true
			x.stepTo(t, tooLong)
			x.enter(x.d.t.At(lv).Place(), "", fresh)
			return
		}
		path += Pointer(names...)
	}
	x.enter(x.d.t.At(lv).Place(), x.stepTo(t, path), fresh)
}

// tooLong stands for a path that is longer than any that patches have.
var tooLong = string(make([]byte, maxPath+1))
