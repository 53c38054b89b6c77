package shape

import (
	"errors"
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// The numbers that the change of stage makes, in order.
const (
	nText     = iota // 0 1 2: characters of text "t"
	_                //
	_                //
	nOther           // character of text "u"
	nValue           // value in list "l"
	nElemMap         // map in list "l"
	nSet             // value set on nValue
	nPut             // entry of m.k
	nAbsent          // entry of m.k
	nChild           // m.k as map, and the next five as the other kinds
	_                // list
	_                // text
	_                // set
	_                // counter
	_                // tree
	nTag             // tag of set "s"
	nStep            // step of counter "c"
	nMove            // position of nValue
	nBlock           // block marker in text "t"
	nMark            // mark in text "t"
	nQuote           // quoted character in text "t"
	nNode            // in tree "T"
	nBelow           // node below nNode
	nTreeMove        // of nBelow, to the root
	nTwig            // node in tree "U"
	nDelete          // delete number of character 0
	nAll
)

// stageOps makes one number of each sort.
func stageOps() []block.Op {
	text := func(name string, runes uint32) block.Op {
		return block.Op{Code: block.OpText, Side: block.Right, C: root(block.KindText, name), Runes: runes, Bytes: runes}
	}
	list := root(block.KindList, "l")
	ops := []block.Op{
		text("t", 3), text("u", 1),
		{Code: block.OpValues, Side: block.Right, C: list, Lens: []uint32{1}},
		{Code: block.OpListChild, Side: block.Right, C: list, Kind: block.KindMap},
		{Code: block.OpSet, HasAt: true, At: own(nValue), Bytes: 1},
		{Code: block.OpPut, C: root(block.KindMap, "m"), Key: "k", Bytes: 1},
		{Code: block.OpAbsent, C: root(block.KindMap, "m"), Key: "k"},
	}
	for kind := block.KindMap; kind <= block.KindTree; kind++ {
		ops = append(ops, block.Op{Code: block.OpChild, C: root(block.KindMap, "m"), Key: "k", Kind: kind})
	}
	return append(ops,
		block.Op{Code: block.OpAdd, C: root(block.KindSet, "s"), Lens: []uint32{1}},
		block.Op{Code: block.OpStep, C: root(block.KindCounter, "c"), Amount: 1},
		block.Op{Code: block.OpMove, Elem: own(nValue), HasAt: true, At: own(nElemMap), Side: block.Right, Over: []block.Thing{own(nValue)}},
		block.Op{Code: block.OpBlock, C: root(block.KindText, "t"), Side: block.Right},
		block.Op{Code: block.OpMark, C: root(block.KindText, "t"), Key: "b", Elem: own(nText), Last: own(nBlock), Bytes: 1},
		opOn(block.OpQuote, root(block.KindText, "t"), block.Thing{}),
		block.Op{Code: block.OpNode, C: root(block.KindTree, "T"), Side: block.Right},
		block.Op{Code: block.OpNode, C: root(block.KindTree, "T"), Side: block.Right, HasDest: true, Dest: own(nNode)},
		block.Op{Code: block.OpTreeMove, Elem: own(nBelow), HasAt: true, At: own(nNode), Side: block.Right},
		block.Op{Code: block.OpNode, C: root(block.KindTree, "U"), Side: block.Right},
		block.Op{Code: block.OpDelete, Runs: []block.Run{{N: nText, Len: 1}}},
	)
}

func root(kind block.Kind, name string) block.Container {
	return block.Container{Kind: kind, Name: name}
}

func own(n uint64) block.Thing { return block.Thing{N: n} }

// opOn is an op of a code that would be good, on a container or element.
func opOn(code block.Code, c block.Container, at block.Thing) block.Op {
	op := block.Op{Code: code, C: c, Side: block.Right}
	switch code {
	case block.OpText:
		op.Runes, op.Bytes = 1, 1
	case block.OpQuote:
		op.Runes, op.Bytes, op.From.Change = 1, 1, block.Sum([]byte{1})
	case block.OpValues, block.OpAdd:
		op.Lens = []uint32{1}
	case block.OpListChild:
		op.Kind = block.KindText
	case block.OpSet:
		op.C, op.Side, op.HasAt, op.At, op.Bytes = block.Container{}, 0, true, at, 1
	case block.OpPut:
		op.Key, op.Bytes = "k", 1
	case block.OpAbsent:
		op.Key = "k"
	case block.OpChild:
		op.Key, op.Kind = "k", block.KindMap
	case block.OpStep:
		op.Amount = 1
	}
	return op
}

// kindOf is the kind of container that an op works on.
func kindOf(code block.Code) block.Kind {
	switch code {
	case block.OpText, block.OpQuote, block.OpBlock:
		return block.KindText
	case block.OpNode:
		return block.KindTree
	case block.OpValues, block.OpListChild:
		return block.KindList
	case block.OpAdd:
		return block.KindSet
	case block.OpStep:
		return block.KindCounter
	}
	return block.KindMap
}

// containerOps are the ops that name a container.
var containerOps = []block.Code{block.OpText, block.OpValues, block.OpListChild, block.OpPut, block.OpAbsent, block.OpChild, block.OpAdd, block.OpStep,
	block.OpBlock, block.OpQuote, block.OpNode}

// try admits one op on the stage, whose numbers are own (by prev, c = 0), a
// parent's or a ref's, and drops it again.
type try struct {
	w     *world
	stage *change
	how   string
	c     uint32 // how the stage is named
}

// tries are the stages: held and applied, each named in three ways.
func tries(t *testing.T) (list []try) {
	for _, applied := range []bool{false, true} {
		w := newWorld(t, 1)
		stage, err := w.admit(1, nil, w.list[:1], nil, stageOps())
		if err != nil {
			t.Fatal(err)
		}
		if got := len(stage.facts); got != nAll {
			t.Fatalf("the stage has %d numbers, want %d", got, nAll)
		}
		// Not in the past of what follows: another's, as large.
		other, err := w.admit(0, w.list[0], nil, nil, stageOps())
		if err != nil {
			t.Fatal(err)
		}
		if applied {
			w.apply(stage)
			w.apply(other)
		}
		for k, how := range []string{"prev", "parent", "ref"} {
			list = append(list, try{w, stage, fmt.Sprintf("applied %v, as %s", applied, how), []uint32{0, 1, 2}[k]})
		}
	}
	return list
}

// admit tries the ops.
func (y try) admit(ops ...block.Op) error {
	key, prev, parents, refs := 1, y.stage, []*change(nil), []*change(nil)
	switch y.c {
	case 1:
		key, prev, parents = 2, nil, []*change{y.stage}
	case 2:
		key, prev, parents, refs = 2, nil, y.w.list[:1], []*change{y.stage}
	}
	c, err := y.w.admit(key, prev, parents, refs, ops)
	if err == nil {
		y.w.drop(c)
	}
	y.w.compare()
	return err
}

// thing names number n of the stage.
func (y try) thing(n uint64) block.Thing { return block.Thing{C: y.c, N: n} }

// want fails unless the ops are taken, or refused as invalid.
func (y try) want(good bool, what string, ops ...block.Op) {
	y.w.t.Helper()
	err := y.admit(ops...)
	switch {
	case good && err != nil:
		y.w.t.Errorf("%s: %s is refused: %v", y.how, what, err)
	case !good && !errors.Is(err, block.ErrInvalid):
		y.w.t.Errorf("%s: %s gives %v", y.how, what, err)
	}
}

// TestContainersNamed names, for each op, each number as the container that it
// works in: good only where the number made one of that kind (FAULTS 42).
func TestContainersNamed(t *testing.T) {
	for _, y := range tries(t) {
		for _, code := range containerOps {
			kind := kindOf(code)
			for n := uint64(0); n < nAll; n++ {
				c := block.Container{Kind: kind, Child: true, At: y.thing(n)}
				isMap := n == nElemMap || n == nBlock || n == nNode || n == nBelow || n == nTwig
				good := isMap && kind == block.KindMap || n == nChild+uint64(kind)-1
				y.want(good, fmt.Sprintf("op %d in what number %d made", code, n), opOn(code, c, block.Thing{}))
			}
			// Never created, and created in a change that is no ancestor.
			for _, n := range []uint64{nAll, nAll + 1, 1 << 32, 1<<53 - 1} {
				c := block.Container{Kind: kind, Child: true, At: y.thing(n)}
				y.want(false, fmt.Sprintf("op %d in what number %d made", code, n), opOn(code, c, block.Thing{}))
			}
		}
	}
}

// TestParentsNamed hangs text and list elements on each number (FAULTS 43, 44).
func TestParentsNamed(t *testing.T) {
	for _, y := range tries(t) {
		for _, code := range []block.Code{block.OpText, block.OpValues, block.OpListChild, block.OpBlock, block.OpQuote} {
			for n := uint64(0); n < nAll+3; n++ {
				for _, name := range []string{"t", "u", "l"} {
					op := opOn(code, root(kindOf(code), name), block.Thing{})
					op.HasAt, op.At, op.Side = true, y.thing(n), block.Side(n%2)
					text := name == "t" && (n < nOther || n == nBlock || n == nQuote) || name == "u" && n == nOther
					good := kindOf(code) == block.KindText && text ||
						kindOf(code) == block.KindList && name == "l" && (n == nValue || n == nElemMap || n == nMove)
					y.want(good, fmt.Sprintf("op %d in %s on number %d", code, name, n), op)
				}
			}
		}
		// Itself, the next of the same change, a later one: the format or the past refuses it.
		for _, n := range []uint64{0, 1, 2, 1000} {
			start := uint64(0)
			if y.c == 0 {
				start = nAll
			}
			op := opOn(block.OpText, root(block.KindText, "t"), block.Thing{})
			op.HasAt, op.At = true, own(start+n)
			y.want(false, "an element on itself or a later one", op)
			first := opOn(block.OpText, root(block.KindText, "t"), block.Thing{})
			y.want(n == 0, "an element on one of its own change", first, op)
		}
	}
}

// TestSetsNamed sets the value of each number, over each number.
func TestSetsNamed(t *testing.T) {
	for _, y := range tries(t) {
		for n := uint64(0); n < nAll+2; n++ {
			good := n == nValue || n == nElemMap
			op := opOn(block.OpSet, block.Container{}, y.thing(n))
			y.want(good, fmt.Sprintf("setting number %d", n), op)
			op.Over = []block.Thing{y.thing(n)}
			y.want(good, fmt.Sprintf("setting number %d over itself", n), op)
			op.At = y.thing(nValue)
			y.want(n == nValue || n == nSet, fmt.Sprintf("setting over number %d", n), op)
			op.At = y.thing(nElemMap)
			y.want(n == nElemMap, fmt.Sprintf("setting the other over number %d", n), op)
		}
	}
}

// TestEntriesNamed writes entries over each number, and children with each as
// their base.
func TestEntriesNamed(t *testing.T) {
	for _, y := range tries(t) {
		for _, code := range []block.Code{block.OpPut, block.OpAbsent, block.OpChild} {
			for n := uint64(0); n < nAll+2; n++ {
				op := opOn(code, root(block.KindMap, "m"), block.Thing{})
				op.Over = []block.Thing{y.thing(n)}
				entry := n >= nPut && n < nTag
				y.want(entry, fmt.Sprintf("op %d over number %d", code, n), op)
				op.Key = "j"
				y.want(false, fmt.Sprintf("op %d of another key over number %d", code, n), op)
				op.Key, op.C.Name = "k", "n"
				y.want(false, fmt.Sprintf("op %d of another map over number %d", code, n), op)
			}
		}
		for kind := block.KindMap; kind <= block.KindTree; kind++ {
			for n := uint64(0); n < nAll+2; n++ {
				op := opOn(block.OpChild, root(block.KindMap, "m"), block.Thing{})
				op.Kind, op.HasAt, op.At = kind, true, y.thing(n)
				y.want(n == nChild+uint64(kind)-1, fmt.Sprintf("child of kind %d with base %d", kind, n), op)
				op.Key = "j"
				y.want(false, "a base of another key", op)
			}
		}
	}
}

// TestRunsNamed deletes and restores each number and runs past the end (FAULTS
// 43, 46).
func TestRunsNamed(t *testing.T) {
	for _, y := range tries(t) {
		run := func(code block.Code, n uint64, length uint32) block.Op {
			return block.Op{Code: code, Runs: []block.Run{{C: y.c, N: n, Len: length}}}
		}
		for n := uint64(0); n < nAll+2; n++ {
			y.want(n < nDelete, fmt.Sprintf("deleting %d", n), run(block.OpDelete, n, 1))
			y.want(n == nDelete, fmt.Sprintf("restoring %d", n), run(block.OpRestore, n, 1))
		}
		y.want(true, "deleting all there is", run(block.OpDelete, 0, nDelete))
		y.want(false, "deleting a delete number among others", run(block.OpDelete, 0, nDelete+1))
		y.want(false, "restoring an element among others", run(block.OpRestore, nDelete-1, 2))
		y.want(false, "deleting past the end", run(block.OpDelete, nStep, 1<<20))
		y.want(false, "restoring past the end", run(block.OpRestore, nDelete, 2))
		y.want(true, "deleting what is deleted", run(block.OpDelete, nText, 1))
		far := run(block.OpDelete, 0, 1)
		far.Runs[0].C = 3
		y.want(false, "a link that is not there", far)
	}
}

// TestKeptOnError wants what was known before a refused change unchanged, also
// the places that it shared.
func TestKeptOnError(t *testing.T) {
	w := newWorld(t, 3)
	held, err := w.admit(1, nil, w.list[:1], nil, stageOps())
	if err != nil {
		t.Fatal(err)
	}
	bad := append(stageOps(), block.Op{Code: block.OpPut, C: root(block.KindMap, "m"), Key: "k", Over: []block.Thing{own(nText)}, Bytes: 1})
	for range 5 {
		if _, err := w.admit(2, nil, w.list[:1], nil, bad); !errors.Is(err, block.ErrInvalid) {
			t.Fatal(err)
		}
		w.compare()
	}
	w.drop(held)
	w.compare()
}
