package bundle_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/commonhold/commonhold/internal/bundle"
)

// change stands for a change block, of which this package only knows the length.
var change = bytes.Repeat([]byte("c"), 64)

func Example() {
	sent := bundle.Bundle{
		Work:  sha256.Sum256(change),
		Items: []bundle.Item{{Change: change, Words: []byte("Knead.")}},
		Sigs:  []bundle.Sig{{Change: sha256.Sum256(change)}},
	}
	frame, err := bundle.Encode(&sent, true)
	if err != nil {
		panic(err)
	}

	var got bundle.Bundle
	if err := bundle.Decode(frame, &got); err != nil {
		panic(err)
	}
	got.Name()
	fmt.Printf("%d change, words %q, signed: %v\n", len(got.Items), got.Items[0].Words, got.Sigs[0].Change == got.Items[0].ID)
	// Output: 1 change, words "Knead.", signed: true
}

// A whole frame: two changes, the words of the second erased.
func ExampleEncodeWords() {
	b := bundle.Bundle{Items: []bundle.Item{
		{Change: change, Words: []byte("Knead.")},
		{Change: change},
	}}
	frame, err := bundle.EncodeWords(&b, false)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s % x\n", frame[:3], frame[3:6])
	fmt.Printf("length % x, checksum % x\n", frame[6:10], frame[10:14])
	fmt.Printf("body % x\n", frame[14:])
	// Output:
	// CHB 01 77 00
	// length 00 00 00 09, checksum 1c 41 25 9e
	// body 02 07 4b 6e 65 61 64 2e 00
}
