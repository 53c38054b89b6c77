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
	count func() int   // how many may be offered
	after func() error // runs when something was applied
}

func (w replicated) ID() [32]byte { return w.in.Work() }
func (w replicated) Count() int   { return w.count() }

// Digest names the set by its tips: every tip carries its own signature, and
// the set is what lies below them (SYNC 0).
func (w replicated) Digest() [32]byte {
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

func (w replicated) Heads() [][32]byte { return w.in.Heads(w.count()) }

func (w replicated) Tips() []session.Tip {
	var out []session.Tip
	for _, t := range w.in.Tips(w.count()) {
		out = append(out, session.Tip{Author: t.Author, Seq: t.Seq, ID: t.ID})
	}
	return out
}

func (w replicated) Index(id [32]byte) (int, bool) {
	i, ok := w.in.Index(id)
	return i, ok && i < w.count()
}

func (w replicated) Locator(id [32]byte) [][32]byte { return w.in.Locator(id, 64) }

func (w replicated) Missing(have []int) []int {
	n := w.count()
	list := w.in.Missing(have)
	for len(list) > 0 && list[len(list)-1] >= n {
		list = list[:len(list)-1]
	}
	return list
}

func (w replicated) Bundle(idx []int, maxBytes int) ([]byte, int, error) {
	b, n := w.in.Bundle(idx, maxBytes)
	out, err := bundle.Encode(&bundle.Bundle{Work: b.Work, Items: b.Items, Sigs: b.Sigs}, true)
	return out, n, err
}

func (w replicated) Apply(b []byte, source any) (bool, error) {
	var x bundle.Bundle
	if err := bundle.Decode(b, &x); err != nil {
		return false, err
	}
	from, _ := source.(string)
	n, err := w.in.Apply(bridge.Bundle{Work: x.Work, Items: x.Items, Sigs: x.Sigs}, from, false)
	switch {
	case errors.Is(err, crdt.ErrLimit) || errors.Is(err, crdt.ErrRules):
		err = fmt.Errorf("%w: %w", session.ErrLocal, err) // a quota or a missing rule of ours
	}
	if n > 0 && w.after != nil {
		if aerr := w.after(); aerr != nil {
			return true, fmt.Errorf("%w: %w", session.ErrLocal, aerr)
		}
	}
	return n > 0, err
}

func (w replicated) Deferred() int { return w.in.Pending() }
