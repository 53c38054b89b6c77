package merge

import (
	"crypto/ed25519"
	"fmt"
	"io"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/merge/transport"
)

// proofMagic begins what a proof signs, so that it is no signature of anything
// else.
const proofMagic = "commonhold/peer/v1\x00"

// handshake is how each side of a connection learns which key the other holds. A
// proof signs both opens, its own first, and what the connection is bound to. The
// nonces stop a proof of another day, the binding stops one that was made for
// somebody between, and their order stops one's own: who says the same open as the
// other side is refused.
//
// Invariants:
//  1. A proof is said, and taken in, once, after the other's open.
//  2. peer is zero unless a proof of its key was taken in over a bound connection.
type handshake struct {
	signer crdt.Signer // nil: nothing is proven
	rand   io.Reader

	mine, theirs opening
	greeted, met bool // open was said; the other's was heard
	settled      bool // the other's proof was taken in
	peer         crdt.Author
}

// open begins: what to say first. The error is that of the random source.
func (h *handshake) open() ([]byte, error) {
	*h = handshake{signer: h.signer, rand: h.rand, theirs: h.theirs, met: h.met}
	h.mine = opening{low: linkVersion, high: linkVersion}
	if _, err := io.ReadFull(h.rand, h.mine.nonce[:]); err != nil {
		return nil, fmt.Errorf("merge: reading random bytes: %w", err)
	}
	if h.signer != nil {
		h.mine.author = h.signer.Author()
	}
	h.greeted = true
	return h.mine.body(), nil
}

// onOpen takes in the other's open.
func (h *handshake) onOpen(body []byte) error {
	o, err := readOpen(body)
	if err != nil {
		return err
	}
	if h.greeted && o.nonce == h.mine.nonce {
		return breach("the peer says what this side has said")
	}
	h.theirs, h.met, h.settled, h.peer = o, true, false, crdt.Author{}
	return nil
}

// proof is what to say when both opens have been said. A signer that fails, or a
// connection that is bound to nothing, leaves this side unproven.
func (h *handshake) proof(c transport.Conn) []byte {
	binding := bindingOf(c)
	if h.signer == nil || binding == nil {
		return []byte{msgProof}
	}
	sig, err := h.signer.Sign(signed(&h.mine, &h.theirs, binding))
	if err != nil || len(sig) != ed25519.SignatureSize {
		return []byte{msgProof}
	}
	return append([]byte{msgProof}, sig...)
}

// onProof takes in the other's proof. One that proves nothing leaves the peer
// anonymous: a proxy may have another name than the one that was dialled.
func (h *handshake) onProof(body []byte, c transport.Conn) error {
	sig := body[1:]
	switch {
	case !h.met || !h.greeted || h.settled:
		return breach("a proof out of turn")
	case len(sig) != 0 && len(sig) != ed25519.SignatureSize:
		return breach("a proof of %d bytes", len(sig))
	}
	h.settled = true
	key, binding := block.Key(h.theirs.author), bindingOf(c)
	if len(sig) == 0 || binding == nil || key.Check() != nil {
		return nil
	}
	if ed25519.Verify(key[:], signed(&h.theirs, &h.mine, binding), sig) {
		h.peer = h.theirs.author
	}
	return nil
}

// signed is what the side that said first signs.
func signed(first, second *opening, binding []byte) []byte {
	msg := append([]byte(proofMagic), first.body()...)
	msg = append(msg, second.body()...)
	return append(msg, binding...)
}

// bindingOf is what a connection is bound to, nil for nothing.
func bindingOf(c transport.Conn) []byte {
	if b, ok := c.(transport.Bound); ok {
		return b.Binding()
	}
	return nil
}
