package merge

import (
	"errors"
	"fmt"
	"sync"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
	"github.com/commonhold/commonhold/internal/session"
	"github.com/commonhold/commonhold/internal/tips"
)

// replicated is a document as package session sees it: the first changes of it,
// by arrival, that may be offered.
type replicated struct {
	in    bridge.Doc
	ends  *ends
	count func() int   // how many may be offered: all of them covered by signatures
	after func() error // makes what was applied such that it may be offered
	dirty bool         // something has come since the last Flush
	top   int          // changes that there were when something came last
	over  int          // changes of a bundle of the peer that were over the quota

	gone  func(content [32]byte) bool // tells whether words were erased from the store; nil: there is none
	late  int                         // words that had come late when it was asked last
	found func(bytes int)             // is told of words that the peer has given; nil: nobody is
}

// ends has the tips of a document, as of a number of its changes by arrival.
//
// Invariant: tree is the set of the tips of the first at changes.
type ends struct {
	in   bridge.Doc
	mu   sync.Mutex
	tree tips.Tree
	at   int
}

// stepsAtOnce bounds what is kept on the way from one set of tips to a later one.
const stepsAtOnce = 4096

// of gives the tips of the first n changes, n being no less than before. It costs a
// look at each new change, and the way down the tree for each chain that has moved.
func (e *ends) of(n int) tips.Tree {
	e.mu.Lock()
	defer e.mu.Unlock()
	for e.at < n {
		to := min(n, e.at+stepsAtOnce)
		steps := e.in.Steps(e.at, to)
		var out []tips.Tip
		ended := make(map[[32]byte]bool, len(steps)) // those of steps that another follows
		began := make(map[[32]byte]bool, len(steps))
		for _, s := range steps {
			if began[s.Prev] {
				ended[s.Prev] = true
			} else if s.Prev != [32]byte{} {
				out = append(out, tips.Tip{Author: s.Author, Seq: s.Seq - 1, ID: s.Prev})
			}
			began[s.ID] = true
		}
		var in []tips.Entry
		for k, s := range steps {
			if !ended[s.ID] {
				in = append(in, tips.Entry{Tip: tips.Tip{Author: s.Author, Seq: s.Seq, ID: s.ID}, Place: int32(e.at + k)})
			}
		}
		e.tree, e.at = e.tree.With(out, in), to
	}
	return e.tree
}

// ID is the digest of the work's genesis.
func (w *replicated) ID() [32]byte { return w.in.Work() }

// Count is how many changes may be offered.
func (w *replicated) Count() int { return w.count() }

// Digest names the set by its tips: every tip carries its own signature, and
// the set is what lies below them (SYNC 0).
func (w *replicated) Digest() [32]byte { return w.Tips().Digest(w.in.Work()) }

// Heads are the changes of the offer that no other of it links to.
func (w *replicated) Heads() [][32]byte { return w.in.Heads(w.count()) }

// Tips are the ends of all chains of the offer.
func (w *replicated) Tips() tips.Tree { return w.ends.of(w.count()) }

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
		w.dirty, w.top = true, to
	}
	return from, to, err
}

// Flush makes what has come such that it may be offered.
func (w *replicated) Flush() error {
	if !w.dirty {
		return nil
	}
	w.dirty = false
	return w.after()
}

func (w *replicated) Deferred() int { return w.in.Pending() + w.over }

// Wordless are changes of the offer whose words are wanted.
func (w *replicated) Wordless(from, to int) (ids [][32]byte) {
	for _, x := range w.in.Wordless(from, to) {
		if w.gone == nil || !w.gone(x.Content) {
			ids = append(ids, x.Change)
		}
	}
	return ids
}

// Lacks tells whether words are still not there.
func (w *replicated) Lacks(id [32]byte) bool { return w.in.Lacks(id) }

// Words are those of a change of the offer.
func (w *replicated) Words(id [32]byte) []byte {
	it, _ := w.item(id)
	return it.Words
}

// item is a change of the offer with its words.
func (w *replicated) item(id [32]byte) (bridge.Item, bool) {
	i, ok := w.Index(id)
	if !ok {
		return bridge.Item{}, false
	}
	b, _ := w.in.Bundle([]int{i}, 1)
	return b.Items[0], true
}

// TakeWords takes in words that the peer has given. Those that are not those of the
// change are the peer's fault.
func (w *replicated) TakeWords(id [32]byte, words []byte) error {
	it, ok := w.item(id)
	if !ok || it.Words != nil {
		return nil
	}
	var c block.Change
	if err := block.Decode(it.Change, &c); err != nil || block.Sum(words) != c.Text {
		return fmt.Errorf("words that are not those of the change: %w", block.ErrHash)
	}
	it.Words = words
	if _, err := w.in.Apply(bridge.Bundle{Work: w.in.Work(), Items: []bridge.Item{it}}, "", false); err != nil {
		return fmt.Errorf("%w: %w", session.ErrLocal, err)
	}
	if w.found != nil {
		w.found(len(words))
	}
	return nil
}

// Late counts words that came late, from whomever.
func (w *replicated) Late() int {
	w.late += len(w.in.Late(w.late))
	return w.late
}

// Blame is what of the peer turned out to be invalid.
func (w *replicated) Blame(source any) error {
	peer, _ := source.(string)
	return w.in.Blamed(peer)
}
