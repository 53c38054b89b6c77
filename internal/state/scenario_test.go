package state

import (
	"runtime/debug"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
	"github.com/commonhold/commonhold/internal/shape"
)

// give makes a change of ops on the last one, by the same key, and applies it. It
// returns its index.
func (p *replica) give(withWords bool, text string, ops ...block.Op) int32 {
	u := p.u
	h := block.Header{By: u.keys[0], Time: int64(len(p.nodes)), Size: uint32(len(text))}
	last := int32(len(p.nodes) - 1)
	h.Prev, h.Seq, h.Start = p.g.ID(last), p.g.Seq(last)+1, p.g.Start(last)+uint64(p.g.Count(last))
	if text != "" {
		h.Text = block.Sum([]byte(text))
	}
	var enc []byte
	for k := range ops {
		enc = block.AppendOp(enc, &ops[k])
	}
	raw := block.Encode(&h, len(ops), enc)
	p.take(&node{raw: raw, id: block.Sum(raw), text: []byte(text)}, withWords)
	p.s.Settle()
	return last + 1
}

// begin is a replica with a genesis of no numbers.
func begin(t testing.TB) *replica {
	u := newUniverse(t, 1)
	p := newReplica(u)
	p.take(u.list[0], true)
	return p
}

func rootOf(kind block.Kind) block.Container { return block.Container{Kind: kind} }

// childOf names the container that number n of the own chain made.
func childOf(kind block.Kind, n uint64) block.Container {
	return block.Container{Kind: kind, Child: true, At: block.Thing{N: n}}
}

// place is the place of a root container.
func (p *replica) rootPlace(kind block.Kind) int32 {
	at, ok := p.t.Lookup(shape.Root, shape.NoPlace, kind, 0, "")
	if !ok {
		p.u.t.Fatal("no such root")
	}
	return at
}

// contents are an op that puts one thing into a child container, by its kind,
// which number 0 of the chain made.
func contents(kind block.Kind) (block.Op, string) {
	op := block.Op{C: childOf(kind, 0), Side: block.Right}
	switch kind {
	case block.KindMap:
		op.Code, op.Key, op.Bytes, op.Side = block.OpPut, "k", 1, 0
	case block.KindList:
		op.Code, op.Lens = block.OpValues, []uint32{1}
	case block.KindText:
		op.Code, op.Runes, op.Bytes = block.OpText, 1, 1
	case block.KindSet:
		op.Code, op.Lens, op.Side = block.OpAdd, []uint32{1}, 0
	case block.KindCounter:
		op.Code, op.Amount, op.Side = block.OpStep, 5, 0
		return op, ""
	case block.KindTree:
		op.Code = block.OpNode
		return op, ""
	}
	return op, "x"
}

// TestStandingChild switches off the change that made a child of a map: it stands
// while anything in it is alive, and falls when that is deleted or it is itself.
func TestStandingChild(t *testing.T) {
	for kind := block.KindMap; kind <= block.KindTree; kind++ {
		p := begin(t)
		child := p.give(true, "", block.Op{Code: block.OpChild, C: rootOf(block.KindMap), Key: "c", Kind: kind})
		op, text := contents(kind)
		in := p.give(true, text, op)
		slot := p.s.Keys(p.rootPlace(block.KindMap))[0]
		want := func(when string, inside, there bool) {
			t.Helper()
			p.s.Settle()
			at := p.t.At(p.g.First(child)).Place()
			_, ok := p.s.Slots.Winner(slot)
			if p.s.Inside(at) != inside || p.s.Shows(at) != inside || ok != there {
				t.Errorf("kind %d, %s: inside %v, shows %v, there %v, want %v, %v", kind, when, p.s.Inside(at), p.s.Shows(at), ok, inside, there)
			}
			if err := p.s.Check([]int32{0, 1, 2, 3, 4}[:p.g.Len()]); err != nil {
				t.Errorf("kind %d, %s: %v", kind, when, err)
			}
		}
		want("made", true, true)
		p.s.Switch(child, false)
		want("its maker off", true, true)
		p.s.Switch(in, false)
		want("both off", false, false)
		p.s.Switch(child, true)
		want("empty", false, true)
		p.s.Switch(in, true)
		deletes := p.give(true, "", block.Op{Code: block.OpDelete, Runs: []block.Run{{N: 1, Len: 1}}})
		want("emptied", false, true)
		p.s.Switch(child, false)
		want("emptied, its maker off", false, false)
		p.give(true, "", block.Op{Code: block.OpRestore, Runs: []block.Run{{N: 2, Len: 1}}})
		want("restored, its maker off", true, true)
		p.s.Switch(deletes, false)
		want("restored, the delete off too", true, true)
	}
}

