package pack_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/merge/pack"
)

// TestBatch sends what one replica lacks, as often as something is new.
func TestBatch(t *testing.T) {
	d := session(t, 7, 2, 60)
	e, err := crdt.Join(newKey(9), d.ID())
	check(t, err)
	seen := crdt.Version{}
	sizes := []int{}
	for k := range 12 {
		b, err := d.Since(seen)
		check(t, err)
		p := pack.Encode(b)
		sizes = append(sizes, len(p))
		got, err := pack.Decode(p)
		check(t, err)
		if got.Len() != b.Len() || got.Len() > 0 && got.Work() != b.Work() {
			t.Fatalf("%d changes of %s, want %d of %s", got.Len(), got.Work(), b.Len(), b.Work())
		}
		_, err = e.Apply(got)
		check(t, err)
		same(t, d, e)
		seen = d.Heads()
		if k%3 != 2 {
			check(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("one more"); return nil }))
		}
	}
	t.Logf("bytes of the packs: %d", sizes)
	if sizes[1] > 350 {
		t.Errorf("one change takes %d bytes", sizes[1])
	}
}

// TestRange: a pack of a part of a history is no document by itself.
func TestRange(t *testing.T) {
	d := session(t, 8, 2, 40)
	seen := d.Heads()
	check(t, d.Update(func(tx *crdt.Tx) error { tx.Text("body").Append("later"); return nil }))
	b, err := d.Since(seen)
	check(t, err)
	p := pack.Encode(b)
	if _, err := pack.Read(bytes.NewReader(p), cid.Undef, nil); !errors.Is(err, crdt.ErrMissing) {
		t.Errorf("range read as a whole: %v", err)
	}
	info, err := pack.Inspect(bytes.NewReader(p))
	if err != nil || info.Whole || info.Changes != 1 || info.Heads != d.Heads() {
		t.Errorf("%+v, %v", info, err)
	}
}

// TestBatchOfNothing: the zero Batch comes back as one without changes.
func TestBatchOfNothing(t *testing.T) {
	got, err := pack.Decode(pack.Encode(crdt.Batch{}))
	if err != nil || got.Len() != 0 || got.Work() != cid.Undef {
		t.Errorf("%d changes of %s, %v", got.Len(), got.Work(), err)
	}
}
