package shape

import (
	"cmp"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// testKey is the public key of a small number.
func testKey(n int) (k block.Key) {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = byte(n)
	copy(k[:], ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	return k
}

// change is a change that the table knows: held or applied.
type change struct {
	*node
	key     int
	links   []*change
	before  *change
	h       *graph.Held
	applied bool
	index   int32
	first   LV
}

// world is a graph and a table beside their twins.
type world struct {
	t    testing.TB
	r    *rand.Rand
	g    *graph.Graph
	tab  *Table
	keys []block.Key
	byID map[block.ID]*change
	list []*change // known, links first
	made int       // for times that differ
}

// newWorld returns a world whose genesis is applied.
func newWorld(t testing.TB, seed uint64) *world {
	w := &world{t: t, r: rand.New(rand.NewPCG(seed, 2)), g: graph.New(), tab: New(), byID: map[block.ID]*change{}}
	for k := range 3 {
		w.keys = append(w.keys, testKey(k))
	}
	c, err := w.admit(0, nil, nil, nil, []block.Op{{Code: block.OpGenesis, Name: "a work"}})
	if err != nil {
		t.Fatal(err)
	}
	w.apply(c)
	return w
}

// sorted orders changes as the format wants links.
func sorted(list []*change) []*change {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b *change) int { return block.Compare(a.id, b.id) })
	return list
}

// ids are the ids of changes.
func ids(list []*change) (out []block.ID) {
	for _, c := range list {
		out = append(out, c.id)
	}
	return out
}

// errTwin says that the twin judges otherwise than Admit, or Decode.
var errTwin = errors.New("the twin says otherwise")

// admit encodes a change, and takes it from its bytes to a held one. The error
// is that of Decode or Admit. Parents and refs are in the order of their ids, as
// sorted gives them: things in ops name them so.
func (w *world) admit(key int, prev *change, parents, refs []*change, ops []block.Op) (*change, error) {
	w.made++
	h := block.Header{By: w.keys[key], Parents: ids(parents), Refs: ids(refs), Time: int64(w.made)}
	n := &node{}
	if prev != nil {
		h.Prev, h.Seq, h.Start, n.prev = prev.id, prev.h.Seq+1, prev.start+uint64(len(prev.facts)), prev.node
	} else if len(w.list) > 0 {
		h.Work = w.list[0].id
	}
	n.start = h.Start
	var enc []byte
	for k := range ops {
		enc = block.AppendOp(enc, &ops[k])
		h.Size += ops[k].WordBytes()
	}
	if h.Size > 0 {
		h.Text = block.Sum(enc)
	}
	raw := block.Encode(&h, len(ops), enc)
	n.id = block.Sum(raw)
	c := &change{node: n, key: key, links: slices.Concat(parents, refs), before: prev}
	for _, l := range c.links {
		n.links = append(n.links, l.node)
	}
	valid := true
	for k := range ops {
		valid = valid && n.op(&ops[k])
	}
	var d block.Change
	err := block.Decode(raw, &d)
	if err == nil {
		c.h = &graph.Held{Header: d.Header, Ops: d.Ops, NOps: d.NOps, Count: d.Count, ID: n.id}
		if err := w.g.Link(c.h, w.find); err != nil {
			w.t.Fatalf("link: %v", err)
		}
		err = w.tab.Admit(w.g, c.h)
	}
	if (err == nil) != valid {
		w.t.Errorf("Admit of %+v says %v, the twin says %v", ops, err, valid)
		return nil, errTwin
	}
	if err != nil {
		return nil, err
	}
	w.byID[n.id] = c
	w.list = append(w.list, c)
	return c, nil
}

// find is what Link asks.
func (w *world) find(id block.ID) graph.Ref {
	if i, ok := w.g.Find(id); ok {
		return graph.At(i)
	}
	return graph.Of(w.byID[id].h)
}

// apply applies a held change.
func (w *world) apply(c *change) {
	c.first = w.g.NextLV()
	c.index = w.g.Append(c.h, graph.NoWords)
	w.tab.Apply(c.h)
	c.applied = true
}

// drop drops a held change.
func (w *world) drop(c *change) {
	w.tab.Drop(c.h)
	delete(w.byID, c.id)
	w.list = slices.DeleteFunc(w.list, func(x *change) bool { return x == c })
}

// linked are prev and links.
func (c *change) linked() []*change {
	if c.before == nil {
		return c.links
	}
	return append([]*change{c.before}, c.links...)
}

// ready tells whether all links of a held change are applied.
func (c *change) ready() bool {
	return !c.applied && !slices.ContainsFunc(c.linked(), func(l *change) bool { return !l.applied })
}

// last tells whether nothing known builds on a held change.
func (w *world) last(c *change) bool {
	return !c.applied && !slices.ContainsFunc(w.list, func(x *change) bool { return slices.Contains(x.linked(), c) })
}

