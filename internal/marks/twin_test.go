package marks

import (
	"bytes"
	"cmp"
	"slices"
)

// The slow twin: what DESIGN 6 says of marks, word by word, by looking at every mark
// for every element. It shares nothing with the room but the types of its answers.

// twin is a text with its marks.
type twin struct {
	text  *toy
	marks []*twinMark // ascending by LV
	names []slot
	words []byte
}

// twinMark is a mark and what is known of it.
type twinMark struct {
	Mark
	alive bool
	rank  uint64 // in the total order
}

// acts tells whether a mark acts on the element at place e of seq.
func (t *twinMark) acts(x *toy, e int) bool {
	first, last := x.find(t.First), x.find(t.Last)
	if first > last {
		return false
	}
	switch {
	case e < first:
		return t.grows(x, e, first, -1, t.Left)
	case e > last:
		return t.grows(x, e, last, 1, t.Right)
	}
	return true
}

// grows tells whether a mark grows from one of its ends, at from, over the element at
// e, which lies in a direction; up to is what it says of that side.
func (t *twinMark) grows(x *toy, e, from, dir int, upTo LV) bool {
	switch {
	case upTo == None:
		return false
	case upTo != Edge && (x.find(upTo)-from)*dir <= 0:
		return false // the neighbour stands on the wrong side
	}
	for k := from + dir; ; k += dir {
		if s := x.seq[k]; s.lv == upTo || s.block && s.on {
			return false
		}
		if k == e {
			return true
		}
	}
}

// all are the alive marks that act on the element at e, of one slot or of all (-1), the
// greatest first.
func (w *twin) all(x *toy, e int, slot int32) []*twinMark {
	var list []*twinMark
	for _, t := range w.marks {
		if t.alive && (slot < 0 || t.Slot == slot) && t.acts(x, e) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *twinMark) int { return cmp.Compare(b.rank, a.rank) })
	return list
}

// winner is the greatest of a slot at e, or nil.
func (w *twin) winner(x *toy, e int, slot int32) *twinMark {
	if list := w.all(x, e, slot); len(list) > 0 {
		return list[0]
	}
	return nil
}

// byName are the numbers of all slots by key and ID.
func (w *twin) byName() []int32 {
	list := make([]int32, len(w.names))
	for i := range list {
		list[i] = int32(i)
	}
	slices.SortFunc(list, func(a, b int32) int {
		s, t := w.names[a], w.names[b]
		return cmp.Or(cmp.Compare(s.key, t.key), cmp.Compare(s.id, t.id))
	})
	return list
}

// at is what shows on the element at e.
func (w *twin) at(e int) (list []LV) {
	for _, slot := range w.byName() {
		if t := w.winner(w.text, e, slot); t != nil && !t.Null {
			list = append(list, t.LV)
		}
	}
	return list
}

// runs are the visible elements [i, j) with what shows on each, equal neighbours
// together.
func (w *twin) runs(i, j int) (list []twinRun) {
	pos := 0
	for e, x := range w.text.seq {
		if !x.shown {
			continue
		}
		if pos >= i && pos < j {
			at := w.at(e)
			if n := len(list); n > 0 && slices.Equal(list[n-1].marks, at) {
				list[n-1].to++
			} else {
				list = append(list, twinRun{pos, pos + 1, at})
			}
		}
		pos++
	}
	return list
}

// twinRun is a run with all that shows on it.
type twinRun struct {
	from, to int
	marks    []LV
}

// span is the stretch of visible positions on which a mark acts.
func (w *twin) span(t *twinMark) (i, j int) {
	pos, any := 0, false
	for e, x := range w.text.seq {
		if t.alive && t.acts(w.text, e) {
			if !any {
				i, any = pos, true
			}
			if j = pos; x.shown {
				j++
			}
		}
		if x.shown {
			pos++
		}
	}
	return i, j
}

// phantom is a number for text to be inserted.
func (w *twin) phantom() LV { return LV(len(w.text.pos)) }

