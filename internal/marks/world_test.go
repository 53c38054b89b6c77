package marks

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// world is a room beside its twin, with one stream of random edits for both.
type world struct {
	t    *testing.T
	seed uint64
	r    *rand.Rand
	text *toy
	m    *Marks
	w    *twin
	next LV
	top  uint64 // rank of the newest local mark
	log  []string
}

// newWorld returns an empty text with leaves of a size.
func newWorld(t *testing.T, seed uint64, leaf int) *world {
	x := &world{t: t, seed: seed, r: rand.New(rand.NewPCG(seed, 0)), text: &toy{}, top: 1 << 62}
	x.w = &twin{text: x.text, words: []byte("redredbluex")}
	x.m = newSized(x.text, func(a, b LV) int { return cmp.Compare(x.rank(a), x.rank(b)) }, &x.w.words, leaf)
	return x
}

// rank is the place of a mark in the total order.
func (x *world) rank(lv LV) uint64 {
	i, ok := slices.BinarySearchFunc(x.w.marks, lv, func(t *twinMark, lv LV) int { return int(t.LV) - int(lv) })
	if !ok {
		panic("world: no such mark")
	}
	return x.w.marks[i].rank
}

// say logs one edit.
func (x *world) say(format string, args ...any) { x.log = append(x.log, fmt.Sprintf(format, args...)) }

// fail stops the test with the edits that led here.
func (x *world) fail(format string, args ...any) {
	x.t.Helper()
	for _, e := range x.text.seq {
		x.say("  element %+v", e)
	}
	for _, t := range x.w.marks {
		x.say("  mark %+v", *t)
	}
	for _, s := range x.log {
		x.t.Log(s)
	}
	x.t.Fatalf("seed %d: %s", x.seed, fmt.Sprintf(format, args...))
}

// some is any element, visible or not, None in an empty text.
func (x *world) some() LV {
	if len(x.text.seq) == 0 {
		return None
	}
	return x.text.seq[x.r.IntN(len(x.text.seq))].lv
}

// insert puts n elements after one, maybe as a marker, maybe hidden.
func (x *world) insert(at LV, n int, block, shown, on bool) (first, last LV) {
	first = x.next
	for range n {
		x.text.insert(at, elem{lv: x.next, shown: shown, block: block, on: on})
		at = x.next
		if block {
			x.m.AddMarker(x.next, on)
			x.m.ShowMarkers(x.next, 1, shown)
		}
		x.next++
	}
	x.say("insert %d..%d after %d, block %v, on %v", first, x.next-1, int32(at), block, on)
	return first, x.next - 1
}

// mark adds a mark to both.
func (x *world) mark(mk Mark, alive bool, rank uint64) LV {
	mk.LV = x.next
	x.next++
	x.w.marks = append(x.w.marks, &twinMark{mk, alive, rank})
	x.say("mark %+v alive %v rank %d", mk, alive, rank)
	x.m.Add(mk, alive)
	return mk.LV
}

// newest is a rank above all others.
func (x *world) newest() uint64 {
	x.top++
	return x.top
}

// slot is the number of a slot in both.
func (x *world) slot(key, id string) int32 {
	k := x.m.Slot(key, id)
	if int(k) == len(x.w.names) {
		x.w.names = append(x.w.names, slot{key, id})
	}
	return k
}

// values are stretches of words, two of them equal.
var values = [][2]uint32{{0, 3}, {3, 3}, {6, 4}, {NoWords, 2}}

// randomMark adds a mark as a stranger, or most often a writer, would make it.
func (x *world) randomMark() {
	if len(x.text.seq) == 0 {
		return
	}
	mk := Mark{Slot: x.slot([]string{"b", "a", "i"}[x.r.IntN(3)], []string{"", "", "", "z", "y"}[x.r.IntN(5)])}
	v := values[x.r.IntN(len(values))]
	mk.Off, mk.Size, mk.Null = v[0], v[1], x.r.IntN(4) == 0
	if n := x.text.Len(); n > 0 && x.r.IntN(4) > 0 {
		i := x.r.IntN(n)
		j := i + 1 + x.r.IntN(min(n-i, 1+x.r.IntN(12)))
		mk.First, mk.Last, mk.Left, mk.Right = x.m.Bounds(i, j, Expand(x.r.IntN(4)))
	} else {
		mk.First, mk.Last = x.some(), x.some()
		if x.r.IntN(4) > 0 && x.text.Order(mk.First, mk.Last) > 0 {
			mk.First, mk.Last = mk.Last, mk.First
		}
		mk.Left = []LV{None, Edge, x.some()}[x.r.IntN(3)]
		mk.Right = []LV{None, Edge, x.some()}[x.r.IntN(3)]
	}
	rank := x.newest()
	if x.r.IntN(3) == 0 {
		rank = x.r.Uint64() >> 2
	}
	x.mark(mk, x.r.IntN(6) > 0, rank)
}

