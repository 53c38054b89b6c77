package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// states reads the moment that a diff begins at as a state of its own, beside the
// one that it ends with: for versions that lie anyhow to each other. Its cost is
// that of both works.
type states struct {
	moment        // a, then
	b      moment // now
	va, vb *View
}

// newStates compares two views.
func newStates(a, b *View) *states {
	d := b.d
	return &states{moment{d, a.state()}, moment{d, b.state()}, a, b}
}

func (p *states) names() []string {
	set := map[string]bool{}
	p.moment.names(set)
	p.b.names(set)
	return sortedKeysOf(set)
}

func (p *states) slots(m int32) []int32 {
	return p.d.byKey(slices.Concat(p.s.Keys(m), p.b.s.Keys(m)))
}

func (p *states) words(c int32) *sequence.Seq { return p.s.Peek(c) }

// edits walks over what is shown then and what is shown now in step: what both
// show stands in one order in both. What has gone and what came between two of
// those are put in order by the live work, which knows all elements.
func (p *states) edits(c int32) []edit {
	live := p.d.s.Peek(c)
	if live == nil {
		return nil
	}
	list := p.d.t.Container(c) == block.KindList
	var out []edit
	a := p.pieces(p.s.Peek(c), live, p.vb, p.b)
	b := p.pieces(p.b.s.Peek(c), live, p.va, p.moment)
	if p.d.s.Moved(c) {
		a, b = p.places(c, p.moment, p.b), p.places(c, p.b, p.moment)
	}
	for at := 0; len(a) > 0 || len(b) > 0; {
		switch {
		case len(a) > 0 && !a[0].both && (len(b) == 0 || b[0].both || live.Before(a[0].lv, b[0].lv)):
			out = append(out, edit{a[0].stretch, at, gone})
			a = a[1:]
		case len(b) > 0 && !b[0].both:
			out = append(out, edit{b[0].stretch, at, come})
			at += int(b[0].n)
			b = b[1:]
		default:
			if a[0].lv != b[0].lv {
				panic("crdt: two versions of a sequence differ in their order")
			}
			k := min(a[0].n, b[0].n)
			if list {
				out = p.kept(out, stretch{a[0].lv, k}, at)
			}
			at += int(k)
			a, b = advance(a, k), advance(b, k)
		}
	}
	return out
}

// kept adds the elements of a stretch of a list, shown then and now, that may show
// something else.
func (p *states) kept(out []edit, r stretch, at int) []edit {
	for ; r.n > 0; r.lv, r.n, at = r.lv+1, r.n-1, at+1 {
		e := p.b.s.ElemOf(r.lv)
		_, x := p.s.ElemSlot(e)
		_, y := p.b.s.ElemSlot(e)
		if x || y || p.d.t.At(e).Class() == shape.ElemMaker {
			out = append(out, edit{stretch{e, 1}, at, stayed})
		}
	}
	return out
}

// shownPiece is a stretch of elements that one state shows, next to each other;
// both: the other one shows them too.
type shownPiece struct {
	stretch
	both bool
}

// advance takes k elements off the first piece.
func advance(list []shownPiece, k uint32) []shownPiece {
	if list[0].lv, list[0].n = list[0].lv+k, list[0].n-k; list[0].n == 0 {
		return list[1:]
	}
	return list
}

// pieces is what q shows, cut so that nothing lies inside a piece in the live
// work, and that the other view shows all of it or nothing.
func (p *states) pieces(q, live *sequence.Seq, other *View, m moment) []shownPiece {
	if q == nil {
		return nil
	}
	var out []shownPiece
	q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
		for n > 0 {
			_, k, _ := live.Extent(lv, n)
			in, k := other.member(lv, k)
			if in {
				in, k = m.s.Life.Run(lv, k)
			}
			if in && !m.s.Present(lv) && p.d.t.At(lv).Class() != shape.ElemMaker {
				in = false
			}
			_, k = p.d.changeRun(lv, k)
			out = append(out, shownPiece{stretch{lv, k}, in})
			lv, n = lv+k, n-k
		}
		return true
	})
	return out
}

// member tells whether the view knows number lv, and of how many of the n numbers
// from lv on that is true as well.
func (v *View) member(lv graph.LV, n uint32) (bool, uint32) {
	if v.set == nil {
		if end := v.end(); lv < end {
			return true, min(n, end-lv)
		}
		return false, n
	}
	i, k := v.d.changeRun(lv, n)
	return i != graph.None32 && v.has(i), k
}

// remover asks life, for each number but where one delete runs on alone.
func (p *states) remover(lv graph.LV, n uint32) (Author, uint32) {
	in, n := p.vb.member(lv, n)
	i, n := p.d.changeRun(lv, n)
	if !in || i != graph.None32 && !p.b.s.Effective(i) {
		return Author{}, n
	}
	life, least, hits := p.b.s.Life, graph.None, 0
	life.Deleters(lv, func(d graph.LV, counts bool) {
		if counts {
			least, hits = p.d.first(least, d), hits+1
		}
	})
	if hits == 0 {
		return Author{}, 1
	}
	k := uint32(1)
	if hits == 1 {
		_, n = p.d.changeRun(least, n)
		_, n = life.Run(least, n)
		life.Targets(least, n, func(d, e graph.LV, n uint32) {
			for d == least && e == lv && k < n && life.Count(lv+k) == 1 {
				k++
			}
		})
	}
	return p.d.authorOf(least), k
}

func (p *states) members(c int32) []member {
	list := func(m, other moment, gone bool) (out []member) {
		var tags []graph.LV
		m.s.Tags.Each(c, func(value []byte, _ graph.LV) bool {
			if other.s.Tags.Has(c, value) {
				return true
			}
			tags = m.s.Tags.TagsOf(c, value, tags[:0])
			first := graph.None
			for _, lv := range tags {
				first = p.d.first(first, lv)
			}
			out = append(out, member{slices.Clone(value), first, gone})
			return true
		})
		return out
	}
	out := append(list(p.moment, p.b, true), list(p.b, p.moment, false)...)
	slices.SortFunc(out, func(a, b member) int { return byValue(a.raw, b.raw) })
	return out
}

func (p *states) steps(c int32) (moved bool, by Author) {
	type step struct {
		lv     graph.LV
		amount int64
	}
	read := func(m moment) (out []step) {
		m.s.Steps.EachAlive(c, func(lv graph.LV, amount int64) bool { out = append(out, step{lv, amount}); return true })
		return out
	}
	var m movement
	a, b := read(p.moment), read(p.b)
	for len(a) > 0 || len(b) > 0 {
		switch {
		case len(b) == 0 || len(a) > 0 && a[0].lv < b[0].lv:
			m.add(a[0].amount, false, p.d.authorOf(a[0].lv))
			a = a[1:]
		case len(a) == 0 || b[0].lv < a[0].lv:
			m.add(b[0].amount, true, p.d.authorOf(b[0].lv))
			b = b[1:]
		default:
			a, b = a[1:], b[1:]
		}
	}
	return m.of()
}

// sortedKeysOf are the keys of a set, ascending.
func sortedKeysOf(set map[string]bool) []string {
	out := make([]string, 0, len(set))
	for k := range set {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
