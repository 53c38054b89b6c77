package crdt

import (
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/shape"
)

// plainKey signs with an ed25519 key made from one byte.
type plainKey struct{ ed25519.PrivateKey }

func newPlainKey(b byte) plainKey {
	seed := make([]byte, ed25519.SeedSize)
	seed[0] = b
	return plainKey{ed25519.NewKeyFromSeed(seed)}
}

func (k plainKey) Author() Author                  { return Author(k.Public().(ed25519.PublicKey)) }
func (k plainKey) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(k.PrivateKey, msg), nil }

// talk is a work in which two people answer each other, and the whole of it in one
// batch, with the signatures of the tips alone.
func talk(t *testing.T) (*Doc, Batch) {
	t.Helper()
	a, err := New(newPlainKey(1))
	if err != nil {
		t.Fatal(err)
	}
	b, err := a.Clone(newPlainKey(2))
	if err != nil {
		t.Fatal(err)
	}
	for k := range 20 {
		from, to := a, b
		if k%2 == 1 {
			from, to = b, a
		}
		if err := from.Update(func(tx *Tx) error { tx.Text("t").Insert(k/3, "ab"); tx.Put("k", k); return nil }); err != nil {
			t.Fatal(err)
		}
		if err := to.Merge(from); err != nil {
			t.Fatal(err)
		}
	}
	all, err := b.Since(Version{})
	if err != nil {
		t.Fatal(err)
	}
	tips := b.Heads().digests()
	last := all.b.Sigs[:0:0]
	for _, s := range all.b.Sigs { // one tip of each chain: the heads, and what they answer
		for i := len(all.b.Items) - 1; i >= len(all.b.Items)-2; i-- {
			if block.Sum(all.b.Items[i].Change) == block.ID(s.Change) {
				last = append(last, s)
			}
		}
	}
	if len(tips) != 1 || len(last) != 2 {
		t.Fatalf("%d heads, %d signatures of the last two changes", len(tips), len(last))
	}
	all.b.Sigs = last
	return b, all
}

