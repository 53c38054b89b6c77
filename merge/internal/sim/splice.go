package sim

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/bundle"
)

// This file has what a splicer does: it puts together what was signed apart, goes on
// where others have written, and writes as of long ago.

// spliced are the ways.
var spliced = []func(*mimic, *bundle.Bundle){
	func(m *mimic, b *bundle.Bundle) { // the ops of one change under the head of another
		from, to := &b.Items[m.r.IntN(len(b.Items))], m.r.IntN(len(b.Items))
		var head, ops block.Change
		if block.Decode(b.Items[to].Change, &head) != nil || block.Decode(from.Change, &ops) != nil {
			return
		}
		h := head.Header
		h.Text, h.Size = ops.Text, ops.Size
		raw := block.Encode(&h, ops.NOps, ops.Ops)
		b.Items = append(b.Items, bundle.Item{Change: raw, Words: slices.Clone(from.Words)})
		m.borrow(b, raw)
		m.w.rep.Counts.Spliced++
	},
	func(m *mimic, b *bundle.Bundle) { // what somebody else has typed under its own key, there or as what is next
		it := &b.Items[m.r.IntN(len(b.Items))]
		var c block.Change
		if block.Decode(it.Change, &c) != nil || c.By == block.Key(m.key.author) {
			return
		}
		h := c.Header
		h.By = block.Key(m.key.author)
		if m.r.IntN(2) == 0 && !h.IsGenesis() {
			h.Seq, h.Prev, h.Start = c.Seq+1, block.Sum(it.Change), c.Start+uint64(c.Count)
			h.Work, h.Parents = block.ID{}, nil
		}
		raw := block.Encode(&h, c.NOps, c.Ops)
		b.Items = append(b.Items, bundle.Item{Change: raw, Words: slices.Clone(it.Words)})
		if h.Seq > 0 { // a beginning of its own would be a copy that it may sign
			b.Sigs = append(b.Sigs, m.sign(block.Sum(raw)))
		} else {
			m.borrow(b, raw)
		}
		m.w.rep.Counts.Spliced++
	},
	func(m *mimic, b *bundle.Bundle) { m.backdate(b, 1) },
	func(m *mimic, b *bundle.Bundle) { m.backdate(b, 200) },
}

// borrow signs a change with a signature that was made for another.
func (m *mimic) borrow(b *bundle.Bundle, raw []byte) {
	if len(b.Sigs) == 0 || m.r.IntN(3) == 0 {
		return
	}
	b.Sigs = append(b.Sigs, bridge.Sig{Change: block.Sum(raw), Sig: b.Sigs[m.r.IntN(len(b.Sigs))].Sig})
}

// backdate adds a sound change of its own that stands on the beginning of the work, or
// on whatever is there, and says that it is very old or from the future. Of many tries
// it takes the one with the least id, which comes first where two stand at one place.
func (m *mimic) backdate(b *bundle.Bundle, tries int) {
	on := block.ID(id(m.w))
	if m.r.IntN(2) == 0 {
		on = block.Sum(b.Items[m.r.IntN(len(b.Items))].Change)
	}
	e := m.w.l.begin(m.key.author, -1)
	words := []byte(string(m.w.l.char(e)))
	m.w.l.end(e, false)
	h := block.Header{By: block.Key(m.key.author), Parents: []block.ID{on}, Work: id(m.w), Text: block.Sum(words), Size: uint32(len(words))}
	op := block.Op{Code: block.OpText, C: block.Container{Kind: block.KindText, Name: textName}, Side: block.Right, Runes: 1, Bytes: uint32(len(words))}
	ops := block.AppendOp(nil, &op)
	first := []int64{0, 1, 253_402_300_000_000}[m.r.IntN(3)]
	var raw []byte
	for n := range tries {
		h.Time = first + int64(n)
		again := block.Encode(&h, 1, ops)
		x, least := block.Sum(again), block.Sum(raw)
		if raw == nil || slices.Compare(x[:], least[:]) < 0 {
			raw = again
		}
	}
	b.Items = append(b.Items, bundle.Item{Change: raw, Words: words})
	b.Sigs = append(b.Sigs, m.sign(block.Sum(raw)))
	m.w.rep.Counts.Backdated++
}
