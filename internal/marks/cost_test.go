package marks

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"
)

// line is a text of many elements that answers fast: each element has a label, and
// labels are compared. It counts what it is asked.
type line struct {
	label   []float64 // by LV
	all     []LV      // in order
	visible []LV
	asked   int
}

// newLine returns a text of n visible elements 0 to n-1, which stand in this order.
func newLine(n int) *line {
	x := &line{}
	for lv := range LV(n) {
		x.label = append(x.label, float64(lv))
		x.all = append(x.all, lv)
	}
	x.visible = slices.Clone(x.all)
	return x
}

func (x *line) Len() int      { return len(x.visible) }
func (x *line) At(pos int) LV { return x.visible[pos] }
func (x *line) Order(a, b LV) int {
	x.asked++
	return cmp.Compare(x.label[a], x.label[b])
}

// seek is how many of a list stand before lv.
func (x *line) seek(list []LV, lv LV) int {
	return sort.Search(len(list), func(i int) bool { return x.label[list[i]] >= x.label[lv] })
}

func (x *line) Index(lv LV) (pos int, shown bool) {
	pos = x.seek(x.visible, lv)
	return pos, pos < len(x.visible) && x.visible[pos] == lv
}

func (x *line) Next(lv LV) LV {
	i := 0
	if lv != None {
		i = x.seek(x.all, lv) + 1
	}
	if i == len(x.all) {
		return None
	}
	return x.all[i]
}

// insert puts a visible element after one, with lv as its number.
func (x *line) insert(at, lv LV) {
	i := 0
	if at != None {
		i = x.seek(x.all, at) + 1
	}
	for len(x.label) <= int(lv) {
		x.label = append(x.label, 0)
	}
	lo, hi := x.around(i)
	if lo+(hi-lo)/1024 == lo || lo+(hi-lo)/2 == hi { // no more room: all labels anew
		for k, e := range x.all {
			x.label[e] = float64(k)
		}
		lo, hi = x.around(i)
	}
	x.label[lv] = lo + (hi-lo)/2
	x.all = slices.Insert(x.all, i, lv)
	x.visible = slices.Insert(x.visible, x.seek(x.visible, lv), lv)
}

// around are the labels before and after place i.
func (x *line) around(i int) (lo, hi float64) {
	lo = -1
	if i > 0 {
		lo = x.label[x.all[i-1]]
	}
	if i < len(x.all) {
		return lo, x.label[x.all[i]]
	}
	return lo, lo + 2
}

// bulk is a room over a line. Marks and new elements get numbers from the same
// counter.
type bulk struct {
	x    *line
	m    *Marks
	next LV
	rank map[LV]int // where it is not the LV
}

// newBulk returns a room over n visible elements.
func newBulk(n int) *bulk {
	b := &bulk{x: newLine(n), next: LV(n), rank: map[LV]int{}}
	words := []byte("words")
	at := func(lv LV) int {
		if r, ok := b.rank[lv]; ok {
			return r
		}
		return int(lv)
	}
	b.m = New(b.x, func(p, q LV) int {
		b.x.asked++
		return cmp.Compare(at(p), at(q))
	}, &words)
	return b
}

// add adds a mark over elements.
func (b *bulk) add(slot int32, first, last, left, right LV) LV {
	b.next++
	b.m.Add(Mark{LV: b.next - 1, Slot: slot, First: first, Last: last, Left: left, Right: right, Size: 1}, true)
	return b.next - 1
}

// marker makes a new element after one a block marker.
func (b *bulk) marker(at LV) LV {
	b.x.insert(at, b.next)
	b.m.AddMarker(b.next, true)
	b.next++
	return b.next - 1
}

// read reads one element and a short stretch, as an editor does after a keystroke.
func (b *bulk) read(pos int) {
	b.m.At(b.x.At(pos), nil)
	b.m.Runs(pos, pos+1, func(Run) bool { return true })
}

