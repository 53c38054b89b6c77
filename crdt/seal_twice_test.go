package crdt_test

import (
	"testing"
	"time"

	"github.com/commonhold/commonhold/crdt"
)

// TestSealedElsewhere: a copy of a store, the same key, the same open change, sealed to the same bytes.
func TestSealedElsewhere(t *testing.T) {
	clock := crdt.WithClock(func() time.Time { return time.Unix(0, 0) })
	for _, mode := range []string{"express", "waiting", "express2", "waiting2"} {
		t.Run(mode, func(t *testing.T) {
			key := newKey("k")
			other, err := crdt.New(newKey("o"), clock)
			must(t, err)
			must(t, other.Update(func(tx *crdt.Tx) error { tx.Put("a", 1); return nil }))
			a, err := other.Clone(key, clock)
			must(t, err)
			b, err := other.Clone(key, clock)
			must(t, err)
			if mode[0] == 'w' {
				a, err = other.Clone(key, clock, crdt.MaxBytes(1<<40))
				must(t, err)
			}
			for _, d := range []*crdt.Doc{a, b} {
				must(t, d.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("hello"); return nil }))
			}
			if mode == "express2" || mode == "waiting2" {
				_, err := b.Commit("")
				must(t, err)
				c, err := b.Clone(newKey("x"), clock)
				must(t, err)
				must(t, c.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("world"); return nil }))
				must(t, b.Merge(c))
			}
			batch, err := b.Since(crdt.Version{})
			must(t, err)
			if mode == "waiting" || mode == "waiting2" {
				for k := 1; k < batch.Len(); k++ {
					_, err = a.Apply(batch.Slice(k, k+1))
					t.Log(err)
				}
				// reverse order in one
			} else {
				since, err := b.Since(other.Heads())
				must(t, err)
				_, err = a.Apply(since)
				t.Log(err)
			}
			if err := a.CheckState(); err != nil {
				t.Error(err)
			}
			t.Log(a.Heads(), b.Heads(), a.View().Text("t").String())
			if a.Heads() != b.Heads() {
				t.Error("heads differ")
			}
			err = a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); return nil })
			t.Log(err)
			_, err = a.Since(crdt.Version{})
			t.Log(err)
		})
	}
}

// TestSealedAndFollowed: the same while it waits for a signature, with one that follows it.
func TestSealedAndFollowed(t *testing.T) {
	clock := crdt.WithClock(func() time.Time { return time.Unix(0, 0) })
	key := newKey("k")
	other, err := crdt.New(newKey("o"), clock)
	must(t, err)
	a, err := other.Clone(key, clock)
	must(t, err)
	b, err := other.Clone(key, clock)
	must(t, err)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("hello"); return nil }))
	_, err = b.Commit("")
	must(t, err)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("world"); tx.Text("t").Delete(0, 2); return nil }))
	batch, err := b.Since(other.Heads())
	must(t, err)
	_, err = a.Apply(batch.Slice(0, 1))
	t.Log(err)
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("hello"); return nil }))
	_, err = a.Commit("")
	must(t, err)
	_, err = a.Apply(batch.Slice(1, 2))
	t.Log(err)
	must(t, a.CheckState())
	if a.Heads() != b.Heads() {
		t.Error("heads differ")
	}
	same(t, a, b)
}

// TestSealedWhileWaiting: the same with two that wait.
func TestSealedWhileWaiting(t *testing.T) {
	clock := crdt.WithClock(func() time.Time { return time.Unix(0, 0) })
	key := newKey("k")
	other, err := crdt.New(newKey("o"), clock)
	must(t, err)
	a, err := other.Clone(key, clock)
	must(t, err)
	b, err := other.Clone(key, clock)
	must(t, err)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("hello"); return nil }))
	_, err = b.Commit("")
	must(t, err)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("world"); tx.Text("t").Delete(0, 2); return nil }))
	_, err = b.Commit("")
	must(t, err)
	must(t, b.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("!"); tx.Text("t").Delete(0, 4); return nil }))
	batch, err := b.Since(other.Heads())
	must(t, err)
	_, err = a.Apply(batch.Slice(0, 2))
	t.Log(err, batch.Len())
	must(t, a.Update(func(tx *crdt.Tx) error { tx.Text("t").Append("hello"); return nil }))
	_, err = a.Commit("")
	must(t, err)
	must(t, a.CheckState())
	_, err = a.Apply(batch.Slice(2, 3))
	t.Log(err)
	must(t, a.CheckState())
	same(t, a, b)
}
