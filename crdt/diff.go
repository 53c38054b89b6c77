package crdt

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/state"
)

// Diff gives the patches that lead from what one view shows to what another shows,
// in the order of the work: names and keys in order of bytes, positions ascending.
// Positions in texts count code points; [DiffIn] counts otherwise. A nil from is
// the work before its first change.
//
// The views may be of any two versions. From a recent view of a doc to its present
// one the cost is that of what has changed in between, else that of both works.
// The same two versions give the same patches, in every replica.
//
// ErrForeign when the views are of different works. Views of two replicas of one
// work are compared by version: ErrUnsealed when from shows edits that are not
// sealed, ErrNotFound when the replica of to has not all of it.
func Diff(from, to *View) ([]Patch, error) { return DiffIn(from, to, Runes) }

// DiffIn is [Diff] with positions and lengths in texts counted in u.
func DiffIn(from, to *View, u Unit) ([]Patch, error) {
	from, err := alike(from, to)
	if err != nil {
		return nil, err
	}
	d := to.d
	if !to.running() && !from.running() {
		d.mu.Lock()
		defer d.mu.Unlock()
	}
	return d.diff(from, to, u), nil
}

// running tells whether the view belongs to an Update that runs, which holds the
// lock.
func (v *View) running() bool { return v.inside != nil && v.inside.running != nil }

// alike gives from as a view of the doc of to.
func alike(from, to *View) (*View, error) {
	switch {
	case from == nil:
		return &View{d: to.d}, nil
	case from.d == to.d:
		return from, nil
	case from.ID() != to.ID():
		return nil, fmt.Errorf("crdt: views of %s and %s: %w", from.ID(), to.ID(), ErrForeign)
	case from.open:
		return nil, fmt.Errorf("crdt: view of another replica: %w", ErrUnsealed)
	}
	return to.d.At(from.version)
}

// diff compares two views of the doc; the lock must be held.
func (d *Doc) diff(from, to *View, u Unit) []Patch {
	x := differ{d: d, v: to, now: moment{d, to.state()}, unit: u}
	if from == to || from.past != nil && from.past == x.now.s {
		return nil
	}
	if x.now.s == d.s && d.recent(from) {
		p := d.since(from)
		p.gather()
		x.past = p
	} else {
		x.past = newStates(from, to)
	}
	return x.run()
}

// differ makes the patches of one diff. Containers nest as deep as strangers make
// them, so it keeps a stack of its own.
type differ struct {
	d    *Doc
	v    *View
	now  moment
	past past
	unit Unit

	out  []Patch
	todo []task // the next one last
	next []task // found while one task is done, in order

	deep []bool // by mark: something differs below where paths end
	mark int    // 0: paths go on here
}

// task is a patch that is ready, or a container to be compared, or to be filled
// because it was not there.
type task struct {
	patch Patch // Op 0: the container
	at    int32
	path  string
	fresh bool
	mark  int // of a container: where it only counts whether anything differs; of a patch: what it depends on
	below int // the mark for what lies below it where paths end, 0: none yet
}

// run makes the patches.
func (x *differ) run() []Patch {
	for _, name := range x.past.names() {
		x.change(x.past.name(name), x.now.name(name), child("", name))
	}
	return x.drain()
}

// drain does what is to be done, and gives the patches.
func (x *differ) drain() []Patch {
	for x.flush(); len(x.todo) > 0; x.flush() {
		t := x.todo[len(x.todo)-1]
		x.todo = x.todo[:len(x.todo)-1]
		switch {
		case t.patch.Op == 0:
			x.container(t)
		case t.mark == 0 || x.deep[t.mark-1]:
			x.out = append(x.out, t.patch)
		}
	}
	return x.out
}

// flush puts what was just found before everything else that is still to be done.
func (x *differ) flush() {
	slices.Reverse(x.next)
	x.todo = append(x.todo, x.next...)
	x.next = x.next[:0]
}

// put adds a patch in its turn.
func (x *differ) put(p Patch) {
	if x.mark > 0 {
		x.deep[x.mark-1] = true
		return
	}
	x.next = append(x.next, task{patch: p})
}

