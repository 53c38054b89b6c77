package merge_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/merge/store"
)

// TestEveryByte gives each byte of a signed change of 2 KiB and more each other value, and
// has it arrive: with the signature as it was, and with one that is said to be of the
// changed bytes. It is refused or waits for ever, and the document stays as it is; then
// what was written is taken in. With -long that is all bytes and all values.
func TestEveryByte(t *testing.T) {
	ctx := context.Background()
	_, a := found(t, store.Memory(), "ann")
	b := joined(t, "ben", a)
	meets(t, a, b)
	rng := rand.New(rand.NewPCG(8, 9))
	for k := range 60 { // one change with ops of many kinds
		must(t, a.Update(ctx, scribble(rng)))
		must(t, a.Update(ctx, func(tx *crdt.Tx) error {
			tx.Map("m").Put(fmt.Sprint("key ", k%7), k)
			tx.Counter("c").Add(int64(k))
			tx.Set("s").Add(k % 5)
			return nil
		}))
	}
	must(t, a.Save(ctx))
	whole, _ := bridge.Of(a.Doc()).Bundle([]int{bridge.Of(a.Doc()).Count() - 1}, 1<<30)
	good := whole.Items[0].Change
	if len(good) < 2<<10 || len(whole.Items) != 1 || len(whole.Sigs) != 1 {
		t.Fatalf("%d changes, the first of %d bytes, %d signatures", len(whole.Items), len(good), len(whole.Sigs))
	}
	step := 331
	if *long {
		step = 1
	}
	before, heads := json(t, b), b.Doc().Heads()
	in := bridge.Of(b.Doc())
	tried, kinds := 0, map[string]int{}
	for n := 0; n < 255*len(good); n += step {
		raw := bytes.Clone(good)
		raw[n/255] ^= byte(1 + n%255)
		bad := bridge.Bundle{Work: whole.Work, Items: []bridge.Item{{ID: block.Sum(raw), Change: raw, Words: whole.Items[0].Words}}}
		bad.Sigs = []bridge.Sig{{Change: block.Sum(raw), Sig: whole.Sigs[0].Sig}}
		if n/step%8 == 7 {
			bad.Sigs = whole.Sigs
		}
		applied, err := in.Apply(bad, "villain", false)
		if applied != 0 || b.Doc().Heads() != heads {
			t.Fatalf("byte %d, bits %02x: %d changes were taken in", n/255, 1+n%255, applied)
		}
		tried++
		switch {
		case err == nil:
			kinds["waits"]++
		case errors.Is(err, crdt.ErrMalformed):
			kinds["malformed"]++
		case errors.Is(err, crdt.ErrSignature):
			kinds["signature"]++
		default:
			kinds["other"]++
		}
	}
	if json(t, b) != before {
		t.Error("the document has changed")
	}
	meets(t, a, b)
	t.Logf("%d changes of a change of %d bytes: %v", tried, len(good), kinds)
	if *long && tried != 255*len(good) || tried < 1000 || kinds["malformed"] == 0 || kinds["signature"] == 0 {
		t.Error("less than promised")
	}
}
