package crdt

import (
	"cmp"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/marks"
	"github.com/commonhold/commonhold/internal/shape"
)

// metMarker is a block marker that a text shows now, and whether it came in.
type metMarker struct {
	lv    graph.LV
	at    int
	fresh bool
}

// blocks adds the patches of the blocks of a text: of the markers that came in, and of
// those that stayed and say something else.
func (x *differ) blocks(t *task, list []edit) {
	m, q := x.now.s.Rich(t.at), x.now.s.Peek(t.at)
	if m == nil || q == nil {
		return
	}
	var all []metMarker
	for _, e := range list {
		if e.kind != come {
			continue
		}
		x.d.t.Range(e.lv, e.n, func(lv graph.LV, n uint32, w shape.What) {
			if w.Class() == shape.ElemMaker {
				all = append(all, metMarker{lv, e.at + int(lv-e.lv), true})
			}
		})
	}
	if !t.fresh {
		for _, lv := range x.past.markers(t.at) {
			at, _ := q.Index(lv)
			all = append(all, metMarker{lv, at, false})
		}
	}
	slices.SortFunc(all, func(a, b metMarker) int { return cmp.Or(a.at-b.at, int(weight(b.fresh)-weight(a.fresh))) })
	text := Text{place{x.v, t.at}, x.unit, 0, -1}
	for k, b := range all {
		if k > 0 && all[k-1].at == b.at {
			continue // the editor of a mirror has not seen it, the view had it
		}
		says := text.blockAt(x.now.s, b.lv, fromRunes(q, x.unit, b.at))
		p := Patch{Path: t.path, Op: PatchBlock, At: says.At, Block: &says}
		if b.fresh {
			p.By = x.d.authorOf(b.lv)
			x.put(p)
			continue
		}
		x.says(t, b.lv, p)
	}
}

// says adds a patch in its turn if anything that a marker says is another, however
// deep it lies.
func (x *differ) says(t *task, lv graph.LV, p Patch) {
	said := x.d.t.At(lv).Place()
	if t.mark > 0 {
		x.next = append(x.next, task{at: said, mark: t.mark})
		return
	}
	several := false
	for _, slot := range x.past.slots(said) {
		was, now := x.past.slot(slot), x.now.slot(slot)
		if was.same(now) {
			continue
		}
		by := x.hider(was)
		if now.kind != showsNothing {
			by = x.author(now)
		}
		if several = several || p.By != (Author{}) && p.By != by; several {
			by = Author{}
		}
		p.By = by
	}
	x.deep = append(x.deep, false)
	x.next = append(x.next, task{at: said, mark: len(x.deep)}, task{patch: p, mark: len(x.deep)})
}

// markers are those of which the dirt knows that they may say something else.
func (p *since) markers(c int32) []graph.LV {
	x, q := p.dirt[c], p.s.Peek(c)
	if x == nil || q == nil || len(x.elems) == 0 {
		return nil
	}
	slices.Sort(x.elems)
	return slices.DeleteFunc(slices.Compact(x.elems), func(lv graph.LV) bool {
		_, now := q.Index(lv)
		return !now || !p.shown(lv)
	})
}

// markers are all that both show.
func (p *states) markers(c int32) (out []graph.LV) {
	was := p.s.Peek(c)
	if was == nil {
		return nil
	}
	for lv, at := markerFrom(p.b.s, c, 0); lv != marks.None; lv, at = markerFrom(p.b.s, c, at+1) {
		if was.Has(lv) {
			if _, then := was.Index(lv); then {
				out = append(out, lv)
			}
		}
	}
	return out
}
