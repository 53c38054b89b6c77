package pack

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"github.com/ipfs/go-cid"

	"github.com/commonhold/commonhold/crdt"
	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
)

// The keys of the blocks from which a CAR can be walked, all but the last two of
// them only in the root.
const (
	carVersionKey = "v"      // 1
	carWorkKey    = "work"   // link to the genesis
	carHeads      = "heads"  // links to the changes nobody builds on
	carSigned     = "signed" // pairs of a link to a change and the signature on it
	carNext       = "next"   // link to a block of more heads and signatures; absent in the last
)

const (
	carVersion = 1
	// carRows is how many heads, and how many signatures, stand in one block, so
	// that it stays well below what other tools take.
	carRows = 1024
	// carAgain is after how many bytes of other contents one is written again for
	// another change with the same words. A reader keeps contents for twice as
	// long, and not for ever.
	carAgain = 16 << 20
	carKeep  = 2 * carAgain
)

// WriteCAR writes the whole history of a document as a CAR v1, for tools of
// IPFS: every change block and every content that is here, reachable from one
// root block that names work, heads and signatures. What is open in the document
// is sealed and signed first. Links come before what links to them, so that
// [ReadCAR] can stream. Errors are those of the signer and of w.
//
//	root, dag-cbor: {"v": 1, "next": link?, "work": link, "heads": [link…], "signed": [[link, signature]…]}
//	next, dag-cbor: {"next": link?, "heads": […], "signed": […]}, as long as there are more
func WriteCAR(w io.Writer, d *crdt.Doc) (root cid.Cid, err error) {
	in := bridge.Of(d)
	n, err := ready(in)
	if err != nil {
		return cid.Undef, err
	}
	chunks, err := carChunks(in, n)
	if err != nil {
		return cid.Undef, err
	}
	root = block.Sum(chunks[0]).ChangeCID()
	c := carWriter{w: w, written: recent[struct{}]{limit: carAgain}}
	c.head(root)
	for _, b := range chunks {
		c.section(block.Sum(b).ChangeCID(), b)
	}
	var change block.Change
	for b := range bundles(in, n) {
		for k := range b.Items {
			c.change(&b.Items[k], &change)
		}
		if c.err != nil {
			break
		}
	}
	if c.err != nil {
		return cid.Undef, c.err
	}
	return root, nil
}

// carChunks returns the root block and those that it is continued in.
func carChunks(in bridge.Doc, n int) ([][]byte, error) {
	heads := in.Heads(n)
	signed := carSignatures(in, n)
	count := max(1, (len(heads)+carRows-1)/carRows, (len(signed)+carRows-1)/carRows)
	out := make([][]byte, count)
	for k := count - 1; k >= 0; k-- {
		part := map[string]any{
			carHeads: rows(heads, k, func(id [32]byte) any { return block.ID(id).ChangeCID() }),
			carSigned: rows(signed, k, func(s bridge.Sig) any {
				return []any{block.ID(s.Change).ChangeCID(), s.Sig[:]}
			}),
		}
		if k+1 < count {
			part[carNext] = block.Sum(out[k+1]).ChangeCID()
		}
		if k == 0 {
			part[carVersionKey], part[carWorkKey] = carVersion, block.ID(in.Work()).ChangeCID()
		}
		b, err := block.EncodeValue(part)
		if err != nil {
			return nil, fmt.Errorf("pack: root of a CAR: %w", err)
		}
		out[k] = b
	}
	return out, nil
}

// rows returns what of a list stands in block number k.
func rows[T any](list []T, k int, value func(T) any) []any {
	from := min(k*carRows, len(list))
	out := []any{}
	for _, v := range list[from:min(from+carRows, len(list))] {
		out = append(out, value(v))
	}
	return out
}

