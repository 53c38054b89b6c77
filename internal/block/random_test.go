package block_test

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"pgregory.net/rapid"
)

// gen draws good changes.
type gen struct {
	t       *rapid.T
	links   int    // parents and refs
	before  uint64 // numbers of the own chain before the op being drawn
	words   uint64
	genesis bool
}

// int draws a number in [0, n], with a liking for small ones.
func (g *gen) int(n int, what string) int { return rapid.IntRange(0, n).Draw(g.t, what) }

// thing draws a thing that an op may name, and whether there is one.
func (g *gen) thing() (block.Thing, bool) {
	c := g.int(g.links, "link")
	if c > 0 {
		return block.Thing{C: uint32(c), N: rapid.Uint64Range(0, 1<<53-1).Draw(g.t, "number")}, true
	}
	if g.before == 0 {
		return block.Thing{}, false
	}
	return block.Thing{N: rapid.Uint64Range(0, g.before-1).Draw(g.t, "own number")}, true
}

// container draws a container of the kind.
func (g *gen) container(kind block.Kind) block.Container {
	if t, ok := g.thing(); ok && rapid.Bool().Draw(g.t, "child") {
		return block.Container{Kind: kind, Child: true, At: t}
	}
	return block.Container{Kind: kind, Name: rapid.StringN(0, 4, 30).Draw(g.t, "name")}
}

// bytes draws a number of bytes of words.
func (g *gen) bytes(least int) uint32 {
	n := rapid.IntRange(least, 300).Draw(g.t, "bytes")
	g.words += uint64(n)
	return uint32(n)
}

// over draws things, sorted.
func (g *gen) over() (over []block.Thing) {
	for range g.int(3, "overs") {
		if t, ok := g.thing(); ok {
			over = append(over, t)
		}
	}
	slices.SortFunc(over, func(a, b block.Thing) int {
		return slices.Compare([]uint64{uint64(a.C), a.N}, []uint64{uint64(b.C), b.N})
	})
	return slices.Compact(over)
}

// runs draws runs that share no number, in any order.
func (g *gen) runs() (runs []block.Run) {
	for range 1 + g.int(4, "runs") {
		t, ok := g.thing()
		if !ok {
			continue
		}
		end := uint64(1 << 53)
		if t.C == 0 {
			end = g.before
		}
		r := block.Run{C: t.C, N: t.N, Len: uint32(rapid.Uint64Range(1, min(end-t.N, 2000)).Draw(g.t, "length"))}
		if !slices.ContainsFunc(runs, func(o block.Run) bool {
			return o.C == r.C && o.N < r.N+uint64(r.Len) && r.N < o.N+uint64(o.Len)
		}) {
			runs = append(runs, r)
		}
	}
	return runs
}

// value draws an encoded value.
func (g *gen) value() []byte {
	b, err := block.EncodeValue(genValue().Draw(g.t, "value"))
	if err != nil {
		return []byte{0xf6}
	}
	return b
}

// at draws the place of an insert into a sequence.
func (g *gen) at(op *block.Op) {
	op.Side = block.Right
	if op.At, op.HasAt = g.thing(); op.HasAt && rapid.Bool().Draw(g.t, "root") {
		op.At, op.HasAt = block.Thing{}, false
	} else if op.HasAt {
		op.Side = block.Side(g.int(1, "side"))
	}
}