// hostile are lives of a text with about n marks. Each returns its number of steps.
var hostile = []struct {
	name string
	play func(t *testing.T, b *bulk, n int) int
}{
	{"one slot, all cover everything, read after each", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for range n {
			b.add(s, 0, LV(n-1), None, None)
			b.read(n / 2)
		}
		return n
	}},
	{"one slot, all cover everything, each lower than the last", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := range n {
			b.rank[b.next] = -i
			b.add(s, 0, LV(n-1), Edge, Edge)
			b.read(n / 2)
		}
		return n
	}},
	{"one slot, nested, inner ones greater", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := range n / 2 {
			b.add(s, LV(i), LV(n-1-i), None, None)
			b.read(n / 2)
		}
		runs := 0
		b.m.Runs(0, n, func(Run) bool { runs++; return true })
		if want := n - 1; runs != want {
			t.Errorf("%d runs, want %d", runs, want)
		}
		return n
	}},
	{"many slots, nested", func(t *testing.T, b *bulk, n int) int {
		for i := range n / 2 {
			b.add(b.m.Slot("c", string(rune(i))), LV(i), LV(n-1-i), None, None)
		}
		changes := 0
		b.m.Runs(0, n, func(r Run) bool { changes += len(r.Changes); return true })
		if want := n - 1; changes < want-1 || changes > want {
			t.Errorf("%d changes, want %d", changes, want)
		}
		return n
	}},
	{"comments side by side", func(t *testing.T, b *bulk, n int) int {
		for i := range n / 2 {
			b.add(b.m.Slot("c", string(rune(i))), LV(2*i), LV(2*i), None, None)
			b.read(i)
		}
		runs := 0
		b.m.Runs(0, n, func(r Run) bool { runs++; return true })
		if runs != n {
			t.Errorf("%d runs, want %d", runs, n)
		}
		return n
	}},
	{"one after another, from the end", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := n - 2; i >= 0; i-- {
			b.add(s, LV(i), LV(i), LV(i+1), LV(i+1))
			b.read(i)
		}
		return n
	}},
	{"the greatest of many dies and lives", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for range n {
			b.add(s, 0, LV(n-1), None, None)
		}
		for i := range LV(n) {
			b.m.Flip(b.next-1-i, 1, false)
			b.read(n / 2)
		}
		for i := range LV(n) {
			b.m.Flip(b.next-LV(n)+i, 1, true)
			b.read(n / 2)
		}
		return 2 * n
	}},
	{"many growing marks, markers before each other", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := range n / 2 {
			b.add(s, 0, LV(i), None, Edge)
		}
		for range n / 2 {
			b.marker(LV(n / 2))
			b.read(n/2 + 1)
		}
		return n
	}},
	{"many growing marks of many slots, markers cut them all", func(t *testing.T, b *bulk, n int) int {
		for i := range n / 2 {
			b.add(b.m.Slot("c", string(rune(i))), 0, 0, None, Edge)
		}
		for range n / 2 {
			b.marker(0)
			b.read(n - 1)
		}
		b.m.Runs(0, b.x.Len(), func(Run) bool { return true })
		return n
	}},
	{"markers are switched off and on, from the first", func(t *testing.T, b *bulk, n int) int {
		return b.switched(n, false)
	}},
	{"markers are switched off and on, from the last", func(t *testing.T, b *bulk, n int) int {
		return b.switched(n, true)
	}},
	{"all deleted, then typed", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := range n / 2 {
			b.add(s, LV(i), LV(i+n/2-1), None, LV(i+n/2))
		}
		b.x.visible = nil
		for i := range n / 2 {
			p := b.m.Place(i)
			if len(p.Add) > 0 {
				t.Fatalf("typed %d needs %+v", i, p.Add)
			}
			b.x.insert(p.After, b.next)
			b.next++
			if list := b.m.At(b.next-1, nil); len(list) > 0 {
				t.Fatalf("typed %d has a ghost", i)
			}
		}
		return n
	}},
	{"taken back and made again", func(t *testing.T, b *bulk, n int) int {
		s := b.m.Slot("b", "")
		for i := range n / 2 {
			b.add(s, LV(i), LV(n-1), None, Edge)
		}
		for i := range n / 2 {
			lv := b.add(s, LV(i), LV(i), LV(i+1), None)
			b.m.Truncate(lv)
			b.next = lv
		}
		return n
	}},
}