// TestDeletedChildFalls deletes the entry of a child that is off: what is in it
// does not make it stand.
func TestDeletedChildFalls(t *testing.T) {
	p := begin(t)
	child := p.give(true, "", block.Op{Code: block.OpChild, C: rootOf(block.KindMap), Key: "c", Kind: block.KindText})
	op, text := contents(block.KindText)
	p.give(true, text, op)
	del := p.give(true, "", block.Op{Code: block.OpDelete, Runs: []block.Run{{N: 0, Len: 1}}})
	slot := p.s.Keys(p.rootPlace(block.KindMap))[0]
	for _, c := range []struct{ child, del, there bool }{{true, true, false}, {false, true, false}, {false, false, true}, {true, false, true}} {
		p.s.Switch(child, c.child)
		p.s.Switch(del, c.del)
		p.s.Settle()
		if _, ok := p.s.Slots.Winner(slot); ok != c.there {
			t.Errorf("entry on %v, its delete on %v: there %v", c.child, c.del, ok)
		}
	}
}

// TestLateWords fills absent words in every state that their numbers can be in.
func TestLateWords(t *testing.T) {
	for bits := range 8 {
		p := begin(t)
		text := p.give(false, "añb1112y", []block.Op{
			{Code: block.OpText, Side: block.Right, C: rootOf(block.KindText), Runes: 3, Bytes: 4},
			{Code: block.OpValues, Side: block.Right, C: rootOf(block.KindList), Lens: []uint32{1, 2}},
			{Code: block.OpAdd, C: rootOf(block.KindSet), Lens: []uint32{1}},
			{Code: block.OpPut, C: rootOf(block.KindMap), Key: "k", Bytes: 1},
		}...)
		set := p.give(false, "s", block.Op{Code: block.OpSet, HasAt: true, At: block.Thing{N: 3}, Over: []block.Thing{{N: 3}}, Bytes: 1})
		p.give(true, "", block.Op{Code: block.OpDelete, Runs: []block.Run{{N: 1, Len: 1}}})
		q := p.s.Peek(p.rootPlace(block.KindText))
		if q.Len() != 0 || p.s.Shows(p.rootPlace(block.KindList)) || p.s.Present(p.g.First(text)) {
			t.Fatal("elements without words are shown")
		}
		if w, ok := p.s.Slots.Winner(p.s.Keys(p.rootPlace(block.KindMap))[0]); !ok || w.Off != graph.NoWords {
			t.Errorf("an entry without words is %v %v", w, ok)
		}
		fill := func() {
			for _, i := range []int32{text, set} {
				words := uint32(len(p.words))
				p.words = append(p.words, p.nodes[i].text...)
				p.g.SetWords(i, words)
				p.s.Fill(i, words)
				p.s.Fill(i, 0) // again does nothing
			}
		}
		if bits&1 > 0 {
			p.s.Switch(text, false)
			p.s.Settle()
		}
		if bits&2 > 0 {
			fill()
		}
		p.s.Switch(text, true)
		p.s.Settle()
		if bits&2 == 0 {
			fill()
		}
		if err := p.s.Check([]int32{0, 1, 2, 3}); err != nil {
			t.Error(err)
		}
		if got := string(q.AppendText(nil, 0, q.Len())); got != "ab" {
			t.Errorf("%d: the text is %q", bits, got)
		}
		value := func(off, size uint32) string { return string(p.words[off : off+size]) }
		slot, ok := p.s.ElemSlot(p.g.First(text) + 3)
		if e, _ := p.s.Slots.Winner(slot); !ok || value(e.Off, e.Size) != "s" {
			t.Errorf("%d: the element that was set is %v %v", bits, e, ok)
		}
		if off, size, ok := p.s.ElemValue(p.g.First(text) + 4); !ok || value(off, size) != "11" {
			t.Errorf("%d: the other element is at %d", bits, off)
		}
		if e, ok := p.s.Slots.Entry(p.g.First(text) + 3); !ok || value(e.Off, e.Size) != "1" {
			t.Errorf("%d: the first value is %v", bits, e)
		}
		if !p.s.Tags.Has(p.rootPlace(block.KindSet), []byte("2")) {
			t.Errorf("%d: the member is not there", bits)
		}
		if e, _ := p.s.Slots.Winner(p.s.Keys(p.rootPlace(block.KindMap))[0]); value(e.Off, e.Size) != "y" {
			t.Errorf("%d: the entry is %v", bits, e)
		}
	}
}

