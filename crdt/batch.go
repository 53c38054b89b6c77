package crdt

import (
	"bytes"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// Batch is changes with their words and signatures on the way from one replica
// to another: opaque, and immutable. Package pack gives it bytes.
type Batch struct {
	b       bridge.Bundle
	sigs    []bridge.Sig // by change
	from    string       // whose pending changes it counts to
	trusted bool         // signatures were verified in this process
	named   bool         // so were IDs and words
}

// Len is how many changes the batch holds.
func (b Batch) Len() int { return len(b.b.Items) }

// Work is the id of the work that the batch belongs to; cid.Undef for the zero
// Batch.
func (b Batch) Work() cid.Cid {
	if id := block.ID(b.b.Work); !id.IsZero() {
		return id.ChangeCID()
	}
	return cid.Undef
}

// From gives the same batch marked as coming from a source: what of it has to
// wait counts to the bound of that source (65,536 changes, 32 MiB), so that one
// peer cannot push out what another brought.
func (b Batch) From(source string) Batch { b.from = source; return b }

// Slice is the changes i … j-1 of the batch with their signatures, for sending in
// pieces. A piece may have to wait for the signature in a later one.
func (b Batch) Slice(i, j int) Batch {
	out := b
	out.b.Items = b.b.Items[i:j:j]
	out.b.Sigs = nil
	for _, it := range out.b.Items {
		if k, ok := slices.BinarySearchFunc(b.sigs, it.ID, func(s bridge.Sig, id [32]byte) int { return bytes.Compare(s.Change[:], id[:]) }); ok {
			out.b.Sigs = append(out.b.Sigs, b.sigs[k])
		}
	}
	return out
}

// Since is everything this replica has that is not in v or its past, with the
// signatures that cover it. It seals and signs what is open here first: signing
// is due when something leaves. CIDs in v that are not known here are ignored.
// The error is the signer's; nothing is sent then.
func (d *Doc) Since(v Version) (Batch, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.leave(); err != nil {
		return Batch{}, err
	}
	var have []int32
	for _, id := range v.digests() {
		if i, ok := d.g.Find(id); ok {
			have = append(have, i)
		}
	}
	return d.batch(d.g.Missing(have)), nil
}

// leave makes ready for what leaves the replica: sealed and signed.
func (d *Doc) leave() error {
	d.seal()
	return d.signTip()
}

// batch is the given changes, ascending, with all their signatures.
func (d *Doc) batch(list []int32) Batch {
	out := Batch{b: bridge.Bundle{Work: d.work, Items: make([]bridge.Item, 0, len(list))}}
	var buf []byte
	ends := make([]int, 0, len(list))
	for _, i := range list {
		buf = d.g.AppendBlock(buf, i)
		ends = append(ends, len(buf))
		if sig, ok := d.sigs[i]; ok {
			out.b.Sigs = append(out.b.Sigs, bridge.Sig{Change: d.g.ID(i), Sig: sig})
		}
	}
	at := 0
	for k, i := range list {
		it := bridge.Item{ID: d.g.ID(i), Change: buf[at:ends[k]:ends[k]]}
		if w := d.g.WordsAt(i); w != noWords {
			// Sealed words never change in place, and the arena only grows.
			it.Words = d.words[w : w+d.g.Size(i) : w+d.g.Size(i)]
		}
		out.b.Items = append(out.b.Items, it)
		at = ends[k]
	}
	return newBatch(out.b)
}

// newBatch is a batch of changes whose IDs are set.
func newBatch(b bridge.Bundle) Batch {
	sigs := slices.Clone(b.Sigs)
	slices.SortFunc(sigs, func(a, b bridge.Sig) int { return bytes.Compare(a.Change[:], b.Change[:]) })
	return Batch{b: b, sigs: sigs}
}

// bytesHeld is what the replica holds, for its quota.
func (d *Doc) bytesHeld() int64 {
	n := int64(d.g.Len())
	return n*200 + int64(len(d.words))
}
