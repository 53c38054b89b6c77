package crdt_test

import (
	"bytes"
	"crypto/ed25519"
	_ "embed"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// formatText is FORMAT.md, which states the format.
//
//go:embed FORMAT.md
var formatText string

// fences are the named code blocks of FORMAT.md that begin with a word, by name:
// "hex NAME" or "text NAME". What follows a semicolon in hex is a comment.
func fences(t *testing.T, word string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for k, part := range strings.Split(formatText, "\n```") {
		head, body, _ := strings.Cut(part, "\n")
		name, ok := strings.CutPrefix(head, word+" ")
		if k%2 == 0 || !ok {
			continue
		}
		if _, twice := out[name]; twice {
			t.Fatalf("two blocks %s", head)
		}
		if word == "hex" {
			body = unhex(t, name, body)
		}
		out[name] = body
	}
	return out
}

// unhex reads the lines of a hex block.
func unhex(t *testing.T, name, body string) string {
	t.Helper()
	var all strings.Builder
	for line := range strings.Lines(body) {
		line, _, _ = strings.Cut(line, ";")
		b, err := hex.DecodeString(strings.Join(strings.Fields(line), ""))
		if err != nil {
			t.Fatalf("%s: %q: %v", name, line, err)
		}
		all.Write(b)
	}
	return all.String()
}

// exampleKey is a key of the worked example: its seed is 32 times one byte.
func exampleKey(b byte) testKey {
	return testKey{ed25519.NewKeyFromSeed(bytes.Repeat([]byte{b}, 32))}
}

// worked is the worked example of FORMAT.md.
type worked struct {
	f          forger
	work       [32]byte
	items      []bridge.Item
	sigs       []bridge.Sig
	hex, texts map[string]string
}

// add encodes a change of the example and notes what FORMAT.md says of it.
func (w *worked) add(name string, key byte, h block.Header, words string, ops ...block.Op) (id block.ID) {
	k := exampleKey(key)
	h.By = block.Key(k.Author())
	it := w.f.encode(h, []byte(words), ops...)
	id = it.ID
	w.items = append(w.items, it)
	w.hex[name] = string(it.Change)
	w.texts[name+" CID"] = id.ChangeCID().String()
	if words != "" {
		w.hex[name+" content"] = words
	}
	return id
}

// sign signs a change of the example.
func (w *worked) sign(name string, key byte, id block.ID) {
	s := bridge.Sig{Change: id}
	msg := block.SigningMessage(w.work, id)
	copy(s.Sig[:], ed25519.Sign(exampleKey(key).k, msg))
	w.sigs = append(w.sigs, s)
	w.hex[name+" signed"], w.hex[name+" signature"] = string(msg), string(s.Sig[:])
}

// workedExample makes the example: Ann founds a work and writes, Ben and Ann
// edit at the same time, Ann brings both together.
func workedExample(t *testing.T) *worked {
	w := &worked{f: forger{t: t}, hex: map[string]string{}, texts: map[string]string{}}
	body := block.Container{Kind: block.KindText, Name: "body"}
	top := block.Container{Kind: block.KindMap}
	text := func(runes, size uint32, at *block.Thing, side block.Side) block.Op {
		op := block.Op{Code: block.OpText, C: body, Side: side, Runes: runes, Bytes: size}
		if op.HasAt = at != nil; op.HasAt {
			op.At = *at
		}
		return op
	}
	grams := func(over ...block.Thing) block.Op {
		return block.Op{Code: block.OpPut, C: top, Key: "grams", Over: over, Bytes: 3}
	}
	const ann, ben = 0, 1
	genesis := w.add("genesis", ann, block.Header{Time: 1_700_000_000_000}, "", block.Op{Code: block.OpGenesis, Name: "Bread"})
	w.work = genesis
	first := w.add("first", ann, block.Header{Seq: 1, Prev: genesis}, "Crème\x19\x01\xf4",
		text(5, 6, nil, block.Right), grams())
	bens := w.add("ben", ben, block.Header{Work: genesis, Parents: []block.ID{first}}, " brûléec\x19\x01\xe0",
		text(7, 9, &block.Thing{C: 1, N: 4}, block.Right), block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 0, Len: 1}}},
		text(1, 1, &block.Thing{C: 1, N: 0}, block.Left), grams(block.Thing{C: 1, N: 5}))
	second := w.add("second", ann, block.Header{Seq: 2, Prev: first, Start: 6}, "!\x19\x01\xc2cmix\xf5",
		text(1, 1, &block.Thing{N: 4}, block.Right), grams(block.Thing{N: 5}),
		block.Op{Code: block.OpChild, C: top, Key: "steps", Kind: block.KindList},
		block.Op{Code: block.OpValues, C: block.Container{Kind: block.KindList, Child: true, At: block.Thing{N: 8}}, Side: block.Right, Lens: []uint32{4, 1}})
	third := w.add("third", ann, block.Header{Seq: 3, Prev: second, Start: 11, Parents: []block.ID{bens}}, "A capital again",
		block.Op{Code: block.OpRestore, Runs: []block.Run{{C: 1, N: 7, Len: 1}}},
		block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: 8, Len: 1}}},
		block.Op{Code: block.OpNote, Bytes: 15})
	w.sign("third", ann, third)
	w.sign("ben", ben, bens)
	w.texts["Ann"], w.texts["Ben"] = exampleKey(ann).Author().String(), exampleKey(ben).Author().String()
	return w
}

