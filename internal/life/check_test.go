package life

import (
	"strings"
	"testing"
)

// sample is a Life with something in every structure: mixed, full and free
// pages, nodes and leaves, both kinds of runs, pending flips, an index of two
// levels.
func sample() *Life {
	l := New()
	l.Delete(10000, 100, 3000)
	l.Delete(13000, 110, 1)
	l.Delete(13001, 109, 1)
	l.Delete(14000, 200, 500)
	l.Deleters(0, func(LV, bool) {})
	l.Delete(15000, 150, 20)
	l.Deleters(0, func(LV, bool) {})
	l.TakeFlips(func(LV, uint32, bool) {})
	l.Restore(10000, 50, true)
	l.Switch(9000, 1, false)
	l.Delete(16000, 5000, 1)
	l.Restore(16000, 1, true)
	return l
}

// firstMixed returns a chunk slot that has a stored page, and the page's index.
func firstMixed(b *bitmap) (c *chunk, slot int, k uint32) {
	for slot, id := range b.chunks[0].page {
		if id >= pageFirst {
			return b.chunks[0], slot, id - pageFirst
		}
	}
	panic("no mixed page")
}

// firstLeaf returns the slot above a leaf.
func firstLeaf(x *extra) *slot {
	s := &x.top[0]
	for level := topLevel - 1; level > 0; level-- {
		n := x.inners.at(s.kid)
		for i := range n {
			if n[i].kid != 0 {
				s = &n[i]
				break
			}
		}
	}
	return s
}

// TestCheckSeesDamage breaks each rule by hand and wants Check to name it.
func TestCheckSeesDamage(t *testing.T) {
	if err := sample().Check(); err != nil {
		t.Fatalf("the sample is already broken: %v", err)
	}
	for _, c := range []struct {
		want   string
		damage func(l *Life)
	}{
		{"dead, rule 2", func(l *Life) {
			c, slot, _ := firstMixed(&l.dead)
			c.page[slot] = 1 << 20
		}},
		{"dead, rule 3", func(l *Life) {
			_, _, k := firstMixed(&l.dead)
			l.dead.ones[k]++
		}},
		{"dead, rule 3", func(l *Life) {
			_, _, k := firstMixed(&l.dead)
			l.dead.pages[k] = page{}
			l.dead.ones[k] = 0
		}},
		{"dead, rule 4", func(l *Life) {
			_, _, k := firstMixed(&l.dead)
			l.dead.free = append(l.dead.free, k)
		}},
		{"dead, rule 4", func(l *Life) {
			c, slot, _ := firstMixed(&l.dead)
			c.put(uint32(slot), pageAll)
		}},
		{"dead, rule 5", func(l *Life) { l.dead.chunks[0].some[0] = 0 }},
		{"dead, rule 5", func(l *Life) { l.dead.chunks[0].full[0] = ^uint64(0) }},
		{"extra, chunk 0, rule 2", func(l *Life) { l.extra.top[0].add, l.extra.top[0].min = -5, -5 }},
		{"extra, chunk 0, rule 2", func(l *Life) {
			s := firstLeaf(&l.extra)
			l.extra.leaves.at(s.kid)[0] = -50
		}},
		{"extra, chunk 0, rule 3", func(l *Life) { firstLeaf(&l.extra).min++ }},
		{"extra, chunk 0, rule 4", func(l *Life) {
			s := firstLeaf(&l.extra)
			*l.extra.leaves.at(s.kid) = leaf{}
			s.min = s.add
		}},
		{"extra, rule 5", func(l *Life) { l.extra.leaves.give(firstLeaf(&l.extra).kid) }},
		{"extra, rule 5", func(l *Life) { l.extra.inners.take() }},
		{"deletes, rule 1", func(l *Life) { l.deletes.runs[1].d = 12999 }},
		{"deletes, rule 1", func(l *Life) { l.deletes.runs[1].n = 0 }},
		{"deletes, rule 1", func(l *Life) { l.deletes.runs[2].n = 1 | backBit }},
		{"deletes, rule 2", func(l *Life) { l.deletes.runs[2].e = 14000 }},
		{"deletes, rule 3", func(l *Life) { l.deletes.runs[2].e = 12900 }},
		{"pending, rule 1", func(l *Life) { l.pending.lo = l.pending.hi - 1 }},
		{"pending, rule 5", func(l *Life) { l.pending.chunks[0].some[0] = 0 }},
		{"index, rule 1", func(l *Life) { l.index.done++ }},
		{"index, rule 1", func(l *Life) { l.index.levels[0].from++ }},
		{"index, rule 1", func(l *Life) { l.index.levels[0].to = 1 }},
		{"index, rule 1", func(l *Life) {
			l.deletes.runs = l.deletes.runs[:3]
			l.pending.clear(0, l.pending.hi)
		}},
		{"index, rule 2", func(l *Life) { l.index.levels[0].items[0].low += 500 }},
		{"index, rule 2", func(l *Life) { l.index.levels[0].items[0].low-- }},
		{"index, rule 2", func(l *Life) { l.index.levels[0].items[0].run = 900 }},
		{"index, rule 3", func(l *Life) { v := l.index.levels[0].items; v[len(v)/2].top = 111 }},
		{"index, rule 3", func(l *Life) {
			for i := range l.index.levels[0].items {
				l.index.levels[0].items[i].top = 111
			}
		}},
		{"rule 1: of the", func(l *Life) { l.extra.add(9500, 3, 1) }},
		{"rule 1: of the", func(l *Life) { l.extra.add(3099, 3, 1) }},
		{"rule 2: number", func(l *Life) { l.dead.toggle(3000, 1) }},
		{"rule 2: number", func(l *Life) { l.extra.add(200, 1, -1) }},
		{"rule 3: a delete", func(l *Life) { l.pending.toggle(14003, 1) }},
	} {
		l := sample()
		c.damage(l)
		if err := l.Check(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Check said %v; want %q", err, c.want)
		}
	}
}

