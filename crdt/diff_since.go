package crdt

import (
	"cmp"
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
	"github.com/commonhold/commonhold/internal/state"
)

// since says what has become of a recent view, so that it can be compared with
// the present without being built anew.
//
// Numbers are dense in order of arrival: those from end on are new, and the view
// knew all others. A number is alive while its count is 0 (package life), and
// counts are sums, so the count that it had then follows from the one it has now:
//
//	count then = count now
//	  - deletes of it that count now and did not then
//	  + deletes of it that counted then and do not now
//	  - 1 if its change was effective then and is not now, + 1 the other way
//
// and a delete counts while its own number is alive, whose count then follows in
// the same way, with restores for deletes. New deletes are found by their numbers,
// restores in the ops of the changes that are new, verdicts in the doc's turns.
// So the cost is that of what is new. A number that no shift covers is as it was.
//
// Invariant: shifts ascend and are disjoint, and all are of numbers below end.
type since struct {
	d      *Doc
	s      *state.State // of the present
	was    *View
	end    graph.LV
	shifts []shift

	verdict map[int32]bool // of changes that have turned since: effective then
	late    map[int32]bool // changes whose words have arrived since, or were erased: they were here then

	dirt  map[int32]*dirt
	roots map[string]bool // root names that may show something else
}

// shift says how much the counts of a stretch of numbers have grown since; 0 of
// numbers that are to be looked at all the same.
type shift struct {
	stretch
	by  int32
	del graph.LV // the least delete that counts now and did not then, or graph.None
}

// recent tells whether v can be compared with the present by what is new.
func (d *Doc) recent(v *View) bool {
	return v.set == nil && v.inside == nil && v.n > 0 && v.gen >= d.news.from
}

// since compares the view v, which is recent, with the present.
func (d *Doc) since(v *View) *since {
	p := &since{d: d, s: d.s, was: v, end: v.end()}
	p.turns()
	list := p.restored(p.switched(nil))
	for _, x := range p.merge(slices.Clone(list)) {
		list = p.recount(list, x)
	}
	p.shifts = p.merge(p.deleted(list))
	return p
}

// sinceIn is since, gathered for the text at a place only.
func (d *Doc) sinceIn(v *View, at int32) *since {
	p := d.since(v)
	p.dirt, p.roots = map[int32]*dirt{}, map[string]bool{}
	p.each(func(lv graph.LV, n uint32, w shape.What) {
		if p.d.inText(w, at) {
			p.note(lv, n, w)
		}
	})
	return p
}

// end is the first number that the view, a prefix of the arrival, does not show.
func (v *View) end() graph.LV {
	g, o := v.d.g, v.d.open
	switch k := int(v.n) - g.Len(); {
	case k < 0 && v.open:
		return g.First(v.n) + v.nums
	case k < 0:
		return g.First(v.n)
	case !v.open || o == nil:
		return g.NextLV()
	case k < len(o.parts):
		return o.parts[k].h.LV + v.nums
	default:
		return o.h.LV + v.nums
	}
}

// showsOp tells whether the view, a prefix of the arrival, shows op k of change i;
// the parts of an open change are numbered on.
func (v *View) showsOp(i int32, k int) bool { return i < v.n || i == v.n && v.open && k < v.nops }

// turns reads what has turned since.
func (p *since) turns() {
	list := p.d.news.turns
	for k := len(list) - 1; k >= 0 && list[k].gen >= p.was.gen; k-- {
		t := list[k]
		switch {
		case !p.was.showsOp(t.change, 0):
		case t.words && p.late == nil:
			p.late = map[int32]bool{t.change: !t.on}
		case t.words:
			p.late[t.change] = !t.on
		case p.verdict == nil:
			p.verdict = map[int32]bool{t.change: !t.on}
		default:
			p.verdict[t.change] = !t.on // the oldest is read last
		}
	}
}

// effective tells whether change i, which the view shows, was effective then.
func (p *since) effective(i int32) bool {
	if on, ok := p.verdict[i]; ok {
		return on
	}
	return p.s.Effective(i)
}

// switched adds the numbers of changes whose verdict is another, and those whose
// words have arrived.
func (p *since) switched(list []shift) []shift {
	add := func(i int32, by int32) {
		first := p.d.g.First(i)
		if n := min(p.d.g.Count(i), p.end-first); n > 0 {
			list = append(list, shift{stretch{first, n}, by, graph.None})
		}
	}
	for i, then := range p.verdict {
		if by := weight(!p.s.Effective(i)) - weight(!then); by != 0 {
			add(i, by)
		}
	}
	for i := range p.late {
		add(i, 0)
	}
	return list
}

// weight is 1 for true.
func weight(on bool) int32 {
	if on {
		return 1
	}
	return 0
}