// TestFormatExample: the worked example of FORMAT.md is what the library makes
// and reads.
func TestFormatExample(t *testing.T) {
	w := workedExample(t)
	d, err := crdt.Join(nil, block.ID(w.work).ChangeCID())
	must(t, err)
	must(t, give(d, bridge.Bundle{Work: w.work, Items: w.items, Sigs: w.sigs}))
	must(t, d.CheckRooms())
	json, err := d.View().MarshalJSON()
	must(t, err)
	w.texts["result"] = string(json)
	if n := bridge.Of(d).Count(); n != len(w.items) {
		t.Errorf("%d of %d changes are applied", n, len(w.items))
	}
	got := fences(t, "hex")
	maps.DeleteFunc(got, func(name, _ string) bool { return strings.HasPrefix(name, "op ") })
	compareFences(t, "hex", got, w.hex)
	compareFences(t, "text", fences(t, "text"), w.texts)
}

// compareFences compares what FORMAT.md says with what is.
func compareFences(t *testing.T, word string, got, want map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if word == "hex" && got[name] != want[name] {
			t.Errorf("hex %s is\n%x\nnot\n%x", name, want[name], got[name])
		} else if got[name] != want[name] {
			t.Errorf("text %s is\n%s\nnot\n%s", name, want[name], got[name])
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("FORMAT.md has a block %s %s that nothing compares", word, name)
		}
	}
}

// formatOps are the ops that FORMAT.md spells, one of each code.
func formatOps() []block.Op {
	root := func(kind block.Kind, name string) block.Container { return block.Container{Kind: kind, Name: name} }
	body, top := root(block.KindText, "body"), root(block.KindMap, "")
	steps, pages := root(block.KindList, "steps"), root(block.KindTree, "pages")
	own, theirs := block.Thing{N: 5}, block.Thing{C: 1, N: 700}
	return []block.Op{
		{Code: block.OpGenesis, Name: "Bread", HasRules: true, Rules: "charter/1", HasValue: true, Value: []byte("\xa1\x65share\x02"), Salt: true},
		{Code: block.OpText, C: body, HasAt: true, At: own, Side: block.Right, Runes: 3, Bytes: 4},
		{Code: block.OpValues, C: steps, Side: block.Right, Lens: []uint32{4, 1}},
		{Code: block.OpListChild, C: steps, HasAt: true, At: theirs, Side: block.Left, Kind: block.KindMap},
		{Code: block.OpSet, HasAt: true, At: own, Over: []block.Thing{own, theirs}, Bytes: 1},
		{Code: block.OpMove, Elem: own, HasAt: true, At: theirs, Side: block.Right, Over: []block.Thing{own}},
		{Code: block.OpPut, C: top, Key: "grams", Over: []block.Thing{theirs}, Bytes: 3},
		{Code: block.OpAbsent, C: block.Container{Kind: block.KindMap, Child: true, At: theirs}, Key: "grams", Over: []block.Thing{own}},
		{Code: block.OpChild, C: top, Key: "notes", Kind: block.KindText, HasAt: true, At: own, Over: []block.Thing{own}},
		{Code: block.OpAdd, C: root(block.KindSet, "tags"), Lens: []uint32{4, 5}},
		{Code: block.OpStep, C: root(block.KindCounter, "stock"), Amount: -7},
		{Code: block.OpDelete, Runs: []block.Run{{N: 2, Len: 3}, {C: 1, N: 700, Len: 1}}},
		{Code: block.OpRestore, Runs: []block.Run{{N: 9, Len: 3}}},
		{Code: block.OpNote, Bytes: 15},
		{Code: block.OpAct, Name: "name", HasValue: true, Value: []byte("\x63Ann")},
		{Code: block.OpMark, C: body, Key: "bold", Elem: own, Last: theirs, Right: block.Growth{Grow: block.GrowThing, At: block.Thing{C: 1, N: 701}}, Bytes: 1},
		{Code: block.OpBlock, C: body, HasAt: true, At: own, Side: block.Right},
		{Code: block.OpNode, C: pages, HasDest: true, Dest: own, Side: block.Right},
		{Code: block.OpTreeMove, Elem: theirs, HasDest: true, Dest: own, HasAt: true, At: block.Thing{N: 8}, Side: block.Right},
		{Code: block.OpQuote, C: body, HasAt: true, At: own, Side: block.Right, Runes: 5, Bytes: 6, From: block.Origin{Change: block.Sum([]byte("source")), N: 12}},
	}
}

