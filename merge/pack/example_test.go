package pack_test

import (
	"bytes"
	"fmt"
	"time"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

// A work is written to a file, looked at, and opened again with another key.
func Example() {
	ann, ben := newKey(1), newKey(2)
	d, err := crdt.New(ann, crdt.Title("Bread"), crdt.WithClock(func() time.Time { return time.UnixMilli(1700000000000) }))
	if err != nil {
		panic(err)
	}
	err = d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. Wait."); return nil })
	if err != nil {
		panic(err)
	}

	var file bytes.Buffer
	if err := pack.Write(&file, d); err != nil {
		panic(err)
	}
	info, err := pack.Inspect(bytes.NewReader(file.Bytes()))
	if err != nil {
		panic(err)
	}
	fmt.Println(info.Title, info.Changes, "changes,", info.Words, "bytes of words")

	copied, err := pack.Read(&file, cid.Undef, ben)
	if err != nil {
		panic(err)
	}
	fmt.Println(copied.View().Text("body"))
	// Output:
	// Bread 2 changes, 12 bytes of words
	// Knead. Wait.
}

// A file of one's own shows what is in it before its history is read.
func ExampleReadTrusted() {
	d, err := crdt.New(newKey(1), crdt.Title("Bread"), crdt.WithClock(func() time.Time { return time.UnixMilli(1700000000000) }))
	if err != nil {
		panic(err)
	}
	err = d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Knead. Wait."); return nil })
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	if err := pack.WriteState(&file, d); err != nil {
		panic(err)
	}

	mine, err := pack.ReadTrusted(&file, d.ID(), newKey(2))
	if err != nil {
		panic(err)
	}
	fmt.Println(mine.View().Text("body")) // at once
	err = mine.Update(func(tx *crdt.Tx) error { tx.Text("body").Append(" Bake."); return nil })
	fmt.Println(mine.View().Text("body"), err) // the history was read, and verified
	fmt.Println(mine.Load())
	// Output:
	// Knead. Wait.
	// Knead. Wait. Bake. <nil>
	// <nil>
}

// Tools of IPFS read, pin and walk a work that was written as a CAR file.
func ExampleWriteCAR() {
	d, err := crdt.New(newKey(1), crdt.Title("Bread"), crdt.WithClock(func() time.Time { return time.UnixMilli(1700000000000) }))
	if err != nil {
		panic(err)
	}
	var file bytes.Buffer
	root, err := pack.WriteCAR(&file, d)
	if err != nil {
		panic(err)
	}
	copied, err := pack.ReadCAR(&file, d.ID(), nil)
	if err != nil {
		panic(err)
	}
	fmt.Println(root.Prefix().Codec == cid.DagCBOR, copied.Heads() == d.Heads())
	// Output: true true
}
