package graph

import (
	"bytes"
	"reflect"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestRandomGraphs drives graphs with random changes, held and applied in random
// orders, and compares everything that is read with walks over pointers.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(250) {
		w := newWorld(t, seed, 1+int(seed%5))
		for k := range 250 {
			w.step()
			if err := w.g.Check(); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, k, err)
			}
			for range 4 {
				w.compareNumbers()
			}
			if len(w.order) > 0 && k%10 == 0 {
				w.comparePasts()
			}
		}
		for _, n := range w.order {
			w.compareRow(n)
		}
		w.compareCuts()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// number is one number as the tests name it.
type number struct {
	n   *node
	off uint32
}

// compareNumbers asks for random numbers of a random known chain.
func (w *world) compareNumbers() {
	n := w.some(func(n *node) bool { return n.held != nil })
	if n == nil {
		return
	}
	r := w.ref(n)
	end := n.head.Start + uint64(n.count)
	x := w.r.Uint64N(end + 2)
	m, off, want := n.resolve(x)
	got, gotOff, ok := w.g.Resolve(r, x)
	if ok != want || (ok && (w.nodeOf(got) != m || gotOff != off)) {
		w.t.Errorf("Resolve(%d of %d) gives %v %d, want %v %d", x, end, ok, gotOff, want, off)
	}
	if ok && m.applied {
		lv := w.g.LVOf(got, gotOff)
		if n.applied && w.g.NumberLV(n.index, x) != lv {
			w.t.Errorf("NumberLV(%d) is %d, want %d", x, w.g.NumberLV(n.index, x), lv)
		}
		if lv != m.first+off || w.g.ChangeOf(lv) != m.index {
			w.t.Errorf("number %d has LV %d of change %d, want %d of %d", x, lv, w.g.ChangeOf(lv), m.first+off, m.index)
		}
	}
	w.compareExpand(n, r, x, uint32(w.r.IntN(8)))
	w.compareExpand(n, r, x, uint32(1+w.r.Uint64N(end+1)))
}

// compareExpand asks for a run of numbers.
func (w *world) compareExpand(n *node, r Ref, x uint64, length uint32) {
	var want, got []number
	whole := length > 0
	for k := range uint64(length) {
		m, off, ok := n.resolve(x + k)
		whole = whole && ok
		want = append(want, number{m, off})
	}
	last := None // the LV behind the piece before
	ok := w.g.Expand(r, x, length, func(p Ref, off, k uint32) {
		i, applied := p.Applied()
		if k == 0 {
			w.t.Error("Expand yields a piece of nothing")
		}
		if !applied {
			last = None
			for o := off; o < off+k; o++ {
				got = append(got, number{w.nodeOf(p), o})
			}
			if off+k > w.nodeOf(p).count {
				w.t.Errorf("Expand yields %d+%d of a held change of %d numbers", off, k, w.nodeOf(p).count)
			}
			return
		}
		lv := w.g.LVOf(p, off)
		if lv == last || off >= w.order[i].count {
			w.t.Errorf("Expand yields neighbours apart, at LV %d", lv)
		}
		for last = lv + k; lv < last; lv++ {
			c := w.order[w.g.ChangeOf(lv)]
			got = append(got, number{c, lv - c.first})
		}
	})
	if ok != whole {
		w.t.Errorf("Expand(%d+%d) is %v, want %v", x, length, ok, whole)
	}
	if whole && !slices.Equal(got, want) {
		w.t.Errorf("Expand(%d+%d) gives %d numbers, want %d", x, length, len(got), len(want))
	}
	if !whole && len(got) > 0 {
		w.t.Errorf("Expand(%d+%d) yields numbers that are not there", x, length)
	}
	if whole && n.applied {
		w.compareLVs(n.index, x, want)
	}
}

