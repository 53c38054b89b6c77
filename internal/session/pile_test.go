package session

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestPile adds parts of all lengths and takes them as one, and counts what is kept of
// many parts of one byte.
func TestPile(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	var p pile
	for round := range 30 {
		var want []byte
		for range rng.IntN(40) {
			part := make([]byte, rng.IntN(1<<rng.IntN(17)))
			for k := range part {
				part[k] = byte(rng.Uint32())
			}
			p.add(part)
			want = append(want, part...)
			clear(part) // the pile has a copy
			if p.held != len(want) {
				t.Fatalf("round %d: %d bytes held of %d", round, p.held, len(want))
			}
		}
		if got := p.take(); !bytes.Equal(got, want) || p.held != 0 || p.chunks != nil {
			t.Fatalf("round %d: %d bytes of %d came back", round, len(got), len(want))
		}
	}
	const n = 3 << 20
	for range n {
		p.add([]byte{7})
	}
	room := 0
	for _, c := range p.chunks {
		room += cap(c) + 24
	}
	if room > n+mostChunk+4096 {
		t.Errorf("%d bytes take %d", n, room)
	}
}
