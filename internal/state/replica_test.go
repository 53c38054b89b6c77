package state

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/entries"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/sequence"
	"github.com/commonhold/commonhold/internal/shape"
)

// histories is how many TestRandomHistories makes.
const histories = 100

// replica is a graph, a number table, an arena and a state that follows them,
// and what it was given so far.
type replica struct {
	u     *universe
	g     *graph.Graph
	t     *shape.Table
	words []byte
	s     *State
	has   set
	nodes []*node // by index in the graph
}

// newReplica returns a replica without changes.
func newReplica(u *universe) *replica {
	p := &replica{u: u, g: graph.New(), t: shape.New(), words: Arena()}
	p.s = New(p.g, p.t, &p.words)
	p.has = set{off: map[*node]bool{}, absent: map[*node]bool{}}
	return p
}

// ready are the changes that could be applied next.
func (p *replica) ready() (out []*node) {
	for _, n := range p.u.list {
		if !slices.Contains(p.nodes, n) && !slices.ContainsFunc(n.linked(), func(l *node) bool { return !slices.Contains(p.nodes, l) }) {
			out = append(out, n)
		}
	}
	return out
}

// take applies a change, with its words or without.
func (p *replica) take(n *node, withWords bool) {
	var c block.Change
	if err := block.Decode(n.raw, &c); err != nil {
		p.u.t.Fatal(err)
	}
	h := &graph.Held{Header: c.Header, Ops: c.Ops, NOps: c.NOps, Count: c.Count, ID: n.id}
	err := p.g.Link(h, func(id block.ID) graph.Ref {
		i, _ := p.g.Find(id)
		return graph.At(i)
	})
	if err != nil {
		p.u.t.Fatal(err)
	}
	if err := p.t.Admit(p.g, h); err != nil {
		p.u.t.Fatalf("change %d: %v", n.index, err)
	}
	words := uint32(graph.NoWords)
	if withWords && len(n.text) > 0 {
		words = uint32(len(p.words))
		p.words = append(p.words, n.text...)
	}
	i := p.g.Append(h, words)
	p.t.Apply(h)
	places := h.Places
	if p.u.r.IntN(2) == 0 {
		places = nil
	}
	p.s.Apply(graph.At(i), p.g.Ops(i), block.Briefs{}, places, words)
	p.nodes = append(p.nodes, n)
	p.has.list = p.nodes
	if words == graph.NoWords && len(n.text) > 0 {
		p.has.absent[n] = true
	}
}

// turn switches a random change.
func (p *replica) turn() {
	i := p.u.r.IntN(len(p.nodes))
	on := p.u.r.IntN(2) == 0
	p.s.Switch(int32(i), on)
	if on {
		delete(p.has.off, p.nodes[i])
	} else {
		p.has.off[p.nodes[i]] = true
	}
}

// fill gives a random change its words.
func (p *replica) fill() {
	i := p.u.r.IntN(len(p.nodes))
	words := p.g.WordsAt(int32(i))
	if p.has.absent[p.nodes[i]] {
		words = uint32(len(p.words))
		p.words = append(p.words, p.nodes[i].text...)
		p.g.SetWords(int32(i), words)
	}
	p.s.Fill(int32(i), words)
	delete(p.has.absent, p.nodes[i])
}

// indexes are the indexes in the graph of the changes of a set, ascending.
func (p *replica) indexes(s *set) (out []int32) {
	for i, n := range p.nodes {
		if slices.Contains(s.list, n) {
			out = append(out, int32(i))
		}
	}
	return out
}

// same fails unless a state shows what a set shows, and holds its invariants.
func (p *replica) same(what string, s *State, want *set) {
	p.u.t.Helper()
	if err := s.Check(p.indexes(want)); err != nil {
		p.u.t.Fatalf("%s: %v", what, err)
	}
	for _, got := range []string{p.dump(s, want.containers()), p.dump(s, want.containers())} { // reads change nothing
		if got != want.dump() {
			p.u.t.Fatalf("%s: shows\n%s\nwant\n%s", what, diff(got, want.dump()), diff(want.dump(), got))
		}
	}
}

// diff are the lines of a that are not in b.
func diff(a, b string) string {
	has := map[string]bool{}
	for l := range strings.Lines(b) {
		has[l] = true
	}
	var out strings.Builder
	for l := range strings.Lines(a) {
		if !has[l] {
			out.WriteString(l)
		}
	}
	return out.String()
}