// op draws an op; where one of the drawn code cannot be, a note.
func (g *gen) op() (op block.Op) {
	codes := []block.Code{block.OpText, block.OpValues, block.OpListChild, block.OpSet, block.OpPut, block.OpAbsent, block.OpChild,
		block.OpAdd, block.OpStep, block.OpDelete, block.OpRestore, block.OpNote, block.OpAct,
		block.OpMove, block.OpMark, block.OpBlock, block.OpNode, block.OpTreeMove, block.OpQuote}
	op.Code = rapid.SampledFrom(codes).Draw(g.t, "code")
	switch op.Code {
	case block.OpText:
		op.C = g.container(block.KindText)
		g.at(&op)
		op.Bytes = g.bytes(1)
		op.Runes = rapid.Uint32Range((op.Bytes+3)/4, op.Bytes).Draw(g.t, "runes")
	case block.OpValues, block.OpAdd:
		if op.C = g.container(block.KindSet); op.Code == block.OpValues {
			op.C.Kind = block.KindList
			g.at(&op)
		}
		for range 1 + g.int(3, "values") {
			op.Lens = append(op.Lens, g.bytes(1))
		}
	case block.OpListChild:
		op.C = g.container(block.KindList)
		g.at(&op)
		op.Kind = block.Kind(1 + g.int(5, "kind"))
	case block.OpSet:
		if op.At, op.HasAt = g.thing(); !op.HasAt {
			return block.Op{Code: block.OpNote, Bytes: g.bytes(1)}
		}
		op.Over, op.Bytes = g.over(), g.bytes(1)
	case block.OpPut, block.OpAbsent, block.OpChild:
		op.C, op.Key, op.Over = g.container(block.KindMap), rapid.StringN(0, 5, 40).Draw(g.t, "key"), g.over()
		if op.Code == block.OpPut {
			op.Bytes = g.bytes(1)
		} else if op.Code == block.OpChild {
			op.Kind = block.Kind(1 + g.int(5, "kind"))
			op.At, op.HasAt = g.thing()
		}
	case block.OpStep:
		op.C = g.container(block.KindCounter)
		op.Amount = rapid.Int64().Filter(func(n int64) bool { return n != 0 }).Draw(g.t, "amount")
	case block.OpDelete, block.OpRestore:
		if op.Runs = g.runs(); len(op.Runs) == 0 {
			return block.Op{Code: block.OpNote, Bytes: g.bytes(1)}
		}
	case block.OpNote:
		op.Bytes = g.bytes(1)
	case block.OpAct:
		op.Name, op.Value, op.HasValue = "a"+rapid.StringN(0, 5, 40).Draw(g.t, "kind"), g.value(), true
		op.Bytes = g.bytes(0)
	default:
		return g.richOp(op.Code)
	}
	return op
}

// richOp draws a move, mark, block marker, node or quote; where there is nothing
// yet that it may name, a note.
func (g *gen) richOp(code block.Code) block.Op {
	op := block.Op{Code: code}
	ok := true
	switch code {
	case block.OpMove:
		op.Elem, ok = g.thing()
		g.at(&op)
		op.Over = g.over()
	case block.OpMark:
		op.C, op.Key = g.container(block.KindText), "k"+rapid.StringN(0, 5, 40).Draw(g.t, "key")
		op.ID = rapid.StringN(0, 5, 40).Draw(g.t, "ID")
		var last bool
		op.Elem, ok = g.thing()
		op.Last, last = g.thing()
		ok = ok && last
		op.Left, op.Right = g.growth(), g.growth()
	case block.OpBlock:
		op.C = g.container(block.KindText)
		g.at(&op)
	case block.OpNode:
		op.C = g.container(block.KindTree)
		op.Dest, op.HasDest = g.thing()
		g.at(&op)
	case block.OpTreeMove:
		op.Elem, ok = g.thing()
		op.Dest, op.HasDest = g.thing()
		g.at(&op)
	case block.OpQuote:
		op.C = g.container(block.KindText)
		g.at(&op)
		op.Bytes = g.bytes(1)
		op.Runes = rapid.Uint32Range((op.Bytes+3)/4, op.Bytes).Draw(g.t, "runes")
		op.From = block.Origin{Change: testID("source"), N: rapid.Uint64Range(0, 1<<53-uint64(op.Runes)).Draw(g.t, "from")}
		if rapid.Bool().Draw(g.t, "other work") {
			op.From.Work = testID("other work")
		}
	}
	if !ok {
		return block.Op{Code: block.OpNote, Bytes: g.bytes(1)}
	}
	if code == block.OpMark {
		op.Bytes = g.bytes(0)
	}
	return op
}