// compareLVs asks for the LVs of a run of numbers that are there.
func (w *world) compareLVs(i int32, x uint64, want []number) {
	last, k := None, 0
	w.g.NumberLVs(i, x, uint32(len(want)), func(lv LV, n uint32) {
		if n == 0 || lv == last {
			w.t.Errorf("NumberLVs yields %d numbers from LV %d, behind %d", n, lv, last)
		}
		for last = lv + n; lv < last; lv++ {
			if k == len(want) || want[k].n.first+want[k].off != lv {
				w.t.Fatalf("NumberLVs(%d+%d): number %d has LV %d", x, len(want), k, lv)
			}
			k++
		}
	})
	if k != len(want) {
		w.t.Errorf("NumberLVs(%d+%d) gives %d", x, len(want), k)
	}
}

// comparePasts asks for pasts and what others lack.
func (w *world) comparePasts() {
	var of []*node
	for range w.r.IntN(4) {
		of = append(of, w.order[w.r.IntN(len(w.order))])
	}
	past := map[*node]bool{}
	for _, n := range of {
		n.past(past)
	}
	var in, out []*node
	for _, n := range w.order {
		if past[n] {
			in = append(in, n)
		} else {
			out = append(out, n)
		}
	}
	from := indexes(of)
	w.r.Shuffle(len(from), func(a, b int) { from[a], from[b] = from[b], from[a] })
	if got := w.g.Past(from); !slices.Equal(got, indexes(in)) {
		w.t.Errorf("Past(%v) is %v, want %v", from, got, indexes(in))
	}
	if got := w.g.Missing(from); !slices.Equal(got, indexes(out)) {
		w.t.Errorf("Missing(%v) is %v, want %v", from, got, indexes(out))
	}
	for range 10 {
		a, b := w.order[w.r.IntN(len(w.order))], w.order[w.r.IntN(len(w.order))]
		if got, want := w.g.InPast(a.index, b.index), b.past(map[*node]bool{})[a]; got != want {
			w.t.Errorf("InPast(%d, %d) is %v", a.index, b.index, got)
		}
		var path []*node
		for m := b; m != nil; m = m.prev {
			path = append(path, m)
		}
		if got, want := w.g.OnPath(a.index, b.index), slices.Contains(path, a); got != want {
			w.t.Errorf("OnPath(%d, %d) is %v", a.index, b.index, got)
		}
		less := a.depth < b.depth || (a.depth == b.depth && bytes.Compare(a.id[:], b.id[:]) < 0)
		if got := w.g.Less(a.index, b.index); got != less {
			w.t.Errorf("Less(%d, %d) is %v", a.index, b.index, got)
		}
		w.compareLocator(path, w.r.IntN(7))
	}
}

// compareLocator names what lies 1, 2, 4 … further down the path each time.
func (w *world) compareLocator(path []*node, limit int) {
	var want []int32
	for at, step := 0, 1; len(want) < limit && at < len(path)-1; step *= 2 {
		at = min(at+step, len(path)-1)
		want = append(want, path[at].index)
	}
	if got := w.g.Locator(path[0].index, limit); !slices.Equal(got, want) {
		w.t.Errorf("Locator of %d is %v, want %v", path[0].index, got, want)
	}
}

