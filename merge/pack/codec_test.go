package pack

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// packed returns a bundle as a pack; a group ends where cut says so of the number
// of changes before.
func packed(t testing.TB, b *bridge.Bundle, hard bool, cut func(int) bool) []byte {
	t.Helper()
	var buf bytes.Buffer
	s := sink{w: &buf, p: newPackerOf(b.Work, hard)}
	s.head()
	for k := range b.Items {
		if k > 0 && cut(k) {
			s.group()
		}
		one := bridge.Bundle{Work: b.Work, Items: b.Items[k : k+1], Sigs: b.Sigs}
		s.add(&one)
		if err := s.p.m.check(); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// unpacked returns the bundle that a pack holds, which must be sound.
func unpacked(t testing.TB, p []byte) bridge.Bundle {
	t.Helper()
	var s source
	if err := s.open(bytes.NewReader(p)); err != nil {
		t.Fatal(err)
	}
	b, err := s.whole()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.u.m.check(); err != nil {
		t.Fatal(err)
	}
	return b
}

// equal tells what differs between two lists of changes.
func equal(a, b []bridge.Item) error {
	if len(a) != len(b) {
		return fmt.Errorf("%d changes, not %d", len(b), len(a))
	}
	for k := range a {
		switch {
		case !bytes.Equal(a[k].Change, b[k].Change):
			return fmt.Errorf("change %d:\n%x\n%x", k, a[k].Change, b[k].Change)
		case a[k].ID != b[k].ID:
			return fmt.Errorf("name of change %d", k)
		case (a[k].Words == nil) != (b[k].Words == nil) || !bytes.Equal(a[k].Words, b[k].Words):
			return fmt.Errorf("words of change %d:\n%x\n%x", k, a[k].Words, b[k].Words)
		}
	}
	return nil
}

// TestRoundTrip packs and unpacks random histories of all ops: whole, ranges,
// with duplicates and out of order, in groups of any size.
func TestRoundTrip(t *testing.T) {
	n := 400
	if testing.Short() {
		n = 40
	}
	codes := map[block.Code]int{}
	changes, sigs := 0, 0
	for seed := range uint64(n) {
		w := newWorld(seed)
		w.grow(5 + int(seed%60))
		r := rand.New(rand.NewPCG(seed, 1))
		b := w.bundle
		switch seed % 4 {
		case 1: // a range
			i := r.IntN(len(b.Items))
			b.Items = b.Items[i : i+r.IntN(len(b.Items)-i)+1]
		case 2: // out of order
			r.Shuffle(len(b.Items), func(i, j int) { b.Items[i], b.Items[j] = b.Items[j], b.Items[i] })
		case 3: // one of them twice
			b.Items = append(b.Items, b.Items[r.IntN(len(b.Items))])
		}
		every := 1 + r.IntN(40)
		p := packed(t, &b, seed%2 == 0, func(k int) bool { return k%every == 0 })
		got := unpacked(t, p)
		if err := equal(b.Items, got.Items); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		if got.Work != b.Work {
			t.Fatalf("seed %d: another work", seed)
		}
		changes += len(got.Items)
		sigs += len(got.Sigs)
		count(codes, got.Items)
	}
	for c := block.OpGenesis; c <= block.OpQuote; c++ {
		if codes[c] == 0 {
			t.Errorf("no op of code %d was packed", c)
		}
	}
	t.Logf("%d histories, %d changes, %d signatures, ops %v", n, changes, sigs, codes)
}

// count counts ops by code.
func count(codes map[block.Code]int, items []bridge.Item) {
	var c block.Change
	var r block.Reader
	var op block.Op
	for k := range items {
		if block.Decode(items[k].Change, &c) == nil {
			for r.Reset(c.Ops); r.Next(&op); {
				codes[op.Code]++
			}
		}
	}
}

// TestSame: the packer is a function of the changes, and what is unpacked packs
// to the same bytes again.
func TestSame(t *testing.T) {
	for seed := range uint64(20) {
		w := newWorld(seed)
		w.grow(30)
		cut := func(k int) bool { return k%7 == 0 }
		p := packed(t, &w.bundle, true, cut)
		got := unpacked(t, p)
		if !bytes.Equal(p, packed(t, &got, true, cut)) {
			t.Fatalf("seed %d: other bytes", seed)
		}
	}
}

// TestGoldenOps reads a pack of all ops that an earlier version wrote.
func TestGoldenOps(t *testing.T) {
	if *Update {
		w := newWorld(2)
		w.grow(80)
		p := packed(t, &w.bundle, true, func(k int) bool { return k == 50 })
		sum := sumOf(unpacked(t, p))
		if err := errors.Join(os.WriteFile("testdata/v1-ops.chp", p, 0o644), os.WriteFile("testdata/v1-ops.sum", []byte(sum), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	p, err := os.ReadFile("testdata/v1-ops.chp")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/v1-ops.sum")
	if err != nil {
		t.Fatal(err)
	}
	b := unpacked(t, p)
	if got := sumOf(b); got != string(want) {
		t.Errorf("the blocks hash to %s, want %s", got, want)
	}
	codes := map[block.Code]int{}
	if count(codes, b.Items); len(codes) != int(block.OpQuote)+1 {
		t.Errorf("only %d codes of ops", len(codes))
	}
}

// sumOf is a hash of all blocks, words and signatures, with a line end.
func sumOf(b bridge.Bundle) string {
	h := sha256.New()
	for _, it := range b.Items {
		h.Write(it.Change)
		h.Write(it.Words)
	}
	for _, s := range b.Sigs {
		h.Write(s.Change[:])
		h.Write(s.Sig[:])
	}
	return hex.EncodeToString(h.Sum(nil)) + "\n"
}
