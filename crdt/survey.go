package crdt

import (
	"cmp"
	"container/heap"
	"slices"

	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// Survey is Tallies, and what tells how long the text that is shown has been let stand:
// when it was put there, and who has been at the same text.
type Survey struct {
	Tallies
	Texts   int     // texts are numbered below this
	Touches []Touch // each once, by change
	Shown   []Shown
	// Fates are what became of shown text before: the deletes that were taken back, as far
	// as they count, and where one character has seen more than 64 of these, each by each
	// who took it back, the last 64 in the total order. The first has none.
	Fates [][]Gone
}

// Touch says that a change did something to a text: it put characters there, deleted or
// restored some, or marked some.
type Touch struct {
	Change int // index of Changes
	Text   int
}

// Shown is a stretch of a text that is shown and counts for whoever wrote it: no copies,
// and no quotes from other works.
type Shown struct {
	Text    int
	By      int // index of the change that wrote it
	Placed  int // index of the change that put it there: another one where it was cut and pasted
	Letters int // code points, white space left out
	Fate    int // index of Fates
}

// Gone is a delete that was taken back.
type Gone struct {
	Change int   // index of the change that deleted
	Back   []int // indexes of the changes that took it back
}

// Survey is [View.Tally] with more. Its cost is that of Tally, and O(log) for each of
// the deletes that were taken back, at most 64 of them for each stretch between their
// ends.
func (v *View) Survey() Survey {
	v.lock()
	defer v.unlock()
	c := newCount(v, shape.NoPlace)
	c.survey = newSurveying()
	c.roots()
	c.read()
	c.past()
	return c.survey.done(c)
}

// surveyOf is Survey of a part of the work; show reads what it shows.
func (p place) surveyOf(show func(*count)) Survey {
	if p.at == shape.NoPlace {
		return Survey{Fates: [][]Gone{nil}}
	}
	p.v.lock()
	defer p.v.unlock()
	c := newCount(p.v, p.at)
	c.survey = newSurveying()
	show(c)
	c.read()
	c.past()
	return c.survey.done(c)
}

// Survey is [View.Survey] of the container and what is below it.
func (p place) Survey() Survey {
	return p.surveyOf(func(c *count) { c.todo = append(c.todo, item{at: p.at}) })
}

// Survey is [View.Survey] of the text, or of the part that t is: what is shown of that
// part, and what was done to the whole text.
func (t Text) Survey() Survey {
	return t.surveyOf(func(c *count) { c.text(t.at, t.i, t.j) })
}

// surveying collects a Survey while the work is counted.
type surveying struct {
	stand []standsBy
	texts map[int32]int // by place, numbered as they are met
	touch []touchAt
	taken []taken
}

// standsBy is shown text [lv, lv+n) that a change wrote and another, or the same, put
// there.
type standsBy struct {
	lv         graph.LV
	n          uint32
	by, placed int32
}

// touchAt is that a change has touched a text.
type touchAt struct {
	change int32
	text   int
}

// taken is that change back has restored the characters [e, e+n), which the delete
// numbers from d on have deleted.
type taken struct {
	e, d graph.LV
	n    uint32
	back int32
}

// newSurveying makes an empty one.
func newSurveying() *surveying { return &surveying{texts: map[int32]int{}} }

// shows notes shown text.
func (s *surveying) shows(lv graph.LV, n uint32, by, placed int32) {
	if k := len(s.stand) - 1; k >= 0 && s.stand[k].lv+s.stand[k].n == lv && s.stand[k].by == by && s.stand[k].placed == placed && by == placed {
		s.stand[k].n += n
		return
	}
	s.stand = append(s.stand, standsBy{lv, n, by, placed})
}

// text is the number of a text.
func (s *surveying) text(place int32) int {
	k, ok := s.texts[place]
	if !ok {
		k = len(s.texts)
		s.texts[place] = k
	}
	return k
}

// touches notes that a change did something to a text.
func (s *surveying) touches(i, place int32) {
	t := touchAt{i, s.text(place)}
	if k := len(s.touch) - 1; k < 0 || s.touch[k] != t {
		s.touch = append(s.touch, t)
	}
}

// back notes a restore.
func (s *surveying) back(i int32, d, e graph.LV, n uint32) {
	s.taken = append(s.taken, taken{e, d, n, i})
}

// done is the survey.
func (s *surveying) done(c *count) Survey {
	x := Survey{}
	slices.SortFunc(s.touch, func(a, b touchAt) int { return cmp.Or(cmp.Compare(a.change, b.change), a.text-b.text) })
	for _, t := range slices.Compact(s.touch) {
		x.Touches = append(x.Touches, Touch{c.index(t.change), t.text})
	}
	f := s.fates(c)
	for _, r := range s.stand {
		f.split(r, func(lv graph.LV, n uint32, fate int) {
			var t Tally
			t.letters(c.trace.words(lv, n))
			if t.Letters > 0 {
				x.Shown = append(x.Shown, Shown{s.text(c.d.t.At(lv).Place()), c.index(r.by), c.index(r.placed), t.Letters, fate})
			}
		})
	}
	x.Tallies, x.Texts, x.Fates = c.out, len(s.texts), f.list
	return x
}

// fates says by stretches, which ascend and do not overlap, what became of characters
// that were restored.
type fates struct {
	list [][]Gone
	at   []fated
}

// fated is characters [lv, lv+n) of one fate.
type fated struct {
	stretch
	fate int
}

// mostFates is how many deletes and restores of one character are in a fate. Who wants
// to count more can have all that one needs: strangers delete and restore as they like.
const mostFates = 64

// fates finds them, from the first character to the last.
func (s *surveying) fates(c *count) *fates {
	f := &fates{list: [][]Gone{nil}}
	var ends []graph.LV
	rest := s.taken[:0]
	for _, t := range s.taken {
		if by, _ := c.d.changeRun(t.d, 1); by == graph.None32 || c.s.Effective(by) {
			rest, ends = append(rest, t), append(ends, t.e, t.e+t.n)
		}
	}
	slices.SortFunc(rest, func(a, b taken) int { return cmp.Compare(a.e, b.e) })
	slices.Sort(ends)
	ends = slices.Compact(ends)
	over := overlap{c: c}
	for k := 0; k+1 < len(ends); k++ {
		at := ends[k]
		for len(rest) > 0 && rest[0].e == at {
			heap.Push(&over, rest[0])
			rest = rest[1:]
		}
		if gone := over.goneAt(at); gone != nil {
			f.at = append(f.at, fated{stretch{at, ends[k+1] - at}, len(f.list)})
			f.list = append(f.list, gone)
		}
	}
	return f
}

// overlap is a heap of what has been taken back, the last in the total order of the
// deletes on top, then the last of those who took it back; what lies before the place
// that is looked at is thrown out when it comes to the top.
type overlap struct {
	c    *count
	list []taken
	top  []taken // working space
}

func (o *overlap) Len() int      { return len(o.list) }
func (o *overlap) Swap(i, k int) { o.list[i], o.list[k] = o.list[k], o.list[i] }
func (o *overlap) Push(x any)    { o.list = append(o.list, x.(taken)) }
func (o *overlap) Pop() any {
	last := len(o.list) - 1
	x := o.list[last]
	o.list = o.list[:last]
	return x
}

// Less tells whether one comes before another. Deletes of one change never name one
// character twice, so that among those over a place they differ in who took them back.
func (o *overlap) Less(i, k int) bool {
	a, b := &o.list[i], &o.list[k]
	if by := o.c.s.Order(a.d, b.d); by != 0 && !o.sameChange(a.d, b.d) {
		return by > 0
	}
	return o.later(a.back, b.back)
}

// sameChange tells whether one change made two numbers.
func (o *overlap) sameChange(a, b graph.LV) bool {
	x, _ := o.c.d.changeRun(a, 1)
	y, _ := o.c.d.changeRun(b, 1)
	return x == y
}

// later tells whether change a comes behind b in the total order.
func (o *overlap) later(a, b int32) bool {
	switch {
	case a == b || b == graph.None32:
		return false
	case a == graph.None32:
		return true
	}
	return o.c.d.g.Less(b, a)
}

// goneAt is the last deletes of the character at that were taken back.
func (o *overlap) goneAt(at graph.LV) []Gone {
	o.top = o.top[:0]
	for len(o.list) > 0 && len(o.top) < mostFates {
		if t := heap.Pop(o).(taken); t.e+t.n > at {
			o.top = append(o.top, t)
		}
	}
	back := map[graph.LV][]int{}
	var ds []graph.LV
	for _, t := range o.top {
		heap.Push(o, t)
		d := t.d + (at - t.e)
		if back[d] == nil {
			ds = append(ds, d)
		}
		back[d] = append(back[d], o.c.index(t.back))
	}
	slices.Sort(ds)
	var out []Gone
	for _, d := range ds {
		by, _ := o.c.d.changeRun(d, 1)
		out = append(out, Gone{o.c.index(by), back[d]})
	}
	return out
}

// split yields the parts of shown text by fate.
func (f *fates) split(r standsBy, yield func(lv graph.LV, n uint32, fate int)) {
	k, _ := slices.BinarySearchFunc(f.at, r.lv, func(x fated, lv graph.LV) int { return cmp.Compare(x.lv+x.n, lv+1) })
	for lv, end := r.lv, r.lv+r.n; lv < end; k++ {
		if k == len(f.at) || f.at[k].lv >= end {
			yield(lv, end-lv, 0)
			return
		}
		if x := f.at[k]; x.lv > lv {
			yield(lv, x.lv-lv, 0)
			lv = x.lv
		}
		stop := min(end, f.at[k].lv+f.at[k].n)
		yield(lv, stop-lv, f.at[k].fate)
		lv = stop
	}
}
