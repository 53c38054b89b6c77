package sequence

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// branch is an element of the slow twin for trees: parent, side and key.
type branch struct {
	lv, parent LV
	side       Side
	key        float64
}

// arrange reads the tree of some elements from left to right.
func arrange(all []branch) (order []LV) {
	kids := map[LV][]branch{}
	for _, b := range all {
		kids[b.parent] = append(kids[b.parent], b)
	}
	for _, k := range kids {
		slices.SortFunc(k, func(a, b branch) int {
			return cmp.Or(cmp.Compare(a.side, b.side), cmp.Compare(a.key, b.key))
		})
	}
	var read func(lv LV)
	read = func(lv LV) {
		done := lv == None
		for _, k := range kids[lv] {
			if k.side == Right && !done {
				order, done = append(order, lv), true
			}
			read(k.lv)
		}
		if !done {
			order = append(order, lv)
		}
	}
	read(None)
	return order
}

// grove is a sequence that somebody hostile writes to, and its twin.
type grove struct {
	s     *Seq
	text  bool
	all   []branch // ascending by LV
	keys  map[LV]float64
	next  LV
	mute  []span // elements without words
	count float64
}

// hang inserts n elements, in both.
func (g *grove) hang(t *rapid.T, parent LV, side Side, key float64, n int) LV {
	lv := g.next
	g.next += LV(n)
	off := uint32(0)
	if n > 10 || rapid.IntRange(0, 4).Draw(t, "mute") == 0 {
		off = NoWords
		g.mute = append(g.mute, span{lv, uint32(n)})
	}
	g.keys[lv] = key
	g.s.Insert(parent, side, lv, uint32(n), off, off != NoWords)
	for i := range LV(n) {
		g.all = append(g.all, branch{lv + i, parent, side, key})
		g.keys[lv+i] = key
		parent, side = lv+i, Right
	}
	return lv
}

// silent reports whether lv must not be shown.
func (g *grove) silent(lv LV) bool {
	return g.text && slices.ContainsFunc(g.mute, func(m span) bool { return m.has(lv) })
}

// key draws a key that is the outermost or innermost so far, on either side.
func (g *grove) key(t *rapid.T) float64 {
	g.count++
	return rapid.SampledFrom([]float64{g.count, -g.count, 1 / g.count, -1 / g.count}).Draw(t, "key")
}

// node draws an element, more often a new one, or the root, and a side of it.
func (g *grove) node(t *rapid.T) (LV, Side) {
	i := rapid.IntRange(0, len(g.all)).Draw(t, "back")
	if i == len(g.all) {
		return None, Right
	}
	return g.all[len(g.all)-1-i].lv, Side(rapid.IntRange(0, 1).Draw(t, "side"))
}

// one hangs one element anywhere.
func (g *grove) one(t *rapid.T) {
	p, side := g.node(t)
	g.next += LV(rapid.IntRange(0, 1).Draw(t, "gap"))
	g.hang(t, p, side, g.key(t), 1)
}

// run hangs a run anywhere.
func (g *grove) run(t *rapid.T) {
	p, side := g.node(t)
	g.hang(t, p, side, g.key(t), rapid.SampledFrom([]int{2, 2, 4, 4, 9, 9, 300, 300, 1200}).Draw(t, "length"))
}

// typing goes on after the newest element.
func (g *grove) typing(t *rapid.T) {
	if len(g.all) == 0 || g.all[len(g.all)-1].lv != g.next-1 {
		return
	}
	if !g.silent(g.next - 1) {
		g.s.Show(g.next-1, 1, true) // the cursor goes there
	}
	for range rapid.IntRange(1, 4).Draw(t, "length") {
		g.hang(t, g.next-1, Right, 0, 1)
	}
}

// chain hangs elements under each other, all on one side.
func (g *grove) chain(t *rapid.T) {
	p, side := g.node(t)
	for range rapid.IntRange(1, 8).Draw(t, "length") {
		g.next++
		p = g.hang(t, p, side, g.key(t), 1)
	}
}