// enter adds a container in its turn.
func (x *differ) enter(at int32, path string, fresh bool) {
	x.next = append(x.next, task{at: at, path: path, fresh: fresh, mark: x.mark})
}

// step goes to what lies below a container, and gives its path. Where that would
// be too long nothing is put any more, but it is noted that something would be.
func (x *differ) step(t *task, name string) string { return x.stepTo(t, child(t.path, name)) }

// stepTo is step to what has a path.
func (x *differ) stepTo(t *task, path string) string {
	if x.mark = t.mark; t.mark > 0 {
		return ""
	}
	if len(path) <= maxPath {
		return path
	}
	if t.below == 0 {
		x.deep = append(x.deep, false)
		t.below = len(x.deep)
	}
	x.mark = t.below
	return ""
}

// done ends a container: it is handed over whole if something too deep differs.
func (x *differ) done(t *task) {
	if x.mark = t.mark; t.below > 0 {
		whole := Value{kind: containerValue, at: place{x.v, t.at}}
		x.next = append(x.next, task{patch: Patch{Path: t.path, Op: PatchWhole, Value: whole}, mark: t.below})
	}
}

// child is the path of a key below a path.
func child(path, key string) string { return path + "/" + escaper.Replace(key) }

// container compares or fills one container.
func (x *differ) container(t task) {
	if x.mark = t.mark; x.mark > 0 && x.deep[x.mark-1] {
		return // known already
	}
	switch x.d.t.Container(t.at) {
	case block.KindText:
		x.text(t)
	case block.KindList:
		x.list(&t)
	case block.KindMap:
		x.keys(&t)
	case block.KindSet:
		x.set(t)
	case block.KindCounter:
		x.counter(t)
	case block.KindTree:
		x.tree(&t)
	}
	x.done(&t)
}

// keys compares or fills a map.
func (x *differ) keys(t *task) {
	slots := x.now.s.Keys(t.at)
	if !t.fresh {
		slots = x.past.slots(t.at)
	}
	for _, slot := range slots {
		path := x.step(t, x.d.t.Get(slot).Name)
		var was shown
		if !t.fresh {
			was = x.past.slot(slot)
		}
		x.change(was, x.now.slot(slot), path)
	}
}

// change is what a key or root name shows now, and showed.
func (x *differ) change(was, now shown, path string) {
	switch {
	case was.kind == showsBox && was.same(now):
		x.enter(now.Child, path, false)
	case was.same(now):
	case now.kind == showsNothing:
		if was.kind == showsBox && was.LV == graph.None {
			x.enter(was.Child, path, false) // a root container that shows nothing any more
		}
		x.put(Patch{Path: path, Op: PatchDelete, By: x.hider(was)})
	default:
		x.put(Patch{Path: path, Op: PatchPut, Value: x.value(now), By: x.author(now)})
		if now.kind == showsBox {
			x.enter(now.Child, path, true)
		}
	}
}

// value is what is shown now, as a Value.
func (x *differ) value(now shown) Value {
	if now.LV == graph.None {
		return Value{kind: containerValue, at: place{x.v, now.Child}}
	}
	return place{v: x.v}.value(x.now.s, now.Entry)
}

// author is who made what is shown; nobody makes a root container.
func (x *differ) author(now shown) Author {
	if now.LV == graph.None {
		return Author{}
	}
	return x.d.authorOf(now.LV)
}

// hider is who took away what a key showed: by deleting its entry, or the key.
func (x *differ) hider(was shown) (by Author) {
	s := x.now.s
	if was.LV == graph.None {
		return Author{}
	}
	if !s.Life.Alive(was.LV) {
		by, _ = x.past.remover(was.LV, 1)
		return by
	}
	s.Slots.Down(was.Slot, func(e entries.Entry, _ bool) bool {
		if e.Kind != entries.Absent || e.State != entries.Alive {
			return true
		}
		by = x.d.authorOf(e.LV)
		return false
	})
	return by
}

