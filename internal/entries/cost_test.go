package entries

import (
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
)

// bulk is a room whose order is given by a rank for each local version, with states to be set.
type bulk struct {
	s     *Slots
	rank  []int
	state []State
	asked int // calls of Inside
	in    bool
}

func newBulk() *bulk {
	b := &bulk{}
	b.s = New(Hooks{
		Order:  func(x, y LV) int { return b.rank[x] - b.rank[y] },
		State:  func(lv LV) State { return b.state[lv] },
		Off:    func(LV) bool { return true },
		Inside: func(int32) bool { b.asked++; return b.in },
	})
	return b
}

// add adds an entry of slot 0 at a rank, which must be its own.
func (b *bulk) add(rank int, kind EntryKind, over ...LV) LV {
	lv := LV(len(b.rank))
	b.rank = append(b.rank, rank)
	b.state = append(b.state, Alive)
	b.s.Add(0, lv, over, kind, int32(lv), 0, 1)
	return lv
}

// set flips one entry.
func (b *bulk) set(lv LV, state State) {
	b.state[lv] = state
	b.s.Flip(lv, 1)
}

// read reads the winner of slot 0 and stops the test if there is none though there should be, or one
// though there should not.
func (b *bulk) read(t *testing.T, want bool) {
	if e, ok := b.s.Winner(0); ok != want {
		t.Fatalf("winner %v %v of %d entries", e, ok, len(b.rank))
	}
}

