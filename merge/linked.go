package merge

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// linked knows which names values of a work link as blobs are linked. It looks at
// each change once, when somebody asks.
//
// Invariants, under mu:
//  1. roots has the links in the words of the first upto changes by arrival, of those
//     that have their words; bare has the others that should have some.
//  2. Unless again is set, no words have come to changes in bare since. It is set
//     without mu, by those who hold the lock of the document.
type linked struct {
	mu    sync.Mutex
	upto  int
	roots map[cid.Cid]bool
	bare  []int

	again atomic.Bool
}

// has tells whether a name is linked.
func (l *linked) has(rep *Replica, root cid.Cid) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look(rep.in)
	return l.roots[root]
}

// all are the names that are linked, ascending by their bytes.
func (l *linked) all(rep *Replica) (list []cid.Cid) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.look(rep.in)
	for id := range l.roots {
		list = append(list, id)
	}
	slices.SortFunc(list, func(a, b cid.Cid) int { return bytes.Compare(a.Bytes(), b.Bytes()) })
	return list
}

// forget is told that words were erased.
func (l *linked) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.upto, l.roots, l.bare = 0, nil, nil
}

// look takes in what is new. mu is held.
func (l *linked) look(in bridge.Doc) {
	if l.roots == nil {
		l.roots = map[cid.Cid]bool{}
	}
	list := span(l.upto, in.Count())
	if l.again.Swap(false) {
		list = append(l.bare, list...)
		l.bare = nil
	}
	for len(list) > 0 {
		part, n := in.Bundle(list, segmentBytes)
		for k := range part.Items {
			if !l.change(&part.Items[k]) {
				l.bare = append(l.bare, list[k])
			}
		}
		l.upto = max(l.upto, list[n-1]+1)
		list = list[n:]
	}
}

// change takes in the links of one change. It tells whether its words are there, or it
// has none.
func (l *linked) change(it *bridge.Item) bool {
	if it.Words == nil {
		var c block.Change
		return block.Decode(it.Change, &c) != nil || c.Size == 0
	}
	if !bytes.Contains(it.Words, linkOfNode) {
		return true
	}
	var c block.Change
	if block.Decode(it.Change, &c) != nil {
		return true
	}
	words := it.Words[int(c.Size)-int(c.Words):] // without the salt
	var ops block.Reader
	var op block.Op
	for ops.Reset(c.Ops); ops.Next(&op); {
		n := op.WordBytes()
		l.op(&op, words[:n])
		words = words[n:]
	}
	return true
}

// linkOfNode is what a link of codec dag-cbor begins with, in a value.
var linkOfNode = []byte("\xd8\x2a\x58\x25\x00\x01\x71\x12\x20")

// op takes in the links in the words of one op, if they are values.
func (l *linked) op(op *block.Op, words []byte) {
	switch op.Code {
	case block.OpSet, block.OpPut, block.OpMark:
		l.value(words)
	case block.OpValues, block.OpAdd:
		for _, n := range op.Lens {
			l.value(words[:n])
			words = words[n:]
		}
	}
}

// value takes in the links in one value.
func (l *linked) value(b []byte) {
	if !bytes.Contains(b, linkOfNode) {
		return
	}
	v, err := block.DecodeValue(b)
	if err != nil { // words that do not fit are absent
		return
	}
	l.links(v)
}

// links takes in the links in a decoded value, which is nested block.MaxDepth deep at
// most.
func (l *linked) links(v any) {
	switch v := v.(type) {
	case cid.Cid:
		if _, err := block.ChangeID(v); err == nil {
			l.roots[v] = true
		}
	case []any:
		for _, e := range v {
			l.links(e)
		}
	case map[string]any:
		for _, e := range v {
			l.links(e)
		}
	}
}
