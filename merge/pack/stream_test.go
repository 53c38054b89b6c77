package pack

import (
	"bytes"
	"runtime"
	"testing"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// TestStream writes and reads a long history, one keystroke a change, and
// measures what is held meanwhile, apart from the pack itself: it must stay
// within what a million changes may take beyond their document.
func TestStream(t *testing.T) {
	n, limit := 40000, int64(16<<20)
	if testing.Short() {
		n = 15000
	}
	if *all {
		n, limit = 1000000, 64<<20
	}
	w := newWorld(1)
	w.salted = false
	genesis := w.bundle.Items[0]
	h := *headerOf(w)
	h.Work, h.Parents = w.work, []block.ID{w.work}
	var file bytes.Buffer
	start := live()
	s := sink{w: &file, p: newPackerOf(w.work, true)}
	s.head()
	sig := bridge.Sig{}
	one := bridge.Bundle{Work: w.work, Items: []bridge.Item{genesis}}
	s.add(&one)
	text := []byte("It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife. ")
	writing, groups := int64(0), 0
	var raw []byte
	for k := range n {
		words := text[k*7%len(text):][:1]
		h.Text, h.Size = block.Sum(words), 1
		h.Time += int64(k*k%300) + 40
		op := &equalOps(h.Start)[0]
		raw = block.AppendOp(raw[:0], op)
		it := bridge.Item{Change: block.Encode(&h, 1, raw), Words: words}
		it.ID = block.Sum(it.Change)
		one.Items[0], one.Sigs = it, nil
		if k%1000 == 999 || k == n-1 {
			sig.Change = it.ID
			one.Sigs = []bridge.Sig{sig}
		}
		before := s.p.first
		if s.add(&one); s.err != nil {
			t.Fatal(s.err)
		}
		if s.p.first != before {
			groups++
			writing = max(writing, live()-start-int64(file.Cap()))
		}
		h.Prev, h.Work, h.Parents = block.ID(it.ID), block.ID{}, nil
		h.Seq, h.Start = h.Seq+1, h.Start+1
	}
	if err := s.close(); err != nil {
		t.Fatal(err)
	}
	s = sink{}
	start = live()
	var in source
	if err := in.open(bytes.NewReader(file.Bytes())); err != nil {
		t.Fatal(err)
	}
	reading, changes := int64(0), 0
	err := in.each(func(b bridge.Bundle) error {
		changes += len(b.Items)
		reading = max(reading, live()-start)
		return nil
	})
	if err != nil || changes != n+1 {
		t.Fatalf("%d changes of %d, %v", changes, n+1, err)
	}
	t.Logf("%d changes, %d groups, %d bytes: %d KiB held while writing, %d while reading", changes, groups+1, file.Len(), writing>>10, reading>>10)
	if reading > limit || writing > 64<<20 {
		t.Errorf("over %d KiB", limit>>10)
	}
}

// live returns the bytes of the heap that are in use.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
