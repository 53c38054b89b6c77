package life

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// machine drives a Life and its twin with the same random history.
type machine struct {
	l    *Life
	w    *twin
	next LV // the next number
}

// bases are where a history begins: edges of words, pages and chunks, and the
// far end of the LV space.
var bases = []LV{0, 1, 60, pageLen - 20, chunkLen - 100, 3*chunkLen - 1500, 1<<31 - chunkLen}

// maxNumbers bounds a history, so that the twin stays affordable.
const maxNumbers = 5000

func newMachine(t *rapid.T) *machine {
	return &machine{l: New(), w: newTwin(), next: rapid.SampledFrom(bases).Draw(t, "base")}
}

// size draws the length of a piece: mostly short, sometimes pages long.
func size(t *rapid.T, most int) uint32 {
	if most > 8 && rapid.IntRange(0, 7).Draw(t, "long") == 0 {
		return uint32(rapid.IntRange(1, min(most, 2200)).Draw(t, "size"))
	}
	return uint32(rapid.IntRange(1, min(most, 5)).Draw(t, "size"))
}

// pick draws a stretch of neighbours, all delete numbers or none, [i, i+n); n = 0
// when there is no such number.
func (m *machine) pick(t *rapid.T, deletes bool) (i int, n uint32) {
	var all []int
	for i, x := range m.w.numbers {
		if x.deletes == deletes {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	i = rapid.SampledFrom(all).Draw(t, "from")
	most := 1
	for k := i + 1; k < len(m.w.numbers) && m.w.numbers[k].deletes == deletes &&
		m.w.numbers[k].lv == m.w.numbers[k-1].lv+1; k++ {
		most++
	}
	return i, size(t, most)
}

// write makes one change of up to four pieces, elements and deletes. It may
// arrive switched off, before its deletes are known or after.
func (m *machine) write(t *rapid.T) {
	if len(m.w.numbers) > maxNumbers {
		return
	}
	if rapid.IntRange(0, 9).Draw(t, "gap") == 0 && m.next < 1<<30 {
		m.next += uint32(rapid.IntRange(1, 2*chunkLen).Draw(t, "skip"))
	}
	c := &twinChange{lv: m.next, effective: true}
	off := rapid.IntRange(0, 5).Draw(t, "off")
	var calls []func()
	for range rapid.IntRange(1, 4).Draw(t, "pieces") {
		switch kind := rapid.IntRange(0, 3).Draw(t, "kind"); {
		case kind == 0 || len(m.w.numbers) == 0:
			for range size(t, 3000) {
				m.w.make(c, m.next, false, 0)
				m.next++
			}
		default:
			calls = append(calls, m.pieceOfDeletes(t, c, kind)...)
		}
	}
	if c.n == 0 {
		return
	}
	m.w.changes = append(m.w.changes, c)
	c.effective = off > 1
	if off == 0 {
		m.l.Switch(c.lv, c.n, false)
	}
	for _, call := range calls {
		call()
	}
	if off == 1 {
		m.l.Switch(c.lv, c.n, false)
	}
}

// pieceOfDeletes adds delete numbers to a change: of a range (1), of a range
// backwards (2), or of every other number of it (3).
func (m *machine) pieceOfDeletes(t *rapid.T, c *twinChange, kind int) (calls []func()) {
	var elements bool
	for _, x := range m.w.numbers {
		elements = elements || !x.deletes
	}
	if !elements {
		return nil
	}
	i, n := m.pick(t, false)
	e := m.w.numbers[i].lv
	add := func(target LV, n uint32) {
		d := m.next
		for k := range n {
			m.w.make(c, d+k, true, target+k)
		}
		m.next += n
		calls = append(calls, func() { m.l.Delete(d, target, n) })
	}
	switch kind {
	case 1:
		add(e, n)
	case 2:
		for k := n; k > 0; k-- {
			add(e+k-1, 1)
		}
	default:
		for k := uint32(0); k < n; k += 2 {
			add(e+k, 1)
		}
	}
	return calls
}

// deleteAlive is a local edit: all flips are taken, the targets are alive.
func (m *machine) deleteAlive(t *rapid.T) {
	m.takeFlips(t)
	i, n := m.pick(t, false)
	s := m.w.state()
	if k := slices.Index(s.alive[i:i+int(n)], false); k >= 0 {
		n = uint32(k)
	}
	if n == 0 {
		return
	}
	c := &twinChange{lv: m.next, effective: true}
	m.w.changes = append(m.w.changes, c)
	e := m.w.numbers[i].lv
	for k := range n {
		m.w.make(c, m.next+k, true, e+k)
		m.w.told[e+k] = false
	}
	m.l.DeleteAlive(m.next, e, n)
	m.next += n
}

// backspace is local edits that delete one number after the other at the head or
// the tail of a growing range, paired anew each time, as one op; the later ones
// may be rolled back.
func (m *machine) backspace(t *rapid.T) {
	m.takeFlips(t)
	i, n := m.pick(t, false)
	if n == 0 || slices.Contains(m.w.state().alive[i:i+int(n)], false) {
		return
	}
	c := &twinChange{lv: m.next, effective: true}
	m.w.changes = append(m.w.changes, c)
	lo := m.w.numbers[i].lv + uint32(rapid.IntRange(0, int(n)-1).Draw(t, "first"))
	low, high := m.w.numbers[i].lv, m.w.numbers[i].lv+n
	keep := uint32(rapid.IntRange(0, int(n)).Draw(t, "keep"))
	saved := lo
	for e := lo; ; {
		m.w.make(c, m.next, true, e)
		m.w.told[e] = false
		m.l.DeleteAlive(m.next, e, 1)
		m.next++
		lo = min(lo, e)
		m.pair(c.lv, lo, c.n)
		if c.n == keep {
			saved = lo
		}
		back := rapid.Bool().Draw(t, "back")
		switch {
		case lo+c.n < high && (!back || lo == low):
			e = lo + c.n
		case lo > low:
			e = lo - 1
		default:
			m.rollback(c, saved, keep, lo)
			return
		}
	}
}

// rollback takes back all but the first keep deletes of a backspace, whose
// targets were the numbers from saved on and are now those from lo on.
func (m *machine) rollback(c *twinChange, saved LV, keep uint32, lo LV) {
	if keep == c.n {
		return
	}
	if keep > 0 {
		head := saved - lo
		n := c.n
		m.l.Unpair(c.lv, saved, keep)
		m.w.retarget(c.lv, saved, keep)
		m.w.retarget(c.lv+keep, lo, head)
		m.w.retarget(c.lv+keep+head, saved+keep, n-head-keep)
	}
	m.next = c.lv + keep
	m.l.Truncate(m.next)
	m.w.truncate(m.next)
}

// pair is Pair for both.
func (m *machine) pair(d, e LV, n uint32) {
	m.l.Pair(d, e, n)
	m.w.retarget(d, e, n)
}

// restore starts a restore of a stretch of delete numbers.
func (m *machine) restore(t *rapid.T) {
	i, n := m.pick(t, true)
	if n == 0 {
		return
	}
	d := m.w.numbers[i].lv
	m.w.restores = append(m.w.restores, &twinRestore{d, n, true})
	m.l.Restore(d, n, true)
}

// switchRestore ends a restore, or starts it again.
func (m *machine) switchRestore(t *rapid.T) {
	if len(m.w.restores) == 0 {
		return
	}
	r := rapid.SampledFrom(m.w.restores).Draw(t, "restore")
	r.effective = !r.effective
	m.l.Restore(r.d, r.n, r.effective)
}

// switchChange makes a change ineffective, or effective again.
func (m *machine) switchChange(t *rapid.T) {
	if len(m.w.changes) == 0 {
		return
	}
	c := rapid.SampledFrom(m.w.changes).Draw(t, "change")
	c.effective = !c.effective
	m.l.Switch(c.lv, c.n, c.effective)
}

// truncate rolls back to a number among the newest changes.
func (m *machine) truncate(t *rapid.T) {
	if len(m.w.changes) == 0 {
		return
	}
	back := rapid.IntRange(0, min(2, len(m.w.changes)-1)).Draw(t, "back")
	c := m.w.changes[len(m.w.changes)-1-back]
	lv := c.lv + uint32(rapid.IntRange(0, int(c.n)).Draw(t, "at"))
	for _, r := range m.w.restores {
		if from := max(r.d, lv); r.effective && from < r.d+r.n {
			m.l.Restore(from, r.d+r.n-from, false)
		}
	}
	for _, c := range m.w.changes {
		if from := max(c.lv, lv); !c.effective && from < c.lv+c.n {
			m.l.Switch(from, c.lv+c.n-from, true)
		}
	}
	m.l.Truncate(lv)
	m.w.truncate(lv)
	m.next = lv
}

// takeFlips compares the flips of both.
func (m *machine) takeFlips(t *rapid.T) {
	var got []flip
	m.l.TakeFlips(func(lv LV, n uint32, alive bool) { got = append(got, flip{lv, n, alive}) })
	if want := m.w.flips(); !slices.Equal(got, want) {
		t.Fatalf("flips %v, want %v", got, want)
	}
}

// check compares every reader for every number, after every step.
func (m *machine) check(t *rapid.T) {
	if err := m.l.Check(); err != nil {
		t.Fatal(err)
	}
	s := m.w.state()
	for i, x := range m.w.numbers {
		if m.l.Alive(x.lv) != s.alive[i] || m.l.Count(x.lv) != s.count[i] {
			t.Fatalf("number %d: alive %v count %d, want %v %d", x.lv, m.l.Alive(x.lv), m.l.Count(x.lv), s.alive[i], s.count[i])
		}
	}
	if len(m.w.numbers) == 0 {
		return
	}
	first := m.w.numbers[0].lv
	lv := first + uint32(rapid.IntRange(0, int(m.next-first)+10).Draw(t, "lv"))
	m.checkRun(t, s, lv, uint32(rapid.IntRange(1, 1<<20).Draw(t, "max")))
	m.checkTargets(t, lv, uint32(rapid.IntRange(1, 1000).Draw(t, "n")))
}

// checkRun compares Run with a walk.
func (m *machine) checkRun(t *rapid.T, s twinState, lv LV, most uint32) {
	at := func(lv LV) bool {
		i, ok := m.w.find(lv)
		return !ok || s.alive[i]
	}
	want := most
	i, _ := m.w.find(lv + 1)
	if at(lv) {
		for ; i < len(m.w.numbers) && s.alive[i]; i++ {
		}
		if i < len(m.w.numbers) {
			want = min(want, m.w.numbers[i].lv-lv)
		}
	} else {
		for want = 1; want < most && !at(lv+want); want++ {
		}
	}
	if alive, n := m.l.Run(lv, most); alive != at(lv) || n != want {
		t.Fatalf("Run(%d, %d) = %v, %d; want %v, %d", lv, most, alive, n, at(lv), want)
	}
}

// checkTargets compares Targets over a range, piece by piece.
func (m *machine) checkTargets(t *rapid.T, lv LV, n uint32) {
	var got, want [][2]LV
	m.l.Targets(lv, n, func(d, e LV, n uint32) {
		for k := range n {
			got = append(got, [2]LV{d + k, e + k})
		}
	})
	i, _ := m.w.find(lv)
	for _, x := range m.w.numbers[i:] {
		if x.lv-lv < n && x.deletes {
			want = append(want, [2]LV{x.lv, x.target})
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("Targets(%d, %d) = %v, want %v", lv, n, got, want)
	}
}

// checkDeleters compares Deleters for one number and all its neighbours. It is
// an action and no check, so that the index lags behind by many deletes, by
// few, or not at all.
func (m *machine) checkDeleters(t *rapid.T) {
	if len(m.w.numbers) == 0 {
		return
	}
	s := m.w.state()
	i := rapid.IntRange(0, len(m.w.numbers)-1).Draw(t, "number")
	for k := i; k < min(i+20, len(m.w.numbers)); k++ {
		var got []LV
		m.l.Deleters(m.w.numbers[k].lv, func(d LV, counts bool) {
			got = append(got, d)
			if j, _ := m.w.find(d); counts != s.alive[j] {
				t.Fatalf("Deleters(%d): %d counts %v, want %v", m.w.numbers[k].lv, d, counts, s.alive[j])
			}
		})
		if !slices.Equal(got, s.deleters[k]) {
			t.Fatalf("Deleters(%d) = %v, want %v", m.w.numbers[k].lv, got, s.deleters[k])
		}
	}
}

// TestMachine mixes everything, with the checks after every step.
func TestMachine(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"write":         m.write,
			"deleteAlive":   m.deleteAlive,
			"backspace":     m.backspace,
			"restore":       m.restore,
			"switchRestore": m.switchRestore,
			"switchChange":  m.switchChange,
			"truncate":      m.truncate,
			"takeFlips":     m.takeFlips,
			"deleters":      m.checkDeleters,
			"":              m.check,
		})
		m.takeFlips(t)
	})
}