// past builds a state of a random closed set under random verdicts.
func (p *replica) past() {
	in := map[*node]bool{}
	for range p.u.r.IntN(4) {
		stack := []*node{p.nodes[p.u.r.IntN(len(p.nodes))]}
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if !in[n] {
				in[n] = true
				stack = append(stack, n.linked()...)
			}
		}
	}
	want := set{off: map[*node]bool{}, absent: maps.Clone(p.has.absent)}
	s := New(p.g, p.t, &p.words)
	for i, n := range p.nodes {
		if in[n] {
			want.list = append(want.list, n)
			s.Apply(graph.At(int32(i)), p.g.Ops(int32(i)), block.Briefs{}, nil, p.g.WordsAt(int32(i)))
		}
	}
	for i, n := range p.nodes {
		if in[n] && p.u.r.IntN(4) == 0 {
			want.off[n] = true
			s.Switch(int32(i), false)
		}
	}
	s.Settle()
	p.same("a past", s, &want)
}

// name spells a number as the twin does; open ones are of the node that is open.
func (p *replica) name(lv LV) string {
	if lv >= p.g.NextLV() {
		return fmt.Sprintf("%d.%d", p.has.list[len(p.nodes)].index, lv-p.g.NextLV())
	}
	i := p.g.ChangeOf(lv)
	return fmt.Sprintf("%d.%d", p.nodes[i].index, lv-p.g.First(i))
}

// names spells numbers.
func (p *replica) names(list []LV, sort bool) string {
	var out []string
	for _, lv := range list {
		out = append(out, p.name(lv))
	}
	if sort {
		slices.Sort(out)
	}
	return strings.Join(out, " ")
}

// place is the place of a container of the twin, NoPlace when it is not known.
func (p *replica) place(c *box) int32 {
	sort, up, name := shape.Root, shape.NoPlace, c.key
	if c.up != nil && c.up.kind == block.KindTree {
		return p.nodePlace(c)
	}
	if c.up != nil {
		up, name = p.place(c.up), ""
		sort = shape.Child
		if c.up.kind != 0 {
			sort = shape.ElemChild
			if c.kind == 0 {
				sort, name = shape.Slot, c.key
			}
		}
	}
	if sort == shape.ElemChild {
		var index int
		var off uint32
		rest := c.path[strings.LastIndex(c.path, "element "):]
		if _, err := fmt.Sscanf(rest, "element %d.%d", &index, &off); err != nil {
			p.u.t.Fatal(err)
		}
		k := slices.IndexFunc(p.has.list, func(n *node) bool { return n.index == index })
		if k < len(p.nodes) {
			name = p.t.Element(p.g, graph.At(int32(k)), off)
		} else {
			h := &graph.Held{LV: p.g.NextLV()}
			p.g.Open(h, block.Key{}, graph.None32, nil)
			name = p.t.Element(p.g, graph.Of(h), off)
		}
	}
	at, ok := p.t.Lookup(sort, up, c.kind, c.inc, name)
	if !ok {
		return shape.NoPlace
	}
	return at
}

// path is the path of the container that element or entry lv made.
func (p *replica) path(lv LV) string {
	for _, n := range p.has.list {
		for _, x := range n.nums {
			if x.name() == p.name(lv) {
				if at := p.place(x.made); at == shape.NoPlace || p.t.At(lv).Place() != at {
					p.u.t.Fatalf("number %d made place %d, want %d", lv, p.t.At(lv).Place(), at)
				}
				return x.made.path
			}
		}
	}
	return "unknown"
}

// dump spells what a state shows, as set.dump does.
func (p *replica) dump(s *State, containers []*box) string {
	var b strings.Builder
	for _, c := range containers {
		at := p.place(c)
		if at == shape.NoPlace {
			p.u.t.Fatalf("no place is %s", c.path)
		}
		fmt.Fprintf(&b, "%s: inside %v, shows %v\n", c.path, s.Inside(at), s.Shows(at))
		switch c.kind {
		case block.KindText, block.KindList:
			if q := s.Peek(at); q != nil {
				p.dumpSequence(&b, s, q, c.kind == block.KindText)
			} else {
				p.dumpSequence(&b, s, sequence.New(s.siblings, s.Words), c.kind == block.KindText)
			}
		case block.KindMap:
			for _, slot := range s.Keys(at) {
				fmt.Fprintf(&b, "  %s: %s\n", p.t.Get(slot).Name, p.slot(s, slot))
			}
		case block.KindSet:
			p.dumpSet(&b, s, at)
		case block.KindTree:
			p.dumpTree(&b, s, at, c)
		case block.KindCounter:
			n, ok := s.Steps.Int64(at)
			if !ok {
				p.u.t.Fatal("a counter is out of range")
			}
			fmt.Fprintf(&b, "  %d\n", n)
		}
	}
	return b.String()
}