// growth draws how a mark grows.
func (g *gen) growth() block.Growth {
	if t, ok := g.thing(); ok && rapid.Bool().Draw(g.t, "to a neighbour") {
		return block.Growth{Grow: block.GrowThing, At: t}
	}
	return block.Growth{Grow: block.Grow(g.int(1, "grows"))}
}

// genesisOp draws the op that begins a genesis.
func (g *gen) genesisOp() block.Op {
	op := block.Op{Code: block.OpGenesis, Name: rapid.StringN(0, 9, 60).Draw(g.t, "title"), Salt: rapid.Bool().Draw(g.t, "salt")}
	if op.HasRules = rapid.Bool().Draw(g.t, "rules"); op.HasRules {
		op.Rules = "r" + rapid.StringN(0, 5, 40).Draw(g.t, "name of rules")
		if v := g.value(); !bytes.Equal(v, []byte{0xf6}) {
			op.Value, op.HasValue = v, true
		}
	}
	return op
}

// change draws a header and ops that go together.
func (g *gen) change() (h block.Header, ops []block.Op) {
	pool := testIDs("change", 12)
	kind := rapid.SampledFrom([]string{"genesis", "first", "later", "later", "later"}).Draw(g.t, "change")
	h.By = testKey(g.int(3, "author"))
	h.Time = rapid.Int64().Draw(g.t, "time")
	h.More = rapid.Bool().Draw(g.t, "more")
	if kind != "genesis" {
		split := g.int(4, "parents")
		if kind == "first" {
			split = max(split, 1)
			h.Work = testID("work")
		} else {
			h.Prev = testID("prev")
			h.Seq = rapid.Uint64Range(1, 1<<40).Draw(g.t, "seq")
			h.Start = rapid.Uint64Range(0, 1<<50).Draw(g.t, "start")
		}
		h.Parents, h.Refs = pool[:split], pool[split:split+g.int(4, "refs")]
		g.links = len(h.Parents) + len(h.Refs)
		if h.HasTag = rapid.Bool().Draw(g.t, "has tag"); h.HasTag {
			h.Tag = uint32(g.int(g.links, "tag"))
			if kind == "first" {
				h.Tag = max(h.Tag, 1)
			}
		}
	} else {
		ops = append(ops, g.genesisOp())
	}
	for k := 4; k < 4+g.int(3, "co-authors"); k++ {
		h.With = append(h.With, testKey(k))
	}
	slices.SortFunc(h.With, func(a, b block.Key) int { return bytes.Compare(a[:], b[:]) })
	g.before = h.Start
	for range g.int(6, "ops") {
		op := g.op()
		g.before += uint64(op.Numbers())
		ops = append(ops, op)
	}
	h.Size = uint32(g.words)
	if g.words > 0 {
		h.Text = testID("text")
		if rapid.Bool().Draw(g.t, "salted") {
			h.Size += block.SaltSize
		}
	}
	return h, ops
}

// encodeOps returns the ops one after another.
func encodeOps(ops []block.Op) (b []byte) {
	for i := range ops {
		b = block.AppendOp(b, &ops[i])
	}
	return b
}

// thousand checks a property at least a thousand times, as rapid does a hundred
// by default.
func thousand(t *testing.T, prop func(*rapid.T)) {
	for range 10 {
		rapid.Check(t, prop)
	}
}

