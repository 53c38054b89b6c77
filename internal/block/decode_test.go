package block_test

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"pgregory.net/rapid"
)

// decode decodes raw in every way that must agree: the verdict is that of the
// slow twin, what is accepted is written back byte for byte, keeps its own
// rules, and reads as the tree of the slow twin does.
func decode(t rapid.TB, raw []byte) (*block.Change, error) {
	t.Helper()
	before := bytes.Clone(raw)
	c := new(block.Change)
	err := block.Decode(raw, c)
	if !bytes.Equal(raw, before) {
		t.Fatal("Decode changed its input")
	}
	tree, slow := slowDecode(raw)
	if (err == nil) != (slow == nil) {
		t.Fatalf("Decode: %v; slow twin: %v; % x", err, slow, raw)
	}
	kindOf(t, err)
	if err != nil {
		return nil, err
	}
	if again := block.Encode(&c.Header, c.NOps, c.Ops); !bytes.Equal(again, raw) {
		t.Fatalf("decoded\n% x and encoded\n% x", raw, again)
	}
	if err := c.Check(); err != nil {
		t.Fatalf("Decode accepts what Check refuses: %v", err)
	}
	agree(t, c, tree)
	return c, nil
}

// agree compares a change, and what a Reader makes of its ops, with the tree.
func agree(t rapid.TB, c *block.Change, m map[string]any) {
	t.Helper()
	same := func(what string, got, want any) {
		if !bytes.Equal(encode(got), must(slowModes.enc.Marshal(want))) {
			t.Fatalf("%s is %v, slow twin says %v", what, got, want)
		}
	}
	same("by", c.By, m["by"])
	same("seq", c.Seq, m["seq"])
	same("start", c.Start, m["start"])
	same("prev", linkOrNil(c.Prev), m["prev"])
	same("time", c.Time, m["time"])
	same("size", uint64(c.Size), m["size"])
	same("parents", anys(c.Parents), m["parents"])
	same("refs", anys(c.Refs), m["refs"])
	if m["text"] != nil {
		same("text", contentLink(c.Text), m["text"])
	}
	work, there := m["work"]
	if same("work", linkOrNil(c.Work), work); there == c.Work.IsZero() {
		t.Fatal("work")
	}
	if _, there := m["more"]; there != c.More {
		t.Fatal("more")
	}
	if tag, there := m["tag"]; there != c.HasTag || there && tag != uint64(c.Tag) {
		t.Fatal("tag")
	}
	if with, there := m["with"]; there != (len(c.With) > 0) {
		t.Fatal("with")
	} else if there {
		same("with", anys(c.With), with)
	}
	opTrees := m["ops"].([]any)
	if len(opTrees) != c.NOps {
		t.Fatalf("%d ops, not %d", c.NOps, len(opTrees))
	}
	var r block.Reader
	var op block.Op
	var numbers, words, n uint32
	r.Reset(c.Ops)
	for r.Next(&op) {
		same(fmt.Sprintf("op %d", n), opTree(&op), opTrees[n])
		n, numbers, words = n+1, numbers+op.Numbers(), words+op.WordBytes()
	}
	if r.Err() != nil || int(n) != c.NOps || numbers != c.Count || words != c.Words {
		t.Fatalf("%d ops, %d numbers, %d bytes of words, %v", n, numbers, words, r.Err())
	}
}

// must returns v, and panics on an error of the test's own making.
func must[T any](v T, err error) T {
	check(err)
	return v
}

// linkOrNil returns nil for the zero ID.
func linkOrNil(id block.ID) any {
	if id.IsZero() {
		return nil
	}
	return id
}

// anys returns the items as a list.
func anys[T any](s []T) list {
	l := list{}
	for _, x := range s {
		l = append(l, x)
	}
	return l
}