// carSignatures returns the signatures that cover the first n changes, group by
// group as in a pack, in the order of their changes, so that replicas that hold the same
// write the same root.
func carSignatures(in bridge.Doc, n int) (out []bridge.Sig) {
	var c cover
	var ids []block.ID
	var change block.Change
	place := map[block.ID]int{}
	end := func() {
		c.needed(func(k int, sig *[64]byte) { out = append(out, bridge.Sig{Change: ids[k], Sig: *sig}) })
		c.reset()
		ids = ids[:0]
		clear(place)
	}
	for b := range bundles(in, n) {
		sigs := byChange(b.Sigs)
		for k := range b.Items {
			it := &b.Items[k]
			before := -1
			if err := block.Decode(it.Change, &change); err == nil {
				if p, ok := place[change.Prev]; ok {
					before = p
				}
			}
			place[it.ID] = len(ids)
			ids = append(ids, it.ID)
			c.add(before, sigs[it.ID])
			if len(ids) >= softChanges && c.open == 0 || len(ids) >= hardChanges {
				end()
			}
		}
	}
	end()
	slices.SortFunc(out, func(a, b bridge.Sig) int { return bytes.Compare(a.Change[:], b.Change[:]) })
	return out
}

// byChange makes signatures ready to be found.
func byChange(list []bridge.Sig) map[[32]byte]*[64]byte {
	sigs := make(map[[32]byte]*[64]byte, len(list))
	for k := range list {
		sigs[list[k].Change] = &list[k].Sig
	}
	return sigs
}

// recent keeps what belongs to the contents met last.
type recent[T any] struct {
	limit int64 // bytes of contents
	held  int64
	find  map[block.ID]T
	order []kept // first come, first gone
}

// kept is one content of a recent, and what it counts.
type kept struct {
	id   block.ID
	size int64
}

// entrySize is what a content counts besides its bytes.
const entrySize = 128

// add keeps v for a content of n bytes that is not kept yet. Those that have to
// go for it go through gone.
func (r *recent[T]) add(id block.ID, n int, v T, gone func(T)) {
	if r.find == nil {
		r.find = map[block.ID]T{}
	}
	size := int64(n) + entrySize
	r.find[id] = v
	r.order = append(r.order, kept{id, size})
	for r.held += size; r.held > r.limit; {
		old := r.order[0]
		r.order = r.order[1:]
		r.held -= old.size
		gone(r.find[old.id])
		delete(r.find, old.id)
	}
}

// carWriter writes a CAR.
type carWriter struct {
	w       io.Writer
	written recent[struct{}]
	buf     []byte
	err     error
}

// head writes the header: the one root, and the version of the format.
func (c *carWriter) head(root cid.Cid) {
	b, err := block.EncodeValue(map[string]any{"roots": []any{root}, "version": 1})
	if err != nil {
		c.err = fmt.Errorf("pack: header of a CAR: %w", err)
		return
	}
	c.buf = append(binary.AppendUvarint(c.buf[:0], uint64(len(b))), b...)
	_, c.err = c.w.Write(c.buf)
}

// section writes one block.
func (c *carWriter) section(id cid.Cid, b []byte) {
	if c.err != nil {
		return
	}
	name := id.KeyString()
	c.buf = binary.AppendUvarint(c.buf[:0], uint64(len(name)+len(b)))
	c.buf = append(append(c.buf, name...), b...)
	_, c.err = c.w.Write(c.buf)
}

// change writes a change, and before it its content, unless the same stands a
// little before.
func (c *carWriter) change(it *bridge.Item, change *block.Change) {
	if it.Words != nil {
		if err := block.Decode(it.Change, change); err != nil {
			c.err = fmt.Errorf("pack: change of a document: %w", err)
			return
		}
		if _, ok := c.written.find[change.Text]; !ok {
			c.section(change.Text.ContentCID(), it.Words)
			c.written.add(change.Text, len(it.Words), struct{}{}, func(struct{}) {})
		}
	}
	c.section(block.ID(it.ID).ChangeCID(), it.Change)
}