// set compares or fills a set. One from which words were erased is handed over whole,
// since nobody can say any more which members have gone.
func (x *differ) set(t task) {
	list := []member(nil)
	if p, ok := x.past.(*since); ok && !t.fresh && p.lostTags(t.at) {
		x.put(Patch{Path: t.path, Op: PatchWhole, Value: Value{kind: containerValue, at: place{x.v, t.at}}})
		return
	}
	if t.fresh {
		list = allMembers(x.d, x.now.s, t.at)
	} else {
		list = x.past.members(t.at)
	}
	for _, m := range list {
		p := Patch{Path: t.path, Op: PatchAdd, By: x.d.authorOf(m.lv)}
		if m.gone {
			p.Op = PatchDrop
			p.By, _ = x.past.remover(m.lv, 1)
		}
		p.Value = Value{kind: plainValue, raw: m.raw, by: p.By}
		x.put(p)
	}
}

// allMembers are the members of a set, as if all of them had come.
func allMembers(d *Doc, s *state.State, set int32) (out []member) {
	var tags []graph.LV
	s.Tags.Each(set, func(value []byte, _ graph.LV) bool {
		first := graph.None
		tags = s.Tags.TagsOf(set, value, tags[:0])
		for _, lv := range tags {
			first = d.first(first, lv)
		}
		out = append(out, member{raw: slices.Clone(value), lv: first})
		return true
	})
	return out
}

// counter compares or fills a counter.
func (x *differ) counter(t task) {
	var m movement
	moved, by := false, Author{}
	if t.fresh {
		x.now.s.Steps.EachAlive(t.at, func(lv graph.LV, amount int64) bool {
			m.add(amount, true, x.d.authorOf(lv))
			return true
		})
		moved, by = m.of()
	} else {
		moved, by = x.past.steps(t.at)
	}
	if !moved {
		return
	}
	p := Patch{Path: t.path, Op: PatchCount, By: by}
	if n, ok := x.now.s.Steps.Int64(t.at); ok {
		p.Value = numberValue(n, by)
	}
	x.put(p)
}

// numberValue is a whole number as a Value.
func numberValue(n int64, by Author) Value {
	v, err := NewValue(n)
	if err != nil {
		panic("crdt: a number is no value: " + err.Error())
	}
	v.by = by
	return v
}

// list compares or fills a list. Positions are those of the present: when a patch
// is applied, all before its position is so already.
func (x *differ) list(t *task) {
	list := x.edits(t)
	moved := x.shuffle(t, list)
	for i, e := range list {
		x.mark = t.mark
		if moved != nil && x.moves(t, moved, i) {
			continue
		}
		switch e.kind {
		case gone:
			if x.remove(t, e); moved != nil {
				moved.add(i, -int(e.n))
			}
		case come:
			for ; e.n > 0; e.lv, e.n, e.at = e.lv+1, e.n-1, e.at+1 {
				x.comes(t, e.lv, e.at)
			}
		case stayed:
			x.keeps(t, e.lv, e.at)
		}
	}
}

// element adds the patch that an element comes in or is another, and the
// container that it is.
func (x *differ) element(t *task, op PatchOp, at int, now shown) {
	x.mark = t.mark
	x.put(Patch{Path: t.path, Op: op, At: at, Value: x.value(now), By: x.author(now)})
	if now.kind == showsBox {
		x.enter(now.Child, x.step(t, strconv.Itoa(at)), true)
	}
}

// remove adds the patches that elements of a list go, one for neighbours that one
// author removed.
func (x *differ) remove(t *task, e edit) {
	for e.n > 0 {
		by, k := x.left(t.at, e.lv, e.n)
		e.lv, e.n = e.lv+k, e.n-k
		if n := len(x.next); n > 0 {
			if p := &x.next[n-1].patch; p.Op == PatchRemove && p.At == e.at && p.By == by {
				p.Removed += int(k)
				continue
			}
		}
		x.put(Patch{Path: t.path, Op: PatchRemove, At: e.at, Removed: int(k), By: by})
	}
}

// edits are the edits of a text or list, all of it when it is to be filled.
func (x *differ) edits(t *task) (list []edit) {
	if !t.fresh {
		return x.past.edits(t.at)
	}
	if q := x.now.s.Peek(t.at); q != nil {
		at := 0
		q.Runs(0, q.Len(), func(lv graph.LV, n uint32) bool {
			list = append(list, edit{stretch{lv, n}, at, come})
			at += int(n)
			return true
		})
	}
	return list
}
