package crdt_test

import (
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
)

// TestBlockWithContainer: a stranger gives a block marker a container where its
// attributes stand. Reading the blocks ends, and the container is no attribute.
func TestBlockWithContainer(t *testing.T) {
	a, b := honest(t, "containers of blocks")
	f := &forger{t, newKey("mallory"), a}
	marker := block.Container{Kind: block.KindMap, Child: true, At: block.Thing{}}
	must(t, f.give(b, f.change(nil,
		block.Op{Code: block.OpBlock, C: root(block.KindText, "rich"), Side: block.Right},
		block.Op{Code: block.OpChild, C: marker, Key: "kind", Kind: block.KindMap},
		block.Op{Code: block.OpChild, C: marker, Key: "x", Kind: block.KindText},
	)))
	n := 0
	for x := range b.View().Text("rich").Blocks() {
		n++
		if x.Kind != "" || len(x.Attrs) > 0 {
			t.Errorf("a block of %q and %v", x.Kind, x.Attrs)
		}
	}
	if n != 1 {
		t.Errorf("%d blocks", n)
	}
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("rich").SetBlock(1, crdt.Block{Kind: "quote"}); return nil }))
}