// TestMisusePanics: a broken promise of the caller stops at once, and says so.
func TestMisusePanics(t *testing.T) {
	for _, c := range []struct {
		want string
		call func(l *Life)
	}{
		{"not above the last one, 16000", func(l *Life) { l.Delete(16000, 5, 1) }},
		{"do not end below it", func(l *Life) { l.Delete(17000, 16999, 2) }},
		{"do not end below it", func(l *Life) { l.Delete(20000, 17000, 3001) }},
		{"number 10050 would fall below zero", func(l *Life) { l.Restore(10000, 51, false) }},
		{"number 5001 would fall below zero", func(l *Life) { l.Switch(5001, 1, true) }},
		{"Pair of 2 numbers from 16000, but 1 delete", func(l *Life) { l.Pair(16000, 5000, 2) }},
		{"16000 targets 5000", func(l *Life) { l.Pair(16000, 5001, 1) }},
		{"16001, which is no delete number", func(l *Life) { l.Unpair(16001, 1, 1) }},
		{"9000, which is no delete number", func(l *Life) { l.Unpair(9000, 1, 1) }},
		{"but 19 have targets from 151", func(l *Life) { l.Unpair(15001, 150, 1) }},
		{"but 20 have targets from 150", func(l *Life) { l.Unpair(15000, 151, 20) }},
		{"but 2 have targets from 110", func(l *Life) { l.Unpair(13000, 109, 2) }},
		{"Truncate leaves number 16000 with count 1", func(l *Life) { l.Truncate(15500) }},
		{"Truncate leaves number 9000 with count 1", func(l *Life) {
			l.Restore(10000, 50, false)
			l.Restore(16000, 1, false)
			l.Truncate(9000)
		}},
	} {
		wantPanic(t, c.want, c.call)
	}
}

// wantPanic calls with a sample and wants a panic of the package that has the
// words.
func wantPanic(t *testing.T, want string, call func(l *Life)) {
	t.Helper()
	defer func() {
		t.Helper()
		if got, ok := recover().(string); !ok || !strings.HasPrefix(got, "life: ") || !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}()
	call(sample())
}
