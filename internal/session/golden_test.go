package session

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"testing"
)

// goldenTalk is the digest of every message that a fixed network of sessions says. It
// is the same on every machine, 32 bits and js/wasm included, and changes where what
// sessions say does, or how a bundle is packed: TestGolden says then what it is now.
const goldenTalk = "8ed6e6cb430bd14ca77e0f64b20456b78815354ce136f7741f170d43c080a6bd"

// TestGolden lets four works in a ring edit, fork keys and lose connections, and
// compares all that was said, byte for byte.
func TestGolden(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 32))
	n := newNetwork(t, 4, 5)
	for k := range n.works {
		n.connect(k, (k+1)%len(n.works))
	}
	for range 60 {
		w := n.works[r.IntN(len(n.works))]
		author := fakeAuthor(r.IntN(6))
		if r.IntN(5) == 0 {
			w.fork(author, 1+r.IntN(3))
		}
		w.edit(author, 1+r.IntN(4), []byte("some words that a packer may find again and again"[:1+r.IntN(49)]))
		switch r.IntN(6) {
		case 0:
			n.reconnect(r.IntN(len(n.links)))
		case 1:
			n.heal(400)
		default:
			n.halfTrip()
		}
	}
	n.heal(1000)
	n.mustBeEqual()
	sum, messages := sha256.New(), 0
	for _, l := range n.links {
		for _, msg := range l.log {
			sum.Write(binary.BigEndian.AppendUint32(nil, uint32(len(msg))))
			sum.Write(msg)
			messages++
		}
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != goldenTalk || messages < 300 {
		t.Errorf("%d messages have the digest %q", messages, got)
	}
}
