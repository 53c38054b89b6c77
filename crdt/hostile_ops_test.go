package crdt_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// The numbers of a's chain in an honest work.
const (
	nText   = 0 // … 4
	nPut    = 5
	nSub    = 6 // child entry, a map
	nSubPut = 7
	nList   = 8  // … 10
	nCard   = 11 // list element that is a map
	nTag    = 12
	nStep   = 13
	nDelete = 14 // of number 0
	nEnd    = 15
)

// at is number n of a's chain, which is link 1 of a forged change.
func at(n uint64) block.Thing { return block.Thing{C: 1, N: n} }

// childOf is a child container.
func childOf(kind block.Kind, th block.Thing) block.Container {
	return block.Container{Kind: kind, Child: true, At: th}
}

// badOps is every kind of op that breaks a rule, alone in its change. Words are
// left out: validity never depends on them.
func badOps() map[string]block.Op {
	text, list, m := root(block.KindText, "t"), root(block.KindList, "l"), root(block.KindMap, "m")
	own := func(n uint64) block.Thing { return block.Thing{N: n} }
	ins := func(c block.Container, th block.Thing) block.Op {
		return block.Op{Code: block.OpText, C: c, HasAt: true, At: th, Side: block.Right, Runes: 1, Bytes: 1}
	}
	val := func(c block.Container, th block.Thing) block.Op {
		return block.Op{Code: block.OpValues, C: c, HasAt: true, At: th, Side: block.Right, Lens: []uint32{1}}
	}
	set := func(th block.Thing, over ...block.Thing) block.Op {
		return block.Op{Code: block.OpSet, At: th, HasAt: true, Over: over, Bytes: 1}
	}
	put := func(c block.Container, key string, over ...block.Thing) block.Op {
		return block.Op{Code: block.OpPut, C: c, Key: key, Over: over, Bytes: 1}
	}
	runs := func(code block.Code, r ...block.Run) block.Op { return block.Op{Code: code, Runs: r} }
	out := map[string]block.Op{
		"left of nothing":           {Code: block.OpText, C: text, Side: block.Left, Runes: 1, Bytes: 1},
		"no runes":                  {Code: block.OpText, C: text, Side: block.Right},
		"more runes than bytes":     {Code: block.OpText, C: text, Side: block.Right, Runes: 2, Bytes: 1},
		"five bytes a rune":         {Code: block.OpText, C: text, Side: block.Right, Runes: 1, Bytes: 5},
		"side 2":                    {Code: block.OpText, C: text, Side: 2, Runes: 1, Bytes: 1},
		"text in a list":            {Code: block.OpText, C: list, Side: block.Right, Runes: 1, Bytes: 1},
		"values in a text":          {Code: block.OpValues, C: text, Side: block.Right, Lens: []uint32{1}},
		"value of no bytes":         {Code: block.OpValues, C: list, Side: block.Right, Lens: []uint32{0}},
		"no values":                 {Code: block.OpValues, C: list, Side: block.Right},
		"list child of no kind":     {Code: block.OpListChild, C: list, Side: block.Right, Kind: 0},
		"list child of kind 7":      {Code: block.OpListChild, C: list, Side: block.Right, Kind: 7},
		"put in a counter":          put(root(block.KindCounter, "c"), "k"),
		"step in a set":             {Code: block.OpStep, C: root(block.KindSet, "s"), Amount: 1},
		"step of nothing":           {Code: block.OpStep, C: root(block.KindCounter, "c")},
		"add in a map":              {Code: block.OpAdd, C: m, Lens: []uint32{1}},
		"note of nothing":           {Code: block.OpNote},
		"genesis again":             {Code: block.OpGenesis, Name: "x"},
		"delete nothing":            runs(block.OpDelete),
		"delete a run of none":      runs(block.OpDelete, block.Run{C: 1, N: 0, Len: 0}),
		"delete beyond the end":     runs(block.OpDelete, block.Run{C: 1, N: nEnd - 1, Len: 2}),
		"delete far beyond":         runs(block.OpDelete, block.Run{C: 1, N: 1 << 40, Len: 1}),
		"delete what wraps":         runs(block.OpDelete, block.Run{C: 1, N: 1<<64 - 1, Len: 2}),
		"delete over all ends":      runs(block.OpDelete, block.Run{C: 1, N: 0, Len: 1<<32 - 1}),
		"delete a delete":           runs(block.OpDelete, block.Run{C: 1, N: nDelete, Len: 1}),
		"delete up to a delete":     runs(block.OpDelete, block.Run{C: 1, N: nStep, Len: 2}),
		"delete itself":             runs(block.OpDelete, block.Run{C: 0, N: 0, Len: 1}),
		"delete twice":              runs(block.OpDelete, block.Run{C: 1, N: 1, Len: 2}, block.Run{C: 1, N: 2, Len: 1}),
		"delete through no link":    runs(block.OpDelete, block.Run{C: 2, N: 0, Len: 1}),
		"restore what is no delete": runs(block.OpRestore, block.Run{C: 1, N: nText, Len: 1}),
		"restore across":            runs(block.OpRestore, block.Run{C: 1, N: nStep, Len: 2}),
		"restore beyond":            runs(block.OpRestore, block.Run{C: 1, N: nDelete, Len: 2}),
		"restore nothing":           runs(block.OpRestore),
		"base is a value":           {Code: block.OpChild, C: m, Key: "sub", Kind: block.KindMap, HasAt: true, At: at(nPut)},
		"base of another key":       {Code: block.OpChild, C: m, Key: "k", Kind: block.KindMap, HasAt: true, At: at(nSub)},
		"base of another kind":      {Code: block.OpChild, C: m, Key: "sub", Kind: block.KindList, HasAt: true, At: at(nSub)},
		"base of another map":       {Code: block.OpChild, C: root(block.KindMap, "n"), Key: "sub", Kind: block.KindMap, HasAt: true, At: at(nSub)},
		"base is an element":        {Code: block.OpChild, C: m, Key: "sub", Kind: block.KindMap, HasAt: true, At: at(nCard)},
		"base beyond":               {Code: block.OpChild, C: m, Key: "sub", Kind: block.KindMap, HasAt: true, At: at(nEnd)},
		"over of another key":       put(m, "k", at(nSub)),
		"over of another map":       put(childOf(block.KindMap, at(nSub)), "k", at(nPut)),
		"over a list element":       put(m, "k", at(nList)),
		"over a delete":             put(m, "k", at(nDelete)),
		"over beyond":               put(m, "k", at(nEnd)),
		"over itself":               put(m, "k", own(0)),
		"over unsorted":             put(m, "k", at(nSub), at(nPut)),
		"over twice":                put(m, "k", at(nPut), at(nPut)),
		"absent over another key":   {Code: block.OpAbsent, C: m, Key: "k", Over: []block.Thing{at(nSub)}},
		"set a character":           set(at(nText)),
		"set an entry":              set(at(nPut)),
		"set a delete":              set(at(nDelete)),
		"set a tag":                 set(at(nTag)),
		"set beyond":                set(at(nEnd)),
		"set over another element":  set(at(nList), at(nList+1)),
		"set over a key":            set(at(nList), at(nPut)),
	}
	for kind, cs := range map[string]block.Container{
		"a value": childOf(block.KindText, at(nPut)), "a character": childOf(block.KindText, at(nText)), "a delete": childOf(block.KindText, at(nDelete)),
		"a map": childOf(block.KindText, at(nSub)), "a map element": childOf(block.KindText, at(nCard)), "beyond": childOf(block.KindText, at(nEnd)),
		"far beyond": childOf(block.KindText, at(1<<45)), "a tag": childOf(block.KindText, at(nTag)), "a list element": childOf(block.KindText, at(nList)),
	} {
		out["text in "+kind] = block.Op{Code: block.OpText, C: cs, Side: block.Right, Runes: 1, Bytes: 1}
		for c, o := range map[block.Kind]block.Op{
			block.KindList: {Code: block.OpValues, Side: block.Right, Lens: []uint32{1}}, block.KindSet: {Code: block.OpAdd, Lens: []uint32{1}},
			block.KindCounter: {Code: block.OpStep, Amount: 1},
		} {
			o.C = cs
			o.C.Kind = c
			out[fmt.Sprintf("kind %d in %s", c, kind)] = o
		}
	}
	for name, th := range map[string]block.Thing{
		"an element of a list": at(nList), "an entry": at(nPut), "a delete": at(nDelete), "a step": at(nStep), "beyond": at(nEnd),
		"beyond 32 bits": at(1 << 33), "itself": own(0), "later": own(1), "no link": {C: 2, N: 0}, "a far link": {C: 4096, N: 0},
	} {
		out["text at "+name] = ins(text, th)
	}
	out["text at another text"] = ins(root(block.KindText, "u"), at(nText))
	for name, th := range map[string]block.Thing{"a character": at(nText), "a child entry": at(nSub), "a tag": at(nTag), "itself": own(0), "beyond": at(nEnd)} {
		out["value at "+name] = val(list, th)
	}
	out["value at another list"] = val(root(block.KindList, "z"), at(nList))
	return out
}

