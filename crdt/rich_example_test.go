package crdt_test

import (
	"fmt"
	"strings"

	"github.com/commonhold/commonhold/crdt"
)

// Two people format one text. A heading and a list item are blocks; what is typed at the
// end of bold words is bold, what is typed at the end of a link is not in the link.
func ExampleTextTx_Mark() {
	d, _ := crdt.New(newKey("Ann"))
	err := d.Update(func(tx *crdt.Tx) error {
		t := tx.Text("body")
		t.Split(0, crdt.Block{Kind: "heading", Level: 1})
		t.Append("Bread")
		t.Split(t.Len(), crdt.Block{Kind: "item"})
		t.Append("Knead well. See notes")
		t.Mark(13, 17, crdt.Mark{Key: "bold", Value: true, Expand: crdt.ExpandAfter})
		t.Mark(23, 28, crdt.Mark{Key: "link", Value: "notes.html"})
		t.Append(".")
		t.Insert(17, "!")
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	for block := range d.View().Text("body").Blocks() {
		fmt.Printf("%s %d:", block.Kind, block.Level)
		for run := range block.Text.Runs() {
			fmt.Printf(" %q", run.Text)
			for key, v := range run.Marks {
				fmt.Printf(" %s=%v", key, v.Any())
			}
		}
		fmt.Println()
	}
	// Output:
	// heading 1: "Bread"
	// item 1: "Knead " "well!" bold=true ". See " "notes" link=notes.html "."
}

// An editor follows a rich text by patches: of characters, of marks, of blocks.
func ExampleMirror_Mark() {
	ann, _ := crdt.New(newKey("Ann"))
	_ = ann.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("Wait an hour"); return nil })
	ben, _ := ann.Clone(newKey("Ben"))

	editor := ann.Mirror(ann.View().Text("body"))
	_ = ben.Update(func(tx *crdt.Tx) error { tx.Text("body").Insert(0, "Then: "); return nil })
	_ = ann.Merge(ben)
	// Ann's editor does not show Ben's words yet; she marks what she sees.
	_ = editor.Mark(5, 7, crdt.Mark{Key: "bold", Value: true})
	_ = editor.Split(8, crdt.Block{Kind: "quote"})
	for _, p := range editor.Pull() {
		switch p.Op {
		case crdt.PatchText:
			fmt.Printf("at %d, %d go and %q comes\n", p.At, p.Removed, p.Text)
		case crdt.PatchMark:
			fmt.Printf("at %d, %d show %s=%v\n", p.At, p.Len, p.Key, p.Value.Any())
		case crdt.PatchBlock:
			fmt.Printf("at %d begins a %s\n", p.At, p.Block.Kind)
		}
	}
	fmt.Println(strings.ReplaceAll(editor.String(), "\n", "¶"))
	// Output:
	// at 0, 0 go and "Then: " comes
	// at 14, 0 go and "\n" comes
	// at 11, 2 show bold=true
	// at 14 begins a quote
	// Then: Wait an ¶hour
}
