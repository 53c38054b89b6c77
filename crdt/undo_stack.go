package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// An undo or a redo says in an act which changes of its own key it takes back,
// as [lo, hi], the Seq of the first and the last. An undo names a group, a redo
// the change of an undo. An act of another form is void: its change counts as
// any other. No rule of state reads these acts.
const (
	actUndo = "undo"
	actRedo = "redo"
)

// seqs is a stretch of changes of the own key, by Seq, both ends included.
type seqs struct{ lo, hi int }

// group is what one press takes or brings back: by are the changes to invert, of
// is the group as it was edited first.
type group struct{ by, of seqs }

// stack is what can be undone and redone: a function of the changes of the own
// key, read in order.
//
//  1. An undo of [lo, hi] takes these changes out of done and puts itself onto
//     undone.
//  2. A redo of an undo takes that out of undone and puts itself onto done.
//  3. Any other change with edits clears undone, and goes onto done: into the
//     newest group, or where that is closed into a group of its own. An undo and
//     a redo close the newest group.
//  4. A change that is a further part of the one before it goes where that went.
//     A change without edits (a note, an act) goes nowhere.
//
// At all times by and of of the groups in done ascend, path[s] is the own change
// of Seq s, and every group lies in path.
type stack struct {
	path   []int32
	done   []group
	undone []group
	closed bool
	into   *[]group // where the last change went, as the newest; nil for nowhere
}

// read takes in the own changes that are new; alone lets each be a group.
func (s *stack) read(d *Doc, alone bool) {
	if d.ownTip == graph.None32 {
		*s = stack{closed: true}
		return
	}
	n := int(d.g.Seq(d.ownTip)) + 1
	if n == len(s.path) && s.path[n-1] == d.ownTip {
		return
	}
	var fresh []int32
	i := d.ownTip
	for ; i != graph.None32; i = d.g.Prev(i) {
		if q := int(d.g.Seq(i)); q < len(s.path) && s.path[q] == i {
			break
		}
		fresh = append(fresh, i)
	}
	if i == graph.None32 && len(s.path) > 0 { // another key
		*s = stack{closed: true}
	}
	slices.Reverse(fresh)
	for _, i := range fresh {
		s.path = append(s.path, i)
		s.closed = s.closed || alone
		s.take(d, i)
	}
	s.closed = s.closed || alone
}

// take takes in one change, the last of path.
func (s *stack) take(d *Doc, i int32) {
	q := len(s.path) - 1
	if q > 0 && d.g.More(s.path[q-1]) {
		s.part(q)
		return
	}
	s.into = nil
	kind, of := d.pressOf(i, q)
	switch {
	case kind == actUndo:
		s.undone = append(s.undone, group{seqs{q, q}, s.remove(of)})
		s.closed, s.into = true, &s.undone
	case kind == actRedo:
		g := group{seqs{q, q}, of}
		k := slices.IndexFunc(s.undone, func(g group) bool { return g.by == of })
		if k >= 0 {
			g.of = s.undone[k].of
			s.undone = slices.Delete(s.undone, k, k+1)
		}
		s.done = append(s.done, g)
		s.closed, s.into = true, &s.done
	case d.edits(i):
		s.undone, s.into = s.undone[:0], &s.done
		if len(s.done) > 0 && !s.closed {
			s.part(q)
			return
		}
		s.done = append(s.done, group{seqs{q, q}, seqs{q, q}})
		s.closed = false
	}
}

// part lets the newest group of where the last change went go on to change q.
func (s *stack) part(q int) {
	if s.into == nil {
		return
	}
	g := &(*s.into)[len(*s.into)-1]
	if g.by == g.of {
		g.of.hi = q
	}
	g.by.hi = q
}

// remove takes the changes of r out of done. It gives the group that they were
// first.
func (s *stack) remove(r seqs) seqs {
	at := len(s.done)
	for at > 0 && s.done[at-1].by.hi >= r.lo {
		at--
	}
	of := r
	var keep []group
	for _, g := range s.done[at:] {
		switch {
		case g.by == r:
			of = g.of
		case g.by.lo > r.hi:
			keep = append(keep, g)
		case g.by == g.of: // another Undo has other groups
			if lo := (seqs{g.by.lo, r.lo - 1}); lo.lo <= lo.hi {
				keep = append(keep, group{lo, lo})
			}
			if hi := (seqs{r.hi + 1, g.by.hi}); hi.lo <= hi.hi {
				keep = append(keep, group{hi, hi})
			}
		}
	}
	s.done = append(s.done[:at], keep...)
	return of
}

// changes are the indexes of a stretch of own changes, ascending.
func (s *stack) changes(r seqs) []int32 { return s.path[r.lo : r.hi+1] }

// pressOf reads the act of an undo or redo in applied change i of Seq q; the
// kind is empty where there is none in its form.
func (d *Doc) pressOf(i int32, q int) (kind string, of seqs) {
	if _, ok := slices.BinarySearch(d.acts, i); !ok {
		return "", seqs{}
	}
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	for r.Next(&op) {
		if op.Code != block.OpAct || (op.Name != actUndo && op.Name != actRedo) {
			continue
		}
		x, err := block.DecodeValue(op.Value)
		list, ok := x.([]any)
		if err != nil || !ok || len(list) != 2 {
			continue
		}
		lo, ok1 := list[0].(int64)
		hi, ok2 := list[1].(int64)
		if ok1 && ok2 && 0 <= lo && lo <= hi && hi < int64(q) {
			return op.Name, seqs{int(lo), int(hi)}
		}
	}
	return "", seqs{}
}

// edits tells whether applied change i has made, deleted or restored anything.
func (d *Doc) edits(i int32) bool {
	if d.g.Count(i) > 0 {
		return true
	}
	var r block.Reader
	var op block.Op
	r.Reset(d.g.Ops(i))
	for r.Next(&op) {
		if op.Code == block.OpRestore {
			return true
		}
	}
	return false
}

// opens tells whether the open change has made, deleted or restored anything.
func (d *Doc) opens() bool {
	o := d.open
	return o != nil && (o.h.Count > 0 || slices.ContainsFunc(o.ops, func(op block.Op) bool { return op.Code == block.OpRestore }))
}