// TestBadOps: an op that breaks a rule refuses its whole change, at every place
// among good ops, and everything that builds on it; nothing changes.
func TestBadOps(t *testing.T) {
	a, b := honest(t, "ops")
	if got := newTwin(rawsOf(a)).list; len(got) != 2 || len(got[1].nums) != nEnd {
		t.Fatalf("the honest work has other numbers")
	}
	good := []block.Op{
		{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1},
		{Code: block.OpText, C: root(block.KindText, "t"), HasAt: true, At: at(nText + 1), Side: block.Left, Runes: 1, Bytes: 1},
		{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: nText, Len: 2}}}, // one of them dead already
	}
	f := &forger{t, newKey("mallory"), a}
	work := bridge.Of(a).Work()
	n := 0
	was := footprint(t, b)
	for name, op := range badOps() {
		for place := range len(good) + 1 {
			ops := append(append(append([]block.Op(nil), good[:place]...), op), good[place:]...)
			if place > 0 && (name == "text at itself" || name == "text at later" || name == "value at itself" || name == "delete itself" || name == "over itself") {
				continue // names an earlier number of the change there
			}
			size := uint32(0)
			for k := range ops {
				size += ops[k].WordBytes()
			}
			h := block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: work}
			if size > 0 {
				h.Size, h.Text = size, block.Sum([]byte(name))
			}
			it := f.encode(h, nil, ops...)
			err := f.give(b, it)
			if !errors.Is(err, crdt.ErrInvalid) && !errors.Is(err, crdt.ErrMalformed) && !errors.Is(err, crdt.ErrLimit) {
				t.Errorf("%s as op %d: error %v", name, place, err)
			}
			n++
			var c block.Change
			if block.Decode(it.Change, &c) == nil { // it was the past that refused it
				next := f.after(it, nil, good[0])
				if err := f.give(b, next); !errors.Is(err, crdt.ErrInvalid) {
					t.Errorf("%s as op %d: what builds on it: %v", name, place, err)
				}
			}
		}
		if got := footprint(t, b); got != was {
			t.Fatalf("%s left something", name)
		}
	}
	if n < 400 {
		t.Errorf("%d bad changes", n)
	}
	if got := bridge.Of(b).Pending(); got != 0 {
		t.Errorf("%d of them wait", got)
	}
	must(t, f.give(b, f.encode(block.Header{By: block.Key(f.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: work, Size: 1, Text: block.Sum([]byte("x"))}, nil, good...)))
	works(t, b, a)
}