// edit makes one random edit.
func (x *world) edit() {
	switch k := x.r.IntN(20); k {
	case 0, 1, 2, 3:
		at := x.some()
		if x.r.IntN(8) == 0 {
			at = None
		}
		x.insert(at, 1+x.r.IntN(3), x.r.IntN(4) == 0, x.r.IntN(5) > 0, x.r.IntN(5) > 0)
	case 4, 5:
		if n := len(x.text.seq); n > 0 {
			i := x.r.IntN(n)
			j := i + 1 + x.r.IntN(min(n-i, 6))
			shown := x.r.IntN(3) == 0
			x.say("show [%d %d) %v", i, j, shown)
			for ; i < j; i++ {
				x.show(i, shown)
			}
		}
	case 6, 7, 8, 9, 10:
		x.randomMark()
	case 11, 12:
		if n := len(x.w.marks); n > 0 {
			i, alive := x.r.IntN(n), x.r.IntN(2) == 0
			j := min(n-1, i+x.r.IntN(3))
			for _, t := range x.w.marks[i : j+1] {
				t.alive = alive
			}
			from, to := x.w.marks[i].LV, x.w.marks[j].LV
			x.say("flip %d..%d %v", from, to, alive)
			x.m.Flip(from, to-from+1, alive)
		}
	case 13:
		x.switchMarkers()
	case 14:
		if n := len(x.w.marks); n > 0 {
			t := x.w.marks[x.r.IntN(n)]
			t.Off, t.Size = 0, 3
			x.m.Fill(t.LV, 0, 3)
		}
	case 15, 16, 17:
		x.type1(x.r.IntN(x.text.Len()+1), 1+x.r.IntN(4))
	case 18:
		x.undo(x.next - min(x.next, LV(x.r.IntN(6))))
	case 19:
		if x.r.IntN(3) == 0 { // all is deleted
			for i := range x.text.seq {
				x.show(i, false)
			}
		}
	}
}

// show shows the element at a place or hides it, and tells the room of a marker.
func (x *world) show(i int, shown bool) {
	e := &x.text.seq[i]
	if e.shown = shown; e.block {
		x.m.ShowMarkers(e.lv, 1, shown)
	}
}

// switchMarkers switches some markers.
func (x *world) switchMarkers() {
	from, n, on := LV(x.r.IntN(int(x.next)+1)), uint32(1+x.r.IntN(8)), x.r.IntN(2) == 0
	x.say("switch %d+%d %v", from, n, on)
	for i := range x.text.seq {
		if e := &x.text.seq[i]; e.block && e.lv-from < n {
			e.on = on
		}
	}
	x.m.Switch(from, n, on)
}

// type1 types n elements one by one as a local writer does, and looks that each shows
// what its neighbours call for.
func (x *world) type1(pos, n int) {
	for range n {
		p := x.m.Place(pos)
		if want := x.w.place(pos); p.After != want.After || !slices.Equal(p.Add, want.Add) {
			x.fail("place at %d: %+v, want %+v", pos, p, want)
		}
		left, right := None, None
		if pos > 0 {
			left = x.text.At(pos - 1)
		}
		if pos < x.text.Len() {
			right = x.text.At(pos)
		}
		called := map[int32]*twinMark{}
		for slot := range x.w.names {
			called[int32(slot)] = x.w.called(x.text, int32(slot), left, right)
		}
		at := p.After
		lv, _ := x.insert(at, 1, false, true, true)
		for _, a := range p.Add {
			mk := Mark{Slot: a.Slot, First: lv, Last: lv, Left: None, Right: a.Right, Null: a.Like == None}
			if like, _, ok := x.m.Mark(a.Like); ok {
				mk.Off, mk.Size = like.Off, like.Size
			}
			x.mark(mk, true, x.newest())
		}
		if i, _ := x.text.Index(lv); i != pos {
			x.fail("typed at %d, stands at %d", pos, i)
		}
		for slot, c := range called {
			got := x.w.winner(x.text, x.text.find(lv), slot)
			if !x.w.alike(got, c) && (got == nil || c == nil || got.Off != NoWords || c.Off != NoWords) {
				x.fail("typed %d shows %+v in slot %d, called %+v", lv, got, slot, c)
			}
		}
		pos++
	}
}

// undo rolls back to lv.
func (x *world) undo(lv LV) {
	x.say("truncate %d", lv)
	x.m.Truncate(lv)
	x.text.cut(lv)
	x.w.marks = slices.DeleteFunc(x.w.marks, func(t *twinMark) bool { return t.LV >= lv })
	x.next = lv
}

