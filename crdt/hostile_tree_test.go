package crdt_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestForgedTrees: hand-made inserts at any element, on any side, siblings of
// known ones, of one change even, which no honest writer makes: they are valid,
// and every replica shows them as the twin does, whatever the order.
func TestForgedTrees(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 60
	}
	siblings := 0
	for seed := range uint64(rounds) {
		r := rand.New(rand.NewPCG(seed, 8))
		a, b := honest(t, fmt.Sprint("trees", seed))
		f := &forger{t, newKey("f"), a}
		g := &forger{t, newKey("g"), a}
		var items []bridge.Item
		var last [2]bridge.Item
		var elems [2][]uint64 // numbers of their characters
		for range 3 + r.IntN(4) {
			k := r.IntN(2)
			x := []*forger{f, g}[k]
			h := block.Header{By: block.Key(x.key.Author()), Parents: []block.ID{headOf(t, a)}, Work: bridge.Of(a).Work()}
			if last[k].Change != nil {
				var p block.Change
				must(t, block.Decode(last[k].Change, &p))
				h = block.Header{By: p.By, Seq: p.Seq + 1, Prev: last[k].ID, Start: p.Start + uint64(p.Count), Parents: h.Parents}
			}
			var ops []block.Op
			var words []byte
			own, seen := h.Start, map[block.Thing]bool{}
			for range 1 + r.IntN(5) {
				n := 1 + r.IntN(3)
				op := block.Op{Code: block.OpText, C: root(block.KindText, "t"), Side: block.Side(r.IntN(2)), Runes: uint32(n), Bytes: uint32(n)}
				switch m := r.IntN(6); {
				case m == 0:
					op.Side = block.Right
				case m < 3 && len(elems[k]) > 0:
					op.HasAt, op.At = true, block.Thing{N: elems[k][r.IntN(len(elems[k]))]}
				default:
					op.HasAt, op.At = true, at(r.Uint64N(5))
				}
				if seen[op.At] {
					siblings++
				}
				seen[op.At] = true
				ops = append(ops, op)
				for range n {
					elems[k] = append(elems[k], own)
					own++
					words = append(words, byte('A'+len(words)%26))
				}
			}
			if r.IntN(3) == 0 {
				ops = append(ops, block.Op{Code: block.OpDelete, Runs: []block.Run{{C: 0, N: elems[k][r.IntN(len(elems[k]))], Len: 1}, {C: 1, N: r.Uint64N(4), Len: 1}}})
			}
			last[k] = x.encode(h, words, ops...)
			items = append(items, last[k])
		}
		sign := func(it bridge.Item) []bridge.Sig {
			var c block.Change
			must(t, block.Decode(it.Change, &c))
			if c.By == block.Key(f.key.Author()) {
				return []bridge.Sig{f.sign(it)}
			}
			return []bridge.Sig{g.sign(it)}
		}
		for _, d := range []*crdt.Doc{a, b} {
			for _, it := range items {
				must(t, give(d, bridge.Bundle{Work: bridge.Of(a).Work(), Items: []bridge.Item{it}, Sigs: sign(it)}))
			}
			r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
			must(t, d.CheckRooms())
		}
		same(t, a, b)
		tw := newTwin(rawsOf(b))
		json, err := b.View().MarshalJSON()
		must(t, err)
		if string(json) != tw.JSON() || dumpView(b.View()) != dumpTwin(tw) {
			t.Fatalf("seed %d:\n%s\n%s\nthe twin says\n%s\n%s", seed, json, dumpView(b.View()), tw.JSON(), dumpTwin(tw))
		}
		works(t, a, b)
	}
	if siblings < rounds {
		t.Errorf("%d siblings of one change", siblings)
	}
}