// TestBuiltEarly: what builds on a bad change and came before it is refused with
// it.
func TestBuiltEarly(t *testing.T) {
	a, b := honest(t, "early")
	f := &forger{t, newKey("mallory"), a}
	step := block.Op{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1}
	bad := f.change(nil, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 1, N: nDelete, Len: 1}}})
	next := f.after(bad, nil, step)
	was := footprint(t, b)
	must(t, f.give(b, f.after(next, nil, step)))
	must(t, f.give(b, next))
	if err := f.give(b, bad); !errors.Is(err, crdt.ErrInvalid) {
		t.Errorf("error %v", err)
	}
	if got := footprint(t, b); got != was || bridge.Of(b).Pending() != 0 {
		t.Errorf("something is left, %d wait", bridge.Of(b).Pending())
	}
	works(t, a, b)
}

// TestChainRules: seq, start and author follow from the change before.
func TestChainRules(t *testing.T) {
	a, b := honest(t, "chain")
	f := &forger{t, newKey("mallory"), a}
	step := block.Op{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1}
	one := f.change(nil, step)
	must(t, f.give(a, one))
	must(t, b.Merge(a))
	by := block.Key(f.key.Author())
	eve := block.Key(newKey("eve").Author())
	for name, h := range map[string]block.Header{
		"seq gap":        {By: by, Seq: 2, Prev: one.ID, Start: 1},
		"seq 2^63":       {By: by, Seq: 1 << 63, Prev: one.ID, Start: 1},
		"seq 2^64-1":     {By: by, Seq: 1<<64 - 1, Prev: one.ID, Start: 1},
		"seq 0":          {By: by, Prev: one.ID, Start: 1},
		"start too low":  {By: by, Seq: 1, Prev: one.ID},
		"start too high": {By: by, Seq: 1, Prev: one.ID, Start: 2},
		"start 2^53":     {By: by, Seq: 1, Prev: one.ID, Start: 1 << 53},
		"another author": {By: eve, Seq: 1, Prev: one.ID, Start: 1},
		"no prev":        {By: by, Seq: 1, Start: 1, Parents: []block.ID{one.ID}},
		"prev as parent": {By: by, Seq: 1, Prev: one.ID, Start: 1, Parents: []block.ID{one.ID}},
		"work again":     {By: by, Seq: 1, Prev: one.ID, Start: 1, Work: bridge.Of(a).Work()},
	} {
		it := f.encode(h, nil, step)
		g := f
		if h.By == eve {
			g = &forger{t, newKey("eve"), a}
		}
		was := footprint(t, b)
		if err := g.give(b, it); err == nil {
			t.Errorf("%s: taken", name)
		}
		if got := footprint(t, b); got != was {
			t.Errorf("%s: left something", name)
		}
	}
	works(t, a, b)
}