// slot spells the entries of a slot.
func (p *replica) slot(s *State, slot int32) string {
	list := s.Slots.Conflicts(slot, nil)
	if w, ok := s.Slots.Winner(slot); ok != (len(list) > 0) || (ok && w != list[0]) {
		p.u.t.Fatalf("slot %d: winner %v %v of %v", slot, w, ok, list)
	}
	var values []string
	for _, e := range list {
		values = append(values, p.value(e.LV, e.Kind == entries.Child, e.Off, e.Size))
	}
	over := s.Slots.Frontier(slot, nil)
	if !slices.IsSorted(over) {
		p.u.t.Fatalf("slot %d: frontier %v", slot, over)
	}
	return fmt.Sprintf("entries %s, over %s, values %s", p.names(s.Slots.Entries(slot, nil), false), p.names(over, true), strings.Join(values, " "))
}

// value spells one value.
func (p *replica) value(lv LV, child bool, off, size uint32) string {
	switch {
	case child:
		return p.name(lv) + "=" + p.path(lv)
	case off == graph.NoWords:
		return p.name(lv) + "=withheld"
	}
	return p.name(lv) + fmt.Sprintf("=%x", p.words[off:off+size])
}

// dumpSequence spells a text or list.
func (p *replica) dumpSequence(b *strings.Builder, s *State, q *sequence.Seq, text bool) {
	shown := 0
	q.All(func(lv LV, n uint32, is bool) bool {
		for end := lv + n; lv < end; lv++ {
			if is {
				shown++
			}
			fmt.Fprintf(b, "  %s %v", p.name(lv), is)
			if text {
				continue
			}
			if p.t.At(lv).Class() == shape.Move {
				fmt.Fprintf(b, " of %s", p.name(s.ElemOf(lv)))
				continue
			}
			if pos, ok := s.PosSlot(lv); ok && len(s.Positions().Entries(pos, nil)) > 1 {
				fmt.Fprintf(b, " positions %s, over %s", p.names(s.Positions().Entries(pos, nil), false), p.names(s.Positions().Frontier(pos, nil), true))
			}
			slot, set := s.ElemSlot(lv)
			switch {
			case !set || len(s.Slots.Entries(slot, nil)) < 2: // the set of it was taken back
				off, size, _ := s.ElemValue(lv)
				fmt.Fprintf(b, " %s", p.value(lv, p.t.At(lv).Class() == shape.ElemMaker, off, size))
			case s.Life.Alive(lv):
				fmt.Fprintf(b, " %s", p.slot(s, slot))
			}
		}
		return true
	})
	if shown != q.Len() {
		p.u.t.Fatalf("%d elements are shown, the length is %d", shown, q.Len())
	}
	if text {
		fmt.Fprintf(b, " %q", q.AppendText(nil, 0, q.Len()))
	}
	b.WriteString("\n")
}

// dumpSet spells a set.
func (p *replica) dumpSet(b *strings.Builder, s *State, at int32) {
	s.Tags.Each(at, func(value []byte, lv LV) bool {
		tags := s.Tags.TagsOf(at, value, nil)
		if !slices.Contains(tags, lv) {
			p.u.t.Fatalf("tag %d is not among %v", lv, tags)
		}
		fmt.Fprintf(b, "  %x by %s\n", value, p.names(tags, true))
		return true
	})
	fmt.Fprintf(b, "  alive %s\n", p.names(s.Tags.Alive(at, nil), true))
}

// TestRandomHistories feeds replicas the same random changes in random orders,
// with words late and changes switched off and on between, and compares each
// with the twin.
func TestRandomHistories(t *testing.T) {
	for seed := range uint64(histories) {
		u := newUniverse(t, seed)
		for range 12 + int(seed%20) {
			u.grow()
		}
		var final []string
		for range 3 {
			p := newReplica(u)
			for len(p.nodes) < len(u.list) {
				ready := p.ready()
				p.take(ready[u.r.IntN(len(ready))], u.r.IntN(3) > 0)
				for u.r.IntN(3) == 0 {
					p.turn()
				}
				if u.r.IntN(4) == 0 {
					p.fill()
				}
				if u.r.IntN(3) == 0 {
					p.s.Settle()
					p.same(fmt.Sprintf("seed %d, %d changes", seed, len(p.nodes)), p.s, &p.has)
				}
			}
			p.s.Settle()
			p.same(fmt.Sprintf("seed %d, all", seed), p.s, &p.has)
			for range 3 {
				p.past()
			}
			for i, n := range p.nodes { // all on, all words
				p.s.Switch(int32(i), true)
				if p.has.absent[n] {
					words := uint32(len(p.words))
					p.words = append(p.words, n.text...)
					p.g.SetWords(int32(i), words)
					p.s.Fill(int32(i), words)
				}
			}
			p.has.off, p.has.absent = map[*node]bool{}, map[*node]bool{}
			p.s.Settle()
			p.same(fmt.Sprintf("seed %d, all on", seed), p.s, &p.has)
			final = append(final, p.dump(p.s, p.has.containers()))
		}
		if final[0] != final[1] || final[0] != final[2] {
			t.Fatalf("seed %d: replicas differ", seed)
		}
	}
}
