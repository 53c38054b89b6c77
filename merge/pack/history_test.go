package pack

import (
	"fmt"
	"math"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// twin finds numbers by walking down the chain, change by change.
type twin struct{ w *world }

// locate returns the change and offset that number n of the chain of change i is.
func (t twin) locate(i int, n uint64) (change int, offset uint32, ok bool) {
	for ; i >= 0; i = t.w.list[i].prev {
		m := &t.w.list[i]
		if n >= m.start+uint64(m.count) {
			return 0, 0, false
		}
		if n >= m.start {
			return i, uint32(n - m.start), true
		}
	}
	return 0, 0, false
}

// onPath tells whether change k is i or before it on its chain.
func (t twin) onPath(k, i int) bool {
	for ; i >= 0; i = t.w.list[i].prev {
		if i == k {
			return true
		}
	}
	return false
}

// historyOf enters a world into a history.
func historyOf(t *testing.T, w *world, write bool, span uint32) *history {
	h := newHistory(write)
	h.span = span
	for k := range w.list {
		m := &w.list[k]
		prev := uint32(none)
		if m.prev >= 0 {
			prev = uint32(m.prev)
		}
		h.add(h.author(w.keys[m.by]), prev, m.start, m.count, m.seq, m.id)
		if err := h.check(); err != nil {
			t.Fatalf("after change %d: %v", k, err)
		}
	}
	return &h
}

// TestHistoryTwin compares every number of every chain with the twin, from any
// change, forks included.
func TestHistoryTwin(t *testing.T) {
	found, away := 0, 0
	for seed := range uint64(60) {
		w := newWorld(seed)
		w.grow(40)
		h := historyOf(t, w, seed%2 == 0, 8)
		tw := twin{w}
		for range 400 {
			i := w.r.IntN(len(w.list))
			n := w.r.Uint64N(w.list[i].start + uint64(w.list[i].count) + 2)
			change, offset, ok := tw.locate(i, n)
			lv, got := h.locate(uint32(i), n)
			if ok != got || ok && lv != h.rows.at(uint32(change)).base+offset {
				t.Fatalf("seed %d: number %d from change %d: %d %t, want %d of change %d %t", seed, n, i, lv, got, offset, change, ok)
			}
			if !ok {
				away++
				continue
			}
			found++
			if c := h.changeOf(lv); int(c) != change {
				t.Fatalf("seed %d: number %d is of change %d, want %d", seed, lv, c, change)
			}
			h.stamp++
			own := w.r.IntN(2) == 0
			h.reaches(uint32(i), 3, own)
			k := w.r.IntN(len(w.list))
			if w.list[k].count == 0 {
				continue
			}
			back, ok := h.spell(h.rows.at(uint32(k)).base)
			place := uint32(3)
			if own {
				place = 0
			}
			if ok != tw.onPath(k, i) || ok && back != (block.Thing{C: place, N: w.list[k].start}) {
				t.Fatalf("seed %d: first number of change %d through %d: %v %t", seed, k, i, back, ok)
			}
		}
		for k := range w.list {
			if s := h.seq(uint32(k)); s != w.list[k].seq {
				t.Fatalf("seed %d: seq %d of change %d, want %d", seed, s, k, w.list[k].seq)
			}
		}
	}
	if found < 10000 || away < 100 {
		t.Errorf("only %d numbers found, %d not", found, away)
	}
}

// TestHistoryDamage: the check finds each invariant broken.
func TestHistoryDamage(t *testing.T) {
	for name, damage := range map[string]func(h *history){
		"1 base":     func(h *history) { h.rows.at(5).base += 1 << 20 },
		"1 end":      func(h *history) { h.end = 0 },
		"2 member":   func(h *history) { h.chains[0].members[0]++ },
		"2 more":     func(h *history) { h.chains[0].members = append(h.chains[0].members, h.len()) },
		"2 start":    func(h *history) { h.rows.at(h.chains[0].members[1]).start++ },
		"2 fork":     func(h *history) { h.chains[0].up = h.len() },
		"3 tip":      func(h *history) { h.chains[0].tip[3] ^= 1 },
		"3 ring":     func(h *history) { h.span++ },
		"3 find":     func(h *history) { delete(h.find, h.chains[0].tip) },
		"3 too much": func(h *history) { h.find[block.ID{1}] = 3 },
		"4 newest":   func(h *history) { h.newest[0] = h.len() },
		"4 who":      func(h *history) { delete(h.who, h.authors[0]) },
	} {
		w := newWorld(3)
		w.grow(40)
		h := historyOf(t, w, true, 8)
		damage(h)
		if err := func() (err error) {
			defer func() {
				if r := recover(); r != nil {
					err = fmt.Errorf("%v", r)
				}
			}()
			return h.check()
		}(); err == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

// TestSmallSpan packs with a span that makes most links go out of it.
func TestSmallSpan(t *testing.T) {
	told := 0
	for seed := range uint64(60) {
		w := newWorld(seed)
		w.grow(60)
		p := newPackerOf(w.work, false)
		u := newUnpacker(w.work)
		p.m.span, u.m.span = 4, 4
		for k := range w.bundle.Items {
			if err := p.add(&w.bundle.Items[k], nil); err != nil {
				t.Fatal(err)
			}
			if k%9 != 8 && k+1 < len(w.bundle.Items) {
				continue
			}
			from := u.m.len()
			told += len(p.m.cols[colRaw].b) / 32
			b, err := u.group(p.take())
			if err == nil {
				err = equal(w.bundle.Items[from:k+1], b.Items)
			}
			if err == nil {
				err = u.m.check()
			}
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
		}
	}
	if told < 1000 {
		t.Errorf("only %d names were told outright", told)
	}
}

// TestNumbers writes and reads numbers of every length.
func TestNumbers(t *testing.T) {
	var list []uint64
	for n := range 64 {
		for _, d := range []uint64{0, 1, 2, 3, 0x5555555555555555 >> n} {
			list = append(list, 1<<n-d, 1<<n+d, 1<<n|d)
		}
	}
	list = append(list, math.MaxUint64, math.MaxUint64-1, 0)
	var c coder
	c.reset(true)
	for k, v := range list {
		c.num(column(k%7)+colTime, v)
		c.signed(colAmount, int64(v))
	}
	c.flush()
	var back coder
	back.reset(false)
	for k := range c.cols {
		back.cols[k].b = c.cols[k].b
	}
	for k, v := range list {
		if got := back.num(column(k%7)+colTime, 0); got != v {
			t.Fatalf("number %d: %x, want %x", k, got, v)
		}
		if got := back.signed(colAmount, 0); got != int64(v) {
			t.Fatalf("number %d: %d, want %d", k, got, int64(v))
		}
	}
	back.rest()
	if back.err != nil {
		t.Fatal(back.err)
	}
	if back.num(colTime, 0); back.err == nil {
		t.Fatal("a number behind the end was read")
	}
}
