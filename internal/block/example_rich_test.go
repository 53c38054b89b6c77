package block_test

import (
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
)

// A mark and a move as they stand in a block: what they name is things, the mark
// grows to the right up to the edge of its text.
func ExampleAppendOp() {
	mark := block.Op{
		Code: block.OpMark, C: block.Container{Kind: block.KindText, Name: "body"}, Key: "bold",
		Elem: block.Thing{N: 3}, Last: block.Thing{N: 8}, // own numbers 3 to 8
		Right: block.Growth{Grow: block.GrowEdge},
		Bytes: 1, // the value true
	}
	fmt.Printf("%x\n", block.AppendOp(nil, &mark))

	move := block.Op{
		Code: block.OpTreeMove, Elem: block.Thing{C: 1, N: 7}, // number 7 of the first parent's chain
		HasDest: true, Dest: block.Thing{N: 2}, Side: block.Right,
	}
	b := block.AppendOp(nil, &move)
	fmt.Printf("%x\n", b)

	var r block.Reader
	var op block.Op
	r.Reset(b)
	fmt.Println(r.Next(&op), op.Code == block.OpTreeMove, op.Elem, op.Dest, op.HasAt, op.Numbers())
	// Output:
	// 890f820364626f647964626f6c646082000382000800f601
	// 8512820107820002f601
	// true true {1 7} {0 2} false 1
}

// Words that come from elsewhere say from where. Nobody checks that to accept
// the change.
func ExampleOrigin() {
	quote := block.Op{
		Code: block.OpQuote, C: block.Container{Kind: block.KindText, Name: "body"}, Side: block.Right,
		Runes: 5, Bytes: 5, From: block.Origin{Change: block.Sum([]byte("a change")), N: 12},
	}
	b := block.AppendOp(nil, &quote)
	fmt.Printf("%x\n", b[:17])
	fmt.Println(len(b), "bytes,", quote.Numbers(), "numbers,", quote.WordBytes(), "bytes of words")
	// Output:
	// 8913820364626f6479f6010505f6d82a58
	// 56 bytes, 5 numbers, 5 bytes of words
}