// TestFormatOps: the ops that FORMAT.md spells, one of each code, are what the
// library writes and reads.
func TestFormatOps(t *testing.T) {
	got := fences(t, "hex")
	maps.DeleteFunc(got, func(name, _ string) bool { return !strings.HasPrefix(name, "op ") })
	want := map[string]string{}
	for k, op := range formatOps() {
		if int(op.Code) != k {
			t.Fatalf("op %d stands at %d", op.Code, k)
		}
		b := block.AppendOp(nil, &op)
		want[fmt.Sprint("op ", k)] = string(b)
		var r block.Reader
		var again block.Op
		r.Reset(b)
		if !r.Next(&again) || r.Next(&again) || r.Err() != nil {
			t.Errorf("op %d: %v", k, r.Err())
		}
	}
	compareFences(t, "hex", got, want)
	if next := block.Code(len(want)); !panics(func() { block.AppendOp(nil, &block.Op{Code: next}) }) {
		t.Errorf("op %d is not in FORMAT.md", next)
	}
}

// panics tells whether fn does.
func panics(fn func()) (yes bool) {
	defer func() { yes = recover() != nil }()
	fn()
	return false
}

// TestFormatLimits: the limits that FORMAT.md states are those of the library.
func TestFormatLimits(t *testing.T) {
	for _, row := range []struct {
		what  string
		limit uint64
	}{
		{"change block, bytes", block.MaxBlock},
		{"content block, bytes, salt included", block.MaxContent},
		{"parents", block.MaxParents},
		{"refs", block.MaxRefs},
		{"ops of a change", block.MaxOps},
		{"numbers named by a change: lengths of runs and overs, added up", block.MaxNamed},
		{"arrays and maps around any part of a value", block.MaxDepth},
		{"key of a map slot, or in a value, bytes", block.MaxMapKey},
		{"value of an act, data of a genesis, bytes encoded", block.MaxAct},
		{"title, bytes", block.MaxTitle},
		{"co-authors", block.MaxWith},
		{"kind of an act, name of rules, bytes", block.MaxKindName},
		{"key of a mark, ID of a mark, bytes", block.MaxMarkName},
		{"name of a root container, bytes", block.MaxRootName},
	} {
		if line := fmt.Sprintf("| %s | %s |", row.what, thousands(row.limit)); !strings.Contains(formatText, line) {
			t.Errorf("FORMAT.md does not say %q", line)
		}
	}
	if block.MaxNumbers != 1<<53 || block.SaltSize != 16 {
		t.Error("FORMAT.md says 2^53 and 16")
	}
}

// thousands writes a number with commas.
func thousands(n uint64) string {
	s := fmt.Sprint(n)
	for k := len(s) - 3; k > 0; k -= 3 {
		s = s[:k] + "," + s[k:]
	}
	return s
}