// place is where a local insert at a visible position goes: it tries every place of
// the gap with a phantom element.
func (w *twin) place(pos int) Place {
	left, right := -1, len(w.text.seq) // of the gap, in seq
	for e, n := 0, 0; e < len(w.text.seq); e++ {
		if w.text.seq[e].shown {
			if n++; n == pos {
				left = e
			} else if n == pos+1 {
				right = e
			}
		}
	}
	if pos == 0 {
		left = -1
	}
	lvAt := func(e int) LV {
		if e < 0 || e == len(w.text.seq) {
			return None
		}
		return w.text.seq[e].lv
	}
	var best [3]int
	at := left
	for k := left; k < right; k++ {
		x := w.text.copy()
		x.insert(lvAt(k), elem{lv: w.phantom(), shown: true})
		var score [3]int
		for _, t := range w.all(x, k+1, -1) {
			on := func(lv LV) bool { return lv != None && t.acts(x, x.find(lv)) }
			onLeft, onRight := on(lvAt(left)), on(lvAt(right))
			grows := onLeft && t.growsR(w.text) || onRight && t.growsL(w.text)
			switch {
			case onLeft && onRight:
			case !onLeft && !onRight:
				score[0]++ // all its elements are dead
			case !grows:
				score[1]++
			default:
				score[2]--
			}
		}
		if k == left || slices.Compare(score[:], best[:]) < 0 {
			best, at = score, k
		}
	}
	p := Place{After: lvAt(at)}
	p.Add = w.additions(p.After, lvAt(left), lvAt(right))
	return p
}

// growsR tells whether a mark grows to the right at all.
func (t *twinMark) growsR(x *toy) bool {
	return t.Right == Edge || t.Right != None && x.Order(t.Last, t.Right) < 0
}

// growsL tells whether a mark grows to the left at all.
func (t *twinMark) growsL(x *toy) bool {
	return t.Left == Edge || t.Left != None && x.Order(t.Left, t.First) < 0
}

// additions are the marks that text after at needs between two neighbours.
func (w *twin) additions(at, left, right LV) (list []Addition) {
	x := w.text.copy()
	x.insert(at, elem{lv: w.phantom(), shown: true})
	here := x.find(w.phantom())
	for _, slot := range w.byName() {
		c := w.called(x, slot, left, right)
		if w.alike(c, w.winner(x, here, slot)) {
			continue
		}
		a := Addition{Slot: slot, Like: None, Right: None}
		if c != nil && !c.Null {
			a.Like = c.LV
		}
		if a.Like == None || c.growsR(w.text) {
			a.Right = Edge
			if here+1 < len(x.seq) {
				a.Right = x.seq[here+1].lv
			}
		}
		list = append(list, a)
	}
	return list
}

// called is the mark that the neighbours call for in a slot, or nil.
func (w *twin) called(x *toy, slot int32, left, right LV) *twinMark {
	var onLeft, onRight []*twinMark
	if left != None {
		onLeft = w.all(x, x.find(left), slot)
	}
	if right != None {
		onRight = w.all(x, x.find(right), slot)
	}
	first := func(list []*twinMark) *twinMark {
		if len(list) == 0 {
			return nil
		}
		return list[0]
	}
	l, r := first(onLeft), first(onRight)
	if left != None && right != None && w.alike(l, r) {
		return l
	}
	var list []*twinMark
	if l != nil && l.growsR(x) {
		list = append(list, l)
	}
	if r != nil && r.growsL(x) {
		list = append(list, r)
	}
	for _, t := range onLeft {
		if slices.Contains(onRight, t) {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b *twinMark) int { return cmp.Compare(b.rank, a.rank) })
	return first(list)
}

// alike tells whether two winners show the same.
func (w *twin) alike(a, b *twinMark) bool {
	switch aNone, bNone := a == nil || a.Null, b == nil || b.Null; {
	case aNone || bNone:
		return aNone == bNone
	case a == b:
		return true
	case a.Off == NoWords || b.Off == NoWords:
		return false
	}
	return bytes.Equal(w.words[a.Off:a.Off+a.Size], w.words[b.Off:b.Off+b.Size])
}
