package crdt

import (
	"slices"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/graph"
)

// The writer signs what leaves, and at least this often (SYNC 3).
const (
	signChanges = 1024
	signBytes   = 256 << 10
)

// seal closes the open change, if there is one: encodes, hashes and links it.
// An open change without ops goes away. Where a signature is due the signer is
// asked; one that fails is asked again when something leaves, which needs it.
func (d *Doc) seal() {
	d.settle()
	o := d.open
	if o == nil {
		return
	}
	d.open = nil
	if len(o.ops) == 0 && len(o.parts) == 0 {
		return
	}
	o.wordsEnd = uint32(len(d.words))
	first := int32(d.g.Len())
	for _, p := range o.parts {
		d.sealPart(p, true)
	}
	d.sealPart(o, false)
	d.logged = mark{}
	d.spare = o
	if d.judge != nil {
		d.judgeSealed(first)
	}
	if d.unsigned >= signChanges || d.unsignedBytes >= signBytes {
		_ = d.signTip()
	}
}

// judgeSealed lets the rules judge what was sealed from change first on. All of it is in
// the graph by then: rules that panic lose nothing, and the doc is settled when their
// panic goes on.
func (d *Doc) judgeSealed(first int32) {
	func() {
		defer func() {
			d.s.Settle()
			d.moved()
		}()
		d.judgeAll(first)
	}()
	d.redact() // what its acts have turned over
}

// judgeAll is judgeNew for every change from i on, whatever the rules do on one of them.
func (d *Doc) judgeAll(i int32) {
	defer func() {
		if int(i) < d.g.Len() { // a panic; at most the 16 parts of an Update
			d.judgeAll(i)
		}
	}()
	for int(i) < d.g.Len() {
		i++
		d.judgeNew(i - 1)
	}
}

// sealPart makes one part a change of the graph.
func (d *Doc) sealPart(o *openChange, more bool) {
	g, h := d.g, o.h
	o.sortRefs(g)
	h.Parents, h.Refs = g.IDs(h.Links[:o.parents]), g.IDs(h.Links[o.parents:])
	if i, ok := h.Before.Applied(); ok {
		h.Prev = g.ID(i)
	}
	h.More, h.With = more, o.with
	if o.tag != graph.None32 {
		h.HasTag, h.Tag = true, d.placeOfLink(o, o.tag)
	}
	h.Time = d.clock().UnixMilli()
	words := uint32(noWords)
	if o.hasText {
		words = o.wordsAt
		h.Size = o.wordsEnd - o.wordsAt
		h.Text = block.Sum(d.words[o.wordsAt:o.wordsEnd])
	}
	ops := d.scratch[:0]
	for k := range o.ops {
		ops = block.AppendOp(ops, &o.ops[k])
	}
	h.Ops, h.NOps = ops, len(o.ops)
	all := block.AppendEncode(ops, &h.Header, h.NOps, ops)
	raw := all[len(ops):]
	h.ID = block.Sum(raw)
	d.scratch = all
	i := g.Append(h, words)
	d.t.Sealed(h.ID, h.LV, h.Count)
	d.ownTip = i
	d.unsigned++
	d.unsignedBytes += len(raw)
	if i == 0 {
		d.openWork(ops)
	}
	if p, _, ok := d.wait.Get(h.ID); ok { // a copy of this replica has sealed the same bytes
		p.Became(i)
	}
	if d.wait.Len() > 0 {
		d.wait.Applied(h.ID)
	}
	d.index(i, h)
}

// sortRefs puts the refs, which stand in order of first use, in the order of
// their ids that the format asks for, and names them so in the ops.
func (o *openChange) sortRefs(g *graph.Graph) {
	refs := o.h.Links[o.parents:]
	if len(refs) < 2 {
		return
	}
	order := make([]int, len(refs))
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return block.Compare(g.IDOf(refs[a]), g.IDOf(refs[b])) })
	place := make([]uint32, len(refs))
	sorted := make([]graph.Ref, len(refs))
	for k, old := range order {
		sorted[k] = refs[old]
		place[old] = uint32(o.parents + 1 + k)
	}
	copy(refs, sorted)
	first := uint32(o.parents + 1)
	move := func(c *uint32) {
		if *c >= first {
			*c = place[*c-first]
		}
	}
	for k := range o.ops {
		op := &o.ops[k]
		op.Things(func(t *block.Thing) { move(&t.C) })
		for j := range op.Runs {
			move(&op.Runs[j].C)
		}
		slices.SortFunc(op.Over, compareThings)
	}
}

// compareThings is the order of the format: place, then number.
func compareThings(a, b block.Thing) int {
	switch {
	case a.C != b.C:
		return int(int64(a.C) - int64(b.C))
	case a.N < b.N:
		return -1
	case a.N > b.N:
		return 1
	}
	return 0
}

// placeOfLink is the place of a change among the links of an open change.
func (d *Doc) placeOfLink(o *openChange, i int32) uint32 {
	if p, ok := o.h.Before.Applied(); ok && p == i {
		return 0
	}
	for k, l := range o.h.Links {
		if a, ok := l.Applied(); ok && a == i {
			return uint32(k + 1)
		}
	}
	panic("crdt: the tag of an open change is not among its links")
}

// signTip signs the newest change of the own chain, which covers the whole of
// it, unless it is signed already.
func (d *Doc) signTip() error {
	if d.unsigned == 0 || d.key == nil {
		return nil
	}
	sig, err := d.sign(d.g.ID(d.ownTip))
	if err != nil {
		return err
	}
	d.sigs[d.ownTip] = sig
	d.unsigned, d.unsignedBytes = 0, 0
	return nil
}