// hostile are lives of one slot with n entries. Each reads the winner, and what a local write would name,
// after each step.
var hostile = []struct {
	name string
	most float64 // visits per step at 20,000; 320 allows one chunk and a look at each chunk
	play func(t *testing.T, b *bulk, n int) (steps int)
}{
	{"concurrent values, each greater than the last", 4, func(t *testing.T, b *bulk, n int) int {
		for i := range n {
			b.add(i, Value)
			b.read(t, true)
		}
		return n
	}},
	{"concurrent values, each smaller", 40, func(t *testing.T, b *bulk, n int) int {
		for i := range n {
			b.add(-i, Value)
			b.read(t, true)
		}
		return n
	}},
	{"concurrent values in random order", 40, func(t *testing.T, b *bulk, n int) int {
		for _, i := range rand.New(rand.NewPCG(1, 0)).Perm(n) {
			b.add(i, Value)
			b.read(t, true)
		}
		return n
	}},
	{"a value below, ever more key deletes above that did not see it", 8, func(t *testing.T, b *bulk, n int) int {
		b.add(-1, Value)
		for i := range n {
			b.add(i, Absent)
			b.read(t, true)
		}
		return n
	}},
	{"one value, deleted by everybody at the same time", 40, func(t *testing.T, b *bulk, n int) int {
		p := b.add(-1, Value)
		for i := range n {
			b.add(n-i, Absent, p)
			b.read(t, false)
		}
		return n
	}},
	{"... and each undoes", 40, func(t *testing.T, b *bulk, n int) int {
		p := b.add(-1, Value)
		for i := range n {
			b.add(i, Absent, p)
		}
		for i := range n {
			b.set(LV(i+1), Dead)
			b.read(t, i == n-1)
		}
		return n
	}},
	{"... and each undoes, the greatest first", 320, func(t *testing.T, b *bulk, n int) int {
		p := b.add(-1, Value)
		for i := range n {
			b.add(i, Absent, p)
		}
		for i := range n {
			b.set(LV(n-i), Dead)
			b.read(t, i == n-1)
		}
		return n
	}},
	{"everybody sets and deletes at the same time", 40, func(t *testing.T, b *bulk, n int) int {
		b.add(-1, Absent)
		for i := range n / 2 {
			p := b.add(2*i, Value)
			b.read(t, true)
			b.add(2*i+1, Absent, p)
			b.read(t, false)
		}
		return n
	}},
	{"... with an undone write above all", 40, func(t *testing.T, b *bulk, n int) int {
		b.set(b.add(2*n, Value), Dead)
		for i := range n / 2 {
			p := b.add(2*i, Value)
			b.read(t, true)
			b.add(2*i+1, Absent, p)
			b.read(t, false)
		}
		return n
	}},
	{"one person sets and deletes in turn", 8, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Value)
		for i := range n {
			last = b.add(i, EntryKind(i%2*int(Absent)), last)
			b.read(t, i%2 == 0)
		}
		return n
	}},
	{"one person sets and undoes in turn", 320, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Value)
		for i := range n {
			last = b.add(i, Value, last)
			b.read(t, true)
			b.set(last, Dead)
			b.read(t, true)
		}
		return n
	}},
	{"... on a deleted key", 320, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Absent)
		for i := range n {
			last = b.add(i, Value, last)
			b.read(t, true)
			b.set(last, Dead)
			b.read(t, false)
		}
		return n
	}},
	{"... and a key that was set twice before it was deleted", 320, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Absent, b.add(-2, Value, b.add(-3, Value)))
		for i := range n {
			last = b.add(i, Value, last)
			b.read(t, true)
			b.set(last, Dead)
			b.read(t, false)
		}
		return n
	}},
	{"one person overwrites, and conflicts are read", 4, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Value)
		var seen []Entry
		for i := range n {
			last = b.add(i, Value, last)
			if seen = b.s.Conflicts(0, seen[:0]); len(seen) != 1 {
				t.Fatalf("conflicts %v", seen)
			}
		}
		return n
	}},
	{"one person overwrites a value, but never one that is there at the same time", 20, func(t *testing.T, b *bulk, n int) int {
		b.add(-1, Value)
		last := b.add(0, Value)
		var over []LV
		for i := range n {
			last = b.add(i+1, Value, last)
			if over = b.s.Frontier(0, over[:0]); len(over) != 2 {
				t.Fatalf("frontier %v", over)
			}
		}
		return n
	}},
	{"two people who never stop overwriting what both wrote", 20, func(t *testing.T, b *bulk, n int) int {
		over := []LV{}
		for i := range n / 2 {
			over = b.s.Frontier(0, over[:0])
			x := append([]LV{}, over...)
			b.add(2*i, Value, x...)
			b.add(2*i+1, Value, x...)
			b.read(t, true)
		}
		return n
	}},
	{"a long history under a key delete, and late values that it did not see", 40, func(t *testing.T, b *bulk, n int) int {
		last := b.add(n, Value)
		for i := range n {
			last = b.add(n+1+i, Value, last)
		}
		b.add(3*n, Absent, last)
		b.read(t, false)
		for i := range n / 2 {
			b.add(n-1-i, Value)
			b.read(t, true)
		}
		return n
	}},
	{"everything switched off, change by change, and on again", 320, func(t *testing.T, b *bulk, n int) int {
		last := b.add(-1, Value)
		for i := range n {
			last = b.add(i, Value, last)
		}
		var over []LV
		for i := range n {
			b.set(LV(n-i), Ineffective)
			b.read(t, true)
		}
		if over = b.s.Frontier(0, over[:0]); len(over) != n+1 {
			t.Fatalf("frontier of %d", len(over))
		}
		for i := range n {
			b.set(LV(n-i), Alive)
			b.read(t, true)
		}
		return 2 * n
	}},
}

// No life of a slot makes a step cost more in a long slot than in a short one, but for logarithms.
func TestHostileSlots(t *testing.T) {
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			var per [2]float64
			for k, n := range []int{2_000, 20_000} {
				b := newBulk()
				steps := h.play(t, b, n)
				per[k] = float64(b.s.Visits()) / float64(steps)
			}
			t.Logf("%.1f visits a step at 2,000, %.1f at 20,000", per[0], per[1])
			if per[1] > h.most || per[1] > 2*per[0]+1 {
				t.Errorf("%.1f visits a step at 2,000, %.1f at 20,000, at most %.1f", per[0], per[1], h.most)
			}
		})
	}
}