// opTree returns the op as the array that stands for it.
func opTree(op *block.Op) list {
	c := list{int(op.C.Kind), op.C.Name}
	if op.C.Child {
		c = list{int(op.C.Kind), int(op.C.At.C), op.C.At.N}
	}
	var at any
	if op.HasAt {
		at = list{int(op.At.C), op.At.N}
	}
	over, runs, lens := list{}, list{}, list{}
	for _, o := range op.Over {
		over = append(over, list{int(o.C), o.N})
	}
	for _, r := range op.Runs {
		runs = append(runs, list{int(r.C), r.N, int(r.Len)})
	}
	for _, l := range op.Lens {
		lens = append(lens, int(l))
	}
	code, n := int(op.Code), int(op.Bytes)
	switch op.Code {
	case block.OpGenesis:
		var rules, data any
		if op.HasRules {
			rules = op.Rules
		}
		if op.HasValue {
			data = raw(op.Value)
		}
		return list{code, op.Name, rules, data, op.Salt}
	case block.OpText:
		return list{code, c, at, int(op.Side), int(op.Runes), n}
	case block.OpValues:
		return list{code, c, at, int(op.Side), lens}
	case block.OpListChild:
		return list{code, c, at, int(op.Side), int(op.Kind)}
	case block.OpSet:
		return list{code, at, over, n}
	case block.OpPut:
		return list{code, c, op.Key, over, n}
	case block.OpAbsent:
		return list{code, c, op.Key, over}
	case block.OpChild:
		return list{code, c, op.Key, int(op.Kind), at, over}
	case block.OpAdd:
		return list{code, c, lens}
	case block.OpStep:
		return list{code, c, op.Amount}
	case block.OpDelete, block.OpRestore:
		return list{code, runs}
	case block.OpNote:
		return list{code, n}
	case block.OpAct:
		return list{code, op.Name, raw(op.Value), n}
	}
	return richTree(op, c, at, over)
}

// richTree is opTree for moves, marks, blocks, trees and quotes.
func richTree(op *block.Op, c list, at any, over list) list {
	thing := func(t block.Thing) list { return list{int(t.C), t.N} }
	grow := func(g block.Growth) any {
		return map[block.Grow]any{block.GrowNone: 0, block.GrowEdge: nil, block.GrowThing: thing(g.At)}[g.Grow]
	}
	var dest any
	if op.HasDest {
		dest = thing(op.Dest)
	}
	code, side := int(op.Code), int(op.Side)
	switch op.Code {
	case block.OpMove:
		return list{code, thing(op.Elem), at, side, over}
	case block.OpMark:
		return list{code, c, op.Key, op.ID, thing(op.Elem), thing(op.Last), grow(op.Left), grow(op.Right), int(op.Bytes)}
	case block.OpBlock:
		return list{code, c, at, side}
	case block.OpNode:
		return list{code, c, dest, at, side}
	case block.OpTreeMove:
		return list{code, thing(op.Elem), dest, at, side}
	}
	return list{code, c, at, side, int(op.Runes), int(op.Bytes), linkOrNil(op.From.Work), op.From.Change, op.From.N}
}

