package shape

import (
	"fmt"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
)

// TestMovesNamed moves each number as a list element, to each as its parent, and over
// each.
func TestMovesNamed(t *testing.T) {
	for _, y := range tries(t) {
		for n := uint64(0); n < nAll+2; n++ {
			item := n == nValue || n == nElemMap
			op := block.Op{Code: block.OpMove, Elem: y.thing(n), Side: block.Right}
			y.want(item, fmt.Sprintf("moving number %d", n), op)
			op.Over = []block.Thing{y.thing(n)}
			y.want(item, fmt.Sprintf("moving number %d over itself", n), op)
			op = block.Op{Code: block.OpMove, Elem: y.thing(nValue), HasAt: true, At: y.thing(n), Side: block.Side(n % 2)}
			y.want(item || n == nMove, fmt.Sprintf("moving beside number %d", n), op)
			op = block.Op{Code: block.OpMove, Elem: y.thing(nValue), Side: block.Right, Over: []block.Thing{y.thing(n)}}
			y.want(n == nValue || n == nMove, fmt.Sprintf("moving over number %d", n), op)
			op.Elem = y.thing(nElemMap)
			y.want(n == nElemMap, fmt.Sprintf("moving the other over number %d", n), op)
		}
	}
}

// TestNodesNamed makes nodes below each number and beside each, and moves each number
// as a node.
func TestNodesNamed(t *testing.T) {
	for _, y := range tries(t) {
		for n := uint64(0); n < nAll+2; n++ {
			inT, node := n == nNode || n == nBelow, n == nNode || n == nBelow || n == nTwig
			op := block.Op{Code: block.OpNode, C: root(block.KindTree, "T"), Side: block.Right, HasDest: true, Dest: y.thing(n)}
			y.want(inT, fmt.Sprintf("a node below number %d", n), op)
			op.C.Name = "U"
			y.want(n == nTwig, fmt.Sprintf("a node of the other tree below number %d", n), op)
			op = block.Op{Code: block.OpNode, C: root(block.KindTree, "T"), Side: block.Side(n % 2), HasAt: true, At: y.thing(n)}
			y.want(n == nNode || n == nTreeMove, fmt.Sprintf("a node at the root beside number %d", n), op)
			op.HasDest, op.Dest = true, y.thing(nNode)
			y.want(n == nBelow, fmt.Sprintf("a node below another beside number %d", n), op)

			op = block.Op{Code: block.OpTreeMove, Elem: y.thing(n), Side: block.Right}
			y.want(node, fmt.Sprintf("moving number %d to the root", n), op)
			op.HasDest, op.Dest = true, y.thing(nNode)
			y.want(inT, fmt.Sprintf("moving number %d below a node, be it itself", n), op)
			op = block.Op{Code: block.OpTreeMove, Elem: y.thing(nBelow), Side: block.Right, HasDest: true, Dest: y.thing(n)}
			y.want(inT, fmt.Sprintf("moving a node below number %d", n), op)
			op = block.Op{Code: block.OpTreeMove, Elem: y.thing(nBelow), Side: block.Side(n % 2), HasAt: true, At: y.thing(n)}
			y.want(n == nNode || n == nTreeMove, fmt.Sprintf("moving a node to the root beside number %d", n), op)
			op.HasDest, op.Dest = true, y.thing(nNode)
			y.want(n == nBelow, fmt.Sprintf("moving a node below another beside number %d", n), op)
		}
	}
}

// TestMarksNamed marks from and to each number, with growth up to each.
func TestMarksNamed(t *testing.T) {
	for _, y := range tries(t) {
		for n := uint64(0); n < nAll+2; n++ {
			in := n < nOther || n == nBlock || n == nQuote
			op := block.Op{Code: block.OpMark, C: root(block.KindText, "t"), Key: "b", Elem: y.thing(n), Last: y.thing(nText), Bytes: 1}
			y.want(in, fmt.Sprintf("a mark from number %d on", n), op)
			op.C.Name = "u"
			y.want(false, fmt.Sprintf("a mark of another text from number %d on", n), op)
			op.C.Name, op.Elem, op.Last = "t", y.thing(nText), y.thing(n)
			y.want(in, fmt.Sprintf("a mark to number %d", n), op)
			op.Last, op.Left = y.thing(nText), block.Growth{Grow: block.GrowThing, At: y.thing(n)}
			y.want(in, fmt.Sprintf("a mark that grows down to number %d", n), op)
			op.Left, op.Right = block.Growth{Grow: block.GrowEdge}, op.Left
			y.want(in, fmt.Sprintf("a mark that grows up to number %d", n), op)
		}
	}
}