// What is not flat says so: with key deletes on top that do not hide all, a dead chain under one write that
// is undone and redone costs its length each time; a walk, and no more than a few of it.
func TestDeadChainCostsAWalk(t *testing.T) {
	const n = 5_000
	b := newBulk()
	last := b.add(0, Value)
	for i := range n {
		last = b.add(1+i, Value, last)
		b.set(last, Dead)
	}
	b.add(2*n, Absent) // saw nothing
	top := b.add(n+1, Absent, last)
	before := b.s.Visits()
	for range 10 {
		b.set(top, Dead)
		b.read(t, true)
		b.set(top, Alive)
		b.read(t, false)
	}
	if got := b.s.Visits() - before; got > 20*5*n {
		t.Errorf("%d visits for 20 flips over %d", got, n)
	}
	before = b.s.Visits()
	for range 1000 {
		b.set(top, Dead)
		b.set(top, Alive)
	}
	if got := b.s.Visits() - before; got > 10*n {
		t.Errorf("%d visits for 2,000 flips that nobody read", got)
	}
}

// A stranger whose changes are not effective makes many children of a key. That costs a read of the key a
// look at each, and nothing is walked while nothing is alive inside one.
func TestLimboCostsALook(t *testing.T) {
	const n = 10_000
	b := newBulk()
	last := b.add(0, Value)
	for i := range n {
		b.state = append(b.state, Ineffective)
		b.rank = append(b.rank, i+1)
		lv := LV(i + 1)
		b.s.Add(0, lv, nil, Child, int32(lv), NoWords, 0)
	}
	before := b.s.Visits()
	b.asked = 0
	if e, ok := b.s.Winner(0); !ok || e.LV != last {
		t.Fatalf("winner %v %v", e, ok)
	}
	if got := b.s.Visits() - before; got > n+n/chunkMax+chunkMax || b.asked != n {
		t.Errorf("%d visits, %d questions", got, b.asked)
	}
	b.in = true
	if e, ok := b.s.Winner(0); !ok || e.LV != n || e.State != Ineffective {
		t.Fatalf("winner %v %v", e, ok)
	}
}

// A map of 200,000 keys costs at most 100 bytes a key here, written once or twice.
func TestBytesPerKey(t *testing.T) {
	for _, writes := range []int{1, 2} {
		const keys = 200_000
		var before, after runtime.MemStats
		rank := func(a, b LV) int { return int(a) - int(b) }
		runtime.GC()
		runtime.ReadMemStats(&before)
		s := New(Hooks{Order: rank, State: func(LV) State { return Alive }})
		var over []LV
		for i := range keys * writes {
			slot := int32(i % keys)
			over = s.Frontier(slot, over[:0])
			s.Add(slot, LV(i), over, Value, -1, 0, 1)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		per := float64(after.HeapAlloc-before.HeapAlloc) / keys
		t.Logf("%d writes: %.0f bytes a key", writes, per)
		if per > 100*float64(writes) {
			t.Errorf("%d writes: %.0f bytes a key", writes, per)
		}
		runtime.KeepAlive(s)
	}
}

// Reads and local writes of a long slot allocate nothing once their buffers are there.
func TestNoAllocation(t *testing.T) {
	b := newBulk()
	last := b.add(0, Value)
	for i := range 1000 {
		last = b.add(i+1, Value, last)
	}
	over := make([]LV, 0, 8)
	seen := make([]Entry, 0, 8)
	if got := testing.AllocsPerRun(100, func() {
		over = b.s.Frontier(0, over[:0])
		seen = b.s.Conflicts(0, seen[:0])
		b.set(last, Dead)
		b.read(t, true)
		b.set(last, Alive)
		b.read(t, true)
	}); got != 0 {
		t.Errorf("%.1f allocations a round", got)
	}
	if !slices.Equal(over, []LV{last}) || len(seen) != 1 {
		t.Errorf("frontier %v, conflicts %v", over, seen)
	}
}