// TestDecodeGood: the good changes are accepted and say what they should.
func TestDecodeGood(t *testing.T) {
	for name, f := range good() {
		if _, err := decode(t, encode(f)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	c := must(decode(t, encode(later())))
	if c.NOps != 15 || c.Count != laterNumbers || c.Words != 328 {
		t.Errorf("%d ops, %d numbers, %d bytes of words", c.NOps, c.Count, c.Words)
	}
	if _, ok := c.GenesisOp(); ok {
		t.Error("a later change has a genesis op")
	}
	g := must(decode(t, encode(genesis())))
	op, ok := g.GenesisOp()
	if !ok || op.Name != "Bread" || op.Rules != "charter/1" || !op.HasRules || op.Salt || !op.HasValue ||
		!bytes.Equal(op.Value, encode(fields{"share": 2})) {
		t.Errorf("genesis op %+v", op)
	}
}

// TestIntegers: integers at the edges of the widths of heads are exact.
func TestIntegers(t *testing.T) {
	edges := []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, 1<<31 - 1, 1 << 31, 1<<32 - 1, 1 << 32, 1<<53 - 1, 1 << 53, 1<<63 - 1, 1 << 63, 1<<64 - 1}
	for _, u := range edges {
		if c, err := decode(t, encode(with(later(), "seq", u))); u > 0 && (err != nil || c.Seq != u) {
			t.Errorf("seq %d: %v", u, err)
		}
		if u > math.MaxInt64 {
			continue
		}
		for _, i := range []int64{int64(u), -1 - int64(u)} {
			if c, err := decode(t, encode(with(later(), "time", i))); err != nil || c.Time != i {
				t.Errorf("time %d: %v", i, err)
			}
		}
	}
}

// TestLastPlace: with all links that a change can have, the last is in reach of
// ops and of the tag.
func TestLastPlace(t *testing.T) {
	const last = block.MaxParents + block.MaxRefs
	full := func(tag, op int) fields {
		return with(ops(0, list{11, list{list{op, 0, 1}}}), "tag", tag,
			"parents", anys(testIDs("p", block.MaxParents)), "refs", anys(testIDs("r", block.MaxRefs)))
	}
	c, err := decode(t, encode(full(last, last)))
	if err != nil || c.Tag != last || c.Link(last) != c.Refs[block.MaxRefs-1] || !c.Link(last+1).IsZero() {
		t.Error(err)
	}
	for _, f := range []fields{full(last+1, last), full(last, last+1)} {
		if _, err := decode(t, encode(f)); kindOf(t, err) != block.ErrInvalid {
			t.Error(err)
		}
	}
}

// TestLinkSets: all ways to spread four IDs over prev, parents and refs, at most
// once in each; the slow twin says which name one twice.
func TestLinkSets(t *testing.T) {
	ids := testIDs("x", 4)
	pick := func(set int) list {
		l := list{}
		for i, id := range ids {
			if set>>i&1 == 1 {
				l = append(l, id)
			}
		}
		return l
	}
	good := 0
	for set := range 1 << 10 {
		parents, refs := set&15, set>>4&15
		f := with(ops(0), "prev", ids[set>>8], "parents", pick(parents), "refs", pick(refs))
		delete(f, "tag")
		_, err := decode(t, encode(f))
		if twice := parents&refs | (parents|refs)&(1<<(set>>8)); (err == nil) != (twice == 0) {
			t.Errorf("set %010b: %v", set, err)
		}
		if err == nil {
			good++
		}
	}
	if good != 4*27 { // each of three IDs in one, the other or none
		t.Errorf("%d good", good)
	}
}

// TestLinks: places and order of links.
func TestLinks(t *testing.T) {
	c := must(decode(t, encode(later())))
	want := slices.Concat([]block.ID{c.Prev}, c.Parents, c.Refs)
	if got := c.AppendLinks(nil); !slices.Equal(got, want) {
		t.Error(got)
	}
	for place, id := range want {
		if c.Link(uint32(place)) != id {
			t.Errorf("place %d", place)
		}
	}
	for _, place := range []uint32{4, 5, math.MaxUint32} {
		if !c.Link(place).IsZero() {
			t.Errorf("place %d", place)
		}
	}
	f := must(decode(t, encode(first())))
	if !f.Link(0).IsZero() || f.Link(1) != testID("genesis") || !slices.Equal(f.AppendLinks(nil), f.Parents) {
		t.Error("links of a first change")
	}
}

// TestFaults: one fault each, the expected error, and the verdict of the slow twin.
func TestFaults(t *testing.T) {
	n := 0
	for _, c := range slices.Concat(headerFaults(), opFaults(), valueFaults()) {
		n++
		if _, err := decode(t, encode(c.f)); kindOf(t, err) != c.want {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	t.Logf("%d inputs", n)
}

// TestReaderFaults: a fault in an op is found by a Reader too, save those that
// need the header.
func TestReaderFaults(t *testing.T) {
	needHeader := []string{"behind", "link 4", "own third", "itself", "later op", "past the last",
		"past own", "its own delete", "counted", "genesis op later", "genesis op first"}
	for _, c := range slices.Concat(opFaults(), valueFaults()) {
		list, ok := c.f["ops"].(list)
		if !ok {
			continue
		}
		var b []byte
		for _, op := range list {
			b = append(b, encode(op)...)
		}
		want := c.want
		if slices.ContainsFunc(needHeader, func(s string) bool { return strings.Contains(c.name, s) }) {
			want = nil
		}
		var r block.Reader
		var op block.Op
		r.Reset(b)
		for r.Next(&op) {
		}
		if err := r.Err(); kindOf(t, err) != want {
			t.Errorf("%s: %v, want %v", c.name, err, want)
		}
		if r.Next(&op) {
			t.Errorf("%s: goes on after the end", c.name)
		}
	}
}

// TestKeysOfChange: each key left out, doubled, swapped with the next, renamed;
// one key more; each optional key counted but not there.
func TestKeysOfChange(t *testing.T) {
	refuse := func(name string, b []byte) {
		t.Helper()
		if _, err := decode(t, b); kindOf(t, err) != block.ErrMalformed {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range good() {
		keys := f.keys()
		pairs := make([][]byte, len(keys))
		for i, k := range keys {
			pairs[i] = slices.Concat(encode(k), encode(f[k]))
		}
		build := func(pairs ...[]byte) []byte {
			return append(encodeHead(5, uint64(len(pairs))), slices.Concat(pairs...)...)
		}
		for i, k := range keys {
			if !slices.Contains([]string{"tag", "more", "with"}, k) {
				b := build(slices.Delete(slices.Clone(pairs), i, i+1)...)
				if _, err := decode(t, b); err == nil || k != "work" && kindOf(t, err) != block.ErrMalformed {
					t.Errorf("%s without %s: %v", name, k, err)
				}
			}
			refuse(name+" twice "+k, build(slices.Insert(slices.Clone(pairs), i, pairs[i])...))
			renamed := slices.Clone(pairs)
			renamed[i] = slices.Concat(encode(strings.ToUpper(k)), encode(f[k]))
			refuse(name+" renamed "+k, build(renamed...))
			asBytes := slices.Clone(pairs)
			asBytes[i] = slices.Concat(encode([]byte(k)), encode(f[k]))
			refuse(name+" key of bytes "+k, build(asBytes...))
			for j := range i {
				swapped := slices.Clone(pairs)
				swapped[i], swapped[j] = swapped[j], swapped[i]
				refuse(name+" swapped "+keys[j]+" "+k, build(swapped...))
			}
			for _, extra := range []string{"", "a", "zz", "cc", "note", "sig", "zzzzz", "zzzzzzzz"} {
				at := slices.Insert(slices.Clone(pairs), i, append(encode(extra), 1))
				refuse(name+" unknown "+extra, build(at...))
			}
		}
		whole := build(pairs...)
		refuse(name+" counts one more", append(encodeHead(5, uint64(len(pairs)+1)), whole[1:]...))
		refuse(name+" counts one less", append(encodeHead(5, uint64(len(pairs)-1)), whole[1:]...))
		refuse(name+" and a byte", append(slices.Clone(whole), 0))
		refuse(name+" and itself", append(slices.Clone(whole), whole...))
	}
}

// TestThings: each thing that the slow twin finds in an op is visited, in the
// order of the block, and nothing else.
func TestThings(t *testing.T) {
	for name, f := range good() {
		for i, tree := range f["ops"].(list) {
			var r block.Reader
			var op block.Op
			r.Reset(encode(tree))
			if !r.Next(&op) {
				t.Fatal(r.Err())
			}
			var got [][2]uint64
			op.Things(func(th *block.Thing) { got = append(got, [2]uint64{uint64(th.C), th.N}) })
			slow := slowChange{links: 9, start: 1 << 50}
			parts := must(slowTree(encode(tree))).([]any)
			check(slowly(func() { slow.op(parts[0].(uint64), parts[1:]) }))
			if len(op.Runs) > 0 {
				slow.things = nil
			}
			if !slices.Equal(got, slow.things) {
				t.Errorf("%s, op %d: %v, not %v", name, i, got, slow.things)
			}
		}
	}
}

// TestReuse: what a Change held before does not show after the next Decode, and
// reusing it costs no allocation.
func TestReuse(t *testing.T) {
	blocks := [][]byte{encode(later()), encode(first()), encode(genesis()), encode(later())}
	var c block.Change
	for i, raw := range blocks {
		if err := block.Decode(raw, &c); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(block.Encode(&c.Header, c.NOps, c.Ops), raw) {
			t.Errorf("block %d", i)
		}
		if err := block.Decode(raw[:len(raw)-1], &c); err == nil {
			t.Error("a cut block is accepted")
		}
	}
	if n := testing.AllocsPerRun(100, func() {
		for _, raw := range blocks {
			check(block.Decode(raw, &c))
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestReaderReuse: a Reader sets every field of an op, allocates nothing when
// names repeat, and its strings outlive the ops.
func TestReaderReuse(t *testing.T) {
	c := must(decode(t, encode(later())))
	var r block.Reader
	var op, fresh block.Op
	r.Reset(c.Ops)
	for r.Next(&op) {
		fresh = block.Op{}
		var alone block.Reader
		alone.Reset(block.AppendOp(nil, &op))
		if !alone.Next(&fresh) || fmt.Sprint(fresh) != fmt.Sprint(op) {
			t.Errorf("read after others %+v, alone %+v, %v", op, fresh, alone.Err())
		}
	}
	one := block.AppendOp(nil, &block.Op{Code: block.OpPut, C: block.Container{Kind: block.KindMap, Name: "settings"}, Key: "colour", Bytes: 1})
	r.Reset(one)
	if !r.Next(&op) {
		t.Fatal(r.Err())
	}
	if n := testing.AllocsPerRun(100, func() { r.Reset(one); r.Next(&op) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
	mark := encode(list{15, root(block.KindText, "body"), "comment", "id 1", list{1, 1}, list{1, 2}, 0, nil, 1})
	if n := testing.AllocsPerRun(100, func() { r.Reset(mark); r.Next(&op) }); n != 0 || op.ID != "id 1" {
		t.Errorf("%v allocations for a mark %+v, %v", n, op, r.Err())
	}
	r.Reset(one)
	r.Next(&op)
	name, key := op.C.Name, op.Key
	clear(one)
	if name != "settings" || key != "colour" {
		t.Error("strings alias the ops")
	}
}
