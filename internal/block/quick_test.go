package block

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// drawOp draws an op of the kinds that are read quickly, or a neighbour of them.
func drawOp(t *rapid.T) Op {
	number := func(what string) uint64 {
		wide := rapid.SampledFrom([]uint64{3, 30, 300, 70000, 1 << 33, MaxNumbers + 2}).Draw(t, what+" below")
		least := uint64(0)
		if wide > MaxNumbers {
			least = MaxNumbers - 3
		}
		return rapid.Uint64Range(least, wide).Draw(t, what)
	}
	switch rapid.IntRange(0, 3).Draw(t, "op") {
	case 0, 1:
		op := Op{Code: OpText, Side: Side(rapid.IntRange(0, 1).Draw(t, "side"))}
		op.C = Container{Kind: KindText, Name: rapid.SampledFrom([]string{"", "t", "text"}).Draw(t, "name")}
		if rapid.Bool().Draw(t, "child") {
			op.C = Container{Kind: KindText, Child: true, At: Thing{N: number("n")}}
		}
		if op.HasAt = rapid.Bool().Draw(t, "at"); op.HasAt {
			op.At = Thing{C: uint32(number("c")), N: number("n")}
		}
		op.Runes, op.Bytes = uint32(number("runes")), uint32(number("bytes"))
		return op
	case 2:
		op := Op{Code: Code(rapid.SampledFrom([]int{11, 11, 11, 12}).Draw(t, "code"))}
		for range rapid.IntRange(0, 30).Draw(t, "runs") {
			op.Runs = append(op.Runs, Run{uint32(number("c")), number("n"), uint32(number("len"))})
		}
		return op
	}
	return Op{Code: OpPut, C: Container{Kind: KindMap}, Key: "k", Bytes: 3}
}

// TestQuickIsCareful: what is read in one go is what reading part by part gives,
// op by op, with what the Reader counts; and what is refused is refused alike.
func TestQuickIsCareful(t *testing.T) {
	kinds := []error{ErrMalformed, ErrLimit, ErrInvalid}
	quickly := 0
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		for range rapid.IntRange(1, 6).Draw(t, "ops") {
			op := drawOp(t)
			b = AppendOp(b, &op)
		}
		for range rapid.IntRange(0, 2).Draw(t, "faults") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "where")] = rapid.Byte().Draw(t, "byte")
		}
		b = b[:rapid.IntRange(len(b)*3/4, len(b)).Draw(t, "length")]
		spell := rapid.Bool().Draw(t, "spell")
		var fast, slow Reader
		fast.Reset(b)
		slow.Reset(b)
		fast.spell, slow.spell = spell, spell
		for fast.err == nil && fast.left() > 0 {
			var x, y Op
			if fast.quick(&x) {
				quickly++
			} else {
				fast.careful(&x)
			}
			slow.careful(&y)
			for _, kind := range kinds {
				if errors.Is(fast.err, kind) != errors.Is(slow.err, kind) {
					t.Fatalf("% x: read quickly %v, carefully %v", b, fast.err, slow.err)
				}
			}
			if fast.err != nil {
				return
			}
			if len(x.Runs) == 0 {
				x.Runs = nil
			}
			if !reflect.DeepEqual(x, y) || fast.tally != slow.tally || fast.i != slow.i {
				t.Fatalf("% x: read quickly %+v %+v, carefully %+v %+v", b, x, fast.tally, y, slow.tally)
			}
		}
	})
	if quickly == 0 && !testing.Short() { // a short run draws few
		t.Error("nothing was read quickly")
	}
}
