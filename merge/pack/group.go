package pack

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/commonhold/commonhold/internal/block"
	"github.com/commonhold/commonhold/internal/bridge"
	"github.com/commonhold/commonhold/internal/invariant"
)

// digest stands for all changes of a pack up to a point: the hash of the one
// before and of the names of the changes since. A reader computes the names
// from the columns and so knows that it has what the writer had.
type digest [sha256.Size]byte

// sumSize is how many bytes of a digest lie in a pack. They tell mistakes, not
// forgeries: for these there are signatures.
const sumSize = 8

// groupHead is what stands before the columns of a group.
type groupHead struct {
	changes, blocks, contents, signed uint64
	shares                            []uint64 // bytes of words of each author; nil: in the order of the changes
	sum                               [sumSize]byte
}

// weight is what the group stands for.
func (g *groupHead) weight() uint64 { return g.blocks + g.contents + perChange*g.changes }

// room is what its columns may take, unpacked.
func (g *groupHead) room() int {
	return int(columnRatio*g.blocks+g.contents+64*g.signed) + columnSlack
}

// append appends the head.
func (g *groupHead) append(dst []byte) []byte {
	for _, v := range [...]uint64{g.changes, g.blocks, g.contents, g.signed, uint64(len(g.shares))} {
		dst = binary.AppendUvarint(dst, v)
	}
	for _, v := range g.shares {
		dst = binary.AppendUvarint(dst, v)
	}
	return append(dst, g.sum[:]...)
}

// take takes a head off the front of a group and returns what follows. It is
// the inverse of append.
func (g *groupHead) take(p []byte) (rest []byte, err error) {
	whole := uint64(len(p))
	var shares uint64
	for _, v := range [...]*uint64{&g.changes, &g.blocks, &g.contents, &g.signed, &shares} {
		if *v, p, err = uvarint(p); err != nil {
			return nil, err
		}
	}
	switch {
	case g.changes == 0 || g.changes > hardChanges || g.blocks > maxGroup || g.contents > maxGroup || g.blocks+g.contents > maxGroup:
		return nil, fmt.Errorf("pack: group of %d changes, %d and %d bytes: %w", g.changes, g.blocks, g.contents, ErrLimit)
	case g.signed > g.changes || shares > g.changes:
		return nil, fmt.Errorf("pack: %d signatures, %d authors of %d changes: %w", g.signed, shares, g.changes, ErrMalformed)
	case g.weight() > maxRatio*whole+ratioSlack:
		return nil, fmt.Errorf("pack: group of %d bytes stands for %d: %w", whole, g.weight(), ErrLimit)
	}
	g.shares = g.shares[:0]
	total := uint64(0)
	for ; shares > 0; shares-- {
		var v uint64
		if v, p, err = uvarint(p); err != nil {
			return nil, err
		}
		if total += v; v > maxGroup || total > g.contents {
			return nil, fmt.Errorf("pack: words of %d bytes and more, of %d: %w", total, g.contents, ErrMalformed)
		}
		g.shares = append(g.shares, v)
	}
	if len(p) < sumSize {
		return nil, fmt.Errorf("pack: group of %d bytes: %w", whole, ErrMalformed)
	}
	return p[copy(g.sum[:], p):], nil
}

// written is what a packer keeps of a change of the group it is at.
type written struct {
	id     block.ID
	author uint32
	words  []byte // without salt
}

// packer makes groups of changes.
type packer struct {
	m       *model
	hard    bool // size counts more than time
	change  block.Change
	ops     block.Reader
	group   []written
	first   uint32 // the first change of the group
	cover   cover
	head    groupHead
	parts   bool // the last change has a further part
	sum     digest
	payload []byte
}

// newPackerOf makes a packer for a pack of a work.
func newPackerOf(work block.ID, hard bool) *packer {
	p := &packer{m: newModel(work, true), hard: hard}
	p.m.coder.reset(true)
	return p
}