// compare looks for a difference between room and twin.
func (x *world) compare() {
	if err := x.m.Check(); err != nil {
		x.fail("%v", err)
	}
	for e, s := range x.text.seq {
		if got, want := x.m.At(s.lv, nil), x.w.at(e); !slices.Equal(got, want) {
			x.fail("at %d: %v, want %v", s.lv, got, want)
		}
		if len(x.w.names) > 0 {
			slot, want := int32(x.r.IntN(len(x.w.names))), None
			if t := x.w.winner(x.text, e, slot); t != nil {
				want = t.LV
			}
			if got := x.m.Winner(slot, s.lv); got != want {
				x.fail("winner of slot %d at %d: %d, want %d", slot, s.lv, int32(got), int32(want))
			}
		}
	}
	for _, t := range x.w.marks {
		i, j := x.m.Range(t.LV)
		if k, l := x.w.span(t); (i != j || k != l) && (i != k || j != l) {
			x.fail("range of %d: %d %d, want %d %d", t.LV, i, j, k, l)
		}
	}
	n := x.text.Len()
	i := x.r.IntN(n + 1)
	x.compareRuns(i, i+x.r.IntN(n-i+1))
	x.compareRuns(0, n)
	pos := x.r.IntN(n + 1)
	if got, want := x.m.Place(pos), x.w.place(pos); got.After != want.After || !slices.Equal(got.Add, want.Add) {
		x.fail("place at %d: %+v, want %+v", pos, got, want)
	}
}

// comparePlaces compares where text goes at all positions, asked in a random order: the
// room remembers the last gap, and must not take another for it.
func (x *world) comparePlaces() {
	for _, pos := range x.r.Perm(x.text.Len() + 1) {
		if got, want := x.m.Place(pos), x.w.place(pos); got.After != want.After || !slices.Equal(got.Add, want.Add) {
			x.fail("place at %d: %+v, want %+v", pos, got, want)
		}
	}
}

// compareRuns compares the readings of a stretch.
func (x *world) compareRuns(i, j int) {
	want := x.w.runs(i, j)
	shows := map[int32]LV{}
	k := 0
	x.m.Runs(i, j, func(r Run) bool {
		if k == len(want) {
			x.fail("runs %d %d: one more, %+v", i, j, r)
		}
		var last int32 = -1
		for _, c := range r.Changes {
			if last >= 0 && x.m.bySlotName(last, c.Slot) >= 0 {
				x.fail("runs %d %d: changes out of order: %+v", i, j, r)
			}
			if last = c.Slot; c.Mark == None {
				delete(shows, c.Slot)
			} else {
				shows[c.Slot] = c.Mark
			}
		}
		var marks []LV
		for _, slot := range x.w.byName() {
			if lv, ok := shows[slot]; ok {
				marks = append(marks, lv)
			}
		}
		if w := want[k]; r.From != w.from || r.To != w.to || !slices.Equal(marks, w.marks) {
			x.fail("runs %d %d: run %d is %+v with %v, want %+v", i, j, k, r, marks, w)
		}
		k++
		if k%3 == 0 { // readings may be nested
			x.m.At(x.text.At(r.From), nil)
		}
		return true
	})
	if k != len(want) {
		x.fail("runs %d %d: %d, want %d", i, j, k, len(want))
	}
	if len(want) > 1 {
		k = 0
		x.m.Runs(i, j, func(Run) bool { k++; return k < 1+len(want)/2 })
		if k != 1+len(want)/2 {
			x.fail("runs %d %d: %d after being stopped at %d", i, j, k, 1+len(want)/2)
		}
	}
}

// Random histories: after every edit the room answers as the twin does, and its
// invariants hold.
func TestRandomHistories(t *testing.T) {
	seeds, edits := 90, 150
	if testing.Short() {
		seeds = 20
	}
	for seed := range uint64(seeds) {
		x := newWorld(t, seed, []int{2, 4, leafMax}[seed%3])
		for range edits {
			x.edit()
			x.compare()
		}
		if seed == 0 {
			t.Logf("%d elements, %d marks", len(x.text.seq), len(x.w.marks))
		}
	}
}

// Typing in a short text of mostly dead elements, with few marks that change seldom:
// what is remembered of a gap is used, and is never stale.
func TestTyping(t *testing.T) {
	seeds := uint64(2000)
	if testing.Short() {
		seeds = 200
	}
	// The last seed has what the others have not: a place that needs no mark, and text
	// in it beside which the same place needs one.
	for n := range seeds + 1 {
		seed := n
		if n == seeds {
			seed = 55044
		}
		x := newWorld(t, seed, 4)
		x.insert(None, 9, false, true, true)
		for range seed % 3 {
			x.insert(x.some(), 1, true, true, true)
		}
		for range 2 + x.r.IntN(4) {
			x.randomMark()
		}
		for i := range x.text.seq {
			x.show(i, x.r.IntN(4) == 0)
		}
		for range 15 {
			switch x.r.IntN(6) {
			case 0, 1:
				x.type1(x.r.IntN(x.text.Len()+1), 1+x.r.IntN(3))
			case 2, 3, 4:
				i := x.r.IntN(len(x.text.seq))
				x.say("show %d: %v", x.text.seq[i].lv, !x.text.seq[i].shown)
				x.show(i, !x.text.seq[i].shown)
			case 5:
				m := x.w.marks[x.r.IntN(len(x.w.marks))]
				m.alive = !m.alive
				x.say("flip %d: %v", m.LV, m.alive)
				x.m.Flip(m.LV, 1, m.alive)
			}
			x.comparePlaces()
		}
	}
}