// switched switches n/2 markers off and on one by one over n/2 marks that grow past
// them all, from both sides.
func (b *bulk) switched(n int, back bool) int {
	s := b.m.Slot("b", "")
	for i := range n / 4 {
		b.add(s, 0, LV(i), None, Edge)
		b.add(s, LV(n-1-i), LV(n-1), Edge, None)
	}
	var list []LV
	at := LV(n / 2)
	for range n / 2 {
		at = b.marker(at)
		list = append(list, at)
	}
	if back {
		slices.Reverse(list)
	}
	for _, on := range []bool{false, true} {
		for _, k := range list {
			b.m.Switch(k, 1, on)
			b.read(n / 3)
		}
	}
	return 2 * n
}

// What a stranger can do costs for each step no more in a text of 8,000 marks than the
// logarithm of their number allows beyond one of 1,000. Counted are comparisons of
// elements and of marks.
func TestCosts(t *testing.T) {
	for _, h := range hostile {
		per := func(n int) float64 {
			b := newBulk(n)
			steps := h.play(t, b, n)
			return float64(b.x.asked) / float64(steps)
		}
		small, large := per(1_000), per(8_000)
		t.Logf("%-60s %7.0f %7.0f comparisons", h.name, small, large)
		// 13 to 10 halvings, squared: a mark is in that many sets, and each is searched by
		// halving. What is linear in the marks would be 8 times as much.
		if limit := small*math.Pow(1.3, 2)*1.15 + 10; large > limit {
			t.Errorf("%s: %.0f comparisons a step, want at most %.0f", h.name, large, limit)
		}
	}
}

// benchDoc is a text of n marks as people make them: short, at random places, in a
// handful of slots and many comments, with block markers.
func benchDoc(n int) *bulk {
	b := newBulk(4 * n)
	r := rand.New(rand.NewPCG(1, 0))
	keys := []string{"b", "i", "a"}
	for i := range n / 20 {
		b.m.AddMarker(LV(i*80), true)
	}
	for i := range n {
		slot := b.m.Slot(keys[i%3], "")
		if i%10 == 0 {
			slot = b.m.Slot("c", string(rune(i)))
		}
		at := LV(1 + r.IntN(4*n-20))
		last := at + LV(r.IntN(12))
		b.add(slot, at, last, None, []LV{None, last + 1, Edge}[min(2, r.IntN(40)%3*r.IntN(40)%3)])
	}
	return b
}

// sizes are those whose figures are compared.
var benchSizes = map[string]int{"10k": 10_000, "100k": 100_000}

// each runs a benchmark for both sizes.
func each(b *testing.B, f func(b *testing.B, n int)) {
	for _, name := range []string{"10k", "100k"} {
		b.Run(name, func(b *testing.B) { f(b, benchSizes[name]) })
	}
}

// A text with n marks is built mark by mark.
func BenchmarkBuild(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		for b.Loop() {
			benchDoc(n)
		}
	})
}

// All n marks are read as runs.
func BenchmarkRuns(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		d := benchDoc(n)
		for b.Loop() {
			d.m.Runs(0, 4*n, func(Run) bool { return true })
		}
	})
}

// One mark is added over a text with n marks, the place read, and taken back.
func BenchmarkEdit(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		d := benchDoc(n)
		r := rand.New(rand.NewPCG(2, 0))
		for b.Loop() {
			at := LV(1 + r.IntN(4*n-20))
			lv := d.add(0, at, at+5, None, at+6)
			d.read(int(at))
			d.m.Truncate(lv)
			d.next = lv
		}
	})
}

// A block marker comes over n marks that grow past it, and goes.
func BenchmarkMarker(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		d := benchDoc(n)
		r := rand.New(rand.NewPCG(2, 0))
		for b.Loop() {
			k := LV(r.IntN(n/20) * 80)
			d.m.Switch(k, 1, false)
			d.m.Switch(k, 1, true)
		}
	})
}

// The place of an insert is asked at random in a text with n marks.
func BenchmarkPlace(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		d := benchDoc(n)
		r := rand.New(rand.NewPCG(2, 0))
		for b.Loop() {
			d.m.Place(r.IntN(4 * n))
		}
	})
}

// One slot has n marks over everything, another n markers that stop them.
func BenchmarkPile(b *testing.B) {
	each(b, func(b *testing.B, n int) {
		for b.Loop() {
			d := newBulk(n)
			s := d.m.Slot("b", "")
			for i := range n {
				d.add(s, 0, LV(i), Edge, Edge)
				d.read(i)
			}
			d.m.Runs(0, n, func(Run) bool { return true })
		}
	})
}