// TestExpress: a batch that is closed and covered by itself goes by without the
// waiting room, and gives what goes through it change by change.
func TestExpress(t *testing.T) {
	src, all := talk(t)
	quick, err := Join(nil, src.ID())
	if err != nil {
		t.Fatal(err)
	}
	in := intake{d: quick}
	in.signatures(all.b.Sigs)
	if !in.express(all.b.Items) || len(in.res.Applied) != all.Len() || quick.wait.Len() != 0 {
		t.Fatalf("%d of %d changes went by", len(in.res.Applied), all.Len())
	}
	slow, err := Join(nil, src.ID())
	if err != nil {
		t.Fatal(err)
	}
	for k := range all.Len() {
		if _, err := slow.Apply(all.Slice(k, k+1)); err != nil {
			t.Fatal(err)
		}
	}
	want, _ := src.View().MarshalJSON()
	for name, d := range map[string]*Doc{"by itself": quick, "change by change": slow} {
		got, err := d.View().MarshalJSON()
		if err != nil || string(got) != string(want) || d.Heads() != src.Heads() {
			t.Errorf("%s: %s at %s, %v; want %s at %s", name, got, d.Heads(), err, want, src.Heads())
		}
		if err := d.t.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNotExpress: what is not closed and covered, or has a fault anywhere, is left
// as it came, with nothing kept.
func TestNotExpress(t *testing.T) {
	src, all := talk(t)
	n := all.Len()
	sig := all.b.Sigs[0]
	sig.Sig[3] ^= 1
	damaged := func(k int) []bridge.Item {
		items := append([]bridge.Item(nil), all.b.Items...)
		raw := append([]byte(nil), items[k].Change...)
		raw[len(raw)/2] ^= 1
		items[k].Change = raw
		return items
	}
	words := append([]bridge.Item(nil), all.b.Items...)
	words[n/2].Words = []byte("other words")
	tests := map[string]struct {
		items []bridge.Item
		sigs  []bridge.Sig
	}{
		"a link is not there":      {append(append([]bridge.Item(nil), all.b.Items[:n/2]...), all.b.Items[n/2+1:]...), all.b.Sigs},
		"a link comes later":       {append([]bridge.Item{all.b.Items[n-1]}, all.b.Items[:n-1]...), all.b.Sigs},
		"twice the same":           {append([]bridge.Item{all.b.Items[0]}, all.b.Items...), all.b.Sigs},
		"the last one twice":       {append(all.b.Items[:n:n], all.b.Items[n-1]), all.b.Sigs},
		"a middle one twice":       {append(all.b.Items[:n:n], all.b.Items[n/2]), all.b.Sigs},
		"a first one twice":        {append(all.b.Items[:n:n], all.b.Items[2]), all.b.Sigs},
		"all of them twice":        {append(all.b.Items[:n:n], all.b.Items...), all.b.Sigs},
		"a tip is not signed":      {all.b.Items, all.b.Sigs[:1]},
		"nothing is signed":        {all.b.Items, nil},
		"a signature is bad":       {all.b.Items, []bridge.Sig{sig, all.b.Sigs[1]}},
		"damaged in the middle":    {damaged(n / 2), all.b.Sigs},
		"damaged at the end":       {damaged(n - 1), all.b.Sigs},
		"words of another":         {words, all.b.Sigs},
		"nothing":                  {nil, nil},
		"the first change is left": {all.b.Items[1:], all.b.Sigs},
	}
	for name, c := range tests {
		d, err := Join(nil, src.ID())
		if err != nil {
			t.Fatal(err)
		}
		in := intake{d: d}
		in.signatures(c.sigs)
		if in.express(c.items) || len(in.res.Applied) > 0 || d.g.Len() > 0 || d.t.End() > 0 || len(in.res.Rejected) > 0 {
			t.Errorf("%s: it went by, or left something", name)
		}
		if err := d.t.Check(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		roots := 0
		d.t.Roots(func(int32, *shape.Place) { roots++ })
		if roots > 0 {
			t.Errorf("%s: %d places stay", name, roots)
		}
		if _, err := d.Apply(all); err != nil || d.Heads() != src.Heads() {
			t.Errorf("%s: then the whole: %v", name, err)
		}
	}
	d, err := Join(nil, src.ID())
	if err != nil {
		t.Fatal(err)
	}
	bad := all
	bad.b.Sigs = []bridge.Sig{sig, all.b.Sigs[1]}
	if _, err := d.Apply(bad); !errors.Is(err, ErrSignature) || d.g.Len() > 0 {
		t.Errorf("a bad signature gives %v and %d changes", err, d.g.Len())
	}
}

// TestCrowd: changes are found by their ids, however the ids fall; but not where many
// have been chosen to fall on one place.
func TestCrowd(t *testing.T) {
	x := &express{most: crowd + 100}
	id := func(k int) (id block.ID) {
		id[0], id[1], id[10] = byte(k), byte(k>>8), byte(k%50) // byte 10 lies beyond the mask
		return id
	}
	for k := range x.most {
		x.held = append(x.held, held{})
		x.held[k].ID = id(k)
		ok := true
		if k == 0 {
			ok = x.table()
		} else {
			ok = x.place(k)
		}
		if want := k <= crowd; ok != want {
			t.Fatalf("change %d of a crowd: %v", k, ok)
		} else if found := x.find(id(k)); want && found != k {
			t.Fatalf("change %d is found at %d", k, found)
		}
	}
	x.held = x.held[:1]
	for k := 1; k < x.most; k++ {
		x.held = append(x.held, held{})
		x.held[k].ID = block.Sum([]byte{byte(k), byte(k >> 8)})
	}
	if !x.table() {
		t.Fatal("a crowd of digests")
	}
	for k := range x.held {
		if x.find(x.held[k].ID) != k {
			t.Fatalf("change %d is found at %d", k, x.find(x.held[k].ID))
		}
	}
	if x.find(block.ID{1, 2}) >= 0 {
		t.Error("a change that is not there is found")
	}
}
