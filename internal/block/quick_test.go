package block

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// drawNumber draws a number below limit, near zero, anywhere or near limit, and now
// and then, if wild, one that is refused.
func drawNumber(t *rapid.T, wild bool, limit uint64, what string) uint64 {
	if wild && rapid.IntRange(0, 5).Draw(t, what+" too large") == 5 {
		return limit + rapid.Uint64Range(0, 2).Draw(t, what+" beyond")
	}
	least := rapid.SampledFrom([]uint64{0, limit / 300, limit - 3}).Draw(t, what+" from")
	return least + rapid.Uint64Range(0, min(limit-1-least, 300)).Draw(t, what)
}

// drawOp draws an op of the kinds that are read quickly, or a neighbour of them. Only
// if wild may it be one that is refused.
func drawOp(t *rapid.T, wild bool) Op {
	number := func(limit uint64, what string) uint64 { return drawNumber(t, wild, limit, what) }
	switch rapid.IntRange(0, 6).Draw(t, "op") {
	case 0:
		return Op{Code: OpPut, C: Container{Kind: KindMap}, Key: "k", Bytes: 3}
	case 6: // of the containers of text, but read part by part
		return Op{Code: OpQuote, C: Container{Kind: KindText, Name: rapid.SampledFrom([]string{"t", "text"}).Draw(t, "name")},
			Side: Right, Runes: 1, Bytes: 2, From: Origin{Change: Sum(nil), N: number(MaxNumbers, "n")}}
	case 1, 2:
		op := Op{Code: Code(rapid.SampledFrom([]int{11, 11, 11, 12}).Draw(t, "code"))}
		least, most := 1, uint64(300)
		if wild {
			least, most = 0, 1<<20
		}
		for range rapid.IntRange(least, 30).Draw(t, "runs") {
			run := Run{C: uint32(number(MaxParents+MaxRefs+1, "c")), N: number(MaxNumbers-most, "n")}
			run.Len = uint32(rapid.Uint64Range(uint64(least), most).Draw(t, "len"))
			op.Runs = append(op.Runs, run)
		}
		return op
	}
	op := Op{Code: OpText, Side: Side(rapid.IntRange(0, 1).Draw(t, "side"))}
	op.C = Container{Kind: KindText, Name: rapid.SampledFrom([]string{"t", "t", "t", "text", ""}).Draw(t, "name")}
	if rapid.IntRange(0, 5).Draw(t, "child") == 5 {
		op.C = Container{Kind: KindText, Child: true, At: Thing{N: number(MaxNumbers, "n")}}
	}
	if op.HasAt = rapid.Bool().Draw(t, "at"); op.HasAt {
		op.At = Thing{C: uint32(number(MaxParents+MaxRefs+1, "c")), N: number(MaxNumbers, "n")}
	}
	if !op.HasAt && !wild {
		op.Side = Right // nothing is left of the root
	}
	op.Runes = rapid.Uint32Range(1, 400).Draw(t, "runes")
	op.Bytes = rapid.Uint32Range(op.Runes, 4*op.Runes).Draw(t, "bytes")
	if wild && rapid.IntRange(0, 5).Draw(t, "careless") == 5 {
		op.Runes, op.Bytes = uint32(number(1<<20, "any runes")), uint32(number(1<<20, "any bytes"))
	}
	return op
}

// TestQuickIsCareful: what is read in one go is what reading part by part gives,
// op by op, with what the Reader counts; and what is refused is refused alike.
func TestQuickIsCareful(t *testing.T) {
	kinds := []error{ErrMalformed, ErrLimit, ErrInvalid}
	quickly := 0
	rapid.Check(t, func(t *rapid.T) {
		var b []byte
		whole := rapid.Bool().Draw(t, "whole")
		for range rapid.IntRange(1, 6).Draw(t, "ops") {
			op := drawOp(t, !whole)
			b = AppendOp(b, &op)
		}
		for i := 0; i < 2 && !whole; i++ {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "where")] = rapid.Byte().Draw(t, "byte")
		}
		if !whole {
			b = b[:rapid.IntRange(len(b)*3/4, len(b)).Draw(t, "length")]
		}
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
	t.Logf("%d ops were read quickly", quickly)
}

// TestQuickIsQuick: the ordinary ops are read in one go, once the root container is
// known.
func TestQuickIsQuick(t *testing.T) {
	text := Op{Code: OpText, C: Container{Kind: KindText, Name: "t"}, Side: Right, Runes: 1, Bytes: 1}
	after := text
	after.HasAt, after.At = true, Thing{C: 3, N: 70_000}
	gone := Op{Code: OpDelete, Runs: []Run{{N: 5, Len: 9}, {C: 2, N: 1 << 40, Len: 1}}}
	var b []byte
	for _, op := range []Op{text, text, after, gone} {
		b = AppendOp(b, &op)
	}
	var r Reader
	r.Reset(b)
	for i := 0; r.left() > 0; i++ {
		var op Op
		if quick := r.quick(&op); quick != (i > 0) {
			t.Errorf("op %d: read quickly: %v", i, quick)
		} else if !quick {
			r.careful(&op)
		}
		if r.err != nil {
			t.Fatal(r.err)
		}
	}
}