// add puts one more change into the group, with its words, nil where they are
// absent, and the signature on it, nil if there is none. Words that are not what
// the change names are left out. Nothing is kept but the words, until the group
// is taken. The error is of a change that is none.
func (p *packer) add(it *bridge.Item, sig *[64]byte) error {
	m, c := p.m, &p.change
	if err := block.Decode(it.Change, c); err != nil {
		return fmt.Errorf("pack: change %d: %w", m.len(), err)
	}
	words := it.Words
	if c.Size == 0 || words != nil && (len(words) != int(c.Size) || block.Sum(words) != c.Text) {
		words = nil
	}
	m.header = c.Header
	p.ops.Reset(c.Ops)
	if !p.ops.Next(&m.op) {
		m.op = block.Op{}
	}
	m.begin(c.Size > 0 && words == nil, c.Size != c.Words)
	m.num(colOps, uint64(c.NOps))
	for k := range c.NOps {
		if k > 0 {
			p.ops.Next(&m.op)
		}
		m.each()
	}
	w := written{id: block.Sum(it.Change), author: m.author}
	switch salt := int(c.Size - c.Words); {
	case words != nil:
		m.fixed(colRaw, words[:salt])
		w.words = words[salt:]
		p.head.contents += uint64(c.Size)
	case c.Size > 0:
		m.fixed(colRaw, c.Text[:])
	}
	m.add(m.author, m.prev, c.Start, c.Count, c.Seq, w.id)
	p.head.changes++
	p.head.blocks += uint64(len(it.Change))
	p.group = append(p.group, w)
	p.parts = c.More
	before := -1
	if m.prev != none && m.prev >= p.first {
		before = int(m.prev - p.first)
	}
	p.cover.add(before, sig)
	return nil
}

// full tells whether the group is to be taken now.
func (p *packer) full() bool {
	n, bytes := p.head.changes, p.head.blocks+p.head.contents
	return n >= hardChanges || bytes >= hardBytes || (n >= softChanges || bytes >= softBytes) && p.cover.open == 0 && !p.parts
}

// take returns the group and begins another. The result is good until the next.
func (p *packer) take() []byte {
	m := p.m
	if invariant.Enabled {
		m.mustHold()
	}
	p.signatures()
	p.words()
	h := sha256.New()
	h.Write(p.sum[:])
	for k := range p.group {
		h.Write(p.group[k].id[:])
	}
	h.Sum(p.sum[:0])
	copy(p.head.sum[:], p.sum[:])
	m.flush()
	dst := p.head.append(p.payload[:0])
	there, total := uint64(0), 0
	for k := range m.cols {
		if n := len(m.cols[k].b); n > 0 {
			there |= 1 << k
			total += n
		}
	}
	if total > p.head.room() {
		panic(fmt.Sprintf("pack: %d changes of %d and %d bytes take columns of %d bytes", p.head.changes, p.head.blocks, p.head.contents, total))
	}
	dst = binary.LittleEndian.AppendUint64(dst, there)
	for k := range m.cols {
		if b := m.cols[k].b; len(b) > 0 {
			dst = squeeze(dst, b, column(k), p.hard)
		}
	}
	if w := p.head.weight(); w > maxRatio*uint64(len(dst))+ratioSlack {
		dst = append(dst, make([]byte, (w-ratioSlack)/maxRatio+1-uint64(len(dst)))...)
	}
	p.payload = dst
	m.coder.reset(true)
	clear(p.group)
	p.group, p.head, p.first = p.group[:0], groupHead{}, m.len()
	p.cover.reset()
	return dst
}

// signatures writes those that are needed.
func (p *packer) signatures() {
	m, next := p.m, 0
	p.cover.needed(func(k int, sig *[64]byte) {
		m.num(colSigned, uint64(k-next))
		m.fixed(colSigs, sig[:])
		next = k + 1
		p.head.signed++
	})
}

// words writes the words, in the order of the changes or, where that is shorter
// because people wrote side by side, of their authors.
func (p *packer) words() {
	m := p.m
	plain := m.cols[colWords].b[:0]
	var order []uint32
	by := map[uint32][]byte{}
	for k := range p.group {
		w := &p.group[k]
		if len(w.words) == 0 {
			continue
		}
		if by[w.author] == nil {
			order = append(order, w.author)
		}
		by[w.author] = append(by[w.author], w.words...)
		plain = append(plain, w.words...)
	}
	m.cols[colWords].b = plain
	if len(order) < 2 || len(plain) < minZstd {
		return
	}
	sorted, shares := make([]byte, 0, len(plain)), make([]uint64, 0, len(order))
	for _, a := range order {
		sorted = append(sorted, by[a]...)
		shares = append(shares, uint64(len(by[a])))
	}
	if len(zip(sorted, p.hard))+2*len(shares) < len(zip(plain, p.hard)) {
		m.cols[colWords].b, p.head.shares = sorted, shares
	}
}
