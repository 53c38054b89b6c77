package main

import (
	"github.com/commonhold/commonhold/internal/rope"
	"github.com/commonhold/commonhold/internal/trace"
)

// floors measures the two plain texts against each other: how much of the
// rope's cost a gap buffer would have, and that the rope, which all other
// measures are multiples of, is at most three times a gap buffer and so no
// easy floor.
func floors(r *run) error {
	var text string
	check := func() error { return r.verify("plain text", text) }
	err := r.measure(measure{
		name: "gap buffer", edits: len(r.trace.Edits), check: check,
		do: func() error { text = applyGap(r.flat.Bytes); return nil },
	})
	if err != nil {
		return err
	}
	return r.measure(measure{
		name: "rope", edits: len(r.trace.Edits), limit: 3, check: check,
		do:    func() error { text = applyRope(r.flat.Bytes); return nil },
		floor: func() { applyGap(r.flat.Bytes) }, floorName: "gap buffer",
	})
}

// applyRope feeds edits, in bytes, to an empty rope and returns its text. The
// code points of a trace were turned into bytes when it was opened, outside
// the clock, so that the floor does not pay for counting them; a concurrent
// trace was laid out as edits of one text, in the order of the file.
func applyRope(edits []trace.Edit) string {
	var t rope.Rope
	for i := range edits {
		e := &edits[i]
		t.Replace(int(e.Pos), int(e.Del), e.Ins)
	}
	return t.String()
}

// applyGap is applyRope with a gap buffer.
func applyGap(edits []trace.Edit) string {
	var t rope.Gap
	for i := range edits {
		e := &edits[i]
		t.Replace(int(e.Pos), int(e.Del), e.Ins)
	}
	return t.String()
}
