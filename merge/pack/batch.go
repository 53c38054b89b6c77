package pack

import (
	"bytes"
	"fmt"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Encode returns a batch as a pack: a whole history or any part of one, to be
// sent or kept. Of the signatures those stay that cover the others' chains. It
// takes less time than [Write] and packs a little less well. Decode is its
// inverse.
func Encode(b crdt.Batch) []byte {
	var work block.ID
	if id := b.Work(); id != cid.Undef {
		var err error
		if work, err = block.ChangeID(id); err != nil {
			panic(fmt.Sprintf("pack: batch of the work %s: %v", id, err))
		}
	}
	var buf bytes.Buffer
	s := sink{w: &buf, p: newPackerOf(work, false)}
	in := bridge.BundleOf(b)
	s.head()
	s.add(&in)
	if err := s.close(); err != nil { // a buffer takes all, and a batch holds changes
		panic(fmt.Sprintf("pack: batch of %d changes: %v", b.Len(), err))
	}
	return buf.Bytes()
}

// Decode returns the batch that a pack holds. Every block is computed and has
// the form of a change; what a change needs to be applied, [crdt.Doc.Apply]
// judges. Errors are ErrMalformed, ErrCorrupt, ErrVersion and ErrLimit, and
// those of the form of changes. It takes the memory of what the pack stands for,
// which is at most a thousand times its length: for what comes from strangers
// bound the length, or use [Read], which takes a group at a time.
func Decode(p []byte) (crdt.Batch, error) {
	var s source
	if err := s.open(bytes.NewReader(p)); err != nil {
		return crdt.Batch{}, err
	}
	b, err := s.whole()
	if err != nil {
		return crdt.Batch{}, err
	}
	return bridge.BatchOf(b).(crdt.Batch), nil
}
