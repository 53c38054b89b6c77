package sim

import (
	"crypto/sha256"
	"encoding/binary"

	"github.com/commonhold/commonhold/internal/tips"
)

// This file spells frames as the documents of package session have them, for those
// who say what no session says. It shares no code with it.

// Kinds of frames.
const (
	frameHello = 1 + iota
	frameRanges
	framePack
	frameWant
	frameLack
	frameHave
	frameCredit
	frameFail
	frameAsk
	frameWords
)

// packHeader is where the part of a bundle begins in a pack, flagsAt where its flags
// are; wholePack are the flags of a bundle in one pack.
const (
	flagsAt    = 1 + 8 + 8
	packHeader = flagsAt + 1
	wholePack  = 1 | 2
)

// hello is what a hello says.
type hello struct {
	flags        byte
	work, digest [32]byte
	nonce, echo  [16]byte
	count        uint64
	heads        [][32]byte
	tips         []tips.Tip // at most two, else there is an offer
	offer        []byte
}

// bytes is the frame.
func (h *hello) bytes() []byte {
	b := []byte{frameHello, 1, h.flags}
	b = append(b, h.work[:]...)
	b = append(b, h.nonce[:]...)
	b = append(b, h.echo[:]...)
	b = append(b, h.digest[:]...)
	b = binary.BigEndian.AppendUint64(b, h.count)
	b = append(b, byte(len(h.heads)))
	for _, x := range h.heads {
		b = append(b, x[:]...)
	}
	if h.offer != nil {
		return append(append(b, 0xff), h.offer...)
	}
	b = append(b, byte(len(h.tips)))
	for _, t := range h.tips {
		b = appendTip(b, t)
	}
	return b
}

// appendTip spells a tip.
func appendTip(b []byte, t tips.Tip) []byte {
	b = append(b, t.Author[:]...)
	b = binary.BigEndian.AppendUint64(b, t.Seq)
	return append(b, t.ID[:]...)
}

// readHello reads a hello, whose sender is honest; false when it is none.
func readHello(b []byte) (h hello, ok bool) {
	const fixed = 3 + 32 + 16 + 16 + 32 + 8 + 1
	if len(b) < fixed+1 || b[0] != frameHello {
		return h, false
	}
	h.flags = b[2]
	copy(h.work[:], b[3:])
	copy(h.nonce[:], b[35:])
	copy(h.echo[:], b[51:])
	copy(h.digest[:], b[67:])
	h.count = binary.BigEndian.Uint64(b[99:])
	n := int(b[fixed-1])
	b = b[fixed:]
	if len(b) < 32*n+1 {
		return h, false
	}
	for range n {
		h.heads = append(h.heads, [32]byte(b))
		b = b[32:]
	}
	if b[0] == 0xff {
		h.offer = b[1:]
		return h, true
	}
	for b = b[1:]; len(b) >= 72; b = b[72:] {
		t := tips.Tip{Author: [32]byte(b), Seq: binary.BigEndian.Uint64(b[32:]), ID: [32]byte(b[40:])}
		h.tips = append(h.tips, t)
	}
	return h, true
}

// tagOf is the tag of frames from one who has drawn a nonce to one who has drawn
// another.
func tagOf(from, to [16]byte) (tag [8]byte) {
	h := sha256.Sum256(append(from[:], to[:]...))
	copy(tag[:], h[:])
	return tag
}

// raw is what a peer knows that speaks frames itself.
type raw struct {
	peer  hello    // the last one heard
	met   bool     // one was heard
	nonce [16]byte // of the last hello said
	said  bool
	pair  bool
	num   uint64 // of the next frame
	heard uint64 // frames of this pairing
}

// frame begins a frame of the pairing.
func (x *raw) frame(kind byte) []byte {
	tag := tagOf(x.nonce, x.peer.nonce)
	b := append([]byte{kind}, tag[:]...)
	b = binary.BigEndian.AppendUint64(b, x.num)
	x.num++
	return b
}

// have is a have that states a digest.
func (x *raw) have(digest [32]byte, count, deferred, seen uint64) []byte {
	b := append(x.frame(frameHave), digest[:]...)
	b = binary.BigEndian.AppendUint64(b, count)
	b = binary.BigEndian.AppendUint64(b, deferred)
	return binary.BigEndian.AppendUint64(b, seen)
}
