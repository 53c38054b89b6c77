package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
)

// Reading the moment of a recent view by what is new since.

// shiftAt is the index of the first shift that ends above lv.
func (p *since) shiftAt(lv graph.LV) int {
	lo, hi := 0, len(p.shifts)
	for lo < hi {
		if m := (lo + hi) / 2; p.shifts[m].lv+p.shifts[m].n > lv {
			hi = m
		} else {
			lo = m + 1
		}
	}
	return lo
}

// run tells whether number lv was alive then, and of how many numbers from lv on,
// at most n, that is true as well.
func (p *since) run(lv graph.LV, n uint32) (alive bool, k uint32) {
	if lv >= p.end {
		return false, n
	}
	life := p.s.Life
	n = min(n, p.end-lv)
	i := p.shiftAt(lv)
	if i == len(p.shifts) {
		return life.Run(lv, n)
	}
	x := p.shifts[i]
	if lv < x.lv {
		return life.Run(lv, min(n, x.lv-lv))
	}
	n = min(n, x.lv+x.n-lv)
	on, k := life.Run(lv, n)
	if x.by == 0 || on {
		return on && x.by == 0, k
	}
	alive = int32(life.Count(lv)) == x.by
	for j := uint32(1); j < k; j++ {
		if (int32(life.Count(lv+j)) == x.by) != alive {
			return alive, j
		}
	}
	return alive, k
}

// alive tells whether a number was alive then.
func (p *since) alive(lv graph.LV) bool {
	on, _ := p.run(lv, 1)
	return on
}

// present tells whether the words of a number that was there were there then.
func (p *since) present(lv graph.LV) bool {
	if len(p.late) == 0 || lv >= p.d.g.NextLV() {
		return p.s.Present(lv)
	}
	if then, ok := p.late[p.d.g.ChangeOf(lv)]; ok {
		return then
	}
	return p.s.Present(lv)
}

// lost tells whether the words of a number were there then and were erased since.
func (p *since) lost(lv graph.LV) bool { return len(p.late) > 0 && p.present(lv) && !p.s.Present(lv) }

// lostTags tells whether words of tags of a set that were there then were erased.
func (p *since) lostTags(c int32) bool {
	x := p.dirt[c]
	return x != nil && len(p.late) > 0 && slices.ContainsFunc(x.tags, func(lv graph.LV) bool { return p.alive(lv) && p.lost(lv) })
}

// off tells whether a number was there then, of a change that was not effective.
func (p *since) off(lv graph.LV) bool {
	return lv < p.end && lv < p.d.g.NextLV() && !p.effective(p.d.g.ChangeOf(lv))
}

// deleted tells whether a delete of a number counted then.
func (p *since) wasDeleted(lv graph.LV) bool {
	deleted := false
	p.s.Life.Deleters(lv, func(d graph.LV, _ bool) { deleted = deleted || p.alive(d) })
	return deleted
}

// slot is what a slot showed then: by the rule of package entries, read from the
// greatest entry down. Below an entry that hides others what they name is hidden
// too, whether or not they counted.
func (p *since) slot(slot int32) (out shown) {
	stand := p.standing(slot)
	var hidden map[graph.LV]bool
	var over []graph.LV
	p.s.Slots.Down(slot, func(e entries.Entry, all bool) bool {
		if e.LV >= p.end {
			return true
		}
		below := hidden[e.LV]
		if !below && !p.alive(e.LV) && !(e.Kind == entries.Child && stand[e.Child]) {
			return true
		}
		if !below && e.Kind != entries.Absent {
			if out = shownBy(e, p.present(e.LV)); out.kind == showsWithheld && p.lost(e.LV) {
				out.kind = showsValue
			}
			return false
		}
		if all { // it names everything below it, by whatever way
			return false
		}
		if hidden == nil {
			hidden = map[graph.LV]bool{}
		}
		over = p.s.Slots.Over(e.LV, over[:0])
		for _, lv := range over {
			hidden[lv] = true
		}
		return true
	})
	return out
}

