package tips

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// slowRoot is the root of a set by the package comment: no tree, only the items.
func slowRoot(list []Tip) [32]byte {
	if len(list) == 0 {
		return [32]byte{}
	}
	var items [][]byte
	for _, t := range list {
		b := append([]byte(nil), t.Author[:]...)
		b = binary.BigEndian.AppendUint64(b, t.Seq)
		items = append(items, append(b, t.ID[:]...))
	}
	slices.SortFunc(items, bytes.Compare)
	return slowNode(items)
}

// slowNode is the hash of the node of items, which ascend.
func slowNode(items [][]byte) [32]byte {
	if len(items) == 1 {
		return sha256.Sum256(append([]byte{0}, items[0]...))
	}
	digits := make([]string, len(items))
	for i, x := range items {
		digits[i] = hex.EncodeToString(x)
	}
	depth := 0
	for digits[0][depth] == digits[len(digits)-1][depth] {
		depth++
	}
	bitmap, hashes := uint16(0), []byte(nil)
	for x, digit := range "0123456789abcdef" {
		var below [][]byte
		for i := range items {
			if digits[i][depth] == byte(digit) {
				below = append(below, items[i])
			}
		}
		if len(below) > 0 {
			h := slowNode(below)
			bitmap |= 1 << x
			hashes = append(hashes, h[:]...)
		}
	}
	return sha256.Sum256(append(binary.BigEndian.AppendUint16([]byte{1}, bitmap), hashes...))
}

// someTip draws a tip: of few authors or many, with ids that agree far or not at all.
func someTip(rng *rand.Rand, authors int) Tip {
	t := Tip{Author: sha256.Sum256(fmt.Append(nil, rng.IntN(authors))), Seq: rng.Uint64N(3)}
	switch rng.IntN(3) {
	case 0:
		t.ID[31] = byte(rng.IntN(20))
	case 1:
		t.ID[rng.IntN(32)] = byte(rng.Uint32())
	default:
		t.ID = sha256.Sum256(fmt.Append(nil, rng.Uint64()))
	}
	if rng.IntN(8) == 0 {
		t.Author = [32]byte{}
		t.Author[31] = byte(rng.IntN(3))
	}
	return t
}

// A tree that is changed step by step is the one of its items, whatever the way there.
func TestTreeTwin(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 1))
		authors := 1 + rng.IntN(30)
		var tree Tree
		set := map[Tip]int32{}
		for step := range 40 {
			var out []Tip
			var in []Entry
			old, root := tree, tree.Root()
			for x := range set {
				if rng.IntN(6) == 0 {
					out = append(out, x)
				}
			}
			slices.SortFunc(out, Compare) // a map has no order
			for range rng.IntN(8) {
				in = append(in, Entry{someTip(rng, authors), int32(step)})
			}
			out = append(out, someTip(rng, authors))
			tree = tree.With(out, in)
			for _, x := range out {
				delete(set, x)
			}
			for _, x := range in {
				if _, ok := set[x.Tip]; !ok {
					set[x.Tip] = x.Place
				}
			}
			if err := tree.Check(); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			compareTree(t, tree, set)
			if old.Root() != root || old.Check() != nil {
				t.Fatalf("seed %d: a tree has changed", seed)
			}
		}
	}
}

// compareTree compares a tree with a set.
func compareTree(t *testing.T, tree Tree, set map[Tip]int32) {
	t.Helper()
	var list, got []Tip
	for x := range set {
		list = append(list, x)
	}
	slices.SortFunc(list, Compare)
	for e := range tree.All() {
		if set[e.Tip] != e.Place {
			t.Fatalf("%v has place %d, want %d", e.Tip, e.Place, set[e.Tip])
		}
		got = append(got, e.Tip)
	}
	if !slices.Equal(got, list) || tree.Len() != len(list) || tree.Root() != slowRoot(list) {
		t.Fatalf("tree of %v, want %v", got, list)
	}
	if len(list) == 0 {
		return
	}
	a := list[len(list)/2].Author
	var of, want []Tip
	for e := range tree.Of(a) {
		of = append(of, e.Tip)
	}
	for _, x := range list {
		if x.Author == a {
			want = append(want, x)
		}
		if !tree.Has(x) {
			t.Fatalf("%v is not there", x)
		}
		if x.ID[0]++; tree.Has(x) != slices.Contains(list, x) {
			t.Fatalf("%v is there", x)
		}
	}
	if !slices.Equal(of, want) {
		t.Fatalf("of one author %v, want %v", of, want)
	}
}

// The digest of a work without tips and of one with a single one, spelled out.
func TestDigest(t *testing.T) {
	work := sha256.Sum256([]byte("work"))
	x := Tip{Author: [32]byte{1}, Seq: 2, ID: [32]byte{3}}
	var tree Tree
	if want := sha256.Sum256(append(append([]byte("commonhold/tips/v1\x00"), work[:]...), make([]byte, 32)...)); tree.Digest(work) != want {
		t.Fatal("empty")
	}
	tree = tree.With(nil, []Entry{{Tip: x}})
	leaf := make([]byte, 73)
	leaf[1], leaf[40], leaf[41] = 1, 2, 3
	root := sha256.Sum256(leaf)
	if want := sha256.Sum256(append(append([]byte("commonhold/tips/v1\x00"), work[:]...), root[:]...)); tree.Digest(work) != want {
		t.Fatal("one tip")
	}
}

// Has tells whether a tip is in the set.
func (t Tree) Has(x Tip) bool {
	p := span{key: itemOf(x), n: nibbles}
	return t.root.under(&p) != nil
}

// Each clause of Check finds the damage it is there for.
func TestCheckFinds(t *testing.T) {
	for _, c := range []struct {
		clause string
		damage func(n *node)
	}{
		{"1:", func(n *node) { n.bitmap |= 1 << 15 }},
		{"1:", func(n *node) { n.kids[0].kids[0].count = 2 }},
		{"1:", func(n *node) { n.kids, n.bitmap = n.kids[:1], 2 }},
		{"2:", func(n *node) { n.kids[0].depth = 0 }},
		{"2:", func(n *node) { n.kids[0].key[0] = 0x70 }},
		{"3:", func(n *node) { n.count++ }},
		{"3:", func(n *node) { n.hash[0]++ }},
		{"3:", func(n *node) { n.kids[0].kids[0].hash[0]++ }},
	} {
		tree := Tree{}.With(nil, []Entry{{Tip: Tip{Author: [32]byte{0x11}}}, {Tip: Tip{Author: [32]byte{0x12}}}, {Tip: Tip{Author: [32]byte{0x20}}}})
		if err := tree.Check(); err != nil {
			t.Fatal(err)
		}
		c.damage(tree.root)
		if err := tree.Check(); err == nil || !strings.Contains(err.Error(), "invariant "+c.clause) {
			t.Errorf("damage to %s: %v", c.clause, err)
		}
	}
}