// siblings hangs many at one place, some with something below them.
func (g *grove) siblings(t *rapid.T) {
	p, side := g.node(t)
	for range rapid.IntRange(2, 9).Draw(t, "count") {
		g.count++
		x := g.hang(t, p, side, float64(rapid.IntRange(-3, 3).Draw(t, "key"))+g.count/1e6, 1)
		for range rapid.IntRange(0, 1).Draw(t, "below") {
			g.hang(t, x, Side(rapid.IntRange(0, 1).Draw(t, "side")), g.key(t), 1)
		}
	}
}

// fill gives some elements their words.
func (g *grove) fill(t *rapid.T) {
	if len(g.mute) == 0 || !g.text {
		return
	}
	i := rapid.IntRange(0, len(g.mute)-1).Draw(t, "which")
	m := g.mute[i]
	from := uint32(rapid.IntRange(0, int(m.n)-1).Draw(t, "from"))
	to := min(m.n, from+uint32(rapid.IntRange(1, 9).Draw(t, "count")))
	g.mute = slices.Delete(g.mute, i, i+1)
	if from > 0 {
		g.mute = append(g.mute, span{m.lv, from})
	}
	if to < m.n {
		g.mute = append(g.mute, span{m.lv + to, m.n - to})
	}
	g.s.Fill(m.lv+from, to-from, 0)
}

// show shows or hides an element.
func (g *grove) show(t *rapid.T) {
	lv, _ := g.node(t)
	if lv == None || g.silent(lv) {
		return
	}
	shown := rapid.Bool().Draw(t, "shown")
	g.s.Show(lv, 1, shown)
	if _, is := g.s.Index(lv); is != shown {
		t.Fatalf("LV %d is shown: %v", lv, is)
	}
}

// truncate takes the newest elements back.
func (g *grove) truncate(t *rapid.T) {
	n := len(g.all) - rapid.IntRange(0, min(len(g.all), 20)).Draw(t, "count")
	if n == len(g.all) {
		return
	}
	g.next = g.all[n].lv
	g.s.Truncate(g.next)
	g.all = g.all[:n]
	g.mute = slices.DeleteFunc(g.mute, func(m span) bool { return m.lv >= g.next })
	for i := range g.mute {
		g.mute[i].n = min(g.mute[i].n, g.next-g.mute[i].lv)
	}
}

// check compares the sequence with its rules and with the twin.
func (g *grove) check(t *rapid.T) {
	if err := g.s.Check(); err != nil {
		t.Fatal(err)
	}
	var got []LV
	g.s.All(func(lv LV, n uint32, _ bool) bool {
		for i := range n {
			got = append(got, lv+i)
		}
		return true
	})
	if want := arrange(g.all); !slices.Equal(got, want) {
		t.Fatalf("order %v, not %v", got, want)
	}
}

// TestRandomTrees hangs elements where a hostile author would: on ends and middles
// of chains, on either side of siblings, inside runs; with words that come late
// and with everything since some moment taken back.
func TestRandomTrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		words := []byte("aßcd漢efgh😀")
		g := &grove{keys: map[LV]float64{}, text: rapid.IntRange(0, 3).Draw(t, "list") > 0}
		g.next = rapid.SampledFrom(starts).Draw(t, "start")
		order := func(a, b LV) int { return cmp.Compare(g.keys[a], g.keys[b]) }
		shape := rapid.SampledFrom(shapes).Draw(t, "shape")
		if g.s = newSized(order, nil, shape); g.text {
			g.s = newSized(order, &words, shape)
		}
		t.Repeat(map[string]func(*rapid.T){
			"one": g.one, "run": g.run, "typing": g.typing, "chain": g.chain, "siblings": g.siblings,
			"fill": g.fill, "show": g.show, "truncate": g.truncate, "": g.check,
		})
	})
}