// restored adds the delete numbers that more or fewer restores name.
func (p *since) restored(list []shift) []shift {
	g, d := p.d.g, p.d
	note := func(r graph.Ref, runs []block.Run, by int32) {
		d.runLVs(r, runs, func(lv graph.LV, n uint32) {
			if lv < p.end {
				list = append(list, shift{stretch{lv, min(n, p.end-lv)}, by, graph.None})
			}
		})
	}
	applied := func(i int32) {
		var r block.Reader
		var op block.Op
		r.Reset(g.Ops(i))
		for k := 0; r.Next(&op); k++ {
			if op.Code != block.OpRestore {
				continue
			}
			then := p.was.showsOp(i, k) && p.effective(i)
			if by := weight(p.s.Effective(i)) - weight(then); by != 0 {
				note(graph.At(i), op.Runs, by)
			}
		}
	}
	for i := range p.verdict {
		if i < p.was.n {
			applied(i)
		}
	}
	n := int32(g.Len())
	for i := p.was.n; i < n; i++ {
		applied(i)
	}
	if d.open == nil {
		return list
	}
	for j, o := range append(slices.Clip(d.open.parts), d.open) {
		from := 0
		if i := n + int32(j); p.was.showsOp(i, 0) {
			if from = len(o.ops); i == p.was.n {
				from = min(from, p.was.nops)
			}
		}
		for k := range o.ops[from:] {
			if op := &o.ops[from+k]; op.Code == block.OpRestore {
				note(graph.Of(o.h), op.Runs, 1)
			}
		}
	}
	return list
}

// recount adds the targets of the delete numbers of x that count and did not, or
// the other way round.
func (p *since) recount(list []shift, x shift) []shift {
	life := p.s.Life
	p.d.t.Range(x.lv, x.n, func(lv graph.LV, n uint32, w shape.What) {
		if w.Class() != shape.Delete || x.by == 0 {
			return
		}
		for end := lv + n; lv < end; {
			on, k := life.Run(lv, end-lv)
			if !on {
				k = 1
				if int32(life.Count(lv)) != x.by {
					lv++
					continue // it did not count then either
				}
			}
			by, del := weight(on)-weight(!on), graph.None
			if on {
				del = lv
			}
			p.targets(lv, k, func(d, e graph.LV, n uint32) {
				if del != graph.None {
					del = d
				}
				list = append(list, shift{stretch{e, n}, by, del})
			})
			lv += k
		}
	})
	return list
}

// targets is Life.Targets in pieces of one change each.
func (p *since) targets(lv graph.LV, n uint32, yield func(d, e graph.LV, n uint32)) {
	p.s.Life.Targets(lv, n, func(d, e graph.LV, n uint32) {
		for n > 0 {
			_, k := p.d.changeRun(d, n)
			yield(d, e, k)
			d, e, n = d+k, e+k, n-k
		}
	})
}

// deleted adds the targets of new deletes that count.
func (p *since) deleted(list []shift) []shift {
	end := p.d.t.End()
	if end == p.end {
		return list
	}
	life := p.s.Life
	p.d.t.Range(p.end, end-p.end, func(lv graph.LV, n uint32, w shape.What) {
		if w.Class() != shape.Delete {
			return
		}
		for end := lv + n; lv < end; {
			on, k := life.Run(lv, end-lv)
			if on {
				p.targets(lv, k, func(d, e graph.LV, n uint32) {
					if e < p.end {
						list = append(list, shift{stretch{e, min(n, p.end-e)}, 1, d})
					}
				})
			}
			lv += k
		}
	})
	return list
}

// merge adds up shifts that overlap. Of del, which names the delete of the first
// number of a stretch, the least is kept. The cost beyond sorting is at most that
// of the numbers in the list.
func (p *since) merge(list []shift) []shift {
	if len(list) < 2 {
		return list
	}
	slices.SortFunc(list, func(a, b shift) int { return cmp.Compare(a.lv, b.lv) })
	var out, over []shift // over: those that cover the present number
	for k := 0; k < len(list) || len(over) > 0; {
		if len(over) == 0 {
			over = append(over, list[k])
			k++
		}
		at := over[0].lv
		for k < len(list) && list[k].lv == at {
			over = append(over, list[k])
			k++
		}
		n := over[0].n
		for _, x := range over[1:] {
			n = min(n, x.n)
		}
		if k < len(list) {
			n = min(n, list[k].lv-at)
		}
		sum := shift{stretch{at, n}, 0, graph.None}
		rest := over[:0]
		for _, x := range over {
			sum.by += x.by
			if x.del != graph.None && (sum.del == graph.None || p.s.Order(x.del, sum.del) < 0) {
				sum.del = x.del
			}
			if x.n > n {
				x.lv, x.n = x.lv+n, x.n-n
				if x.del != graph.None {
					x.del += n
				}
				rest = append(rest, x)
			}
		}
		over = rest
		out = append(out, sum)
	}
	return out
}