// standing are the children of a slot that stood then: all their entries switched
// off, none deleted, and something inside alive.
func (p *since) standing(slot int32) map[int32]bool {
	if len(p.verdict) == 0 && !p.s.Slots.Limbo(slot) {
		return nil
	}
	var stand map[int32]bool // false: it does not
	p.s.Slots.Down(slot, func(e entries.Entry, _ bool) bool {
		if e.LV >= p.end || e.Kind != entries.Child {
			return true
		}
		if stand == nil {
			stand = map[int32]bool{}
		}
		on, met := stand[e.Child]
		stand[e.Child] = (on || !met) && p.off(e.LV) && !p.wasDeleted(e.LV)
		return true
	})
	for c, on := range stand {
		stand[c] = on && p.inside(c)
	}
	return stand
}

// inside tells whether anything in a container, or below it by path, was alive
// then; see State.Inside.
func (p *since) inside(c int32) bool {
	s := p.s
	stack, met := []int32{c}, map[int32]bool{}
	for len(stack) > 0 {
		c := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if met[c] {
			continue
		}
		met[c] = true
		alive := false
		one := func(lv graph.LV) bool { alive = alive || p.alive(lv); return !alive }
		switch s.T.Container(c) {
		case block.KindText, block.KindList:
			if q := s.Peek(c); q != nil {
				q.All(func(lv graph.LV, n uint32, _ bool) bool {
					p.d.eachElement(lv, n, func(lv graph.LV, n uint32) {
						for end := lv + n; lv < end && !alive; {
							on, k := p.run(lv, end-lv)
							alive = on
							lv += k
						}
					})
					return !alive
				})
			}
		case block.KindMap:
			for _, slot := range s.Keys(c) {
				s.Slots.Down(slot, func(e entries.Entry, _ bool) bool {
					if e.Kind == entries.Child && e.LV < p.end {
						stack = append(stack, e.Child)
					}
					return one(e.LV)
				})
			}
		case block.KindSet:
			for _, lv := range s.Tags.Alive(c, nil) {
				one(lv)
			}
		case block.KindCounter:
			s.Steps.EachAlive(c, func(lv graph.LV, _ int64) bool { return one(lv) })
		case block.KindTree:
			alive = p.nodesThen(c) > 0
		}
		if x := p.dirt[c]; x != nil {
			for _, lv := range slices.Concat(x.tags, x.moved) {
				one(lv)
			}
		}
		if alive {
			return true
		}
	}
	return false
}

// elem is what an element of a list showed then.
func (p *since) elem(lv graph.LV) shown { return elemOf(p.s, lv, p.slot) }

// name is what a root name showed then.
func (p *since) name(name string) shown { return p.d.nameShows(name, p.slot, p.shows) }

// shows tells whether a container showed anything then.
func (p *since) shows(c int32) bool {
	s, x := p.s, p.dirt[c]
	if x == nil {
		return s.Shows(c)
	}
	switch s.T.Container(c) {
	case block.KindText, block.KindList:
		n := 0
		if q := s.Peek(c); q != nil {
			n = q.Len()
		}
		for _, e := range p.edits(c) {
			switch e.kind {
			case gone:
				n += int(e.n)
			case come:
				n -= int(e.n)
			}
		}
		return n > 0
	case block.KindMap:
		return slices.ContainsFunc(s.Keys(c), func(slot int32) bool { return p.slot(slot).kind != showsNothing })
	case block.KindSet:
		return p.anyMember(c, x)
	case block.KindCounter:
		any := slices.ContainsFunc(x.moved, p.alive)
		s.Steps.EachAlive(c, func(lv graph.LV, _ int64) bool { any = any || p.alive(lv); return !any })
		return any
	case block.KindTree:
		return p.nodesThen(c) > 0
	}
	return false
}

// anyMember tells whether a set had a member then.
func (p *since) anyMember(set int32, x *dirt) bool {
	had := func(lv graph.LV) bool { return p.alive(lv) && p.present(lv) }
	if slices.ContainsFunc(x.tags, had) {
		return true
	}
	any := false
	var tags []graph.LV
	p.s.Tags.Each(set, func(value []byte, _ graph.LV) bool {
		tags = p.s.Tags.TagsOf(set, value, tags[:0])
		any = slices.ContainsFunc(tags, had)
		return !any
	})
	return any
}