// compareRow reads all there is about one change.
func (w *world) compareRow(n *node) {
	g, i := w.g, n.index
	if at, ok := g.Find(n.id); !ok || at != i || g.ID(i) != n.id {
		w.t.Errorf("change %d is found at %d %v", i, at, ok)
	}
	if got := g.AppendBlock([]byte("x"), i); !bytes.Equal(got[1:], n.raw) {
		w.t.Errorf("change %d: block is %x, want %x", i, got[1:], n.raw)
	}
	var c block.Change
	if err := block.Decode(n.raw, &c); err != nil {
		w.t.Fatal(err)
	}
	want := c.Header
	if len(want.Parents) == 0 {
		want.Parents = nil
	}
	if len(want.Refs) == 0 {
		want.Refs = nil
	}
	if len(want.With) == 0 {
		want.With = nil
	}
	if got := g.Header(i); !reflect.DeepEqual(got, want) {
		w.t.Errorf("header of %d is %+v, want %+v", i, got, want)
	}
	if got := g.Links(i); len(got) != len(n.links) || len(g.Parents(i)) != len(n.head.Parents) {
		w.t.Errorf("change %d has links %v", i, got)
	}
	for k, l := range n.links {
		r, ok := g.LinkOf(At(i), uint32(k+1))
		if g.Links(i)[k] != l.index || !ok || w.nodeOf(r) != l {
			w.t.Errorf("link %d of %d is wrong", k, i)
		}
	}
	if _, ok := g.LinkOf(At(i), uint32(len(n.links)+1)); ok {
		w.t.Errorf("change %d has a link too many", i)
	}
	if g.Depth(i) != n.depth || g.First(i) != n.first || g.Count(i) != n.count || g.Key(i) != n.head.By || g.NOps(i) != n.nops ||
		g.Seq(i) != n.head.Seq || g.Start(i) != n.head.Start || g.Time(i) != n.head.Time || g.Text(i) != n.head.Text ||
		g.Size(i) != n.head.Size || !bytes.Equal(g.Ops(i), n.ops) || g.More(i) != n.head.More || !slices.Equal(g.With(i), n.head.With) {
		w.t.Errorf("the row of change %d is wrong", i)
	}
	w.compareTag(n)
}

// compareTag reads the tag of a change.
func (w *world) compareTag(n *node) {
	tag, ok := w.g.Tag(n.index)
	switch {
	case ok != n.head.HasTag:
		w.t.Errorf("change %d has a tag: %v", n.index, ok)
	case !ok && tag != None32, ok && n.head.Tag == 0 && tag != n.prev.index,
		ok && n.head.Tag > 0 && tag != n.links[max(n.head.Tag, 1)-1].index:
		w.t.Errorf("change %d has tag %d", n.index, tag)
	}
}

// compareCuts reads the heads of all prefixes of the arrival order.
func (w *world) compareCuts() {
	for n := 0; n <= len(w.order)+1; n++ {
		linked := map[*node]bool{}
		list := w.order[:min(n, len(w.order))]
		for _, m := range list {
			for _, l := range m.before() {
				linked[l] = true
			}
		}
		without := func(set map[*node]bool) []int32 {
			return indexes(slices.DeleteFunc(slices.Clone(list), func(m *node) bool { return set[m] }))
		}
		if got := w.g.HeadsOf(n); !slices.Equal(got, without(linked)) {
			w.t.Errorf("HeadsOf(%d) is %v, want %v", n, got, without(linked))
		}
	}
	if !slices.Equal(w.g.Heads(), w.g.HeadsOf(len(w.order))) {
		w.t.Error("Heads are not those of all changes")
	}
	for k, key := range w.keys {
		c, ok := w.g.ChainOfKey(key)
		var tips []*node
		for _, n := range w.order {
			if n.head.By == key && !slices.ContainsFunc(w.order, func(m *node) bool { return m.prev == n }) {
				tips = append(tips, n)
			}
		}
		if ok != (len(tips) > 0) {
			w.t.Errorf("key %d has a chain: %v", k, ok)
		}
		if ok && (w.g.ChainKey(c) != key || !slices.Equal(w.g.Tips(c), indexes(tips)) || w.g.Forked(c) != (len(tips) > 1)) {
			w.t.Errorf("tips of key %d are %v, want %v", k, w.g.Tips(c), indexes(tips))
		}
	}
}

// TestHeadsOnce wants the value of the heads computed once for each heads.
func TestHeadsOnce(t *testing.T) {
	w := newWorld(t, 1, 2)
	calls := 0
	ask := func() string { return w.g.HeadsOnce(func() string { calls++; return "v" }) }
	for range 3 {
		ask()
	}
	w.link(w.all[0])
	w.apply(w.all[0])
	for range 3 {
		ask()
	}
	if calls != 2 {
		t.Errorf("computed %d times", calls)
	}
}