// some is a random known change that fits.
func (w *world) some(fits func(*change) bool) *change {
	from := w.r.IntN(len(w.list))
	for k := range w.list {
		if c := w.list[(from+k)%len(w.list)]; fits(c) {
			return c
		}
	}
	return nil
}

// compare checks the table against what the known changes need: exactly their
// places, each once, for good where an applied change needs it; and what the
// numbers of a random change are.
func (w *world) compare() {
	w.t.Helper()
	if err := w.tab.Check(); err != nil {
		w.t.Fatal(err)
	}
	want := map[string]bool{} // path, whether for good
	for _, c := range w.list {
		for _, s := range c.spots {
			for ; s != nil; s = s.up {
				want[s.path] = want[s.path] || c.applied
			}
		}
	}
	got := map[string]bool{}
	for _, p := range w.tab.find {
		path := pathOf(w.tab, p)
		if _, twice := got[path]; twice {
			w.t.Fatalf("two places are %s", path)
		}
		got[path] = w.tab.places[p].refs == pinned
	}
	for path, good := range want {
		if is, ok := got[path]; !ok || is != good {
			w.t.Fatalf("place %s is there %v, for good %v, want %v", path, ok, is, good)
		}
	}
	if len(got) != len(want) {
		w.t.Fatalf("%d places, want %d", len(got), len(want))
	}
	c := w.some(func(*change) bool { return true })
	for off := range uint32(len(c.facts)) {
		w.same(w.tab.whatAt(w.g, graph.Of(c.h), off), c.facts[off])
		if c.applied {
			w.same(w.tab.At(c.first+off), c.facts[off])
		}
	}
}

// same compares what a number is with the twin's fact.
func (w *world) same(got What, want fact) {
	w.t.Helper()
	if got.Class() != want.class || (want.at != nil && pathOf(w.tab, got.Place()) != want.at.path) {
		w.t.Fatalf("a number is %d of %s, want %d of %v", got.Class(), pathOf(w.tab, got.Place()), want.class, want.at)
	}
}

// named is a number that a change under way can name.
type named struct {
	block.Thing
	fact
}

// scene is a change under way: where it stands and what it may name.
type scene struct {
	w       *world
	key     int
	prev    *change
	parents []*change
	refs    []*change
	n       *node // what it would be so far, without an id
	ops     []block.Op
}

// scene begins a change at a random place.
func (w *world) scene() *scene {
	s := &scene{w: w, key: w.r.IntN(3)}
	s.prev = w.some(func(c *change) bool { return c.key == s.key })
	taken := map[*change]bool{s.prev: true}
	pick := func(k int) (out []*change) {
		for range k {
			if c := w.some(func(*change) bool { return true }); !taken[c] {
				taken[c] = true
				out = append(out, c)
			}
		}
		return sorted(out)
	}
	s.parents = pick(w.r.IntN(3))
	if s.prev == nil && len(s.parents) == 0 {
		s.parents = w.list[:1]
		taken[w.list[0]] = true
	}
	s.refs = pick(w.r.IntN(2))
	s.n = &node{}
	if s.prev != nil {
		s.n.prev, s.n.start = s.prev.node, s.prev.start+uint64(len(s.prev.facts))
	}
	for _, l := range slices.Concat(s.parents, s.refs) {
		s.n.links = append(s.n.links, l.node)
	}
	return s
}

// names are all numbers that the change can name and that fit.
func (s *scene) names(fits func(fact) bool) (out []named) {
	for c := 0; c <= len(s.n.links); c++ {
		m := s.n
		if c > 0 {
			m = s.n.links[c-1]
		}
		for ; m != nil; m = m.prev {
			for k, f := range m.facts {
				if fits(f) {
					out = append(out, named{block.Thing{C: uint32(c), N: m.start + uint64(k)}, f})
				}
			}
		}
	}
	return out
}

// pick is a random number that fits, or now and then any, or one that is not
// there.
func (s *scene) pick(fits func(fact) bool) (named, bool) {
	r := s.w.r
	switch r.IntN(60) {
	case 0:
		fits = func(fact) bool { return true }
	case 1:
		return named{block.Thing{C: uint32(r.IntN(len(s.n.links) + 1)), N: r.Uint64N(60)}, fact{}}, true
	}
	list := s.names(fits)
	if len(list) == 0 {
		return named{}, false
	}
	return list[r.IntN(len(list))], true
}

// container picks a container of a kind.
func (s *scene) container(kind block.Kind) block.Container {
	if s.w.r.IntN(2) == 0 {
		n, ok := s.pick(func(f fact) bool {
			return (f.class == EntryMaker || f.class == ElemMaker || f.class == Node) && f.at.kind == kind
		})
		if ok {
			return block.Container{Kind: kind, Child: true, At: n.Thing}
		}
	}
	return block.Container{Kind: kind, Name: string(rune('a' + s.w.r.IntN(2)))}
}