// TestRoundTrip: Decode and Reader are the inverses of Encode and AppendOp, on
// changes drawn at random; the slow twin reads the same.
func TestRoundTrip(t *testing.T) {
	var c block.Change // reused: nothing of the change before may show
	var r block.Reader
	thousand(t, func(t *rapid.T) {
		g := gen{t: t}
		h, ops := g.change()
		raw := block.Encode(&h, len(ops), encodeOps(ops))
		if _, err := decode(t, raw); err != nil {
			t.Fatal(err)
		}
		check(block.Decode(raw, &c))
		if got, want := fmt.Sprint(c.Header), fmt.Sprint(h); got != want {
			t.Fatalf("decoded\n%s, not\n%s", got, want)
		}
		if uint64(c.Words) != g.words || h.Start+uint64(c.Count) != g.before || c.NOps != len(ops) {
			t.Fatalf("%d bytes of words, %d numbers, %d ops", c.Words, c.Count, c.NOps)
		}
		var op block.Op
		r.Reset(c.Ops)
		for i := range ops {
			if !r.Next(&op) || fmt.Sprintf("%+v", block.Plain(op)) != fmt.Sprintf("%+v", ops[i]) {
				t.Fatalf("op %d is %+v, not %+v, %v", i, op, ops[i], r.Err())
			}
		}
		if r.Next(&op) || r.Err() != nil {
			t.Fatal("an op too many")
		}
	})
}

// TestNearlyGood changes good changes in one or two places of their tree and
// compares the verdict with the slow twin's.
func TestNearlyGood(t *testing.T) {
	accepted, n := 0, 0
	thousand(t, func(t *rapid.T) {
		var raw []byte
		if which := rapid.SampledFrom([]string{"genesis", "first", "later", "rich", "", "", ""}).Draw(t, "base"); which != "" {
			raw = encode(good()[which])
		} else {
			g := gen{t: t}
			h, ops := g.change()
			raw = block.Encode(&h, len(ops), encodeOps(ops))
		}
		tree := must(slowTree(raw))
		for range rapid.IntRange(1, 2).Draw(t, "faults") {
			tree = disturb(t, tree)
		}
		b, err := slowModes.enc.Marshal(tree)
		if err != nil {
			return
		}
		n++
		if _, err := decode(t, b); err == nil {
			accepted++
		}
	})
	t.Logf("%d inputs, %d accepted", n, accepted)
}

// disturb changes one place of a tree.
func disturb(t *rapid.T, v any) any {
	deeper := rapid.IntRange(0, 9).Draw(t, "deeper") > 0
	switch v := v.(type) {
	case []any:
		if deeper && len(v) > 0 {
			i := rapid.IntRange(0, len(v)-1).Draw(t, "item")
			switch rapid.IntRange(0, 9).Draw(t, "how") {
			case 0:
				return slices.Delete(slices.Clone(v), i, i+1)
			case 1:
				return slices.Insert(slices.Clone(v), i, v[i])
			case 2:
				w := slices.Clone(v)
				w[0], w[i] = w[i], w[0]
				return w
			}
			w := slices.Clone(v)
			w[i] = disturb(t, v[i])
			return w
		}
	case map[string]any:
		if deeper && len(v) > 0 {
			k := rapid.SampledFrom(slices.Sorted(maps.Keys(v))).Draw(t, "key")
			w := maps.Clone(v)
			if rapid.IntRange(0, 19).Draw(t, "how") == 0 {
				delete(w, k)
			} else {
				w[k] = disturb(t, v[k])
			}
			return w
		}
	case uint64:
		return rapid.SampledFrom([]uint64{v + 1, v - 1, v + 2, v * 2, v / 2, 0, 1, 5, 1<<53 - v, 1 << 53, ^v}).Draw(t, "number")
	case slowLink:
		w := slices.Clone(v)
		if rapid.Bool().Draw(t, "cut") {
			return w[:len(w)-1]
		}
		w[rapid.IntRange(0, len(w)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		return w
	case []byte:
		return append(slices.Clone(v), 0)
	case string:
		return v + rapid.SampledFrom([]string{"x", "é", "\x00"}).Draw(t, "more text")
	}
	return rapid.SampledFrom([]any{nil, true, false, uint64(0), uint64(1), uint64(3), int64(-1), 0.5, "", "k", []byte{1}, []any{},
		[]any{uint64(0), uint64(0)}, []any{uint64(1), uint64(1)}, map[string]any{}, map[string]any{"a": uint64(1)},
		slowLink(append([]byte("\x00\x01\x71\x12\x20"), make([]byte, 32)...))}).Draw(t, "other")
}
