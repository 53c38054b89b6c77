package state

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/commonhold/commonhold/internal/block"
)

// TestInsideOnce nests maps of which each has two entries, all switched off: a
// walk that follows each entry would double at each level.
func TestInsideOnce(t *testing.T) {
	p := begin(t)
	const levels = 40
	var ops []block.Op
	c := rootOf(block.KindMap)
	for k := range uint64(levels) {
		op := block.Op{Code: block.OpChild, C: c, Key: "c", Kind: block.KindMap}
		ops = append(ops, op, op)
		c = childOf(block.KindMap, 2*k)
	}
	i := p.give(true, "", ops...)
	p.s.Switch(i, false)
	p.s.Settle()
	start := time.Now()
	root := p.rootPlace(block.KindMap)
	if p.s.Inside(root) || p.s.Shows(root) {
		t.Error("something is inside")
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("%d levels took %v", levels, took)
	}
}

// TestStandingAsksOnce has thousands of entries of one child, all switched off,
// and in it as many keys that are off too: the child is looked through once.
func TestStandingAsksOnce(t *testing.T) {
	p := begin(t)
	const n = 5000
	var ops, in []block.Op
	for k := range n {
		ops = append(ops, block.Op{Code: block.OpChild, C: rootOf(block.KindMap), Key: "c", Kind: block.KindMap})
		in = append(in, block.Op{Code: block.OpPut, C: childOf(block.KindMap, 0), Key: fmt.Sprint(k), Bytes: 1})
	}
	child := p.give(true, "", ops...)
	keys := p.give(true, strings.Repeat("x", n), in...)
	p.s.Switch(child, false)
	p.s.Switch(keys, false)
	p.s.Settle()
	start := time.Now()
	if p.s.Shows(p.rootPlace(block.KindMap)) {
		t.Error("the child stands")
	}
	if took := time.Since(start); took > 500*time.Millisecond {
		t.Errorf("%d entries took %v", n, took)
	}
}