// over picks some numbers that fit, ascending.
func (s *scene) over(fits func(fact) bool) (out []block.Thing) {
	for range s.w.r.IntN(3) {
		if n, ok := s.pick(fits); ok && !slices.Contains(out, n.Thing) {
			out = append(out, n.Thing)
		}
	}
	slices.SortFunc(out, func(a, b block.Thing) int { return cmp.Or(cmp.Compare(a.C, b.C), cmp.Compare(a.N, b.N)) })
	return out
}

// random adds a random op.
func (s *scene) random() {
	r := s.w.r
	codes := []block.Code{block.OpText, block.OpValues, block.OpListChild, block.OpSet, block.OpPut, block.OpAbsent, block.OpChild,
		block.OpChild, block.OpAdd, block.OpStep, block.OpDelete, block.OpRestore, block.OpNote,
		block.OpMove, block.OpMove, block.OpMark, block.OpBlock, block.OpNode, block.OpNode, block.OpTreeMove, block.OpQuote}
	op := block.Op{Code: codes[r.IntN(len(codes))], Side: block.Right, Kind: block.Kind(1 + r.IntN(6))}
	switch op.Code {
	case block.OpMove, block.OpMark, block.OpNode, block.OpTreeMove:
		if !s.standing(&op) {
			return
		}
	case block.OpText, block.OpValues, block.OpListChild, block.OpBlock, block.OpQuote:
		kind := block.KindList
		switch op.Code {
		case block.OpText, block.OpQuote:
			kind = block.KindText
			op.Runes, op.Bytes = 2, 2
		case block.OpBlock:
			kind = block.KindText
		}
		if op.Code == block.OpQuote {
			op.From.Change = block.Sum([]byte{1})
		}
		if op.Code == block.OpValues {
			op.Lens = []uint32{1, 1}
		}
		op.C = s.container(kind)
		if c := s.n.container(op.C); c != nil && r.IntN(3) > 0 {
			if n, ok := s.pick(func(f fact) bool { return same(f.list(), c) }); ok {
				op.HasAt, op.At, op.Side = true, n.Thing, block.Side(r.IntN(2))
			}
		}
	case block.OpSet:
		n, ok := s.pick(fact.item)
		if !ok {
			return
		}
		op.HasAt, op.At, op.Bytes = true, n.Thing, 1
		if m, off, f, ok := s.n.thing(n.Thing); ok && f.list() != nil {
			slot := elementSpot(f.list(), ElemSlot, 0, m.id, off)
			op.Over = s.over(func(f fact) bool { return same(f.slot(), slot) })
			if len(op.Over) == 0 && r.IntN(2) == 0 {
				op.Over = []block.Thing{n.Thing}
			}
		}
	case block.OpPut, block.OpAbsent, block.OpChild:
		op.C, op.Key = s.container(block.KindMap), string(rune('k'+r.IntN(2)))
		if op.Code == block.OpPut {
			op.Bytes = 1
		}
		if m := s.n.container(op.C); m != nil {
			slot := slotSpot(m, op.Key)
			op.Over = s.over(func(f fact) bool { return same(f.slot(), slot) })
			if n, ok := s.pick(func(f fact) bool {
				return f.class == EntryMaker && same(f.slot(), slot) && f.at.kind == op.Kind
			}); op.Code == block.OpChild && ok && r.IntN(3) > 0 {
				op.HasAt, op.At = true, n.Thing
			}
		}
	case block.OpAdd:
		op.C, op.Lens = s.container(block.KindSet), []uint32{1, 2}
	case block.OpStep:
		op.C, op.Amount = s.container(block.KindCounter), 3
	case block.OpDelete, block.OpRestore:
		for range 1 + r.IntN(3) {
			n, ok := s.pick(func(f fact) bool { return (f.class == Delete) == (op.Code == block.OpRestore) })
			run := block.Run{C: n.C, N: n.N, Len: 1 + uint32(r.IntN(2)*r.IntN(4))}
			if ok && !slices.ContainsFunc(op.Runs, func(o block.Run) bool {
				return o.C == run.C && o.N < run.N+uint64(run.Len) && run.N < o.N+uint64(o.Len)
			}) {
				op.Runs = append(op.Runs, run)
			}
		}
		if len(op.Runs) == 0 {
			return
		}
	case block.OpNote:
		op.Bytes = 1
	}
	if op.Code != block.OpListChild && op.Code != block.OpChild {
		op.Kind = 0
	}
	s.n.op(&op) // what it would make, for the ops that follow
	s.ops = append(s.ops, op)
}

// String says what is known, for a failure.
func (w *world) String() string {
	held := 0
	for _, c := range w.list {
		if !c.applied {
			held++
		}
	}
	return fmt.Sprintf("%d applied, %d held, %d places", len(w.list)-held, held, len(w.tab.find))
}
