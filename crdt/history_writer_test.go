package crdt_test

import (
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// before is the twin of what change c was made on, and change c in the whole.
func (s *story) before(tw *twin, items []bridge.Item, c cid.Cid) (*twin, *twChange) {
	id, err := block.ChangeID(c)
	s.must(err)
	x := tw.by[id]
	var on []block.ID
	if x.prev != nil {
		on = append(on, x.prev.id)
	}
	for _, l := range x.links {
		on = append(on, l.id)
	}
	return newTwin(past(items, on)), x
}

// inverse tests that change c, an Invert of change of and nothing else, deletes
// and restores what DESIGN 6 says.
func (s *story) inverse(tw *twin, items []bridge.Item, c, of cid.Cid) {
	old, x := s.before(tw, items, c)
	id, err := block.ChangeID(of)
	s.must(err)
	target := old.by[id]
	if target == nil {
		s.failf("an inverse does not link to its change")
	}
	deletes, restores := old.inverse(target)
	gotDeletes, gotRestores := map[*twNum]bool{}, map[*twNum]bool{}
	for _, d := range x.nums {
		if d.target != nil {
			gotDeletes[old.same(d.target)] = true
		}
	}
	for _, y := range tw.list {
		for _, d := range y.nums {
			if d.target != nil && slices.Contains(d.back, x) {
				gotRestores[old.same(d)] = true
			}
		}
	}
	s.sameNums("deletes", of, gotDeletes, deletes)
	s.sameNums("restores", of, gotRestores, restores)
}

// same is the number of another twin here.
func (t *twin) same(n *twNum) *twNum { return t.by[n.ch.id].nums[n.at] }

// sameNums fails unless two sets of numbers are equal.
func (s *story) sameNums(what string, of cid.Cid, got, want map[*twNum]bool) {
	s.t.Helper()
	for n := range want {
		if !got[n] {
			s.failf("inverse of %v: %s lack number %d of %v (op %+v)", of, what, n.at, n.ch.id.ChangeCID(), *n.op)
		}
	}
	for n := range got {
		if !want[n] {
			s.failf("inverse of %v: %s name number %d of %v (op %+v)", of, what, n.at, n.ch.id.ChangeCID(), *n.op)
		}
	}
}

// writer tests what a random change of the history names as over and as base,
// and that what it wrote over has nothing alive inside.
func (s *story) writer(tw *twin, items []bridge.Item) {
	x := tw.list[s.r.IntN(len(tw.list))]
	old, _ := s.before(tw, items, x.id.ChangeCID())
	if len(tw.list) == 0 || x.prev == nil && len(x.links) == 0 {
		return
	}
	// The change alone, op by op on top of what it was made on.
	now := old
	y := &twChange{id: x.id, c: x.c, words: x.words, depth: x.depth}
	if x.prev != nil {
		y.prev = now.by[x.prev.id]
	}
	for _, l := range x.links {
		y.links = append(y.links, now.by[l.id])
	}
	now.list, now.by[y.id] = append(now.list, y), y
	words := x.words
	if len(words) > 0 && x.c.Size != x.c.Words {
		words = words[16:]
	}
	for k := range x.ops {
		op := &x.ops[k]
		switch op.Code {
		case block.OpPut, block.OpAbsent, block.OpChild:
			s.overs(now, y, op, now.container(y, op.C).slot(op.Key))
		case block.OpSet:
			e := now.thing(y, op.At)
			if e.slot == nil {
				e.slot = &twSlot{entries: []*twNum{e}}
			}
			s.overs(now, y, op, e.slot)
		case block.OpMove:
			e := now.thing(y, op.Elem)
			if e.pos == nil {
				e.pos = &twSlot{entries: []*twNum{e}}
			}
			s.overs(now, y, op, e.pos)
		}
		if x.words == nil {
			now.op(y, op, nil)
			continue
		}
		n := op.WordBytes()
		now.op(y, op, words[:n])
		words = words[n:]
	}
}

// overs tests the over list and base of one entry before it is made.
func (s *story) overs(now *twin, y *twChange, op *block.Op, slot *twSlot) {
	want := map[*twNum]bool{}
	for _, e := range slot.frontier() {
		want[e] = true
	}
	got := map[*twNum]bool{}
	for _, o := range op.Over {
		got[now.thing(y, o)] = true
	}
	s.sameNums("overs of an entry", y.id.ChangeCID(), got, want)
	if op.Code != block.OpChild {
		return
	}
	for _, v := range slot.conflicts() {
		if v.child != nil && v.child.kind == op.Kind {
			s.failf("%v makes a child beside the visible one of its kind", y.id.ChangeCID())
		}
	}
	highest := -1
	for _, e := range slot.entries {
		if e.child != nil && e.child.kind == op.Kind && !e.ch.off {
			highest = max(highest, e.child.inc)
		}
	}
	base := -1
	if op.HasAt {
		base = now.thing(y, op.At).child.inc
	}
	if base != highest {
		s.failf("%v builds a child on incarnation %d, the highest is %d", y.id.ChangeCID(), base, highest)
	}
}
