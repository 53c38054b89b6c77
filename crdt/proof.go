package crdt

import (
	"fmt"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/graph"
)

// Proof is the bytes from which anybody who has nothing else of a work can see that
// the author of a change has signed it: package authorship checks it. Only the words
// of the change itself are in it.
type Proof struct {
	Work   cid.Cid `json:"work"`
	Change []byte  `json:"change"`          // the change block
	Words  []byte  `json:"words,omitempty"` // the content block; nil where there is none or it was erased
	// Later are the blocks of the changes that follow on the author's chain, each on
	// the one before, up to the one that Signature is on; none when it is on Change.
	Later     [][]byte `json:"later,omitempty"`
	Signature []byte   `json:"signature"`
}

// Proof gives the proof of a change that the view shows, with as few later changes
// as there are signatures for. ErrNotFound when the view does not show the
// change, ErrNotCovered when it is one of the newest of this replica, which are
// signed when they leave it ([Doc.Since]).
func (v *View) Proof(change cid.Cid) (Proof, error) {
	v.lock()
	defer v.unlock()
	d := v.d
	i, ok := d.find(change)
	if !ok || !v.has(i) {
		return Proof{}, fmt.Errorf("crdt: proof of %s: %w", change, ErrNotFound)
	}
	way, ok := d.signedAfter(i)
	if !ok {
		return Proof{}, fmt.Errorf("crdt: proof of %s: %w", change, ErrNotCovered)
	}
	p := Proof{Work: d.work.ChangeCID(), Change: d.g.AppendBlock(nil, i)}
	if w := d.g.WordsAt(i); w != noWords {
		p.Words = slices.Clone(d.words[w : w+d.g.Size(i)])
	}
	signed := i
	for _, k := range way {
		p.Later = append(p.Later, d.g.AppendBlock(nil, k))
		signed = k
	}
	sig := d.sigs[signed]
	p.Signature = sig[:]
	return p, nil
}

// signedAfter is the way along its chain from change i, left out, to the nearest one
// that is signed; empty when i is, false when none is.
func (d *Doc) signedAfter(i int32) ([]int32, bool) {
	if _, ok := d.sigs[i]; ok {
		return nil, true
	}
	var best []int32
	for _, tip := range d.g.Tips(d.g.Chain(i)) {
		if !d.g.OnPath(i, tip) {
			continue
		}
		var way []int32
		from := -1 // of the nearest signed change so far, from the tip down
		for k := tip; k != i && k != graph.None32; k = d.g.Prev(k) {
			if _, ok := d.sigs[k]; ok {
				from = len(way)
			}
			way = append(way, k)
		}
		if from < 0 {
			continue
		}
		way = way[from:]
		slices.Reverse(way)
		if best == nil || len(way) < len(best) {
			best = way
		}
	}
	return best, best != nil
}