// TestDeepNesting asks for what is inside 30,000 maps in each other, with a stack
// too small for anything recursive.
func TestDeepNesting(t *testing.T) {
	const n = 30_000
	p := begin(t)
	ops := []block.Op{{Code: block.OpChild, C: rootOf(block.KindMap), Key: "c", Kind: block.KindMap}}
	for k := range uint64(n - 1) {
		ops = append(ops, block.Op{Code: block.OpChild, C: childOf(block.KindMap, k), Key: "c", Kind: block.KindMap})
	}
	nest := p.give(true, "", ops...)
	p.s.Switch(nest, false)
	p.s.Settle()
	defer debug.SetMaxStack(debug.SetMaxStack(256 << 10))
	root := p.rootPlace(block.KindMap)
	if p.s.Inside(root) || p.s.Shows(root) {
		t.Error("something is inside, though all is off")
	}
	in := p.give(true, "", block.Op{Code: block.OpChild, C: childOf(block.KindMap, n-1), Key: "c", Kind: block.KindText})
	if !p.s.Inside(root) || !p.s.Shows(root) {
		t.Error("nothing is inside")
	}
	p.s.Switch(in, false)
	p.s.Settle()
	if p.s.Inside(root) {
		t.Error("something is inside again")
	}
}

// TestCheckSeesDamage breaks each invariant by hand and wants Check to name it.
func TestCheckSeesDamage(t *testing.T) {
	tests := []struct {
		want   string
		damage func(s *State)
	}{
		{"invariant 1", func(s *State) { s.Seq(0).Show(1, 1, false) }},
		{"invariant 1", func(s *State) { s.absent[1] = true }},
		{"invariant 1", func(s *State) { s.seqs[1] = s.seqs[0] }},
		{"invariant 2", func(s *State) { s.Tags.Flip(8, false) }},
		{"invariant 2", func(s *State) { s.Steps.Flip(9, false) }},
		{"invariant 2", func(s *State) { s.Life.Switch(7, 1, false) }},
		{"invariant 2", func(s *State) { s.off[1] = true }},
		{"invariant 2", func(s *State) { s.Slots.Truncate(6); s.keys = map[int32]*Keys{} }},
		{"invariant 3", func(s *State) { clear(s.elemSlot) }},
		{"invariant 3", func(s *State) { s.elemSlot[4] = s.elemSlot[3] }},
		{"keys of map", func(s *State) {
			for m := range s.keys {
				s.keys[m].slots[0] = 0
			}
		}},
		{"keys", func(s *State) { s.keys = map[int32]*Keys{} }},
	}
	for k, c := range tests {
		p := begin(t)
		p.give(true, "abc12zqvt", []block.Op{
			{Code: block.OpText, Side: block.Right, C: rootOf(block.KindText), Runes: 3, Bytes: 3},             // 0 1 2
			{Code: block.OpValues, Side: block.Right, C: rootOf(block.KindList), Lens: []uint32{1, 1}},         // 3 4
			{Code: block.OpSet, HasAt: true, At: block.Thing{N: 3}, Bytes: 1},                                  // 5
			{Code: block.OpPut, C: rootOf(block.KindMap), Key: "k", Bytes: 1},                                  // 6
			{Code: block.OpChild, C: rootOf(block.KindMap), Key: "k", Kind: block.KindMap},                     // 7
			{Code: block.OpAdd, C: rootOf(block.KindSet), Lens: []uint32{1}},                                   // 8
			{Code: block.OpStep, C: rootOf(block.KindCounter), Amount: 2},                                      // 9
			{Code: block.OpDelete, Runs: []block.Run{{N: 0, Len: 1}}},                                          // 10
			{Code: block.OpText, Side: block.Left, HasAt: true, C: rootOf(block.KindText), Runes: 1, Bytes: 1}, // 11, on 0
		}...)
		if err := p.s.Check([]int32{0, 1}); err != nil {
			t.Fatalf("the sample is already broken: %v", err)
		}
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Errorf("damage %d: panic %v", k, r)
				}
			}()
			c.damage(p.s)
		}()
		if err := p.s.Check([]int32{0, 1}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("damage %d: Check says %v, want %s", k, err, c.want)
		}
	}
	p := begin(t)
	p.give(true, "a", block.Op{Code: block.OpText, Side: block.Right, C: rootOf(block.KindText), Runes: 1, Bytes: 1})
	for _, changes := range [][]int32{{0}, {}} {
		if err := p.s.Check(changes); err == nil {
			t.Errorf("Check takes %v for what was fed", changes)
		}
	}
}

// BenchmarkApply builds the state of 1,000 changes of typing, as a view of the
// past does.
func BenchmarkApply(b *testing.B) {
	p := begin(b)
	for k := range uint64(1000) {
		op := block.Op{Code: block.OpText, Side: block.Right, C: rootOf(block.KindText), Runes: 10, Bytes: 10}
		if k > 0 {
			op.HasAt, op.At = true, block.Thing{N: 12*k - 3}
		}
		p.give(true, "abcdefghij", op, block.Op{Code: block.OpDelete, Runs: []block.Run{{N: 12*k + 3, Len: 2}}})
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		s := New(p.g, p.t, &p.words)
		for i := range int32(p.g.Len()) {
			s.Apply(graph.At(i), p.g.Ops(i), block.Briefs{}, nil, p.g.WordsAt(i))
		}
		s.Settle()
	}
}
