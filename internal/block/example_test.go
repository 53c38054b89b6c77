package block_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
)

// One keystroke as a block, the example of the package comment.
func ExampleEncode() {
	op := block.Op{
		Code:  block.OpText,
		C:     block.Container{Kind: block.KindText, Name: "body"},
		HasAt: true, At: block.Thing{N: 5}, Side: block.Right, // after the own number 5
		Runes: 1, Bytes: 1,
	}
	words := []byte("a")
	h := block.Header{
		By:  block.Key(ed25519.NewKeyFromSeed(make([]byte, 32)).Public().(ed25519.PublicKey)),
		Seq: 2, Start: 6, Prev: block.Sum([]byte("the change before")),
		Text: block.Sum(words), Size: uint32(len(words)),
	}
	raw := block.Encode(&h, 1, block.AppendOp(nil, &op))
	fmt.Println(len(raw), "bytes")
	for _, part := range []int{1, 3, 39, 20, 5, 46, 6, 6, 46, 6, 7, 9} { // the map's head, then key and value
		fmt.Printf("%x\n", raw[:part])
		raw = raw[part:]
	}
	// Output:
	// 194 bytes
	// ab
	// 617601
	// 6262795822ed013b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29
	// 636f7073818601820364626f6479820005010101
	// 6373657102
	// 6470726576d82a582500017112204b4c427ba4effb3acbffd7094bc7a8796b00a97e27f6c1c4679dacf6290539b5
	// 647265667380
	// 6473697a6501
	// 6474657874d82a58250001551220ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb
	// 6474696d6500
	// 65737461727406
	// 67706172656e747380
}

// A block is read, its ops are walked over, its words checked.
func ExampleDecode() {
	op := block.Op{Code: block.OpPut, C: block.Container{Kind: block.KindMap}, Key: "colour"}
	words, err := block.EncodeValue("blue")
	if err != nil {
		panic(err)
	}
	op.Bytes = uint32(len(words))
	h := block.Header{By: testKey(1), Seq: 7, Prev: testID("prev"), Text: block.Sum(words), Size: op.Bytes}
	raw := block.Encode(&h, 1, block.AppendOp(nil, &op))

	var c block.Change
	if err := block.Decode(raw, &c); err != nil {
		panic(err)
	}
	var r block.Reader
	r.Reset(c.Ops)
	for r.Next(&op) {
		fmt.Println(op.Code == block.OpPut, op.Key, op.Bytes)
	}
	fmt.Println(block.Sum(words) == c.Text && block.CheckContent(&c, false, words))

	raw[len(raw)-1] = 0x81 // one parent is promised and missing
	err = block.Decode(raw, &c)
	fmt.Println(errors.Is(err, block.ErrMalformed), err)
	// Output:
	// true colour 5
	// true
	// true block: byte 193: array of 1 in 0 bytes: malformed
}

// An author signs the work and the change; nobody else's signature counts.
func ExampleVerify() {
	priv := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32))
	by := block.Key(priv.Public().(ed25519.PublicKey))
	work, change := block.Sum([]byte("genesis block")), block.Sum([]byte("change block"))
	sig := ed25519.Sign(priv, block.SigningMessage(work, change))
	fmt.Println(by.DID())
	fmt.Println(block.Verify(work, change, by, sig), block.Verify(change, work, by, sig))
	// Output:
	// did:key:z6Mkon3Necd6NkkyfoGoHxid2znGc59LU3K7mubaRcFbLfLX
	// true false
}

// Values come in one spelling.
func ExampleEncodeValue() {
	b, err := block.EncodeValue(map[string]any{"title": "Bread", "n": 3, "half": 0.5})
	fmt.Printf("%x %v\n", b, err)
	v, err := block.DecodeValue(b)
	fmt.Println(v, err)
	_, err = block.CheckValue([]byte{0x18, 0x03}) // 3 in two bytes
	fmt.Println(err)
	// Output:
	// a3616e036468616c66fb3fe0000000000000657469746c65654272656164 <nil>
	// map[half:0.5 n:3 title:Bread] <nil>
	// block: byte 0: uint with argument 3 is not in its shortest form: malformed
}
