package merge

import (
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/internal/session"
)

// replicated is a document as package session sees it: the first changes of it,
// by arrival, that may be offered.
type replicated struct {
	in    bridge.Doc
	count func() int   // how many may be offered: all of them covered by signatures
	after func() error // makes what was applied such that it may be offered
	over  int          // changes of a bundle of the peer that were over the quota
}

// ID is the digest of the work's genesis.
func (w *replicated) ID() [32]byte { return w.in.Work() }

// Count is how many changes may be offered.
func (w *replicated) Count() int { return w.count() }

// Digest names the set by its tips: every tip carries its own signature, and
// the set is what lies below them (SYNC 0).
func (w *replicated) Digest() [32]byte {
	h := sha256.New()
	h.Write([]byte("commonhold/tips/v1\x00"))
	id := w.in.Work()
	h.Write(id[:])
	for _, t := range w.in.Tips(w.count()) {
		h.Write(t.Author[:])
		var seq [8]byte
		for k := range seq {
			seq[k] = byte(t.Seq >> (56 - 8*k))
		}
		h.Write(seq[:])
		h.Write(t.ID[:])
	}
	return [32]byte(h.Sum(nil))
}

// Heads are the changes of the offer that no other of it links to.
func (w *replicated) Heads() [][32]byte { return w.in.Heads(w.count()) }

// Tips are the ends of all chains of the offer.
func (w *replicated) Tips() []session.Tip {
	var out []session.Tip
	for _, t := range w.in.Tips(w.count()) {
		out = append(out, session.Tip{Author: t.Author, Seq: t.Seq, ID: t.ID})
	}
	return out
}

// Index is the place of a change in the offer.
func (w *replicated) Index(id [32]byte) (int, bool) {
	i, ok := w.in.Index(id)
	return i, ok && i < w.count()
}

// Locator names changes below one on its chain.
func (w *replicated) Locator(id [32]byte) [][32]byte { return w.in.Locator(id, 64) }

// Missing is what of the offer is neither in have nor in its past.
func (w *replicated) Missing(have []int) []int {
	n := w.count()
	list := w.in.Missing(have)
	for len(list) > 0 && list[len(list)-1] >= n {
		list = list[:len(list)-1]
	}
	return list
}

// Bundle encodes changes of the offer with their signatures.
func (w *replicated) Bundle(idx []int, maxBytes int) ([]byte, int, error) {
	b, n := w.in.Bundle(idx, maxBytes)
	out, err := bundle.Encode(&bundle.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}, true)
	return out, n, err
}

// Apply takes in a bundle of the peer. Only what is wrong with its bytes is the
// peer's fault: a signer, a store and a quota are ours, and what is over the quota
// is deferred.
func (w *replicated) Apply(b []byte, source any) (from, to int, err error) {
	var x bundle.Bundle
	if err := bundle.Decode(b, &x); err != nil {
		return 0, 0, err
	}
	peer, _ := source.(string)
	from, to, err = w.in.Arrive(bridge.Bundle{Work: x.Work, Items: x.Items, Sigs: x.Sigs}, peer)
	var bad *crdt.ChangeError
	var full *bridge.QuotaError
	switch {
	case err == nil:
	case errors.As(err, &full):
		w.over = max(w.over, full.Changes) // the same ones come again in each round
		err = nil
	case errors.Is(err, crdt.ErrRules):
		err = fmt.Errorf("%w: %w", session.ErrLocal, err)
	case errors.As(err, &bad), errors.Is(err, crdt.ErrForeign), errors.Is(err, crdt.ErrMalformed), errors.Is(err, crdt.ErrInvalid), errors.Is(err, crdt.ErrLimit):
	default:
		err = fmt.Errorf("%w: %w", session.ErrLocal, err)
	}
	if from < to {
		if after := w.after(); after != nil {
			return from, to, fmt.Errorf("%w: %w", session.ErrLocal, after)
		}
	}
	return from, to, err
}

func (w *replicated) Deferred() int { return w.in.Pending() + w.over }
